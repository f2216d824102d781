-- What was asked for, and that it was missed, is neither edited nor deleted.
CREATE TRIGGER funding_goal_no_update BEFORE UPDATE ON funding_goal BEGIN SELECT RAISE(ABORT, 'funding_goal is immutable'); END;
CREATE TRIGGER funding_goal_no_delete BEFORE DELETE ON funding_goal BEGIN SELECT RAISE(ABORT, 'funding_goal is immutable'); END;
CREATE TRIGGER funding_miss_no_update BEFORE UPDATE ON funding_miss BEGIN SELECT RAISE(ABORT, 'funding_miss is immutable'); END;
CREATE TRIGGER funding_miss_no_delete BEFORE DELETE ON funding_miss BEGIN SELECT RAISE(ABORT, 'funding_miss is immutable'); END;
