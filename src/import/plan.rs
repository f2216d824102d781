//! What a file adds to the books of a fund, before anything is written: which rows are booked already, and
//! whose gifts the others are.

use std::collections::HashMap;

use serde::Serialize;

use super::cell::match_key;
use super::contributions::{Contributions, Repeat, Row};
use super::giver::{Giver, Givers, Identity, NoGiver};
use super::header::Columns;
use super::refusal::{RowRefusal, cut};
use super::store;
use crate::{
    contribution::{Line, Receive, Received, Settles},
    db::Db,
    error::{Language, Refusal, Refused, Result},
    fund::Fund,
    id::PartyId,
    ledger::{
        Asset,
        document::LotClass,
        idem::{self, Once},
    },
    money::Fen,
};

/// The rows that are booked in one transaction: some twenty statements for all of them, and a tenth of a
/// second in which nobody else books in the fund.
pub const BATCH_ROWS: usize = 500;

/// How the gifts of imports came, as their receipts say.
pub const CHANNEL: &str = "import";

/// A row that is not booked yet.
#[derive(Clone, Debug)]
pub(super) struct Gift {
    /// The row, by its place among the rows that were read.
    pub row: usize,
    /// Its giver.
    pub giver: usize,
    /// What keeps it from being booked twice.
    pub once: Once,
}

/// What is to be booked.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// The rows with a giver that are not booked yet, in the order of the file.
    pub gifts: Vec<Gift>,
    /// Their givers.
    pub givers: Givers,
    /// How many rows were booked before.
    pub unchanged: u64,
    /// The rows without a giver.
    pub refused: Vec<RowRefusal>,
}

/// What makes a gift the same gift: no file name, row number, running number or reference.
#[derive(Serialize)]
struct Content<'a> {
    giver: &'a str,
    amount: i64,
    given_on: chrono::NaiveDate,
    note: String,
}

/// What keeps `row` from being booked twice in `fund`, whoever imports it.
fn once(fund: &Fund, row: &Row) -> Result<Once> {
    let note = row.note.as_deref().map(match_key).unwrap_or_default();
    let content = Content { giver: &row.name_key, amount: row.amount_fen, given_on: row.given_on, note };
    let key = format!("import:contributions:{}", row.key);
    Once::in_scope(format!("f{}", fund.id.0), &key, "import contributions", &content)
}

/// Plans the import of `list` into `fund`.
pub(super) async fn plan(db: &Db, fund: &Fund, list: &Contributions) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut open: Vec<(usize, Once)> = vec![];
    for (batch, rows) in list.rows.chunks(BATCH_ROWS).enumerate() {
        let onces: Vec<Once> = rows.iter().map(|row| once(fund, row)).collect::<Result<_>>()?;
        let answered = idem::answered::<Received>(db, &onces).await?;
        for (at, (once, answered)) in onces.into_iter().zip(answered).enumerate() {
            match answered.transpose()? {
                Some(_) => plan.unchanged += 1,
                None => open.push((batch * BATCH_ROWS + at, once)),
            }
        }
    }
    let identities: Vec<Identity> = open.iter().map(|(row, _)| Identity::of(&list.rows[*row])).collect();
    let mut candidates = HashMap::new();
    for some in identities.chunks(BATCH_ROWS) {
        let some: Vec<&Identity> = some.iter().collect();
        let found = store::candidates(db, &fund.area_path, &some).await?;
        candidates.extend(found.into_iter().map(|one| (one.id, one)));
    }
    let mut candidates: Vec<_> = candidates.into_values().collect();
    candidates.sort_by_key(|one| one.id);
    plan.givers = Givers::of(candidates);
    for ((row, once), assigned) in open.into_iter().zip(plan.givers.assign(&identities)) {
        match assigned {
            Ok(giver) => plan.gifts.push(Gift { row, giver, once }),
            Err(why) => plan.refused.push(no_giver(&list.rows[row], &list.columns, &why)),
        }
    }
    Ok(plan)
}

/// The gift of `row` as the fund receives it.
pub(super) fn receive(row: &Row, giver: PartyId) -> Receive {
    let line = Line {
        donor: giver,
        amount: Fen(row.amount_fen),
        settles: Settles::Nothing,
        restriction: None,
        class: LotClass::Gift,
    };
    Receive {
        payer: giver,
        channel: CHANNEL.into(),
        reference: row.key.clone(),
        received_on: row.given_on,
        asset: Asset::Cny,
        amount: None,
        // What a list says of a purpose is the giver's words, and binds nobody until the committee reads it.
        note: row.note.clone().unwrap_or_default(),
        lines: vec![line],
    }
}

