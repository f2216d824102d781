//! The kinds of lists: of each, a table of its columns, how a row becomes a draft, and how drafts are judged and
//! booked by the operations that the graph uses.
//!
//! A kind adds its own file, one value of [`Kind`], and one arm of each `match` below.

pub mod bank_lines;
pub mod codes;
pub mod contributions;
pub mod parties;
pub mod place;
pub mod pledges;
pub mod sales_reports;
pub mod settlements;

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

use super::column::Column;
use super::job::{Job, Options};
use super::list::{Cells, Names};
use super::mapping::Mapping;
use super::refusal::FileRefusal;
use super::seen::{Digest, Occurrences};
use super::who::{Effect, Found, Identity, Met, People, Scene};
use super::word::{Outcome, Word};
use crate::{
    db::Tx,
    error::{Error, Language, Refusal, Refused, Result},
    fund::Fund,
    id::PartyId,
    party::{
        PartyKind,
        fill::{Fill, fill, fill_check},
    },
    viewer::{Act, By},
};

/// What the rows of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, clap::ValueEnum, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "kebab-case")]
#[graphql(name = "ImportKind")]
pub enum Kind {
    /// Shops that give by rule, to be registered or completed.
    Merchants,
    /// Partner units, to be registered or completed.
    PartnerUnits,
    /// Promises of every kind, taken over as accepted.
    Pledges,
    /// What merchants sold at a campaign or in a period; their dues follow from it.
    SalesReports,
    /// Money that arrived on what was promised.
    Settlements,
    /// Gifts that have arrived.
    Contributions,
    /// Lines of a bank's statement.
    BankLines,
}

/// Every kind.
pub const KINDS: [Kind; 7] = [
    Kind::Merchants,
    Kind::PartnerUnits,
    Kind::Pledges,
    Kind::SalesReports,
    Kind::Settlements,
    Kind::Contributions,
    Kind::BankLines,
];

/// A row that could be read.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The row as a spreadsheet numbers rows.
    pub row_no: i64,
    /// Whom it is about.
    pub who: Identity,
    /// What it adds to the list's total, in fen.
    pub amount_fen: i64,
    /// The digest of what makes it this record and no other.
    pub content: Digest,
    /// The same without what a later copy of the file may add.
    pub bare: Digest,
    /// Its number in the books it comes from.
    pub reference: Option<String>,
    /// The rest.
    pub what: What,
}

/// What a row says besides.
#[derive(Clone, Debug)]
pub enum What {
    /// Nothing: the party is all.
    Party,
    /// A gift.
    Gift(contributions::Gift),
    /// A promise.
    Promise(Box<pledges::Promise>),
    /// What was sold.
    Sale(sales_reports::Sale),
    /// A payment.
    Payment(settlements::Payment),
    /// A line of a bank's statement.
    BankLine(crate::bank::LineDraft),
}

impl Draft {
    /// Whether it says more than a copy without what may be added later.
    fn has_more(&self) -> bool {
        self.content != self.bare
    }
}

/// What comes of one draft.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What comes of it.
    pub outcome: Outcome,
    /// The party it is about; below zero for one that would be registered.
    pub party: PartyId,
    /// What it made, or what it is known as; 0 where that has no key yet.
    pub object: i64,
    /// What is worth a word.
    pub words: Vec<Word>,
}

impl Verdict {
    /// Of a row that is refused.
    pub fn refused(words: Vec<Word>) -> Self {
        Self { outcome: Outcome::Refused, party: PartyId(0), object: 0, words }
    }
}

/// One batch of one pass.
pub struct Batch<'a> {
    /// The transaction.
    pub tx: &'a mut Tx,
    /// The import.
    pub job: &'a Job,
    /// How it is read and judged.
    pub options: &'a Options,
    /// The fund.
    pub fund: &'a Fund,
    /// In whose name, and when.
    pub by: By<'a>,
    /// Whether anything is written.
    pub effect: Effect,
    /// What the header calls the columns.
    pub names: &'a Names,
    /// The parties met so far.
    pub people: &'a mut People,
    /// How often contents have stood so far.
    pub occurrences: &'a mut Occurrences,
}

