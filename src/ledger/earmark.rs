//! Restrictions: what a gift may be used for, in its giver's words.
//!
//! * A restriction is immutable, and one row stands for all gifts that carry it.
//! * The narrower it is, the earlier its money is drawn: target 100 > group 50 > purpose 10 + depth > none 0.

use std::collections::{HashMap, HashSet};

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::seal::Sealer;
use crate::{
    db::{Sql, Tx},
    error::{Refusal, Result},
    id::{EarmarkId, FundId, PartyId, PurposeId, TargetId},
};

crate::part!(Earmark { id, fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to });

/// What a restriction restricts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EarmarkKind {
    /// Nothing: the committee decides.
    None,
    /// A purpose and all below it.
    Purpose,
    /// A self-organized group.
    Group,
    /// One project or micro-grant.
    Target,
}

/// A giver's restriction as it is asked for; empty for free money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Restriction {
    /// Only for this purpose and what is below it.
    pub purpose: Option<PurposeId>,
    /// Only for this group.
    pub group: Option<PartyId>,
    /// Only for this project or grant.
    pub target: Option<TargetId>,
    /// Not to be spent before this day.
    pub valid_from: Option<NaiveDate>,
    /// Not to be spent after this day.
    pub valid_to: Option<NaiveDate>,
}

/// A restriction as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Earmark {
    /// The key.
    pub id: EarmarkId,
    /// The fund it is for; `None` for any fund of the host.
    pub fund_id: Option<FundId>,
    /// What it restricts to.
    pub kind: EarmarkKind,
    /// The purpose of `PURPOSE`.
    pub purpose_id: Option<PurposeId>,
    /// The group of `GROUP`.
    pub group_id: Option<PartyId>,
    /// The project or grant of `TARGET`.
    pub target_id: Option<TargetId>,
    /// How narrow it is.
    pub spec: i64,
    /// The first day its money may be spent.
    pub valid_from: Option<NaiveDate>,
    /// The last day its money may be spent.
    pub valid_to: Option<NaiveDate>,
}

impl Earmark {
    /// The restriction as it was asked for.
    pub fn restriction(&self) -> Restriction {
        Restriction {
            purpose: self.purpose_id,
            group: self.group_id,
            target: self.target_id,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }
    }

    /// What a seal covers of it.
    pub fn digest(&self) -> String {
        let kind = match self.kind {
            EarmarkKind::None => "NONE",
            EarmarkKind::Purpose => "PURPOSE",
            EarmarkKind::Group => "GROUP",
            EarmarkKind::Target => "TARGET",
        };
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        Sealer::new("earmark")
            .text(kind)
            .maybe(self.fund_id)
            .maybe(self.purpose_id)
            .maybe(self.group_id)
            .maybe(self.target_id)
            .int(self.spec)
            .text(&day(self.valid_from))
            .text(&day(self.valid_to))
            .finish()
    }
}

const GROUP_SPEC: i64 = 50;
const TARGET_SPEC: i64 = 100;
const PURPOSE_SPEC: i64 = 10;

/// A restriction that a fund takes gifts under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How narrow it is.
    pub spec: i64,
    /// Its key; `None` where it was never written down.
    pub id: Option<EarmarkId>,
}

/// What restrictions on gifts to one fund refer to, as far as it exists.
#[derive(Debug, Default)]
struct Referred {
    fund_name: String,
    purposes: HashMap<PurposeId, PurposeRow>,
    groups: HashSet<PartyId>,
    targets: HashMap<TargetId, TargetRow>,
}

