-- What must always be true of the books. Each query returns zero rows after every committed
-- transaction, on SQLite and on PostgreSQL; each row it returns is one place where the books are
-- broken: a = where, b = what should be there (NULL where there is no such thing), c = what is.
-- Amounts are in fen. `verify` reads this file; it may also be run by hand.
--
-- A receipt, match or payment is reversed when an entry names its own in `reverses_id`.

-- @I1 Of each lot, what came in is what all places hold of it, and never more than the lot.
-- 每一笔资金的入账净额等于各处持有额之和,且不超过该笔金额。
WITH flow AS (
    SELECT p.lot_id, SUM(CASE WHEN f.kind = 'OUTSIDE' THEN p.amount WHEN t.kind = 'OUTSIDE' THEN -p.amount ELSE 0 END) AS net
    FROM posting p JOIN account f ON f.id = p.source_id JOIN account t ON t.id = p.destination_id
    GROUP BY p.lot_id),
held AS (SELECT lot_id, SUM(amount) AS amount FROM holding GROUP BY lot_id)
SELECT 'lot ' || l.id AS a, CAST(COALESCE(x.net, 0) AS TEXT) AS b, CAST(COALESCE(y.amount, 0) AS TEXT) AS c
FROM lot l LEFT JOIN flow x ON x.lot_id = l.id LEFT JOIN held y ON y.lot_id = l.id
WHERE COALESCE(x.net, 0) <> COALESCE(y.amount, 0)
UNION ALL
SELECT 'lot ' || l.id || ' at most', CAST(l.amount AS TEXT), CAST(x.net AS TEXT)
FROM lot l JOIN flow x ON x.lot_id = l.id
WHERE x.net > l.amount OR x.net < 0
ORDER BY a, b, c;

-- @I2 What each place holds of each lot is what the journal says, and was never below zero.
-- 各账户对每一笔资金的持有额与分录一致,且从未为负。
WITH step AS (
    SELECT p.lot_id, p.destination_id AS account_id, p.amount AS change, p.entry_id FROM posting p
    UNION ALL
    SELECT p.lot_id, p.source_id, -p.amount, p.entry_id FROM posting p),
running AS (
    SELECT s.lot_id, s.account_id, s.entry_id,
           SUM(s.change) OVER (PARTITION BY s.lot_id, s.account_id ORDER BY s.entry_id) AS held
    -- Entries of two funds have no order among each other; that transfers leave nothing between them is I18.
    FROM step s JOIN account k ON k.id = s.account_id WHERE k.kind NOT IN ('OUTSIDE', 'TRANSIT'))
SELECT 'lot ' || q.lot_id || ' in account ' || q.account_id AS a, CAST(SUM(q.booked) AS TEXT) AS b,
       CAST(SUM(q.held) AS TEXT) AS c
FROM (
    SELECT s.lot_id, s.account_id, s.change AS booked, 0 AS held
    FROM step s JOIN account k ON k.id = s.account_id WHERE k.kind <> 'OUTSIDE'
    UNION ALL
    SELECT h.lot_id, h.account_id, 0, h.amount FROM holding h) q
GROUP BY q.lot_id, q.account_id HAVING SUM(q.booked) <> SUM(q.held)
UNION ALL
SELECT DISTINCT 'lot ' || r.lot_id || ' in account ' || r.account_id || ' after entry ' || r.entry_id, '0 or more',
       CAST(r.held AS TEXT)
FROM running r WHERE r.held < 0
ORDER BY a, b, c;

-- @I3 Each account's balance is the sum of its lots, and each holding carries its lot's restriction.
-- 每个账户的余额等于其持有各笔资金之和,持有记录上的限定用途与该笔资金一致。
SELECT 'account ' || k.id AS a, CAST(COALESCE(s.amount, 0) AS TEXT) AS b, CAST(k.balance AS TEXT) AS c
FROM account k LEFT JOIN (SELECT account_id, SUM(amount) AS amount FROM holding GROUP BY account_id) s
    ON s.account_id = k.id
WHERE k.kind <> 'OUTSIDE' AND (k.balance <> COALESCE(s.amount, 0) OR k.balance < 0)
UNION ALL
SELECT 'account ' || k.id || ', outside', CAST(COALESCE(s.amount, 0) AS TEXT), CAST(k.balance AS TEXT)
FROM account k LEFT JOIN (
    SELECT q.account_id, SUM(q.change) AS amount
    FROM (SELECT destination_id AS account_id, amount AS change FROM posting
          UNION ALL SELECT source_id, -amount FROM posting) q
    GROUP BY q.account_id) s ON s.account_id = k.id
WHERE k.kind = 'OUTSIDE' AND k.balance <> COALESCE(s.amount, 0)
UNION ALL
SELECT 'account ' || k.id || ', outside, lot ' || h.lot_id, NULL, CAST(h.amount AS TEXT)
FROM account k JOIN holding h ON h.account_id = k.id WHERE k.kind = 'OUTSIDE'
UNION ALL
SELECT 'lot ' || h.lot_id || ' in account ' || h.account_id, 'restriction ' || l.earmark_id,
       'restriction ' || h.earmark_id || ', amount ' || h.amount
FROM holding h JOIN lot l ON l.id = h.lot_id WHERE h.earmark_id <> l.earmark_id OR h.amount < 0
ORDER BY a, b, c;

-- @I4 Each receipt is the sum of its lots, booked whole by one entry, and no bank line counts twice.
-- 每张收款单等于其各笔资金之和,由一条分录全额入账,且同一银行流水不重复计入。
SELECT 'receipt ' || r.id AS a, CAST(r.amount AS TEXT) AS b, CAST(COALESCE(s.amount, 0) AS TEXT) AS c
FROM receipt r LEFT JOIN (SELECT receipt_id, SUM(amount) AS amount FROM lot WHERE parent_id IS NULL GROUP BY receipt_id) s
    ON s.receipt_id = r.id
WHERE r.amount <> COALESCE(s.amount, 0)
UNION ALL
SELECT 'lot ' || l.id || ' as booked', CAST(l.amount AS TEXT), CAST(COALESCE(SUM(p.amount), 0) AS TEXT)
FROM lot l LEFT JOIN entry e ON e.receipt_id = l.receipt_id AND e.kind = 'RECEIVE'
LEFT JOIN posting p ON p.entry_id = e.id AND p.lot_id = l.id
WHERE l.parent_id IS NULL GROUP BY l.id, l.amount HAVING COALESCE(SUM(p.amount), 0) <> l.amount
UNION ALL
SELECT 'entries of receipt ' || r.id, '1', CAST(COUNT(e.id) AS TEXT)
FROM receipt r LEFT JOIN entry e ON e.receipt_id = r.id AND e.kind = 'RECEIVE' GROUP BY r.id HAVING COUNT(e.id) <> 1
UNION ALL
SELECT 'fund of receipt ' || r.id, CAST(r.fund_id AS TEXT), CAST(e.fund_id AS TEXT)
FROM receipt r JOIN entry e ON e.receipt_id = r.id WHERE e.fund_id <> r.fund_id
UNION ALL
SELECT 'lot ' || l.id || ', as its receipt', r.fund_id || ' ' || r.asset || ' ' || r.received_on,
       l.fund_id || ' ' || l.asset || ' ' || l.received_on
FROM lot l JOIN receipt r ON r.id = l.receipt_id
WHERE l.parent_id IS NULL AND (l.fund_id <> r.fund_id OR l.asset <> r.asset OR l.received_on <> r.received_on)
UNION ALL
SELECT 'bank line ' || r.fund_id || ' ' || r.channel || ' ' || r.external_ref, 'one receipt', CAST(COUNT(*) AS TEXT)
FROM receipt r
WHERE NOT EXISTS (SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = r.id)
GROUP BY r.fund_id, r.channel, r.external_ref HAVING COUNT(*) > 1
ORDER BY a, b, c;

-- @I5 No money is, or ever went, where its giver did not allow it.
-- 任何资金都未用于捐赠人不允许的用途。
WITH used AS (
    SELECT l.earmark_id, k.target_id, p.lot_id
    FROM posting p JOIN account k ON k.id = p.destination_id JOIN lot l ON l.id = p.lot_id
    WHERE k.target_id IS NOT NULL
    UNION ALL
    SELECT l.earmark_id, k.target_id, h.lot_id
    FROM holding h JOIN account k ON k.id = h.account_id JOIN lot l ON l.id = h.lot_id
    WHERE k.target_id IS NOT NULL AND h.amount > 0)
