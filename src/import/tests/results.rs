//! Result files: what is written is what was read, and two columns.

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::file::{Format, Outcome, ResultWriter};
use super::formats::{every_format, json_lines, table};
use super::*;

/// A file in memory that is still there when its writer is gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody has panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.lock().expect("nobody has panicked").seek(to)
    }
}

const CREATED: Outcome<'_> = Outcome { outcome: "新增", reason: "" };

/// The result of a file whose header is its row `header`, and what the file was.
fn result_of(bytes: Vec<u8>, header: u64, outcome: Outcome<'_>) -> (Vec<u8>, Format) {
    let reader = RowReader::open(Cursor::new(bytes), &Wanted::default()).expect("it is opened");
    let format = reader.found().format;
    let shared = Shared::default();
    let mut writer = ResultWriter::of(shared.clone(), reader.found()).expect("it begins");
    for row in reader {
        let row = row.expect("a row");
        match row.number {
            number if number < header => writer.title(&row),
            number if number == header => writer.header(&row),
            _ => writer.row(&row, outcome),
        }
        .expect("written");
    }
    writer.finish().expect("it ends");
    let written = shared.0.lock().expect("nobody has panicked").get_ref().clone();
    (written, format)
}

fn rows_of(bytes: Vec<u8>) -> Vec<FileRow> {
    let reader = RowReader::open(Cursor::new(bytes), &Wanted::default()).expect("it is opened");
    reader.map(|row| row.expect("a row")).collect()
}

#[test]
fn a_result_is_the_file_with_two_columns_in_the_format_it_came_in() {
    let rows = table(&[
        &["样例清单"],
        &[],
        &["捐赠者", "日期", "金额"],
        &["样例\"食品\"", "2024-01-02", "38422322.23999998"],
        &["两行\n名称", "", "=1+1"],
    ]);
    for (name, bytes) in every_format(&rows) {
        let (result, format) = result_of(bytes, 3, CREATED);
        assert_eq!(
            ResultWriter::extension(format),
            if name.starts_with("xls") || name == "ods" {
                "xlsx"
            } else {
                name.split(' ').next().filter(|name| *name == "tsv").unwrap_or("csv")
            }
        );
        let again = RowReader::open(Cursor::new(result), &Wanted::default()).expect("it is opened");
        let again: Vec<FileRow> = again.map(|row| row.expect("a row")).collect();
        let expected = [
            FileRow::of(1, ["样例清单"]),
            FileRow::of(3, ["捐赠者", "日期", "金额", "结果", "原因"]),
            FileRow::of(4, ["样例\"食品\"", "2024-01-02", "38422322.23999998", "新增", ""]),
            FileRow::of(5, ["两行\n名称", "", "=1+1", "新增", ""]),
        ];
        assert_eq!(trimmed(&again), trimmed(&expected), "{name}");
    }
}

/// Rows without the empty cells at their ends, which a workbook does not keep.
fn trimmed(rows: &[FileRow]) -> Vec<(u64, Vec<String>)> {
    let cells = |row: &FileRow| {
        let mut cells: Vec<String> = row.cells().map(str::to_owned).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        cells
    };
    rows.iter().map(|row| (row.number, cells(row))).collect()
}

#[test]
fn a_result_of_a_text_has_its_bytes() {
    let text = "\u{FEFF}giver;amount\r\n\"a;b\";1.50\r\n\r\nx;=1+1\r\n";
    let reason = Outcome { outcome: "refused", reason: "=cmd|' /C calc'!A0" };
    let (result, format) = result_of(text.as_bytes().to_vec(), 1, reason);
    assert_eq!(format, Format::Csv);
    let result = String::from_utf8(result).expect("UTF-8");
    assert_eq!(
        result,
        "\u{FEFF}giver;amount;outcome;reason\r\n\"a;b\";1.50;refused;'=cmd|' /C calc'!A0\r\n\r\nx;=1+1;refused;'=cmd|' /C calc'!A0\r\n"
    );
}

