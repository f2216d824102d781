//! Any object by its id, as Relay wants it, and who is asking.
//!
//! A node is checked here like a node reached through an edge: what the viewer may not read is refused,
//! and what does not exist is null.

use async_graphql::{Context, ID, Interface, Object, SimpleObject};

use crate::{
    agreement::graphql::{Agreement, AgreementById},
    allocation::graphql::{Allocation, AllocationById},
    area::{Area, AreaById},
    bank::graphql::{BankLineById, BankLineNode, BankMatchById, BankMatchNode, must_read_bank},
    campaign::graphql::{Campaign, CampaignById},
    committee::{Committee, CommitteeById, CommitteeSeat, Decision, DecisionById, Motion, MotionById, SeatById},
    contest::{ContestById, ContestNode, ContestProposalById, ContestProposalNode},
    contribution::graphql::{
        Contribution, ContributionById, Refund, RefundById, must_read_contribution, must_read_refund,
    },
    disclosure::{DisclosureById, DisclosureNode},
    error::{Error, Result},
    expense::graphql::{Expense, ExpenseById},
    fund::{Fund, FundById, Host, HostById, Purpose, PurposeById},
    grant::graphql::{
        GrantRoundById, GrantRoundNode,
        apply::{GrantApplicationById, GrantApplicationNode, may_read_application},
    },
    id::{
        AgreementId, AreaId, BankLineId, BankMatchId, CampaignId, CommitteeId, ContestId, ContestProposalId,
        DecisionId, DisclosureId, DueId, EntryId, ExpenseId, FundId, GlobalId, GrantApplicationId, GrantRoundId,
        HostId, ImportJobId, LotId, MotionId, NodeKind, PartyId, PledgeId, PurposeId, ReceiptId, RefundId,
        RelatedPartyId, SalesReportId, SeatId, TargetId,
    },
    import::graphql::{ImportJob, import_by_id},
    ledger::graphql::{EntryById, EntryNode, LotById, LotNode, must_read_giving},
    party::{Department, Group, Merchant, PartnerUnit, PartyById, PartyNode, Resident, SocialOrganization},
    pledge::graphql::{
        Pledge, PledgeById,
        due::{Due, DueById},
    },
    project::{MicroGrant, Project, TargetById, TargetNode},
    related::graphql::{RelatedPartyById, RelatedPartyNode},
    sales::graphql::{SalesReport, SalesReportById},
    viewer::{Act, Held, Request, Role},
};

/// An object with an id, which `node` finds again.
#[derive(Interface)]
#[graphql(field(name = "id", method = "global_id", ty = "ID", desc = "The object's id: opaque, the same for life."))]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum Node {
    Area(Area),
    Host(Host),
    Fund(Fund),
    Purpose(Purpose),
    PartnerUnit(PartnerUnit),
    Merchant(Merchant),
    Group(Group),
    Department(Department),
    SocialOrganization(SocialOrganization),
    Resident(Resident),
    Project(Project),
    MicroGrant(MicroGrant),
    Agreement(Agreement),
    Campaign(Campaign),
    Pledge(Pledge),
    Due(Due),
    SalesReport(SalesReport),
    Contribution(Contribution),
    Lot(LotNode),
    Committee(Committee),
    CommitteeSeat(CommitteeSeat),
    Motion(Motion),
    Decision(Decision),
    Disclosure(DisclosureNode),
    Contest(ContestNode),
    ContestProposal(ContestProposalNode),
    GrantRound(GrantRoundNode),
    GrantApplication(GrantApplicationNode),
    Allocation(Allocation),
    Expense(Expense),
    Refund(Refund),
    Entry(EntryNode),
    ImportJob(ImportJob),
    BankLine(BankLineNode),
    BankMatch(BankMatchNode),
    RelatedParty(RelatedPartyNode),
}

impl From<PartyNode> for Node {
    fn from(party: PartyNode) -> Self {
        match party {
            PartyNode::PartnerUnit(party) => Self::PartnerUnit(party),
            PartyNode::Merchant(party) => Self::Merchant(party),
            PartyNode::Group(party) => Self::Group(party),
            PartyNode::Department(party) => Self::Department(party),
            PartyNode::SocialOrganization(party) => Self::SocialOrganization(party),
            PartyNode::Resident(party) => Self::Resident(party),
        }
    }
}

impl From<TargetNode> for Node {
    fn from(target: TargetNode) -> Self {
        match target {
            TargetNode::Project(project) => Self::Project(project),
            TargetNode::MicroGrant(grant) => Self::MicroGrant(grant),
        }
    }
}

