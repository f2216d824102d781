//! One table in every format, for tests.

use std::io::{Cursor, Write};

use encoding_rs::GB18030;
use rust_xlsxwriter::Workbook;
use zip::{ZipWriter, write::SimpleFileOptions};

/// A table of texts in every format, each with its name.
pub fn every_format(rows: &[Vec<String>]) -> Vec<(&'static str, Vec<u8>)> {
    let csv = text(rows, ",", "\n");
    let utf16 = |bytes_of: fn(u16) -> [u8; 2]| csv.encode_utf16().flat_map(bytes_of).collect::<Vec<u8>>();
    vec![
        ("csv", csv.clone().into_bytes()),
        ("csv with a mark", format!("\u{FEFF}{csv}").into_bytes()),
        ("csv of semicolons and carriage returns", text(rows, ";", "\r").into_bytes()),
        ("tsv of Windows", text(rows, "\t", "\r\n").into_bytes()),
        ("gb18030", GB18030.encode(&csv).0.into_owned()),
        ("utf16le", utf16(u16::to_le_bytes)),
        ("utf16be", utf16(u16::to_be_bytes)),
        ("xlsx", xlsx(rows)),
        ("ods", ods(&[("清单", &ods_rows(rows))])),
        ("xls", xls(rows)),
    ]
}

/// Cells as owned texts.
pub fn table(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

pub fn text(rows: &[Vec<String>], delimiter: &str, line_end: &str) -> String {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(delimiter) + line_end;
    rows.iter().map(line).collect()
}

/// The rows below a header as JSON lines.
pub fn json_lines(rows: &[Vec<String>]) -> Vec<u8> {
    let (header, rows) = rows.split_first().expect("a header");
    let object = |row: &Vec<String>| {
        let pairs = header.iter().zip(row).map(|(key, cell)| {
            format!("{}:{}", serde_json::to_string(key).expect("JSON"), serde_json::to_string(cell).expect("JSON"))
        });
        format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(","))
    };
    rows.iter().map(object).collect::<String>().into_bytes()
}

pub fn xlsx(rows: &[Vec<String>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, cell).expect("a cell");
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// A ZIP archive of these files.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("an archive").into_inner()
}

/// An XLSX file of one sheet with this XML between `<sheetData>` and its end.
pub fn xlsx_of(sheet_data: &str, shared_strings: Option<&str>, workbook_properties: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let workbook = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{workbook_properties}<sheets>\
         <sheet name=\"清单\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let relations = |targets: &[(&str, &str)]| {
        let one = |(at, (kind, target)): (usize, &(&str, &str))| {
            format!("<Relationship Id=\"rId{}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>", at + 1)
        };
        let all: String = targets.iter().enumerate().map(one).collect();
        format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
    };
    let root = relations(&[("officeDocument", "xl/workbook.xml")]);
    let parts = relations(&[("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")]);
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{sheet_data}</sheetData></worksheet>");
    let types = format!("<Types xmlns=\"{PACKAGE}/content-types\"></Types>");
    let strings = shared_strings.map_or("<sst count=\"0\" uniqueCount=\"0\"></sst>", |strings| strings);
    archive(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", parts.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The rows of an ODS table of texts.
pub fn ods_rows(rows: &[Vec<String>]) -> String {
    let cell = |text: &String| {
        if text.is_empty() {
            return "<table:table-cell/>".to_owned();
        }
        let text = escaped(text);
        format!("<table:table-cell office:value-type=\"string\" office:string-value=\"{text}\"/>")
    };
    let row =
        |row: &Vec<String>| format!("<table:table-row>{}</table:table-row>", row.iter().map(cell).collect::<String>());
    rows.iter().map(row).collect()
}

/// An ODS file of these tables, each with the XML of its rows.
pub fn ods(tables: &[(&str, &str)]) -> Vec<u8> {
    let tables: String =
        tables.iter().map(|(name, rows)| format!("<table:table table:name=\"{name}\">{rows}</table:table>")).collect();
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>\
         </office:document-content>"
    );
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest></manifest:manifest>"),
        ("content.xml", content.as_bytes()),
    ])
}

/// One record of an XLS file.
pub fn biff(record: u16, body: &[u8]) -> Vec<u8> {
    let bytes = u16::try_from(body.len()).expect("a short record");
    [&record.to_le_bytes()[..], &bytes.to_le_bytes(), body].concat()
}

/// A text as an XLS file has it: its length, that it is UTF-16, its units.
fn biff_text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = u16::try_from(units.len()).expect("a short text");
    let units = units.into_iter().flat_map(u16::to_le_bytes);
    length.to_le_bytes().into_iter().chain([1]).chain(units).collect()
}

/// The records of an XLS sheet of texts.
fn xls_cells(rows: &[Vec<String>]) -> Vec<u8> {
    let mut records = vec![];
    for (row, cells) in (0_u16..).zip(rows) {
        for (column, text) in (0_u16..).zip(cells).filter(|(_, text)| !text.is_empty()) {
            let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
            records.extend(biff(0x0204, &[place, biff_text(text)].concat()));
        }
    }
    records
}

pub fn xls(rows: &[Vec<String>]) -> Vec<u8> {
    xls_of(&xls_cells(rows))
}

/// An XLS file of one sheet with these records.
pub fn xls_of(sheet: &[u8]) -> Vec<u8> {
    let begin = |kind: u16| biff(0x0809, &[[0x00, 0x06], kind.to_le_bytes(), [0, 0], [0, 0]].concat());
    let end = biff(0x000A, &[]);
    let codepage = biff(0x0042, &1200_u16.to_le_bytes());
    let name: Vec<u16> = "清单".encode_utf16().collect();
    let bound_sheet = |position: usize| {
        let position = u32::try_from(position).expect("a small file").to_le_bytes();
        let name_bytes: Vec<u8> = name.iter().copied().flat_map(u16::to_le_bytes).collect();
        biff(0x0085, &[&position[..], &[0, 0], &[u8::try_from(name.len()).expect("short"), 1], &name_bytes].concat())
    };
    let globals = |position| [begin(0x0005), codepage.clone(), bound_sheet(position), end.clone()].concat();
    let position = globals(0).len();
    let stream = [globals(position), begin(0x0010), sheet.to_vec(), end.clone()].concat();
    compound(&[("/Workbook", &stream)])
}

/// A small file system of these files, as XLS and encrypted workbooks are.
pub fn compound(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut compound = cfb::CompoundFile::create(Cursor::new(vec![])).expect("a file system");
    for (name, content) in files {
        compound.create_stream(name).expect("a file").write_all(content).expect("its content");
    }
    compound.flush().expect("it is whole");
    compound.into_inner().into_inner()
}
