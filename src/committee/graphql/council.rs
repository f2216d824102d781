//! Committees, their seats and rules in the graph.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};

use super::super::{
    Committee, CommitteeDraft, CommitteeKind, CommitteeSeat, Constituency, Decision, Holder, Institution, Majority,
    Rule, SeatDraft, SeatDuty, fill, form, store,
};
use super::DecisionById;
use crate::{
    all_of,
    area::{Area, AreaById},
    by_id,
    clock::Date,
    error::Result,
    fund::{Fund, FundById},
    id::{AreaId, CommitteeId, FundId, GlobalId, NodeKind, SeatId},
    party::{PartyById, PartyNode},
    payloads,
    viewer::{Act, Load, On, Request},
};

by_id!(/// Committees by key.
    CommitteeById, CommitteeId, Committee, store::committees_by_ids);
all_of!(/// The rules of each fund, in the order they began.
    RulesOf, FundId, Rule, store::rules_of, |rule: &Rule| rule.fund_id);

/// The committee of each fund.
struct CommitteeOfFund;

impl Load for CommitteeOfFund {
    type Key = FundId;
    type Value = Committee;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, Committee>> {
        let found = store::committees_of_funds(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().filter_map(|one| Some((one.fund_id?, one))).collect())
    }
}

/// The leading group of each area.
struct LeadingGroupOf;

impl Load for LeadingGroupOf {
    type Key = AreaId;
    type Value = Committee;

    async fn load(request: &Request, keys: Vec<AreaId>) -> Result<HashMap<AreaId, Committee>> {
        let found = store::leading_groups(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|one| (one.area_id, one)).collect())
    }
}

/// The seats of each committee, as they are held today.
struct SeatsOfCommittee;

impl Load for SeatsOfCommittee {
    type Key = CommitteeId;
    type Value = Vec<CommitteeSeat>;

    async fn load(request: &Request, keys: Vec<CommitteeId>) -> Result<HashMap<CommitteeId, Vec<CommitteeSeat>>> {
        let mut found: HashMap<CommitteeId, Vec<CommitteeSeat>> = HashMap::new();
        let today = request.clock.today();
        for seat in store::seats_of_committees(&mut *request.session().await?, &keys, today).await? {
            found.entry(seat.committee_id).or_default().push(seat);
        }
        Ok(found)
    }
}

/// Seats by key, as they are held today.
pub struct SeatById;

impl Load for SeatById {
    type Key = SeatId;
    type Value = CommitteeSeat;

    async fn load(request: &Request, keys: Vec<SeatId>) -> Result<HashMap<SeatId, CommitteeSeat>> {
        let found = store::seats_by_ids(&mut *request.session().await?, &keys, request.clock.today()).await?;
        Ok(found.into_iter().map(|seat| (seat.id, seat)).collect())
    }
}

/// The committee of a fund.
pub async fn committee_of_fund(ctx: &Context<'_>, fund: FundId) -> Result<Option<Committee>> {
    Request::of(ctx).load::<CommitteeOfFund>(fund).await
}

/// The leading group of an area.
pub async fn leading_group_of_area(ctx: &Context<'_>, area: AreaId) -> Result<Option<Committee>> {
    Request::of(ctx).load::<LeadingGroupOf>(area).await
}

/// How a fund decides, from its opening to today and what is set for later.
pub async fn rules_of_fund(ctx: &Context<'_>, fund: &Fund) -> Result<Vec<RuleNode>> {
    let set = Request::of(ctx).load::<RulesOf>(fund.id).await?.unwrap_or_default();
    Ok(std::iter::once(Rule::opening(fund)).chain(set).map(RuleNode).collect())
}

