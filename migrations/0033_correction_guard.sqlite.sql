-- What a correction stands on is not edited or deleted.
CREATE TRIGGER relot_no_update BEFORE UPDATE ON relot BEGIN SELECT RAISE(ABORT, 'relot is immutable'); END;
CREATE TRIGGER relot_no_delete BEFORE DELETE ON relot BEGIN SELECT RAISE(ABORT, 'relot is immutable'); END;
CREATE TRIGGER write_off_no_update BEFORE UPDATE ON write_off BEGIN SELECT RAISE(ABORT, 'write_off is immutable'); END;
CREATE TRIGGER write_off_no_delete BEFORE DELETE ON write_off BEGIN SELECT RAISE(ABORT, 'write_off is immutable'); END;
