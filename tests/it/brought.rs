//! What a page brings along beside its rows is what each row's fields would have loaded by themselves.

use std::collections::BTreeMap;

use cobuild::{
    api::schema::{self, Schema},
    clock::Clock,
    db::Db,
    demo,
    error::Language,
    viewer::{Held, Request, Role, Viewer, operator},
};
use serde_json::{Value, json};

use crate::support::on_both;

/// Everything that a page of a party's pledges, lots and paid expenses brings along, to the leaf.
const FRAGMENTS: &str = "
  fragment FundAll on Fund { id code name openedOn seats quorum host { id } area { id name level } }
  fragment TargetAll on Target { __typename id code title residents fund { id } purpose { id }
    ... on Project { summary state proposedOn movedOn area { id } }
    ... on MicroGrant { stage awardedOn group { id } } }
  fragment RestrictionAll on Restriction { kind validFrom validTo purpose { id code } group { id name }
    target { ...TargetAll } }
  fragment ExpenseAll on Expense { id note incurredOn amount { amount } payee { id name } purpose { id }
    fund { id } target { ...TargetAll } }
  fragment UseAll on Use { place amount { amount } fund { ...FundAll } target { ...TargetAll }
    expense { ...ExpenseAll } refund { id } }
  fragment PledgeAll on Pledge { id kind state note dueOn endedOn offeredOn amount { amount } received { amount }
    rate { numerator denominator } donor { id name } fund { ...FundAll } restriction { ...RestrictionAll } }
  fragment LotAll on Lot { id lineNo class asset receivedOn amount { amount } donor { id name } pledge { id }
    contribution { id } fund { ...FundAll } restriction { ...RestrictionAll } }";

const PAGES: &str = "query($first: Int!) { parties(first: 100) { edges { node { id name
  pledges(first: $first) { edges { node { ...PledgeAll } } }
  lots(first: $first) { edges { node { ...LotAll uses(first: 20) { edges { node { ...UseAll } } } } } }
  booked: fundedExpenses(first: $first) { edges { node { ...ExpenseAll } } }
  largest: fundedExpenses(first: $first, order: AMOUNT) { edges { node { ...ExpenseAll } } } } } } }";

const ALONE: &str = "query($id: ID!) { node(id: $id) { ...PledgeAll ...LotAll ...ExpenseAll ...TargetAll } }";

fn reader(role: Role, held: Held) -> Viewer {
    let mut viewer = Viewer::public();
    viewer.grants = vec![(role, held)];
    viewer
}

async fn ask(schema: &Schema, db: &Db, viewer: &Viewer, query: &str, variables: Value) -> Value {
    let request = Request::new(db.clone(), Clock::System, viewer.clone(), Language::En);
    let query = async_graphql::Request::new(format!("{query}{FRAGMENTS}"))
        .variables(async_graphql::Variables::from_json(variables))
        .data(request);
    let answer = schema.execute(query).await;
    answer.data.into_json().unwrap()
}

/// The objects with an id that stand anywhere in an answer as `node`, `expense` or `target`.
fn objects(value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                let stands = ["node", "expense", "target"].contains(&name.as_str()) && inner.get("pledges").is_none();
                if let Some(id) = inner["id"].as_str()
                    && stands
                {
                    let mut object = inner.clone();
                    object.as_object_mut().unwrap().remove("uses");
                    if let Some(other) = found.insert(id.to_owned(), object.clone()) {
                        assert_eq!(other, object, "one object looks the same wherever it stands");
                    }
                }
                objects(inner, found);
            }
        }
        _ => {}
    }
}

on_both! {
    async fn what_is_brought_along_is_what_would_be_loaded(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        demo::create(&db).await.unwrap();
        let viewers = [
            operator(&db, Clock::System.now()).await.unwrap(),
            reader(Role::Auditor, Held::Area("/1/".into())),
            reader(Role::CommitteeMember, Held::Fund(cobuild::id::FundId(1))),
            reader(Role::PartyRepresentative, Held::Party(cobuild::id::PartyId(5))),
            Viewer::public(),
        ];
        let schema = schema::build();
        let mut compared = vec![];
        for viewer in &viewers {
            let page = ask(&schema, &db, viewer, PAGES, json!({ "first": 20 })).await;
            let mut found = BTreeMap::new();
            objects(&page, &mut found);
            for (id, brought) in &found {
                // A query of its own: nothing was brought along.
                let alone = ask(&schema, &db, viewer, ALONE, json!({ "id": id })).await;
                assert_eq!(&alone["node"], brought, "{id}");
            }
            compared.push(found.len());
        }
        eprintln!("{:?}: {compared:?} objects compared", fixture.engine);
        assert!(compared[0] > 100 && compared[1] > 100 && compared[2] > 100 && compared[3] > 0, "{compared:?}");
        assert_eq!(compared[4], 0, "the public sees no pledge, lot or paid expense of a party");
        db.close().await;
    }
}
