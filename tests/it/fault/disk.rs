//! One write or sync of SQLite's files fails, at another place each time.
//!
//! * What could not be stored is not acknowledged; the caller gets a sentence.
//! * After a kill and a restart the books are whole, and everything acknowledged is there.

use std::{collections::BTreeMap, time::Instant};

use super::{
    loss::{Told, check_acknowledged, check_unanswered},
    prepared::{Prepared, url},
    shim::{How, Kind, Shim},
};
use crate::{
    storm::client::{Acknowledged, Answer, Asker, Dice, Operation, Unanswered},
    support::{binary::Server, times},
};
use cobuild::db::Db;

/// Mutations of the scripted workload.
const OPERATIONS: usize = 6;

/// At how many writes and truncations the workload fails, besides at every sync.
const WRITES: u64 = 40;

/// Does the script, one mutation after the other, whatever is said to each.
async fn script(asker: &Asker, prepared: &Prepared) -> Told {
    let mut dice = Dice(1);
    let mut told = Told::default();
    for at in 0..OPERATIONS {
        let operation = Operation::thrown(&mut dice, &prepared.town, format!("script/{at}"));
        match asker.send(&operation).await {
            Ok(Answer::Done(done)) => told.acknowledged.push(Acknowledged { operation, done }),
            Ok(Answer::Refused(code)) if code == "STORAGE_FULL" => told.unanswered.push(operation),
            Err(Unanswered::Away(_)) => told.unanswered.push(operation),
            other => panic!("{operation:?}: {other:?}"),
        }
    }
    told
}

/// What is written and synced in the script, in its order.
async fn calls(prepared: &Prepared) -> Option<Vec<Kind>> {
    let dir = prepared.copy();
    let shim = Shim::of(dir.path())?.logging();
    let server = shim.serve(&url(dir.path()), 0, How::Eio).unwrap();
    assert_eq!(script(&prepared.asker(&server), prepared).await.acknowledged.len(), OPERATIONS);
    server.kill();
    let counted = [Kind::Wrote, Kind::Synced, Kind::Truncated];
    let calls: Vec<Kind> = shim.records().iter().map(|one| one.kind).filter(|kind| counted.contains(kind)).collect();
    assert_eq!(calls.len() as u64, shim.count().calls);
    Some(calls)
}

/// Runs the script on a copy where the call `fail_at` fails, kills the server, and checks what is left;
/// `None` where the script came to its end before.
async fn fail(prepared: &Prepared, fail_at: u64, how: How) -> Option<Result<Told, String>> {
    let dir = prepared.copy();
    let url = url(dir.path());
    let shim = Shim::of(dir.path()).expect("it was built before");
    let told = match shim.serve(&url, fail_at, how) {
        Ok(server) => {
            let told = script(&prepared.asker(&server), prepared).await;
            server.end_now();
            told
        }
        // It may not start on a failing disk, and says why.
        Err(said) => {
            assert!(said.starts_with("cobuild: "), "{said}");
            Told::default()
        }
    };
    if shim.count().failed == 0 {
        return None;
    }
    if let Err(why) = prepared.check(dir.path(), &told).await {
        return Some(Err(why));
    }
    let again = Server::start(&["serve", "--database", &url]);
    let (asker, db) = (prepared.asker(&again), Db::connect(&url).await.unwrap());
    let checked = check_acknowledged(&db, &asker, &told.acknowledged).await;
    let unanswered = told.unanswered.clone();
    check_unanswered(&db, &asker, unanswered).await;
    db.close().await;
    Some(checked.map(|()| told))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_is_never_acknowledged_and_corrupts_nothing() {
    let prepared = Prepared::make().await;
    let Some(calls) = calls(&prepared).await else { return };
    let start = Instant::now();
    let at = |number: usize| number as u64 + 1;
    let syncs: Vec<u64> = (0..calls.len()).filter(|one| calls[*one] == Kind::Synced).map(at).collect();
    let step = (calls.len() as u64 / times(WRITES)).max(1);
    let mut places: Vec<u64> = (1..=calls.len() as u64).step_by(usize::try_from(step).unwrap()).collect();
    places.extend(&syncs);
    places.sort_unstable();
    places.dedup();
    let mut failures = BTreeMap::<String, (u64, usize)>::new();
    for (number, place) in places.iter().enumerate() {
        let hows = [How::Eio, How::NoSpace, How::Short];
        let how = hows[number % 3];
        let Some(told) = fail(&prepared, *place, how).await else { continue };
        let told = told.unwrap_or_else(|why| panic!("{how:?} at call {place}, {:?}: {why}", calls[at_index(*place)]));
        let failure = failures.entry(format!("{:?} {how:?}", calls[at_index(*place)])).or_default();
        failure.0 += 1;
        failure.1 += told.unanswered.len();
    }
    let met: u64 = failures.values().map(|(times, _)| times).sum();
    assert!(met * 10 >= places.len() as u64 * 9, "{met} of {} failures were met", places.len());
    assert!(syncs.len() > OPERATIONS, "each mutation is synced, and there is a checkpoint");
    let refused: usize = failures.values().map(|(_, refused)| refused).sum();
    assert!(refused > 0, "no failure kept a mutation from being acknowledged");
    // The control: a disk that says it has written and has not.
    let mut found = 0;
    for place in places.iter().step_by(8) {
        found += u64::from(matches!(fail(&prepared, *place, How::Lie).await, Some(Err(_))));
    }
    assert!(found > 0, "a disk that lies is found out");
    eprintln!(
        "disk: {} calls, {met} made to fail {failures:?}, {refused} mutations refused; {found} lies found out; {:?}",
        calls.len(),
        start.elapsed()
    );
}

fn at_index(place: u64) -> usize {
    usize::try_from(place).unwrap() - 1
}