impl Batch<'_> {
    /// Finds the parties of some rows.
    async fn meet(&mut self, kind: PartyKind, wanted: &[&Identity]) -> Result<Met> {
        let scene = Scene { fund: self.fund, by: self.by, kind, effect: self.effect };
        self.people.meet(self.tx, scene, wanted).await
    }
}

impl Kind {
    /// As the command line and the paths write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merchants => "merchants",
            Self::PartnerUnits => "partner-units",
            Self::Pledges => "pledges",
            Self::SalesReports => "sales-reports",
            Self::Settlements => "settlements",
            Self::Contributions => "contributions",
            Self::BankLines => "bank-lines",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.name() == name)
    }

    /// The columns that a list of this kind has.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Merchants | Self::PartnerUnits => parties::COLUMNS,
            Self::Pledges => pledges::COLUMNS,
            Self::SalesReports => sales_reports::COLUMNS,
            Self::Settlements => settlements::COLUMNS,
            Self::Contributions => contributions::COLUMNS,
            Self::BankLines => bank_lines::COLUMNS,
        }
    }

    /// Reads a mapping for lists of this kind.
    pub fn mapping(self, text: &str) -> Result<Mapping, FileRefusal> {
        if text.is_empty() { Ok(Mapping::default()) } else { Mapping::parse(text, self.columns()) }
    }

    /// Whether its rows add up to a total.
    pub fn has_total(self) -> bool {
        !matches!(self, Self::Merchants | Self::PartnerUnits | Self::BankLines)
    }

    /// The right that its rows need besides that of importing.
    pub fn act(self) -> Act {
        match self {
            Self::Merchants | Self::PartnerUnits => Act::RegisterParty,
            Self::Pledges => Act::AcceptPledge,
            Self::SalesReports => Act::ReportSales,
            Self::Settlements | Self::Contributions => Act::BookContribution,
            Self::BankLines => Act::KeepBank,
        }
    }

    /// The right that taking it back needs; `None` where nothing is taken back.
    pub fn undo_act(self) -> Option<Act> {
        match self {
            Self::Merchants | Self::PartnerUnits | Self::BankLines => None,
            Self::Pledges | Self::SalesReports => Some(Act::AcceptPledge),
            Self::Settlements | Self::Contributions => Some(Act::Reverse),
        }
    }

    /// What a row says; `None` where it is refused.
    pub fn draft(self, cells: &mut Cells<'_>) -> Option<Draft> {
        match self {
            Self::Merchants | Self::PartnerUnits => parties::draft(cells),
            Self::Pledges => pledges::draft(cells),
            Self::SalesReports => sales_reports::draft(cells),
            Self::Settlements => settlements::draft(cells),
            Self::Contributions => contributions::draft(cells),
            Self::BankLines => bank_lines::draft(cells),
        }
    }

    /// Judges drafts, and books them where the batch does; one verdict for each.
    pub async fn apply(self, batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
        match self {
            Self::Merchants => parties::apply(batch, PartyKind::Merchant, drafts).await,
            Self::PartnerUnits => parties::apply(batch, PartyKind::PartnerUnit, drafts).await,
            Self::Pledges => pledges::apply(batch, drafts).await,
            Self::SalesReports => sales_reports::apply(batch, drafts).await,
            Self::Settlements => settlements::apply(batch, drafts).await,
            Self::Contributions => contributions::apply(batch, drafts).await,
            Self::BankLines => bank_lines::apply(batch, drafts).await,
        }
    }

    /// Counts drafts that an earlier run of this commit has booked.
    pub async fn pass_over(self, batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<()> {
        match self {
            Self::Merchants | Self::PartnerUnits | Self::SalesReports | Self::BankLines => Ok(()),
            Self::Pledges => pledges::pass_over(batch, drafts).await,
            Self::Settlements => {
                settlements::pass_over(batch, drafts);
                Ok(())
            }
            Self::Contributions => contributions::pass_over(batch, drafts).await,
        }
    }

    /// The first row whose effect cannot be taken back any more, and why.
    pub async fn moved_on(self, tx: &mut Tx, job: &Job) -> Result<Option<(i64, String)>> {
        match self {
            Self::Merchants | Self::PartnerUnits | Self::SalesReports => Ok(None),
            Self::Pledges => pledges::moved_on(tx, job).await,
            Self::Settlements | Self::Contributions => contributions::moved_on(tx, job).await,
            Self::BankLines => bank_lines::moved_on(tx, job).await,
        }
    }

    /// Takes back what some rows have made.
    pub async fn take_back(self, tx: &mut Tx, by: By<'_>, job: &Job, made: &[(i64, i64)]) -> Result<()> {
        match self {
            // Who was registered may be known elsewhere by now, and a name alone does no harm.
            Self::Merchants | Self::PartnerUnits | Self::BankLines => Ok(()),
            Self::Pledges => pledges::take_back(tx, by, made).await,
            Self::SalesReports => sales_reports::take_back(tx, by, job, made).await,
            Self::Settlements | Self::Contributions => contributions::take_back(tx, by, job, made).await,
        }
    }
}

