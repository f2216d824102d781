//! Rounds of micro-venture grants in the first fund, at every stage.

use serde_json::{Value, json};

use super::{Site, decide, with, yuan};

impl Site {
    /// Rounds of grants at every stage, each with what stands in its way: judge 2 is somebody else, judge 3 of the group.
    pub async fn call_for_grants(&mut self) {
        for name in ["choir", "band", "gone"] {
            let input = json!({ "kind": "GROUP", "name": name, "areaIds": ["@here"] });
            self.add(name, "partyRegister", "party", input).await;
        }
        for (mutation, input) in [
            ("groupRegister", register("choir", "JX-1")),
            ("groupRegister", register("gone", "JX-3")),
            ("groupStrikeOff", line("gone", json!({}))),
        ] {
            let done = self.mutate(Some(&self.officer), "en", mutation, &input, "groups { id }").await;
            assert_eq!(done["data"][mutation]["userErrors"], json!([]), "{done}");
        }
        for (code, applicants, state) in [
            ("calling", &[][..], "CALL"),
            ("applied", &[("@choir", "10.00")][..], "APPLICATION"),
            ("unchecked", &[("@choir", "10.00")][..], "CHECK"),
            ("empty", &[][..], "CHECK"),
            ("show", &[("@group", "10.00"), ("@choir", "10.00")][..], "ROAD_SHOW"),
            ("objected", &[("@choir", "10.00"), ("@band", "10.00")][..], "OBJECTION"),
            ("awards", &[("@choir", "60.00"), ("@band", "60.00"), ("@group", "10.00")][..], "AWARD"),
        ] {
            self.run_round(code, applicants, state).await;
        }
        for (name, application) in [("objection", "@objected 0"), ("settled objection", "@objected 1")] {
            self.add(name, "grantObjectionRecord", "objection", objection(application, "2024-02-08")).await;
        }
        self.add("settled objection", "grantObjectionSettle", "objection", settle("@settled objection")).await;
        self.award("@awards 0", "WON", "60.00").await;
        self.add("WON", "grantContractSign", "microGrant", grant_contract("signed", &[Value::Null, json!("MIDTERM")]))
            .await;
    }

    /// Awards a grant of the code `code`, which it is called, and records the resolution on it.
    pub async fn award(&mut self, application: &str, code: &str, amount: &str) {
        let award = grant_award(application, code, amount);
        let read = self
            .mutate(Some(&self.officer), "en", "grantApplicationAward", &award, "application { microGrant { id } }")
            .await;
        self.name(code, &read["data"]["grantApplicationAward"]["application"]["microGrant"]["id"]);
        let (number, target) = (format!("R-{code}"), format!("@{code}"));
        let decided = with(decide(&number, "@F1", &target, amount), json!({ "approvedOn": "2024-02-20" }));
        self.add(&number, "decisionRecord", "decision", decided).await;
    }

    /// A round of the first fund that has come to `state`; its applications are called after it and numbered.
    pub async fn run_round(&mut self, code: &str, applicants: &[(&str, &str)], state: &str) {
        self.add(code, "grantRoundOpen", "round", round_open(code)).await;
        let query = "query($id: ID!) { node(id: $id) { ... on GrantRound { judges { id } } } }";
        let read = self.ask(Some(&self.officer), "en", query, json!({ "id": format!("@{code}") })).await;
        for (number, judge) in read["data"]["node"]["judges"].as_array().unwrap().iter().enumerate() {
            self.name(&format!("{code} judge {number}"), &judge["id"]);
        }
        let stages = ["APPLICATION", "CHECK", "ROAD_SHOW", "OBJECTION", "AWARD"];
        let days = ["2024-01-02", "2024-01-21", "2024-02-01", "2024-02-05", "2024-02-12"];
        for (stage, on) in stages.into_iter().zip(days) {
            if state == "CALL" {
                return;
            }
            self.add(code, "grantRoundAdvance", "round", round_to(code, stage, on)).await;
            for (number, (group, asked)) in applicants.iter().enumerate() {
                let application = format!("{code} {number}");
                let at = format!("@{application}");
                if stage == "APPLICATION" {
                    let input = with(grant_apply(code, group), json!({ "asked": yuan(asked) }));
                    self.add(&application, "grantApplicationSubmit", "application", input).await;
                } else if stage == "CHECK" && code != "unchecked" {
                    self.add(&application, "grantApplicationCheck", "application", grant_check(&at)).await;
                } else if stage == "ROAD_SHOW" && code != "show" {
                    self.score(code, number, group, 9 - i64::try_from(number).unwrap()).await;
                }
            }
            if stage == state {
                return;
            }
        }
    }

