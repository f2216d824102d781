//! A table of gifts to drafts of contributions: what one import of a published list would record.
//!
//! Invariants:
//! * every row is a gift, a refusal, a total or passed over, and each is reported by its row;
//! * rows with the same content are each their own gift, and each later one is reported as a repeat;
//! * a row's key depends only on its content and on how often that content stood in the file, so
//!   it survives another encoding, another order, other running numbers and other references.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::amount::amount_fen;
use super::cell::{clean, folded, given_on, match_key};
use super::column::{Cell, Column};
use super::file::{FileRow, Found, Source, Wanted};
use super::header::{Columns, Layout};
use super::mapping::Mapping;
use super::refusal::{CellRefusal, FileRefusal, RowRefusal};
use super::table::Table;
use super::total::{Role, Totals};
use crate::ledger::reverse::MEMO_MAX;

/// The largest list that is read, in bytes: about half a million gifts, which are all kept in memory.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The longest giver's name, in characters: registered names of organisations stay below it.
pub const GIVER_CHARS_MAX: usize = 200;

/// The longest note, in characters: what a receipt keeps.
pub const NOTE_CHARS_MAX: usize = MEMO_MAX;

/// The longest reference, credit code or external id, in characters.
pub const REFERENCE_CHARS_MAX: usize = 200;

/// A code or a number that somebody gave.
const CODE: Cell = Cell::Text { chars_max: REFERENCE_CHARS_MAX };

/// The columns of a list of gifts.
pub const COLUMNS: &[Column] = &[
    Column::required(
        "giver",
        Cell::Name { chars_max: GIVER_CHARS_MAX },
        "捐赠单位/姓名 捐款单位/姓名 捐赠单位/个人 捐款单位/个人 捐赠者 捐款者 捐赠人 捐款人 捐赠方 \
         捐款方 捐赠单位 捐款单位 捐赠单位名称 捐款单位名称 捐赠者名称 捐赠人名称 捐赠方名称 \
         捐赠者姓名 捐赠人姓名 捐款人姓名 捐赠企业 捐款企业 爱心单位 爱心企业 爱心商家 共建单位 \
         共建商家 商家名称 商家 商户名称 商户 企业名称 单位/姓名 单位名称 单位 名称 姓名",
        "giver givername donor donorname merchant merchantname organisation organization partner name",
    ),
    Column::required(
        "amount",
        Cell::Amount,
        "捐赠金额 捐款金额 捐赠额 捐款额 到账金额 实收金额 收入金额 资金金额 捐赠资金 捐赠款 捐款 \
         金额 款额 数额",
        "amount giftamount",
    ),
    Column::required(
        "date",
        Cell::Date,
        "捐赠日期 捐款日期 捐赠时间 捐款时间 到账日期 到账时间 收款日期 收款时间 入账日期 交易日期 \
         交易时间 日期 时间",
        "date givenon giftdate",
    ),
    Column::optional(
        "credit_code",
        CODE,
        "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一社会信用代码/税号 税号 纳税人识别号",
        "creditcode uscc unifiedsocialcreditcode",
    ),
    Column::optional(
        "external_id",
        CODE,
        "外部编号 捐赠者编号 捐赠人编号 捐赠方编号 商家编号 商户编号 商户号 单位编号",
        "externalid giverid donorid partnerid merchantid",
    ),
    Column::several(
        "note",
        Cell::Text { chars_max: NOTE_CHARS_MAX },
        "备注 说明 附言 用途 捐赠用途 捐款用途 捐赠意向 捐款意向 捐赠意愿 定向 定向用途 指定用途 \
         资金用途",
        "note notes purpose remark remarks memo comment",
    ),
    Column::several(
        "reference",
        CODE,
        "流水号 交易流水号 交易流水 银行流水号 交易号 交易单号 订单号 单号 凭证号 票据号 票据号码 \
         收据号 收据编号 来源文件 来源行",
        "reference ref referenceno transactionid transactionno receiptno voucherno sourcefile \
         sheetrow",
    ),
];

/// The refusals that are kept: more than anyone corrects by hand, and few enough for a file of wrong rows.
pub const REFUSALS_MAX: usize = 1_000;

/// What goes before the content in a key, so that a later way of making keys cannot collide with this one.
const KEY_DOMAIN: &[u8] = b"cobuild contribution 1";

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which column is what, where a person said so.
    pub mapping: Mapping,
    /// The day of the import; no gift is given after it.
    pub today: NaiveDate,
    /// The day of gifts whose date is empty or has no column. It becomes part of their keys.
    pub date_default: Option<NaiveDate>,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Contributions {
    /// The gifts, in the order of the file.
    pub rows: Vec<Row>,
    /// Why cells were refused, in the order of the file; at most [`REFUSALS_MAX`].
    pub refusals: Vec<RowRefusal>,
    /// How many refusals there were, those that were not kept included.
    pub refusals_found: u64,
    /// Rows with the same content as an earlier row.
    pub repeats: Vec<Repeat>,
    /// Rows with text but without giver, amount and date, or below a total without the last two: titles, signatures, remarks.
    pub passed_over: Vec<u64>,
    /// The file's own total, in fen; `None` when it has none or an amount above it was refused.
    pub control_total: Option<i64>,
    /// The number of gifts or givers the file's total row claims; reported, never compared.
    pub control_count: Option<u64>,
    /// What the rows add up to, in fen.
    pub total_fen: i64,
    /// What the file is.
    pub found: Found,
    /// The row of the column names.
    pub header_row: u64,
    /// Which column is what.
    pub columns: Columns,
}