SELECT 'restriction ' || u.earmark_id || ', lot ' || u.lot_id AS a, NULL AS b, 'target ' || u.target_id AS c
FROM (SELECT earmark_id, target_id, MIN(lot_id) AS lot_id FROM used GROUP BY earmark_id, target_id) u
WHERE NOT EXISTS (SELECT 1 FROM may_spend m WHERE m.earmark_id = u.earmark_id AND m.target_id = u.target_id)
UNION ALL
SELECT 'restriction ' || q.id || ', lot ' || h.lot_id, 'fund ' || q.fund_id, 'fund ' || k.fund_id
FROM holding h JOIN account k ON k.id = h.account_id JOIN lot l ON l.id = h.lot_id JOIN earmark q ON q.id = l.earmark_id
WHERE h.amount > 0 AND k.kind IN ('POOL', 'MATCH') AND q.fund_id IS NOT NULL AND q.fund_id <> k.fund_id
ORDER BY a, b, c;

-- @I6 Each expense and each refund is attributed to gifts to the fen; a reversed one to none.
-- 每笔支出和退款都精确到分地对应到捐款;已冲销的不对应任何捐款。
SELECT 'expense ' || x.id AS a,
       CAST(CASE WHEN v.expense_id IS NOT NULL THEN 0 ELSE x.amount + COALESCE(d.delta, 0) END AS TEXT) AS b,
       CAST(COALESCE(s.amount, 0) AS TEXT) AS c
FROM expense x
LEFT JOIN (
    SELECT k.expense_id, SUM(h.amount) AS amount FROM account k JOIN holding h ON h.account_id = k.id
    WHERE k.kind = 'EXPENSE' GROUP BY k.expense_id) s ON s.expense_id = x.id
LEFT JOIN (
    SELECT j.expense_id, SUM(j.delta) AS delta FROM expense_adjust j
    WHERE NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = j.entry_id) GROUP BY j.expense_id) d
    ON d.expense_id = x.id
LEFT JOIN (
    SELECT DISTINCT k.expense_id FROM account k
    JOIN posting p ON p.destination_id = k.id
    JOIN entry e ON e.id = p.entry_id AND e.kind IN ('PAY', 'CLEAR')
    JOIN entry r ON r.reverses_id = e.id
    WHERE k.kind = 'EXPENSE') v ON v.expense_id = x.id
WHERE COALESCE(s.amount, 0) <> CASE WHEN v.expense_id IS NOT NULL THEN 0 ELSE x.amount + COALESCE(d.delta, 0) END
UNION ALL
SELECT 'refund ' || x.id, CAST(CASE WHEN v.refund_id IS NOT NULL THEN 0 ELSE x.amount END AS TEXT),
       CAST(COALESCE(s.amount, 0) AS TEXT)
FROM refund x
LEFT JOIN (
    SELECT k.refund_id, SUM(h.amount) AS amount FROM account k JOIN holding h ON h.account_id = k.id
    WHERE k.kind = 'REFUND' GROUP BY k.refund_id) s ON s.refund_id = x.id
LEFT JOIN (
    SELECT DISTINCT k.refund_id FROM account k
    JOIN posting p ON p.destination_id = k.id
    JOIN entry e ON e.id = p.entry_id AND e.kind = 'REFUND'
    JOIN entry r ON r.reverses_id = e.id
    WHERE k.kind = 'REFUND') v ON v.refund_id = x.id
WHERE COALESCE(s.amount, 0) <> CASE WHEN v.refund_id IS NOT NULL THEN 0 ELSE x.amount END
UNION ALL
SELECT 'account of expense ' || x.id, x.fund_id || ' ' || x.target_id || ' ' || x.asset,
       k.fund_id || ' ' || k.target_id || ' ' || k.asset
FROM expense x JOIN account k ON k.expense_id = x.id
WHERE k.fund_id <> x.fund_id OR k.target_id <> x.target_id OR k.asset <> x.asset
ORDER BY a, b, c;

-- @I7 Money is allocated only by a committee's decision, for what it decided, and up to its amount.
-- 资金只依委员会决议拨付,用途与决议一致,且不超过决议金额。
SELECT 'decision ' || d.id AS a, CAST(d.amount AS TEXT) AS b, CAST(SUM(p.amount) AS TEXT) AS c
FROM decision d JOIN entry e ON e.decision_id = d.id JOIN posting p ON p.entry_id = e.id
WHERE e.kind = 'ALLOCATE' AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
GROUP BY d.id, d.amount HAVING SUM(p.amount) > d.amount
UNION ALL
SELECT 'entry ' || e.id || ' line ' || p.line_no,
       'fund ' || d.fund_id || ', target ' || d.target_id || ', since ' || d.approved_on,
       'fund ' || e.fund_id || ', target ' || COALESCE(k.target_id, 0) || ', on ' || e.effective_on
FROM entry e JOIN decision d ON d.id = e.decision_id JOIN posting p ON p.entry_id = e.id
JOIN account k ON k.id = p.destination_id
WHERE e.kind = 'ALLOCATE'
  AND (k.target_id IS NULL OR k.target_id <> d.target_id OR d.fund_id <> e.fund_id OR d.approved_on > e.effective_on)
UNION ALL
SELECT 'entry ' || e.id, 'a decision', 'none' FROM entry e WHERE e.kind = 'ALLOCATE' AND e.decision_id IS NULL
ORDER BY a, b, c;

-- @I8 Money moves only as each kind of entry allows: one fund, one asset, one target, one document.
-- 资金只按各类分录允许的方式流转:同一基金、同一资产、同一项目、同一单据。
SELECT 'entry ' || p.entry_id || ' line ' || p.line_no AS a, 'a move that ' || e.kind || ' allows' AS b,
       'lot ' || p.lot_id || ' from ' || f.kind || ' ' || f.id || ' to ' || t.kind || ' ' || t.id AS c
FROM posting p JOIN entry e ON e.id = p.entry_id JOIN lot l ON l.id = p.lot_id
JOIN account f ON f.id = p.source_id JOIN account t ON t.id = p.destination_id
LEFT JOIN posting_rule r ON r.kind = e.kind AND r.from_kind = f.kind AND r.to_kind = t.kind
WHERE (e.kind <> 'REVERSE' AND r.kind IS NULL)
   OR f.asset <> l.asset OR t.asset <> l.asset
   OR (f.kind <> 'TRANSIT' AND f.fund_id <> e.fund_id) OR (t.kind <> 'TRANSIT' AND t.fund_id <> e.fund_id)
   OR (e.kind IN ('ADVANCE', 'PAY', 'CLEAR', 'WRITEOFF') AND f.target_id <> t.target_id)
   OR (e.kind = 'RETURN' AND f.target_id <> t.target_id)
UNION ALL
SELECT 'entry ' || e.id, 'a posting', 'none' FROM entry e
WHERE NOT EXISTS (SELECT 1 FROM posting p WHERE p.entry_id = e.id)
UNION ALL
SELECT 'destinations of entry ' || e.id, '1', CAST(COUNT(DISTINCT p.destination_id) AS TEXT)
FROM entry e JOIN posting p ON p.entry_id = e.id WHERE e.kind IN ('PAY', 'CLEAR', 'REFUND')
GROUP BY e.id HAVING COUNT(DISTINCT p.destination_id) <> 1
ORDER BY a, b, c;

-- @I9 Each fund's journal has no gaps, and its seals form one chain from the first entry to the head.
-- 每个基金的分录编号连续无缺,封印首尾相接,直至链头。
SELECT 'entries of fund ' || h.fund_id AS a, CAST(h.seq AS TEXT) AS b,
       COUNT(e.id) || ' from ' || COALESCE(MIN(e.seq), 0) || ' to ' || COALESCE(MAX(e.seq), 0) AS c
FROM fund_head h LEFT JOIN entry e ON e.fund_id = h.fund_id
GROUP BY h.fund_id, h.seq
HAVING COUNT(e.id) <> h.seq OR COALESCE(MAX(e.seq), 0) <> h.seq OR COALESCE(MIN(e.seq), 1) <> 1
UNION ALL
SELECT 'fund ' || f.id, 'a head', 'none' FROM fund f LEFT JOIN fund_head h ON h.fund_id = f.id WHERE h.fund_id IS NULL
UNION ALL
SELECT 'entry ' || e.id, 'entry ' || (e.fund_id * 4294967296 + e.seq), 'number ' || e.seq || ' of fund ' || e.fund_id
FROM entry e WHERE e.id <> e.fund_id * 4294967296 + e.seq
UNION ALL
SELECT 'entry ' || e.id, 'a seal', 'none'
FROM entry e LEFT JOIN entry_seal s ON s.fund_id = e.fund_id AND s.seq = e.seq WHERE s.hash IS NULL
UNION ALL
SELECT 'seal ' || s.seq || ' of fund ' || s.fund_id, NULL, 'no entry'
FROM entry_seal s LEFT JOIN entry e ON e.fund_id = s.fund_id AND e.seq = s.seq WHERE e.id IS NULL
UNION ALL
SELECT 'seal ' || s.seq || ' of fund ' || s.fund_id || ', the one before', COALESCE(p.hash, 'GENESIS'), s.prev_hash
FROM entry_seal s LEFT JOIN entry_seal p ON p.fund_id = s.fund_id AND p.seq = s.seq - 1
WHERE s.prev_hash <> COALESCE(p.hash, 'GENESIS')
UNION ALL
SELECT 'head of fund ' || h.fund_id, COALESCE(s.hash, 'GENESIS'), h.hash
FROM fund_head h LEFT JOIN entry_seal s ON s.fund_id = h.fund_id AND s.seq = h.seq
WHERE h.hash <> COALESCE(s.hash, 'GENESIS')
ORDER BY a, b, c;

