//! The flow of a fund for a period: from givers through the fund and its projects to purposes.
//!
//! * Every node adds up: opening + incoming = outgoing + closing.
//! * There are no circles: every link goes from a node to one further down (givers, fund, projects, purposes and
//!   other ends). What came back is netted against what went, link by link. Where more came back than went, it had
//!   gone before the period: it is drawn as coming from *earlier*, and what it came back from had it no more.
//! * Nodes beyond the largest few are summed into one of their kind, so that a picture of a large fund can be drawn.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::Enum;

use super::{
    account::AccountKind,
    movement::{FlowGiver, FlowRow},
    privacy::GROUP_MIN,
};
use crate::{
    id::{PartyId, PurposeId, TargetId},
    money::Fen,
    party::PartyKind,
};

/// What a node of a flow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum)]
pub enum FlowNodeKind {
    /// What had gone further down before the period and came back in it.
    Earlier,
    /// What the fund and its projects held when the period began, where remainders are drawn.
    Opening,
    /// All givers of one kind, or those that are too few to be told by kind.
    Givers,
    /// One giver.
    Giver,
    /// The fund: its pool and match pots.
    Fund,
    /// A project or micro-grant: what was allocated to it, with its advances; or all but the largest.
    Target,
    /// What was spent on one purpose, or on all but the largest.
    Purpose,
    /// What was given back to givers.
    Refunds,
    /// What was written off.
    Losses,
    /// What is on its way to or from another fund.
    Transit,
    /// What was received before the period and reversed in it.
    Unreceived,
    /// What waits when the period ends, where remainders are drawn.
    Waiting,
}

/// A node of a flow. The order is the order in which money passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// What had gone before and came back.
    Earlier,
    /// What was there when the period began.
    Opening,
    /// All givers of one kind.
    Givers(PartyKind),
    /// The givers that are not told by their kind, or not one by one.
    OtherGivers,
    /// One giver.
    Giver(PartyId),
    /// The fund.
    Fund,
    /// A project or micro-grant.
    Target(TargetId),
    /// All projects and micro-grants but the largest.
    OtherTargets,
    /// A purpose.
    Purpose(PurposeId),
    /// All purposes but the largest.
    OtherPurposes,
    /// Refunds.
    Refunds,
    /// Losses.
    Losses,
    /// Transit.
    Transit,
    /// Receipts reversed.
    Unreceived,
    /// What waits, by kind of place.
    Waiting(AccountKind),
}

impl Node {
    /// What it stands for.
    pub fn kind(self) -> FlowNodeKind {
        match self {
            Self::Earlier => FlowNodeKind::Earlier,
            Self::Opening => FlowNodeKind::Opening,
            Self::Givers(_) | Self::OtherGivers => FlowNodeKind::Givers,
            Self::Giver(_) => FlowNodeKind::Giver,
            Self::Fund => FlowNodeKind::Fund,
            Self::Target(_) | Self::OtherTargets => FlowNodeKind::Target,
            Self::Purpose(_) | Self::OtherPurposes => FlowNodeKind::Purpose,
            Self::Refunds => FlowNodeKind::Refunds,
            Self::Losses => FlowNodeKind::Losses,
            Self::Transit => FlowNodeKind::Transit,
            Self::Unreceived => FlowNodeKind::Unreceived,
            Self::Waiting(_) => FlowNodeKind::Waiting,
        }
    }

    /// Its name within the flow, for links to refer to.
    pub fn key(self) -> String {
        match self {
            Self::Earlier => "earlier".into(),
            Self::Opening => "opening".into(),
            Self::Givers(kind) => format!("givers:{kind:?}"),
            Self::OtherGivers => "givers:others".into(),
            Self::Giver(party) => format!("giver:{}", party.0),
            Self::Fund => "fund".into(),
            Self::Target(target) => format!("target:{}", target.0),
            Self::OtherTargets => "target:others".into(),
            Self::Purpose(purpose) => format!("purpose:{}", purpose.0),
            Self::OtherPurposes => "purpose:others".into(),
            Self::Refunds => "refunds".into(),
            Self::Losses => "losses".into(),
            Self::Transit => "transit".into(),
            Self::Unreceived => "unreceived".into(),
            Self::Waiting(kind) => format!("waiting:{kind:?}"),
        }
    }

