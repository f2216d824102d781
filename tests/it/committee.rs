//! Committees, motions, oversight and publication: who decides, what is refused, and the systems of the reports that
//! live on it, told from their beginning to their figures.

use cobuild::{
    id::{FundId, GlobalId, NodeKind},
    ledger::verify,
    viewer::{Held, Role, Viewer, store},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    support::on_both,
    world::{Ids, World, mutation, with},
};

pub fn money(amount: &str) -> Value {
    json!({ "amount": amount })
}

/// Seven voting seats and a supervisor; the second donor's seat is of `unit`.
fn seats(unit: &str) -> Value {
    let seat = |constituency: &str, name: &str, party: Value| json!({ "constituency": constituency, "holder": { "name": name, "partyId": party, "from": "2026-01-02" } });
    json!([
        seat("COMMUNITY", "Community seat", Value::Null),
        seat("RESIDENTS", "Residents' seat 1", Value::Null),
        seat("RESIDENTS", "Residents' seat 2", Value::Null),
        seat("RESIDENTS", "Residents' seat 3", Value::Null),
        seat("DONORS", "Donors' seat 1", Value::Null),
        seat("DONORS", "Donors' seat 2", json!(unit)),
        seat("STREET", "Street seat", Value::Null),
        with(seat("STREET", "Supervisor's seat", Value::Null), json!({ "duty": "SUPERVISOR" })),
    ])
}

fn council(fund: &str, unit: &str) -> Value {
    json!({ "fundId": fund, "kind": "COUNCIL", "name": "Council", "formedOn": "2026-01-02", "quorum": 4,
        "seats": seats(unit) })
}

/// What a test of a council needs beside the world.
pub struct Council {
    pub world: World,
    pub ids: Ids,
    pub seats: Vec<String>,
}

impl Council {
    pub async fn new(fixture: &crate::support::Fixture) -> Self {
        let world = World::new(fixture).await;
        let ids = world.filled().await;
        let formed =
            world.write("committeeForm", council(&ids.fund, &ids.merchant), "committee { seats { id } }").await;
        let seats = formed["committee"]["seats"].as_array().unwrap();
        let seats = seats.iter().map(|seat| seat["id"].as_str().unwrap().to_owned()).collect();
        Self { world, ids, seats }
    }

    /// Opens a motion for money for the project.
    pub async fn open(&self, key: &str, change: Value) -> String {
        let input = json!({ "idempotencyKey": key, "fundId": self.ids.fund, "kind": "PROJECT", "title": "Windows",
            "targetId": self.ids.project, "amount": money("700.50"), "openedOn": "2026-03-10",
            "papers": [{ "name": "offer.pdf", "sha256": "ab".repeat(32) }] });
        self.world.add("motionOpen", with(input, change), "motion").await
    }

    pub fn ballot(&self, motion: &str, seat: usize, vote: &str) -> Value {
        json!({ "motionId": motion, "seatId": self.seats[seat - 1], "vote": vote })
    }

    pub async fn vote(&self, motion: &str, votes: &[(usize, &str)]) {
        for (seat, vote) in votes {
            self.world.add("ballotCast", self.ballot(motion, *seat, vote), "motion").await;
        }
    }

    /// Closes a motion and gives its state and the number of its resolution.
    pub async fn close(&self, motion: &str, closed_on: &str) -> (String, Value) {
        let selection = "motion { state decision { id resolutionNumber votesFor votesAll } }";
        let done = self.world.write("motionClose", close(motion, closed_on), selection).await;
        assert_eq!(done["userErrors"], json!([]));
        let text = done["motion"]["state"].as_str().unwrap().to_owned();
        (text, done["motion"]["decision"].clone())
    }

    pub async fn receive(&self, key: &str, donor: &str, amount: &str, change: Value) {
        let line = with(json!({ "donorId": donor, "amount": money(amount) }), change);
        let input = json!({ "idempotencyKey": key, "fundId": self.ids.fund, "payerId": donor, "channel": "BANK",
            "reference": key, "receivedOn": "2026-03-05", "lines": [line] });
        self.world.add("contributionReceive", input, "contribution").await;
    }

    pub async fn is_clean(&self) {
        let report = verify::verify(&self.world.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    }
}

fn close(motion: &str, closed_on: &str) -> Value {
    json!({ "idempotencyKey": format!("close {motion} {closed_on}"), "motionId": motion, "closedOn": closed_on,
        "minutes": "Said and written down." })
}

pub fn allocate(key: &str, decision: &Value, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "decisionId": decision["id"], "amount": money(amount), "effectiveOn": "2026-03-20",
        "memo": "As decided." })
}

const FOUR: [(usize, &str); 4] = [(1, "FOR"), (2, "FOR"), (3, "FOR"), (4, "AGAINST")];

