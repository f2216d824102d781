//! The sample of a whole district: what it holds, and that every list of it takes as many statements wide as narrow.

mod graph;
mod width;

use cobuild::{
    db::Db,
    demo::district::{self, CUT, Size},
    ledger::verify,
};

use crate::support::{Fixture, on_both};

/// How large a district these tests make: the whole one where `COBUILD_TEST_DISTRICT` says so.
fn size() -> Size {
    match std::env::var("COBUILD_TEST_DISTRICT").as_deref() {
        Ok("whole") => district::WHOLE,
        _ => CUT,
    }
}

async fn filled(fixture: &Fixture) -> (Db, district::Made) {
    let db = Db::connect(&fixture.url).await.unwrap();
    db.migrate().await.unwrap();
    let made = district::create(&db, &size()).await.unwrap().unwrap();
    (db, made)
}

on_both! {
    async fn the_district_is_made_once_and_its_books_are_clean(fixture: Fixture) {
        let started = std::time::Instant::now();
        let (db, made) = filled(&fixture).await;
        eprintln!("{:?}: {:?}\n{made}", fixture.engine, started.elapsed());
        let report = verify::verify(&db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
        assert_eq!(district::create(&db, &size()).await.unwrap(), None);
        db.close().await;
    }
}
