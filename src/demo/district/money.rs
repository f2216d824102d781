//! What is promised to a pilot, sold for it, and given.

use super::{
    Made,
    pilot::{Pilot, Quarter},
    works::{UNIT, Work},
    yuan,
};
use crate::{
    campaign::{self, CampaignDraft, CampaignKind, Goods},
    contribution::{self, Line, Receive, Settles},
    demo::clerk::Clerk,
    error::Result,
    id::{CampaignId, PartyId, PledgeId},
    ledger::{Asset, document::LotClass, earmark::Restriction},
    money::Fen,
    pledge::{
        self, Entered, Offer, Terms,
        matching::{Match, apply},
        schedule::{End, PledgeInterval, Schedule},
        terms::{Category, Funding, SalesRule, Sharing},
    },
    sales::{self, Report},
};

/// Units that promise a sum each quarter; those after them one that gives goods, and one that matches.
const RECURRING: usize = 2;
const SPECIAL: usize = RECURRING + 2;
/// Merchants that give by the piece; the others give a share.
const BY_PIECE: usize = 2;
/// A merchant's share of its sales, in hundredths of a percent.
const SHARE_BPS: i64 = 300;
/// Units of a project that are claimed each quarter.
const CLAIMED: i64 = 2;

/// The first of the units that promise a sum each quarter.
pub fn first_recurring(units: &[PartyId]) -> PartyId {
    units[units.len() - SPECIAL]
}

/// What is promised and still to be paid.
#[derive(Default)]
pub struct Promised {
    matching: Option<PledgeId>,
    goods: Option<(PartyId, PledgeId, Fen)>,
    claim: Option<(PartyId, PledgeId)>,
    campaign: Option<CampaignId>,
    /// By units, this quarter.
    by_units: Vec<(PartyId, Fen)>,
    /// By merchants, from what they sold.
    by_merchants: Vec<(PartyId, Fen)>,
}

/// What an offer is for, so that its pledge is found again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Matching,
    Goods(Fen),
    Claim,
}

/// Makes the pledges of a quarter: in the first those that stand for all of them, in each those of some units and a
/// claim; one waits to be accepted.
pub async fn promise(
    clerk: &mut Clerk<'_>,
    pilot: &mut Pilot<'_>,
    quarter: Quarter,
    works: &mut [Work],
    promised: &mut Promised,
    made: &mut Made,
) -> Result<()> {
    let offered_on = quarter.on(6);
    let plain = |donor, terms, note: &str| Offer {
        donor,
        terms,
        restriction: Restriction::default(),
        offered_on,
        agreement: None,
        campaign: None,
        origin: None,
        entered: Entered::Accepted,
        note: note.into(),
    };
    let mut offers: Vec<(Role, Offer)> = vec![];
    if quarter.number == 0 {
        let standing = standing(pilot, quarter).into_iter();
        offers.extend(standing.map(|(role, donor, terms)| (role, plain(donor, terms, "长期认捐 · Standing"))));
    }
    let fixed = pilot.people.units.len() - SPECIAL;
    for at in (0..fixed).filter(|at| at % 4 == quarter.number % 4) {
        let (donor, amount) = (pilot.people.units[at], pilot.dice.hundreds(6, 12));
        let terms = Terms::Fixed { amount, due_on: quarter.on(18) };
        let purpose = (at % 6 == 5).then(|| pilot.places.purpose("SPACE"));
        let agreement = pilot.people.agreements.iter().find(|(unit, _)| *unit == donor).map(|(_, id)| *id);
        let restriction = Restriction { purpose, ..Restriction::default() };
        let offer = plain(donor, terms, "共建协议年度认捐 · Yearly gift");
        offers.push((Role::Plain, Offer { restriction, agreement, ..offer }));
        promised.by_units.push((donor, amount));
    }
    promised.by_units.extend(pilot.people.units[fixed..fixed + RECURRING].iter().map(|unit| (*unit, yuan(300))));
    let waits = Terms::Fixed { amount: yuan(500), due_on: quarter.on(80) };
    let waits = plain(pilot.dice.pick(&pilot.people.units), waits, "意向,待确认 · To be confirmed");
    offers.push((Role::Plain, Offer { entered: Entered::Offered, ..waits }));
    if let Some(work) = works.get_mut(1) {
        let (project, expires_on) = (work.target, quarter.on(60));
        let terms = Terms::Claim { project, units: Some(CLAIMED), sharing: Sharing::Shared, expires_on };
        offers.push((Role::Claim, plain(pilot.dice.pick(&pilot.people.units[..fixed]), terms, "项目认领 · Claimed")));
        work.claimed = yuan(UNIT.0 * CLAIMED);
    }
    let mut keyed = vec![];
    for (n, (_, offer)) in offers.iter().enumerate() {
        let key = format!("{}/pledge/{}-{n}", pilot.account.code, quarter.name());
        let (_, _, once) = clerk.once(offered_on, &key, "pledgeOffer", offer)?;
        keyed.push((Some(once), offer.clone()));
    }
    let (tx, by) = clerk.on(offered_on);
    let outcomes = pledge::offer(tx, by, pilot.account.fund, &keyed).await?;
    for ((role, offer), outcome) in offers.into_iter().zip(outcomes) {
        let pledge = outcome?.pledge;
        match role {
            Role::Plain => {}
            Role::Matching => promised.matching = Some(pledge),
            Role::Goods(value) => promised.goods = Some((offer.donor, pledge, value)),
            Role::Claim => promised.claim = Some((offer.donor, pledge)),
        }
        made.pledges += 1;
    }
    Ok(())
}

