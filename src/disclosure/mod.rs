//! What is published of a fund or a project for a period (公示): drafted from the books, checked, approved, frozen.
//!
//! * A draft is what the books say on that day; it can be drafted anew until it is published.
//! * It is checked against the books at every step: sums, the five musts, and that it names no private person.
//! * What is published never changes. It is corrected by another publication that names it and says why (measures on
//!   publication by charities, article 16).
//! * A publication has a number without gaps in its fund and year, and the SHA-256 digest of its text.

mod graphql;
mod snapshot;
pub mod store;

use async_graphql::Enum;
use chrono::{Datelike as _, Days, NaiveDate};
use sha2::{Digest as _, Sha256};

pub use graphql::{
    DisclosureApprovePayload, DisclosureById, DisclosureCheckPayload, DisclosureConnection, DisclosureCorrectPayload,
    DisclosureDraftPayload, DisclosureEdge, DisclosureMutation, DisclosureNode, DisclosurePublishPayload,
    DisclosureQuery, disclosures_of_fund, disclosures_of_project,
};

use crate::{
    clock::Date,
    db::Tx,
    error::{Language, Refusal, Result, check_past, check_range, check_text, ensure_rows},
    fund::{self, Fund, head},
    id::{DisclosureId, FundId, PrincipalId, TargetId},
    oversight::MustKind,
    project::{self, Project},
    viewer::{Act, By, On, Viewer},
};

/// How far a publication is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisclosureState {
    /// Written from the books.
    Drafted,
    /// Its sums, the five musts and what it names were looked at.
    Checked,
    /// It may be published.
    Approved,
    /// It is public, and does not change any more.
    Published,
}

use DisclosureState::{Approved, Checked, Drafted, Published};

/// All moves there are, and the right each takes. Drafting anew leads back to the first state from all but the last.
pub const MOVES: &[(DisclosureState, DisclosureState, Act)] = &[
    (Drafted, Checked, Act::Disclose),
    (Checked, Approved, Act::ApproveDisclosure),
    (Approved, Published, Act::Disclose),
];

/// What is, or is to be, published of a fund or project for a period.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Disclosure {
    /// The key.
    pub id: DisclosureId,
    /// Whose books it is from.
    pub fund_id: FundId,
    /// The project it is about; `None` for the whole fund.
    pub project_id: Option<TargetId>,
    /// The first day of the period.
    pub period_from: NaiveDate,
    /// The last day of the period.
    pub period_to: NaiveDate,
    /// How far it is.
    pub state: DisclosureState,
    /// What the fund says of it.
    pub remarks: String,
    /// Its text: canonical JSON.
    pub snapshot: String,
    /// SHA-256 of the text, once it is published.
    pub digest: Option<String>,
    /// What it is published under.
    pub number: Option<String>,
    /// The publication that this one corrects.
    pub corrects_id: Option<DisclosureId>,
    /// Why it does.
    pub reason: Option<String>,
    /// The day it was drafted.
    pub drafted_on: Date,
    /// The day it was published.
    pub published_on: Option<Date>,
    /// The last day on which objections are taken.
    pub notice_to: Option<Date>,
    /// The path of the fund's area.
    pub area_path: String,
}

impl Disclosure {
    /// What an act on it is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }

    /// Whether `viewer` may move it to `to`; what the books say by then is looked at when it is done.
    ///
    /// # Errors
    /// Denied without the right; refused for a move that [`MOVES`] does not have.
    pub fn may_move(&self, viewer: &Viewer, to: DisclosureState) -> Result<()> {
        let (from, _, act) = MOVES.iter().find(|(_, next, _)| *next == to).expect("no move leads to the first state");
        viewer.must(*act, &[self.on()])?;
        if self.state == *from {
            return Ok(());
        }
        let (state, accepted) = (format!("{:?}", self.state), format!("{from:?}"));
        Err(Refusal::DisclosureState { state, accepted }.at("disclosureId"))
    }

