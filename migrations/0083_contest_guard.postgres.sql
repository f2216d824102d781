-- What was called for, proposed and scored is neither edited nor deleted; sheets are taken while it is scored.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_criterion FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_criterion EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_judge FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_judge EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_move FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_move EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_budget_line FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_budget_line EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_funding_part FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_funding_part EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_milestone FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_milestone EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_score FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_score EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_count FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_count EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contest_count_score FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_count_score EXECUTE FUNCTION immutable_row();
-- Of a contest only its state changes, and of a proposal only the project that it became is written, once.
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, fund_id, code, title, call_text, budget, judges_percent, proposals_to, opened_on, principal_id ON contest
FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER ended BEFORE UPDATE ON contest FOR EACH ROW
WHEN (OLD.state IN ('CLOSED', 'CANCELLED')) EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON contest_proposal EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, contest_id, proposal_no, party_id, area_id, purpose_id, title, summary, residents, asked, proposed_on, principal_id ON contest_proposal
FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER won BEFORE UPDATE ON contest_proposal FOR EACH ROW
WHEN (OLD.project_id IS NOT NULL) EXECUTE FUNCTION immutable_row();
CREATE FUNCTION contest_sheet_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM contest_proposal p JOIN contest c ON c.id = p.contest_id
                   WHERE p.id = NEW.proposal_id AND c.state = 'SCORING')
    THEN RAISE EXCEPTION 'contest takes no sheets'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sheet_guard BEFORE INSERT ON contest_score FOR EACH ROW EXECUTE FUNCTION contest_sheet_guard();
CREATE TRIGGER sheet_guard BEFORE INSERT ON contest_count FOR EACH ROW EXECUTE FUNCTION contest_sheet_guard();
