//! Publications in the graph.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;
use serde_json::Value;

use super::{
    Disclosure, DisclosureDraft, DisclosureState, MOVES, NOTICE_DAYS, approve, check, correct, draft, publish,
    snapshot,
    store::{self, Which},
};
use crate::{
    by_id,
    clock::Date,
    connection,
    db::Tx,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{DisclosureId, FundId, GlobalId, NodeKind, TargetId},
    money::{Fen, Money},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    payloads,
    project::{Project, TargetById, TargetNode},
    viewer::{Act, Action, By, Load, On, Request, value_name},
};

connection!(DisclosureConnection, DisclosureEdge, DisclosureNode, "publications");

by_id!(/// Publications by key.
    DisclosureById, DisclosureId, Disclosure, store::by_ids);
narrowed_page_of!(/// A page of what is published of each fund.
    DisclosuresOfFund, FundId, Which, Disclosure, store::of_funds, |one: &Disclosure| one.fund_id);
narrowed_page_of!(/// A page of what is published of each project by itself.
    DisclosuresOfProject, TargetId, Which, Disclosure, store::of_projects,
    |one: &Disclosure| one.project_id.expect("it was found by its project"));

/// What corrects each publication.
struct CorrectionOf;

impl Load for CorrectionOf {
    type Key = DisclosureId;
    type Value = Disclosure;

    async fn load(request: &Request, keys: Vec<DisclosureId>) -> Result<HashMap<DisclosureId, Disclosure>> {
        let found = store::corrections_of(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().filter_map(|one| Some((one.corrects_id?, one))).collect())
    }
}

fn which(request: &Request, on: On<'_>) -> Which {
    if request.viewer.may(Act::ReadJournal, on) { Which::All } else { Which::Published }
}

fn latest(args: &PageArgs) -> Result<Page> {
    Ok(Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?)
}

fn connection_of(page: &Page, rows: Vec<Disclosure>) -> DisclosureConnection {
    let key = |one: &Disclosure| vec![Key::Date(one.period_to), one.id.into()];
    DisclosureConnection::new(page.finish(rows, key), None)
}

/// A page of what is published of a fund and its projects, the last period first.
pub async fn disclosures_of_fund(request: &Request, fund: &Fund, args: &PageArgs) -> Result<DisclosureConnection> {
    let page = latest(args)?;
    let key = (fund.id, (which(request, fund.on()), page.clone()));
    let rows = request.load::<DisclosuresOfFund>(key).await?.unwrap_or_default();
    Ok(connection_of(&page, rows))
}

/// A page of what is published of a project by itself, the last period first.
pub async fn disclosures_of_project(
    request: &Request,
    project: &Project,
    args: &PageArgs,
) -> Result<DisclosureConnection> {
    let page = latest(args)?;
    let key = (project.id, (which(request, project.on()), page.clone()));
    let rows = request.load::<DisclosuresOfProject>(key).await?.unwrap_or_default();
    Ok(connection_of(&page, rows))
}

/// What is published, or is to be, of a fund or project for a period; unalterable once it is published.
#[derive(Clone, Debug)]
pub struct DisclosureNode(pub Disclosure);

impl From<Disclosure> for DisclosureNode {
    fn from(row: Disclosure) -> Self {
        Self(row)
    }
}

impl DisclosureNode {
    fn total(&self, name: &str) -> Money {
        let totals = snapshot::totals_of(&self.0.snapshot);
        let amount = totals.get(name).and_then(Value::as_str).and_then(|text| text.parse::<Fen>().ok());
        amount.unwrap_or_default().into()
    }

    /// The publication, where the viewer may read it: what is not published is for those who keep or oversee the books.
    pub fn visible(row: Disclosure, request: &Request) -> Result<Self> {
        if row.state != DisclosureState::Published {
            request.viewer.must(Act::ReadJournal, &[row.on()])?;
        }
        Ok(Self(row))
    }
}

