//! The journal and what is kept beside it, in the database.

use chrono::NaiveDate;

use super::{
    document::{EvidenceDocument, ExpenseDocument, Lot, Receipt, RefundDocument},
    post::{Entry, Posting},
};
use crate::{
    db::{Result, Sql, Tx},
    id::{AccountId, EarmarkId, EntryId, FundId, LotId, PartyId, TargetId},
    money::Fen,
};

/// One link of a fund's hash chain.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Seal {
    /// Whose chain.
    pub fund_id: FundId,
    /// The number of its entry.
    pub seq: i64,
    /// The seal before it.
    pub prev_hash: String,
    /// The seal.
    pub hash: String,
}

/// Adds entries.
pub async fn insert_entries(tx: &mut Tx, entries: &[Entry]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO entry (id, fund_id, seq, kind, effective_on, actor_id, receipt_id, decision_id, reverses_id,
                            memo, booked_at)
         VALUES (..)",
        entries,
        |row, entry| {
            row.bind(entry.id)
                .bind(entry.fund_id)
                .bind(entry.seq)
                .bind(entry.kind)
                .bind(entry.effective_on)
                .bind(entry.actor_id)
                .bind(entry.receipt_id)
                .bind(entry.decision_id)
                .bind(entry.reverses_id)
                .bind(entry.memo.clone())
                .bind(entry.booked_at)
        },
    )
    .await
}

/// Adds postings.
pub async fn insert_postings(tx: &mut Tx, postings: &[Posting]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO posting (entry_id, line_no, lot_id, source_id, destination_id, amount) VALUES (..)",
        postings,
        |row, one| {
            row.bind(one.entry_id)
                .bind(one.line_no)
                .bind(one.lot_id)
                .bind(one.source_id)
                .bind(one.destination_id)
                .bind(one.amount)
        },
    )
    .await
}

/// Adds seals.
pub async fn insert_seals(tx: &mut Tx, seals: &[Seal]) -> Result<u64> {
    tx.insert_all("INSERT INTO entry_seal (fund_id, seq, prev_hash, hash) VALUES (..)", seals, |row, seal| {
        row.bind(seal.fund_id).bind(seal.seq).bind(seal.prev_hash.clone()).bind(seal.hash.clone())
    })
    .await
}

/// A lot in a place with its restriction and by how much it changes.
pub type HoldingChange = ((LotId, AccountId), (EarmarkId, i64));

/// Takes from holdings; the changes are negative.
pub async fn debit_holdings(tx: &mut Tx, debits: &[HoldingChange]) -> Result<u64> {
    tx.insert_all(
        "UPDATE holding SET amount = holding.amount + CAST(d.column3 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE holding.lot_id = CAST(d.column1 AS BIGINT) AND holding.account_id = CAST(d.column2 AS BIGINT)",
        debits,
        |row, ((lot, account), (_, change))| row.bind(*lot).bind(*account).bind(*change),
    )
    .await
}

/// Gives to holdings.
pub async fn credit_holdings(tx: &mut Tx, credits: &[HoldingChange]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO holding (lot_id, account_id, earmark_id, amount) VALUES (..)
         ON CONFLICT (lot_id, account_id) DO UPDATE SET amount = holding.amount + excluded.amount",
        credits,
        |row, ((lot, account), (earmark, change))| row.bind(*lot).bind(*account).bind(*earmark).bind(*change),
    )
    .await
}

/// Takes from givers' roll-ups; the changes are negative.
pub async fn debit_parties(tx: &mut Tx, debits: &[((PartyId, AccountId), i64)]) -> Result<u64> {
    tx.insert_all(
        "UPDATE party_holding SET amount = party_holding.amount + CAST(d.column3 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE party_holding.party_id = CAST(d.column1 AS BIGINT)
           AND party_holding.account_id = CAST(d.column2 AS BIGINT)",
        debits,
        |row, ((party, account), change)| row.bind(*party).bind(*account).bind(*change),
    )
    .await
}