-- @I10 Each entry was asked for under exactly one key; a receipt may be known by its own reference instead.
-- 每条分录恰由一个幂等键产生;收款也可由其自身的凭据号识别。
SELECT 'entry ' || e.id AS a, '1' AS b, CAST(COUNT(k.entry_id) AS TEXT) AS c
FROM entry e LEFT JOIN (
    SELECT i.entry_id FROM idem i WHERE i.entry_id IS NOT NULL
    UNION ALL
    SELECT p.id FROM entry p JOIN idem i ON i.entry_id = p.pair_id) k ON k.entry_id = e.id
GROUP BY e.id, e.kind HAVING COUNT(k.entry_id) > 1 OR (COUNT(k.entry_id) = 0 AND e.kind <> 'RECEIVE')
ORDER BY a, b, c;

-- @I11 A reversal is the exact mirror of one earlier entry, and is never reversed itself.
-- 冲销分录与原分录完全镜像,且冲销分录本身不再被冲销。
SELECT 'lot ' || q.lot_id || ' from ' || q.source_id || ' to ' || q.destination_id || ' by reversal ' || q.id AS a,
       CAST(SUM(q.mirror) AS TEXT) AS b, CAST(SUM(q.booked) AS TEXT) AS c
FROM (
    SELECT r.id, p.lot_id, p.source_id, p.destination_id, p.amount AS booked, 0 AS mirror
    FROM entry r JOIN posting p ON p.entry_id = r.id WHERE r.kind = 'REVERSE'
    UNION ALL
    SELECT r.id, p.lot_id, p.destination_id, p.source_id, 0, p.amount
    FROM entry r JOIN posting p ON p.entry_id = r.reverses_id WHERE r.kind = 'REVERSE') q
GROUP BY q.id, q.lot_id, q.source_id, q.destination_id HAVING SUM(q.booked) <> SUM(q.mirror)
UNION ALL
SELECT 'reversal ' || r.id, 'an earlier entry of its fund that is no reversal',
       o.kind || ' ' || o.seq || ' of fund ' || o.fund_id
FROM entry r JOIN entry o ON o.id = r.reverses_id
WHERE r.kind <> 'REVERSE' OR o.kind = 'REVERSE' OR o.fund_id <> r.fund_id OR o.seq >= r.seq
ORDER BY a, b, c;

-- @I12 No due is paid beyond what it owes, by another giver, or under another restriction; shares never drift.
-- 认捐应付款不超额、不换人、不改限定用途;按比例计算的应付款不产生累计误差。
WITH event AS (
    -- What is stated of a share, and how that was changed, in the order of its keys.
    SELECT d.pledge_id, d.id, s.basis, d.amount FROM pledge_due d JOIN sales_due s ON s.due_id = d.id
    UNION ALL
    SELECT d.pledge_id, c.id, c.basis, c.amount FROM pledge_due d JOIN due_change c ON c.due_id = d.id
    WHERE c.kind = 'CORRECTION'),
running AS (
    SELECT v.pledge_id, v.id, p.rate_num, p.rate_den, p.amount AS most, v.amount AS added,
           CAST(SUM(v.amount) OVER (PARTITION BY v.pledge_id ORDER BY v.id) AS BIGINT) AS amount,
           CAST(SUM(v.basis) OVER (PARTITION BY v.pledge_id ORDER BY v.id) AS BIGINT) AS basis
    FROM event v JOIN pledge p ON p.id = v.pledge_id),
exact AS (
    SELECT r.pledge_id, r.id, r.most, r.added, r.amount,
           (r.basis / r.rate_den) * r.rate_num + (r.basis % r.rate_den) * r.rate_num / r.rate_den AS share
    FROM running r)
SELECT 'due ' || d.id || ' at most' AS a, CAST(d.amount + d.corrected - d.waived AS TEXT) AS b,
       CAST(SUM(l.amount) AS TEXT) AS c
FROM pledge_due d JOIN lot l ON l.due_id = d.id AND l.parent_id IS NULL
WHERE NOT EXISTS (SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = l.receipt_id)
GROUP BY d.id, d.amount, d.corrected, d.waived HAVING SUM(l.amount) > d.amount + d.corrected - d.waived
UNION ALL
SELECT 'lot ' || l.id || ' of pledge ' || p.id,
       'giver ' || p.donor_id || ', restriction ' || p.earmark_id || ', fund ' || p.fund_id || ', '
           || CASE WHEN p.kind = 'IN_KIND' THEN 'KIND' ELSE 'CNY' END,
       'giver ' || l.donor_id || ', restriction ' || l.earmark_id || ', fund ' || l.fund_id || ', ' || l.asset
FROM lot l JOIN pledge_due d ON d.id = l.due_id JOIN pledge p ON p.id = d.pledge_id
WHERE l.parent_id IS NULL
  AND (l.donor_id <> p.donor_id OR l.earmark_id <> p.earmark_id OR l.fund_id <> p.fund_id
       OR (l.asset = 'KIND') <> (p.kind = 'IN_KIND'))
UNION ALL
-- Where a correction asks for less than was paid, the dues are ahead of the share until it has caught up.
SELECT 'pledge ' || x.pledge_id || ' up to ' || x.id, CAST(CASE WHEN x.share > x.most THEN x.most ELSE x.share END AS TEXT),
       CAST(x.amount AS TEXT)
FROM exact x
WHERE x.amount < CASE WHEN x.share > x.most THEN x.most ELSE x.share END
   OR (x.amount > CASE WHEN x.share > x.most THEN x.most ELSE x.share END AND x.added > 0)
UNION ALL
SELECT 'due ' || d.id, 'a report', 'none'
FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id
WHERE p.kind IN ('SHARE_OF_SALES', 'PER_UNIT') AND NOT EXISTS (SELECT 1 FROM sales_due s WHERE s.due_id = d.id)
ORDER BY a, b, c;

-- @I13 Each match was the promised share of the gifts it followed, never above its cap or its accrual.
-- 每次配捐都等于所配捐款的约定比例,不超过上限,也不超过已计提额。
WITH event AS (
    SELECT a.pledge_id, e.seq, 1 AS matched, SUM(a.base) AS base, SUM(a.amount) AS amount
    FROM match_accrual a JOIN entry e ON e.id = a.entry_id GROUP BY a.pledge_id, e.seq
    UNION ALL
    SELECT a.pledge_id, r.seq, 0, -SUM(a.base), -SUM(a.amount)
    FROM match_accrual a JOIN entry r ON r.reverses_id = a.entry_id GROUP BY a.pledge_id, r.seq),
running AS (
    SELECT v.pledge_id, v.seq, v.matched, p.rate_num, p.rate_den, p.amount AS most,
           CASE WHEN m.per_gift IS NULL AND m.per_project IS NULL THEN 0 ELSE 1 END AS capped,
           CAST(SUM(v.base) OVER (PARTITION BY v.pledge_id ORDER BY v.seq) AS BIGINT) AS base,
           CAST(SUM(v.amount) OVER (PARTITION BY v.pledge_id ORDER BY v.seq) AS BIGINT) AS amount,
           CAST(SUM(v.amount) OVER (PARTITION BY v.pledge_id ORDER BY v.seq) - v.amount AS BIGINT) AS earlier
    FROM event v JOIN pledge p ON p.id = v.pledge_id LEFT JOIN pledge_match m ON m.pledge_id = p.id),
exact AS (
    SELECT r.pledge_id, r.seq, r.amount, r.earlier, r.most, r.capped,
           (r.base / r.rate_den) * r.rate_num + (r.base % r.rate_den) * r.rate_num / r.rate_den AS share
    FROM running r WHERE r.matched = 1),
due AS (
    -- What was given stays given: after a reversal the next match may already be ahead of its share.
    SELECT x.pledge_id, x.seq, x.amount, x.capped,
           CASE WHEN x.earlier > CASE WHEN x.share > x.most THEN x.most ELSE x.share END THEN x.earlier
                WHEN x.share > x.most THEN x.most ELSE x.share END AS amount_due
    FROM exact x),
live AS (
    SELECT a.pledge_id, a.base_lot_id, a.base, a.amount FROM match_accrual a
    WHERE NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = a.entry_id)
    UNION ALL
    SELECT d.pledge_id, a.base_lot_id, a.base, a.amount FROM due_match a JOIN pledge_due d ON d.id = a.due_id),
