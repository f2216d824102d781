-- Who proposed what and who recorded a resolution, for funds that ask for different hands.

-- The number of the last entry before a fund asked for it; NULL while it does not.
ALTER TABLE fund ADD COLUMN two_persons_since BIGINT;

CREATE TABLE target_proposer (
    target_id BIGINT PRIMARY KEY REFERENCES target (id),
    principal_id BIGINT NOT NULL REFERENCES principal (id)
);

CREATE TABLE decision_recorder (
    decision_id BIGINT PRIMARY KEY REFERENCES decision (id),
    principal_id BIGINT NOT NULL REFERENCES principal (id)
);
