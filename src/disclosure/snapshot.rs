//! The text of a publication: what the books say of a fund or project in a period, as canonical JSON.
//!
//! * Names are in the order of their letters, there is no space between them, and amounts are texts in yuan: the same
//!   books give the same bytes, on both engines.
//! * Organisations stand by name; what others gave is summed under what the public reads of them.
//! * What related parties gave and were paid is marked (measures on publication by charities, article 14), and what a
//!   fund publishes has an entry for each of its campaigns (article 16).

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{LANGUAGE, Subject, store};
use crate::{
    campaign::{self, Campaign},
    db::Tx,
    error::Result,
    fund::Fund,
    id::{CampaignId, FundId, PartyId},
    ledger::AccountKind,
    money::Fen,
    oversight::{self, Must, must},
    party::{self, Party},
    project,
    related::{self, RelatedParty},
    viewer::value_name,
};

/// What was drawn from the books.
pub(super) struct Drawn {
    /// The text.
    pub text: String,
    /// Whether its parts add up to its sums, and the sums to what the accounts say.
    pub adds_up: bool,
    /// The five musts on the day it was drafted.
    pub musts: Vec<Must>,
}

/// Sums of a period. Opening + received = spent + refunded + lost + transferred + closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    opening: Fen,
    received: Fen,
    spent: Fen,
    refunded: Fen,
    lost: Fen,
    transferred: Fen,
    closing: Fen,
}

/// Whether money in a place of this kind is the subject's: a fund's own, or what a project was given.
fn is_inside(kind: AccountKind, of_project: bool) -> bool {
    match kind {
        AccountKind::Target | AccountKind::Advance => true,
        AccountKind::Pool | AccountKind::Match => !of_project,
        _ => false,
    }
}

impl Totals {
    fn of(movements: &[store::Movement], of_project: bool) -> Self {
        let mut totals = Self::default();
        for one in movements {
            let (from, to) = (is_inside(one.source_kind, of_project), is_inside(one.destination_kind, of_project));
            let change = match (from, to) {
                (false, true) => one.amount,
                (true, false) => -one.amount,
                _ => continue,
            };
            totals.closing += change;
            if one.phase == 0 {
                totals.opening += change;
                continue;
            }
            let outside = if to { one.source_kind } else { one.destination_kind };
            match outside {
                AccountKind::Expense => totals.spent -= change,
                AccountKind::Refund => totals.refunded -= change,
                AccountKind::Loss => totals.lost -= change,
                AccountKind::Transit => totals.transferred -= change,
                _ => totals.received += change,
            }
        }
        totals
    }

    fn json(self) -> Value {
        json!({
            "opening": yuan(self.opening), "received": yuan(self.received), "spent": yuan(self.spent),
            "refunded": yuan(self.refunded), "lost": yuan(self.lost), "transferred": yuan(self.transferred),
            "closing": yuan(self.closing),
        })
    }
}

fn yuan(amount: Fen) -> String {
    amount.to_string()
}

/// What the books say of `subject` on `today`, with what it corrects and why.
pub(super) async fn of(
    tx: &mut Tx,
    subject: &Subject<'_>,
    remarks: &str,
    corrects: Option<(&str, &str)>,
    today: NaiveDate,
) -> Result<Drawn> {
    let project = subject.project.map(|project| project.id);
    let period = (subject.from, subject.to);
    let movements = store::movements(&mut *tx, subject.fund.id, project, period).await?;
    let uses = store::uses(&mut *tx, subject.fund.id, project, period).await?;
    let works = store::works(&mut *tx, subject.fund.id, project, period).await?;
    let decisions = store::decisions(&mut *tx, subject.fund.id, project, period).await?;
    let parties = parties_of(tx, &movements, &uses).await?;
    let related = related_of(tx, subject.fund, &parties).await?;
    let campaigns = if project.is_none() { campaigns_of(tx, subject.fund.id, period).await? } else { vec![] };
    let musts = musts_of(tx, subject, today).await?;

    let totals = Totals::of(&movements, project.is_some());
    let income = income(&movements, project.is_some(), |giver| Giver {
        kind: value_name(parties[&giver].kind),
        name: shown(&parties[&giver]),
        is_related: is_related(&related, giver, period),
    });
    let given: Fen = income.iter().map(|(_, _, amount)| *amount).sum();
    let used: Fen = uses.iter().map(|one| one.amount).sum();
    let adds_up = given == totals.received
        && used == totals.spent
        && totals.opening + totals.received
            == totals.spent + totals.refunded + totals.lost + totals.transferred + totals.closing;
    let income: Vec<Value> = income
        .into_iter()
        .map(|(giver, givers, amount)| {
            json!({ "kind": giver.kind, "giver": giver.name, "related": giver.is_related, "givers": givers,
                "amount": yuan(amount) })
        })
        .collect();
    let text = json!({
        "format": "cobuild.disclosure/1",
        "fund": { "code": subject.fund.code, "name": subject.fund.name },
        "project": subject.project.map(|project| json!({ "code": project.code, "title": project.title })),
        "period": { "from": subject.from.to_string(), "to": subject.to.to_string() },
        "draftedOn": today.to_string(),
        "currency": "CNY",
        "totals": totals.json(),
        "income": income,
        "use": uses.iter().map(|one| use_json(one, &parties, &related)).collect::<Vec<_>>(),
        "purposes": purposes(&uses),
        "progress": works.iter().map(work_json).collect::<Vec<_>>(),
        "campaigns": campaigns,
        "decisions": decisions.iter().map(decision_json).collect::<Vec<_>>(),
        "musts": musts.iter().map(must_json).collect::<Vec<_>>(),
        "remarks": remarks,
        "corrects": corrects.map(|(number, reason)| json!({ "number": number, "reason": reason })),
    });
    Ok(Drawn { text: canonical(&text), adds_up, musts })
}

