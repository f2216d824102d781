//! Every kind of list: booked once, known again in another shape, refused with its row, taken back.

use cobuild::{
    db::Sql as _,
    import::{
        inline,
        job::{Job, Options, State},
        kind::Kind,
        summary::Summary,
        word::Outcome,
    },
    money::Fen,
};
use serde_json::{Value, json};

use super::books::{Books, Mode};
use crate::support::on_both;

const PLEDGES: &str = "认捐编号,认捐单位,认捐类型,金额,比例,单价,上限,认捐日期,到期日,周期,期数,内容,份数,项目
R1,甲样例店,定额,100,,,,2024-01-01,2024-02-01,,,,,
R2,乙样例店,每月,10,,,,2024-01-01,2024-02-01,每月,12,,,
R3,丙样例店,销售比例,,3%,,500,2024-01-01,,,,,,
R4,丁样例店,每瓶,,,0.05,,2024-01-01,,,,,,
R5,戊样例店,实物,80,,,,2024-01-01,2024-02-01,,,大米十袋,,
R6,己样例店,配捐,,50%,,300,2024-01-01,,,,,,
R7,庚样例店,定额,70,,,,2024-01-01,2024-02-01,,,,,
";

/// Imports with the numbers of the source `club`.
async fn booked(books: &Books, kind: Kind, text: &str) -> Summary {
    import(books, kind, text, Mode::Commit).await.1
}

async fn import(books: &Books, kind: Kind, text: &str, mode: Mode) -> (Job, Summary) {
    let options = Options { source: Some("club".into()), ..Options::default() };
    books.import_kind(&books.operator(), kind, text.as_bytes(), mode, options).await.unwrap()
}

/// Takes an import back, which is asked for twice.
async fn taken_back(books: &Books, job: &Job) {
    for _ in 0..2 {
        let undone = inline::undo(&books.runner(), &books.operator(), job.id).await.unwrap();
        assert_eq!(undone.state, State::Undone, "{:?}", undone.state);
    }
    books.assert_clean().await;
}

/// Why an import is not taken back.
async fn stays(books: &Books, job: &Job) -> String {
    let refused = inline::undo(&books.runner(), &books.operator(), job.id).await.unwrap_err();
    refused.message(cobuild::error::Language::En)
}

