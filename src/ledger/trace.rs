//! The trace: from a giver to what its money paid for, and from an expense back to the gifts that paid it.
//!
//! Lots are moved and never minted anew, so each direction is one index walk: a lot's holdings, an
//! account's holdings, a giver's roll-up. Nothing here is computed from the journal.

use chrono::NaiveDate;

use super::{account::AccountKind, privacy::Giver};
use crate::{
    db::{Result, Sql},
    id::{AccountId, EntryId, ExpenseId, FundId, LotId, PartyId, PledgeId, ReceiptId, RefundId, TargetId},
    money::Fen,
    page::Page,
};

crate::part!(Use { owner, account_id, kind, fund_id, target_id, expense_id, refund_id, amount });

/// How much of something is in one place now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Use {
    /// Whose it is, by the list it was asked for: a lot, a receipt, a pledge, a party.
    pub owner: i64,
    /// The place.
    pub account_id: AccountId,
    /// What kind of place.
    pub kind: AccountKind,
    /// Whose books it is in.
    pub fund_id: FundId,
    /// The project or grant of the place.
    pub target_id: Option<TargetId>,
    /// The expense of the place.
    pub expense_id: Option<ExpenseId>,
    /// The refund of the place.
    pub refund_id: Option<RefundId>,
    /// How much.
    pub amount: Fen,
}

/// Where the money of each of these receipts is.
pub async fn of_receipts<'c>(on: impl Sql<'c>, receipts: &[ReceiptId], page: &Page) -> Result<Vec<Use>> {
    on.sql(
        "SELECT u.owner, u.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id, u.amount
         FROM (
             SELECT l.receipt_id AS owner, h.account_id, CAST(SUM(h.amount) AS BIGINT) AS amount
             FROM lot l JOIN holding h ON h.lot_id = l.id
             WHERE l.receipt_id = {owner} AND h.amount > 0
             GROUP BY l.receipt_id, h.account_id) AS u
         JOIN account a ON a.id = u.account_id
         WHERE true {page}",
    )
    .page(page, "u.account_id")
    .each_of(receipts)
    .all()
    .await
}

/// Where the money that arrived on each of these pledges is.
pub async fn of_pledges<'c>(on: impl Sql<'c>, pledges: &[PledgeId], page: &Page) -> Result<Vec<Use>> {
    on.sql(
        "SELECT u.owner, u.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id, u.amount
         FROM (
             SELECT d.pledge_id AS owner, h.account_id, CAST(SUM(h.amount) AS BIGINT) AS amount
             FROM pledge_due d JOIN lot l ON l.due_id = d.id JOIN holding h ON h.lot_id = l.id
             WHERE d.pledge_id = {owner} AND h.amount > 0
             GROUP BY d.pledge_id, h.account_id) AS u
         JOIN account a ON a.id = u.account_id
         WHERE true {page}",
    )
    .page(page, "u.account_id")
    .each_of(pledges)
    .all()
    .await
}

/// What narrows the places where a giver's money is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UseFilter {
    /// Only in this fund.
    pub fund: Option<FundId>,
    /// Only in this project or grant.
    pub target: Option<TargetId>,
    /// Only what was spent on this day or later.
    pub from: Option<NaiveDate>,
    /// Only what was spent on this day or earlier.
    pub to: Option<NaiveDate>,
    /// Only in these funds; `None` for all. A place's key begins with its fund's, and is what is asked, for with the
    /// fund itself an index of all the fund's places might be taken.
    pub reach: Option<Vec<FundId>>,
}

/// What of each party's money waits, and where: in funds, pots, projects, grants and advances.
pub async fn waiting_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &UseFilter,
    page: &Page,
) -> Result<Vec<Use>> {
    on.sql(
        "SELECT h.party_id AS owner, h.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id, h.amount
         FROM party_holding h
         JOIN account a ON a.id = h.account_id AND a.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE')
         WHERE h.party_id = {owner} AND h.amount > 0
           [AND a.fund_id = {}] [AND a.target_id = {}]
           [AND (h.account_id >> 32) IN (..)] {page}",
    )
    .given(filter.fund)
    .given(filter.target)
    .given_list(filter.reach.as_deref())
    .page(page, "h.account_id")
    .each_of(parties)
    .all()
    .await
}

