//! Workbooks and JSON lines: what their cells are, their sheets, and that they are read as texts are.

use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula, Workbook};

use super::file::{Format, Kind};
use super::formats::{every_format, json_lines, ods, ods_rows, table, xls_of, xlsx_of};
use super::*;

fn open(bytes: Vec<u8>) -> RowReader {
    RowReader::open(Cursor::new(bytes), &Wanted::default()).expect("it is opened")
}

fn rows_of(bytes: Vec<u8>) -> Vec<FileRow> {
    open(bytes).map(|row| row.expect("a row")).collect()
}

/// The cells of the rows, and what they are.
fn kinds_of(row: &FileRow) -> Vec<(&str, Kind)> {
    row.cells().enumerate().map(|(column, cell)| (cell, row.kind(column))).collect()
}

/// A list with every fault that published lists have.
fn faulty() -> Vec<Vec<String>> {
    table(&[
        &["样例清单（第三批）"],
        &["单位：元", "截至 2024 年 3 月"],
        &[],
        &["序号", "捐赠（单位／姓名）", "捐赠 日期", "捐赠金额（元）", "备注", "流水号"],
        &[
            "1",
            "样例食品有限公司\t",
            "2024.01.26",
            "４，０００，０００．００",
            "",
            "                                    T-9",
        ],
        &["2", "\u{A0}样例\u{200B}五金\u{3000}", "2024年1月27日", "   4,000,000.00", "助老", "T-10"],
        &["3", "占位物流转来演示食府捐款", "45318", "1.2万", "甲院 55万，乙院、丙院各15万", ""],
        &["4", "张*", "2024/1/28", "0.01", "", ""],
        &["5", "张*", "2024/1/28", "0.01", "", ""],
        &["6", "卫（Ａ１）样例", "20240129", "38422322.23999998", "一行\n两行", ""],
        &["", "合计", "7人", "46434322.26", "", ""],
        &["经办人：样例"],
    ])
}

#[test]
fn a_list_with_every_fault_gives_the_same_gifts_in_every_format() {
    let expected = read_bytes(text_of(&faulty()).as_bytes()).expect("accepted");
    assert_eq!(expected.refusals, []);
    assert_eq!((expected.rows.len(), expected.control_count, expected.header_row), (6, Some(7), 4));
    assert_eq!(expected.control_total, Some(4_643_432_226));
    assert_eq!(expected.repeats, [Repeat { row: 9, of_row: 8, occurrence: 2 }]);
    assert_eq!(expected.passed_over, [12]);
    for (format, bytes) in every_format(&faulty()) {
        let list = read_bytes(&bytes).unwrap_or_else(|refusal| panic!("{format}: {refusal}"));
        assert_eq!(list.rows, expected.rows, "{format}");
        assert_eq!((list.control_total, list.control_count), (expected.control_total, Some(7)), "{format}");
        assert_eq!((&list.repeats, &list.passed_over), (&expected.repeats, &expected.passed_over), "{format}");
    }
    let records = read_bytes(&json_lines(&faulty()[3..10])).expect("accepted");
    assert_eq!(keys(&records), keys(&expected));
}

fn text_of(rows: &[Vec<String>]) -> String {
    super::formats::text(rows, ",", "\n")
}

#[test]
fn a_format_is_found_by_content() {
    let rows = table(&[&["捐赠者", "日期", "金额"], &["样例食品", "2024-01-02", "5"]]);
    let found: Vec<(&str, Format)> =
        every_format(&rows).into_iter().map(|(name, bytes)| (name, open(bytes).found().format)).collect();
    let expected = [
        ("csv", Format::Csv),
        ("csv with a mark", Format::Csv),
        ("csv of semicolons and carriage returns", Format::Csv),
        ("tsv of Windows", Format::Tsv),
        ("gb18030", Format::Csv),
        ("utf16le", Format::Csv),
        ("utf16be", Format::Csv),
        ("xlsx", Format::Xlsx),
        ("ods", Format::Ods),
        ("xls", Format::Xls),
    ];
    assert_eq!(found, expected);
    assert_eq!(open(json_lines(&rows)).found().format, Format::JsonLines);
}

