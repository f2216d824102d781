//! The flow of a fund in the graph: what a Sankey diagram draws.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    contribution::graphql::own_parties,
    error::{Error, Result},
    fund::{Fund, Purpose, PurposeById},
    ledger::{
        AccountKind,
        as_of::Cut,
        flow::{FlowNodeKind, Givers, Node, Remainders, Shape, Totals, flow},
        movement,
    },
    money::Money,
    page::PeriodInput,
    party::{PartyById, PartyKind, PartyNode, is_told},
    project::{TargetById, TargetNode},
    viewer::{Act, Request},
};

/// The flow of a fund for a period, as nodes and links that add up: for every node,
/// opening + incoming = outgoing + closing.
#[derive(SimpleObject)]
pub struct Flow {
    /// Whoever held or moved money in the period.
    pub nodes: Vec<FlowNode>,
    /// What went from one node to another, less what came back.
    pub links: Vec<FlowLink>,
    /// What came back along a link and was taken from it.
    pub netted: Vec<FlowLink>,
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

    /// The kind of givers; null for other nodes, and for givers who are told only together.
    async fn givers(&self) -> Option<PartyKind> {
        if let Node::Givers(kind) = self.node { Some(kind) } else { None }
    }

    /// The giver; null for other nodes.
    async fn giver(&self, ctx: &Context<'_>) -> Option<Result<PartyNode>> {
        let Node::Giver(giver) = self.node else { return None };
        Some(Request::of(ctx).need::<PartyById>(giver).await.map(Into::into))
    }

    /// What kind of place money waits in; null for nodes of other kinds than WAITING.
    async fn place(&self) -> Option<AccountKind> {
        if let Node::Waiting(kind) = self.node { Some(kind) } else { None }
    }

    /// The project or micro-grant; null for other nodes, and for all but the largest together.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        let Node::Target(target) = self.node else { return None };
        Some(Request::of(ctx).need::<TargetById>(target).await)
    }

    /// The purpose; null for other nodes, and for all but the largest together.
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

/// How a flow is asked for.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct FlowInput {
    /// Draw each of the largest givers who may be told to you, or only the kinds of givers.
    #[graphql(default)]
    pub givers: Givers,
    /// How many givers, projects and purposes are drawn by themselves, 100 at most; the rest are summed into one node
    /// of their kind. All where it is left out.
    pub top: Option<i32>,
    /// Whether what is left is drawn.
    #[graphql(default)]
    pub remainders: Remainders,
}

/// The most nodes of a kind that are drawn by themselves.
const TOP_MAX: i32 = 100;

/// The flow of a fund for a period: open to the public.
pub async fn flow_of_fund(
    request: &Request,
    fund: &Fund,
    period: PeriodInput,
    asked: FlowInput,
    cut: Cut,
) -> Result<Flow> {
    if asked.top.is_some_and(|top| !(0..=TOP_MAX).contains(&top)) {
        return Err(Error::BadInput(format!("`top` is 0 to {TOP_MAX}.")));
    }
    let (from, to) = period.days()?;
    let days = (from, cut.date.map_or(to, |date| date.min(to)));
    let rows = movement::flow_rows(&mut *request.session().await?, fund.id, days, cut.seq).await?;
    let givers = movement::flow_givers(&mut *request.session().await?, fund.id, days, cut.seq).await?;
    let sees_all = request.viewer.may(Act::ReadGiving, fund.on());
    let own = own_parties(request).unwrap_or_default();
    let is_shown =
        |one: &&movement::FlowGiver| is_told(one.kind, one.publicity) || sees_all || own.contains(&one.party_id);
    let named: Vec<movement::FlowGiver> = match asked.givers {
        Givers::Kind => vec![],
        Givers::Party => givers.iter().filter(is_shown).copied().collect(),
    };
    let shape = Shape { top: asked.top.and_then(|top| top.try_into().ok()), remainders: asked.remainders };
    // Those who keep the books are told of residents however few they are.
    let grouped = if sees_all { &[][..] } else { &givers };
    let flow = flow(&rows, grouped, &named, shape);
    let link = |((from, to), amount): (&(Node, Node), &crate::money::Fen)| FlowLink {
        source: from.key(),
        destination: to.key(),
        amount: (*amount).into(),
    };
    Ok(Flow {
        links: flow.links.iter().map(link).collect(),
        netted: flow.netted.iter().map(link).collect(),
        nodes: flow.nodes.into_iter().map(|(node, totals)| FlowNode { node, totals }).collect(),
    })
}
