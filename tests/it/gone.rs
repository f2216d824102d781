//! A caller who goes away in the middle of a write takes nothing with it.

use std::{future::poll_fn, pin::pin, task::Poll};

use cobuild::{
    clock::Clock,
    db::{Db, Sql as _},
    viewer,
};

use crate::support::on_both;

/// Polls a future so many times, or to its end.
async fn poll_some<F: Future>(future: F, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

on_both! {
    async fn a_caller_who_goes_away_leaves_the_writer_to_the_others(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        let now = Clock::System.now();
        let write = |name: String| {
            let db = db.clone();
            async move {
                let mut tx = db.begin().await.unwrap();
                viewer::store::insert_principal(&mut tx, &name, now).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        let mut kept = 0;
        for round in 0..200_usize {
            // One goes away after its first, its second, its third wait; the others are not told of it.
            let lost = poll_some(write(format!("lost {round}")), round % 8);
            let (_, (), ()) = tokio::join!(lost, write(format!("a {round}")), write(format!("b {round}")));
            kept += 2;
        }
        let written: (i64,) = db.sql("SELECT COUNT(*) FROM principal WHERE name NOT LIKE 'lost %'").one().await.unwrap();
        assert_eq!(written.0, kept);
    }
}
