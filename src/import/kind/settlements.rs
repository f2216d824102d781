//! Settlements: each row is money that arrived on what was promised.
//!
//! * A row that names a pledge, by the number it was taken over under, pays that pledge's dues, the oldest first and
//!   no more than is outstanding; a row without one pays what its giver owes, the oldest first, and the rest is a gift.
//! * Rows that share a number are parts of one bank line: each is a receipt of its own, under that number and its part.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::{
    Batch, Draft, Verdict, What,
    contributions::{REFERENCE_MAX, differs},
    fill_known,
    place::{self, Number, SOURCE, digest_of, hex},
    refusal_word, subject,
};
use crate::{
    contribution::{self, Line, Receive, Settles, judge::judge},
    error::{Error, Result},
    fund::head,
    id::{PartyId, PledgeId},
    import::{
        column::{Cell, Column},
        list::{Cells, Names},
        store::{self, KnownGift},
        who::{Effect, Identity, Met},
        word::{Outcome, Word},
    },
    ledger::{
        Asset,
        document::LotClass,
        idem::{Once, Origin},
        reverse::MEMO_MAX,
    },
    money::Fen,
    party::{EXTERNAL_ID_MAX, NAME_MAX, PartyKind},
    pledge,
};

/// The columns of a settlement file.
pub const COLUMNS: &[Column] = &[
    Column::required(
        "giver",
        Cell::Name { chars_max: NAME_MAX },
        "认捐单位 认捐商家 认捐人 捐赠单位 捐赠者 捐赠方 商家名称 商户名称 商家 商户 单位名称 企业名称 单位 名称 姓名",
        "giver donor pledger merchant merchantname partner organisation organization name",
    ),
    Column::required(
        "amount",
        Cell::Amount,
        "到账金额 实收金额 结算金额 缴款金额 收款金额 金额",
        "amount paid settled received",
    ),
    Column::required(
        "date",
        Cell::Date,
        "到账日期 收款日期 结算日期 缴款日期 入账日期 交易日期 日期",
        "date receivedon paidon",
    ),
    Column::optional(
        "pledge",
        Cell::Text { chars_max: REFERENCE_MAX },
        "认捐编号 认捐单号 认捐号",
        "pledge pledgeno pledgereference",
    ),
    Column::optional(
        "payer",
        Cell::Name { chars_max: NAME_MAX },
        "付款人 付款方 付款单位 汇款人 汇款单位 转账单位 付款户名",
        "payer payername paidby remitter",
    ),
    Column::optional(
        "credit_code",
        Cell::Text { chars_max: REFERENCE_MAX },
        "统一社会信用代码 社会信用代码 信用代码 税号 纳税人识别号",
        "creditcode uscc unifiedsocialcreditcode",
    ),
    Column::optional(
        "external_id",
        Cell::Text { chars_max: EXTERNAL_ID_MAX },
        "外部编号 商家编号 商户编号 商户号 单位编号",
        "externalid merchantid giverid donorid partnerid",
    ),
    Column::several("note", Cell::Text { chars_max: MEMO_MAX }, "备注 说明 附言 摘要", "note remark memo"),
    Column::several(
        "reference",
        Cell::Text { chars_max: REFERENCE_MAX },
        "流水号 交易流水号 银行流水号 交易号 凭证号 单号",
        "reference ref transactionid transactionno receiptno",
    ),
];

/// What a row says of a payment besides its giver, amount and number.
#[derive(Clone, Debug)]
pub struct Payment {
    payer: Option<Identity>,
    paid_on: NaiveDate,
    /// The number of the pledge.
    pledge: Option<String>,
    note: String,
}

