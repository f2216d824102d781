//! Workbooks are bounded before they are read: a small file may say that it is a large one.
//!
//! A workbook of today (XLSX, ODS) is a ZIP archive of XML. All of it is inflated once, into nothing, and refused
//! when it is larger than stated here, whatever its directory says; what makes the reader ask for memory is
//! looked at on the way. A workbook of the last century (XLS) is a small file system of records, whose cells
//! are counted.

use std::io::{BufReader, Read};

use zip::{ZipArchive, result::ZipError};

use super::{Format, Source, unreadable};
use crate::import::refusal::FileRefusal;

/// The largest workbook, in bytes as it is uploaded.
pub const WORKBOOK_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// The largest workbook, in bytes once it is inflated: a million rows of ten columns are half of it.
pub const INFLATED_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The largest part of a workbook that is kept in memory, in bytes: the texts of an XLSX file.
pub const KEPT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The largest content of an ODS file, which is kept in memory as a whole.
pub const ODS_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The most cells between the first and the last one of an ODS or XLS file, empty ones counted, of all its sheets.
pub const KEPT_CELLS_MAX: u64 = 4_000_000;

/// The most files in a workbook.
const ENTRIES_MAX: usize = 10_000;

/// The longest text or tag of a workbook, in bytes.
const PIECE_BYTES_MAX: u64 = 1024 * 1024;

/// The longest cell of a workbook, in bytes, of as many texts as it has.
const CELL_XML_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Finds out what sort of workbook a ZIP archive is, and refuses one that is none or too large.
pub(super) fn check(source: &mut impl Source) -> Result<Format, FileRefusal> {
    let mut zip = ZipArchive::new(BufReader::new(source)).map_err(|error| broken_zip(&error))?;
    if zip.len() > ENTRIES_MAX {
        return Err(too_large());
    }
    let format = format_of(&mut zip)?;
    let mut left = INFLATED_BYTES_MAX;
    let mut buffer = vec![0; 64 * 1024];
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|error| broken_zip(&error))?;
        let name = entry.name().map(|name| name.to_lowercase()).map_err(|error| broken_zip(&error))?;
        let entry_max = match format {
            Format::Xlsx if name.ends_with("sharedstrings.xml") => KEPT_BYTES_MAX,
            Format::Xlsx if name.contains("worksheets/") => INFLATED_BYTES_MAX,
            Format::Xlsx if name.contains("media/") => INFLATED_BYTES_MAX,
            Format::Xlsx => KEPT_BYTES_MAX,
            _ => ODS_BYTES_MAX,
        };
        let bytes_max = entry_max.min(left);
        if entry.size() > bytes_max {
            return Err(too_large());
        }
        let mut scan = Scan::default();
        let mut bytes = 0;
        loop {
            let read = entry.read(&mut buffer).map_err(|error| broken(&error))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            if bytes > bytes_max {
                return Err(too_large());
            }
            scan.take(&buffer[..read])?;
        }
        left -= bytes;
    }
    Ok(format)
}

fn format_of<R: Read + std::io::Seek>(zip: &mut ZipArchive<R>) -> Result<Format, FileRefusal> {
    let names: Vec<String> = zip.file_names().filter_map(|name| name.ok().map(|name| name.to_lowercase())).collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    if has("content.xml") && has("mimetype") {
        let mut mime = String::new();
        let entry = zip.by_name("mimetype").map_err(|error| broken_zip(&error))?;
        entry.take(100).read_to_string(&mut mime).map_err(|error| broken(&error))?;
        if mime.contains("spreadsheet") {
            return Ok(Format::Ods);
        }
    }
    if has("xl/workbook.bin") {
        return Err(FileRefusal::new(
            "file_not_text",
            "The file is a binary workbook (XLSB); save it as XLSX or CSV and import that.",
            "文件是二进制工作簿（XLSB）；请另存为 XLSX 或 CSV 后导入。",
        ));
    }
    if has("[content_types].xml") && names.iter().any(|name| name.ends_with("workbook.xml")) {
        return Ok(Format::Xlsx);
    }
    Err(FileRefusal::new(
        "file_not_text",
        "The file is a ZIP archive or a document, not a workbook; import a CSV, TSV, XLSX, XLS, ODS or JSON lines file.",
        "文件是压缩包或文档，不是工作簿；请导入 CSV、TSV、XLSX、XLS、ODS 或 JSON Lines 文件。",
    ))
}

fn broken_zip(error: &ZipError) -> FileRefusal {
    match error {
        ZipError::UnsupportedArchive(reason) if reason.contains("assword") => encrypted(),
        ZipError::InvalidPassword => encrypted(),
        ZipError::Io(error) if error.kind() == std::io::ErrorKind::Other => broken(error),
        other => broken(other),
    }
}

