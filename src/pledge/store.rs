//! Pledges and their dues in the database.

use chrono::NaiveDate;

use super::{Offer, Pledge, PledgeFilter, PledgeKind, PledgeState};
use crate::{
    area::Area,
    db::{Joined, Result, Sql, Tx},
    fund::Fund,
    id::{DueId, EarmarkId, EntryId, FundId, LotId, PartyId, PledgeId},
    ledger::{document::AccrualDocument, earmark::Earmark},
    money::Fen,
    page::Page,
    project::Project,
};

crate::part!(Pledge {
    id,
    fund_id,
    donor_id,
    earmark_id,
    kind,
    amount,
    rate_num,
    rate_den,
    state,
    offered_on,
    due_on,
    ended_on,
    received,
    note,
});

/// The pledges of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[PledgeId]) -> Result<Vec<Pledge>> {
    on.sql(
        "SELECT id, fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, state, offered_on, due_on,
                ended_on, received, note
         FROM pledge WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// A pledge with its fund, its restriction and the project that is for.
pub type PledgeWith = Joined<(Pledge, (Fund, Area, Earmark, Option<Project>))>;

/// A page of each party's pledges by the day they are due; only to `funds` where they are given.
pub async fn of_donors<'c>(
    on: impl Sql<'c>,
    donors: &[PartyId],
    filter: &PledgeFilter,
    funds: Option<&[FundId]>,
    page: &Page,
) -> Result<Vec<PledgeWith>> {
    // No fund has the key 0.
    let (funds, everywhere) = (funds.filter(|funds| !funds.is_empty()).unwrap_or(&[FundId(0)]), funds.is_none());
    let statement = on.sql(
        "SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                p.offered_on, p.due_on, p.ended_on, p.received, p.note,
                f.id, f.host_id, f.area_id, f.code, f.name, f.opened_on, f.seats, f.quorum, a.path AS area_path,
                a.id, a.parent_id, a.level, a.name, a.path,
                k.id, k.fund_id, k.kind, k.purpose_id, k.group_id, k.target_id, k.spec, k.valid_from, k.valid_to,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM (
             SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                    p.offered_on, p.due_on, p.ended_on, p.received, p.note
             FROM pledge p JOIN earmark k ON k.id = p.earmark_id
             WHERE p.donor_id = {owner}
               AND (p.fund_id = $1 OR $1 IS NULL) AND (p.kind = $2 OR $2 IS NULL) AND (p.state = $3 OR $3 IS NULL)
               AND (k.kind = $4 OR $4 IS NULL) AND (k.purpose_id = $5 OR $5 IS NULL)
               AND (k.target_id = $6 OR $6 IS NULL) AND (p.due_on >= $7 OR $7 IS NULL)
               AND (p.due_on <= $8 OR $8 IS NULL) AND ($9 = 1 OR p.fund_id IN (..)) {page}) AS p
         JOIN fund f ON f.id = p.fund_id
         JOIN area a ON a.id = f.area_id
         JOIN earmark k ON k.id = p.earmark_id
         LEFT JOIN target t ON t.id = k.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    );
    let statement = filter_values(statement, filter).bind(i64::from(everywhere)).bind_list(funds);
    statement.page(page, "p.due_on, p.id").each_of(donors).all().await
}

/// A page of a fund's pledges by the day they are due.
pub async fn of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    filter: &PledgeFilter,
    page: &Page,
) -> Result<Vec<Pledge>> {
    let statement = on.sql(
        "SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                p.offered_on, p.due_on, p.ended_on, p.received, p.note
         FROM pledge p JOIN earmark k ON k.id = p.earmark_id
         WHERE p.fund_id = {owner}
           AND (p.fund_id = $1 OR $1 IS NULL) AND (p.kind = $2 OR $2 IS NULL) AND (p.state = $3 OR $3 IS NULL)
           AND (k.kind = $4 OR $4 IS NULL) AND (k.purpose_id = $5 OR $5 IS NULL)
           AND (k.target_id = $6 OR $6 IS NULL) AND (p.due_on >= $7 OR $7 IS NULL)
           AND (p.due_on <= $8 OR $8 IS NULL) {page}",
    );
    filter_values(statement, filter).page(page, "p.due_on, p.id").each_of(funds).all().await
}

