//! Applications in the graph, with their checks, sheets and objections.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};

use super::super::{
    Application, ApplicationState, Check, CheckOutcome, Conflict, Objection, ObjectionOutcome, Ranked, Round, Score,
    Sight, store,
};
use super::{
    AwardedOf, GrantRoundById, GrantRoundNode, JudgesOf, RankedNode, RankingOf,
    judge::{ConflictNode, JudgeNode, SheetNode},
    sees_scores,
};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::Result,
    id::{GlobalId, GrantApplicationId, GrantRoundId, NodeKind, PartyId, TargetId},
    money::Money,
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs},
    party::{Group, PartyById},
    project::{GrantStage, MicroGrant, TargetById, TargetNode},
    viewer::{Act, Action, Load, On, Request},
};

connection!(GrantApplicationConnection, GrantApplicationEdge, GrantApplicationNode, "applications");

by_id!(/// Applications by key.
    GrantApplicationById, GrantApplicationId, Application, store::applications_by_ids);
narrowed_page_of!(/// A page of the applications in each round.
    ApplicationsOfRound, GrantRoundId, Sight, Application, store::applications_of_rounds,
    |one: &Application| one.round_id);
narrowed_page_of!(/// A page of each group's applications.
    ApplicationsOfGroup, PartyId, Sight, Application, store::applications_of_groups,
    |one: &Application| one.group_id);
all_of!(/// How each application was checked.
    ChecksOf, GrantApplicationId, Check, store::checks_of, |one: &Check| one.application_id);
all_of!(/// What was said against each application.
    ObjectionsOf, GrantApplicationId, Objection, store::objections_of, |one: &Objection| one.application_id);
all_of!(/// What judges gave each application.
    ScoresOf, GrantApplicationId, Score, store::scores_of, |one: &Score| one.application_id);
all_of!(/// Who does not score each application.
    ConflictsOf, GrantApplicationId, Conflict, store::conflicts_of, |one: &Conflict| one.application_id);

/// The application that won each micro-grant.
struct ApplicationOfGrant;

impl Load for ApplicationOfGrant {
    type Key = TargetId;
    type Value = Application;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, Application>> {
        let found = store::applications_of_targets(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().filter_map(|one| Some((one.target_id?, one))).collect())
    }
}

/// The application that won a micro-grant; `None` where it was awarded outside of a round.
pub async fn application_of_grant(request: &Request, grant: TargetId) -> Result<Option<GrantApplicationNode>> {
    Ok(request.load::<ApplicationOfGrant>(grant).await?.map(GrantApplicationNode))
}

fn connection_of(page: &Page, rows: Vec<Application>) -> GrantApplicationConnection {
    GrantApplicationConnection::new(page.finish(rows, |one| vec![one.id.into()]), None)
}

/// A page of the applications in a round that the viewer may read, in the order they came.
pub async fn applications_of_round(
    request: &Request,
    round: GrantRoundId,
    args: &PageArgs,
) -> Result<GrantApplicationConnection> {
    let page = Page::new(args, Direction::Asc, &[Key::Int(0)])?;
    let key = (round, (Sight::of(&request.viewer), page.clone()));
    Ok(connection_of(&page, request.load::<ApplicationsOfRound>(key).await?.unwrap_or_default()))
}

/// A page of a group's applications that the viewer may read, the last first.
pub async fn applications_of_group(
    request: &Request,
    group: PartyId,
    args: &PageArgs,
) -> Result<GrantApplicationConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Int(0)])?;
    let key = (group, (Sight::of(&request.viewer), page.clone()));
    Ok(connection_of(&page, request.load::<ApplicationsOfGroup>(key).await?.unwrap_or_default()))
}

/// Checks that the viewer may read an application: everybody may once it is in a published ranking, before that the
/// group and those who keep or oversee the fund's books.
///
/// # Errors
/// A denial.
pub async fn may_read_application(request: &Request, application: &Application) -> Result<()> {
    let round = request.need::<GrantRoundById>(application.round_id).await?;
    let published = round.state.is_published() && application.state == ApplicationState::Passed;
    if published || request.viewer.may(Act::ReadGiving, On::Party(application.group_id)) {
        return Ok(());
    }
    request.viewer.must(Act::ReadJournal, &[round.on()])
}

