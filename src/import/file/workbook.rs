//! Workbooks to rows of cells: XLSX, ODS and XLS, by calamine.
//!
//! A workbook is read on a thread of its own, which sends its rows in batches and waits while nobody takes them:
//! so it is read as far as it is asked for, and a file that makes the library panic is a file that is refused.
//!
//! Invariants:
//! * only visible sheets are read, from the left, unless one is named;
//! * a number is its shortest decimal, and a day is a day, in either epoch;
//! * a formula is its last result; its error is its error.

use std::io::BufReader;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
    mpsc::{Receiver, SyncSender, sync_channel},
};

use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, Sheet, SheetType, SheetVisible, Xls, Xlsx};

use super::package::{broken, encrypted};
use super::row::{FileRow, Kind};
use super::text::{CELL_BYTES_MAX, ROW_CELLS_MAX, too_wide};
use super::{Format, Source};
use crate::import::cell::Epoch;
use crate::import::refusal::{FileRefusal, cut};

/// The rows that are sent at once.
const BATCH_ROWS: usize = 256;

/// The batches that wait to be taken.
const BATCHES_WAITING: usize = 4;

/// The sheets that a refusal lists at most.
const LISTED_SHEETS_MAX: usize = 20;

/// What the reading thread says.
enum Message {
    /// A sheet begins.
    Sheet(String, Epoch),
    /// Some rows of it.
    Rows(Vec<FileRow>),
    /// The sheet ends.
    End,
    /// Nothing follows.
    Refused(FileRefusal),
}

/// The rows of a workbook's sheet.
pub(super) struct WorkbookRows {
    messages: Receiver<Message>,
    /// The sheet that is wanted, among those that are tried; the thread leaves those before it.
    wanted: Arc<AtomicUsize>,
    sheet: String,
    epoch: Epoch,
    rows: std::vec::IntoIter<FileRow>,
    is_over: bool,
}

impl WorkbookRows {
    /// Opens a workbook at its first visible sheet, or at the one that is named.
    pub fn of(source: Box<dyn Source>, format: Format, sheet: Option<&str>) -> Result<Self, FileRefusal> {
        let (sender, messages) = sync_channel(BATCHES_WAITING);
        let wanted = Arc::<AtomicUsize>::default();
        let named = sheet.map(str::to_owned);
        let reading = Reading { sender, wanted: Arc::clone(&wanted), sheet: 0 };
        let thread = std::thread::Builder::new().name("workbook".into());
        let spawned = thread.spawn(move || reading.run(source, format, named.as_deref()));
        spawned.map_err(|error| broken(&error))?;
        let rows = Vec::new().into_iter();
        let mut rows = Self { messages, wanted, sheet: String::new(), epoch: Epoch::default(), rows, is_over: false };
        if rows.begin()? {
            return Ok(rows);
        }
        Err(FileRefusal::new(
            "workbook_empty",
            "The workbook has no visible sheet; show the sheet of the list and save the workbook.",
            "工作簿没有可见的工作表；请显示清单所在的工作表并保存。",
        ))
    }

    /// The sheet's name.
    pub fn sheet(&self) -> &str {
        &self.sheet
    }

    /// What days the workbook counts from.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Goes to the next visible sheet; `false` when there is none.
    pub fn next_sheet(&mut self) -> Result<bool, FileRefusal> {
        self.wanted.fetch_add(1, Ordering::Relaxed);
        self.rows = Vec::new().into_iter();
        self.begin()
    }

    /// Waits for the beginning of a sheet.
    fn begin(&mut self) -> Result<bool, FileRefusal> {
        loop {
            match self.messages.recv() {
                Ok(Message::Sheet(sheet, epoch)) => {
                    (self.sheet, self.epoch, self.is_over) = (sheet, epoch, false);
                    return Ok(true);
                }
                Ok(Message::Rows(_) | Message::End) => {}
                Ok(Message::Refused(refusal)) => return Err(refusal),
                Err(_) => return Ok(false),
            }
        }
    }

    /// Reads the next row that is not blank; `false` when there is none.
    pub fn read(&mut self, row: &mut FileRow) -> Result<bool, FileRefusal> {
        loop {
            if let Some(next) = self.rows.next() {
                *row = next;
                return Ok(true);
            }
            if self.is_over {
                return Ok(false);
            }
            match self.messages.recv() {
                Ok(Message::Rows(rows)) => self.rows = rows.into_iter(),
                Ok(Message::End) => self.is_over = true,
                Ok(Message::Refused(refusal)) => {
                    self.is_over = true;
                    return Err(refusal);
                }
                // The library has panicked in the middle of a sheet.
                Ok(Message::Sheet(..)) | Err(_) => {
                    self.is_over = true;
                    return Err(broken(&"it cannot be understood"));
                }
            }
        }
    }
}

