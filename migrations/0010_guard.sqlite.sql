-- Nothing booked is edited or deleted, no posting breaks the grammar or a giver's restriction.
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry is immutable'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry is immutable'); END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'posting is immutable'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'posting is immutable'); END;
CREATE TRIGGER lot_no_update BEFORE UPDATE ON lot BEGIN SELECT RAISE(ABORT, 'lot is immutable'); END;
CREATE TRIGGER lot_no_delete BEFORE DELETE ON lot BEGIN SELECT RAISE(ABORT, 'lot is immutable'); END;
CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is immutable'); END;
CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is immutable'); END;
CREATE TRIGGER earmark_no_update BEFORE UPDATE ON earmark BEGIN SELECT RAISE(ABORT, 'earmark is immutable'); END;
CREATE TRIGGER earmark_no_delete BEFORE DELETE ON earmark BEGIN SELECT RAISE(ABORT, 'earmark is immutable'); END;
CREATE TRIGGER entry_seal_no_update BEFORE UPDATE ON entry_seal BEGIN SELECT RAISE(ABORT, 'seal is immutable'); END;
CREATE TRIGGER entry_seal_no_delete BEFORE DELETE ON entry_seal BEGIN SELECT RAISE(ABORT, 'seal is immutable'); END;
CREATE TRIGGER expense_no_update BEFORE UPDATE ON expense BEGIN SELECT RAISE(ABORT, 'expense is immutable'); END;
CREATE TRIGGER expense_no_delete BEFORE DELETE ON expense BEGIN SELECT RAISE(ABORT, 'expense is immutable'); END;
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is immutable'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is immutable'); END;
CREATE TRIGGER refund_no_update BEFORE UPDATE ON refund BEGIN SELECT RAISE(ABORT, 'refund is immutable'); END;
CREATE TRIGGER refund_no_delete BEFORE DELETE ON refund BEGIN SELECT RAISE(ABORT, 'refund is immutable'); END;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is immutable'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is immutable'); END;
CREATE TRIGGER match_accrual_no_update BEFORE UPDATE ON match_accrual BEGIN SELECT RAISE(ABORT, 'match_accrual is immutable'); END;
CREATE TRIGGER match_accrual_no_delete BEFORE DELETE ON match_accrual BEGIN SELECT RAISE(ABORT, 'match_accrual is immutable'); END;
CREATE TRIGGER idem_no_update BEFORE UPDATE ON idem BEGIN SELECT RAISE(ABORT, 'idem is immutable'); END;
CREATE TRIGGER idem_no_delete BEFORE DELETE ON idem BEGIN SELECT RAISE(ABORT, 'idem is immutable'); END;
CREATE TRIGGER posting_rule_no_update BEFORE UPDATE ON posting_rule BEGIN SELECT RAISE(ABORT, 'posting_rule is immutable'); END;
CREATE TRIGGER posting_rule_no_delete BEFORE DELETE ON posting_rule BEGIN SELECT RAISE(ABORT, 'posting_rule is immutable'); END;
CREATE TRIGGER expense_adjust_no_update BEFORE UPDATE ON expense_adjust BEGIN SELECT RAISE(ABORT, 'expense_adjust is immutable'); END;
CREATE TRIGGER expense_adjust_no_delete BEFORE DELETE ON expense_adjust BEGIN SELECT RAISE(ABORT, 'expense_adjust is immutable'); END;
CREATE TRIGGER external_funding_no_update BEFORE UPDATE ON external_funding BEGIN SELECT RAISE(ABORT, 'external_funding is immutable'); END;
CREATE TRIGGER external_funding_no_delete BEFORE DELETE ON external_funding BEGIN SELECT RAISE(ABORT, 'external_funding is immutable'); END;
-- Of an account only the balance moves, of a target its status and how many it serves.
CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'account is immutable'); END;
CREATE TRIGGER account_no_update BEFORE UPDATE OF id, fund_id, kind, code, asset, target_id, expense_id, refund_id ON account
BEGIN SELECT RAISE(ABORT, 'account is immutable'); END;
CREATE TRIGGER target_no_delete BEFORE DELETE ON target BEGIN SELECT RAISE(ABORT, 'target is immutable'); END;
CREATE TRIGGER target_no_update BEFORE UPDATE OF id, fund_id, kind, purpose_id, group_id, code ON target
BEGIN SELECT RAISE(ABORT, 'target is immutable'); END;
-- What is sealed does not grow.
CREATE TRIGGER posting_before_seal BEFORE INSERT ON posting BEGIN
    SELECT CASE WHEN EXISTS (
        SELECT 1 FROM entry e JOIN entry_seal s ON s.fund_id = e.fund_id AND s.seq = e.seq WHERE e.id = NEW.entry_id)
    THEN RAISE(ABORT, 'entry is sealed') END;
END;
CREATE TRIGGER lot_before_entry BEFORE INSERT ON lot WHEN NEW.parent_id IS NULL BEGIN
    SELECT CASE WHEN EXISTS (SELECT 1 FROM entry e WHERE e.receipt_id = NEW.receipt_id)
    THEN RAISE(ABORT, 'receipt is booked') END;
END;
CREATE TRIGGER posting_rule_guard BEFORE INSERT ON posting BEGIN
    SELECT CASE WHEN (SELECT kind FROM entry WHERE id = NEW.entry_id) <> 'REVERSE' AND NOT EXISTS (
        SELECT 1 FROM posting_rule r
        JOIN entry e ON e.id = NEW.entry_id
        JOIN account f ON f.id = NEW.source_id
        JOIN account t ON t.id = NEW.destination_id
        WHERE r.kind = e.kind AND r.from_kind = f.kind AND r.to_kind = t.kind)
    THEN RAISE(ABORT, 'posting not allowed by grammar') END;
END;
CREATE TRIGGER earmark_guard BEFORE INSERT ON posting BEGIN
    SELECT CASE WHEN EXISTS (
        SELECT 1 FROM account t JOIN lot l ON l.id = NEW.lot_id
        WHERE t.id = NEW.destination_id AND t.target_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM may_spend p WHERE p.earmark_id = l.earmark_id AND p.target_id = t.target_id))
    THEN RAISE(ABORT, 'donor restriction forbids this use') END;
END;