/// A group's application in a round of grants.
#[derive(Clone, Debug)]
pub struct GrantApplicationNode(pub Application);

impl From<Application> for GrantApplicationNode {
    fn from(row: Application) -> Self {
        Self(row)
    }
}

impl GrantApplicationNode {
    async fn round_of(&self, request: &Request) -> Result<Round> {
        request.need::<GrantRoundById>(self.0.round_id).await
    }

    async fn rank_of(&self, request: &Request) -> Result<Option<Ranked>> {
        let ranking = request.need::<RankingOf>(self.0.round_id).await?;
        Ok(ranking.iter().find(|one| one.scored.application_id == self.0.id).copied())
    }
}

/// A group's application in a round of grants.
#[Object(name = "GrantApplication")]
impl GrantApplicationNode {
    /// The application's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::GrantApplication, self.0.id).into()
    }

    /// The round.
    async fn round(&self, ctx: &Context<'_>) -> Result<GrantRoundNode> {
        self.round_of(Request::of(ctx)).await.map(GrantRoundNode)
    }

    /// Which group applies.
    async fn group(&self, ctx: &Context<'_>) -> Result<Group> {
        Ok(Group(Request::of(ctx).need::<PartyById>(self.0.group_id).await?))
    }

    /// For which step of the ladder.
    async fn stage(&self) -> GrantStage {
        self.0.stage
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is to be done, how and with whom.
    async fn plan(&self) -> &str {
        &self.0.plan
    }

    /// How much is asked for.
    async fn asked(&self) -> Money {
        self.0.asked.into()
    }

    /// How many residents it is to serve.
    async fn residents(&self) -> i64 {
        self.0.residents
    }

    /// Whether it was checked.
    async fn state(&self) -> ApplicationState {
        self.0.state
    }

    /// The day it was handed in last.
    async fn submitted_on(&self) -> Date {
        self.0.submitted_on
    }

    /// How it was checked, with the reasons; the first first.
    async fn checks(&self, ctx: &Context<'_>) -> Result<Vec<Check>> {
        Ok(Request::of(ctx).load::<ChecksOf>(self.0.id).await?.unwrap_or_default())
    }

    /// Where it stands in the ranking; null for one that is out or has no sheet, and, until the ranking is published,
    /// for those who do not keep or oversee the fund's books.
    async fn ranked(&self, ctx: &Context<'_>) -> Result<Option<RankedNode>> {
        let request = Request::of(ctx);
        if !sees_scores(request, &self.round_of(request).await?) {
            return Ok(None);
        }
        Ok(self.rank_of(request).await?.map(RankedNode))
    }

    /// What the judges gave, a sheet each; empty, until the ranking is published, for those who do not keep or oversee
    /// the fund's books.
    async fn sheets(&self, ctx: &Context<'_>) -> Result<Vec<SheetNode>> {
        let request = Request::of(ctx);
        let round = self.round_of(request).await?;
        if !sees_scores(request, &round) {
            return Ok(vec![]);
        }
        let scores = request.load::<ScoresOf>(self.0.id).await?.unwrap_or_default();
        let judges = request.load::<JudgesOf>(round.id).await?.unwrap_or_default();
        let conflicts = request.load::<ConflictsOf>(self.0.id).await?.unwrap_or_default();
        let sheet = |judge: super::Judge| {
            let own: Vec<Score> = scores.iter().filter(|one| one.judge_id == judge.id).copied().collect();
            let out = judge.party_id == Some(self.0.group_id) || conflicts.iter().any(|one| one.judge_id == judge.id);
            (!own.is_empty()).then(|| SheetNode::new(JudgeNode { judge, round: round.clone() }, own, !out))
        };
        Ok(judges.into_iter().filter_map(sheet).collect())
    }

    /// Which judges do not score it, as was declared.
    async fn conflicts(&self, ctx: &Context<'_>) -> Result<Vec<ConflictNode>> {
        let request = Request::of(ctx);
        let round = self.round_of(request).await?;
        let judges = request.load::<JudgesOf>(round.id).await?.unwrap_or_default();
        let conflicts = request.load::<ConflictsOf>(self.0.id).await?.unwrap_or_default();
        let node = |conflict: Conflict| {
            let judge = judges.iter().find(|judge| judge.id == conflict.judge_id)?.clone();
            Some(ConflictNode { conflict, judge: JudgeNode { judge, round: round.clone() } })
        };
        Ok(conflicts.into_iter().filter_map(node).collect())
    }

    /// What was said against it while the ranking was published; the first first.
    async fn objections(&self, ctx: &Context<'_>) -> Result<Vec<ObjectionNode>> {
        let request = Request::of(ctx);
        let round = self.round_of(request).await?;
        let found = request.load::<ObjectionsOf>(self.0.id).await?.unwrap_or_default();
        Ok(found.into_iter().map(|objection| ObjectionNode { objection, round: round.clone() }).collect())
    }

    /// The micro-grant that it won; null where it has won none.
    async fn micro_grant(&self, ctx: &Context<'_>) -> Result<Option<MicroGrant>> {
        let Some(target) = self.0.target_id else { return Ok(None) };
        match Request::of(ctx).need::<TargetById>(target).await? {
            TargetNode::MicroGrant(grant) => Ok(Some(grant)),
            TargetNode::Project(_) => Ok(None),
        }
    }

    /// What can be done to it next, and whether the viewer may today.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let (viewer, today) = (&request.viewer, request.clock.today());
        let round = self.round_of(request).await?;
        let judges = request.load::<JudgesOf>(round.id).await?.unwrap_or_default();
        let conflicts = request.load::<ConflictsOf>(self.0.id).await?.unwrap_or_default();
        // A sheet is one judge's; it is allowed where the viewer may score for some judge, and else told of the last.
        let mut scoring = viewer.must(Act::Review, &[round.on()]);
        for judge in &judges {
            scoring = judge.may_score(viewer, &round, &self.0, &conflicts);
            if scoring.is_ok() {
                break;
            }
        }
        let ranked = self.rank_of(request).await?;
        let awarded = request.load::<AwardedOf>(round.id).await?.unwrap_or_default();
        let awarding = self.0.may_award(viewer, &round, ranked.as_ref(), awarded).map(drop);
        Ok(vec![
            Action::new(request, "grantApplicationSubmit", None, self.0.may_submit(viewer, &round))?,
            Action::new(request, "grantApplicationCheck", None, self.0.may_check(viewer, &round))?,
            Action::new(request, "scoreSheetSubmit", None, scoring)?,
            Action::new(request, "grantObjectionRecord", None, self.0.may_object(viewer, &round, today))?,
            Action::new(request, "grantApplicationAward", None, awarding)?,
        ])
    }
}