    fn is_givers(self) -> bool {
        matches!(self, Self::Givers(_) | Self::OtherGivers | Self::Giver(_))
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

/// Whether what is left is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "FlowRemainders")]
pub enum Remainders {
    /// It is told of each node as its opening and closing.
    #[default]
    Inside,
    /// It is drawn as links from OPENING and to WAITING, so that what comes into the fund and its projects is what
    /// goes out.
    Drawn,
}

/// Who is drawn where money comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "FlowGivers")]
pub enum Givers {
    /// A node for each kind of giver; kinds that are too few to be told are one.
    #[default]
    Kind,
    /// A node for each of the largest givers who may be told, and one for each kind of the rest.
    Party,
}

/// How a flow is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How many projects, purposes and givers are drawn by themselves; `None` for all.
    pub top: Option<usize>,
    /// Whether what is left is drawn.
    pub remainders: Remainders,
}

/// The nodes and links of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Every node that held or moved money.
    pub nodes: BTreeMap<Node, Totals>,
    /// What went from one node to another, net.
    pub links: BTreeMap<(Node, Node), Fen>,
    /// What came back along a link and was netted, by the link.
    pub netted: BTreeMap<(Node, Node), Fen>,
    /// How much waits in which kind of place of a node.
    waiting: BTreeMap<(Node, AccountKind), Fen>,
}

/// The kinds of givers that are told only together: residents where they are too few, with the smallest kinds that
/// make them enough.
fn merged(givers: &[FlowGiver]) -> BTreeSet<PartyKind> {
    let mut kinds: BTreeMap<PartyKind, (usize, Fen)> = BTreeMap::new();
    for giver in givers {
        let kind = kinds.entry(giver.kind).or_default();
        kind.0 += 1;
        kind.1 += giver.amount;
    }
    let Some((residents, _)) = kinds.remove(&PartyKind::Resident) else { return BTreeSet::new() };
    let (mut count, mut merged) = (residents, BTreeSet::new());
    let mut rest: Vec<_> = kinds.into_iter().collect();
    rest.sort_by_key(|(kind, (_, amount))| (*amount, *kind));
    for (kind, (givers, _)) in rest {
        if count >= GROUP_MIN {
            break;
        }
        count += givers;
        merged.insert(kind);
    }
    if residents < GROUP_MIN {
        merged.insert(PartyKind::Resident);
    }
    merged
}

/// The flow that these movements come to, drawn in `shape`; `named` are the givers who may be told by name, and
/// `givers` all who gave in the period.
pub fn flow(rows: &[FlowRow], givers: &[FlowGiver], named: &[FlowGiver], shape: Shape) -> Flow {
    let merged = merged(givers);
    let whole = drawn(rows, |node| match node {
        Node::Givers(kind) if merged.contains(&kind) => Node::OtherGivers,
        node => node,
    });
    let mut flow = match shape.top {
        None => whole,
        Some(top) => {
            let large = largest(&whole, top);
            drawn(rows, |node| match node {
                Node::Givers(kind) if merged.contains(&kind) => Node::OtherGivers,
                Node::Target(_) if !large.contains(&node) => Node::OtherTargets,
                Node::Purpose(_) if !large.contains(&node) => Node::OtherPurposes,
                node => node,
            })
        }
    };
    name_givers(&mut flow, named, &merged, shape.top);
    if shape.remainders == Remainders::Drawn {
        draw_remainders(&mut flow);
    }
    flow
}

/// The projects and purposes through which most passed or in which most is.
fn largest(flow: &Flow, top: usize) -> BTreeSet<Node> {
    let mut large = BTreeSet::new();
    for kind in [FlowNodeKind::Target, FlowNodeKind::Purpose] {
        let of_kind = flow.nodes.iter().filter(|(node, _)| node.kind() == kind);
        let size = |totals: &Totals| totals.incoming + totals.outgoing + totals.closing();
        let mut nodes: Vec<_> = of_kind.map(|(node, totals)| (size(totals), *node)).collect();
        nodes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        large.extend(nodes.into_iter().take(top).map(|(_, node)| node));
    }
    large
}

