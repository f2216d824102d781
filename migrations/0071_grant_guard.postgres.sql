-- A line of the register changes only by a change that is kept. What a round is judged by, what was said of an application and what a grant was signed, reported and evaluated with
-- stays as it was written; scores are written while judges score and at no other time.
CREATE TRIGGER immutable BEFORE UPDATE OF party_id, principal_id ON group_registration FOR EACH ROW
    EXECUTE FUNCTION immutable_row();
CREATE TRIGGER kept BEFORE DELETE ON group_registration FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON group_change FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON group_change EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_round_stage FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_round_move FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_criterion FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_judge FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON application_check FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON judge_conflict FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_contract FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON tranche FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_report FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_evaluation FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER kept BEFORE DELETE ON grant_round FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER kept BEFORE DELETE ON grant_application FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER kept BEFORE DELETE ON grant_objection FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER kept BEFORE DELETE ON grant_score FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON group_registration EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_round_stage EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_round_move EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_criterion EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_judge EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON application_check EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON judge_conflict EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_contract EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON tranche EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_report EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_evaluation EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON grant_ending FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_ending EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_round EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_application EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_objection EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON grant_score EXECUTE FUNCTION immutable_row();
-- Of a round only how far it is moves; an objection is settled once.
CREATE TRIGGER immutable BEFORE UPDATE OF id, fund_id, purpose_id, code, title, call_text, budget, grant_max, closes_on,
    objection_days, opened_on, principal_id ON grant_round FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER settled BEFORE UPDATE ON grant_objection FOR EACH ROW WHEN (OLD.outcome IS NOT NULL)
    EXECUTE FUNCTION immutable_row();
CREATE TRIGGER awarded_once BEFORE UPDATE OF awarded ON micro_grant FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE FUNCTION grant_score_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM grant_application a JOIN grant_round r ON r.id = a.round_id
        WHERE a.id = NEW.application_id AND r.state = 'ROAD_SHOW')
    THEN RAISE EXCEPTION 'the road-show is over'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER open BEFORE INSERT OR UPDATE ON grant_score FOR EACH ROW EXECUTE FUNCTION grant_score_guard();
