//! Lists of gifts, read whole by the pass that imports them.

use std::io::Cursor;

use chrono::NaiveDate;

use super::super::{
    file::{Found, Source},
    job,
    kind::Kind,
    list::{Pass, Reading, Record},
    mapping::Mapping,
    match_key,
    refusal::FileRefusal,
    seen::{Contents, Occurrences},
    word::Word,
};

pub use super::super::kind::contributions::COLUMNS;
use super::super::kind::place::content_number;

/// How a list is read.
#[derive(Clone)]
pub struct Options {
    pub mapping: Mapping,
    pub today: NaiveDate,
    pub date_default: Option<NaiveDate>,
}

/// A gift as the file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub row: u64,
    pub giver_name: String,
    pub name_key: String,
    pub credit_code: Option<String>,
    pub external_id: Option<String>,
    pub amount_fen: i64,
    pub given_on: NaiveDate,
    pub note: Option<String>,
    pub reference: Option<String>,
    pub key: String,
}

/// A row with the same content as an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    pub row: u64,
    pub of_row: u64,
    pub occurrence: u64,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub row: u64,
    pub column: String,
    pub code: &'static str,
    pub value: String,
    pub message_en: String,
}

impl From<Word> for Refused {
    fn from(word: Word) -> Self {
        let Word { column_name: column, code, value, message_en, .. } = word;
        Self { row: row(word.row_no), column, code: code.leak(), value, message_en }
    }
}

fn row(row_no: i64) -> u64 {
    u64::try_from(row_no).expect("rows are counted from 1")
}

/// What a list holds.
#[derive(Debug)]
pub struct Contributions {
    pub rows: Vec<Row>,
    pub refusals: Vec<Refused>,
    pub repeats: Vec<Repeat>,
    pub passed_over: Vec<u64>,
    pub control_total: Option<i64>,
    pub control_count: Option<u64>,
    pub total_fen: i64,
    pub found: Found,
    pub header_row: u64,
}

/// Reads the gifts of a list.
pub fn read(source: impl Source + 'static, options: &Options) -> Result<Contributions, FileRefusal> {
    let Options { mapping, today, date_default } = options.clone();
    let options = job::Options { date_default, sheet: mapping.sheet().map(str::to_owned), ..job::Options::default() };
    let mut pass = Pass::of(source, &Reading { kind: Kind::Contributions, options, today }, &mapping)?;
    let (mut drafts, mut refusals, mut contents) = (vec![], vec![], Contents::default());
    while let Some(record) = pass.next()? {
        match record {
            Record::Draft(draft) => {
                contents.meet(&draft.bare);
                drafts.push(draft);
            }
            Record::Refused { words, .. } => refusals.extend(words.into_iter().map(Refused::from)),
        }
    }
    if drafts.is_empty() && refusals.is_empty() {
        return Err(pass.no_rows());
    }
    let mut occurrences = Occurrences::of(contents.repeated());
    let (mut rows, mut repeats) = (vec![], vec![]);
    let mut total_fen = 0;
    for draft in drafts {
        let (occurrence, of_row) = occurrences.count(&draft.bare, &draft.content, draft.row_no);
        if occurrence > 1 {
            repeats.push(Repeat { row: row(draft.row_no), of_row: row(of_row), occurrence: occurrence.into() });
        }
        total_fen += draft.amount_fen;
        let (given_on, note) = draft.gift_said();
        rows.push(Row {
            row: row(draft.row_no),
            name_key: match_key(&draft.who.name),
            giver_name: draft.who.name.clone(),
            credit_code: draft.who.credit_code.clone(),
            external_id: draft.who.external_id.clone(),
            amount_fen: draft.amount_fen,
            given_on,
            note: Some(note).filter(|note| !note.is_empty()),
            reference: draft.reference.clone(),
            key: content_number(&draft.content, occurrence),
        });
    }
    Ok(Contributions {
        rows,
        refusals,
        repeats,
        passed_over: pass.remarks.iter().map(|word| row(word.row_no)).collect(),
        control_total: pass.totals.compared()?,
        control_count: pass.totals.count(),
        total_fen,
        found: pass.table.found().clone(),
        header_row: pass.table.header_row(),
    })
}

/// Reads a list of bytes as of the day of the tests.
pub fn read_bytes(bytes: &[u8]) -> Result<Contributions, FileRefusal> {
    read(Cursor::new(bytes.to_vec()), &super::options())
}
