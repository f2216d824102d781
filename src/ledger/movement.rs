//! What moved in the books of a fund in a period, summed: what a flow is drawn from.

use chrono::NaiveDate;

use super::account::AccountKind;
use crate::{
    db::{Result, Sql},
    id::{FundId, PartyId, PurposeId, TargetId},
    money::Fen,
    party::{PartyKind, Publicity},
};

/// One kind of movement within the books of a fund, summed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FlowRow {
    /// 0 before the period, 1 within it.
    pub phase: i64,
    /// What kind of place the money left.
    pub source_kind: AccountKind,
    /// The project or grant it left.
    pub source_target: Option<TargetId>,
    /// What kind of place it went to.
    pub destination_kind: AccountKind,
    /// The project or grant it went to.
    pub destination_target: Option<TargetId>,
    /// The purpose of the expense that it paid, or that it came back from.
    pub purpose_id: Option<PurposeId>,
    /// What kind of party gave it.
    pub giver_kind: PartyKind,
    /// How much.
    pub amount: Fen,
}

/// All movements of a fund up to the end of a period and an entry, summed by what they join.
pub async fn flow_rows<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    (from, to): (NaiveDate, NaiveDate),
    seq: Option<i64>,
) -> Result<Vec<FlowRow>> {
    on.sql(
        "SELECT u.phase, u.source_kind, u.source_target, u.destination_kind, u.destination_target, u.purpose_id,
                u.giver_kind, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT CASE WHEN e.effective_on < $2 THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS phase,
                    f.kind AS source_kind, f.target_id AS source_target,
                    t.kind AS destination_kind, t.target_id AS destination_target,
                    x.purpose_id, g.kind AS giver_kind, p.amount
             FROM entry e
             JOIN posting p ON p.entry_id = e.id
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             JOIN lot l ON l.id = p.lot_id
             JOIN party g ON g.id = l.donor_id
             LEFT JOIN expense x ON x.id = COALESCE(t.expense_id, f.expense_id)
             WHERE e.fund_id = $1 AND e.effective_on <= $3 AND f.asset = 'CNY' AND (e.seq <= $4 OR $4 IS NULL)) AS u
         GROUP BY u.phase, u.source_kind, u.source_target, u.destination_kind, u.destination_target, u.purpose_id,
                  u.giver_kind",
    )
    .bind(fund)
    .bind(from)
    .bind(to)
    .bind(seq)
    .all()
    .await
}

/// Somebody who gave to a fund in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FlowGiver {
    /// The giver.
    pub party_id: PartyId,
    /// What kind of party it is.
    pub kind: PartyKind,
    /// What the public reads in place of its name.
    pub publicity: Publicity,
    /// What it gave to the fund's pool and pots, less what was reversed.
    pub amount: Fen,
}

/// Everybody who gave to a fund in a period.
pub async fn flow_givers<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    (from, to): (NaiveDate, NaiveDate),
    seq: Option<i64>,
) -> Result<Vec<FlowGiver>> {
    on.sql(
        "SELECT u.party_id, g.kind, g.publicity, u.amount
         FROM (
             SELECT l.donor_id AS party_id,
                    CAST(SUM(CASE WHEN f.kind = 'OUTSIDE' AND t.kind IN ('POOL', 'MATCH') THEN p.amount
                                  WHEN t.kind = 'OUTSIDE' AND f.kind IN ('POOL', 'MATCH') THEN -p.amount
                                  ELSE 0 END) AS BIGINT) AS amount
             FROM entry e
             JOIN posting p ON p.entry_id = e.id
             JOIN account f ON f.id = p.source_id
             JOIN account t ON t.id = p.destination_id
             JOIN lot l ON l.id = p.lot_id
             WHERE e.fund_id = $1 AND e.effective_on >= $2 AND e.effective_on <= $3 AND f.asset = 'CNY'
               AND (e.seq <= $4 OR $4 IS NULL) AND (f.kind = 'OUTSIDE' OR t.kind = 'OUTSIDE')
             GROUP BY l.donor_id) AS u
         JOIN party g ON g.id = u.party_id",
    )
    .bind(fund)
    .bind(from)
    .bind(to)
    .bind(seq)
    .all()
    .await
}
