-- Who proposed what and who recorded a resolution, for funds that ask for different hands.
ALTER TABLE fund ADD COLUMN two_persons BIGINT NOT NULL DEFAULT 0
    CONSTRAINT fund_two_persons CHECK (two_persons IN (0, 1));

CREATE TABLE target_proposer (
    target_id BIGINT PRIMARY KEY REFERENCES target (id),
    principal_id BIGINT NOT NULL REFERENCES principal (id)
);

CREATE TABLE decision_recorder (
    decision_id BIGINT PRIMARY KEY REFERENCES decision (id),
    principal_id BIGINT NOT NULL REFERENCES principal (id)
);
