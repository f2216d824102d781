-- What was promised, reported and changed is not edited or deleted: it is amended, corrected and waived by new rows.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON sales_report FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON sales_report EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON sales_due FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON sales_due EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON due_change FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON due_change EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON due_match FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON due_match EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON agreement FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON agreement EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON agreement_project FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON agreement_project EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON campaign_goods FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON campaign_goods EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON pledge_schedule FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON pledge_schedule EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON pledge_goods FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON pledge_goods EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON pledge_match FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON pledge_match EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON pledge_claim FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON pledge_claim EXECUTE FUNCTION immutable_row();
-- Of these only the state, the sums kept beside the lines, and what is counted at the end change.
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, fund_id, donor_id, earmark_id, kind, rate_num, rate_den, offered_on, due_on, settle_days, agreement_id, campaign_id, source, external_ref, note
    ON pledge FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON pledge EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, pledge_id, due_no, fund_id, donor_id, due_on, amount
    ON pledge_due FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON pledge_due EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF id, fund_id, code, name, kind, starts_on, ends_on, principal_id
    ON campaign FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON campaign EXECUTE FUNCTION immutable_row();
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE OF project_id
    ON claimable FOR EACH ROW EXECUTE FUNCTION immutable_row();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON claimable EXECUTE FUNCTION immutable_row();
