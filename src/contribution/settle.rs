//! Settlement (A2): which dues a receipt pays, exactly or the oldest first.

use std::collections::HashMap;

use super::{Line, Settles};
use crate::{
    error::{Refusal, Result},
    id::{PartyId, PledgeId},
    ledger::place::FundPlace,
    money::Fen,
    pledge::{PledgeState, store::Due},
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
    by_pledge: HashMap<PledgeId, Due>,
    /// Each giver's accepted pledges, the oldest due first.
    by_donor: HashMap<PartyId, Vec<PledgeId>>,
}

impl Dues {
    /// Adds pledges that lines name.
    pub fn add_named(&mut self, dues: Vec<Due>) {
        self.by_pledge.extend(dues.into_iter().map(|due| (due.pledge_id, due)));
    }

    /// Adds what givers owe, the oldest due first.
    pub fn add_owed(&mut self, dues: Vec<Due>) {
        for due in dues {
            self.by_donor.entry(due.donor_id).or_default().push(due.pledge_id);
            self.by_pledge.entry(due.pledge_id).or_insert(due);
        }
    }

    /// Splits lines of a receipt of `fund` over the dues they settle, and counts those dues as paid.
    ///
    /// # Errors
    /// Refused for a pledge that is not there, was made to another fund, is another's, has ended, or is owed
    /// less than a line pays; then no due counts as paid.
    pub fn split(&mut self, fund: &FundPlace, lines: &[Line]) -> Result<Vec<Piece>> {
        let mut pieces = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let split = match line.settles {
                Settles::Nothing => Ok(vec![Piece { line: at, amount: line.amount, due: None }]),
                Settles::Pledge(pledge) => self.exactly(fund, at, line, pledge).map(|piece| vec![piece]),
                Settles::OldestFirst => Ok(self.oldest_first(at, line)),
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
                && let Some(known) = self.by_pledge.get_mut(&due.pledge_id)
            {
                known.outstanding += piece.amount;
            }
        }
    }

    fn exactly(&mut self, fund: &FundPlace, at: usize, line: &Line, pledge: PledgeId) -> Result<Piece> {
        let field = format!("lines.{at}.pledgeId");
        let due = self.by_pledge.get_mut(&pledge);
        let due = due.ok_or_else(|| Refusal::NotFound { what: "pledge".into() }.at(&field))?;
        if due.fund_id != fund.id {
            return Err(Refusal::AnotherFund { what: "pledge".into(), fund: fund.name.clone() }.at(&field));
        }
        if due.donor_id != line.donor {
            return Err(Refusal::PledgeOfAnother {}.at(&field));
        }
        if due.state != PledgeState::Accepted && due.state != PledgeState::Fulfilled {
            let state = format!("{:?}", due.state);
            return Err(Refusal::PledgeState { state, accepted: "Accepted".into() }.at(&field));
        }
        if line.amount > due.outstanding {
            let outstanding = due.outstanding;
            return Err(Refusal::DueExceeded { asked: line.amount, outstanding }.at(&format!("lines.{at}.amount")));
        }
        due.outstanding -= line.amount;
        Ok(Piece { line: at, amount: line.amount, due: Some(due.clone()) })
    }

    fn oldest_first(&mut self, at: usize, line: &Line) -> Vec<Piece> {
        let mut left = line.amount;
        let mut pieces = Vec::new();
        for pledge in self.by_donor.get(&line.donor).into_iter().flatten() {
            let due = self.by_pledge.get_mut(pledge).expect("added together");
            let amount = due.outstanding.min(left);
            if amount.is_positive() {
                due.outstanding -= amount;
                left -= amount;
                pieces.push(Piece { line: at, amount, due: Some(due.clone()) });
            }
        }
        if left.is_positive() {
            pieces.push(Piece { line: at, amount: left, due: None });
        }
        pieces
    }
}