/// The pledges that stand from the first day.
fn standing(pilot: &Pilot<'_>, quarter: Quarter) -> Vec<(Role, PartyId, Terms)> {
    let units = &pilot.people.units;
    let (fixed, merchants) = (units.len() - SPECIAL, &pilot.people.merchants);
    let mut all = vec![];
    for unit in &units[fixed..fixed + RECURRING] {
        let (every, first_on) = (PledgeInterval::Quarter, quarter.on(17));
        let schedule = Schedule { amount: yuan(300), every, first_on, end: End::Times(12) };
        all.push((Role::Plain, *unit, Terms::Recurring(schedule)));
    }
    let value = yuan(800);
    let goods = Terms::InKind {
        category: Category::Goods,
        quantity: 4_000,
        unit: "件".into(),
        description: "节日物资包 · Parcels for the holiday".into(),
        value,
        due_on: quarter.on(18),
    };
    all.push((Role::Goods(value), units[fixed + RECURRING], goods));
    let matching = Terms::Matching {
        rate: (1, 10),
        cap: yuan(5_000),
        per_gift: None,
        per_project: None,
        funding: Funding::Due,
        due_on: quarter.on(18),
    };
    all.push((Role::Matching, units[fixed + RECURRING + 1], matching));
    let rule = SalesRule { cap: None, from: quarter.first, to: None, settle_days: 10 };
    for (n, merchant) in merchants.iter().enumerate() {
        let terms = match n < BY_PIECE {
            true => Terms::PerUnit { rate: (1, 1), rule },
            false => Terms::ShareOfSales { basis_points: SHARE_BPS, rule },
        };
        all.push((Role::Plain, *merchant, terms));
    }
    all
}

/// Opens the campaign of a quarter.
pub async fn campaign(
    clerk: &mut Clerk<'_>,
    pilot: &Pilot<'_>,
    quarter: Quarter,
    promised: &mut Promised,
) -> Result<()> {
    let kinds = [CampaignKind::GroupBuy, CampaignKind::Fair, CampaignKind::CharitySale, CampaignKind::Banquet];
    let draft = CampaignDraft {
        fund: pilot.account.fund,
        code: quarter.name(),
        name: format!("{} 社邻活动 · Campaign of the quarter", quarter.name()),
        kind: kinds[quarter.number % kinds.len()],
        starts_on: quarter.first,
        ends_on: quarter.last(),
    };
    let (tx, by) = clerk.on(quarter.on(9));
    promised.campaign = Some(campaign::open(tx, by, &draft).await?.id);
    Ok(())
}

/// Reports what merchants sold at the campaign of a quarter that is over, and closes it.
pub async fn report(
    clerk: &mut Clerk<'_>,
    pilot: &mut Pilot<'_>,
    quarter: Quarter,
    promised: &mut Promised,
) -> Result<()> {
    let Some(campaign) = promised.campaign.take() else { return Ok(()) };
    let on = quarter.last() + chrono::Days::new(9);
    let mut reports = vec![];
    for (n, merchant) in pilot.people.merchants.iter().enumerate() {
        // Round figures, so that what is due is known without the rule of rounding.
        let (sold, pieces) = (pilot.dice.roll(5, 20), pilot.dice.roll(5, 20) * 1_000);
        let by_piece = n < BY_PIECE;
        let due = if by_piece { Fen(pieces) } else { Fen(sold * 100_000 * SHARE_BPS / 10_000) };
        promised.by_merchants.push((*merchant, due));
        let report = Report {
            merchant: *merchant,
            campaign: Some(campaign),
            period: None,
            amount: (!by_piece).then_some(yuan(sold * 1_000)),
            units: by_piece.then_some(pieces),
            reported_on: on,
            origin: None,
            note: String::new(),
        };
        reports.push((None, report));
    }
    let (tx, by) = clerk.on(on);
    for outcome in sales::report(tx, by, pilot.account.fund, &reports).await? {
        outcome?;
    }
    let participants = pilot.dice.roll(80, 400);
    let goods = vec![Goods {
        campaign_id: campaign,
        name: "时令蔬果 · Fruit and vegetables".into(),
        quantity: participants * 200,
        unit: "份".into(),
        grams: Some(participants * 1_500),
    }];
    campaign::close(tx, by, &campaign::Close { campaign, on, participants, goods }).await?;
    Ok(())
}

