-- A line of the register changes only by a change that is kept. What a round is judged by, what was said of an application and what a grant was signed, reported and evaluated with
-- stays as it was written; scores are written while judges score and at no other time.
CREATE TRIGGER group_registration_no_update BEFORE UPDATE OF party_id, principal_id ON group_registration BEGIN SELECT RAISE(ABORT, 'group_registration is immutable'); END;
CREATE TRIGGER group_registration_no_delete BEFORE DELETE ON group_registration BEGIN SELECT RAISE(ABORT, 'group_registration is immutable'); END;
CREATE TRIGGER group_change_no_update BEFORE UPDATE ON group_change BEGIN SELECT RAISE(ABORT, 'group_change is immutable'); END;
CREATE TRIGGER group_change_no_delete BEFORE DELETE ON group_change BEGIN SELECT RAISE(ABORT, 'group_change is immutable'); END;
CREATE TRIGGER grant_round_stage_no_update BEFORE UPDATE ON grant_round_stage BEGIN SELECT RAISE(ABORT, 'grant_round_stage is immutable'); END;
CREATE TRIGGER grant_round_stage_no_delete BEFORE DELETE ON grant_round_stage BEGIN SELECT RAISE(ABORT, 'grant_round_stage is immutable'); END;
CREATE TRIGGER grant_round_move_no_update BEFORE UPDATE ON grant_round_move BEGIN SELECT RAISE(ABORT, 'grant_round_move is immutable'); END;
CREATE TRIGGER grant_round_move_no_delete BEFORE DELETE ON grant_round_move BEGIN SELECT RAISE(ABORT, 'grant_round_move is immutable'); END;
CREATE TRIGGER grant_criterion_no_update BEFORE UPDATE ON grant_criterion BEGIN SELECT RAISE(ABORT, 'grant_criterion is immutable'); END;
CREATE TRIGGER grant_criterion_no_delete BEFORE DELETE ON grant_criterion BEGIN SELECT RAISE(ABORT, 'grant_criterion is immutable'); END;
CREATE TRIGGER grant_judge_no_update BEFORE UPDATE ON grant_judge BEGIN SELECT RAISE(ABORT, 'grant_judge is immutable'); END;
CREATE TRIGGER grant_judge_no_delete BEFORE DELETE ON grant_judge BEGIN SELECT RAISE(ABORT, 'grant_judge is immutable'); END;
CREATE TRIGGER application_check_no_update BEFORE UPDATE ON application_check BEGIN SELECT RAISE(ABORT, 'application_check is immutable'); END;
CREATE TRIGGER application_check_no_delete BEFORE DELETE ON application_check BEGIN SELECT RAISE(ABORT, 'application_check is immutable'); END;
CREATE TRIGGER judge_conflict_no_update BEFORE UPDATE ON judge_conflict BEGIN SELECT RAISE(ABORT, 'judge_conflict is immutable'); END;
CREATE TRIGGER judge_conflict_no_delete BEFORE DELETE ON judge_conflict BEGIN SELECT RAISE(ABORT, 'judge_conflict is immutable'); END;
CREATE TRIGGER grant_contract_no_update BEFORE UPDATE ON grant_contract BEGIN SELECT RAISE(ABORT, 'grant_contract is immutable'); END;
CREATE TRIGGER grant_contract_no_delete BEFORE DELETE ON grant_contract BEGIN SELECT RAISE(ABORT, 'grant_contract is immutable'); END;
CREATE TRIGGER tranche_no_update BEFORE UPDATE ON tranche BEGIN SELECT RAISE(ABORT, 'tranche is immutable'); END;
CREATE TRIGGER tranche_no_delete BEFORE DELETE ON tranche BEGIN SELECT RAISE(ABORT, 'tranche is immutable'); END;
CREATE TRIGGER grant_report_no_update BEFORE UPDATE ON grant_report BEGIN SELECT RAISE(ABORT, 'grant_report is immutable'); END;
CREATE TRIGGER grant_report_no_delete BEFORE DELETE ON grant_report BEGIN SELECT RAISE(ABORT, 'grant_report is immutable'); END;
CREATE TRIGGER grant_evaluation_no_update BEFORE UPDATE ON grant_evaluation BEGIN SELECT RAISE(ABORT, 'grant_evaluation is immutable'); END;
CREATE TRIGGER grant_evaluation_no_delete BEFORE DELETE ON grant_evaluation BEGIN SELECT RAISE(ABORT, 'grant_evaluation is immutable'); END;
CREATE TRIGGER grant_ending_no_update BEFORE UPDATE ON grant_ending BEGIN SELECT RAISE(ABORT, 'grant_ending is immutable'); END;
CREATE TRIGGER grant_ending_no_delete BEFORE DELETE ON grant_ending BEGIN SELECT RAISE(ABORT, 'grant_ending is immutable'); END;
CREATE TRIGGER grant_round_no_delete BEFORE DELETE ON grant_round BEGIN SELECT RAISE(ABORT, 'grant_round is immutable'); END;
CREATE TRIGGER grant_application_no_delete BEFORE DELETE ON grant_application BEGIN SELECT RAISE(ABORT, 'grant_application is immutable'); END;
CREATE TRIGGER grant_objection_no_delete BEFORE DELETE ON grant_objection BEGIN SELECT RAISE(ABORT, 'grant_objection is immutable'); END;
CREATE TRIGGER grant_score_no_delete BEFORE DELETE ON grant_score BEGIN SELECT RAISE(ABORT, 'grant_score is immutable'); END;
-- Of a round only how far it is moves; an objection is settled once.
CREATE TRIGGER grant_round_no_update BEFORE UPDATE OF id, fund_id, purpose_id, code, title, call_text, budget, grant_max,
    closes_on, objection_days, opened_on, principal_id ON grant_round
BEGIN SELECT RAISE(ABORT, 'grant_round is immutable'); END;
CREATE TRIGGER grant_objection_settled BEFORE UPDATE ON grant_objection WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'objection is settled'); END;
CREATE TRIGGER micro_grant_awarded_once BEFORE UPDATE OF awarded ON micro_grant
BEGIN SELECT RAISE(ABORT, 'micro_grant is immutable'); END;
CREATE TRIGGER grant_score_insert BEFORE INSERT ON grant_score WHEN NOT EXISTS (
    SELECT 1 FROM grant_application a JOIN grant_round r ON r.id = a.round_id
    WHERE a.id = NEW.application_id AND r.state = 'ROAD_SHOW')
BEGIN SELECT RAISE(ABORT, 'the road-show is over'); END;
CREATE TRIGGER grant_score_update BEFORE UPDATE ON grant_score WHEN NOT EXISTS (
    SELECT 1 FROM grant_application a JOIN grant_round r ON r.id = a.round_id
    WHERE a.id = OLD.application_id AND r.state = 'ROAD_SHOW')
BEGIN SELECT RAISE(ABORT, 'the road-show is over'); END;
