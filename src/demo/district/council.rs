//! Who decides in the district: councils of funds, leading groups, and how money is resolved and moved.

use chrono::NaiveDate;

use super::{
    Made,
    places::{Account, Places, votes},
};
use crate::{
    allocation::{self, Allocate},
    committee::{
        self, Cast, Close, CommitteeDraft, CommitteeKind,
        Constituency::{self, Community, Donors, Residents, Street},
        DecisionDraft, Holder, Institution, Majority, MotionDraft, MotionKind, SeatDraft, SeatDuty, Vote, decide,
    },
    demo::clerk::{Clerk, sha256},
    error::Result,
    id::{DecisionId, PartyId, TargetId},
    ledger::{Asset, document::EvidenceKind},
    money::Fen,
};

/// The voting seats of a council, as its minutes name them.
const SEATS: [(Constituency, &str); 7] = [
    (Community, "社区席 1"),
    (Residents, "居民席 1"),
    (Residents, "居民席 2"),
    (Residents, "居民席 3"),
    (Donors, "捐赠方席 1"),
    (Donors, "捐赠方席 2"),
    (Street, "街道席 1"),
];

/// How many must sit, as the funds were opened.
const QUORUM: i64 = 4;

/// Members of a leading group.
const LEADING: usize = 5;

fn seat(constituency: Constituency, duty: SeatDuty, name: &str, from_on: NaiveDate) -> SeatDraft {
    let holder = Holder { name: name.into(), principal: None, party: None, from_on, to_on: None };
    SeatDraft { constituency, duty, holder }
}

/// Forms the council of each account, and leading groups of the district and the first streets.
pub async fn form(clerk: &mut Clerk<'_>, places: &Places, accounts: &mut [Account], on: NaiveDate) -> Result<()> {
    for account in accounts.iter_mut() {
        let members = SEATS.iter().map(|(constituency, name)| seat(*constituency, SeatDuty::Member, name, on));
        let draft = CommitteeDraft {
            of: Institution::Fund(account.fund, QUORUM, Majority::Simple),
            kind: CommitteeKind::Council,
            name: format!("{} 基金议事会 · Council of the fund", account.code),
            formed_on: on,
            seats: members.chain([seat(Street, SeatDuty::Supervisor, "监督席 1", on)]).collect(),
        };
        let (tx, by) = clerk.on(on);
        committee::form(tx, by, &draft).await?;
        let seats = committee::store::seats_of_funds(&mut *tx, &[account.fund], on).await?;
        account.seats = seats.iter().filter(|seat| seat.duty == SeatDuty::Member).map(|seat| seat.id).collect();
    }
    let areas = [(places.district, "示范区".to_owned())].into_iter();
    let streets =
        (1..).zip(places.streets.iter().take(accounts.len())).map(|(n, area)| (*area, format!("第 {n} 街道")));
    for (area, name) in areas.chain(streets) {
        let draft = CommitteeDraft {
            of: Institution::Area(area),
            kind: CommitteeKind::LeadingGroup,
            name: format!("{name}社区基金工作领导小组 · Leading group"),
            formed_on: on,
            seats: (1..=LEADING).map(|n| seat(Street, SeatDuty::Member, &format!("成员 {n}"), on)).collect(),
        };
        let (tx, by) = clerk.on(on);
        committee::form(tx, by, &draft).await?;
    }
    Ok(())
}

/// What is to be resolved.
pub struct Question<'q> {
    /// For what.
    pub target: TargetId,
    /// How much.
    pub amount: Fen,
    /// What kind of motion it is.
    pub kind: MotionKind,
    /// What it is known by in the fund.
    pub key: &'q str,
    /// The day.
    pub on: NaiveDate,
}