/// What a party's money did in one project or grant, or a project's money from one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Share {
    /// The giver.
    pub party_id: PartyId,
    /// The project or grant.
    pub target_id: TargetId,
    /// The cash that was spent.
    pub spent: Fen,
    /// The cash that was allocated and is not yet spent.
    pub waiting: Fen,
    /// The goods, at their stated value, used or not yet.
    pub in_kind: Fen,
}

/// Which projects and grants each party's money went to.
pub async fn targets_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &UseFilter,
    page: &Page,
) -> Result<Vec<Share>> {
    on.sql(
        "SELECT u.party_id, u.target_id, u.spent, u.waiting, u.in_kind
         FROM (
             SELECT h.party_id, a.target_id,
                    CAST(SUM(CASE WHEN a.asset = 'CNY' AND a.kind IN ('EXPENSE', 'LOSS') THEN h.amount ELSE 0 END) AS BIGINT)
                        AS spent,
                    CAST(SUM(CASE WHEN a.asset = 'CNY' AND a.kind IN ('TARGET', 'ADVANCE') THEN h.amount ELSE 0 END)
                        AS BIGINT) AS waiting,
                    CAST(SUM(CASE WHEN a.asset = 'CNY' THEN 0 ELSE h.amount END) AS BIGINT) AS in_kind
             FROM party_holding h JOIN account a ON a.id = h.account_id
             WHERE h.party_id = {owner} AND h.amount > 0 AND a.target_id IS NOT NULL
               [AND a.fund_id = {}] [AND a.target_id = {}]
               [AND (h.account_id >> 32) IN (..)]
             GROUP BY h.party_id, a.target_id) AS u
         WHERE true {page}",
    )
    .given(filter.fund)
    .given(filter.target)
    .given_list(filter.reach.as_deref())
    .page(page, "u.target_id")
    .each_of(parties)
    .all()
    .await
}

/// Who gave the money of each of these projects and grants, the largest sum first.
pub async fn parties_of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId], page: &Page) -> Result<Vec<Share>> {
    on.sql(
        "SELECT u.party_id, u.target_id, u.spent, u.waiting, u.in_kind
         FROM (
             SELECT h.party_id, a.target_id, CAST(SUM(h.amount) AS BIGINT) AS total,
                    CAST(SUM(CASE WHEN a.asset = 'CNY' AND a.kind IN ('EXPENSE', 'LOSS') THEN h.amount ELSE 0 END) AS BIGINT)
                        AS spent,
                    CAST(SUM(CASE WHEN a.asset = 'CNY' AND a.kind IN ('TARGET', 'ADVANCE') THEN h.amount ELSE 0 END)
                        AS BIGINT) AS waiting,
                    CAST(SUM(CASE WHEN a.asset = 'CNY' THEN 0 ELSE h.amount END) AS BIGINT) AS in_kind
             FROM account a JOIN party_holding h ON h.account_id = a.id
             WHERE a.target_id = {owner} AND h.amount > 0
             GROUP BY h.party_id, a.target_id) AS u
         WHERE true {page}",
    )
    .page(page, "u.total, u.party_id")
    .each_of(targets)
    .all()
    .await
}

/// What a party gave of an expense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Funder {
    /// The expense.
    pub expense_id: ExpenseId,
    /// The giver.
    pub party_id: PartyId,
    /// How much.
    pub amount: Fen,
}

/// Who paid each of these expenses, the largest part first.
pub async fn parties_of_expenses<'c>(on: impl Sql<'c>, expenses: &[ExpenseId], page: &Page) -> Result<Vec<Funder>> {
    on.sql(
        "SELECT a.expense_id, h.party_id, h.amount
         FROM account a JOIN party_holding h ON h.account_id = a.id
         WHERE a.expense_id = {owner} AND h.amount > 0 {page}",
    )
    .page(page, "h.amount, h.party_id")
    .each_of(expenses)
    .all()
    .await
}

/// All givers of each of these expenses, as far as it must be known to decide who is shown.
pub async fn givers_of_expenses<'c>(on: impl Sql<'c>, expenses: &[ExpenseId]) -> Result<Vec<Giver>> {
    on.sql(
        "SELECT a.expense_id AS owner, a.id AS cell, h.party_id, g.kind, g.publicity, h.amount AS spent,
                CAST(0 AS BIGINT) AS waiting, CAST(0 AS BIGINT) AS in_kind
         FROM account a JOIN party_holding h ON h.account_id = a.id JOIN party g ON g.id = h.party_id
         WHERE a.expense_id = {owner} AND h.amount > 0",
    )
    .each_of(expenses)
    .all()
    .await
}