becoming AS (
    -- A match that is not paid ahead: what its dues come to, one after the other.
    SELECT q.pledge_id, q.due_no, q.amount, q.capped, q.most,
           (q.base / q.rate_den) * q.rate_num + (q.base % q.rate_den) * q.rate_num / q.rate_den AS share
    FROM (
        SELECT d.pledge_id, d.due_no, p.rate_num, p.rate_den, p.amount AS most,
               CASE WHEN m.per_gift IS NULL AND m.per_project IS NULL THEN 0 ELSE 1 END AS capped,
               CAST(SUM(x.base) OVER (PARTITION BY d.pledge_id ORDER BY d.due_no) AS BIGINT) AS base,
               CAST(SUM(d.amount) OVER (PARTITION BY d.pledge_id ORDER BY d.due_no) AS BIGINT) AS amount
        FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id
        JOIN pledge_match m ON m.pledge_id = p.id AND m.funding = 'DUE'
        JOIN (SELECT due_id, SUM(base) AS base FROM due_match GROUP BY due_id) x ON x.due_id = d.id) q)
SELECT 'pledge ' || u.pledge_id || ' after entry ' || u.seq AS a, CAST(u.amount_due AS TEXT) AS b, CAST(u.amount AS TEXT) AS c
-- What the caps for one gift or one project cut off is not given.
FROM due u WHERE u.amount > u.amount_due OR (u.amount < u.amount_due AND u.capped = 0)
UNION ALL
SELECT 'match ' || e.id || ' at most', CAST(COALESCE(MAX(s.amount), 0) AS TEXT), CAST(SUM(p.amount) AS TEXT)
FROM entry e JOIN posting p ON p.entry_id = e.id
LEFT JOIN (SELECT entry_id, SUM(amount) AS amount FROM match_accrual GROUP BY entry_id) s ON s.entry_id = e.id
WHERE e.kind = 'MATCH' GROUP BY e.id HAVING SUM(p.amount) > COALESCE(MAX(s.amount), 0)
UNION ALL
SELECT 'money matched by pledge ' || g.pledge_id || ' at most', CAST(COALESCE(s.amount, 0) AS TEXT), CAST(g.amount AS TEXT)
FROM (
    SELECT d.pledge_id, SUM(m.amount) AS amount
    FROM posting m JOIN entry e ON e.id = m.entry_id AND e.kind = 'MATCH'
    JOIN lot l ON l.id = m.lot_id JOIN pledge_due d ON d.id = l.due_id
    WHERE NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id) GROUP BY d.pledge_id) g
LEFT JOIN (SELECT pledge_id, SUM(amount) AS amount FROM live GROUP BY pledge_id) s ON s.pledge_id = g.pledge_id
WHERE g.amount > COALESCE(s.amount, 0)
UNION ALL
SELECT 'lot ' || v.base_lot_id || ' matched by pledge ' || v.pledge_id || ' at most', CAST(l.amount AS TEXT),
       CAST(SUM(v.base) AS TEXT)
FROM live v JOIN lot l ON l.id = v.base_lot_id GROUP BY v.base_lot_id, v.pledge_id, l.amount HAVING SUM(v.base) > l.amount
UNION ALL
SELECT 'lot ' || v.base_lot_id || ' matched by pledge ' || v.pledge_id, NULL, 'its receipt was reversed'
FROM live v JOIN lot l ON l.id = v.base_lot_id
WHERE EXISTS (SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = l.receipt_id)
UNION ALL
SELECT 'pledge ' || g.pledge_id || ' up to due ' || g.due_no,
       CAST(CASE WHEN g.share > g.most THEN g.most ELSE g.share END AS TEXT), CAST(g.amount AS TEXT)
FROM becoming g
WHERE g.amount > CASE WHEN g.share > g.most THEN g.most ELSE g.share END
   OR (g.amount < CASE WHEN g.share > g.most THEN g.most ELSE g.share END AND g.capped = 0)
UNION ALL
SELECT 'due ' || d.id || ' of what it follows', CAST(COALESCE(x.amount, 0) AS TEXT), CAST(d.amount AS TEXT)
FROM pledge_due d JOIN pledge_match m ON m.pledge_id = d.pledge_id AND m.funding = 'DUE'
LEFT JOIN (SELECT due_id, SUM(amount) AS amount FROM due_match GROUP BY due_id) x ON x.due_id = d.id
WHERE d.amount <> COALESCE(x.amount, 0)
UNION ALL
SELECT 'lot ' || v.base_lot_id || ' matched by pledge ' || v.pledge_id || ', the cap for one gift',
       CAST(m.per_gift AS TEXT), CAST(SUM(v.amount) AS TEXT)
FROM live v JOIN pledge_match m ON m.pledge_id = v.pledge_id
GROUP BY v.base_lot_id, v.pledge_id, m.per_gift HAVING SUM(v.amount) > m.per_gift
UNION ALL
SELECT 'project ' || k.target_id || ' matched by pledge ' || v.pledge_id || ', the cap for one project',
       CAST(m.per_project AS TEXT), CAST(SUM(v.amount) AS TEXT)
FROM live v JOIN pledge_match m ON m.pledge_id = v.pledge_id JOIN lot l ON l.id = v.base_lot_id
JOIN earmark k ON k.id = l.earmark_id
GROUP BY k.target_id, v.pledge_id, m.per_project HAVING SUM(v.amount) > m.per_project
ORDER BY a, b, c;

-- @I14 Changing whose money it is never changes how much anybody holds; a child lot is born whole.
-- 调换资金归属不改变任何账户的金额;拆分出的资金须整笔产生。
SELECT 'account ' || q.account_id || ' by entry ' || e.id AS a, '0' AS b, CAST(SUM(q.change) AS TEXT) AS c
FROM (SELECT entry_id, destination_id AS account_id, amount AS change FROM posting
      UNION ALL SELECT entry_id, source_id, -amount FROM posting) q
JOIN entry e ON e.id = q.entry_id
WHERE e.kind IN ('SWAP', 'RELOT') GROUP BY e.id, q.account_id HAVING SUM(q.change) <> 0
UNION ALL
SELECT 'lot ' || l.id || ' as booked', CAST(l.amount AS TEXT), CAST(COALESCE(SUM(b.amount), 0) AS TEXT)
FROM lot l LEFT JOIN (
    SELECT p.lot_id, p.amount FROM posting p
    JOIN entry e ON e.id = p.entry_id AND e.kind = 'RELOT'
    JOIN account f ON f.id = p.source_id AND f.kind = 'OUTSIDE') b ON b.lot_id = l.id
WHERE l.parent_id IS NOT NULL GROUP BY l.id, l.amount HAVING COALESCE(SUM(b.amount), 0) <> l.amount
UNION ALL
SELECT 'lot ' || l.id, p.asset || ', at most ' || p.amount || ', receipt ' || p.receipt_id,
       l.asset || ', ' || l.amount || ', receipt ' || l.receipt_id
FROM lot l JOIN lot p ON p.id = l.parent_id
WHERE l.asset <> p.asset OR l.amount > p.amount OR l.receipt_id <> p.receipt_id
UNION ALL
SELECT 'consent to entry ' || e.id, 'a change of one lot by its giver or payer',
       COALESCE('lot ' || r.lot_id || ' to lot ' || r.child_id || ' by ' || r.consented_by, 'none')
FROM entry e LEFT JOIN relot r ON r.entry_id = e.id
LEFT JOIN lot c ON c.id = r.child_id LEFT JOIN lot p ON p.id = r.lot_id LEFT JOIN receipt q ON q.id = p.receipt_id
WHERE e.kind = 'RELOT' AND (r.entry_id IS NULL OR c.parent_id IS NULL OR c.parent_id <> p.id
    OR (r.consented_by <> p.donor_id AND (c.donor_id = p.donor_id OR r.consented_by <> q.payer_id)))
ORDER BY a, b, c;

-- @I15 What is matched to the bank is the same to the fen on both sides, each line and entry once.
-- 已勾对的银行流水与分录两侧分文不差,每条流水和分录只勾对一次。
WITH standing AS (
    SELECT m.id, m.host_id, m.fund_id FROM bank_match m
    WHERE NOT EXISTS (SELECT 1 FROM bank_unmatch u WHERE u.match_id = m.id)),
line AS (
    SELECT n.match_id, l.id, l.host_id, l.fund_id, l.amount
    FROM bank_line_match n JOIN bank_line l ON l.id = n.line_id),
booked AS (
    SELECT n.match_id, e.id, e.fund_id, f.host_id, e.reverses_id, COALESCE(c.amount, 0) AS amount
    FROM bank_entry_match n JOIN entry e ON e.id = n.entry_id JOIN fund f ON f.id = e.fund_id
    LEFT JOIN entry_cash c ON c.entry_id = e.id)