#[test]
fn a_result_of_json_lines_keeps_numbers_as_numbers() {
    let text = "{\"giver\":\"样例\",\"amount\":38422322.23999998,\"ok\":true}\n{\"note\":\"\",\"giver\":\"=1\"}\n";
    let (result, _) = result_of(text.as_bytes().to_vec(), 0, Outcome { outcome: "refused", reason: "why" });
    let result = String::from_utf8(result).expect("UTF-8");
    assert_eq!(
        result,
        "{\"giver\":\"样例\",\"amount\":38422322.23999998,\"ok\":true,\"outcome\":\"refused\",\"reason\":\"why\"}\n\
         {\"giver\":\"=1\",\"note\":\"\",\"outcome\":\"refused\",\"reason\":\"why\"}\n"
    );
    let rows = table(&[&["捐赠者", "金额"], &["样例", "5"]]);
    let (result, _) = result_of(json_lines(&rows), 0, CREATED);
    assert_eq!(rows_of(result)[0], FileRow::of(0, ["捐赠者", "金额", "结果", "原因"]));
}

#[test]
fn a_result_of_a_workbook_keeps_what_its_cells_are() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("明细").expect("a name");
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy/m/d");
    for (column, name) in (0..).zip(["giver", "date", "amount", "ok", "share"]) {
        sheet.write_string(0, column, name).expect("written");
    }
    let instant = rust_xlsxwriter::ExcelDateTime::parse_from_str("2024-03-01").expect("a day");
    sheet.write_string(2, 0, "=1+1").expect("written");
    sheet.write_datetime_with_format(2, 1, instant, &day).expect("written");
    sheet.write_number(2, 2, 38_422_322.239_999_98).expect("written");
    sheet.write_boolean(2, 3, true).expect("written");
    let percent = rust_xlsxwriter::Format::new().set_num_format("0%");
    sheet.write_number_with_format(2, 4, 0.03, &percent).expect("written");
    let bytes = workbook.save_to_buffer().expect("a workbook");

    let before = rows_of(bytes.clone());
    let (result, format) = result_of(bytes, 1, Outcome { outcome: "created", reason: "=1" });
    assert_eq!(format, Format::Xlsx);
    let reader = RowReader::open(Cursor::new(result.clone()), &Wanted::default()).expect("it is opened");
    assert_eq!(reader.found().sheet.as_deref(), Some("明细"));
    let after = rows_of(result);
    assert_eq!(after[1].number, before[1].number);
    for column in 0..5 {
        assert_eq!((after[1].cell(column), after[1].kind(column)), (before[1].cell(column), before[1].kind(column)));
    }
    assert_eq!((after[1].cell(5), after[1].cell(6)), ("created", "=1"));
}

fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cell = "[a-z0-9\",;=+@\\t\n 样例（）！-]{0,8}";
    proptest::collection::vec(proptest::collection::vec(cell, 3), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_result_is_read_again_as_it_was_written(body in tables()) {
        let mut rows = table(&[&["giver", "date", "amount"]]);
        rows.extend(body);
        for (name, bytes) in every_format(&rows) {
            let before = rows_of(bytes.clone());
            let (result, _) = result_of(bytes, 1, CREATED);
            let after = rows_of(result);
            prop_assert_eq!(after.len(), before.len(), "{}", name);
            for (after, before) in after.iter().zip(&before) {
                prop_assert_eq!(after.number, before.number, "{}", name);
                for column in 0..3 {
                    prop_assert_eq!(after.cell(column), before.cell(column), "{}", name);
                }
                let outcome = if after.number == 1 { "outcome" } else { "新增" };
                prop_assert_eq!(after.cell(3), outcome, "{}", name);
            }
        }
    }
}

/// Reading is not needed for the result, but what a sink is may be read.
#[test]
fn a_result_goes_to_any_file() {
    let rows = table(&[&["giver", "amount"], &["x", "5"]]);
    let bytes = super::formats::text(&rows, ",", "\n").into_bytes();
    let reader = RowReader::open(Cursor::new(bytes), &Wanted::default()).expect("it is opened");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut writer = ResultWriter::of(file.reopen().expect("open"), reader.found()).expect("it begins");
    for (at, row) in reader.enumerate() {
        let row = row.expect("a row");
        if at == 0 { writer.header(&row) } else { writer.row(&row, CREATED) }.expect("written");
    }
    writer.finish().expect("it ends");
    let mut text = String::new();
    file.reopen().expect("open").read_to_string(&mut text).expect("read");
    assert_eq!(text, "giver,amount,outcome,reason\nx,5,新增,\n");
}
