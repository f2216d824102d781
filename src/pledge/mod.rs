//! Pledges: what a party promises to give, what is due of it, and what has arrived.
//!
//! * A pledge is offered, accepted, and then fulfilled, cancelled or lapsed; only an accepted one is settled.
//! * What is owed stands in its dues, never in an edit of them: a change is a line of its own ([`due`]).
//! * `stated` is what the dues come to, `received` what arrived on them, `waived` what is no longer asked for:
//!   received + waived ≤ stated ≤ amount.
//! * A share of sales comes to min(cap, ⌊basis × num ÷ den⌋) in all ([`accrue`]); a match to the same of the gifts
//!   it follows ([`matching`]). Rounding never drifts.
//! * Claims of a project never take more units than it has ([`claim`]).

pub mod accrue;
pub mod amend;
pub mod claim;
pub mod due;
pub mod graphql;
pub mod matching;
mod offer;
pub mod schedule;
pub mod store;
pub mod terms;

use async_graphql::Enum;
use chrono::NaiveDate;

pub use offer::{Entered, Offer, Offered, Verdict, judge, offer};
pub use terms::{PledgeKind, Terms};

use crate::{
    db::Tx,
    error::{Refusal, Result},
    fund::head,
    id::{AgreementId, CampaignId, EarmarkId, FundId, PartyId, PledgeId, PurposeId, TargetId},
    ledger::{earmark::EarmarkKind, place},
    money::Fen,
    viewer::{Act, By, On},
};

/// How far a pledge has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PledgeState {
    /// Made by its giver, not yet accepted.
    Offered,
    /// Accepted: it is due.
    Accepted,
    /// All of it has arrived or was waived.
    Fulfilled,
    /// Taken back before anything of it arrived, or by agreement.
    Cancelled,
    /// Its day has passed and nothing more is expected.
    Lapsed,
}

/// A promise to give.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Pledge {
    /// The key; within a fund, older pledges have smaller keys.
    pub id: PledgeId,
    /// The fund it is made to.
    pub fund_id: FundId,
    /// Who makes it.
    pub donor_id: PartyId,
    /// What it may be used for.
    pub earmark_id: EarmarkId,
    /// How it says what it will give.
    pub kind: PledgeKind,
    /// What is promised in all; of a match or a share the most it will give; `None` for a share without limit.
    pub amount: Option<Fen>,
    /// Fen given for each `rate_den` fen or pieces of the base; 1 where the kind has no rate.
    pub rate_num: i64,
    /// See `rate_num`.
    pub rate_den: i64,
    /// How far it has come.
    pub state: PledgeState,
    /// The day it was made.
    pub offered_on: NaiveDate,
    /// The day it is due; of several dues the first, of a share the first day whose sales count.
    pub due_on: NaiveDate,
    /// The last due, the last day whose sales count, or the day a claim expires.
    pub ends_on: Option<NaiveDate>,
    /// The days from the end of a report's period to the due that comes of it.
    pub settle_days: Option<i64>,
    /// The day it was fulfilled, cancelled or lapsed.
    pub ended_on: Option<NaiveDate>,
    /// What its dues come to, with what was corrected and withdrawn.
    pub stated: Fen,
    /// What has arrived on it.
    pub received: Fen,
    /// What of its dues is no longer asked for.
    pub waived: Fen,
    /// The agreement it stands under.
    pub agreement_id: Option<AgreementId>,
    /// The campaign it was made at.
    pub campaign_id: Option<CampaignId>,
    /// Where it was taken over from.
    pub source: Option<String>,
    /// Its number there.
    pub external_ref: Option<String>,
    /// What its giver says of it.
    pub note: String,
}

/// Where a pledge may go from where it is.
pub const MOVES: &[(PledgeState, PledgeState, Act)] = &[
    (PledgeState::Offered, PledgeState::Accepted, Act::AcceptPledge),
    (PledgeState::Offered, PledgeState::Cancelled, Act::OfferPledge),
    (PledgeState::Offered, PledgeState::Lapsed, Act::AcceptPledge),
    (PledgeState::Accepted, PledgeState::Cancelled, Act::AcceptPledge),
    (PledgeState::Accepted, PledgeState::Lapsed, Act::AcceptPledge),
];

/// Moves a pledge to `to`; repeating a move that was made is not an error.
///
/// # Errors
/// Refused when there is no such pledge or the move is not in [`MOVES`].
pub async fn advance(tx: &mut Tx, by: By<'_>, id: PledgeId, to: PledgeState, on: NaiveDate) -> Result<Pledge> {
    let not_found = || Refusal::NotFound { what: "pledge".into() }.at("pledgeId");
    let pledge = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, pledge.fund_id).await?;
    let pledge = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    let fund = place::fund(tx, pledge.fund_id).await?;
    let known = MOVES.iter().find(|(from, next, _)| (*from, *next) == (pledge.state, to));
    let act = known.map_or(Act::AcceptPledge, |(.., act)| *act);
    by.viewer.must(act, &[fund.on(), On::Party(pledge.donor_id)])?;
    if pledge.state == to {
        return Ok(pledge);
    }
    if known.is_none() {
        let accepted: Vec<_> =
            MOVES.iter().filter(|(_, next, _)| *next == to).map(|(from, ..)| format!("{from:?}")).collect();
        let state = format!("{:?}", pledge.state);
        return Err(Refusal::PledgeState { state, accepted: accepted.join(" or ") }.at("pledgeId"));
    }
    let ended = (to != PledgeState::Accepted).then_some(on);
    store::set_state(tx, id, to, ended).await?;
    Ok(Pledge { state: to, ended_on: ended, ..pledge })
}

impl Pledge {
    /// What it gives for each fen or piece of its base.
    pub fn ratio(&self) -> accrue::Ratio {
        accrue::Ratio { num: self.rate_num, den: self.rate_den }
    }

    /// What is still expected: nothing once it was cancelled or has lapsed.
    pub fn outstanding(&self) -> Fen {
        match self.state {
            PledgeState::Cancelled | PledgeState::Lapsed => Fen::ZERO,
            _ => self.stated - self.received - self.waived,
        }
    }
}

/// What narrows a list of pledges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PledgeFilter {
    /// Only those made to this fund.
    pub fund: Option<FundId>,
    /// Only those of this kind.
    pub kind: Option<PledgeKind>,
    /// Only those in this state.
    pub state: Option<PledgeState>,
    /// Only those with a restriction of this kind.
    pub earmark: Option<EarmarkKind>,
    /// Only those earmarked for this purpose.
    pub purpose: Option<PurposeId>,
    /// Only those earmarked for this project or grant.
    pub target: Option<TargetId>,
    /// Only those due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Only those due on this day or earlier.
    pub due_to: Option<NaiveDate>,
}
