//! The statement of a fund: where its income came from, what it was spent on, and what is left under whose
//! restrictions.
//!
//! Restricted is what only a giver restricts (民间非营利组织会计制度; FASB ASU 2016-14): pool, match, target and
//! advance holdings of gifts whose restriction is not NONE. What a committee sets aside stays unrestricted.

use std::collections::BTreeMap;

use super::{
    Class, Movement, Phase, Span, Sums, class,
    store::{self, FundRow, HeldRow},
};
use crate::{
    db::{Result, Session},
    id::{FundId, PurposeId, TargetId},
    ledger::{Asset, document::LotClass},
    money::Fen,
    party::PartyKind,
};

/// Where income came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// What kind of party gave it.
    pub giver: PartyKind,
    /// Why it is in the fund.
    pub class: LotClass,
    /// The kind of pledge that it settled; `None` for a gift of its own.
    pub pledge: Option<String>,
}

/// What a fund's cash or goods did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// All of it.
    pub sums: Sums,
    /// What its givers restricted, of the opening and the closing.
    pub restricted: (Fen, Fen),
    /// Income by source.
    pub income: BTreeMap<Source, Fen>,
    /// Spending by purpose, less what came back.
    pub by_purpose: BTreeMap<PurposeId, Fen>,
    /// Spending by project or grant, less what came back.
    pub by_target: BTreeMap<TargetId, Fen>,
    /// Spent on projects of gifts, and of the residents' own part: what leverage is made of.
    pub levered: (Fen, Fen),
}

/// The statement of a fund.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Cash.
    pub money: Side,
    /// Goods and services, at their stated value.
    pub in_kind: Side,
    /// Paid for its projects beside the fund, with evidence.
    pub external: Fen,
}

/// The statement that comes of what is held now and what moved since the span began.
pub fn statement(held: &[HeldRow], rows: &[FundRow], external: Fen) -> Statement {
    let side = |asset: Asset| {
        let held = held.iter().filter(|row| row.asset == asset);
        let moved: Vec<&FundRow> = rows.iter().filter(|row| row.asset == asset).collect();
        side(held, &moved)
    };
    Statement { money: side(Asset::Cny), in_kind: side(Asset::Kind), external }
}

fn side<'a>(held: impl Iterator<Item = &'a HeldRow>, rows: &[&FundRow]) -> Side {
    let mut side = Side::default();
    let (mut all, mut restricted) = (Fen::ZERO, Fen::ZERO);
    for row in held {
        all += row.amount;
        restricted += Fen(row.amount.0 * row.restricted);
    }
    // What does not count, or came after the span, is taken back from what is held now.
    let (mut within, mut within_restricted) = (Fen::ZERO, Fen::ZERO);
    for row in rows {
        let held = |kind| if class(kind) == Class::Held { row.amount } else { Fen::ZERO };
        let change = held(row.destination) - held(row.source);
        if row.within == 0 {
            all -= change;
            restricted -= Fen(change.0 * row.restricted);
            continue;
        }
        within += change;
        within_restricted += Fen(change.0 * row.restricted);
        let (kind, source, destination, amount) = (row.kind, row.source, row.destination, row.amount);
        side.sums.add(&Movement { phase: Phase::Within, kind, source, destination, amount });
        let of = |wanted: Class| {
            let end = |kind, amount| if class(kind) == wanted { amount } else { Fen::ZERO };
            end(destination, amount) - end(source, amount)
        };
        let received = -of(Class::Outside);
        if received != Fen::ZERO {
            let source = Source { giver: row.giver_kind, class: row.class, pledge: row.pledge_kind.clone() };
            *side.income.entry(source).or_default() += received;
        }
        let spent = of(Class::Spent);
        if spent == Fen::ZERO {
            continue;
        }
        if let Some(purpose) = row.purpose_id {
            *side.by_purpose.entry(purpose).or_default() += spent;
        }
        if let Some(target) = row.target_id {
            *side.by_target.entry(target).or_default() += spent;
        }
        if row.levered == 1 {
            let part = if row.class == LotClass::Copay { &mut side.levered.1 } else { &mut side.levered.0 };
            *part += spent;
        }
    }
    side.sums.opening = all - within;
    side.restricted = (restricted - within_restricted, restricted);
    side.income.retain(|_, amount| *amount != Fen::ZERO);
    side.by_purpose.retain(|_, amount| *amount != Fen::ZERO);
    side.by_target.retain(|_, amount| *amount != Fen::ZERO);
    debug_assert_eq!(side.sums.closing(), all);
    side
}

/// The statement of each of these funds: three statements, which read what was booked since the span began.
pub async fn read(on: &mut Session, funds: &[FundId], span: &Span) -> Result<Vec<(FundId, Statement)>> {
    let held = store::held_of_funds(&mut *on, funds).await?;
    let rows = store::of_funds(&mut *on, funds, span).await?;
    let external = store::external_of_funds(&mut *on, funds, span).await?;
    let one = |fund: FundId| {
        let held: Vec<HeldRow> = held.iter().filter(|row| row.fund_id == fund).copied().collect();
        let rows: Vec<FundRow> = rows.iter().filter(|row| row.fund_id == fund).cloned().collect();
        let external = external.iter().filter(|row| row.0 == fund).map(|row| row.1).sum();
        (fund, statement(&held, &rows, external))
    };
    Ok(funds.iter().copied().map(one).collect())
}
