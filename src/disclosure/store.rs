//! Publications in the database, and what they are drawn from.

use chrono::NaiveDate;

use super::{Disclosure, DisclosureDraft, DisclosureState};
use crate::{
    db::{Result, Sql, Tx},
    id::{DisclosureId, FundId, PartyId, PrincipalId, TargetId},
    ledger::AccountKind,
    money::Fen,
    page::Page,
    project::ProjectState,
};

/// The publications that `rest` leaves, with the areas of their funds.
macro_rules! disclosure {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.fund_id, d.project_id, d.period_from, d.period_to, d.state, d.remarks, d.snapshot, d.digest,
                    d.number, d.corrects_id, d.reason, d.drafted_on, d.published_on, d.notice_to, a.path AS area_path
             FROM disclosure d
             JOIN fund f ON f.id = d.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The publications of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[DisclosureId]) -> Result<Vec<Disclosure>> {
    on.sql(disclosure!("WHERE d.id IN (..)")).bind_list(ids).all().await
}

/// The publication of this number.
pub async fn by_number<'c>(on: impl Sql<'c>, number: &str) -> Result<Option<Disclosure>> {
    on.sql(disclosure!("WHERE d.number = $1")).bind(number.to_owned()).optional().await
}

/// Whether a list holds what is not published yet, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// What is published.
    Published,
    /// Everything.
    All,
}

impl Which {
    fn everything(self) -> i64 {
        i64::from(self == Self::All)
    }
}

/// A page of what is published of each of `funds`, of the whole fund and of its projects.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], which: &Which, page: &Page) -> Result<Vec<Disclosure>> {
    on.sql(disclosure!("WHERE d.fund_id = {owner} AND (d.state = 'PUBLISHED' OR $1 = 1) {page}"))
        .bind(which.everything())
        .page(page, "d.period_to, d.id")
        .each_of(funds)
        .all()
        .await
}

/// A page of what is published of each of `projects` by itself.
pub async fn of_projects<'c>(
    on: impl Sql<'c>,
    projects: &[TargetId],
    which: &Which,
    page: &Page,
) -> Result<Vec<Disclosure>> {
    on.sql(disclosure!("WHERE d.project_id = {owner} AND (d.state = 'PUBLISHED' OR $1 = 1) {page}"))
        .bind(which.everything())
        .page(page, "d.period_to, d.id")
        .each_of(projects)
        .all()
        .await
}

/// The corrections of these publications.
pub async fn corrections_of<'c>(on: impl Sql<'c>, ids: &[DisclosureId]) -> Result<Vec<Disclosure>> {
    on.sql(disclosure!("WHERE d.state = 'PUBLISHED' AND d.corrects_id IN (..)")).bind_list(ids).all().await
}

/// The number of what corrects a publication.
pub async fn correction_of<'c>(on: impl Sql<'c>, id: DisclosureId) -> Result<Option<String>> {
    Ok(corrections_of(on, &[id]).await?.pop().and_then(|one| one.number))
}

/// The number of what is published about the same subject and period.
pub async fn published<'c>(on: impl Sql<'c>, draft: &DisclosureDraft) -> Result<Option<String>> {
    let found: Option<(String,)> = on
        .sql(
            "SELECT d.number FROM disclosure d
             WHERE d.fund_id = $1 AND COALESCE(d.project_id, 0) = $2 AND d.period_from = $3 AND d.period_to = $4
               AND d.state = 'PUBLISHED'
             ORDER BY d.id DESC LIMIT 1",
        )
        .bind(draft.fund)
        .bind(draft.project.map_or(0, |project| project.0))
        .bind(draft.from)
        .bind(draft.to)
        .optional()
        .await?;
    Ok(found.map(|(number,)| number))
}

/// The draft about the same subject and period.
pub async fn unpublished<'c>(on: impl Sql<'c>, draft: &Disclosure) -> Result<Option<DisclosureId>> {
    let found: Option<(DisclosureId,)> = on
        .sql(
            "SELECT d.id FROM disclosure d
             WHERE d.fund_id = $1 AND COALESCE(d.project_id, 0) = $2 AND d.period_from = $3 AND d.period_to = $4
               AND d.state <> 'PUBLISHED'",
        )
        .bind(draft.fund_id)
        .bind(draft.project_id.map_or(0, |project| project.0))
        .bind(draft.period_from)
        .bind(draft.period_to)
        .optional()
        .await?;
    Ok(found.map(|(id,)| id))
}

/// The last number that was given in a fund's year; 0 before the first.
pub async fn last_number<'c>(on: impl Sql<'c>, fund: FundId, year: i64) -> Result<i64> {
    let (last,) = on
        .sql("SELECT CAST(COALESCE(MAX(series_no), 0) AS BIGINT) FROM disclosure WHERE fund_id = $1 AND series_year = $2")
        .bind(fund)
        .bind(year)
        .one()
        .await?;
    Ok(last)
}

