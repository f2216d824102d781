//! The money operations against a model of their own: random histories, told twice, must agree.
//!
//! `COBUILD_TEST_TIMES` makes more histories, `COBUILD_MODEL_SEED` makes other ones.

mod history;
mod idempotency;
mod operation;
pub mod oracle;
mod product;
mod random;
pub mod scene;
mod sums;

use std::{collections::BTreeMap, env, thread, time::Instant};

use cobuild::{
    error::{Error, Language, UserErrorCode},
    ledger::verify::{self, PublishedHead},
};

use crate::support::{Engine, Fixture, times};
use history::History;
use oracle::{Mistake, No, Oracle};
use product::Product;

/// Operations of a history, besides its opening.
const OPERATIONS: usize = 2_500;
/// Histories, each told on both engines: 40,000 operations.
const HISTORIES: usize = 8;
/// Histories told side by side.
const LANES: usize = 2;
/// How often all holdings are compared.
const COMPARED_EVERY: usize = 50;

fn asked(variable: &str, default: usize) -> usize {
    env::var(variable).map_or(default, |text| text.parse().expect("a whole number"))
}

/// What a history came to.
#[derive(Debug, Default)]
struct Told {
    /// Attempts and refusals of each operation.
    counts: BTreeMap<&'static str, (usize, usize)>,
    refusals: BTreeMap<UserErrorCode, usize>,
    heads: Vec<PublishedHead>,
    lots: usize,
    entries: usize,
}

/// Runs a history on the product and beside it on an oracle that makes `mistake`, until they disagree.
async fn tell(url: &str, seed: usize, operations: usize, mistake: Mistake) -> Result<Told, String> {
    let mut product = Product::open(url).await;
    let mut oracle = Oracle::new(product.scene.today, mistake);
    let mut history = History::new(seed.try_into().unwrap());
    let opening = History::opening(product.scene.today);
    let mut told = Told::default();
    let mut kept = None;
    for number in 0..operations + opening.len() {
        let operation = opening.get(number).cloned().unwrap_or_else(|| history.next(&oracle));
        let expected = oracle.apply(&operation);
        let done = product.perform(&operation, &format!("operation-{number}")).await;
        let found = match &done {
            Ok(_) => Ok(()),
            Err(Error::Refused(refused)) => Err(No::of(&refused.refusal)),
            Err(other) => return Err(format!("{number} {operation:?}: {}", other.message(Language::En))),
        };
        if found != expected {
            return Err(format!("{number} {operation:?}: the ledger says {found:?}, the model {expected:?}"));
        }
        let count = told.counts.entry(operation.name()).or_default();
        count.0 += 1;
        match done {
            Ok(answer) => {
                if let Some(difference) = product.learn(&operation, &answer, &oracle).await {
                    return Err(format!("after {number}, {operation:?}: {difference}"));
                }
            }
            Err(_) => {
                count.1 += 1;
                *told.refusals.entry(found.unwrap_err().0).or_default() += 1;
            }
        }
        if number == operations / 2 {
            kept = Some(sums::keep(&product.scene).await);
        }
        let is_last = number + 1 == operations + opening.len();
        if (number % COMPARED_EVERY == 0 || is_last)
            && let Some(difference) = product.difference(&oracle).await
        {
            return Err(format!("after {number}, {operation:?}: {difference}"));
        }
    }
    let report = verify::verify(&product.scene.db, |_| {}).await.unwrap();
    let broken: Vec<_> = report.broken().collect();
    if !broken.is_empty() {
        return Err(format!("verify: {broken:#?}"));
    }
    sums::add_up(&product.scene, &kept.expect("half of a history is before its end")).await;
    told.heads = verify::heads(&product.scene.db).await.unwrap();
    (told.lots, told.entries) = (oracle.lots.len(), oracle.entries.len());
    product.scene.db.close().await;
    Ok(told)
}

impl Told {
    fn attempts(&self) -> usize {
        self.counts.values().map(|(attempts, _)| attempts).sum()
    }

    fn refused(&self) -> usize {
        self.counts.values().map(|(_, refused)| refused).sum()
    }
}

impl Told {
    fn add(&mut self, other: Self) {
        for (name, (tried, refused)) in other.counts {
            let count = self.counts.entry(name).or_default();
            *count = (count.0 + tried, count.1 + refused);
        }
        for (code, times) in other.refusals {
            *self.refusals.entry(code).or_default() += times;
        }
        self.lots += other.lots;
        self.entries += other.entries;
    }
}

/// Tells one history on each engine; their chains must end alike.
async fn tell_on_both(seed: usize) -> Vec<Told> {
    let mut told: Vec<Told> = vec![];
    let fixtures = [Some(Fixture::sqlite()), Fixture::postgres("history").await];
    for fixture in fixtures.into_iter().flatten() {
        let one = tell(&fixture.url, seed, OPERATIONS, Mistake::None).await;
        told.push(one.unwrap_or_else(|why| panic!("{:?}, seed {seed}: {why}", fixture.engine)));
        if let (Engine::Postgres, Some(cluster)) = (fixture.engine, crate::support::postgres::cluster()) {
            cluster.drop_database(&fixture.url).await;
        }
    }
    let heads = &told[0].heads;
    assert!(heads.iter().all(|head| head.seq > 100), "seed {seed}: {heads:?}");
    assert!(told.iter().all(|one| one.heads == *heads), "seed {seed}");
    told
}

#[test]
fn random_histories_are_what_an_independent_model_says_and_end_alike_on_both_engines() {
    let (first, histories) = (asked("COBUILD_MODEL_SEED", 1), usize::try_from(times(HISTORIES as u64)).unwrap());
    let started = Instant::now();
    // Thread by thread, for the model is busy where the ledger waits.
    let lane = |lane: usize| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let seeds = (first..first + histories).skip(lane).step_by(LANES);
        seeds.flat_map(|seed| runtime.block_on(tell_on_both(seed))).collect::<Vec<Told>>()
    };
    let all: Vec<Told> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(number))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    let engines = all.len() / histories;
    let mut told = Told::default();
    all.into_iter().for_each(|one| told.add(one));
    let (attempts, refused) = (told.attempts(), told.refused());
    eprintln!(
        "{attempts} operations in {histories} histories on {engines} engines in {:.1?}, {refused} refused ({} %), {} lots, {} entries\n{:?}\n{:?}",
        started.elapsed(),
        refused * 100 / attempts,
        told.lots,
        told.entries,
        told.counts,
        told.refusals,
    );
    assert!(attempts >= histories * engines * OPERATIONS);
    assert!(refused * 5 >= attempts, "at least a fifth must be refused");
    for (name, (tried, refused)) in &told.counts {
        assert!(tried * 100 >= attempts, "{name}: only {tried} of {attempts}");
        assert!(*refused > 0 && refused < tried, "{name}: {refused} of {tried} refused");
    }
    assert_eq!(told.counts.len(), 25);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_wrong_is_told() {
    use Mistake::{LatestExpiryFirst, NewestFirst, WidestFirst, WindowsIgnored};
    for mistake in [NewestFirst, WidestFirst, LatestExpiryFirst, WindowsIgnored] {
        let fixture = Fixture::sqlite();
        let told = tell(&fixture.url, 1, OPERATIONS, mistake).await;
        let why = told.expect_err("a comparison that cannot fail compares nothing");
        assert!(why.contains("the ledger"), "{mistake:?}: {why}");
    }
}
