//! What rows name: projects, purposes, campaigns and agreements of the fund by a code, groups of the community by
//! their external id or their name.

use std::collections::{BTreeSet, HashMap};

use super::{Batch, Draft};
use crate::{
    db::{Result, Sql as _},
    id::{AgreementId, CampaignId, PartyId, PurposeId, TargetId},
    import::word::{Outcome, Word},
    party::name::name_key,
};

/// The codes that a row may name.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// A project or micro-grant, by its code in the fund.
    pub project: Option<String>,
    /// A purpose, by its code.
    pub purpose: Option<String>,
    /// A group of the community, by its external id, else by its name.
    pub group: Option<String>,
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
    /// What stands in the cell; the key of a name leads to each group that has it.
    groups: HashMap<String, Vec<PartyId>>,
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
    /// The group.
    pub group: Option<PartyId>,
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
            groups: groups(batch, named).await?,
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
            group: self.group(batch, draft, named, &mut words),
            campaign: found(&self.campaigns, &named.campaign, batch, draft, "campaign", &mut words),
            agreement: found(&self.agreements, &named.agreement, batch, draft, "agreement", &mut words),
        };
        if words.is_empty() { Ok(meant) } else { Err(words) }
    }

    fn group(&self, batch: &Batch<'_>, draft: &Draft, named: &Named, words: &mut Vec<Word>) -> Option<PartyId> {
        let name = named.group.as_ref()?;
        let meant = self.groups.get(name).or_else(|| self.groups.get(&name_key(name)));
        match meant.map_or(&[][..], Vec::as_slice) {
            [group] => return Some(*group),
            [] => words.push(unknown(batch, draft, "group", name)),
            several => words.push(Word::new(
                draft.row_no,
                Outcome::Refused,
                "group_ambiguous",
                (batch.names.get("group"), name),
                (
                    format!(
                        "{} groups here have this name; give the external id of the one that is meant.",
                        several.len()
                    ),
                    format!("本区域有 {} 个同名自组织；请填写所指一个的外部编号。", several.len()),
                ),
            )),
        }
        None
    }
}

/// The groups of the community that these rows name: an external id leads to one, a name to all that have it.
async fn groups(batch: &mut Batch<'_>, named: &[&Named]) -> Result<HashMap<String, Vec<PartyId>>> {
    let names: BTreeSet<&str> = named.iter().filter_map(|named| named.group.as_deref()).collect();
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<&str> = names.iter().copied().collect();
    let keys: BTreeSet<String> = names.iter().map(|name| name_key(name)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let rows: Vec<(PartyId, String, Option<String>)> = batch
        .tx
        .sql(
            "SELECT p.id, p.name_key, p.external_id
             FROM party p
             WHERE p.kind = 'GROUP' AND (p.external_id IN (..) OR p.name_key IN (..)) AND EXISTS (
                 SELECT 1 FROM party_area o JOIN area own ON own.id = o.area_id
                 JOIN fund f ON f.id = $1
                 JOIN area top ON top.id = f.area_id AND substr(own.path, 1, length(top.path)) = top.path
                 WHERE o.party_id = p.id)
             ORDER BY p.id",
        )
        .bind(batch.fund.id)
        .bind_list(&ids)
        .bind_list(&keys)
        .all()
        .await?;
    let mut groups: HashMap<String, Vec<PartyId>> = HashMap::new();
    for (id, key, _) in &rows {
        groups.entry(key.clone()).or_default().push(*id);
    }
    // An external id is somebody's own: it wins over a name that is written the same.
    for (id, _, external_id) in rows {
        if let Some(external_id) = external_id.filter(|own| names.contains(own.as_str())) {
            groups.insert(external_id, vec![id]);
        }
    }
    Ok(groups)
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
        words.push(unknown(batch, draft, field, code));
    }
    found
}

fn unknown(batch: &Batch<'_>, draft: &Draft, field: &str, code: &str) -> Word {
    Word::new(
        draft.row_no,
        Outcome::Refused,
        "code_unknown",
        (batch.names.get(field), code),
        (
            format!("The fund has no {field} with this code or number; register it first, or correct the cell."),
            format!("该基金没有此编号的 {field}；请先登记，或更正本单元格。"),
        ),
    )
}
