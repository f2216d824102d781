-- The papers behind the entries: receipts, lots, expenses with their evidence, refunds.
-- Their ids are the fund's number times 2^32 plus the fund's next key, so they are known before
-- they are written, rise within a fund and are the same on both engines.
CREATE TABLE receipt (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    payer_id BIGINT NOT NULL REFERENCES party (id),
    channel TEXT NOT NULL,
    external_ref TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    received_on DATE NOT NULL,
    asset TEXT NOT NULL CONSTRAINT receipt_asset CHECK (asset IN ('CNY', 'KIND')),
    amount BIGINT NOT NULL CONSTRAINT receipt_amount CHECK (amount > 0 AND amount <= 10000000000000),
    note TEXT NOT NULL,
    -- The same bank line cannot be booked twice, whatever key the client sent.
    CONSTRAINT receipt_once UNIQUE (fund_id, channel, external_ref, version)
);
CREATE INDEX receipt_fund ON receipt (fund_id, received_on, id);

-- One giver, one restriction, one line of a receipt: the unit of provenance. Keeps its identity for life.
CREATE TABLE lot (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    receipt_id BIGINT NOT NULL REFERENCES receipt (id),
    line_no BIGINT NOT NULL,
    parent_id BIGINT REFERENCES lot (id),
    donor_id BIGINT NOT NULL REFERENCES party (id),
    earmark_id BIGINT NOT NULL REFERENCES earmark (id),
    due_id BIGINT REFERENCES pledge_due (id),
    class TEXT NOT NULL CONSTRAINT lot_class CHECK (class IN ('GIFT', 'COPAY', 'COVER')),
    asset TEXT NOT NULL CONSTRAINT lot_asset CHECK (asset IN ('CNY', 'KIND')),
    amount BIGINT NOT NULL CONSTRAINT lot_amount CHECK (amount > 0 AND amount <= 10000000000000),
    received_on DATE NOT NULL,
    CONSTRAINT lot_line UNIQUE (receipt_id, line_no)
);
CREATE INDEX lot_donor ON lot (donor_id, received_on, id);
CREATE INDEX lot_due ON lot (due_id) WHERE due_id IS NOT NULL;

CREATE TABLE expense (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    target_id BIGINT NOT NULL REFERENCES target (id),
    payee_id BIGINT NOT NULL REFERENCES party (id),
    purpose_id BIGINT NOT NULL REFERENCES purpose (id),
    asset TEXT NOT NULL CONSTRAINT expense_asset CHECK (asset IN ('CNY', 'KIND')),
    amount BIGINT NOT NULL CONSTRAINT expense_amount CHECK (amount > 0 AND amount <= 10000000000000),
    incurred_on DATE NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX expense_fund ON expense (fund_id, incurred_on, id);
CREATE INDEX expense_target ON expense (target_id, incurred_on, id);

CREATE TABLE evidence (
    expense_id BIGINT NOT NULL REFERENCES expense (id),
    line_no BIGINT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT evidence_kind CHECK (kind IN ('INVOICE', 'RECEIPT', 'PHOTO', 'CONTRACT', 'OTHER')),
    -- Of the file, in lower-case hexadecimal.
    sha256 TEXT NOT NULL CONSTRAINT evidence_sha256 CHECK (length(sha256) = 64),
    name TEXT NOT NULL,
    PRIMARY KEY (expense_id, line_no)
);

CREATE TABLE refund (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    donor_id BIGINT NOT NULL REFERENCES party (id),
    amount BIGINT NOT NULL CONSTRAINT refund_amount CHECK (amount > 0 AND amount <= 10000000000000),
    refunded_on DATE NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX refund_donor ON refund (donor_id, id);