    /// Whether `viewer` may draft a correction of it, when `corrected` says whether there is one.
    ///
    /// # Errors
    /// Denied without the right; refused for what is not published, and what is corrected.
    pub fn may_correct(&self, viewer: &Viewer, corrected: Option<&str>) -> Result<()> {
        viewer.must(Act::Disclose, &[self.on()])?;
        if self.state != Published {
            let (state, accepted) = (format!("{:?}", self.state), format!("{Published:?}"));
            return Err(Refusal::DisclosureState { state, accepted }.at("disclosureId"));
        }
        match corrected {
            Some(number) => Err(Refusal::DisclosureExists { number: number.to_owned() }.at("disclosureId")),
            None => Ok(()),
        }
    }
}

/// What is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosureDraft {
    /// Whose books.
    pub fund: FundId,
    /// The project; `None` for the whole fund.
    pub project: Option<TargetId>,
    /// The first day of the period.
    pub from: NaiveDate,
    /// The last day of the period.
    pub to: NaiveDate,
    /// What the fund says of it; may be empty.
    pub remarks: String,
}

/// The most characters of remarks and reasons.
pub const REMARKS_MAX: usize = 2000;
/// Days on which objections are taken, where it is not said otherwise, and the bounds of what is said.
pub const NOTICE_DAYS: i64 = 7;
const NOTICE_DAYS_MIN: i64 = 5;
const NOTICE_DAYS_MAX: i64 = 90;

/// Drafts what is to be published from the books as they stand; a draft of the same is written anew.
///
/// # Errors
/// Refused for texts and days out of bounds, a fund or project that does not exist, a project of another fund, and
/// what is published already.
pub async fn draft(tx: &mut Tx, by: By<'_>, input: &DisclosureDraft) -> Result<Disclosure> {
    head::lock(tx, input.fund).await?;
    let (fund, project) = subject(tx, input.fund, input.project).await?;
    by.viewer.must(Act::Disclose, &[fund.on()])?;
    check_past(input.to, by.today, "period.to")?;
    if input.to < input.from {
        return Err(Refusal::PeriodReversed { from: input.from, to: input.to }.at("period.to"));
    }
    let remarks = remarks_of(&input.remarks)?;
    if let Some(number) = store::published(&mut *tx, input).await? {
        return Err(Refusal::DisclosureExists { number }.at("period"));
    }
    let wanted = Subject { fund: &fund, project: project.as_ref(), from: input.from, to: input.to };
    write_draft(tx, by, &wanted, remarks, None).await
}

fn remarks_of(remarks: &str) -> Result<String> {
    match remarks.trim() {
        "" => Ok(String::new()),
        text => check_text(text, REMARKS_MAX, "remarks"),
    }
}

/// Drafts a correction of what is published: the same subject and period, as the books stand now.
///
/// # Errors
/// Refused for texts out of bounds, and what [`Disclosure::may_correct`] refuses.
pub async fn correct(tx: &mut Tx, by: By<'_>, id: DisclosureId, reason: &str, remarks: &str) -> Result<Disclosure> {
    let old = locked(tx, id).await?;
    let corrected = store::correction_of(&mut *tx, id).await?;
    old.may_correct(by.viewer, corrected.as_deref())?;
    let reason = check_text(reason, REMARKS_MAX, "reason")?;
    let remarks = remarks_of(remarks)?;
    let (fund, project) = subject(tx, old.fund_id, old.project_id).await?;
    let wanted = Subject { fund: &fund, project: project.as_ref(), from: old.period_from, to: old.period_to };
    let number = old.number.expect("what is published has a number");
    write_draft(tx, by, &wanted, remarks, Some(Correction { id, number, reason })).await
}

/// What a publication is about.
struct Subject<'s> {
    fund: &'s Fund,
    project: Option<&'s Project>,
    from: NaiveDate,
    to: NaiveDate,
}

/// The publication that another corrects, and why.
struct Correction {
    id: DisclosureId,
    number: String,
    reason: String,
}