/// Gives to givers' roll-ups.
pub async fn credit_parties(tx: &mut Tx, credits: &[((PartyId, AccountId), i64)]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO party_holding (party_id, account_id, amount) VALUES (..)
         ON CONFLICT (party_id, account_id) DO UPDATE SET amount = party_holding.amount + excluded.amount",
        credits,
        |row, ((party, account), change)| row.bind(*party).bind(*account).bind(*change),
    )
    .await
}

/// Changes balances.
pub async fn change_balances(tx: &mut Tx, changes: &[(AccountId, i64)]) -> Result<u64> {
    tx.insert_all(
        "UPDATE account SET balance = account.balance + CAST(d.column2 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE account.id = CAST(d.column1 AS BIGINT)",
        changes,
        |row, (account, change)| row.bind(*account).bind(*change),
    )
    .await
}

/// A restriction that lets money be spent on a target, with what orders the draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EligibleEarmark {
    /// The restriction.
    pub earmark_id: EarmarkId,
    /// How narrow it is.
    pub spec: i64,
    /// The last day the money may be spent; the end of time where there is none.
    pub until: NaiveDate,
}

/// The restrictions with money in `account` that may be spent on `target` on this day.
pub async fn eligible_earmarks<'c>(
    on: impl Sql<'c>,
    target: TargetId,
    account: AccountId,
    day: NaiveDate,
) -> Result<Vec<EligibleEarmark>> {
    on.sql(
        "SELECT m.earmark_id, m.spec, COALESCE(m.valid_to, '9999-12-31') AS until
         FROM may_spend m
         WHERE m.target_id = $1
           AND (m.valid_from IS NULL OR m.valid_from <= $2)
           AND (m.valid_to IS NULL OR m.valid_to >= $2)
           AND EXISTS (
               SELECT 1 FROM holding h WHERE h.account_id = $3 AND h.earmark_id = m.earmark_id AND h.amount > 0)",
    )
    .bind(target)
    .bind(day)
    .bind(account)
    .all()
    .await
}

/// The restrictions with money in `account`.
pub async fn earmarks_in<'c>(on: impl Sql<'c>, account: AccountId) -> Result<Vec<EligibleEarmark>> {
    on.sql(
        "SELECT k.id AS earmark_id, k.spec, COALESCE(k.valid_to, '9999-12-31') AS until
         FROM earmark k
         WHERE k.id IN (SELECT h.earmark_id FROM holding h WHERE h.account_id = $1 AND h.amount > 0)",
    )
    .bind(account)
    .all()
    .await
}

/// Part of a lot in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    /// The lot.
    pub lot_id: LotId,
    /// Its restriction.
    pub earmark_id: EarmarkId,
    /// Its giver.
    pub donor_id: PartyId,
    /// How much of it.
    pub amount: Fen,
}

/// The oldest lots of each of `earmarks` in `account` after lot `after`, at most `limit` each.
pub async fn oldest<'c>(
    on: impl Sql<'c>,
    account: AccountId,
    earmarks: &[EarmarkId],
    after: LotId,
    limit: i64,
) -> Result<Vec<Held>> {
    on.sql(
        "SELECT h.lot_id, h.earmark_id, l.donor_id, h.amount
         FROM holding h JOIN lot l ON l.id = h.lot_id
         WHERE h.account_id = $1 AND h.lot_id > $2 AND h.amount > 0 AND h.earmark_id = {owner}
         ORDER BY h.lot_id LIMIT $3",
    )
    .bind(account)
    .bind(after)
    .bind(limit)
    .each_of(earmarks)
    .all()
    .await
}

/// The youngest lots of each of `earmarks` in `account` before lot `before`, at most `limit` each.
pub async fn youngest<'c>(
    on: impl Sql<'c>,
    account: AccountId,
    earmarks: &[EarmarkId],
    before: LotId,
    limit: i64,
) -> Result<Vec<Held>> {
    on.sql(
        "SELECT h.lot_id, h.earmark_id, l.donor_id, h.amount
         FROM holding h JOIN lot l ON l.id = h.lot_id
         WHERE h.account_id = $1 AND h.lot_id < $2 AND h.amount > 0 AND h.earmark_id = {owner}
         ORDER BY h.lot_id DESC LIMIT $3",
    )
    .bind(account)
    .bind(before)
    .bind(limit)
    .each_of(earmarks)
    .all()
    .await
}