#[test]
fn a_workbooks_cells_keep_what_they_are() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let (day, percent) =
        (CellFormat::new().set_num_format("yyyy\"年\"m\"月\"d\"日\""), CellFormat::new().set_num_format("0.00%"));
    let at = |text| ExcelDateTime::parse_from_str(text).expect("an instant");
    sheet.write_number(1, 1, 38_422_322.239_999_98).expect("written");
    sheet.write_number(1, 2, 0.1 + 0.2).expect("written");
    sheet.write_number(1, 3, 1_000_000).expect("written");
    sheet.write_datetime_with_format(1, 4, at("2024-03-01"), &day).expect("written");
    sheet.write_datetime_with_format(1, 5, at("2024-03-01 09:30:00"), &day).expect("written");
    sheet.write_boolean(1, 6, true).expect("written");
    sheet.write_formula(1, 7, Formula::new("=1+1").set_result("2")).expect("written");
    sheet.write_number_with_format(1, 8, 0.03, &percent).expect("written");
    sheet.write_string(1, 9, "=1+1").expect("written");
    let rows = rows_of(workbook.save_to_buffer().expect("a workbook"));
    let expected = [
        ("", Kind::Empty),
        ("38422322.23999998", Kind::Number),
        ("0.30000000000000004", Kind::Number),
        ("1000000", Kind::Number),
        ("2024-03-01", Kind::Date),
        ("2024-03-01 09:30:00", Kind::Date),
        ("TRUE", Kind::Bool),
        ("2", Kind::Number),
        ("0.03", Kind::Percent),
        ("=1+1", Kind::Text),
    ];
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2]);
    assert_eq!(kinds_of(&rows[0]), expected);
}

#[test]
fn the_error_of_a_formula_is_read_as_its_error() {
    let rows = rows_of(xlsx_of(
        "<row r=\"3\"><c r=\"A3\" t=\"e\"><f>B1</f><v>#REF!</v></c><c r=\"B3\" t=\"str\"><f>B2</f><v>样例</v></c>\
         <c r=\"C3\"><f>B1</f></c></row>",
        None,
        "",
    ));
    assert_eq!(rows[0].number, 3);
    assert_eq!(kinds_of(&rows[0]), [("#REF!", Kind::Error), ("样例", Kind::Text)]);
}

#[test]
fn a_workbook_of_1904_has_the_days_it_shows() {
    let sheet = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>giver</v></c><c r=\"B1\" t=\"str\"><v>date</v></c>\
                 <c r=\"C1\" t=\"str\"><v>amount</v></c></row>\
                 <row r=\"2\"><c r=\"A2\" t=\"str\"><v>样例食品</v></c><c r=\"B2\"><v>43856</v></c><c r=\"C2\"><v>5</v></c></row>";
    let day = |properties: &str| {
        let list = read_bytes(&xlsx_of(sheet, None, properties)).expect("accepted");
        list.rows[0].given_on.to_string()
    };
    assert_eq!(day(""), "2020-01-26");
    assert_eq!(day("<workbookPr date1904=\"1\"/>"), "2024-01-27");
}

#[test]
fn the_first_visible_sheet_whose_header_fits_is_the_list() {
    let mut workbook = Workbook::new();
    for (name, header, giver) in [
        ("旧表", "捐赠者", "隐藏"),
        ("封面", "封面", "说明"),
        ("明细", "捐赠者", "样例食品"),
        ("附表", "捐赠者", "示范五金"),
    ] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).expect("a name").set_hidden(name == "旧表");
        for (row, cells) in (0..).zip([[header, "日期", "金额"], [giver, "2024-01-02", "5"]]) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell).expect("written");
            }
        }
        if name == "明细" {
            sheet.set_active(true);
        }
    }
    let bytes = workbook.save_to_buffer().expect("a workbook");
    let list = read_bytes(&bytes).expect("accepted");
    assert_eq!(list.found.sheet.as_deref(), Some("明细"));
    assert_eq!(list.rows[0].giver_name, "样例食品");

    let named = |sheet: &str| {
        let mapping = Mapping::parse(&format!("sheet = \"{sheet}\""), COLUMNS).expect("a mapping");
        read(Cursor::new(bytes.clone()), &Options { mapping, ..options() })
    };
    assert_eq!(named("附表").expect("accepted").rows[0].giver_name, "示范五金");
    assert_eq!(named("旧表").expect("accepted").rows[0].giver_name, "隐藏");
    let missing = named("没有").expect_err("refused");
    assert_eq!(missing.message_en, "The workbook has no sheet 没有; it has 旧表 | 封面 | 明细 | 附表.");
}

#[test]
fn the_sentence_is_of_the_likeliest_sheet_when_none_fits() {
    let tables =
        [("封面", table(&[&["说明"]])), ("明细", table(&[&["捐赠者", "日期", "数目"], &["样例", "2024-01-02", "5"]]))];
    let rows: Vec<(&str, String)> = tables.iter().map(|(name, rows)| (*name, ods_rows(rows))).collect();
    let sheets: Vec<(&str, &str)> = rows.iter().map(|(name, rows)| (*name, rows.as_str())).collect();
    let refused = refusal(&ods(&sheets));
    assert_eq!((refused.code, refused.row), ("column_missing", Some(1)));
    assert!(refused.message_en.contains("捐赠者 | 日期 | 数目"), "{refused}");
}