/// The names of private persons who live in a fund's area or gave to it, and of givers who want not to be named.
pub async fn private_names<'c>(on: impl Sql<'c>, fund: FundId) -> Result<Vec<String>> {
    let found: Vec<(String,)> = on
        .sql(
            "SELECT y.name FROM party y
             WHERE (y.kind = 'RESIDENT' AND EXISTS (
                       SELECT 1 FROM party_area o JOIN area own ON own.id = o.area_id
                       JOIN fund f ON f.id = $1
                       JOIN area top ON top.id = f.area_id AND substr(own.path, 1, length(top.path)) = top.path
                       WHERE o.party_id = y.id))
                OR ((y.kind = 'RESIDENT' OR y.publicity <> 'NAME') AND (
                       EXISTS (SELECT 1 FROM lot l WHERE l.donor_id = y.id AND l.fund_id = $1)
                       OR EXISTS (SELECT 1 FROM expense x WHERE x.payee_id = y.id AND x.fund_id = $1)))",
        )
        .bind(fund)
        .all()
        .await?;
    Ok(found.into_iter().map(|(name,)| name).collect())
}

/// Adds a draft, whose key is given and not read.
pub async fn insert(tx: &mut Tx, draft: &Disclosure, drafter: PrincipalId) -> Result<DisclosureId> {
    let (id,) = tx
        .sql(
            "INSERT INTO disclosure (fund_id, project_id, period_from, period_to, state, remarks, snapshot, corrects_id,
                                     reason, drafted_on, drafter_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        )
        .bind(draft.fund_id)
        .bind(draft.project_id)
        .bind(draft.period_from)
        .bind(draft.period_to)
        .bind(draft.state)
        .bind(draft.remarks.clone())
        .bind(draft.snapshot.clone())
        .bind(draft.corrects_id)
        .bind(draft.reason.clone())
        .bind(draft.drafted_on)
        .bind(drafter)
        .one()
        .await?;
    Ok(id)
}

/// Writes a draft anew.
pub async fn set_draft(tx: &mut Tx, id: DisclosureId, draft: &Disclosure, drafter: PrincipalId) -> Result<u64> {
    tx.sql(
        "UPDATE disclosure SET state = $1, remarks = $2, snapshot = $3, corrects_id = $4, reason = $5, drafted_on = $6,
                drafter_id = $7, approver_id = NULL
         WHERE id = $8",
    )
    .bind(draft.state)
    .bind(draft.remarks.clone())
    .bind(draft.snapshot.clone())
    .bind(draft.corrects_id)
    .bind(draft.reason.clone())
    .bind(draft.drafted_on)
    .bind(drafter)
    .bind(id)
    .execute()
    .await
}

/// Puts what is not published yet into a state, with who approved it.
pub async fn set_state(
    tx: &mut Tx,
    id: DisclosureId,
    state: DisclosureState,
    approver: Option<PrincipalId>,
) -> Result<u64> {
    tx.sql("UPDATE disclosure SET state = $1, approver_id = $2 WHERE id = $3")
        .bind(state)
        .bind(approver)
        .bind(id)
        .execute()
        .await
}

/// Freezes what is published under the year and the number in it.
pub async fn set_published(tx: &mut Tx, published: &Disclosure, series: (i64, i64)) -> Result<u64> {
    tx.sql(
        "UPDATE disclosure SET state = $1, digest = $2, number = $3, series_year = $4, series_no = $5,
                published_on = $6, notice_to = $7
         WHERE id = $8",
    )
    .bind(published.state)
    .bind(published.digest.clone())
    .bind(published.number.clone())
    .bind(series.0)
    .bind(series.1)
    .bind(published.published_on)
    .bind(published.notice_to)
    .bind(published.id)
    .execute()
    .await
}

/// Money of one giver that went from one kind of place to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Movement {
    /// 0 before the period, 1 within it.
    pub phase: i64,
    /// What kind of place it left.
    pub source_kind: AccountKind,
    /// What kind of place it went to.
    pub destination_kind: AccountKind,
    /// Whose it was.
    pub donor_id: PartyId,
    /// How much.
    pub amount: Fen,
}

/// What moved in a fund, or in and out of a project, up to the end of a period.
pub async fn movements<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    project: Option<TargetId>,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Movement>> {
    on.sql(
        "SELECT u.phase, u.source_kind, u.destination_kind, u.donor_id, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT CASE WHEN e.effective_on < $2 THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS phase,
                    s.kind AS source_kind, d.kind AS destination_kind, l.donor_id, p.amount
             FROM entry e
             JOIN posting p ON p.entry_id = e.id
             JOIN account s ON s.id = p.source_id AND s.asset = 'CNY'
             JOIN account d ON d.id = p.destination_id
             JOIN lot l ON l.id = p.lot_id
             WHERE e.fund_id = $1 AND e.effective_on <= $3 AND (s.target_id = $4 OR d.target_id = $4 OR $4 IS NULL)) AS u
         GROUP BY u.phase, u.source_kind, u.destination_kind, u.donor_id",
    )
    .bind(fund)
    .bind(from)
    .bind(to)
    .bind(project)
    .all()
    .await
}

