//! What statements are computed from, in the database.
//!
//! An entry counts when it took effect by the end of the span and is not after the mark of its fund.

use chrono::NaiveDate;

use super::Span;
use crate::{
    db::{Result, Sql},
    id::{ExpenseId, FundId, HostId, LotId, PartyId, PurposeId, TargetId},
    ledger::{AccountKind, Asset, EntryKind, document::LotClass, earmark::EarmarkKind},
    money::Fen,
    page::Page,
    party::PartyKind,
};

/// Movements of one giver's money, summed by what they join.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PartyRow {
    /// The giver.
    pub party_id: PartyId,
    /// Cash or goods.
    pub asset: Asset,
    /// 1 when it was before the span.
    pub before: i64,
    /// By what kind of entry.
    pub kind: EntryKind,
    /// What kind of place it left.
    pub source: AccountKind,
    /// What kind of place it went to.
    pub destination: AccountKind,
    /// How much.
    pub amount: Fen,
}

/// What the money of each of these givers did. `CROSS JOIN` keeps SQLite from beginning with the funds' whole journals,
/// here and below.
pub async fn of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId], span: &Span) -> Result<Vec<PartyRow>> {
    on.sql(
        "SELECT u.party_id, u.asset, u.before, u.kind, u.source, u.destination, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT l.donor_id AS party_id, l.asset,
                    CASE WHEN e.effective_on < $1 THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS before,
                    e.kind, f.kind AS source, t.kind AS destination, p.amount
             FROM lot l CROSS JOIN posting p CROSS JOIN entry e
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             WHERE l.donor_id = {owner} AND p.lot_id = l.id AND e.id = p.entry_id
               AND e.effective_on <= $2 [AND e.fund_id IN (..)]
               [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]) AS u
         GROUP BY u.party_id, u.asset, u.before, u.kind, u.source, u.destination",
    )
    .bind(span.from)
    .bind(span.until())
    .given_list(span.funds.as_deref())
    .given_list(span.cut.marks.as_deref())
    .each_of(parties)
    .all()
    .await
}

/// A gift, with the words that a statement says of it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GiftRow {
    /// The lot.
    pub lot_id: LotId,
    /// Its giver.
    pub donor_id: PartyId,
    /// The code of the fund it came to.
    pub fund_code: String,
    /// The day it arrived.
    pub received_on: NaiveDate,
    /// How it came.
    pub channel: String,
    /// Its number in that channel.
    pub external_ref: String,
    /// Why it is in the fund.
    pub class: LotClass,
    /// Cash or goods.
    pub asset: Asset,
    /// The sum.
    pub amount: Fen,
    /// What it is restricted to.
    pub earmark_kind: EarmarkKind,
    /// The purpose of the restriction.
    pub purpose_name: Option<String>,
    /// The group of the restriction.
    pub group_name: Option<String>,
    /// The project or grant of the restriction.
    pub target_code: Option<String>,
}