/// A body that decides on a fund's money, or oversees the funds of an area; unpaid.
#[Object]
impl Committee {
    /// The committee's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Committee, self.id).into()
    }

    /// What kind of body it is.
    async fn kind(&self) -> CommitteeKind {
        self.kind
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.name
    }

    /// The day it was formed.
    async fn formed_on(&self) -> Date {
        self.formed_on
    }

    /// The fund it decides on; null for a leading group.
    async fn fund(&self, ctx: &Context<'_>) -> Option<Result<Fund>> {
        Some(Request::of(ctx).need::<FundById>(self.fund_id?).await)
    }

    /// The area it is of.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.area_id).await
    }

    /// Its seats, as they are held today; 99 at most.
    async fn seats(&self, ctx: &Context<'_>) -> Result<Vec<CommitteeSeat>> {
        Ok(Request::of(ctx).load::<SeatsOfCommittee>(self.id).await?.unwrap_or_default())
    }
}

/// A seat of a committee, as it is held today.
#[Object]
impl CommitteeSeat {
    /// The seat's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::CommitteeSeat, self.id).into()
    }

    /// Its number, from 1.
    async fn seat_no(&self) -> i64 {
        self.seat_no
    }

    /// For whom it is held.
    async fn constituency(&self) -> Constituency {
        self.constituency
    }

    /// Whether it votes or watches.
    async fn duty(&self) -> SeatDuty {
        self.duty
    }

    /// Who holds it, as the minutes name them; null while it is vacant, and for those who may not read the fund's
    /// journal.
    async fn holder(&self, ctx: &Context<'_>) -> Option<&str> {
        let on = self.fund_id.map_or(On::Area(&self.area_path), |fund| On::Fund(fund, &self.area_path));
        let may = Request::of(ctx).viewer.may(Act::ReadJournal, on);
        self.holder.as_deref().filter(|_| may)
    }

    /// Whether anybody holds it today.
    async fn held(&self) -> bool {
        self.holder.is_some()
    }

    /// The unit that its holder is of; null where none was named.
    async fn party(&self, ctx: &Context<'_>) -> Option<Result<PartyNode>> {
        Some(Request::of(ctx).need::<PartyById>(self.party_id?).await.map(Into::into))
    }

    /// The first day of the holder's term; null while it is vacant.
    async fn from(&self) -> Option<Date> {
        self.from_on
    }

    /// The last day of the holder's term; null while it is vacant, and for a term without an end.
    async fn to(&self) -> Option<Date> {
        self.to_on
    }
}

/// How a fund decides, from a day on.
pub struct RuleNode(Rule);

/// How a fund decides, from a day on.
#[Object(name = "CommitteeRule")]
impl RuleNode {
    /// How many voting seats there are.
    async fn seats(&self) -> i64 {
        self.0.seats
    }

    /// How many must sit for a motion to be decided.
    async fn quorum(&self) -> i64 {
        self.0.quorum
    }

    /// How many of those must vote for it.
    async fn majority(&self) -> Majority {
        self.0.majority
    }

    /// The first day it holds.
    async fn valid_from(&self) -> Date {
        self.0.valid_from
    }

    /// The resolution that set it; null for what the fund or the committee began with.
    async fn decision(&self, ctx: &Context<'_>) -> Option<Result<Decision>> {
        Some(Request::of(ctx).need::<DecisionById>(self.0.decision_id?).await)
    }
}

/// Who holds a seat, and for how long.
#[derive(InputObject)]
pub struct SeatHolderInput {
    /// As the minutes name them, at most 100 characters.
    pub name: String,
    /// The name of the principal who votes for the seat with a token of their own; left out, members of the
    /// committee enter its ballots.
    pub principal: Option<String>,
    /// The unit they are of: what it gives or receives is not theirs to decide on.
    pub party_id: Option<GlobalId>,
    /// The first day of the term.
    pub from: Date,
    /// The last day of the term; left out for no end.
    pub to: Option<Date>,
}

impl SeatHolderInput {
    fn read(self) -> Result<Holder> {
        Ok(Holder {
            name: self.name,
            principal: self.principal,
            party: self.party_id.map(GlobalId::party).transpose()?,
            from_on: self.from.into(),
            to_on: self.to.map(Into::into),
        })
    }
}

/// A seat of a committee that is formed.
#[derive(InputObject)]
pub struct CommitteeSeatInput {
    /// For whom it is held.
    pub constituency: Constituency,
    /// Whether it votes; it does unless said otherwise.
    #[graphql(default)]
    pub duty: SeatDuty,
    /// Who holds it first.
    pub holder: SeatHolderInput,
}

