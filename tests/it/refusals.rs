//! What is refused over a real socket: each with a code, a path and a sentence in two languages, and
//! nothing written.

mod grants;

use std::collections::BTreeSet;

use cobuild::id::{GlobalId, NodeKind};
use serde_json::{Value, json};

use crate::{
    socket::{
        LANGUAGES, Site, allocate, ballot, bank_lines, bank_match, campaign_open, committee_form, contest_count,
        contest_open, contest_propose, contest_score, credit, decide, decision_annul, disclosure, fund_open, funded,
        gift, miss, motion_close, motion_open, move_money, offer, pay, propose, receive, refund, related, relot,
        reverse, seats, sold, swap, transfer, with, write_off, yuan,
    },
    support::on_both,
};

/// What no mutation over the socket provokes here: a full disk does, or another address, or the tests of imports.
const NOT_PROVOKED: [&str; 6] =
    ["CONFLICT", "IMPORT_MOVED_ON", "STORAGE_FULL", "UPLOAD_BROKEN", "UPLOAD_DONE", "UPLOAD_TOO_LARGE"];

/// One request that must be refused: the code, the path, the mutation and its input.
type Row = (&'static str, &'static str, &'static str, Value);

/// The refusals of what a field holds, in the order of the enum.
fn fields() -> Vec<Row> {
    let one = || receive("row", "@F1", json!([gift("@shop", "5.00", Value::Null)]));
    let make = |change| with(allocate("row", "@R-P3", "5.00"), change);
    let party = |change| with(json!({ "kind": "MERCHANT", "name": "Shop", "areaIds": ["@here"] }), change);
    let evidence = |sha256: &str| json!({ "evidence": [{ "kind": "INVOICE", "name": "a.pdf", "sha256": sha256 }] });
    let terms = |terms| with(offer("row", "@F1", "@unit"), json!({ "terms": terms }));
    let depth = json!({ "parentId": "@deepest", "code": "deeper", "name": "deeper" });
    vec![
        ("TEXT_EMPTY", "memo", "allocationMake", make(json!({ "memo": "  " }))),
        ("TEXT_TOO_LONG", "note", "contributionReceive", with(one(), json!({ "note": "x".repeat(501) }))),
        ("AMOUNT_NOT_POSITIVE", "amount", "allocationMake", make(json!({ "amount": yuan("-1.00") }))),
        ("AMOUNT_NOT_POSITIVE", "amount", "expenseRecord", pay("row", "@P1", "0")),
        ("AMOUNT_TOO_LARGE", "amount", "allocationMake", make(json!({ "amount": yuan("100000000000.01") }))),
        ("AMOUNT_TOO_LARGE", "amount", "contributionRefund", refund("row", "@unit", "999999999999999.99")),
        (
            "AMOUNT_ZERO",
            "lines.1.amount",
            "bankLineRecord",
            bank_lines("@F1", "6217", &[("B3", "2024-03-02", "1.00"), ("B4", "2024-03-02", "0.00")]),
        ),
        (
            "AMOUNT_TOO_LARGE",
            "lines.0.amount",
            "bankLineRecord",
            bank_lines("@F1", "6217", &[("B3", "2024-03-02", "-100000000000.01")]),
        ),
        (
            "DATE_IN_FUTURE",
            "lines.0.bookedOn",
            "bankLineRecord",
            bank_lines("@F1", "6217", &[("B3", "2999-03-02", "1.00")]),
        ),
        ("DATE_IN_FUTURE", "effectiveOn", "allocationMake", make(json!({ "effectiveOn": "2999-01-01" }))),
        (
            "PERIOD_REVERSED",
            "terms.fixed.dueOn",
            "pledgeOffer",
            terms(json!({ "fixed": { "amount": yuan("5.00"), "dueOn": "2024-01-31" } })),
        ),
        ("LIST_SIZE", "lines", "contributionReceive", receive("row", "@F1", json!([]))),
        ("NUMBER_OUT_OF_RANGE", "quorum", "fundOpen", with(fund_open("F3", "@third"), json!({ "quorum": 6 }))),
        ("DIGEST_MALFORMED", "evidence.0.sha256", "expenseRecord", with(pay("row", "@P1", "1.00"), evidence("abc"))),
        ("KEY_MALFORMED", "idempotencyKey", "allocationMake", make(json!({ "idempotencyKey": "" }))),
        ("IDEMPOTENCY_MISMATCH", "idempotencyKey", "allocationMake", allocate("allocated", "@R-P1", "25.01")),
        ("IDEMPOTENCY_MISMATCH", "idempotencyKey", "expenseRecord", pay("paid", "@P1", "23.00")),
        ("CREDIT_CODE_INVALID", "creditCode", "partyRegister", party(json!({ "creditCode": "91350211M0000XUF46" }))),
        ("CREDIT_CODE_TAKEN", "creditCode", "partyRegister", party(json!({ "creditCode": "91110000101623741K" }))),
        (
            "NAME_TAKEN",
            "resolutionNumber",
            "decisionRecord",
            with(decide("R-P1", "@F1", "@P1", "1.00"), json!({ "idempotencyKey": "row" })),
        ),
        ("NOT_FOUND", "decisionId", "allocationMake", allocate("row", "@no decision", "1.00")),
        ("NOT_FOUND", "donorId", "contributionRefund", refund("row", "@nobody", "1.00")),
        ("AREA_LEVEL", "level", "areaCreate", json!({ "parentId": "@here", "level": "COMMUNITY", "name": "Within" })),
        ("PURPOSE_TOO_DEEP", "parentId", "purposeCreate", depth),
    ]
}

/// The refusals of what belongs to another fund, purpose, giver or promise.
fn belongings() -> Vec<Row> {
    let line = |change| with(gift("@unit", "5.00", Value::Null), change);
    let given = |change| receive("row", "@F1", json!([line(change)]));
    let pledged = |pledge: &str, change| given(with(json!({ "pledgeId": pledge }), change));
    let earmarked = |earmark| given(json!({ "earmark": earmark }));
    let promised = |change| with(offer("row", "@F1", "@unit"), change);
    let rate = |denominator: i64| json!({ "numerator": 1, "denominator": denominator });
    vec![
        ("ANOTHER_FUND", "targetId", "decisionRecord", decide("row", "@F1", "@Q1", "1.00")),
        ("ANOTHER_FUND", "lines.0.earmark.targetId", "contributionReceive", earmarked(json!({ "targetId": "@Q1" }))),
        ("ANOTHER_FUND", "lines.0.pledgeId", "contributionReceive", pledged("@elsewhere", json!({}))),
        ("ANOTHER_FUND", "earmark.targetId", "pledgeOffer", promised(json!({ "earmark": { "targetId": "@Q1" } }))),
        ("COVER_OF_ANOTHER", "lines.0.donorId", "contributionReceive", given(json!({ "class": "COVER" }))),
        (
            "EARMARK_MALFORMED",
            "lines.0.earmark",
            "contributionReceive",
            earmarked(json!({ "targetId": "@P1", "anyFund": true })),
        ),
        ("ANOTHER_FUND", "account", "bankLineRecord", bank_lines("@F2", "6217", &[("B3", "2024-03-02", "1.00")])),
        (
            "BANK_LINE_DIFFERS",
            "lines.0.reference",
            "bankLineRecord",
            bank_lines("@F1", "6217", &[("B1", "2024-03-02", "100.01")]),
        ),
        ("ANOTHER_FUND", "areaId", "projectPropose", propose("P9", "@F1", "@there")),
        (
            "PURPOSE_NOT_ALLOWED",
            "purposeId",
            "projectPropose",
            with(propose("P9", "@F1", "@here"), json!({ "purposeId": "@feasts" })),
        ),
        (
            "PURPOSE_NOT_ALLOWED",
            "lines.0.earmark.purposeId",
            "contributionReceive",
            earmarked(json!({ "purposeId": "@feasts" })),
        ),
        (
            "PURPOSE_NOT_ALLOWED",
            "purposeId",
            "expenseRecord",
            with(pay("row", "@P1", "1.00"), json!({ "purposeId": "@feasts" })),
        ),
        ("SUM_MISMATCH", "amount", "contributionReceive", with(given(json!({})), json!({ "amount": yuan("5.01") }))),
        (
            "EARMARK_MALFORMED",
            "lines.0.earmark",
            "contributionReceive",
            earmarked(json!({ "purposeId": "@places", "groupId": "@group" })),
        ),
        (
            "RATE_MALFORMED",
            "terms.perUnit.rate",
            "pledgeOffer",
            promised(json!({ "terms": { "perUnit": { "rate": rate(0) } } })),
        ),
        ("PLEDGE_STATE", "lines.0.pledgeId", "contributionReceive", pledged("@offered", json!({}))),
        ("PLEDGE_STATE", "pledgeId", "pledgeAdvance", json!({ "pledgeId": "@promise", "to": "FULFILLED" })),
        (
            "PLEDGE_OF_ANOTHER",
            "lines.0.pledgeId",
            "contributionReceive",
            pledged("@promise", json!({ "donorId": "@shop" })),
        ),
        (
            "PLEDGE_EARMARK",
            "lines.0.earmark",
            "contributionReceive",
            pledged("@promise", json!({ "earmark": { "targetId": "@P1" } })),
        ),
        (
            "DUE_EXCEEDED",
            "lines.0.amount",
            "contributionReceive",
            pledged("@promise", json!({ "amount": yuan("50.01") })),
        ),
        (
            "RECEIPT_REPEATED",
            "reference",
            "contributionReceive",
            with(given(json!({})), json!({ "reference": "free" })),
        ),
    ]
}

/// The refusals of what stands beside a pledge: agreements, campaigns, sales, claims, goods and waivers.
fn promises() -> Vec<Row> {
    let promised = |change| with(offer("row", "@F1", "@unit"), change);
    let line = with(gift("@unit", "5.00", Value::Null), json!({ "pledgeId": "@promise" }));
    let goods = receive("row", "@F1", json!([line]));
    let claim = |project: &str, units: Value| json!({ "terms": { "claim": { "projectId": project, "units": units, "expiresOn": "2099-01-01" } } });
    vec![
        (
            "AGREEMENT_OF_ANOTHER",
            "agreementId",
            "pledgeOffer",
            promised(json!({ "agreementId": "@agreement", "donorId": "@shop" })),
        ),
        (
            "AGREEMENT_TERM",
            "agreementId",
            "pledgeOffer",
            promised(json!({ "agreementId": "@agreement", "offeredOn": "2023-12-31" })),
        ),
        ("CAMPAIGN_CLOSED", "campaignId", "pledgeOffer", promised(json!({ "campaignId": "@closed fair" }))),
        ("CAMPAIGN_CLOSED", "campaignId", "salesReportRecord", sold("row", json!({ "campaignId": "@closed fair" }))),
        ("CAMPAIGN_CLOSED", "campaignId", "campaignClose", json!({ "campaignId": "@closed fair", "participants": 1 })),
        (
            "REPORT_EMPTY",
            "amount",
            "salesReportRecord",
            sold("row", json!({ "campaignId": "@fair", "amount": Value::Null })),
        ),
        ("SALES_REPORTED", "period", "salesReportRecord", sold("row", json!({ "campaignId": "@fair" }))),
        (
            "SALES_CORRECTED",
            "reportId",
            "salesReportCorrect",
            json!({ "idempotencyKey": "row", "reportId": "@sold", "amount": yuan("8.00"), "reason": "Again." }),
        ),
        ("NOT_CLAIMABLE", "terms.claim.projectId", "pledgeOffer", promised(claim("@P1", Value::Null))),
        ("CLAIM_TAKEN", "terms.claim.units", "pledgeOffer", promised(claim("@P3", json!(5)))),
        (
            "WAIVER_EXCEEDED",
            "amount",
            "dueWaive",
            json!({ "idempotencyKey": "row", "dueId": "@due", "amount": yuan("50.01"), "reason": "Too much." }),
        ),
        ("ASSET_MISMATCH", "lines.0.pledgeId", "contributionReceive", with(goods, json!({ "asset": "KIND" }))),
    ]
}

/// The refusals of imports.
fn imports() -> Vec<Row> {
    let start = |change| with(import_start("@file"), change);
    let save = |change| with(mapping_save(), change);
    vec![
        ("TEXT_EMPTY", "fileName", "stagedUploadCreate", json!({ "fundId": "@F1", "fileName": " " })),
        ("TEXT_TOO_LONG", "source", "importStart", start(json!({ "source": "x".repeat(61) }))),
        ("NUMBER_OUT_OF_RANGE", "expectedTotal", "importStart", start(json!({ "expectedTotal": yuan("-1.00") }))),
        ("NOT_FOUND", "uploadId", "importStart", with(import_start("@file"), json!({ "fundId": "@F2" }))),
        ("NOT_FOUND", "mappingName", "importStart", start(json!({ "mappingName": "none" }))),
        ("UPLOAD_MISSING", "uploadId", "importStart", import_start("@unsent file")),
        ("MAPPING_UNREADABLE", "mapping", "importStart", start(json!({ "mapping": "gifer = \"x\"" }))),
        ("MAPPING_UNREADABLE", "mapping", "importMappingSave", save(json!({ "mapping": "giver = " }))),
        ("PLAN_MOVED", "planHash", "importCommit", import_commit("@import", "another")),
        ("IMPORT_REFUSED", "importJobId", "importCommit", import_commit("@faulty import", "@faulty import hash")),
        ("IMPORT_STATE", "importJobId", "importUndo", json!({ "importJobId": "@import" })),
        ("NOT_FOUND", "importJobId", "importCancel", json!({ "importJobId": "@no import" })),
    ]
}

fn import_start(upload: &str) -> Value {
    json!({ "fundId": "@F1", "kind": "CONTRIBUTIONS", "uploadId": upload })
}

fn import_commit(job: &str, hash: &str) -> Value {
    json!({ "importJobId": job, "planHash": hash })
}

fn mapping_save() -> Value {
    json!({ "fundId": "@F1", "kind": "CONTRIBUTIONS", "name": "ours", "mapping": "giver = \"name\"" })
}

/// The refusals of what may not be done now.
fn states() -> Vec<Row> {
    let voted = |votes: &[&str]| with(decide("row", "@F1", "@P3", "1.00"), json!({ "seats": seats(votes) }));
    let lots = |parts: &[(&str, &str)]| {
        let lots: Value = parts.iter().map(|(lot, amount)| json!({ "id": lot, "amount": yuan(amount) })).collect();
        with(allocate("row", "@R-P1", "2.00"), json!({ "lots": lots }))
    };
    let early = json!({ "effectiveOn": "2024-02-09" });
    let cancel = json!({ "projectId": "@P1", "state": "CANCELLED", "movedOn": "2024-05-01" });
    let matched =
        |pledge: &str| json!({ "idempotencyKey": "row", "pledgeId": pledge, "effectiveOn": "2024-03-10", "memo": "m" });
    vec![
        ("SUM_MISMATCH", "lots", "allocationMake", lots(&[("@free.0", "1.00")])),
        ("LIST_SIZE", "lineIds", "bankLineMatch", bank_match(&["@line 2"], &[])),
        ("SUM_MISMATCH", "entryIds", "bankLineMatch", bank_match(&["@line 2"], &["@entry 2"])),
        ("BANK_MATCHED", "lineIds.0", "bankLineMatch", bank_match(&["@line 1", "@line 2"], &["@entry 2"])),
        ("BANK_MATCHED", "entryIds.0", "bankLineMatch", bank_match(&["@line 2"], &["@entry 1"])),
        ("BANK_MATCHED", "entryId", "entryReverse", reverse("row", "@entry 1")),
        ("ENTRY_WITHOUT_CASH", "entryIds.0", "bankLineMatch", bank_match(&["@line 2"], &["@entry 5"])),
        ("ENTRY_UNDONE", "entryIds.0", "bankLineMatch", bank_match(&["@line 2"], &["@entry 3"])),
        ("NOT_FOUND", "entryIds.1", "bankLineMatch", bank_match(&["@line 2"], &["@entry 7", "@no entry"])),
        ("NOT_FOUND", "matchId", "bankLineUnmatch", json!({ "matchId": "@no match" })),
        ("PROJECT_STATE", "decisionId", "allocationMake", allocate("row", "@R-PROPOSED", "1.00")),
        (
            "PROJECT_STEP",
            "projectId",
            "projectAdvance",
            json!({ "projectId": "@DONE", "state": "ACCEPTED", "movedOn": "2024-05-01" }),
        ),
        ("FUNDING_MINIMUM", "funding.minimum", "projectPropose", funded("P9", "25.01", "2024-03-31")),
        ("PERIOD_REVERSED", "funding.deadline", "projectPropose", funded("P9", "20.00", "2024-01-09")),
        ("FUNDING_NOT_MISSED", "projectId", "projectFundingMiss", miss("@RAISED", "2024-05-01")),
        ("FUNDING_NOT_MISSED", "missedOn", "projectFundingMiss", miss("@SHORT", "2024-03-31")),
        ("NOT_FOUND", "projectId", "projectFundingMiss", miss("@Q1", "2024-05-01")),
        ("PROJECT_STATE", "projectId", "projectFundingMiss", miss("@PROPOSED", "2024-05-01")),
        ("FUNDING_SHORT", "projectId", "projectAdvance", begin("@SHORT")),
        (
            "MONEY_BOUND",
            "projectId",
            "projectAdvance",
            json!({ "projectId": "@MISSED", "state": "CANCELLED", "movedOn": "2024-05-01" }),
        ),
        (
            "TARGET_CLOSED",
            "lines.0.earmark.targetId",
            "contributionReceive",
            receive("row", "@F1", json!([gift("@unit", "1.00", json!({ "targetId": "@MISSED" }))])),
        ),
        (
            "MILESTONE_REACHED",
            "reachedOn",
            "milestoneReach",
            json!({ "milestoneId": "@milestone", "reachedOn": "2024-04-02" }),
        ),
        ("TARGET_CLOSED", "targetId", "decisionRecord", decide("row", "@F1", "@CLOSING", "1.00")),
        ("TARGET_CLOSED", "decisionId", "allocationMake", allocate("row", "@R-CLOSED", "1.00")),
        (
            "TARGET_CLOSED",
            "lines.0.earmark.targetId",
            "contributionReceive",
            receive("row", "@F1", json!([gift("@unit", "1.00", json!({ "targetId": "@CLOSING" }))])),
        ),
        ("MONEY_LEFT", "projectId", "projectAdvance", cancel),
        ("NO_QUORUM", "seats", "decisionRecord", voted(&["FOR", "FOR"])),
        ("TOO_MANY_SEATS", "seats", "decisionRecord", voted(&["FOR"; 6])),
        ("NO_MAJORITY", "seats", "decisionRecord", voted(&["FOR", "FOR", "AGAINST", "ABSTAIN"])),
        ("DECISION_LATER", "effectiveOn", "allocationMake", with(allocate("row", "@R-P3", "1.00"), early)),
        ("DECISION_EXCEEDED", "amount", "allocationMake", allocate("row", "@R-P1", "474.01")),
        ("EVIDENCE_MISSING", "evidence", "expenseRecord", with(pay("row", "@P1", "1.00"), json!({ "evidence": [] }))),
        // Named: given for another project; of another fund; the younger lot first, which is too small.
        ("LOT_NOT_ELIGIBLE", "lots.1.id", "allocationMake", lots(&[("@free.0", "1.00"), ("@earmarked.0", "1.00")])),
        ("LOT_NOT_ELIGIBLE", "lots.0.id", "allocationMake", lots(&[("@over there.0", "1.00"), ("@free.0", "1.00")])),
        ("LOT_NOT_ELIGIBLE", "lots.0.id", "allocationMake", lots(&[("@moved.0", "1.00"), ("@free.0", "1.00")])),
        // By rule: 94.00 is free for P1, 40.00 waits for P3.
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "allocationMake", allocate("row", "@R-P1", "94.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "expenseRecord", pay("row", "@P1", "2.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "advancePay", move_money("row", "@P1", "2.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "allocationRelease", move_money("row", "@P1", "2.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "advanceReturn", move_money("row", "@P1", "0.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "contributionRefund", refund("row", "@resident", "0.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "pledgeId", "pledgeMatch", matched("@unpaid match")),
        ("NOTHING_TO_MATCH", "pledgeId", "pledgeMatch", matched("@match")),
        ("ALREADY_REVERSED", "entryId", "entryReverse", reverse("row", "@entry 3")),
        ("IS_REVERSAL", "entryId", "entryReverse", reverse("row", "@reversal")),
        ("MONEY_MOVED_ON", "entryId", "entryReverse", reverse("row", "@entry 4")),
        ("MONEY_MOVED_ON", "entryId", "entryReverse", reverse("row", "@entry 5")),
    ]
}

/// The refusals of committees and what they decide.
fn committees() -> Vec<Row> {
    let formed = |duties: &[&str]| committee_form("@F1", duties);
    let unwatched = || {
        let mut input = formed(&["MEMBER"; 4]);
        input["seats"][4]["duty"] = json!("MEMBER");
        input
    };
    let opened = |change| with(motion_open("row", "@Q1", "1.00"), change);
    let numbered = json!({ "resolutionNumber": "〔2026〕1号" });
    let to_allocate = |decision| allocate("row", decision, "1.00");
    vec![
        ("COMMITTEE_SEATS", "seats", "committeeForm", formed(&["MEMBER"; 6])),
        ("COMMITTEE_SEATS", "seats", "committeeForm", formed(&["MEMBER"; 3])),
        ("COMMITTEE_SEATS", "seats", "committeeForm", with(formed(&["MEMBER"; 5]), json!({ "kind": "COUNCIL" }))),
        ("COMMITTEE_SEATS", "seats", "committeeForm", with(formed(&["MEMBER"; 5]), json!({ "kind": "LEADING_GROUP" }))),
        ("SUPERVISOR_MISSING", "seats", "committeeForm", unwatched()),
        ("NAME_TAKEN", "name", "committeeForm", committee_form("@F2", &["MEMBER"; 5])),
        ("NUMBER_OUT_OF_RANGE", "quorum", "committeeForm", with(formed(&["MEMBER"; 5]), json!({ "quorum": 6 }))),
        ("NOT_FOUND", "fundId", "motionOpen", opened(json!({ "fundId": "@F1", "targetId": "@P1" }))),
        ("ANOTHER_FUND", "targetId", "motionOpen", opened(json!({ "targetId": "@P1" }))),
        ("MOTION_PARTS", "kind", "motionOpen", opened(json!({ "kind": "RULE" }))),
        ("MOTION_PARTS", "kind", "motionOpen", opened(json!({ "amount": null }))),
        ("MOTION_PARTS", "targetId", "motionOpen", opened(json!({ "kind": "GRANT" }))),
        ("MOTION_PARTS", "targetId", "motionOpen", opened(json!({ "kind": "END", "amount": null }))),
        ("MOTION_PARTS", "kind", "motionOpen", opened(json!({ "kind": "END" }))),
        ("MOTION_STATE", "motionId", "ballotCast", ballot("@rule motion", "@seat 1")),
        ("MOTION_STATE", "motionId", "motionClose", motion_close("row", "@rule motion")),
        ("MOTION_STATE", "motionId", "motionWithdraw", json!({ "motionId": "@rule motion", "closedOn": "2024-02-06" })),
        ("NO_QUORUM", "motionId", "motionClose", motion_close("row", "@motion")),
        ("SEAT_WITHOUT_VOTE", "seatId", "ballotCast", ballot("@motion", "@seat 6")),
        ("SEAT_VACANT", "seatId", "ballotCast", ballot("@motion", "@seat 5")),
        ("SEAT_OF_ANOTHER", "seatId", "ballotCast", ballot("@motion", "@seat 4")),
        ("SEAT_RECUSED", "seatId", "ballotCast", ballot("@motion", "@seat 2")),
        ("SEAT_VOTED", "seatId", "ballotCast", ballot("@motion", "@seat 3")),
        (
            "SEAT_VOTED",
            "seatId",
            "recusalDeclare",
            json!({ "motionId": "@motion", "seatId": "@seat 3", "interest": "GIVES" }),
        ),
        ("NUMBER_GIVEN", "resolutionNumber", "decisionRecord", with(decide("row", "@F1", "@P3", "1.00"), numbered)),
        ("DECISION_WITHOUT_MONEY", "decisionId", "allocationMake", to_allocate("@R-RULE")),
        ("DECISION_ANNULLED", "decisionId", "allocationMake", to_allocate("@R-ANNULLED")),
        ("DECISION_ANNULLED", "decisionId", "decisionAnnul", decision_annul("@R-ANNULLED")),
        ("DECISION_USED", "decisionId", "decisionAnnul", decision_annul("@R-P1")),
        ("DECISION_CARRIED_OUT", "decisionId", "decisionAnnul", decision_annul("@R-ENDED")),
        ("PERIOD_REVERSED", "holder.from", "seatFill", seat_fill("2024-01-01")),
    ]
}

fn begin(project: &str) -> Value {
    json!({ "projectId": project, "state": "UNDERWAY", "movedOn": "2024-05-01" })
}

fn accept(outcome: &str) -> Value {
    json!({ "projectId": "@DONE", "outcome": outcome, "acceptedOn": "2024-05-01", "acceptedBy": "The committee",
        "note": "Looked at.", "papers": [{ "name": "record.pdf", "sha256": "ab".repeat(32) }] })
}

fn evaluate(sum: i64) -> Value {
    json!({ "projectId": "@DONE", "evaluator": "RESIDENTS", "evaluatedOn": "2024-05-02", "evaluatedBy": "The street",
        "respondents": 3, "scoreMax": 5, "sha256": "ab".repeat(32), "scores": [{ "criterion": "Use", "sum": sum }] })
}

fn close_project() -> Value {
    json!({ "projectId": "@DONE", "reportedOn": "2024-05-03", "summary": "Done.", "served": 9, "name": "report.pdf",
        "sha256": "ab".repeat(32) })
}

/// The refusals of the end of a project.
fn ends() -> Vec<Row> {
    vec![
        ("LIST_SIZE", "papers", "projectAccept", with(accept("ACCEPTED"), json!({ "papers": [] }))),
        (
            "DATE_IN_FUTURE",
            "acceptedOn",
            "projectAccept",
            with(accept("REWORK"), json!({ "acceptedOn": "2999-01-01" })),
        ),
        ("PROJECT_STATE", "projectId", "projectAccept", with(accept("ACCEPTED"), json!({ "projectId": "@P1" }))),
        ("PROJECT_STATE", "projectId", "projectEvaluate", evaluate(15)),
        ("NUMBER_OUT_OF_RANGE", "scores.0.sum", "projectEvaluate", evaluate(16)),
        ("PROJECT_STATE", "projectId", "projectClose", with(close_project(), json!({ "projectId": "@P1" }))),
    ]
}

fn step(disclosure: &str) -> Value {
    json!({ "disclosureId": disclosure })
}

/// The refusals of proposal contests.
fn contests() -> Vec<Row> {
    let advance = |contest: &str, state: &str| json!({ "contestId": contest, "state": state, "movedOn": "2024-05-01" });
    let opened = |change| with(contest_open("ROW", "2024-03-31"), change);
    let entry = |change| with(contest_propose("@CALL", "@unit", "5.00"), change);
    let sheet = |scores| with(contest_score("@SCORED entry", 4), json!({ "scores": scores }));
    vec![
        ("NAME_TAKEN", "code", "contestOpen", contest_open("CALL", "2024-03-31")),
        ("TEXT_TOO_LONG", "code", "contestOpen", opened(json!({ "code": "x".repeat(31) }))),
        ("PERIOD_REVERSED", "proposalsTo", "contestOpen", contest_open("ROW", "2024-02-29")),
        ("NUMBER_OUT_OF_RANGE", "judgesPercent", "contestOpen", opened(json!({ "judgesPercent": 0 }))),
        ("LIST_SIZE", "judges", "contestOpen", opened(json!({ "judges": [] }))),
        (
            "NOT_FOUND",
            "judges.0.principal",
            "contestOpen",
            opened(json!({ "judges": [{ "name": "x", "principal": "x" }] })),
        ),
        (
            "NAME_TAKEN",
            "criteria.1.name",
            "contestOpen",
            opened(json!({ "criteria": [{ "name": "Use", "scoreMax": 5 }, { "name": "Use", "scoreMax": 5 }] })),
        ),
        ("CONTEST_STATE", "contestId", "contestPropose", entry(json!({ "contestId": "@SCORED" }))),
        (
            "CONTEST_CALL",
            "proposedOn",
            "contestPropose",
            with(entry(json!({})), json!({ "contestId": "@EMPTY", "proposedOn": "2024-04-01" })),
        ),
        ("PERIOD_REVERSED", "proposedOn", "contestPropose", entry(json!({ "proposedOn": "2024-02-29" }))),
        ("PURPOSE_NOT_ALLOWED", "purposeId", "contestPropose", entry(json!({ "purposeId": "@feasts" }))),
        ("CONTEST_BUDGET", "budget", "contestPropose", contest_propose("@CALL", "@unit", "1000.01")),
        ("CONTEST_CALL", "contestId", "contestAdvance", advance("@CALL", "SCORING")),
        ("CONTEST_EMPTY", "contestId", "contestAdvance", advance("@EMPTY", "SCORING")),
        ("CONTEST_STATE", "contestId", "contestAdvance", advance("@CALL", "CLOSED")),
        ("CONTEST_STATE", "proposalId", "contestScore", contest_score("@CALL entry", 1)),
        ("SHEET_REPEATED", "judgeNo", "contestScore", contest_score("@SCORED entry", 1)),
        ("JUDGE_OF_ANOTHER", "judgeNo", "contestScore", contest_score("@SCORED entry", 2)),
        ("JUDGE_OF_PROPOSER", "judgeNo", "contestScore", contest_score("@SCORED entry", 3)),
        ("NOT_FOUND", "judgeNo", "contestScore", contest_score("@SCORED entry", 5)),
        ("NUMBER_OUT_OF_RANGE", "scores.0.score", "contestScore", sheet(json!([{ "criterion": 1, "score": 11 }]))),
        ("LIST_SIZE", "scores", "contestScore", sheet(json!([]))),
        ("NOT_FOUND", "scores.0.criterion", "contestScore", sheet(json!([{ "criterion": 2, "score": 1 }]))),
        ("NUMBER_OUT_OF_RANGE", "scores.0.sum", "contestCount", contest_count("@SCORED entry", 3, 31)),
        ("CONTEST_STATE", "proposalId", "contestCount", contest_count("@CALL entry", 3, 30)),
        ("CONTEST_SHEETS", "contestId", "contestClose", json!({ "contestId": "@SCORED", "closedOn": "2024-05-01" })),
        ("CONTEST_STATE", "contestId", "contestClose", json!({ "contestId": "@CALL", "closedOn": "2024-05-01" })),
    ]
}

/// The refusals of what is published.
fn publications() -> Vec<Row> {
    let corrected = |disclosure| with(step(disclosure), json!({ "reason": "A sum was wrong." }));
    vec![
        ("DISCLOSURE_STATE", "disclosureId", "disclosurePublish", step("@draft")),
        ("DISCLOSURE_STATE", "disclosureId", "disclosureApprove", step("@published")),
        ("DISCLOSURE_STATE", "disclosureId", "disclosureCorrect", corrected("@draft")),
        ("DISCLOSURE_EXISTS", "period", "disclosureDraft", disclosure("01")),
        ("DISCLOSURE_STALE", "disclosureId", "disclosureCheck", step("@stale")),
        ("MUSTS_UNEXPLAINED", "disclosureId", "disclosureCheck", step("@draft")),
        ("PRIVATE_NAME", "disclosureId", "disclosureCheck", step("@named")),
        ("NUMBER_OUT_OF_RANGE", "amount", "dutyPeriodSet", duty_period("@host", 121)),
        ("NOT_FOUND", "hostId", "dutyPeriodSet", duty_period("@no host", 4)),
        ("ANOTHER_FUND", "projectId", "disclosureDraft", with(disclosure("02"), json!({ "projectId": "@P1" }))),
    ]
}

fn duty_period(host: &str, amount: i64) -> Value {
    json!({ "hostId": host, "name": "PROGRESS_MONTHS", "amount": amount })
}

fn seat_fill(from: &str) -> Value {
    json!({ "seatId": "@seat 1", "holder": { "name": "Next", "from": from } })
}

/// The refusals of corrections, goods, different hands and related parties.
fn corrections() -> Vec<Row> {
    vec![
        (
            "CONSENT_OF_ANOTHER",
            "consentedById",
            "lotRelot",
            relot("@free.0", json!({ "donorId": "@shop", "consentedById": "@group" })),
        ),
        (
            "CONSENT_OF_ANOTHER",
            "consentedById",
            "lotRelot",
            relot("@earmarked.0", json!({ "earmark": {}, "consentedById": "@unit" })),
        ),
        ("NOTHING_CHANGES", "lotId", "lotRelot", relot("@free.0", json!({ "donorId": "@unit", "earmark": {} }))),
        ("NOTHING_CHANGES", "partyId", "relatedPartyDeclare", related("@shop")),
        (
            "PERIOD_REVERSED",
            "validTo",
            "relatedPartyEnd",
            json!({ "relatedPartyId": "@shop related", "validTo": "2023-12-31" }),
        ),
        ("NOTHING_CHANGES", "toFundId", "fundTransfer", transfer("row", "@F1", "@F1", "1.00")),
        ("NOT_FOUND", "lotId", "lotRelot", relot("@no lot", json!({ "donorId": "@shop" }))),
        ("NOT_FOUND", "expenseId", "expenseSwap", swap("@no expense", "@unit", "1.00")),
        ("NOT_FOUND", "expenseId", "expenseCredit", credit("@no expense", "1.00", "2024-03-26")),
        ("NOT_FOUND", "toFundId", "fundTransfer", transfer("row", "@F1", "@no fund", "1.00")),
        (
            "LOT_NOT_ELIGIBLE",
            "lotId",
            "lotRelot",
            relot("@returned.0", json!({ "donorId": "@unit", "consentedById": "@shop" })),
        ),
        (
            "LOT_NOT_ELIGIBLE",
            "lotId",
            "lotRelot",
            relot("@moved.0", json!({ "donorId": "@unit", "earmark": { "targetId": "@P3" } })),
        ),
        ("TARGET_CLOSED", "targetId", "targetDraw", json!({ "targetId": "@CLOSING", "draw": "PRO_RATA" })),
        ("PERIOD_REVERSED", "effectiveOn", "expenseCredit", credit("@paid", "1.00", "2024-03-19")),
        ("ASSET_MIXED", "asset", "allocationMake", with(allocate("row", "@R-P1", "1.00"), json!({ "asset": "KIND" }))),
        (
            "INSUFFICIENT_ELIGIBLE_FUNDS",
            "amount",
            "allocationMake",
            with(allocate("row", "@R-P3", "1.00"), json!({ "asset": "KIND" })),
        ),
        (
            "INSUFFICIENT_ELIGIBLE_FUNDS",
            "amount",
            "expenseRecord",
            with(pay("row", "@P1", "1.00"), json!({ "asset": "KIND" })),
        ),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "expenseSwap", swap("@paid", "@group", "0.01")),
        // The resident paid 20.00 of it, and 94.00 of others is free for P1.
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "expenseSwap", swap("@paid", "@resident", "20.01")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "expenseCredit", credit("@paid", "24.01", "2024-03-26")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "fundTransfer", transfer("row", "@F1", "@F2", "1.00")),
        ("INSUFFICIENT_ELIGIBLE_FUNDS", "amount", "advanceWriteOff", write_off("@P1", "0.01")),
        (
            "INSUFFICIENT_ELIGIBLE_FUNDS",
            "amount",
            "contributionRefund",
            with(refund("row", "@resident", "20.01"), json!({ "expenseId": "@paid" })),
        ),
        ("NOT_REVERSIBLE", "entryId", "entryReverse", reverse("row", "@transfer")),
        // The second fund asks for different hands, and the officer has done everything.
        ("TWO_PERSONS", "decisionId", "allocationMake", allocate("row", "@R-Q1", "1.00")),
        ("TWO_PERSONS", "targetId", "expenseRecord", pay("row", "@Q1", "1.00")),
        ("TWO_PERSONS", "targetId", "advancePay", move_money("row", "@Q1", "1.00")),
    ]
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|symbol| ('\u{4e00}'..='\u{9fff}').contains(&symbol))
}