/// A page of each giver's gifts that were there when the span began or moved within it, by the day they arrived.
pub async fn gifts_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    span: &Span,
    page: &Page,
) -> Result<Vec<GiftRow>> {
    on.sql(
        "SELECT l.id AS lot_id, l.donor_id, f.code AS fund_code, l.received_on, r.channel, r.external_ref, l.class,
                l.asset, l.amount, k.kind AS earmark_kind, u.name AS purpose_name, g.name AS group_name,
                t.code AS target_code
         FROM lot l
         JOIN receipt r ON r.id = l.receipt_id
         JOIN fund f ON f.id = l.fund_id
         JOIN earmark k ON k.id = l.earmark_id
         LEFT JOIN purpose u ON u.id = k.purpose_id
         LEFT JOIN party g ON g.id = k.group_id
         LEFT JOIN target t ON t.id = k.target_id
         WHERE l.donor_id = {owner} AND EXISTS (
             SELECT 1 FROM posting p
             JOIN entry e ON e.id = p.entry_id
             JOIN account a ON a.id = p.source_id
             JOIN account b ON b.id = p.destination_id
             WHERE p.lot_id = l.id AND e.effective_on <= $2 [AND e.fund_id IN (..)]
               [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
             GROUP BY p.lot_id
             HAVING MAX(CASE WHEN e.effective_on >= $1 THEN 1 ELSE 0 END) = 1
                 OR SUM(CASE WHEN b.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE') THEN p.amount ELSE 0 END)
                  - SUM(CASE WHEN a.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE') THEN p.amount ELSE 0 END) <> 0)
           {page}",
    )
    .bind(span.from)
    .bind(span.until())
    .given_list(span.funds.as_deref())
    .given_list(span.cut.marks.as_deref())
    .page(page, "l.received_on, l.id")
    .each_of(parties)
    .all()
    .await
}

/// A movement of part of a lot.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LotMove {
    /// The lot.
    pub lot_id: LotId,
    /// The day it took effect.
    pub effective_on: NaiveDate,
    /// By what kind of entry.
    pub kind: EntryKind,
    /// What kind of place it left.
    pub source: AccountKind,
    /// What kind of place it went to.
    pub destination: AccountKind,
    /// The project or grant of either.
    pub target_id: Option<TargetId>,
    /// How much.
    pub amount: Fen,
}

/// All movements of these lots up to the end of the span.
pub async fn moves_of_lots<'c>(on: impl Sql<'c>, lots: &[LotId], span: &Span) -> Result<Vec<LotMove>> {
    on.sql(
        "SELECT p.lot_id, e.effective_on, e.kind, f.kind AS source, t.kind AS destination,
                COALESCE(t.target_id, f.target_id) AS target_id, p.amount
         FROM posting p
         JOIN entry e ON e.id = p.entry_id
         JOIN account f ON f.id = p.source_id
         JOIN account t ON t.id = p.destination_id
         WHERE p.lot_id IN (..) AND e.effective_on <= $1 [AND e.fund_id IN (..)]
           [AND EXISTS (
               SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]",
    )
    .bind(span.until())
    .bind_list(lots)
    .given_list(span.funds.as_deref())
    .given_list(span.cut.marks.as_deref())
    .all()
    .await
}

/// What part of a gift did in a project or grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Share {
    /// The giver.
    pub donor_id: PartyId,
    /// The gift.
    pub lot_id: LotId,
    /// The project or grant.
    pub target_id: TargetId,
    /// What was spent in the span, less what came back.
    pub spent: Fen,
    /// What was lost in the span.
    pub lost: Fen,
    /// What was allocated and unspent when the span ended.
    pub waiting: Fen,
}

/// A page of each giver's gifts by project: every pair with money in it.
pub async fn shares_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    span: &Span,
    page: &Page,
) -> Result<Vec<Share>> {
    on.sql(
        "SELECT u.donor_id, u.lot_id, u.target_id, u.spent, u.lost, u.waiting
         FROM (
             SELECT l.donor_id, l.id AS lot_id, COALESCE(t.target_id, f.target_id) AS target_id,
                    CAST(SUM(CASE WHEN e.effective_on < $1 THEN 0 WHEN t.kind = 'EXPENSE' THEN p.amount
                                  WHEN f.kind = 'EXPENSE' THEN -p.amount ELSE 0 END) AS BIGINT) AS spent,
                    CAST(SUM(CASE WHEN e.effective_on < $1 THEN 0 WHEN t.kind = 'LOSS' THEN p.amount
                                  WHEN f.kind = 'LOSS' THEN -p.amount ELSE 0 END) AS BIGINT) AS lost,
                    CAST(SUM(CASE WHEN t.kind IN ('TARGET', 'ADVANCE') THEN p.amount ELSE 0 END
                           - CASE WHEN f.kind IN ('TARGET', 'ADVANCE') THEN p.amount ELSE 0 END) AS BIGINT) AS waiting
             FROM lot l CROSS JOIN posting p CROSS JOIN entry e
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             WHERE l.donor_id = {owner} AND p.lot_id = l.id AND e.id = p.entry_id
               AND (t.target_id IS NOT NULL OR f.target_id IS NOT NULL)
               AND e.effective_on <= $2 [AND e.fund_id IN (..)]
               [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
             GROUP BY l.donor_id, l.id, COALESCE(t.target_id, f.target_id)) AS u
         WHERE (u.spent <> 0 OR u.lost <> 0 OR u.waiting <> 0) {page}",
    )
    .bind(span.from)
    .bind(span.until())
    .given_list(span.funds.as_deref())
    .given_list(span.cut.marks.as_deref())
    .page(page, "u.lot_id, u.target_id")
    .each_of(parties)
    .all()
    .await
}

/// A giver's part of an expense in the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Part {
    /// The giver.
    pub donor_id: PartyId,
    /// The expense.
    pub expense_id: ExpenseId,
    /// How much, less what came back.
    pub amount: Fen,
}

/// A page of the expenses each giver's money paid in the span, as they were booked.
pub async fn expenses_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    span: &Span,
    page: &Page,
) -> Result<Vec<Part>> {
    on.sql(
        "SELECT u.donor_id, u.expense_id, u.amount
         FROM (
             SELECT l.donor_id, COALESCE(t.expense_id, f.expense_id) AS expense_id,
                    CAST(SUM(CASE WHEN e.effective_on < $1 THEN 0 WHEN t.kind = 'EXPENSE' THEN p.amount
                                  ELSE -p.amount END) AS BIGINT) AS amount
             FROM lot l CROSS JOIN posting p CROSS JOIN entry e
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             WHERE l.donor_id = {owner} AND p.lot_id = l.id AND e.id = p.entry_id
               AND (t.kind = 'EXPENSE' OR f.kind = 'EXPENSE')
               AND e.effective_on <= $2 [AND e.fund_id IN (..)]
               [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
             GROUP BY l.donor_id, COALESCE(t.expense_id, f.expense_id)) AS u
         WHERE u.amount <> 0 {page}",
    )
    .bind(span.from)
    .bind(span.until())
    .given_list(span.funds.as_deref())
    .given_list(span.cut.marks.as_deref())
    .page(page, "u.expense_id")
    .each_of(parties)
    .all()
    .await
}

/// An expense, with the words that a statement says of it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ExpenseRow {
    /// The expense.
    pub id: ExpenseId,
    /// The code of the fund that paid.
    pub fund_code: String,
    /// The project or grant.
    pub target_id: TargetId,
    /// Cash or goods.
    pub asset: Asset,
    /// The whole of it.
    pub amount: Fen,
    /// The day it was paid.
    pub incurred_on: NaiveDate,
    /// What was bought.
    pub note: String,
}

