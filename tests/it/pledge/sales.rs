//! Sales become due by cumulative floor, and a correction leaves a trail.

use cobuild::id::NodeKind;
use serde_json::{Value, json};

use super::{Desk, yuan};
use crate::support::on_both;

/// Twelve months of odd sums that come to 123,456.78, and of odd numbers of bottles.
pub const SALES: [i64; 12] = [
    1_000_003, 777_777, 1_234_567, 999_999, 1_111_111, 1, 1_357_913, 2_020_207, 333_331, 1_500_001, 1_010_767,
    1_000_001,
];
pub const BOTTLES: [i64; 12] = [1_001, 777, 12_345, 9_999, 3, 1, 54_321, 2_027, 331, 1_501, 1_077, 10_001];

fn month(number: usize) -> Value {
    let (year, month) = if number < 8 { (2025, number + 5) } else { (2026, number - 7) };
    let last = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
    json!({ "from": format!("{year}-{month:02}-01"), "to": format!("{year}-{month:02}-{last}") })
}

fn fen(money: &Value) -> i64 {
    money["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

fn text(fen: i64) -> String {
    cobuild::money::Fen(fen).to_string()
}

async fn report(desk: &Desk, number: usize) -> Value {
    let input = json!({
        "idempotencyKey": format!("report-{number}"), "fundId": desk.id(NodeKind::Fund, desk.fund()),
        "merchantId": desk.party(4), "period": month(number), "amount": yuan(&text(SALES[number])), "units": BOTTLES[number],
    });
    desk.write("salesReportRecord", input, "report { id }").await["report"]["id"].take()
}

const PLEDGE: &str = "query($id: ID!) { node(id: $id) { ... on Pledge { stated { amount }
    accrual { sales { amount } units remainder { numerator denominator } capLeft { amount } }
    dues(first: 100) { edges { node { id amount { amount } owed { amount } changes { kind amount { amount } reason
        report { amount { amount } corrects { amount { amount } } } } } } } } } }";

