//! What the bytes of a file are, found in one pass over all of them and in the memory of one piece.

use std::io::Read;

use super::decode::Encoding;
use super::text::LINE_BYTES_MAX;
use super::{Source, unreadable};
use crate::import::refusal::FileRefusal;

/// The bytes that are looked at at once.
const PIECE_BYTES: usize = 64 * 1024;

const MARK_UTF8: &[u8] = b"\xEF\xBB\xBF";
const MARK_UTF16_LE: &[u8] = b"\xFF\xFE";
const MARK_UTF16_BE: &[u8] = b"\xFE\xFF";

/// How files begin that people mistake for lists, and what they are.
const NO_LISTS: &[(&[u8], &str, &str)] = &[
    (b"\x89PNG", "a PNG image", "PNG 图片"),
    (b"\xFF\xD8\xFF", "a JPEG image", "JPEG 图片"),
    (b"GIF8", "a GIF image", "GIF 图片"),
    (b"RIFF", "a picture or a recording", "图片或音频"),
    (b"%PDF", "a PDF document", "PDF 文档"),
    (b"{\\rtf", "a text document", "文字文档"),
    (b"Rar!", "a RAR archive", "RAR 压缩包"),
    (b"7z\xBC\xAF", "a 7z archive", "7z 压缩包"),
    (b"\x1F\x8B", "a gzip archive", "gzip 压缩包"),
    (b"SQLite format 3\0", "a database", "数据库文件"),
    (b"\x7FELF", "a program", "程序文件"),
];

/// What a file is.
pub(super) enum Sniffed {
    /// A text in this encoding.
    Text(Encoding),
    /// A ZIP archive, as the workbooks of today are.
    Archive,
    /// A small file system, as the workbooks of the last century are.
    Compound,
}

/// Whether the file begins with a byte order mark.
pub(super) fn has_mark(beginning: &[u8]) -> bool {
    [MARK_UTF8, MARK_UTF16_LE, MARK_UTF16_BE].iter().any(|mark| beginning.starts_with(mark))
}

/// The beginning of the file.
pub(super) fn sample(source: &mut impl Source) -> std::io::Result<Vec<u8>> {
    let mut sample = Vec::with_capacity(PIECE_BYTES);
    source.take(PIECE_BYTES as u64).read_to_end(&mut sample)?;
    Ok(sample)
}

/// What the file is, by its content.
pub(super) fn sniff(source: &mut impl Source) -> Result<Sniffed, FileRefusal> {
    let beginning = sample(source).map_err(unreadable)?;
    if beginning.is_empty() {
        return Err(FileRefusal::new(
            "file_empty",
            "The file is empty; import a table with a header row and one record in a row.",
            "文件为空；请导入带表头、每行一条记录的表格。",
        ));
    }
    if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
        return Ok(Sniffed::Archive);
    }
    if beginning.starts_with(b"\xD0\xCF\x11\xE0") {
        return Ok(Sniffed::Compound);
    }
    if is_markup(&beginning) {
        return Err(FileRefusal::new(
            "file_not_text",
            "The file is a web page or XML that is named as a workbook; open it in a spreadsheet program, save it as XLSX or CSV, and import that.",
            "文件是以工作簿命名的网页或 XML；请用电子表格软件打开，另存为 XLSX 或 CSV 后导入。",
        ));
    }
    if let Some((_, en, zh)) = NO_LISTS.iter().find(|(magic, ..)| beginning.starts_with(magic)) {
        return Err(FileRefusal::new(
            "file_not_text",
            format!("The file is {en}, not a table; import a CSV, TSV, XLSX, XLS, ODS or JSON lines file."),
            format!("文件是{zh}，不是表格；请导入 CSV、TSV、XLSX、XLS、ODS 或 JSON Lines 文件。"),
        ));
    }
    let encoding = match utf16_of(&beginning) {
        Some(encoding) => Some(encoding),
        None if beginning.starts_with(MARK_UTF8) => Some(Encoding::Utf8),
        None => None,
    };
    let mut survey = Survey::of(encoding);
    survey.take(&beginning)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = match source.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read.map_err(unreadable)?,
        };
        if read == 0 {
            return Ok(Sniffed::Text(survey.encoding()));
        }
        survey.take(&piece[..read])?;
    }
}

/// Whether the file is a web page or XML, as some programs write workbooks.
fn is_markup(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(MARK_UTF8).unwrap_or(beginning).trim_ascii_start();
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    [&b"<?xml"[..], b"<html", b"<!doctype", b"<table", b"<meta"].iter().any(|word| begins(word))
}