SELECT 'match ' || s.id AS a, CAST(COALESCE(x.amount, 0) AS TEXT) AS b, CAST(COALESCE(y.amount, 0) AS TEXT) AS c
FROM standing s
LEFT JOIN (SELECT match_id, SUM(amount) AS amount FROM line GROUP BY match_id) x ON x.match_id = s.id
LEFT JOIN (SELECT match_id, SUM(amount) AS amount FROM booked GROUP BY match_id) y ON y.match_id = s.id
WHERE COALESCE(x.amount, 0) <> COALESCE(y.amount, 0)
UNION ALL
SELECT 'matches of bank line ' || id, '1', CAST(COUNT(*) AS TEXT) FROM line GROUP BY id HAVING COUNT(*) > 1
UNION ALL
SELECT 'matches of entry ' || id, '1', CAST(COUNT(*) AS TEXT) FROM booked GROUP BY id HAVING COUNT(*) > 1
UNION ALL
SELECT 'bank line ' || l.id || ' in match ' || s.id, 'host ' || s.host_id || ', fund ' || COALESCE(s.fund_id, 0),
       'host ' || l.host_id || ', fund ' || COALESCE(l.fund_id, 0)
FROM line l JOIN standing s ON s.id = l.match_id
WHERE l.host_id <> s.host_id OR COALESCE(l.fund_id, 0) <> COALESCE(s.fund_id, 0)
UNION ALL
SELECT 'entry ' || b.id || ' in match ' || s.id, 'host ' || s.host_id || ', fund ' || COALESCE(s.fund_id, b.fund_id),
       'host ' || b.host_id || ', fund ' || b.fund_id
FROM booked b JOIN standing s ON s.id = b.match_id
WHERE b.host_id <> s.host_id OR b.fund_id <> COALESCE(s.fund_id, b.fund_id)
UNION ALL
SELECT 'bank line ' || l.id, 'host ' || f.host_id, 'host ' || l.host_id
FROM bank_line l JOIN fund f ON f.id = l.fund_id WHERE f.host_id <> l.host_id
UNION ALL
SELECT 'entry ' || b.id || ' in match ' || b.match_id, 'its reversal beside it', 'alone'
FROM booked b LEFT JOIN entry r ON r.reverses_id = b.id
WHERE COALESCE(b.reverses_id, r.id) IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM booked o WHERE o.match_id = b.match_id AND o.id = COALESCE(b.reverses_id, r.id))
UNION ALL
-- What a fund has is what the bank said of it in matches, and what its entries did that the bank has not answered.
SELECT 'cash of fund ' || k.fund_id, CAST(COALESCE(m.amount, 0) + COALESCE(u.amount, 0) AS TEXT), CAST(k.amount AS TEXT)
FROM (
    SELECT fund_id, SUM(balance) AS amount FROM account
    WHERE asset = 'CNY' AND kind IN ('POOL', 'MATCH', 'TARGET') GROUP BY fund_id) k
LEFT JOIN (
    SELECT q.fund_id, SUM(q.amount) AS amount FROM (
        SELECT l.fund_id, l.amount FROM line l WHERE l.fund_id IS NOT NULL
        UNION ALL
        SELECT b.fund_id, b.amount FROM booked b JOIN standing s ON s.id = b.match_id AND s.fund_id IS NULL) q
    GROUP BY q.fund_id) m ON m.fund_id = k.fund_id
LEFT JOIN (
    SELECT c.fund_id, SUM(c.amount) AS amount FROM entry_cash c
    WHERE NOT EXISTS (SELECT 1 FROM bank_entry_match n WHERE n.entry_id = c.entry_id) GROUP BY c.fund_id) u
    ON u.fund_id = k.fund_id
WHERE k.fund_id IN (SELECT fund_id FROM bank_line WHERE fund_id IS NOT NULL)
  AND k.amount <> COALESCE(m.amount, 0) + COALESCE(u.amount, 0)
ORDER BY a, b, c;

-- @I16 Money was spent inside the days that its giver set.
-- 资金均在捐赠人限定的期限内支出。
SELECT 'lot ' || p.lot_id || ' by entry ' || e.id AS a,
       COALESCE(CAST(k.valid_from AS TEXT), '') || ' to ' || COALESCE(CAST(k.valid_to AS TEXT), '') AS b,
       CAST(e.effective_on AS TEXT) AS c
FROM posting p JOIN entry e ON e.id = p.entry_id JOIN account t ON t.id = p.destination_id
JOIN lot l ON l.id = p.lot_id JOIN earmark k ON k.id = l.earmark_id
WHERE e.kind IN ('PAY', 'CLEAR') AND t.kind = 'EXPENSE' AND (e.effective_on < k.valid_from OR e.effective_on > k.valid_to)
ORDER BY a, b, c;

-- @I17 A refund gives a giver their own gifts back, and never more than was given.
-- 退款只退还捐赠人本人的捐款,且不超过其捐款额。
SELECT 'lot ' || h.lot_id || ' in refund ' || r.id AS a, 'giver ' || r.donor_id || ', fund ' || r.fund_id AS b,
       'giver ' || l.donor_id || ', fund ' || k.fund_id AS c
FROM refund r JOIN account k ON k.refund_id = r.id JOIN holding h ON h.account_id = k.id AND h.amount > 0
JOIN lot l ON l.id = h.lot_id
WHERE l.donor_id <> r.donor_id OR k.fund_id <> r.fund_id
UNION ALL
SELECT 'lot ' || l.id || ' given back, at most', CAST(l.amount AS TEXT), CAST(SUM(h.amount) AS TEXT)
FROM holding h JOIN account k ON k.id = h.account_id AND k.kind = 'REFUND' JOIN lot l ON l.id = h.lot_id
GROUP BY l.id, l.amount HAVING SUM(h.amount) > l.amount
ORDER BY a, b, c;

-- @I18 Nothing is left behind in a closed project or grant, or between two funds.
-- 已关闭的项目和资助不留余额,基金之间的在途资金为零。
SELECT 'account ' || k.id AS a, '0' AS b, CAST(k.balance AS TEXT) AS c
FROM account k LEFT JOIN target t ON t.id = k.target_id
WHERE k.balance <> 0 AND (k.kind = 'TRANSIT' OR (k.kind IN ('TARGET', 'ADVANCE') AND t.status = 'CLOSED'))
UNION ALL
SELECT 'lot ' || q.lot_id || ' transferred by entry ' || COALESCE(q.id, 0), CAST(SUM(q.gone) AS TEXT),
       CAST(SUM(q.come) AS TEXT)
FROM (
    SELECT e.id, p.lot_id, p.amount AS gone, 0 AS come FROM entry e JOIN posting p ON p.entry_id = e.id
    WHERE e.kind = 'XFER_OUT'
    UNION ALL
    SELECT e.pair_id, p.lot_id, 0, p.amount FROM entry e JOIN posting p ON p.entry_id = e.id
    WHERE e.kind = 'XFER_IN') q
GROUP BY q.id, q.lot_id HAVING SUM(q.gone) <> SUM(q.come)
ORDER BY a, b, c;

-- @I19 No expense is without evidence.
-- 每笔支出都有凭证。
SELECT 'expense ' || x.id AS a, 'evidence' AS b, 'none' AS c
FROM expense x WHERE NOT EXISTS (SELECT 1 FROM evidence v WHERE v.expense_id = x.id)
ORDER BY a, b, c;

-- @I20 Everything received and not reversed is held somewhere, to the fen.
-- 全平台所有未冲销的收款,分文不差地存在于各账户中。
SELECT 'all ' || q.asset AS a, CAST(SUM(q.received) AS TEXT) AS b, CAST(SUM(q.held) AS TEXT) AS c
FROM (
    SELECT r.asset, r.amount AS received, 0 AS held FROM receipt r
    WHERE NOT EXISTS (SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = r.id)
    UNION ALL
    SELECT k.asset, 0, k.balance FROM account k WHERE k.kind <> 'OUTSIDE') q
GROUP BY q.asset HAVING SUM(q.received) <> SUM(q.held)
ORDER BY a, b, c;

-- @I21 What each giver has in each place is the sum of the giver's lots there.
-- 每位捐赠人在各账户的汇总额等于其各笔资金之和。
SELECT 'giver ' || q.party_id || ' in account ' || q.account_id AS a, CAST(SUM(q.held) AS TEXT) AS b,
       CAST(SUM(q.rolled) AS TEXT) AS c
FROM (
    SELECT l.donor_id AS party_id, h.account_id, h.amount AS held, 0 AS rolled
    FROM holding h JOIN lot l ON l.id = h.lot_id
    UNION ALL
    SELECT g.party_id, g.account_id, 0, g.amount FROM party_holding g) q
GROUP BY q.party_id, q.account_id HAVING SUM(q.held) <> SUM(q.rolled)
ORDER BY a, b, c;

-- @I22 What arrived on and changed each due and pledge is what its lines say, and only a pledge met is fulfilled.
-- 每笔应付款和每项认捐的已收额等于其入账额,其更正、撤回和免除额等于其明细之和,足额到账或免除的认捐方为已履行。
WITH arrived AS (
    SELECT l.due_id, SUM(l.amount) AS amount FROM lot l
    WHERE l.due_id IS NOT NULL AND l.parent_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = l.receipt_id)
    GROUP BY l.due_id),
