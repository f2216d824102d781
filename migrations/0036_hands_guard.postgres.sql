-- Who proposed and who recorded is not edited or deleted.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON target_proposer FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON target_proposer EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON decision_recorder FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON decision_recorder EXECUTE FUNCTION immutable_row();
