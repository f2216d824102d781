//! Agreements in the graph: for who signed them, and for those who keep or oversee the fund's books.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{Agreement as Row, AgreementDraft, AgreementKind, record, store};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{AgreementId, FundId, GlobalId, NodeKind},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    project::{TargetById, TargetNode},
    viewer::{Act, Request},
};

by_id!(/// Agreements by key.
    AgreementById, AgreementId, Row, store::by_ids);
page_of!(/// A page of each fund's agreements.
    AgreementsOfFund, FundId, Row, store::of_funds, |agreement: &Row| agreement.fund_id);
all_of!(/// The projects that each agreement carries.
    ProjectsOfAgreement, AgreementId, store::Carried, store::projects_of, |row: &store::Carried| row.agreement_id);

connection!(AgreementConnection, AgreementEdge, Agreement, "agreements");

/// 共建协议: what a partner unit or the user of a venue signed.
#[derive(Clone, Debug)]
pub struct Agreement(pub Row);

impl From<Row> for Agreement {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

/// 共建协议: what a partner unit or the user of a venue signed.
#[Object]
impl Agreement {
    /// The agreement's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Agreement, self.0.id).into()
    }

    /// The fund it is made with.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Who signed it.
    async fn party(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.party_id).await?.into())
    }

    /// Its number in the fund.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// What it is about.
    async fn kind(&self) -> AgreementKind {
        self.0.kind
    }

    /// Its first day.
    async fn valid_from(&self) -> Date {
        self.0.valid_from.into()
    }

    /// Its last day.
    async fn valid_to(&self) -> Date {
        self.0.valid_to.into()
    }

    /// What was promised, in its own words.
    async fn promises(&self) -> &str {
        &self.0.promises
    }

    /// The share of a venue's income that returns to the fund, in hundredths of a percent; null where none is agreed.
    async fn revenue_basis_points(&self) -> Option<i64> {
        self.0.revenue_bps
    }

    /// The projects it carries.
    async fn projects(&self, ctx: &Context<'_>) -> Result<Vec<TargetNode>> {
        let request = Request::of(ctx);
        let carried = request.load::<ProjectsOfAgreement>(self.0.id).await?.unwrap_or_default();
        let projects = carried.into_iter().map(|one| request.need::<TargetById>(one.project_id));
        futures_util::future::try_join_all(projects).await
    }
}

/// A page of a fund's agreements; for those who keep or oversee the books.
pub async fn agreements_of_fund(request: &Request, fund: &Fund, args: &PageArgs) -> Result<AgreementConnection> {
    request.viewer.must(Act::ReadGiving, &[fund.on()])?;
    let page = Page::new(args, Direction::Asc, &[Key::Int(0)])?;
    let rows = request.load::<AgreementsOfFund>((fund.id, page.clone())).await?.unwrap_or_default();
    Ok(AgreementConnection::new(page.finish(rows, |row| vec![row.id.into()]), None))
}

/// What was signed.
#[derive(InputObject)]
pub struct AgreementRecordInput {
    /// The fund it is made with.
    pub fund_id: GlobalId,
    /// Who signed it.
    pub party_id: GlobalId,
    /// Its number, unique in the fund, at most 100 characters.
    pub number: String,
    /// What it is about.
    pub kind: AgreementKind,
    /// Its first day.
    pub valid_from: Date,
    /// Its last day.
    pub valid_to: Date,
    /// What was promised, in its own words, at most 4000 characters.
    pub promises: String,
    /// Of a venue, the share of its income that returns to the fund, in hundredths of a percent.
    pub revenue_basis_points: Option<i64>,
    /// The projects it carries, 100 at most.
    #[graphql(default)]
    pub project_ids: Vec<GlobalId>,
}

/// What came of recording an agreement.
#[derive(SimpleObject)]
pub struct AgreementRecordPayload {
    /// The agreement; null when it was refused.
    pub agreement: Option<Agreement>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of agreements.
#[derive(Default)]
pub struct AgreementMutation;

#[Object]
impl AgreementMutation {
    /// Records an agreement that was signed. For those who run the community's campaigns and agreements.
    async fn agreement_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was signed, by whom.")] input: AgreementRecordInput,
    ) -> Result<AgreementRecordPayload> {
        let request = Request::of(ctx);
        let project = |id: GlobalId| id.key_of(NodeKind::Project).map(Into::into);
        let draft = AgreementDraft {
            fund: FundId(input.fund_id.key_of(NodeKind::Fund)?),
            party: input.party_id.party()?,
            number: input.number,
            kind: input.kind,
            valid_from: input.valid_from.into(),
            valid_to: input.valid_to.into(),
            promises: input.promises,
            revenue_bps: input.revenue_basis_points,
            projects: input.project_ids.into_iter().map(project).collect::<Result<_>>()?,
        };
        let (done, user_errors) = request.write(async |tx, by| record(tx, by, &draft).await).await?;
        Ok(AgreementRecordPayload { agreement: done.map(Agreement), user_errors })
    }
}