/// Nobody takes the rows any more, or the file is refused.
enum Stop {
    Left,
    Refused(FileRefusal),
}

impl From<FileRefusal> for Stop {
    fn from(refusal: FileRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The reading thread.
struct Reading {
    sender: SyncSender<Message>,
    wanted: Arc<AtomicUsize>,
    sheet: usize,
}

impl Reading {
    fn run(mut self, source: Box<dyn Source>, format: Format, named: Option<&str>) {
        let source = BufReader::new(source);
        let read = match format {
            Format::Xls => self.xls(source, named),
            Format::Ods => self.ods(source, named),
            _ => self.xlsx(source, named),
        };
        if let Err(Stop::Refused(refusal)) = read {
            // Nobody may be left to hear it.
            let _ = self.sender.send(Message::Refused(refusal));
        }
    }

    fn send(&self, message: Message) -> Result<(), Stop> {
        self.sender.send(message).map_err(|_| Stop::Left)
    }

    /// Whether nobody wants the rest of the sheet.
    fn is_left(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > self.sheet
    }

    fn xlsx(&mut self, source: BufReader<Box<dyn Source>>, named: Option<&str>) -> Result<(), Stop> {
        let mut workbook = Xlsx::new(source).map_err(|error| match error {
            calamine::XlsxError::Password => encrypted(),
            other => broken(&other),
        })?;
        let epoch = if workbook.has_1904_epoch() { Epoch::Year1904 } else { Epoch::Year1900 };
        for name in sheets(workbook.sheets_metadata(), named)? {
            self.send(Message::Sheet(name.clone(), epoch))?;
            let mut cells = match workbook.worksheet_cells_reader(&name) {
                Ok(cells) => cells,
                Err(calamine::XlsxError::NotAWorksheet(_)) => {
                    self.end()?;
                    continue;
                }
                Err(error) => return Err(broken(&error).into()),
            };
            let is_percent: Vec<bool> = cells
                .styles()
                .iter()
                .map(|style| style.number_format.as_ref().is_some_and(|format| format.format_code.contains('%')))
                .collect();
            let mut batch = Batch::of(self);
            while !batch.reading.is_left() {
                let cell = cells.next_cell_with_style_id().map_err(|error| broken(&error))?;
                let Some((cell, style)) = cell else { break };
                let is_percent = is_percent.get(style).copied().unwrap_or(false);
                batch.cell(cell.get_position(), cell.get_value(), is_percent)?;
            }
            batch.finish()?;
            self.end()?;
        }
        Ok(())
    }

    fn ods(&mut self, source: BufReader<Box<dyn Source>>, named: Option<&str>) -> Result<(), Stop> {
        let mut workbook = Ods::new(source).map_err(|error| match error {
            calamine::OdsError::Password => encrypted(),
            calamine::OdsError::CellLimitExceeded { .. } => super::package::too_large(),
            other => broken(&other),
        })?;
        for name in sheets(workbook.sheets_metadata(), named)? {
            let range = workbook.worksheet_range(&name).map_err(|error| broken(&error))?;
            self.range(name, Epoch::Year1900, &range)?;
        }
        Ok(())
    }

    fn xls(&mut self, source: BufReader<Box<dyn Source>>, named: Option<&str>) -> Result<(), Stop> {
        let mut workbook = Xls::new(source).map_err(|error| match error {
            calamine::XlsError::Password => encrypted(),
            other => broken(&other),
        })?;
        let epoch = if workbook.has_1904_epoch() { Epoch::Year1904 } else { Epoch::Year1900 };
        for name in sheets(workbook.sheets_metadata(), named)? {
            let range = workbook.worksheet_range(&name).map_err(|error| broken(&error))?;
            self.range(name, epoch, &range)?;
        }
        Ok(())
    }

    fn range(&mut self, name: String, epoch: Epoch, range: &calamine::Range<Data>) -> Result<(), Stop> {
        self.send(Message::Sheet(name, epoch))?;
        let (top, left) = range.start().unwrap_or((0, 0));
        let mut batch = Batch::of(self);
        for (row, column, value) in range.used_cells() {
            if batch.reading.is_left() {
                break;
            }
            let (row, column) = (row.try_into().unwrap_or(u32::MAX), column.try_into().unwrap_or(u32::MAX));
            batch.cell((top.saturating_add(row), left.saturating_add(column)), &borrowed(value), false)?;
        }
        batch.finish()?;
        self.end()
    }

    fn end(&mut self) -> Result<(), Stop> {
        self.sheet += 1;
        self.send(Message::End)
    }
}

/// The sheets that are tried, from the left.
fn sheets(all: &[Sheet], named: Option<&str>) -> Result<Vec<String>, FileRefusal> {
    let tables = all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let Some(named) = named else {
        let visible = tables.filter(|sheet| sheet.visible == SheetVisible::Visible);
        return Ok(visible.map(|sheet| sheet.name.clone()).collect());
    };
    let names: Vec<&str> = tables.map(|sheet| sheet.name.as_str()).collect();
    if let Some(found) = names.iter().find(|name| name.trim() == named.trim()) {
        return Ok(vec![(*found).to_owned()]);
    }
    let listed = names.iter().take(LISTED_SHEETS_MAX).map(|name| cut(name)).collect::<Vec<_>>().join(" | ");
    let named = cut(named);
    Err(FileRefusal::new(
        "sheet_missing",
        format!("The workbook has no sheet {named}; it has {listed}."),
        format!("工作簿中没有“{named}”工作表；现有：{listed}。"),
    ))
}

/// Rows that are put together of cells and sent in batches.
struct Batch<'a> {
    reading: &'a Reading,
    row: FileRow,
    rows: Vec<FileRow>,
}

impl<'a> Batch<'a> {
    fn of(reading: &'a Reading) -> Self {
        Self { reading, row: FileRow::default(), rows: vec![] }
    }

