//! How a grant ends without an evaluation, in the graph.

use async_graphql::{Context, InputObject, Object};

use super::super::{Ending, end, store};
use crate::{
    all_of,
    clock::Date,
    committee::{Decision, DecisionById},
    error::Result,
    id::{DecisionId, GlobalId, NodeKind, TargetId},
    payloads,
    project::MicroGrant,
    viewer::Request,
};

all_of!(/// How each grant ended without an evaluation.
    EndingsOf, TargetId, Ending, store::endings_of, |one: &Ending| one.target_id);

/// That a grant ended without an evaluation; `None` where it did not.
pub async fn ending_of(request: &Request, grant: TargetId) -> Result<Option<GrantEndingNode>> {
    let found = request.load::<EndingsOf>(grant).await?.and_then(|mut found| found.pop());
    Ok(found.map(GrantEndingNode))
}

/// That a micro-grant ended without an evaluation.
pub struct GrantEndingNode(Ending);

/// That a micro-grant ended without an evaluation. It is no step of the ladder.
#[Object(name = "GrantEnding")]
impl GrantEndingNode {
    /// The day.
    async fn ended_on(&self) -> Date {
        self.0.ended_on
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The committee's resolution that it end; null where staff of the fund ended it.
    async fn decision(&self, ctx: &Context<'_>) -> Option<Result<Decision>> {
        Some(Request::of(ctx).need::<DecisionById>(self.0.decision_id?).await)
    }
}

/// Which micro-grant ends, and why.
#[derive(InputObject)]
pub struct MicroGrantEndInput {
    /// The micro-grant, which is not evaluated and has no money left in it.
    pub micro_grant_id: GlobalId,
    /// The day, not to come and not before its last step.
    pub ended_on: Date,
    /// Why, at most 4000 characters. It is published: name no private person.
    pub reason: String,
    /// The committee's resolution on a motion of kind END about this micro-grant; left out, staff of the fund end it.
    pub decision_id: Option<GlobalId>,
}

payloads! { micro_grant: MicroGrant, "micro-grant";
    /// What came of ending a micro-grant.
    MicroGrantEndPayload
}

/// The mutation of micro-grants that end without an evaluation.
#[derive(Default)]
pub struct GrantEndMutation;

#[Object]
impl GrantEndMutation {
    /// Ends a micro-grant whose contract, report or evaluation never comes; what is left of its money is released or
    /// returned before. It counts for no further step of the ladder. For staff of the fund.
    async fn micro_grant_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which micro-grant, and why.")] input: MicroGrantEndInput,
    ) -> Result<MicroGrantEndPayload> {
        let decision = input.decision_id.map(|id| id.key_of(NodeKind::Decision)).transpose()?;
        let draft = Ending {
            target_id: TargetId(input.micro_grant_id.key_of(NodeKind::MicroGrant)?),
            ended_on: input.ended_on,
            reason: input.reason,
            decision_id: decision.map(DecisionId),
        };
        Ok(Request::of(ctx).write(async |tx, by| end(tx, by, &draft).await).await?.into())
    }
}
