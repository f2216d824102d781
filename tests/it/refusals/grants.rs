//! What is refused of micro-venture grants, and a request for every mutation of them.

use serde_json::{Value, json};

use super::Row;
use crate::socket::{
    decide,
    grants::{
        grant_apply, grant_award, grant_check, grant_contract, grant_report, judge_conflict, line, objection, register,
        round_open, round_to, score_sheet, settle,
    },
    move_money, pay, with, yuan,
};

/// The refusals of rounds of grants, and of how grants are run.
pub fn rows() -> Vec<Row> {
    let applied = |change| with(grant_apply("applied", "@band"), change);
    let award = |number: usize, amount| {
        with(grant_award(&format!("@awards {number}"), "ROW", amount), json!({ "idempotencyKey": "row" }))
    };
    let advance = |code, state, on| ("roundId", "grantRoundAdvance", round_to(code, state, on));
    let row = |code: &'static str, (field, mutation, input): (&'static str, &'static str, Value)| {
        (code, field, mutation, input)
    };
    vec![
        ("NAME_TAKEN", "groups.0.groupId", "groupRegister", register("choir", "JX-2")),
        ("NAME_TAKEN", "groups.0.number", "groupRegister", register("band", "JX-1")),
        ("NAME_TAKEN", "groups.0.number", "groupCorrect", line("choir", json!({ "number": "JX-3" }))),
        ("NOTHING_CHANGES", "groups.0.groupId", "groupCorrect", line("choir", json!({}))),
        ("NOTHING_CHANGES", "groups.0.groupId", "groupRestore", line("choir", json!({}))),
        ("NOT_FOUND", "groups.0.groupId", "groupStrikeOff", line("band", json!({}))),
        ("GROUP_STRUCK_OFF", "groups.0.groupId", "groupStrikeOff", line("gone", json!({}))),
        ("NAME_TAKEN", "code", "grantRoundOpen", round_open("calling")),
        (
            "BUDGET_EXCEEDED",
            "grantMax",
            "grantRoundOpen",
            with(round_open("row"), json!({ "grantMax": yuan("100.01") })),
        ),
        ("PERIOD_REVERSED", "closesOn", "grantRoundOpen", with(round_open("row"), json!({ "closesOn": "2024-01-01" }))),
        (
            "NUMBER_OUT_OF_RANGE",
            "objectionDays",
            "grantRoundOpen",
            with(round_open("row"), json!({ "objectionDays": 4 })),
        ),
        (
            "PURPOSE_NOT_ALLOWED",
            "purposeId",
            "grantRoundOpen",
            with(round_open("row"), json!({ "purposeId": "@feasts" })),
        ),
        row("ROUND_STATE", advance("calling", "AWARD", "2024-02-12")),
        ("ROUND_STATE", "roundId", "grantApplicationSubmit", grant_apply("calling", "@band")),
        ("ROUND_STATE", "applicationId", "scoreSheetSubmit", score_sheet("@objected 0", "@objected judge 0", 5)),
        ("ROUND_STATE", "applicationId", "judgeConflictDeclare", judge_conflict("@objected 0", "@objected judge 0")),
        ("ROUND_EARLY", "movedOn", "grantRoundAdvance", round_to("applied", "CHECK", "2024-01-20")),
        ("ROUND_EARLY", "submittedOn", "grantApplicationSubmit", applied(json!({ "submittedOn": "2024-01-01" }))),
        ("WINDOW_CLOSED", "submittedOn", "grantApplicationSubmit", applied(json!({ "submittedOn": "2024-01-21" }))),
        ("WINDOW_CLOSED", "raisedOn", "grantObjectionRecord", objection("@objected 0", "2024-02-12")),
        row("APPLICATIONS_UNCHECKED", advance("unchecked", "ROAD_SHOW", "2024-02-01")),
        row("ROUND_EMPTY", advance("empty", "ROAD_SHOW", "2024-02-01")),
        row("SHEETS_MISSING", advance("show", "OBJECTION", "2024-02-05")),
        row("OBJECTIONS_OPEN", advance("objected", "AWARD", "2024-02-12")),
        ("OBJECTION_SETTLED", "objectionId", "grantObjectionSettle", settle("@settled objection")),
        ("APPLICATION_STATE", "applicationId", "grantApplicationAward", award(0, "1.00")),
        ("APPLICATION_BEYOND", "applicationId", "grantApplicationAward", award(2, "10.00")),
        ("BUDGET_EXCEEDED", "amount", "grantApplicationAward", award(1, "40.01")),
        ("GRANT_TOO_LARGE", "amount", "grantApplicationAward", award(1, "60.01")),
        ("GRANT_TOO_LARGE", "asked", "grantApplicationSubmit", applied(json!({ "asked": yuan("60.01") }))),
        ("STAGE_NOT_OFFERED", "stage", "grantApplicationSubmit", applied(json!({ "stage": "EXCELLENCE" }))),
        ("STAGE_NOT_REACHED", "stage", "grantApplicationSubmit", applied(json!({ "stage": "GROWTH" }))),
        ("NOT_FOUND", "groupId", "grantApplicationSubmit", applied(json!({ "groupId": "@shop" }))),
        ("JUDGE_OF_ANOTHER", "judgeId", "scoreSheetSubmit", score_sheet("@show 1", "@show judge 1", 5)),
        ("JUDGE_CONFLICTED", "judgeId", "scoreSheetSubmit", score_sheet("@show 0", "@show judge 2", 5)),
        ("NUMBER_OUT_OF_RANGE", "scores.0.score", "scoreSheetSubmit", score_sheet("@show 0", "@show judge 0", 11)),
        ("AWARD_EXCEEDED", "amount", "decisionRecord", decide("row", "@F1", "@WON", "0.01")),
        (
            "TRANCHES_OUT_OF_ORDER",
            "tranches.1.report",
            "grantContractSign",
            grant_contract("row", &[json!("MIDTERM"), Value::Null]),
        ),
        ("GRANT_STATE", "microGrantId", "grantContractSign", grant_contract("row", &[Value::Null])),
        ("GRANT_STATE", "microGrantId", "grantReportFile", grant_report("CLOSING")),
        ("GRANT_STATE", "microGrantId", "microGrantEvaluate", grant_evaluate()),
        ("GRANT_STATE", "microGrantId", "microGrantClose", json!({ "microGrantId": "@WON" })),
        ("NOT_FOUND", "decisionId", "microGrantEnd", with(grant_end(), json!({ "decisionId": "@R-WON" }))),
        ("PERIOD_REVERSED", "endedOn", "microGrantEnd", with(grant_end(), json!({ "endedOn": "2024-02-20" }))),
        ("TRANCHE_WAITS", "amount", "advancePay", move_money("row", "@WON", "30.01")),
        ("TRANCHE_WAITS", "amount", "expenseRecord", pay("row", "@WON", "60.00")),
        ("TRANCHE_EXCEEDED", "amount", "advancePay", move_money("row", "@WON", "60.01")),
    ]
}

