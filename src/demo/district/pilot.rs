//! The books of one pilot, quarter by quarter: what is promised, given, decided, paid and published.

use chrono::{Days, NaiveDate};

use super::{
    Made, Size,
    dice::Dice,
    money::{self, Promised},
    notices,
    people::{self, People},
    places::{Account, Places},
    works::{self, Work},
};
use crate::{demo::clerk::Clerk, error::Result};

/// A pilot at work.
pub struct Pilot<'p> {
    /// Its fund.
    pub account: &'p Account,
    /// The places.
    pub places: &'p Places,
    /// Who gives and is paid.
    pub people: People,
    /// Its chance.
    pub dice: Dice,
}

/// The first day of the books.
const FIRST: NaiveDate = super::day(2024, 7, 1);

/// A quarter of the books.
#[derive(Clone, Copy)]
pub struct Quarter {
    /// Its number, from 0.
    pub number: usize,
    /// Its first day.
    pub first: NaiveDate,
}

impl Quarter {
    /// The quarter of this number, from 0.
    pub fn new(number: usize) -> Self {
        let months = u32::try_from(3 * number).expect("there are few quarters");
        Self { number, first: FIRST + chrono::Months::new(months) }
    }

    /// So many days after its first.
    pub fn on(self, days: u64) -> NaiveDate {
        self.first + Days::new(days)
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        Self::new(self.number + 1).first - Days::new(1)
    }

    /// The one before; `None` for the first.
    pub fn before(self) -> Option<Self> {
        self.number.checked_sub(1).map(Self::new)
    }

    /// As people write it: `2024-Q3`.
    pub fn name(self) -> String {
        use chrono::Datelike as _;
        format!("{}-Q{}", self.first.year(), self.first.month0() / 3 + 1)
    }
}

/// Keeps the books of a pilot from its first day to the last publication.
pub async fn keep(
    clerk: &mut Clerk<'_>,
    account: &Account,
    places: &Places,
    size: &Size,
    mut dice: Dice,
    made: &mut Made,
) -> Result<People> {
    let people = people::of_pilot(clerk, account, size, &mut dice, made).await?;
    let mut pilot = Pilot { account, places, people, dice };
    let mut promised = Promised::default();
    let mut before: Vec<Work> = vec![];
    for quarter in (0..size.quarters).map(Quarter::new) {
        let mut works = works::propose(clerk, &mut pilot, quarter, size, made).await?;
        money::promise(clerk, &mut pilot, quarter, &mut works, &mut promised, made).await?;
        if let Some(last) = quarter.before() {
            money::report(clerk, &mut pilot, last, &mut promised).await?;
        }
        money::campaign(clerk, &pilot, quarter, &mut promised).await?;
        if let Some(last) = quarter.before() {
            notices::publish_quarter(clerk, account, last, made).await?;
        }
        money::receive(clerk, &mut pilot, quarter, &works, &mut promised, made).await?;
        works::begin(clerk, &pilot, quarter, &works, made).await?;
        works::finish(clerk, &mut pilot, quarter, &before, made).await?;
        before = works;
    }
    notices::publish_quarter(clerk, account, Quarter::new(size.quarters - 1), made).await?;
    Ok(pilot.people)
}
