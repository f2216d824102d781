//! The books that are traced: made by the same operations as the API's.

use chrono::{Duration, NaiveDate};
use cobuild::{
    allocation::{self, Allocate, Release},
    area::{self, AreaLevel},
    clock::Clock,
    committee::{self, Constituency, DecisionDraft, Seat, Vote},
    contribution::{self, Line, Receive, Settles},
    db::{Db, Sql as _},
    expense::{self, Evidence, PaidFrom, Record},
    fund::{self, FundDraft},
    id::{AreaId, DecisionId, ExpenseId, FundId, GlobalId, NodeKind, PartyId, PurposeId, TargetId},
    ledger::{
        self, Asset,
        document::{EvidenceKind, LotClass},
        idem::Once,
    },
    money::Fen,
    party::{self, PartyKind, Registration},
    project::{self, BudgetLine, ProjectState, Proposal},
    viewer::{self, By, Role, Scene, token},
};
use serde::Serialize;

/// What was made, as far as the readers need it.
pub struct World {
    /// A token that reads everything.
    pub token: String,
    /// The ids of the givers, the largest first.
    pub parties: Vec<String>,
    /// The ids of the expenses.
    pub expenses: Vec<String>,
    /// How many lots there are.
    pub lots: usize,
    /// How many postings.
    pub postings: i64,
    /// How many gifts the largest giver has.
    pub gifts_of_largest: usize,
}

/// Every lot, in fen.
const LOT: i64 = 1_000;
/// Lots of one receipt.
const LINES: usize = 500;
/// Lots that a project is given, and lots that pay an expense.
const PROJECT_LOTS: usize = 10_000;
const EXPENSE_LOTS: usize = 100;
/// One lot in so many is the largest giver's.
const LARGEST_EVERY: usize = 100;

fn once(by: By<'_>, key: &str, input: &impl Serialize) -> Once {
    Once::new(by, key, "bench", input).expect("a short key")
}

fn count(number: usize) -> i64 {
    i64::try_from(number).expect("a count")
}

impl World {
    /// Fills an empty database with so many lots.
    pub async fn fill(db: &Db, lots: usize) -> Self {
        let clock = Clock::System;
        let viewer = viewer::operator(db, clock.now()).await.expect("an operator");
        let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
        let day = by.today - Duration::days(30);
        let (district, community, fund, purpose) = found(db, by, day).await;
        let parties = register(db, by, community, (lots / 200).clamp(20, 5_000)).await;
        receive(db, by, fund, &parties, lots, day).await;
        let mut expenses = vec![];
        for number in 0..lots / PROJECT_LOTS.min(lots) {
            expenses.append(&mut spend(db, by, (fund, community, purpose), number, lots, parties[0], day).await);
        }
        let mut tx = db.begin().await.expect("a transaction");
        let principal = viewer::principal(&mut tx, "bench", by.now).await.expect("a principal");
        viewer::give(&mut tx, principal, Role::Auditor, Scene::Area(district)).await.expect("a role");
        let token = token::issue(&mut tx, principal, token::Scope::Read, by.now, None).await.expect("a token");
        tx.commit().await.expect("committed");
        if !db.is_sqlite() {
            db.sql("ANALYZE").execute().await.expect("statistics");
        }
        let (postings,): (i64,) = db.sql("SELECT COUNT(*) FROM posting").one().await.expect("a count");
        let party = |key: &PartyId| GlobalId::new(NodeKind::PartnerUnit, *key).to_string();
        let expense = |key: &ExpenseId| GlobalId::new(NodeKind::Expense, *key).to_string();
        Self {
            token,
            parties: parties.iter().map(party).collect(),
            expenses: expenses.iter().map(expense).collect(),
            lots,
            postings,
            gifts_of_largest: lots / LARGEST_EVERY,
        }
    }
}

async fn found(db: &Db, by: By<'_>, day: NaiveDate) -> (AreaId, AreaId, FundId, PurposeId) {
    let mut tx = db.begin().await.expect("a transaction");
    let district = area::create(&mut tx, by, None, AreaLevel::District, "Bench").await.expect("a district").id;
    let community =
        area::create(&mut tx, by, Some(district), AreaLevel::Community, "One").await.expect("a community").id;
    let association = Registration { kind: PartyKind::SocialOrganization, ..unit("Association", community) };
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
    tx.commit().await.expect("committed");
    (district, community, fund, purpose)
}

fn unit(name: &str, area: AreaId) -> Registration {
    Registration {
        kind: PartyKind::PartnerUnit,
        name: name.to_owned(),
        alias: None,
        publicity: None,
        credit_code: None,
        credit_code_override: None,
        external_id: None,
        areas: vec![area],
    }
}

async fn register(db: &Db, by: By<'_>, area: AreaId, many: usize) -> Vec<PartyId> {
    let drafts: Vec<_> = (0..many).map(|number| unit(&format!("Unit {number}"), area)).collect();
    let mut parties = vec![];
    for chunk in drafts.chunks(500) {
        let mut tx = db.begin().await.expect("a transaction");
        let made = party::register(&mut tx, by, chunk).await.expect("registered");
        parties.extend(made.into_iter().map(|party| party.expect("accepted").id));
        tx.commit().await.expect("committed");
    }
    parties
}

