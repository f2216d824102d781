//! Parties in the graph: one interface, an object type for each kind, and fields that are written once. What is done
//! to them is in [`mutation`].

mod mutation;

mod change;
mod giving;
mod group;

use std::collections::HashMap;

use async_graphql::{Context, ID, Interface, Object};

pub use change::{
    GroupChangeConnection, GroupChangeEdge, GroupChangeMutation, GroupCorrectPayload, GroupRestorePayload,
    GroupStrikeOffPayload,
};
pub use group::{GroupConnection, GroupEdge, GroupMutation, GroupQuery, GroupRegisterPayload};
pub use mutation::PartyMutation;

use super::{GroupRegistration, Party, PartyFilter, PartyKind, Publicity, Sight, credit_code, name::name_key, store};
use crate::{
    area::{Area, AreaConnection},
    by_id, connection,
    contribution::graphql::{ContributionConnection, GivingFilterInput},
    error::Result,
    grant::graphql::{
        apply::{GrantApplicationConnection, applications_of_group},
        run::{GrantFeedback, feedback_of_group},
    },
    id::{AreaId, GlobalId, NodeKind, PartyId},
    ledger::graphql::{
        Balance, LotConnection, UseConnection,
        as_of::AsOfInput,
        giving::{FundedExpenseConnection, FundedExpenseOrder, FundedTargetConnection, SpentInMonth, UseFilterInput},
    },
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    page_of,
    pledge::graphql::{
        PledgeConnection, PledgeFilterInput,
        due::{DueConnection, DueFilterInput},
    },
    statement::graphql::party::PartyStatement,
    viewer::{Load, Request},
};

connection!(PartyConnection, PartyEdge, PartyNode, "parties");

by_id!(/// Parties by key.
    PartyById, PartyId, Party, store::by_ids);

/// The paths of the areas each party is active in: what rights on it are held by.
pub struct PartyPaths;

impl Load for PartyPaths {
    type Key = PartyId;
    type Value = Vec<String>;

    async fn load(request: &Request, keys: Vec<PartyId>) -> Result<HashMap<PartyId, Vec<String>>> {
        let mut found: HashMap<PartyId, Vec<String>> = HashMap::new();
        for (party, path) in store::paths_of_parties(&mut *request.session().await?, &keys).await? {
            found.entry(party).or_default().push(path);
        }
        Ok(found)
    }
}

page_of!(/// A page of the areas each party is active in.
    AreasOf, PartyId, store::AreaOfParty, store::areas_of_parties, |row: &store::AreaOfParty| row.party_id);

impl From<store::AreaOfParty> for Area {
    fn from(row: store::AreaOfParty) -> Self {
        row.area
    }
}

/// Whether the viewer of this request may read the name of `party`.
pub async fn knows(ctx: &Context<'_>, party: &Party) -> Result<bool> {
    is_known_to(Request::of(ctx), party).await
}

/// Whether the viewer of `request` may read the name of `party`.
pub async fn is_known_to(request: &Request, party: &Party) -> Result<bool> {
    if party.is_known(&request.viewer, &[]) {
        return Ok(true);
    }
    let paths = request.load::<PartyPaths>(party.id).await?.unwrap_or_default();
    Ok(party.is_known(&request.viewer, &paths))
}

async fn name(ctx: &Context<'_>, party: &Party) -> Result<String> {
    if knows(ctx, party).await? {
        return Ok(party.name.clone());
    }
    Ok(party.masked_name(Request::of(ctx).language))
}

async fn alias_name(ctx: &Context<'_>, party: &Party) -> Option<Result<String>> {
    let alias = party.alias.clone()?;
    if party.publicity != Publicity::Anon {
        return Some(Ok(alias));
    }
    knows(ctx, party).await.map(|known| known.then_some(alias)).transpose()
}

/// A masked party's code is masked too: registries tell its name.
async fn shown_code(ctx: &Context<'_>, party: &Party) -> Option<Result<String>> {
    let code = party.credit_code.clone()?;
    knows(ctx, party).await.map(|known| known.then_some(code)).transpose()
}