/// The object of this id, where there is one that the viewer may read.
async fn find(request: &Request, id: GlobalId) -> Result<Option<Node>> {
    let key = id.key;
    let found = match id.kind {
        NodeKind::Area => request.load::<AreaById>(AreaId(key)).await?.map(Node::Area),
        NodeKind::Host => request.load::<HostById>(HostId(key)).await?.map(Node::Host),
        NodeKind::Fund => request.load::<FundById>(FundId(key)).await?.map(Node::Fund),
        NodeKind::Purpose => request.load::<PurposeById>(PurposeId(key)).await?.map(Node::Purpose),
        kind if kind.is_party() => {
            let party = request.load::<PartyById>(PartyId(key)).await?.filter(|party| party.kind.node() == kind);
            party.map(|party| PartyNode::from(party).into())
        }
        kind if kind.is_target() => {
            let target = request.load::<TargetById>(TargetId(key)).await?;
            target.map(Node::from).filter(|node| matches!(node, Node::Project(_)) == (kind == NodeKind::Project))
        }
        NodeKind::Committee => request.load::<CommitteeById>(CommitteeId(key)).await?.map(Node::Committee),
        NodeKind::CommitteeSeat => request.load::<SeatById>(SeatId(key)).await?.map(Node::CommitteeSeat),
        NodeKind::Motion => request.load::<MotionById>(MotionId(key)).await?.map(|row| Node::Motion(Motion(row))),
        NodeKind::Decision => request.load::<DecisionById>(DecisionId(key)).await?.map(Node::Decision),
        NodeKind::Contest => {
            request.load::<ContestById>(ContestId(key)).await?.map(|row| Node::Contest(ContestNode(row)))
        }
        NodeKind::ContestProposal => {
            let found = request.load::<ContestProposalById>(ContestProposalId(key)).await?;
            found.map(|row| Node::ContestProposal(ContestProposalNode(row)))
        }
        NodeKind::GrantRound => {
            request.load::<GrantRoundById>(GrantRoundId(key)).await?.map(|row| Node::GrantRound(GrantRoundNode(row)))
        }
        NodeKind::Campaign => {
            request.load::<CampaignById>(CampaignId(key)).await?.map(|row| Node::Campaign(Campaign(row)))
        }
        NodeKind::Expense => request.load::<ExpenseById>(ExpenseId(key)).await?.map(|row| Node::Expense(Expense(row))),
        NodeKind::Allocation => {
            request.load::<AllocationById>(EntryId(key)).await?.map(|row| Node::Allocation(Allocation(row)))
        }
        _ => return guarded(request, id).await,
    };
    Ok(found)
}

/// The objects that not everybody may read.
async fn guarded(request: &Request, id: GlobalId) -> Result<Option<Node>> {
    match id.kind {
        NodeKind::Disclosure => {
            let Some(row) = request.load::<DisclosureById>(DisclosureId(id.key)).await? else { return Ok(None) };
            Ok(Some(Node::Disclosure(DisclosureNode::visible(row, request)?)))
        }
        NodeKind::GrantApplication => {
            let id = GrantApplicationId(id.key);
            let Some(row) = request.load::<GrantApplicationById>(id).await? else { return Ok(None) };
            may_read_application(request, &row).await?;
            Ok(Some(Node::GrantApplication(GrantApplicationNode(row))))
        }
        NodeKind::Pledge => {
            let Some(row) = request.load::<PledgeById>(PledgeId(id.key)).await? else { return Ok(None) };
            must_read_giving(request, row.donor_id, row.fund_id).await?;
            Ok(Some(Node::Pledge(Pledge(row))))
        }
        NodeKind::Contribution => {
            let Some(row) = request.load::<ContributionById>(ReceiptId(id.key)).await? else { return Ok(None) };
            must_read_contribution(request, &row).await?;
            Ok(Some(Node::Contribution(Contribution(row))))
        }
        NodeKind::Refund => {
            let Some(row) = request.load::<RefundById>(RefundId(id.key)).await? else { return Ok(None) };
            must_read_refund(request, &row).await?;
            Ok(Some(Node::Refund(Refund(row))))
        }
        NodeKind::Agreement => {
            let Some(row) = request.load::<AgreementById>(AgreementId(id.key)).await? else { return Ok(None) };
            must_read_giving(request, row.party_id, row.fund_id).await?;
            Ok(Some(Node::Agreement(Agreement(row))))
        }
        NodeKind::Due => {
            let Some(row) = request.load::<DueById>(DueId(id.key)).await? else { return Ok(None) };
            must_read_giving(request, row.donor_id, row.fund_id).await?;
            Ok(Some(Node::Due(Due(row))))
        }
        NodeKind::SalesReport => {
            let Some(row) = request.load::<SalesReportById>(SalesReportId(id.key)).await? else { return Ok(None) };
            must_read_giving(request, row.merchant_id, row.fund_id).await?;
            Ok(Some(Node::SalesReport(SalesReport(row))))
        }
        NodeKind::Lot => {
            let Some(row) = request.load::<LotById>(LotId(id.key)).await? else { return Ok(None) };
            must_read_giving(request, row.donor_id, row.fund_id).await?;
            Ok(Some(Node::Lot(LotNode(row))))
        }
        NodeKind::ImportJob => Ok(import_by_id(request, ImportJobId(id.key)).await?.map(Node::ImportJob)),
        NodeKind::Entry => {
            let Some(row) = request.load::<EntryById>(EntryId(id.key)).await? else { return Ok(None) };
            let fund = request.load::<FundById>(row.fund_id).await?;
            let on: Vec<_> = fund.iter().map(Fund::on).collect();
            request.viewer.must(Act::ReadJournal, &on)?;
            Ok(Some(Node::Entry(EntryNode(row))))
        }
        NodeKind::BankLine => {
            let Some(row) = request.load::<BankLineById>(BankLineId(id.key)).await? else { return Ok(None) };
            must_read_bank(request, row.host_id, row.fund_id).await?;
            Ok(Some(Node::BankLine(BankLineNode(row))))
        }
        NodeKind::BankMatch => {
            let Some(row) = request.load::<BankMatchById>(BankMatchId(id.key)).await? else { return Ok(None) };
            must_read_bank(request, row.host_id, row.fund_id).await?;
            Ok(Some(Node::BankMatch(BankMatchNode(row))))
        }
        NodeKind::RelatedParty => {
            let id = RelatedPartyId(id.key);
            let Some(row) = request.load::<RelatedPartyById>(id).await? else { return Ok(None) };
            must_read_bank(request, row.host_id, row.fund_id).await?;
            Ok(Some(Node::RelatedParty(RelatedPartyNode(row))))
        }
        _ => Ok(None),
    }
}

