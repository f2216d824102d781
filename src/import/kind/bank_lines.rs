//! Bank lines: each row is a line of the statement of an account, as the bank says it.
//!
//! * A line is known by its account and its number there; the same once more changes nothing, and a line that the
//!   bank's number is known of with other figures is refused.
//! * What the bank says is not taken back by an undo.

use super::{Batch, Draft, Verdict, What, place::digest_of, refusal_word};
use crate::{
    bank::{self, LineDraft, NOTE_MAX, Owner},
    db::Tx,
    error::{Error, Result},
    id::PartyId,
    import::{
        column::{Cell, Column},
        job::Job,
        list::Cells,
        refusal::CellRefusal,
        store,
        who::{Effect, Identity, Met},
        word::Outcome,
    },
    money::Fen,
};

/// The columns of a bank's statement.
pub const COLUMNS: &[Column] = &[
    Column::required("date", Cell::Date, "交易日期 记账日期 入账日期 交易时间 日期 时间", "date bookedon valuedate"),
    Column::required(
        "reference",
        Cell::Text { chars_max: bank::NAME_MAX },
        "流水号 交易流水号 银行流水号 交易号 凭证号 日志号",
        "reference ref transactionid transactionno",
    ),
    Column::optional("amount", Cell::Amount, "交易金额 发生额 金额", "amount"),
    Column::optional("credit", Cell::Amount, "收入 收入金额 贷方 贷方金额 贷方发生额", "credit deposit in"),
    Column::optional("debit", Cell::Amount, "支出 支出金额 借方 借方金额 借方发生额", "debit withdrawal out"),
    Column::optional(
        "account",
        Cell::Text { chars_max: bank::NAME_MAX },
        "账号 本方账号 账户 卡号",
        "account accountno",
    ),
    Column::optional(
        "counterparty",
        Cell::Text { chars_max: bank::NAME_MAX },
        "对方户名 对方名称 对方单位 付款人 收款人 户名",
        "counterparty payer payee name",
    ),
    Column::several(
        "note",
        Cell::Text { chars_max: NOTE_MAX },
        "摘要 附言 用途 备注",
        "note purpose memo remark summary",
    ),
];

/// What a row says.
pub fn draft(cells: &mut Cells<'_>) -> Option<Draft> {
    let booked_on = cells.day_past("date");
    let reference = cells.text("reference", ":", bank::NAME_MAX);
    if reference.is_none() {
        cells.refuse(CellRefusal::TextMissing, "reference");
    }
    let amount = amount(cells);
    let account = cells.text("account", "", bank::NAME_MAX).or(cells.source());
    if account.is_none() {
        cells.refuse(CellRefusal::TextMissing, "account");
    }
    let counterparty = cells.text("counterparty", " ", bank::NAME_MAX).unwrap_or_default();
    let note = cells.text("note", "；", NOTE_MAX).unwrap_or_default();
    let (account, reference, amount) = (account?, reference?, amount?);
    let content = digest_of("cobuild bank 1", &[account.as_bytes(), reference.as_bytes()]);
    let who = Identity::new(&counterparty, None, None);
    let line = LineDraft {
        account,
        reference: reference.clone(),
        booked_on: booked_on?,
        amount: Fen(amount),
        counterparty,
        note,
    };
    let what = What::BankLine(line);
    Some(Draft { row_no: 0, who, amount_fen: amount, content, bare: content, reference: Some(reference), what })
}

/// What came in, or below zero what went out, in fen.
fn amount(cells: &mut Cells<'_>) -> Option<i64> {
    let (credit, debit) = (cells.total("credit").unwrap_or(0), cells.total("debit").unwrap_or(0));
    match (credit, debit) {
        (0, 0) => cells.signed("amount"),
        (credit, debit) => Some(credit - debit),
    }
}

fn line(draft: &Draft) -> &LineDraft {
    match &draft.what {
        What::BankLine(line) => line,
        other => unreachable!("a bank's statement has no {other:?}"),
    }
}

/// Judges lines, and records them where the batch does.
pub async fn apply(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
    let lines: Vec<LineDraft> = drafts.iter().map(|draft| line(draft).clone()).collect();
    let owner = Owner::Fund(batch.fund.id);
    let outcomes: Vec<Result<(bool, i64)>> = match batch.effect {
        Effect::Plan => {
            let judged = bank::judge(batch.tx, batch.by, owner, &lines).await?;
            judged.into_iter().map(|known| known.map(|known| (known, 0))).collect()
        }
        Effect::Book => {
            let recorded = bank::record(batch.tx, batch.by, owner, &lines).await?;
            recorded.into_iter().map(|done| done.map(|done| (done.known, done.line.0))).collect()
        }
    };
    let mut verdicts = Vec::with_capacity(drafts.len());
    for (draft, outcome) in drafts.iter().zip(outcomes) {
        verdicts.push(match outcome {
            Ok((known, object)) => {
                let outcome = if known { Outcome::Unchanged } else { Outcome::Created };
                // A plan knows no key yet, and a commit must come to the same digest.
                Verdict { outcome, party: PartyId(0), object, words: vec![] }
            }
            Err(Error::Refused(refused)) => Verdict::refused(vec![refusal_word(batch.names, draft, &refused, FIELDS)]),
            Err(other) => return Err(other),
        });
    }
    Ok((verdicts, Met::default()))
}

/// The columns that the operation's fields are about.
const FIELDS: &[(&str, &str)] = &[
    ("amount", "amount"),
    ("bookedOn", "date"),
    ("account", "account"),
    ("reference", "reference"),
    ("counterparty", "counterparty"),
    ("note", "note"),
];

/// What the bank says stays.
pub async fn moved_on(tx: &mut Tx, job: &Job) -> Result<Option<(i64, String)>> {
    let first = store::first_made(tx, job.id).await?;
    Ok(first.map(|row| (row, "what a bank says is not taken back / 银行流水不予撤回".to_owned())))
}
