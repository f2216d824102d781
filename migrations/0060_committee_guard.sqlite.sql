-- Who sat, how they voted and what it came to is not edited or deleted, and a closed motion takes no ballot.
CREATE TRIGGER ballot_no_update BEFORE UPDATE ON ballot BEGIN SELECT RAISE(ABORT, 'ballot is immutable'); END;
CREATE TRIGGER ballot_no_delete BEFORE DELETE ON ballot BEGIN SELECT RAISE(ABORT, 'ballot is immutable'); END;
CREATE TRIGGER recusal_no_update BEFORE UPDATE ON recusal BEGIN SELECT RAISE(ABORT, 'recusal is immutable'); END;
CREATE TRIGGER recusal_no_delete BEFORE DELETE ON recusal BEGIN SELECT RAISE(ABORT, 'recusal is immutable'); END;
CREATE TRIGGER annulment_no_update BEFORE UPDATE ON annulment BEGIN SELECT RAISE(ABORT, 'annulment is immutable'); END;
CREATE TRIGGER annulment_no_delete BEFORE DELETE ON annulment BEGIN SELECT RAISE(ABORT, 'annulment is immutable'); END;
CREATE TRIGGER committee_rule_no_update BEFORE UPDATE ON committee_rule
BEGIN SELECT RAISE(ABORT, 'committee_rule is immutable'); END;
CREATE TRIGGER committee_rule_no_delete BEFORE DELETE ON committee_rule
BEGIN SELECT RAISE(ABORT, 'committee_rule is immutable'); END;
CREATE TRIGGER motion_paper_no_update BEFORE UPDATE ON motion_paper BEGIN SELECT RAISE(ABORT, 'motion_paper is immutable'); END;
CREATE TRIGGER motion_paper_no_delete BEFORE DELETE ON motion_paper BEGIN SELECT RAISE(ABORT, 'motion_paper is immutable'); END;
-- Of a motion only its outcome is written, once.
CREATE TRIGGER motion_no_delete BEFORE DELETE ON motion BEGIN SELECT RAISE(ABORT, 'motion is immutable'); END;
CREATE TRIGGER motion_no_update BEFORE UPDATE OF id, fund_id, kind, title, target_id, amount, new_quorum, new_majority,
    origin, opened_on, principal_id ON motion BEGIN SELECT RAISE(ABORT, 'motion is immutable'); END;
CREATE TRIGGER motion_closed BEFORE UPDATE ON motion WHEN OLD.state <> 'OPEN'
BEGIN SELECT RAISE(ABORT, 'motion is closed'); END;
CREATE TRIGGER ballot_guard BEFORE INSERT ON ballot
WHEN EXISTS (SELECT 1 FROM decision d WHERE d.motion_id = NEW.motion_id)
  OR EXISTS (SELECT 1 FROM motion m WHERE m.id = NEW.motion_id AND m.state IN ('REJECTED', 'WITHDRAWN'))
BEGIN SELECT RAISE(ABORT, 'motion is closed'); END;
