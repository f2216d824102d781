-- What merchants sold, what becomes due from it, and how dues changed afterwards.
CREATE TABLE sales_report (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    merchant_id BIGINT NOT NULL REFERENCES party (id),
    campaign_id BIGINT REFERENCES campaign (id),
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    -- What was sold: a sum, a number of pieces, or both.
    amount BIGINT CONSTRAINT sales_report_amount CHECK (amount >= 0 AND amount <= 10000000000000),
    units BIGINT CONSTRAINT sales_report_units CHECK (units >= 0 AND units <= 1000000000),
    reported_on DATE NOT NULL,
    -- The first report of the same sales; its own key where it is the first.
    first_id BIGINT NOT NULL REFERENCES sales_report (id),
    -- The report that this one puts right.
    corrects_id BIGINT UNIQUE REFERENCES sales_report (id),
    source TEXT,
    external_ref TEXT,
    -- Of a correction, why.
    note TEXT NOT NULL,
    principal_id BIGINT NOT NULL REFERENCES principal (id),
    CONSTRAINT sales_report_period CHECK (from_on <= to_on),
    CONSTRAINT sales_report_basis CHECK (amount IS NOT NULL OR units IS NOT NULL),
    CONSTRAINT sales_report_came_from CHECK ((source IS NULL) = (external_ref IS NULL))
);
CREATE INDEX sales_report_trail ON sales_report (first_id, id);
CREATE INDEX sales_report_fund ON sales_report (fund_id, to_on, id);
CREATE INDEX sales_report_merchant ON sales_report (merchant_id, to_on, id);
CREATE INDEX sales_report_campaign ON sales_report (campaign_id, id) WHERE campaign_id IS NOT NULL;
CREATE UNIQUE INDEX sales_report_once ON sales_report (fund_id, source, external_ref) WHERE source IS NOT NULL;
-- Without a number of its own, a merchant's report of a period is one.
CREATE UNIQUE INDEX sales_report_period_once ON sales_report (
    fund_id, merchant_id, COALESCE(campaign_id, 0), from_on, to_on) WHERE source IS NULL AND corrects_id IS NULL;

-- The dues that come of sales, with what the rate was applied to: fen or pieces.
CREATE TABLE sales_due (
    due_id BIGINT PRIMARY KEY REFERENCES pledge_due (id),
    report_id BIGINT NOT NULL REFERENCES sales_report (id),
    basis BIGINT NOT NULL CONSTRAINT sales_due_basis CHECK (basis >= 0)
);
CREATE INDEX sales_due_report ON sales_due (report_id, due_id);

-- How a due changed after it was stated: never by an edit.
CREATE TABLE due_change (
    id BIGINT PRIMARY KEY,
    due_id BIGINT NOT NULL REFERENCES pledge_due (id),
    kind TEXT NOT NULL CONSTRAINT due_change_kind CHECK (kind IN ('CORRECTION', 'WITHDRAWAL', 'WAIVER')),
    -- What it adds to what is owed; of a withdrawal and a waiver below zero.
    amount BIGINT NOT NULL,
    -- What a correction adds to what the rate is applied to.
    basis BIGINT NOT NULL,
    -- The report that a correction stands on.
    report_id BIGINT REFERENCES sales_report (id),
    changed_on DATE NOT NULL,
    reason TEXT NOT NULL,
    principal_id BIGINT NOT NULL REFERENCES principal (id),
    CONSTRAINT due_change_sign CHECK (kind = 'CORRECTION' OR amount < 0),
    CONSTRAINT due_change_report CHECK ((kind = 'CORRECTION') = (report_id IS NOT NULL))
);
CREATE INDEX due_change_due ON due_change (due_id, id);
CREATE INDEX due_change_report ON due_change (report_id, id) WHERE report_id IS NOT NULL;

-- The gifts that a due of a matcher follows, and with how much.
CREATE TABLE due_match (
    due_id BIGINT NOT NULL REFERENCES pledge_due (id),
    base_lot_id BIGINT NOT NULL REFERENCES lot (id),
    base BIGINT NOT NULL CHECK (base > 0),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (due_id, base_lot_id)
);
CREATE INDEX due_match_lot ON due_match (base_lot_id);