/// All givers of each of these projects and grants, place by place.
pub async fn givers_of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId]) -> Result<Vec<Giver>> {
    on.sql(
        "SELECT a.target_id AS owner, a.id AS cell, h.party_id, g.kind, g.publicity,
                CASE WHEN a.asset = 'CNY' AND a.kind IN ('EXPENSE', 'LOSS') THEN h.amount ELSE 0 END AS spent,
                CASE WHEN a.asset = 'CNY' AND a.kind IN ('TARGET', 'ADVANCE') THEN h.amount ELSE 0 END AS waiting,
                CASE WHEN a.asset = 'CNY' THEN 0 ELSE h.amount END AS in_kind
         FROM account a JOIN party_holding h ON h.account_id = a.id JOIN party g ON g.id = h.party_id
         WHERE a.target_id = {owner} AND h.amount > 0",
    )
    .each_of(targets)
    .all()
    .await
}

/// What a gift paid of an expense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PaidBy {
    /// The expense.
    pub expense_id: ExpenseId,
    /// The gift.
    pub lot_id: LotId,
    /// How much.
    pub amount: Fen,
}

/// Which gifts paid each of these expenses, the oldest first.
pub async fn lots_of_expenses<'c>(on: impl Sql<'c>, expenses: &[ExpenseId], page: &Page) -> Result<Vec<PaidBy>> {
    on.sql(
        "SELECT a.expense_id, h.lot_id, h.amount
         FROM account a JOIN holding h ON h.account_id = a.id
         WHERE a.expense_id = {owner} AND h.amount > 0 {page}",
    )
    .page(page, "h.lot_id")
    .each_of(expenses)
    .all()
    .await
}

/// How much of something is in places of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KindSum {
    /// Whose it is: a party, a fund, a target.
    pub owner: i64,
    /// The kind of place.
    pub kind: AccountKind,
    /// How much.
    pub amount: Fen,
}

/// Where each party's cash is, by kind of place.
pub async fn sums_of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId], filter: &UseFilter) -> Result<Vec<KindSum>> {
    on.sql(
        "SELECT h.party_id AS owner, a.kind, CAST(SUM(h.amount) AS BIGINT) AS amount
         FROM party_holding h JOIN account a ON a.id = h.account_id
         WHERE a.asset = 'CNY' [AND a.fund_id = {}] [AND a.target_id = {}]
           [AND (h.account_id >> 32) IN (..)] AND h.party_id IN (..)
         GROUP BY h.party_id, a.kind",
    )
    .given(filter.fund)
    .given(filter.target)
    .given_list(filter.reach.as_deref())
    .bind_list(parties)
    .all()
    .await
}

/// Where each fund's cash is, by kind of place.
pub async fn sums_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<KindSum>> {
    on.sql(
        "SELECT fund_id AS owner, kind, CAST(SUM(balance) AS BIGINT) AS amount
         FROM account WHERE asset = 'CNY' AND fund_id IN (..) GROUP BY fund_id, kind",
    )
    .bind_list(funds)
    .all()
    .await
}

/// Where each project's or grant's cash is, by kind of place.
pub async fn sums_of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId]) -> Result<Vec<KindSum>> {
    on.sql(
        "SELECT target_id AS owner, kind, CAST(SUM(balance) AS BIGINT) AS amount
         FROM account WHERE asset = 'CNY' AND target_id IN (..) GROUP BY target_id, kind",
    )
    .bind_list(targets)
    .all()
    .await
}

/// How many hundredths of `own` are in `total`, rounded down: leverage with two decimals; `None` while nothing of the
/// fund's own is spent.
pub fn leverage_ratio(own: Fen, total: Fen) -> Option<Fen> {
    if !own.is_positive() {
        return None;
    }
    i64::try_from(i128::from(total.0) * 100 / i128::from(own.0)).ok().map(Fen)
}

/// What a project moved altogether: the fund's own money, what residents paid through it and beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LeverageSum {
    /// The project or grant.
    pub target_id: TargetId,
    /// Spent of gifts.
    pub own: Fen,
    /// Spent of the residents' own part.
    pub copay: Fen,
    /// Paid outside of the fund, with evidence.
    pub external: Fen,
}