/// Books what arrives in a quarter, and what the match makes of it.
pub async fn receive(
    clerk: &mut Clerk<'_>,
    pilot: &mut Pilot<'_>,
    quarter: Quarter,
    works: &[Work],
    promised: &mut Promised,
    made: &mut Made,
) -> Result<()> {
    let line = |donor, amount, settles| Line { donor, amount, settles, restriction: None, class: LotClass::Gift };
    let owed = |list: &mut Vec<(PartyId, Fen)>| -> Vec<Line> {
        list.drain(..).map(|(donor, amount)| line(donor, amount, Settles::OldestFirst)).collect()
    };
    let receipt = |payer, what: &str, asset, lines, note: &str| Receive {
        payer,
        channel: "bank · 银行".into(),
        reference: format!("{}-{}-{what}", pilot.account.code, quarter.name()),
        received_on: quarter.on(20),
        asset,
        amount: None,
        note: note.into(),
        lines,
    };
    let association = pilot.places.association;
    let mut receipts = vec![
        receipt(association, "UNITS", Asset::Cny, owed(&mut promised.by_units), "共建单位捐赠 · Partner units"),
        receipt(association, "SALES", Asset::Cny, owed(&mut promised.by_merchants), "活动结算 · Settlement of sales"),
    ];
    if let Some((donor, pledge)) = promised.claim.take() {
        let lines = vec![line(donor, yuan(UNIT.0 * CLAIMED), Settles::Pledge(pledge))];
        receipts.push(receipt(donor, "CLAIM", Asset::Cny, lines, "项目认领款 · Paid for a claim"));
    }
    if let Some((donor, pledge, value)) = promised.goods.take() {
        let lines = vec![line(donor, value, Settles::Pledge(pledge))];
        receipts.push(receipt(donor, "GOODS", Asset::Kind, lines, "节日物资 · Goods"));
    }
    if let Some(work) = works.first().filter(|work| work.copay.is_positive()) {
        let households = &pilot.people.households;
        let each = Fen(work.copay.0 / i64::try_from(households.len()).expect("a short list"));
        let restriction = Some(Restriction { target: Some(work.target), ..Restriction::default() });
        let copay = |household: &PartyId| Line {
            restriction,
            class: LotClass::Copay,
            ..line(*household, each, Settles::Nothing)
        };
        let lines = households.iter().map(copay).collect();
        receipts.push(receipt(association, "COPAY", Asset::Cny, lines, "住户自筹 · Paid by households"));
    }
    receipts.retain(|receipt| !receipt.lines.is_empty());
    let mut keyed = vec![];
    for receive in receipts {
        let key = format!("{}/gift/{}", pilot.account.code, receive.reference);
        let (_, _, once) = clerk.once(receive.received_on, &key, "contributionReceive", &receive)?;
        keyed.push((Some(once), receive));
    }
    let (tx, by) = clerk.on(quarter.on(20));
    for outcome in contribution::receive(tx, by, pilot.account.fund, &keyed).await? {
        outcome?;
        made.gifts += 1;
    }
    follow(clerk, pilot, quarter, promised).await
}

/// What the match comes to is due, and paid in the next quarter.
async fn follow(clerk: &mut Clerk<'_>, pilot: &Pilot<'_>, quarter: Quarter, promised: &mut Promised) -> Result<()> {
    let Some(pledge) = promised.matching else { return Ok(()) };
    let memo = "按住户自筹和认领配捐 · Follows what was given for projects".into();
    let input = Match { pledge, effective_on: quarter.on(21), memo };
    let key = format!("{}/match/{}", pilot.account.code, quarter.name());
    let (tx, by, once) = clerk.once(quarter.on(21), &key, "matchApply", &input)?;
    let matched = apply(tx, by, &once, &input).await?;
    let matcher = pilot.people.units[pilot.people.units.len() - 1];
    promised.by_units.push((matcher, matched.amount));
    Ok(())
}
