//! The books that are read: made by the same operations as the API's.

use chrono::{Duration, NaiveDate};
use cobuild::{
    allocation::{self, Allocate},
    area::{self, AreaLevel},
    clock::Clock,
    committee::{self, Constituency, DecisionDraft, Seat, Vote},
    contribution::{self, Line, Receive, Settles},
    db::{Db, Tx},
    expense::{self, Evidence, PaidFrom, Record},
    fund::{self, FundDraft},
    id::{AreaId, DecisionId, FundId, GlobalId, NodeKind, PartyId, PledgeId, PurposeId, TargetId},
    ledger::{
        self, Asset,
        document::{EvidenceKind, LotClass},
        earmark::Restriction,
        idem::Once,
    },
    money::Fen,
    party::{self, PartyKind, Registration},
    pledge::{self, Entered, Offer, PledgeState, Terms},
    project::{self, BudgetLine, ProjectState, Proposal},
    viewer::{self, By, Role, Scene, token},
};
use serde::Serialize;

/// What was made, as far as the readers need it.
pub struct World {
    /// A token that reads everything.
    pub token: String,
    /// How many pledges there are.
    pub pledges: usize,
    /// How many expenses.
    pub expenses: usize,
    parties: Vec<(String, PartyId)>,
}

/// Pledges of each party, and projects they go to.
const PLEDGES_EACH: usize = 20;
const PROJECTS: usize = 50;
const EXPENSES_EACH: usize = 4;
/// What every pledge promises, in fen.
const PLEDGE: i64 = 50_000;

impl World {
    /// Some party, the next each time.
    pub fn party(&self, turn: usize) -> (&str, PartyId) {
        let (id, key) = &self.parties[turn * 7919 % self.parties.len()];
        (id, *key)
    }

    /// Fills an empty database.
    pub async fn fill(db: &Db, parties: usize) -> Self {
        let clock = Clock::System;
        let viewer = viewer::operator(db, clock.now()).await.expect("an operator");
        let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
        let day = by.today - Duration::days(30);
        let (district, community, fund, purpose) = found(db, by, day).await;
        let members = register(db, by, community, parties).await;
        let projects = propose(db, by, fund, community, purpose, day).await;
        let pledges = promise(db, by, fund, &members, &projects, day).await;
        let expenses = spend(db, by, fund, &projects, members[0], day, parties).await;
        let mut tx = db.begin().await.expect("a transaction");
        let principal = viewer::principal(&mut tx, "bench", by.now).await.expect("a principal");
        viewer::give(&mut tx, principal, Role::Auditor, Scene::Area(district)).await.expect("a role");
        let token = token::issue(&mut tx, principal, token::Scope::Read, by.now, None).await.expect("a token");
        tx.commit().await.expect("committed");
        let named = |key: &PartyId| (GlobalId::new(NodeKind::PartnerUnit, *key).to_string(), *key);
        Self { token, pledges, expenses, parties: members.iter().map(named).collect() }
    }
}

fn once(by: By<'_>, key: &str, input: &impl Serialize) -> Once {
    Once::new(by, key, "bench", input).expect("a short key")
}

async fn done<T>(tx: Tx, made: T) -> T {
    tx.commit().await.expect("committed");
    made
}

async fn found(db: &Db, by: By<'_>, day: NaiveDate) -> (AreaId, AreaId, FundId, PurposeId) {
    let mut tx = db.begin().await.expect("a transaction");
    let district = area::create(&mut tx, by, None, AreaLevel::District, "Bench").await.expect("a district").id;
    let community =
        area::create(&mut tx, by, Some(district), AreaLevel::Community, "One").await.expect("a community").id;
    let association =
        Registration { kind: PartyKind::SocialOrganization, name: "Association".into(), ..blank(community) };
    let association =
        party::register(&mut tx, by, &[association]).await.expect("registered").remove(0).expect("accepted");
    let host = fund::host_create(&mut tx, by, association.id, district).await.expect("a host").id;
    let purpose = fund::purpose_create(&mut tx, by, None, "ALL", "Everything").await.expect("a purpose").id;
    let draft = FundDraft {
        host,
        area: community,
        code: "BENCH".into(),
        name: "Bench fund".into(),
        opened_on: day,
        seats: 5,
        quorum: 3,
        purposes: vec![purpose],
    };
    let fund = ledger::open(&mut tx, by, &draft).await.expect("a fund").id;
    done(tx, (district, community, fund, purpose)).await
}

fn blank(area: AreaId) -> Registration {
    Registration {
        kind: PartyKind::PartnerUnit,
        name: String::new(),
        alias: None,
        publicity: None,
        credit_code: None,
        credit_code_override: None,
        external_id: None,
        areas: vec![area],
    }
}

async fn register(db: &Db, by: By<'_>, area: AreaId, count: usize) -> Vec<PartyId> {
    let mut members = Vec::with_capacity(count);
    let drafts: Vec<_> = (0..count).map(|n| Registration { name: format!("Unit {n}"), ..blank(area) }).collect();
    for chunk in drafts.chunks(500) {
        let mut tx = db.begin().await.expect("a transaction");
        let made = party::register(&mut tx, by, chunk).await.expect("registered");
        members.extend(made.into_iter().map(|party| party.expect("accepted").id));
        tx.commit().await.expect("committed");
    }
    members
}

