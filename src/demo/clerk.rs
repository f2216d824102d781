//! Who keeps the sample's books, and on which day.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    db::Tx,
    error::Result,
    ledger::idem::Once,
    viewer::{By, Viewer},
};

/// The transaction that creates the sample, and the day it has come to.
pub struct Clerk<'a> {
    tx: &'a mut Tx,
    viewer: &'a Viewer,
    today: NaiveDate,
}

impl<'a> Clerk<'a> {
    /// A clerk who begins on `today`.
    pub fn new(tx: &'a mut Tx, viewer: &'a Viewer, today: NaiveDate) -> Self {
        Self { tx, viewer, today }
    }

    /// A clerk at another desk, where the first day is `today`: each fund of a district books its own days.
    pub fn desk(&mut self, today: NaiveDate) -> Clerk<'_> {
        Clerk { tx: &mut *self.tx, viewer: self.viewer, today }
    }

    /// What an operation needs on `day`. Days do not run backwards: what took effect earlier than what
    /// was booked last is booked late.
    pub fn on(&mut self, day: NaiveDate) -> (&mut Tx, By<'a>) {
        self.today = self.today.max(day);
        (&mut *self.tx, By { viewer: self.viewer, now: morning(self.today), today: self.today })
    }

    /// What an operation needs that takes effect once, under the sample's own key.
    pub fn once(
        &mut self,
        day: NaiveDate,
        key: &str,
        operation: &str,
        input: &impl Serialize,
    ) -> Result<(&mut Tx, By<'a>, Once)> {
        let (tx, by) = self.on(day);
        let once = Once::new(by, &format!("demo/{key}"), operation, input)?;
        Ok((tx, by, once))
    }
}

/// Ten in the morning of a day in China.
pub fn morning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + Duration::hours(2)
}

/// The digest of a file that the sample only names.
pub fn sha256(name: &str) -> String {
    Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect()
}
