//! Files that are no lists, or mean harm: one sentence each, in little memory.

use std::io::Write;

use super::formats::{archive, biff, compound, ods, table, xls, xls_of, xlsx, xlsx_of};
use super::*;

/// What the process has had in memory at most, or has now, in bytes; `None` where the system does not say.
fn memory(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Runs something that may take this many bytes. Only in a process of its own (see [`alone`]): what others take
/// counts, too.
#[allow(clippy::print_stdout)]
fn within<T>(bytes_max: u64, run: impl FnOnce() -> T) -> T {
    // Writing 5 lets the peak begin anew from what is there now.
    let reset = std::fs::write("/proc/self/clear_refs", "5");
    let (Ok(()), Some(before)) = (reset, memory("VmRSS:")) else {
        println!("the system does not say how much memory is used");
        return run();
    };
    let result = run();
    let grown = memory("VmHWM:").expect("it said so before").saturating_sub(before);
    println!("peak memory grew by {} KiB", grown / 1024);
    assert!(grown <= bytes_max, "{grown} bytes");
    result
}

/// Runs a test in a process in which nothing else runs, so that its memory is its own.
fn alone(test: &str, run: impl FnOnce()) {
    const ALONE: &str = "COBUILD_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return run();
    }
    let this = std::env::current_exe().expect("this test runs");
    // The path of a test has no crate in front of it.
    let path = module_path!().split_once("::").map_or(module_path!(), |(_, path)| path);
    let test = format!("{path}::{test}");
    let mut command = std::process::Command::new(this);
    command.env(ALONE, "1").args([&test, "--exact", "--nocapture", "--test-threads=1"]);
    let done = command.output().expect("it runs once more");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn what_takes_too_much_memory_is_told() {
    alone("what_takes_too_much_memory_is_told", || {
        let take = |mib: u64| -> u64 {
            vec![1_u8; usize::try_from(mib * MIB).expect("a few")].iter().map(|one| u64::from(*one)).sum()
        };
        // What was taken before does not hide what is taken now.
        assert_eq!(within(70 * MIB, || take(64)), 64 * MIB);
        assert_eq!(within(10 * MIB, || take(8)), 8 * MIB);
        let too_much = std::panic::catch_unwind(|| within(4 * MIB, || take(8)));
        if memory("VmHWM:").is_some() {
            let told = too_much.expect_err("8 MiB are more than 4");
            assert!(told.downcast_ref::<String>().is_some_and(|told| told.ends_with(" bytes")));
        }
    });
}

const MIB: u64 = 1024 * 1024;

#[test]
fn what_is_no_list_is_refused_by_one_sentence() {
    let docx = archive(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<document/>")]);
    let xlsb = archive(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.bin", b"x")]);
    let whole = xlsx(&table(&[&["giver", "date", "amount"], &["x", "2024-01-02", "5"]]));
    let old = xls(&table(&[&["giver", "date", "amount"]]));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", vec![], "file_empty"),
        ("an image named .csv", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec(), "file_not_text"),
        ("a PDF", b"%PDF-1.7\n".to_vec(), "file_not_text"),
        ("a web page saved as a workbook", b"<html xmlns:x=\"urn\"><table><tr><td>".to_vec(), "file_not_text"),
        ("an old XML workbook", b"<?xml version=\"1.0\"?>\n<Workbook>".to_vec(), "file_not_text"),
        ("a text document", docx, "file_not_text"),
        ("a binary workbook", xlsb, "file_not_text"),
        ("an archive", archive(&[("a.csv", b"giver,date,amount\n")]), "file_not_text"),
        (
            "an encrypted workbook",
            compound(&[("/EncryptedPackage", b"x"), ("/EncryptionInfo", b"x")]),
            "workbook_encrypted",
        ),
        ("an old workbook with a password", xls_of(&biff(0x002F, &[1, 0, 0, 0])), "workbook_encrypted"),
        ("an old text document", compound(&[("/WordDocument", b"x")]), "file_not_text"),
        ("half a workbook", whole[..whole.len() / 2].to_vec(), "workbook_broken"),
        ("a workbook without its end", whole[..whole.len() - 8].to_vec(), "workbook_broken"),
        ("half an old workbook", old[..old.len() / 2].to_vec(), "workbook_broken"),
        ("no more than a beginning", b"PK\x03\x04\x14\0".to_vec(), "workbook_broken"),
        ("no more than an old beginning", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), "workbook_broken"),
        ("a header only", xlsx(&table(&[&["giver", "date", "amount"]])), "no_rows"),
        ("an empty sheet", xlsx(&[]), "file_blank"),
        ("an empty table", ods(&[("a", "")]), "file_blank"),
    ];
    for (what, bytes, code) in cases {
        let refused = refusal(&bytes);
        assert_eq!(refused.code, code, "{what}: {refused}");
        assert!(refused.message_en.ends_with('.') && refused.message_zh.ends_with('。'), "{what}: {refused}");
        assert!(refused.message_en.chars().count() < 300, "{what}: {refused}");
    }
}

#[test]
fn a_workbook_that_unfolds_without_bound_is_refused_in_little_memory() {
    alone("a_workbook_that_unfolds_without_bound_is_refused_in_little_memory", || {
        let string = format!("<si><t>{}</t></si>", " ".repeat(1000));
        let strings = format!("<sst>{}</sst>", string.repeat(70_000));
        let many_cells = "<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell \
            table:number-columns-repeated=\"16384\" office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
        let far_cell =
            |row: u16| biff(0x0203, &[&row.to_le_bytes()[..], &[255, 0], &[0, 0], &5_f64.to_le_bytes()].concat());
        let one_cell = format!(
            "<row><c t=\"inlineStr\"><is>{}</is></c></row>",
            format!("<r><t>{}</t></r>", "x".repeat(1000)).repeat(10_000)
        );
        let dimensions = [&0_u32.to_le_bytes()[..], &u32::MAX.to_le_bytes(), &[0, 0], &[255, 0], &[0, 0]].concat();
        let bombs: Vec<(&str, Vec<u8>)> = vec![
            ("70 MB of texts", xlsx_of("", Some(&strings), "")),
            ("a number of texts that is a lie", xlsx_of("", Some("<sst uniqueCount=\"99999999999\"></sst>"), "")),
            ("one cell of 10 MB", xlsx_of(&one_cell, None, "")),
            ("one text of 2 MB", xlsx_of(&"x".repeat(2 << 20), None, "")),
            ("17 billion repeated cells", ods(&[("a", many_cells)])),
            ("a repeat that is no number", ods(&[("a", &many_cells.replace("16384", "&#49;"))])),
            (
                "a rectangle of 17 million cells",
                xls_of(&[far_cell(0), biff(0x0203, &[0; 14]), far_cell(65_535)].concat()),
            ),
            ("a size that is a lie", xls_of(&biff(0x0200, &dimensions))),
        ];
        drop((strings, one_cell));
        for (what, bytes) in bombs {
            let refused = within(4 * MIB, || {
                RowReader::open(Cursor::new(bytes), &Wanted::default()).err().expect("it is refused")
            });
            assert_eq!(refused.code, "workbook_too_large", "{what}: {refused}");
        }
    });
}

/// A gibibyte of blanks in a sheet, and a directory that says it is a kibibyte.
#[test]
fn a_zip_bomb_is_found_whatever_its_directory_says() {
    alone("a_zip_bomb_is_found_whatever_its_directory_says", || {
        let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
        let options = zip::write::SimpleFileOptions::default().compression_level(Some(1)).large_file(false);
        let small: [(&str, &[u8]); 2] = [("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")];
        for (name, content) in small {
            zip.start_file(name, options).expect("an entry");
            zip.write_all(content).expect("its content");
        }
        zip.start_file("xl/worksheets/sheet1.xml", options).expect("an entry");
        let blank = "<c/>".repeat(256 * 1024);
        let inflated = 65_u64 * MIB;
        zip.start_file("xl/styles.xml", options).expect("an entry");
        for _ in 0..inflated / MIB {
            zip.write_all(blank.as_bytes()).expect("its content");
        }
        let honest = zip.finish().expect("an archive").into_inner();
        let size = u32::try_from(inflated).expect("it fits").to_le_bytes();
        let mut lying = honest.clone();
        let mut at = 0;
        while let Some(found) = lying[at..].windows(4).position(|window| window == size) {
            at += found;
            lying[at..at + 4].copy_from_slice(&1024_u32.to_le_bytes());
        }
        assert!(at > 0 && honest.len() < 2 << 20, "the sizes are found");
        for bytes in [honest, lying] {
            let refused = within(4 * MIB, || RowReader::open(Cursor::new(bytes), &Wanted::default()).err());
            let code = refused.expect("it is refused").code;
            assert!(["workbook_too_large", "workbook_broken"].contains(&code), "{code}");
        }
    });
}

#[test]
fn a_million_empty_rows_cost_little() {
    alone("a_million_empty_rows_cost_little", || {
        let header = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>giver</v></c><c r=\"B1\" t=\"str\"><v>date</v></c>\
                      <c r=\"C1\" t=\"str\"><v>amount</v></c></row>";
        let gift = "<row r=\"1048576\"><c r=\"A1048576\" t=\"str\"><v>x</v></c><c r=\"B1048576\" t=\"str\">\
                    <v>2024-01-02</v></c><c r=\"C1048576\"><v>5</v></c></row>";
        let empty: String =
            (2..1_048_576).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" s=\"0\"/></row>")).collect();
        let bytes = xlsx_of(&format!("{header}{empty}{gift}"), None, "");
        drop(empty);
        let rows: Vec<u64> = within(8 * MIB, || {
            let reader = RowReader::open(Cursor::new(bytes), &Wanted::default()).expect("it is opened");
            reader.map(|row| row.expect("a row").number).collect()
        });
        assert_eq!(rows, [1, 1_048_576]);

        let lines = format!("giver,date,amount\n{}x,2024-01-02,5\n", ",,\r\n".repeat(100_000) + &"\n".repeat(900_000));
        let rows: Vec<u64> = within(MIB, || {
            let reader = RowReader::open(Cursor::new(lines), &Wanted::default()).expect("it is opened");
            reader.map(|row| row.expect("a row").number).collect()
        });
        assert_eq!(rows, [1, 1_000_002]);
    });
}

