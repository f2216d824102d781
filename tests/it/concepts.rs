//! Parties, funds, projects and decisions through the graph: what is done, what is refused, who reads what.

use cobuild::{
    id::{GlobalId, NodeKind, PartyId},
    viewer::{Held, Role, Viewer},
};
use serde_json::{Value, json};

use crate::{
    support::on_both,
    world::{FOR, World, decision, mutation, with, without_ids},
};

on_both! {
    async fn a_project_goes_from_proposal_to_its_end(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        for (state, on) in [("APPROVED", "2026-03-11"), ("UNDERWAY", "2026-03-12")] {
            let moved = world.advance(&ids.project, state, on).await;
            assert_eq!(moved["project"], json!({ "state": state, "movedOn": on }));
        }
        let query = "{ project(code: \"P1\", fundCode: \"F6\") { milestones { id title dueOn reachedOn } } }";
        let read = world.read(query, json!({})).await;
        let milestones = read["project"]["milestones"].as_array().unwrap().clone();
        assert_eq!(milestones[0]["title"], "Measured");
        let input = json!({ "milestoneId": milestones[0]["id"], "reachedOn": "2026-04-02" });
        for _ in 0..2 {
            let reached = world.write("milestoneReach", input.clone(), "milestone { reachedOn }").await;
            assert_eq!(reached["milestone"]["reachedOn"], "2026-04-02");
        }
        let funding = json!({
            "targetId": ids.project, "source": "RESIDENTS", "amount": { "amount": "300.00" }, "paidOn": "2026-04-20",
            "sha256": "AB".repeat(32),
        });
        let recorded = world
            .write("externalFundingRecord", funding, "externalFunding { source sha256 amount { amount } } target { __typename code }")
            .await;
        assert_eq!(recorded["target"], json!({ "__typename": "Project", "code": "P1" }));
        assert_eq!(recorded["externalFunding"]["sha256"], "ab".repeat(32));
        world.add("decisionRecord", decision(&ids, "2026-1", &FOR), "decision").await;
        let grant = json!({
            "fundId": ids.fund, "groupId": ids.group, "purposeId": ids.purpose, "code": "G1", "title": "First oven",
            "stage": "START_UP", "awardedOn": "2026-05-20",
        });
        world.add("microGrantAward", grant, "microGrant").await;
        world.advance(&ids.project, "COMPLETED", "2026-05-01").await;
        world.advance(&ids.project, "CLOSED", "2026-05-02").await;
        let closed = world.refused("decisionRecord", decision(&ids, "2026-2", &FOR)).await;
        assert_eq!(closed, ("TARGET_CLOSED".into(), "targetId".into()));

        let read = world.read(EVERYTHING, json!({ "area": ids.street, "purpose": ids.purpose, "fund": ids.fund, "host": ids.host, "group": ids.group })).await;
        insta::assert_snapshot!("everything", serde_json::to_string_pretty(&without_ids(read)).unwrap());
    }

    async fn each_refusal_names_its_field(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        let party = |change: Value| with(json!({ "kind": "MERCHANT", "name": "Shop", "areaIds": [ids.community] }), change);
        let fund = |change: Value| with(json!({
            "hostId": ids.host, "areaId": ids.street, "code": "F7", "name": "Fund", "openedOn": "2026-01-01",
            "seats": 5, "quorum": 3, "purposeIds": [ids.purpose],
        }), change);
        let project = |change: Value| with(json!({
            "fundId": ids.fund, "areaId": ids.community, "purposeId": ids.purpose, "code": "P2", "title": "Bench",
            "summary": "A bench.", "residents": 5, "proposedOn": "2026-03-01",
            "budget": [{ "label": "Bench", "amount": { "amount": 100 } }],
        }), change);
        let grant = |change: Value| with(json!({
            "fundId": ids.fund, "groupId": ids.group, "purposeId": ids.purpose, "code": "G2", "title": "Grant",
            "stage": "GROWTH", "awardedOn": "2026-05-01",
        }), change);
        let decided = |change: Value| with(decision(&ids, "2026-9", &FOR), change);
        let code = "91110000101623741K";
        world.add("partyRegister", party(json!({ "creditCode": code })), "party").await;
        world.add("decisionRecord", decision(&ids, "2026-1", &FOR), "decision").await;
        let money = |amount: &str| json!({ "amount": amount });
        let votes = |votes: &[&str]| json!({ "seats": decision(&ids, "", votes)["seats"] });
        let grid = world.area(Some(&ids.community), "GRID", "Grid 1").await;
        let elsewhere = world.area(None, "DISTRICT", "Wendeng").await;
        let milestone = GlobalId::new(NodeKind::Milestone, 1).to_string();
        let mut deepest = ids.purpose.clone();
        for depth in 1..40 {
            deepest = world.purpose(Some(&deepest), &format!("depth-{depth}")).await;
        }
        let nobody = GlobalId::new(NodeKind::Area, 999).to_string();
        let rows = [
            ("partyRegister", party(json!({ "name": " " })), "TEXT_EMPTY", "name"),
            ("partyRegister", party(json!({ "name": "x".repeat(201) })), "TEXT_TOO_LONG", "name"),
            ("partyRegister", party(json!({ "publicity": "ALIAS" })), "TEXT_EMPTY", "aliasName"),
            ("partyRegister", party(json!({ "areaIds": [] })), "LIST_SIZE", "areaIds"),
            ("partyRegister", party(json!({ "areaIds": [nobody] })), "NOT_FOUND", "areaIds"),
            ("partyRegister", party(json!({ "creditCode": "91350211M0000XUF46" })), "CREDIT_CODE_INVALID", "creditCode"),
            ("partyRegister", party(json!({ "creditCode": code })), "CREDIT_CODE_TAKEN", "creditCode"),
            ("partyJoinArea", json!({ "partyId": ids.merchant, "areaId": nobody }), "NOT_FOUND", "areaId"),
            ("hostCreate", json!({ "partyId": ids.association, "areaId": ids.street }), "NAME_TAKEN", "partyId"),
            ("purposeCreate", json!({ "code": "windows", "name": "Again" }), "NAME_TAKEN", "code"),
            ("fundOpen", fund(json!({ "openedOn": "2026-05-21" })), "DATE_IN_FUTURE", "openedOn"),
            ("fundOpen", fund(json!({ "purposeIds": [] })), "LIST_SIZE", "purposeIds"),
            ("fundOpen", fund(json!({ "quorum": 6 })), "NUMBER_OUT_OF_RANGE", "quorum"),
            ("fundOpen", fund(json!({ "code": "F6" })), "NAME_TAKEN", "code"),
            ("fundOpen", fund(json!({ "areaId": grid })), "AREA_LEVEL", "areaId"),
            ("fundOpen", fund(json!({ "areaId": elsewhere })), "NOT_FOUND", "areaId"),
            ("purposeCreate", json!({ "parentId": deepest, "code": "deeper", "name": "x" }), "PURPOSE_TOO_DEEP", "parentId"),
            ("milestoneReach", json!({ "milestoneId": milestone, "reachedOn": "2026-05-01" }), "PROJECT_STATE", "milestoneId"),
            ("externalFundingRecord", json!({ "targetId": ids.project, "source": "OTHER", "amount": money("1"), "paidOn": "2026-05-01", "sha256": "x" }), "DIGEST_MALFORMED", "sha256"),
            ("fundOpen", fund(json!({ "areaId": ids.community })), "NAME_TAKEN", "areaId"),
            ("projectPropose", project(json!({ "budget": [{ "label": "", "amount": money("1") }] })), "TEXT_EMPTY", "budget.0.label"),
            ("projectPropose", project(json!({ "budget": [{ "label": "x", "amount": money("0") }] })), "AMOUNT_NOT_POSITIVE", "budget.0.amount"),
            ("projectPropose", project(json!({ "proposedOn": "2026-06-01" })), "DATE_IN_FUTURE", "proposedOn"),
            ("projectPropose", project(json!({ "milestones": [{ "title": "x", "dueOn": "2026-02-01" }] })), "PERIOD_REVERSED", "milestones.0.dueOn"),
            ("projectPropose", project(json!({ "budget": [] })), "LIST_SIZE", "budget"),
            ("projectPropose", project(json!({ "residents": -1 })), "NUMBER_OUT_OF_RANGE", "residents"),
            ("projectPropose", project(json!({ "code": "P1" })), "NAME_TAKEN", "code"),
            ("projectPropose", project(json!({ "areaId": ids.street })), "ANOTHER_FUND", "areaId"),
            ("projectPropose", project(json!({ "purposeId": ids.other_purpose })), "PURPOSE_NOT_ALLOWED", "purposeId"),
            ("projectPropose", project(json!({ "plan": [{ "source": "FUND", "amount": money("99.99") }] })), "SUM_MISMATCH", "plan"),
            ("projectPropose", project(json!({ "plan": [{ "source": "FUND", "amount": money("50") }, { "source": "FUND", "amount": money("50") }] })), "NAME_TAKEN", "plan.1.source"),
            ("projectAdvance", json!({ "projectId": ids.project, "state": "CLOSED", "movedOn": "2026-05-01" }), "PROJECT_STATE", "projectId"),
            ("projectAdvance", json!({ "projectId": ids.project, "state": "APPROVED", "movedOn": "2026-02-01" }), "PERIOD_REVERSED", "movedOn"),
            ("microGrantAward", grant(json!({ "groupId": ids.merchant })), "NOT_FOUND", "groupId"),
            ("microGrantAward", grant(json!({ "purposeId": ids.other_purpose })), "PURPOSE_NOT_ALLOWED", "purposeId"),
            ("decisionRecord", decided(json!({ "resolutionNumber": "2026-1" })), "NAME_TAKEN", "resolutionNumber"),
            ("decisionRecord", decided(json!({ "amount": money("-1") })), "AMOUNT_NOT_POSITIVE", "amount"),
            ("decisionRecord", decided(json!({ "seats": [] })), "LIST_SIZE", "seats"),
            ("decisionRecord", decided(votes(&["FOR"; 3])), "NO_QUORUM", "seats"),
            ("decisionRecord", decided(votes(&["FOR"; 8])), "TOO_MANY_SEATS", "seats"),
            ("decisionRecord", decided(votes(&["FOR", "FOR", "ABSTAIN", "AGAINST"])), "NO_MAJORITY", "seats"),
        ];
        for (name, input, code, field) in rows {
            let refused = world.refused(name, input.clone()).await;
            assert_eq!(refused, (code.to_owned(), field.to_owned()), "{name} {input}");
        }
        let other = world.add("fundOpen", fund(json!({})), "fund").await;
        let refused = world.refused("decisionRecord", decided(json!({ "fundId": other }))).await;
        assert_eq!(refused, ("ANOTHER_FUND".into(), "targetId".into()));
        world.advance(&ids.project, "APPROVED", "2026-03-11").await;
        world.advance(&ids.project, "UNDERWAY", "2026-03-12").await;
        let reached = |day: &str| json!({ "milestoneId": milestone, "reachedOn": day });
        world.add("milestoneReach", reached("2026-04-01"), "milestone").await;
        let refused = world.refused("milestoneReach", reached("2026-04-02")).await;
        assert_eq!(refused, ("MILESTONE_REACHED".into(), "reachedOn".into()));
        let override_ = json!({ "creditCode": "91350211M0000XUF46", "creditCodeOverride": "As printed on the licence." });
        world.add("partyRegister", party(override_), "party").await;
    }

    async fn a_name_is_read_by_those_who_may_know_it(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        let hidden = json!({ "kind": "MERCHANT", "name": "Quiet shop", "publicity": "ANON", "areaIds": [ids.community],
            "creditCode": "91110000101623741K" });
        world.add("partyRegister", hidden, "party").await;
        let alias = json!({ "kind": "RESIDENT", "name": "Another", "publicity": "ALIAS", "aliasName": "Neighbour",
            "areaIds": [ids.community] });
        world.add("partyRegister", alias, "party").await;
        let holding = |role, held| {
            let mut viewer = Viewer::public();
            (viewer.principal, viewer.grants) = (Some(world.principal), vec![(role, held)]);
            viewer
        };
        let staff = |role| holding(role, Held::Area("/1/2/3/".into()));
        let representative = holding(Role::PartyRepresentative, Held::Party(PartyId(4)));
        let rows = [
            (Viewer::public(), vec!["Bakery", "Catering Group", "Charity Association"]),
            (staff(Role::CommitteeMember), vec!["Bakery", "Catering Group", "Charity Association", "Quiet shop"]),
            (staff(Role::CommunityStaff), vec!["Another", "Bakery", "Catering Group", "Charity Association", "Quiet shop", "Somebody"]),
            (representative, vec!["Bakery", "Catering Group", "Charity Association", "Somebody"]),
            (Viewer::operator(world.principal), vec!["Another", "Bakery", "Catering Group", "Charity Association", "Quiet shop", "Somebody"]),
        ];
        for (viewer, expected) in rows {
            let (read, errors) = world.ask(viewer, "{ parties { edges { node { name } } } }", json!({})).await;
            assert!(errors.is_empty(), "{errors:?}");
            let names: Vec<&str> = read["parties"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].as_str().unwrap()).collect();
            assert_eq!(names, expected);
        }
        let search = "query($area: ID) { parties(search: \" QUIET\u{3000}\", area: $area, kind: MERCHANT) { edges { node { name creditCode } } } }";
        let (read, _) = world.ask(staff(Role::CommitteeMember), search, json!({ "area": ids.street })).await;
        assert_eq!(read["parties"]["edges"][0]["node"]["creditCode"], "91110000101623741K");
        let (read, _) = world.ask(Viewer::public(), search, json!({ "area": ids.street })).await;
        assert_eq!(read["parties"]["edges"], json!([]));
        // A mutation by whoever works elsewhere is denied, and so is one that would tell a name.
        let elsewhere = holding(Role::CommunityStaff, Held::Area("/1/2/9/".into()));
        let register = "mutation($a: ID!) { partyRegister(input: { kind: GROUP, name: \"G\", areaIds: [$a] }) { party { id } } }";
        let (_, errors) = world.ask(elsewhere, register, json!({ "a": ids.community })).await;
        assert_eq!(errors, ["None of your roles allows RegisterParty here."]);
        let other = world.area(Some(&ids.street), "COMMUNITY", "No. 7").await;
        let neighbour = holding(Role::CommunityStaff, Held::Area("/1/2/4/".into()));
        let join = "mutation($p: ID!, $a: ID!) { partyJoinArea(input: { partyId: $p, areaId: $a }) { party { name areas { edges { node { name } } } } } }";
        let (_, errors) = world.ask(neighbour.clone(), join, json!({ "p": ids.resident, "a": other })).await;
        assert_eq!(errors, ["None of your roles allows ReadResident here."]);
        let (read, _) = world.ask(neighbour, join, json!({ "p": ids.merchant, "a": other })).await;
        let areas = &read["partyJoinArea"]["party"]["areas"]["edges"];
        assert_eq!(*areas, json!([{ "node": { "name": "No. 6" } }, { "node": { "name": "No. 7" } }]));
    }

    async fn nobody_writes_without_the_right(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        let milestone = GlobalId::new(NodeKind::Milestone, 1).to_string();
        let rows = [
            ("partyRegister", json!({ "kind": "GROUP", "name": "G", "areaIds": [ids.community] })),
            ("partyJoinArea", json!({ "partyId": ids.group, "areaId": ids.street })),
            ("hostCreate", json!({ "partyId": ids.group, "areaId": ids.street })),
            ("purposeCreate", json!({ "code": "c", "name": "n" })),
            ("fundOpen", json!({ "hostId": ids.host, "areaId": ids.street, "code": "F7", "name": "Fund",
                "openedOn": "2026-01-01", "seats": 5, "quorum": 3, "purposeIds": [ids.purpose] })),
            ("projectPropose", json!({ "fundId": ids.fund, "areaId": ids.community, "purposeId": ids.purpose,
                "code": "P2", "title": "t", "summary": "s", "residents": 1, "proposedOn": "2026-03-01",
                "budget": [{ "label": "l", "amount": { "amount": 1 } }] })),
            ("projectAdvance", json!({ "projectId": ids.project, "state": "APPROVED", "movedOn": "2026-03-11" })),
            ("milestoneReach", json!({ "milestoneId": milestone, "reachedOn": "2026-04-01" })),
            ("microGrantAward", json!({ "fundId": ids.fund, "groupId": ids.group, "purposeId": ids.purpose,
                "code": "G1", "title": "t", "stage": "GROWTH", "awardedOn": "2026-05-01" })),
            ("externalFundingRecord", json!({ "targetId": ids.project, "source": "OTHER",
                "amount": { "amount": 1 }, "paidOn": "2026-05-01", "sha256": "ab".repeat(32) })),
            ("decisionRecord", decision(&ids, "2026-1", &FOR)),
        ];
        // One works in another street, one may do everything here and shows a token that only reads.
        let mut stranger = Viewer::public();
        (stranger.principal, stranger.grants) = (Some(world.principal), vec![(Role::HostOfficer, Held::Area("/1/9/".into()))]);
        let mut reader = stranger.clone();
        (reader.read_only, reader.grants) = (true, vec![(Role::HostOfficer, Held::Area("/1/".into()))]);
        let mut officer = reader.clone();
        officer.read_only = false;
        for (name, input) in rows {
            let query = mutation(name, "");
            let ask = |viewer| world.ask(viewer, &query, json!({ "input": input }));
            assert!(ask(Viewer::public()).await.1[0].contains("not open to the public"), "{name}");
            assert!(ask(reader.clone()).await.1[0].contains("None of your roles"), "{name}");
            // The tree of purposes is everybody's.
            if name != "purposeCreate" {
                assert!(ask(stranger.clone()).await.1[0].contains("None of your roles"), "{name}");
            }
            // Allowed; whether it is refused is another test's.
            assert_eq!(ask(officer.clone()).await.1, Vec::<String>::new(), "{name}");
        }
    }

    async fn a_wide_list_takes_as_many_statements_as_a_narrow_one(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        for number in 0..12 {
            world.party("MERCHANT", &format!("Shop {number:02}"), &ids.community).await;
            let project = json!({
                "fundId": ids.fund, "areaId": ids.community, "purposeId": ids.narrow, "code": format!("Q{number:02}"),
                "title": "Bench", "summary": "A bench.", "residents": number, "proposedOn": "2026-04-01",
                "budget": [{ "label": "Bench", "amount": { "amount": 100 } }],
            });
            world.add("projectPropose", project, "project").await;
        }
        let queries = [
            "query($n: Int) { list: parties(first: $n) { edges { node {
                name areas(first: 2) { edges { node { name parent { name } } } }
            } } } }",
            "query($n: Int) { list: projects(first: $n) { edges { node {
                code fund { code host { party { name } } } purpose { code } area { name } budgetTotal { amount }
                plan { source } milestones { title } moves { to } decisions { edges { node { amount { amount } } } }
            } } } }",
        ];
        for query in queries {
            let mut counts = vec![];
            for n in [1, 12] {
                let before = world.db.statements();
                let (read, errors) = world.ask(Viewer::public(), query, json!({ "n": n })).await;
                assert!(errors.is_empty(), "{errors:?}");
                assert_eq!(read["list"]["edges"].as_array().unwrap().len(), n);
                counts.push(world.db.statements() - before);
            }
            assert_eq!(counts[0], counts[1], "{query}");
        }
        pages_walk(&world).await;
    }
}

