//! Statements and as-of through the API: what somebody is told of a year, as a graph and as a file, and that the
//! same journal numbers tell the same for ever.

mod agree;

use cobuild::{
    clock::Clock,
    db::{Db, Sql as _},
    demo,
    id::{GlobalId, NodeKind, PartyId},
    viewer::{self, Role, Scene, token::Scope},
};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    Fixture,
    binary::{Server, print},
    on_both,
};

/// The sample, served.
struct Sample {
    server: Server,
    db: Db,
    /// An officer of the host, and who speaks for merchant M2.
    officer: String,
    giver: String,
    /// The ids of merchant M2, the fund and the host.
    party: String,
    fund: String,
    host: String,
}

impl Sample {
    async fn new(fixture: &Fixture) -> Self {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        demo::create(&db).await.unwrap();
        let (key,): (PartyId,) = (&db).sql("SELECT id FROM party WHERE external_id = 'M2'").one().await.unwrap();
        let (fund,): (i64,) = (&db).sql("SELECT id FROM fund WHERE code = 'COMMUNITY-A'").one().await.unwrap();
        let (host,): (i64,) = (&db).sql("SELECT id FROM host").one().await.unwrap();
        let clock = Clock::System;
        let mut tx = db.begin().await.unwrap();
        let holder = viewer::principal(&mut tx, "Speaks for M2", clock.now()).await.unwrap();
        viewer::give(&mut tx, holder, Role::PartyRepresentative, Scene::Party(key)).await.unwrap();
        let giver = viewer::token::issue(&mut tx, holder, Scope::Read, clock.now(), None).await.unwrap();
        tx.commit().await.unwrap();
        let officer =
            ["token", "create", "--database", &fixture.url, "--role", "community-staff", "--fund", "COMMUNITY-A"];
        Self {
            officer: print(&[&officer[..], &["--name", "Officer"]].concat()),
            server: Server::of(fixture),
            db,
            giver,
            party: GlobalId::new(NodeKind::Merchant, key).to_string(),
            fund: GlobalId::new(NodeKind::Fund, fund).to_string(),
            host: GlobalId::new(NodeKind::Host, host).to_string(),
        }
    }

    async fn ask(&self, token: Option<&str>, query: &str) -> Value {
        let query = query.replace("$party", &self.party).replace("$fund", &self.fund).replace("$host", &self.host);
        let header = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<(&str, &str)> = header.iter().map(|header| ("Authorization", header.as_str())).collect();
        self.server.ask(&query, &headers).await.json().await.unwrap()
    }

    async fn data(&self, token: &str, query: &str) -> Value {
        let mut answer = self.ask(Some(token), query).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].take()
    }

    async fn get(&self, path: &str, token: Option<&str>, language: &str) -> Response {
        let path = path.replace("$party", &self.party).replace("$fund", &self.fund).replace("$host", &self.host);
        let mut request = reqwest::Client::new().get(self.server.url(&path)).header("Accept-Language", language);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    async fn end(self) {
        self.db.close().await;
        self.server.stop();
    }
}

const TOTALS: &str = "opening { amount } received { amount } paid { amount } returned { amount } refunded { amount }
    lost { amount } transferred { amount } closing { amount }";

/// The figures of totals, in the order of `TOTALS`.
fn figures(totals: &Value) -> Vec<&str> {
    let names = ["opening", "received", "paid", "returned", "refunded", "lost", "transferred", "closing"];
    names.map(|name| totals[name]["amount"].as_str().unwrap()).to_vec()
}

fn nodes(connection: &Value) -> Vec<&Value> {
    connection["edges"].as_array().unwrap().iter().map(|edge| &edge["node"]).collect()
}