/// A gift as the file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row as a spreadsheet numbers rows, from 1.
    pub row: u64,
    /// The giver's name as it should be shown.
    pub giver_name: String,
    /// The key two spellings of the name share.
    pub name_key: String,
    /// The giver's unified social credit code, half width and upper case; not checked here.
    pub credit_code: Option<String>,
    /// The giver's number in another system.
    pub external_id: Option<String>,
    /// The amount in fen, from 1 to [`AMOUNT_FEN_MAX`](super::AMOUNT_FEN_MAX).
    pub amount_fen: i64,
    /// The day of the gift, not after today.
    pub given_on: NaiveDate,
    /// The note or purpose; several columns are joined by `；`.
    pub note: Option<String>,
    /// Where the gift stands in the publisher's or the bank's books; several columns are joined by `:`.
    pub reference: Option<String>,
    /// The natural key: 64 hexadecimal digits, unique in the file.
    ///
    /// SHA-256 of name key, amount, day, note key and the occurrence of that content in the file.
    /// Reference, running number, credit code and external id are no part of it.
    pub key: String,
}

/// A row with the same content as an earlier one: kept as a second gift, for a person to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// The later row.
    pub row: u64,
    /// The first row with the content.
    pub of_row: u64,
    /// Which occurrence the later row is, from 2.
    pub occurrence: u64,
}

/// Reads the gifts of a file.
///
/// The result may hold refusals of rows; whether the other rows are imported is the caller's to
/// say. The file is refused as a whole when it is no table, when its columns or their unit are not
/// known, when it has no gift, or when its own total differs from its gifts.
pub fn read(source: impl Source + 'static, options: &Options) -> Result<Contributions, FileRefusal> {
    let defaulted: &[&str] = if options.date_default.is_some() { &["date"] } else { &[] };
    let layout = Layout { columns: COLUMNS, mapping: &options.mapping, defaulted };
    let wanted = Wanted { sheet: None, bytes_max: Some(FILE_BYTES_MAX) };
    let mut table = Table::open(source, layout, &wanted)?;
    let (columns, header_row) = (table.columns().clone(), table.header_row());

    let mut reading = Reading::of(&columns, options);
    let mut row = FileRow::default();
    while table.read(&mut row)? {
        reading.take(&row)?;
    }
    if reading.rows.is_empty() && reading.refusals.is_empty() {
        return Err(FileRefusal::new(
            "no_gifts",
            format!("The file has column names in row {header_row} and no gift below them; add one gift in a row."),
            format!("文件第 {header_row} 行是表头，其下没有捐赠记录；请每行填写一笔捐赠。"),
        )
        .at(header_row));
    }
    Ok(Contributions {
        total_fen: reading.rows.iter().map(|row| row.amount_fen).sum(),
        control_total: reading.totals.compared()?,
        control_count: reading.totals.count(),
        rows: reading.rows,
        refusals: reading.refusals,
        refusals_found: reading.refusals_found,
        repeats: reading.repeats,
        passed_over: reading.passed_over,
        found: table.found().clone(),
        header_row,
        columns,
    })
}

/// The state of one pass over the rows.
struct Reading<'a> {
    columns: &'a Columns,
    options: &'a Options,
    rows: Vec<Row>,
    refusals: Vec<RowRefusal>,
    refusals_found: u64,
    repeats: Vec<Repeat>,
    passed_over: Vec<u64>,
    totals: Totals,
    /// By content: its first row and how often it stood.
    occurrences: HashMap<[u8; 32], (u64, u64)>,
}

impl<'a> Reading<'a> {
    fn of(columns: &'a Columns, options: &'a Options) -> Self {
        Self {
            columns,
            options,
            rows: Vec::new(),
            refusals: Vec::new(),
            refusals_found: 0,
            repeats: Vec::new(),
            passed_over: Vec::new(),
            totals: Totals::of(COLUMNS, columns),
            occurrences: HashMap::new(),
        }
    }

    /// Takes one row that is not blank.
    fn take(&mut self, row: &FileRow) -> Result<(), FileRefusal> {
        match self.totals.role(row) {
            Role::Record => return self.take_gift(row),
            Role::Total(Ok(())) => {}
            Role::Total(Err(refusal)) => self.refuse(refusal, row, self.amount_column()),
            Role::PassedOver => self.passed_over.push(row.number),
        }
        Ok(())
    }