/// What these lots hold in `account`.
pub async fn held_of_lots<'c>(on: impl Sql<'c>, account: AccountId, lots: &[LotId]) -> Result<Vec<Held>> {
    on.sql(
        "SELECT h.lot_id, h.earmark_id, l.donor_id, h.amount
         FROM holding h JOIN lot l ON l.id = h.lot_id
         WHERE h.account_id = $1 AND h.amount > 0 AND h.lot_id IN (..)",
    )
    .bind(account)
    .bind_list(lots)
    .all()
    .await
}

/// A giver's own lots in `account`, youngest first.
pub async fn held_of_donor<'c>(on: impl Sql<'c>, account: AccountId, donor: PartyId) -> Result<Vec<Held>> {
    on.sql(
        "SELECT h.lot_id, h.earmark_id, l.donor_id, h.amount
         FROM lot l JOIN holding h ON h.lot_id = l.id AND h.account_id = $1
         WHERE l.donor_id = $2 AND h.amount > 0
         ORDER BY l.id DESC",
    )
    .bind(account)
    .bind(donor)
    .all()
    .await
}

/// What an account holds.
pub async fn balance<'c>(on: impl Sql<'c>, account: AccountId) -> Result<Fen> {
    let (balance,) = on.sql("SELECT balance FROM account WHERE id = $1").bind(account).one().await?;
    Ok(balance)
}

/// Adds receipts.
pub async fn insert_receipts(tx: &mut Tx, receipts: &[Receipt]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO receipt (id, fund_id, payer_id, channel, external_ref, version, received_on, asset, amount, note)
         VALUES (..)",
        receipts,
        |row, one| {
            row.bind(one.id)
                .bind(one.fund_id)
                .bind(one.payer_id)
                .bind(one.channel.clone())
                .bind(one.external_ref.clone())
                .bind(one.version)
                .bind(one.received_on)
                .bind(one.asset)
                .bind(one.amount)
                .bind(one.note.clone())
        },
    )
    .await
}

/// Adds lots.
pub async fn insert_lots(tx: &mut Tx, lots: &[Lot]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO lot (id, fund_id, receipt_id, line_no, parent_id, donor_id, earmark_id, due_id, class, asset,
                          amount, received_on)
         VALUES (..)",
        lots,
        |row, lot| {
            row.bind(lot.id)
                .bind(lot.fund_id)
                .bind(lot.receipt_id)
                .bind(lot.line_no)
                .bind(lot.parent_id)
                .bind(lot.donor_id)
                .bind(lot.earmark_id)
                .bind(lot.due_id)
                .bind(lot.class)
                .bind(lot.asset)
                .bind(lot.amount)
                .bind(lot.received_on)
        },
    )
    .await
}

