-- The ledger: accounts, entries, postings, seals; and what is kept beside the journal to read it fast.
CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    kind TEXT NOT NULL CONSTRAINT account_kind
        CHECK (kind IN ('OUTSIDE', 'POOL', 'MATCH', 'TARGET', 'ADVANCE', 'EXPENSE', 'REFUND', 'LOSS', 'TRANSIT')),
    -- Natural key, for instance 'f1/TARGET/7/CNY'.
    code TEXT NOT NULL CONSTRAINT account_code UNIQUE,
    asset TEXT NOT NULL CONSTRAINT account_asset CHECK (asset IN ('CNY', 'KIND')),
    target_id BIGINT REFERENCES target (id),
    expense_id BIGINT UNIQUE REFERENCES expense (id),
    refund_id BIGINT UNIQUE REFERENCES refund (id),
    balance BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT account_balance CHECK (kind = 'OUTSIDE' OR balance >= 0),
    CONSTRAINT account_target CHECK ((kind IN ('TARGET', 'ADVANCE', 'EXPENSE', 'LOSS')) = (target_id IS NOT NULL)),
    CONSTRAINT account_expense CHECK ((kind = 'EXPENSE') = (expense_id IS NOT NULL)),
    CONSTRAINT account_refund CHECK ((kind = 'REFUND') = (refund_id IS NOT NULL))
);
CREATE INDEX account_fund ON account (fund_id, kind);
CREATE INDEX account_of_target ON account (target_id, kind) WHERE target_id IS NOT NULL;

