//! What is done to hosts, purposes and funds through the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::{Fund, FundDraft, Host, Purpose, TwoPersons, host_create, purpose_create, set_two_persons};
use crate::{
    clock::Date,
    error::{Result, UserError},
    id::{AreaId, FundId, GlobalId, HostId, NodeKind, PurposeId},
    ledger,
    viewer::Request,
};

/// What a host is created from.
#[derive(InputObject)]
pub struct HostCreateInput {
    /// The charity association.
    pub party_id: GlobalId,
    /// The area whose funds it may hold.
    pub area_id: GlobalId,
}

/// What came of creating a host.
#[derive(SimpleObject)]
pub struct HostCreatePayload {
    /// The host; null when it was refused.
    pub host: Option<Host>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What a purpose is created from.
#[derive(InputObject)]
pub struct PurposeCreateInput {
    /// The purpose above; leave it out for a root.
    pub parent_id: Option<GlobalId>,
    /// Its short name, at most 40 characters, unlike any other purpose's.
    pub code: String,
    /// What it is called, at most 100 characters.
    pub name: String,
}

/// What came of creating a purpose.
#[derive(SimpleObject)]
pub struct PurposeCreatePayload {
    /// The purpose; null when it was refused.
    pub purpose: Option<Purpose>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What a fund is opened from.
#[derive(InputObject)]
pub struct FundOpenInput {
    /// Who holds it.
    pub host_id: GlobalId,
    /// Whose fund it is: a community, street or district in the host's area that has none.
    pub area_id: GlobalId,
    /// Its short name, at most 40 characters, unlike any other fund's.
    pub code: String,
    /// What it is called, at most 100 characters.
    pub name: String,
    /// The day it was opened, not to come.
    pub opened_on: Date,
    /// How many seats its committee has, 1 to 99.
    pub seats: i64,
    /// How many must sit for a decision to stand, at most as many as there are seats.
    pub quorum: i64,
    /// The allow-list: it spends on these purposes and what lies below them; 1 to 100.
    pub purpose_ids: Vec<GlobalId>,
}

impl FundOpenInput {
    fn read(self) -> Result<FundDraft> {
        let purposes = self.purpose_ids.iter().map(|id| id.key_of(NodeKind::Purpose).map(PurposeId));
        Ok(FundDraft {
            host: HostId(self.host_id.key_of(NodeKind::Host)?),
            area: AreaId(self.area_id.key_of(NodeKind::Area)?),
            purposes: purposes.collect::<Result<_>>()?,
            code: self.code,
            name: self.name,
            opened_on: self.opened_on.into(),
            seats: self.seats,
            quorum: self.quorum,
        })
    }
}

/// What came of opening a fund.
#[derive(SimpleObject)]
pub struct FundOpenPayload {
    /// The fund; null when it was refused.
    pub fund: Option<Fund>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which fund asks for what.
#[derive(InputObject)]
pub struct FundTwoPersonsInput {
    /// The fund.
    pub fund_id: GlobalId,
    /// Whether it asks for different hands from now on.
    pub two_persons: TwoPersons,
}

/// What came of setting what a fund asks for.
#[derive(SimpleObject)]
pub struct FundTwoPersonsPayload {
    /// The fund; null when it was refused.
    pub fund: Option<Fund>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of hosts, purposes and funds.
#[derive(Default)]
pub struct FundMutation;

#[Object]
impl FundMutation {
    /// Makes a charity association the host of an area's funds. For host officers of that area.
    async fn host_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is created.")] input: HostCreateInput,
    ) -> Result<HostCreatePayload> {
        let request = Request::of(ctx);
        let (party, area) = (input.party_id.party()?, input.area_id.key_of(NodeKind::Area)?);
        let (host, user_errors) = request.write(async |tx, by| host_create(tx, by, party, AreaId(area)).await).await?;
        Ok(HostCreatePayload { host, user_errors })
    }

    /// Adds a purpose to the tree that all funds share. For host officers.
    async fn purpose_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is created.")] input: PurposeCreateInput,
    ) -> Result<PurposeCreatePayload> {
        let request = Request::of(ctx);
        let parent = input.parent_id.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(PurposeId);
        let (purpose, user_errors) =
            request.write(async |tx, by| purpose_create(tx, by, parent, &input.code, &input.name).await).await?;
        Ok(PurposeCreatePayload { purpose, user_errors })
    }

    /// Sets whether a fund asks for different hands. For host officers of its area. Setting it again changes
    /// nothing.
    async fn fund_two_persons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which fund, and what it asks for.")] input: FundTwoPersonsInput,
    ) -> Result<FundTwoPersonsPayload> {
        let request = Request::of(ctx);
        let id = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let (fund, user_errors) =
            request.write(async |tx, by| set_two_persons(tx, by, id, input.two_persons).await).await?;
        Ok(FundTwoPersonsPayload { fund, user_errors })
    }

    /// Opens a fund with books of its own. For host officers of its area.
    async fn fund_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is opened.")] input: FundOpenInput,
    ) -> Result<FundOpenPayload> {
        let request = Request::of(ctx);
        let draft = input.read()?;
        let (fund, user_errors) = request.write(async |tx, by| ledger::open(tx, by, &draft).await).await?;
        Ok(FundOpenPayload { fund, user_errors })
    }
}
