-- Who sat, how they voted and what it came to is not edited or deleted, and a closed motion takes no ballot.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON ballot FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON recusal FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON annulment FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON committee_rule FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON motion_paper FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON ballot EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON recusal EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON annulment EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON committee_rule EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON motion_paper EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON motion EXECUTE FUNCTION immutable_row();
-- Of a motion only its outcome is written, once.
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, fund_id, kind, title, target_id, amount, new_quorum, new_majority,
    origin, opened_on, principal_id ON motion FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER closed BEFORE UPDATE ON motion FOR EACH ROW WHEN (OLD.state <> 'OPEN') EXECUTE FUNCTION immutable_row();
CREATE FUNCTION ballot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM decision d WHERE d.motion_id = NEW.motion_id)
       OR EXISTS (SELECT 1 FROM motion m WHERE m.id = NEW.motion_id AND m.state IN ('REJECTED', 'WITHDRAWN'))
    THEN RAISE EXCEPTION 'motion is closed'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ballot_guard BEFORE INSERT ON ballot FOR EACH ROW EXECUTE FUNCTION ballot_guard();