/// The expenses of these keys.
pub async fn expenses_by_ids<'c>(on: impl Sql<'c>, ids: &[ExpenseId]) -> Result<Vec<ExpenseRow>> {
    on.sql(
        "SELECT x.id, f.code AS fund_code, x.target_id, x.asset, x.amount, x.incurred_on, x.note
         FROM expense x JOIN fund f ON f.id = x.fund_id WHERE x.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// What a project or grant is called.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TargetName {
    /// The project or grant.
    pub id: TargetId,
    /// Its code in the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
}

/// What these projects and grants are called.
pub async fn target_names<'c>(on: impl Sql<'c>, ids: &[TargetId]) -> Result<Vec<TargetName>> {
    on.sql(
        "SELECT t.id, t.code, COALESCE(j.title, g.title, t.code) AS title
         FROM target t LEFT JOIN project j ON j.id = t.id LEFT JOIN micro_grant g ON g.id = t.id
         WHERE t.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// Movements in the books of a fund from the beginning of a span on, summed by what they join.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FundRow {
    /// The fund.
    pub fund_id: FundId,
    /// 1 within the span and counted, 0 when it does not count or came after.
    pub within: i64,
    /// By what kind of entry.
    pub kind: EntryKind,
    /// What kind of place it left.
    pub source: AccountKind,
    /// What kind of place it went to.
    pub destination: AccountKind,
    /// The project or grant of either.
    pub target_id: Option<TargetId>,
    /// The purpose of the expense.
    pub purpose_id: Option<PurposeId>,
    /// What kind of party gave it.
    pub giver_kind: PartyKind,
    /// Why it is in the fund.
    pub class: LotClass,
    /// The kind of pledge that it settled, as the pledge calls it.
    pub pledge_kind: Option<String>,
    /// 1 when its giver restricted it.
    pub restricted: i64,
    /// 1 when it is a project's, which is levered; micro-grants are not.
    pub levered: i64,
    /// Cash or goods.
    pub asset: Asset,
    /// How much.
    pub amount: Fen,
}

/// What moved in each of these funds since the span began: the work is what was booked since.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], span: &Span) -> Result<Vec<FundRow>> {
    on.sql(
        "SELECT u.fund_id, u.within, u.kind, u.source, u.destination, u.target_id, u.purpose_id, u.giver_kind, u.class,
                u.pledge_kind, u.restricted, u.levered, u.asset, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT e.fund_id,
                    CASE WHEN e.effective_on >= $1 AND e.effective_on <= $2 AND (e.seq <= $3 OR $3 IS NULL)
                         THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS within,
                    e.kind, f.kind AS source, t.kind AS destination, COALESCE(t.target_id, f.target_id) AS target_id,
                    x.purpose_id, g.kind AS giver_kind, l.class, q.kind AS pledge_kind,
                    CASE WHEN k.kind = 'NONE' THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS restricted,
                    CASE WHEN y.kind = 'PROJECT' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS levered,
                    l.asset, p.amount
             FROM entry e
             JOIN posting p ON p.entry_id = e.id
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             JOIN lot l ON l.id = p.lot_id
             JOIN party g ON g.id = l.donor_id
             JOIN earmark k ON k.id = l.earmark_id
             LEFT JOIN pledge_due d ON d.id = l.due_id
             LEFT JOIN pledge q ON q.id = d.pledge_id
             LEFT JOIN expense x ON x.id = COALESCE(t.expense_id, f.expense_id)
             LEFT JOIN target y ON y.id = COALESCE(t.target_id, f.target_id)
             WHERE e.fund_id = {owner} AND (e.effective_on >= $1 OR e.seq > $3)) AS u
         GROUP BY u.fund_id, u.within, u.kind, u.source, u.destination, u.target_id, u.purpose_id, u.giver_kind, u.class,
                  u.pledge_kind, u.restricted, u.levered, u.asset",
    )
    .bind(span.from)
    .bind(span.until())
    .bind(span.cut.seq)
    .each_of(funds)
    .all()
    .await
}

