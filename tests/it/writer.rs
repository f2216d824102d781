//! SQLite's one writer: jobs that share a commit, and what a failing one does to the others.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    process::Command,
    str::FromStr as _,
    sync::Arc,
    task::Poll,
    time::Instant,
};

use cobuild::{
    clock::Clock,
    db::{Db, Sql as _, Tx},
    error::{Error, Refusal},
    viewer::{settle, store},
};
use futures_util::future::join_all;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, sqlite::SqliteConnectOptions};
use tokio::task::JoinHandle;

use crate::{
    storm::{commits, names, principal},
    support::Fixture,
};

async fn open(fixture: &Fixture) -> Db {
    let db = Db::connect(&fixture.url).await.unwrap();
    db.migrate().await.unwrap();
    // The log goes on from here: a commit is counted by what it adds.
    let mut tx = db.begin().await.unwrap();
    principal(&mut tx, "before").await;
    tx.commit().await.unwrap();
    db
}

/// Another connection to the same file, as another process has it.
async fn stranger(fixture: &Fixture) -> sqlx::SqliteConnection {
    SqliteConnectOptions::from_str(&fixture.url).unwrap().connect().await.unwrap()
}

/// Begins waiting; whatever waits so does it in the order of the calls.
async fn poll_once<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

type Ended = JoinHandle<cobuild::db::Result<()>>;

