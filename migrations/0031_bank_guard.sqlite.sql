-- What the bank said, and what was matched and unmatched, is not edited or deleted.
CREATE TRIGGER bank_line_no_update BEFORE UPDATE ON bank_line BEGIN SELECT RAISE(ABORT, 'bank_line is immutable'); END;
CREATE TRIGGER bank_line_no_delete BEFORE DELETE ON bank_line BEGIN SELECT RAISE(ABORT, 'bank_line is immutable'); END;
CREATE TRIGGER bank_match_no_update BEFORE UPDATE ON bank_match BEGIN SELECT RAISE(ABORT, 'bank_match is immutable'); END;
CREATE TRIGGER bank_match_no_delete BEFORE DELETE ON bank_match BEGIN SELECT RAISE(ABORT, 'bank_match is immutable'); END;
CREATE TRIGGER bank_match_line_no_update BEFORE UPDATE ON bank_match_line BEGIN SELECT RAISE(ABORT, 'bank_match_line is immutable'); END;
CREATE TRIGGER bank_match_line_no_delete BEFORE DELETE ON bank_match_line BEGIN SELECT RAISE(ABORT, 'bank_match_line is immutable'); END;
CREATE TRIGGER bank_match_entry_no_update BEFORE UPDATE ON bank_match_entry BEGIN SELECT RAISE(ABORT, 'bank_match_entry is immutable'); END;
CREATE TRIGGER bank_match_entry_no_delete BEFORE DELETE ON bank_match_entry BEGIN SELECT RAISE(ABORT, 'bank_match_entry is immutable'); END;
CREATE TRIGGER bank_unmatch_no_update BEFORE UPDATE ON bank_unmatch BEGIN SELECT RAISE(ABORT, 'bank_unmatch is immutable'); END;
CREATE TRIGGER bank_unmatch_no_delete BEFORE DELETE ON bank_unmatch BEGIN SELECT RAISE(ABORT, 'bank_unmatch is immutable'); END;
