//! Receipts, lots and refunds in the database, as they are read.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::Version;
use crate::{
    area::Area,
    db::{Joined, Result, Sql, Tx},
    fund::Fund,
    id::{FundId, PartyId, ReceiptId, RefundId},
    ledger::{
        document::{Lot, Receipt, RefundDocument},
        earmark::Earmark,
    },
    money::Fen,
    page::Page,
    project::Project,
};

/// The first and the last day of what is listed; `None` for all.
pub type Days = Option<(NaiveDate, NaiveDate)>;

/// The receipts of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[ReceiptId]) -> Result<Vec<Receipt>> {
    on.sql(
        "SELECT id, fund_id, payer_id, channel, external_ref, version, received_on, asset, amount, note
         FROM receipt WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// What narrows a list of a fund's receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReceiptFilter {
    /// Only those that arrived on these days.
    pub days: Days,
    /// Only those whose payers are told to everybody, and those of these; `None` for all.
    pub told: Option<Vec<PartyId>>,
}

/// A page of each fund's receipts by the day they arrived.
pub async fn of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    filter: &ReceiptFilter,
    page: &Page,
) -> Result<Vec<Receipt>> {
    on.sql(
        "SELECT r.id, r.fund_id, r.payer_id, r.channel, r.external_ref, r.version, r.received_on, r.asset, r.amount,
                r.note
         FROM receipt r
         WHERE r.fund_id = {owner} [AND r.received_on >= {}] [AND r.received_on <= {}]
           [AND (r.payer_id IN (..) OR EXISTS (
               SELECT 1 FROM party g WHERE g.id = r.payer_id AND g.kind <> 'RESIDENT' AND g.publicity <> 'ANON'))] {page}",
    )
    .given(filter.days.map(|(from, _)| from))
    .given(filter.days.map(|(_, to)| to))
    .given_list(filter.told.as_deref())
    .page(page, "r.received_on, r.id")
    .each_of(funds)
    .all()
    .await
}

/// The receipts of a fund whose payers are not told to everybody, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Untold {
    /// The fund.
    pub fund_id: FundId,
    /// How many payers there are.
    pub payers: i64,
    /// How many of them are residents.
    pub residents: i64,
    /// How many payers there are but those of the filter.
    pub others: i64,
    /// How many receipts they have.
    pub receipts: i64,
    /// The cash of these.
    pub money: Fen,
    /// The goods of these.
    pub in_kind: Fen,
}

/// What each fund received from payers who are not told to everybody, without what was taken back.
pub async fn untold_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], filter: &ReceiptFilter) -> Result<Vec<Untold>> {
    // No party has the key 0.
    let payers = filter.told.as_deref().filter(|payers| !payers.is_empty()).unwrap_or(&[PartyId(0)]);
    on.sql(
        "SELECT u.fund_id, COUNT(DISTINCT u.payer_id) AS payers,
                COUNT(DISTINCT CASE WHEN u.kind = 'RESIDENT' THEN u.payer_id END) AS residents,
                COUNT(DISTINCT CASE WHEN u.own = 0 THEN u.payer_id END) AS others,
                COUNT(CASE WHEN u.own = 0 THEN u.payer_id END) AS receipts,
                CAST(SUM(CASE WHEN u.own = 0 AND u.asset = 'CNY' THEN u.amount ELSE 0 END) AS BIGINT) AS money,
                CAST(SUM(CASE WHEN u.own = 0 AND u.asset <> 'CNY' THEN u.amount ELSE 0 END) AS BIGINT) AS in_kind
         FROM (
             SELECT r.fund_id, r.payer_id, g.kind, r.asset, r.amount,
                    CASE WHEN r.payer_id IN (..) THEN 1 ELSE 0 END AS own
             FROM receipt r
             JOIN party g ON g.id = r.payer_id AND (g.kind = 'RESIDENT' OR g.publicity = 'ANON')
             WHERE r.fund_id = {owner} [AND r.received_on >= {}] [AND r.received_on <= {}]
               AND NOT EXISTS (
                   SELECT 1 FROM entry e JOIN entry v ON v.reverses_id = e.id WHERE e.receipt_id = r.id)) AS u
         GROUP BY u.fund_id",
    )
    .given(filter.days.map(|(from, _)| from))
    .given(filter.days.map(|(_, to)| to))
    .bind_list(payers)
    .each_of(funds)
    .all()
    .await
}

/// Of these receipts, those in which one of these givers has a line.
pub async fn receipts_with<'c>(
    on: impl Sql<'c>,
    receipts: &[ReceiptId],
    donors: &[PartyId],
) -> Result<Vec<(ReceiptId,)>> {
    on.sql("SELECT DISTINCT l.receipt_id FROM lot l WHERE l.receipt_id IN (..) AND l.donor_id IN (..)")
        .bind_list(receipts)
        .bind_list(donors)
        .all()
        .await
}

/// What narrows a list of a party's gifts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LotFilter {
    /// Only those to this fund.
    pub fund: Option<FundId>,
    /// Only those that arrived on these days.
    pub days: Days,
    /// Only those to these funds; `None` for all.
    pub reach: Option<Vec<FundId>>,
}

/// A lot with its fund, its restriction and the project that is for.
pub type LotWith = Joined<(Lot, (Fund, Area, Earmark, Option<Project>))>;

