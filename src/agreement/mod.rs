//! Agreements (共建协议): what a partner unit or the user of a venue signed.
//!
//! * An agreement has a number of its own in its fund, and a term; pledges that stand under it lie within it.
//! * A venue's user (公益+低偿) gives a share of what it takes: a share-of-sales pledge under a venue agreement.

pub mod graphql;
pub mod store;

use async_graphql::Enum;
use chrono::NaiveDate;

use crate::{
    db::Tx,
    error::{Refusal, Result, check_range, check_size, check_text},
    fund::head,
    id::{AgreementId, FundId, PartyId, TargetId},
    ledger::place,
    project,
    viewer::{Act, By},
};

/// What an agreement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgreementKind {
    /// 共建: a partner unit builds the community with it.
    CoBuilding,
    /// 公益+低偿: a place of the community is used at a low price, and part of the income returns.
    Venue,
}

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Agreement {
    /// The key.
    pub id: AgreementId,
    /// The fund it is made with.
    pub fund_id: FundId,
    /// Who signed it.
    pub party_id: PartyId,
    /// Its number in the fund.
    pub number: String,
    /// What it is about.
    pub kind: AgreementKind,
    /// Its first day.
    pub valid_from: NaiveDate,
    /// Its last day.
    pub valid_to: NaiveDate,
    /// What was promised, in its own words.
    pub promises: String,
    /// The share of a venue's income that returns, in hundredths of a percent.
    pub revenue_bps: Option<i64>,
}

impl Agreement {
    /// Checks that a pledge of `donor` from one day to another may stand under it; a pledge without an end
    /// ends with the agreement.
    ///
    /// # Errors
    /// [`Refusal::AgreementOfAnother`] and [`Refusal::AgreementTerm`].
    pub fn covers(&self, donor: PartyId, from: NaiveDate, to: Option<NaiveDate>) -> Result<()> {
        if donor != self.party_id {
            return Err(Refusal::AgreementOfAnother { number: self.number.clone() }.at("agreementId"));
        }
        if from < self.valid_from || from > self.valid_to || to.is_some_and(|to| to > self.valid_to) {
            let (number, from, to) = (self.number.clone(), self.valid_from, self.valid_to);
            return Err(Refusal::AgreementTerm { number, from, to }.at("agreementId"));
        }
        Ok(())
    }
}

/// What an agreement is recorded from.
#[derive(Clone, Debug)]
pub struct AgreementDraft {
    /// The fund it is made with.
    pub fund: FundId,
    /// Who signed it.
    pub party: PartyId,
    /// Its number in the fund.
    pub number: String,
    /// What it is about.
    pub kind: AgreementKind,
    /// Its first day.
    pub valid_from: NaiveDate,
    /// Its last day.
    pub valid_to: NaiveDate,
    /// What was promised, in its own words.
    pub promises: String,
    /// The share of a venue's income that returns, in hundredths of a percent.
    pub revenue_bps: Option<i64>,
    /// The projects it carries.
    pub projects: Vec<TargetId>,
}

/// The most characters of a number.
pub const NUMBER_MAX: usize = 100;
/// The most characters of what was promised.
pub const PROMISES_MAX: usize = 4_000;
/// The most projects that one agreement carries.
pub const PROJECTS_MAX: usize = 100;
/// All of something, in hundredths of a percent.
const WHOLE_BPS: i64 = 10_000;

/// Records an agreement.
///
/// # Errors
/// Refused for texts, numbers and days out of bounds, a share of income that is no venue's, a party or project that is
/// not known, projects of another fund, and a number that is taken.
pub async fn record(tx: &mut Tx, by: By<'_>, draft: &AgreementDraft) -> Result<Agreement> {
    let number = check_text(&draft.number, NUMBER_MAX, "number")?;
    let promises = check_text(&draft.promises, PROMISES_MAX, "promises")?;
    if draft.valid_to < draft.valid_from {
        return Err(Refusal::PeriodReversed { from: draft.valid_from, to: draft.valid_to }.at("validTo"));
    }
    check_size(draft.projects.len(), 0, PROJECTS_MAX, "projectIds")?;
    // Only a venue has income of its own to share.
    let most = if draft.kind == AgreementKind::Venue { WHOLE_BPS } else { 0 };
    draft.revenue_bps.map(|share| check_range(share, most.min(1), most, "revenueBasisPoints")).transpose()?;
    head::lock(tx, draft.fund).await?;
    let fund = place::fund(tx, draft.fund).await?;
    by.viewer.must(Act::RunCampaign, &[fund.on()])?;
    if store::by_number(&mut *tx, fund.id, &number).await?.is_some() {
        return Err(Refusal::NameTaken { name: number }.at("number"));
    }
    if place::parties_known(tx, &[draft.party]).await?.is_empty() {
        return Err(Refusal::NotFound { what: "party".into() }.at("partyId"));
    }
    let known = match draft.projects.is_empty() {
        true => vec![],
        false => project::store::by_ids(&mut *tx, &draft.projects).await?,
    };
    for (at, wanted) in draft.projects.iter().enumerate() {
        let field = format!("projectIds.{at}");
        match known.iter().find(|project| project.id == *wanted) {
            None => return Err(Refusal::NotFound { what: "project".into() }.at(&field)),
            Some(project) if project.fund_id != fund.id => {
                return Err(Refusal::AnotherFund { what: "project".into(), fund: fund.name }.at(&field));
            }
            Some(_) => {}
        }
    }
    let mut projects = draft.projects.clone();
    projects.sort_unstable();
    projects.dedup();
    let draft = AgreementDraft { number, promises, projects, ..draft.clone() };
    Ok(store::insert(tx, &draft, by.viewer.actor()?).await?)
}
