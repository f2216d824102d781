//! Which column is what: the header row is found, its names are understood or mapped.
//!
//! Invariants:
//! * a mapping wins over a guess, and a mapped column is guessed for nothing else;
//! * giver and amount are always one column each; a name that stands twice is refused, never chosen from;
//! * an amount column in an unknown unit (美元, 千元) is never taken for yuan.

use super::amount::Unit;
use super::cell::{clean, match_key};
use super::mapping::Mapping;
use super::refusal::{FileRefusal, cut};
use super::synonyms::{AMOUNT, CREDIT_CODE, DATE, EXTERNAL_ID, Field, GIVER, NOTE, REFERENCE};
use super::table::TableRow;

/// Title rows that may stand above the header row; blank rows are not counted.
pub const TITLE_ROWS_MAX: usize = 10;

/// The columns a refusal lists at most.
const LISTED_COLUMNS_MAX: usize = 30;

/// Units that are known not to be yuan, and are not converted.
const OTHER_UNITS: &[&str] = &["百元", "千元", "百万元", "亿元", "美元", "港元", "欧元", "日元", "usd", "hkd", "eur"];

/// Where each field stands, by the index of its column from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The giver's name.
    pub giver: usize,
    /// The amount.
    pub amount: usize,
    /// What the amount's numbers are worth where a cell does not say.
    pub amount_unit: Unit,
    /// The day of the gift; `None` when a default date stands in.
    pub date: Option<usize>,
    /// Notes and purposes, joined in this order.
    pub note: Vec<usize>,
    /// The parts of the reference in the giver's or the bank's books, joined in this order.
    pub reference: Vec<usize>,
    /// The giver's unified social credit code.
    pub credit_code: Option<usize>,
    /// The giver's number in another system.
    pub external_id: Option<usize>,
    /// The header's names, cleaned, of all columns.
    pub names: Vec<String>,
}

impl Columns {
    /// The header's name of a column; empty beyond the header.
    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }
}

/// A column's name as names are compared: no blanks, brackets, hyphens, and a unit only as `unit` says.
struct ColumnName {
    /// The key with the text in brackets.
    whole: String,
    /// The key without the text in brackets.
    short: String,
    /// The text in the last brackets, or behind a slash or colon, when it names a unit.
    unit: Option<Unit>,
    /// Whether brackets hold a text that is no unit.
    has_remark: bool,
}

/// The key of a column's name: half width, lower case, without blanks, brackets, hyphens and underscores.
pub(super) fn column_key(name: &str) -> String {
    match_key(name)
        .chars()
        .filter(|character| !matches!(character, ' ' | '(' | ')' | '_' | '-' | '*' | ':' | '.' | '[' | ']'))
        .collect()
}

impl ColumnName {
    fn of(name: &str) -> Self {
        let key = match_key(name).replace('[', "(").replace(']', ")");
        let (mut short, mut unit, mut has_remark) = (String::new(), None, false);
        let mut rest = key.as_str();
        while let Some((before, bracketed)) = rest.split_once('(') {
            let (inner, after) = bracketed.split_once(')').unwrap_or((bracketed, ""));
            match Unit::named(inner) {
                Some(named) => unit = Some(named),
                None => has_remark = true,
            }
            short.push_str(before);
            rest = after;
        }
        short.push_str(rest);
        // `金额/万元`, `金额:元`, `amount_fen`, `Amount RMB`: a unit without brackets.
        if unit.is_none()
            && let Some((before, named)) = trailing_unit(&short)
        {
            unit = Some(named);
            short = before;
        }
        let whole = if has_remark { column_key(&key) } else { column_key(&short) };
        Self { whole, short: column_key(&short), unit, has_remark }
    }

    /// The place of the name among synonyms, a name that fits with its brackets before one that fits without.
    fn rank(&self, field: Field) -> Option<usize> {
        let place = |key: &str| field.synonyms().position(|synonym| synonym == key);
        place(&self.whole).or_else(|| place(&self.short).map(|rank| rank + field.synonyms().count()))
    }
}

fn trailing_unit(key: &str) -> Option<(String, Unit)> {
    if let Some((before, unit)) = key.rsplit_once(['/', ':', '_', '-', ' '])
        && let Some(named) = Unit::named(unit).filter(|_| !unit.is_empty())
    {
        return Some((before.to_owned(), named));
    }
    let (before, unit) = match key.strip_suffix("万元") {
        Some(before) => (before, Unit::Wan),
        None => (key.strip_suffix('元')?, Unit::Yuan),
    };
    (!before.is_empty()).then(|| (before.to_owned(), unit))
}

