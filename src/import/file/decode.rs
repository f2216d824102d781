//! Bytes to characters, a piece at a time.
//!
//! Invariants:
//! * memory is one piece, however long the file is;
//! * no byte is replaced: the text ends at bytes that are no character, and says so.

use std::io::{BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::Source;

/// The bytes that are decoded at once.
const PIECE_BYTES: usize = 64 * 1024;

/// How the file's characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which holds GBK and GB 2312: what a Chinese spreadsheet saves as CSV.
    Gb18030,
    /// UTF-16, the lower byte first: what a spreadsheet saves as "Unicode text".
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
}

impl Encoding {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    pub(super) fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Gb18030 => GB18030,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
        }
    }

    /// Adds the bytes of a text.
    pub fn encode(self, text: &str, bytes: &mut Vec<u8>) {
        match self {
            Self::Utf8 => bytes.extend_from_slice(text.as_bytes()),
            Self::Gb18030 => bytes.extend_from_slice(&GB18030.encode(text).0),
            Self::Utf16Le => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Self::Utf16Be => bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
        }
    }
}

/// A file as UTF-8, without its byte order mark.
pub(super) struct Decoding {
    source: Box<dyn Source>,
    encoding: Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    /// The bytes of `raw` that are not decoded yet.
    raw_left: std::ops::Range<usize>,
    text: Vec<u8>,
    text_left: std::ops::Range<usize>,
    is_source_over: bool,
    is_over: bool,
    is_broken: bool,
}

impl Decoding {
    pub fn of(source: Box<dyn Source>, encoding: Encoding) -> Self {
        Self {
            source,
            encoding,
            decoder: encoding.codec().new_decoder_with_bom_removal(),
            raw: vec![0; PIECE_BYTES],
            raw_left: 0..0,
            // A byte of GB18030 becomes at most one and a half of UTF-8.
            text: vec![0; 2 * PIECE_BYTES],
            text_left: 0..0,
            is_source_over: false,
            is_over: false,
            is_broken: false,
        }
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The file, wherever it is at.
    pub fn into_source(self) -> Box<dyn Source> {
        self.source
    }

    /// Whether the text ended at bytes that are no character of the encoding.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    fn decode_piece(&mut self) -> std::io::Result<()> {
        while self.text_left.is_empty() && !self.is_over {
            if self.raw_left.is_empty() && !self.is_source_over {
                let read = match self.source.read(&mut self.raw) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    read => read?,
                };
                self.raw_left = 0..read;
                self.is_source_over = read == 0;
            }
            let raw = &self.raw[self.raw_left.clone()];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text, self.is_source_over);
            self.raw_left.start += read;
            self.text_left = 0..written;
            match result {
                DecoderResult::InputEmpty => self.is_over = self.is_source_over,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => (self.is_over, self.is_broken) = (true, true),
            }
        }
        Ok(())
    }
}

impl BufRead for Decoding {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.decode_piece()?;
        Ok(&self.text[self.text_left.clone()])
    }

    fn consume(&mut self, bytes: usize) {
        self.text_left.start += bytes;
    }
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let piece = self.fill_buf()?;
        let bytes = piece.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&piece[..bytes]);
        self.consume(bytes);
        Ok(bytes)
    }
}