/// A look at an application, with its reason.
#[Object(name = "GrantCheck")]
impl Check {
    /// What came of it.
    async fn outcome(&self) -> CheckOutcome {
        self.outcome
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.reason
    }

    /// The day.
    async fn checked_on(&self) -> Date {
        self.checked_on
    }
}

/// What somebody has against an application while the ranking is published.
pub struct ObjectionNode {
    /// The objection.
    pub objection: Objection,
    /// The round, for who may read it.
    pub round: Round,
}

impl ObjectionNode {
    fn text<'t>(&self, request: &Request, text: &'t str) -> Option<&'t str> {
        request.viewer.may(Act::ReadJournal, self.round.on()).then_some(text)
    }
}

/// What somebody has against an application while the ranking is published.
#[Object(name = "GrantObjection")]
impl ObjectionNode {
    /// The objection's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::GrantObjection, self.objection.id).into()
    }

    /// What is said; null for those who may not read the fund's journal, for it may name somebody.
    async fn objection(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(Request::of(ctx), &self.objection.objection)
    }

    /// The day it was raised.
    async fn raised_on(&self) -> Date {
        self.objection.raised_on
    }

    /// What came of it; null until it is settled.
    async fn outcome(&self) -> Option<ObjectionOutcome> {
        self.objection.outcome
    }

    /// What was answered; null until it is settled, and for those who may not read the fund's journal.
    async fn answer(&self, ctx: &Context<'_>) -> Option<&str> {
        self.text(Request::of(ctx), self.objection.answer.as_deref()?)
    }

    /// The day it was settled; null until then.
    async fn settled_on(&self) -> Option<Date> {
        self.objection.settled_on
    }
}