/// Finds the header row among the first rows that are not blank.
///
/// Answers the index of the header in `rows` and its columns. Refused when no row names a giver and
/// an amount (and a date, if `date_needed`), when a mapped column is missing or stands twice, or
/// when the unit of the amount is not known.
pub fn find(rows: &[TableRow], mapping: &Mapping, date_needed: bool) -> Result<(usize, Columns), FileRefusal> {
    let mut likeliest: Option<(usize, &TableRow, FileRefusal)> = None;
    for (index, row) in rows.iter().enumerate().take(TITLE_ROWS_MAX + 1) {
        let unit_above = unit_of_titles(&rows[..index]);
        match columns_of(row, mapping, date_needed, unit_above) {
            Ok(columns) => return Ok((index, columns)),
            Err((found, refusal)) => {
                let is_likelier = likeliest.as_ref().is_none_or(|(most, ..)| found > *most);
                if is_likelier {
                    likeliest = Some((found, row, refusal));
                }
            }
        }
    }
    match likeliest {
        Some((_, row, refusal)) => Err(refusal.at(row.number)),
        None => Err(FileRefusal::new(
            "file_blank",
            "The file has no text in any cell; import a table with a header row and one gift in a row.",
            "文件中没有任何文字；请导入带表头、每行一笔捐赠的表格。",
        )),
    }
}

/// What the title rows say of the unit, such as `单位：万元`: `None` when nothing, the words when they are no known unit.
fn unit_of_titles(titles: &[TableRow]) -> Option<Result<Unit, String>> {
    let cells = titles.iter().flat_map(|row| &row.cells);
    cells.filter_map(|cell| unit_of_title(&match_key(cell))).next_back()
}

fn unit_of_title(title: &str) -> Option<Result<Unit, String>> {
    if title.contains("(万元)") {
        return Some(Ok(Unit::Wan));
    }
    let (_, words) = title.rsplit_once("单位:")?;
    let words = words.split([')', ' ', ',', ';']).next().unwrap_or(words);
    if words.is_empty() {
        return None;
    }
    if let Some(unit) = Unit::named(words) {
        return Some(Ok(unit));
    }
    // More text may follow without a blank: `单位:万元2020年2月`.
    let bare = words.strip_prefix("人民币").unwrap_or(words);
    if bare.starts_with("万元") {
        return Some(Ok(Unit::Wan));
    }
    if bare.starts_with('元') {
        return Some(Ok(Unit::Yuan));
    }
    // Any other text, such as `单位:某某协会`, names who publishes the list.
    let is_other_unit = words.ends_with('元') || OTHER_UNITS.iter().any(|unit| bare.starts_with(unit));
    is_other_unit.then(|| Err(words.to_owned()))
}

/// The columns of one row if it is the header; otherwise how many fields it names and what it lacks.
fn columns_of(
    row: &TableRow,
    mapping: &Mapping,
    date_needed: bool,
    unit_above: Option<Result<Unit, String>>,
) -> Result<Columns, (usize, FileRefusal)> {
    let header = Header::of(row, mapping);
    let giver = header.one(&mapping.giver, GIVER);
    let amount = header.one(&mapping.amount, AMOUNT);
    let date = header.one(&mapping.date, DATE);
    let credit_code = header.one(&mapping.credit_code, CREDIT_CODE);
    let external_id = header.one(&mapping.external_id, EXTERNAL_ID);
    let note = header.several(mapping.note.as_deref(), NOTE);
    let reference = header.several(mapping.reference.as_deref(), REFERENCE);

    let is_some = |found: &Result<Option<usize>, FileRefusal>| usize::from(!matches!(found, Ok(None)));
    let found = 4 * (is_some(&giver) + is_some(&amount))
        + 2 * is_some(&date)
        + usize::from(note.as_ref().is_ok_and(|columns| !columns.is_empty()))
        + header.names.iter().filter(|name| !name.is_empty()).count().min(2);
    let lacking = |refusal: FileRefusal| (found, refusal);

    let giver = giver.map_err(lacking)?.ok_or_else(|| lacking(header.missing(GIVER)))?;
    let amount = amount.map_err(lacking)?.ok_or_else(|| lacking(header.missing(AMOUNT)))?;
    let date = date.map_err(lacking)?;
    if date.is_none() && date_needed {
        return Err(lacking(header.missing(DATE)));
    }
    Ok(Columns {
        giver,
        amount,
        amount_unit: header.amount_unit(amount, mapping, unit_above).map_err(lacking)?,
        date,
        note: note.map_err(lacking)?,
        reference: reference.map_err(lacking)?,
        credit_code: credit_code.map_err(lacking)?,
        external_id: external_id.map_err(lacking)?,
        names: header.names,
    })
}

/// One row read as a header.
struct Header {
    names: Vec<String>,
    keys: Vec<ColumnName>,
    mapped: Vec<String>,
}

impl Header {
    fn of(row: &TableRow, mapping: &Mapping) -> Self {
        Self {
            names: row.cells.iter().map(|cell| clean(cell)).collect(),
            keys: row.cells.iter().map(|cell| ColumnName::of(cell)).collect(),
            mapped: mapping.names().map(match_key).collect(),
        }
    }

