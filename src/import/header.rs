//! Which column is what: the header row is found, its names are understood or mapped.
//!
//! Invariants:
//! * a mapping wins over a guess, and a mapped column is guessed for nothing else;
//! * a required field has its column; a name that stands twice is refused, never chosen from;
//! * an amount column in an unknown unit (美元, 千元) is never taken for yuan.

use super::amount::Unit;
use super::cell::{Share, clean, match_key};
use super::column::{Cell, Column, column_key};
use super::file::FileRow;
use super::mapping::Mapping;
use super::refusal::{FileRefusal, cut};

/// Title rows that may stand above the header row; blank rows are not counted.
pub const TITLE_ROWS_MAX: usize = 10;

/// The columns a refusal lists at most.
const LISTED_COLUMNS_MAX: usize = 30;

/// Units that are known not to be yuan, and are not converted.
const OTHER_UNITS: &[&str] = &["百元", "千元", "百万元", "亿元", "美元", "港元", "欧元", "日元", "usd", "hkd", "eur"];

/// Where each field of a kind of list stands, by the index of its column from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The header's names, cleaned, of all columns.
    pub names: Vec<String>,
    /// Of each field, in the order of the kind's table.
    fields: Vec<FieldColumns>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FieldColumns {
    field: &'static str,
    columns: Vec<usize>,
    unit: Unit,
    share: Share,
}

impl Columns {
    /// The columns of a field, in the order they are joined in; empty when the file has none.
    pub fn all(&self, field: &str) -> &[usize] {
        self.fields.iter().find(|one| one.field == field).map_or(&[], |one| &one.columns)
    }

    /// The column of a field that has one; the first of a field that may have several.
    pub fn one(&self, field: &str) -> Option<usize> {
        self.all(field).first().copied()
    }

    /// What the numbers of an amount's column are worth where a cell does not say.
    pub fn unit(&self, field: &str) -> Unit {
        self.fields.iter().find(|one| one.field == field).map_or(Unit::Yuan, |one| one.unit)
    }

    /// What the numbers of a share's column are worth where a cell has no sign.
    pub fn share(&self, field: &str) -> Share {
        self.fields.iter().find(|one| one.field == field).map_or(Share::One, |one| one.share)
    }

    /// The header's name of a column; empty beyond the header.
    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// The names of the columns that are no field, and are not imported.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let is_used = |column: &usize| self.fields.iter().any(|one| one.columns.contains(column));
        let unused = (0..self.names.len()).filter(move |column| !is_used(column));
        unused.map(|column| self.names[column].as_str()).filter(|name| !name.is_empty())
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
    fn rank(&self, column: &Column) -> Option<usize> {
        column.place(&self.whole).or_else(|| column.place(&self.short).map(|rank| rank + column.places()))
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

/// What a header is understood by.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// The columns of the kind of list.
    pub columns: &'static [Column],
    /// Which column is what, where a person said so.
    pub mapping: &'a Mapping,
    /// Required fields that a file may be without, because something stands in.
    pub defaulted: &'a [&'a str],
}

/// Finds the header row among the first rows that are not blank.
///
/// Answers the index of the header in `rows` and its columns. Refused when no row names all required fields, when
/// a mapped column is missing or stands twice, or when the unit of an amount is not known.
pub(super) fn find(rows: &[FileRow], layout: Layout<'_>) -> Result<(usize, Columns), NoHeader> {
    let mut likeliest: Option<NoHeader> = None;
    for (index, row) in rows.iter().enumerate().take(TITLE_ROWS_MAX + 1) {
        let unit_above = unit_of_titles(&rows[..index]);
        match columns_of(row, layout, unit_above) {
            Ok(columns) => return Ok((index, columns)),
            Err(refused) if likeliest.as_ref().is_none_or(|most| refused.likelihood > most.likelihood) => {
                // Lines of JSON have their keys in no row.
                let NoHeader { likelihood, refusal } = refused;
                let refusal = if row.number > 0 { refusal.at(row.number) } else { refusal };
                likeliest = Some(NoHeader { likelihood, refusal });
            }
            Err(_) => {}
        }
    }
    Err(likeliest.unwrap_or_else(|| {
        let refusal = FileRefusal::new(
            "file_blank",
            "The file has no text in any cell; import a table with a header row and one record in a row.",
            "文件中没有任何文字；请导入带表头、每行一条记录的表格。",
        );
        NoHeader { likelihood: 0, refusal }
    }))
}

/// Why rows have no header.
#[derive(Debug)]
pub(super) struct NoHeader {
    /// How many names of columns the likeliest row has, weighed.
    pub likelihood: usize,
    /// What that row lacks.
    pub refusal: FileRefusal,
}