/// What is published, or is to be, of a fund or project for a period; unalterable once it is published.
#[Object(name = "Disclosure")]
impl DisclosureNode {
    /// The publication's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Disclosure, self.0.id).into()
    }

    /// Whose books it is from.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// The project it is about; null for the whole fund.
    async fn project(&self, ctx: &Context<'_>) -> Option<Result<Project>> {
        let project = self.0.project_id?;
        let found = async {
            match Request::of(ctx).need::<TargetById>(project).await? {
                TargetNode::Project(project) => Ok(Some(project)),
                TargetNode::MicroGrant(_) => Ok(None),
            }
        };
        found.await.transpose()
    }

    /// The first day of its period.
    async fn from(&self) -> Date {
        self.0.period_from.into()
    }

    /// The last day of its period.
    async fn to(&self) -> Date {
        self.0.period_to.into()
    }

    /// How far it is.
    async fn state(&self) -> DisclosureState {
        self.0.state
    }

    /// What it is published under, with numbers that have no gaps in the fund's year; null until then.
    async fn number(&self) -> Option<&str> {
        self.0.number.as_deref()
    }

    /// Its text as canonical JSON: income by giver (residents masked), use, progress, resolutions, musts.
    async fn snapshot(&self) -> &str {
        &self.0.snapshot
    }

    /// The SHA-256 digest of the text, in hexadecimal; null until it is published.
    async fn digest(&self) -> Option<&str> {
        self.0.digest.as_deref()
    }

    /// Where the text is downloaded from this server; null until it is published.
    async fn path(&self) -> Option<String> {
        self.0.number.as_deref().map(|number| format!("/disclosures/{number}.json"))
    }

    /// What there was when its period began.
    async fn opening(&self) -> Money {
        self.total("opening")
    }

    /// What came in.
    async fn received(&self) -> Money {
        self.total("received")
    }

    /// What was spent.
    async fn spent(&self) -> Money {
        self.total("spent")
    }

    /// What there was when its period ended.
    async fn closing(&self) -> Money {
        self.total("closing")
    }

    /// What the fund says of it; may be empty.
    async fn remarks(&self) -> &str {
        &self.0.remarks
    }

    /// The publication that this one corrects; null for one of its own.
    async fn corrects(&self, ctx: &Context<'_>) -> Option<Result<DisclosureNode>> {
        Some(Request::of(ctx).need::<DisclosureById>(self.0.corrects_id?).await.map(DisclosureNode))
    }

    /// Why it corrects another; null for one of its own.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The publication that corrects this one; null while it stands.
    async fn corrected_by(&self, ctx: &Context<'_>) -> Option<Result<DisclosureNode>> {
        Request::of(ctx).load::<CorrectionOf>(self.0.id).await.map(|row| row.map(DisclosureNode)).transpose()
    }

    /// The day it was drafted.
    async fn drafted_on(&self) -> Date {
        self.0.drafted_on
    }

    /// The day it was published, the first of its notice (公示期); null until then.
    async fn published_on(&self) -> Option<Date> {
        self.0.published_on
    }

    /// The last day of its notice, on which objections are taken; null until it is published.
    async fn notice_to(&self) -> Option<Date> {
        self.0.notice_to
    }

    /// What can be done to it next, and whether the viewer may; what the books say by then is looked at when it is done.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let mut actions = vec![];
        for (_, to, _) in MOVES {
            let name = match to {
                DisclosureState::Checked => "disclosureCheck",
                DisclosureState::Approved => "disclosureApprove",
                _ => "disclosurePublish",
            };
            let outcome = self.0.may_move(&request.viewer, *to);
            actions.push(Action::new(request, name, Some(value_name(*to)), outcome)?);
        }
        let corrected = request.load::<CorrectionOf>(self.0.id).await?.and_then(|one| one.number);
        let outcome = self.0.may_correct(&request.viewer, corrected.as_deref());
        actions.push(Action::new(request, "disclosureCorrect", None, outcome)?);
        Ok(actions)
    }
}

/// Queries about publications.
#[derive(Default)]
pub struct DisclosureQuery;

#[Object]
impl DisclosureQuery {
    /// What is published under this number; null where nothing is.
    async fn disclosure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of the publication.")] number: String,
    ) -> Option<Result<DisclosureNode>> {
        let found = async { Ok(store::by_number(&mut *Request::of(ctx).session().await?, &number).await?) };
        found.await.map(|row| row.map(DisclosureNode)).transpose()
    }
}

/// What is to be published.
#[derive(InputObject)]
pub struct DisclosureDraftInput {
    /// Whose books.
    pub fund_id: GlobalId,
    /// The project; left out for the whole fund.
    pub project_id: Option<GlobalId>,
    /// The period, both days included, ended.
    pub period: PeriodInput,
    /// What the fund says of it, in at most 2000 characters: for instance why a must is not kept.
    #[graphql(default)]
    pub remarks: String,
}