/// Resolves it seat by seat: a motion, seven ballots, minutes.
pub async fn vote(clerk: &mut Clerk<'_>, account: &Account, ask: &Question<'_>, made: &mut Made) -> Result<DecisionId> {
    let draft = MotionDraft {
        fund: account.fund,
        kind: ask.kind,
        title: format!("{} 拨付 {} 元 · {} yuan", ask.key, ask.amount, ask.amount),
        target: Some(ask.target),
        amount: Some(ask.amount),
        rule: None,
        opened_on: ask.on,
        papers: vec![],
    };
    let key = format!("{}/motion/{}", account.code, ask.key);
    let (tx, by, once) = clerk.once(ask.on, &key, "motionOpen", &draft)?;
    let motion = committee::open(tx, by, &once, &draft).await?.motion;
    for (number, seat) in account.seats.iter().enumerate() {
        let vote = if number == 6 { Vote::Abstain } else { Vote::For };
        committee::cast(tx, by, Cast { motion, seat: *seat, vote }).await?;
    }
    let close = Close {
        motion,
        closed_on: ask.on,
        minutes: "六票赞成,一票弃权。Six for it, one abstained.".into(),
        minutes_sha256: Some(sha256(&key)),
    };
    let (tx, by, once) = clerk.once(ask.on, &format!("{key}/close"), "motionClose", &close)?;
    let decision = committee::close(tx, by, &once, &close).await?.decision;
    made.resolutions += 1;
    Ok(decision.expect("six of seven are a majority"))
}

/// Enters it as it was resolved on paper.
pub async fn paper(
    clerk: &mut Clerk<'_>,
    account: &Account,
    ask: &Question<'_>,
    made: &mut Made,
) -> Result<DecisionId> {
    made.resolutions += 1;
    let draft = DecisionDraft {
        fund: account.fund,
        target: ask.target,
        resolution_number: format!("{}-{}", account.code, made.resolutions),
        amount: ask.amount,
        approved_on: ask.on,
        seats: votes(if made.resolutions.is_multiple_of(7) { Vote::Abstain } else { Vote::For }),
    };
    let key = format!("{}/decision/{}", account.code, ask.key);
    let (tx, by, once) = clerk.once(ask.on, &key, "decisionRecord", &draft)?;
    Ok(decide(tx, by, &once, &draft).await?.decision)
}

/// Moves what was resolved to its target.
pub async fn allocate(
    clerk: &mut Clerk<'_>,
    account: &Account,
    ask: &Question<'_>,
    decision: DecisionId,
) -> Result<()> {
    let memo = format!("{} 拨付 · allocated", ask.key);
    let (asset, amount, effective_on) = (Asset::Cny, ask.amount, ask.on);
    let input = Allocate { decision, asset, amount, effective_on, memo, lots: vec![] };
    let key = format!("{}/allocate/{}", account.code, ask.key);
    let (tx, by, once) = clerk.once(ask.on, &key, "allocationMake", &input)?;
    allocation::allocate(tx, by, &once, &input).await?;
    Ok(())
}

/// What is paid.
pub struct Bill<'b> {
    /// For what.
    pub target: TargetId,
    /// Who is paid.
    pub payee: PartyId,
    /// How much.
    pub amount: Fen,
    /// What was bought.
    pub note: &'b str,
    /// What it is known by in the fund.
    pub key: &'b str,
    /// The day.
    pub on: NaiveDate,
}

/// Pays a bill out of its target's money, with an invoice and a photo.
pub async fn pay(
    clerk: &mut Clerk<'_>,
    account: &Account,
    bill: &Bill<'_>,
    made: &mut Made,
) -> Result<crate::expense::Recorded> {
    let file = |kind, what| {
        let name = format!("{}-{}-{what}", account.code, bill.key);
        crate::expense::Evidence { kind, sha256: sha256(&name), name }
    };
    let input = crate::expense::Record {
        target: bill.target,
        from: crate::expense::PaidFrom::Target,
        asset: Asset::Cny,
        payee: bill.payee,
        purpose: None,
        amount: bill.amount,
        incurred_on: bill.on,
        note: bill.note.into(),
        evidence: vec![file(EvidenceKind::Invoice, "invoice.pdf"), file(EvidenceKind::Photo, "photo.jpg")],
    };
    let key = format!("{}/pay/{}", account.code, bill.key);
    let (tx, by, once) = clerk.once(bill.on, &key, "expenseRecord", &input)?;
    made.expenses += 1;
    crate::expense::record(tx, by, &once, &input).await
}
