//! The statement of a host: that its funds together are its control account, day by day.
//!
//! * The funds' side is what their accounts hold, less what came later: what each community is told.
//! * The control side is the host's own: every cash movement of the journal added up from the first entry on.
//! * The two are computed from different rows, so that they can differ when the books are broken.

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
}

/// The statement of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Each fund, in the order they were opened.
    pub funds: Vec<FundCash>,
    /// The control account when the span began and ended.
    pub control: (Fen, Fen),
    /// The days of the span on which cash moved.
    pub days: Vec<Day>,
}

impl Statement {
    /// What the funds had together when the span began and ended.
    pub fn funds_total(&self) -> (Fen, Fen) {
        (self.funds.iter().map(|fund| fund.opening).sum(), self.funds.iter().map(|fund| fund.closing).sum())
    }
}

/// The statement that these funds and days come to.
pub fn statement(funds: Vec<FundCash>, days: &[CashDay], span: &Span) -> Statement {
    let mut statement = Statement { funds, ..Statement::default() };
    let (opening, _) = statement.funds_total();
    let (mut control, mut total) = (Fen::ZERO, opening);
    let mut by_day = BTreeMap::new();
    for one in days {
        control += one.incoming - one.outgoing;
        if one.day < span.from {
            statement.control.0 = control;
            continue;
        }
        total += one.incoming - one.outgoing;
        let (incoming, outgoing) = (one.incoming, one.outgoing);
        by_day.insert(one.day, Day { day: one.day, incoming, outgoing, control, funds: total });
    }
    statement.control.1 = control;
    statement.days = by_day.into_values().collect();
    statement
}

/// The statement of a host: two statements; the control side reads the journal of all its funds.
pub async fn read(on: &mut Session, host: HostId, span: &Span) -> Result<Statement> {
    let funds = store::cash_of_host(&mut *on, host, span).await?;
    let days = store::days_of_host(&mut *on, host, span).await?;
    Ok(statement(funds, &days, span))
}
