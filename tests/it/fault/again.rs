//! A write that another transaction was in the way of is done again by itself.

use std::sync::atomic::{AtomicU64, Ordering};

use cobuild::{
    clock::Clock,
    db::{Db, Sql as _, Tx},
    error::{Error, Refusal, Result},
    id::PrincipalId,
    ledger::idem::Once,
    viewer::{self, By, Viewer},
};
use tokio::sync::Barrier;

use crate::{
    storm::{names, principal},
    support::{Engine, Fixture, on_both},
};

async fn open(fixture: &Fixture, people: &[&str]) -> Db {
    let db = Db::connect(&fixture.url).await.unwrap();
    db.migrate().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for name in people {
        principal(&mut tx, name).await;
    }
    tx.commit().await.unwrap();
    db
}

async fn rename(tx: &mut Tx, from: &'static str, to: String) -> Result<()> {
    let sql = "UPDATE principal SET name = $1 WHERE name LIKE $2";
    let touched = tx.sql(sql).bind(to).bind(format!("{from}%")).execute().await?;
    assert_eq!(touched, 1, "{from}");
    Ok(())
}

on_both! {
    async fn two_writes_that_wait_for_each_other_are_both_done(fixture: Fixture) {
        let db = open(&fixture, &["a", "b"]).await;
        let viewer = Viewer::public();
        let by = || By { viewer: &viewer, now: Clock::System.now(), today: Clock::System.today() };
        let (both, tries) = (Barrier::new(2), AtomicU64::new(0));
        let write = async |first: &'static str, second: &'static str, mark: &'static str| {
            let (both, tries) = (&both, &tries);
            viewer::write(&db, by, async |tx: &mut Tx, _| {
                rename(tx, first, format!("{first} {mark}")).await?;
                // Each holds what the other wants; SQLite lets them in one after the other.
                if tries.fetch_add(1, Ordering::SeqCst) < 2 && fixture.engine == Engine::Postgres {
                    both.wait().await;
                }
                rename(tx, second, format!("{second} {mark}")).await
            })
            .await
        };
        let (one, other) = tokio::join!(write("a", "b", "one"), write("b", "a", "other"));
        one.unwrap();
        other.unwrap();
        let tries = tries.into_inner();
        assert_eq!(tries, if fixture.engine == Engine::Postgres { 3 } else { 2 }, "one of them was taken back");
        let mut names = names(&db).await;
        names.sort();
        assert!(names == ["a one", "b one"] || names == ["a other", "b other"], "{names:?}");
        db.close().await;
    }

    async fn one_key_for_two_requests_at_once_is_a_mismatch_for_the_later(fixture: Fixture) {
        let db = open(&fixture, &["one"]).await;
        let viewer = Viewer::operator(PrincipalId(1));
        let by = || By { viewer: &viewer, now: Clock::System.now(), today: Clock::System.today() };
        let (both, tries) = (Barrier::new(2), AtomicU64::new(0));
        let remember = async |input: &'static str| {
            let (both, tries) = (&both, &tries);
            viewer::write(&db, by, async |tx: &mut Tx, by: By<'_>| {
                let once = Once::new(by, "key", "pledgeOffer", &input)?;
                let known = once.answered::<String>(tx).await?;
                if tries.fetch_add(1, Ordering::SeqCst) < 2 && fixture.engine == Engine::Postgres {
                    both.wait().await;
                }
                match known {
                    Some(known) => Ok(known),
                    None => once.remember(tx, None, &input).await.map(|()| input.to_owned()),
                }
            })
            .await
        };
        let (one, other) = tokio::join!(remember("to one fund"), remember("to the other"));
        let (Ok(_), Err(Error::Refused(refused))) = (if one.is_ok() { (one, other) } else { (other, one) }) else {
            panic!("one is done and one is refused");
        };
        assert_eq!(refused.refusal, Refusal::IdempotencyMismatch { key: "key".into() });
        db.close().await;
    }

    async fn the_same_request_twice_at_once_is_answered_twice_alike(fixture: Fixture) {
        let db = open(&fixture, &["one"]).await;
        let viewer = Viewer::operator(PrincipalId(1));
        let by = || By { viewer: &viewer, now: Clock::System.now(), today: Clock::System.today() };
        let (both, tries) = (Barrier::new(2), AtomicU64::new(0));
        let remember = async |answer: &'static str| {
            let (both, tries) = (&both, &tries);
            viewer::write(&db, by, async |tx: &mut Tx, by: By<'_>| {
                let once = Once::new(by, "key", "pledgeOffer", &"request")?;
                let known = once.answered::<String>(tx).await?;
                if tries.fetch_add(1, Ordering::SeqCst) < 2 && fixture.engine == Engine::Postgres {
                    both.wait().await;
                }
                match known {
                    Some(known) => Ok(known),
                    None => once.remember(tx, None, &answer).await.map(|()| answer.to_owned()),
                }
            })
            .await
        };
        let (one, other) = tokio::join!(remember("by the first"), remember("by the second"));
        assert_eq!(one.unwrap(), other.unwrap());
        db.close().await;
    }
}
