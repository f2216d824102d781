//! Imports from the file to the books: what is booked, what is refused, and that nothing is booked twice.

#![allow(clippy::print_stdout, reason = "what was measured and what was skipped is told")]

mod books;
mod door;
mod doors;
pub mod killed;
mod kinds;
mod memory;
mod programs;
mod published;
mod reference;

use cobuild::{
    error::Language,
    import::{
        job::{Options, State},
        kind::Kind,
        word::Outcome,
    },
    viewer::Viewer,
};
use serde_json::json;

use crate::support::on_both;
use books::{Books, Mode, Rows, file, gb18030};

/// A file as publishers leave them: whatever is wrong with it, each gift can be read.
const FAULTS: &str = "样例社区共建基金捐赠信息公示,,,,,
公示期：2024年3月1日至3月31日,,,,,单位：元
序号,捐赠单位（姓名）,捐赠日期,捐赠金额（元）,捐赠意向,来源行
1,样例食品有限公司,2024.03.01,\"  4,000,000.00   \",助老餐桌,一月.xls:1
2,示范五金（个体工商户）,2024.03.02,1000000,,一月.xls:2
3,\u{3000}虚构\u{a0}书店\t,2024/3/5,¥500,儿童阅览角,一月.xls:3
4,样例\u{200b}食品有限公司,2024-03-05,1.2万,,一月.xls:4
5,甲乙丙物业服务有限公司\t,2024年3月6日,38422.23999998,楼道照明,一月.xls:5
6,Ａ１演示传媒有限公司,20240308,１２００元,,一月.xls:6
7,样例药房,45360,\"   3,000.50   \",应急药箱,一月.xls:7
8,样例药房,2024.03.10,200,,一月.xls:8
9,样例药房,2024.03.10,200,,一月.xls:9
10,ＢＡＫＥＲＹ,2024.03.12,1.5E3,\"助老餐桌 55%，儿童阅览角 45%\",一月.xls:10
11,占位物流有限公司转来演示食府捐款,2024.03.15,0.01,,一月.xls:11
12,样例药房,2024.03.10,200,,二月.xls:1
13,[示范]五金(个体工商户),2024.03.16,5,,二月.xls:2

,合　计,,5057227.74999998,,
";