#[test]
fn a_declaration_of_entities_is_refused() {
    let laughs = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let refused = refusal(&xlsx_of(&format!("{laughs}<row><c t=\"str\"><v>&b;</v></c></row>"), None, ""));
    assert_eq!(refused.code, "workbook_broken");
}

/// A list of made-up gifts on disk, of about so many bytes.
fn list_of(bytes: u64) -> (tempfile::NamedTempFile, u64) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let mut writer = std::io::BufWriter::new(&mut file);
    writer.write_all("序号,捐赠者,日期,金额（元）,备注\n".as_bytes()).expect("written");
    let (mut written, mut rows) = (0, 0_u64);
    while written < bytes {
        let row = format!(
            "{rows},样例商家{},2024-01-{:02},\"1,{:03}.50\",助老餐桌\n",
            rows % 20_000,
            rows % 28 + 1,
            rows % 1000
        );
        writer.write_all(row.as_bytes()).expect("written");
        (written, rows) = (written + row.len() as u64, rows + 1);
    }
    writer.flush().expect("written");
    drop(writer);
    (file, rows)
}

/// `COBUILD_LARGE_FILE_MIB` names a larger size than the usual 30.
#[test]
#[allow(clippy::print_stdout)]
fn a_text_of_any_size_is_read_in_the_same_memory() {
    alone("a_text_of_any_size_is_read_in_the_same_memory", || {
        let named: Option<u64> = std::env::var("COBUILD_LARGE_FILE_MIB").ok().and_then(|mib| mib.parse().ok());
        // A debug build takes longer over the cells than over the rows.
        let (mib, understood) = named.map_or((30, 16), |mib| (mib, 1));
        let (file, rows) = list_of(mib * MIB);
        let file = file.reopen().expect("it is there");
        let mapping = Mapping::default();
        let layout = Layout { columns: COLUMNS, mapping: &mapping, defaulted: &[] };
        let began = std::time::Instant::now();
        let (read, sum) = within(16 * MIB, || {
            let mut table = Table::open(file, layout, &Wanted::default()).expect("a list");
            let columns = table.columns().clone();
            let (mut row, mut read, mut sum) = (FileRow::default(), 0_u64, 0_i64);
            while table.read(&mut row).expect("a row") {
                read += 1;
                if row.number % understood > 0 {
                    continue;
                }
                let record = Record { row: &row, columns: &columns };
                sum += record.amount_fen("amount").expect("an amount").expect("it is not empty");
                record.name("giver", GIVER_CHARS_MAX).expect("a name").expect("it is not empty");
                record.day("date", Epoch::default()).expect("a day").expect("it is not empty");
            }
            (read, sum)
        });
        let expected: i64 = (0..rows)
            .filter(|row| (row + 2) % understood == 0)
            .map(|row| 100_050 + i64::try_from(row % 1_000 * 100).expect("small"))
            .sum();
        assert_eq!((read, sum), (rows, expected));
        println!("{mib} MiB, {rows} rows, read and understood in {:?}", began.elapsed());
    });
}

#[test]
fn bytes_that_begin_as_a_workbook_never_make_an_import_panic() {
    let whole = xlsx(&table(&[&["giver", "date", "amount"], &["x", "2024-01-02", "5"]]));
    let old = xls(&table(&[&["giver", "date", "amount"], &["x", "2024-01-02", "5"]]));
    for (file, step) in [(whole, 151), (old, 101)] {
        for at in (0..file.len()).step_by(step) {
            let mut broken = file.clone();
            broken[at] ^= 0xFF;
            let _ = read_bytes(&broken);
            let _ = read_bytes(&file[..at]);
        }
    }
}
