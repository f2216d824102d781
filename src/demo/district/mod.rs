//! The second sample: a whole district (示范区), for trying and for measuring.
//!
//! 112 communities in 14 streets, 53 of them with a fund: five pilots with full books over two years and 48 that have just
//! opened; 1,239 groups on the register; the district's own fund, with two rounds of micro-grants (one at its end, one at
//! its road-show) and a proposal contest; each quarter, year and closed project of the pilots published.
//!
//! * It goes through the operations that the API calls, and through nothing else.
//! * Its seed is fixed: in an empty database its chains end in the same heads on both engines.
//! * Every name in it is made up, and no private person has one.
//! * It is created whole or not at all, and once.

mod contest;
mod council;
mod dice;
mod money;
mod notices;
mod people;
mod pilot;
mod places;
mod rounds;
mod size;
mod tour;
mod works;

use std::fmt;

use chrono::NaiveDate;

pub use places::FUND;
pub use size::{CUT, Size, WHOLE};
pub use tour::PILOT;
pub(super) use tour::{HOLDERS, READER};

use super::clerk::{Clerk, morning};
use crate::{
    clock::Clock,
    db::Db,
    error::Result,
    fund,
    id::AreaId,
    money::Fen,
    oversight,
    viewer::{operator, settle},
};
use dice::Dice;

/// What its numbers are rolled from.
const SEED: u64 = 20_240_701;

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Communities.
    pub communities: usize,
    /// Funds, the district's own included.
    pub funds: usize,
    /// Groups on the register.
    pub groups: usize,
    /// Partner units, merchants, households, vendors and departments.
    pub parties: usize,
    /// Pledges.
    pub pledges: usize,
    /// Receipts.
    pub gifts: usize,
    /// Projects that the pilots proposed.
    pub projects: usize,
    /// Resolutions.
    pub resolutions: usize,
    /// Expenses.
    pub expenses: usize,
    /// Rounds of grants.
    pub rounds: usize,
    /// Applications in them.
    pub applications: usize,
    /// Micro-grants.
    pub grants: usize,
    /// Proposals to the contest.
    pub proposals: usize,
    /// Publications.
    pub publications: usize,
    /// The cash that all funds received.
    pub received: Fen,
    /// What of it was paid.
    pub spent: Fen,
    /// What waits in the funds.
    pub waiting: Fen,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} communities, {} funds, {} groups, {} other parties",
            self.communities, self.funds, self.groups, self.parties
        )?;
        writeln!(
            f,
            "{} pledges, {} receipts, {} resolutions, {} expenses",
            self.pledges, self.gifts, self.resolutions, self.expenses
        )?;
        writeln!(
            f,
            "{} projects, {} rounds with {} applications and {} micro-grants, 1 contest with {} proposals",
            self.projects, self.rounds, self.applications, self.grants, self.proposals
        )?;
        writeln!(f, "{} publications", self.publications)?;
        write!(f, "{} yuan received, {} spent, {} waiting", self.received, self.spent, self.waiting)
    }
}

/// Creates the district, and says what it made; `None` where its fund exists already: then nothing is done.
///
/// # Errors
/// What the operations refuse in a database that holds other things under the sample's names; faults.
pub async fn create(db: &Db, size: &Size) -> Result<Option<Made>> {
    if fund::store::by_code(db, FUND).await?.is_some() {
        return Ok(None);
    }
    let start = Clock::fixed(morning(day(2024, 6, 3)));
    let viewer = operator(db, start.now()).await?;
    let mut tx = db.begin().await?;
    let filled = fill(&mut Clerk::new(&mut tx, &viewer, start.today()), size).await;
    settle(tx, filled).await.map(Some)
}

async fn fill(clerk: &mut Clerk<'_>, size: &Size) -> Result<Made> {
    let mut made = Made::default();
    let places = places::create(clerk, size, &mut made).await?;
    let groups = people::groups(clerk, &places, size, &mut made).await?;
    let mut accounts = places::open(clerk, &places, size, &mut made).await?;
    council::form(clerk, &places, &mut accounts, day(2024, 7, 1)).await?;
    let (own, pilots) = accounts.split_first().expect("the district has a fund");
    let mut peoples = vec![];
    for (number, account) in (1..).zip(pilots) {
        let mut desk = clerk.desk(day(2024, 7, 1));
        peoples.push(pilot::keep(&mut desk, account, &places, size, Dice::new(SEED + number), &mut made).await?);
    }
    let mut desk = clerk.desk(day(2024, 7, 1));
    people::departments(&mut desk, &places, own, &mut made).await?;
    rounds::run(&mut desk, own, &places, &groups, size, &mut made).await?;
    contest::run(&mut desk, own, &places, &groups, size, &mut made).await?;
    let guests = tour::Guests {
        unit: money::first_recurring(&peoples[0].units),
        merchant: peoples[0].merchants[2],
        group: groups[0].0,
    };
    tour::give_roles(&mut desk, &places, &pilots[0], guests).await?;
    total(&mut desk, places.district, &mut made).await?;
    Ok(made)
}

/// What all funds received, spent and hold, as oversight tells it.
async fn total(clerk: &mut Clerk<'_>, district: AreaId, made: &mut Made) -> Result<()> {
    let (tx, _) = clerk.on(day(2026, 12, 31));
    let funds = oversight::store::funds_below(&mut *tx, &[district]).await?;
    let funds: Vec<_> = funds.into_iter().map(|(_, fund)| fund).collect();
    for figures in oversight::store::figures_of(&mut *tx, &funds, day(2024, 1, 1), day(2026, 12, 31)).await? {
        made.received += figures.received;
        made.spent += figures.spent;
        made.waiting += figures.waiting;
    }
    Ok(())
}

/// A day of the calendar.
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("the sample's days are in the calendar")
}

const fn yuan(yuan: i64) -> Fen {
    Fen(yuan * 100)
}
