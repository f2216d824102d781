//! Header rows, synonyms, units and mapping files.

use super::*;

fn mapped(text: &str, mapping: &str) -> Result<Contributions, FileRefusal> {
    let mapping = Mapping::parse(mapping, COLUMNS)?;
    read(Cursor::new(text.to_owned()), &Options { mapping, ..options() })
}

#[test]
fn the_table_of_columns_is_sound() {
    assert_eq!(column::faults(COLUMNS), [""; 0]);
}

#[test]
fn column_names_are_understood_however_they_are_written() {
    let headers = [
        "捐赠(单位/姓名),捐赠日期,捐赠金额（元）",
        "捐赠（单位／姓名）,捐赠 日期,捐赠金额(人民币元)",
        " 捐赠单位 ,日\u{3000}期,金额/元",
        "捐赠者（全称）,日期（年/月/日）,金额：元",
        "*商家名称,到账日期,到账金额(单位：元)",
        "Giver,Date,Amount",
        "DONOR NAME,Given on,Amount (CNY)",
        "giver_name,given-on,amount_yuan",
    ];
    for header in headers {
        let list = contributions(&format!("{header}\n样例食品,2024-01-02,5\n"));
        assert_eq!((list.rows.len(), list.total_fen), (1, 500), "{header}");
    }
}

#[test]
fn all_columns_are_found_and_the_running_number_is_none_of_them() {
    let list = contributions(
        "序号,捐赠人,统一社会信用代码,商户编号,捐款金额,捐款时间,用途,备注,流水号\n\
         1,样例食品,９１４２０１００ma4kxxxx0x,M-7,5,2024-01-02,助老,谢谢,\"                                    T-9\"\n",
    );
    let row = &list.rows[0];
    assert_eq!(row.credit_code.as_deref(), Some("91420100MA4KXXXX0X"));
    assert_eq!(row.external_id.as_deref(), Some("M-7"));
    assert_eq!(row.note.as_deref(), Some("助老；谢谢"));
    assert_eq!(row.reference.as_deref(), Some("T-9"));
}

#[test]
fn the_unit_comes_from_the_header_the_title_or_the_cell() {
    let cases = [
        ("giver,date,捐赠金额（万元）\nx,2024-01-02,1.2\n", 1_200_000),
        ("giver,date,捐赠金额（万元）\nx,2024-01-02,1.2元\n", 120),
        ("giver,date,金额万元\nx,2024-01-02,1.2\n", 1_200_000),
        ("giver,date,amount_fen\nx,2024-01-02,12\n", 12),
        ("样例清单,,单位：万元\ngiver,date,金额\nx,2024-01-02,1.2\n", 1_200_000),
        ("样例清单（金额单位：人民币万元）2024年\ngiver,date,金额\nx,2024-01-02,1.2\n", 1_200_000),
        ("单位：万元 2024年3月\ngiver,date,金额\nx,2024-01-02,1.2\n", 1_200_000),
        ("单位：万元\ngiver,date,金额（元）\nx,2024-01-02,1.2\n", 120),
        ("单位：样例协会\ngiver,date,金额\nx,2024-01-02,1.2\n", 120),
        ("样例清单\ngiver,date,金额\nx,2024-01-02,1.2万\n", 1_200_000),
    ];
    for (text, fen) in cases {
        assert_eq!(contributions(text).total_fen, fen, "{text}");
    }
}

#[test]
fn another_unit_is_never_taken_for_yuan() {
    let codes = [
        ("giver,date,金额（美元）\nx,2024-01-02,5\n", "column_missing"),
        ("giver,date,金额千元\nx,2024-01-02,5\n", "column_missing"),
        ("giver,date,amount_usd\nx,2024-01-02,5\n", "column_missing"),
        ("单位：千元\ngiver,date,金额\nx,2024-01-02,5\n", "amount_unit_unknown"),
    ];
    for (text, code) in codes {
        assert_eq!(refusal(text.as_bytes()).code, code, "{text}");
    }
    let text = "giver,date,金额（含税）\nx,2024-01-02,5\n";
    let named = mapped(text, "amount = \"金额(含税)\"").expect_err("the unit is not known");
    assert_eq!(named.code, "amount_unit_unknown");
    let known = mapped(text, "amount = \"金额(含税)\"\namount_unit = \"wan\"").expect("accepted");
    assert_eq!(known.total_fen, 5_000_000);
}

