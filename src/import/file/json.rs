//! JSON lines to rows of cells: one object a line, its keys are the columns.
//!
//! The file is read twice: once for the keys of all objects, in the order they come up, and once for the rows.
//!
//! Invariants:
//! * a number keeps the digits it is written with;
//! * a value that is a list or an object is refused: a cell holds one value;
//! * memory is one line and the keys.

use std::collections::HashMap;
use std::fmt;
use std::io::BufRead;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::{Decoding, Encoding};
use super::row::{FileRow, Kind};
use super::text::{CELL_BYTES_MAX, ROW_CELLS_MAX, ROWS_MAX, too_many_rows, too_wide};
use super::{Source, unreadable};
use crate::import::refusal::{FileRefusal, cut};

/// How a text that is meant as JSON begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With an object.
    Object,
    /// With a list of values, which is one value and no line of them.
    List,
    /// As no JSON does.
    Other,
}

/// What a text begins with.
pub(super) fn beginning_of(text: &str) -> Beginning {
    let mut marks = text.chars().filter(|character| !character.is_whitespace() && *character != '\u{FEFF}');
    match (marks.next(), marks.next()) {
        (Some('{'), Some('"' | '}')) => Beginning::Object,
        (Some('['), Some('{' | '[')) => Beginning::List,
        _ => Beginning::Other,
    }
}

/// The refusal of a file that is one list.
pub(super) fn is_list() -> FileRefusal {
    FileRefusal::new(
        "json_list",
        "The file is one JSON list; write each object on a line of its own, without brackets and commas around them.",
        "文件是一个 JSON 数组；请每行写一个对象，去掉外层方括号和逗号。",
    )
}

/// The rows of a file of JSON lines; the first is its keys, as row 0.
pub(super) struct JsonRows {
    input: Decoding,
    keys: Keys,
    is_header_given: bool,
    is_over: bool,
    line: Vec<u8>,
    number: u64,
    /// The values of the last object, by the place of their keys.
    values: Vec<Option<(String, Kind)>>,
}

/// The keys of all objects.
#[derive(Default)]
struct Keys {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl JsonRows {
    /// Reads the keys of a file, and is at its beginning then.
    pub fn of(mut source: Box<dyn Source>, encoding: Encoding) -> Result<Self, FileRefusal> {
        source.rewind().map_err(unreadable)?;
        let mut survey = Self::at(Decoding::of(source, encoding), Keys::default());
        while survey.object()? {}
        let Self { input, keys, .. } = survey;
        let mut source = input.into_source();
        source.rewind().map_err(unreadable)?;
        Ok(Self::at(Decoding::of(source, encoding), keys))
    }

    fn at(input: Decoding, keys: Keys) -> Self {
        Self { input, keys, is_header_given: false, is_over: false, line: vec![], number: 0, values: vec![] }
    }