async fn areas(ctx: &Context<'_>, party: &Party, args: PageArgs) -> Result<AreaConnection> {
    let page = Page::new(&args, Direction::Asc, &[Key::Int(0)])?;
    let rows = Request::of(ctx).load::<AreasOf>((party.id, page.clone())).await?.unwrap_or_default();
    Ok(AreaConnection::new(page.finish(rows, |row| vec![row.area.id.into()]), None))
}

/// Declares an object type for each kind of party. A field is written here once, for all of them, and
/// in the interface below where it belongs there too; what it does is a function above. What only one kind has stands
/// behind its name.
macro_rules! parties {
    ($($(#[doc = $doc:literal])+ $name:ident $({ $($own:tt)* })?)*) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug)]
            pub struct $name(pub Party);

            $(#[doc = $doc])+
            #[Object]
            impl $name {
                /// The party's id.
                #[graphql(name = "id")]
                pub async fn global_id(&self) -> ID {
                    GlobalId::new(self.0.kind.node(), self.0.id).into()
                }

                /// What kind of giver or receiver it is.
                async fn kind(&self) -> PartyKind {
                    self.0.kind
                }

                /// Its name; for those who may not know it, its alias or a word in its place.
                async fn name(&self, ctx: &Context<'_>) -> Result<String> {
                    name(ctx, &self.0).await
                }

                /// The name it wishes to be published under; null where it has none or wishes for none.
                async fn alias_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
                    alias_name(ctx, &self.0).await
                }

                /// What the public reads in place of the name.
                async fn publicity(&self) -> Publicity {
                    self.0.publicity
                }

                /// The unified social credit code (GB 32100); null for residents, unregistered groups and
                /// whoever's name you may not know.
                async fn credit_code(&self, ctx: &Context<'_>) -> Option<Result<String>> {
                    shown_code(ctx, &self.0).await
                }

                /// Where it is active.
                async fn areas(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                ) -> Result<AreaConnection> {
                    areas(ctx, &self.0, PageArgs { first, after, last, before }).await
                }

                /// What it promised, by the day it is due.
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn pledges(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Which pledges the list holds.")] filter: Option<PledgeFilterInput>,
                    #[graphql(desc = "DESC, the latest due first, where it is left out.")]
                    direction: Option<Direction>,
                ) -> Option<Result<PledgeConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::pledges(ctx, &self.0, filter, direction, args).await)
                }

                /// What it owes, by the day it is due.
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn dues(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Which dues the list holds.")] filter: Option<DueFilterInput>,
                    #[graphql(desc = "ASC, the oldest first, where it is left out.")] direction: Option<Direction>,
                ) -> Option<Result<DueConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::dues(ctx, &self.0, filter, direction, args).await)
                }

                /// The contributions in which it has a part, by the day they arrived.
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn contributions(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Which contributions the list holds.")] filter: Option<GivingFilterInput>,
                    #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
                ) -> Option<Result<ContributionConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::contributions(ctx, &self.0, filter, direction, args).await)
                }

                /// Its gifts line by line, by the day they arrived: each says where every fen of it is.
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn lots(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Which gifts the list holds.")] filter: Option<GivingFilterInput>,
                    #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
                ) -> Option<Result<LotConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::lots(ctx, &self.0, filter, direction, args).await)
                }

                /// The cash it gave altogether, and what became of it; for goods see `statement`.
                async fn giving(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "Only in this fund or project.")] filter: Option<UseFilterInput>,
                    #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
                ) -> Option<Result<Balance>> {
                    Some(giving::giving_of(ctx, &self.0, filter, as_of).await)
                }

                /// The projects and micro-grants that its money went to.
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn funded_targets(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Only in this fund.")] filter: Option<UseFilterInput>,
                ) -> Option<Result<FundedTargetConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::funded_targets(ctx, &self.0, filter, args).await)
                }

                /// The expenses that its money paid, each with its part: what exactly did my money pay for?
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn funded_expenses(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Which expenses the list holds.")] filter: Option<UseFilterInput>,
                    #[graphql(desc = "The order of the list.", default)] order: FundedExpenseOrder,
                ) -> Option<Result<FundedExpenseConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::funded_expenses(ctx, &self.0, filter, order, args).await)
                }

                /// What its money paid, by month.
                async fn funded_by_month(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "Only in this fund or period.")] filter: Option<UseFilterInput>,
                ) -> Option<Result<Vec<SpentInMonth>>> {
                    Some(giving::funded_by_month(ctx, &self.0, filter).await)
                }

                /// What its money did in a period: what was there, what arrived, what it paid for, what is left.
                async fn statement(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "The period, both days included.")] period: PeriodInput,
                    #[graphql(desc = "Only in this fund's books.")] fund_id: Option<GlobalId>,
                    #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
                ) -> Option<Result<PartyStatement>> {
                    Some(PartyStatement::of(Request::of(ctx), self.0.id, period, fund_id, as_of).await)
                }

                /// What of its money waits unspent, and where.
                #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
                async fn waiting(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
                    #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
                    #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
                    #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
                    #[graphql(desc = "Only in this fund or project.")] filter: Option<UseFilterInput>,
                ) -> Option<Result<UseConnection>> {
                    let args = PageArgs { first, after, last, before };
                    Some(giving::waiting(ctx, &self.0, filter, args).await)
                }

                $($($own)*)?
            }
        )*

        /// Anyone who can give or receive.
        #[derive(Clone, Debug, Interface)]
        #[graphql(
            name = "Party",
            field(name = "id", method = "global_id", ty = "ID", desc = "The party's id."),
            field(name = "kind", ty = "PartyKind", desc = "What kind of giver or receiver it is."),
            field(
                name = "name", ty = "String",
                desc = "Its name; for those who may not know it, its alias or a word in its place."
            ),
            field(
                name = "alias_name", ty = "Option<Result<String>>",
                desc = "The name it wishes to be published under; null where it has none or wishes for none."
            ),
            field(name = "publicity", ty = "Publicity", desc = "What the public reads in place of the name."),
            field(
                name = "credit_code", ty = "Option<Result<String>>",
                desc = "The unified social credit code (GB 32100); null for residents, unregistered groups and whoever's name you may not know."
            ),
            field(
                name = "areas", ty = "AreaConnection", desc = "Where it is active.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor.")
            ),
            field(
                name = "pledges", ty = "Option<Result<PledgeConnection>>", desc = "What it promised, by the day it is due.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<PledgeFilterInput>", desc = "Which pledges the list holds."),
                arg(name = "direction", ty = "Option<Direction>", desc = "DESC, the latest due first, where it is left out.")
            ),
            field(
                name = "dues", ty = "Option<Result<DueConnection>>", desc = "What it owes, by the day it is due.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<DueFilterInput>", desc = "Which dues the list holds."),
                arg(name = "direction", ty = "Option<Direction>", desc = "ASC, the oldest first, where it is left out.")
            ),
            field(
                name = "contributions", ty = "Option<Result<ContributionConnection>>", desc = "The contributions in which it has a part, by the day they arrived.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<GivingFilterInput>", desc = "Which contributions the list holds."),
                arg(name = "direction", ty = "Option<Direction>", desc = "DESC, the latest first, where it is left out.")
            ),
            field(
                name = "lots", ty = "Option<Result<LotConnection>>", desc = "Its gifts line by line, by the day they arrived: each says where every fen of it is.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<GivingFilterInput>", desc = "Which gifts the list holds."),
                arg(name = "direction", ty = "Option<Direction>", desc = "DESC, the latest first, where it is left out.")
            ),
            field(
                name = "giving", ty = "Option<Result<Balance>>", desc = "What it gave altogether, and what became of it.",
                arg(name = "filter", ty = "Option<UseFilterInput>", desc = "Only in this fund or project."),
                arg(name = "as_of", ty = "Option<AsOfInput>", desc = "Which entries count; all where it is left out.")
            ),
            field(
                name = "statement", ty = "Option<Result<PartyStatement>>",
                desc = "What its money did in a period: what was there, what arrived, what it paid for, what is left.",
                arg(name = "period", ty = "PeriodInput", desc = "The period, both days included."),
                arg(name = "fund_id", ty = "Option<GlobalId>", desc = "Only in this fund's books."),
                arg(name = "as_of", ty = "Option<AsOfInput>", desc = "Which entries count; all where it is left out.")
            ),
            field(
                name = "funded_targets", ty = "Option<Result<FundedTargetConnection>>", desc = "The projects and micro-grants that its money went to.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<UseFilterInput>", desc = "Only in this fund.")
            ),
            field(
                name = "funded_expenses", ty = "Option<Result<FundedExpenseConnection>>", desc = "The expenses that its money paid, each with its part: what exactly did my money pay for?",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<UseFilterInput>", desc = "Which expenses the list holds."),
                arg(name = "order", ty = "FundedExpenseOrder", desc = "The order of the list.", default)
            ),
            field(
                name = "funded_by_month", ty = "Option<Result<Vec<SpentInMonth>>>", desc = "What its money paid, by month.",
                arg(name = "filter", ty = "Option<UseFilterInput>", desc = "Only in this fund or period.")
            ),
            field(
                name = "waiting", ty = "Option<Result<UseConnection>>", desc = "What of its money waits unspent, and where.",
                arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
                arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
                arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
                arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor."),
                arg(name = "filter", ty = "Option<UseFilterInput>", desc = "Only in this fund or project.")
            )
        )]
        #[allow(missing_docs)]
        pub enum PartyNode {
            $($name($name),)*
        }

        impl From<Party> for PartyNode {
            fn from(party: Party) -> Self {
                match party.kind {
                    $(PartyKind::$name => Self::$name($name(party)),)*
                }
            }
        }
    };
}

