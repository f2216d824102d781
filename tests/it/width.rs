//! The number of statements of a query depends on its shape, and not on how many rows it finds.

use cobuild::{
    api::schema,
    clock::Clock,
    db::Db,
    demo,
    error::Language,
    viewer::{Request, operator},
};
use serde_json::json;

use crate::support::on_both;

const NESTED: &str = "query($n: Int!) { parties(first: $n, kind: PARTNER_UNIT) { edges { node { name
  areas(first: 3) { edges { node { name parent { name } } } }
  giving { received { amount } spent { amount } }
  pledges(first: 5) { edges { node { amount { amount } fund { name area { name } } restriction { purpose { code } target { code } } } } }
  lots(first: 5) { edges { node { amount { amount } contribution { payer { name } } uses(first: 5) { edges { node { place target { code } expense { note } } } } } } }
  fundedExpenses(first: 5) { edges { amount { amount } node { note payee { name } evidence { name } target { code fund { name } }
    fundedBy(first: 5) { edges { amount { amount } node { name } } } } } } } } } }";

/// Branches that ask the same table may be fetched together or apart, as their loads happen to meet. A
/// statement for each row would be 34 more.
const MEETINGS: u64 = 8;

on_both! {
    async fn a_wide_query_has_as_many_statements_as_a_narrow_one(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        demo::create(&db).await.unwrap();
        let viewer = operator(&db, Clock::System.now()).await.unwrap();
        let schema = schema::build();
        let mut counts = vec![];
        for width in [2, 10, 36] {
            let before = db.statements();
            let request = Request::new(db.clone(), Clock::System, viewer.clone(), Language::En);
            let variables = async_graphql::Variables::from_json(json!({ "n": width }));
            let answer = schema.execute(async_graphql::Request::new(NESTED).variables(variables).data(request)).await;
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            let found = answer.data.into_json().unwrap()["parties"]["edges"].as_array().unwrap().len();
            assert!(found * 10 >= width * 9, "{found} of {width} parties");
            counts.push(db.statements() - before);
        }
        eprintln!("{:?}: {counts:?} statements for 2, 10 and 36 parties", fixture.engine);
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= MEETINGS, "{counts:?}");
        db.close().await;
    }
}
