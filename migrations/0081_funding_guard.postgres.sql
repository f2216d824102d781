-- What was asked for, and that it was missed, is neither edited nor deleted.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON funding_goal FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON funding_miss FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON funding_goal EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON funding_miss EXECUTE FUNCTION immutable_row();
