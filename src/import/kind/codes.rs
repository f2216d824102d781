//! What rows name by a code: projects, purposes, campaigns and agreements of the fund.

use std::collections::{BTreeSet, HashMap};

use super::{Batch, Draft};
use crate::{
    db::{Result, Sql as _},
    id::{AgreementId, CampaignId, PurposeId, TargetId},
    import::word::{Outcome, Word},
};

/// The codes that a row may name.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// A project or micro-grant, by its code in the fund.
    pub project: Option<String>,
    /// A purpose, by its code.
    pub purpose: Option<String>,
    /// A campaign, by its code in the fund.
    pub campaign: Option<String>,
    /// An agreement, by its number in the fund.
    pub agreement: Option<String>,
}

/// What the codes of a batch lead to.
#[derive(Debug, Default)]
pub struct Codes {
    projects: HashMap<String, TargetId>,
    purposes: HashMap<String, PurposeId>,
    campaigns: HashMap<String, CampaignId>,
    agreements: HashMap<String, AgreementId>,
}

/// What the codes of a row lead to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meant {
    /// The project or micro-grant.
    pub project: Option<TargetId>,
    /// The purpose.
    pub purpose: Option<PurposeId>,
    /// The campaign.
    pub campaign: Option<CampaignId>,
    /// The agreement.
    pub agreement: Option<AgreementId>,
}

macro_rules! look_up {
    ($batch:ident, $named:ident, $field:ident, $sql:literal) => {{
        let codes: BTreeSet<&str> = $named.iter().filter_map(|named| named.$field.as_deref()).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        if codes.is_empty() {
            HashMap::new()
        } else {
            let found: Vec<(String, _)> = $batch.tx.sql($sql).bind($batch.fund.id).bind_list(&codes).all().await?;
            found.into_iter().collect()
        }
    }};
}

impl Codes {
    /// Looks up what these rows name: a statement for each kind of code that is named at all.
    pub async fn of(batch: &mut Batch<'_>, named: &[&Named]) -> Result<Self> {
        Ok(Self {
            projects: look_up!(
                batch,
                named,
                project,
                "SELECT t.code, t.id FROM target t WHERE t.fund_id = $1 AND t.code IN (..)"
            ),
            purposes: look_up!(
                batch,
                named,
                purpose,
                "SELECT p.code, p.id FROM purpose p JOIN fund f ON f.id = $1 WHERE p.code IN (..)"
            ),
            campaigns: look_up!(
                batch,
                named,
                campaign,
                "SELECT c.code, c.id FROM campaign c WHERE c.fund_id = $1 AND c.code IN (..)"
            ),
            agreements: look_up!(
                batch,
                named,
                agreement,
                "SELECT a.number, a.id FROM agreement a WHERE a.fund_id = $1 AND a.number IN (..)"
            ),
        })
    }

    /// What a row names; a word for each code that leads nowhere.
    pub fn meant(&self, batch: &Batch<'_>, draft: &Draft, named: &Named) -> std::result::Result<Meant, Vec<Word>> {
        let mut words = vec![];
        let meant = Meant {
            project: found(&self.projects, &named.project, batch, draft, "project", &mut words),
            purpose: found(&self.purposes, &named.purpose, batch, draft, "purpose", &mut words),
            campaign: found(&self.campaigns, &named.campaign, batch, draft, "campaign", &mut words),
            agreement: found(&self.agreements, &named.agreement, batch, draft, "agreement", &mut words),
        };
        if words.is_empty() { Ok(meant) } else { Err(words) }
    }
}

fn found<T: Copy>(
    known: &HashMap<String, T>,
    code: &Option<String>,
    batch: &Batch<'_>,
    draft: &Draft,
    field: &str,
    words: &mut Vec<Word>,
) -> Option<T> {
    let code = code.as_ref()?;
    let found = known.get(code).copied();
    if found.is_none() {
        words.push(Word::new(
            draft.row_no,
            Outcome::Refused,
            "code_unknown",
            (batch.names.get(field), code),
            (
                format!("The fund has no {field} with this code or number; register it first, or correct the cell."),
                format!("该基金没有此编号的 {field}；请先登记，或更正本单元格。"),
            ),
        ));
    }
    found
}
