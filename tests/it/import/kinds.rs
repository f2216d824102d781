//! Every kind of list: booked once, known again in another shape, refused with its row, taken back.

use cobuild::{
    import::{job::Options, kind::Kind, summary::Summary, word::Outcome},
    money::Fen,
};

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
    let options = Options { source: Some("club".into()), ..Options::default() };
    let (_, told) = books.import_kind(&books.operator(), kind, text.as_bytes(), Mode::Commit, options).await.unwrap();
    told
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
}