fn drawn(rows: &[FlowRow], shown: impl Fn(Node) -> Node) -> Flow {
    let mut net: BTreeMap<(Node, Node), (Fen, Fen)> = BTreeMap::new();
    let mut flow = Flow::default();
    for row in rows {
        let source = shown(node(row.source_kind, row.source_target, row));
        let destination = shown(node(row.destination_kind, row.destination_target, row));
        for (node, kind, change) in
            [(source, row.source_kind, -row.amount), (destination, row.destination_kind, row.amount)]
        {
            if matches!(kind, AccountKind::Pool | AccountKind::Match | AccountKind::Target | AccountKind::Advance) {
                *flow.waiting.entry((node, kind)).or_default() += change;
            }
        }
        if source == destination {
            continue;
        }
        // One pair for both directions, so that what comes back is netted against what went.
        let (pair, sign) = if source < destination { ((source, destination), 1) } else { ((destination, source), -1) };
        let sums = net.entry(pair).or_default();
        let amount = Fen(row.amount.0 * sign);
        if row.phase == 0 {
            sums.0 += amount;
            continue;
        }
        sums.1 += amount;
        if sign < 0 {
            *flow.netted.entry(pair).or_default() += row.amount;
        }
    }
    for ((a, b), (before, during)) in net {
        flow.nodes.entry(a).or_default().opening -= before;
        flow.nodes.entry(b).or_default().opening += before;
        if during >= Fen::ZERO {
            flow.link(a, b, during);
        } else if a == Node::Transit || b == Node::Transit {
            // Money from another fund: transit has no other neighbour, so that this makes no circle.
            flow.link(b, a, -during);
        } else if a.is_givers() {
            flow.link(b, Node::Unreceived, -during);
        } else {
            flow.link(Node::Earlier, a, -during);
            flow.nodes.entry(b).or_default().opening += during;
        }
    }
    flow.settle();
    flow
}

impl Flow {
    fn link(&mut self, from: Node, to: Node, amount: Fen) {
        if amount == Fen::ZERO {
            return;
        }
        self.nodes.entry(from).or_default().outgoing += amount;
        self.nodes.entry(to).or_default().incoming += amount;
        let link = self.links.entry((from, to)).or_default();
        *link += amount;
        if *link == Fen::ZERO {
            self.links.remove(&(from, to));
        }
    }

    /// Puts right what stands outside of the fund, and what only passed through a node on its way back.
    fn settle(&mut self) {
        let passed: Vec<(Node, Fen)> =
            self.nodes.iter().filter(|one| one.1.opening < Fen::ZERO).map(|one| (*one.0, -one.1.opening)).collect();
        for (node, missing) in passed {
            let Some(link) = self.links.get(&(Node::Earlier, node)) else { continue };
            let amount = missing.min(*link);
            self.link(Node::Earlier, node, -amount);
            self.nodes.entry(node).or_default().opening += amount;
        }
        // Givers stand outside of the fund: what they gave before is not held by them.
        for (node, totals) in &mut self.nodes {
            if node.is_givers() || *node == Node::Earlier {
                totals.opening = totals.outgoing - totals.incoming;
            }
        }
        self.nodes.retain(|_, totals| *totals != Totals::default());
    }
}

/// Draws the largest of the givers who may be told by themselves, out of the node of their kind.
fn name_givers(flow: &mut Flow, named: &[FlowGiver], merged: &BTreeSet<PartyKind>, top: Option<usize>) {
    let mut named: Vec<&FlowGiver> = named.iter().filter(|one| one.amount.is_positive()).collect();
    named.sort_by(|a, b| b.amount.cmp(&a.amount).then(a.party_id.cmp(&b.party_id)));
    for giver in named.into_iter().take(top.unwrap_or(usize::MAX)) {
        let group = if merged.contains(&giver.kind) { continue } else { Node::Givers(giver.kind) };
        if flow.links.get(&(group, Node::Fund)).is_none_or(|link| *link < giver.amount) {
            continue;
        }
        flow.link(group, Node::Fund, -giver.amount);
        flow.link(Node::Giver(giver.party_id), Node::Fund, giver.amount);
    }
    flow.settle();
}