async fn dues(desk: &Desk, pledge: &Value) -> (Value, Vec<Value>) {
    let read = desk.read(PLEDGE, json!({ "id": pledge })).await["node"].take();
    let dues = read["dues"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect();
    (read, dues)
}

on_both! {
    async fn twelve_odd_reports_add_up_to_the_floor_of_the_total_and_a_correction_leaves_a_trail(fixture: Fixture) {
        assert_eq!(SALES.iter().sum::<i64>(), 12_345_678);
        let desk = Desk::open(&fixture.url).await;
        let share = desk.pledge("share", 4, json!({ "shareOfSales": { "basisPoints": 300 } }), json!({})).await;
        let bottle = json!({ "perUnit": { "rate": { "numerator": 1, "denominator": 1 } } });
        let bottle = desk.pledge("bottle", 4, bottle, json!({})).await;
        let half = json!({ "perUnit": { "rate": { "numerator": 1, "denominator": 2 }, "cap": yuan("200.00") } });
        let half = desk.pledge("half", 4, half, json!({})).await;
        let mut reports = vec![];
        for number in 0..12 {
            reports.push(report(&desk, number).await);
        }
        let total: i64 = BOTTLES.iter().sum();
        let capped = (total / 2).min(20_000);
        for (pledge, whole) in [(&share, 370_370), (&bottle, total), (&half, capped)] {
            let (read, dues) = dues(&desk, pledge).await;
            assert_eq!(dues.len(), 12);
            assert_eq!(dues.iter().map(|due| fen(&due["amount"])).sum::<i64>(), whole);
            assert_eq!(fen(&read["stated"]), whole);
        }
        // 3 % of 123,456.78 is 3,703.7034 yuan: 0.34 fen is left for the dues to come.
        let (read, _) = dues(&desk, &share).await;
        assert_eq!(read["accrual"], json!({
            "sales": yuan("123456.78"), "units": null, "remainder": { "numerator": 3400, "denominator": 10000 }, "capLeft": null,
        }));
        let (read, _) = dues(&desk, &half).await;
        assert_eq!(read["accrual"]["capLeft"], yuan(&text(20_000 - capped)));
        desk.assert_clean().await;

        // The fifth month was 1,111.11 less, and the change is a line of its own.
        let input = json!({ "idempotencyKey": "right", "reportId": reports[4], "amount": yuan(&text(SALES[4] - 111_111)),
            "reason": "One invoice twice." });
        let corrected = desk.write("salesReportCorrect", input.clone(), "report { id units corrects { id } }").await;
        assert_eq!(corrected["report"]["corrects"]["id"], reports[4]);
        assert_eq!(corrected["report"]["units"], BOTTLES[4], "what was right stays");
        assert_eq!(desk.write("salesReportCorrect", input.clone(), "report { id }").await["report"]["id"], corrected["report"]["id"]);
        let mut again = input;
        again["idempotencyKey"] = json!("again");
        assert_eq!(desk.refused("salesReportCorrect", again).await, ("SALES_CORRECTED".into(), "reportId".into()));
        let (read, all) = dues(&desk, &share).await;
        let whole = (12_345_678 - 111_111) * 3 / 100;
        assert_eq!(fen(&read["stated"]), whole);
        assert_eq!(all.iter().map(|due| fen(&due["owed"])).sum::<i64>(), whole);
        assert_eq!(all.iter().map(|due| fen(&due["amount"])).sum::<i64>(), 370_370, "what was stated stays as it was");
        assert_eq!(all[4]["changes"], json!([{
            "kind": "CORRECTION", "amount": yuan(&text(whole - 370_370)), "reason": "One invoice twice.",
            "report": { "amount": yuan(&text(SALES[4] - 111_111)), "corrects": { "amount": yuan(&text(SALES[4])) } },
        }]));
        assert!(all.iter().enumerate().all(|(at, due)| at == 4 || due["changes"] == json!([])));
        desk.assert_clean().await;
    }

    async fn what_was_paid_is_made_good_by_the_dues_to_come(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let share = desk.pledge("share", 4, json!({ "shareOfSales": { "basisPoints": 300 } }), json!({})).await;
        let (first, second) = (report(&desk, 0).await, report(&desk, 1).await);
        let (_, all) = dues(&desk, &share).await;
        let pay = json!({
            "idempotencyKey": "pay", "fundId": desk.id(NodeKind::Fund, desk.fund()), "payerId": desk.party(4), "channel": "bank",
            "reference": "1", "receivedOn": "2026-01-05",
            "lines": [{ "donorId": desk.party(4), "dueId": all[0]["id"], "amount": yuan(&text(fen(&all[0]["amount"]))) }],
        });
        desk.write("contributionReceive", pay, "contribution { id }").await;
        // Nothing was sold in the first month: the second due is taken back, the first one was paid.
        let input = json!({ "idempotencyKey": "none", "reportId": first, "amount": yuan("0.00"), "reason": "Closed." });
        desk.write("salesReportCorrect", input, "report { id }").await;
        let (read, all) = dues(&desk, &share).await;
        assert_eq!(fen(&read["stated"]), 30_000);
        assert_eq!((fen(&all[0]["owed"]), fen(&all[1]["owed"])), (30_000, 0));
        desk.assert_clean().await;
        // What is sold next is owed only beyond what was paid ahead.
        report(&desk, 2).await;
        let (read, all) = dues(&desk, &share).await;
        let whole = (777_777 + 1_234_567) * 3 / 100;
        assert_eq!(fen(&read["stated"]), whole);
        assert_eq!(fen(&all[2]["amount"]), whole - 30_000);
        assert_ne!(first, second);
        desk.assert_clean().await;
    }

    async fn a_campaign_adds_up_what_was_sold_owed_and_received_at_it(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let fund = desk.id(NodeKind::Fund, desk.fund());
        let input = json!({ "fundId": fund, "code": "FAIR-1", "name": "Spring fair", "kind": "FAIR", "startsOn": "2026-04-01", "endsOn": "2026-04-03" });
        let fair = desk.write("campaignOpen", input.clone(), "campaign { id }").await["campaign"]["id"].take();
        assert_eq!(desk.refused("campaignOpen", input).await, ("NAME_TAKEN".into(), "code".into()));
        let at = json!({ "campaignId": fair });
        let share = desk.pledge("share", 4, json!({ "shareOfSales": { "basisPoints": 500 } }), at.clone()).await;
        let gift = desk.pledge("gift", 1, json!({ "fixed": { "amount": yuan("40.00"), "dueOn": "2026-04-03" } }), at).await;
        let sold = |key: &str, merchant: usize, amount: &str, units: i64| json!({
            "idempotencyKey": key, "fundId": fund, "merchantId": desk.party(merchant), "campaignId": fair, "amount": yuan(amount), "units": units,
        });
        desk.write("salesReportRecord", sold("r1", 4, "1000.00", 30), "report { id }").await;
        desk.write("salesReportRecord", sold("r2", 5, "250.50", 5), "report { id }").await;
        let other = desk.refused("salesReportRecord", sold("r3", 4, "1000.01", 30)).await;
        assert_eq!(other, ("SALES_REPORTED".into(), "period".into()));
        desk.write("salesReportRecord", sold("r4", 4, "1000.00", 30), "report { id }").await;
        let line = json!({ "donorId": desk.party(1), "pledgeId": gift, "amount": yuan("40.00") });
        let pay = json!({ "idempotencyKey": "pay", "fundId": fund, "payerId": desk.party(1), "channel": "cash", "reference": "1",
            "receivedOn": "2026-04-03", "lines": [line] });
        desk.write("contributionReceive", pay, "contribution { id }").await;
        let close = json!({ "campaignId": fair, "participants": 312, "on": "2026-04-04", "goods": [
            { "name": "Turnips", "quantity": "200.00", "unit": "bag", "grams": 1_400_000 }, { "name": "Parcels", "quantity": "12.50", "unit": "box" } ] });
        let totals = "campaign { closedOn goods { name quantity unit grams }
            totals { participants merchants sales { amount } units dues { amount } received { amount } grams } }";
        let closed = desk.write("campaignClose", close.clone(), totals).await;
        assert_eq!(closed["campaign"], json!({
            "closedOn": "2026-04-04",
            "goods": [{ "name": "Turnips", "quantity": "200.00", "unit": "bag", "grams": 1_400_000 },
                { "name": "Parcels", "quantity": "12.50", "unit": "box", "grams": null }],
            "totals": { "participants": 312, "merchants": 2, "sales": yuan("1250.50"), "units": 35, "dues": yuan("90.00"),
                "received": yuan("40.00"), "grams": 1_400_000 },
        }));
        assert_eq!(desk.refused("campaignClose", close).await, ("CAMPAIGN_CLOSED".into(), "campaignId".into()));
        let (_, all) = dues(&desk, &share).await;
        assert_eq!(all.len(), 1);
        desk.assert_clean().await;
    }
}