/// Checks that a sentence is for people, in its language, and tells nothing of the inside.
fn check_sentence(language: &str, message: &str, row: &str) {
    // A resolution's number is a name, and stays as it is.
    let said = ["〔2024〕1号", "〔2024〕2号"].iter().fold(message.to_owned(), |said, number| said.replace(number, ""));
    assert_eq!(is_chinese(&said), language != "en", "{row}: {message}");
    assert!(message.ends_with(['.', '。']) && message.chars().count() > 5, "{row}: {message}");
    for word in ["SELECT", "INSERT", "UPDATE", "sqlx", "SQLITE", "constraint", "panicked", "$1"] {
        assert!(!message.contains(word), "{row}: {message}");
    }
}

pub async fn filled(fixture: &crate::support::Fixture) -> Site {
    let mut site = Site::open(fixture).await;
    site.fill().await;
    site.ask_for_money().await;
    site.add("shop related", "relatedPartyDeclare", "relatedParty", related("@shop")).await;
    let asked = json!({ "fundId": "@F2", "twoPersons": "ASKED" });
    site.add("F2", "fundTwoPersons", "fund", asked).await;
    let general = json!([gift("@association", "3.00", json!({ "anyFund": true }))]);
    site.add("general", "contributionReceive", "contribution", receive("general", "@F1", general)).await;
    site.add("transfer", "fundTransfer", "entryOut", transfer("transfer", "@F1", "@F2", "3.00")).await;
    for (name, kind) in [
        ("no decision", NodeKind::Decision),
        ("no import", NodeKind::ImportJob),
        ("nobody", NodeKind::Merchant),
        ("no entry", NodeKind::Entry),
        ("no match", NodeKind::BankMatch),
        ("no lot", NodeKind::Lot),
        ("no expense", NodeKind::Expense),
        ("no fund", NodeKind::Fund),
        ("no host", NodeKind::Host),
    ] {
        site.name(name, &json!(GlobalId::new(kind, 99_999).to_string()));
    }
    site
}

