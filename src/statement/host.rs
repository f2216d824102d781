//! The statement of a host: that its funds together are its control account, day by day.
//!
//! * The funds' side is what their accounts hold, less what came later: what each community is told.
//! * The control side is the host's own: every cash movement of the journal added up from the first entry on.
//! * The two are computed from different rows, so that they can differ when the books are broken.
//! * Beside them stands what the bank's lines add up to, where the bank is kept, and why it differs:
//!   bank = control + lines not in the books − entries not at the bank + what is matched and of another day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    Span,
    store::{self, BankDay, CashDay, FundCash},
};
use crate::{
    db::{Result, Session},
    id::HostId,
    money::Fen,
};

/// What the bank has at the end of a day, and why that is not what the control account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bank {
    /// What its lines add up to.
    pub balance: Fen,
    /// The lines that are matched to no entry.
    pub not_in_books: Fen,
    /// The entries that are matched to no line.
    pub not_at_bank: Fen,
    /// Of what is matched, the lines up to this day less the entries up to this day.
    pub on_its_way: Fen,
}

impl Bank {
    fn add(&mut self, day: &BankDay, control: Fen) {
        self.balance += day.booked;
        self.not_in_books += day.lines;
        self.not_at_bank += day.entries;
        self.on_its_way = self.balance - control - self.not_in_books + self.not_at_bank;
    }
}

/// One day of the control account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// What came in.
    pub incoming: Fen,
    /// What went out.
    pub outgoing: Fen,
    /// What the control account had at its end.
    pub control: Fen,
    /// What the funds had together at its end.
    pub funds: Fen,
    /// The bank at its end; `None` where no bank lines are kept.
    pub bank: Option<Bank>,
}

/// The statement of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Each fund, in the order they were opened.
    pub funds: Vec<FundCash>,
    /// The control account when the span began and ended.
    pub control: (Fen, Fen),
    /// The bank when the span began and ended; `None` where no bank lines are kept.
    pub bank: Option<(Bank, Bank)>,
    /// The days of the span on which cash moved, in the books or at the bank.
    pub days: Vec<Day>,
}

impl Statement {
    /// What the funds had together when the span began and ended.
    pub fn funds_total(&self) -> (Fen, Fen) {
        (self.funds.iter().map(|fund| fund.opening).sum(), self.funds.iter().map(|fund| fund.closing).sum())
    }
}

/// The statement that these funds, days of the journal and days of the bank come to.
pub fn statement(funds: Vec<FundCash>, days: &[CashDay], bank: &[BankDay], span: &Span) -> Statement {
    let mut statement = Statement { funds, ..Statement::default() };
    let has_bank = !bank.is_empty();
    let mut moved: BTreeMap<NaiveDate, (Fen, Fen, Vec<&BankDay>)> = BTreeMap::new();
    for one in days {
        let day = moved.entry(one.day).or_default();
        (day.0, day.1) = (one.incoming, one.outgoing);
    }
    for one in bank {
        moved.entry(one.day).or_default().2.push(one);
    }
    let (mut control, mut funds) = (Fen::ZERO, statement.funds_total().0);
    let (mut at_bank, mut bank_opening) = (Bank::default(), Bank::default());
    for (day, (incoming, outgoing, banked)) in moved {
        control += incoming - outgoing;
        at_bank.add(&BankDay::default(), control);
        for one in banked {
            at_bank.add(one, control);
        }
        if day < span.from {
            (statement.control.0, bank_opening) = (control, at_bank);
            continue;
        }
        funds += incoming - outgoing;
        let bank = has_bank.then_some(at_bank);
        statement.days.push(Day { day, incoming, outgoing, control, funds, bank });
    }
    statement.control.1 = control;
    statement.bank = has_bank.then_some((bank_opening, at_bank));
    statement
}

/// The statement of a host: four statements; the control side reads the journal of all its funds.
pub async fn read(on: &mut Session, host: HostId, span: &Span) -> Result<Statement> {
    let funds = store::cash_of_host(&mut *on, host, span).await?;
    let days = store::days_of_host(&mut *on, host, span).await?;
    let mut bank = store::bank_days_of_host(&mut *on, host, span).await?;
    if !bank.is_empty() {
        bank.extend(store::unmatched_days_of_host(&mut *on, host, span).await?);
    }
    Ok(statement(funds, &days, &bank, span))
}