/// Receipts of many lines, some in a transaction, as an import books them.
async fn receive(db: &Db, by: By<'_>, fund: FundId, parties: &[PartyId], lots: usize, day: NaiveDate) {
    let donor = |lot: usize| match lot % LARGEST_EVERY {
        0 => parties[0],
        _ => parties[1 + lot * 31 % (parties.len() - 1)],
    };
    let numbers: Vec<usize> = (0..lots).collect();
    let receipts: Vec<&[usize]> = numbers.chunks(LINES).collect();
    for (slice, some) in receipts.chunks(8).enumerate() {
        let receipt = |(number, lots): (usize, &&[usize])| {
            let line = |lot: &usize| Line {
                donor: donor(*lot),
                amount: Fen(LOT),
                settles: Settles::Nothing,
                restriction: None,
                class: LotClass::Gift,
            };
            let receive = Receive {
                payer: parties[0],
                channel: "bank".into(),
                reference: format!("{slice}-{number}"),
                received_on: day,
                asset: Asset::Cny,
                amount: None,
                note: String::new(),
                lines: lots.iter().map(line).collect(),
            };
            (Some(once(by, &format!("r{slice}-{number}"), &receive)), receive)
        };
        let receipts: Vec<_> = some.iter().enumerate().map(receipt).collect();
        let mut tx = db.begin().await.expect("a transaction");
        for received in contribution::receive(&mut tx, by, fund, &receipts).await.expect("received") {
            received.expect("accepted");
        }
        tx.commit().await.expect("committed");
    }
}

/// One project: allocated, released, allocated again, and spent to the last fen.
async fn spend(
    db: &Db,
    by: By<'_>,
    (fund, area, purpose): (FundId, AreaId, PurposeId),
    number: usize,
    lots: usize,
    payee: PartyId,
    day: NaiveDate,
) -> Vec<ExpenseId> {
    let share = Fen(count(PROJECT_LOTS.min(lots)) * LOT);
    let mut tx = db.begin().await.expect("a transaction");
    let draft = Proposal {
        fund,
        area,
        purpose,
        code: format!("P{number}"),
        title: format!("Project {number}"),
        summary: "What it is".into(),
        residents: 100,
        proposed_on: day,
        budget: vec![BudgetLine { project_id: TargetId(0), label: "All of it".into(), amount: share }],
        plan: vec![],
        goal: None,
        milestones: vec![],
    };
    let target = project::propose(&mut tx, by, &draft).await.expect("proposed").id;
    project::advance(&mut tx, by, target, ProjectState::Approved, day).await.expect("approved");
    project::advance(&mut tx, by, target, ProjectState::Underway, day).await.expect("begun");
    for round in 0..2 {
        let seat = |_| Seat {
            decision_id: DecisionId(0),
            constituency: Constituency::Residents,
            holder: "Somebody".into(),
            vote: Vote::For,
        };
        let draft = DecisionDraft {
            fund,
            target,
            resolution_number: format!("R{number}-{round}"),
            amount: share,
            approved_on: day,
            seats: (0..3).map(seat).collect(),
        };
        let key = once(by, &format!("d{number}-{round}"), &draft);
        let decision = committee::decide(&mut tx, by, &key, &draft).await.expect("decided").decision;
        let memo = "allocated".to_owned();
        let allocate = Allocate { decision, asset: Asset::Cny, amount: share, effective_on: day, memo, lots: vec![] };
        let key = once(by, &format!("a{number}-{round}"), &allocate);
        allocation::allocate(&mut tx, by, &key, &allocate).await.expect("allocated");
        if round == 0 {
            let release =
                Release { target, asset: Asset::Cny, amount: share, effective_on: day, memo: "not yet".into() };
            let key = once(by, &format!("b{number}"), &release);
            allocation::release(&mut tx, by, &key, &release).await.expect("released");
        }
    }
    tx.commit().await.expect("committed");
    let mut expenses = vec![];
    let parts = PROJECT_LOTS.min(lots) / EXPENSE_LOTS;
    let numbers: Vec<usize> = (0..parts).collect();
    for some in numbers.chunks(20) {
        let mut tx = db.begin().await.expect("a transaction");
        for part in some {
            let record = Record {
                target,
                from: PaidFrom::Target,
                asset: Asset::Cny,
                payee,
                purpose: None,
                amount: Fen(count(EXPENSE_LOTS) * LOT),
                incurred_on: day,
                note: format!("Expense {part} of project {number}"),
                evidence: vec![Evidence {
                    kind: EvidenceKind::Invoice,
                    sha256: "0".repeat(64),
                    name: "invoice".into(),
                }],
            };
            let key = once(by, &format!("x{number}-{part}"), &record);
            expenses.push(expense::record(&mut tx, by, &key, &record).await.expect("paid").expense);
        }
        tx.commit().await.expect("committed");
    }
    expenses
}
