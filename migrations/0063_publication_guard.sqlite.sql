-- What a project was accepted, evaluated and reported by stays as it was written; what is published is frozen.
CREATE TRIGGER acceptance_no_update BEFORE UPDATE ON acceptance BEGIN SELECT RAISE(ABORT, 'acceptance is immutable'); END;
CREATE TRIGGER acceptance_no_delete BEFORE DELETE ON acceptance BEGIN SELECT RAISE(ABORT, 'acceptance is immutable'); END;
CREATE TRIGGER acceptance_paper_no_update BEFORE UPDATE ON acceptance_paper BEGIN SELECT RAISE(ABORT, 'acceptance_paper is immutable'); END;
CREATE TRIGGER acceptance_paper_no_delete BEFORE DELETE ON acceptance_paper BEGIN SELECT RAISE(ABORT, 'acceptance_paper is immutable'); END;
CREATE TRIGGER evaluation_no_update BEFORE UPDATE ON evaluation BEGIN SELECT RAISE(ABORT, 'evaluation is immutable'); END;
CREATE TRIGGER evaluation_no_delete BEFORE DELETE ON evaluation BEGIN SELECT RAISE(ABORT, 'evaluation is immutable'); END;
CREATE TRIGGER evaluation_score_no_update BEFORE UPDATE ON evaluation_score BEGIN SELECT RAISE(ABORT, 'evaluation_score is immutable'); END;
CREATE TRIGGER evaluation_score_no_delete BEFORE DELETE ON evaluation_score BEGIN SELECT RAISE(ABORT, 'evaluation_score is immutable'); END;
CREATE TRIGGER closing_report_no_update BEFORE UPDATE ON closing_report BEGIN SELECT RAISE(ABORT, 'closing_report is immutable'); END;
CREATE TRIGGER closing_report_no_delete BEFORE DELETE ON closing_report BEGIN SELECT RAISE(ABORT, 'closing_report is immutable'); END;
CREATE TRIGGER disclosure_no_update BEFORE UPDATE ON disclosure WHEN OLD.state = 'PUBLISHED'
BEGIN SELECT RAISE(ABORT, 'disclosure is immutable'); END;
CREATE TRIGGER disclosure_no_delete BEFORE DELETE ON disclosure WHEN OLD.state = 'PUBLISHED'
BEGIN SELECT RAISE(ABORT, 'disclosure is immutable'); END;
