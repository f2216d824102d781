//! How grants are run, in the database: contracts, tranches, reports, evaluations; what was paid and given back.

use super::super::{Contract, Ending, Evaluation, GrantFacts, Report, Tranche};
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, PartyId, PrincipalId, TargetId},
    money::Fen,
};

/// What is known of these grants when something is to be done to them.
pub async fn grant_facts_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<GrantFacts>> {
    on.sql(
        "SELECT t.id AS target_id,
                CAST(COALESCE((
                    SELECT SUM(d.amount) FROM decision d
                    JOIN motion m ON m.id = d.motion_id AND m.kind IN ('PROJECT', 'ALLOCATION', 'GRANT')
                    WHERE d.target_id = t.id AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id)
                ), 0) AS BIGINT) AS resolved,
                (SELECT COUNT(*) FROM grant_contract c WHERE c.target_id = t.id) AS signed,
                (SELECT COUNT(*) FROM grant_report p WHERE p.target_id = t.id AND p.kind = 'MIDTERM') AS midterm,
                CAST(CASE WHEN EXISTS (SELECT 1 FROM tranche x WHERE x.target_id = t.id AND x.report = 'MIDTERM')
                     THEN 1 ELSE 0 END AS BIGINT) AS midterm_due,
                (SELECT COUNT(*) FROM grant_report p WHERE p.target_id = t.id AND p.kind = 'CLOSING') AS closing,
                (SELECT COUNT(*) FROM grant_evaluation v WHERE v.target_id = t.id) AS evaluated,
                CAST(CASE WHEN t.status = 'CLOSED' THEN 1 ELSE 0 END AS BIGINT) AS closed,
                (SELECT COUNT(*) FROM grant_ending o WHERE o.target_id = t.id) AS ended,
                CAST(COALESCE((
                    SELECT SUM(k.balance) FROM account k WHERE k.target_id = t.id AND k.kind IN ('TARGET', 'ADVANCE')
                ), 0) AS BIGINT) AS money_left,
                (SELECT MAX(s.day) FROM (
                    SELECT c.target_id, c.signed_on AS day FROM grant_contract c
                    UNION ALL SELECT p.target_id, p.reported_on FROM grant_report p
                    UNION ALL SELECT v.target_id, v.evaluated_on FROM grant_evaluation v) s
                 WHERE s.target_id = t.id) AS last_on
         FROM target t WHERE t.kind = 'GRANT' AND t.id IN (..)",
    )
    .bind_list(grants)
    .all()
    .await
}

/// Whether a grant was won in a round.
pub async fn is_of_round<'c>(on: impl Sql<'c>, grant: TargetId) -> Result<bool> {
    let found: Option<(TargetId,)> =
        on.sql("SELECT target_id FROM grant_application WHERE target_id = $1").bind(grant).optional().await?;
    Ok(found.is_some())
}

/// What was signed about these grants.
pub async fn contracts_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<Contract>> {
    on.sql("SELECT target_id, signed_on, name, sha256, pass_score FROM grant_contract WHERE target_id IN (..)")
        .bind_list(grants)
        .all()
        .await
}

/// The tranches of these grants in order, each with whether it may be paid.
pub async fn tranches_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<Tranche>> {
    on.sql(
        "SELECT x.target_id, x.tranche_no, x.amount, x.due_on, x.report,
                CAST(CASE WHEN x.report IS NULL OR EXISTS (
                    SELECT 1 FROM grant_report p WHERE p.target_id = x.target_id AND p.kind = x.report)
                THEN 1 ELSE 0 END AS BIGINT) AS payable
         FROM tranche x WHERE x.target_id IN (..) ORDER BY x.target_id, x.tranche_no",
    )
    .bind_list(grants)
    .all()
    .await
}

/// What has left each of these grants in cash and not come back.
pub async fn paid_out_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<(TargetId, Fen)>> {
    on.sql(
        "SELECT target_id, CAST(SUM(balance) AS BIGINT) FROM account
         WHERE kind IN ('ADVANCE', 'EXPENSE', 'LOSS') AND asset = 'CNY' AND target_id IN (..) GROUP BY target_id",
    )
    .bind_list(grants)
    .all()
    .await
}

/// The reports on these grants, oldest first.
pub async fn reports_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<Report>> {
    on.sql(
        "SELECT target_id, kind, reported_on, summary, served, name, sha256 FROM grant_report
         WHERE target_id IN (..) ORDER BY target_id, reported_on, kind DESC",
    )
    .bind_list(grants)
    .all()
    .await
}

/// The evaluations of these grants.
pub async fn evaluations_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<Evaluation>> {
    on.sql(
        "SELECT target_id, evaluator, evaluated_on, evaluated_by, score, sha256 FROM grant_evaluation
         WHERE target_id IN (..)",
    )
    .bind_list(grants)
    .all()
    .await
}

/// How these grants ended without an evaluation.
pub async fn endings_of<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<Ending>> {
    on.sql("SELECT target_id, ended_on, reason, decision_id FROM grant_ending WHERE target_id IN (..)")
        .bind_list(grants)
        .all()
        .await
}

/// What groups got and what they gave back, in cash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Fed<K> {
    /// The grant or the group.
    pub id: K,
    /// What was allocated and did not go back.
    pub granted: Fen,
    /// What of it was paid out.
    pub paid: Fen,
    /// What the group gave, and did not get back.
    pub returned: Fen,
}

