//! Rounds of micro-venture grants in the graph: what they are and how they are read.

pub mod apply;
pub mod end;
pub mod judge;
pub mod mutation;
pub mod run;

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;

use super::{Criterion, Judge, ROUND_MOVES, Ranked, Round, RoundFacts, RoundMove, RoundState, rank, store};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::Result,
    fund::{Fund, FundById, Purpose, PurposeById},
    id::{FundId, GlobalId, GrantRoundId, NodeKind},
    money::{Fen, Fraction, Money},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    project::GrantStage,
    ranking::Place,
    viewer::{Act, Action, Load, Request, value_name},
};
use apply::{GrantApplicationById, GrantApplicationConnection, GrantApplicationNode};
use judge::JudgeNode;

connection!(GrantRoundConnection, GrantRoundEdge, GrantRoundNode, "rounds of grants");
connection!(GrantRankingConnection, GrantRankingEdge, RankedNode, "ranked applications");

by_id!(/// Rounds of grants by key.
    GrantRoundById, GrantRoundId, Round, store::rounds_by_ids);
page_of!(/// A page of each fund's rounds.
    RoundsOfFund, FundId, Round, store::rounds_of_funds, |round: &Round| round.fund_id);
all_of!(/// What the judges of each round score by.
    CriteriaOf, GrantRoundId, Criterion, store::criteria_of, |one: &Criterion| one.round_id);
all_of!(/// Who scores in each round.
    JudgesOf, GrantRoundId, Judge, store::judges_of, |one: &Judge| one.round_id);
all_of!(/// The moves of each round.
    MovesOf, GrantRoundId, RoundMove, store::round_moves_of, |one: &RoundMove| one.round_id);
all_of!(/// The steps of the ladder that each round is for.
    StagesOf, GrantRoundId, (GrantRoundId, GrantStage), store::stages_of,
    |(round, _): &(GrantRoundId, GrantStage)| *round);

/// What is known of each round when it is to be moved.
struct FactsOf;

impl Load for FactsOf {
    type Key = GrantRoundId;
    type Value = RoundFacts;

    async fn load(request: &Request, keys: Vec<GrantRoundId>) -> Result<HashMap<GrantRoundId, RoundFacts>> {
        let found = store::round_facts_of(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|facts| (facts.round_id, facts)).collect())
    }
}

/// What was awarded in each round.
struct AwardedOf;

impl Load for AwardedOf {
    type Key = GrantRoundId;
    type Value = Fen;

    async fn load(request: &Request, keys: Vec<GrantRoundId>) -> Result<HashMap<GrantRoundId, Fen>> {
        Ok(store::awarded_of(&mut *request.session().await?, &keys).await?.into_iter().collect())
    }
}

/// The ranking of each round.
struct RankingOf;

impl Load for RankingOf {
    type Key = GrantRoundId;
    type Value = Arc<Vec<Ranked>>;

    async fn load(request: &Request, keys: Vec<GrantRoundId>) -> Result<HashMap<GrantRoundId, Arc<Vec<Ranked>>>> {
        let mut session = request.session().await?;
        let rounds = store::rounds_by_ids(&mut *session, &keys).await?;
        let scored = store::scored_of(&mut *session, &keys).await?;
        let ranking = |round: &Round| {
            let own: Vec<_> = scored.iter().filter(|one| one.round_id == round.id).copied().collect();
            (round.id, Arc::new(rank(&own, round.budget)))
        };
        Ok(rounds.iter().map(ranking).collect())
    }
}

/// Whether the viewer may read what judges gave: everybody may once the ranking is published.
fn sees_scores(request: &Request, round: &Round) -> bool {
    round.state.is_published() || request.viewer.may(Act::ReadJournal, round.on())
}

/// A page of a fund's rounds, the last opened first: open to the public.
pub async fn rounds_of_fund(request: &Request, fund: FundId, args: &PageArgs) -> Result<GrantRoundConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?;
    let rows = request.load::<RoundsOfFund>((fund, page.clone())).await?.unwrap_or_default();
    let key = |round: &Round| vec![Key::Date(round.opened_on.0), round.id.into()];
    Ok(GrantRoundConnection::new(page.finish(rows, key), None))
}

/// A fund's call for applications to micro-grants, from its text to the last award (公益微创投).
#[derive(Clone, Debug)]
pub struct GrantRoundNode(pub Round);

impl From<Round> for GrantRoundNode {
    fn from(row: Round) -> Self {
        Self(row)
    }
}