    /// Reads the keys first, and then an object in a row; `false` when there is none.
    pub fn read(&mut self, row: &mut FileRow) -> Result<bool, FileRefusal> {
        if !self.is_header_given {
            self.is_header_given = true;
            row.reset(0);
            self.keys.names.iter().for_each(|name| row.push(name));
            return Ok(true);
        }
        if self.is_over {
            return Ok(false);
        }
        let found = self.object();
        self.is_over = !matches!(found, Ok(true));
        if found? {
            row.reset(self.number);
            self.values.resize_with(self.keys.names.len(), || None);
            for value in &mut self.values {
                let (text, kind) = value.take().unwrap_or((String::new(), Kind::Empty));
                row.push_kind(&text, kind);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Reads the next object into `values`; `false` when there is none.
    fn object(&mut self) -> Result<bool, FileRefusal> {
        loop {
            self.line.clear();
            let read = self.input.read_until(b'\n', &mut self.line).map_err(unreadable)?;
            if read == 0 && self.input.is_broken() {
                return Err(self.undecodable());
            }
            if read == 0 {
                return Ok(false);
            }
            self.number += 1;
            if self.number > ROWS_MAX {
                return Err(too_many_rows());
            }
            if self.line.ends_with(b"\n") || !self.input.is_broken() {
                let line = std::str::from_utf8(&self.line).expect("what was decoded is UTF-8");
                if line.trim().is_empty() {
                    continue;
                }
                let line = std::mem::take(&mut self.line);
                let parsed = self.parse(std::str::from_utf8(&line).expect("it is UTF-8"));
                self.line = line;
                return parsed.map(|()| true);
            }
            self.number -= 1;
            return Err(self.undecodable());
        }
    }

    fn parse(&mut self, line: &str) -> Result<(), FileRefusal> {
        let number = self.number;
        self.values.iter_mut().for_each(|value| *value = None);
        let mut fault = None;
        let mut json = serde_json::Deserializer::from_str(line);
        let visitor = Cells { keys: &mut self.keys, values: &mut self.values, fault: &mut fault };
        let parsed = json.deserialize_map(visitor).and_then(|()| json.end());
        match (fault, parsed) {
            (Some(fault), _) => Err(fault.refusal(number)),
            (None, Ok(())) => Ok(()),
            (None, Err(error)) => {
                // The line and the column are those of the one line.
                let reason = error.to_string();
                let reason = reason.split(" at line").next().unwrap_or_default();
                Err(FileRefusal::new(
                    "json_unreadable",
                    format!("Line {number} is not one JSON object ({reason}); write each object on one line."),
                    format!("第 {number} 行不是一个完整的 JSON 对象（{reason}）；请每行写一个对象。"),
                )
                .at(number))
            }
        }
    }

    fn undecodable(&self) -> FileRefusal {
        super::text::undecodable(self.number + 1, self.input.encoding())
    }
}

/// What is wrong with an object that is JSON.
enum Fault {
    Nested(String),
    Twice(String),
    TooLong,
    TooWide,
}

impl Fault {
    fn refusal(self, number: u64) -> FileRefusal {
        let refusal = match self {
            Self::Nested(key) => {
                let key = cut(&key);
                FileRefusal::new(
                    "json_nested",
                    format!(
                        "Line {number} has a list or an object as its {key}; write one text or number for each key."
                    ),
                    format!("第 {number} 行的“{key}”是数组或对象；每个键只能写一个文字或数字。"),
                )
            }
            Self::Twice(key) => {
                let key = cut(&key);
                FileRefusal::new(
                    "json_key_twice",
                    format!("Line {number} has the key {key} more than once; keep one of them."),
                    format!("第 {number} 行的键“{key}”重复出现；请只保留一个。"),
                )
            }
            Self::TooLong => FileRefusal::new(
                "cell_too_long",
                format!("Row {number} has a cell longer than 128 KiB; shorten it."),
                format!("第 {number} 行有超过 128 KiB 的单元格；请缩短。"),
            ),
            Self::TooWide => too_wide(number),
        };
        refusal.at(number)
    }
}

/// Takes the values of one object.
struct Cells<'a> {
    keys: &'a mut Keys,
    values: &'a mut Vec<Option<(String, Kind)>>,
    fault: &'a mut Option<Fault>,
}

impl<'de> Visitor<'de> for Cells<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let value: &RawValue = map.next_value()?;
            let fault = match cell_of(value.get()) {
                None => Some(Fault::Nested(key)),
                Some((text, _)) if text.len() > CELL_BYTES_MAX || key.len() > CELL_BYTES_MAX => Some(Fault::TooLong),
                Some(cell) => self.keys.put(key, cell, self.values),
            };
            if let Some(fault) = fault {
                self.fault.get_or_insert(fault);
            }
        }
        Ok(())
    }
}

impl Keys {
    /// Puts a value in its place; the fault when it has one already, or there are too many.
    fn put(&mut self, key: String, cell: (String, Kind), values: &mut Vec<Option<(String, Kind)>>) -> Option<Fault> {
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None if self.names.len() >= ROW_CELLS_MAX => return Some(Fault::TooWide),
            None => {
                self.names.push(key.clone());
                self.places.insert(key.clone(), self.names.len() - 1);
                self.names.len() - 1
            }
        };
        if values.len() <= place {
            values.resize_with(place + 1, || None);
        }
        values[place].replace(cell).map(|_| Fault::Twice(key))
    }
}

/// The text of a value and what it is; `None` for a list or an object.
fn cell_of(raw: &str) -> Option<(String, Kind)> {
    match raw.as_bytes().first() {
        Some(b'"') => Some((serde_json::from_str(raw).ok()?, Kind::Text)),
        Some(b'{' | b'[') | None => None,
        Some(b't' | b'f') => Some((raw.to_uppercase(), Kind::Bool)),
        Some(b'n') => Some((String::new(), Kind::Empty)),
        Some(_) => Some((raw.to_owned(), Kind::Number)),
    }
}
