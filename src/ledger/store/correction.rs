//! What corrections read and write: pieces of lots, consents, credit notes, losses.

use super::{EligibleEarmark, Held};
use crate::{
    db::{Result, Sql, Tx},
    id::{AccountId, EarmarkId, EntryId, ExpenseId, FundId, LotId, PartyId, ReceiptId, TargetId},
    ledger::{
        AccountKind,
        document::{CreditDocument, ExpenseDocument, RelotDocument, WriteOffDocument},
        earmark::Restriction,
    },
    money::Fen,
};

/// The restrictions with money in `account` that let it be spent in any fund of the host.
pub async fn earmarks_of_any_fund<'c>(on: impl Sql<'c>, account: AccountId) -> Result<Vec<EligibleEarmark>> {
    on.sql(
        "SELECT k.id AS earmark_id, k.spec, COALESCE(k.valid_to, '9999-12-31') AS until
         FROM earmark k
         WHERE k.fund_id IS NULL
           AND k.id IN (SELECT h.earmark_id FROM holding h WHERE h.account_id = $1 AND h.amount > 0)",
    )
    .bind(account)
    .all()
    .await
}

/// Everything that `account` holds of gifts under these restrictions, the oldest first.
pub async fn held_under<'c>(on: impl Sql<'c>, account: AccountId, earmarks: &[EarmarkId]) -> Result<Vec<Held>> {
    on.sql(
        "SELECT h.lot_id, h.earmark_id, l.donor_id, h.amount
         FROM holding h JOIN lot l ON l.id = h.lot_id
         WHERE h.account_id = $1 AND h.amount > 0 AND h.earmark_id IN (..)
         ORDER BY h.lot_id",
    )
    .bind(account)
    .bind_list(earmarks)
    .all()
    .await
}

/// Where a lot is, as far as a change of it has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Piece {
    /// The place.
    pub account_id: AccountId,
    /// What kind of place.
    pub kind: AccountKind,
    /// Whose books it is in.
    pub fund_id: FundId,
    /// The project or grant of the place.
    pub target_id: Option<TargetId>,
    /// How much.
    pub amount: Fen,
}

/// Where a lot is, in the order the places were opened.
pub async fn pieces_of_lot<'c>(on: impl Sql<'c>, lot: LotId) -> Result<Vec<Piece>> {
    on.sql(
        "SELECT h.account_id, a.kind, a.fund_id, a.target_id, h.amount
         FROM holding h JOIN account a ON a.id = h.account_id
         WHERE h.lot_id = $1 AND h.amount > 0 ORDER BY h.account_id",
    )
    .bind(lot)
    .all()
    .await
}

/// The number of the next line of a receipt, counting the lots that corrections made of its lines.
pub async fn next_line<'c>(on: impl Sql<'c>, receipt: ReceiptId) -> Result<i64> {
    let (last,): (i64,) =
        on.sql("SELECT COALESCE(MAX(line_no), 0) FROM lot WHERE receipt_id = $1").bind(receipt).one().await?;
    Ok(last + 1)
}

/// Which of these projects and grants of one fund a restriction on gifts to it lets money be spent on, on some
/// day.
pub async fn targets_allowed<'c>(
    on: impl Sql<'c>,
    restriction: &Restriction,
    targets: &[TargetId],
) -> Result<Vec<(TargetId,)>> {
    on.sql(
        "SELECT t.id FROM target t
         WHERE (t.id = $1 OR $1 IS NULL) AND (t.group_id = $2 OR $2 IS NULL)
           AND (EXISTS (SELECT 1 FROM purpose_closure c WHERE c.ancestor_id = $3 AND c.descendant_id = t.purpose_id)
                OR $3 IS NULL)
           AND t.id IN (..)",
    )
    .bind(restriction.target)
    .bind(restriction.group)
    .bind(restriction.purpose)
    .bind_list(targets)
    .all()
    .await
}

/// The expense of this key.
pub async fn expense_by_id<'c>(on: impl Sql<'c>, id: ExpenseId) -> Result<Option<ExpenseDocument>> {
    on.sql(
        "SELECT id, fund_id, target_id, payee_id, purpose_id, asset, amount, incurred_on, note
         FROM expense WHERE id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The account of an expense.
pub async fn account_of_expense<'c>(on: impl Sql<'c>, id: ExpenseId) -> Result<AccountId> {
    let (account,) = on.sql("SELECT id FROM account WHERE expense_id = $1").bind(id).one().await?;
    Ok(account)
}

/// Who paid a receipt in.
pub async fn payer_of<'c>(on: impl Sql<'c>, receipt: ReceiptId) -> Result<PartyId> {
    let (payer,) = on.sql("SELECT payer_id FROM receipt WHERE id = $1").bind(receipt).one().await?;
    Ok(payer)
}

/// Adds what a changed gift stands on.
pub async fn insert_relot(tx: &mut Tx, entry: EntryId, relot: &RelotDocument) -> Result<u64> {
    tx.sql(
        "INSERT INTO relot (entry_id, lot_id, child_id, consented_by, consented_on, sha256)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(entry)
    .bind(relot.lot_id)
    .bind(relot.child_id)
    .bind(relot.consented_by)
    .bind(relot.consented_on)
    .bind(relot.sha256.clone())
    .execute()
    .await
}

/// Adds a vendor's credit note.
pub async fn insert_credit(tx: &mut Tx, entry: EntryId, credit: &CreditDocument) -> Result<u64> {
    tx.sql("INSERT INTO expense_adjust (entry_id, expense_id, delta, sha256) VALUES ($1, $2, $3, $4)")
        .bind(entry)
        .bind(credit.expense_id)
        .bind(credit.delta)
        .bind(credit.sha256.clone())
        .execute()
        .await
}

/// Adds what a written-off advance stands on.
pub async fn insert_write_off(tx: &mut Tx, entry: EntryId, one: &WriteOffDocument) -> Result<u64> {
    tx.sql("INSERT INTO write_off (entry_id, target_id, sha256) VALUES ($1, $2, $3)")
        .bind(entry)
        .bind(one.target_id)
        .bind(one.sha256.clone())
        .execute()
        .await
}
