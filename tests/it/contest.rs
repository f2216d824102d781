//! Proposal contests: from the call to the projects that won, and what is refused on the way.

use cobuild::{
    id::GlobalId,
    ledger::verify,
    viewer::{Held, Role, Viewer},
};
use serde_json::{Value, json};

use crate::{
    support::{Fixture, on_both},
    world::{Ids, World, mutation, with},
};

fn money(amount: &str) -> Value {
    json!({ "amount": amount })
}

/// A world with a contest of 20,000 in it. The judges' mean is 60 % of the score; the third judge is of the bakery.
struct Call {
    world: World,
    ids: Ids,
    contest: String,
}

impl Call {
    async fn new(fixture: &Fixture) -> Self {
        let world = World::new(fixture).await;
        let ids = world.filled().await;
        let open = json!({ "fundId": ids.fund, "code": "C26", "title": "Ideas for our street", "callText": "What is missing?",
            "budget": money("20000.00"), "judgesPercent": 60, "openedOn": "2026-03-01", "proposalsTo": "2026-03-31",
            "criteria": [{ "name": "Use", "weight": 3, "scoreMax": 10 }, { "name": "Cost", "weight": 1, "scoreMax": 10 }],
            "judges": [{ "name": "One" }, { "name": "Two" }, { "name": "Three", "partyId": ids.merchant }] });
        let contest = world.add("contestOpen", open, "contest").await;
        Self { world, ids, contest }
    }

    fn entry(&self, party: &str, title: &str, amount: &str) -> Value {
        json!({ "contestId": self.contest, "partyId": party, "areaId": self.ids.community, "purposeId": self.ids.narrow,
            "title": title, "summary": "For all of us.", "residents": 50, "proposedOn": "2026-03-10",
            "budget": [{ "label": "All of it", "amount": money(amount) }] })
    }

    async fn propose(&self, party: &str, title: &str, amount: &str) -> String {
        self.world.add("contestPropose", self.entry(party, title, amount), "proposal").await
    }

    fn sheet(proposal: &str, judge: i64, [of_use, of_cost]: [i64; 2]) -> Value {
        json!({ "proposalId": proposal, "judgeNo": judge,
            "scores": [{ "criterion": 1, "score": of_use }, { "criterion": 2, "score": of_cost }] })
    }

    /// Both judges who may always score give the same, and the third the other; residents give `sums` on so many sheets.
    async fn scored(&self, proposal: &str, sheets: &[[i64; 2]], respondents: i64, sum: i64) {
        for (judge, scores) in (1..).zip(sheets) {
            self.world.add("contestScore", Self::sheet(proposal, judge, *scores), "proposal").await;
        }
        let count = json!({ "proposalId": proposal, "respondents": respondents, "countedOn": "2026-04-10",
            "sha256": "ab".repeat(32), "scores": [{ "criterion": 1, "sum": sum }, { "criterion": 2, "sum": sum }] });
        self.world.add("contestCount", count, "proposal").await;
    }

    async fn score(&self) {
        let scoring = json!({ "contestId": self.contest, "state": "SCORING", "movedOn": "2026-04-01" });
        self.world.add("contestAdvance", scoring, "contest").await;
    }

    fn close(&self) -> Value {
        json!({ "contestId": self.contest, "closedOn": "2026-04-20" })
    }

    async fn is_clean(&self) {
        let report = verify::verify(&self.world.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    }
}

const RANKING: &str =
    "query($id: ID!) { node(id: $id) { ... on Contest { state missingSheets ranking { rank alike place
    score { numerator denominator } proposal { title sheets { judge scores } counted { respondents sums }
    project { code state } } } } } }";