/// The refusal of a workbook that cannot be read to its end.
pub(super) fn broken(reason: &dyn std::fmt::Display) -> FileRefusal {
    let reason = reason.to_string();
    let reason: String = reason.chars().take(120).collect();
    let reason = reason.trim_end_matches('.');
    FileRefusal::new(
        "workbook_broken",
        format!(
            "The workbook is damaged or cut short ({reason}); open it in a spreadsheet program, save it again as XLSX, and import that."
        ),
        format!("工作簿已损坏或不完整（{reason}）；请用电子表格软件打开，另存为 XLSX 后导入。"),
    )
}

/// The refusal of a workbook with a password.
pub(super) fn encrypted() -> FileRefusal {
    FileRefusal::new(
        "workbook_encrypted",
        "The workbook is protected by a password; save it without one and import that.",
        "工作簿设有密码；请取消密码保护后另存并导入。",
    )
}

/// The refusal of a workbook that is larger than stated.
pub(super) fn too_large() -> FileRefusal {
    FileRefusal::new(
        "workbook_too_large",
        format!(
            "The workbook unfolds to more than can be read: {} MiB of sheets, {} MiB of texts, or, in ODS and XLS, {KEPT_CELLS_MAX} cells; save the sheet as CSV and import that.",
            INFLATED_BYTES_MAX / (1024 * 1024),
            KEPT_BYTES_MAX / (1024 * 1024),
        ),
        format!(
            "工作簿展开后超过可读取的上限（工作表 {} MiB、文本 {} MiB，ODS 与 XLS 为 {KEPT_CELLS_MAX} 个单元格）；请把工作表另存为 CSV 后导入。",
            INFLATED_BYTES_MAX / (1024 * 1024),
            KEPT_BYTES_MAX / (1024 * 1024),
        ),
    )
}

/// One pass over the XML of a part, for what would make its reader ask for memory.
#[derive(Default)]
struct Scan {
    /// The bytes since the last bracket.
    piece_bytes: u64,
    /// The bytes since the last cell ended, inside a sheet or a table of texts.
    cell_bytes: u64,
    is_inside: bool,
    is_in_tag: bool,
    /// The tag at the position, without its brackets.
    tag: Vec<u8>,
    is_xml: Option<bool>,
    table: OdsTable,
}

/// What ODS tables take once their repeated rows and cells are written out.
#[derive(Default)]
struct OdsTable {
    /// The rows of the table so far.
    rows: u64,
    /// The cells of the row so far.
    width: u64,
    /// The last row with content.
    last_row: u64,
    /// The cells up to the last one with content, of the widest row.
    width_max: u64,
    /// The cells of the tables before.
    cells: u64,
}

