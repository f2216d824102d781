//! Pledges: what a party promises to give, and what has arrived on it.
//!
//! * A pledge is offered, accepted, and then fulfilled, cancelled or lapsed; only an accepted one is settled.
//! * What is owed of it stands in its dues; what arrived, in the lots that settle them.
//! * A matching pledge follows the gifts of others under its own restriction, from money paid ahead:
//!   min(cap, ⌊base × num ÷ den⌋) in all, so that rounding never drifts.

pub mod graphql;
pub mod matching;
pub mod store;

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount},
    fund::head,
    id::{EarmarkId, FundId, PartyId, PledgeId, PurposeId, TargetId},
    ledger::{
        earmark::{self, EarmarkKind, Restriction},
        idem::{self, Once},
        place,
        reverse::MEMO_MAX,
    },
    money::Fen,
    viewer::{Act, By, On},
};

/// How a pledge says what it will give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PledgeKind {
    /// One sum, once.
    Fixed,
    /// A sum for each yuan that others give under the same restriction, up to a cap, paid ahead.
    Matching,
}

/// How far a pledge has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PledgeState {
    /// Made by its giver, not yet accepted.
    Offered,
    /// Accepted: it is due.
    Accepted,
    /// All of it has arrived.
    Fulfilled,
    /// Taken back before anything of it arrived, or by agreement.
    Cancelled,
    /// Its day has passed and nothing more is expected.
    Lapsed,
}

/// A promise to give.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Pledge {
    /// The key.
    pub id: PledgeId,
    /// The fund it is made to.
    pub fund_id: FundId,
    /// Who makes it.
    pub donor_id: PartyId,
    /// What it may be used for.
    pub earmark_id: EarmarkId,
    /// How it says what it will give.
    pub kind: PledgeKind,
    /// The sum promised; of a matching pledge, the most it will give.
    pub amount: Fen,
    /// Fen given for each `rate_den` fen of the base; 1 where the kind has no rate.
    pub rate_num: i64,
    /// See `rate_num`.
    pub rate_den: i64,
    /// How far it has come.
    pub state: PledgeState,
    /// The day it was made.
    pub offered_on: NaiveDate,
    /// The day it is due.
    pub due_on: NaiveDate,
    /// The day it was fulfilled, cancelled or lapsed.
    pub ended_on: Option<NaiveDate>,
    /// What has arrived on it.
    pub received: Fen,
    /// What its giver says of it.
    pub note: String,
}

/// A pledge about to be made.
#[derive(Clone, Debug, Serialize)]
pub struct Offer {
    /// Who makes it.
    pub donor: PartyId,
    /// How it says what it will give.
    pub kind: PledgeKind,
    /// The sum promised; of a matching pledge, the most it will give.
    pub amount: Fen,
    /// Numerator and denominator of a matching pledge's rate.
    pub rate: Option<(i64, i64)>,
    /// What it may be used for.
    pub restriction: Restriction,
    /// The day it is made.
    pub offered_on: NaiveDate,
    /// The day it is due.
    pub due_on: NaiveDate,
    /// What its giver says of it; may be empty.
    pub note: String,
}

/// A pledge that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The pledge.
    pub pledge: PledgeId,
}

/// Makes pledges to one fund, each under its own key; a refused one does not hinder the others.
///
/// # Errors
/// Of the whole: a fund that is not there, a fault. Each pledge is refused for a broken amount, period or
/// rate, a giver that is not known, or a restriction that the fund does not take.
pub async fn offer(tx: &mut Tx, by: By<'_>, fund: FundId, offers: &[(Once, Offer)]) -> Result<Vec<Result<Offered>>> {
    head::lock(tx, fund).await?;
    let onces: Vec<Once> = offers.iter().map(|(once, _)| once.clone()).collect();
    let answered = idem::answered::<Offered>(&mut *tx, &onces).await?;
    let fund = place::fund(tx, fund).await?;
    let donors: Vec<PartyId> = offers.iter().map(|(_, offer)| offer.donor).collect();
    let known = place::parties_known(tx, &donors).await?;
    let restrictions: Vec<Restriction> = offers.iter().map(|(_, offer)| offer.restriction).collect();

    let mut outcomes = Vec::with_capacity(offers.len());
    for (((once, offer), answered), restriction) in offers.iter().zip(answered).zip(restrictions) {
        if let Some(answer) = answered {
            outcomes.push(answer);
            continue;
        }
        let decided = offer.decide(by, &fund, known.contains(&offer.donor));
        let earmark = match decided {
            Ok(()) => earmark::ensure(tx, fund.id, &[restriction]).await?.remove(0),
            Err(refused) => Err(refused),
        };
        outcomes.push(match earmark {
            Ok(earmark) => {
                let done = Offered { pledge: store::insert(tx, fund.id, earmark, offer).await? };
                once.remember(tx, None, &done).await?;
                Ok(done)
            }
            Err(refused) => Err(refused),
        });
    }
    Ok(outcomes)
}

impl Offer {
    fn decide(&self, by: By<'_>, fund: &place::FundPlace, donor_known: bool) -> Result<()> {
        by.viewer.must(Act::OfferPledge, &[fund.on(), On::Party(self.donor)])?;
        check_amount(self.amount, "amount")?;
        if self.due_on < self.offered_on {
            return Err(Refusal::PeriodReversed { from: self.offered_on, to: self.due_on }.at("dueOn"));
        }
        let length = self.note.chars().count();
        if length > MEMO_MAX {
            return Err(Refusal::TextTooLong { length, max: MEMO_MAX }.at("note"));
        }
        if !donor_known {
            return Err(Refusal::NotFound { what: "party".into() }.at("donorId"));
        }
        self.decide_kind()
    }

    fn decide_kind(&self) -> Result<()> {
        match (self.kind, self.rate) {
            (PledgeKind::Fixed, None) => Ok(()),
            (PledgeKind::Fixed, Some(_)) => Err(Refusal::RateMalformed {}.at("rate")),
            // A match is paid into the project it follows, so it must name one.
            (PledgeKind::Matching, _) if self.restriction.target.is_none() => {
                Err(Refusal::EarmarkMalformed {}.at("earmark.targetId"))
            }
            (PledgeKind::Matching, Some((num, den)))
                if (1..=RATE_MAX).contains(&num) && (1..=RATE_MAX).contains(&den) =>
            {
                Ok(())
            }
            (PledgeKind::Matching, _) => Err(Refusal::RateMalformed {}.at("rate")),
        }
    }
}

/// The largest numerator or denominator of a rate: a base of a hundred billion yuan times it fits 128 bits.
const RATE_MAX: i64 = 1_000_000;

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
    /// What is still expected: nothing once it was cancelled or has lapsed.
    pub fn outstanding(&self) -> Fen {
        match self.state {
            PledgeState::Cancelled | PledgeState::Lapsed => Fen::ZERO,
            _ => self.amount - self.received,
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
