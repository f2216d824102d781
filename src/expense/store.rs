//! Expenses in the database.

use chrono::NaiveDate;

use crate::{
    db::{Result, Sql, Tx},
    id::{ExpenseId, FundId, PurposeId, TargetId},
    ledger::document::{EvidenceDocument, ExpenseDocument},
    page::Page,
};

/// The name of `purpose` and whether it is `above` or lies below it; `None` when there is no such purpose.
pub async fn purpose_below(tx: &mut Tx, above: PurposeId, purpose: PurposeId) -> Result<Option<(String, bool)>> {
    let found = tx
        .sql(
            "SELECT p.name, CASE WHEN EXISTS (
                 SELECT 1 FROM purpose_closure c WHERE c.ancestor_id = $1 AND c.descendant_id = p.id)
             THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
             FROM purpose p WHERE p.id = $2",
        )
        .bind(above)
        .bind(purpose)
        .optional::<(String, i64)>()
        .await?;
    Ok(found.map(|(name, below)| (name, below == 1)))
}

/// The expenses of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[ExpenseId]) -> Result<Vec<ExpenseDocument>> {
    on.sql(
        "SELECT id, fund_id, target_id, payee_id, purpose_id, asset, amount, incurred_on, note
         FROM expense WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// The files that prove each of these expenses, in order.
pub async fn evidence_of<'c>(on: impl Sql<'c>, expenses: &[ExpenseId]) -> Result<Vec<EvidenceDocument>> {
    on.sql(
        "SELECT expense_id, line_no, kind, sha256, name FROM evidence
         WHERE expense_id IN (..) ORDER BY expense_id, line_no",
    )
    .bind_list(expenses)
    .all()
    .await
}

/// What narrows a list of expenses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExpenseFilter {
    /// Only those for this project or grant.
    pub target: Option<TargetId>,
    /// Only those for this purpose.
    pub purpose: Option<PurposeId>,
    /// Only those paid on these days.
    pub days: Option<(NaiveDate, NaiveDate)>,
}

/// A page of each fund's expenses by the day they were paid.
pub async fn of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    filter: &ExpenseFilter,
    page: &Page,
) -> Result<Vec<ExpenseDocument>> {
    on.sql(
        "SELECT id, fund_id, target_id, payee_id, purpose_id, asset, amount, incurred_on, note
         FROM expense
         WHERE fund_id = {owner} AND (target_id = $1 OR $1 IS NULL) AND (purpose_id = $2 OR $2 IS NULL)
           AND (incurred_on >= $3 OR $3 IS NULL) AND (incurred_on <= $4 OR $4 IS NULL) {page}",
    )
    .bind(filter.target)
    .bind(filter.purpose)
    .bind(filter.days.map(|(from, _)| from))
    .bind(filter.days.map(|(_, to)| to))
    .page(page, "incurred_on, id")
    .each_of(funds)
    .all()
    .await
}

/// A page of each project's or grant's expenses by the day they were paid.
pub async fn of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId], page: &Page) -> Result<Vec<ExpenseDocument>> {
    on.sql(
        "SELECT id, fund_id, target_id, payee_id, purpose_id, asset, amount, incurred_on, note
         FROM expense WHERE target_id = {owner} {page}",
    )
    .page(page, "incurred_on, id")
    .each_of(targets)
    .all()
    .await
}