#[test]
fn repeated_rows_and_cells_of_an_ods_file_are_written_out() {
    let rows = "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell/></table:table-row>\
        <table:table-row><table:table-cell table:number-columns-repeated=\"2\"/>\
        <table:table-cell office:value-type=\"float\" office:value=\"38422322.23999998\"/>\
        <table:table-cell office:value-type=\"date\" office:date-value=\"2024-03-01\"/></table:table-row>\
        <table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell table:number-columns-repeated=\"16384\"/>\
        </table:table-row>";
    let rows = rows_of(ods(&[("a", rows)]));
    assert_eq!((rows.len(), rows[0].number), (1, 4));
    let expected =
        [("", Kind::Empty), ("", Kind::Empty), ("38422322.23999998", Kind::Number), ("2024-03-01", Kind::Date)];
    assert_eq!(kinds_of(&rows[0]), expected);
}

#[test]
fn the_numbers_of_an_old_workbook_are_exact() {
    let place = |column: u16| [0_u16.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
    let number =
        |column, number: f64| super::formats::biff(0x0203, &[place(column), number.to_le_bytes().to_vec()].concat());
    let rows = rows_of(xls_of(&[number(0, 38_422_322.239_999_98), number(2, 5.0)].concat()));
    let expected = [("38422322.23999998", Kind::Number), ("", Kind::Empty), ("5", Kind::Number)];
    assert_eq!(kinds_of(&rows[0]), expected);
}

#[test]
fn json_lines_are_rows_of_the_union_of_their_keys() {
    let text = "\n{\"giver\":\"样例\",\"amount\":38422322.23999998}\r\n\n  {\"date\":null,\"giver\":\"示范\\n五金\",\"ok\":true,\"amount\":1.50}\n";
    let rows = rows_of(text.as_bytes().to_vec());
    assert_eq!(rows[0], FileRow::of(0, ["giver", "amount", "date", "ok"]));
    assert_eq!((rows[1].number, rows[2].number), (2, 4));
    let first = [("样例", Kind::Text), ("38422322.23999998", Kind::Number), ("", Kind::Empty), ("", Kind::Empty)];
    assert_eq!(kinds_of(&rows[1]), first);
    let second = [("示范\n五金", Kind::Text), ("1.50", Kind::Number), ("", Kind::Empty), ("TRUE", Kind::Bool)];
    assert_eq!(kinds_of(&rows[2]), second);
}

#[test]
fn json_that_is_no_line_of_cells_is_refused_by_its_line() {
    let cases = [
        ("[{\"a\":1}]", "json_list", None),
        ("{\"a\":1}\n{\"a\":{\"b\":1}}\n", "json_nested", Some(2)),
        ("{\"a\":[1]}\n", "json_nested", Some(1)),
        ("{\"a\":1,\"a\":2}\n", "json_key_twice", Some(1)),
        ("{\"a\":1}\n{\"a\":\n1}\n", "json_unreadable", Some(2)),
        ("{\"a\":1} {\"a\":2}\n", "json_unreadable", Some(1)),
        ("{\"a\":1}\n5\n", "json_unreadable", Some(2)),
    ];
    for (text, code, row) in cases {
        let refused = refusal(text.as_bytes());
        assert_eq!((refused.code, refused.row), (code, row), "{text}: {refused}");
    }
}

#[test]
fn a_merged_cell_has_its_value_in_its_first_row() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 0, 2, "样例清单", &CellFormat::new()).expect("merged");
    for (column, name) in (0..).zip(["giver", "date", "amount"]) {
        sheet.write_string(1, column, name).expect("written");
    }
    sheet.merge_range(2, 0, 3, 0, "样例食品", &CellFormat::new()).expect("merged");
    for row in 2..4 {
        sheet.write_string(row, 1, "2024-01-02").expect("written");
        sheet.write_number(row, 2, 5).expect("written");
    }
    let list = read_bytes(&workbook.save_to_buffer().expect("a workbook")).expect("accepted");
    assert_eq!((list.rows.len(), list.header_row), (1, 2));
    assert_eq!((list.refusals[0].row, list.refusals[0].code), (4, "giver_missing"));
}

#[test]
fn a_formula_in_a_name_cell_is_refused() {
    let rows = table(&[
        &["giver", "date", "amount"],
        &["=HYPERLINK(\"x\")", "2024-01-02", "5"],
        &["#REF!", "2024-01-02", "5"],
    ]);
    for (format, bytes) in every_format(&rows) {
        let list = read_bytes(&bytes).expect("accepted");
        let refusals: Vec<(u64, &str)> = list.refusals.iter().map(|refusal| (refusal.row, refusal.code)).collect();
        assert_eq!(refusals, [(2, "name_formula"), (3, "formula_error")], "{format}");
    }
}
