-- What the bank said, and what was matched and unmatched, is not edited or deleted.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON bank_line FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON bank_line EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON bank_match FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON bank_match EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON bank_match_line FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON bank_match_line EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON bank_match_entry FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON bank_match_entry EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON bank_unmatch FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON bank_unmatch EXECUTE FUNCTION immutable_row();