on_both! {
    async fn a_motion_is_decided_by_the_rule_of_the_day_it_closes(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        // Three of four: carried by simple majority, with the first number of the year.
        let first = here.open("first", json!({})).await;
        here.vote(&first, &FOUR).await;
        let (state, decision) = here.close(&first, "2026-03-11").await;
        assert_eq!(state, "CARRIED");
        assert_eq!(decision["resolutionNumber"], "〔2026〕1号");
        assert_eq!((&decision["votesFor"], &decision["votesAll"]), (&json!(3), &json!(4)));
        // One of four: rejected, and no number is spent on it.
        let second = here.open("second", json!({})).await;
        here.vote(&second, &[(1, "FOR"), (2, "AGAINST"), (3, "AGAINST"), (4, "ABSTAIN")]).await;
        assert_eq!(here.close(&second, "2026-03-12").await, ("REJECTED".to_owned(), Value::Null));
        // A rule: from then on five must sit and two thirds agree.
        let rule = json!({ "kind": "RULE", "targetId": null, "amount": null, "rule": { "quorum": 5, "majority": "TWO_THIRDS" } });
        let third = here.open("third", rule).await;
        here.vote(&third, &FOUR).await;
        let (_, ruled) = here.close(&third, "2026-04-01").await;
        assert_eq!(ruled["resolutionNumber"], "〔2026〕2号");
        let fourth = here.open("fourth", json!({})).await;
        here.vote(&fourth, &FOUR).await;
        assert_eq!(here.world.refused("motionClose", close(&fourth, "2026-04-02")).await.0, "NO_QUORUM");
        // Closed late on a day of the old rule, it is the old rule that decides.
        assert_eq!(here.close(&fourth, "2026-03-31").await.0, "CARRIED");
        let fifth = here.open("fifth", json!({})).await;
        here.vote(&fifth, &[(1, "FOR"), (2, "FOR"), (3, "FOR"), (4, "AGAINST"), (5, "AGAINST")]).await;
        assert_eq!(here.close(&fifth, "2026-04-03").await.0, "REJECTED");
        let query = "{ fund(code: \"F6\") { rules { seats quorum majority validFrom decision { resolutionNumber } }
            committee { kind seats { constituency duty held } }
            motions { edges { node { kind state origin quorum majority papers { name } ballots { seatNo vote holder } } } } } }";
        let read = here.world.read(query, json!({})).await;
        assert_eq!(read["fund"]["rules"], json!([
            { "seats": 7, "quorum": 4, "majority": "SIMPLE", "validFrom": "2026-01-01", "decision": null },
            { "seats": 7, "quorum": 4, "majority": "SIMPLE", "validFrom": "2026-01-02", "decision": null },
            { "seats": 7, "quorum": 5, "majority": "TWO_THIRDS", "validFrom": "2026-04-01",
                "decision": { "resolutionNumber": "〔2026〕2号" } },
        ]));
        let motions = read["fund"]["motions"]["edges"].as_array().unwrap();
        let states: Vec<&Value> = motions.iter().map(|edge| &edge["node"]["state"]).collect();
        assert_eq!(states, ["REJECTED", "CARRIED", "CARRIED", "REJECTED", "CARRIED"]);
        assert_eq!(motions[4]["node"]["ballots"][3], json!({ "seatNo": 4, "vote": "AGAINST", "holder": "Residents' seat 3" }));
        assert_eq!(motions[4]["node"]["papers"], json!([{ "name": "offer.pdf" }]));
        let (public, _) = here.world.ask(Viewer::public(), query, json!({})).await;
        assert_eq!(public["fund"]["motions"]["edges"][4]["node"]["ballots"][3]["holder"], Value::Null);
        // An annulled rule is none: what was before it holds again.
        let annul = json!({ "decisionId": ruled["id"], "annulledOn": "2026-05-01", "reason": "Not as agreed." });
        here.world.add("decisionAnnul", annul, "decision").await;
        let sixth = here.open("sixth", json!({})).await;
        here.vote(&sixth, &FOUR).await;
        let (_, decision) = here.close(&sixth, "2026-05-02").await;
        assert_eq!(decision["resolutionNumber"], "〔2026〕4号");
        here.is_clean().await;
    }

    async fn a_seat_whose_own_unit_gives_or_receives_does_not_vote(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        let motion = here.open("motion", json!({})).await;
        let recusals = "query($id: ID!) { node(id: $id) { ... on Motion { recusals { seatNo interest } } } }";
        let read = here.world.read(recusals, json!({ "id": motion })).await;
        assert_eq!(read["node"]["recusals"], json!([]));
        // The unit of seat 6 gives for the project while the motion is open.
        here.receive("gift", &here.ids.merchant, "100.00", json!({ "earmark": { "targetId": here.ids.project } })).await;
        let refused = here.world.refused("ballotCast", here.ballot(&motion, 6, "FOR")).await;
        assert_eq!(refused, ("SEAT_RECUSED".into(), "seatId".into()));
        let declared = json!({ "motionId": motion, "seatId": here.seats[6], "interest": "RELATED" });
        for _ in 0..2 {
            here.world.add("recusalDeclare", declared.clone(), "motion").await;
        }
        assert_eq!(here.world.refused("ballotCast", here.ballot(&motion, 7, "FOR")).await.0, "SEAT_RECUSED");
        // Three sit: recused seats do not make the quorum.
        here.vote(&motion, &FOUR[..3]).await;
        assert_eq!(here.world.refused("motionClose", close(&motion, "2026-03-11")).await.0, "NO_QUORUM");
        here.vote(&motion, &FOUR[3..]).await;
        assert_eq!(here.close(&motion, "2026-03-11").await.0, "CARRIED");
        let expected = json!([{ "seatNo": 6, "interest": "GIVES" }, { "seatNo": 7, "interest": "RELATED" }]);
        let read = here.world.read(recusals, json!({ "id": motion })).await;
        assert_eq!(read["node"]["recusals"], expected);
        // The group of a micro-grant, and who was paid for it, receive.
        let grant = json!({ "fundId": here.ids.fund, "groupId": here.ids.group, "purposeId": here.ids.purpose,
            "code": "G1", "title": "Oven", "stage": "START_UP", "awardedOn": "2026-03-10" });
        let grant = here.world.add("microGrantAward", grant, "microGrant").await;
        let change = json!({ "seatId": here.seats[1], "holder": { "name": "Of the group", "partyId": here.ids.group, "from": "2026-03-01" } });
        here.world.add("seatFill", change, "seat").await;
        let second = here.open("second", json!({ "kind": "GRANT", "targetId": grant })).await;
        assert_eq!(here.world.refused("ballotCast", here.ballot(&second, 2, "FOR")).await.0, "SEAT_RECUSED");
        let read = here.world.read(recusals, json!({ "id": second })).await;
        assert_eq!(read["node"]["recusals"], json!([{ "seatNo": 2, "interest": "RECEIVES" }]));
        here.is_clean().await;
    }

    async fn of_two_at_once_one_wins_and_the_other_is_told(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        here.receive("gift", &here.ids.association, "2000.00", json!({})).await;
        for state in ["APPROVED", "UNDERWAY"] {
            here.world.advance(&here.ids.project, state, "2026-03-11").await;
        }
        let motion = here.open("motion", json!({})).await;
        // Two votes of one seat.
        let votes = ["FOR", "AGAINST"].map(|vote| here.world.write("ballotCast", here.ballot(&motion, 1, vote), "motion { id }"));
        let [one, two] = votes;
        let (one, two) = tokio::join!(one, two);
        let told: Vec<&Value> = [&one, &two].into_iter().flat_map(|done| done["userErrors"].as_array().unwrap()).collect();
        assert_eq!(told.len(), 1, "{one} {two}");
        assert_eq!(told[0]["code"], "SEAT_VOTED");
        here.vote(&motion, &[(2, "FOR"), (3, "FOR"), (4, "FOR"), (5, "FOR")]).await;
        // A motion that closes while another closes it: the same resolution, or a sentence.
        let closings = ["one", "two"].map(|key| with(close(&motion, "2026-03-12"), json!({ "idempotencyKey": key })));
        let [first, second] = closings;
        let selection = "motion { decision { id } }";
        let (first, second) = tokio::join!(
            here.world.write("motionClose", first, selection),
            here.world.write("motionClose", second, selection)
        );
        let decided: Vec<&Value> = [&first, &second].into_iter().filter(|done| done["userErrors"] == json!([])).collect();
        assert_eq!(decided.len(), 1, "{first} {second}");
        let decision = decided[0]["motion"]["decision"].clone();
        // A vote after closing, and a recusal.
        assert_eq!(here.world.refused("ballotCast", here.ballot(&motion, 7, "FOR")).await.0, "MOTION_STATE");
        let late = json!({ "motionId": motion, "seatId": here.seats[6], "interest": "GIVES" });
        assert_eq!(here.world.refused("recusalDeclare", late).await.0, "MOTION_STATE");
        // An allocation and the annulment of what it stands on.
        let annul = json!({ "decisionId": decision["id"], "annulledOn": "2026-03-21", "reason": "Taken back." });
        let (made, annulled) = tokio::join!(
            here.world.write("allocationMake", allocate("a", &decision, "700.50"), ""),
            here.world.write("decisionAnnul", annul.clone(), "")
        );
        let codes: Vec<&str> = [&made, &annulled].into_iter().filter_map(|done| done["userErrors"][0]["code"].as_str()).collect();
        assert!(codes == ["DECISION_ANNULLED"] || codes == ["DECISION_USED"], "{made} {annulled}");
        // Used up, or annulled: nothing more is allocated on it.
        let again = here.world.refused("allocationMake", allocate("b", &decision, "0.01")).await;
        assert!(["DECISION_EXCEEDED", "DECISION_ANNULLED"].contains(&again.0.as_str()), "{again:?}");
        here.is_clean().await;
        // The database itself does not take a vote on what is closed, nor change one.
        use cobuild::db::Sql as _;
        for sql in [
            "INSERT INTO ballot (motion_id, seat_no, constituency, holder, vote, principal_id) VALUES (1, 7, 'STREET', 'x', 'FOR', 1)",
            "UPDATE ballot SET vote = 'AGAINST' WHERE motion_id = 1",
            "DELETE FROM ballot WHERE motion_id = 1",
            "UPDATE motion SET state = 'OPEN', closed_on = NULL WHERE id = 1",
        ] {
            let mut tx = here.world.db.begin().await.unwrap();
            assert!(tx.sql(sql).execute().await.is_err(), "{sql}");
        }
    }

    async fn a_resolution_is_used_once_and_not_at_all_once_it_is_annulled(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        here.receive("gift", &here.ids.association, "5000.00", json!({})).await;
        here.world.advance(&here.ids.project, "APPROVED", "2026-03-11").await;
        let motion = here.open("motion", json!({})).await;
        // Recused and voting at once: the seat does one of the two.
        let recusal = json!({ "motionId": motion, "seatId": here.seats[6], "interest": "RELATED" });
        let (recused, cast) = tokio::join!(
            here.world.write("recusalDeclare", recusal, ""),
            here.world.write("ballotCast", here.ballot(&motion, 7, "FOR"), "")
        );
        let codes: Vec<&str> = [&recused, &cast].into_iter().filter_map(|done| done["userErrors"][0]["code"].as_str()).collect();
        assert!(codes == ["SEAT_VOTED"] || codes == ["SEAT_RECUSED"], "{recused} {cast}");
        here.vote(&motion, &FOUR).await;
        let (_, decision) = here.close(&motion, "2026-03-12").await;
        // The whole sum twice at once, and then a fen more.
        let (one, two) = tokio::join!(
            here.world.write("allocationMake", allocate("one", &decision, "700.50"), ""),
            here.world.write("allocationMake", allocate("two", &decision, "700.50"), "")
        );
        let told: Vec<&Value> = [&one, &two].into_iter().flat_map(|done| done["userErrors"].as_array().unwrap()).collect();
        assert_eq!(told, [&json!({ "code": "DECISION_EXCEEDED", "field": ["amount"] })], "{one} {two}");
        assert_eq!(here.world.refused("allocationMake", allocate("more", &decision, "0.01")).await.0, "DECISION_EXCEEDED");
        let used = json!({ "decisionId": decision["id"], "annulledOn": "2026-03-21", "reason": "Taken back." });
        assert_eq!(here.world.refused("decisionAnnul", used).await.0, "DECISION_USED");
        // Annulled before it is used: nothing is allocated on it.
        let second = here.open("second", json!({})).await;
        here.vote(&second, &FOUR).await;
        let (_, decision) = here.close(&second, "2026-03-13").await;
        let annul = json!({ "decisionId": decision["id"], "annulledOn": "2026-03-14", "reason": "Taken back." });
        here.world.add("decisionAnnul", annul, "decision").await;
        assert_eq!(
            here.world.refused("allocationMake", allocate("annulled", &decision, "1.00")).await,
            ("DECISION_ANNULLED".into(), "decisionId".into())
        );
        here.is_clean().await;
    }

    async fn what_is_published_twice_at_once_is_published_once(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        here.receive("gift", &here.ids.association, "5000.00", json!({})).await;
        let draft = json!({ "fundId": here.ids.fund, "period": { "from": "2026-01-01", "to": "2026-03-31" },
            "remarks": "Agreements are being signed." });
        let disclosure = here.world.add("disclosureDraft", draft.clone(), "disclosure").await;
        let step = json!({ "disclosureId": disclosure });
        for name in ["disclosureCheck", "disclosureApprove"] {
            here.world.add(name, step.clone(), "disclosure").await;
        }
        let publish = || here.world.write("disclosurePublish", step.clone(), "disclosure { number }");
        let (one, two) = tokio::join!(publish(), publish());
        let told: Vec<&Value> = [&one, &two].into_iter().flat_map(|done| done["userErrors"].as_array().unwrap()).collect();
        assert_eq!(told, [&json!({ "code": "DISCLOSURE_STATE", "field": ["disclosureId"] })], "{one} {two}");
        assert_eq!(here.world.refused("disclosureDraft", draft).await.0, "DISCLOSURE_EXISTS");
        here.is_clean().await;
    }

    async fn what_may_be_done_next_is_told_with_the_reason(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        let motion = here.open("motion", json!({})).await;
        let query = "query($motion: ID!, $project: ID!) {
            motion: node(id: $motion) { ... on Motion { actions { name allowed reason } } }
            project: node(id: $project) { ... on Project { actions { name to allowed reason } } } }";
        let ids = json!({ "motion": motion, "project": here.ids.project });
        let staff = |role| {
            let mut viewer = Viewer::public();
            (viewer.principal, viewer.grants) = (Some(here.world.principal), vec![(role, Held::Fund(FundId(1)))]);
            viewer
        };
        let allowed = |read: &Value, what: &str| -> Vec<String> {
            let actions = read[what]["actions"].as_array().unwrap();
            let name = |one: &Value| one["to"].as_str().or(one["name"].as_str()).unwrap().to_owned();
            actions.iter().filter(|one| one["allowed"] == true).map(name).collect()
        };
        let rows = [
            (Role::CommitteeMember, vec!["ballotCast", "recusalDeclare", "motionWithdraw"], vec!["CANCELLED"]),
            (Role::CommunityStaff, vec!["motionWithdraw"], vec!["UNDER_REVIEW", "APPROVED", "REJECTED", "CANCELLED"]),
            (Role::Auditor, vec![], vec![]),
        ];
        for (role, of_motion, of_project) in rows {
            let (read, errors) = here.world.ask(staff(role), query, ids.clone()).await;
            assert!(errors.is_empty(), "{errors:?}");
            assert_eq!(allowed(&read, "motion"), of_motion, "{role:?}");
            assert_eq!(allowed(&read, "project"), of_project, "{role:?}");
        }
        let (read, _) = here.world.ask(staff(Role::CommitteeMember), query, ids.clone()).await;
        let close = &read["motion"]["actions"][2];
        assert_eq!(close["reason"], "0 sat and voted; the fund's rules ask for 4.");
        let (read, _) = here.world.ask(Viewer::public(), query, ids).await;
        assert!(read["motion"]["actions"][0]["reason"].as_str().unwrap().contains("not open to the public"));
        // A seat with a holder of its own votes through that holder alone.
        let mut tx = here.world.db.begin().await.unwrap();
        store::insert_principal(&mut tx, "Seat 5", here.world.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let holder = json!({ "name": "Donors' seat 1", "principal": "Seat 5", "from": "2026-02-01" });
        here.world.add("seatFill", json!({ "seatId": here.seats[4], "holder": holder }), "seat").await;
        assert_eq!(here.world.refused("ballotCast", here.ballot(&motion, 5, "FOR")).await.0, "SEAT_OF_ANOTHER");
        let unknown = json!({ "name": "x", "principal": "Nobody", "from": "2026-03-01" });
        let refused = here.world.refused("seatFill", json!({ "seatId": here.seats[4], "holder": unknown })).await;
        assert_eq!(refused, ("NOT_FOUND".into(), "holder.principal".into()));
    }

    /// S8: representatives of community, residents and givers approve what is spent and watch the projects; income,
    /// spending and progress are published. 33,000 yuan: 15,000 of the group-buy platform and 18,000 of partner units.
    async fn s8_a_fund_committee_decides_and_publishes(fixture: Fixture) {
        let here = Council::new(&fixture).await;
        let world = &here.world;
        here.receive("platform", &here.ids.merchant, "15000.00", json!({})).await;
        here.receive("units", &here.ids.association, "17500.00", json!({})).await;
        here.receive("resident", &here.ids.resident, "500.00", json!({ "earmark": { "targetId": here.ids.project } })).await;
        // Reviewed, published for funding, approved, begun.
        for (state, on) in [("UNDER_REVIEW", "2026-03-05"), ("PUBLISHED", "2026-03-06"), ("APPROVED", "2026-03-11"), ("UNDERWAY", "2026-03-12")] {
            assert_eq!(world.advance(&here.ids.project, state, on).await["userErrors"], json!([]), "{state}");
        }
        let motion = here.open("windows", json!({ "amount": money("1000.50") })).await;
        here.vote(&motion, &[(1, "FOR"), (2, "FOR"), (5, "FOR"), (7, "FOR"), (3, "ABSTAIN")]).await;
        let (_, decision) = here.close(&motion, "2026-03-12").await;
        world.add("allocationMake", allocate("windows money", &decision, "1000.50"), "allocation").await;
        let pay = json!({ "idempotencyKey": "pay", "targetId": here.ids.project, "payeeId": here.ids.merchant,
            "amount": money("960.00"), "incurredOn": "2026-03-25", "note": "New windows.",
            "evidence": [{ "kind": "INVOICE", "name": "invoice.pdf", "sha256": "cd".repeat(32) }] });
        world.add("expenseRecord", pay, "expense").await;
        let milestones = world.read("{ project(code: \"P1\", fundCode: \"F6\") { milestones { id } } }", json!({})).await;
        for milestone in milestones["project"]["milestones"].as_array().unwrap() {
            let reached = json!({ "milestoneId": milestone["id"], "reachedOn": "2026-03-28" });
            world.add("milestoneReach", reached, "milestone").await;
        }
        world.advance(&here.ids.project, "COMPLETED", "2026-03-29").await;
        end_of_project(&here).await;
        publication(&here).await;
        here.is_clean().await;
    }

    /// S9: a district's host, a street's leading group of five, councils of seven in five pilot communities that raised
    /// over 700,000 yuan together and keep the five musts; then all 52 communities have a fund.
    async fn s9_three_levels_and_the_five_musts(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        let district = world.read("{ areas(first: 1) { edges { node { id } } } }", json!({})).await;
        let district = district["areas"]["edges"][0]["node"]["id"].as_str().unwrap().to_owned();
        let member = json!({ "constituency": "STREET", "holder": { "name": "Member", "from": "2026-01-02" } });
        let group = json!({ "areaId": ids.street, "name": "Leading group", "formedOn": "2026-01-02",
            "seats": vec![member; 5] });
        world.add("leadingGroupForm", group, "committee").await;
        let mut funds = vec![ids.fund.clone()];
        for number in 2..=5 {
            let community = world.area(Some(&ids.street), "COMMUNITY", &format!("Pilot {number}")).await;
            funds.push(open_fund(&world, &ids, &community, &format!("PILOT-{number}")).await);
        }
        let musts = "{ fund(code: \"F6\") { musts { kind kept missing { message place } } } }";
        let before = world.read(musts, json!({})).await;
        let broken = |read: &Value| -> Vec<String> {
            let musts = read["fund"]["musts"].as_array().unwrap().iter();
            musts.filter(|must| must["kept"] == false).map(|must| must["kind"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(broken(&before), ["AGREEMENT", "MANAGEMENT", "DISCLOSURE"]);
        assert_eq!(before["fund"]["musts"][4]["missing"], json!([{
            "message": "What happened up to 2026-03-31 is not published.", "place": "Fund.disclosures" }]));
        for (number, fund) in funds.iter().enumerate() {
            pilot(&world, &ids, fund, number).await;
        }
        assert_eq!(broken(&world.read(musts, json!({})).await), Vec::<String>::new());
        let report = "query($id: ID!, $first: Int) { node(id: $id) { ... on Area { name leadingGroup { kind seats { duty } }
            oversight(period: { from: \"2026-01-01\", to: \"2026-03-31\" }) { area { name } funds received { amount }
                spent { amount } waiting { amount } decisions projects { state projects } mustsKept mustsBroken
                overduePublications fundsBelow(first: $first) { edges { node { fund { code } received { amount }
                    musts { kept } projects { state projects } } } pageInfo { hasNextPage } } } } } }";
        let read = world.read(report, json!({ "id": ids.street, "first": 5 })).await;
        let figures = &read["node"]["oversight"];
        assert_eq!(read["node"]["leadingGroup"]["seats"].as_array().unwrap().len(), 5);
        assert_eq!(figures["funds"], 5);
        assert_eq!(figures["received"]["amount"], "700500.00");
        assert_eq!(figures["spent"]["amount"], "0.00");
        assert_eq!(figures["waiting"]["amount"], "700500.00");
        assert_eq!(figures["projects"], json!([{ "state": "PROPOSED", "projects": 5 }]));
        assert_eq!((&figures["mustsKept"], &figures["mustsBroken"]), (&json!(25), &json!(0)));
        assert_eq!(figures["overduePublications"], 0);
        assert_eq!(figures["fundsBelow"]["edges"][4]["node"]["received"]["amount"], "140100.00");
        // From the points to the whole: 52 communities, and the same number of statements.
        for number in 6..=52 {
            let community = world.area(Some(&ids.street), "COMMUNITY", &format!("Community {number}")).await;
            open_fund(&world, &ids, &community, &format!("C-{number}")).await;
        }
        let mut counts = vec![];
        for first in [2, 60] {
            let before = world.db.statements();
            let read = world.read(report, json!({ "id": district, "first": first })).await;
            counts.push(world.db.statements() - before);
            let figures = &read["node"]["oversight"];
            assert_eq!((&figures["funds"], &figures["received"]["amount"]), (&json!(52), &json!("700500.00")));
            // Of each new fund result and publication are kept, for nothing is due.
            assert_eq!((&figures["mustsKept"], &figures["mustsBroken"]), (&json!(25 + 47 * 2), &json!(47 * 3)));
        }
        // Loads of one kind may meet or not; a statement for each fund would be 50 more.
        assert!(counts[0].abs_diff(counts[1]) <= 2, "a wide report takes as many statements as a narrow one: {counts:?}");
        eprintln!("{:?}: {} statements for the report on 52 funds", fixture.engine, counts[1]);
        let report = verify::verify(&world.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    }
}

async fn open_fund(world: &World, ids: &Ids, community: &str, code: &str) -> String {
    let opened = if code.starts_with("PILOT") { "2026-01-01" } else { "2026-05-20" };
    let input = json!({ "hostId": ids.host, "areaId": community, "code": code, "name": code, "openedOn": opened,
        "seats": 7, "quorum": 4, "purposeIds": [ids.purpose] });
    world.add("fundOpen", input, "fund").await
}

/// What each pilot did: a council, an agreement with a department, its gift, a project, and a publication.
async fn pilot(world: &World, ids: &Ids, fund: &str, number: usize) {
    world.add("committeeForm", council(fund, &ids.merchant), "committee").await;
    let amount = money("140100.00");
    let pledge = json!({ "idempotencyKey": format!("pledge {number}"), "fundId": fund, "donorId": ids.association,
        "offeredOn": "2026-01-05", "terms": { "fixed": { "amount": amount, "dueOn": "2026-02-01" } } });
    let pledge = world.add("pledgeOffer", pledge, "pledge").await;
    world.add("pledgeAdvance", json!({ "pledgeId": pledge, "to": "ACCEPTED" }), "pledge").await;
    let receive = json!({ "idempotencyKey": format!("gift {number}"), "fundId": fund, "payerId": ids.association,
        "channel": "BANK", "reference": format!("gift {number}"), "receivedOn": "2026-02-01",
        "lines": [{ "donorId": ids.association, "amount": amount, "pledgeId": pledge }] });
    world.add("contributionReceive", receive, "contribution").await;
    if number > 0 {
        let read = world
            .read("query($id: ID!) { node(id: $id) { ... on Fund { area { id } } } }", json!({ "id": fund }))
            .await;
        let project = json!({ "fundId": fund, "areaId": read["node"]["area"]["id"], "purposeId": ids.narrow, "code": "P1",
            "title": "Windows", "summary": "Windows.", "residents": 9, "proposedOn": "2026-03-01",
            "budget": [{ "label": "Glass", "amount": money("10.00") }] });
        world.add("projectPropose", project, "project").await;
    }
    let draft = json!({ "fundId": fund, "period": { "from": "2026-01-01", "to": "2026-03-31" } });
    let disclosure = world.add("disclosureDraft", draft, "disclosure").await;
    for step in ["disclosureCheck", "disclosureApprove", "disclosurePublish"] {
        world.add(step, json!({ "disclosureId": disclosure }), "disclosure").await;
    }
}

/// Accepted by who did not do the work, after one rework; evaluated by residents; closed without money left.
async fn end_of_project(here: &Council) {
    let world = &here.world;
    let project = &here.ids.project;
    let accept = |outcome: &str, on: &str| {
        json!({ "projectId": project, "outcome": outcome, "acceptedOn": on, "acceptedBy": "The council", "note": "Looked at.",
            "papers": [{ "name": "record.pdf", "sha256": "ef".repeat(32) }] })
    };
    let state = async |name: &str, input: Value| {
        let done = world.write(name, input, "project { state }").await;
        assert_eq!(done["userErrors"], json!([]), "{name}");
        done["project"]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("projectAccept", accept("REWORK", "2026-03-30")).await, "UNDERWAY");
    world.advance(project, "COMPLETED", "2026-04-05").await;
    assert_eq!(state("projectAccept", accept("ACCEPTED", "2026-04-06")).await, "ACCEPTED");
    // 50 households gave 240 of 250 for use and 480 of 500 all in all: 96 of 100, as published for 2024.
    let evaluate = json!({ "projectId": project, "evaluator": "RESIDENTS", "evaluatedOn": "2026-04-20",
        "evaluatedBy": "The street office", "respondents": 50, "scoreMax": 100, "sha256": "12".repeat(32),
        "scores": [{ "criterion": "Use", "sum": 4900 }, { "criterion": "Care", "sum": 4700 }] });
    assert_eq!(state("projectEvaluate", evaluate).await, "EVALUATED");
    let report = json!({ "projectId": project, "reportedOn": "2026-04-30", "summary": "All windows are new.", "served": 120,
        "name": "report.pdf", "sha256": "34".repeat(32) });
    assert_eq!(world.refused("projectClose", report.clone()).await, ("MONEY_LEFT".into(), "projectId".into()));
    let release = json!({ "idempotencyKey": "release", "targetId": project, "amount": money("40.50"),
        "effectiveOn": "2026-04-29", "memo": "Not needed." });
    let released = world.write("allocationRelease", release, "entry { kind }").await;
    assert_eq!(released["userErrors"], json!([]));
    assert_eq!(state("projectClose", report).await, "CLOSED");
    let query = "{ project(code: \"P1\", fundCode: \"F6\") { state progress { numerator denominator decimal }
        acceptances { outcome papers { name } } evaluation { respondents mean { numerator denominator decimal }
            scores { criterion mean { decimal } } } closingReport { served }
        leftovers { released { amount } bound { amount } } costPerBeneficiary { amount } leverage { own { amount } }
        musts { kind kept } actions { name } } }";
    let read = world.read(query, json!({})).await;
    let read = &read["project"];
    assert_eq!(read["progress"], json!({ "numerator": 1, "denominator": 1, "decimal": "1.00" }));
    assert_eq!(read["acceptances"][0]["outcome"], "REWORK");
    assert_eq!(read["acceptances"].as_array().unwrap().len(), 2);
    assert_eq!(read["evaluation"]["mean"], json!({ "numerator": 96, "denominator": 1, "decimal": "96.00" }));
    assert_eq!(read["evaluation"]["scores"][1]["mean"]["decimal"], "94.00");
    assert_eq!(read["leftovers"]["released"]["amount"], "40.50");
    assert_eq!(read["costPerBeneficiary"]["amount"], "8.00");
    assert_eq!(read["actions"], json!([]), "nothing follows");
}

