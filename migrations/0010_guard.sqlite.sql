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
