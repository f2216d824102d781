//! The statement of a giver: its gifts, what each paid for, and what is left of it.

use std::collections::BTreeMap;

use super::{
    Movement, Phase, Span, Sums,
    store::{self, GiftRow, LotMove, PartyRow},
};
use crate::{
    db::{Result, Session, Sql},
    id::{LotId, PartyId, TargetId},
    ledger::{AccountKind, Asset, earmark::EarmarkKind},
    money::Fen,
    page::{Direction, Key, Page},
};

/// What a giver's cash and goods did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cash.
    pub money: Sums,
    /// Goods and services, at their stated value.
    pub in_kind: Sums,
}

impl Totals {
    /// What these movements come to.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a PartyRow>) -> Self {
        let mut totals = Self::default();
        for row in rows {
            let phase = if row.before == 1 { Phase::Before } else { Phase::Within };
            let sums = if row.asset == Asset::Cny { &mut totals.money } else { &mut totals.in_kind };
            let (kind, source, destination, amount) = (row.kind, row.source, row.destination, row.amount);
            sums.add(&Movement { phase, kind, source, destination, amount });
        }
        totals
    }
}

/// What part of a gift did in one project or grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InTarget {
    /// What was spent in the span, less what came back.
    pub spent: Fen,
    /// What was lost in the span.
    pub lost: Fen,
    /// What was allocated and unspent when the span ended.
    pub waiting: Fen,
}

impl InTarget {
    fn add(&mut self, moved: &Movement) {
        for (kind, change) in [(moved.source, -moved.amount), (moved.destination, moved.amount)] {
            match (kind, moved.phase) {
                (AccountKind::Expense, Phase::Within) => self.spent += change,
                (AccountKind::Loss, Phase::Within) => self.lost += change,
                (AccountKind::Target | AccountKind::Advance, _) => self.waiting += change,
                _ => {}
            }
        }
    }
}

/// A gift with what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    /// The gift.
    pub row: GiftRow,
    /// What it did.
    pub sums: Sums,
    /// What it did in each project or grant.
    pub targets: BTreeMap<TargetId, InTarget>,
}

/// What these gifts did, in their order.
pub fn gifts(rows: Vec<GiftRow>, moves: &[LotMove], span: &Span) -> Vec<Gift> {
    let mut did: BTreeMap<LotId, (Sums, BTreeMap<TargetId, InTarget>)> = BTreeMap::new();
    for one in moves {
        let (sums, targets) = did.entry(one.lot_id).or_default();
        let phase = if one.effective_on < span.from { Phase::Before } else { Phase::Within };
        let (kind, source, destination, amount) = (one.kind, one.source, one.destination, one.amount);
        let moved = Movement { phase, kind, source, destination, amount };
        sums.add(&moved);
        if let Some(target) = one.target_id {
            targets.entry(target).or_default().add(&moved);
        }
    }
    let gift = |row: GiftRow| {
        let (sums, mut targets) = did.remove(&row.lot_id).unwrap_or_default();
        targets.retain(|_, did| *did != InTarget::default());
        Gift { row, sums, targets }
    };
    rows.into_iter().map(gift).collect()
}

/// A page of each giver's gifts with what they did: two statements.
pub async fn gifts_page(on: &mut Session, parties: &[PartyId], span: &Span, page: &Page) -> Result<Vec<Gift>> {
    let rows = store::gifts_of_parties(&mut *on, parties, span, page).await?;
    let lots: Vec<LotId> = rows.iter().map(|row| row.lot_id).collect();
    let moves = if lots.is_empty() { vec![] } else { store::moves_of_lots(&mut *on, &lots, span).await? };
    Ok(gifts(rows, &moves, span))
}

/// Gifts of one read of a whole list.
const GIFTS_AT_ONCE: i64 = 1_000;

/// A giver's gifts, some at a time.
pub struct Gifts {
    party: PartyId,
    after: Option<Vec<Key>>,
    ended: bool,
}

impl Gifts {
    /// All gifts of a giver, from the first.
    pub fn of(party: PartyId) -> Self {
        Self { party, after: None, ended: false }
    }

    /// The next gifts; empty when there are no more.
    pub async fn next(&mut self, on: &mut Session, span: &Span) -> Result<Vec<Gift>> {
        if self.ended {
            return Ok(vec![]);
        }
        let page = Page::after(GIFTS_AT_ONCE, Direction::Asc, self.after.take());
        let mut gifts = gifts_page(on, &[self.party], span, &page).await?;
        // A page reads one row more, to know whether there are others.
        self.ended = gifts.len() <= usize::try_from(GIFTS_AT_ONCE).expect("a small number");
        gifts.truncate(usize::try_from(GIFTS_AT_ONCE).expect("a small number"));
        self.after = gifts.last().map(|gift| vec![Key::Date(gift.row.received_on), gift.row.lot_id.into()]);
        Ok(gifts)
    }
}

/// What a gift may be used for, in words; `None` for free money.
pub fn restriction(row: &GiftRow) -> Option<String> {
    match row.earmark_kind {
        EarmarkKind::None => None,
        EarmarkKind::Purpose => row.purpose_name.clone(),
        EarmarkKind::Group => row.group_name.clone(),
        EarmarkKind::Target => row.target_code.clone(),
    }
}

/// What the money of each of these givers did.
pub async fn totals<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    span: &Span,
) -> Result<std::collections::HashMap<PartyId, Totals>> {
    let mut rows: std::collections::HashMap<PartyId, Vec<PartyRow>> = std::collections::HashMap::new();
    for row in store::of_parties(on, parties, span).await? {
        rows.entry(row.party_id).or_default().push(row);
    }
    Ok(rows.into_iter().map(|(party, rows)| (party, Totals::of(&rows))).collect())
}
