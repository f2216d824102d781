//! What is done to parties, in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::PartyNode;
use crate::{
    error::{Result, UserError},
    id::{AreaId, GlobalId, NodeKind},
    party::{PartyKind, Publicity, Registration, join_area, register},
    viewer::Request,
};

/// What a party is registered from.
#[derive(InputObject)]
pub struct PartyRegisterInput {
    /// What kind of giver or receiver it is.
    pub kind: PartyKind,
    /// Its real name, at most 200 characters.
    pub name: String,
    /// The name it wishes to be published under, at most 200 characters.
    pub alias_name: Option<String>,
    /// What the public reads in place of the name; left out, NAME, and ANON for a resident.
    pub publicity: Option<Publicity>,
    /// The unified social credit code (GB 32100) of an organisation.
    pub credit_code: Option<String>,
    /// Why the code is what the registry issued although it fails its check; kept.
    pub credit_code_override: Option<String>,
    /// Its number in the system it comes from, at most 100 characters.
    pub external_id: Option<String>,
    /// Where it is active: 1 to 100 areas.
    pub area_ids: Vec<GlobalId>,
}

impl PartyRegisterInput {
    fn read(self) -> Result<Registration> {
        let areas = self.area_ids.iter().map(|id| id.key_of(NodeKind::Area).map(AreaId));
        Ok(Registration {
            areas: areas.collect::<Result<_>>()?,
            kind: self.kind,
            name: self.name,
            alias: self.alias_name,
            publicity: self.publicity,
            credit_code: self.credit_code,
            credit_code_override: self.credit_code_override,
            external_id: self.external_id,
        })
    }
}

/// What came of registering a party.
#[derive(SimpleObject)]
pub struct PartyRegisterPayload {
    /// The party; null when it was refused.
    pub party: Option<PartyNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which party becomes active where.
#[derive(InputObject)]
pub struct PartyJoinAreaInput {
    /// The party.
    pub party_id: GlobalId,
    /// The area it becomes active in.
    pub area_id: GlobalId,
}

/// What came of a party's joining an area.
#[derive(SimpleObject)]
pub struct PartyJoinAreaPayload {
    /// The party; null when it was refused.
    pub party: Option<PartyNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of parties.
#[derive(Default)]
pub struct PartyMutation;

#[Object]
impl PartyMutation {
    /// Registers a party. For staff of every area it is to be active in.
    async fn party_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is registered.")] input: PartyRegisterInput,
    ) -> Result<PartyRegisterPayload> {
        let request = Request::of(ctx);
        let draft = input.read()?;
        let (party, user_errors) = request.write(async |tx, by| register(tx, by, &[draft]).await?.remove(0)).await?;
        Ok(PartyRegisterPayload { party: party.map(Into::into), user_errors })
    }

    /// Makes a party active in another area, too. For staff of that area who may know the party's name.
    async fn party_join_area(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which party, and where.")] input: PartyJoinAreaInput,
    ) -> Result<PartyJoinAreaPayload> {
        let request = Request::of(ctx);
        let (party, area) = (input.party_id.party()?, input.area_id.key_of(NodeKind::Area)?);
        let (party, user_errors) = request.write(async |tx, by| join_area(tx, by, party, AreaId(area)).await).await?;
        Ok(PartyJoinAreaPayload { party: party.map(Into::into), user_errors })
    }
}