/// Both ways through every order of projects, five at a time, all of them come once.
async fn pages_walk(world: &World) {
    for field in ["PROPOSED_ON", "CODE", "RESIDENTS"] {
        for (direction, forward) in [("ASC", true), ("ASC", false), ("DESC", true), ("DESC", false)] {
            let (size, cursor, end, more) = if forward {
                ("first", "after", "endCursor", "hasNextPage")
            } else {
                ("last", "before", "startCursor", "hasPreviousPage")
            };
            let query = format!(
                "query($c: String) {{ projects({size}: 5, {cursor}: $c, order: {{ field: {field}, direction: {direction} }}) {{
                    edges {{ node {{ code }} }} pageInfo {{ {end} {more} }} }} }}"
            );
            let mut codes: Vec<String> = vec![];
            let mut at = Value::Null;
            loop {
                let read = world.read(&query, json!({ "c": at })).await;
                let page = &read["projects"];
                codes.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["code"].to_string()));
                if page["pageInfo"][more] == json!(false) {
                    break;
                }
                at = page["pageInfo"][end].clone();
            }
            assert_eq!(codes.len(), 13, "{field} {direction} {forward}");
            codes.sort();
            codes.dedup();
            assert_eq!(codes.len(), 13, "{field} {direction} {forward}");
        }
    }
}