/// A fund's call for applications to micro-grants, from its text to the last award (公益微创投).
#[Object(name = "GrantRound")]
impl GrantRoundNode {
    /// The round's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::GrantRound, self.0.id).into()
    }

    /// Whose money it awards.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// What the grants are for.
    async fn purpose(&self, ctx: &Context<'_>) -> Result<Purpose> {
        Request::of(ctx).need::<PurposeById>(self.0.purpose_id).await
    }

    /// Its short name within the fund.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is called for.
    async fn call_text(&self) -> &str {
        &self.0.call_text
    }

    /// The most that all its awards come to.
    async fn budget(&self) -> Money {
        self.0.budget.into()
    }

    /// The most of one award.
    async fn grant_max(&self) -> Money {
        self.0.grant_max.into()
    }

    /// What was awarded so far.
    async fn awarded(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Request::of(ctx).load::<AwardedOf>(self.0.id).await?.unwrap_or_default().into())
    }

    /// The steps of the ladder that it is for.
    async fn stages(&self, ctx: &Context<'_>) -> Result<Vec<GrantStage>> {
        let found = Request::of(ctx).load::<StagesOf>(self.0.id).await?.unwrap_or_default();
        Ok(found.into_iter().map(|(_, stage)| stage).collect())
    }

    /// What judges score by; 20 at most.
    async fn criteria(&self, ctx: &Context<'_>) -> Result<Vec<Criterion>> {
        Ok(Request::of(ctx).load::<CriteriaOf>(self.0.id).await?.unwrap_or_default())
    }

    /// Who scores; 30 at most.
    async fn judges(&self, ctx: &Context<'_>) -> Result<Vec<JudgeNode>> {
        let found = Request::of(ctx).load::<JudgesOf>(self.0.id).await?.unwrap_or_default();
        Ok(found.into_iter().map(|judge| JudgeNode { judge, round: self.0.clone() }).collect())
    }

    /// The last day of applications.
    async fn closes_on(&self) -> Date {
        self.0.closes_on
    }

    /// How many days objections are taken once the ranking is published.
    async fn objection_days(&self) -> i64 {
        self.0.objection_days
    }

    /// The last day of objections; null until the ranking is published.
    async fn objections_to(&self) -> Option<Date> {
        self.0.objections_to
    }

    /// How far it is.
    async fn state(&self) -> RoundState {
        self.0.state
    }

    /// The day its call was published.
    async fn opened_on(&self) -> Date {
        self.0.opened_on
    }

    /// The day its state last changed.
    async fn moved_on(&self) -> Date {
        self.0.moved_on
    }

    /// How it came to its state, oldest move first.
    async fn moves(&self, ctx: &Context<'_>) -> Result<Vec<RoundMove>> {
        Ok(Request::of(ctx).load::<MovesOf>(self.0.id).await?.unwrap_or_default())
    }

    /// The applications in the order they came: until the ranking is published a group's own for its representative,
    /// and all for those who keep or oversee the fund's books; after that the ones that passed the check for everybody.
    async fn applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<GrantApplicationConnection> {
        apply::applications_of_round(Request::of(ctx), self.0.id, &PageArgs { first, after, last, before }).await
    }

    /// The applications by their scores, the best first; null until it is published for those who do not keep or
    /// oversee the fund's books.
    async fn ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Option<GrantRankingConnection>> {
        let request = Request::of(ctx);
        if !sees_scores(request, &self.0) {
            return Ok(None);
        }
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0), Key::Int(0)])?;
        let ranking = request.need::<RankingOf>(self.0.id).await?;
        let key = |one: &Ranked| vec![Key::Int(one.rank), one.scored.application_id.into()];
        Ok(Some(GrantRankingConnection::new(page.pick(ranking.iter().copied(), key), None)))
    }

    /// What can be done to it next, and whether the viewer may today.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let facts = request.need::<FactsOf>(self.0.id).await?;
        let today = request.clock.today();
        let onward = ROUND_MOVES.iter().filter(|(from, ..)| *from == self.0.state);
        let action = |to: RoundState| {
            let outcome = self.0.may_move(&request.viewer, facts, to, today);
            Action::new(request, "grantRoundAdvance", Some(value_name(to)), outcome)
        };
        onward.map(|(_, to, ..)| action(*to)).collect()
    }
}

/// What judges score by.
#[Object(name = "GrantCriterion")]
impl Criterion {
    /// Its number in the round, from 1.
    async fn number(&self) -> i64 {
        self.criterion_no
    }

    /// What is judged.
    async fn name(&self) -> &str {
        &self.name
    }

    /// How many times a score counts.
    async fn weight(&self) -> i64 {
        self.weight
    }

    /// The largest score.
    async fn score_max(&self) -> i64 {
        self.score_max
    }
}

/// An application in the ranking of its round.
#[derive(Clone, Copy, Debug)]
pub struct RankedNode(Ranked);

impl From<Ranked> for RankedNode {
    fn from(ranked: Ranked) -> Self {
        Self(ranked)
    }
}

/// An application in the ranking of its round.
#[Object(name = "GrantRanked")]
impl RankedNode {
    /// 1 for the best; those with the same mean share a rank.
    async fn rank(&self) -> i64 {
        self.0.rank
    }

    /// How many share the rank.
    async fn alike(&self) -> i64 {
        self.0.alike
    }

    /// The mean of its sheets: all scores times their weights, added up, for each sheet.
    async fn mean(&self) -> Option<Fraction> {
        self.0.mean()
    }

    /// How many sheets count.
    async fn sheets(&self) -> i64 {
        self.0.scored.sheets
    }

    /// Where it stands against the round's budget.
    async fn place(&self) -> Place {
        self.0.place
    }

    /// The application.
    async fn application(&self, ctx: &Context<'_>) -> Result<GrantApplicationNode> {
        let id = self.0.scored.application_id;
        Request::of(ctx).need::<GrantApplicationById>(id).await.map(GrantApplicationNode)
    }
}