    fn giver_column(&self) -> usize {
        self.columns.one("giver").expect("the column is required")
    }

    fn amount_column(&self) -> usize {
        self.columns.one("amount").expect("the column is required")
    }

    fn take_gift(&mut self, row: &FileRow) -> Result<(), FileRefusal> {
        let columns = self.columns;
        let refusals_before = self.refusals_found;
        let width = columns.names.len();
        if let Some(beyond) = (width..row.width()).find(|&column| !clean(row.cell(column)).is_empty()) {
            self.refuse(CellRefusal::RowTooWide, row, beyond);
        }
        let giver_name = self.text(row, "giver", GIVER_CHARS_MAX);
        if giver_name.is_none() {
            self.refuse(CellRefusal::GiverMissing, row, self.giver_column());
        }
        let amount = amount_fen(row.cell(self.amount_column()), columns.unit("amount"));
        self.totals.add(amount.ok())?;
        if let Err(refusal) = amount {
            self.refuse(refusal, row, self.amount_column());
        }
        let date = self.date(row);
        if let Err(refusal) = date {
            self.refuse(refusal, row, columns.one("date").unwrap_or(usize::MAX));
        }
        let note = self.text(row, "note", NOTE_CHARS_MAX);
        let reference = self.text(row, "reference", REFERENCE_CHARS_MAX);
        let credit_code = self.text(row, "credit_code", REFERENCE_CHARS_MAX);
        let external_id = self.text(row, "external_id", REFERENCE_CHARS_MAX);

        let (Some(giver_name), Ok(amount_fen), Ok(given_on)) = (giver_name, amount, date) else {
            return Ok(());
        };
        if self.refusals_found > refusals_before {
            return Ok(());
        }
        let mut gift = Row {
            row: row.number,
            name_key: match_key(&giver_name),
            giver_name,
            credit_code: credit_code.map(|code| folded(&code).to_uppercase()),
            external_id,
            amount_fen,
            given_on,
            note,
            reference,
            key: String::new(),
        };
        gift.key = self.key(&gift);
        self.rows.push(gift);
        Ok(())
    }

    fn date(&self, row: &FileRow) -> Result<NaiveDate, CellRefusal> {
        let text = self.columns.one("date").map_or("", |column| row.cell(column));
        match (given_on(text, self.options.today), self.options.date_default) {
            (Err(CellRefusal::DateMissing), Some(date_default)) => Ok(date_default),
            (read, _) => read,
        }
    }

    /// The cleaned text of a field's column or columns; `None` when all are empty.
    fn text(&mut self, row: &FileRow, field: &str, chars_max: usize) -> Option<String> {
        let columns = self.columns.all(field);
        let parts: Vec<String> =
            columns.iter().map(|&column| clean(row.cell(column))).filter(|part| !part.is_empty()).collect();
        let separator = if field == "note" { "；" } else { ":" };
        let text = parts.join(separator);
        if text.chars().count() > chars_max {
            self.refuse(CellRefusal::TextTooLong { chars_max }, row, columns[0]);
        }
        (!text.is_empty()).then_some(text)
    }

    /// The key of a gift; a content met before makes it a repeat.
    fn key(&mut self, gift: &Row) -> String {
        let content = content_hash(gift);
        let (of_row, occurrence) = self.occurrences.entry(content).or_insert((gift.row, 0));
        *occurrence += 1;
        if *occurrence > 1 {
            self.repeats.push(Repeat { row: gift.row, of_row: *of_row, occurrence: *occurrence });
        }
        let key = Sha256::new().chain_update(content).chain_update(occurrence.to_be_bytes()).finalize();
        key.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn refuse(&mut self, refusal: CellRefusal, row: &FileRow, column: usize) {
        self.refusals_found += 1;
        if self.refusals.len() >= REFUSALS_MAX {
            return;
        }
        let name = match self.columns.name(column) {
            "" => field_name(refusal),
            name => name,
        };
        self.refusals.push(refusal.of(row.number, name, row.cell(column)));
    }
}

/// What a refusal calls a column that has no name.
fn field_name(refusal: CellRefusal) -> &'static str {
    match refusal {
        CellRefusal::DateMissing => "date",
        _ => "—",
    }
}

/// The hash of what makes two rows the same gift: name key, amount, day and note key.
fn content_hash(gift: &Row) -> [u8; 32] {
    let note_key = gift.note.as_deref().map(match_key).unwrap_or_default();
    let given_on = gift.given_on.to_string();
    let mut hash = Sha256::new();
    let fields: [&[u8]; 5] = [
        KEY_DOMAIN,
        gift.name_key.as_bytes(),
        &gift.amount_fen.to_be_bytes(),
        given_on.as_bytes(),
        note_key.as_bytes(),
    ];
    for field in fields {
        // The length before each field keeps the end of one from being the beginning of the next.
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}