/// A page of each giver's lots by the day they arrived.
pub async fn lots_of_donors<'c>(
    on: impl Sql<'c>,
    donors: &[PartyId],
    filter: &LotFilter,
    page: &Page,
) -> Result<Vec<LotWith>> {
    on.sql(
        "SELECT l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id, l.class,
                l.asset, l.amount, l.received_on,
                f.id, f.host_id, f.area_id, f.code, f.name, f.opened_on, f.seats, f.quorum, a.path AS area_path,
                a.id, a.parent_id, a.level, a.name, a.path,
                k.id, k.fund_id, k.kind, k.purpose_id, k.group_id, k.target_id, k.spec, k.valid_from, k.valid_to,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM ({each}
             SELECT l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id,
                    l.class, l.asset, l.amount, l.received_on
             FROM lot l
             WHERE l.donor_id = {owner} [AND l.fund_id = {}] [AND l.received_on >= {}] [AND l.received_on <= {}]
               [AND l.fund_id IN (..)] {page}{end}) AS l
         JOIN fund f ON f.id = l.fund_id
         JOIN area a ON a.id = f.area_id
         JOIN earmark k ON k.id = l.earmark_id
         LEFT JOIN target t ON t.id = k.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    )
    .given(filter.fund)
    .given(filter.days.map(|(from, _)| from))
    .given(filter.days.map(|(_, to)| to))
    .given_list(filter.reach.as_deref())
    .page(page, "l.received_on, l.id")
    .each_of(donors)
    .all()
    .await
}

/// A receipt in which a giver has a part.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ReceiptOfDonor {
    /// The giver.
    pub donor_id: PartyId,
    /// The receipt.
    #[sqlx(flatten)]
    pub receipt: Receipt,
}

/// A page of the receipts in which each giver has a part, by the day they arrived.
pub async fn of_donors<'c>(
    on: impl Sql<'c>,
    donors: &[PartyId],
    filter: &LotFilter,
    page: &Page,
) -> Result<Vec<ReceiptOfDonor>> {
    on.sql(
        "SELECT u.donor_id, r.id, r.fund_id, r.payer_id, r.channel, r.external_ref, r.version, r.received_on,
                r.asset, r.amount, r.note
         FROM (
             SELECT DISTINCT l.donor_id, l.receipt_id, l.received_on FROM lot l
             WHERE l.donor_id = {owner} [AND l.fund_id = {}] [AND l.received_on >= {}] [AND l.received_on <= {}]
               [AND l.fund_id IN (..)]) AS u
         JOIN receipt r ON r.id = u.receipt_id
         WHERE true {page}",
    )
    .given(filter.fund)
    .given(filter.days.map(|(from, _)| from))
    .given(filter.days.map(|(_, to)| to))
    .given_list(filter.reach.as_deref())
    .page(page, "u.received_on, u.receipt_id")
    .each_of(donors)
    .all()
    .await
}

/// A page of each receipt's lots, by line.
pub async fn lots_of_receipts<'c>(on: impl Sql<'c>, receipts: &[ReceiptId], page: &Page) -> Result<Vec<Lot>> {
    on.sql(
        "SELECT id, fund_id, receipt_id, line_no, parent_id, donor_id, earmark_id, due_id, class, asset, amount,
                received_on
         FROM lot WHERE receipt_id = {owner} AND parent_id IS NULL {page}",
    )
    .page(page, "line_no")
    .each_of(receipts)
    .all()
    .await
}

/// A page of those lots of a receipt that some parties gave, by line.
pub async fn lots_of_receipt_by<'c>(
    on: impl Sql<'c>,
    receipt: ReceiptId,
    donors: &[PartyId],
    page: &Page,
) -> Result<Vec<Lot>> {
    on.sql(
        "SELECT id, fund_id, receipt_id, line_no, parent_id, donor_id, earmark_id, due_id, class, asset, amount,
                received_on
         FROM lot WHERE receipt_id = $1 AND parent_id IS NULL AND donor_id IN (..) {page}",
    )
    .bind(receipt)
    .bind_list(donors)
    .page(page, "line_no")
    .all()
    .await
}

/// The refunds of these keys.
pub async fn refunds_by_ids<'c>(on: impl Sql<'c>, ids: &[RefundId]) -> Result<Vec<RefundDocument>> {
    on.sql("SELECT id, fund_id, donor_id, amount, refunded_on, reason FROM refund WHERE id IN (..)")
        .bind_list(ids)
        .all()
        .await
}

/// The funds of an area and of all below it.
pub async fn funds_below<'c>(on: impl Sql<'c>, path: &str) -> Result<Vec<FundId>> {
    let found: Vec<(FundId,)> = on
        .sql("SELECT f.id FROM fund f JOIN area a ON a.id = f.area_id WHERE a.path LIKE $1 ORDER BY f.id")
        .bind(format!("{path}%"))
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The last version of each channel and reference in a fund.
pub async fn versions(
    tx: &mut Tx,
    fund: FundId,
    references: &[(String, String)],
) -> Result<HashMap<(String, String), Version>> {
    if references.is_empty() {
        return Ok(HashMap::new());
    }
    // The channels are named for the index: by the reference alone all receipts of the fund would be read.
    let channels: BTreeSet<&str> = references.iter().map(|(channel, _)| channel.as_str()).collect();
    let channels: Vec<&str> = channels.into_iter().collect();
    let names: Vec<&str> = references.iter().map(|(_, reference)| reference.as_str()).collect();
    let rows: Vec<(String, String, ReceiptId, i64, i64)> = tx
        .sql(
            "SELECT r.channel, r.external_ref, r.id, r.version,
                    CASE WHEN EXISTS (
                        SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = r.id)
                    THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END
             FROM receipt r
             WHERE r.fund_id = $1 AND r.channel IN (..) AND r.external_ref IN (..)
             ORDER BY r.version",
        )
        .bind(fund)
        .bind_list(&channels)
        .bind_list(&names)
        .all()
        .await?;
    let version = |(channel, name, receipt, number, stands): (String, String, ReceiptId, i64, i64)| {
        ((channel, name), Version { receipt, number, stands: stands == 1 })
    };
    Ok(rows.into_iter().map(version).collect())
}
