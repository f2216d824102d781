//! Bytes to rows: encodings, delimiters, quotes, bounds.

use std::io::{Read, Seek, SeekFrom};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use encoding_rs::GB18030;
use proptest::prelude::*;

use super::*;

const LIST: &str = "捐赠者,日期,金额,备注\n样例食品,2024-01-02,5,助老\n示范五金,2024-01-03,6,\n";

fn shape(list: &Contributions) -> (Encoding, Delimiter) {
    let Found { encoding, delimiter, .. } = list.found;
    (encoding.expect("it is a text"), delimiter.expect("it is a text"))
}

#[test]
fn a_list_gives_the_same_gifts_in_every_encoding_delimiter_and_line_end() {
    let plain = contributions(LIST);
    assert_eq!(shape(&plain), (Encoding::Utf8, Delimiter::Comma));
    let marked = format!("\u{FEFF}{LIST}");
    let utf16 = |text: &str, bytes_of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes_of).collect::<Vec<u8>>();
    let twins: [(Vec<u8>, Encoding, Delimiter); 10] = [
        (format!("\u{FEFF}{LIST}").into_bytes(), Encoding::Utf8, Delimiter::Comma),
        (GB18030.encode(LIST).0.into_owned(), Encoding::Gb18030, Delimiter::Comma),
        (utf16(&marked, u16::to_le_bytes), Encoding::Utf16Le, Delimiter::Comma),
        (utf16(&marked, u16::to_be_bytes), Encoding::Utf16Be, Delimiter::Comma),
        (utf16(LIST, u16::to_le_bytes), Encoding::Utf16Le, Delimiter::Comma),
        (utf16(LIST, u16::to_be_bytes), Encoding::Utf16Be, Delimiter::Comma),
        (LIST.replace(',', "\t").into_bytes(), Encoding::Utf8, Delimiter::Tab),
        (LIST.replace(',', ";").into_bytes(), Encoding::Utf8, Delimiter::Semicolon),
        (LIST.replace('\n', "\r\n").into_bytes(), Encoding::Utf8, Delimiter::Comma),
        (LIST.replace('\n', "\r").into_bytes(), Encoding::Utf8, Delimiter::Comma),
    ];
    for (bytes, encoding, delimiter) in twins {
        let twin = read_bytes(&bytes).expect("the twin is accepted");
        assert_eq!(shape(&twin), (encoding, delimiter));
        assert_eq!(twin.rows, plain.rows);
    }
}

#[test]
fn grouped_amounts_do_not_make_a_tab_separated_file_a_comma_separated_one() {
    let list = contributions("giver\tdate\tamount\n样例食品\t2024-01-02\t4,000.00\n示范五金\t2024-01-03\t5,000.00\n");
    assert_eq!((shape(&list).1, list.total_fen), (Delimiter::Tab, 900_000));
}

#[test]
fn quoted_cells_hold_delimiters_quotes_and_line_breaks_and_rows_keep_their_numbers() {
    let list = contributions(
        "\ngiver,date,amount,note\n\n\"样例,食品\",2024-01-02,\"5\",\"a \"\"b\"\"\nc\"\n\"爱心\"人士,2024-01-03,6,5\"\n",
    );
    assert_eq!(list.header_row, 2);
    let read: Vec<(u64, &str, Option<&str>)> =
        list.rows.iter().map(|row| (row.row, row.giver_name.as_str(), row.note.as_deref())).collect();
    assert_eq!(read, [(4, "样例,食品", Some("a \"b\" c")), (5, "爱心人士", Some("5\""))]);
}

#[test]
fn files_that_are_no_lists_are_refused_by_one_sentence() {
    let long_cell = format!("giver,date,amount\n\"{}", "样例\n".repeat(40_000));
    let cases: [(&[u8], &str, Option<u64>); 11] = [
        (b"", "file_empty", None),
        (b"\n , ,\n\xE3\x80\x80\n", "file_blank", None),
        (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "file_not_text", None),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "file_not_text", None),
        (b"giver,date,amount\n", "no_rows", Some(1)),
        (b"giver,date,amount", "no_rows", Some(1)),
        (b"giver,date,amount\n\"x,2024-01-02,5\ny,2024-01-02,5\n", "quote_unclosed", Some(2)),
        (b"giver,date,amount\nx,2024-01-02,5\n\xFF\xFF,2024-01-02,5\n", "undecodable", Some(3)),
        (b"\xEF\xBB\xBFgiver,date,amount\n\xFF,2024-01-02,5\n", "undecodable", Some(2)),
        (
            "giver,date,amount\n样例食品,2024-01-02,5\n示\u{FF01}范".as_bytes().split_last().expect("bytes").1,
            "undecodable",
            Some(3),
        ),
        (long_cell.as_bytes(), "quote_unclosed", Some(2)),
    ];
    for (bytes, code, row) in cases {
        let refusal = refusal(bytes);
        assert_eq!((refusal.code, refusal.row), (code, row), "{refusal}");
        assert!(refusal.message_en.ends_with('.') && refusal.message_zh.ends_with('。'));
    }
    let closed = format!("{long_cell}\",2024-01-02,5\n");
    assert_eq!(refusal(closed.as_bytes()).code, "cell_too_long");
    let wide = format!("giver,date,amount\n{}", ",".repeat(ROW_CELLS_MAX));
    assert_eq!(refusal(wide.as_bytes()).code, "row_too_wide");
}