/// What the title rows say of the unit, such as `单位：万元`: `None` when nothing, the words when they are no known unit.
fn unit_of_titles(titles: &[FileRow]) -> Option<Result<Unit, String>> {
    let cells = titles.iter().flat_map(FileRow::cells);
    cells.filter_map(|cell| unit_of_title(&match_key(cell))).last()
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

/// The columns of one row if it is the header; otherwise how likely it is one and what it lacks.
fn columns_of(
    row: &FileRow,
    layout: Layout<'_>,
    unit_above: Option<Result<Unit, String>>,
) -> Result<Columns, NoHeader> {
    let header = Header::of(row, layout.mapping);
    let mapped = |column: &Column| layout.mapping.columns(column.field);
    let found: Vec<Result<Vec<usize>, FileRefusal>> =
        layout.columns.iter().map(|column| header.columns(mapped(column), column)).collect();
    let weight = |column: &Column| if column.required { 4 } else { 1 };
    let is_named = |found: &Result<Vec<usize>, FileRefusal>| found.as_ref().map_or(true, |found| !found.is_empty());
    let likelihood = layout.columns.iter().zip(&found).filter(|(_, found)| is_named(found));
    let likelihood = likelihood.map(|(column, _)| weight(column)).sum::<usize>()
        + header.names.iter().filter(|name| !name.is_empty()).count().min(2);
    let lacking = |refusal: FileRefusal| NoHeader { likelihood, refusal };

    let mut fields = Vec::with_capacity(layout.columns.len());
    for (column, found) in layout.columns.iter().zip(found) {
        let columns = found.map_err(lacking)?;
        if columns.is_empty() && column.required && !layout.defaulted.contains(&column.field) {
            return Err(lacking(header.missing(column)));
        }
        fields.push(FieldColumns { field: column.field, columns, unit: Unit::Yuan, share: Share::One });
    }
    for (column, field) in layout.columns.iter().zip(&mut fields) {
        match (column.cell, field.columns.first()) {
            (Cell::Amount | Cell::Price { .. }, Some(at)) => {
                field.unit = header.unit(column, *at, layout.mapping, &unit_above).map_err(lacking)?;
            }
            (Cell::Ratio, Some(at)) => field.share = share_of(&header.names[*at]),
            _ => {}
        }
    }
    Ok(Columns { names: header.names, fields })
}

/// What the name of a share's column says of its numbers, such as `比例(%)`.
fn share_of(name: &str) -> Share {
    let name = match_key(name);
    if name.contains('%') {
        Share::Percent
    } else if name.contains('‰') {
        Share::Permille
    } else if name.contains("基点") || name.contains("basis point") || name.ends_with("bp") || name.ends_with("bps") {
        Share::BasisPoint
    } else {
        Share::One
    }
}

/// One row read as a header.
struct Header {
    names: Vec<String>,
    keys: Vec<ColumnName>,
    mapped: Vec<String>,
}

impl Header {
    fn of(row: &FileRow, mapping: &Mapping) -> Self {
        Self {
            names: row.cells().map(clean).collect(),
            keys: row.cells().map(ColumnName::of).collect(),
            mapped: mapping.names().map(match_key).collect(),
        }
    }

    /// The columns of a field: as mapped, otherwise the likeliest synonym, or all where it may have several.
    fn columns(&self, mapped: Option<&[String]>, field: &Column) -> Result<Vec<usize>, FileRefusal> {
        if let Some(names) = mapped {
            return names.iter().map(|name| self.named(name)).collect();
        }
        let ranked = self.guessed(field);
        if field.several {
            let mut columns: Vec<usize> = ranked.into_iter().map(|(_, column)| column).collect();
            columns.sort_unstable();
            return Ok(columns);
        }
        match ranked.as_slice() {
            [(first, _), (second, column), ..] if first == second => Err(self.twice(*column)),
            [(_, column), ..] => Ok(vec![*column]),
            [] => Ok(vec![]),
        }
    }

    /// The columns that synonyms fit and no mapping names, the likeliest first.
    fn guessed(&self, field: &Column) -> Vec<(usize, usize)> {
        let mut ranked = Vec::new();
        for (column, key) in self.keys.iter().enumerate() {
            let is_mapped = self.mapped.contains(&match_key(&self.names[column]));
            // `金额(美元)` must not be taken for yuan because it begins with 金额.
            let is_other_amount = field.cell.is_money() && key.has_remark;
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

    /// What the numbers of an amount's column are worth.
    fn unit(
        &self,
        field: &Column,
        amount: usize,
        mapping: &Mapping,
        unit_above: &Option<Result<Unit, String>>,
    ) -> Result<Unit, FileRefusal> {
        if let Some(unit) = mapping.unit(field.field) {
            return Ok(unit);
        }
        let key = &self.keys[amount];
        let unknown = match (key.unit, key.has_remark, unit_above) {
            (Some(unit), ..) => return Ok(unit),
            (None, true, _) => self.names[amount].clone(),
            (None, false, Some(Ok(unit))) => return Ok(*unit),
            (None, false, None) => return Ok(Unit::Yuan),
            (None, false, Some(Err(words))) => words.clone(),
        };
        let (unknown, name) = (cut(&unknown), field.field);
        Err(FileRefusal::new(
            "amount_unit_unknown",
            format!(
                "The unit of the amounts is not known ({unknown}); amounts in 元, 万元 or 分 are accepted, or {name}_unit = \"yuan\", \"wan\" or \"fen\" in a mapping file."
            ),
            format!(
                "金额的单位无法识别（{unknown}）；可用元、万元或分，或在对照文件中写 {name}_unit = \"yuan\"、\"wan\" 或 \"fen\"。"
            ),
        ))
    }

    fn missing(&self, field: &Column) -> FileRefusal {
        let field_name = field.field;
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