async fn propose(db: &Db, by: By<'_>, fund: FundId, area: AreaId, purpose: PurposeId, day: NaiveDate) -> Vec<TargetId> {
    let mut projects = Vec::with_capacity(PROJECTS);
    for n in 0..PROJECTS {
        let mut tx = db.begin().await.expect("a transaction");
        let draft = Proposal {
            fund,
            area,
            purpose,
            code: format!("P{n}"),
            title: format!("Project {n}"),
            summary: "What it is".into(),
            residents: 100,
            proposed_on: day,
            budget: vec![BudgetLine { project_id: TargetId(0), label: "All of it".into(), amount: Fen(1_000_000) }],
            plan: vec![],
            goal: None,
            milestones: vec![],
        };
        let project = project::propose(&mut tx, by, &draft).await.expect("proposed").id;
        project::advance(&mut tx, by, project, ProjectState::Approved, day).await.expect("approved");
        project::advance(&mut tx, by, project, ProjectState::Underway, day).await.expect("begun");
        projects.push(done(tx, project).await);
    }
    projects
}

/// Every other pledge is earmarked for a project; each is paid by a receipt of its own.
async fn promise(
    db: &Db,
    by: By<'_>,
    fund: FundId,
    members: &[PartyId],
    projects: &[TargetId],
    day: NaiveDate,
) -> usize {
    let mut made = 0;
    for (n, donor) in members.iter().enumerate() {
        let offer = |i: usize| Offer {
            donor: *donor,
            terms: Terms::Fixed { amount: Fen(PLEDGE), due_on: day + Duration::days(i64::try_from(i).expect("a few")) },
            restriction: Restriction {
                target: i.is_multiple_of(2).then(|| projects[(n + i) % projects.len()]),
                ..Restriction::default()
            },
            offered_on: day,
            agreement: None,
            campaign: None,
            origin: None,
            entered: Entered::Offered,
            note: String::new(),
        };
        let offers: Vec<_> =
            (0..PLEDGES_EACH).map(|i| (Some(once(by, &format!("o{n}-{i}"), &offer(i))), offer(i))).collect();
        let mut tx = db.begin().await.expect("a transaction");
        let offered = pledge::offer(&mut tx, by, fund, &offers).await.expect("offered");
        let pledges: Vec<PledgeId> = offered.into_iter().map(|one| one.expect("accepted").pledge).collect();
        let mut receipts = Vec::with_capacity(pledges.len());
        for pledge in &pledges {
            pledge::advance(&mut tx, by, *pledge, PledgeState::Accepted, day).await.expect("accepted");
            let receive = Receive {
                payer: *donor,
                channel: "bank".into(),
                reference: pledge.0.to_string(),
                received_on: day,
                asset: Asset::Cny,
                amount: None,
                note: String::new(),
                lines: vec![Line {
                    donor: *donor,
                    amount: Fen(PLEDGE),
                    settles: Settles::Pledge(*pledge),
                    restriction: None,
                    class: LotClass::Gift,
                }],
            };
            receipts.push((Some(once(by, &format!("r{}", pledge.0), &receive)), receive));
        }
        for received in contribution::receive(&mut tx, by, fund, &receipts).await.expect("received") {
            received.expect("accepted");
        }
        tx.commit().await.expect("committed");
        made += pledges.len();
    }
    made
}

async fn spend(
    db: &Db,
    by: By<'_>,
    fund: FundId,
    projects: &[TargetId],
    payee: PartyId,
    day: NaiveDate,
    parties: usize,
) -> usize {
    // Half of what was given, in equal parts.
    let share = i64::try_from(parties * PLEDGES_EACH / 2 / projects.len()).expect("a few").max(1) * PLEDGE;
    for (n, target) in projects.iter().enumerate() {
        let mut tx = db.begin().await.expect("a transaction");
        let seats = (0..3).map(|i| Seat {
            decision_id: DecisionId(0),
            constituency: Constituency::Residents,
            holder: format!("Seat {i}"),
            vote: Vote::For,
        });
        let draft = DecisionDraft {
            fund,
            target: *target,
            resolution_number: format!("R{n}"),
            amount: Fen(share),
            approved_on: day,
            seats: seats.collect(),
        };
        let decided =
            committee::decide(&mut tx, by, &once(by, &format!("d{n}"), &draft), &draft).await.expect("decided");
        let allocate = Allocate {
            decision: decided.decision,
            asset: Asset::Cny,
            amount: Fen(share),
            effective_on: day,
            memo: "allocated".into(),
            lots: vec![],
        };
        allocation::allocate(&mut tx, by, &once(by, &format!("a{n}"), &allocate), &allocate).await.expect("allocated");
        for part in 0..EXPENSES_EACH {
            let record = Record {
                target: *target,
                from: PaidFrom::Target,
                asset: Asset::Cny,
                payee,
                purpose: None,
                amount: Fen(share / i64::try_from(EXPENSES_EACH).expect("a few")),
                incurred_on: day,
                note: format!("Expense {part} of project {n}"),
                evidence: vec![Evidence {
                    kind: EvidenceKind::Invoice,
                    sha256: "0".repeat(64),
                    name: "invoice".into(),
                }],
            };
            let key = once(by, &format!("x{n}-{part}"), &record);
            expense::record(&mut tx, by, &key, &record).await.expect("paid");
        }
        tx.commit().await.expect("committed");
    }
    projects.len() * EXPENSES_EACH
}
