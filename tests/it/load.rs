//! Loads that siblings share: one fetch for all, whoever of them goes away.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use cobuild::{
    clock::Clock,
    db::Db,
    error::{Language, Result},
    viewer::{Load, Request, Viewer},
};

use crate::support::Fixture;

static FETCHES: AtomicUsize = AtomicUsize::new(0);

/// Counts its fetches; for one test only, since tests run side by side.
struct Counted;

impl Load for Counted {
    type Key = i64;
    type Value = i64;

    async fn load(request: &Request, keys: Vec<i64>) -> Result<HashMap<i64, i64>> {
        FETCHES.fetch_add(1, Ordering::Relaxed);
        Doubled::load(request, keys).await
    }
}

struct Doubled;

impl Load for Doubled {
    type Key = i64;
    type Value = i64;

    async fn load(_: &Request, keys: Vec<i64>) -> Result<HashMap<i64, i64>> {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        Ok(keys.into_iter().map(|key| (key, key * 2)).collect())
    }
}

async fn request() -> (Request, Fixture) {
    let fixture = Fixture::sqlite();
    let db = Db::connect(&fixture.url).await.unwrap();
    (Request::new(db, Clock::System, Viewer::public(), Language::En), fixture)
}

/// Polls a future once, which does not finish it.
macro_rules! begin {
    ($future:expr) => {
        tokio::select! {
            biased;
            _ = &mut $future => panic!("a load waits for its siblings"),
            () = std::future::ready(()) => {}
        }
    };
}

#[tokio::test]
async fn siblings_share_one_fetch_and_a_second_ask_is_free() {
    let (request, _dir) = request().await;
    let (one, two, again) =
        tokio::join!(request.load::<Counted>(1), request.load::<Counted>(2), request.load::<Counted>(1));
    assert_eq!((one.unwrap(), two.unwrap(), again.unwrap()), (Some(2), Some(4), Some(2)));
    assert_eq!(request.load::<Counted>(2).await.unwrap(), Some(4));
    assert_eq!(FETCHES.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_field_that_is_dropped_while_it_fetches_for_others_leaves_nobody_waiting() {
    for polls in 1..4 {
        let (request, _dir) = request().await;
        let mut first = Box::pin(request.load::<Doubled>(1));
        begin!(first);
        let mut second = Box::pin(request.load::<Doubled>(2));
        begin!(second);
        for _ in 1..polls {
            begin!(first);
        }
        drop(first);
        let second = tokio::time::timeout(Duration::from_secs(5), second).await;
        assert_eq!(second.expect("somebody else leads").unwrap(), Some(4), "dropped after {polls} polls");
    }
}
