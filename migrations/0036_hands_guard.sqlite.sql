-- Who proposed and who recorded is not edited or deleted.
CREATE TRIGGER target_proposer_no_update BEFORE UPDATE ON target_proposer BEGIN SELECT RAISE(ABORT, 'target_proposer is immutable'); END;
CREATE TRIGGER target_proposer_no_delete BEFORE DELETE ON target_proposer BEGIN SELECT RAISE(ABORT, 'target_proposer is immutable'); END;
CREATE TRIGGER decision_recorder_no_update BEFORE UPDATE ON decision_recorder BEGIN SELECT RAISE(ABORT, 'decision_recorder is immutable'); END;
CREATE TRIGGER decision_recorder_no_delete BEFORE DELETE ON decision_recorder BEGIN SELECT RAISE(ABORT, 'decision_recorder is immutable'); END;