on_both! {
    async fn a_giver_is_told_what_its_money_did(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        // M2 gave 2,962.96 in April; all of it was spent by the end of May.
        let query = format!("{{ party(id: \"$party\") {{
            april: statement(period: {{ from: \"2026-04-01\", to: \"2026-04-30\" }}) {{
                money {{ {TOTALS} }} inKind {{ closing {{ amount }} }}
                shares(first: 10) {{ edges {{ node {{ target {{ code }} spent {{ amount }} waiting {{ amount }} }} }} }} }}
            rest: statement(period: {{ from: \"2026-05-01\", to: \"2026-12-31\" }}) {{ money {{ {TOTALS} }}
                gifts(first: 5) {{ edges {{ node {{ totals {{ {TOTALS} }} lot {{ amount {{ amount }} }} }} }} }}
                expenses(first: 10) {{ edges {{ node {{ amount {{ amount }} expense {{ incurredOn }} }} }} }} }}
            year: statement(period: {{ from: \"2026-01-01\", to: \"2026-12-31\" }}) {{ money {{ {TOTALS} }}
                marks {{ seq fund {{ code }} }} }} }} }}");
        let party = sample.data(&sample.giver, &query).await["party"].take();
        let (april, rest, year) = (&party["april"], &party["rest"], &party["year"]);
        let zero = "0.00";
        assert_eq!(figures(&april["money"]), [zero, "2962.96", zero, zero, zero, zero, zero, "2962.96"]);
        assert_eq!(april["inKind"]["closing"]["amount"], zero);
        let waits: Vec<(&str, &str)> = nodes(&april["shares"]).iter()
            .map(|one| (one["target"]["code"].as_str().unwrap(), one["waiting"]["amount"].as_str().unwrap())).collect();
        assert_eq!(waits, [("P01", "296.30"), ("P04", "100.00"), ("P05", "700.00"), ("P06", "700.00"), ("P07", "700.00"), ("P08", "466.66")]);
        assert_eq!(figures(&rest["money"]), ["2962.96", zero, "2962.96", zero, zero, zero, zero, zero]);
        let gifts = nodes(&rest["gifts"]);
        assert_eq!(gifts.len(), 1);
        assert_eq!(figures(&gifts[0]["totals"]), figures(&rest["money"]));
        let paid: Vec<&str> = nodes(&rest["expenses"]).iter().map(|one| one["amount"]["amount"].as_str().unwrap()).collect();
        assert_eq!(paid, ["296.30", "100.00", "700.00", "700.00", "700.00", "466.66"]);
        assert_eq!(figures(&year["money"]), [zero, "2962.96", "2962.96", zero, zero, zero, zero, zero]);
        assert_eq!(year["marks"], json!([{ "seq": 56, "fund": { "code": "COMMUNITY-A" } }]));

        // As of the 30th of April, or of entry 27, nothing was spent; as of entry 29 the first 296.30 was.
        let query = "{ party(id: \"$party\") {
            day: giving(asOf: { date: \"2026-04-30\" }) { spent { amount } allocated { amount } }
            number: giving(filter: { fundId: \"$fund\" }, asOf: { seq: 29 }) { spent { amount } allocated { amount } }
            statement(period: { from: \"2026-01-01\", to: \"2026-12-31\" }, fundId: \"$fund\", asOf: { seq: 29 }) {
                money { paid { amount } closing { amount } } marks { seq } }
            lots(first: 1) { edges { node { uses(first: 9, asOf: { seq: 29 }) { edges { node { place amount { amount } } } } } } } }
          fund(code: \"COMMUNITY-A\") {
            empty: balance(asOf: { date: \"2026-04-01\" }) { received { amount } }
            early: balance(asOf: { seq: 1 }) { received { amount } pool { amount } }
            both: balance(asOf: { seq: 56, date: \"2026-04-30\" }) { received { amount } spent { amount } pool { amount } allocated { amount } } }
          project(fundCode: \"COMMUNITY-A\", code: \"P01\") {
            then: balance(asOf: { date: \"2026-05-10\" }) { spent { amount } allocated { amount } }
            now: balance { spent { amount } allocated { amount } } } }";
        let read = sample.data(&sample.giver, query).await;
        let party = &read["party"];
        assert_eq!(party["day"], json!({ "spent": { "amount": zero }, "allocated": { "amount": "2962.96" } }));
        assert_eq!(party["number"], json!({ "spent": { "amount": "296.30" }, "allocated": { "amount": "2666.66" } }));
        assert_eq!(party["statement"], json!({ "money": { "paid": { "amount": "296.30" }, "closing": { "amount": "2666.66" } }, "marks": [{ "seq": 29 }] }));
        assert_eq!(nodes(&nodes(&party["lots"])[0]["uses"]).len(), 6);
        let fund = &read["fund"];
        assert_eq!(fund["empty"]["received"]["amount"], zero);
        assert_eq!(fund["early"], json!({ "received": { "amount": "15000.00" }, "pool": { "amount": "15000.00" } }));
        assert_eq!(fund["both"], json!({ "received": { "amount": "47000.00" }, "spent": { "amount": zero },
            "pool": { "amount": "12000.00" }, "allocated": { "amount": "35000.00" } }));
        let project = &read["project"];
        assert_eq!(project["then"], json!({ "spent": { "amount": "10000.00" }, "allocated": { "amount": "8000.00" } }));
        assert_eq!(project["now"], json!({ "spent": { "amount": "18000.00" }, "allocated": { "amount": zero } }));

        for (query, sentence) in [
            ("{ fund(code: \"COMMUNITY-A\") { balance(asOf: { seq: 57 }) { received { amount } } } }", "has no entry 57"),
            ("{ fund(code: \"COMMUNITY-A\") { balance(asOf: { seq: 0 }) { received { amount } } } }", "has no entry 0"),
            ("{ fund(code: \"COMMUNITY-A\") { balance(asOf: { marks: [] }) { received { amount } } } }", "give its number as `seq`"),
            ("{ party(id: \"$party\") { giving(asOf: { seq: 3 }) { received { amount } } } }", "name it with `fundId`"),
        ] {
            let answer = sample.ask(Some(&sample.giver), query).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
            assert!(answer["errors"][0]["message"].as_str().unwrap().contains(sentence), "{answer}");
        }
        sample.end().await;
    }

    async fn a_fund_is_told_by_source_and_purpose_and_the_host_agrees(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let query = format!("{{ fund(code: \"COMMUNITY-A\") {{
            statement(period: {{ from: \"2026-01-01\", to: \"2026-12-31\" }}) {{ mark {{ seq hash }}
                leverage {{ own {{ amount }} copay {{ amount }} external {{ amount }} total {{ amount }} ratio }}
                money {{ totals {{ {TOTALS} }}
                    restricted {{ opening {{ amount }} closing {{ amount }} }} unrestricted {{ closing {{ amount }} }}
                    income {{ giver class pledgeKind amount {{ amount }} }}
                    spendingByPurpose {{ purpose {{ code }} amount {{ amount }} }}
                    spendingByProject(first: 2) {{ edges {{ node {{ target {{ code }} amount {{ amount }} }} }} pageInfo {{ hasNextPage }} }} }} }}
            balance(asOf: {{ seq: 56 }}) {{ received {{ amount }} }} chainHead {{ hash }} }} }}");
        let fund = sample.data(&sample.officer, &query).await["fund"].take();
        let statement = &fund["statement"];
        assert_eq!(statement["mark"], json!({ "seq": 56, "hash": fund["chainHead"]["hash"] }));
        assert_eq!(statement["leverage"], json!({ "own": { "amount": "20000.00" }, "copay": { "amount": "12000.00" },
            "external": { "amount": "108000.00" }, "total": { "amount": "140000.00" }, "ratio": "7.00" }));
        let money = &statement["money"];
        assert_eq!(figures(&money["totals"]), ["0.00", "47000.00", "34600.00", "0.00", "500.00", "0.00", "0.00", "11900.00"]);
        let sum = |lines: &Value| -> i64 {
            let fen = |line: &Value| line["amount"]["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
            lines.as_array().unwrap().iter().map(fen).sum()
        };
        assert_eq!((sum(&money["income"]), sum(&money["spendingByPurpose"])), (4_700_000, 3_460_000));
        assert!(money["income"].as_array().unwrap().iter().any(|line| line["giver"] == "RESIDENT" && line["class"] == "COPAY"
            && line["amount"]["amount"] == "12000.00"), "{}", money["income"]);
        assert_eq!(money["spendingByProject"]["pageInfo"]["hasNextPage"], json!(true));

        let host = "{ node(id: \"$host\") { ... on Host { statement(period: { from: \"2026-01-01\", to: \"2026-12-31\" }) {
            agrees control { opening { amount } closing { amount } } fundsTotal { closing { amount } }
            funds(first: 5) { edges { node { fund { code } closing { amount } } } }
            days { day incoming { amount } outgoing { amount } control { amount } funds { amount } bank { balance { amount } } } } } } }";
        let answer = sample.ask(Some(&sample.officer), host).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "staff of one fund do not oversee the host");
        let officer = print(&["token", "create", "--database", &fixture.url, "--role", "auditor", "--area", "涧西区", "--name", "Auditor"]);
        let read = sample.data(&officer, host).await["node"]["statement"].take();
        assert_eq!((&read["agrees"], &read["control"]["closing"]["amount"]), (&json!(true), &json!("11900.00")));
        let days = read["days"].as_array().unwrap();
        assert!(days.iter().all(|day| day["control"] == day["funds"]), "{days:?}");
        assert_eq!(days[0], json!({ "day": "2026-04-02", "incoming": { "amount": "15000.00" }, "outgoing": { "amount": "0.00" },
            "control": { "amount": "15000.00" }, "funds": { "amount": "15000.00" }, "bank": null }));
        sample.end().await;
    }

    async fn a_statement_is_taken_along_as_a_file(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let path = "/statements/party/$party?year=2026";
        let csv = sample.get(path, Some(&sample.giver), "zh-CN").await;
        assert_eq!(csv.status(), StatusCode::OK);
        assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8; header=present");
        let named = csv.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(named.starts_with("attachment; filename=\"statement-party-2026-01-01-2026-12-31.csv\"; filename*=UTF-8''%E5"), "{named}");
        let text = csv.text().await.unwrap();
        for line in ["\u{feff}说明\r\n", "\r\n汇总\r\n", "现金,0.00,2962.96,2962.96,0.00,0.00,0.00,0.00,0.00,贰仟玖佰陆拾贰元玖角陆分,零元整\r\n",
            "\r\n捐赠与项目对照\r\n", "本对账单不是公益事业捐赠票据。"] {
            assert!(text.contains(line), "{line}: {text}");
        }
        let json: Value = sample.get(&format!("{path}&format=json"), Some(&sample.giver), "en").await.json().await.unwrap();
        assert_eq!(json["summary"][0]["received"], "2962.96");
        assert_eq!(json["gifts"].as_array().unwrap().len(), 1);
        assert_eq!(json["matrix"].as_array().unwrap().len(), 6);
        assert_eq!(json["expenses"][0]["part"], "296.30");
        let book = sample.get(&format!("{path}&format=xlsx"), Some(&sample.giver), "en").await;
        assert_eq!(book.status(), StatusCode::OK);
        let bytes = book.bytes().await.unwrap();
        assert!(bytes.starts_with(b"PK\x03\x04") && bytes.len() > 4000, "{} bytes", bytes.len());
        the_workbook_has_its_sheets(&bytes);

        // The same marks give the same bytes, whatever is booked later.
        let marks = sample.data(&sample.giver, "{ party(id: \"$party\") { statement(period: { from: \"2026-01-01\", to: \"2026-12-31\" }) {
            marks { id } } } }").await;
        let mark = marks["party"]["statement"]["marks"][0]["id"].as_str().unwrap().to_owned();
        let kept = format!("{path}&format=csv&marks={mark}");
        let first = sample.get(&kept, Some(&sample.giver), "zh-CN").await.text().await.unwrap();
        assert_eq!(first, text, "the marks of now are now");
        let lines = json!([{ "donorId": sample.party, "amount": { "amount": "88.00" } }]);
        let receive = format!("mutation {{ contributionReceive(input: {{ fundId: \"$fund\", payerId: \"$party\", channel: \"bank\",
            reference: \"later\", receivedOn: \"2026-04-20\", idempotencyKey: \"later\",
            lines: [{{ donorId: \"{}\", amount: {{ amount: \"88.00\" }} }}] }}) {{ userErrors {{ message }} contribution {{ id }} }} }}", sample.party);
        let booked = sample.data(&sample.officer, &receive).await;
        assert_eq!(booked["contributionReceive"]["userErrors"], json!([]), "{lines}");
        assert_eq!(sample.get(&kept, Some(&sample.giver), "zh-CN").await.text().await.unwrap(), first);
        let now = sample.get(path, Some(&sample.giver), "zh-CN").await.text().await.unwrap();
        assert!(now.contains("现金,0.00,3050.96,"), "{now}");
        // By the day alone, what was booked later with an earlier day counts from then on.
        let day = "{ party(id: \"$party\") { giving(asOf: { date: \"2026-04-30\" }) { received { amount } } } }";
        let read = sample.data(&sample.giver, day).await;
        assert_eq!(read["party"]["giving"]["received"]["amount"], "3050.96");

        for (path, token, status) in [
            (path, None, 401),
            ("/statements/fund/$fund?year=2026", Some(&sample.giver), 403),
            ("/statements/host/$host?year=2026", Some(&sample.officer), 403),
            ("/statements/party/$party?year=2026&format=pdf", Some(&sample.giver), 400),
            ("/statements/party/$party?year=MMXXVI", Some(&sample.giver), 400),
            ("/statements/party/nobody?year=2026", Some(&sample.giver), 400),
            ("/statements/party/$fund?year=2026", Some(&sample.giver), 400),
            ("/statements/purpose/$fund?year=2026", Some(&sample.giver), 400),
            ("/statements/fund/$fund?from=2026-01-01&to=2026-12-31&format=json", Some(&sample.officer), 200),
        ] {
            let answer = sample.get(path, token.map(String::as_str), "en").await;
            assert_eq!(answer.status(), status, "{path}");
            if status == 200 {
                let body: Value = answer.json().await.unwrap();
                assert_eq!(body["summary"][0]["closing"], "11988.00");
                assert_eq!(body["restricted"].as_array().unwrap().len(), 4);
            } else {
                let body: Value = answer.json().await.unwrap();
                assert!(body["errors"][0]["message"].is_string(), "{body}");
            }
        }
        sample.end().await;
    }
}

/// Has Python read the workbook, where there is one.
fn the_workbook_has_its_sheets(bytes: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("book.xlsx");
    std::fs::write(&path, bytes).unwrap();
    let script = "import sys, zipfile, re; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
        print(re.findall('sheet name=\"([^\"]*)\"', z.read('xl/workbook.xml').decode())); \
        print('2962.96' in z.read('xl/worksheets/sheet2.xml').decode())";
    let Ok(output) = std::process::Command::new("python3").args(["-c", script]).arg(&path).output() else { return };
    let said = String::from_utf8(output.stdout).unwrap();
    let names = "['About', 'Summary', 'Gifts', 'Gifts by project', 'Projects', 'Expenses']";
    assert_eq!(said.trim(), format!("{names}\nTrue"), "{}", String::from_utf8_lossy(&output.stderr));
}
