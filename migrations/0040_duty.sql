-- How soon what must be published is due, where a host has set another period than the law's.
CREATE TABLE duty_period (
    host_id BIGINT NOT NULL REFERENCES host (id),
    name TEXT NOT NULL CONSTRAINT duty_period_name CHECK (
        name IN ('LONG_MONTHS', 'PROGRESS_MONTHS', 'FINAL_MONTHS', 'YEARLY_MONTH', 'YEARLY_DAY', 'RELATED_DAYS')),
    -- Months or days, as the name says; of YEARLY_MONTH and YEARLY_DAY the month and the day of the next year.
    amount BIGINT NOT NULL CONSTRAINT duty_period_amount CHECK (amount BETWEEN 1 AND 366),
    set_on DATE NOT NULL,
    set_by BIGINT NOT NULL REFERENCES principal (id),
    PRIMARY KEY (host_id, name)
);