on_both! {
    async fn what_is_refused_is_told_in_two_languages_and_writes_nothing(fixture: Fixture) {
        let mut site = filled(&fixture).await;
        for depth in 0..39 {
            let parent = if depth == 0 { "@places" } else { "@deepest" };
            let code = format!("depth-{depth}");
            let input = json!({ "parentId": parent, "code": code, "name": code });
            site.add("deepest", "purposeCreate", "purpose", input).await;
        }
        let before = site.fingerprint().await;
        let mut provoked = BTreeSet::new();
        let rows = [fields(), belongings(), promises(), states(), committees(), ends(), publications(), grants::rows(), corrections(), contests()];
        let rows = [rows.concat(), imports()].concat();
        let mut wrong = vec![];
        for (code, field, mutation, input) in &rows {
            let row = format!("{mutation} {code} {input}");
            for language in LANGUAGES {
                let answer = site.mutate(Some(&site.officer), language, mutation, input, "").await;
                let errors = &answer["data"][mutation]["userErrors"];
                let path = errors[0]["field"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let told = (errors[0]["code"].as_str().unwrap_or_default(), path.collect::<Vec<_>>().join("."));
                if told != (*code, (*field).to_owned()) || errors[1] != Value::Null {
                    wrong.push(format!("{row}: {answer}"));
                    continue;
                }
                check_sentence(language, errors[0]["message"].as_str().unwrap(), &row);
            }
            let sent = field.split('.').next().unwrap();
            if !site.input_fields(mutation).await.contains(sent) {
                wrong.push(format!("{row}: the request has no {field}"));
            }
            provoked.insert(code.to_string());
            assert_eq!(site.fingerprint().await, before, "{row} wrote something");
        }
        assert_eq!(wrong, Vec::<String>::new());
        let codes = "{ __type(name: \"UserErrorCode\") { enumValues { name } } }";
        let codes = site.ask(None, "en", codes, json!({})).await;
        let codes = codes["data"]["__type"]["enumValues"].as_array().unwrap().clone();
        let codes = codes.iter().map(|one| one["name"].as_str().unwrap());
        let missed: BTreeSet<&str> = codes.filter(|code| !provoked.contains(*code)).collect();
        assert_eq!(missed, NOT_PROVOKED.into());
        eprintln!("{:?}: {} refusals of {} codes, each in two languages", fixture.engine, rows.len(), provoked.len());
        site.close().await;
    }

    async fn an_amount_that_is_not_exact_is_no_amount(fixture: Fixture) {
        let site = filled(&fixture).await;
        let before = site.fingerprint().await;
        for amount in [json!(1.5), json!("1.005"), json!("1e3"), json!("NaN"), json!(""), json!(1e300), json!("1,000.00"), json!("99999999999999999999"), json!(null), json!(true)] {
            let input = with(allocate("row", "@R-P1", "1.00"), json!({ "amount": { "amount": amount } }));
            let answer = site.mutate(Some(&site.officer), "en", "allocationMake", &input, "").await;
            assert!(answer["data"]["allocationMake"].is_null(), "{amount}: {answer}");
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{amount}: {answer}");
            check_sentence_kind(error["message"].as_str().unwrap());
            assert_eq!(site.fingerprint().await, before, "{amount} wrote something");
        }
        // The same in the document itself.
        for amount in ["1.5", "-0.001", "\"0.001\"", "1e2"] {
            let query = format!(
                "mutation {{ allocationMake(input: {{ idempotencyKey: \"row\", decisionId: \"{}\", amount: {{ amount: {amount} }},
                 effectiveOn: \"2024-03-10\", memo: \"m\" }}) {{ userErrors {{ code }} }} }}", site.named("@R-P1"));
            let answer = site.ask(Some(&site.officer), "en", &query, json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{amount}: {answer}");
            assert_eq!(site.fingerprint().await, before, "{amount} wrote something");
        }
        site.close().await;
    }

    async fn a_code_that_fails_its_check_is_taken_with_a_reason(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.add("here", "areaCreate", "area", json!({ "parentId": "@district", "level": "COMMUNITY", "name": "Here" })).await;
        let shop = json!({ "kind": "MERCHANT", "name": "Shop", "areaIds": ["@here"], "creditCode": "91350211M0000XUF46" });
        let refused = site.mutate(Some(&site.officer), "en", "partyRegister", &shop, "").await;
        assert_eq!(refused["data"]["partyRegister"]["userErrors"][0]["code"], "CREDIT_CODE_INVALID");
        let reason = json!({ "creditCodeOverride": "As printed on the licence." });
        site.add("shop", "partyRegister", "party", with(shop, reason)).await;
        let db = cobuild::db::Db::connect(&fixture.url).await.unwrap();
        use cobuild::db::Sql as _;
        let kept: Vec<(String, String)> = db
            .sql("SELECT credit_code, credit_code_override FROM party WHERE credit_code IS NOT NULL")
            .all()
            .await
            .unwrap();
        assert_eq!(kept, [("91350211M0000XUF46".to_owned(), "As printed on the licence.".to_owned())]);
        db.close().await;
        site.close().await;
    }

    async fn nobody_changes_anything_without_the_right(fixture: Fixture) {
        let site = filled(&fixture).await;
        let rows = one_of_each();
        let known = site.ask(None, "en", "{ __type(name: \"Mutation\") { fields { name } } }", json!({})).await;
        let known = known["data"]["__type"]["fields"].as_array().unwrap().clone();
        let known: BTreeSet<&str> = known.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(rows.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), known, "a row for every mutation");
        let representative = site.token("Representative", &["--role", "party-representative", "--party", "@shop"]);
        let reader = site.token("Reader", &["--role", "host-officer", "--district", "Jianxi", "--scope", "read"]);
        let before = site.fingerprint().await;
        for (mutation, input) in &rows {
            for language in LANGUAGES {
                for (token, code) in [(None, "UNAUTHENTICATED"), (Some(&representative), "FORBIDDEN"), (Some(&reader), "FORBIDDEN")] {
                    let answer = site.mutate(token.map(String::as_str), language, mutation, input, "").await;
                    let error = &answer["errors"][0];
                    assert_eq!(error["extensions"]["code"], code, "{mutation}: {answer}");
                    check_sentence(language, error["message"].as_str().unwrap(), mutation);
                    assert!(answer["data"][mutation].is_null(), "{mutation}: {answer}");
                }
            }
            assert_eq!(site.fingerprint().await, before, "{mutation} wrote something");
        }
        site.close().await;
    }
}

fn check_sentence_kind(message: &str) {
    assert!(!message.is_empty() && !message.contains("SELECT") && !message.contains("panicked"), "{message}");
}

fn leading_group() -> Value {
    let holder = json!({ "name": "Somebody", "from": "2024-01-01" });
    json!({ "areaId": "@district", "name": "Leading group", "formedOn": "2024-01-01",
        "seats": [{ "constituency": "STREET", "holder": holder }] })
}

/// A request for every mutation that an officer could make; the representative speaks for the shop.
pub fn one_of_each() -> Vec<(&'static str, Value)> {
    [one_of_each_work(), one_of_each_rest(), one_of_each_correction(), grants::one_of_each()].concat()
}

/// Who there is, and what is done.
fn one_of_each_work() -> Vec<(&'static str, Value)> {
    vec![
        ("fundOpen", fund_open("F3", "@third")),
        ("fundTwoPersons", json!({ "fundId": "@F1", "twoPersons": "ASKED" })),
        ("hostCreate", json!({ "partyId": "@unit", "areaId": "@here" })),
        ("milestoneReach", json!({ "milestoneId": "@milestone", "reachedOn": "2024-05-01" })),
        ("partyJoinArea", json!({ "partyId": "@group", "areaId": "@third" })),
        ("partyRegister", json!({ "kind": "GROUP", "name": "Another", "areaIds": ["@here"] })),
        ("projectAccept", accept("ACCEPTED")),
        ("projectAdvance", json!({ "projectId": "@PROPOSED", "state": "APPROVED", "movedOn": "2024-05-01" })),
        ("projectClose", close_project()),
        ("projectEvaluate", evaluate(1)),
        ("projectFundingMiss", miss("@SHORT", "2024-05-01")),
        ("projectPropose", propose("P9", "@F1", "@here")),
        ("purposeCreate", json!({ "code": "new", "name": "New" })),
    ]
}

fn one_of_each_rest() -> Vec<(&'static str, Value)> {
    let on = |field: &str| json!({ field: "2024-05-01" });
    vec![
        ("advancePay", move_money("row", "@P1", "1.00")),
        ("advanceReturn", move_money("row", "@P1", "1.00")),
        (
            "agreementRecord",
            json!({ "fundId": "@F1", "partyId": "@shop", "number": "A-2", "kind": "VENUE", "validFrom": "2024-01-01",
                "validTo": "2024-12-31", "promises": "To share." }),
        ),
        ("allocationMake", allocate("row", "@R-P1", "1.00")),
        ("allocationRelease", move_money("row", "@P1", "1.00")),
        ("areaCreate", json!({ "parentId": "@here", "level": "GRID", "name": "Grid" })),
        ("ballotCast", ballot("@motion", "@seat 1")),
        ("committeeForm", committee_form("@F1", &["MEMBER"; 5])),
        ("bankLineMatch", bank_match(&["@line 2"], &["@entry 7"])),
        ("bankLineRecord", bank_lines("@F1", "6217", &[("B3", "2024-03-02", "1.00")])),
        ("bankLineUnmatch", json!({ "matchId": "@bank match" })),
        ("campaignClose", json!({ "campaignId": "@fair", "participants": 5 })),
        ("campaignOpen", campaign_open("another")),
        ("claimOpen", json!({ "projectId": "@P1", "units": 4, "unitValue": yuan("1.00") })),
        ("claimRelease", json!({ "pledgeId": "@claim" })),
        ("contributionReceive", receive("row", "@F1", json!([gift("@shop", "1.00", Value::Null)]))),
        ("contributionRefund", refund("row", "@shop", "1.00")),
        ("decisionAnnul", decision_annul("@R-Q1")),
        ("decisionRecord", decide("row", "@F1", "@P1", "1.00")),
        ("disclosureApprove", step("@draft")),
        ("disclosureCheck", step("@named")),
        ("disclosureCorrect", with(step("@published"), json!({ "reason": "A sum was wrong." }))),
        ("disclosureDraft", disclosure("05")),
        ("disclosurePublish", step("@draft")),
        ("dutyPeriodSet", duty_period("@host", 4)),
        ("dueWaive", json!({ "idempotencyKey": "row", "dueId": "@due", "reason": "Agreed." })),
        ("entryReverse", reverse("row", "@entry 1")),
        ("expenseRecord", pay("row", "@P1", "1.00")),
        (
            "externalFundingRecord",
            with(
                on("paidOn"),
                json!({ "targetId": "@P1", "source": "OTHER", "amount": yuan("1"), "sha256": "ab".repeat(32) }),
            ),
        ),
        ("leadingGroupForm", leading_group()),
        (
            "microGrantAward",
            with(
                on("awardedOn"),
                json!({ "fundId": "@F1", "groupId": "@group", "purposeId": "@places", "code": "G1", "title": "t", "stage": "GROWTH" }),
            ),
        ),
        ("importCancel", json!({ "importJobId": "@import" })),
        ("importCommit", import_commit("@import", "@import hash")),
        ("importMappingSave", mapping_save()),
        ("importStart", import_start("@file")),
        ("importUndo", json!({ "importJobId": "@import" })),
        ("motionClose", motion_close("row", "@motion")),
        ("motionOpen", motion_open("row", "@Q1", "1.00")),
        ("motionWithdraw", json!({ "motionId": "@motion", "closedOn": "2024-02-06" })),
        ("pledgeAdvance", json!({ "pledgeId": "@offered", "to": "ACCEPTED" })),
        (
            "pledgeAmend",
            json!({ "idempotencyKey": "row", "pledgeId": "@promise", "from": "2099-01-01", "reason": "Less." }),
        ),
        (
            "salesReportCorrect",
            json!({ "idempotencyKey": "row", "reportId": "@right", "units": 1, "reason": "A slip." }),
        ),
        ("salesReportRecord", sold("row", json!({ "campaignId": "@fair", "merchantId": "@unit" }))),
        (
            "pledgeMatch",
            json!({ "idempotencyKey": "row", "pledgeId": "@match", "effectiveOn": "2024-03-10", "memo": "m" }),
        ),
        ("pledgeOffer", offer("row", "@F1", "@unit")),
        ("recusalDeclare", json!({ "motionId": "@motion", "seatId": "@seat 1", "interest": "RELATED" })),
        ("seatFill", seat_fill("2024-03-01")),
        ("stagedUploadCreate", json!({ "fundId": "@F1", "fileName": "a.csv" })),
    ]
}

fn one_of_each_correction() -> Vec<(&'static str, Value)> {
    vec![
        ("contestAdvance", json!({ "contestId": "@CALL", "state": "CANCELLED", "movedOn": "2024-05-01" })),
        ("contestClose", json!({ "contestId": "@SCORED", "closedOn": "2024-05-01" })),
        ("contestCount", contest_count("@SCORED entry", 3, 30)),
        ("contestOpen", contest_open("ROW", "2024-03-31")),
        ("contestPropose", contest_propose("@CALL", "@unit", "5.00")),
        ("contestScore", contest_score("@SCORED entry", 4)),
        ("advanceWriteOff", write_off("@P1", "1.00")),
        ("expenseCredit", credit("@paid", "1.00", "2024-03-26")),
        ("expenseSwap", swap("@paid", "@unit", "1.00")),
        ("fundTransfer", transfer("row", "@F1", "@F2", "1.00")),
        ("lotRelot", relot("@free.0", json!({ "donorId": "@shop" }))),
        ("relatedPartyDeclare", related("@unit")),
        ("relatedPartyEnd", json!({ "relatedPartyId": "@shop related", "validTo": "2024-05-01" })),
        ("targetDraw", json!({ "targetId": "@P1", "draw": "PRO_RATA" })),
    ]
}