async fn subject(tx: &mut Tx, fund: FundId, project: Option<TargetId>) -> Result<(Fund, Option<Project>)> {
    let found = fund::store::by_ids(&mut *tx, &[fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    let Some(project) = project else { return Ok((fund, None)) };
    let found = project::store::by_ids(&mut *tx, &[project]).await?.pop();
    let project = found.ok_or_else(|| Refusal::NotFound { what: "project".into() }.at("projectId"))?;
    if project.fund_id != fund.id {
        return Err(Refusal::AnotherFund { what: "project".into(), fund: fund.name }.at("projectId"));
    }
    Ok((fund, Some(project)))
}

async fn write_draft(
    tx: &mut Tx,
    by: By<'_>,
    subject: &Subject<'_>,
    remarks: String,
    corrects: Option<Correction>,
) -> Result<Disclosure> {
    let corrected = corrects.as_ref().map(|one| (one.number.as_str(), one.reason.as_str()));
    let text = snapshot::of(tx, subject, &remarks, corrected, by.today).await?.text;
    let actor: PrincipalId = by.viewer.actor()?;
    // The key is the database's; the path is a copy of the area's.
    let wanted = Disclosure {
        id: DisclosureId(0),
        fund_id: subject.fund.id,
        project_id: subject.project.map(|project| project.id),
        period_from: subject.from,
        period_to: subject.to,
        state: Drafted,
        remarks,
        snapshot: text,
        digest: None,
        number: None,
        corrects_id: corrects.as_ref().map(|one| one.id),
        reason: corrects.map(|one| one.reason),
        drafted_on: by.today.into(),
        published_on: None,
        notice_to: None,
        area_path: subject.fund.area_path.clone(),
    };
    let id = match store::unpublished(&mut *tx, &wanted).await? {
        Some(id) => {
            ensure_rows(store::set_draft(tx, id, &wanted, actor).await?, 1, "disclosure")?;
            id
        }
        None => store::insert(tx, &wanted, actor).await?,
    };
    Ok(Disclosure { id, ..wanted })
}

/// The publication, with its fund's head locked.
async fn locked(tx: &mut Tx, id: DisclosureId) -> Result<Disclosure> {
    let not_found = || Refusal::NotFound { what: "publication".into() }.at("disclosureId");
    let before = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, before.fund_id).await?;
    store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)
}

/// Checks that the text is still what the books say, and gives what else was found in them.
async fn fresh(tx: &mut Tx, by: By<'_>, disclosure: &Disclosure) -> Result<snapshot::Drawn> {
    let (fund, project) = subject(tx, disclosure.fund_id, disclosure.project_id).await?;
    let (from, to) = (disclosure.period_from, disclosure.period_to);
    let wanted = Subject { fund: &fund, project: project.as_ref(), from, to };
    let number = match disclosure.corrects_id {
        Some(id) => store::by_ids(&mut *tx, &[id]).await?.pop().and_then(|old| old.number),
        None => None,
    };
    let corrected = number.as_deref().zip(disclosure.reason.as_deref());
    // As of the day it was drafted: a later day alone is no change of the books.
    let drawn = snapshot::of(tx, &wanted, &disclosure.remarks, corrected, disclosure.drafted_on.0).await?;
    if drawn.text != disclosure.snapshot || !drawn.adds_up {
        return Err(Refusal::DisclosureStale {}.at("disclosureId"));
    }
    by.viewer.actor()?;
    Ok(drawn)
}

/// Checks a draft: its sums against the books, the five musts, and that it names no private person.
///
/// # Errors
/// Refused for what [`Disclosure::may_move`] refuses, books that have changed, a must that is not kept and not
/// explained (but that of publication, which this one mends), and a private person's name.
pub async fn check(tx: &mut Tx, by: By<'_>, id: DisclosureId) -> Result<Disclosure> {
    let disclosure = locked(tx, id).await?;
    disclosure.may_move(by.viewer, Checked)?;
    let drawn = fresh(tx, by, &disclosure).await?;
    let broken: Vec<String> = drawn
        .musts
        .iter()
        .filter(|must| !must.kept() && must.kind != MustKind::Disclosure)
        .map(|must| format!("{:?}", must.kind).to_uppercase())
        .collect();
    if !broken.is_empty() && disclosure.remarks.is_empty() {
        return Err(Refusal::MustsUnexplained { musts: broken.join(", ") }.at("disclosureId"));
    }
    let names = store::private_names(&mut *tx, disclosure.fund_id).await?;
    // A name of one letter is part of too many words to be looked for.
    let named = names.into_iter().find(|name| name.chars().count() > 1 && disclosure.snapshot.contains(name.as_str()));
    if let Some(name) = named {
        return Err(Refusal::PrivateName { name }.at("disclosureId"));
    }
    ensure_rows(store::set_state(tx, id, Checked, None).await?, 1, "disclosure")?;
    Ok(Disclosure { state: Checked, ..disclosure })
}