/// Jobs that will be committed together: the first has ended and waits for its commit, which comes after
/// the turns of all others; these wait for their turns, in their order.
async fn batch(db: &Db, others: usize) -> (Ended, Vec<Pin<Box<dyn Future<Output = cobuild::db::Result<Tx>>>>>) {
    let mut first = db.begin().await.unwrap();
    principal(&mut first, "first").await;
    let mut waiting: Vec<Pin<Box<dyn Future<Output = _>>>> = vec![];
    for _ in 0..others {
        let db = db.clone();
        let mut begin = Box::pin(async move { db.begin().await });
        assert!(poll_once(begin.as_mut()).await.is_none());
        waiting.push(begin);
    }
    (tokio::spawn(first.commit()), waiting)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_or_is_dropped_takes_back_its_own_work_and_no_more() {
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    let before = commits(&fixture).unwrap();
    let (first, mut waiting) = batch(&db, 4).await;
    waiting.reverse();

    let mut dropped = waiting.pop().unwrap().await.unwrap();
    principal(&mut dropped, "dropped").await;
    drop(dropped);
    let mut second = waiting.pop().unwrap().await.unwrap();
    principal(&mut second, "second").await;
    let second = tokio::spawn(second.commit());
    let mut failing = waiting.pop().unwrap().await.unwrap();
    principal(&mut failing, "failing").await;
    let taken = store::insert_principal(&mut failing, "first", Clock::System.now()).await;
    assert!(taken.is_err(), "the work of a finished job is seen by the next");
    drop(failing);
    let mut third = waiting.pop().unwrap().await.unwrap();
    principal(&mut third, "third").await;
    assert_eq!(names(&db).await, ["before"], "others see only what is committed");
    third.commit().await.unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();

    assert_eq!(names(&db).await, ["before", "first", "second", "third"]);
    assert_eq!(commits(&fixture).unwrap() - before, 1, "they shared one commit");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_away_while_beginning_or_committing_hurts_nobody() {
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    for round in 0..40 {
        // Gone with the statement on its way: a few polls let it come so far or farther.
        let mut begin = Box::pin(db.begin());
        for _ in 0..round % 8 {
            if poll_once(begin.as_mut()).await.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(begin);
        let mut next = db.begin().await.expect("the writer works after a beginning that was given up");
        principal(&mut next, &format!("after a beginning {round}")).await;
        next.commit().await.unwrap();

        let mut finished = db.begin().await.unwrap();
        principal(&mut finished, &format!("finished {round}")).await;
        let gone_to_be = db.clone();
        let mut begin = Box::pin(async move { gone_to_be.begin().await });
        assert!(poll_once(begin.as_mut()).await.is_none());
        let finished = tokio::spawn(finished.commit());
        let mut gone = begin.await.unwrap();
        principal(&mut gone, &format!("gone {round}")).await;
        let mut commit = Box::pin(gone.commit());
        for _ in 0..round % 8 {
            if poll_once(commit.as_mut()).await.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(commit);
        finished.await.unwrap().expect("a finished job is committed, whoever else goes away");
    }
    let names = names(&db).await;
    for round in 0..40 {
        for name in [format!("after a beginning {round}"), format!("finished {round}")] {
            assert!(names.contains(&name), "{name}");
        }
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_fails_every_job_it_held_and_the_next_one_works() {
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    let (first, mut waiting) = batch(&db, 2).await;
    let mut broken = waiting.remove(0).await.unwrap();
    // What is wrong is found by the commit and not before.
    broken.sql("PRAGMA defer_foreign_keys = ON").execute().await.unwrap();
    broken
        .sql("INSERT INTO role_grant (principal_id, role, fund_id) VALUES (99, 'AUDITOR', 99)")
        .execute()
        .await
        .unwrap();
    let broken = tokio::spawn(broken.commit());
    let mut last = waiting.remove(0).await.unwrap();
    principal(&mut last, "last").await;
    let last = last.commit().await;
    for ended in [first.await.unwrap(), broken.await.unwrap(), last] {
        assert!(ended.unwrap_err().to_string().contains("FOREIGN KEY"));
    }
    assert_eq!(names(&db).await, ["before"]);
    let mut next = db.begin().await.unwrap();
    principal(&mut next, "next").await;
    next.commit().await.unwrap();
    assert_eq!(names(&db).await, ["before", "next"]);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_not_grow_refuses_and_says_so_and_works_again() {
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    let mut tx = db.begin().await.unwrap();
    let (pages,): (i64,) = tx.sql("PRAGMA page_count").one().await.unwrap();
    assert!(pages < 350);
    tx.sql("PRAGMA max_page_count = 400").execute().await.unwrap();
    tx.commit().await.unwrap();

    let fill = |number: usize| {
        let db = db.clone();
        tokio::spawn(async move {
            let name = format!("{number:04}{}", "x".repeat(20_000));
            let mut tx = db.begin().await.unwrap();
            let written = store::insert_principal(&mut tx, &name, Clock::System.now()).await;
            (name, settle(tx, written.map_err(Error::from)).await)
        })
    };
    let (mut acknowledged, mut refused) = (vec!["before".to_owned()], 0);
    for (name, ended) in join_all((0..100).map(fill)).await.into_iter().map(Result::unwrap) {
        match ended {
            Ok(_) => acknowledged.push(name),
            Err(Error::Refused(why)) if why.refusal == Refusal::StorageFull {} => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused > 0);
    let mut found = names(&db).await;
    found.sort();
    acknowledged.sort();
    assert_eq!(found, acknowledged, "what was refused is not there, and all else is");

    let mut tx = db.begin().await.unwrap();
    tx.sql("PRAGMA max_page_count = 100000").execute().await.unwrap();
    principal(&mut tx, "again").await;
    tx.commit().await.unwrap();
    assert!(names(&db).await.contains(&"again".to_owned()));
    db.close().await;
}

/// A file system in memory, two megabytes large.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where mounting is not allowed.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What cannot be unmounted goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_every_job_of_a_commit_and_loses_none_before() {
    let Some(disk) = SmallDisk::mount() else { return };
    let spare = disk.0.path().join("spare");
    std::fs::write(&spare, vec![1; 400_000]).unwrap();
    let db = Db::connect(&format!("sqlite:{}/cobuild.db", disk.0.path().display())).await.unwrap();
    db.migrate().await.unwrap();
    let (mut acknowledged, mut refused) = (vec![], 0);
    for round in 0..30 {
        let job = |number: usize| {
            let db = db.clone();
            tokio::spawn(async move {
                let name = format!("{round:04} {number:04} {}", "x".repeat(3_000));
                let mut tx = db.begin().await.unwrap();
                let written = store::insert_principal(&mut tx, &name, Clock::System.now()).await;
                (name, settle(tx, written.map_err(Error::from)).await)
            })
        };
        for (name, ended) in join_all((0..16).map(job)).await.into_iter().map(Result::unwrap) {
            match ended {
                Ok(_) => acknowledged.push(name),
                Err(Error::Refused(why)) if why.refusal == Refusal::StorageFull {} => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert!(refused > 0 && !acknowledged.is_empty(), "{refused} refused, {} acknowledged", acknowledged.len());
    acknowledged.sort();
    let mut found = names(&db).await;
    found.sort();
    assert_eq!(found, acknowledged);

    std::fs::remove_file(spare).unwrap();
    let mut tx = db.begin().await.unwrap();
    principal(&mut tx, "again").await;
    tx.commit().await.unwrap();
    eprintln!("full disk: {} acknowledged, {refused} refused", acknowledged.len());
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_another_process_keeps_out_says_so_and_works_again() {
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    let mut other = stranger(&fixture).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let refused = db.begin().await.expect_err("the lock is held longer than the writer waits");
    assert!(refused.to_string().contains("locked"), "{refused}");
    other.execute("COMMIT").await.unwrap();
    let mut tx = db.begin().await.unwrap();
    principal(&mut tx, "after").await;
    tx.commit().await.unwrap();
    assert_eq!(names(&db).await, ["before", "after"]);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_see_is_always_a_beginning_of_what_will_be() {
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    let task = |task: usize| {
        let db = db.clone();
        tokio::spawn(async move {
            for number in 0..20 {
                let name = format!("{task}/{number}");
                let mut tx = db.begin().await.unwrap();
                principal(&mut tx, &name).await;
                if (task + number).is_multiple_of(5) {
                    drop(tx);
                    continue;
                }
                tx.commit().await.unwrap();
                assert!(names(&db).await.contains(&name), "what is acknowledged is seen at once");
            }
        })
    };
    let writing = join_all((0..16).map(task));
    let reading = async {
        let mut seen = vec![];
        for _ in 0..100 {
            seen.push(names(&mut db.session().await.unwrap()).await);
        }
        seen
    };
    let (written, seen) = tokio::join!(writing, reading);
    written.into_iter().for_each(Result::unwrap);
    let all = names(&db).await;
    assert_eq!(all.len(), 1 + 16 * 16, "four of twenty were dropped");
    assert!(seen.iter().all(|seen| all.starts_with(seen)));
    db.close().await;
}

/// Not asserted, for a machine is as busy as it is: `-- --nocapture` shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_come_together_share_commits() {
    const JOBS: usize = 2_048;
    let fixture = Fixture::sqlite();
    let db = open(&fixture).await;
    // It keeps the log from beginning anew, so that the commits in it can be counted.
    let mut earlier = db.session().await.unwrap();
    names(&mut earlier).await;
    let rate = |start: Instant, count: usize| count as u128 * 1_000_000 / start.elapsed().as_micros();
    let mut told = vec![];
    for tasks in [1, 16, 64] {
        let (start, before) = (Instant::now(), commits(&fixture).unwrap());
        let task = |task: usize| {
            let db = Arc::new(db.clone());
            tokio::spawn(async move {
                for number in 0..JOBS / tasks {
                    let mut tx = db.begin().await.unwrap();
                    principal(&mut tx, &format!("{tasks}/{task}/{number}")).await;
                    tx.commit().await.unwrap();
                }
            })
        };
        join_all((0..tasks).map(task)).await.into_iter().for_each(Result::unwrap);
        let rate = rate(start, JOBS);
        let shared = commits(&fixture).unwrap() - before;
        assert!(tasks == 1 || shared < JOBS, "{JOBS} jobs of {tasks} tasks took {shared} commits");
        told.push(format!("{tasks} tasks {rate}/s in {shared} commits"));
    }
    drop(earlier);
    assert_eq!(names(&db).await.len(), 1 + 3 * JOBS);
    db.close().await;

    let options = SqliteConnectOptions::from_str(&fixture.url).unwrap();
    let mut raw = options.synchronous(sqlx::sqlite::SqliteSynchronous::Full).connect().await.unwrap();
    let start = Instant::now();
    for number in 0..JOBS {
        raw.execute("BEGIN IMMEDIATE").await.unwrap();
        let insert = sqlx::query("INSERT INTO principal (name, created_at) VALUES ($1, '2026-01-01')");
        insert.bind(format!("raw {number}")).execute(&mut raw).await.unwrap();
        raw.execute("COMMIT").await.unwrap();
    }
    let raw_rate = rate(start, JOBS);
    raw.close().await.unwrap();
    eprintln!("group commit of {JOBS} jobs: {}; alone on a raw connection {raw_rate}/s", told.join(", "));
}