    /// The column of a field that has one: as mapped, otherwise the likeliest synonym.
    fn one(&self, mapped: &Option<String>, field: Field) -> Result<Option<usize>, FileRefusal> {
        if let Some(name) = mapped {
            return if name.is_empty() { Ok(None) } else { self.named(name).map(Some) };
        }
        let ranked = self.guessed(field);
        match ranked.as_slice() {
            [(first, _), (second, column), ..] if first == second => Err(self.twice(*column)),
            [(_, column), ..] => Ok(Some(*column)),
            [] => Ok(None),
        }
    }

    /// The columns of a field that may have several: as mapped, otherwise all synonyms from left to right.
    fn several(&self, mapped: Option<&[String]>, field: Field) -> Result<Vec<usize>, FileRefusal> {
        if let Some(names) = mapped {
            return names.iter().map(|name| self.named(name)).collect();
        }
        let mut columns: Vec<usize> = self.guessed(field).into_iter().map(|(_, column)| column).collect();
        columns.sort_unstable();
        Ok(columns)
    }

    /// The columns that synonyms fit and no mapping names, the likeliest first.
    fn guessed(&self, field: Field) -> Vec<(usize, usize)> {
        let mut ranked = Vec::new();
        for (column, key) in self.keys.iter().enumerate() {
            let is_mapped = self.mapped.contains(&match_key(&self.names[column]));
            // `金额(美元)` must not be taken for yuan because it begins with 金额.
            let is_other_amount = field.name == AMOUNT.name && key.has_remark;
            if let Some(rank) = key.rank(field).filter(|_| !is_mapped && !is_other_amount) {
                ranked.push((rank, column));
            }
        }
        ranked.sort_unstable();
        ranked
    }

    /// The column a mapping names.
    fn named(&self, name: &str) -> Result<usize, FileRefusal> {
        let key = match_key(name);
        let mut columns = (0..self.names.len()).filter(|&column| match_key(&self.names[column]) == key);
        let Some(column) = columns.next() else {
            let (name, listed) = (cut(name), self.listed());
            return Err(FileRefusal::new(
                "mapped_column_missing",
                format!("The mapping names the column {name}, and the file has {listed}."),
                format!("对照文件指定了“{name}”列，而文件中的列是：{listed}。"),
            ));
        };
        match columns.next() {
            Some(again) => Err(self.twice(again)),
            None => Ok(column),
        }
    }

    fn amount_unit(
        &self,
        amount: usize,
        mapping: &Mapping,
        unit_above: Option<Result<Unit, String>>,
    ) -> Result<Unit, FileRefusal> {
        if let Some(unit) = mapping.amount_unit {
            return Ok(unit.into());
        }
        let key = &self.keys[amount];
        let unknown = match (key.unit, key.has_remark, unit_above) {
            (Some(unit), ..) => return Ok(unit),
            (None, true, _) => self.names[amount].clone(),
            (None, false, Some(Ok(unit))) => return Ok(unit),
            (None, false, None) => return Ok(Unit::Yuan),
            (None, false, Some(Err(words))) => words,
        };
        let unknown = cut(&unknown);
        Err(FileRefusal::new(
            "amount_unit_unknown",
            format!(
                "The unit of the amounts is not known ({unknown}); amounts in 元, 万元 or 分 are accepted, or amount_unit = \"yuan\", \"wan\" or \"fen\" in a mapping file."
            ),
            format!(
                "金额的单位无法识别（{unknown}）；可用元、万元或分，或在对照文件中写 amount_unit = \"yuan\"、\"wan\" 或 \"fen\"。"
            ),
        ))
    }

    fn missing(&self, field: Field) -> FileRefusal {
        let field_name = field.name;
        let (listed, accepted) = (self.listed(), field.accepted());
        FileRefusal::new(
            "column_missing",
            format!(
                "No column is the {field_name}: the file has {listed}; accepted are {accepted} and the like, or {field_name} = \"column name\" in a mapping file."
            ),
            format!(
                "找不到 {field_name} 列：文件中的列是 {listed}；可用 {accepted} 等，或在对照文件中写 {field_name} = \"列名\"。"
            ),
        )
    }

    fn twice(&self, column: usize) -> FileRefusal {
        let name = cut(&self.names[column]);
        FileRefusal::new(
            "column_twice",
            format!(
                "The column {name} stands more than once; give the columns different names, or name the right one in a mapping file."
            ),
            format!("“{name}”列重复出现；请改成不同的列名，或在对照文件中指定正确的列。"),
        )
    }

    /// The names of the columns, as a refusal lists them.
    fn listed(&self) -> String {
        let names: Vec<String> =
            self.names.iter().filter(|name| !name.is_empty()).take(LISTED_COLUMNS_MAX).map(|name| cut(name)).collect();
        if names.is_empty() { "—".into() } else { names.join(" | ") }
    }
}
