//! The one graph: what every concept contributes, merged.
//!
//! * A concept adds one line to [`Query`] and one to [`Mutation`], in the order of `lib.rs`, and nothing else here.
//! * The executor has no limits of its own but the depth of its recursion: the gate has judged before it.
//! * [`sdl`] is what is committed as `schema/schema.graphql`; `cobuild schema --check` fails when that is stale.

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, ValidationMode};

use super::node::NodeQuery;
use crate::{
    agreement::graphql::AgreementMutation,
    allocation::graphql::AllocationMutation,
    area::{AreaMutation, AreaQuery},
    bank::graphql::BankMutation,
    campaign::graphql::CampaignMutation,
    committee::{CommitteeMutation, MotionMutation, SeatMutation},
    contest::ContestMutation,
    contribution::graphql::ContributionMutation,
    disclosure::{DisclosureMutation, DisclosureQuery},
    duty::DutyMutation,
    expense::graphql::ExpenseMutation,
    fund::{FundMutation, FundQuery},
    grant::graphql::{end::GrantEndMutation, judge::JudgeMutation, mutation::GrantMutation, run::GrantRunMutation},
    import::graphql::{ImportMutation, ImportQuery},
    ledger::graphql::{LedgerMutation, correction::CorrectionMutation},
    party::{GroupChangeMutation, GroupMutation, GroupQuery, PartyMutation, PartyQuery},
    pledge::graphql::PledgeMutation,
    project::{ProjectEndMutation, ProjectFundingMutation, ProjectMutation, ProjectQuery},
    related::graphql::RelatedMutation,
    sales::graphql::SalesMutation,
    upload::UploadMutation,
};

/// What can be read.
///
/// Without a token everything is readable that a notice of the community would show.
#[derive(Default, MergedObject)]
pub struct Query(NodeQuery, AreaQuery, PartyQuery, GroupQuery, FundQuery, ProjectQuery, ImportQuery, DisclosureQuery);

/// What can be done.
///
/// Every mutation answers with the object it made or changed and with `userErrors`, which say in the caller's
/// language why it was refused.
#[derive(Default, MergedObject)]
pub struct Mutation(
    AreaMutation,
    PartyMutation,
    GroupMutation,
    GroupChangeMutation,
    FundMutation,
    LedgerMutation,
    ProjectMutation,
    ProjectEndMutation,
    ProjectFundingMutation,
    SeatMutation,
    MotionMutation,
    CommitteeMutation,
    ContestMutation,
    GrantMutation,
    JudgeMutation,
    GrantRunMutation,
    GrantEndMutation,
    AgreementMutation,
    CampaignMutation,
    PledgeMutation,
    SalesMutation,
    ContributionMutation,
    AllocationMutation,
    ExpenseMutation,
    DutyMutation,
    DisclosureMutation,
    BankMutation,
    CorrectionMutation,
    RelatedMutation,
    UploadMutation,
    ImportMutation,
);

/// The schema that the server runs.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema. Resolvers find a [`crate::viewer::Request`] in each request's own data.
pub fn build() -> Schema {
    async_graphql::Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .validation_mode(ValidationMode::Fast)
        .finish()
}

/// The schema in GraphQL's own language: types and fields sorted, so that a change shows where it is and nowhere
/// else; the values of an enum and the arguments of a field in their own order, which says something.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().use_space_ident();
    build().sdl_with_options(options)
}
