//! Corrections: a report with the right figures takes the place of one with wrong ones.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Following, Reported, SalesReport, check_figures, store};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head::{self, Head},
    id::{DueId, PledgeId, SalesReportId},
    ledger::{
        idem::{Once, Outcome},
        place,
        reverse::MEMO_MAX,
    },
    money::Fen,
    pledge::{
        due::ChangeKind,
        store::{self as pledge_store, ChangeRow, OpenDue},
    },
    viewer::{Act, By},
};

/// The right figures of a report.
#[derive(Clone, Debug, Serialize)]
pub struct Correction {
    /// The report, or the last correction of it.
    pub report: SalesReportId,
    /// For how much was sold; `None` where that was right.
    pub amount: Option<Fen>,
    /// How many pieces; `None` where that was right.
    pub units: Option<i64>,
    /// The day it is corrected.
    pub reported_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Puts a report right by another one, and what became due of it by correcting lines.
///
/// What is to be lowered is taken off the due of the report first, as far as it is not paid, then off the pledge's
/// other open dues, the youngest first; what then is left is made good by the dues to come.
///
/// # Errors
/// Refused for numbers and texts out of bounds, a day to come, a report that is not there, and one that was corrected
/// before.
pub async fn correct(tx: &mut Tx, by: By<'_>, once: &Once, input: &Correction) -> Result<Reported> {
    check_figures(input.amount, input.units)?;
    check_past(input.reported_on, by.today, "reportedOn")?;
    let note = check_text(&input.reason, MEMO_MAX, "reason")?;
    let not_found = || Refusal::NotFound { what: "sales report".into() }.at("reportId");
    let before = store::by_ids(&mut *tx, &[input.report]).await?.pop().ok_or_else(not_found)?;
    let mut head = head::lock(tx, before.fund_id).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    by.viewer.must(Act::AcceptPledge, &[place::fund(tx, before.fund_id).await?.on()])?;
    let latest = store::latest_of(&mut *tx, &[before.first_id]).await?.pop().ok_or_else(not_found)?;
    if latest.id != before.id {
        return Err(Refusal::SalesCorrected { on: latest.reported_on }.at("reportId"));
    }
    let id = head.next_key();
    let right = SalesReport {
        id,
        amount: input.amount.or(before.amount),
        units: input.units.or(before.units),
        reported_on: input.reported_on,
        corrects_id: Some(before.id),
        source: None,
        external_ref: None,
        note: note.clone(),
        principal_id: by.viewer.actor()?,
        ..before
    };
    let standing = store::standing_on(&mut *tx, before.first_id).await?;
    let following = match standing.is_empty() {
        true => HashMap::new(),
        false => {
            let all = store::following(&mut *tx, before.fund_id, &[before.merchant_id]).await?;
            all.into_iter().map(|one| (one.id, one)).collect::<HashMap<PledgeId, Following>>()
        }
    };
    let pledges: Vec<PledgeId> = standing.iter().map(|one| one.pledge_id).collect();
    let open = pledge_store::open_dues(tx, &pledges).await?;
    let mut lines = Vec::new();
    for one in &standing {
        let Some(following) = following.get(&one.pledge_id) else { continue };
        let Some(basis) = following.basis_of(right.amount, right.units) else { continue };
        let own: Vec<&OpenDue> = open.iter().filter(|due| due.pledge_id == one.pledge_id).collect();
        for (due, basis, amount) in changes(following, one.due_id, basis - one.basis, &own)? {
            lines.push(ChangeRow {
                id: head.next_key(),
                due_id: due,
                pledge_id: one.pledge_id,
                kind: ChangeKind::Correction,
                amount,
                basis,
                report_id: Some(id),
                changed_on: input.reported_on,
                reason: note.clone(),
                principal_id: right.principal_id,
            });
        }
    }
    write(tx, &mut head, once, &right, &lines).await
}

/// What a change of the basis changes of a pledge's dues: the due, the basis and the amount of each line.
fn changes(following: &Following, due: DueId, basis: i64, own: &[&OpenDue]) -> Result<Vec<(DueId, i64, Fen)>> {
    let share = following.ratio().share(following.basis + basis, following.amount);
    let change = share - following.stated;
    if !(-change).is_positive() {
        if change.is_positive() {
            check_amount(change, "amount")?;
        }
        return Ok(vec![(due, basis, change)]);
    }
    let mut left = -change;
    let mut lines = vec![(due, basis, Fen::ZERO)];
    let (first, others): (Vec<&OpenDue>, Vec<&OpenDue>) = own.iter().partition(|one| one.due_id == due);
    for one in first.into_iter().chain(others.into_iter().rev()) {
        let less = one.outstanding.min(left);
        if !less.is_positive() {
            continue;
        }
        left -= less;
        if one.due_id == due {
            lines[0].2 = -less;
        } else {
            lines.push((one.due_id, 0, -less));
        }
    }
    Ok(lines)
}

async fn write(
    tx: &mut Tx,
    head: &mut Head,
    once: &Once,
    right: &SalesReport,
    lines: &[ChangeRow],
) -> Result<Reported> {
    store::insert(tx, std::slice::from_ref(right)).await?;
    pledge_store::insert_changes(tx, lines).await?;
    head::write(tx, head).await?;
    let done = Reported { report: right.id, outcome: Outcome::Created };
    once.remember(tx, None, &done).await?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pledge::PledgeKind;

    fn following(basis: i64, stated: i64) -> Following {
        Following {
            id: PledgeId(1),
            donor_id: 2.into(),
            kind: PledgeKind::ShareOfSales,
            amount: None,
            rate_num: 300,
            rate_den: 10_000,
            campaign_id: None,
            due_on: NaiveDate::MIN,
            ends_on: None,
            settle_days: Some(15),
            stated: Fen(stated),
            basis,
            dues: 3,
        }
    }

    /// What is open, by how much the basis changes, and the due, basis and amount of each line.
    type Row<'r> = (&'r [OpenDue], i64, Vec<(i64, i64, i64)>);

    #[test]
    fn a_correction_changes_its_own_due_first_and_never_what_was_paid() {
        let due =
            |id: i64, outstanding| OpenDue { due_id: DueId(id), pledge_id: PledgeId(1), outstanding: Fen(outstanding) };
        // Three reports of 100.00 yuan each: 3.00 yuan due of each.
        let all_open = [due(1, 300), due(2, 300), due(3, 300)];
        let paid = [due(1, 0), due(2, 0), due(3, 120)];
        let rows: [Row<'_>; 6] = [
            (&all_open, 1_000, vec![(1, 1_000, 30)]),
            (&all_open, -1_000, vec![(1, -1_000, -30)]),
            (&all_open, -10_000, vec![(1, -10_000, -300)]),
            (&all_open, -1, vec![(1, -1, -1)]),
            (&paid, -10_000, vec![(1, -10_000, 0), (3, 0, -120)]),
            (&paid, 33, vec![(1, 33, 0)]),
        ];
        for (own, basis, expected) in rows {
            let own: Vec<&OpenDue> = own.iter().collect();
            let lines = changes(&following(30_000, 900), DueId(1), basis, &own).unwrap();
            let lines: Vec<_> = lines.into_iter().map(|(due, basis, amount)| (due.0, basis, amount.0)).collect();
            assert_eq!(lines, expected, "{basis}");
        }
    }
}