changed AS (
    SELECT c.due_id, SUM(CASE WHEN c.kind = 'WAIVER' THEN 0 ELSE c.amount END) AS corrected,
           SUM(CASE WHEN c.kind = 'WAIVER' THEN -c.amount ELSE 0 END) AS waived
    FROM due_change c GROUP BY c.due_id),
summed AS (
    SELECT d.pledge_id, SUM(d.amount + d.corrected) AS stated, SUM(d.received) AS received, SUM(d.waived) AS waived
    FROM pledge_due d GROUP BY d.pledge_id)
SELECT 'due ' || d.id AS a,
       'corrected ' || COALESCE(c.corrected, 0) || ', waived ' || COALESCE(c.waived, 0) || ', received '
           || COALESCE(r.amount, 0) AS b,
       'corrected ' || d.corrected || ', waived ' || d.waived || ', received ' || d.received AS c
FROM pledge_due d LEFT JOIN arrived r ON r.due_id = d.id LEFT JOIN changed c ON c.due_id = d.id
WHERE d.received <> COALESCE(r.amount, 0) OR d.corrected <> COALESCE(c.corrected, 0)
   OR d.waived <> COALESCE(c.waived, 0)
UNION ALL
SELECT 'pledge ' || p.id,
       'stated ' || COALESCE(s.stated, 0) || ', received ' || COALESCE(s.received, 0) || ', waived '
           || COALESCE(s.waived, 0),
       'stated ' || p.stated || ', received ' || p.received || ', waived ' || p.waived
FROM pledge p LEFT JOIN summed s ON s.pledge_id = p.id
WHERE p.stated <> COALESCE(s.stated, 0) OR p.received <> COALESCE(s.received, 0) OR p.waived <> COALESCE(s.waived, 0)
UNION ALL
SELECT 'pledge ' || p.id || ' at most', CAST(p.amount AS TEXT), CAST(p.stated AS TEXT)
FROM pledge p WHERE p.stated > p.amount
UNION ALL
SELECT 'due ' || d.id || ' of pledge ' || p.id, 'fund ' || p.fund_id || ', giver ' || p.donor_id,
       'fund ' || d.fund_id || ', giver ' || d.donor_id
FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id WHERE d.fund_id <> p.fund_id OR d.donor_id <> p.donor_id
UNION ALL
SELECT 'state of pledge ' || p.id,
       CASE WHEN p.received + p.waived = p.amount THEN 'FULFILLED' ELSE 'not FULFILLED' END, p.state
FROM pledge p
WHERE CASE WHEN p.state = 'FULFILLED' THEN 1 ELSE 0 END
   <> CASE WHEN p.received + p.waived = p.amount THEN 1 ELSE 0 END
ORDER BY a, b, c;

-- @I23 Every number a fund gave to a document or an account is its own, and not above the last one given.
-- 各单据和账户的编号均属于其基金,且不超过该基金最后发出的编号。
SELECT q.what || ' ' || q.id AS a, '1 to ' || h.last_key || ' of fund ' || q.fund_id AS b,
       CAST(q.id - q.fund_id * 4294967296 AS TEXT) AS c
FROM (
    SELECT 'receipt' AS what, id, fund_id FROM receipt UNION ALL SELECT 'lot', id, fund_id FROM lot
    UNION ALL SELECT 'account', id, fund_id FROM account UNION ALL SELECT 'expense', id, fund_id FROM expense
    UNION ALL SELECT 'refund', id, fund_id FROM refund) q
JOIN fund_head h ON h.fund_id = q.fund_id
WHERE q.id - q.fund_id * 4294967296 NOT BETWEEN 1 AND h.last_key
ORDER BY a, b, c;

-- @I24 No project is claimed beyond its units, and a claim that leaves no room for others is alone.
-- 项目的认领份数不超过其总份数,独家认领时没有其他认领。
WITH held AS (
    SELECT k.project_id, SUM(k.units) AS units, COUNT(*) AS claims,
           SUM(CASE WHEN k.sharing = 'EXCLUSIVE' THEN 1 ELSE 0 END) AS exclusive
    FROM pledge_claim k JOIN pledge p ON p.id = k.pledge_id
    WHERE p.state IN ('OFFERED', 'ACCEPTED', 'FULFILLED') GROUP BY k.project_id)
SELECT 'project ' || h.project_id AS a, 'at most ' || c.units || ' units' AS b, h.units || ' in ' || h.claims || ' claims' AS c
FROM held h JOIN claimable c ON c.project_id = h.project_id
WHERE h.units > c.units OR (h.exclusive > 0 AND h.claims > 1)
UNION ALL
SELECT 'claim ' || p.id, 'an earmark for project ' || k.project_id, 'earmark ' || p.earmark_id
FROM pledge_claim k JOIN pledge p ON p.id = k.pledge_id JOIN earmark m ON m.id = p.earmark_id
WHERE m.target_id IS NULL OR m.target_id <> k.project_id
UNION ALL
SELECT 'pledge ' || p.id, 'the units of a claim', 'none'
FROM pledge p WHERE p.kind = 'CLAIM' AND NOT EXISTS (SELECT 1 FROM pledge_claim k WHERE k.pledge_id = p.id)
ORDER BY a, b, c;

-- @I25 Each resolution is what the ballots of its motion say, by the rule it was closed by.
-- 每项决议都与其议案的表决结果及结案时适用的规则一致。
WITH counted AS (
    SELECT motion_id, COUNT(*) AS sat, SUM(CASE WHEN vote = 'FOR' THEN 1 ELSE 0 END) AS votes_for
    FROM ballot GROUP BY motion_id)
SELECT 'votes of decision ' || d.id AS a, COALESCE(c.votes_for, 0) || ' of ' || COALESCE(c.sat, 0) AS b,
       d.votes_for || ' of ' || d.votes_all AS c
FROM decision d LEFT JOIN counted c ON c.motion_id = d.motion_id
WHERE d.votes_for <> COALESCE(c.votes_for, 0) OR d.votes_all <> COALESCE(c.sat, 0)
UNION ALL
SELECT 'rule of decision ' || d.id, m.quorum || ' and ' || m.majority, d.votes_for || ' of ' || d.votes_all
FROM decision d JOIN motion m ON m.id = d.motion_id
WHERE d.votes_all < m.quorum OR (m.majority = 'TWO_THIRDS' AND d.votes_for * 3 < d.votes_all * 2)
UNION ALL
SELECT 'motion ' || m.id, CASE WHEN m.state = 'CARRIED' THEN 'a decision' ELSE NULL END, m.state
FROM motion m LEFT JOIN decision d ON d.motion_id = m.id
WHERE (m.state = 'CARRIED') <> (d.id IS NOT NULL)
UNION ALL
SELECT 'motion of decision ' || d.id, m.fund_id || ' ' || COALESCE(m.target_id, 0) || ' ' || COALESCE(m.amount, 0),
       d.fund_id || ' ' || COALESCE(d.target_id, 0) || ' ' || COALESCE(d.amount, 0)
FROM decision d JOIN motion m ON m.id = d.motion_id
WHERE d.fund_id <> m.fund_id OR COALESCE(d.target_id, 0) <> COALESCE(m.target_id, 0)
   OR COALESCE(d.amount, 0) <> COALESCE(m.amount, 0)
UNION ALL
SELECT 'seat ' || r.seat_no || ' of motion ' || r.motion_id, 'no ballot, it is recused', b.vote
FROM recusal r JOIN ballot b ON b.motion_id = r.motion_id AND b.seat_no = r.seat_no
ORDER BY a, b, c;

-- @I26 Numbers that are given to resolutions have no gaps, and nothing is allocated on an annulled one.
-- 系统给出的决议编号在每个基金、每个年度内连续,已撤销的决议上没有拨付。
SELECT 'fund ' || d.fund_id || ', ' || d.series_year AS a, '1 to ' || COUNT(*) AS b,
       MIN(d.series_no) || ' to ' || MAX(d.series_no) AS c
FROM decision d WHERE d.series_no IS NOT NULL
GROUP BY d.fund_id, d.series_year HAVING MIN(d.series_no) <> 1 OR MAX(d.series_no) <> COUNT(*)
UNION ALL
SELECT 'annulled decision ' || n.decision_id, 'nothing allocated', 'entry ' || e.id
FROM annulment n JOIN entry e ON e.decision_id = n.decision_id
WHERE NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
ORDER BY a, b, c;

-- @I27 Numbers of publications have no gaps, and a correction is of the same fund, project and period.
-- 公示编号在每个基金、每个年度内连续,更正公示与原公示的基金、项目和期间相同。
SELECT 'fund ' || d.fund_id || ', ' || d.series_year AS a, '1 to ' || COUNT(*) AS b,
       MIN(d.series_no) || ' to ' || MAX(d.series_no) AS c