/// The refusal of a row whose giver is not clear.
pub(super) fn no_giver(row: &Row, columns: &Columns, why: &NoGiver) -> RowRefusal {
    match why {
        NoGiver::WrongCode(reason) => {
            let code = row.credit_code.clone().unwrap_or_default();
            let refusal = Refusal::CreditCodeInvalid { code, reason: reason.clone() };
            refused(row, columns, &Refused { refusal, field: vec!["creditCode".into()] })
        }
        NoGiver::Several(candidates) => {
            let candidates = candidates.join("; ");
            RowRefusal {
                row: row.row,
                column: columns.one("giver").map_or("", |column| columns.name(column)).to_owned(),
                code: "giver_ambiguous",
                value: cut(&row.giver_name),
                message_en: format!(
                    "Several parties here have this name: {candidates}. Give the credit code or the external id in a column of its own."
                ),
                message_zh: format!("本区域有多个同名主体：{candidates}。请另列填写统一社会信用代码或外部编号。"),
            }
        }
    }
}

/// A refusal of the operations as the refusal of a row.
pub(super) fn refused(row: &Row, columns: &Columns, refused: &Refused) -> RowRefusal {
    let field = refused.field.last().map_or("", String::as_str);
    let amount = super::yuan_text(row.amount_fen);
    let day = row.given_on.to_string();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (column, name, value) = match field {
        "creditCode" => (columns.one("credit_code"), field, text(&row.credit_code)),
        "externalId" => (columns.one("external_id"), field, text(&row.external_id)),
        "amount" => (columns.one("amount"), field, amount),
        "receivedOn" => (columns.one("date"), "date", day),
        "note" => (columns.one("note"), field, text(&row.note)),
        "reference" => (None, "—", row.key.clone()),
        _ => (columns.one("giver"), "giver", row.giver_name.clone()),
    };
    let column = column.map(|column| columns.name(column)).filter(|name| !name.is_empty()).unwrap_or(name);
    RowRefusal {
        row: row.row,
        column: column.to_owned(),
        code: code(&refused.refusal),
        value: cut(&value),
        message_en: refused.refusal.message(Language::En),
        message_zh: refused.refusal.message(Language::Zh),
    }
}

/// The word for programs, spelled as the refusals of cells are.
fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TextEmpty {} => "text_empty",
        Refusal::TextTooLong { .. } => "text_too_long",
        Refusal::AmountTooLarge { .. } => "amount_too_large",
        Refusal::DateInFuture { .. } => "date_in_future",
        Refusal::CreditCodeInvalid { .. } => "credit_code_invalid",
        Refusal::CreditCodeTaken { .. } => "credit_code_taken",
        Refusal::ReceiptRepeated { .. } => "receipt_repeated",
        _ => "refused",
    }
}

/// What a new giver is registered from.
pub(super) fn registration(giver: &Giver, fund: &Fund) -> crate::party::Registration {
    crate::party::Registration {
        kind: giver.kind,
        name: giver.identity.name.clone(),
        alias: None,
        publicity: None,
        credit_code: giver.identity.credit_code.clone(),
        credit_code_override: None,
        external_id: giver.identity.external_id.clone(),
        areas: vec![fund.area_id],
    }
}

/// The repeats that stand twice in one published sheet, and those that were published again in another.
///
/// The sheet is what stands before the first `:` of the reference, where it has one.
pub(super) fn by_sheet(list: &Contributions) -> (Vec<Repeat>, Vec<Repeat>) {
    let by_row: HashMap<u64, &Row> = list.rows.iter().map(|row| (row.row, row)).collect();
    let sheet = |row: u64| -> Option<&str> {
        let reference = by_row.get(&row)?.reference.as_deref()?;
        reference.split_once(':').map(|(sheet, _)| sheet)
    };
    // By the first row of a content and a sheet: the first row there.
    let mut firsts: HashMap<(u64, Option<&str>), u64> = HashMap::new();
    let (mut repeats, mut again) = (vec![], vec![]);
    for repeat in &list.repeats {
        firsts.entry((repeat.of_row, sheet(repeat.of_row))).or_insert(repeat.of_row);
        match firsts.get(&(repeat.of_row, sheet(repeat.row))) {
            Some(&of_row) => repeats.push(Repeat { of_row, ..*repeat }),
            None => {
                firsts.insert((repeat.of_row, sheet(repeat.row)), repeat.row);
                again.push(*repeat);
            }
        }
    }
    (repeats, again)
}
