//! The number of statements of a query depends on its shape, and not on how many rows it finds.

use cobuild::{
    api::schema,
    clock::Clock,
    db::Db,
    demo,
    error::Language,
    viewer::{Request, operator},
};
use serde_json::{Value, json};

use crate::support::on_both;

const NESTED: &str = "query($n: Int!) { parties(first: $n, kind: PARTNER_UNIT) { edges { node { name
  areas(first: 3) { edges { node { name parent { name } } } }
  giving { received { amount } spent { amount } }
  pledges(first: 5) { edges { node { amount { amount } fund { name area { name } } restriction { purpose { code } target { code } } } } }
  lots(first: 5) { edges { node { amount { amount } contribution { payer { name } } uses(first: 5) { edges { node { place target { code } expense { note } } } } } } }
  fundedExpenses(first: 5) { edges { amount { amount } node { note payee { name } evidence { name } target { code fund { name } }
    fundedBy(first: 5) { edges { amount { amount } node { name } } } } } } } } } }";

/// What a giver sees first: its pledges with where they go, and what its money paid.
const DASHBOARD: &str = "query($id: ID!) { party(id: $id) { name
  pledges(first: 10) { edges { node { amount { amount } state dueOn fund { name area { name } }
    restriction { target { code title } } } } }
  fundedExpenses(first: 10) { edges { amount { amount } node { note incurredOn target { code title } } } } } }";

/// Where each of a giver's gifts is.
const TRACE: &str = "query($id: ID!) { party(id: $id) { lots(first: 10) { edges { node { amount { amount }
  fund { name } restriction { target { title } }
  uses(first: 20) { edges { node { place amount { amount } target { code } expense { note } } } } } } } } }";

/// Branches that ask the same table may be fetched together or apart, as their loads happen to meet. A
/// statement for each row would be 34 more.
const MEETINGS: u64 = 6;

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

    async fn a_dashboard_is_a_statement_for_each_of_its_lists(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        demo::create(&db).await.unwrap();
        let viewer = operator(&db, Clock::System.now()).await.unwrap();
        let schema = schema::build();
        let ask = async |query: &str, variables| {
            let before = db.statements();
            let request = Request::new(db.clone(), Clock::System, viewer.clone(), Language::En);
            let variables = async_graphql::Variables::from_json(variables);
            let answer = schema.execute(async_graphql::Request::new(query).variables(variables).data(request)).await;
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            (answer.data.into_json().unwrap(), db.statements() - before)
        };
        let givers = "{ parties(first: 100) { edges { node { id fundedExpenses(first: 1) { edges { cursor } }
          pledges(first: 1) { edges { cursor } } } } } }";
        let (givers, _) = ask(givers, json!({})).await;
        let givers = givers["parties"]["edges"].as_array().unwrap();
        let gave = |giver: &&Value| {
            ["fundedExpenses", "pledges"].iter().all(|list| giver["node"][list]["edges"] != json!([]))
        };
        let id = json!({ "id": givers.iter().find(gave).expect("somebody pledged and paid")["node"]["id"] });
        // The party, its pledges, its expenses.
        let (dashboard, statements) = ask(DASHBOARD, id.clone()).await;
        assert!(!dashboard["party"]["fundedExpenses"]["edges"].as_array().unwrap().is_empty(), "{dashboard}");
        assert_eq!(statements, 3);
        // The party, its gifts, where they are.
        let (trace, statements) = ask(TRACE, id).await;
        assert!(trace.to_string().contains("EXPENSE"), "{trace}");
        assert_eq!(statements, 3);
        db.close().await;
    }
}
