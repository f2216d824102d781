//! Sixteen who write and four who read, on one fund and on eight: whatever moment a reader sees, it adds up.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use cobuild::{
    allocation::{self, Allocate, Release},
    area::{self, AreaLevel},
    committee::{self, Constituency, DecisionDraft, Seat, Vote},
    contribution::{self, Line, Receive, Settles},
    db::{Db, Sql},
    error::{Error, Result},
    fund::FundDraft,
    id::{DecisionId, FundId, TargetId},
    ledger::{self, Asset, document::LotClass, idem::Once, verify},
    money::Fen,
    project::{self, BudgetLine, ProjectState, Proposal},
    viewer::{self, By},
};
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::{
    model::scene::Scene,
    storm::client::Dice,
    support::{on_both, times},
};

const WRITERS: u64 = 16;
const READERS: u64 = 4;

/// Mutations of each writer.
const WRITES: u64 = 15;

/// Each reader reads at least so often.
const READS_MIN: u64 = 10;

/// A fund with a project that takes money.
#[derive(Clone, Copy)]
struct Till {
    fund: FundId,
    target: TargetId,
    decision: DecisionId,
}

async fn till(scene: &Scene, number: usize) -> Till {
    let by = scene.by();
    let mut tx = scene.db.begin().await.unwrap();
    let name = format!("Till {number}");
    let place = area::create(&mut tx, by, Some(scene.district), AreaLevel::Community, &name).await.unwrap().id;
    let draft = FundDraft {
        host: scene.host,
        area: place,
        code: format!("TILL-{number}"),
        name: "Till".into(),
        opened_on: "2026-01-01".parse().unwrap(),
        seats: 3,
        quorum: 3,
        purposes: vec![scene.purposes[0]],
    };
    let fund = ledger::open(&mut tx, by, &draft).await.unwrap().id;
    let draft = Proposal {
        fund,
        area: place,
        purpose: scene.purposes[0],
        code: "P".into(),
        title: "Project".into(),
        summary: "Takes money and gives it back.".into(),
        residents: 1,
        proposed_on: scene.today,
        budget: vec![BudgetLine { project_id: TargetId(0), label: "Work".into(), amount: Fen(1) }],
        plan: vec![],
        goal: None,
        milestones: vec![],
    };
    let target = project::propose(&mut tx, by, &draft).await.unwrap().id;
    project::advance(&mut tx, by, target, ProjectState::Approved, scene.today).await.unwrap();
    let seat = || Seat {
        decision_id: DecisionId(0),
        constituency: Constituency::Residents,
        holder: "Somebody".into(),
        vote: Vote::For,
    };
    let draft = DecisionDraft {
        fund,
        target,
        resolution_number: "1".into(),
        amount: Fen(1_000_000_000),
        approved_on: scene.today,
        seats: vec![seat(), seat(), seat()],
    };
    let once = Once::new(by, &format!("decision {number}"), "decisionRecord", &draft).unwrap();
    let decision = committee::decide(&mut tx, by, &once, &draft).await.unwrap().decision;
    tx.commit().await.unwrap();
    Till { fund, target, decision }
}

/// What writers have done, all together.
#[derive(Default)]
struct Done {
    booked: AtomicU64,
    refused: AtomicU64,
    /// How often a write was begun.
    tried: AtomicU64,
}

/// Books one thing after another.
async fn writer(number: u64, scene: &Scene, tills: &[Till], done: &Done, count: &watch::Sender<u64>) {
    let mut dice = Dice(number);
    for at in 0..times(WRITES) {
        let till = *dice.pick(tills);
        let (amount, what) = (Fen(1 + i64::try_from(dice.below(50)).unwrap()), dice.below(4));
        let key = format!("{number}/{at}");
        let donor = *dice.pick(&scene.parties[1..]);
        let ended = viewer::write(
            &scene.db,
            || scene.by(),
            async |tx, by: By<'_>| -> Result<()> {
                done.tried.fetch_add(1, Ordering::Relaxed);
                let (effective_on, memo) = (by.today, "To and fro".to_owned());
                match what {
                    0 | 1 => {
                        let line =
                            Line { donor, amount, settles: Settles::Nothing, restriction: None, class: LotClass::Gift };
                        let wanted = Receive {
                            payer: donor,
                            channel: "BANK".into(),
                            reference: key.clone(),
                            received_on: by.today,
                            asset: Asset::Cny,
                            amount: None,
                            note: String::new(),
                            lines: vec![line],
                        };
                        let once = Once::new(by, &key, "contributionReceive", &wanted)?;
                        contribution::receive(tx, by, till.fund, &[(Some(once), wanted)]).await?.remove(0).map(drop)
                    }
                    2 => {
                        let wanted = Allocate {
                            decision: till.decision,
                            asset: Asset::Cny,
                            amount,
                            effective_on,
                            memo,
                            lots: vec![],
                        };
                        let once = Once::new(by, &key, "allocationMake", &wanted)?;
                        allocation::allocate(tx, by, &once, &wanted).await.map(drop)
                    }
                    _ => {
                        let wanted = Release { target: till.target, asset: Asset::Cny, amount, effective_on, memo };
                        let once = Once::new(by, &key, "allocationRelease", &wanted)?;
                        allocation::release(tx, by, &once, &wanted).await.map(drop)
                    }
                }
            },
        );
        match ended.await {
            Ok(()) => done.booked.fetch_add(1, Ordering::Relaxed),
            Err(Error::Refused(_)) => done.refused.fetch_add(1, Ordering::Relaxed),
            Err(other) => panic!("{other:?}"),
        };
        count.send_modify(|count| *count += 1);
    }
}