impl Scan {
    fn take(&mut self, bytes: &[u8]) -> Result<(), FileRefusal> {
        let is_xml = *self.is_xml.get_or_insert_with(|| {
            let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            text.trim_ascii_start().first() == Some(&b'<')
        });
        if !is_xml {
            return Ok(());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr::memchr(if self.is_in_tag { b'>' } else { b'<' }, rest);
            let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
            self.piece_bytes += piece.len() as u64;
            self.cell_bytes += piece.len() as u64;
            if self.piece_bytes > PIECE_BYTES_MAX || (self.is_inside && self.cell_bytes > CELL_XML_BYTES_MAX) {
                return Err(too_large());
            }
            if self.is_in_tag {
                self.tag.extend_from_slice(piece);
            }
            if end.is_some() {
                self.piece_bytes = 0;
                if self.is_in_tag {
                    self.tag()?;
                    self.tag.clear();
                }
                self.is_in_tag = !self.is_in_tag;
            }
            rest = after.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<(), FileRefusal> {
        let is_closing = self.tag.first() == Some(&b'/');
        let body = if is_closing { &self.tag[1..] } else { &self.tag[..] };
        let end = body.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/').unwrap_or(body.len());
        let name = &body[..end];
        // What is no element may hold any `<`, and no spreadsheet program writes it.
        if name.starts_with(b"!") {
            return Err(broken(&"it holds a comment, a declaration or unparsed text"));
        }
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
        match (local, is_closing) {
            (b"sheetData" | b"sst" | b"table", false) => {
                (self.is_inside, self.cell_bytes) = (true, 0);
                if local == b"sst" && number(&self.tag, b"uniqueCount").is_some_and(|count| count > KEPT_BYTES_MAX / 5)
                {
                    return Err(too_large());
                }
            }
            (b"sheetData" | b"sst", true) => self.is_inside = false,
            (b"c" | b"row" | b"si" | b"table-cell" | b"table-row" | b"covered-table-cell" | b"table-column", _) => {
                self.cell_bytes = 0;
            }
            _ => {}
        }
        if name.starts_with(b"table:") {
            self.table.tag(&self.tag, name, is_closing);
            if local == b"table" && is_closing {
                self.is_inside = false;
            }
            if self.table.cells_in_all() > KEPT_CELLS_MAX {
                return Err(too_large());
            }
        }
        Ok(())
    }
}

impl OdsTable {
    fn cells_in_all(&self) -> u64 {
        self.cells.saturating_add(self.last_row.saturating_mul(self.width_max))
    }

    fn tag(&mut self, tag: &[u8], name: &[u8], is_closing: bool) {
        match (name, is_closing) {
            (b"table:table-row", false) => {
                let repeats = number(tag, b"table:number-rows-repeated").unwrap_or(1).min(1_048_576);
                self.width = 0;
                self.rows = self.rows.saturating_add(repeats);
            }
            (b"table:table-cell" | b"table:covered-table-cell", false) => {
                let repeats = number(tag, b"table:number-columns-repeated").unwrap_or(1).min(16_384);
                self.width = self.width.saturating_add(repeats);
                let has = |word: &[u8]| tag.windows(word.len()).any(|window| window == word);
                if has(b"office:") || has(b"table:formula") {
                    self.width_max = self.width_max.max(self.width);
                    self.last_row = self.rows;
                }
            }
            (b"table:table", true) => {
                *self = Self { cells: self.cells_in_all(), ..Self::default() };
            }
            _ => {}
        }
    }
}

/// The number an attribute says; the largest when it says none that is understood.
fn number(tag: &[u8], attribute: &[u8]) -> Option<u64> {
    let at = tag.windows(attribute.len()).position(|window| window == attribute)?;
    let rest = tag[at + attribute.len()..].trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let quote = *rest.first()?;
    let digits = rest[1..].split(|byte| *byte == quote).next()?;
    Some(std::str::from_utf8(digits).ok().and_then(|digits| digits.trim().parse().ok()).unwrap_or(u64::MAX))
}

/// The records of a workbook of the last century that say where a cell stands, in their first four bytes.
const CELL_RECORDS: &[u16] = &[0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E];

/// Refuses an XLS file that is none, has a password, or has more cells than are kept.
pub(super) fn check_xls(source: &mut impl Source) -> Result<(), FileRefusal> {
    let mut file = cfb::CompoundFile::open(BufReader::new(source)).map_err(|error| broken(&error))?;
    if file.exists("/EncryptedPackage") {
        return Err(encrypted());
    }
    let stream = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name));
    let Some(stream) = stream else {
        return Err(FileRefusal::new(
            "file_not_text",
            "The file is an old document, not a workbook; import a CSV, TSV, XLSX, XLS, ODS or JSON lines file.",
            "文件是旧版文档，不是工作簿；请导入 CSV、TSV、XLSX、XLS、ODS 或 JSON Lines 文件。",
        ));
    };
    let stream = file.open_stream(stream).map_err(|error| broken(&error))?;
    let mut records = BufReader::new(stream);
    let (mut cells_in_all, mut area) = (0_u64, Area::default());
    let mut head = [0; 4];
    let mut body = [0; 12];
    loop {
        match records.read_exact(&mut head) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            read => read.map_err(unreadable)?,
        }
        let (record, bytes) = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        let kept = usize::from(bytes).min(body.len());
        body = [0; 12];
        let is_whole = records.read_exact(&mut body[..kept]).is_ok() && {
            let rest = u64::from(bytes) - kept as u64;
            std::io::copy(&mut records.by_ref().take(rest), &mut std::io::sink()).is_ok_and(|skipped| skipped == rest)
        };
        if !is_whole {
            return Err(broken(&"a record ends early"));
        }
        match record {
            // A sheet begins.
            0x0809 => {
                cells_in_all = cells_in_all.saturating_add(area.cells());
                area = Area::default();
            }
            // What a sheet says of its size is asked for in memory before a cell is read.
            0x0200 => {
                let long = |at: usize| u32::from_le_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
                let (first, last) = (long(0), long(4));
                if last > 65_536 || first > last {
                    return Err(too_large());
                }
            }
            0x002F if bytes >= 2 && (body[0], body[1]) != (0, 0) => return Err(encrypted()),
            _ if CELL_RECORDS.contains(&record) => {
                area.add(u16::from_le_bytes([body[0], body[1]]), u16::from_le_bytes([body[2], body[3]]));
                // One record may hold the numbers of a whole row.
                if record == 0x00BD {
                    let others = bytes.saturating_sub(6) / 6;
                    area.add(
                        u16::from_le_bytes([body[0], body[1]]),
                        others.saturating_add(u16::from_le_bytes([body[2], body[3]])),
                    );
                }
            }
            _ => {}
        }
        if cells_in_all.saturating_add(area.cells()) > KEPT_CELLS_MAX {
            return Err(too_large());
        }
    }
    Ok(())
}

/// The smallest rectangle that holds some cells.
#[derive(Default)]
struct Area {
    bounds: Option<(u16, u16, u16, u16)>,
}

impl Area {
    fn add(&mut self, row: u16, column: u16) {
        let (top, bottom, left, right) = self.bounds.unwrap_or((row, row, column, column));
        self.bounds = Some((top.min(row), bottom.max(row), left.min(column), right.max(column)));
    }

    fn cells(&self) -> u64 {
        self.bounds
            .map_or(0, |(top, bottom, left, right)| (u64::from(bottom - top) + 1) * (u64::from(right - left) + 1))
    }
}