#[test]
fn ten_title_rows_are_skipped_and_an_eleventh_is_not() {
    let list = |titles: usize| {
        let titles = "样例清单\n\n".repeat(titles);
        format!("{titles}giver,date,amount\n样例食品,2024-01-02,5\n")
    };
    assert_eq!(contributions(&list(10)).header_row, 21);
    assert_eq!(refusal(list(11).as_bytes()).code, "column_missing");
}

#[test]
fn a_missing_column_is_refused_with_what_was_found_and_what_would_do() {
    let refused = refusal("样例清单\n序号,供货方,数目,日期\n1,x,5,2024-01-02\n".as_bytes());
    assert_eq!((refused.code, refused.row), ("column_missing", Some(2)));
    for part in ["序号 | 供货方 | 数目 | 日期", "giver = \"column name\"", "捐赠单位/姓名"] {
        assert!(refused.message_en.contains(part), "{refused}");
    }
    let no_date = "giver,amount\nx,5\n";
    assert!(refusal(no_date.as_bytes()).message_en.contains("No column is the date"));
    let dated = Options { date_default: Some(today()), ..options() };
    let list = read(Cursor::new(no_date), &dated).expect("a default date stands in");
    assert_eq!(list.rows[0].given_on, today());
}

#[test]
fn a_name_that_stands_twice_is_never_chosen_from() {
    let refused = refusal("giver,金额（元）,金额（万元）,date\nx,5,6,2024-01-02\n".as_bytes());
    assert_eq!(refused.code, "column_twice");
}

#[test]
fn a_mapping_wins_over_the_guess() {
    let text = "giver,供货方,amount,实付,date,note,批次,行\nx,样例食品,5,7,2024-01-02,n,b,3\n";
    let mapping = "giver = \"供货方\"\namount = \"实付\"\nnote = []\nreference = [\"批次\", \"行\"]";
    let list = mapped(text, mapping).expect("accepted");
    let row = &list.rows[0];
    assert_eq!((row.giver_name.as_str(), row.amount_fen), ("样例食品", 700));
    assert_eq!((row.note.as_deref(), row.reference.as_deref()), (None, Some("b:3")));

    let refused = [
        ("giver = \"没有\"", "mapped_column_missing"),
        ("gifer = \"giver\"", "mapping_unreadable"),
        ("amount_unit = \"dollar\"", "mapping_unreadable"),
        ("giver = ", "mapping_unreadable"),
    ];
    for (mapping, code) in refused {
        assert_eq!(mapped(text, mapping).expect_err("refused").code, code);
    }
    let long = "#".repeat(MAPPING_BYTES_MAX + 1);
    assert_eq!(mapped(text, &long).expect_err("refused").code, "mapping_too_large");
}

#[test]
fn a_mapping_is_kept_as_json_and_is_the_same_again() {
    let mapping = "giver = \"供货方\"\namount_unit = \"wan\"\nnote = [\"a\", \"b\"]\ndate = \"\"\nsheet = \"明细\"";
    let mapping = Mapping::parse(mapping, COLUMNS).expect("accepted");
    let kept = serde_json::to_string(&mapping).expect("it is written");
    insta::assert_snapshot!(kept, @r#"{"columns":{"date":[],"giver":["供货方"],"note":["a","b"]},"units":{"amount":"wan"},"sheet":"明细"}"#);
    assert_eq!(serde_json::from_str::<Mapping>(&kept).expect("it is read"), mapping);
}