#[derive(Debug, sqlx::FromRow)]
struct PurposeRow {
    id: PurposeId,
    depth: i64,
    name: String,
    /// Whether it is on the fund's allow-list or below it.
    allowed: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct TargetRow {
    id: TargetId,
    fund_id: FundId,
    code: String,
    status: String,
}

/// What `fund` makes of these restrictions, each once: how narrow it is and its key, or why it is refused,
/// with a field relative to the gift. Writes nothing; as many statements for one as for many.
pub async fn look_up(
    tx: &mut Tx,
    fund: FundId,
    wanted: impl IntoIterator<Item = Restriction>,
) -> Result<HashMap<Restriction, Result<Taken>>> {
    let wanted: HashSet<Restriction> = wanted.into_iter().collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let referred = refer(tx, fund, &wanted).await?;
    let known = known(tx, fund, &wanted).await?;
    let taken = |restriction: &Restriction| {
        decide(fund, restriction, &referred).map(|spec| Taken { spec, id: known.get(restriction).copied() })
    };
    Ok(wanted.iter().map(|restriction| (*restriction, taken(restriction))).collect())
}

fn decide(fund: FundId, restriction: &Restriction, referred: &Referred) -> Result<i64> {
    let named = [restriction.purpose.is_some(), restriction.group.is_some(), restriction.target.is_some()];
    if named.iter().filter(|is| **is).count() > 1 {
        return Err(Refusal::EarmarkMalformed {}.at("earmark"));
    }
    if let (Some(from), Some(to)) = (restriction.valid_from, restriction.valid_to)
        && to < from
    {
        return Err(Refusal::PeriodReversed { from, to }.at("earmark.validTo"));
    }
    if let Some(purpose) = restriction.purpose {
        let not_found = || Refusal::NotFound { what: "purpose".into() }.at("earmark.purposeId");
        let found = referred.purposes.get(&purpose).ok_or_else(not_found)?;
        if found.allowed == 0 {
            let (purpose, fund) = (found.name.clone(), referred.fund_name.clone());
            return Err(Refusal::PurposeNotAllowed { purpose, fund }.at("earmark.purposeId"));
        }
        return Ok(PURPOSE_SPEC + found.depth);
    }
    if let Some(group) = restriction.group {
        return match referred.groups.contains(&group) {
            true => Ok(GROUP_SPEC),
            false => Err(Refusal::NotFound { what: "group".into() }.at("earmark.groupId")),
        };
    }
    let Some(target) = restriction.target else { return Ok(0) };
    let what = || "project or micro-grant".to_owned();
    let not_found = || Refusal::NotFound { what: what() }.at("earmark.targetId");
    let found = referred.targets.get(&target).ok_or_else(not_found)?;
    if found.fund_id != fund {
        let fund = referred.fund_name.clone();
        return Err(Refusal::AnotherFund { what: what(), fund }.at("earmark.targetId"));
    }
    if found.status == "CLOSED" {
        return Err(Refusal::TargetClosed { code: found.code.clone(), on: String::new() }.at("earmark.targetId"));
    }
    Ok(TARGET_SPEC)
}

/// The keys of what restrictions name, or one that nothing has: a list of nothing cannot be asked for.
fn named<K: Copy + From<i64>>(
    wanted: &HashSet<Restriction>,
    key: impl Fn(&Restriction) -> Option<K>,
) -> Option<Vec<K>> {
    let keys: Vec<K> = wanted.iter().filter_map(key).collect();
    (!keys.is_empty()).then_some(keys)
}

async fn refer(tx: &mut Tx, fund: FundId, wanted: &HashSet<Restriction>) -> Result<Referred> {
    let name: Option<(String,)> = tx.sql("SELECT name FROM fund WHERE id = $1").bind(fund).optional().await?;
    let mut referred = Referred { fund_name: name.map(|(name,)| name).unwrap_or_default(), ..Referred::default() };
    if let Some(purposes) = named(wanted, |one| one.purpose) {
        let rows: Vec<PurposeRow> = tx
            .sql(
                "SELECT p.id, p.depth, p.name,
                        CASE WHEN EXISTS (
                            SELECT 1 FROM fund_purpose a
                            JOIN purpose_closure c ON c.ancestor_id = a.purpose_id
                            WHERE a.fund_id = $1 AND c.descendant_id = p.id)
                        THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS allowed
                 FROM purpose p WHERE p.id IN (..)",
            )
            .bind(fund)
            .bind_list(&purposes)
            .all()
            .await?;
        referred.purposes = rows.into_iter().map(|row| (row.id, row)).collect();
    }
    if let Some(groups) = named(wanted, |one| one.group) {
        let rows: Vec<(PartyId,)> =
            tx.sql("SELECT id FROM party WHERE kind = 'GROUP' AND id IN (..)").bind_list(&groups).all().await?;
        referred.groups = rows.into_iter().map(|(id,)| id).collect();
    }
    if let Some(targets) = named(wanted, |one| one.target) {
        let rows: Vec<TargetRow> =
            tx.sql("SELECT id, fund_id, code, status FROM target WHERE id IN (..)").bind_list(&targets).all().await?;
        referred.targets = rows.into_iter().map(|row| (row.id, row)).collect();
    }
    Ok(referred)
}

/// The key that nothing has.
const NOTHING: i64 = 0;

/// The keys of those restrictions that were written down.
async fn known(tx: &mut Tx, fund: FundId, wanted: &HashSet<Restriction>) -> Result<HashMap<Restriction, EarmarkId>> {
    let or_none = |keys: Option<Vec<i64>>| keys.unwrap_or_else(|| vec![NOTHING]);
    let rows: Vec<Earmark> = tx
        .sql(
            "SELECT id, fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to
             FROM earmark
             WHERE COALESCE(fund_id, 0) = $1
               AND (kind = 'NONE' OR purpose_id IN (..) OR group_id IN (..) OR target_id IN (..))",
        )
        .bind(fund)
        .bind_list(&or_none(named(wanted, |one| one.purpose.map(i64::from))))
        .bind_list(&or_none(named(wanted, |one| one.group.map(i64::from))))
        .bind_list(&or_none(named(wanted, |one| one.target.map(i64::from))))
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| (row.restriction(), row.id)).collect())
}