/// An expense with what was paid for it in the period.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Use {
    /// The day it was paid.
    pub incurred_on: NaiveDate,
    /// The code of the project or grant.
    pub code: String,
    /// What that is called.
    pub title: String,
    /// What it was used for.
    pub purpose: String,
    /// Who was paid.
    pub payee_id: PartyId,
    /// What was bought.
    pub note: String,
    /// How much, less what came back in the period.
    pub amount: Fen,
}

/// What was paid in a period, by the day and in the order it was booked.
pub async fn uses<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    project: Option<TargetId>,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Use>> {
    on.sql(
        "SELECT x.incurred_on, t.code, COALESCE(j.title, g.title, t.code) AS title, r.name AS purpose, x.payee_id, x.note,
                u.amount
         FROM (
             SELECT q.expense_id, CAST(SUM(q.change) AS BIGINT) AS amount
             FROM (
                 SELECT k.expense_id, p.amount AS change
                 FROM entry e JOIN posting p ON p.entry_id = e.id
                 JOIN account k ON k.id = p.destination_id AND k.kind = 'EXPENSE' AND k.asset = 'CNY'
                 WHERE e.fund_id = $1 AND e.effective_on >= $2 AND e.effective_on <= $3
                 UNION ALL
                 SELECT k.expense_id, -p.amount
                 FROM entry e JOIN posting p ON p.entry_id = e.id
                 JOIN account k ON k.id = p.source_id AND k.kind = 'EXPENSE' AND k.asset = 'CNY'
                 WHERE e.fund_id = $1 AND e.effective_on >= $2 AND e.effective_on <= $3) AS q
             GROUP BY q.expense_id HAVING SUM(q.change) <> 0) AS u
         JOIN expense x ON x.id = u.expense_id
         JOIN target t ON t.id = x.target_id
         JOIN purpose r ON r.id = x.purpose_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN micro_grant g ON g.id = t.id
         WHERE (x.target_id = $4 OR $4 IS NULL)
         ORDER BY x.incurred_on, x.id",
    )
    .bind(fund)
    .bind(from)
    .bind(to)
    .bind(project)
    .all()
    .await
}

/// How far a project is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Work {
    /// Its code.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// How far it was on the last day of the period.
    pub state: ProjectState,
    /// The sum of its budget.
    pub budget: Fen,
    /// What it has paid up to the last day of the period.
    pub spent: Fen,
    /// How many residents it serves.
    pub residents: i64,
    /// How many of its milestones were reached by then.
    pub reached: i64,
    /// How many it has.
    pub milestones: i64,
}

/// How far the projects were on the last day of a period, by their codes; those proposed later are left out.
pub async fn works<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    project: Option<TargetId>,
    (_, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Work>> {
    on.sql(
        "SELECT t.code, p.title, t.residents,
                COALESCE((SELECT v.to_state FROM project_move v WHERE v.project_id = p.id AND v.moved_on <= $2
                          ORDER BY v.id DESC LIMIT 1), 'PROPOSED') AS state,
                CAST(COALESCE((SELECT SUM(b.amount) FROM budget_line b WHERE b.project_id = p.id), 0) AS BIGINT) AS budget,
                CAST(COALESCE((
                    SELECT SUM(CASE WHEN q.destination_id = k.id THEN q.amount ELSE -q.amount END)
                    FROM account k
                    JOIN posting q ON q.destination_id = k.id OR q.source_id = k.id
                    JOIN entry e ON e.id = q.entry_id AND e.effective_on <= $2
                    WHERE k.target_id = p.id AND k.kind = 'EXPENSE' AND k.asset = 'CNY'), 0) AS BIGINT) AS spent,
                (SELECT COUNT(*) FROM milestone m WHERE m.project_id = p.id AND m.reached_on <= $2) AS reached,
                (SELECT COUNT(*) FROM milestone m WHERE m.project_id = p.id) AS milestones
         FROM project p JOIN target t ON t.id = p.id
         WHERE t.fund_id = $1 AND p.proposed_on <= $2 AND (p.id = $3 OR $3 IS NULL)
         ORDER BY t.code, t.id",
    )
    .bind(fund)
    .bind(to)
    .bind(project)
    .all()
    .await
}

/// A resolution.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Resolved {
    /// Its number.
    pub number: String,
    /// The day it was taken.
    pub approved_on: NaiveDate,
    /// The code of what it is about.
    pub code: Option<String>,
    /// The most that may be allocated on it.
    pub amount: Option<Fen>,
    /// How many voted for it.
    pub votes_for: i64,
    /// How many sat.
    pub votes_all: i64,
}

/// The resolutions of a period that stand.
pub async fn decisions<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    project: Option<TargetId>,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Resolved>> {
    on.sql(
        "SELECT d.resolution_number AS number, d.approved_on, t.code, d.amount, d.votes_for, d.votes_all
         FROM decision d LEFT JOIN target t ON t.id = d.target_id
         WHERE d.fund_id = $1 AND d.approved_on >= $2 AND d.approved_on <= $3 AND (d.target_id = $4 OR $4 IS NULL)
           AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id)
         ORDER BY d.approved_on, d.id",
    )
    .bind(fund)
    .bind(from)
    .bind(to)
    .bind(project)
    .all()
    .await
}