/// The pledges of the fund, by their numbers: what `selection` says of each.
async fn pledges(books: &Books, selection: &str) -> Vec<(String, Value)> {
    let query = format!(
        "{{ fund(code: \"F6\") {{ pledges(first: 100) {{ edges {{ node {{ origin {{ reference }} {selection} }} }} }} }} }}"
    );
    let read = books.world.read(&query, json!({})).await;
    let edges = read["fund"]["pledges"]["edges"].as_array().unwrap();
    let mut found: Vec<(String, Value)> = edges
        .iter()
        .map(|edge| {
            let mut node = edge["node"].clone();
            let origin = node.as_object_mut().unwrap().remove("origin").unwrap();
            (origin["reference"].as_str().unwrap().to_owned(), node)
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// Created, changed, unchanged and refused.
fn counts(told: &Summary) -> [i64; 4] {
    [told.created, told.changed, told.unchanged, told.refused]
}

/// The rows that are refused, each with its code.
fn refusals(told: &Summary) -> Vec<(i64, &str)> {
    told.words
        .iter()
        .filter(|word| word.outcome == Outcome::Refused)
        .map(|word| (word.row, word.code.as_str()))
        .collect()
}

/// The words on a list of those who are known under these very names.
async fn told_again(books: &Books) -> usize {
    booked(books, Kind::Merchants, "名称\n样例食品有限公司\n武汉市样例食品\n").await.words.len()
}

/// The text with its rows in the other order and a column that nobody knows.
fn otherwise(text: &str) -> String {
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    lines.rev().fold(format!("{header},经办\n"), |text, line| format!("{text}{line},小组\n"))
}

on_both! {
    async fn lists_of_parties_register_once_and_complete(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        for kind in [Kind::Merchants, Kind::PartnerUnits] {
            let name = kind.name();
            let list = format!("名称,外部编号\n{name} 甲,\n{name} 乙,{name}-2\n{name} 甲,\n");
            assert_eq!(counts(&booked(&books, kind, &list).await), [2, 0, 1, 0], "{name}");
            assert_eq!(counts(&booked(&books, kind, &list).await), [0, 0, 3, 0]);
            let fuller = format!("外部编号,名称\n{name}-1,{name} 甲\n{name}-2,{name} 乙\n");
            assert_eq!(counts(&booked(&books, kind, &fuller).await), [0, 1, 1, 0]);
            assert_eq!(counts(&booked(&books, kind, &fuller).await), [0, 0, 2, 0]);
            let wrong = format!("名称,信用代码\n{name} 丙,91110000101623741X\n,\n");
            let told = booked(&books, kind, &wrong).await;
            assert_eq!(refusals(&told), [(2, "credit_code_invalid")], "a row of commas says nothing");
        }
        books.assert_clean().await;
    }

    async fn a_name_that_is_nearly_known_is_told_and_never_taken_for_it(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        assert_eq!(counts(&booked(&books, Kind::Merchants, "名称\n样例食品有限公司\n").await), [1, 0, 0, 0]);
        for (kind, list) in [
            (Kind::Merchants, "名称\n武汉市样例食品\n好邻居超市\n"),
            (Kind::Contributions, "捐赠者,金额,日期\n样例食品（二）店,1,2024-01-02\n"),
            (Kind::Pledges, "认捐单位,金额\n样例食品（三）店,1\n"),
        ] {
            let told = booked(&books, kind, list).await;
            assert_eq!(told.refused, 0);
            let words: Vec<_> = told.words.iter().map(|word| (word.row, word.code.as_str(), word.outcome)).collect();
            assert_eq!(words, [(2, "similar_name", Outcome::Suspected)], "{:?}", kind.name());
            assert!(told.words[0].message_en.contains("样例食品有限公司 ("), "{}", told.words[0].message_en);
        }
        assert_eq!(told_again(&books).await, 0);
    }

    async fn pledges_of_every_kind_are_taken_over_once(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let first = booked(&books, Kind::Pledges, PLEDGES).await;
        assert_eq!(counts(&first), [7, 0, 0, 0], "{:?}", first.words);
        assert_eq!(first.parties_created, 7);
        for again in [PLEDGES.to_owned(), otherwise(PLEDGES)] {
            assert_eq!(counts(&booked(&books, Kind::Pledges, &again).await), [0, 0, 7, 0]);
        }
        let wrong = "认捐编号,认捐单位,认捐类型,金额,比例,期数,内容,项目
R1,别样例店,定额,100,,,,
,甲样例店,定额,,,,,
,甲样例店,配捐,,50%,,,
,甲样例店,实物,10,,,,
,甲样例店,每月,10,,,,
,甲样例店,定额,10,,,,NONE
,甲样例店,借款,10,,,,
";
        let told = booked(&books, Kind::Pledges, wrong).await;
        let expected = [
            (2, "reference_differs"), (3, "amount_missing"), (4, "text_missing"), (5, "text_missing"),
            (6, "text_missing"), (7, "code_unknown"), (8, "choice_unknown"),
        ];
        assert_eq!(refusals(&told), expected);
        books.assert_clean().await;
    }

    async fn a_list_of_pledges_without_days_is_the_same_on_another_day(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let list = "认捐单位,金额,比例\n甲样例店,100,\n乙样例店,,3%\n";
        assert_eq!(counts(&booked(&books, Kind::Pledges, list).await), [2, 0, 0, 0]);
        books.tomorrow();
        assert_eq!(counts(&booked(&books, Kind::Pledges, list).await), [0, 0, 2, 0]);
    }

    async fn what_shops_sold_is_reported_once(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        assert_eq!(counts(&booked(&books, Kind::Pledges, PLEDGES).await), [7, 0, 0, 0]);
        let sales = "商家名称,销售额,销量,月份\n丙样例店,1000.00,,2024-01-01\n丁样例店,,40,2024-01-01\n";
        let first = booked(&books, Kind::SalesReports, sales).await;
        assert_eq!(counts(&first), [2, 0, 0, 0], "{:?}", first.words);
        for again in [sales.to_owned(), otherwise(sales)] {
            assert_eq!(counts(&booked(&books, Kind::SalesReports, &again).await), [0, 0, 2, 0]);
        }
        let wrong = "商家名称,销售额,月份,开始日期,活动编号
丙样例店,1000.01,2024-01-01,,
丙样例店,5,,2024-01-01,
丙样例店,5,,,NONE
";
        let told = booked(&books, Kind::SalesReports, wrong).await;
        assert_eq!(refusals(&told).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3, 4], "{:?}", told.words);
        books.assert_clean().await;
    }

    async fn settlements_pay_what_was_promised_once(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        assert_eq!(counts(&booked(&books, Kind::Pledges, PLEDGES).await), [7, 0, 0, 0]);
        let list = "到账日期,认捐单位,金额,认捐编号,流水号
2024-02-02,甲样例店,60,R1,B1
2024-02-03,甲样例店,40,,B2
2024-02-03,庚样例店,90,,B3
";
        let first = booked(&books, Kind::Settlements, list).await;
        assert_eq!(counts(&first), [3, 0, 0, 0], "{:?}", first.words);
        assert_eq!(books.received().await, [("R1".to_owned(), Fen(10_000)), ("R7".to_owned(), Fen(7_000))]);
        for again in [list.to_owned(), otherwise(list)] {
            assert_eq!(counts(&booked(&books, Kind::Settlements, &again).await), [0, 0, 3, 0]);
        }
        let wrong = "到账日期,认捐单位,金额,认捐编号,流水号
2024-02-02,甲样例店,61,R1,B1
2024-02-02,甲样例店,1,R9,B9
2024-02-02,甲样例店,1,R1,B10
";
        let told = booked(&books, Kind::Settlements, wrong).await;
        let rows: Vec<i64> = refusals(&told).into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [2, 3, 4], "{:?}", told.words);
        assert_eq!(told.words[1].code, "pledge_unknown");
        books.assert_clean().await;
    }

    async fn lines_of_a_bank_are_recorded_once(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let list = "账号,交易日期,流水号,收入,支出,对方户名\n6217,2024-01-05,1,100.00,,甲样例店\n6217,2024-01-06,2,,30.00,乙样例店\n";
        assert_eq!(counts(&booked(&books, Kind::BankLines, list).await), [2, 0, 0, 0]);
        for again in [list.to_owned(), otherwise(list)] {
            assert_eq!(counts(&booked(&books, Kind::BankLines, &again).await), [0, 0, 2, 0]);
        }
        let wrong = "账号,交易日期,流水号,金额\n6217,2024-01-05,1,99.00\n6217,2024-01-05,,99.00\n";
        let told = booked(&books, Kind::BankLines, wrong).await;
        assert_eq!(refusals(&told).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3], "{:?}", told.words);
        books.assert_clean().await;
    }

    async fn a_project_is_claimed_by_a_list_as_far_as_it_goes(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let open = json!({ "projectId": books.ids.project, "units": 4, "unitValue": { "amount": "20.00" } });
        books.world.write("claimOpen", open, "project { id }").await;
        let whole = "认捐编号,认捐单位,认捐类型,项目,到期日\nC0,甲样例店,认领,P1,2026-12-31\n";
        assert_eq!(counts(&import(&books, Kind::Pledges, whole, Mode::DryRun).await.1), [1, 0, 0, 0]);
        let list = "认捐编号,认领单位,认捐类型,认领份数,项目,到期日
C1,甲样例店,认领,3,P1,2026-12-31
C2,乙样例店,认领,1,P1,2026-12-31
";
        let over = format!("{list}C3,丙样例店,认领,1,P1,2026-12-31\nC4,丁样例店,认领,1,,2026-12-31\n");
        let told = booked(&books, Kind::Pledges, &over).await;
        assert_eq!(refusals(&told), [(4, "claim_taken"), (5, "text_missing")], "{:?}", told.words);
        assert_eq!(told.words[0].column, "认领份数");
        assert_eq!(counts(&booked(&books, Kind::Pledges, list).await), [2, 0, 0, 0]);
        for again in [list.to_owned(), otherwise(list)] {
            assert_eq!(counts(&booked(&books, Kind::Pledges, &again).await), [0, 0, 2, 0]);
        }
        let claim = |units: i64, amount: &str| json!({ "kind": "CLAIM", "amount": { "amount": amount },
            "claim": { "units": units, "sharing": "SHARED", "project": { "code": "P1" } } });
        let read = pledges(&books, "kind amount { amount } claim { units sharing project { ... on Project { code } } }").await;
        assert_eq!(read, [("C1".to_owned(), claim(3, "60.00")), ("C2".to_owned(), claim(1, "20.00"))]);
        assert_eq!(refusals(&booked(&books, Kind::Pledges, whole).await), [(2, "claim_taken")], "a whole project is no quarter of it");
        books.assert_clean().await;
    }

    async fn a_list_says_for_whom_and_when_and_how_a_match_is_paid(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let world = &books.world;
        let numbered = json!({ "kind": "GROUP", "name": "Choir", "areaIds": [books.ids.community], "externalId": "G7" });
        world.add("partyRegister", numbered, "party").await;
        for _ in 0..2 {
            world.party("GROUP", "Twins", &books.ids.community).await;
        }
        let list = "认捐编号,认捐单位,认捐类型,金额,比例,上限,每笔上限,每项目上限,出资方式,自组织,使用起始日期,使用截止日期
E1,甲样例店,定额,100,,,,,,Catering　Group,2026-06-01,2026-12-31
E2,乙样例店,定额,50,,,,,,G7,,
E3,丙样例店,配捐,,50%,300,20,100,后付,,,2027-06-30
E4,丁样例店,配捐,,50%,300,,,,,,
";
        assert_eq!(counts(&booked(&books, Kind::Pledges, list).await), [4, 0, 0, 0]);
        let english = "Number,Giver,Kind,Amount,Ratio,Cap,Per gift,Per project,Funding,Group,Use from,Use until
E1,甲样例店,fixed,100,,,,,,Catering Group,2026-06-01,2026-12-31
E3,丙样例店,matching,,50%,300,20,100,due,,,2027-06-30
";
        for again in [list.to_owned(), otherwise(list)] {
            assert_eq!(counts(&booked(&books, Kind::Pledges, &again).await), [0, 0, 4, 0]);
        }
        assert_eq!(counts(&booked(&books, Kind::Pledges, english).await), [0, 0, 2, 0]);
        let read = pledges(&books, "restriction { group { name } validFrom validTo } matchTerms { funding perGift { amount } perProject { amount } }").await;
        let earmarked = |group: Value, from: Value, to: Value| json!({ "group": group, "validFrom": from, "validTo": to });
        let named = |name: &str| json!({ "name": name });
        let null = Value::Null;
        let expected = [
            ("E1", json!({ "restriction": earmarked(named("Catering Group"), json!("2026-06-01"), json!("2026-12-31")), "matchTerms": null })),
            ("E2", json!({ "restriction": earmarked(named("Choir"), null.clone(), null.clone()), "matchTerms": null })),
            ("E3", json!({ "restriction": earmarked(null.clone(), null.clone(), json!("2027-06-30")),
                "matchTerms": { "funding": "DUE", "perGift": { "amount": "20.00" }, "perProject": { "amount": "100.00" } } })),
            ("E4", json!({ "restriction": earmarked(null.clone(), null.clone(), null.clone()),
                "matchTerms": { "funding": "PREFUNDED", "perGift": null, "perProject": null } })),
        ];
        assert_eq!(read, expected.map(|(number, node)| (number.to_owned(), node)));
        let wrong = "认捐单位,金额,自组织,项目,使用起始日期,使用截止日期,认捐类型,比例,上限,每笔上限,出资方式
甲样例店,1,Nobody,,,,,,,,
甲样例店,1,Twins,,,,,,,,
甲样例店,1,G7,P1,,,,,,,
甲样例店,1,G7,,2026-06-02,2026-06-01,,,,,
甲样例店,,,,,,配捐,50%,10,-1,
甲样例店,,,,,,配捐,50%,10,,赊账
";
        let told = booked(&books, Kind::Pledges, wrong).await;
        let expected = [
            (2, "code_unknown"), (3, "group_ambiguous"), (4, "earmark_malformed"), (5, "period_reversed"),
            (6, "amount_negative"), (7, "choice_unknown"),
        ];
        assert_eq!(refusals(&told), expected, "{:?}", told.words);
        assert_eq!(told.words[3].column, "使用截止日期");
        books.assert_clean().await;
    }

    async fn twelve_months_of_a_list_come_to_what_twelve_reports_come_to(fixture: Fixture) {
        use crate::pledge::sales::{BOTTLES, SALES};
        let books = Books::new(&fixture).await;
        let promised = "认捐编号,认捐单位,认捐类型,比例,单价,认捐日期\nS1,丙样例店,销售比例,3%,,2025-01-01\nS2,丙样例店,每瓶,,0.01,2025-01-01\n";
        assert_eq!(counts(&booked(&books, Kind::Pledges, promised).await), [2, 0, 0, 0]);
        let month = |number: usize| format!("{}-{:02}-01", 2025 + (number + 4) / 12, (number + 4) % 12 + 1);
        let row = |number: usize| format!("丙样例店,{},{},{}\n", Fen(SALES[number]), BOTTLES[number], month(number));
        let list = (0..12).fold("商家名称,销售额,销量,月份\n".to_owned(), |text, number| text + &row(number));
        let first = booked(&books, Kind::SalesReports, &list).await;
        assert_eq!(counts(&first), [12, 0, 0, 0], "{:?}", first.words);
        assert_eq!(counts(&booked(&books, Kind::SalesReports, &otherwise(&list)).await), [0, 0, 12, 0]);
        // As over the API: the dues of the months follow the floor of the running total.
        let dues = "dues(first: 100) { edges { node { amount { amount } } } } stated { amount }";
        let read = pledges(&books, dues).await;
        let whole = [Fen(SALES.iter().sum::<i64>() * 3 / 100), Fen(BOTTLES.iter().sum())];
        assert_eq!(whole[0], Fen(370_370));
        for ((_, pledge), whole) in read.iter().zip(whole) {
            assert_eq!(pledge["stated"]["amount"], whole.to_string());
            assert_eq!(pledge["dues"]["edges"].as_array().unwrap().len(), 12);
        }
        let monthly: Vec<String> = read[0].1["dues"]["edges"].as_array().unwrap().iter()
            .map(|edge| edge["node"]["amount"]["amount"].as_str().unwrap().to_owned()).collect();
        let mut so_far = 0;
        let floors: Vec<String> = SALES.iter().scan(0, |total, sold| {
            *total += sold;
            let due = *total * 3 / 100 - so_far;
            so_far += due;
            Some(Fen(due).to_string())
        }).collect();
        assert_eq!(monthly, floors);
        books.assert_clean().await;
    }

    async fn what_a_list_promised_reported_and_paid_is_taken_back(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let merchants = "名称\n甲样例店\n丙样例店\n";
        let (parties, _) = import(&books, Kind::Merchants, merchants, Mode::Commit).await;
        let promised = "认捐编号,认捐单位,认捐类型,金额,比例,认捐日期\nR1,甲样例店,定额,100,,2024-01-01\nR3,丙样例店,销售比例,,3%,2024-01-01\n";
        let (pledged, _) = import(&books, Kind::Pledges, promised, Mode::Commit).await;
        let sales = "单号,商家名称,销售额,月份\nN1,丙样例店,1000.00,2024-01-01\n";
        let (sold, _) = import(&books, Kind::SalesReports, sales, Mode::Commit).await;
        let payments = "到账日期,认捐单位,金额,认捐编号,流水号\n2024-02-02,甲样例店,60,R1,B1\n2024-02-20,丙样例店,30,R3,B2\n";
        let (paid, told) = import(&books, Kind::Settlements, payments, Mode::Commit).await;
        assert_eq!(counts(&told), [2, 0, 0, 0], "{:?}", told.words);
        let standing = "state received { amount } outstanding { amount }";
        let stands = |state: &str, received: &str, outstanding: &str| {
            json!({ "state": state, "received": { "amount": received }, "outstanding": { "amount": outstanding } })
        };
        let expected = [("R1".to_owned(), stands("ACCEPTED", "60.00", "40.00")), ("R3".to_owned(), stands("ACCEPTED", "30.00", "0.00"))];
        assert_eq!(pledges(&books, standing).await, expected);
        // What was paid on keeps what was promised.
        let why = stays(&books, &pledged).await;
        assert!(why.contains("Row 2 cannot be taken back") && why.contains("¥60.00 has arrived on its pledge"), "{why}");

        taken_back(&books, &paid).await;
        let open = [("R1".to_owned(), stands("ACCEPTED", "0.00", "100.00")), ("R3".to_owned(), stands("ACCEPTED", "0.00", "30.00"))];
        assert_eq!(pledges(&books, standing).await, open);
        let (paid, told) = import(&books, Kind::Settlements, payments, Mode::Commit).await;
        assert_eq!(counts(&told), [2, 0, 0, 0], "what was taken back may be imported again");
        assert_eq!(pledges(&books, standing).await, expected);
        taken_back(&books, &paid).await;

        // A report is corrected to nothing, and stays so: importing it again says that it was corrected.
        taken_back(&books, &sold).await;
        let nothing = [open[0].clone(), ("R3".to_owned(), stands("ACCEPTED", "0.00", "0.00"))];
        assert_eq!(pledges(&books, standing).await, nothing);
        let (_, told) = import(&books, Kind::SalesReports, sales, Mode::Commit).await;
        assert_eq!(counts(&told), [0, 0, 1, 0]);
        let words: Vec<_> = told.words.iter().map(|word| (word.row, word.code.as_str(), word.column.as_str(), word.value.as_str())).collect();
        assert_eq!(words, [(2, "known_corrected", "销售额", "1000.00")]);
        let bare = "商家名称,销售额,月份\n丙样例店,7.00,2024-02-01\n";
        let (sold, _) = import(&books, Kind::SalesReports, bare, Mode::Commit).await;
        taken_back(&books, &sold).await;
        let told = booked(&books, Kind::SalesReports, bare).await;
        assert_eq!(refusals(&told), [(2, "sales_reported")], "without a number it is known by its days");

        taken_back(&books, &pledged).await;
        let cancelled = [("R1".to_owned(), stands("CANCELLED", "0.00", "0.00")), ("R3".to_owned(), stands("CANCELLED", "0.00", "0.00"))];
        assert_eq!(pledges(&books, standing).await, cancelled);
        for expected in [[2, 0, 0, 0], [0, 0, 2, 0]] {
            assert_eq!(counts(&booked(&books, Kind::Pledges, promised).await), expected, "taken over again, once");
        }
        assert_eq!(pledges(&books, "state").await.len(), 4);

        let before = books.counts().await.party;
        taken_back(&books, &parties).await;
        assert_eq!(books.counts().await.party, before, "parties stay");
        assert_eq!(counts(&booked(&books, Kind::Merchants, merchants).await), [0, 0, 2, 0]);
        books.assert_clean().await;
    }

    async fn a_pledge_that_was_cancelled_by_hand_is_not_taken_over_again(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let promised = "认捐编号,认捐单位,金额\nR1,甲样例店,100\n";
        assert_eq!(counts(&booked(&books, Kind::Pledges, promised).await), [1, 0, 0, 0]);
        let (id,): (i64,) = books.world.db.sql("SELECT id FROM pledge").one().await.unwrap();
        let id = cobuild::id::GlobalId::new(cobuild::id::NodeKind::Pledge, id).to_string();
        books.world.write("pledgeAdvance", json!({ "pledgeId": id, "to": "CANCELLED" }), "pledge { id }").await;
        assert_eq!(counts(&booked(&books, Kind::Pledges, promised).await), [0, 0, 1, 0]);
    }
}
