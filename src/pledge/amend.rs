//! Amendments: a recurring pledge goes on otherwise from a day on.
//!
//! * Dues before that day, and dues on which something arrived or was waived, stay as they were.
//! * The others are withdrawn, each by its own record, and the dues of the new schedule appended.
//! * Each schedule is kept, so that what was agreed when can be read later.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    PledgeKind, PledgeState,
    due::ChangeKind,
    schedule::{DUES_MAX, End, PledgeInterval, Schedule},
    store::{self, ChangeRow, DueRow, ScheduleRow},
};
use crate::{
    agreement,
    db::Tx,
    error::{Refusal, Result, check_amount, check_range, check_text, ensure_rows},
    fund::head,
    id::PledgeId,
    ledger::{idem::Once, place, reverse::MEMO_MAX},
    money::Fen,
    viewer::{Act, By},
};

/// How a recurring pledge goes on; what is `None` stays as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Amend {
    /// The pledge.
    pub pledge: PledgeId,
    /// The first day of the change, today at the earliest.
    pub from: NaiveDate,
    /// What each due comes to.
    pub amount: Option<Fen>,
    /// How far two dues are apart; where it changes, the days are counted from `from`.
    pub every: Option<PledgeInterval>,
    /// When it ends, counted from `from`.
    pub end: Option<End>,
    /// Why.
    pub reason: String,
}

/// A pledge that was amended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amended {
    /// The pledge.
    pub pledge: PledgeId,
}

/// Amends a recurring pledge.
///
/// # Errors
/// Refused for numbers and texts out of bounds, a day that has passed, a pledge that is not there, is not recurring
/// or has ended, when nothing would be left of it, and for dues outside of its agreement's term.
pub async fn amend(tx: &mut Tx, by: By<'_>, once: &Once, input: &Amend) -> Result<Amended> {
    input.amount.map(|amount| check_amount(amount, "amount")).transpose()?;
    let reason = check_text(&input.reason, MEMO_MAX, "reason")?;
    if input.from < by.today {
        return Err(Refusal::PeriodReversed { from: by.today, to: input.from }.at("from"));
    }
    let not_found = || Refusal::NotFound { what: "recurring pledge".into() }.at("pledgeId");
    let pledge = store::by_ids(&mut *tx, &[input.pledge]).await?.pop().ok_or_else(not_found)?;
    let mut head = head::lock(tx, pledge.fund_id).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let pledge = store::by_ids(&mut *tx, &[input.pledge]).await?.pop().ok_or_else(not_found)?;
    by.viewer.must(Act::AcceptPledge, &[place::fund(tx, pledge.fund_id).await?.on()])?;
    if pledge.kind != PledgeKind::Recurring {
        return Err(not_found());
    }
    if matches!(pledge.state, PledgeState::Cancelled | PledgeState::Lapsed) {
        let (state, accepted) = (format!("{:?}", pledge.state), "Offered, Accepted or Fulfilled".into());
        return Err(Refusal::PledgeState { state, accepted }.at("pledgeId"));
    }
    let before = store::schedules_of(&mut *tx, &[pledge.id]).await?.pop().ok_or_else(not_found)?;
    let dues = store::dues_with_changes(&mut *tx, &[pledge.id]).await?;
    let is_kept =
        |due: &&super::due::Due| due.due_on < input.from || due.received.is_positive() || due.waived.is_positive();
    let withdrawn = dues.iter().filter(|due| !is_kept(due) && due.owed().is_positive());
    let kept: HashSet<NaiveDate> = dues.iter().filter(is_kept).map(|due| due.due_on).collect();
    let (schedule, days) = next(input, &before, pledge.ends_on.unwrap_or(pledge.due_on))?;
    let days: Vec<NaiveDate> = days.into_iter().filter(|day| !kept.contains(day)).collect();
    let keeps: Fen = dues.iter().filter(is_kept).map(|due| due.owed()).sum();
    let count = i64::try_from(days.len() + kept.len()).expect("a few");
    check_range(count, 1, DUES_MAX, "lastOn")?;
    let added: Fen = days.iter().map(|_| schedule.amount).sum();
    let whole = check_amount(keeps + added, "amount")?;
    let ends_on = days.last().copied().max(kept.iter().max().copied());
    if let (Some(agreement), Some(ends_on)) = (pledge.agreement_id, ends_on) {
        let agreement = agreement::store::by_ids(&mut *tx, &[agreement]).await?.pop().ok_or_else(not_found)?;
        agreement.covers(pledge.donor_id, pledge.offered_on, Some(ends_on))?;
    }

    let principal_id = by.viewer.actor()?;
    let change = |due: &super::due::Due, id| ChangeRow {
        id,
        due_id: due.id,
        pledge_id: pledge.id,
        kind: ChangeKind::Withdrawal,
        amount: -due.owed(),
        basis: 0,
        report_id: None,
        changed_on: by.today,
        reason: reason.clone(),
        principal_id,
    };
    let changes: Vec<ChangeRow> = withdrawn.map(|due| change(due, head.next_key())).collect();
    let last_no = dues.iter().map(|due| due.due_no).max().unwrap_or_default();
    let due = |(due_no, due_on): (i64, &NaiveDate), id| DueRow {
        id,
        pledge_id: pledge.id,
        due_no,
        fund_id: pledge.fund_id,
        donor_id: pledge.donor_id,
        due_on: *due_on,
        amount: schedule.amount,
    };
    let rows: Vec<DueRow> = (last_no + 1..).zip(&days).map(|one| due(one, head.next_key())).collect();
    store::insert_changes(tx, &changes).await?;
    store::insert_dues(tx, &rows).await?;
    let version = ScheduleRow {
        pledge_id: pledge.id,
        version: before.version + 1,
        from_on: input.from,
        anchor_on: schedule.first_on,
        amount: schedule.amount,
        every: schedule.every,
        times: schedule.end.times(),
        last_on: schedule.end.last_on(),
        promised: whole,
        agreed_on: by.today,
        reason: reason.clone(),
    };
    store::insert_schedules(tx, &[version]).await?;
    let met = pledge.received + pledge.waived == whole;
    ensure_rows(store::set_promised(tx, pledge.id, whole, ends_on, met.then_some(by.today)).await?, 1, "pledge")?;
    head::write(tx, &head).await?;
    let done = Amended { pledge: pledge.id };
    once.remember(tx, None, &done).await?;
    Ok(done)
}