on_both! {
    /// S12: a resident, a group, a partner's shop and an association propose; three judges and the residents score; of the
    /// 20,000 yuan two proposals get 15,000, two that are exactly alike do not both fit into the rest and are told so, and
    /// what won is a project as it was proposed.
    async fn s12_anyone_proposes_and_what_is_scored_best_becomes_a_project(fixture: Fixture) {
        let call = Call::new(&fixture).await;
        let (world, ids) = (&call.world, &call.ids);
        // The resident proposes for themselves; nobody else's representative does.
        let speaks = |party: &str| {
            let mut viewer = Viewer::public();
            let party = party.parse::<GlobalId>().unwrap().party().unwrap();
            (viewer.principal, viewer.grants) = (Some(world.principal), vec![(Role::PartyRepresentative, Held::Party(party))]);
            viewer
        };
        let plan = json!({ "budget": [{ "label": "Plants", "amount": money("10000.00") }],
            "plan": [{ "source": "FUND", "amount": money("8000.00") }, { "source": "RESIDENTS", "amount": money("2000.00") }],
            "milestones": [{ "title": "Planted", "dueOn": "2026-05-01" }] });
        let garden = with(call.entry(&ids.resident, "Garden", "10000.00"), plan);
        let query = mutation("contestPropose", "proposal { id number asked { amount } }");
        let (_, errors) = world.ask(speaks(&ids.group), &query, json!({ "input": garden })).await;
        assert!(errors[0].contains("EnterContest"), "{errors:?}");
        let (done, errors) = world.ask(speaks(&ids.resident), &query, json!({ "input": garden })).await;
        assert!(errors.is_empty(), "{errors:?}");
        let garden = &done["contestPropose"]["proposal"];
        assert_eq!((&garden["number"], &garden["asked"]["amount"]), (&json!(1), &json!("8000.00")));
        let garden = garden["id"].as_str().unwrap().to_owned();
        let oven = call.propose(&ids.group, "Oven", "7000.00").await;
        let lamps = call.propose(&ids.association, "Lamps", "5000.00").await;
        let board = call.propose(&ids.merchant, "Board", "5000.00").await;
        let chairs = call.propose(&ids.association, "Chairs", "1000.00").await;

        call.score().await;
        assert_eq!(world.refused("contestPropose", call.entry(&ids.group, "Late", "1.00")).await.0, "CONTEST_STATE");
        // 36; 32; 0.6 × 30 + 0.4 × 80/3; the same of other sheets; 20.
        call.scored(&garden, &[[9, 9]; 3], 10, 90).await;
        call.scored(&oven, &[[8, 8]; 3], 20, 160).await;
        call.scored(&lamps, &[[8, 6]; 3], 3, 20).await;
        assert_eq!(world.refused("contestClose", call.close()).await, ("CONTEST_SHEETS".into(), "contestId".into()));
        // The third judge is of the bakery, whose board it is.
        let own = Call::sheet(&board, 3, [10, 10]);
        assert_eq!(world.refused("contestScore", own).await, ("JUDGE_OF_PROPOSER".into(), "judgeNo".into()));
        call.scored(&board, &[[7, 7], [8, 8]], 6, 40).await;
        call.scored(&chairs, &[[5, 5]; 3], 1, 5).await;

        // Before it is closed the public is told nothing of the scores, and who judges sees them.
        let (before, errors) = world.ask(Viewer::public(), RANKING, json!({ "id": call.contest })).await;
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(before["node"], json!({ "state": "SCORING", "missingSheets": 0, "ranking": null }));
        let judged = world.read(RANKING, json!({ "id": call.contest })).await;
        assert_eq!(judged["node"]["ranking"].as_array().unwrap().len(), 5);

        let closed = world.write("contestClose", call.close(), "contest { state actions { name } }").await;
        assert_eq!(closed, json!({ "contest": { "state": "CLOSED", "actions": [] }, "userErrors": [] }));
        let (after, errors) = world.ask(Viewer::public(), RANKING, json!({ "id": call.contest })).await;
        assert!(errors.is_empty(), "{errors:?}");
        let ranking = after["node"]["ranking"].as_array().unwrap();
        let line = |one: &Value| {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let project = &one["proposal"]["project"];
            let parts = [&one["rank"], &one["alike"], &one["place"], &one["score"]["numerator"], &one["score"]["denominator"],
                &one["proposal"]["title"], &project["code"], &project["state"]];
            parts.map(text).join(" ")
        };
        assert_eq!(ranking.iter().map(line).collect::<Vec<_>>(), [
            "1 1 WITHIN 36 1 Garden C26-1 PROPOSED",
            "2 1 WITHIN 32 1 Oven C26-2 PROPOSED",
            "3 2 MARGIN 86 3 Lamps null null",
            "3 2 MARGIN 86 3 Board null null",
            "5 1 BEYOND 20 1 Chairs null null",
        ]);
        assert_eq!(ranking[3]["proposal"]["sheets"], json!([{ "judge": 1, "scores": [7, 7] }, { "judge": 2, "scores": [8, 8] }]));
        assert_eq!(ranking[3]["proposal"]["counted"], json!({ "respondents": 6, "sums": [40, 40] }));

        // The winner is a project like any other, with what was proposed in it.
        let query = "{ project(code: \"C26-1\", fundCode: \"F6\") { id title residents proposedOn budgetTotal { amount }
            plan { source amount { amount } } milestones { title dueOn } contestProposal { number party { __typename }
            contest { code moves { from to } } } } fund(code: \"F6\") { contests(first: 5) { edges { node { code } } } } }";
        let read = world.read(query, json!({})).await;
        let project = &read["project"];
        assert_eq!(project["budgetTotal"]["amount"], "10000.00");
        assert_eq!(project["proposedOn"], "2026-03-10");
        assert_eq!(project["plan"][0], json!({ "source": "FUND", "amount": money("8000.00") }));
        assert_eq!(project["milestones"], json!([{ "title": "Planted", "dueOn": "2026-05-01" }]));
        assert_eq!(project["contestProposal"], json!({ "number": 1, "party": { "__typename": "Resident" },
            "contest": { "code": "C26", "moves": [{ "from": "CALL", "to": "SCORING" }, { "from": "SCORING", "to": "CLOSED" }] } }));
        assert_eq!(read["fund"]["contests"]["edges"], json!([{ "node": { "code": "C26" } }]));
        let moved = world.advance(project["id"].as_str().unwrap(), "UNDER_REVIEW", "2026-04-21").await;
        assert_eq!(moved["project"]["state"], "UNDER_REVIEW");
        call.is_clean().await;
    }

    async fn of_two_sheets_or_closings_at_once_one_counts_and_the_other_is_told(fixture: Fixture) {
        let call = Call::new(&fixture).await;
        let (world, ids) = (&call.world, &call.ids);
        let oven = call.propose(&ids.group, "Oven", "7000.00").await;
        call.score().await;
        // Two judges at once: both count.
        let hand_in = |judge, scores| world.write("contestScore", Call::sheet(&oven, judge, scores), "proposal { id }");
        let (one, two) = tokio::join!(hand_in(1, [9, 9]), hand_in(2, [8, 8]));
        assert_eq!((&one["userErrors"], &two["userErrors"]), (&json!([]), &json!([])), "{one} {two}");
        // One judge twice at once: one sheet counts.
        let (one, two) = tokio::join!(hand_in(3, [1, 1]), hand_in(3, [10, 10]));
        let told: Vec<&Value> = [&one, &two].into_iter().flat_map(|done| done["userErrors"].as_array().unwrap()).collect();
        assert_eq!(told, [&json!({ "code": "SHEET_REPEATED", "field": ["judgeNo"] })], "{one} {two}");
        call.scored(&oven, &[], 4, 30).await;
        let again = json!({ "proposalId": oven, "respondents": 1, "countedOn": "2026-04-10", "sha256": "cd".repeat(32),
            "scores": [{ "criterion": 1, "sum": 1 }, { "criterion": 2, "sum": 1 }] });
        assert_eq!(world.refused("contestCount", again).await, ("SHEET_REPEATED".into(), "proposalId".into()));
        // Closed twice at once: one project comes of it.
        let closing = || world.write("contestClose", call.close(), "contest { state }");
        let (one, two) = tokio::join!(closing(), closing());
        let told: Vec<&Value> = [&one, &two].into_iter().flat_map(|done| done["userErrors"].as_array().unwrap()).collect();
        assert_eq!(told, [&json!({ "code": "CONTEST_STATE", "field": ["contestId"] })], "{one} {two}");
        let query = "{ fund(code: \"F6\") { projects(first: 100) { edges { node { code } } } } }";
        let read = world.read(query, json!({})).await;
        assert_eq!(read["fund"]["projects"]["edges"], json!([{ "node": { "code": "C26-1" } }, { "node": { "code": "P1" } }]));
        // Nothing is scored afterwards: not through the API, not in the database.
        assert_eq!(world.refused("contestScore", Call::sheet(&oven, 1, [1, 1])).await, ("CONTEST_STATE".into(), "proposalId".into()));
        use cobuild::db::Sql as _;
        for sql in [
            "INSERT INTO contest_score (proposal_id, judge_no, criterion_no, score, principal_id) VALUES (1, 9, 1, 1, 1)",
            "UPDATE contest_score SET score = 0",
            "DELETE FROM contest_count",
            "UPDATE contest SET state = 'SCORING'",
            "UPDATE contest_proposal SET asked = 1",
            "UPDATE contest_proposal SET project_id = NULL WHERE id = 1",
        ] {
            let mut tx = world.db.begin().await.unwrap();
            assert!(tx.sql(sql).execute().await.is_err(), "{sql}");
        }
        call.is_clean().await;
    }

    async fn what_may_be_done_next_to_a_contest_is_told_with_the_reason(fixture: Fixture) {
        let call = Call::new(&fixture).await;
        let (world, ids) = (&call.world, &call.ids);
        let query = "query($id: ID!) { node(id: $id) { ... on Contest { actions { name to allowed reason } } } }";
        let told = async |role: Role| {
            let mut viewer = Viewer::public();
            let fund = Held::Fund(cobuild::id::FundId(1));
            (viewer.principal, viewer.grants) = (Some(world.principal), vec![(role, fund)]);
            let (read, errors) = world.ask(viewer, query, json!({ "id": call.contest })).await;
            assert!(errors.is_empty(), "{errors:?}");
            let actions = read["node"]["actions"].as_array().unwrap().clone();
            let line = |one: &Value| {
                let to = one["to"].as_str().map(|to| format!(" {to}")).unwrap_or_default();
                let why = one["reason"].as_str().unwrap_or("may be done");
                format!("{}{to}: {why}", one["name"].as_str().unwrap())
            };
            actions.iter().map(line).collect::<Vec<_>>()
        };
        let denied = |act: &str| format!("None of your roles allows {act} here.");
        assert_eq!(told(Role::CommunityStaff).await, [
            "contestPropose: may be done".to_owned(),
            "contestAdvance SCORING: Nothing was proposed; there is nothing to score.".to_owned(),
            "contestAdvance CANCELLED: may be done".to_owned(),
        ]);
        call.propose(&ids.group, "Oven", "7000.00").await;
        call.score().await;
        assert_eq!(told(Role::CommunityStaff).await, [
            format!("contestScore: {}", denied("Review")),
            "contestCount: may be done".to_owned(),
            format!("contestClose CLOSED: {}", denied("Review")),
            format!("contestAdvance CANCELLED: {}", denied("Review")),
        ]);
        let missing = "contestClose CLOSED: 4 sheets are missing: every judge scores every proposal but those of their own party, \
            and residents' sheets are counted where they count.";
        assert_eq!(told(Role::CommitteeMember).await, [
            "contestScore: may be done".to_owned(),
            format!("contestCount: {}", denied("RunProject")),
            missing.to_owned(),
            "contestAdvance CANCELLED: may be done".to_owned(),
        ]);
    }
}

#[test]
fn the_documentation_has_the_table_of_a_contest() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/systems.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- contest -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /contest -->").unwrap();
    let expected =
        format!("{before}<!-- contest -->\n\n{}\n<!-- /contest -->{after}", cobuild::contest::contest_table());
    if std::env::var_os("COBUILD_WRITE_ANSWERS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    assert_eq!(page, expected, "write it with COBUILD_WRITE_ANSWERS=1");
}