/// A source that says how long it is, never ends, and counts what was taken from it.
struct Endless {
    line: &'static [u8],
    bytes: u64,
    given: Arc<AtomicUsize>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let given = self.given.fetch_add(buffer.len(), Relaxed);
        for (offset, byte) in buffer.iter_mut().enumerate() {
            *byte = self.line[(given + offset) % self.line.len()];
        }
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        Ok(if matches!(to, SeekFrom::End(_)) { self.bytes } else { 0 })
    }
}

#[test]
fn a_file_without_end_is_refused_within_its_bound() {
    let cases: [(&[u8], u64, &str, usize); 3] = [
        (b"x", 1, "line_too_long", LINE_BYTES_MAX),
        (b"x\0\0", 1, "file_not_text", 0),
        (b"x,2024-01-02,5\n", super::file::FILE_BYTES_MAX + 1, "file_too_large", 0),
    ];
    for (line, bytes, code, bytes_max) in cases {
        let given = Arc::<AtomicUsize>::default();
        let source = Endless { line, bytes, given: Arc::clone(&given) };
        let refusal = read(source, &options()).expect_err("the file is refused");
        assert_eq!(refusal.code, code);
        let given = given.load(Relaxed);
        assert!(given <= bytes_max + 128 * 1024, "{given} bytes");
    }
}

#[test]
fn a_source_that_fails_is_refused() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    impl Seek for Failing {
        fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
            Ok(1)
        }
    }
    let refusal = read(Failing, &options()).expect_err("the file is refused");
    assert_eq!(refusal.message_en, "The file cannot be read to its end: unplugged.");
}

/// The rows of a text that is read to its end.
fn rows(text: &str) -> Vec<FileRow> {
    let reader = RowReader::open(Cursor::new(text.to_owned()), &Wanted::default()).expect("it is a text");
    reader.map(|row| row.expect("a row")).collect()
}

#[test]
fn blank_lines_are_counted_and_passed_over_whatever_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["", "a,b", "", "", "\u{3000},\u{200B}", "\"c", "d\",e", "", "f,g"].join(end);
        let quoted = format!("c{end}d");
        let expected = [(2, ["a", "b"]), (6, [&quoted, "e"]), (8, ["f", "g"])];
        assert_eq!(rows(&text), expected.map(|(number, cells)| FileRow::of(number, cells)), "{end:?}");
    }
}

#[test]
fn rows_longer_than_what_is_decoded_at_once_are_whole() {
    let text = (1..5_000).map(|row| format!("{row},\"样例\r\n{row}\",示范\r\n")).collect::<String>();
    let expected =
        (1..5_000_u64).map(|row| FileRow::of(row, [row.to_string(), format!("样例\r\n{row}"), "示范".to_owned()]));
    assert_eq!(rows(&text), expected.collect::<Vec<_>>());
    let wide = "x".repeat(100_000);
    assert_eq!(
        rows(&format!("{wide},{wide}\n{wide},y")),
        [FileRow::of(1, [&wide, &wide]), FileRow::of(2, [&wide, "y"]),]
    );
}

proptest! {
    #[test]
    fn no_bytes_make_an_import_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_bytes(&bytes);
        let _ = read_bytes(&[b"giver,date,amount\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn cells_survive_being_quoted(cells in proptest::collection::vec("[a-z\",\n 样例]{0,8}", 2..6)) {
        let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        let text = quoted.collect::<Vec<_>>().join(",");
        let row = FileRow::of(1, cells);
        let expected = if row.is_blank() { vec![] } else { vec![row] };
        prop_assert_eq!(rows(&text), expected);
    }
}