/// Which draft is checked.
#[derive(InputObject)]
pub struct DisclosureCheckInput {
    /// The draft.
    pub disclosure_id: GlobalId,
}

/// What is approved.
#[derive(InputObject)]
pub struct DisclosureApproveInput {
    /// The publication, which was checked.
    pub disclosure_id: GlobalId,
}

/// What is published, and for how long objections are taken.
#[derive(InputObject)]
pub struct DisclosurePublishInput {
    /// The publication, which is approved.
    pub disclosure_id: GlobalId,
    /// Days of notice, today included; 5 to 90, 7 where it is left out.
    pub notice_days: Option<i64>,
}

/// What is corrected, and why.
#[derive(InputObject)]
pub struct DisclosureCorrectInput {
    /// The publication that is wrong.
    pub disclosure_id: GlobalId,
    /// Why, in at most 2000 characters.
    pub reason: String,
    /// What the fund says of it, in at most 2000 characters.
    #[graphql(default)]
    pub remarks: String,
}

payloads! { disclosure: DisclosureNode, "publication";
    /// What came of drafting a publication.
    DisclosureDraftPayload
    /// What came of checking a draft.
    DisclosureCheckPayload
    /// What came of approving a publication.
    DisclosureApprovePayload
    /// What came of publishing.
    DisclosurePublishPayload
    /// What came of drafting a correction.
    DisclosureCorrectPayload
}

async fn write<P: From<(Option<DisclosureNode>, Vec<UserError>)>>(
    ctx: &Context<'_>,
    work: impl AsyncFnOnce(&mut Tx, By<'_>) -> Result<Disclosure> + Clone,
) -> Result<P> {
    let (disclosure, user_errors) = Request::of(ctx).write(work).await?;
    Ok((disclosure.map(DisclosureNode), user_errors).into())
}

fn key(id: GlobalId) -> Result<DisclosureId> {
    Ok(DisclosureId(id.key_of(NodeKind::Disclosure)?))
}

/// Mutations of publications.
#[derive(Default)]
pub struct DisclosureMutation;

#[Object]
impl DisclosureMutation {
    /// Drafts what is to be published from the books as they stand; a draft of the same is written anew. For staff of
    /// the fund.
    async fn disclosure_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is drafted, for which period.")] input: DisclosureDraftInput,
    ) -> Result<DisclosureDraftPayload> {
        let project = input.project_id.map(|id| id.key_of(NodeKind::Project)).transpose()?.map(TargetId);
        let wanted = DisclosureDraft {
            fund: FundId(input.fund_id.key_of(NodeKind::Fund)?),
            project,
            from: input.period.from.into(),
            to: input.period.to.into(),
            remarks: input.remarks,
        };
        write(ctx, async |tx, by| draft(tx, by, &wanted).await).await
    }

    /// Checks a draft: its sums against the books, the five musts, and that it names no private person. For staff of
    /// the fund.
    async fn disclosure_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: DisclosureCheckInput,
    ) -> Result<DisclosureCheckPayload> {
        let id = key(input.disclosure_id)?;
        write(ctx, async |tx, by| check(tx, by, id).await).await
    }

    /// Approves what was checked. For committee members, street and host officers.
    async fn disclosure_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which publication.")] input: DisclosureApproveInput,
    ) -> Result<DisclosureApprovePayload> {
        let id = key(input.disclosure_id)?;
        write(ctx, async |tx, by| approve(tx, by, id).await).await
    }

    /// Publishes what was approved: from now on it has a number and a digest, and does not change. For staff of the
    /// fund.
    async fn disclosure_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which publication, and for how long objections are taken.")] input: DisclosurePublishInput,
    ) -> Result<DisclosurePublishPayload> {
        let id = key(input.disclosure_id)?;
        let days = input.notice_days.unwrap_or(NOTICE_DAYS);
        write(ctx, async |tx, by| publish(tx, by, id, days).await).await
    }

    /// Drafts a correction of what is published, which names it and says why; it goes the same way to its own
    /// publication. For staff of the fund.
    async fn disclosure_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which publication is wrong, and why.")] input: DisclosureCorrectInput,
    ) -> Result<DisclosureCorrectPayload> {
        let id = key(input.disclosure_id)?;
        write(ctx, async |tx, by| correct(tx, by, id, &input.reason, &input.remarks).await).await
    }
}