/// What the projects of a fund moved altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundLeverage {
    /// The fund.
    pub fund_id: FundId,
    /// What they moved; the target is any of them.
    #[sqlx(flatten)]
    pub sum: LeverageSum,
}

/// What the projects of each of these funds moved altogether; micro-grants are not levered.
pub async fn leverage_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<FundLeverage>> {
    on.sql(
        "SELECT u.fund_id, MAX(u.target_id) AS target_id, CAST(SUM(u.own) AS BIGINT) AS own,
                CAST(SUM(u.copay) AS BIGINT) AS copay, CAST(SUM(u.external) AS BIGINT) AS external
         FROM (
             SELECT t.fund_id, t.id AS target_id,
                    CASE WHEN l.class <> 'COPAY' THEN h.amount ELSE 0 END AS own,
                    CASE WHEN l.class = 'COPAY' THEN h.amount ELSE 0 END AS copay, 0 AS external
             FROM target t
             JOIN account a ON a.target_id = t.id AND a.kind = 'EXPENSE' AND a.asset = 'CNY'
             JOIN holding h ON h.account_id = a.id
             JOIN lot l ON l.id = h.lot_id
             WHERE t.kind = 'PROJECT'
             UNION ALL
             SELECT t.fund_id, t.id, 0, 0, e.amount
             FROM target t JOIN external_funding e ON e.target_id = t.id
             WHERE t.kind = 'PROJECT') AS u
         WHERE u.fund_id IN (..)
         GROUP BY u.fund_id",
    )
    .bind_list(funds)
    .all()
    .await
}

/// What each of these projects and grants moved altogether.
pub async fn leverage_of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId]) -> Result<Vec<LeverageSum>> {
    on.sql(
        "SELECT t.id AS target_id,
                CAST(COALESCE((
                    SELECT SUM(h.amount) FROM account a
                    JOIN holding h ON h.account_id = a.id
                    JOIN lot l ON l.id = h.lot_id
                    WHERE a.target_id = t.id AND a.kind = 'EXPENSE' AND l.class <> 'COPAY'), 0) AS BIGINT) AS own,
                CAST(COALESCE((
                    SELECT SUM(h.amount) FROM account a
                    JOIN holding h ON h.account_id = a.id
                    JOIN lot l ON l.id = h.lot_id
                    WHERE a.target_id = t.id AND a.kind = 'EXPENSE' AND l.class = 'COPAY'), 0) AS BIGINT) AS copay,
                CAST(COALESCE((
                    SELECT SUM(e.amount) FROM external_funding e WHERE e.target_id = t.id), 0) AS BIGINT) AS external
         FROM target t WHERE t.id IN (..)",
    )
    .bind_list(targets)
    .all()
    .await
}

/// What each party's money paid, by month.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MonthSum {
    /// The giver.
    pub party_id: PartyId,
    /// `2026-05`.
    pub month: String,
    /// How much was spent in it.
    pub amount: Fen,
}

/// What each party's money paid, by the month the expenses were paid in.
pub async fn months_of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId], filter: &UseFilter) -> Result<Vec<MonthSum>> {
    on.sql(
        "SELECT u.party_id, u.month, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT h.party_id, SUBSTR(CAST(x.incurred_on AS TEXT), 1, 7) AS month, h.amount
             FROM party_holding h
             JOIN account a ON a.id = h.account_id AND a.kind = 'EXPENSE'
             JOIN expense x ON x.id = a.expense_id
             WHERE a.asset = 'CNY' [AND a.fund_id = {}] [AND a.target_id = {}]
               [AND x.incurred_on >= {}] [AND x.incurred_on <= {}] [AND (h.account_id >> 32) IN (..)]
               AND h.amount > 0 AND h.party_id IN (..)) AS u
         GROUP BY u.party_id, u.month ORDER BY u.month",
    )
    .given(filter.fund)
    .given(filter.target)
    .given(filter.from)
    .given(filter.to)
    .given_list(filter.reach.as_deref())
    .bind_list(parties)
    .all()
    .await
}

/// The entry that booked each of these receipts.
pub async fn entries_of_receipts<'c>(on: impl Sql<'c>, receipts: &[ReceiptId]) -> Result<Vec<(ReceiptId, EntryId)>> {
    on.sql("SELECT receipt_id, id FROM entry WHERE receipt_id IN (..) AND kind = 'RECEIVE'")
        .bind_list(receipts)
        .all()
        .await
}
