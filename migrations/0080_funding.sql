-- Raising a project's money: the least that must come by a day, and that it did not.
CREATE TABLE funding_goal (
    project_id BIGINT PRIMARY KEY REFERENCES project (id),
    -- The least that residents, partners and others raise together, beside the fund's part.
    minimum BIGINT NOT NULL CONSTRAINT funding_goal_minimum CHECK (minimum > 0 AND minimum <= 10000000000000),
    -- The last day on which that counts.
    deadline DATE NOT NULL
);

-- The minimum was missed: what was given for the project alone goes back, or to another use that its giver agrees to.
CREATE TABLE funding_miss (
    project_id BIGINT PRIMARY KEY REFERENCES funding_goal (project_id),
    missed_on DATE NOT NULL,
    -- What residents, partners and others had raised, in the fund and beside it.
    raised BIGINT NOT NULL CONSTRAINT funding_miss_raised CHECK (raised >= 0),
    -- What of it was in the fund, given for this project alone: what has to go back.
    bound BIGINT NOT NULL CONSTRAINT funding_miss_bound CHECK (bound >= 0),
    principal_id BIGINT NOT NULL REFERENCES principal (id)
);

-- The restrictions to one project, which are few among all.
CREATE INDEX earmark_target ON earmark (target_id) WHERE target_id IS NOT NULL;

-- What was raised for each project, by who is to pay it: cash given for it alone that waits in the fund, cash that was
-- allocated to it or spent on it, and what was paid beside the fund.
CREATE VIEW funding_raised AS
SELECT k.target_id AS project_id,
       CASE WHEN l.class = 'COPAY' OR g.kind IN ('RESIDENT', 'GROUP') THEN 'RESIDENTS' ELSE 'PARTNERS' END AS source,
       h.amount AS amount, CAST(1 AS BIGINT) AS bound
FROM earmark k
JOIN target t ON t.id = k.target_id
JOIN account a ON a.fund_id = t.fund_id AND a.kind IN ('POOL', 'MATCH') AND a.asset = 'CNY'
JOIN holding h ON h.account_id = a.id AND h.earmark_id = k.id AND h.amount > 0
JOIN lot l ON l.id = h.lot_id
JOIN party g ON g.id = l.donor_id
WHERE k.target_id IS NOT NULL
UNION ALL
SELECT a.target_id,
       CASE WHEN l.class = 'COPAY' THEN 'RESIDENTS'
            WHEN k.target_id IS NULL OR k.target_id <> a.target_id THEN 'FUND'
            WHEN g.kind IN ('RESIDENT', 'GROUP') THEN 'RESIDENTS'
            ELSE 'PARTNERS' END,
       h.amount, CAST(0 AS BIGINT)
FROM account a
JOIN holding h ON h.account_id = a.id AND h.amount > 0
JOIN lot l ON l.id = h.lot_id
JOIN earmark k ON k.id = l.earmark_id
JOIN party g ON g.id = l.donor_id
WHERE a.target_id IS NOT NULL AND a.asset = 'CNY'
UNION ALL
SELECT x.target_id, x.source, x.amount, CAST(0 AS BIGINT)
FROM external_funding x;
