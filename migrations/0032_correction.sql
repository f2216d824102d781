-- What corrections stand on: consents, losses, and how a target's money is drawn.

-- A gift that was given another giver or restriction: who agreed, when, and the paper that says so.
CREATE TABLE relot (
    entry_id BIGINT PRIMARY KEY REFERENCES entry (id),
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    -- The lot that it became.
    child_id BIGINT NOT NULL CONSTRAINT relot_child UNIQUE REFERENCES lot (id),
    consented_by BIGINT NOT NULL REFERENCES party (id),
    consented_on DATE NOT NULL,
    -- Of the paper, in lower-case hexadecimal.
    sha256 TEXT NOT NULL CONSTRAINT relot_sha256 CHECK (length(sha256) = 64)
);
CREATE INDEX relot_lot ON relot (lot_id);
CREATE INDEX lot_parent ON lot (parent_id) WHERE parent_id IS NOT NULL;

-- A lost advance: the paper that shows the loss and who allowed it to be written off.
CREATE TABLE write_off (
    entry_id BIGINT PRIMARY KEY REFERENCES entry (id),
    target_id BIGINT NOT NULL REFERENCES target (id),
    sha256 TEXT NOT NULL CONSTRAINT write_off_sha256 CHECK (length(sha256) = 64)
);

-- How the money of a target is drawn when it is spent: in the ledger's order, or of all its gifts alike.
ALTER TABLE target ADD COLUMN draw TEXT NOT NULL DEFAULT 'IN_ORDER'
    CONSTRAINT target_draw CHECK (draw IN ('IN_ORDER', 'PRO_RATA'));