/// Adds an expense.
pub async fn insert_expense(tx: &mut Tx, expense: &ExpenseDocument) -> Result<u64> {
    tx.sql(
        "INSERT INTO expense (id, fund_id, target_id, payee_id, purpose_id, asset, amount, incurred_on, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(expense.id)
    .bind(expense.fund_id)
    .bind(expense.target_id)
    .bind(expense.payee_id)
    .bind(expense.purpose_id)
    .bind(expense.asset)
    .bind(expense.amount)
    .bind(expense.incurred_on)
    .bind(expense.note.clone())
    .execute()
    .await
}

/// Adds the files that prove an expense.
pub async fn insert_evidence(tx: &mut Tx, evidence: &[EvidenceDocument]) -> Result<u64> {
    tx.insert_all("INSERT INTO evidence (expense_id, line_no, kind, sha256, name) VALUES (..)", evidence, |row, one| {
        row.bind(one.expense_id).bind(one.line_no).bind(one.kind).bind(one.sha256.clone()).bind(one.name.clone())
    })
    .await
}

/// Adds a refund.
pub async fn insert_refund(tx: &mut Tx, refund: &RefundDocument) -> Result<u64> {
    tx.sql(
        "INSERT INTO refund (id, fund_id, donor_id, amount, refunded_on, reason)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(refund.id)
    .bind(refund.fund_id)
    .bind(refund.donor_id)
    .bind(refund.amount)
    .bind(refund.refunded_on)
    .bind(refund.reason.clone())
    .execute()
    .await
}

/// The entries of these keys.
pub async fn entries_by_ids<'c>(on: impl Sql<'c>, ids: &[EntryId]) -> Result<Vec<Entry>> {
    on.sql(
        "SELECT id, fund_id, seq, kind, effective_on, actor_id, receipt_id, decision_id, reverses_id, memo, booked_at
         FROM entry WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// A posting with what its mirror needs to know.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PostingWithLot {
    /// The posting.
    #[sqlx(flatten)]
    pub posting: Posting,
    /// The lot's giver.
    pub donor_id: PartyId,
    /// The lot's restriction.
    pub earmark_id: EarmarkId,
    /// The due that the lot settles.
    pub due_id: Option<crate::id::DueId>,
    /// What the destination holds of the lot now; `None` when it is outside.
    pub held: Option<Fen>,
    /// The project or grant the money came from.
    pub source_target: Option<TargetId>,
    /// The project or grant the money went to.
    pub destination_target: Option<TargetId>,
}

/// The postings of an entry, in order.
pub async fn postings_of_entry<'c>(on: impl Sql<'c>, entry: EntryId) -> Result<Vec<PostingWithLot>> {
    on.sql(
        "SELECT p.entry_id, p.line_no, p.lot_id, p.source_id, p.destination_id, p.amount,
                l.donor_id, l.earmark_id, l.due_id, h.amount AS held,
                f.target_id AS source_target, t.target_id AS destination_target
         FROM posting p
         JOIN lot l ON l.id = p.lot_id
         JOIN account f ON f.id = p.source_id
         JOIN account t ON t.id = p.destination_id
         LEFT JOIN holding h ON h.lot_id = p.lot_id AND h.account_id = p.destination_id
         WHERE p.entry_id = $1
         ORDER BY p.line_no",
    )
    .bind(entry)
    .all()
    .await
}

/// The entry that undoes this one, where there is one.
pub async fn reversal_of<'c>(on: impl Sql<'c>, entry: EntryId) -> Result<Option<EntryId>> {
    let found = on.sql("SELECT id FROM entry WHERE reverses_id = $1").bind(entry).optional::<(_,)>().await?;
    Ok(found.map(|(id,)| id))
}

/// Whether the entry is in a match with bank lines that stands.
pub async fn is_bank_matched<'c>(on: impl Sql<'c>, entry: EntryId) -> Result<bool> {
    let found = on.sql("SELECT match_id FROM bank_entry_match WHERE entry_id = $1").bind(entry);
    Ok(found.optional::<(i64,)>().await?.is_some())
}

/// The codes of closed projects and grants that an entry moved money into or out of.
pub async fn closed_targets_of_entry<'c>(on: impl Sql<'c>, entry: EntryId) -> Result<Vec<String>> {
    let found: Vec<(String,)> = on
        .sql(
            "SELECT DISTINCT t.code FROM posting p
             JOIN account a ON a.id IN (p.source_id, p.destination_id)
             JOIN target t ON t.id = a.target_id
             WHERE p.entry_id = $1 AND t.status = 'CLOSED' ORDER BY t.code",
        )
        .bind(entry)
        .all()
        .await?;
    Ok(found.into_iter().map(|(code,)| code).collect())
}