-- One business operation, immutable; its id is the fund's number times 2^32 plus seq.
CREATE TABLE entry (
    id BIGINT PRIMARY KEY,
    fund_id BIGINT NOT NULL REFERENCES fund (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT entry_kind CHECK (kind IN
        ('RECEIVE', 'MATCH', 'ALLOCATE', 'RELEASE', 'ADVANCE', 'PAY', 'CLEAR', 'RETURN', 'REFUND', 'WRITEOFF',
         'SWAP', 'RELOT', 'XFER_OUT', 'XFER_IN', 'REVERSE')),
    effective_on DATE NOT NULL,
    -- Who booked it.
    actor_id BIGINT NOT NULL REFERENCES principal (id),
    receipt_id BIGINT REFERENCES receipt (id),
    decision_id BIGINT REFERENCES decision (id),
    reverses_id BIGINT UNIQUE REFERENCES entry (id),
    pair_id BIGINT UNIQUE REFERENCES entry (id),
    memo TEXT NOT NULL,
    booked_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT entry_seq UNIQUE (fund_id, seq),
    CONSTRAINT entry_receipt CHECK ((kind = 'RECEIVE') = (receipt_id IS NOT NULL)),
    CONSTRAINT entry_decision CHECK ((kind = 'ALLOCATE') = (decision_id IS NOT NULL)),
    CONSTRAINT entry_reverses CHECK ((kind = 'REVERSE') = (reverses_id IS NOT NULL))
);
CREATE INDEX entry_of_receipt ON entry (receipt_id) WHERE receipt_id IS NOT NULL;
CREATE INDEX entry_of_decision ON entry (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX entry_on ON entry (fund_id, effective_on, seq);

-- The journal, and the only truth: each row moves part of a lot from one place to another.
CREATE TABLE posting (
    entry_id BIGINT NOT NULL REFERENCES entry (id),
    line_no BIGINT NOT NULL,
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    source_id BIGINT NOT NULL REFERENCES account (id),
    destination_id BIGINT NOT NULL REFERENCES account (id),
    amount BIGINT NOT NULL CONSTRAINT posting_amount CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT posting_moves CHECK (source_id <> destination_id),
    PRIMARY KEY (entry_id, line_no)
);
CREATE INDEX posting_lot ON posting (lot_id, entry_id);
CREATE INDEX posting_destination ON posting (destination_id, lot_id);
CREATE INDEX posting_source ON posting (source_id, lot_id);

-- The hash chain of each fund, written last in the transaction of its entry.
CREATE TABLE entry_seal (
    fund_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (fund_id, seq),
    FOREIGN KEY (fund_id, seq) REFERENCES entry (fund_id, seq)
);

-- Provenance, materialised: how much of which lot sits where now.
CREATE TABLE holding (
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    -- Copy of the lot's, for the draw's index.
    earmark_id BIGINT NOT NULL REFERENCES earmark (id),
    amount BIGINT NOT NULL CONSTRAINT holding_amount CHECK (amount >= 0),
    PRIMARY KEY (lot_id, account_id)
);
CREATE INDEX holding_draw ON holding (account_id, earmark_id, lot_id) WHERE amount > 0;
CREATE INDEX holding_account ON holding (account_id, lot_id, amount);

-- The roll-up of holding by giver: what a giver with very many gifts is answered from.
CREATE TABLE party_holding (
    party_id BIGINT NOT NULL REFERENCES party (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    amount BIGINT NOT NULL CONSTRAINT party_holding_amount CHECK (amount >= 0),
    PRIMARY KEY (party_id, account_id)
);
CREATE INDEX party_holding_account ON party_holding (account_id, party_id, amount);
CREATE INDEX party_holding_amount ON party_holding (party_id, amount, account_id);

-- Which gifts a match has followed, and with how much; void once its entry is reversed.
CREATE TABLE match_accrual (
    pledge_id BIGINT NOT NULL REFERENCES pledge (id),
    base_lot_id BIGINT NOT NULL REFERENCES lot (id),
    entry_id BIGINT NOT NULL REFERENCES entry (id),
    base BIGINT NOT NULL CHECK (base > 0),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (pledge_id, base_lot_id, entry_id)
);
CREATE INDEX match_accrual_entry ON match_accrual (entry_id);

-- Vendors' credit notes; below zero lowers the expense.
CREATE TABLE expense_adjust (
    entry_id BIGINT PRIMARY KEY REFERENCES entry (id),
    expense_id BIGINT NOT NULL REFERENCES expense (id),
    delta BIGINT NOT NULL CHECK (delta <> 0),
    -- Of the credit note, in lower-case hexadecimal.
    sha256 TEXT NOT NULL CONSTRAINT expense_adjust_sha256 CHECK (length(sha256) = 64)
);
CREATE INDEX expense_adjust_expense ON expense_adjust (expense_id);

-- What was asked under which key, and what was answered. Keys never expire.
CREATE TABLE idem (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    entry_id BIGINT UNIQUE REFERENCES entry (id),
    response TEXT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE TABLE posting_rule (
    kind TEXT NOT NULL,
    from_kind TEXT NOT NULL,
    to_kind TEXT NOT NULL,
    PRIMARY KEY (kind, from_kind, to_kind)
);
INSERT INTO posting_rule VALUES
    ('RECEIVE', 'OUTSIDE', 'POOL'), ('RECEIVE', 'OUTSIDE', 'MATCH'), ('MATCH', 'MATCH', 'TARGET'),
    ('ALLOCATE', 'POOL', 'TARGET'), ('RELEASE', 'TARGET', 'POOL'),
    ('ADVANCE', 'TARGET', 'ADVANCE'), ('PAY', 'TARGET', 'EXPENSE'), ('CLEAR', 'ADVANCE', 'EXPENSE'),
    ('RETURN', 'ADVANCE', 'POOL'), ('RETURN', 'ADVANCE', 'TARGET'), ('RETURN', 'EXPENSE', 'POOL'),
    ('RETURN', 'EXPENSE', 'TARGET'), ('RETURN', 'EXPENSE', 'ADVANCE'), ('RETURN', 'MATCH', 'POOL'),
    ('REFUND', 'POOL', 'REFUND'), ('REFUND', 'MATCH', 'REFUND'), ('WRITEOFF', 'ADVANCE', 'LOSS'),
    ('SWAP', 'POOL', 'TARGET'), ('SWAP', 'TARGET', 'POOL'), ('SWAP', 'POOL', 'ADVANCE'),
    ('SWAP', 'ADVANCE', 'POOL'), ('SWAP', 'POOL', 'EXPENSE'), ('SWAP', 'EXPENSE', 'POOL'),
    ('SWAP', 'POOL', 'LOSS'), ('SWAP', 'LOSS', 'POOL'),
    ('RELOT', 'POOL', 'OUTSIDE'), ('RELOT', 'OUTSIDE', 'POOL'), ('RELOT', 'MATCH', 'OUTSIDE'),
    ('RELOT', 'OUTSIDE', 'MATCH'), ('RELOT', 'TARGET', 'OUTSIDE'), ('RELOT', 'OUTSIDE', 'TARGET'),
    ('RELOT', 'ADVANCE', 'OUTSIDE'), ('RELOT', 'OUTSIDE', 'ADVANCE'), ('RELOT', 'EXPENSE', 'OUTSIDE'),
    ('RELOT', 'OUTSIDE', 'EXPENSE'), ('RELOT', 'LOSS', 'OUTSIDE'), ('RELOT', 'OUTSIDE', 'LOSS'),
    ('XFER_OUT', 'POOL', 'TRANSIT'), ('XFER_IN', 'TRANSIT', 'POOL');

-- Which restriction lets money be spent on which target.
CREATE VIEW may_spend AS
SELECT k.id AS earmark_id, t.id AS target_id, k.spec AS spec, k.valid_from AS valid_from, k.valid_to AS valid_to
FROM earmark k
JOIN target t ON (k.fund_id IS NULL OR k.fund_id = t.fund_id) AND (
    k.kind = 'NONE'
    OR (k.kind = 'TARGET' AND k.target_id = t.id)
    OR (k.kind = 'GROUP' AND k.group_id = t.group_id)
    OR (k.kind = 'PURPOSE' AND EXISTS (
        SELECT 1 FROM purpose_closure c WHERE c.ancestor_id = k.purpose_id AND c.descendant_id = t.purpose_id)));
