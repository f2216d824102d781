//! The flow of a fund in the graph: what a Sankey diagram draws.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    error::Result,
    fund::{Purpose, PurposeById},
    id::FundId,
    ledger::{
        flow::{FlowNodeKind, Node, Totals, flow},
        trace,
    },
    money::Money,
    page::PeriodInput,
    party::PartyKind,
    project::{TargetById, TargetNode},
    viewer::Request,
};

/// The flow of a fund for a period, as nodes and links that add up: for every node,
/// opening + incoming = outgoing + closing.
#[derive(SimpleObject)]
pub struct Flow {
    /// Whoever held or moved money in the period.
    pub nodes: Vec<FlowNode>,
    /// What went from one node to another, less what came back.
    pub links: Vec<FlowLink>,
}

/// Givers of one kind, the fund, a project, a purpose, or where money left the fund.
pub struct FlowNode {
    node: Node,
    totals: Totals,
}

/// Givers of one kind, the fund, a project, a purpose, or where money left the fund.
#[Object]
impl FlowNode {
    /// Its name within this flow, which links refer to.
    async fn key(&self) -> String {
        self.node.key()
    }

    /// What it stands for.
    async fn kind(&self) -> FlowNodeKind {
        self.node.kind()
    }

    /// The kind of givers; null for other nodes.
    async fn givers(&self) -> Option<PartyKind> {
        if let Node::Givers(kind) = self.node { Some(kind) } else { None }
    }

    /// The project or micro-grant; null for other nodes.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        let Node::Target(target) = self.node else { return None };
        Some(Request::of(ctx).need::<TargetById>(target).await)
    }

    /// The purpose; null for other nodes.
    async fn purpose(&self, ctx: &Context<'_>) -> Option<Result<Purpose>> {
        let Node::Purpose(purpose) = self.node else { return None };
        Some(Request::of(ctx).need::<PurposeById>(purpose).await)
    }

    /// What it held when the period began; of givers, what they gave in the period.
    async fn opening(&self) -> Money {
        self.totals.opening.into()
    }

    /// What came in during the period.
    async fn incoming(&self) -> Money {
        self.totals.incoming.into()
    }

    /// What went out during the period.
    async fn outgoing(&self) -> Money {
        self.totals.outgoing.into()
    }

    /// What it held when the period ended.
    async fn closing(&self) -> Money {
        self.totals.closing().into()
    }
}

/// What went from one node to another in the period, less what came back.
#[derive(SimpleObject)]
pub struct FlowLink {
    /// The key of the node it left.
    pub source: String,
    /// The key of the node it went to.
    pub destination: String,
    /// How much.
    pub amount: Money,
}

/// The flow of a fund for a period: open to the public.
pub async fn flow_of_fund(request: &Request, fund: FundId, period: PeriodInput) -> Result<Flow> {
    let (from, to) = period.days()?;
    let rows = trace::flow_rows(&mut *request.session().await?, fund, from, to).await?;
    let flow = flow(&rows);
    let link = |((from, to), amount): (&(Node, Node), &crate::money::Fen)| FlowLink {
        source: from.key(),
        destination: to.key(),
        amount: (*amount).into(),
    };
    Ok(Flow {
        links: flow.links.iter().map(link).collect(),
        nodes: flow.nodes.into_iter().map(|(node, totals)| FlowNode { node, totals }).collect(),
    })
}
