//! The money operations against a model of their own: random histories, told twice, must agree.
//!
//! `COBUILD_MODEL_OPERATIONS` makes the histories longer, `COBUILD_MODEL_SEED` makes other ones.

mod history;
mod idempotency;
mod operation;
pub mod oracle;
mod product;
mod random;
pub mod scene;

use std::{collections::BTreeMap, env, time::Instant};

use cobuild::{
    error::{Error, Language, UserErrorCode},
    ledger::verify::{self, PublishedHead},
};

use crate::support::{Fixture, on_both};
use history::History;
use oracle::{Mistake, No, Oracle};
use product::Product;

/// Operations of a history on one engine, where nobody asks for more.
const OPERATIONS: usize = 1_500;
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
            Ok(answer) => product.learn(&operation, &answer, &oracle).await,
            Err(_) => {
                count.1 += 1;
                *told.refusals.entry(found.unwrap_err().0).or_default() += 1;
            }
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

on_both! {
    async fn a_random_history_is_what_an_independent_model_says_it_is(fixture: Fixture) {
        let seed = asked("COBUILD_MODEL_SEED", 1);
        let started = Instant::now();
        let told = tell(&fixture.url, seed, asked("COBUILD_MODEL_OPERATIONS", OPERATIONS), Mistake::None).await;
        let told = told.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        let (attempts, refused) = (told.attempts(), told.refused());
        eprintln!(
            "{:?}: {attempts} operations in {:.1?}, {refused} refused ({} %), {} lots, {} entries\n{:?}\n{:?}",
            fixture.engine, started.elapsed(), refused * 100 / attempts, told.lots, told.entries, told.counts, told.refusals,
        );
        assert!(refused * 5 >= attempts, "at least a fifth must be refused");
        for (name, (tried, refused)) in &told.counts {
            assert!(tried * 100 >= attempts, "{name}: only {tried} of {attempts}");
            assert!(*refused > 0 && refused < tried, "{name}: {refused} of {tried} refused");
        }
        assert_eq!(told.counts.len(), 18);
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_history_gives_the_same_heads_on_both_engines() {
    let Some(postgres) = Fixture::postgres("the_same_history").await else { return };
    let sqlite = Fixture::sqlite();
    let mut heads = vec![];
    for fixture in [&sqlite, &postgres] {
        heads.push(tell(&fixture.url, asked("COBUILD_MODEL_SEED", 7), 400, Mistake::None).await.unwrap().heads);
    }
    assert_eq!(heads[0], heads[1]);
    let entries: i64 = heads[0].iter().map(|head| head.seq).sum();
    assert!(entries > 100 && heads[0].iter().all(|head| head.seq > 0), "{heads:?}");
}
