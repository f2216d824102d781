//! Parties in the database.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    GroupChange, GroupChangeKind, GroupField, GroupFilter, GroupLine, GroupRegistration, GroupStanding, Party,
    PartyFilter, Sight, fill::Fill, name::name_key,
};
use crate::{
    area::Area,
    clock::Date,
    db::{Result, Sql, Tx},
    id::{AreaId, GroupChangeId, PartyId, PrincipalId},
    page::Page,
};

/// An area, and a party that is active in it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AreaOfParty {
    /// The party.
    pub party_id: PartyId,
    /// The area.
    #[sqlx(flatten)]
    pub area: Area,
}

/// The parties of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[PartyId]) -> Result<Vec<Party>> {
    on.sql(
        "SELECT id, kind, name, name_key, alias, publicity, credit_code, credit_code_override, external_id, created_at
         FROM party WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// Which of these credit codes are taken.
pub async fn codes_taken<'c>(on: impl Sql<'c>, codes: &[&str]) -> Result<Vec<(String,)>> {
    on.sql("SELECT credit_code FROM party WHERE credit_code IN (..)").bind_list(codes).all().await
}

/// The paths of the areas that each of `parties` is active in.
pub async fn paths_of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId]) -> Result<Vec<(PartyId, String)>> {
    on.sql(
        "SELECT o.party_id, a.path FROM party_area o JOIN area a ON a.id = o.area_id
         WHERE o.party_id IN (..) ORDER BY o.party_id, a.id",
    )
    .bind_list(parties)
    .all()
    .await
}

/// A page of the areas that each of `parties` is active in.
pub async fn areas_of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId], page: &Page) -> Result<Vec<AreaOfParty>> {
    on.sql(
        "SELECT o.party_id AS party_id, a.id AS id, a.parent_id AS parent_id, a.level AS level, a.name AS name,
                a.path AS path
         FROM party_area o JOIN area a ON a.id = o.area_id
         WHERE o.party_id = {owner} {page}",
    )
    .page(page, "o.area_id")
    .each_of(parties)
    .all()
    .await
}

/// A page of the parties that pass `filter` and whose names `sight` reaches, by name.
pub async fn all<'c>(on: impl Sql<'c>, filter: &PartyFilter, sight: &Sight, page: &Page) -> Result<Vec<Party>> {
    on.sql(
        "SELECT p.id, p.kind, p.name, p.name_key, p.alias, p.publicity, p.credit_code, p.credit_code_override,
                p.external_id, p.created_at
         FROM party p
         WHERE (p.kind = $1 OR $1 IS NULL)
           AND (p.credit_code = $2 OR $2 IS NULL)
           AND (p.name_key LIKE $3 ESCAPE '\\' OR $3 IS NULL)
           AND (EXISTS (
                    SELECT 1 FROM party_area o
                    JOIN area a ON a.id = o.area_id
                    JOIN area top ON top.id = $4
                    WHERE o.party_id = p.id AND substr(a.path, 1, length(top.path)) = top.path)
                OR $4 IS NULL)
           AND ($5 = 1
                OR (p.kind <> 'RESIDENT' AND p.publicity = 'NAME')
                OR p.id IN (..)
                OR (p.kind <> 'RESIDENT' AND EXISTS (
                    SELECT 1 FROM party_area o
                    JOIN area a ON a.id = o.area_id
                    JOIN area held ON substr(a.path, 1, length(held.path)) = held.path
                    WHERE o.party_id = p.id AND held.path IN (..)))
                OR (p.kind = 'RESIDENT' AND EXISTS (
                    SELECT 1 FROM party_area o
                    JOIN area a ON a.id = o.area_id
                    JOIN area held ON substr(a.path, 1, length(held.path)) = held.path
                    WHERE o.party_id = p.id AND held.path IN (..))))
           {page}",
    )
    .bind(filter.kind)
    .bind(filter.credit_code.clone())
    .bind(filter.search.as_deref().map(containing))
    .bind(filter.area)
    .bind(i64::from(sight.all))
    .bind_list(&sight.parties)
    .bind_list(&texts(&sight.paths))
    .bind_list(&texts(&sight.paths_residents))
    .page(page, "p.name, p.id")
    .all()
    .await
}

/// The pattern of a text that contains `part`.
fn containing(part: &str) -> String {
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Adds parties, whose keys are not read but given, in their order.
pub async fn insert(tx: &mut Tx, parties: &[Party]) -> Result<Vec<PartyId>> {
    let mut ids: Vec<(PartyId,)> = tx
        .insert_returning(
            "INSERT INTO party (kind, name, name_key, alias, publicity, credit_code, credit_code_override,
                                external_id, created_at)
             VALUES (..) RETURNING id",
            parties,
            |row, party| {
                row.bind(party.kind)
                    .bind(party.name.clone())
                    .bind(party.name_key.clone())
                    .bind(party.alias.clone())
                    .bind(party.publicity)
                    .bind(party.credit_code.clone())
                    .bind(party.credit_code_override.clone())
                    .bind(party.external_id.clone())
                    .bind(party.created_at)
            },
        )
        .await?;
    // Keys rise in the order of the rows, but neither engine promises to return them so.
    ids.sort_unstable();
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Makes parties active in areas; those that are stay as they are.
pub async fn insert_areas(tx: &mut Tx, rows: &[(AreaId, PartyId)], since: NaiveDate) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO party_area (area_id, party_id, since) VALUES (..) ON CONFLICT (area_id, party_id) DO NOTHING",
        rows,
        |row, (area, party)| row.bind(*area).bind(*party).bind(since),
    )
    .await
}