const EVERYTHING: &str = "query($area: ID!, $purpose: ID!, $fund: ID!, $host: ID!, $group: ID!) {
    hosts(first: 1) { edges { node { id party { __typename id name } area { name } funds { edges { node { code } } } } } }
    purposes { edges { node { id code depth parent { code } children(last: 1) { edges { node { code } } } } } }
    funds(area: $area, host: $host) { edges { node { code } } }
    none: fund(code: \"no such code\") { id }
    fund(code: \"F6\") {
        id code name openedOn seats quorum area { name } host { party { name } } purposes { edges { node { code } } }
        projects { edges { node { code state } } }
        decisions(first: 1) { edges { node {
            id resolutionNumber approvedOn votesFor votesAll amount { amount currency } seats { constituency holder vote }
            target { __typename id code title residents fund { code } purpose { code } } fund { code }
        } } }
    }
    projects(filter: { fund: $fund, area: $area, state: CLOSED, purpose: $purpose }) { edges { node {
        id code title summary state residents proposedOn movedOn area { name } purpose { code }
        budget { label amount { amount } } budgetTotal { amount } plan { source amount { amount } }
        milestones { title dueOn reachedOn } moves { from to movedOn } decisions { edges { node { resolutionNumber } } }
        externalFunding { edges { node { source paidOn amount { amount } } } }
    } } }
    project(code: \"P1\", fundCode: \"F6\") { code }
    microGrants(fund: $fund, group: $group) { edges { node {
        id code title stage residents awardedOn decisions { edges { cursor } } group { __typename name kind } fund { code } purpose { code }
        externalFunding { edges { cursor } }
    } } }
    parties(kind: GROUP, search: \"catering\") { edges { node {
        __typename id name kind publicity aliasName creditCode areas { edges { node { name } } }
    } } }
}";

/// What the merged types and the library's own are described by is not ours.
const NOT_OURS: [&str; 4] = ["Query", "Mutation", "ID", "NaiveDate"];

#[tokio::test]
async fn every_part_of_the_schema_is_described() {
    let schema = cobuild::api::schema::build();
    let query = "{ __schema { types { name description
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let read = schema.execute(query).await.data.into_json().unwrap();
    let mut missing = vec![];
    for one in read["__schema"]["types"].as_array().unwrap() {
        let name = one["name"].as_str().unwrap();
        if !name.starts_with("__") && !NOT_OURS.contains(&name) {
            undescribed("", one, &mut missing);
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// Adds the path of everything in `part` that has no description.
fn undescribed(path: &str, part: &Value, missing: &mut Vec<String>) {
    let path = format!("{path}.{}", part["name"].as_str().unwrap());
    if part["description"].as_str().is_none_or(str::is_empty) {
        missing.push(path.clone());
    }
    for list in ["fields", "args", "inputFields", "enumValues"] {
        part[list].as_array().into_iter().flatten().for_each(|inner| undescribed(&path, inner, missing));
    }
}
