//! Bytes to text: the file's encoding is found, never asked for.
//!
//! Invariants:
//! * memory is bounded by [`FILE_BYTES_MAX`], and by [`LINE_BYTES_MAX`] for a file that is one line;
//! * no byte is replaced: what cannot be decoded is refused, with the offset it stands at.

use std::io::Read;

use encoding_rs::{DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::refusal::FileRefusal;

/// The largest file that is read: about half a million gifts.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The longest line that is read: a row of a table is far below it, an image or a dump above.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

const CHUNK_BYTES: usize = 64 * 1024;

/// How the file's characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which holds GBK and GB 2312: what a Chinese spreadsheet saves as CSV.
    Gb18030,
    /// UTF-16 with a byte order mark: what a spreadsheet saves as "Unicode text".
    Utf16,
}

impl Encoding {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Utf16 => "UTF-16",
        }
    }
}

/// A file's text, as far as it can be decoded.
pub(super) struct Decoded {
    pub text: String,
    pub encoding: Encoding,
    /// Whether the text ends early, at bytes that are no character of the encoding.
    pub is_broken: bool,
}

/// All bytes of a file that may be a table of text.
pub(super) fn read_bounded(source: &mut impl Read) -> Result<Vec<u8>, FileRefusal> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut line_start = 0;
    loop {
        let known = bytes.len();
        let read = source.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut bytes).map_err(|error| {
            FileRefusal::new(
                "file_unreadable",
                format!("The file cannot be read to its end: {error}."),
                format!("文件无法完整读取：{error}。"),
            )
        })?;
        if known == 0 {
            ensure_text(&bytes)?;
        }
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() > FILE_BYTES_MAX {
            return Err(FileRefusal::new(
                "file_too_large",
                "The file is larger than 64 MiB; split it and import the parts.",
                "文件超过 64 MiB；请拆分后分别导入。",
            ));
        }
        for (offset, _) in bytes[known..].iter().enumerate().filter(|(_, byte)| matches!(byte, b'\n' | b'\r')) {
            line_start = known + offset + 1;
        }
        if bytes.len() - line_start > LINE_BYTES_MAX {
            return Err(FileRefusal::new(
                "line_too_long",
                "The file has a line longer than 1 MiB; import a table with one gift in a row.",
                "文件中有一行超过 1 MiB；请导入每行一笔捐赠的表格。",
            ));
        }
    }
}

/// Refuses what the first bytes show to be no table of text.
fn ensure_text(bytes: &[u8]) -> Result<(), FileRefusal> {
    if bytes.is_empty() {
        return Err(FileRefusal::new(
            "file_empty",
            "The file is empty; import a table with a header row and one gift in a row.",
            "文件为空；请导入带表头、每行一笔捐赠的表格。",
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(FileRefusal::new(
            "file_is_workbook",
            "The file is a spreadsheet workbook; save the sheet as CSV and import that.",
            "文件是电子表格工作簿；请把工作表另存为 CSV 后导入。",
        ));
    }
    let is_utf16 = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    if !is_utf16 && bytes.contains(&0) {
        return Err(FileRefusal::new(
            "file_not_text",
            "The file is not a table of text; import a CSV or tab-separated file.",
            "文件不是文本表格；请导入 CSV 或制表符分隔的文件。",
        ));
    }
    Ok(())
}

/// The text of the bytes, in the encoding they show.
pub(super) fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return decode_as(Encoding::Utf8, UTF_8, rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return decode_as(Encoding::Utf16, UTF_16LE, rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return decode_as(Encoding::Utf16, UTF_16BE, rest);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, encoding: Encoding::Utf8, is_broken: false },
        Err(error) if is_broken_utf8(error.as_bytes()) => decode_as(Encoding::Utf8, UTF_8, error.as_bytes()),
        Err(error) => decode_as(Encoding::Gb18030, GB18030, error.as_bytes()),
    }
}

/// Whether bytes that are no UTF-8 were meant to be: characters of three bytes and more outnumber the broken places.
///
/// Chinese text in GB18030 hardly ever makes such characters, and broken UTF-8 often decodes as
/// GB18030 into wrong names, which must not be imported.
fn is_broken_utf8(bytes: &[u8]) -> bool {
    let (mut long_characters, mut broken_places) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        long_characters += chunk.valid().chars().filter(|character| character.len_utf8() > 2).count();
        broken_places += usize::from(!chunk.invalid().is_empty());
    }
    long_characters > broken_places
}

fn decode_as(encoding: Encoding, codec: &'static encoding_rs::Encoding, bytes: &[u8]) -> Decoded {
    let mut decoder = codec.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2 + CHUNK_BYTES);
    let mut read = 0;
    loop {
        let (result, read_now) = decoder.decode_to_string_without_replacement(&bytes[read..], &mut text, true);
        read += read_now;
        match result {
            DecoderResult::OutputFull => text.reserve(bytes.len() - read + CHUNK_BYTES),
            DecoderResult::InputEmpty | DecoderResult::Malformed(..) => {
                return Decoded { text, encoding, is_broken: result != DecoderResult::InputEmpty };
            }
        }
    }
}