/// Approves what was checked.
///
/// # Errors
/// Refused for what [`Disclosure::may_move`] refuses, and for books that have changed.
pub async fn approve(tx: &mut Tx, by: By<'_>, id: DisclosureId) -> Result<Disclosure> {
    let disclosure = locked(tx, id).await?;
    disclosure.may_move(by.viewer, Approved)?;
    fresh(tx, by, &disclosure).await?;
    ensure_rows(store::set_state(tx, id, Approved, Some(by.viewer.actor()?)).await?, 1, "disclosure")?;
    Ok(Disclosure { state: Approved, ..disclosure })
}

/// Publishes what was approved: from now on it has a number and a digest, and does not change.
///
/// # Errors
/// Refused for a period of notice out of bounds, what [`Disclosure::may_move`] refuses, and books that have changed.
pub async fn publish(tx: &mut Tx, by: By<'_>, id: DisclosureId, notice_days: i64) -> Result<Disclosure> {
    let disclosure = locked(tx, id).await?;
    disclosure.may_move(by.viewer, Published)?;
    check_range(notice_days, NOTICE_DAYS_MIN, NOTICE_DAYS_MAX, "noticeDays")?;
    fresh(tx, by, &disclosure).await?;
    let found = fund::store::by_ids(&mut *tx, &[disclosure.fund_id]).await?.pop();
    let code = found.map(|fund| fund.code).expect("a publication has a fund");
    let year = i64::from(by.today.year());
    let number = store::last_number(&mut *tx, disclosure.fund_id, year).await? + 1;
    let days = Days::new(notice_days.unsigned_abs() - 1);
    let published = Disclosure {
        state: Published,
        digest: Some(digest(&disclosure.snapshot)),
        number: Some(format!("{code}-{year}-{number:03}")),
        published_on: Some(by.today.into()),
        notice_to: by.today.checked_add_days(days).map(Into::into),
        ..disclosure
    };
    ensure_rows(store::set_published(tx, &published, (year, number)).await?, 1, "disclosure")?;
    Ok(published)
}

/// The digest of a publication's text: SHA-256 in hexadecimal.
pub fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The language of what is published.
const LANGUAGE: Language = Language::Zh;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::Error,
        viewer::{Held, Role},
    };

    fn disclosure(state: DisclosureState) -> Disclosure {
        let day = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        Disclosure {
            id: DisclosureId(1),
            fund_id: FundId(1),
            project_id: None,
            period_from: day,
            period_to: day,
            state,
            remarks: String::new(),
            snapshot: "{}".into(),
            digest: None,
            number: None,
            corrects_id: None,
            reason: None,
            drafted_on: day.into(),
            published_on: None,
            notice_to: None,
            area_path: "/1/".into(),
        }
    }

    #[test]
    fn every_role_moves_a_publication_as_the_table_says_and_no_other_way() {
        // Rows: from; columns: checked, approved, published, corrected. d drafts and publishes, a approves.
        let rows = [(Drafted, "d---"), (Checked, "-a--"), (Approved, "--d-"), (Published, "---d")];
        let roles = [
            (Role::HostOfficer, "da"),
            (Role::StreetOfficer, "a"),
            (Role::CommunityStaff, "d"),
            (Role::CommitteeMember, "a"),
            (Role::PartyRepresentative, ""),
            (Role::Auditor, ""),
        ];
        for (from, marks) in rows {
            for (role, rights) in roles {
                let mut viewer = Viewer::public();
                (viewer.principal, viewer.grants) = (Some(PrincipalId(1)), vec![(role, Held::Fund(FundId(1)))]);
                let one = disclosure(from);
                let moves = [Checked, Approved, Published].map(|to| one.may_move(&viewer, to).is_ok());
                let corrects = one.may_correct(&viewer, None).is_ok();
                for (mark, allowed) in marks.chars().zip(moves.into_iter().chain([corrects])) {
                    assert_eq!(allowed, rights.contains(mark), "{role:?} from {from:?}, {mark}");
                }
                assert!(one.may_correct(&viewer, Some("F-2026-002")).is_err(), "corrected before");
            }
            let refused = disclosure(from).may_move(&Viewer::public(), Checked);
            assert!(matches!(refused, Err(Error::Denied(_))), "the public from {from:?}");
        }
    }
}
