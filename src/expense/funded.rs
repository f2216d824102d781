//! What gifts paid for, in the database: places where money is, each with its expense and its project beside it.
//!
//! These are the reads of every giver's dashboard, so one statement brings all that such a page shows: the page is
//! a subquery, and what stands beside its rows is joined to those rows only, by key.

use crate::{
    db::{Joined, Result, Sql},
    id::{LotId, PartyId},
    ledger::{
        document::ExpenseDocument,
        trace::{Use, UseFilter},
    },
    page::Page,
    project::Project,
};

/// A place where money is, with what it paid; of a micro-grant there is no project.
pub type UseWith = Joined<(Use, (Option<ExpenseDocument>, Option<Project>))>;

/// Where each of these lots is.
pub async fn uses_of_lots<'c>(on: impl Sql<'c>, lots: &[LotId], page: &Page) -> Result<Vec<UseWith>> {
    on.sql(
        "SELECT h.owner, h.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id, h.amount,
                x.id, x.fund_id, x.target_id, x.payee_id, x.purpose_id, x.asset, x.amount, x.incurred_on, x.note,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM ({each}
             SELECT h.lot_id AS owner, h.account_id, h.amount
             FROM holding h WHERE h.lot_id = {owner} AND h.amount > 0 {page}{end}) AS h
         JOIN account a ON a.id = h.account_id
         LEFT JOIN expense x ON x.id = a.expense_id
         LEFT JOIN target t ON t.id = a.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    )
    .page(page, "h.account_id")
    .each_of(lots)
    .all()
    .await
}

/// Which expenses each party's money paid, in the order they were booked. A giver with very many gifts is
/// answered as fast as one with a few: it is the roll-up that is walked.
pub async fn expenses_by_booking<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &UseFilter,
    page: &Page,
) -> Result<Vec<UseWith>> {
    // The sum keeps SQLite from the index of the amounts, which would read and sort all of a giver's places.
    on.sql(
        "SELECT h.owner, h.account_id, h.kind, h.fund_id, h.target_id, h.expense_id, h.refund_id, h.amount,
                x.id, x.fund_id, x.target_id, x.payee_id, x.purpose_id, x.asset, x.amount, x.incurred_on, x.note,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM ({each}
             SELECT h.party_id AS owner, h.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id,
                    h.amount
             FROM party_holding h
             JOIN account a ON a.id = h.account_id AND a.kind = 'EXPENSE'
             WHERE h.party_id = {owner} AND h.amount + 0 > 0 [AND a.fund_id = {}] [AND a.target_id = {}]
               [AND EXISTS (SELECT 1 FROM expense x WHERE x.id = a.expense_id AND x.incurred_on >= {})]
               [AND EXISTS (SELECT 1 FROM expense x WHERE x.id = a.expense_id AND x.incurred_on <= {})]
               [AND (h.account_id >> 32) IN (..)] {page}{end}) AS h
         LEFT JOIN expense x ON x.id = h.expense_id
         LEFT JOIN target t ON t.id = h.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    )
    .given(filter.fund)
    .given(filter.target)
    .given(filter.from)
    .given(filter.to)
    .given_list(filter.reach.as_deref())
    .page(page, "h.account_id")
    .each_of(parties)
    .all()
    .await
}

/// Which expenses each party's money paid, by how much of it they took.
pub async fn expenses_by_amount<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &UseFilter,
    page: &Page,
) -> Result<Vec<UseWith>> {
    on.sql(
        "SELECT h.owner, h.account_id, h.kind, h.fund_id, h.target_id, h.expense_id, h.refund_id, h.amount,
                x.id, x.fund_id, x.target_id, x.payee_id, x.purpose_id, x.asset, x.amount, x.incurred_on, x.note,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM ({each}
             SELECT h.party_id AS owner, h.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id,
                    h.amount
             FROM party_holding h
             JOIN account a ON a.id = h.account_id AND a.kind = 'EXPENSE'
             WHERE h.party_id = {owner} AND h.amount > 0 [AND a.fund_id = {}] [AND a.target_id = {}]
               [AND EXISTS (SELECT 1 FROM expense x WHERE x.id = a.expense_id AND x.incurred_on >= {})]
               [AND EXISTS (SELECT 1 FROM expense x WHERE x.id = a.expense_id AND x.incurred_on <= {})]
               [AND (h.account_id >> 32) IN (..)] {page}{end}) AS h
         LEFT JOIN expense x ON x.id = h.expense_id
         LEFT JOIN target t ON t.id = h.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    )
    .given(filter.fund)
    .given(filter.target)
    .given(filter.from)
    .given(filter.to)
    .given_list(filter.reach.as_deref())
    .page(page, "h.amount, h.account_id")
    .each_of(parties)
    .all()
    .await
}
