//! The flow of a fund for a period: from kinds of givers through the fund and its projects to purposes.
//!
//! * Every node adds up: opening + incoming = outgoing + closing.
//! * There are no circles: what comes back is netted against what went, link by link; where more came back
//!   than went, the link is turned around and says so by its kind of node.

use std::collections::BTreeMap;

use async_graphql::Enum;

use super::{account::AccountKind, trace::FlowRow};
use crate::{
    id::{PurposeId, TargetId},
    money::Fen,
    party::PartyKind,
};

/// What a node of a flow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum)]
pub enum FlowNodeKind {
    /// All givers of one kind.
    Givers,
    /// The fund: its pool and match pots.
    Fund,
    /// A project or micro-grant: what was allocated to it, with its advances.
    Target,
    /// What was spent on one purpose.
    Purpose,
    /// What was given back to givers.
    Refunds,
    /// What was written off.
    Losses,
    /// What is on its way to or from another fund.
    Transit,
}

/// A node of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// All givers of one kind.
    Givers(PartyKind),
    /// The fund.
    Fund,
    /// A project or micro-grant.
    Target(TargetId),
    /// A purpose.
    Purpose(PurposeId),
    /// Refunds.
    Refunds,
    /// Losses.
    Losses,
    /// Transit.
    Transit,
}

impl Node {
    /// What it stands for.
    pub fn kind(self) -> FlowNodeKind {
        match self {
            Self::Givers(_) => FlowNodeKind::Givers,
            Self::Fund => FlowNodeKind::Fund,
            Self::Target(_) => FlowNodeKind::Target,
            Self::Purpose(_) => FlowNodeKind::Purpose,
            Self::Refunds => FlowNodeKind::Refunds,
            Self::Losses => FlowNodeKind::Losses,
            Self::Transit => FlowNodeKind::Transit,
        }
    }

    /// Its name within the flow, for links to refer to.
    pub fn key(self) -> String {
        match self {
            Self::Givers(kind) => format!("givers:{kind:?}"),
            Self::Fund => "fund".into(),
            Self::Target(target) => format!("target:{}", target.0),
            Self::Purpose(purpose) => format!("purpose:{}", purpose.0),
            Self::Refunds => "refunds".into(),
            Self::Losses => "losses".into(),
            Self::Transit => "transit".into(),
        }
    }
}

/// What a node holds and what passed through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What it held when the period began.
    pub opening: Fen,
    /// What came in during the period.
    pub incoming: Fen,
    /// What went out during the period.
    pub outgoing: Fen,
}

impl Totals {
    /// What it held when the period ended.
    pub fn closing(self) -> Fen {
        self.opening + self.incoming - self.outgoing
    }
}

/// The nodes and links of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Every node that held or moved money.
    pub nodes: BTreeMap<Node, Totals>,
    /// What went from one node to another, net.
    pub links: BTreeMap<(Node, Node), Fen>,
}

/// The flow that these movements come to.
pub fn flow(rows: &[FlowRow]) -> Flow {
    let mut net: BTreeMap<(Node, Node), (Fen, Fen)> = BTreeMap::new();
    for row in rows {
        let source = node(row.source_kind, row.source_target, row);
        let destination = node(row.destination_kind, row.destination_target, row);
        if source == destination {
            continue;
        }
        // One pair for both directions, so that what comes back is netted against what went.
        let (pair, sign) = if source < destination { ((source, destination), 1) } else { ((destination, source), -1) };
        let sums = net.entry(pair).or_default();
        let amount = Fen(row.amount.0 * sign);
        if row.phase == 0 { sums.0 += amount } else { sums.1 += amount }
    }
    let mut flow = Flow::default();
    for ((a, b), (before, during)) in net {
        flow.nodes.entry(a).or_default().opening -= before;
        flow.nodes.entry(b).or_default().opening += before;
        let (from, to, amount) = if during >= Fen::ZERO { (a, b, during) } else { (b, a, -during) };
        if amount.is_positive() {
            flow.nodes.entry(from).or_default().outgoing += amount;
            flow.nodes.entry(to).or_default().incoming += amount;
            flow.links.insert((from, to), amount);
        }
    }
    // Givers stand outside of the fund: what they gave before is not held by them.
    for (node, totals) in &mut flow.nodes {
        if matches!(node, Node::Givers(_)) {
            totals.opening = totals.outgoing - totals.incoming;
        }
    }
    flow
}

fn node(kind: AccountKind, target: Option<TargetId>, row: &FlowRow) -> Node {
    match (kind, target) {
        (AccountKind::Outside, _) => Node::Givers(row.giver_kind),
        (AccountKind::Pool | AccountKind::Match, _) => Node::Fund,
        (AccountKind::Target | AccountKind::Advance, Some(target)) => Node::Target(target),
        (AccountKind::Expense, _) => row.purpose_id.map_or(Node::Losses, Node::Purpose),
        (AccountKind::Refund, _) => Node::Refunds,
        (AccountKind::Transit, _) => Node::Transit,
        (AccountKind::Loss | AccountKind::Target | AccountKind::Advance, _) => Node::Losses,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(phase: i64, from: (AccountKind, Option<i64>), to: (AccountKind, Option<i64>), amount: i64) -> FlowRow {
        FlowRow {
            phase,
            source_kind: from.0,
            source_target: from.1.map(TargetId),
            destination_kind: to.0,
            destination_target: to.1.map(TargetId),
            purpose_id: Some(PurposeId(9)),
            giver_kind: PartyKind::Merchant,
            amount: Fen(amount),
        }
    }

    #[test]
    fn every_node_adds_up_and_what_comes_back_is_netted() {
        use AccountKind::{Advance, Expense, Outside, Pool, Target};
        let rows = [
            row(0, (Outside, None), (Pool, None), 1000),
            row(0, (Pool, None), (Target, Some(1)), 300),
            row(1, (Outside, None), (Pool, None), 500),
            row(1, (Pool, None), (Target, Some(1)), 400),
            row(1, (Target, Some(1)), (Advance, Some(1)), 200),
            row(1, (Advance, Some(1)), (Pool, None), 50),
            row(1, (Target, Some(1)), (Expense, Some(1)), 250),
        ];
        let flow = flow(&rows);
        let target = flow.nodes[&Node::Target(TargetId(1))];
        assert_eq!((target.opening, target.incoming, target.outgoing), (Fen(300), Fen(350), Fen(250)));
        assert_eq!(target.closing(), Fen(400));
        assert_eq!(flow.nodes[&Node::Fund].closing(), Fen(850));
        assert_eq!(flow.links[&(Node::Fund, Node::Target(TargetId(1)))], Fen(350));
        assert_eq!(flow.links.len(), 3);
        for (node, totals) in flow.nodes {
            let incoming: Fen = flow.links.iter().filter(|((_, to), _)| *to == node).map(|(_, sum)| *sum).sum();
            let outgoing: Fen = flow.links.iter().filter(|((from, _), _)| *from == node).map(|(_, sum)| *sum).sum();
            assert_eq!((incoming, outgoing), (totals.incoming, totals.outgoing), "{node:?}");
        }
    }
}
