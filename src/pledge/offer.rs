//! Offering: pledges are loaded for, judged and written in slices.
//!
//! [`judge`] is the whole decision without a write, for whoever wants to know beforehand; [`offer`] writes
//! what it finds good.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    claim::Room,
    store,
    terms::{Plan, Terms},
};
use crate::{
    agreement::{self, Agreement},
    campaign::{self, Campaign},
    db::Tx,
    error::{Error, Refusal, Result},
    fund::head::{self, Head},
    id::{AgreementId, CampaignId, DueId, FundId, PartyId, PledgeId, TargetId},
    ledger::{
        earmark::{self, Keys, Restriction},
        idem::{self, Once, Origin, Outcome},
        place::{self, FundPlace},
        reverse::MEMO_MAX,
    },
    viewer::{Act, By, On},
};

/// How a pledge comes into the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, Serialize)]
#[graphql(name = "PledgeEntry")]
pub enum Entered {
    /// It is offered, and waits to be accepted.
    #[default]
    Offered,
    /// It is taken over as accepted: for staff of the fund, who may accept it.
    Accepted,
}

/// A pledge about to be made.
#[derive(Clone, Debug, Serialize)]
pub struct Offer {
    /// Who makes it.
    pub donor: PartyId,
    /// What is promised.
    pub terms: Terms,
    /// What it may be used for; a claim is for its project.
    pub restriction: Restriction,
    /// The day it is made.
    pub offered_on: NaiveDate,
    /// The agreement it stands under.
    pub agreement: Option<AgreementId>,
    /// The campaign it was made at; of a share, whose sales count.
    pub campaign: Option<CampaignId>,
    /// Where it was taken over from.
    pub origin: Option<Origin>,
    /// Whether it still waits to be accepted.
    pub entered: Entered,
    /// What its giver says of it; may be empty.
    pub note: String,
}

/// A pledge that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The pledge.
    pub pledge: PledgeId,
    /// Whether it was made by this request.
    pub outcome: Outcome,
}

/// What would come of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It would be made.
    New(Plan),
    /// It was made before.
    Known(PledgeId),
    /// It has the origin of another offer of the slice, by its number.
    Repeat(usize),
}

impl Offer {
    /// The restriction its gifts will carry.
    pub fn restriction(&self) -> Restriction {
        match &self.terms {
            Terms::Claim { project, .. } => Restriction {
                target: Some(*project),
                valid_from: self.restriction.valid_from,
                valid_to: self.restriction.valid_to,
                ..Restriction::default()
            },
            _ => self.restriction,
        }
    }

    fn project(&self) -> Option<TargetId> {
        if let Terms::Claim { project, .. } = &self.terms { Some(*project) } else { None }
    }
}

/// What is loaded once for all offers of a slice, kept up to date as they are judged.
pub(super) struct Loaded {
    fund: FundPlace,
    donors: HashSet<PartyId>,
    keys: Keys,
    agreements: HashMap<AgreementId, Agreement>,
    campaigns: HashMap<CampaignId, Campaign>,
    rooms: HashMap<TargetId, Room>,
    origins: HashMap<Origin, PledgeId>,
    seen: HashMap<Origin, usize>,
}