/// Fills in what is not known of parties yet.
pub async fn fill(tx: &mut Tx, fills: &[&Fill]) -> Result<()> {
    for fill in fills {
        tx.sql(
            "UPDATE party SET credit_code = COALESCE(credit_code, $1), external_id = COALESCE(external_id, $2)
             WHERE id = $3",
        )
        .bind(fill.credit_code.clone())
        .bind(fill.external_id.clone())
        .bind(fill.party)
        .execute()
        .await?;
    }
    Ok(())
}

/// The lines of the register about these groups.
pub async fn registrations_of<'c>(on: impl Sql<'c>, groups: &[PartyId]) -> Result<Vec<GroupRegistration>> {
    on.sql(
        "SELECT party_id, area_id, field, standing, number, registered_on, struck_off_on FROM group_registration
         WHERE party_id IN (..)",
    )
    .bind_list(groups)
    .all()
    .await
}

/// Which of these numbers the register has.
pub async fn numbers_taken<'c>(on: impl Sql<'c>, numbers: &[&str]) -> Result<Vec<(String,)>> {
    on.sql("SELECT number FROM group_registration WHERE number IN (..)").bind_list(numbers).all().await
}

/// A page of the registered groups that pass `filter`, in the order they were registered here. Groups are no private
/// persons; whoever wishes not to be named is masked where its name is read.
pub async fn groups<'c>(on: impl Sql<'c>, filter: GroupFilter, page: &Page) -> Result<Vec<Party>> {
    on.sql(
        "SELECT p.id, p.kind, p.name, p.name_key, p.alias, p.publicity, p.credit_code, p.credit_code_override,
                p.external_id, p.created_at
         FROM group_registration r
         JOIN party p ON p.id = r.party_id
         JOIN area a ON a.id = r.area_id
         WHERE (r.field = $1 OR $1 IS NULL)
           AND (r.standing = $2 OR $2 IS NULL)
           AND (EXISTS (SELECT 1 FROM area top WHERE top.id = $3 AND substr(a.path, 1, length(top.path)) = top.path)
                OR $3 IS NULL)
           AND CASE WHEN r.struck_off_on IS NULL THEN 'STANDING' ELSE 'STRUCK_OFF' END = $4
           {page}",
    )
    .bind(filter.field)
    .bind(filter.standing)
    .bind(filter.area)
    .bind(filter.state)
    .page(page, "p.id")
    .all()
    .await
}

/// How many registered groups pass `filter`.
pub async fn groups_count<'c>(on: impl Sql<'c>, filter: GroupFilter) -> Result<i64> {
    let (count,) = on
        .sql(
            "SELECT COUNT(*) FROM group_registration r JOIN area a ON a.id = r.area_id
             WHERE (r.field = $1 OR $1 IS NULL)
               AND (r.standing = $2 OR $2 IS NULL)
               AND (EXISTS (SELECT 1 FROM area top
                            WHERE top.id = $3 AND substr(a.path, 1, length(top.path)) = top.path)
                    OR $3 IS NULL)
               AND CASE WHEN r.struck_off_on IS NULL THEN 'STANDING' ELSE 'STRUCK_OFF' END = $4",
        )
        .bind(filter.field)
        .bind(filter.standing)
        .bind(filter.area)
        .bind(filter.state)
        .one()
        .await?;
    Ok(count)
}

/// Adds lines to the register.
pub async fn insert_registrations(tx: &mut Tx, rows: &[GroupRegistration], actor: PrincipalId) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO group_registration (party_id, area_id, field, standing, number, registered_on, principal_id)
         VALUES (..)",
        rows,
        |row, one| {
            row.bind(one.party_id)
                .bind(one.area_id)
                .bind(one.field)
                .bind(one.standing)
                .bind(one.number.clone())
                .bind(one.registered_on)
                .bind(actor)
        },
    )
    .await
}

/// Locks the lines of these groups to the end of the transaction.
pub async fn lock_registrations(tx: &mut Tx, groups: &[PartyId]) -> Result<u64> {
    tx.sql("UPDATE group_registration SET number = number WHERE party_id IN (..)").bind_list(groups).execute().await
}

