//! Dues: what is owed of a pledge, day by day, and how it changed.
//!
//! * What was stated stays as it was: corrections, withdrawals and waivers are lines of their own
//!   ([`Change`]), and a due owes amount + corrected − waived − received.
//! * Nothing that was paid is taken back by them: received + waived never exceed what is owed.

use async_graphql::Enum;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    PledgeState,
    store::{self, ChangeRow},
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head,
    id::{DueId, FundId, PartyId, PledgeId, SalesReportId},
    ledger::{idem::Once, place, reverse::MEMO_MAX},
    money::Fen,
    viewer::{Act, By},
};

/// What is owed of a pledge on one day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    /// The key; within a fund, older dues have smaller keys.
    pub id: DueId,
    /// The pledge.
    pub pledge_id: PledgeId,
    /// Which of its dues, counted from 1.
    pub due_no: i64,
    /// The fund it is owed to.
    pub fund_id: FundId,
    /// Who owes it.
    pub donor_id: PartyId,
    /// The day it is due.
    pub due_on: NaiveDate,
    /// As it was first stated.
    pub amount: Fen,
    /// What corrections and withdrawals add to it.
    pub corrected: Fen,
    /// What has arrived on it.
    pub received: Fen,
    /// What is no longer asked for.
    pub waived: Fen,
    /// Whether it was withdrawn by an amendment.
    pub withdrawn: i64,
    /// How far its pledge has come.
    pub state: PledgeState,
    /// The day its pledge was fulfilled, cancelled or lapsed.
    pub ended_on: Option<NaiveDate>,
}

/// How a due stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum DueStatus {
    /// Its day has not passed, and nothing has arrived.
    Due,
    /// Its day has not passed, and part of it has arrived.
    PartPaid,
    /// All of it has arrived, or nothing is owed.
    Paid,
    /// Its day has passed, and something is outstanding.
    Overdue,
    /// What had not arrived is no longer asked for.
    Waived,
    /// It is not owed any more: its pledge was amended, cancelled or has lapsed.
    Withdrawn,
}

/// The days before a due on which a reminder is sent, and those after it while it is not paid.
pub const REMIND_BEFORE: &[u64] = &[7];
/// See [`REMIND_BEFORE`].
pub const REMIND_AFTER: &[u64] = &[1, 14, 30];

impl DueStatus {
    /// As a filter writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Due => "DUE",
            Self::PartPaid => "PART_PAID",
            Self::Paid => "PAID",
            Self::Overdue => "OVERDUE",
            Self::Waived => "WAIVED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }
}

impl Due {
    /// What it comes to, with what was corrected and withdrawn.
    pub fn owed(&self) -> Fen {
        self.amount + self.corrected
    }

    /// What has not arrived and is still asked for.
    pub fn outstanding(&self) -> Fen {
        match self.state {
            PledgeState::Cancelled | PledgeState::Lapsed => Fen::ZERO,
            _ => self.owed() - self.received - self.waived,
        }
    }

    /// How it stands on `today`.
    pub fn status(&self, today: NaiveDate) -> DueStatus {
        if self.withdrawn == 1 {
            return DueStatus::Withdrawn;
        }
        let open = self.owed() - self.received - self.waived;
        if !open.is_positive() {
            return if self.waived.is_positive() { DueStatus::Waived } else { DueStatus::Paid };
        }
        match self.state {
            PledgeState::Cancelled | PledgeState::Lapsed => DueStatus::Withdrawn,
            _ if self.due_on < today => DueStatus::Overdue,
            _ if self.received.is_positive() => DueStatus::PartPaid,
            _ => DueStatus::Due,
        }
    }

    /// The days on which its giver is to be reminded; none when nothing is outstanding.
    pub fn remind_on(&self) -> Vec<NaiveDate> {
        if !self.outstanding().is_positive() {
            return vec![];
        }
        let before = REMIND_BEFORE.iter().filter_map(|days| self.due_on.checked_sub_days(Days::new(*days)));
        let after = REMIND_AFTER.iter().filter_map(|days| self.due_on.checked_add_days(Days::new(*days)));
        before.chain([self.due_on]).chain(after).collect()
    }
}

/// Why a due changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "DueChangeKind")]
pub enum ChangeKind {
    /// The report it stands on was corrected.
    Correction,
    /// The pledge was amended: it is not owed any more.
    Withdrawal,
    /// It is no longer asked for.
    Waiver,
}

/// One change of a due.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    /// The key.
    pub id: i64,
    /// The due.
    pub due_id: DueId,
    /// Why.
    pub kind: ChangeKind,
    /// What it adds to what is owed.
    pub amount: Fen,
    /// What a correction adds to what the rate is applied to.
    pub basis: i64,
    /// The report that a correction stands on.
    pub report_id: Option<SalesReportId>,
    /// The day.
    pub changed_on: NaiveDate,
    /// In the words of who changed it.
    pub reason: String,
}

/// What is no longer asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Waive {
    /// The due.
    pub due: DueId,
    /// How much of it; `None` for all that is outstanding.
    pub amount: Option<Fen>,
    /// The day.
    pub on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// A due of which something was waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// The due.
    pub due: DueId,
    /// How much.
    pub amount: Fen,
}

/// Waives a due, or part of it.
///
/// # Errors
/// Refused for a broken amount or text, a day to come, a due that is not there, a pledge that is not accepted, and
/// more than is outstanding.
pub async fn waive(tx: &mut Tx, by: By<'_>, once: &Once, input: &Waive) -> Result<Waived> {
    input.amount.map(|amount| check_amount(amount, "amount")).transpose()?;
    let reason = check_text(&input.reason, MEMO_MAX, "reason")?;
    check_past(input.on, by.today, "on")?;
    let not_found = || Refusal::NotFound { what: "due".into() }.at("dueId");
    let due = store::dues_by_ids(&mut *tx, &[input.due]).await?.pop().ok_or_else(not_found)?;
    let mut head = head::lock(tx, due.fund_id).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    by.viewer.must(Act::AcceptPledge, &[place::fund(tx, due.fund_id).await?.on()])?;
    let due = store::dues_by_ids(&mut *tx, &[input.due]).await?.pop().ok_or_else(not_found)?;
    if !matches!(due.state, PledgeState::Accepted | PledgeState::Fulfilled) {
        let (state, accepted) = (format!("{:?}", due.state), "Accepted".into());
        return Err(Refusal::PledgeState { state, accepted }.at("dueId"));
    }
    let outstanding = due.outstanding();
    let amount = input.amount.unwrap_or(outstanding);
    if amount > outstanding || !amount.is_positive() {
        let field = if input.amount.is_some() { "amount" } else { "dueId" };
        return Err(Refusal::WaiverExceeded { asked: amount, outstanding }.at(field));
    }
    let change = ChangeRow {
        id: head.next_key(),
        due_id: due.id,
        pledge_id: due.pledge_id,
        kind: ChangeKind::Waiver,
        amount: -amount,
        basis: 0,
        report_id: None,
        changed_on: input.on,
        reason,
        principal_id: by.viewer.actor()?,
    };
    store::insert_changes(tx, &[change]).await?;
    // What is waived may be the last of it.
    store::add_received(tx, &[(due.pledge_id, Fen::ZERO, input.on)]).await?;
    head::write(tx, &head).await?;
    let done = Waived { due: due.id, amount };
    once.remember(tx, None, &done).await?;
    Ok(done)
}
