//! Restrictions: what a gift may be used for, in its giver's words.
//!
//! * A restriction is immutable, and one row stands for all gifts that carry it.
//! * The narrower it is, the earlier its money is drawn: target 100 > group 50 > purpose 10 + depth > none 0.

use std::collections::HashMap;

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
    /// Whether any fund of the host may spend it, not only the one it came to.
    #[serde(default)]
    pub any_fund: bool,
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

/// What a restriction of `fund` refers to, as far as it exists.
#[derive(Debug, sqlx::FromRow)]
struct Referred {
    fund_name: String,
    /// The purpose's depth, where there is such a purpose.
    depth: Option<i64>,
    purpose_name: Option<String>,
    /// Whether the purpose is on the fund's allow-list or below it.
    allowed: i64,
    group_kind: Option<String>,
    target_fund: Option<FundId>,
    target_code: Option<String>,
    target_status: Option<String>,
}

/// The keys of these restrictions on gifts to `fund`, written down where they are new. A refused one is the
/// answer to its own gift only; its field is relative to the gift.
pub async fn ensure(tx: &mut Tx, fund: FundId, wanted: &[Restriction]) -> Result<Vec<Result<EarmarkId>>> {
    let mut known: HashMap<Restriction, Result<EarmarkId>> = HashMap::new();
    for restriction in wanted {
        if !known.contains_key(restriction) {
            let checked = check(tx, fund, restriction).await?;
            let id = match checked {
                Ok(spec) => Ok(one(tx, fund, restriction, spec).await?),
                Err(refused) => Err(refused),
            };
            known.insert(*restriction, id);
        }
    }
    Ok(wanted.iter().map(|restriction| known[restriction].clone()).collect())
}

/// How narrow a restriction on gifts to `fund` is, or why it is refused; writes nothing.
pub async fn check(tx: &mut Tx, fund: FundId, restriction: &Restriction) -> Result<Result<i64>> {
    let named = [restriction.purpose.is_some(), restriction.group.is_some(), restriction.target.is_some()];
    if named.iter().filter(|is| **is).count() > 1 || (restriction.any_fund && restriction.target.is_some()) {
        return Ok(Err(Refusal::EarmarkMalformed {}.at("earmark")));
    }
    if let (Some(from), Some(to)) = (restriction.valid_from, restriction.valid_to)
        && to < from
    {
        return Ok(Err(Refusal::PeriodReversed { from, to }.at("earmark.validTo")));
    }
    if named == [false; 3] {
        return Ok(Ok(0));
    }
    let found = referred(&mut *tx, fund, restriction).await?;
    Ok(decide(fund, restriction, &found))
}

fn decide(fund: FundId, restriction: &Restriction, found: &Referred) -> Result<i64> {
    if restriction.purpose.is_some() {
        let (Some(depth), Some(purpose)) = (found.depth, found.purpose_name.clone()) else {
            return Err(Refusal::NotFound { what: "purpose".into() }.at("earmark.purposeId"));
        };
        if found.allowed == 0 {
            let fund = found.fund_name.clone();
            return Err(Refusal::PurposeNotAllowed { purpose, fund }.at("earmark.purposeId"));
        }
        return Ok(PURPOSE_SPEC + depth);
    }
    if restriction.group.is_some() {
        return match found.group_kind.as_deref() {
            Some("GROUP") => Ok(GROUP_SPEC),
            _ => Err(Refusal::NotFound { what: "group".into() }.at("earmark.groupId")),
        };
    }
    let Some(target_fund) = found.target_fund else {
        return Err(Refusal::NotFound { what: "project or micro-grant".into() }.at("earmark.targetId"));
    };
    if target_fund != fund {
        let fund = found.fund_name.clone();
        return Err(Refusal::AnotherFund { what: "project or micro-grant".into(), fund }.at("earmark.targetId"));
    }
    if found.target_status.as_deref() == Some("CLOSED") {
        let code = found.target_code.clone().unwrap_or_default();
        return Err(Refusal::TargetClosed { code, on: String::new() }.at("earmark.targetId"));
    }
    Ok(TARGET_SPEC)
}

async fn referred(tx: &mut Tx, fund: FundId, restriction: &Restriction) -> Result<Referred> {
    let found = tx
        .sql(
            "SELECT f.name AS fund_name, p.depth, p.name AS purpose_name,
                    CASE WHEN EXISTS (
                        SELECT 1 FROM fund_purpose a
                        JOIN purpose_closure c ON c.ancestor_id = a.purpose_id
                        WHERE a.fund_id = f.id AND c.descendant_id = p.id)
                    THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS allowed,
                    g.kind AS group_kind, t.fund_id AS target_fund, t.code AS target_code, t.status AS target_status
             FROM fund f
             LEFT JOIN purpose p ON p.id = $2
             LEFT JOIN party g ON g.id = $3
             LEFT JOIN target t ON t.id = $4
             WHERE f.id = $1",
        )
        .bind(fund)
        .bind(restriction.purpose)
        .bind(restriction.group)
        .bind(restriction.target)
        .one()
        .await?;
    Ok(found)
}

impl Restriction {
    /// The fund that may spend what came to `fund`; `None` for any of its host.
    fn fund(&self, fund: FundId) -> Option<FundId> {
        (!self.any_fund).then_some(fund)
    }

    fn kind(&self) -> EarmarkKind {
        match (self.purpose, self.group, self.target) {
            (Some(_), ..) => EarmarkKind::Purpose,
            (_, Some(_), _) => EarmarkKind::Group,
            (.., Some(_)) => EarmarkKind::Target,
            _ => EarmarkKind::None,
        }
    }
}

/// The key of a restriction on gifts to `fund`; `None` where it was never written down.
pub async fn find(tx: &mut Tx, fund: FundId, restriction: &Restriction) -> Result<Option<EarmarkId>> {
    let found: Option<(EarmarkId,)> = tx
        .sql(
            "SELECT id FROM earmark
             WHERE COALESCE(fund_id, 0) = $1 AND kind = $2 AND COALESCE(purpose_id, 0) = $3
               AND COALESCE(group_id, 0) = $4 AND COALESCE(target_id, 0) = $5
               AND COALESCE(valid_from, '0001-01-01') = $6 AND COALESCE(valid_to, '9999-12-31') = $7",
        )
        .bind(restriction.fund(fund).map_or(0, i64::from))
        .bind(restriction.kind())
        .bind(restriction.purpose.map_or(0, i64::from))
        .bind(restriction.group.map_or(0, i64::from))
        .bind(restriction.target.map_or(0, i64::from))
        .bind(restriction.valid_from.unwrap_or(FIRST_DAY))
        .bind(restriction.valid_to.unwrap_or(LAST_DAY))
        .optional()
        .await?;
    Ok(found.map(|(id,)| id))
}

async fn one(tx: &mut Tx, fund: FundId, restriction: &Restriction, spec: i64) -> Result<EarmarkId> {
    if let Some(id) = find(tx, fund, restriction).await? {
        return Ok(id);
    }
    let (id,) = tx
        .sql(
            "INSERT INTO earmark (fund_id, kind, purpose_id, group_id, target_id, spec, valid_from, valid_to)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        )
        .bind(restriction.fund(fund))
        .bind(restriction.kind())
        .bind(restriction.purpose)
        .bind(restriction.group)
        .bind(restriction.target)
        .bind(spec)
        .bind(restriction.valid_from)
        .bind(restriction.valid_to)
        .one()
        .await?;
    Ok(id)
}

/// What the index `earmark_once` puts for a window without a first day.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("the first day there is");
/// What the index `earmark_once` puts for a window without a last day.
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("the last day that four digits write");

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