/// Draws what is left as links, so that every node of the fund passes on what it gets.
fn draw_remainders(flow: &mut Flow) {
    let inner: Vec<(Node, Fen)> = flow
        .nodes
        .iter()
        .filter(|(node, _)| matches!(node, Node::Fund | Node::Target(_) | Node::OtherTargets))
        .map(|(node, totals)| (*node, totals.opening))
        .collect();
    for (node, opening) in inner {
        if opening.is_positive() {
            flow.nodes.entry(node).or_default().opening = Fen::ZERO;
            flow.link(Node::Opening, node, opening);
        }
        for kind in [AccountKind::Pool, AccountKind::Match, AccountKind::Target, AccountKind::Advance] {
            let waits = flow.waiting.get(&(node, kind)).copied().unwrap_or_default();
            flow.link(node, Node::Waiting(kind), waits);
        }
    }
    if let Some(totals) = flow.nodes.get_mut(&Node::Opening) {
        totals.opening = totals.outgoing;
    }
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
    use proptest::prelude::*;

    use super::*;
    use crate::party::Publicity;
    use AccountKind::{Advance, Expense, Loss, Match, Outside, Pool, Refund, Target, Transit};

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

    /// Each node adds up, by its links too, and no link leads back.
    fn is_sound(flow: &Flow) {
        for (node, totals) in &flow.nodes {
            let incoming: Fen = flow.links.iter().filter(|((_, to), _)| to == node).map(|(_, sum)| *sum).sum();
            let outgoing: Fen = flow.links.iter().filter(|((from, _), _)| from == node).map(|(_, sum)| *sum).sum();
            assert_eq!((incoming, outgoing), (totals.incoming, totals.outgoing), "{node:?}");
        }
        for ((from, to), amount) in &flow.links {
            assert!(amount.is_positive(), "{from:?} to {to:?}");
            assert!(from < to || *from == Node::Transit, "{from:?} to {to:?} leads back");
        }
    }

    #[test]
    fn every_node_adds_up_and_what_comes_back_is_netted() {
        let rows = [
            row(0, (Outside, None), (Pool, None), 1000),
            row(0, (Pool, None), (Target, Some(1)), 300),
            row(1, (Outside, None), (Pool, None), 500),
            row(1, (Pool, None), (Target, Some(1)), 400),
            row(1, (Target, Some(1)), (Advance, Some(1)), 200),
            row(1, (Advance, Some(1)), (Pool, None), 50),
            row(1, (Target, Some(1)), (Expense, Some(1)), 250),
        ];
        let flow = flow(&rows, &[], &[], Shape::default());
        is_sound(&flow);
        let target = flow.nodes[&Node::Target(TargetId(1))];
        assert_eq!((target.opening, target.incoming, target.outgoing), (Fen(300), Fen(350), Fen(250)));
        assert_eq!(target.closing(), Fen(400));
        assert_eq!(flow.nodes[&Node::Fund].closing(), Fen(850));
        assert_eq!(flow.links[&(Node::Fund, Node::Target(TargetId(1)))], Fen(350));
        assert_eq!(flow.netted[&(Node::Fund, Node::Target(TargetId(1)))], Fen(50));
        assert_eq!(flow.links.len(), 3);
        let drawn = self::flow(&rows, &[], &[], Shape { top: None, remainders: Remainders::Drawn });
        is_sound(&drawn);
        assert_eq!(drawn.links[&(Node::Target(TargetId(1)), Node::Waiting(Target))], Fen(250));
        assert_eq!(drawn.links[&(Node::Target(TargetId(1)), Node::Waiting(Advance))], Fen(150));
        assert_eq!(drawn.links[&(Node::Opening, Node::Fund)], Fen(700));
        assert_eq!(drawn.nodes[&Node::Fund].closing(), Fen::ZERO);
    }

    #[test]
    fn what_had_gone_before_the_period_comes_back_without_a_circle() {
        // Last year project 1 paid; this year its vendor gives 50 back and it releases them, and project 2 pays.
        let rows = [
            row(0, (Outside, None), (Pool, None), 1000),
            row(0, (Pool, None), (Target, Some(1)), 300),
            row(0, (Target, Some(1)), (Expense, Some(1)), 300),
            row(1, (Expense, Some(1)), (Target, Some(1)), 50),
            row(1, (Target, Some(1)), (Pool, None), 50),
            row(1, (Pool, None), (Target, Some(2)), 200),
            row(1, (Target, Some(2)), (Expense, Some(2)), 200),
            row(1, (Pool, None), (Outside, None), 100),
        ];
        let flow = flow(&rows, &[], &[], Shape::default());
        is_sound(&flow);
        assert_eq!(flow.links[&(Node::Earlier, Node::Fund)], Fen(50));
        assert_eq!(flow.links[&(Node::Fund, Node::Unreceived)], Fen(100));
        assert_eq!(flow.nodes[&Node::Purpose(PurposeId(9))].opening, Fen(250));
        assert_eq!(flow.nodes[&Node::Purpose(PurposeId(9))].closing(), Fen(450));
        assert!(!flow.nodes.contains_key(&Node::Target(TargetId(1))), "it only passed through");
    }

    #[test]
    fn the_largest_are_drawn_and_residents_are_told_only_in_groups() {
        let gave = |party: i64, kind, amount| FlowGiver {
            party_id: PartyId(party),
            kind,
            publicity: Publicity::Name,
            amount: Fen(amount),
        };
        let of = |kind, amount| FlowRow { giver_kind: kind, ..row(1, (Outside, None), (Pool, None), amount) };
        let (shops, units) = (PartyKind::Merchant, PartyKind::PartnerUnit);
        let mut givers = vec![gave(1, shops, 500), gave(2, shops, 100), gave(3, units, 50)];
        givers.extend((10..14).map(|party| gave(party, PartyKind::Resident, 10)));
        let mut rows = vec![of(shops, 600), of(units, 50), of(PartyKind::Resident, 40)];
        rows.extend((1..5).map(|target| row(1, (Pool, None), (Target, Some(target)), target * 10)));
        let drawn = flow(&rows, &givers, &givers[..3], Shape { top: Some(2), remainders: Remainders::Inside });
        is_sound(&drawn);
        // Four residents take the one unit and the shops along; then nobody is told alone.
        assert_eq!(drawn.links[&(Node::OtherGivers, Node::Fund)], Fen(690));
        assert_eq!(drawn.links[&(Node::Fund, Node::OtherTargets)], Fen(30));
        assert_eq!(drawn.links[&(Node::Fund, Node::Target(TargetId(4)))], Fen(40));
        givers.extend((14..16).map(|party| gave(party, PartyKind::Resident, 10)));
        let drawn = flow(&rows, &givers, &givers[..3], Shape { top: Some(1), remainders: Remainders::Inside });
        is_sound(&drawn);
        assert_eq!(drawn.links[&(Node::Giver(PartyId(1)), Node::Fund)], Fen(500));
        assert_eq!(drawn.links[&(Node::Givers(shops), Node::Fund)], Fen(100));
        assert_eq!(drawn.links[&(Node::Givers(PartyKind::Resident), Node::Fund)], Fen(40));
    }

    proptest! {
        #[test]
        fn any_movements_make_a_flow_without_circles_that_adds_up(
            moves in proptest::collection::vec((0..2_i64, 0..9_usize, 0..9_usize, 1..4_i64, 1..4_i64, 1..100_i64), 0..60),
            top in proptest::option::of(0..3_usize)
        ) {
            let kinds = [Outside, Pool, Match, Target, Advance, Expense, Refund, Loss, Transit];
            let place = |kind: usize, target: i64| (kinds[kind], matches!(kinds[kind], Target | Advance | Expense | Loss).then_some(target));
            // Transit is between funds: it joins pools only.
            let moves: Vec<_> = moves.into_iter().filter(|(_, a, b, ..)| {
                let (a, b) = (kinds[*a], kinds[*b]);
                (a != Transit || b == Pool) && (b != Transit || a == Pool) && !(a == Outside && b == Outside)
            }).collect();
            // Nothing leaves a place that is not in it.
            let (mut held, mut rows) = (BTreeMap::new(), vec![]);
            let mut sorted = moves.clone();
            sorted.sort_by_key(|one| one.0);
            for (phase, a, b, target, purpose, amount) in sorted {
                let key = |kind: usize| (kind, place(kind, target).1, (kinds[kind] == Expense).then_some(purpose));
                let has = held.get(&key(a)).copied().unwrap_or_default();
                let amount = if kinds[a] == Outside { amount } else { amount.min(has) };
                if amount == 0 || key(a) == key(b) {
                    continue;
                }
                *held.entry(key(a)).or_insert(0) -= amount;
                *held.entry(key(b)).or_insert(0) += amount;
                let row = row(phase, place(a, target), place(b, target), amount);
                rows.push(FlowRow { purpose_id: Some(PurposeId(purpose)), ..row });
            }
            for remainders in [Remainders::Inside, Remainders::Drawn] {
                is_sound(&flow(&rows, &[], &[], Shape { top, remainders }));
            }
        }
    }
}