/// UTF-16 by its byte order mark, or by the side on which its delimiters and line ends have their zero byte.
///
/// Other characters say nothing: read the other way round, 一 is an N and a wide blank is a zero.
fn utf16_of(beginning: &[u8]) -> Option<Encoding> {
    if beginning.starts_with(MARK_UTF16_LE) {
        return Some(Encoding::Utf16Le);
    }
    if beginning.starts_with(MARK_UTF16_BE) {
        return Some(Encoding::Utf16Be);
    }
    let divides = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b',' | b';');
    let count = |is_le: bool| {
        let units = beginning.chunks_exact(2);
        units
            .filter(|unit| if is_le { unit[1] == 0 && divides(unit[0]) } else { unit[0] == 0 && divides(unit[1]) })
            .count()
    };
    let (le, be) = (count(true), count(false));
    let encoding = match le.cmp(&be) {
        std::cmp::Ordering::Greater => Encoding::Utf16Le,
        std::cmp::Ordering::Less => Encoding::Utf16Be,
        std::cmp::Ordering::Equal => return None,
    };
    // What is no text has control characters on either side.
    let whole = &beginning[..beginning.len() - beginning.len() % 2];
    let (text, _) = encoding.codec().decode_without_bom_handling(whole);
    let is_text = !text.contains(|character: char| character.is_control() && !matches!(character, '\t' | '\n' | '\r'));
    is_text.then_some(encoding)
}

/// What is known of a text so far.
struct Survey {
    /// Known from the beginning.
    known: Option<Encoding>,
    /// The bytes since the last line end.
    line_bytes: usize,
    /// The bytes at the end of the last piece that may be the beginning of a character.
    cut: Vec<u8>,
    /// Characters of three bytes of UTF-8 and more.
    long_characters: usize,
    /// Places that are no UTF-8.
    broken_places: usize,
}

impl Survey {
    fn of(known: Option<Encoding>) -> Self {
        Self { known, line_bytes: 0, cut: vec![], long_characters: 0, broken_places: 0 }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), FileRefusal> {
        self.line_bytes = match memchr::memrchr2(b'\n', b'\r', piece) {
            Some(end) => piece.len() - end - 1,
            None => self.line_bytes + piece.len(),
        };
        if self.line_bytes > LINE_BYTES_MAX {
            return Err(FileRefusal::new(
                "line_too_long",
                "The file has a line longer than 1 MiB; import a table with one record in a row.",
                "文件中有一行超过 1 MiB；请导入每行一条记录的表格。",
            ));
        }
        let is_utf16 = matches!(self.known, Some(Encoding::Utf16Le | Encoding::Utf16Be));
        if !is_utf16 && memchr::memchr(0, piece).is_some() {
            return Err(FileRefusal::new(
                "file_not_text",
                "The file is not a table of text; import a CSV, TSV, XLSX, XLS, ODS or JSON lines file.",
                "文件不是文本表格；请导入 CSV、TSV、XLSX、XLS、ODS 或 JSON Lines 文件。",
            ));
        }
        if self.known.is_none() {
            if self.cut.is_empty() {
                self.count(piece);
            } else {
                let mut whole = std::mem::take(&mut self.cut);
                whole.extend_from_slice(piece);
                self.count(&whole);
            }
        }
        Ok(())
    }

    fn count(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (valid, after) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, &[][..]),
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    let valid = std::str::from_utf8(valid).expect("it is valid up to here");
                    match error.error_len() {
                        None => {
                            self.cut = after.to_vec();
                            (valid, &[][..])
                        }
                        Some(broken) => {
                            self.broken_places += 1;
                            (valid, &after[broken..])
                        }
                    }
                }
            };
            self.long_characters += valid.bytes().filter(|byte| *byte >= 0xE0).count();
            rest = after;
        }
    }

    /// The encoding, once all bytes were taken.
    ///
    /// Bytes that are no UTF-8 were meant to be where characters of three bytes and more outnumber the broken
    /// places: Chinese text in GB18030 hardly ever makes such characters, and broken UTF-8 often decodes as
    /// GB18030 into wrong names, which must not be imported.
    fn encoding(self) -> Encoding {
        let broken_places = self.broken_places + usize::from(!self.cut.is_empty());
        match self.known {
            Some(encoding) => encoding,
            None if broken_places == 0 || self.long_characters > broken_places => Encoding::Utf8,
            None => Encoding::Gb18030,
        }
    }
}