/// What a fund's committee or council is formed from.
#[derive(InputObject)]
pub struct CommitteeFormInput {
    /// The fund it decides on, which has none.
    pub fund_id: GlobalId,
    /// COMMITTEE with an odd number of voting seats, 5 or more; COUNCIL with 7.
    pub kind: CommitteeKind,
    /// What it is called, at most 200 characters.
    pub name: String,
    /// The day it is formed, not to come.
    pub formed_on: Date,
    /// How many must sit for a motion to be decided, at most as many as vote.
    pub quorum: i64,
    /// How many of those must vote for it.
    #[graphql(default)]
    pub majority: Majority,
    /// Its seats in their order, at least one of them a supervisor's; 99 at most.
    pub seats: Vec<CommitteeSeatInput>,
}

/// What an area's leading group is formed from.
#[derive(InputObject)]
pub struct LeadingGroupFormInput {
    /// The street or district whose funds it oversees, which has none.
    pub area_id: GlobalId,
    /// What it is called, at most 200 characters.
    pub name: String,
    /// The day it is formed, not to come.
    pub formed_on: Date,
    /// Its seats in their order; 1 to 99.
    pub seats: Vec<CommitteeSeatInput>,
}

fn seats(inputs: Vec<CommitteeSeatInput>) -> Result<Vec<SeatDraft>> {
    let seat = |seat: CommitteeSeatInput| -> Result<SeatDraft> {
        Ok(SeatDraft { constituency: seat.constituency, duty: seat.duty, holder: seat.holder.read()? })
    };
    inputs.into_iter().map(seat).collect()
}

payloads! { committee: Committee, "committee";
    /// What came of forming a fund's committee.
    CommitteeFormPayload
    /// What came of forming a leading group.
    LeadingGroupFormPayload
}

/// Who takes a seat.
#[derive(InputObject)]
pub struct SeatFillInput {
    /// The seat.
    pub seat_id: GlobalId,
    /// Who holds it, from the day after the term before.
    pub holder: SeatHolderInput,
}

payloads! { seat: CommitteeSeat, "seat, as it is held today";
    /// What came of filling a seat.
    SeatFillPayload
}

/// Mutations of committees' seats.
#[derive(Default)]
pub struct SeatMutation;

#[Object]
impl SeatMutation {
    /// Forms a fund's committee or council with its seats; from that day the fund decides by its quorum and
    /// majority. For host and street officers.
    async fn committee_form(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is formed.")] input: CommitteeFormInput,
    ) -> Result<CommitteeFormPayload> {
        let fund = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let draft = CommitteeDraft {
            of: Institution::Fund(fund, input.quorum, input.majority),
            kind: input.kind,
            name: input.name,
            formed_on: input.formed_on.into(),
            seats: seats(input.seats)?,
        };
        Ok(Request::of(ctx).write(async |tx, by| form(tx, by, &draft).await).await?.into())
    }

    /// Forms the leading group of a street or district, which oversees the funds below it. For host and street
    /// officers.
    async fn leading_group_form(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is formed.")] input: LeadingGroupFormInput,
    ) -> Result<LeadingGroupFormPayload> {
        let draft = CommitteeDraft {
            of: Institution::Area(AreaId(input.area_id.key_of(NodeKind::Area)?)),
            kind: CommitteeKind::LeadingGroup,
            name: input.name,
            formed_on: input.formed_on.into(),
            seats: seats(input.seats)?,
        };
        Ok(Request::of(ctx).write(async |tx, by| form(tx, by, &draft).await).await?.into())
    }

    /// Gives a seat to somebody from a day on; the term of whoever holds it ends on the day before. For host and
    /// street officers.
    async fn seat_fill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seat, and who.")] input: SeatFillInput,
    ) -> Result<SeatFillPayload> {
        let seat = SeatId(input.seat_id.key_of(NodeKind::CommitteeSeat)?);
        let holder = input.holder.read()?;
        Ok(Request::of(ctx).write(async |tx, by| fill(tx, by, seat, &holder).await).await?.into())
    }
}
