-- What a correction stands on is not edited or deleted.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON relot FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON relot EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON write_off FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON write_off EXECUTE FUNCTION immutable_row();