impl Loaded {
    async fn of<'o>(
        tx: &mut Tx,
        by: By<'_>,
        fund: FundId,
        offers: impl Iterator<Item = &'o Offer> + Clone,
    ) -> Result<Self> {
        let fund = place::fund(tx, fund).await?;
        let donors: Vec<PartyId> = offers.clone().map(|offer| offer.donor).collect();
        let agreements: Vec<AgreementId> = offers.clone().filter_map(|offer| offer.agreement).collect();
        let campaigns: Vec<CampaignId> = offers.clone().filter_map(|offer| offer.campaign).collect();
        let projects: Vec<TargetId> = offers.clone().filter_map(Offer::project).collect();
        let origins: Vec<&Origin> = offers.clone().filter_map(|offer| offer.origin.as_ref()).collect();
        let agreements = agreement::store::by_ids_or_none(&mut *tx, &agreements).await?;
        let campaigns = campaign::store::by_ids_or_none(&mut *tx, &campaigns).await?;
        Ok(Self {
            donors: place::parties_known(tx, &donors).await?,
            keys: Keys::new(earmark::look_up(tx, fund.id, offers.map(Offer::restriction)).await?),
            agreements: agreements.into_iter().map(|one| (one.id, one)).collect(),
            campaigns: campaigns.into_iter().map(|one| (one.id, one)).collect(),
            rooms: super::claim::rooms(tx, &projects, by.today).await?,
            origins: store::of_origins(tx, fund.id, &origins).await?,
            seen: HashMap::new(),
            fund,
        })
    }

    /// What would come of `offer`, the slice's number `at`.
    fn judge(&mut self, by: By<'_>, at: usize, offer: &Offer) -> Result<Verdict> {
        by.viewer.must(Act::OfferPledge, &[self.fund.on(), On::Party(offer.donor)])?;
        if offer.entered == Entered::Accepted {
            by.viewer.must(Act::AcceptPledge, &[self.fund.on()])?;
        }
        if let Some(origin) = &offer.origin {
            let origin = origin.checked("origin")?;
            if let Some(known) = self.origins.get(&origin) {
                return Ok(Verdict::Known(*known));
            }
            if let Some(first) = self.seen.get(&origin) {
                return Ok(Verdict::Repeat(*first));
            }
        }
        let plan = self.decide(by, offer)?;
        if let Some(origin) = &offer.origin {
            self.seen.insert(origin.checked("origin")?, at);
        }
        Ok(Verdict::New(plan))
    }

    fn decide(&mut self, by: By<'_>, offer: &Offer) -> Result<Plan> {
        let room = offer.project().map(|project| self.rooms.get(&project));
        let mut plan = offer.terms.check(offer.offered_on, room.flatten().map(Room::unit))?;
        let length = offer.note.chars().count();
        if length > MEMO_MAX || offer.note.contains('\0') {
            return Err(Refusal::TextTooLong { length, max: MEMO_MAX }.at("note"));
        }
        if !self.donors.contains(&offer.donor) {
            return Err(Refusal::NotFound { what: "party".into() }.at("donorId"));
        }
        offer.terms.check_rate()?;
        self.keys.check(&offer.restriction())?;
        if let Some(agreement) = offer.agreement {
            let known = self.agreements.get(&agreement).filter(|one| one.fund_id == self.fund.id);
            let known = known.ok_or_else(|| Refusal::NotFound { what: "agreement".into() }.at("agreementId"))?;
            known.covers(offer.donor, offer.offered_on, plan.last_on())?;
        }
        if let Some(campaign) = offer.campaign {
            let known = self.campaigns.get(&campaign).filter(|one| one.fund_id == self.fund.id);
            known.ok_or_else(|| Refusal::NotFound { what: "campaign".into() }.at("campaignId"))?.ensure_open()?;
        }
        if let Terms::Claim { units, sharing, expires_on, .. } = &offer.terms {
            let room = room_of(&mut self.rooms, offer);
            let room = room.ok_or_else(|| Refusal::NotClaimable {}.at("terms.claim.projectId"))?;
            if *expires_on < by.today {
                return Err(Refusal::PeriodReversed { from: by.today, to: *expires_on }.at("terms.claim.expiresOn"));
            }
            room.take(*units, *sharing)?;
            plan.amount = plan.dues.first().map(|due| due.amount);
        }
        Ok(plan)
    }
}

fn room_of<'r>(rooms: &'r mut HashMap<TargetId, Room>, offer: &Offer) -> Option<&'r mut Room> {
    rooms.get_mut(&offer.project()?)
}

/// What would come of offers to one fund, without writing anything; a refused one does not hinder the others. The
/// parties of `assumed` count as known.
///
/// # Errors
/// Of the whole: a fund that is not there, a fault. Of each: as [`offer`].
pub async fn judge(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    offers: &[Offer],
    assumed: &HashSet<PartyId>,
) -> Result<Vec<Result<Verdict>>> {
    let mut loaded = Loaded::of(tx, by, fund, offers.iter()).await?;
    loaded.donors.extend(assumed);
    Ok(offers.iter().enumerate().map(|(at, offer)| loaded.judge(by, at, offer)).collect())
}

