//! The statement of a host: that its funds together are its control account, day by day.
//!
//! * The funds' side is what their accounts hold, less what came later: what each community is told.
//! * The control side is the host's own: every cash movement of the journal added up from the first entry on.
//! * The two are computed from different rows, so that they can differ when the books are broken.
//! * Beside them stands what the bank's lines add up to, where the bank is kept: it differs for as long as money is
//!   on its way, or something was not booked.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    Span,
    store::{self, CashDay, FundCash},
};
use crate::{
    db::{Result, Session},
    id::HostId,
    money::Fen,
};

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
    /// What the bank's lines added up to at its end; `None` where no bank lines are kept.
    pub bank: Option<Fen>,
}

/// The statement of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Each fund, in the order they were opened.
    pub funds: Vec<FundCash>,
    /// The control account when the span began and ended.
    pub control: (Fen, Fen),
    /// What the bank's lines added up to when the span began and ended; `None` where no bank lines are kept.
    pub bank: Option<(Fen, Fen)>,
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
pub fn statement(funds: Vec<FundCash>, days: &[CashDay], bank: &[(NaiveDate, Fen)], span: &Span) -> Statement {
    let mut statement = Statement { funds, ..Statement::default() };
    let (opening, _) = statement.funds_total();
    let mut moved: BTreeMap<NaiveDate, (Fen, Fen, Fen)> = BTreeMap::new();
    for one in days {
        let day = moved.entry(one.day).or_default();
        (day.0, day.1) = (one.incoming, one.outgoing);
    }
    for (day, amount) in bank {
        moved.entry(*day).or_default().2 = *amount;
    }
    let (mut control, mut total, mut at_bank) = (Fen::ZERO, opening, Fen::ZERO);
    let mut bank_opening = Fen::ZERO;
    for (day, (incoming, outgoing, banked)) in moved {
        control += incoming - outgoing;
        at_bank += banked;
        if day < span.from {
            (statement.control.0, bank_opening) = (control, at_bank);
            continue;
        }
        total += incoming - outgoing;
        let bank = (!bank.is_empty()).then_some(at_bank);
        statement.days.push(Day { day, incoming, outgoing, control, funds: total, bank });
    }
    statement.control.1 = control;
    statement.bank = (!bank.is_empty()).then_some((bank_opening, at_bank));
    statement
}

/// The statement of a host: three statements; the control side reads the journal of all its funds.
pub async fn read(on: &mut Session, host: HostId, span: &Span) -> Result<Statement> {
    let funds = store::cash_of_host(&mut *on, host, span).await?;
    let days = store::days_of_host(&mut *on, host, span).await?;
    let bank = store::bank_days_of_host(&mut *on, host, span).await?;
    Ok(statement(funds, &days, &bank, span))
}