/// What a fund holds now, by whether its givers restricted it.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct HeldRow {
    /// The fund.
    pub fund_id: FundId,
    /// 1 when its givers restricted it.
    pub restricted: i64,
    /// Cash or goods.
    pub asset: Asset,
    /// How much.
    pub amount: Fen,
}

/// What each of these funds holds now.
pub async fn held_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<HeldRow>> {
    on.sql(
        "SELECT u.fund_id, u.restricted, u.asset, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT a.fund_id, CASE WHEN k.kind = 'NONE' THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS restricted,
                    a.asset, h.amount
             FROM account a
             JOIN holding h ON h.account_id = a.id AND h.amount > 0
             JOIN earmark k ON k.id = h.earmark_id
             WHERE a.fund_id = {owner} AND a.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE')) AS u
         GROUP BY u.fund_id, u.restricted, u.asset",
    )
    .each_of(funds)
    .all()
    .await
}

/// What was paid for each fund's projects beside the fund in a span.
pub async fn external_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], span: &Span) -> Result<Vec<(FundId, Fen)>> {
    on.sql(
        "SELECT t.fund_id, CAST(SUM(x.amount) AS BIGINT)
         FROM target t JOIN external_funding x ON x.target_id = t.id
         WHERE x.paid_on >= $1 AND x.paid_on <= $2 AND t.kind = 'PROJECT' AND t.fund_id IN (..)
         GROUP BY t.fund_id",
    )
    .bind(span.from)
    .bind(span.until())
    .bind_list(funds)
    .all()
    .await
}

/// What a purpose is called.
pub async fn purpose_names<'c>(on: impl Sql<'c>, ids: &[PurposeId]) -> Result<Vec<(PurposeId, String)>> {
    on.sql("SELECT id, name FROM purpose WHERE id IN (..)").bind_list(ids).all().await
}

/// What a fund's cash accounts say it held when a span began and ended: as they are, less what came later.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundCash {
    /// The fund.
    pub fund_id: FundId,
    /// Its code.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// At the beginning.
    pub opening: Fen,
    /// At the end.
    pub closing: Fen,
}