/// Who is asking.
#[derive(SimpleObject)]
pub struct ViewerNode {
    /// Whether the request came without a token.
    pub public: bool,
    /// The roles held; empty for the public.
    pub roles: Vec<ViewerRole>,
}

/// A role of whoever is asking.
pub struct ViewerRole(Role, Held);

/// A role of whoever is asking.
#[Object]
impl ViewerRole {
    /// What the viewer is.
    async fn role(&self) -> Role {
        self.0
    }

    /// The fund that the role is held on; null for the rest.
    async fn fund(&self, ctx: &Context<'_>) -> Option<Result<Fund>> {
        let Held::Fund(fund) = &self.1 else { return None };
        Some(Request::of(ctx).need::<FundById>(*fund).await)
    }

    /// The party that the viewer speaks for; null for the rest.
    async fn party(&self, ctx: &Context<'_>) -> Option<Result<PartyNode>> {
        let Held::Party(party) = &self.1 else { return None };
        Some(Request::of(ctx).need::<PartyById>(*party).await.map(Into::into))
    }

    /// The area that the role is held on, with all below it; null for the rest.
    async fn area(&self, ctx: &Context<'_>) -> Option<Result<Area>> {
        let Held::Area(path) = &self.1 else { return None };
        let id = path.trim_end_matches('/').rsplit('/').next()?.parse().ok()?;
        Some(Request::of(ctx).need::<AreaById>(AreaId(id)).await)
    }
}

/// Queries for any object, and for who is asking.
#[derive(Default)]
pub struct NodeQuery;

/// The most ids of one `nodes` query.
const IDS_MAX: usize = 100;

#[Object]
impl NodeQuery {
    /// The object of an id; null when there is none.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id that this graph returned.")] id: GlobalId,
    ) -> Option<Result<Node>> {
        find(Request::of(ctx), id).await.transpose()
    }

    /// The objects of some ids, in their order; null where there is none.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids that this graph returned, 100 at most.")] ids: Vec<GlobalId>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > IDS_MAX {
            return Err(Error::BadInput(format!("{} ids were given; {IDS_MAX} at most are looked up.", ids.len())));
        }
        let request = Request::of(ctx);
        futures_util::future::try_join_all(ids.into_iter().map(|id| find(request, id))).await
    }

    /// A party by its id; null when there is none, or it is none.
    async fn party(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a party of any kind.")] id: GlobalId,
    ) -> Option<Result<PartyNode>> {
        let request = Request::of(ctx);
        let id = match id.party() {
            Ok(id) => id,
            Err(error) => return Some(Err(error)),
        };
        request.load::<PartyById>(id).await.map(|party| party.map(Into::into)).transpose()
    }

    /// Who is asking, with the roles held: where a dashboard begins.
    async fn viewer(&self, ctx: &Context<'_>) -> ViewerNode {
        let viewer = &Request::of(ctx).viewer;
        let roles = viewer.grants.iter().map(|(role, held)| ViewerRole(*role, held.clone())).collect();
        ViewerNode { public: viewer.principal.is_none(), roles }
    }
}
