-- How soon what must be published is due, by rule: the law's periods, which may change without the program.
CREATE TABLE duty_period (
    rule TEXT PRIMARY KEY CONSTRAINT duty_period_rule
        CHECK (rule IN ('LONG', 'PROGRESS', 'FINAL', 'YEARLY_MONTH', 'YEARLY_DAY')),
    -- Months; of YEARLY_MONTH and YEARLY_DAY the month and the day of the next year.
    amount BIGINT NOT NULL CONSTRAINT duty_period_amount CHECK (amount BETWEEN 1 AND 120)
);
INSERT INTO duty_period (rule, amount) VALUES
    -- Charity Law: what lasts more than six months is published every three months, and in full within three
    -- months after its end. Order 81 of the Ministry of Civil Affairs: the yearly report by the 31st of May.
    ('LONG', 6), ('PROGRESS', 3), ('FINAL', 3), ('YEARLY_MONTH', 5), ('YEARLY_DAY', 31);
