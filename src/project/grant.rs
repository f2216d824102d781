//! Awarding a micro-grant to a self-organized group.

use chrono::NaiveDate;

use super::{
    GrantStage, MicroGrant, RESIDENTS_MAX, TITLE_MAX, Target, TargetKind, TargetStatus, check_free, check_purpose,
    fund_for, purpose_by_id, store,
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_past, check_range, check_text},
    fund::{self, head},
    id::{FundId, PartyId, PurposeId, TargetId},
    ledger::account,
    money::Fen,
    party::{self, PartyKind},
    viewer::By,
};

/// What a micro-grant is awarded from.
#[derive(Clone, Debug)]
pub struct GrantDraft {
    /// Whose money it is paid from.
    pub fund: FundId,
    /// The group it supports.
    pub group: PartyId,
    /// What it is for.
    pub purpose: PurposeId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// How far the group is.
    pub stage: GrantStage,
    /// How many residents it serves.
    pub residents: i64,
    /// The day it is awarded.
    pub awarded_on: NaiveDate,
    /// The most that is awarded; `None` where that is left to the resolution.
    pub awarded: Option<Fen>,
}

/// Awards a micro-grant and opens its accounts; money follows by the committee's decision.
///
/// # Errors
/// Refused for texts and numbers out of bounds, a day to come, a code that is taken in the fund, a fund,
/// group or purpose that does not exist, and a purpose the fund may not spend on.
pub async fn grant_award(tx: &mut Tx, by: By<'_>, draft: &GrantDraft) -> Result<MicroGrant> {
    let (fund, mut head) = fund_for(tx, by, draft.fund).await?;
    let code = check_text(&draft.code, fund::CODE_MAX, "code")?;
    let title = check_text(&draft.title, TITLE_MAX, "title")?;
    check_past(draft.awarded_on, by.today, "awardedOn")?;
    check_range(draft.residents, 0, RESIDENTS_MAX, "residents")?;
    check_free(tx, &fund, &code).await?;
    let group = party::store::by_ids(&mut *tx, &[draft.group]).await?.pop();
    if group.is_none_or(|group| group.kind != PartyKind::Group) {
        return Err(Refusal::NotFound { what: "group".into() }.at("groupId"));
    }
    let purpose = purpose_by_id(tx, draft.purpose).await?;
    check_purpose(tx, &fund, &purpose).await?;
    // The key is the database's, and the path is not the target's own.
    let target = Target {
        id: TargetId(0),
        fund_id: fund.id,
        kind: TargetKind::Grant,
        purpose_id: purpose.id,
        group_id: Some(draft.group),
        code,
        status: TargetStatus::Open,
        residents: draft.residents,
        area_path: String::new(),
    };
    let grant = MicroGrant {
        id: store::insert_target(tx, &target).await?,
        fund_id: fund.id,
        purpose_id: purpose.id,
        group_id: draft.group,
        code: target.code,
        title,
        stage: draft.stage,
        residents: draft.residents,
        awarded_on: draft.awarded_on.into(),
        awarded: draft.awarded,
        area_path: fund.area_path,
    };
    store::insert_grant(tx, &grant).await?;
    store::insert_proposer(tx, grant.id, by.viewer.actor()?).await?;
    account::open_target(tx, &mut head, grant.id).await?;
    head::write(tx, &head).await?;
    Ok(grant)
}