/// What a row says.
pub fn draft(cells: &mut Cells<'_>) -> Option<Draft> {
    let name = cells.name_needed("giver", NAME_MAX);
    let amount = cells.amount("amount");
    let paid_on = cells.day_past("date");
    let pledge = cells.text("pledge", "", REFERENCE_MAX);
    let payer = cells.name("payer", NAME_MAX);
    let note = cells.text("note", "；", MEMO_MAX).unwrap_or_default();
    let reference = cells.text("reference", ":", REFERENCE_MAX);
    let code = cells.text("credit_code", "", REFERENCE_MAX);
    let external_id = cells.text("external_id", "", EXTERNAL_ID_MAX);
    let (who, amount_fen, paid_on) = (Identity::new(&name?, code.as_deref(), external_id), amount?, paid_on?);
    let said = format!("{paid_on} {}", pledge.clone().unwrap_or_default());
    let fields: [&[u8]; 3] = [who.name_key.as_bytes(), &amount_fen.to_be_bytes(), said.as_bytes()];
    let content = digest_of("cobuild settlement 1", &fields);
    // What repeats is looked for by the number where there is one: its rows are parts of one bank line.
    let bare = reference.as_ref().map_or(content, |number| digest_of("cobuild settlement n", &[number.as_bytes()]));
    let payer = payer.map(|name| Identity::new(&name, None, None)).filter(|payer| payer.name_key != who.name_key);
    let what = What::Payment(Payment { payer, paid_on, pledge, note });
    Some(Draft { row_no: 0, who, amount_fen, content, bare, reference, what })
}

fn payment(draft: &Draft) -> &Payment {
    match &draft.what {
        What::Payment(payment) => payment,
        other => unreachable!("a settlement file has no {other:?}"),
    }
}

/// The number under which each row is booked: its own, with its part where others share it; else its content's.
fn numbers(batch: &mut Batch<'_>, drafts: &[Draft]) -> Vec<Number> {
    let source = batch.options.source.clone().unwrap_or_else(|| SOURCE.to_owned());
    let number = |draft: &Draft| {
        let (nth, _) = batch.occurrences.count(&draft.bare, &draft.content, draft.row_no);
        match &draft.reference {
            None => (SOURCE.to_owned(), place::content_number(&draft.content, nth)),
            Some(own) if !batch.occurrences.is_repeated(&draft.bare) => (source.clone(), own.clone()),
            Some(own) => {
                let part = hex(&draft.content[..6]);
                let own: String = own.chars().take(REFERENCE_MAX - 24).collect();
                (source.clone(), if nth == 1 { format!("{own}/{part}") } else { format!("{own}/{part}.{nth}") })
            }
        }
    };
    drafts.iter().map(number).collect()
}

/// Counts the payments that an earlier run has booked, as it counted them.
pub fn pass_over(batch: &mut Batch<'_>, drafts: &[Draft]) {
    numbers(batch, drafts);
}

/// Judges payments, and books them where the batch does.
pub async fn apply(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
    if batch.effect == Effect::Book {
        head::lock(batch.tx, batch.fund.id).await?;
    }
    let numbers = numbers(batch, drafts);
    let known = store::gifts_known(batch.tx, batch.fund.id, &numbers).await?;
    let new = || drafts.iter().zip(&numbers).filter(|(_, number)| !known.contains_key(*number)).map(|(draft, _)| draft);
    let payers = new().filter_map(|draft| payment(draft).payer.as_ref());
    let wanted: Vec<&Identity> = new().map(|draft| &draft.who).chain(payers).collect();
    let met = batch.meet(PartyKind::Merchant, &wanted).await?;
    let mut filled = fill_known(batch, drafts, |at| Some(known.get(&numbers[at])?.donor_id)).await?;
    let pledges = pledges(batch, drafts).await?;
    let mut told = HashSet::new();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; drafts.len()];
    let mut booking = vec![];
    for (at, (draft, number)) in drafts.iter().zip(numbers).enumerate() {
        if let Some(known) = known.get(&number) {
            let words = filled.remove(&at).into_iter().collect();
            verdicts[at] = Some(again(batch.names, draft, known, words));
            continue;
        }
        let settled = settled(batch, draft, &number, &met, &pledges, &mut told)?;
        match settled {
            Settled::Verdict(verdict) => verdicts[at] = Some(verdict),
            Settled::Receive(receive, words) => booking.push((at, receive, words)),
        }
    }
    let outcomes = decide(batch, &met, booking.iter().map(|(_, receive, _)| receive.clone()).collect()).await?;
    for ((at, receive, words), outcome) in booking.into_iter().zip(outcomes) {
        let party = receive.lines[0].donor;
        verdicts[at] = Some(match outcome {
            Ok(object) => Verdict { outcome: Outcome::Created, party, object, words },
            Err(Error::Refused(refused)) => {
                Verdict::refused(vec![refusal_word(batch.names, &drafts[at], &refused, FIELDS)])
            }
            Err(other) => return Err(other),
        });
    }
    Ok((verdicts.into_iter().flatten().collect(), met))
}