fn filter_values<'c>(statement: crate::db::Statement<'c>, filter: &PledgeFilter) -> crate::db::Statement<'c> {
    statement
        .bind(filter.fund)
        .bind(filter.kind)
        .bind(filter.state)
        .bind(filter.earmark)
        .bind(filter.purpose)
        .bind(filter.target)
        .bind(filter.due_from)
        .bind(filter.due_to)
}

/// Adds a pledge with its one due.
pub async fn insert(tx: &mut Tx, fund: FundId, earmark: EarmarkId, offer: &Offer) -> Result<PledgeId> {
    let (num, den) = offer.rate.unwrap_or((1, 1));
    let cap = (offer.kind == PledgeKind::Matching).then_some(offer.amount);
    let (id,): (PledgeId,) = tx
        .sql(
            "INSERT INTO pledge (fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, cap, state,
                                 offered_on, due_on, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'OFFERED', $9, $10, $11) RETURNING id",
        )
        .bind(fund)
        .bind(offer.donor)
        .bind(earmark)
        .bind(offer.kind)
        .bind(offer.amount)
        .bind(num)
        .bind(den)
        .bind(cap)
        .bind(offer.offered_on)
        .bind(offer.due_on)
        .bind(offer.note.trim().to_owned())
        .one()
        .await?;
    tx.sql("INSERT INTO pledge_due (pledge_id, due_no, due_on, basis, amount) VALUES ($1, 1, $2, 0, $3)")
        .bind(id)
        .bind(offer.due_on)
        .bind(offer.amount)
        .execute()
        .await?;
    Ok(id)
}

/// Moves a pledge to a state.
pub async fn set_state(tx: &mut Tx, id: PledgeId, state: PledgeState, ended_on: Option<NaiveDate>) -> Result<u64> {
    tx.sql("UPDATE pledge SET state = $1, ended_on = $2 WHERE id = $3")
        .bind(state)
        .bind(ended_on)
        .bind(id)
        .execute()
        .await
}

/// A pledge as its settlement needs it, with its one due.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    pub pledge_id: PledgeId,
    /// The fund it is made to.
    pub fund_id: FundId,
    /// Who made it.
    pub donor_id: PartyId,
    /// What it may be used for.
    pub earmark_id: EarmarkId,
    /// How it says what it will give.
    pub kind: PledgeKind,
    /// How far it has come.
    pub state: PledgeState,
    /// What has not arrived.
    pub outstanding: Fen,
}

/// The dues of these pledges.
pub async fn dues_of_pledges<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<Due>> {
    on.sql(
        "SELECT d.id AS due_id, p.id AS pledge_id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.state,
                p.amount - p.received AS outstanding
         FROM pledge p JOIN pledge_due d ON d.pledge_id = p.id
         WHERE p.id IN (..)",
    )
    .bind_list(pledges)
    .all()
    .await
}

/// What these givers have been accepted to owe a fund, the oldest due first.
pub async fn dues_of_donors<'c>(on: impl Sql<'c>, fund: FundId, donors: &[PartyId]) -> Result<Vec<Due>> {
    on.sql(
        "SELECT d.id AS due_id, p.id AS pledge_id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.state,
                p.amount - p.received AS outstanding
         FROM pledge p JOIN pledge_due d ON d.pledge_id = p.id
         WHERE p.fund_id = $1 AND p.state = 'ACCEPTED' AND p.received < p.amount AND p.donor_id IN (..)
         ORDER BY d.due_on, d.id",
    )
    .bind(fund)
    .bind_list(donors)
    .all()
    .await
}