/// The sums that must agree: of balances, which is nothing; then of what came in, as receipts, lots, holdings and
/// givers' holdings have it; then of entries, as they are and as the heads count them.
type Sums = (i64, [i64; 4], [i64; 2]);

const SUMS: [&str; 7] = [
    "SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM account",
    "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM receipt",
    "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM lot WHERE parent_id IS NULL",
    "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM holding",
    "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM party_holding",
    "SELECT COUNT(*) FROM entry",
    "SELECT CAST(COALESCE(SUM(seq), 0) AS BIGINT) FROM fund_head",
];

async fn sum<'c>(on: impl Sql<'c>, which: usize) -> i64 {
    on.sql(SUMS[which]).one::<(i64,)>().await.unwrap().0
}

fn adds_up((nothing, money, entries): &Sums) -> bool {
    *nothing == 0 && money.iter().all(|sum| sum == &money[0]) && entries[0] == entries[1]
}

/// Reads in one snapshot each time, until the writers are done.
async fn reader(db: &Db, writes: u64, mut count: watch::Receiver<u64>) -> u64 {
    let (mut reads, mut before) = (0, 0);
    loop {
        let last = *count.borrow_and_update() >= writes;
        let mut session = db.session().await.unwrap();
        let mut of = [0; 7];
        for (which, sum_of) in of.iter_mut().enumerate() {
            *sum_of = sum(&mut session, which).await;
        }
        let sums: Sums = (of[0], [of[1], of[2], of[3], of[4]], [of[5], of[6]]);
        assert!(adds_up(&sums), "{sums:?}");
        assert!(sums.2[0] >= before, "what was seen once is there");
        before = sums.2[0];
        reads += 1;
        if last {
            return reads;
        }
        if reads >= READS_MIN {
            count.changed().await.unwrap();
        }
    }
}

async fn bank(url: &str, funds: usize) -> String {
    let scene = Scene::open(url).await;
    let mut tills = vec![];
    for number in 0..funds {
        tills.push(till(&scene, number).await);
    }
    let (done, count, start) = (Done::default(), watch::Sender::new(0), Instant::now());
    let writes = WRITERS * times(WRITES);
    let writers = join_all((0..WRITERS).map(|number| writer(number, &scene, &tills, &done, &count)));
    let readers = join_all((0..READERS).map(|_| reader(&scene.db, writes, count.subscribe())));
    let (_, reads) = tokio::join!(writers, readers);
    let took = start.elapsed();
    let (booked, refused, tried) = (done.booked.into_inner(), done.refused.into_inner(), done.tried.into_inner());
    assert_eq!(booked + refused, writes);
    assert!(booked * 2 > writes, "{booked} of {writes} booked");
    assert!(reads.iter().all(|reads| *reads >= READS_MIN), "{reads:?}");
    let aborted = tried - writes;
    assert!(aborted * 1_000 <= tried, "{aborted} of {tried} were taken back and done again");
    assert!(verify::verify(&scene.db, |_| {}).await.unwrap().is_clean());
    a_reader_without_a_snapshot_is_told(&scene, tills[0]).await;
    scene.db.close().await;
    format!(
        "{funds} funds: {booked} booked, {refused} refused, {aborted} done again, {} reads add up; {took:?}",
        reads.iter().sum::<u64>()
    )
}

/// The control: two moments are not one.
async fn a_reader_without_a_snapshot_is_told(scene: &Scene, till: Till) {
    let mut of = [0; 7];
    for (which, sum_of) in of.iter_mut().enumerate() {
        *sum_of = sum(&scene.db, which).await;
        if which == 2 {
            let count = watch::Sender::new(0);
            writer(1_000, scene, &[till], &Done::default(), &count).await;
        }
    }
    assert!(!adds_up(&(of[0], [of[1], of[2], of[3], of[4]], [of[5], of[6]])), "{of:?}");
}

on_both! {
    async fn every_snapshot_adds_up_while_sixteen_write_to_one_fund(fixture: Fixture) {
        eprintln!("sums, {:?}: {}", fixture.engine, bank(&fixture.url, 1).await);
    }

    async fn every_snapshot_adds_up_while_sixteen_write_to_eight_funds(fixture: Fixture) {
        eprintln!("sums, {:?}: {}", fixture.engine, bank(&fixture.url, 8).await);
    }
}
