-- What was called for, proposed and scored is neither edited nor deleted; sheets are taken while it is scored.
CREATE TRIGGER contest_criterion_no_update BEFORE UPDATE ON contest_criterion BEGIN SELECT RAISE(ABORT, 'contest_criterion is immutable'); END;
CREATE TRIGGER contest_criterion_no_delete BEFORE DELETE ON contest_criterion BEGIN SELECT RAISE(ABORT, 'contest_criterion is immutable'); END;
CREATE TRIGGER contest_judge_no_update BEFORE UPDATE ON contest_judge BEGIN SELECT RAISE(ABORT, 'contest_judge is immutable'); END;
CREATE TRIGGER contest_judge_no_delete BEFORE DELETE ON contest_judge BEGIN SELECT RAISE(ABORT, 'contest_judge is immutable'); END;
CREATE TRIGGER contest_move_no_update BEFORE UPDATE ON contest_move BEGIN SELECT RAISE(ABORT, 'contest_move is immutable'); END;
CREATE TRIGGER contest_move_no_delete BEFORE DELETE ON contest_move BEGIN SELECT RAISE(ABORT, 'contest_move is immutable'); END;
CREATE TRIGGER contest_budget_line_no_update BEFORE UPDATE ON contest_budget_line BEGIN SELECT RAISE(ABORT, 'contest_budget_line is immutable'); END;
CREATE TRIGGER contest_budget_line_no_delete BEFORE DELETE ON contest_budget_line BEGIN SELECT RAISE(ABORT, 'contest_budget_line is immutable'); END;
CREATE TRIGGER contest_funding_part_no_update BEFORE UPDATE ON contest_funding_part BEGIN SELECT RAISE(ABORT, 'contest_funding_part is immutable'); END;
CREATE TRIGGER contest_funding_part_no_delete BEFORE DELETE ON contest_funding_part BEGIN SELECT RAISE(ABORT, 'contest_funding_part is immutable'); END;
CREATE TRIGGER contest_milestone_no_update BEFORE UPDATE ON contest_milestone BEGIN SELECT RAISE(ABORT, 'contest_milestone is immutable'); END;
CREATE TRIGGER contest_milestone_no_delete BEFORE DELETE ON contest_milestone BEGIN SELECT RAISE(ABORT, 'contest_milestone is immutable'); END;
CREATE TRIGGER contest_score_no_update BEFORE UPDATE ON contest_score BEGIN SELECT RAISE(ABORT, 'contest_score is immutable'); END;
CREATE TRIGGER contest_score_no_delete BEFORE DELETE ON contest_score BEGIN SELECT RAISE(ABORT, 'contest_score is immutable'); END;
CREATE TRIGGER contest_count_no_update BEFORE UPDATE ON contest_count BEGIN SELECT RAISE(ABORT, 'contest_count is immutable'); END;
CREATE TRIGGER contest_count_no_delete BEFORE DELETE ON contest_count BEGIN SELECT RAISE(ABORT, 'contest_count is immutable'); END;
CREATE TRIGGER contest_count_score_no_update BEFORE UPDATE ON contest_count_score BEGIN SELECT RAISE(ABORT, 'contest_count_score is immutable'); END;
CREATE TRIGGER contest_count_score_no_delete BEFORE DELETE ON contest_count_score BEGIN SELECT RAISE(ABORT, 'contest_count_score is immutable'); END;
-- Of a contest only its state changes, and of a proposal only the project that it became is written, once.
CREATE TRIGGER contest_no_delete BEFORE DELETE ON contest BEGIN SELECT RAISE(ABORT, 'contest is immutable'); END;
CREATE TRIGGER contest_no_update BEFORE UPDATE OF id, fund_id, code, title, call_text, budget, judges_percent, proposals_to, opened_on, principal_id ON contest
BEGIN SELECT RAISE(ABORT, 'contest is immutable'); END;
CREATE TRIGGER contest_ended BEFORE UPDATE ON contest WHEN OLD.state IN ('CLOSED', 'CANCELLED')
BEGIN SELECT RAISE(ABORT, 'contest is over'); END;
CREATE TRIGGER contest_proposal_no_delete BEFORE DELETE ON contest_proposal
BEGIN SELECT RAISE(ABORT, 'contest_proposal is immutable'); END;
CREATE TRIGGER contest_proposal_no_update BEFORE UPDATE OF id, contest_id, proposal_no, party_id, area_id, purpose_id, title, summary, residents, asked, proposed_on, principal_id ON contest_proposal
BEGIN SELECT RAISE(ABORT, 'contest_proposal is immutable'); END;
CREATE TRIGGER contest_proposal_won BEFORE UPDATE ON contest_proposal WHEN OLD.project_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'contest_proposal is immutable'); END;
CREATE TRIGGER contest_score_guard BEFORE INSERT ON contest_score
WHEN NOT EXISTS (SELECT 1 FROM contest_proposal p JOIN contest c ON c.id = p.contest_id
                 WHERE p.id = NEW.proposal_id AND c.state = 'SCORING')
BEGIN SELECT RAISE(ABORT, 'contest takes no sheets'); END;
CREATE TRIGGER contest_count_guard BEFORE INSERT ON contest_count
WHEN NOT EXISTS (SELECT 1 FROM contest_proposal p JOIN contest c ON c.id = p.contest_id
                 WHERE p.id = NEW.proposal_id AND c.state = 'SCORING')
BEGIN SELECT RAISE(ABORT, 'contest takes no sheets'); END;