/// Of each of these grants what its group got by it, and what it gave to the same fund since the day of its award.
pub async fn fed_of_grants<'c>(on: impl Sql<'c>, grants: &[TargetId]) -> Result<Vec<Fed<TargetId>>> {
    on.sql(
        "SELECT t.id,
                CAST(COALESCE((
                    SELECT SUM(k.balance) FROM account k WHERE k.target_id = t.id AND k.asset = 'CNY'
                ), 0) AS BIGINT) AS granted,
                CAST(COALESCE((
                    SELECT SUM(k.balance) FROM account k
                    WHERE k.target_id = t.id AND k.asset = 'CNY' AND k.kind <> 'TARGET'
                ), 0) AS BIGINT) AS paid,
                CAST(COALESCE((
                    SELECT SUM(h.amount) FROM lot l
                    JOIN holding h ON h.lot_id = l.id
                    JOIN account k ON k.id = h.account_id AND k.kind NOT IN ('OUTSIDE', 'REFUND')
                    WHERE l.donor_id = t.group_id AND l.received_on >= g.awarded_on AND l.fund_id = t.fund_id
                      AND l.class = 'GIFT' AND l.asset = 'CNY'
                ), 0) AS BIGINT) AS returned
         FROM target t JOIN micro_grant g ON g.id = t.id WHERE t.id IN (..)",
    )
    .bind_list(grants)
    .all()
    .await
}

/// Of each of these groups what all grants gave it, and what it gave; in these funds where they are given, else in
/// all.
pub async fn fed_of_groups<'c>(
    on: impl Sql<'c>,
    groups: &[PartyId],
    funds: Option<&[FundId]>,
) -> Result<Vec<Fed<PartyId>>> {
    // A list in a statement is never empty; no fund has this key.
    let listed: Vec<FundId> = funds.unwrap_or_default().iter().copied().chain([FundId(0)]).collect();
    on.sql(
        "WITH own AS (
             SELECT f.id FROM fund f WHERE $1 = 1 OR f.id IN (..)),
         got AS (
             SELECT t.group_id AS party_id, SUM(k.balance) AS granted,
                    SUM(CASE WHEN k.kind <> 'TARGET' THEN k.balance ELSE 0 END) AS paid
             FROM target t JOIN own ON own.id = t.fund_id JOIN account k ON k.target_id = t.id AND k.asset = 'CNY'
             WHERE t.group_id IN (..) GROUP BY t.group_id),
         gave AS (
             SELECT l.donor_id AS party_id, SUM(h.amount) AS returned
             FROM lot l JOIN own ON own.id = l.fund_id
             JOIN holding h ON h.lot_id = l.id
             JOIN account k ON k.id = h.account_id AND k.kind NOT IN ('OUTSIDE', 'REFUND')
             WHERE l.class = 'GIFT' AND l.asset = 'CNY' AND l.donor_id IN (..) GROUP BY l.donor_id)
         SELECT p.id, CAST(COALESCE(got.granted, 0) AS BIGINT) AS granted, CAST(COALESCE(got.paid, 0) AS BIGINT) AS paid,
                CAST(COALESCE(gave.returned, 0) AS BIGINT) AS returned
         FROM party p LEFT JOIN got ON got.party_id = p.id LEFT JOIN gave ON gave.party_id = p.id
         WHERE p.id IN (..)",
    )
    .bind(i64::from(funds.is_none()))
    .bind_list(&listed)
    .bind_list(groups)
    .bind_list(groups)
    .bind_list(groups)
    .all()
    .await
}

/// Adds a contract.
pub async fn insert_contract(tx: &mut Tx, one: &Contract, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO grant_contract (target_id, signed_on, name, sha256, pass_score, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(one.target_id)
    .bind(one.signed_on)
    .bind(one.name.clone())
    .bind(one.sha256.clone())
    .bind(one.pass_score)
    .bind(actor)
    .execute()
    .await
}

/// Adds the tranches of a contract.
pub async fn insert_tranches(tx: &mut Tx, tranches: &[Tranche]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO tranche (target_id, tranche_no, amount, due_on, report) VALUES (..)",
        tranches,
        |row, one| row.bind(one.target_id).bind(one.tranche_no).bind(one.amount).bind(one.due_on).bind(one.report),
    )
    .await
}

/// Adds a report.
pub async fn insert_report(tx: &mut Tx, one: &Report, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO grant_report (target_id, kind, reported_on, summary, served, name, sha256, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(one.target_id)
    .bind(one.kind)
    .bind(one.reported_on)
    .bind(one.summary.clone())
    .bind(one.served)
    .bind(one.name.clone())
    .bind(one.sha256.clone())
    .bind(actor)
    .execute()
    .await
}

/// Adds an evaluation.
pub async fn insert_evaluation(tx: &mut Tx, one: &Evaluation, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO grant_evaluation (target_id, evaluator, evaluated_on, evaluated_by, score, sha256, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(one.target_id)
    .bind(one.evaluator)
    .bind(one.evaluated_on)
    .bind(one.evaluated_by.clone())
    .bind(one.score)
    .bind(one.sha256.clone())
    .bind(actor)
    .execute()
    .await
}

/// Adds that a grant ended without an evaluation.
pub async fn insert_ending(tx: &mut Tx, one: &Ending, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO grant_ending (target_id, ended_on, reason, decision_id, principal_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(one.target_id)
    .bind(one.ended_on)
    .bind(one.reason.clone())
    .bind(one.decision_id)
    .bind(actor)
    .execute()
    .await
}