FROM disclosure d WHERE d.state = 'PUBLISHED'
GROUP BY d.fund_id, d.series_year HAVING MIN(d.series_no) <> 1 OR MAX(d.series_no) <> COUNT(*)
UNION ALL
SELECT 'publication ' || d.id || ', as what it corrects',
       o.fund_id || ' ' || COALESCE(o.project_id, 0) || ' ' || o.period_from || ' ' || o.period_to,
       d.fund_id || ' ' || COALESCE(d.project_id, 0) || ' ' || d.period_from || ' ' || d.period_to
FROM disclosure d JOIN disclosure o ON o.id = d.corrects_id
WHERE d.fund_id <> o.fund_id OR COALESCE(d.project_id, 0) <> COALESCE(o.project_id, 0)
   OR d.period_from <> o.period_from OR d.period_to <> o.period_to OR o.state <> 'PUBLISHED'
ORDER BY a, b, c;

-- @I28 What a swap frees is one giver's and what pays instead is others'; a change of a gift is of that gift alone.
-- 调换释放的是同一捐赠人的资金,顶替的是他人的资金;变更捐款只涉及该笔捐款。
WITH swapped AS (
    SELECT e.id, l.donor_id, p.lot_id, CASE WHEN f.kind = 'POOL' THEN p.destination_id ELSE p.source_id END AS place_id,
           CASE WHEN f.kind = 'POOL' THEN 1 ELSE 0 END AS pays
    FROM entry e JOIN posting p ON p.entry_id = e.id JOIN lot l ON l.id = p.lot_id JOIN account f ON f.id = p.source_id
    WHERE e.kind = 'SWAP')
SELECT 'entry ' || s.id AS a, 'one place and one giver' AS b,
       COUNT(DISTINCT s.place_id) || ' places and ' || COUNT(DISTINCT CASE WHEN s.pays = 0 THEN s.donor_id END)
           || ' givers' AS c
FROM swapped s GROUP BY s.id
HAVING COUNT(DISTINCT s.place_id) <> 1 OR COUNT(DISTINCT CASE WHEN s.pays = 0 THEN s.donor_id END) <> 1
UNION ALL
SELECT 'lot ' || s.lot_id || ' by entry ' || s.id, 'another giver than ' || s.donor_id, 'the same'
FROM swapped s WHERE s.pays = 1 AND EXISTS (
    SELECT 1 FROM swapped o WHERE o.id = s.id AND o.pays = 0 AND o.donor_id = s.donor_id)
UNION ALL
SELECT 'entry ' || e.id || ' line ' || p.line_no, 'lot ' || r.lot_id || ' out or lot ' || r.child_id || ' back',
       'lot ' || p.lot_id || ' from ' || f.kind
FROM entry e JOIN relot r ON r.entry_id = e.id JOIN posting p ON p.entry_id = e.id JOIN account f ON f.id = p.source_id
WHERE e.kind = 'RELOT' AND p.lot_id <> CASE WHEN f.kind = 'OUTSIDE' THEN r.child_id ELSE r.lot_id END
UNION ALL
SELECT 'lot ' || c.id, 'lot ' || p.id || ' under another giver or restriction',
       'giver ' || c.donor_id || ', restriction ' || c.earmark_id || ', ' || c.class || ' of ' || c.received_on
FROM relot r JOIN lot p ON p.id = r.lot_id JOIN lot c ON c.id = r.child_id
WHERE (c.donor_id = p.donor_id AND c.earmark_id = p.earmark_id) OR c.class <> p.class
   OR c.received_on <> p.received_on OR COALESCE(c.due_id, 0) <> COALESCE(p.due_id, 0)
ORDER BY a, b, c;

-- @I29 A transfer is two entries of one day in two funds of one host, of money that any of them may spend.
-- 基金间划转由同一慈善组织两个基金同日的两条分录构成,且仅限可用于任一基金的资金。
SELECT 'entry ' || e.id AS a, 'one other half' AS b, CAST(COUNT(i.id) AS TEXT) AS c
FROM entry e LEFT JOIN entry i ON i.pair_id = e.id AND i.kind = 'XFER_IN'
WHERE e.kind = 'XFER_OUT' GROUP BY e.id HAVING COUNT(i.id) <> 1
UNION ALL
SELECT 'entry ' || i.id, 'half of a transfer from another fund of host ' || g.host_id || ' on ' || i.effective_on,
       COALESCE(o.kind || ' of fund ' || o.fund_id || ' on ' || o.effective_on, 'none')
FROM entry i JOIN fund g ON g.id = i.fund_id
LEFT JOIN entry o ON o.id = i.pair_id LEFT JOIN fund f ON f.id = o.fund_id
WHERE i.kind = 'XFER_IN' AND (o.id IS NULL OR o.kind <> 'XFER_OUT' OR o.fund_id = i.fund_id
    OR f.host_id <> g.host_id OR o.effective_on <> i.effective_on)
UNION ALL
SELECT 'lot ' || p.lot_id || ' by entry ' || e.id, 'money of any fund', 'money of fund ' || k.fund_id
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN lot l ON l.id = p.lot_id JOIN earmark k ON k.id = l.earmark_id
WHERE e.kind IN ('XFER_OUT', 'XFER_IN') AND k.fund_id IS NOT NULL
UNION ALL
SELECT 'reversal ' || r.id, 'a transfer back', 'half of transfer ' || e.id
FROM entry e JOIN entry r ON r.reverses_id = e.id WHERE e.kind IN ('XFER_OUT', 'XFER_IN')
ORDER BY a, b, c;

-- @I30 Each credit note, loss, freed gift and cover stands on its own paper, refund or host.
-- 每笔红字凭证、核销、调换退款和垫补都有其凭据、退款或慈善组织可依。
SELECT 'credit note of entry ' || e.id AS a, 'expense ' || s.expense_id || ', -' || s.amount AS b,
       COALESCE('expense ' || j.expense_id || ', ' || j.delta, 'none') AS c
FROM entry e JOIN (
    SELECT p.entry_id, MIN(k.expense_id) AS expense_id, MAX(k.expense_id) AS last_id, SUM(p.amount) AS amount
    FROM entry n JOIN posting p ON p.entry_id = n.id JOIN account k ON k.id = p.source_id AND k.kind = 'EXPENSE'
    WHERE n.kind = 'RETURN' GROUP BY p.entry_id) s ON s.entry_id = e.id
LEFT JOIN expense_adjust j ON j.entry_id = e.id
WHERE j.entry_id IS NULL OR j.expense_id <> s.expense_id OR s.last_id <> s.expense_id OR j.delta <> -s.amount
UNION ALL
SELECT 'credit note of entry ' || j.entry_id, 'a return from an expense', e.kind
FROM expense_adjust j JOIN entry e ON e.id = j.entry_id
WHERE e.kind <> 'RETURN' OR NOT EXISTS (
    SELECT 1 FROM posting p JOIN account k ON k.id = p.source_id WHERE p.entry_id = e.id AND k.kind = 'EXPENSE')
UNION ALL
SELECT 'loss by entry ' || e.id, 'target ' || k.target_id, COALESCE('target ' || w.target_id, 'no paper')
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account k ON k.id = p.destination_id
LEFT JOIN write_off w ON w.entry_id = e.id
WHERE e.kind = 'WRITEOFF' AND (w.entry_id IS NULL OR w.target_id <> k.target_id)
UNION ALL
SELECT 'loss by entry ' || w.entry_id, 'a loss', e.kind
FROM write_off w JOIN entry e ON e.id = w.entry_id WHERE e.kind <> 'WRITEOFF'
UNION ALL
SELECT 'entry ' || e.id, 'a swap for the refund that follows it', e.kind || ' with ' || r.kind || ' ' || r.id
FROM entry e JOIN entry r ON r.id = e.pair_id
WHERE e.kind <> 'XFER_IN' AND (e.kind <> 'SWAP' OR r.kind <> 'REFUND' OR r.fund_id <> e.fund_id OR r.seq <> e.seq + 1
    OR EXISTS (
        SELECT 1 FROM posting p JOIN account s ON s.id = p.source_id AND s.kind = 'EXPENSE' JOIN lot l ON l.id = p.lot_id
        JOIN posting q ON q.entry_id = r.id JOIN account m ON m.id = q.destination_id JOIN refund f ON f.id = m.refund_id
        WHERE p.entry_id = e.id AND l.donor_id <> f.donor_id))
UNION ALL
SELECT 'cover by lot ' || l.id, 'host party ' || h.party_id, 'party ' || l.donor_id
FROM lot l JOIN fund f ON f.id = l.fund_id JOIN host h ON h.id = f.host_id
WHERE l.class = 'COVER' AND l.donor_id <> h.party_id
ORDER BY a, b, c;