parties! {
    /// An enterprise or agency with a co-building agreement (共建单位).
    PartnerUnit
    /// A shop that gives by rule (爱心商家).
    Merchant
    /// A self-organized residents' group ("三自"组织).
    Group {
        /// Its line in the register; null where it has none.
        async fn registration(&self, ctx: &Context<'_>) -> Option<Result<GroupRegistration>> {
            group::registration(ctx, self.0.id).await.transpose()
        }

        /// Its applications for micro-grants, the last first: what is published, and the rest for the group and for those
        /// who keep or oversee the books of the fund.
        async fn applications(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
            #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
            #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
            #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        ) -> Result<GrantApplicationConnection> {
            applications_of_group(Request::of(ctx), self.0.id, &PageArgs { first, after, last, before }).await
        }

        /// What it got by micro-grants and what it gave back, in the funds whose books you may read.
        async fn feedback(&self, ctx: &Context<'_>) -> Option<Result<GrantFeedback>> {
            Some(feedback_of_group(Request::of(ctx), self.0.id).await)
        }
    }
    /// A department of the administration (机关部门).
    Department
    /// A registered social organisation, such as a charity association (社会组织).
    SocialOrganization
    /// A private person (居民).
    Resident
}

/// Queries about parties.
#[derive(Default)]
pub struct PartyQuery;

#[Object]
impl PartyQuery {
    /// The parties whose names you may know, by name. Others are met where they gave or received.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn parties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only parties of this kind.")] kind: Option<PartyKind>,
        #[graphql(desc = "Only parties active in this area or below it.")] area: Option<GlobalId>,
        #[graphql(desc = "Only parties whose name contains this; widths, case and spaces do not matter.")]
        search: Option<String>,
        #[graphql(desc = "Only the party with this unified social credit code.")] credit_code: Option<String>,
    ) -> Result<PartyConnection> {
        let filter = PartyFilter {
            kind,
            area: area.map(|id| id.key_of(NodeKind::Area)).transpose()?.map(AreaId),
            search: search.as_deref().map(name_key),
            credit_code: credit_code.as_deref().map(credit_code::normalize),
        };
        let shape = [Key::Text(String::new()), Key::Int(0)];
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &shape)?;
        let request = Request::of(ctx);
        let sight = Sight::of(&request.viewer);
        let rows = store::all(&mut *request.session().await?, &filter, &sight, &page).await?;
        let key = |party: &Party| vec![Key::Text(party.name.clone()), party.id.into()];
        Ok(PartyConnection::new(page.finish(rows, key), None))
    }
}