/// Adds what arrived on pledges; the fulfilled ones end on `day`.
pub async fn add_received(tx: &mut Tx, day: NaiveDate, received: &[(PledgeId, Fen)]) -> Result<u64> {
    let rows: Vec<_> = received.iter().map(|(pledge, amount)| (*pledge, *amount, day)).collect();
    tx.insert_all(
        "UPDATE pledge
         SET received = pledge.received + CAST(d.column2 AS BIGINT),
             state = CASE WHEN pledge.received + CAST(d.column2 AS BIGINT) = pledge.amount
                     THEN 'FULFILLED' ELSE pledge.state END,
             ended_on = CASE WHEN pledge.received + CAST(d.column2 AS BIGINT) = pledge.amount
                        THEN d.column3 ELSE pledge.ended_on END
         FROM (VALUES (..)) AS d
         WHERE pledge.id = CAST(d.column1 AS BIGINT)",
        &rows,
        |row, (pledge, amount, day)| row.bind(*pledge).bind(*amount).bind(*day),
    )
    .await
}

/// A gift that a match may follow.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Base {
    /// The gift.
    pub lot_id: LotId,
    /// Its amount.
    pub amount: Fen,
}

/// What a match has followed so far: the base and the accrual, without reversed matches.
pub async fn accrued<'c>(on: impl Sql<'c>, pledge: PledgeId) -> Result<(Fen, Fen)> {
    on.sql(
        "SELECT CAST(COALESCE(SUM(m.base), 0) AS BIGINT), CAST(COALESCE(SUM(m.amount), 0) AS BIGINT)
         FROM match_accrual m
         WHERE m.pledge_id = $1 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = m.entry_id)",
    )
    .bind(pledge)
    .one()
    .await
}

/// The oldest gifts of others under a match's own restriction that it has not followed yet, without
/// reversed ones.
pub async fn bases<'c>(on: impl Sql<'c>, pledge: &Pledge, limit: i64) -> Result<Vec<Base>> {
    on.sql(
        "SELECT l.id AS lot_id, l.amount
         FROM lot l JOIN entry e ON e.receipt_id = l.receipt_id AND e.kind = 'RECEIVE'
         WHERE l.fund_id = $1 AND l.earmark_id = $2 AND l.donor_id <> $3 AND l.asset = 'CNY'
           AND l.parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM lot c WHERE c.parent_id = l.id)
           AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
           AND NOT EXISTS (
               SELECT 1 FROM match_accrual m
               WHERE m.pledge_id = $4 AND m.base_lot_id = l.id
                 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = m.entry_id))
         ORDER BY l.id LIMIT $5",
    )
    .bind(pledge.fund_id)
    .bind(pledge.earmark_id)
    .bind(pledge.donor_id)
    .bind(pledge.id)
    .bind(limit)
    .all()
    .await
}

/// Writes down what a match followed.
pub async fn insert_accruals(tx: &mut Tx, entry: EntryId, accruals: &[AccrualDocument]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO match_accrual (pledge_id, base_lot_id, entry_id, base, amount) VALUES (..)",
        accruals,
        |row, one| row.bind(one.pledge_id).bind(one.base_lot_id).bind(entry).bind(one.base).bind(one.amount),
    )
    .await
}

/// The lots that settled a pledge.
pub async fn lots_of_pledge<'c>(on: impl Sql<'c>, pledge: PledgeId) -> Result<Vec<LotId>> {
    let found: Vec<(LotId,)> = on
        .sql("SELECT l.id FROM pledge_due d JOIN lot l ON l.due_id = d.id WHERE d.pledge_id = $1 ORDER BY l.id")
        .bind(pledge)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// A pledge with the due it was found by.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PledgeOfDue {
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    #[sqlx(flatten)]
    pub pledge: Pledge,
}

/// The pledge of each of these dues.
pub async fn of_dues<'c>(on: impl Sql<'c>, dues: &[DueId]) -> Result<Vec<PledgeOfDue>> {
    on.sql(
        "SELECT d.id AS due_id, p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den,
                p.state, p.offered_on, p.due_on, p.ended_on, p.received, p.note
         FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id
         WHERE d.id IN (..)",
    )
    .bind_list(dues)
    .all()
    .await
}