-- @I31 In funds that ask for different hands, nobody allocated or paid what they had proposed, recorded or allocated.
-- 在要求不同人员分别办理的基金中,提出、登记、拨付与支付均由不同人员办理。
WITH booked AS (
    SELECT e.id, e.fund_id, e.seq, e.kind, e.actor_id, k.target_id
    FROM fund f JOIN entry e ON e.fund_id = f.id AND e.seq > f.two_persons_since
    JOIN posting p ON p.entry_id = e.id AND p.line_no = 1 JOIN account k ON k.id = p.destination_id
    WHERE e.kind IN ('ALLOCATE', 'ADVANCE', 'PAY', 'CLEAR'))
SELECT 'entry ' || b.id AS a, 'somebody else than proposed target ' || b.target_id AS b, 'principal ' || b.actor_id AS c
FROM booked b JOIN target_proposer t ON t.target_id = b.target_id AND t.principal_id = b.actor_id
UNION ALL
SELECT DISTINCT 'entry ' || b.id, 'somebody else than recorded decision ' || d.id, 'principal ' || b.actor_id
FROM booked b JOIN decision d ON d.target_id = b.target_id
JOIN decision_recorder r ON r.decision_id = d.id AND r.principal_id = b.actor_id
JOIN entry a ON a.decision_id = d.id AND a.seq <= b.seq
WHERE b.kind <> 'ALLOCATE' OR a.id = b.id
UNION ALL
SELECT 'entry ' || b.id, 'somebody else than allocated by entry ' || a.id, 'principal ' || b.actor_id
FROM booked b JOIN decision d ON d.target_id = b.target_id
JOIN entry a ON a.decision_id = d.id AND a.seq < b.seq AND a.actor_id = b.actor_id
WHERE b.kind <> 'ALLOCATE'
  AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = a.id AND r.seq < b.seq)
ORDER BY a, b, c;

-- @I32 A party is declared related to a host or a fund of it once at a time.
-- 同一主体与同一慈善组织或其基金的关联关系,同一时期只声明一次。
SELECT 'declaration ' || r.id AS a, 'a fund of host ' || r.host_id AS b, 'fund ' || r.fund_id AS c
FROM related_party r JOIN fund f ON f.id = r.fund_id WHERE f.host_id <> r.host_id
UNION ALL
SELECT 'declaration ' || r.id, 'not before declaration ' || o.id || ' ended', 'from ' || r.valid_from
FROM related_party r JOIN related_party o ON o.party_id = r.party_id AND o.host_id = r.host_id AND o.id < r.id
    AND COALESCE(o.fund_id, 0) = COALESCE(r.fund_id, 0)
WHERE (o.valid_to IS NULL OR o.valid_to >= r.valid_from) AND (r.valid_to IS NULL OR r.valid_to >= o.valid_from)
ORDER BY a, b, c;

-- @I33 A round awards its budget at most, a grant is resolved up to its award, pays what its reports allow, and ends once.
-- 每轮微创投的授予不超过预算,每项资助的决议不超过授予额,支付不超过已交报告所允许的各期之和,且只结束一次。
SELECT 'round ' || r.id AS a, 'at most ' || r.budget AS b, CAST(SUM(g.awarded) AS TEXT) AS c
FROM grant_round r JOIN grant_application a ON a.round_id = r.id JOIN micro_grant g ON g.id = a.target_id
GROUP BY r.id, r.budget HAVING SUM(g.awarded) > r.budget
UNION ALL
SELECT 'grant ' || g.id || ' resolved', 'at most ' || g.awarded, CAST(SUM(d.amount) AS TEXT)
FROM micro_grant g JOIN decision d ON d.target_id = g.id
JOIN motion m ON m.id = d.motion_id AND m.kind IN ('PROJECT', 'ALLOCATION', 'GRANT')
WHERE g.awarded IS NOT NULL AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id)
GROUP BY g.id, g.awarded HAVING SUM(d.amount) > g.awarded
UNION ALL
SELECT 'grant ' || w.id || ' paid', 'at most ' || w.payable, CAST(w.paid AS TEXT)
FROM (
    SELECT g.id,
           COALESCE((SELECT SUM(x.amount) FROM tranche x
                     WHERE x.target_id = g.id AND (x.report IS NULL OR EXISTS (
                         SELECT 1 FROM grant_report p WHERE p.target_id = x.target_id AND p.kind = x.report))), 0) AS payable,
           COALESCE((SELECT SUM(k.balance) FROM account k
                     WHERE k.target_id = g.id AND k.asset = 'CNY' AND k.kind IN ('ADVANCE', 'EXPENSE', 'LOSS')), 0) AS paid
    FROM micro_grant g
    WHERE EXISTS (SELECT 1 FROM grant_contract c WHERE c.target_id = g.id)
       OR EXISTS (SELECT 1 FROM grant_application a WHERE a.target_id = g.id)) w
WHERE w.paid > w.payable
UNION ALL
SELECT 'grant ' || g.id, 'what application ' || a.id || ' is for: group ' || a.group_id || ', ' || a.stage,
       'group ' || t.group_id || ', ' || g.stage
FROM grant_application a JOIN micro_grant g ON g.id = a.target_id JOIN target t ON t.id = g.id
WHERE a.group_id <> t.group_id OR a.stage <> g.stage
UNION ALL
SELECT 'application ' || a.id, 'a grant of the step before that passed', 'none'
FROM grant_application a
WHERE a.target_id IS NOT NULL AND a.stage <> 'START_UP' AND NOT EXISTS (
    SELECT 1 FROM target t JOIN micro_grant g ON g.id = t.id
    JOIN grant_contract c ON c.target_id = t.id JOIN grant_evaluation v ON v.target_id = t.id AND v.score >= c.pass_score
    WHERE t.group_id = a.group_id AND g.stage = CASE a.stage WHEN 'GROWTH' THEN 'START_UP' ELSE 'GROWTH' END)
UNION ALL
SELECT 'ended grant ' || o.target_id, 'closed and not evaluated',
       CASE WHEN v.target_id IS NULL THEN t.status ELSE 'evaluated' END
FROM grant_ending o JOIN target t ON t.id = o.target_id LEFT JOIN grant_evaluation v ON v.target_id = o.target_id
WHERE t.status <> 'CLOSED' OR v.target_id IS NOT NULL
UNION ALL
SELECT 'ended grant ' || o.target_id, 'a standing resolution to end it', 'decision ' || o.decision_id
FROM grant_ending o JOIN decision d ON d.id = o.decision_id JOIN motion m ON m.id = d.motion_id
WHERE m.kind <> 'END' OR d.target_id <> o.target_id OR d.approved_on > o.ended_on
   OR EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id)
ORDER BY a, b, c;

-- @I34 A line of the register is what its last change left, and each change begins where the one before ended.
-- 名册各行与其最后一次变更后的内容一致,每次变更均以上一次变更的结果为起点。
WITH told AS (
    SELECT c.id, c.party_id, c.kind, c.changed_on,
           c.before_name || ' / ' || c.before_area_id || ' / ' || c.before_field || ' / ' || c.before_standing || ' / '
               || c.before_number || ' / ' || c.before_registered_on AS was,
           c.after_name || ' / ' || c.after_area_id || ' / ' || c.after_field || ' / ' || c.after_standing || ' / '
               || c.after_number || ' / ' || c.after_registered_on AS became,
           (SELECT MAX(o.id) FROM group_change o WHERE o.party_id = c.party_id AND o.id < c.id) AS previous_id,
           (SELECT MAX(o.id) FROM group_change o WHERE o.party_id = c.party_id) AS last_id
    FROM group_change c)
SELECT 'group ' || r.party_id AS a, t.became AS b,
       p.name || ' / ' || r.area_id || ' / ' || r.field || ' / ' || r.standing || ' / ' || r.number || ' / '
           || r.registered_on AS c
FROM told t JOIN group_registration r ON r.party_id = t.party_id JOIN party p ON p.id = t.party_id
WHERE t.id = t.last_id AND t.became <> p.name || ' / ' || r.area_id || ' / ' || r.field || ' / ' || r.standing || ' / '
           || r.number || ' / ' || r.registered_on
UNION ALL
SELECT 'change ' || t.id, o.became, t.was
FROM told t JOIN told o ON o.id = t.previous_id WHERE t.was <> o.became
UNION ALL
SELECT 'group ' || r.party_id || ', struck off', COALESCE(CAST(s.changed_on AS TEXT), 'never'),
       COALESCE(CAST(r.struck_off_on AS TEXT), 'never')
FROM group_registration r
LEFT JOIN group_change s ON s.kind = 'STRUCK_OFF' AND s.id = (
    SELECT MAX(o.id) FROM group_change o WHERE o.party_id = r.party_id AND o.kind <> 'CORRECTED')
WHERE COALESCE(CAST(s.changed_on AS TEXT), 'never') <> COALESCE(CAST(r.struck_off_on AS TEXT), 'never')
ORDER BY a, b, c;
