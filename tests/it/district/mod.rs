//! The sample of a whole district: what it holds, and that every list of it takes as many statements wide as narrow.

mod graph;
mod width;

use cobuild::{
    api::schema,
    clock::Clock,
    db::Db,
    demo::district::{self, CUT, Size},
    error::Language,
    ledger::verify,
    viewer::{Request, Viewer},
};
use serde_json::Value;

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

/// Where the chain of each fund ends, by the fund's code.
async fn heads(db: &Db) -> Value {
    let request = Request::new(db.clone(), Clock::System, Viewer::public(), Language::En);
    let query = "{ funds(first: 100) { edges { node { code chainHead { seq hash } } } } }";
    let answer = schema::build().execute(async_graphql::Request::new(query).data(request)).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    answer.data.into_json().unwrap()
}

on_both! {
    async fn the_district_is_made_once_and_its_books_are_clean(fixture: Fixture) {
        let (db, made) = filled(&fixture).await;
        let size = size();
        assert_eq!((made.communities, made.groups), (size.communities, size.groups));
        assert_eq!(made.funds, 1 + size.pilots + size.followers);
        assert_eq!(made.received - made.spent, made.waiting);
        let report = verify::verify(&db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
        assert_eq!(district::create(&db, &size).await.unwrap(), None);
        db.close().await;
    }

    async fn its_chains_end_in_the_same_heads_wherever_it_is_made(fixture: Fixture) {
        let (db, made) = filled(&fixture).await;
        let elsewhere = Fixture::sqlite();
        let (other, same) = filled(&elsewhere).await;
        assert_eq!(made, same);
        let found = heads(&db).await;
        assert!(found.to_string().contains("C001") && !found.to_string().contains("GENESIS"), "{found}");
        assert_eq!(found, heads(&other).await);
        db.close().await;
        other.close().await;
    }
}