/// The schedule that follows `before`, and the days of its dues from the day of the change on.
fn next(input: &Amend, before: &ScheduleRow, ends_on: NaiveDate) -> Result<(Schedule, Vec<NaiveDate>)> {
    let every = input.every.unwrap_or(before.every);
    // The day of the month stays where the interval does.
    let first_on = if every == before.every { before.anchor_on } else { input.from };
    let amount = input.amount.unwrap_or(before.amount);
    let end = input.end.unwrap_or(End::On(ends_on));
    if let End::Times(times) = end {
        check_range(times, 1, DUES_MAX, "times")?;
    }
    let schedule = Schedule { amount, every, first_on, end };
    Ok((schedule, schedule.days_from(input.from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_amendment_keeps_the_day_of_the_month_where_the_interval_stays() {
        use PledgeInterval::{Month, Quarter};
        let before = ScheduleRow {
            pledge_id: PledgeId(1),
            version: 1,
            from_on: day("2026-01-31"),
            anchor_on: day("2026-01-31"),
            amount: Fen(5_000),
            every: Month,
            times: Some(6),
            last_on: None,
            promised: Fen(30_000),
            agreed_on: day("2026-01-01"),
            reason: String::new(),
        };
        let rows = [
            (None, None, "2026-04-30 2026-05-31 2026-06-30"),
            (Some(Month), Some(End::Times(2)), "2026-04-30 2026-05-31"),
            (None, Some(End::On(day("2026-04-30"))), "2026-04-30"),
            (None, Some(End::On(day("2026-04-29"))), ""),
            (Some(Quarter), Some(End::Times(2)), "2026-04-10 2026-07-10"),
        ];
        for (every, end, expected) in rows {
            let (pledge, from, reason) = (PledgeId(1), day("2026-04-10"), "Less.".into());
            let input = Amend { pledge, from, amount: Some(Fen(3_000)), every, end, reason };
            let (_, days) = next(&input, &before, day("2026-06-30")).unwrap();
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            assert_eq!(days.join(" "), expected, "{every:?} {end:?}");
        }
    }
}