/// What the bank should have of each fund of a host: what is in its pool, pots and projects, not what is advanced.
pub async fn cash_of_host<'c>(on: impl Sql<'c>, host: HostId, span: &Span) -> Result<Vec<FundCash>> {
    on.sql(
        "SELECT w.id AS fund_id, w.code, w.name,
                CAST(COALESCE(SUM(u.amount * u.opens), 0) AS BIGINT) AS opening,
                CAST(COALESCE(SUM(u.amount * u.closes), 0) AS BIGINT) AS closing
         FROM fund w
         LEFT JOIN (
             SELECT a.fund_id, a.balance AS amount, 1 AS opens, 1 AS closes
             FROM account a WHERE a.asset = 'CNY' AND a.kind IN ('POOL', 'MATCH', 'TARGET')
             UNION ALL
             SELECT s.fund_id, s.amount,
                    CASE WHEN s.effective_on >= $1 OR s.counts = 0 THEN 1 ELSE 0 END,
                    CASE WHEN s.effective_on > $2 OR s.counts = 0 THEN 1 ELSE 0 END
             FROM (
                 SELECT e.fund_id, e.effective_on,
                        CASE WHEN true [AND EXISTS (
                            SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
                        THEN 1 ELSE 0 END AS counts,
                        CASE WHEN f.kind IN ('POOL', 'MATCH', 'TARGET') THEN p.amount ELSE 0 END
                        - CASE WHEN t.kind IN ('POOL', 'MATCH', 'TARGET') THEN p.amount ELSE 0 END AS amount
                 FROM fund v
                 JOIN entry e ON e.fund_id = v.id AND (e.effective_on >= $1 OR $3 = 0)
                 JOIN posting p ON p.entry_id = e.id
                 JOIN account f ON f.id = p.source_id
                 JOIN account t ON t.id = p.destination_id
                 WHERE v.host_id = $4 AND f.asset = 'CNY') AS s) AS u ON u.fund_id = w.id
         WHERE w.host_id = $4
         GROUP BY w.id, w.code, w.name
         ORDER BY w.id",
    )
    .bind(span.from)
    .bind(span.until())
    .bind(i64::from(span.cut.marks.is_none()))
    .bind(host)
    .given_list(span.cut.marks.as_deref())
    .all()
    .await
}

/// What cash came in and went out on one day, by the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CashDay {
    /// The day.
    pub day: NaiveDate,
    /// What arrived, or came back from advances and expenses.
    pub incoming: Fen,
    /// What was paid, advanced and given back.
    pub outgoing: Fen,
}

/// The host's cash day by day up to the end of a span, from the first entry on: the control account.
pub async fn days_of_host<'c>(on: impl Sql<'c>, host: HostId, span: &Span) -> Result<Vec<CashDay>> {
    on.sql(
        "SELECT u.day, CAST(SUM(CASE WHEN u.amount > 0 THEN u.amount ELSE 0 END) AS BIGINT) AS incoming,
                CAST(SUM(CASE WHEN u.amount < 0 THEN -u.amount ELSE 0 END) AS BIGINT) AS outgoing
         FROM (
             SELECT e.effective_on AS day,
                    CASE WHEN t.kind IN ('POOL', 'MATCH', 'TARGET') THEN p.amount ELSE 0 END
                    - CASE WHEN f.kind IN ('POOL', 'MATCH', 'TARGET') THEN p.amount ELSE 0 END AS amount
             FROM fund w
             JOIN entry e ON e.fund_id = w.id AND e.effective_on <= $1
             JOIN posting p ON p.entry_id = e.id
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             WHERE w.host_id = $2 AND f.asset = 'CNY'
               [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]) AS u
         WHERE u.amount <> 0
         GROUP BY u.day ORDER BY u.day",
    )
    .bind(span.until())
    .bind(host)
    .given_list(span.cut.marks.as_deref())
    .all()
    .await
}

/// What the bank booked, and what is matched to nothing, on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct BankDay {
    /// The day.
    pub day: NaiveDate,
    /// What the bank's lines come to.
    pub booked: Fen,
    /// Those of them that are matched to no entry.
    pub lines: Fen,
    /// The entries of the day that are matched to no line.
    pub entries: Fen,
}

/// What the bank booked for a host on each day up to the end of a span.
pub async fn bank_days_of_host<'c>(on: impl Sql<'c>, host: HostId, span: &Span) -> Result<Vec<BankDay>> {
    on.sql(
        "SELECT b.booked_on AS day, CAST(SUM(b.amount) AS BIGINT) AS booked,
                CAST(SUM(CASE WHEN m.match_id IS NULL THEN b.amount ELSE 0 END) AS BIGINT) AS lines,
                CAST(0 AS BIGINT) AS entries
         FROM bank_line b LEFT JOIN bank_line_match m ON m.line_id = b.id
         WHERE b.host_id = $1 AND b.booked_on <= $2 GROUP BY b.booked_on ORDER BY b.booked_on",
    )
    .bind(host)
    .bind(span.until())
    .all()
    .await
}

/// The cash that a host's entries moved and that is matched to no line of the bank, on each day up to the end of a
/// span.
pub async fn unmatched_days_of_host<'c>(on: impl Sql<'c>, host: HostId, span: &Span) -> Result<Vec<BankDay>> {
    on.sql(
        "SELECT c.effective_on AS day, CAST(0 AS BIGINT) AS booked, CAST(0 AS BIGINT) AS lines,
                CAST(SUM(c.amount) AS BIGINT) AS entries
         FROM fund w
         JOIN entry e ON e.fund_id = w.id AND e.effective_on <= $1
         JOIN entry_cash c ON c.entry_id = e.id
         WHERE w.host_id = $2 AND NOT EXISTS (SELECT 1 FROM bank_entry_match m WHERE m.entry_id = e.id)
           [AND EXISTS (
               SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
         GROUP BY c.effective_on ORDER BY c.effective_on",
    )
    .bind(span.until())
    .bind(host)
    .given_list(span.cut.marks.as_deref())
    .all()
    .await
}