/// Fills in what rows say of the parties of records that are known, where it is news: a word for each row that does.
///
/// Nobody is registered for a record that is known: whom it is about stands in the books.
async fn fill_known(
    batch: &mut Batch<'_>,
    drafts: &[Draft],
    known: impl Fn(usize) -> Option<PartyId>,
) -> Result<std::collections::HashMap<usize, Word>> {
    let mut rows = vec![];
    let mut fills = vec![];
    let mut seen = std::collections::HashSet::new();
    for (at, draft) in drafts.iter().enumerate() {
        let Some(party) = known(at).filter(|_| draft.who.has_number()) else { continue };
        let Identity { credit_code, external_id, .. } = &draft.who;
        let fill = Fill { party, credit_code: credit_code.clone(), external_id: external_id.clone() };
        // The first row that says something of a party is what happens to it.
        if seen.insert(party) {
            rows.push(at);
            fills.push(fill);
        }
    }
    let outcomes = match batch.effect {
        Effect::Plan => fill_check(batch.tx, batch.by, &batch.fund.area_path, &fills).await?,
        Effect::Book => fill(batch.tx, batch.by, &batch.fund.area_path, &fills).await?,
    };
    let mut words = std::collections::HashMap::new();
    for (at, outcome) in rows.into_iter().zip(outcomes) {
        match outcome {
            Ok(filled) if !filled.is_empty() => {
                words.insert(at, filled_word(batch.names, drafts[at].row_no, &drafts[at].who.name, &filled));
            }
            // A code that cannot be his does not make a record that is known another one.
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(words)
}

/// The party of a row, with what the row filled in of it; or the verdict on a row whose party is not clear.
fn subject(
    names: &Names,
    draft: &Draft,
    met: &Met,
    told: &mut std::collections::HashSet<PartyId>,
) -> Result<std::result::Result<(PartyId, Vec<Word>), Verdict>> {
    match met.party(&draft.who) {
        Ok(found) => {
            let words = if told.insert(found.party) { told_of(names, draft, &draft.who.name, found) } else { vec![] };
            Ok(Ok((found.party, words)))
        }
        Err(why) => Ok(Err(Verdict::refused(vec![not_clear(names, draft, why)?]))),
    }
}

/// A refusal of the operations as a word about a row; `fields` says which column each of the operation's fields is.
fn refusal_word(names: &Names, draft: &Draft, refused: &Refused, fields: &[(&str, &str)]) -> Word {
    let last = refused.field.last().map_or("", String::as_str);
    let field = fields.iter().find(|(field, _)| *field == last).map_or("giver", |(_, column)| column);
    let amount = super::amount::yuan_text(draft.amount_fen);
    let reference = draft.reference.clone().unwrap_or_default();
    let value = match field {
        "amount" => amount.as_str(),
        "reference" => reference.as_str(),
        "giver" => draft.who.name.as_str(),
        _ => "",
    };
    refused_word(draft.row_no, (names.get(field), value), &refused.refusal)
}

/// Says so where a row repeats another one of the file.
fn repeated_word(names: &Names, draft: &Draft, (occurrence, first): (u32, i64)) -> Option<Word> {
    if occurrence < 2 {
        return None;
    }
    let column = (names.get("giver"), draft.who.name.as_str());
    let en = format!("The same stands in row {first}; both are kept as records of their own.");
    let zh = format!("与第 {first} 行内容相同；均作为独立记录保留。");
    Some(Word::new(draft.row_no, Outcome::Suspected, "repeated", column, (en, zh)))
}

/// A refusal of the operations as a word about a row: `field` is the column it is about, with the cell.
fn refused_word(row_no: i64, column: (&str, &str), refusal: &Refusal) -> Word {
    let code = code_of(refusal);
    let message = (refusal.message(Language::En), refusal.message(Language::Zh));
    Word::new(row_no, Outcome::Refused, &code, column, message)
}

/// The word for programs, spelled as the refusals of cells are.
fn code_of(refusal: &Refusal) -> String {
    let mut code = String::new();
    for symbol in format!("{:?}", refusal.code()).chars() {
        if symbol.is_uppercase() && !code.is_empty() {
            code.push('_');
        }
        code.extend(symbol.to_lowercase());
    }
    code
}

/// Why a row's party is not clear, as a word about the row. A fault is passed on.
fn not_clear(names: &Names, draft: &Draft, why: &super::who::NotClear) -> Result<Word> {
    match why {
        super::who::NotClear::Several(candidates) => {
            let candidates = candidates.join("; ");
            let column = (names.get("giver"), draft.who.name.as_str());
            Ok(Word::new(
                draft.row_no,
                Outcome::Refused,
                "giver_ambiguous",
                column,
                (
                    format!(
                        "Several parties here have this name: {candidates}. Give the credit code or the external id in a column of its own."
                    ),
                    format!("本区域有多个同名主体：{candidates}。请另列填写统一社会信用代码或外部编号。"),
                ),
            ))
        }
        super::who::NotClear::Error(Error::Refused(refused)) => {
            let code = draft.who.credit_code.clone().unwrap_or_default();
            let number = draft.who.external_id.clone().unwrap_or_default();
            let (field, value) = match refused.field.last().map(String::as_str) {
                Some("creditCode") => ("credit_code", code.as_str()),
                Some("externalId") => ("external_id", number.as_str()),
                _ => ("giver", draft.who.name.as_str()),
            };
            Ok(refused_word(draft.row_no, (names.get(field), value), &refused.refusal))
        }
        super::who::NotClear::Error(other) => Err(other.clone()),
    }
}

/// What is to be told of a party when the first row of a batch means it.
fn told_of(names: &Names, draft: &Draft, name: &str, found: &Found) -> Vec<Word> {
    let filled = found.filled.as_ref().map(|fill| filled_word(names, draft.row_no, name, fill));
    let similar = found.similar.as_ref().map(|similar| {
        let en = format!(
            "A new party would be registered, and {similar} has nearly this name; where it is the same, write its name or its credit code."
        );
        let zh = format!("将登记为新主体，而 {similar} 名称相近；如为同一主体，请填写其名称或统一社会信用代码。");
        Word::new(draft.row_no, Outcome::Suspected, "similar_name", (names.get("giver"), name), (en, zh))
    });
    filled.into_iter().chain(similar).collect()
}

/// What a row filled in of its party, as a word.
fn filled_word(names: &Names, row_no: i64, name: &str, fill: &Fill) -> Word {
    let mut en = vec![];
    let mut zh = vec![];
    if let Some(code) = &fill.credit_code {
        en.push(format!("credit code {code}"));
        zh.push(format!("信用代码 {code}"));
    }
    if let Some(id) = &fill.external_id {
        en.push(format!("external id {id}"));
        zh.push(format!("外部编号 {id}"));
    }
    Word::new(
        row_no,
        Outcome::Changed,
        "party_filled",
        (names.get("giver"), name),
        (format!("Filled in: {}.", en.join(", ")), format!("已补充：{}。", zh.join("、"))),
    )
}