/// The day of the last change of each of these groups' lines.
pub async fn last_changes_of<'c>(on: impl Sql<'c>, groups: &[PartyId]) -> Result<Vec<(PartyId, NaiveDate)>> {
    on.sql("SELECT party_id, MAX(changed_on) FROM group_change WHERE party_id IN (..) GROUP BY party_id")
        .bind_list(groups)
        .all()
        .await
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    id: GroupChangeId,
    party_id: PartyId,
    kind: GroupChangeKind,
    changed_on: Date,
    reason: String,
    entered_at: DateTime<Utc>,
    entered_by: String,
    before_name: String,
    before_area_id: AreaId,
    before_field: GroupField,
    before_standing: GroupStanding,
    before_number: String,
    before_registered_on: Date,
    after_name: String,
    after_area_id: AreaId,
    after_field: GroupField,
    after_standing: GroupStanding,
    after_number: String,
    after_registered_on: Date,
}

impl From<ChangeRow> for GroupChange {
    fn from(row: ChangeRow) -> Self {
        Self {
            id: row.id,
            party_id: row.party_id,
            kind: row.kind,
            changed_on: row.changed_on,
            reason: row.reason,
            entered_at: row.entered_at,
            entered_by: row.entered_by,
            before: GroupLine {
                name: row.before_name,
                area_id: row.before_area_id,
                field: row.before_field,
                standing: row.before_standing,
                number: row.before_number,
                registered_on: row.before_registered_on,
            },
            after: GroupLine {
                name: row.after_name,
                area_id: row.after_area_id,
                field: row.after_field,
                standing: row.after_standing,
                number: row.after_number,
                registered_on: row.after_registered_on,
            },
        }
    }
}

/// A page of the changes of each of `groups`' lines.
pub async fn changes_of_groups<'c>(on: impl Sql<'c>, groups: &[PartyId], page: &Page) -> Result<Vec<GroupChange>> {
    let rows: Vec<ChangeRow> = on
        .sql(
            "SELECT c.id, c.party_id, c.kind, c.changed_on, c.reason, c.entered_at, p.name AS entered_by,
                    c.before_name, c.before_area_id, c.before_field, c.before_standing, c.before_number,
                    c.before_registered_on, c.after_name, c.after_area_id, c.after_field, c.after_standing,
                    c.after_number, c.after_registered_on
             FROM group_change c JOIN principal p ON p.id = c.principal_id
             WHERE c.party_id = {owner} {page}",
        )
        .page(page, "c.changed_on, c.id")
        .each_of(groups)
        .all()
        .await?;
    Ok(rows.into_iter().map(GroupChange::from).collect())
}

/// Adds changes of lines.
pub async fn insert_group_changes(tx: &mut Tx, changes: &[GroupChange], actor: PrincipalId) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO group_change (party_id, kind, changed_on, reason, before_name, before_area_id, before_field,
                                   before_standing, before_number, before_registered_on, after_name, after_area_id,
                                   after_field, after_standing, after_number, after_registered_on, entered_at,
                                   principal_id)
         VALUES (..)",
        changes,
        |row, one| {
            let row = row.bind(one.party_id).bind(one.kind).bind(one.changed_on).bind(one.reason.clone());
            let row = [&one.before, &one.after].into_iter().fold(row, |row, line| {
                row.bind(line.name.clone())
                    .bind(line.area_id)
                    .bind(line.field)
                    .bind(line.standing)
                    .bind(line.number.clone())
                    .bind(line.registered_on)
            });
            row.bind(one.entered_at).bind(actor)
        },
    )
    .await
}

/// Makes lines what their changes say.
pub async fn set_registrations(tx: &mut Tx, changes: &[GroupChange]) -> Result<u64> {
    tx.insert_all(
        "UPDATE group_registration
         SET area_id = CAST(d.column2 AS BIGINT), field = d.column3, standing = d.column4, number = d.column5,
             registered_on = d.column6,
             struck_off_on = CASE d.column7 WHEN 'STRUCK_OFF' THEN d.column8
                                            WHEN 'RESTORED' THEN NULL
                                            ELSE group_registration.struck_off_on END
         FROM (VALUES (..)) AS d
         WHERE group_registration.party_id = CAST(d.column1 AS BIGINT)",
        changes,
        |row, one| {
            row.bind(one.party_id)
                .bind(one.after.area_id)
                .bind(one.after.field)
                .bind(one.after.standing)
                .bind(one.after.number.clone())
                .bind(one.after.registered_on)
                .bind(one.kind)
                .bind(one.changed_on)
        },
    )
    .await
}

/// Names groups as the changes of their lines say.
pub async fn set_names(tx: &mut Tx, changes: &[GroupChange]) -> Result<u64> {
    tx.insert_all(
        "UPDATE party SET name = d.column2, name_key = d.column3
         FROM (VALUES (..)) AS d
         WHERE party.id = CAST(d.column1 AS BIGINT)",
        changes,
        |row, one| row.bind(one.party_id).bind(one.after.name.clone()).bind(name_key(&one.after.name)),
    )
    .await
}
