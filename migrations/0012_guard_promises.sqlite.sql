-- What was promised, reported and changed is not edited or deleted: it is amended, corrected and waived by new rows.
CREATE TRIGGER sales_report_no_update BEFORE UPDATE ON sales_report BEGIN SELECT RAISE(ABORT, 'sales_report is immutable'); END;
CREATE TRIGGER sales_report_no_delete BEFORE DELETE ON sales_report BEGIN SELECT RAISE(ABORT, 'sales_report is immutable'); END;
CREATE TRIGGER sales_due_no_update BEFORE UPDATE ON sales_due BEGIN SELECT RAISE(ABORT, 'sales_due is immutable'); END;
CREATE TRIGGER sales_due_no_delete BEFORE DELETE ON sales_due BEGIN SELECT RAISE(ABORT, 'sales_due is immutable'); END;
CREATE TRIGGER due_change_no_update BEFORE UPDATE ON due_change BEGIN SELECT RAISE(ABORT, 'due_change is immutable'); END;
CREATE TRIGGER due_change_no_delete BEFORE DELETE ON due_change BEGIN SELECT RAISE(ABORT, 'due_change is immutable'); END;
CREATE TRIGGER due_match_no_update BEFORE UPDATE ON due_match BEGIN SELECT RAISE(ABORT, 'due_match is immutable'); END;
CREATE TRIGGER due_match_no_delete BEFORE DELETE ON due_match BEGIN SELECT RAISE(ABORT, 'due_match is immutable'); END;
CREATE TRIGGER agreement_no_update BEFORE UPDATE ON agreement BEGIN SELECT RAISE(ABORT, 'agreement is immutable'); END;
CREATE TRIGGER agreement_no_delete BEFORE DELETE ON agreement BEGIN SELECT RAISE(ABORT, 'agreement is immutable'); END;
CREATE TRIGGER agreement_project_no_update BEFORE UPDATE ON agreement_project BEGIN SELECT RAISE(ABORT, 'agreement_project is immutable'); END;
CREATE TRIGGER agreement_project_no_delete BEFORE DELETE ON agreement_project BEGIN SELECT RAISE(ABORT, 'agreement_project is immutable'); END;
CREATE TRIGGER campaign_goods_no_update BEFORE UPDATE ON campaign_goods BEGIN SELECT RAISE(ABORT, 'campaign_goods is immutable'); END;
CREATE TRIGGER campaign_goods_no_delete BEFORE DELETE ON campaign_goods BEGIN SELECT RAISE(ABORT, 'campaign_goods is immutable'); END;
CREATE TRIGGER pledge_schedule_no_update BEFORE UPDATE ON pledge_schedule BEGIN SELECT RAISE(ABORT, 'pledge_schedule is immutable'); END;
CREATE TRIGGER pledge_schedule_no_delete BEFORE DELETE ON pledge_schedule BEGIN SELECT RAISE(ABORT, 'pledge_schedule is immutable'); END;
CREATE TRIGGER pledge_goods_no_update BEFORE UPDATE ON pledge_goods BEGIN SELECT RAISE(ABORT, 'pledge_goods is immutable'); END;
CREATE TRIGGER pledge_goods_no_delete BEFORE DELETE ON pledge_goods BEGIN SELECT RAISE(ABORT, 'pledge_goods is immutable'); END;
CREATE TRIGGER pledge_match_no_update BEFORE UPDATE ON pledge_match BEGIN SELECT RAISE(ABORT, 'pledge_match is immutable'); END;
CREATE TRIGGER pledge_match_no_delete BEFORE DELETE ON pledge_match BEGIN SELECT RAISE(ABORT, 'pledge_match is immutable'); END;
CREATE TRIGGER pledge_claim_no_update BEFORE UPDATE ON pledge_claim BEGIN SELECT RAISE(ABORT, 'pledge_claim is immutable'); END;
CREATE TRIGGER pledge_claim_no_delete BEFORE DELETE ON pledge_claim BEGIN SELECT RAISE(ABORT, 'pledge_claim is immutable'); END;
-- Of these only the state, the sums kept beside the lines, and what is counted at the end change.
CREATE TRIGGER pledge_no_delete BEFORE DELETE ON pledge BEGIN SELECT RAISE(ABORT, 'pledge is immutable'); END;
CREATE TRIGGER pledge_no_update BEFORE UPDATE OF id, fund_id, donor_id, earmark_id, kind, rate_num, rate_den, offered_on, due_on, settle_days, agreement_id, campaign_id, source, external_ref, note ON pledge
BEGIN SELECT RAISE(ABORT, 'pledge is immutable'); END;
CREATE TRIGGER pledge_due_no_delete BEFORE DELETE ON pledge_due BEGIN SELECT RAISE(ABORT, 'pledge_due is immutable'); END;
CREATE TRIGGER pledge_due_no_update BEFORE UPDATE OF id, pledge_id, due_no, fund_id, donor_id, due_on, amount ON pledge_due
BEGIN SELECT RAISE(ABORT, 'pledge_due is immutable'); END;
CREATE TRIGGER campaign_no_delete BEFORE DELETE ON campaign BEGIN SELECT RAISE(ABORT, 'campaign is immutable'); END;
CREATE TRIGGER campaign_no_update BEFORE UPDATE OF id, fund_id, code, name, kind, starts_on, ends_on, principal_id ON campaign
BEGIN SELECT RAISE(ABORT, 'campaign is immutable'); END;
CREATE TRIGGER claimable_no_delete BEFORE DELETE ON claimable BEGIN SELECT RAISE(ABORT, 'claimable is immutable'); END;
CREATE TRIGGER claimable_no_update BEFORE UPDATE OF project_id ON claimable
BEGIN SELECT RAISE(ABORT, 'claimable is immutable'); END;