/// Makes pledges to one fund, each under its own key or its own origin; a refused one does not hinder the
/// others. As many statements for two thousand as for one.
///
/// # Errors
/// Of the whole: a fund that is not there, a fault. Each pledge is refused for amounts, days, numbers and texts
/// out of bounds, a broken rate, a giver, agreement or campaign that is not known, a restriction that the fund
/// does not take, days outside of its agreement, a closed campaign, and units of a project that are taken.
pub async fn offer(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    offers: &[(Option<Once>, Offer)],
) -> Result<Vec<Result<Offered>>> {
    let mut head = head::lock(tx, fund).await?;
    let answered = idem::answered_some::<Offered, _>(&mut *tx, offers).await?;
    let mut loaded = Loaded::of(tx, by, fund, offers.iter().map(|(_, offer)| offer)).await?;
    let mut outcomes: Vec<Result<Offered>> = Vec::with_capacity(offers.len());
    let mut made: Vec<Made<'_>> = Vec::new();
    for (at, ((once, offer), answered)) in offers.iter().zip(answered).enumerate() {
        if let Some(answer) = answered {
            outcomes.push(answer);
            continue;
        }
        if once.is_none() && offer.origin.is_none() {
            let why = "A pledge without an origin needs a key that makes repeating it harmless.";
            outcomes.push(Err(Error::BadInput(why.into())));
            continue;
        }
        let outcome = loaded.judge(by, at, offer).and_then(|verdict| match verdict {
            Verdict::New(plan) => {
                let pledge = head.next_key();
                made.push(Made { pledge, once: once.as_ref(), offer, plan });
                Ok(Offered { pledge, outcome: Outcome::Created })
            }
            Verdict::Known(pledge) => Ok(Offered { pledge, outcome: Outcome::Known }),
            Verdict::Repeat(first) => outcomes[first].clone().map(|first| Offered { outcome: Outcome::Known, ..first }),
        });
        outcomes.push(outcome);
    }
    write(tx, by, &mut head, &mut loaded, &made).await?;
    Ok(outcomes)
}

/// A pledge that is to be written.
pub(super) struct Made<'o> {
    pub(super) pledge: PledgeId,
    once: Option<&'o Once>,
    pub(super) offer: &'o Offer,
    pub(super) plan: Plan,
}

async fn write(tx: &mut Tx, by: By<'_>, head: &mut Head, loaded: &mut Loaded, made: &[Made<'_>]) -> Result<()> {
    if made.is_empty() {
        return Ok(());
    }
    loaded.keys.write(tx, head.fund_id, made.iter().map(|one| one.offer.restriction()).collect()).await?;
    let claimed: BTreeMap<TargetId, ()> =
        made.iter().filter_map(|one| one.offer.project()).map(|project| (project, ())).collect();
    super::claim::lapse_expired(tx, &claimed.into_keys().collect::<Vec<_>>(), by.today).await?;
    let mut dues = Vec::new();
    for one in made {
        let donor_id = one.offer.donor;
        for (due_no, stated) in (1..).zip(&one.plan.dues) {
            let id: DueId = head.next_key();
            dues.push(store::DueRow {
                id,
                pledge_id: one.pledge,
                due_no,
                fund_id: head.fund_id,
                donor_id,
                due_on: stated.on,
                amount: stated.amount,
            });
        }
    }
    let keys = |offer: &Offer| loaded.keys.of(&offer.restriction());
    store::insert(tx, head.fund_id, made, keys).await?;
    store::insert_terms(tx, made, |project| loaded.rooms[project].all()).await?;
    store::insert_dues(tx, &dues).await?;
    let mut answers = Vec::new();
    for one in made {
        if let Some(once) = one.once {
            let answer = Offered { pledge: one.pledge, outcome: Outcome::Created };
            answers.push((once, None, idem::stored(&answer)?));
        }
    }
    idem::remember(tx, &answers).await?;
    head::write(tx, head).await
}