fn grant_evaluate() -> Value {
    json!({ "microGrantId": "@WON", "evaluator": "RESIDENTS", "evaluatedOn": "2024-04-01", "evaluatedBy": "The street",
        "score": 80, "sha256": "ab".repeat(32) })
}

fn grant_end() -> Value {
    json!({ "microGrantId": "@WON", "endedOn": "2024-04-01", "reason": "The group has dissolved." })
}

/// A request for every mutation of groups, rounds and grants that an officer could make.
pub fn one_of_each() -> Vec<(&'static str, Value)> {
    vec![
        ("grantApplicationAward", with(grant_award("@awards 1", "ROW", "40.00"), json!({ "idempotencyKey": "row" }))),
        ("grantApplicationCheck", grant_check("@unchecked 0")),
        ("grantApplicationSubmit", grant_apply("applied", "@band")),
        ("grantContractSign", grant_contract("row", &[Value::Null])),
        ("grantObjectionRecord", objection("@objected 0", "2024-02-08")),
        ("grantObjectionSettle", settle("@objection")),
        ("grantReportFile", grant_report("MIDTERM")),
        ("grantRoundAdvance", round_to("calling", "APPLICATION", "2024-01-02")),
        ("grantRoundOpen", round_open("row")),
        ("groupCorrect", line("choir", json!({ "number": "JX-4" }))),
        ("groupRegister", register("band", "JX-2")),
        ("groupRestore", line("gone", json!({}))),
        ("groupStrikeOff", line("choir", json!({}))),
        ("judgeConflictDeclare", judge_conflict("@show 1", "@show judge 0")),
        ("microGrantClose", json!({ "microGrantId": "@WON" })),
        ("microGrantEnd", grant_end()),
        ("microGrantEvaluate", grant_evaluate()),
        ("scoreSheetSubmit", score_sheet("@show 1", "@show judge 0", 5)),
    ]
}
