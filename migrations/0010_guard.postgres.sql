-- Nothing booked is edited or deleted, no posting breaks the grammar or a giver's restriction.
CREATE FUNCTION immutable_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is immutable', TG_TABLE_NAME;
END $$;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON posting FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON lot FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON receipt FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON earmark FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON entry_seal FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON expense FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON refund FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON decision FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON match_accrual FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON idem FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON posting_rule FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON expense_adjust FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON external_funding FOR EACH ROW EXECUTE FUNCTION immutable_row();
-- Of an account only the balance moves, of a target its status and how many it serves.
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, fund_id, kind, code, asset, target_id, expense_id, refund_id
    ON account FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, fund_id, kind, purpose_id, group_id, code
    ON target FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON expense EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON evidence EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON refund EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON decision EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON match_accrual EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON idem EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON posting_rule EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON expense_adjust EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON external_funding EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON receipt EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON earmark EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON account EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON target EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON entry EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON posting EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON lot EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON entry_seal EXECUTE FUNCTION immutable_row();
-- Once a statement, over the rows it wrote: a trigger a row would be paid for by every import.
CREATE FUNCTION posting_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM written w
        JOIN entry e ON e.id = w.entry_id
        JOIN entry_seal s ON s.fund_id = e.fund_id AND s.seq = e.seq)
    THEN RAISE EXCEPTION 'entry is sealed'; END IF;
    IF EXISTS (
        SELECT 1 FROM written w
        JOIN entry e ON e.id = w.entry_id
        JOIN account f ON f.id = w.source_id
        JOIN account t ON t.id = w.destination_id
        LEFT JOIN posting_rule r ON r.kind = e.kind AND r.from_kind = f.kind AND r.to_kind = t.kind
        WHERE e.kind <> 'REVERSE' AND r.kind IS NULL)
    THEN RAISE EXCEPTION 'posting not allowed by grammar'; END IF;
    IF EXISTS (
        SELECT 1 FROM written w
        JOIN account t ON t.id = w.destination_id AND t.target_id IS NOT NULL
        JOIN lot l ON l.id = w.lot_id
        WHERE NOT EXISTS (
            SELECT 1 FROM may_spend p WHERE p.earmark_id = l.earmark_id AND p.target_id = t.target_id))
    THEN RAISE EXCEPTION 'donor restriction forbids this use'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER posting_guard AFTER INSERT ON posting
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION posting_guard();
-- What is booked does not grow. Looked up for each lot: a join may be planned when there are no entries yet, and then
-- reads all of them.
CREATE FUNCTION lot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM written w
        WHERE w.parent_id IS NULL
          AND (SELECT e.id FROM entry e WHERE e.receipt_id = w.receipt_id LIMIT 1) IS NOT NULL)
    THEN RAISE EXCEPTION 'receipt is booked'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lot_guard AFTER INSERT ON lot
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION lot_guard();
