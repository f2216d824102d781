//! Settlement (A2): which dues a receipt pays, exactly or the oldest first.

use std::collections::HashMap;

use super::{Line, Settles};
use crate::{
    error::{Refusal, Result},
    id::{DueId, PartyId, PledgeId},
    ledger::{Asset, place::FundPlace},
    money::Fen,
    pledge::{PledgeKind, PledgeState, store::Due},
};

/// A part of a line that becomes a lot: what one due takes of it, or what none takes.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which line of the receipt.
    pub line: usize,
    /// How much of it.
    pub amount: Fen,
    /// The due it settles.
    pub due: Option<Due>,
}

/// The dues that receipts may settle, with what is still outstanding as they are decided.
#[derive(Clone, Debug, Default)]
pub struct Dues {
    dues: HashMap<DueId, Due>,
    /// The dues of each pledge, the oldest first.
    by_pledge: HashMap<PledgeId, Vec<DueId>>,
    /// What each giver's accepted pledges owe, the oldest first.
    by_donor: HashMap<PartyId, Vec<DueId>>,
}

impl Dues {
    /// Adds dues that lines name.
    pub fn add_named(&mut self, dues: Vec<Due>) {
        for due in dues {
            self.dues.entry(due.due_id).or_insert(due);
        }
    }

    /// Adds the dues of pledges that lines name, the oldest first.
    pub fn add_pledged(&mut self, dues: Vec<Due>) {
        for due in dues {
            self.by_pledge.entry(due.pledge_id).or_default().push(due.due_id);
            self.dues.entry(due.due_id).or_insert(due);
        }
    }

    /// Adds what givers owe, the oldest due first.
    pub fn add_owed(&mut self, dues: Vec<Due>) {
        for due in dues {
            self.by_donor.entry(due.donor_id).or_default().push(due.due_id);
            self.dues.entry(due.due_id).or_insert(due);
        }
    }

    /// Splits lines of a receipt of `fund` over the dues they settle, and counts those dues as paid.
    ///
    /// # Errors
    /// Refused for a pledge or due that is not there, is of another fund, is another's, has ended, is paid in
    /// another asset, or is owed less than a line pays; then no due counts as paid.
    pub fn split(&mut self, fund: &FundPlace, asset: Asset, lines: &[Line]) -> Result<Vec<Piece>> {
        let mut pieces = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let split = match line.settles {
                Settles::Nothing => Ok(vec![Piece { line: at, amount: line.amount, due: None }]),
                Settles::Pledge(pledge) => self.pledge(fund, asset, at, line, pledge),
                Settles::Due(due) => self.due(fund, asset, at, line, due),
                Settles::OldestFirst => Ok(self.oldest_first(asset, at, line)),
            };
            match split {
                Ok(split) => pieces.extend(split),
                Err(refused) => {
                    self.give_back(&pieces);
                    return Err(refused);
                }
            }
        }
        Ok(pieces)
    }

    /// Counts what these pieces paid as outstanding again.
    pub fn give_back(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            if let Some(due) = &piece.due
                && let Some(known) = self.dues.get_mut(&due.due_id)
            {
                known.outstanding += piece.amount;
            }
        }
    }

    /// The dues of one pledge, exactly.
    fn pledge(
        &mut self,
        fund: &FundPlace,
        asset: Asset,
        at: usize,
        line: &Line,
        pledge: PledgeId,
    ) -> Result<Vec<Piece>> {
        let own = self.by_pledge.get(&pledge).cloned();
        let field = format!("lines.{at}.pledgeId");
        let not_found = || Refusal::NotFound { what: "pledge".into() }.at(&field);
        let own = own.ok_or_else(not_found)?;
        check(fund, asset, line, &self.dues[own.first().ok_or_else(not_found)?], &field, "pledge")?;
        self.exactly(at, line, &own)
    }

    /// One due, exactly.
    fn due(&mut self, fund: &FundPlace, asset: Asset, at: usize, line: &Line, due: DueId) -> Result<Vec<Piece>> {
        let field = format!("lines.{at}.dueId");
        let known = self.dues.get(&due);
        let known = known.ok_or_else(|| Refusal::NotFound { what: "due".into() }.at(&field))?;
        check(fund, asset, line, known, &field, "due")?;
        self.exactly(at, line, &[due])
    }

    fn exactly(&mut self, at: usize, line: &Line, own: &[DueId]) -> Result<Vec<Piece>> {
        let outstanding = own.iter().map(|due| self.dues[due].outstanding).sum();
        if line.amount > outstanding {
            return Err(Refusal::DueExceeded { asked: line.amount, outstanding }.at(&format!("lines.{at}.amount")));
        }
        let (pieces, left) = self.take(at, line.amount, own);
        assert_eq!(left, Fen::ZERO, "a line pays no more than is outstanding");
        Ok(pieces)
    }

    fn oldest_first(&mut self, asset: Asset, at: usize, line: &Line) -> Vec<Piece> {
        let own = self.by_donor.get(&line.donor).into_iter().flatten();
        let own: Vec<DueId> = own.filter(|due| asset_of(&self.dues[*due]) == asset).copied().collect();
        let (mut pieces, left) = self.take(at, line.amount, &own);
        if left.is_positive() {
            pieces.push(Piece { line: at, amount: left, due: None });
        }
        pieces
    }

    /// Pays `amount` on dues in their order; what they leave of it comes with the pieces.
    fn take(&mut self, at: usize, amount: Fen, own: &[DueId]) -> (Vec<Piece>, Fen) {
        let mut left = amount;
        let mut pieces = Vec::new();
        for due in own {
            let due = self.dues.get_mut(due).expect("added together");
            let amount = due.outstanding.min(left);
            if amount.is_positive() {
                due.outstanding -= amount;
                left -= amount;
                pieces.push(Piece { line: at, amount, due: Some(due.clone()) });
            }
        }
        (pieces, left)
    }
}

/// What a due is paid in.
fn asset_of(due: &Due) -> Asset {
    if due.kind == PledgeKind::InKind { Asset::Kind } else { Asset::Cny }
}

fn check(fund: &FundPlace, asset: Asset, line: &Line, due: &Due, field: &str, what: &str) -> Result<()> {
    if due.fund_id != fund.id {
        return Err(Refusal::AnotherFund { what: what.into(), fund: fund.name.clone() }.at(field));
    }
    if due.donor_id != line.donor {
        return Err(Refusal::PledgeOfAnother {}.at(field));
    }
    if asset_of(due) != asset {
        return Err(Refusal::AssetMismatch {}.at(field));
    }
    if due.state != PledgeState::Accepted && due.state != PledgeState::Fulfilled {
        let state = format!("{:?}", due.state);
        return Err(Refusal::PledgeState { state, accepted: "Accepted".into() }.at(field));
    }
    Ok(())
}