async fn parties_of(
    tx: &mut Tx,
    movements: &[store::Movement],
    uses: &[store::Use],
) -> Result<HashMap<PartyId, Party>> {
    let mut ids: Vec<PartyId> =
        movements.iter().map(|one| one.donor_id).chain(uses.iter().map(|one| one.payee_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut parties = HashMap::new();
    for some in ids.chunks(Tx::ROWS_MAX) {
        parties.extend(party::store::by_ids(&mut *tx, some).await?.into_iter().map(|party| (party.id, party)));
    }
    Ok(parties)
}

/// Who of some parties was declared as related to a fund or to its host.
async fn related_of(tx: &mut Tx, fund: &Fund, parties: &HashMap<PartyId, Party>) -> Result<Vec<RelatedParty>> {
    let ids: Vec<PartyId> = parties.keys().copied().collect();
    let mut related = vec![];
    for some in ids.chunks(Tx::ROWS_MAX) {
        related.extend(related::store::of_parties(&mut *tx, some).await?);
    }
    related.retain(|one| one.host_id == fund.host_id && one.fund_id.is_none_or(|of| of == fund.id));
    Ok(related)
}

/// Whether a party was related on a day between two.
fn is_related(related: &[RelatedParty], party: PartyId, (from, to): (NaiveDate, NaiveDate)) -> bool {
    let then = |one: &RelatedParty| one.valid_from <= to && one.valid_to.is_none_or(|last| last >= from);
    related.iter().any(|one| one.party_id == party && then(one))
}

/// The campaigns of a fund in a period, each with all that it came to so far.
async fn campaigns_of(tx: &mut Tx, fund: FundId, period: (NaiveDate, NaiveDate)) -> Result<Vec<Value>> {
    let campaigns = campaign::store::between(&mut *tx, fund, period).await?;
    let ids: Vec<CampaignId> = campaigns.iter().map(|one| one.id).collect();
    let mut totals = HashMap::new();
    for some in ids.chunks(Tx::ROWS_MAX) {
        let rows = campaign::store::totals(&mut *tx, some).await?;
        totals.extend(rows.into_iter().map(|row| (row.campaign_id, row)));
    }
    let entry = |one: &Campaign| {
        let totals = &totals[&one.id];
        json!({
            "code": one.code, "name": one.name, "kind": value_name(one.kind),
            "from": one.starts_on.to_string(), "to": one.ends_on.to_string(),
            "closedOn": one.closed_on.map(|on| on.to_string()), "participants": one.participants,
            "merchants": totals.merchants, "sales": yuan(totals.sales), "units": totals.units,
            "dues": yuan(totals.dues), "received": yuan(totals.received),
        })
    };
    Ok(campaigns.iter().map(entry).collect())
}

async fn musts_of(tx: &mut Tx, subject: &Subject<'_>, today: NaiveDate) -> Result<Vec<Must>> {
    let looked = today.checked_sub_days(must::LOOK_WITHIN).unwrap_or(today);
    let fund = oversight::store::facts_of_funds(&mut *tx, &[subject.fund.id], today, looked).await?.pop();
    let fund = fund.expect("the fund was found before");
    let Some(project) = subject.project else { return Ok(must::of_fund(&fund, today)) };
    let facts = oversight::store::facts_of_projects(&mut *tx, &[project.id], today).await?.pop();
    Ok(must::of_project(&facts.expect("the project was found before"), &fund, today))
}

/// What the public reads of a party's name.
fn shown(party: &Party) -> String {
    if party.is_public() { party.name.clone() } else { party.masked_name(LANGUAGE) }
}

/// What is told of a giver.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Giver {
    kind: String,
    name: String,
    is_related: bool,
}

/// What came in during the period: from whom, as far as it is told, from how many of them, and how much.
fn income(
    movements: &[store::Movement],
    of_project: bool,
    giver_of: impl Fn(PartyId) -> Giver,
) -> Vec<(Giver, usize, Fen)> {
    let mut by_giver: BTreeMap<PartyId, Fen> = BTreeMap::new();
    for one in movements.iter().filter(|one| one.phase == 1) {
        let (from, to) = (is_inside(one.source_kind, of_project), is_inside(one.destination_kind, of_project));
        let comes = |kind| matches!(kind, AccountKind::Outside | AccountKind::Pool | AccountKind::Match);
        if !from && to && comes(one.source_kind) {
            *by_giver.entry(one.donor_id).or_default() += one.amount;
        } else if from && !to && comes(one.destination_kind) {
            *by_giver.entry(one.donor_id).or_default() -= one.amount;
        }
    }
    let mut lines: BTreeMap<Giver, (usize, Fen)> = BTreeMap::new();
    for (giver, amount) in by_giver.into_iter().filter(|(_, amount)| *amount != Fen::ZERO) {
        let line = lines.entry(giver_of(giver)).or_default();
        line.0 += 1;
        line.1 += amount;
    }
    lines.into_iter().map(|(who, (givers, amount))| (who, givers, amount)).collect()
}

fn use_json(one: &store::Use, parties: &HashMap<PartyId, Party>, related: &[RelatedParty]) -> Value {
    json!({
        "on": one.incurred_on.to_string(), "for": one.code, "title": one.title, "purpose": one.purpose,
        "payee": shown(&parties[&one.payee_id]), "note": one.note, "amount": yuan(one.amount),
        "related": is_related(related, one.payee_id, (one.incurred_on, one.incurred_on)),
    })
}

/// What was spent on each purpose.
fn purposes(uses: &[store::Use]) -> Vec<Value> {
    let mut sums: BTreeMap<&str, Fen> = BTreeMap::new();
    for one in uses {
        *sums.entry(&one.purpose).or_default() += one.amount;
    }
    sums.into_iter().map(|(purpose, amount)| json!({ "purpose": purpose, "amount": yuan(amount) })).collect()
}

fn work_json(one: &store::Work) -> Value {
    json!({
        "code": one.code, "title": one.title, "state": value_name::<project::ProjectState>(one.state),
        "budget": yuan(one.budget), "spent": yuan(one.spent), "beneficiaries": one.residents,
        "milestones": { "reached": one.reached, "all": one.milestones },
    })
}

fn decision_json(one: &store::Resolved) -> Value {
    json!({
        "number": one.number, "on": one.approved_on.to_string(), "about": one.code, "amount": one.amount.map(yuan),
        "for": one.votes_for, "sat": one.votes_all,
    })
}

fn must_json(one: &Must) -> Value {
    let missing: Vec<String> = one.missing.iter().map(|gap| gap.sentence(LANGUAGE)).collect();
    json!({ "must": value_name(one.kind), "kept": one.kept(), "missing": missing })
}

/// JSON with its names in the order of their letters and nothing between them.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let parts: Vec<String> = sorted
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::String(name.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// The sums of a text that was drawn before: what the graph shows of it.
pub(super) fn totals_of(text: &str) -> Map<String, Value> {
    let parsed: Value = serde_json::from_str(text).unwrap_or_default();
    parsed.get("totals").and_then(Value::as_object).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_facts_are_the_same_bytes() {
        let one = json!({ "b": [1, { "d": null, "c": "引\"号\n" }], "a": true });
        assert_eq!(canonical(&one), r#"{"a":true,"b":[1,{"c":"引\"号\n","d":null}]}"#);
        assert_eq!(canonical(&serde_json::from_str(&canonical(&one)).unwrap()), canonical(&one));
    }

    #[test]
    fn what_came_in_went_out_or_is_there() {
        use AccountKind::{Expense, Outside, Pool, Refund, Target};
        let moved = |phase, source_kind, destination_kind, amount| store::Movement {
            phase,
            source_kind,
            destination_kind,
            donor_id: PartyId(1),
            amount: Fen(amount),
        };
        let movements = [
            moved(0, Outside, Pool, 100),
            moved(0, Pool, Target, 60),
            moved(1, Outside, Pool, 50),
            moved(1, Pool, Target, 20),
            moved(1, Target, Expense, 30),
            moved(1, Expense, Target, 5),
            moved(1, Pool, Refund, 10),
            moved(1, Pool, Outside, 7),
        ];
        let fund = Totals::of(&movements, false);
        let expected = Totals {
            opening: Fen(100),
            received: Fen(43),
            spent: Fen(25),
            refunded: Fen(10),
            closing: Fen(108),
            ..Totals::default()
        };
        assert_eq!(fund, expected);
        let of_project: Vec<_> = movements
            .into_iter()
            .filter(|one| is_inside(one.source_kind, true) || is_inside(one.destination_kind, true))
            .collect();
        let project = Totals::of(&of_project, true);
        let expected =
            Totals { opening: Fen(60), received: Fen(20), spent: Fen(25), closing: Fen(55), ..Totals::default() };
        assert_eq!(project, expected);
    }
}
