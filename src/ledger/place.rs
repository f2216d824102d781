//! What a command has to know of a fund or a target before it decides: one statement each.

use super::{
    account::{self, AccountKind, Asset},
    draw::DrawRule,
};
use crate::{
    db::{Sql, Tx},
    error::{Refusal, Result},
    fund::head::Head,
    id::{AccountId, FundId, HostId, PartyId, PurposeId, TargetId},
    viewer::On,
};

/// A fund, as far as a command has to know it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FundPlace {
    /// The fund.
    pub id: FundId,
    /// What it is called.
    pub name: String,
    /// Who holds it.
    pub host_id: HostId,
    /// The party that is the host.
    pub host_party_id: PartyId,
    /// The path of its area.
    pub area_path: String,
}

/// A project or micro-grant, as far as a command has to know it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TargetPlace {
    /// The target.
    pub id: TargetId,
    /// Its fund.
    pub fund_id: FundId,
    /// What the fund is called.
    pub fund_name: String,
    /// The path of the fund's area.
    pub area_path: String,
    /// Its code in the fund.
    pub code: String,
    /// Whether money may still move: `OPEN` or `CLOSED`.
    pub status: String,
    /// What it is for.
    pub purpose_id: PurposeId,
    /// What that is called.
    pub purpose_name: String,
    /// Whether that is on the fund's allow-list or below it.
    pub purpose_allowed: i64,
    /// The group of a micro-grant.
    pub group_id: Option<PartyId>,
    /// How its money is drawn when it is spent.
    pub draw: DrawRule,
    /// 1 when its fund asks for different hands: see [`super::hands`].
    pub two_persons: i64,
    /// The state of a project; `None` for a micro-grant.
    pub project_state: Option<String>,
    /// Where its allocated cash is.
    pub target_account: AccountId,
    /// Where its advances are.
    pub advance_account: AccountId,
}

impl FundPlace {
    /// The fund, for a check of rights.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.id, &self.area_path)
    }
}

impl TargetPlace {
    /// The fund, for a check of rights.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }

    /// Where its allocated or advanced cash or goods are.
    ///
    /// # Panics
    /// For another kind than `TARGET` and `ADVANCE`.
    pub async fn account(&self, tx: &mut Tx, head: &mut Head, kind: AccountKind, asset: Asset) -> Result<AccountId> {
        match (kind, asset) {
            (AccountKind::Target, Asset::Cny) => Ok(self.target_account),
            (AccountKind::Advance, Asset::Cny) => Ok(self.advance_account),
            (AccountKind::Target | AccountKind::Advance, Asset::Kind) => {
                account::ensure(tx, head, kind, asset, Some(self.id)).await
            }
            _ => panic!("a target's money is allocated or advanced"),
        }
    }

    /// Checks that money may still move in and out.
    ///
    /// # Errors
    /// [`Refusal::TargetClosed`] at `field`.
    pub fn ensure_open(&self, field: &str) -> Result<()> {
        if self.status == "OPEN" {
            return Ok(());
        }
        Err(Refusal::TargetClosed { code: self.code.clone(), on: String::new() }.at(field))
    }

    /// Checks that a project is in one of `states`; a micro-grant has none and passes.
    ///
    /// # Errors
    /// [`Refusal::ProjectState`] at `field`.
    pub fn ensure_state(&self, states: &[&str], field: &str) -> Result<()> {
        match &self.project_state {
            Some(state) if !states.contains(&state.as_str()) => {
                Err(Refusal::ProjectState { state: state.clone(), accepted: states.join(", ") }.at(field))
            }
            _ => Ok(()),
        }
    }
}

/// The fund.
///
/// # Errors
/// [`Refusal::NotFound`] at `fundId`.
pub async fn fund(tx: &mut Tx, id: FundId) -> Result<FundPlace> {
    let found = tx
        .sql(
            "SELECT f.id, f.name, f.host_id, h.party_id AS host_party_id, a.path AS area_path
             FROM fund f JOIN host h ON h.id = f.host_id JOIN area a ON a.id = f.area_id
             WHERE f.id = $1",
        )
        .bind(id)
        .optional()
        .await?;
    found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))
}

/// The project or micro-grant.
///
/// # Errors
/// [`Refusal::NotFound`] at `targetId`.
pub async fn target(tx: &mut Tx, id: TargetId) -> Result<TargetPlace> {
    let found = tx
        .sql(
            "SELECT t.id, t.fund_id, f.name AS fund_name, a.path AS area_path, t.code, t.status,
                    t.purpose_id, p.name AS purpose_name,
                    CASE WHEN EXISTS (
                        SELECT 1 FROM fund_purpose l
                        JOIN purpose_closure c ON c.ancestor_id = l.purpose_id
                        WHERE l.fund_id = t.fund_id AND c.descendant_id = t.purpose_id)
                    THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS purpose_allowed,
                    t.group_id, t.draw, CAST(CASE WHEN f.two_persons_since IS NULL THEN 0 ELSE 1 END AS BIGINT) AS two_persons,
                    j.state AS project_state, x.id AS target_account, y.id AS advance_account
             FROM target t
             JOIN fund f ON f.id = t.fund_id
             JOIN area a ON a.id = f.area_id
             JOIN purpose p ON p.id = t.purpose_id
             JOIN account x ON x.target_id = t.id AND x.kind = 'TARGET' AND x.asset = 'CNY'
             JOIN account y ON y.target_id = t.id AND y.kind = 'ADVANCE' AND y.asset = 'CNY'
             LEFT JOIN project j ON j.id = t.id
             WHERE t.id = $1",
        )
        .bind(id)
        .optional()
        .await?;
    found.ok_or_else(|| Refusal::NotFound { what: "project or micro-grant".into() }.at("targetId"))
}

/// The fund of a target, which never changes: what to lock before the target is read.
///
/// # Errors
/// [`Refusal::NotFound`] at `targetId`.
pub async fn fund_of_target(tx: &mut Tx, id: TargetId) -> Result<FundId> {
    let found = tx.sql("SELECT fund_id FROM target WHERE id = $1").bind(id).optional::<(_,)>().await?;
    found.map(|(fund,)| fund).ok_or_else(|| Refusal::NotFound { what: "project or micro-grant".into() }.at("targetId"))
}

/// Which of these parties there are.
pub async fn parties_known(tx: &mut Tx, ids: &[PartyId]) -> Result<std::collections::HashSet<PartyId>> {
    if ids.is_empty() {
        return Ok(Default::default());
    }
    let found: Vec<(PartyId,)> = tx.sql("SELECT id FROM party WHERE id IN (..)").bind_list(ids).all().await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