/// Writes restrictions on gifts to `fund` down that were not before, in their order, and gives their keys.
async fn insert(tx: &mut Tx, fund: FundId, new: &[(Restriction, i64)]) -> Result<HashMap<Restriction, EarmarkId>> {
    let written: Vec<Earmark> = tx
        .insert_returning(
            "INSERT INTO earmark (fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to)
             VALUES (..) RETURNING id, fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to",
            new,
            |row, (one, spec)| {
                row.bind(fund)
                    .bind(one.kind())
                    .bind(one.purpose)
                    .bind(one.group)
                    .bind(one.target)
                    .bind(*spec)
                    .bind(one.valid_from)
                    .bind(one.valid_to)
            },
        )
        .await?;
    Ok(written.into_iter().map(|row| (row.restriction(), row.id)).collect())
}

/// The keys of these restrictions on gifts to `fund`, written down where they are new. A refused one is the
/// answer to its own gift only; its field is relative to the gift.
pub async fn ensure(tx: &mut Tx, fund: FundId, wanted: &[Restriction]) -> Result<Vec<Result<EarmarkId>>> {
    let taken = look_up(tx, fund, wanted.iter().copied()).await?;
    let mut keys = Keys::new(taken);
    keys.write(tx, fund, wanted.iter().filter(|one| keys.check(one).is_ok()).copied().collect()).await?;
    Ok(wanted.iter().map(|one| keys.check(one).map(|()| keys.of(one))).collect())
}

/// What a fund makes of some restrictions, and their keys as they come to be known.
#[derive(Debug, Default)]
pub struct Keys(HashMap<Restriction, Result<Taken>>);

impl Keys {
    /// What [`look_up`] found.
    pub fn new(taken: HashMap<Restriction, Result<Taken>>) -> Self {
        Self(taken)
    }

    /// Whether the fund takes gifts under a restriction that was looked up.
    ///
    /// # Errors
    /// The refusal, with a field relative to the gift.
    pub fn check(&self, one: &Restriction) -> Result<()> {
        self.0[one].as_ref().map(drop).map_err(Clone::clone)
    }

    /// The key of a restriction that was looked up, where it has one.
    pub fn known(&self, one: &Restriction) -> Option<EarmarkId> {
        self.0[one].as_ref().ok().and_then(|taken| taken.id)
    }

    /// The key of a restriction that was written down.
    ///
    /// # Panics
    /// When it was refused or not written down: only a bug asks for it.
    pub fn of(&self, one: &Restriction) -> EarmarkId {
        self.known(one).expect("a restriction that is used was written down")
    }

    /// Writes those of `wanted` down that have no key yet, in their order.
    pub async fn write(&mut self, tx: &mut Tx, fund: FundId, wanted: Vec<Restriction>) -> Result<()> {
        let mut seen = HashSet::new();
        let new = wanted.into_iter().filter(|one| self.known(one).is_none() && seen.insert(*one));
        let new: Vec<(Restriction, i64)> =
            new.map(|one| (one, self.0[&one].as_ref().map_or(0, |taken| taken.spec))).collect();
        for (restriction, id) in insert(tx, fund, &new).await? {
            if let Some(Ok(taken)) = self.0.get_mut(&restriction) {
                taken.id = Some(id);
            }
        }
        Ok(())
    }
}

impl Restriction {
    fn kind(&self) -> EarmarkKind {
        match (self.purpose, self.group, self.target) {
            (Some(_), ..) => EarmarkKind::Purpose,
            (_, Some(_), _) => EarmarkKind::Group,
            (.., Some(_)) => EarmarkKind::Target,
            _ => EarmarkKind::None,
        }
    }
}

/// The restrictions of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[EarmarkId]) -> Result<Vec<Earmark>> {
    let found = on
        .sql(
            "SELECT id, fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to
             FROM earmark WHERE id IN (..)",
        )
        .bind_list(ids)
        .all()
        .await?;
    Ok(found)
}