    /// The first judge scores; the second is absent, and the third, where the application is not of its own group.
    async fn score(&mut self, code: &str, number: usize, group: &str, score: i64) {
        let application = format!("@{code} {number}");
        let sheet = score_sheet(&application, &format!("@{code} judge 0"), score);
        self.add(&application[1..], "scoreSheetSubmit", "application", sheet).await;
        for judge in if group == "@group" { &[1][..] } else { &[1, 2][..] } {
            let absent = judge_conflict(&application, &format!("@{code} judge {judge}"));
            self.add(&application[1..], "judgeConflictDeclare", "application", absent).await;
        }
    }
}

pub fn register(name: &str, number: &str) -> Value {
    json!({ "groups": [{ "groupId": format!("@{name}"), "areaId": "@here", "field": "CULTURE", "standing": "FILED",
        "number": number, "registeredOn": "2023-05-01" }] })
}

/// A change of the line of a group in the register.
pub fn line(name: &str, change: Value) -> Value {
    let line = json!({ "groupId": format!("@{name}"), "changedOn": "2024-01-01", "reason": "As it is." });
    json!({ "groups": [with(line, change)] })
}

pub fn round_open(code: &str) -> Value {
    json!({ "fundId": "@F1", "purposeId": "@places", "code": code, "title": code, "callText": "Apply.",
        "budget": yuan("100.00"), "grantMax": yuan("60.00"), "stages": ["START_UP", "GROWTH"],
        "criteria": [{ "name": "Need", "scoreMax": 10 }], "openedOn": "2024-01-02", "closesOn": "2024-01-20",
        "judges": [{ "name": "One" }, { "name": "Two", "principal": "Holder of seat 4" }, { "name": "Three", "partyId": "@group" }] })
}

pub fn round_to(code: &str, state: &str, on: &str) -> Value {
    json!({ "roundId": format!("@{code}"), "state": state, "movedOn": on })
}

pub fn grant_apply(code: &str, group: &str) -> Value {
    json!({ "roundId": format!("@{code}"), "groupId": group, "stage": "START_UP", "title": "Songs", "plan": "To sing.",
        "asked": yuan("10.00"), "residents": 9, "submittedOn": "2024-01-10" })
}

pub fn grant_check(application: &str) -> Value {
    json!({ "applicationId": application, "outcome": "PASSED", "reason": "Looked through.", "checkedOn": "2024-01-22" })
}

pub fn score_sheet(application: &str, judge: &str, score: i64) -> Value {
    json!({ "applicationId": application, "judgeId": judge, "scores": [{ "criterion": 1, "score": score }] })
}

pub fn judge_conflict(application: &str, judge: &str) -> Value {
    json!({ "applicationId": application, "judgeId": judge, "reason": "Absent." })
}

pub fn objection(application: &str, on: &str) -> Value {
    json!({ "applicationId": application, "objection": "It was done before.", "raisedOn": on })
}

pub fn settle(objection: &str) -> Value {
    json!({ "objectionId": objection, "outcome": "DISMISSED", "answer": "It was not.", "settledOn": "2024-02-09" })
}

pub fn grant_award(application: &str, code: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": format!("award {code}"), "applicationId": application, "code": code, "amount": yuan(amount),
        "awardedOn": "2024-02-12" })
}

/// A contract about the grant that was won: a part of 30.00 after each of these reports.
pub fn grant_contract(key: &str, reports: &[Value]) -> Value {
    let part = |report: &Value| json!({ "amount": yuan("30.00"), "dueOn": "2024-03-01", "report": report });
    json!({ "idempotencyKey": key, "microGrantId": "@WON", "signedOn": "2024-02-21", "name": "contract.pdf",
        "sha256": "ab".repeat(32), "tranches": reports.iter().map(part).collect::<Vec<_>>() })
}

pub fn grant_report(kind: &str) -> Value {
    json!({ "microGrantId": "@WON", "kind": kind, "reportedOn": "2024-03-01", "summary": "Sung.", "served": 9,
        "name": "report.pdf", "sha256": "ab".repeat(32) })
}
