//! Tranches: a grant under contract is paid part by part, each after the report that it waits for.
//!
//! * Payments fill the tranches in their order, and the reports they wait for come in that order, too. So what may
//!   leave the grant is the sum of the tranches whose report is in, less what has left it: no payment names a
//!   tranche, and what comes back may be paid again. The books prove it at any time (I33).
//! * A grant that was won in a round is not paid before its contract is signed. One that was awarded outside of a
//!   round may do without.

use super::{ReportKind, store};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result},
    id::TargetId,
    ledger::place::TargetPlace,
    money::Fen,
    viewer::value_name,
};

/// A part of a grant that is paid at once, after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tranche {
    /// The grant.
    pub target_id: TargetId,
    /// Its number in the contract, from 1.
    pub tranche_no: i64,
    /// How much.
    pub amount: Fen,
    /// The day it is due.
    pub due_on: Date,
    /// The report that must be in before; `None` where it is paid on signing.
    pub report: Option<ReportKind>,
    /// 1 when that report is in, or none is asked for.
    pub payable: i64,
}

/// Of each tranche what was paid, when `out` has left the grant.
pub fn paid(tranches: &[Tranche], out: Fen) -> Vec<Fen> {
    let mut rest = out;
    let fill = |tranche: &Tranche| {
        let part = rest.min(tranche.amount);
        rest -= part;
        part
    };
    tranches.iter().map(fill).collect()
}

/// Checks that `amount` more may leave a grant, of which `out` has, by its tranches in order.
///
/// # Errors
/// [`Refusal::TrancheWaits`] where a report would allow it, [`Refusal::TrancheExceeded`] above the contract.
pub fn check(tranches: &[Tranche], out: Fen, amount: Fen) -> Result<()> {
    let sum = |counts: &dyn Fn(&&Tranche) -> bool| tranches.iter().filter(counts).map(|one| one.amount).sum::<Fen>();
    let left = (sum(&|one| one.payable == 1) - out).max(Fen::ZERO);
    if amount <= left {
        return Ok(());
    }
    let waiting = tranches.iter().find(|one| one.payable == 0);
    match waiting.and_then(|tranche| Some((tranche.tranche_no, tranche.report?))) {
        Some((tranche, report)) if amount <= sum(&|_| true) - out => {
            Err(Refusal::TrancheWaits { tranche, report: value_name(report), left }.at("amount"))
        }
        _ => {
            let left = (sum(&|_| true) - out).max(Fen::ZERO);
            Err(Refusal::TrancheExceeded { asked: amount, left }.at("amount"))
        }
    }
}

/// Whether `amount` in cash may be paid out of a grant by now: one of a round has a contract first.
///
/// # Errors
/// What [`check`] refuses; [`Refusal::GrantState`] for a grant of a round that has no contract.
pub fn may_pay(tranches: &[Tranche], origin: Origin, out: Fen, amount: Fen) -> Result<()> {
    match (tranches, origin) {
        ([], Origin::Direct) => Ok(()),
        ([], Origin::Round) => {
            let (state, accepted) = ("Awarded".to_owned(), "Contracted".to_owned());
            Err(Refusal::GrantState { state, accepted }.at("targetId"))
        }
        _ => check(tranches, out, amount),
    }
}

/// How a grant came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was won in a round.
    Round,
    /// It was awarded outside of one.
    Direct,
}

/// Checks that `amount` in cash may be paid out of a project or grant by now, as far as its contract says. Call it
/// with the fund's head locked.
///
/// # Errors
/// What [`may_pay`] refuses.
pub async fn ensure_may_pay(tx: &mut Tx, target: &TargetPlace, amount: Fen) -> Result<()> {
    // A project has no group, and no contract of this kind.
    if target.group_id.is_none() {
        return Ok(());
    }
    let tranches = store::tranches_of(&mut *tx, &[target.id]).await?;
    let origin = if store::is_of_round(&mut *tx, target.id).await? { Origin::Round } else { Origin::Direct };
    let out = store::paid_out_of(&mut *tx, &[target.id]).await?.pop().map_or(Fen::ZERO, |(_, out)| out);
    may_pay(&tranches, origin, out, amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn tranches(reports: [(i64, Option<ReportKind>, i64); 3]) -> Vec<Tranche> {
        let day = Date(chrono::NaiveDate::from_ymd_opt(2026, 3, 1).unwrap());
        let one = |(number, (amount, report, payable)): (i64, (i64, Option<ReportKind>, i64))| Tranche {
            target_id: TargetId(1),
            tranche_no: number,
            amount: Fen(amount),
            due_on: day,
            report,
            payable,
        };
        (1..).zip(reports).map(one).collect()
    }

    #[test]
    fn what_may_leave_a_grant_is_what_its_reports_allow() {
        use ReportKind::{Closing, Midterm};
        let first = tranches([(50, None, 1), (30, Some(Midterm), 0), (20, Some(Closing), 0)]);
        let second = tranches([(50, None, 1), (30, Some(Midterm), 1), (20, Some(Closing), 0)]);
        let last = tranches([(50, None, 1), (30, Some(Midterm), 1), (20, Some(Closing), 1)]);
        let waits = |tranche, report: &str, left| {
            Some(Refusal::TrancheWaits { tranche, report: report.into(), left: Fen(left) })
        };
        let exceeded = |asked, left| Some(Refusal::TrancheExceeded { asked: Fen(asked), left: Fen(left) });
        // Tranches, what has left, what is asked, what is said.
        let rows = [
            (&first, 0, 50, None),
            (&first, 0, 51, waits(2, "MIDTERM", 50)),
            (&first, 50, 1, waits(2, "MIDTERM", 0)),
            (&first, 0, 101, exceeded(101, 100)),
            (&second, 50, 30, None),
            (&second, 20, 60, None),
            (&second, 50, 31, waits(3, "CLOSING", 30)),
            (&last, 80, 20, None),
            (&last, 80, 21, exceeded(21, 20)),
            (&last, 100, 1, exceeded(1, 0)),
        ];
        for (tranches, out, asked, expected) in rows {
            let told = match check(tranches, Fen(out), Fen(asked)) {
                Ok(()) => None,
                Err(Error::Refused(refused)) => Some(refused.refusal),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(told, expected, "{out} out, {asked} asked");
        }
    }

    #[test]
    fn payments_fill_tranches_in_order() {
        let all = tranches([(50, None, 1), (30, Some(ReportKind::Midterm), 1), (20, Some(ReportKind::Closing), 1)]);
        for (out, expected) in [(0, [0, 0, 0]), (49, [49, 0, 0]), (60, [50, 10, 0]), (100, [50, 30, 20])] {
            assert_eq!(paid(&all, Fen(out)), expected.map(Fen));
        }
    }
}
