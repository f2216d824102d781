//! Sales: what merchants sold at a campaign or in a period, and what becomes due from it.
//!
//! * A report is a document of its own and is never edited: a correction is another report that names it, and
//!   changes its dues by lines of their own.
//! * A report counts on every accepted pledge of its merchant that follows sales, where its last day lies in the
//!   pledge's days and its campaign is the pledge's.
//! * The dues of a pledge add up to min(cap, ⌊basis × num ÷ den⌋) of all that was reported: see
//!   [`crate::pledge::accrue`]. Where a correction asks for less than was paid, the dues stay ahead of that until the
//!   sales have caught up.

mod correct;
pub mod graphql;
mod report;
pub mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use correct::{Correction, correct};
pub use report::{judge, report};

use crate::{
    error::{Refusal, Result, check_amount, check_range},
    id::{CampaignId, FundId, PartyId, PledgeId, PrincipalId, SalesReportId},
    ledger::idem::{Origin, Outcome},
    money::Fen,
    pledge::{PledgeKind, accrue::Ratio},
};

/// What a merchant sold.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SalesReport {
    /// The key; within a fund, older reports have smaller keys.
    pub id: SalesReportId,
    /// The fund it is made to.
    pub fund_id: FundId,
    /// Who sold.
    pub merchant_id: PartyId,
    /// Where it was sold.
    pub campaign_id: Option<CampaignId>,
    /// The first day of what was sold.
    pub from_on: NaiveDate,
    /// The last day of it.
    pub to_on: NaiveDate,
    /// For how much.
    pub amount: Option<Fen>,
    /// How many pieces.
    pub units: Option<i64>,
    /// The day it was reported.
    pub reported_on: NaiveDate,
    /// The first report of the same sales; its own key where it is the first.
    pub first_id: SalesReportId,
    /// The report that this one puts right.
    pub corrects_id: Option<SalesReportId>,
    /// Where it was taken over from.
    pub source: Option<String>,
    /// Its number there.
    pub external_ref: Option<String>,
    /// Of a correction, why; may else be empty.
    pub note: String,
    /// Who wrote it down.
    pub principal_id: PrincipalId,
}

/// Sales about to be reported.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Who sold.
    pub merchant: PartyId,
    /// Where it was sold.
    pub campaign: Option<CampaignId>,
    /// The first and the last day; `None` for those of the campaign.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// For how much.
    pub amount: Option<Fen>,
    /// How many pieces.
    pub units: Option<i64>,
    /// The day it is reported.
    pub reported_on: NaiveDate,
    /// Where it is taken over from; without it, a merchant's report of a campaign and period is one.
    pub origin: Option<Origin>,
    /// May be empty.
    pub note: String,
}

/// Sales that were reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The report.
    pub report: SalesReportId,
    /// Whether it was made by this request.
    pub outcome: Outcome,
}

/// What would come of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It would be made.
    New {
        /// The first and the last day of it.
        days: (NaiveDate, NaiveDate),
        /// What becomes due, as its merchant's pledges promise.
        accrued: Vec<Accrued>,
    },
    /// It was made before.
    Known(SalesReportId),
    /// It is another report of the slice once more, by its number.
    Repeat(usize),
}

/// What one report adds to one pledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrued {
    /// The pledge.
    pub pledge: PledgeId,
    /// What the rate was applied to: fen or pieces.
    pub basis: i64,
    /// What becomes due.
    pub amount: Fen,
    /// The day it is due.
    pub due_on: NaiveDate,
    due_no: i64,
    donor: PartyId,
}

/// The most pieces of one report.
pub const UNITS_MAX: i64 = 1_000_000_000;

/// A pledge that follows sales, with what it comes to so far.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Following {
    /// The pledge.
    pub id: PledgeId,
    /// Who made it.
    pub donor_id: PartyId,
    /// Whether it follows sums or pieces.
    pub kind: PledgeKind,
    /// The most it gives.
    pub amount: Option<Fen>,
    /// Fen given …
    pub rate_num: i64,
    /// … for so many fen or pieces.
    pub rate_den: i64,
    /// The campaign whose sales count; `None` for all.
    pub campaign_id: Option<CampaignId>,
    /// The first day whose sales count.
    pub due_on: NaiveDate,
    /// The last day whose sales count.
    pub ends_on: Option<NaiveDate>,
    /// The days from a report's period to its due.
    pub settle_days: Option<i64>,
    /// What its dues come to.
    pub stated: Fen,
    /// What was reported so far.
    pub basis: i64,
    /// How many dues it has.
    pub dues: i64,
}

impl Following {
    /// What it takes of a report: fen or pieces, where the report says them.
    fn basis_of(&self, amount: Option<Fen>, units: Option<i64>) -> Option<i64> {
        if self.kind == PledgeKind::PerUnit { units } else { amount.map(|amount| amount.0) }
    }

    fn ratio(&self) -> Ratio {
        Ratio { num: self.rate_num, den: self.rate_den }
    }

    /// What more sales add to what is due. What was stated stays so.
    fn add(&mut self, basis: i64) -> Fen {
        self.basis += basis;
        let due = (self.ratio().share(self.basis, self.amount) - self.stated).max(Fen::ZERO);
        self.stated += due;
        due
    }

    fn counts(&self, campaign: Option<CampaignId>, to_on: NaiveDate) -> bool {
        let at = self.campaign_id.is_none() || self.campaign_id == campaign;
        at && self.due_on <= to_on && self.ends_on.is_none_or(|last| to_on <= last)
    }
}

/// Checks what was sold.
///
/// # Errors
/// Refused where nothing is said, and for numbers out of bounds.
fn check_figures(amount: Option<Fen>, units: Option<i64>) -> Result<()> {
    if amount.is_none() && units.is_none() {
        return Err(Refusal::ReportEmpty {}.at("amount"));
    }
    // Nothing sold is a report, too.
    amount.filter(|amount| *amount != Fen::ZERO).map(|amount| check_amount(amount, "amount")).transpose()?;
    units.map(|units| check_range(units, 0, UNITS_MAX, "units")).transpose()?;
    Ok(())
}