/// Published with its digest, masked, never changed, corrected by another that names it.
async fn publication(here: &Council) {
    let world = &here.world;
    let period = json!({ "from": "2026-01-01", "to": "2026-03-31" });
    let draft = json!({ "fundId": here.ids.fund, "period": period, "remarks": "Agreements are being signed." });
    let disclosure = world.add("disclosureDraft", draft.clone(), "disclosure").await;
    let step = json!({ "disclosureId": disclosure });
    for name in ["disclosureCheck", "disclosureApprove", "disclosurePublish"] {
        world.add(name, step.clone(), "disclosure").await;
    }
    let query = "query($number: String!) { disclosure(number: $number) { state digest snapshot received { amount } spent { amount }
        closing { amount } publishedOn noticeTo path corrects { number } correctedBy { number reason } } }";
    let (read, errors) = world.ask(Viewer::public(), query, json!({ "number": "F6-2026-001" })).await;
    assert!(errors.is_empty(), "{errors:?}");
    let read = &read["disclosure"];
    let sums = ["received", "spent", "closing"].map(|name| read[name]["amount"].as_str().unwrap().to_owned());
    assert_eq!(sums, ["33000.00", "960.00", "32040.00"]);
    assert_eq!((&read["publishedOn"], &read["noticeTo"]), (&json!("2026-05-20"), &json!("2026-05-26")));
    let text = read["snapshot"].as_str().unwrap();
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read["digest"], digest);
    let parsed: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        parsed["income"],
        json!([
            { "kind": "MERCHANT", "giver": "Bakery", "related": false, "givers": 1, "amount": "15000.00" },
            { "kind": "RESIDENT", "giver": "居民", "related": false, "givers": 1, "amount": "500.00" },
            { "kind": "SOCIAL_ORGANIZATION", "giver": "Charity Association", "related": false, "givers": 1, "amount": "17500.00" },
        ])
    );
    assert!(!text.contains("Somebody"), "a resident is not named");
    assert_eq!(parsed["use"][0]["amount"], "960.00");
    assert_eq!(parsed["progress"][0]["milestones"], json!({ "reached": 2, "all": 2 }));
    assert_eq!(parsed["decisions"][0]["number"], "〔2026〕1号");
    // Nothing changes it: not the API, not the database.
    assert_eq!(world.refused("disclosureDraft", draft).await.0, "DISCLOSURE_EXISTS");
    assert_eq!(world.refused("disclosureCheck", step.clone()).await.0, "DISCLOSURE_STATE");
    use cobuild::db::Sql as _;
    for sql in ["UPDATE disclosure SET snapshot = '{}' WHERE id = 1", "DELETE FROM disclosure WHERE id = 1"] {
        let mut tx = world.db.begin().await.unwrap();
        assert!(tx.sql(sql).execute().await.is_err(), "{sql}");
    }
    // A gift of the period comes late: the correction names what it corrects.
    here.receive("late", &here.ids.association, "100.00", json!({})).await;
    let correct = with(step.clone(), json!({ "reason": "A gift was booked late.", "remarks": "See the reason." }));
    let correction = world.add("disclosureCorrect", correct.clone(), "disclosure").await;
    for name in ["disclosureCheck", "disclosureApprove", "disclosurePublish"] {
        world.add(name, json!({ "disclosureId": correction }), "disclosure").await;
    }
    assert_eq!(world.refused("disclosureCorrect", correct).await.0, "DISCLOSURE_EXISTS");
    let (read, _) = world.ask(Viewer::public(), query, json!({ "number": "F6-2026-002" })).await;
    assert_eq!(read["disclosure"]["received"]["amount"], "33100.00");
    assert_eq!(read["disclosure"]["corrects"]["number"], "F6-2026-001");
    let (read, _) = world.ask(Viewer::public(), query, json!({ "number": "F6-2026-001" })).await;
    let by = json!({ "number": "F6-2026-002", "reason": "A gift was booked late." });
    assert_eq!(read["disclosure"]["correctedBy"], by);
    // Of two corrections at once one is told that there is another; a draft is not for the public.
    let second = GlobalId::new(NodeKind::Disclosure, 2).to_string();
    let again = json!({ "disclosureId": second, "reason": "Once more." });
    let draft = world.add("disclosureCorrect", again, "disclosure").await;
    let node = "query($id: ID!) { node(id: $id) { id } }";
    let (read, errors) = world.ask(Viewer::public(), node, json!({ "id": draft })).await;
    assert_eq!((&read["node"], errors.len()), (&Value::Null, 1));
    let listed = "{ fund(code: \"F6\") { disclosures { edges { node { number } } } } }";
    let (read, _) = world.ask(Viewer::public(), listed, json!({})).await;
    assert_eq!(read["fund"]["disclosures"]["edges"].as_array().unwrap().len(), 2);
    assert_eq!(world.read(listed, json!({})).await["fund"]["disclosures"]["edges"].as_array().unwrap().len(), 3);
    let denied = world.ask(Viewer::public(), &mutation("disclosureCheck", ""), json!({ "input": step })).await.1;
    assert!(denied[0].contains("not open to the public"));
}

#[test]
fn the_documentation_has_the_table_of_moves() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/systems.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- moves -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /moves -->").unwrap();
    let expected = format!("{before}<!-- moves -->\n\n{}\n<!-- /moves -->{after}", cobuild::project::table());
    if std::env::var_os("COBUILD_WRITE_ANSWERS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    assert_eq!(page, expected, "write it with COBUILD_WRITE_ANSWERS=1");
}