/// Takes what an entry booked on dues and their pledges back; a fulfilled pledge is due again.
pub async fn take_back_from_pledges(tx: &mut Tx, entry: EntryId) -> Result<()> {
    tx.sql(
        "UPDATE pledge_due SET received = pledge_due.received - d.amount
         FROM (
             SELECT l.due_id, CAST(SUM(p.amount) AS BIGINT) AS amount
             FROM posting p JOIN lot l ON l.id = p.lot_id
             WHERE p.entry_id = $1 AND l.due_id IS NOT NULL
             GROUP BY l.due_id) AS d
         WHERE pledge_due.id = d.due_id",
    )
    .bind(entry)
    .execute()
    .await?;
    tx.sql(
        "UPDATE pledge
         SET received = pledge.received - d.amount,
             state = CASE WHEN pledge.state = 'FULFILLED' THEN 'ACCEPTED' ELSE pledge.state END,
             ended_on = CASE WHEN pledge.state = 'FULFILLED' THEN NULL ELSE pledge.ended_on END
         FROM (
             SELECT u.pledge_id, CAST(SUM(p.amount) AS BIGINT) AS amount
             FROM posting p
             JOIN lot l ON l.id = p.lot_id
             JOIN pledge_due u ON u.id = l.due_id
             WHERE p.entry_id = $1
             GROUP BY u.pledge_id) AS d
         WHERE pledge.id = d.pledge_id",
    )
    .bind(entry)
    .execute()
    .await?;
    Ok(())
}

/// The lots of these keys.
pub async fn lots_by_ids<'c>(on: impl Sql<'c>, ids: &[LotId]) -> Result<Vec<Lot>> {
    on.sql(
        "SELECT id, fund_id, receipt_id, line_no, parent_id, donor_id, earmark_id, due_id, class, asset, amount,
                received_on
         FROM lot WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// A page of each fund's journal.
pub async fn entries_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &crate::page::Page) -> Result<Vec<Entry>> {
    on.sql(
        "SELECT id, fund_id, seq, kind, effective_on, actor_id, receipt_id, decision_id, reverses_id, memo, booked_at
         FROM entry WHERE fund_id = {owner} {page}",
    )
    .page(page, "seq")
    .each_of(funds)
    .all()
    .await
}

/// A posting with the kinds of places it joins.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PostingRow {
    /// The posting.
    #[sqlx(flatten)]
    pub posting: Posting,
    /// The kind of place it left.
    pub source_kind: super::account::AccountKind,
    /// The kind of place it went to.
    pub destination_kind: super::account::AccountKind,
    /// The project or grant of either.
    pub target_id: Option<TargetId>,
}

/// A page of each entry's postings.
pub async fn postings_of_entries<'c>(
    on: impl Sql<'c>,
    entries: &[EntryId],
    page: &crate::page::Page,
) -> Result<Vec<PostingRow>> {
    on.sql(
        "SELECT p.entry_id, p.line_no, p.lot_id, p.source_id, p.destination_id, p.amount,
                f.kind AS source_kind, t.kind AS destination_kind, COALESCE(t.target_id, f.target_id) AS target_id
         FROM posting p
         JOIN account f ON f.id = p.source_id
         JOIN account t ON t.id = p.destination_id
         WHERE p.entry_id = {owner} {page}",
    )
    .page(page, "p.line_no")
    .each_of(entries)
    .all()
    .await
}

/// Whether a match that stands has followed a gift that this entry received.
pub async fn is_followed<'c>(on: impl Sql<'c>, entry: EntryId) -> Result<bool> {
    let (followed,): (i64,) = on
        .sql(
            "SELECT COUNT(*) FROM entry e
             JOIN lot l ON l.receipt_id = e.receipt_id
             WHERE e.id = $1
               AND (EXISTS (
                       SELECT 1 FROM match_accrual m
                       WHERE m.base_lot_id = l.id AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = m.entry_id))
                    OR EXISTS (SELECT 1 FROM due_match x WHERE x.base_lot_id = l.id))",
        )
    .bind(entry)
        .one()
        .await?;
    Ok(followed > 0)
}