/// The columns that the operation's fields are about.
const FIELDS: &[(&str, &str)] = &[
    ("amount", "amount"),
    ("receivedOn", "date"),
    ("pledgeId", "pledge"),
    ("reference", "reference"),
    ("note", "note"),
    ("payerId", "payer"),
];

/// What a row comes to before the operation is asked.
enum Settled {
    Verdict(Verdict),
    Receive(Receive, Vec<Word>),
}

/// The verdict on a payment that is booked.
fn again(names: &Names, draft: &Draft, known: &KnownGift, words: Vec<Word>) -> Verdict {
    if let Some(word) = differs(names, draft, known, payment(draft).paid_on) {
        return Verdict::refused(vec![word]);
    }
    let outcome = if words.is_empty() { Outcome::Unchanged } else { Outcome::Changed };
    Verdict { outcome, party: known.donor_id, object: known.id.0, words }
}

fn settled(
    batch: &Batch<'_>,
    draft: &Draft,
    number: &Number,
    met: &Met,
    pledges: &HashMap<String, PledgeId>,
    told: &mut HashSet<PartyId>,
) -> Result<Settled> {
    let (party, words) = match subject(batch.names, draft, met, told)? {
        Ok(subject) => subject,
        Err(verdict) => return Ok(Settled::Verdict(verdict)),
    };
    let payment = payment(draft);
    let payer = match payment.payer.as_ref().map(|payer| met.party(payer)) {
        None => party,
        Some(Ok(found)) => found.party,
        Some(Err(why)) => {
            return Ok(Settled::Verdict(Verdict::refused(vec![super::not_clear(batch.names, draft, why)?])));
        }
    };
    let settles = match &payment.pledge {
        None => Settles::OldestFirst,
        Some(named) => match pledges.get(named) {
            Some(pledge) => Settles::Pledge(*pledge),
            None => {
                let word = Word::new(
                    draft.row_no,
                    Outcome::Refused,
                    "pledge_unknown",
                    (batch.names.get("pledge"), named),
                    (
                        "No pledge to this fund was taken over under this number; correct it, or leave it empty to pay what is owed, the oldest first.",
                        "该基金没有以此编号登记的认捐；请更正，或留空以按到期先后结清。",
                    ),
                );
                return Ok(Settled::Verdict(Verdict::refused(vec![word])));
            }
        },
    };
    let line = Line { donor: party, amount: Fen(draft.amount_fen), settles, restriction: None, class: LotClass::Gift };
    let receive = Receive {
        payer,
        channel: number.0.clone(),
        reference: number.1.clone(),
        received_on: payment.paid_on,
        asset: Asset::Cny,
        amount: None,
        note: payment.note.clone(),
        lines: vec![line],
    };
    Ok(Settled::Receive(receive, words))
}

/// The pledges that rows name, by their numbers in the caller's source or in lists without one.
async fn pledges(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<HashMap<String, PledgeId>> {
    let named: HashSet<&String> = drafts.iter().filter_map(|draft| payment(draft).pledge.as_ref()).collect();
    let sources: Vec<String> = batch.options.source.clone().into_iter().chain([SOURCE.to_owned()]).collect();
    let origins: Vec<Origin> = sources
        .iter()
        .flat_map(|source| named.iter().map(|named| Origin { source: source.clone(), reference: (*named).clone() }))
        .collect();
    let origins: Vec<&Origin> = origins.iter().collect();
    let found = pledge::store::of_origins(batch.tx, batch.fund.id, &origins).await?;
    Ok(found.into_iter().map(|(origin, pledge)| (origin.reference, pledge)).collect())
}

/// The key of each receipt, or why it is refused; 0 where nothing is written.
async fn decide(batch: &mut Batch<'_>, met: &Met, receives: Vec<Receive>) -> Result<Vec<Result<i64>>> {
    if receives.is_empty() {
        return Ok(vec![]);
    }
    let wanted: Vec<(Option<Once>, Receive)> = receives.into_iter().map(|receive| (None, receive)).collect();
    if batch.effect == Effect::Plan {
        let judged = judge(batch.tx, batch.by, batch.fund.id, &wanted, &met.provisional()).await?;
        return Ok(judged.into_iter().map(|outcome| outcome.map(|()| 0)).collect());
    }
    let received = contribution::receive(batch.tx, batch.by, batch.fund.id, &wanted).await?;
    Ok(received.into_iter().map(|outcome| outcome.map(|done| done.receipt.0)).collect())
}