    /// Adds a cell; cells come row by row, from left to right.
    fn cell(&mut self, (row, column): (u32, u32), value: &DataRef<'_>, is_percent: bool) -> Result<(), Stop> {
        let number = u64::from(row) + 1;
        if number != self.row.number {
            if number < self.row.number {
                return Err(broken(&"its rows are out of order").into());
            }
            self.end_row()?;
            self.row.reset(number);
        }
        if matches!(value, DataRef::Empty) {
            return Ok(());
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column < self.row.width() {
            return Err(broken(&"its cells are out of order").into());
        }
        if column >= ROW_CELLS_MAX {
            return Err(too_wide(number).into());
        }
        while self.row.width() < column {
            self.row.push_kind("", Kind::Empty);
        }
        let (text, kind) = text_of(value, is_percent);
        if text.len() > CELL_BYTES_MAX {
            return Err(super::text::cell_too_long(number).into());
        }
        self.row.push_kind(&text, kind);
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Stop> {
        if !self.row.is_blank() {
            self.rows.push(std::mem::take(&mut self.row));
        }
        if self.rows.len() >= BATCH_ROWS {
            return self.send();
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Stop> {
        self.reading.send(Message::Rows(std::mem::take(&mut self.rows)))
    }

    fn finish(mut self) -> Result<(), Stop> {
        self.end_row()?;
        self.send()
    }
}

/// A cell that is kept as one that is streamed.
fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(is_true) => DataRef::Bool(*is_true),
        Data::DateTime(instant) => DataRef::DateTime(*instant),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// A cell's text and what it is.
fn text_of(value: &DataRef<'_>, is_percent: bool) -> (String, Kind) {
    match value {
        DataRef::Empty => (String::new(), Kind::Empty),
        DataRef::String(text) => (text.clone(), Kind::Text),
        DataRef::SharedString(text) => ((*text).to_owned(), Kind::Text),
        DataRef::Int(number) => (number.to_string(), Kind::Number),
        DataRef::Float(number) => (number.to_string(), if is_percent { Kind::Percent } else { Kind::Number }),
        DataRef::Bool(true) => ("TRUE".to_owned(), Kind::Bool),
        DataRef::Bool(false) => ("FALSE".to_owned(), Kind::Bool),
        DataRef::DateTime(instant) => instant_of(instant),
        DataRef::DateTimeIso(text) => (text.replace('T', " ").trim_end_matches(" 00:00:00").to_owned(), Kind::Date),
        DataRef::DurationIso(text) => (text.clone(), Kind::Text),
        DataRef::Error(error) => (error.to_string(), Kind::Error),
    }
}

/// A day, with its time where it has one; a time without a day stays the number it is.
fn instant_of(instant: &ExcelDateTime) -> (String, Kind) {
    let serial = instant.as_f64();
    if instant.is_duration() || !(1.0..2_958_466.0).contains(&serial) {
        return (serial.to_string(), Kind::Number);
    }
    let (year, month, day, hour, minute, second, milli) = instant.to_ymd_hms_milli();
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second, milli) != (0, 0, 0, 0) {
        text.push_str(&format!(" {hour:02}:{minute:02}:{second:02}"));
    }
    (text, Kind::Date)
}