on_both! {
    async fn what_publishers_leave_in_a_file_survives(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let before = books.counts().await;
        let tried = books.import(FAULTS.as_bytes(), Mode::DryRun).await;
        assert_eq!((tried.state, tried.rows, tried.created, tried.unchanged, tried.refused), (State::Planned, 13, 13, 0, 0));
        assert_eq!((tried.total_fen, tried.created_fen), (505_722_775, 505_722_775));
        assert_eq!(tried.control_total_fen, Some(505_722_775));
        assert_eq!(books.counts().await, before, "a dry run writes nothing to the books");

        let booked = books.import(FAULTS.as_bytes(), Mode::Commit).await;
        assert_eq!((booked.state, booked.created, booked.unchanged), (State::Committed, 13, 0));
        // The bakery is known; the pharmacy and the food company give more than once; one gift was passed on.
        assert_eq!((booked.parties_created, tried.parties_created), (9, 9));
        let told: Vec<_> = booked.words.iter().map(|word| (word.row, word.code.as_str())).collect();
        assert_eq!(told, [(12, "repeated"), (15, "repeated")]);
        assert_eq!(booked.repeated, 2);
        let after = books.counts().await;
        assert_eq!((after.party - before.party, after.receipt, after.entry, after.idem), (9, 13, 13, before.idem));
        let notes = books.notes().await;
        assert!(notes.contains(&"助老餐桌 55%，儿童阅览角 45%".to_owned()), "{notes:?}");
        assert_eq!(books.pool_fen().await, 505_722_775);
        books.assert_clean().await;
        insta::assert_snapshot!("booked_en", without_id(&booked.text(Language::En)));
        insta::assert_snapshot!("booked_zh", without_id(&booked.text(Language::Zh)));
    }

    async fn a_row_that_is_refused_keeps_the_whole_file_out(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        for _ in 0..2 {
            books.world.party("MERCHANT", "Twin", &books.ids.community).await;
        }
        let long = "9".repeat(101);
        let text = format!("捐赠者,金额(元),捐赠日期,用途,统一社会信用代码,外部编号
好邻居超市,10,2024-01-02,,,
好邻居超市,-10,2024-01-02,,,
twin,10,2024-01-02,,,
坏码公司,10,2024-01-02,,91110000101623741X,
长号公司,10,2024-01-02,,,{long}
,10,2024-01-02,,,
未来公司,10,2029-01-02,,,
长文公司,10,2024-01-02,{},,
真码公司,20,2024-01-02,,91110000101623741K,
", "长".repeat(501));
        let before = books.counts().await;
        let refused = books.import(text.as_bytes(), Mode::Commit).await;
        assert_eq!(books.counts().await, before);
        let codes: Vec<_> = refused.words.iter().map(|one| (one.row, one.column.as_str(), one.code.as_str())).collect();
        assert_eq!(codes, [
            (3, "金额(元)", "amount_negative"),
            (4, "捐赠者", "giver_ambiguous"),
            (5, "统一社会信用代码", "credit_code_invalid"),
            (6, "外部编号", "text_too_long"),
            (7, "捐赠者", "giver_missing"),
            (8, "捐赠日期", "date_in_future"),
            (9, "用途", "text_too_long"),
        ]);
        assert_eq!((refused.state, refused.created, refused.refused), (State::Planned, 2, 7));
        let ambiguous = &refused.words[1];
        assert!(ambiguous.message_en.contains("Twin (Merchant, "), "{}", ambiguous.message_en);
        let wrong = &refused.words[2].message_en;
        assert!(wrong.contains("no unified social credit code: its check symbol is X where K is due"), "{wrong}");
        let zh = refused.text(Language::Zh);
        assert!(zh.contains("尚未入账") && zh.contains("第 3 行"), "{zh}");

        let good = books.import(text.as_bytes(), Mode::CommitAccepted).await;
        assert_eq!((good.state, good.created, good.parties_created, good.refused, good.created_fen), (State::Committed, 2, 2, 7, 3_000));
        let again = books.import(text.as_bytes(), Mode::CommitAccepted).await;
        assert_eq!((again.created, again.unchanged, again.parties_created), (0, 2, 0));
        assert_eq!(again.earlier_import_job_id, Some(good.import_job_id));
        books.assert_clean().await;
    }

    async fn a_file_that_is_no_list_and_a_stranger_are_told_so(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let refused = books.import(b"no list at all", Mode::Commit).await;
        assert_eq!((refused.state, refused.error.as_ref().map(|why| why.code.as_str())), (State::Refused, Some("column_missing")));
        assert_eq!(serde_json::to_value(&refused).unwrap()["state"], json!("refused"));
        let empty = books.import_as(&books.operator(), b"", Mode::DryRun).await;
        assert!(empty.unwrap_err().message(Language::En).contains("the file is empty"));
        let nobody = books.import_as(&Viewer::public(), b"x", Mode::DryRun).await;
        assert!(matches!(nobody, Err(cobuild::error::Error::Denied(_))), "{nobody:?}");
        assert!(books.import_into("F9", FAULTS.as_bytes()).await.unwrap_err().message(Language::En).contains("no such fund"));
    }

    async fn the_same_gifts_are_booked_once_however_they_come(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let rows: Rows = (0..60).map(|n| (format!("单位{:02}（分部）", n % 25), 100 + n, format!("用途{}", n % 3))).collect();
        assert_eq!(books.import(file(&rows).as_bytes(), Mode::Commit).await.created, 60);
        let before = books.counts().await;
        let mut reversed = rows.clone();
        reversed.reverse();
        // Another order of columns, running numbers, references, codes, and a spelling of another width.
        let enriched: String = rows.iter().enumerate().rev().fold(
            "流水号,单位编号,用途,日期,序号,金额,捐赠者\n".to_owned(),
            |text, (at, (name, yuan, note))| {
                format!("{text}T{at},N{at},{note} ,2024/2/1,{at},{yuan}.00,{}\n", name.replace('（', "(").replace('）', ")"))
            },
        );
        for again in [file(&rows).into_bytes(), file(&reversed).into_bytes(), gb18030(&file(&rows))] {
            let again = books.import(&again, Mode::Commit).await;
            assert_eq!((again.rows, again.created, again.unchanged, again.parties_created), (60, 0, 60, 0));
            assert_eq!(again.refused, 0);
            assert_eq!(books.counts().await, before);
        }
        // What the enriched copy adds is kept, once.
        for (changed, unchanged) in [(60, 0), (0, 60)] {
            let again = books.import(enriched.as_bytes(), Mode::Commit).await;
            assert_eq!((again.created, again.changed, again.unchanged, again.refused), (0, changed, unchanged, 0), "{:?}", again.words);
            assert_eq!(books.counts().await, before);
        }
        // Another principal is told the same, and one more gift in the file is one more gift.
        let mut longer = rows.clone();
        longer.push(rows[7].clone());
        let more = books.import(file(&longer).as_bytes(), Mode::Commit).await;
        assert_eq!((more.created, more.unchanged, more.repeated), (1, 60, 1));
        let other = books.other_operator().await;
        let told = books.import_as(&other, file(&longer).as_bytes(), Mode::Commit).await.unwrap();
        assert_eq!((told.created, told.unchanged), (0, 61));
        books.assert_clean().await;
    }

    async fn a_giver_is_known_by_code_then_number_then_name(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let world = &books.world;
        let elsewhere = world.area(None, "DISTRICT", "Wendeng").await;
        let shop = |name: &str, area: &str, more: serde_json::Value| {
            crate::world::with(json!({ "kind": "MERCHANT", "name": name, "areaIds": [area] }), more)
        };
        world.add("partyRegister", shop("Coded", &elsewhere, json!({ "creditCode": "91110000101623741K" })), "party").await;
        world.add("partyRegister", shop("Numbered", &books.ids.community, json!({ "externalId": "N1" })), "party").await;
        world.add("partyRegister", shop("Remote", &elsewhere, json!({ "externalId": "N2" })), "party").await;
        let parties = books.counts().await.party;
        let text = "捐赠者,金额,日期,信用代码,外部编号
Renamed,1,2024-01-01,9111 0000 1016 2374 1k,
Numbered Ltd,2,2024-01-01,,N1
numbered,3,2024-01-01,,
Remote,4,2024-01-01,,N2
Fresh,5,2024-01-01,,
FRESH,6,2024-01-01,,F1
Fresh,7,2024-01-01,,F2
";
        let booked = books.import(text.as_bytes(), Mode::Commit).await;
        // The fresh one without a number may be either of two, whichever row comes first.
        assert_eq!(booked.words.iter().map(|one| (one.row, one.code.as_str())).collect::<Vec<_>>(), [(6, "giver_ambiguous")]);
        let booked = books.import(text.as_bytes(), Mode::CommitAccepted).await;
        assert_eq!((booked.created, booked.parties_created), (6, 3));
        assert_eq!(books.counts().await.party, parties + 3);
        let given = books.given().await;
        let expected = [("Coded", 100), ("FRESH", 600), ("Fresh", 700), ("Numbered", 500), ("Remote", 400)];
        assert_eq!(given, expected.map(|(name, fen)| (name.to_owned(), fen)));
        // Known by its code once, it is active here and known by its name.
        let later = books.import("捐赠者,金额,日期\ncoded,9,2024-01-01\n".as_bytes(), Mode::Commit).await;
        assert_eq!((later.created, later.parties_created), (1, 0));
        books.assert_clean().await;
    }

    async fn what_a_row_repeats_divides_or_completes_is_told_with_its_cell(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let import = async |text: &str, source: Option<&str>| {
            let options = Options { source: source.map(str::to_owned), ..Options::default() };
            let done = books.import_kind(&books.operator(), Kind::Contributions, text.as_bytes(), Mode::Commit, options).await;
            let told = done.unwrap().1;
            assert_eq!(told.state, State::Committed, "{:?}", told.words);
            let words = told.words.iter().map(|one| (one.row, one.code.clone(), one.outcome, one.column.clone(), one.value.clone()));
            (words.collect::<Vec<_>>(), told)
        };
        let word = |row: i64, code: &str, outcome, column: &str, value: &str| (row, code.to_owned(), outcome, column.to_owned(), value.to_owned());
        let list = "捐赠者,金额,日期,流水号\n甲样例店,100,2024-01-02,T1\n乙样例店,100,2024-01-02,T2\n";
        assert_eq!(import(list, Some("bank")).await.0, []);
        // The same gift in another's list may be another gift: it is booked, and somebody looks at it.
        let elsewhere = "捐赠者,金额,日期,流水号\n甲样例店,100,2024-01-02,9\n甲样例店,100,2024-01-03,10\n甲样例店,101,2024-01-02,11\n";
        let (words, told) = import(elsewhere, Some("club")).await;
        assert_eq!(words, [word(2, "booked_alike", Outcome::Suspected, "捐赠者", "甲样例店")]);
        assert_eq!((told.suspected, told.refused, books.counts().await.receipt), (1, 0, 5));
        let (en, zh) = (&told.words[0].message_en, &told.words[0].message_zh);
        assert!(en.starts_with("A gift of the same giver, amount and day is booked already (") && zh.contains("作为另一笔保留"), "{en} {zh}");

        // A note divides a gift only where its parts add up to it.
        let divided = "捐赠者,金额,日期,备注\n丙样例店,850000,2024-01-02,\"甲院 55万，乙院、丙院各15万\"\n丙样例店,850000.01,2024-01-02,\"甲院 55万，乙院、丙院各15万\"\n";
        let (words, told) = import(divided, None).await;
        assert_eq!(words, [word(2, "note_divides", Outcome::Created, "备注", "甲院 55万，乙院、丙院各15万")]);
        let en = &told.words[0].message_en;
        assert!(en.starts_with("The note divides the gift: 甲院 ¥550,000.00; 乙院 ¥150,000.00; 丙院 ¥150,000.00."), "{en}");

        // What a later copy adds to the gift and to its giver is filled in, once.
        assert_eq!(import("捐赠者,金额,日期\n丁样例店,7,2024-01-02\n", None).await.0, []);
        let fuller = "捐赠者,金额,日期,备注,流水号,信用代码\n丁样例店,7,2024-01-02,助老,T7,91110000101623741K\n";
        let (words, told) = import(fuller, None).await;
        let mut codes: Vec<_> = words.iter().map(|word| (word.1.as_str(), word.2, word.3.as_str(), word.4.as_str())).collect();
        codes.sort_unstable_by_key(|code| (code.0, code.2));
        let changed = Outcome::Changed;
        assert_eq!(codes, [
            ("filled_in", changed, "备注", "助老"), ("filled_in", changed, "流水号", "T7"), ("party_filled", changed, "捐赠者", "丁样例店"),
        ]);
        assert_eq!((told.changed, told.created), (1, 0));
        let filled = told.words.iter().find(|word| word.code == "party_filled").unwrap();
        assert_eq!((filled.message_en.as_str(), filled.message_zh.as_str()),
            ("Filled in: credit code 91110000101623741K.", "已补充：信用代码 91110000101623741K。"));
        let (words, told) = import(fuller, None).await;
        assert_eq!((words, told.unchanged), (vec![], 1));
        books.assert_clean().await;
    }

    async fn a_batch_takes_as_many_statements_as_a_row(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let rows = |from: usize, size: usize| -> Rows {
            (from..from + size).map(|n| (format!("Unit {n}"), 10, String::new())).collect()
        };
        books.import(file(&rows(0, 1)).as_bytes(), Mode::Commit).await;
        let mut taken = vec![];
        for (from, size) in [(1, 1), (2, 7), (9, 500)] {
            let before = books.world.db.statements();
            let told = books.import(file(&rows(from, size)).as_bytes(), Mode::Commit).await;
            assert_eq!(told.created, i64::try_from(size).unwrap());
            taken.push(books.world.db.statements() - before);
        }
        // Now and then the job is read, to be told.
        assert!(taken.iter().all(|one| one.abs_diff(taken[0]) < 12) && taken[0] < 100, "{taken:?}");
        println!("{taken:?} statements for 1, 7 and 500 rows");
    }
}

/// The text without ids, which differ from run to run.
fn without_id(text: &str) -> String {
    text.lines()
        .filter(|line| !line.contains("imported before") && !line.contains("此前已导入"))
        .collect::<Vec<_>>()
        .join("\n")
}
