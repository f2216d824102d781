//! Contributions: each row is a gift that has arrived.
//!
//! * A gift is known by its number in the caller's source where it has one; else by giver, amount, day and note, and
//!   by how often those stand in the file: true repeats stay gifts of their own.
//! * A gift with a note, or with a number, is also known as the same gift without: a later copy of a list fills in
//!   what an earlier one lacked. What is booked is sealed, so it is kept beside the receipt.
//! * Nothing is known by a receipt that was reversed: an import that was undone may be done again.

use std::collections::{HashMap, HashSet};

use super::{
    Batch, Draft, Verdict, What, fill_known, not_clear,
    place::{self, Number, Place, SOURCE, digest_of},
    refusal_word, repeated_word, told_of,
};
use crate::{
    contribution::{self, Line, Receive, Settles, judge::judge},
    db::Tx,
    error::{Error, Result},
    fund::head,
    id::{EntryId, PartyId, ReceiptId},
    import::{
        amount::yuan_text,
        cell::match_key,
        column::{Cell, Column},
        hint::{divided, passed_on},
        job::Job,
        list::{Cells, Names},
        store::{self, KnownGift, NoteField},
        who::{Effect, Identity, Met},
        word::{Outcome, Word},
    },
    ledger::{
        Asset,
        document::LotClass,
        idem::Once,
        reverse::{self, MEMO_MAX, Reverse},
    },
    money::Fen,
    party::{EXTERNAL_ID_MAX, NAME_MAX, PartyKind},
    viewer::By,
};
use chrono::NaiveDate;

/// The longest reference, credit code or number, in characters.
pub const REFERENCE_MAX: usize = 200;

/// What goes before the content in a key, so that a later way of making keys cannot collide with this one.
const KEY_DOMAIN: &str = "cobuild contribution 2";

/// The columns of a list of gifts.
pub const COLUMNS: &[Column] = &[
    Column::required(
        "giver",
        Cell::Name { chars_max: NAME_MAX },
        "捐赠单位/姓名 捐款单位/姓名 捐赠单位/个人 捐款单位/个人 捐赠者 捐款者 捐赠人 捐款人 捐赠方 捐款方 \
         捐赠单位 捐款单位 捐赠单位名称 捐款单位名称 捐赠者名称 捐赠人名称 捐赠方名称 捐赠者姓名 捐赠人姓名 \
         捐款人姓名 捐赠企业 捐款企业 爱心单位 爱心企业 爱心商家 共建单位 共建商家 商家名称 商家 商户名称 商户 \
         企业名称 单位/姓名 单位名称 单位 名称 姓名",
        "giver givername donor donorname merchant merchantname organisation organization partner name",
    ),
    Column::required(
        "amount",
        Cell::Amount,
        "捐赠金额 捐款金额 捐赠额 捐款额 到账金额 实收金额 收入金额 资金金额 捐赠资金 捐赠款 捐款 金额 款额 数额",
        "amount giftamount",
    ),
    Column::required(
        "date",
        Cell::Date,
        "捐赠日期 捐款日期 捐赠时间 捐款时间 到账日期 到账时间 收款日期 收款时间 入账日期 交易日期 交易时间 日期 \
         时间",
        "date givenon giftdate",
    ),
    Column::optional(
        "credit_code",
        Cell::Text { chars_max: REFERENCE_MAX },
        "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一社会信用代码/税号 税号 纳税人识别号",
        "creditcode uscc unifiedsocialcreditcode",
    ),
    Column::optional(
        "external_id",
        Cell::Text { chars_max: EXTERNAL_ID_MAX },
        "外部编号 捐赠者编号 捐赠人编号 捐赠方编号 商家编号 商户编号 商户号 单位编号",
        "externalid giverid donorid partnerid merchantid",
    ),
    Column::optional(
        "payer",
        Cell::Name { chars_max: NAME_MAX },
        "付款人 付款方 付款单位 汇款人 汇款单位 转账人 转账单位 代转单位 付款户名",
        "payer payername paidby remitter",
    ),
    Column::several(
        "note",
        Cell::Text { chars_max: MEMO_MAX },
        "备注 说明 附言 用途 捐赠用途 捐款用途 捐赠意向 捐款意向 捐赠意愿 定向 定向用途 指定用途 资金用途",
        "note notes purpose remark remarks memo comment",
    ),
    Column::several(
        "reference",
        Cell::Text { chars_max: REFERENCE_MAX },
        "流水号 交易流水号 交易流水 银行流水号 交易号 交易单号 订单号 单号 凭证号 票据号 票据号码 收据号 收据编号 \
         来源文件 来源行",
        "reference ref referenceno transactionid transactionno receiptno voucherno sourcefile sheetrow",
    ),
];

/// What a row says of a gift besides its giver, amount and number.
#[derive(Clone, Debug)]
pub struct Gift {
    /// Who paid, where that is another than the giver.
    payer: Option<Identity>,
    /// The day it arrived.
    given_on: NaiveDate,
    /// The words beside it; may be empty.
    note: String,
}

/// What a row says.
pub fn draft(cells: &mut Cells<'_>) -> Option<Draft> {
    let name = cells.name_needed("giver", NAME_MAX);
    let amount = cells.amount("amount");
    let day = cells.day_past("date");
    let note = cells.text("note", "；", MEMO_MAX).unwrap_or_default();
    let reference = cells.text("reference", ":", REFERENCE_MAX);
    let code = cells.text("credit_code", "", REFERENCE_MAX);
    let external_id = cells.text("external_id", "", EXTERNAL_ID_MAX);
    let payer = cells.name("payer", NAME_MAX);
    let name = name?;
    // `X转来Y捐款`: X paid, Y gave.
    let passed = passed_on(&name).filter(|_| payer.is_none());
    let (name, payer) = match passed {
        Some(passed) => (passed.giver, Some(passed.payer)),
        None => (name, payer),
    };
    let (who, amount_fen, given_on) = (Identity::new(&name, code.as_deref(), external_id), amount?, day?);
    let digest = |note: &str| {
        let day = given_on.to_string();
        digest_of(KEY_DOMAIN, &[who.name_key.as_bytes(), &amount_fen.to_be_bytes(), day.as_bytes(), note.as_bytes()])
    };
    let bare = digest("");
    let content = if note.is_empty() { bare } else { digest(&match_key(&note)) };
    let payer = payer.map(|name| Identity::new(&name, None, None)).filter(|payer| payer.name_key != who.name_key);
    let what = What::Gift(Gift { payer, given_on, note });
    Some(Draft { row_no: 0, who, amount_fen, content, bare, reference, what })
}

impl Draft {
    fn gift(&self) -> &Gift {
        match &self.what {
            What::Gift(gift) => gift,
            other => unreachable!("a list of gifts has no {other:?}"),
        }
    }

    /// The day of a gift and the words beside it.
    #[cfg(test)]
    pub fn gift_said(&self) -> (NaiveDate, String) {
        (self.gift().given_on, self.gift().note.clone())
    }
}

/// Judges gifts, and books them where the batch does.
pub async fn apply(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
    if batch.effect == Effect::Book {
        head::lock(batch.tx, batch.fund.id).await?;
    }
    let places = places(batch, drafts).await?;
    let new = || drafts.iter().zip(&places).filter(|(_, place)| place.known.is_none()).map(|(draft, _)| draft);
    let payers = new().filter_map(|draft| draft.gift().payer.as_ref());
    let wanted: Vec<&Identity> = new().map(|draft| &draft.who).chain(payers).collect();
    let met = batch.meet(PartyKind::PartnerUnit, &wanted).await?;
    let mut filled = fill_known(batch, drafts, |at| Some(places[at].known.as_ref()?.donor_id)).await?;
    let mut told = HashSet::new();
    let mut verdicts: Vec<Option<Verdict>> = Vec::with_capacity(drafts.len());
    let mut booking = vec![];
    let mut notes = vec![];
    for (at, (draft, place)) in drafts.iter().zip(&places).enumerate() {
        if let Some(known) = &place.known {
            if let Some(word) = differs(batch.names, draft, known, draft.gift().given_on) {
                verdicts.push(Some(Verdict::refused(vec![word])));
                continue;
            }
            notes.extend(additions(draft, place, known).map(|(field, text)| (at, known.id, field, text)));
            let words: Vec<Word> = filled.remove(&at).into_iter().collect();
            let outcome = if words.is_empty() { Outcome::Unchanged } else { Outcome::Changed };
            verdicts.push(Some(Verdict { outcome, party: known.donor_id, object: known.id.0, words }));
            continue;
        }
        let mut words = vec![];
        match party_of(batch.names, draft, &met, &mut told, &mut words)? {
            Some((party, payer)) => {
                booking.push((at, receive(draft, party, payer, &place.number), words));
                verdicts.push(None);
            }
            None => verdicts.push(Some(Verdict::refused(words))),
        }
    }
    add_notes(batch, drafts, &notes, &mut verdicts).await?;
    book(batch, drafts, &places, booking, &met, &mut verdicts).await?;
    Ok((verdicts.into_iter().flatten().collect(), met))
}

/// The giver and the payer of a row; why they are not clear, and what the row fills in of them, as words.
fn party_of(
    names: &Names,
    draft: &Draft,
    met: &Met,
    told: &mut HashSet<PartyId>,
    words: &mut Vec<Word>,
) -> Result<Option<(PartyId, PartyId)>> {
    let mut parties = vec![];
    for identity in std::iter::once(&draft.who).chain(&draft.gift().payer) {
        match met.party(identity) {
            Ok(found) => {
                if told.insert(found.party) {
                    words.extend(told_of(names, draft, &identity.name, found));
                }
                parties.push(found.party);
            }
            Err(why) => {
                words.push(not_clear(names, draft, why)?);
                return Ok(None);
            }
        }
    }
    Ok(Some((parties[0], parties[parties.len() - 1])))
}

/// What each gift is known as.
async fn places(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<Vec<Place<KnownGift>>> {
    let own: Vec<_> = drafts.iter().map(|draft| place::own(batch, draft)).collect();
    let wanted = place::wanted(batch, drafts, &own);
    let known = store::gifts_known(batch.tx, batch.fund.id, &wanted).await?;
    Ok(place::places(batch, drafts, own, &known))
}

/// Counts the gifts that an earlier run has booked, as it counted them.
pub async fn pass_over(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<()> {
    if drafts.iter().any(|draft| batch.occurrences.is_repeated(&draft.bare)) {
        places(batch, drafts).await?;
    }
    Ok(())
}

/// Says so where a number is booked with another amount or day.
pub fn differs(names: &Names, draft: &Draft, known: &KnownGift, day: NaiveDate) -> Option<Word> {
    if known.amount.0 == draft.amount_fen && known.received_on == day {
        return None;
    }
    let (amount, day) = (yuan_text(known.amount.0), known.received_on);
    let reference = draft.reference.clone().unwrap_or_default();
    Some(Word::new(
        draft.row_no,
        Outcome::Refused,
        "reference_differs",
        (names.get("reference"), &reference),
        (
            format!("This number is booked with {amount} on {day}; correct the row, or reverse what is booked first."),
            format!("该编号已入账：{amount}，{day}；请更正本行，或先冲销已入账的一笔。"),
        ),
    ))
}

/// What a row adds to the gift it is known as.
fn additions(draft: &Draft, place: &Place<KnownGift>, known: &KnownGift) -> impl Iterator<Item = (NoteField, String)> {
    let note = &draft.gift().note;
    let note = (known.note.is_empty() && !note.is_empty()).then(|| (NoteField::Note, note.clone()));
    let reference = draft.reference.clone().filter(|_| place.number.0 == SOURCE);
    note.into_iter().chain(reference.map(|reference| (NoteField::Reference, reference)))
}

/// Keeps what rows add to gifts that are booked, where it is news.
async fn add_notes(
    batch: &mut Batch<'_>,
    drafts: &[Draft],
    notes: &[(usize, ReceiptId, NoteField, String)],
    verdicts: &mut [Option<Verdict>],
) -> Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    let receipts: Vec<ReceiptId> = notes.iter().map(|(_, receipt, ..)| *receipt).collect();
    let mut kept: HashMap<ReceiptId, Vec<NoteField>> = HashMap::new();
    for (receipt, field) in store::notes_kept(batch.tx, &receipts).await? {
        kept.entry(receipt).or_default().push(field);
    }
    let mut rows = vec![];
    for (at, receipt, field, text) in notes {
        let fields = kept.entry(*receipt).or_default();
        if fields.contains(field) {
            continue;
        }
        fields.push(*field);
        rows.push((*receipt, fields.len(), *field, text.clone()));
        let (column, en, zh) = match field {
            NoteField::Note => ("note", "The note was added to the gift that is booked.", "已为入账的捐赠补充备注。"),
            NoteField::Reference => {
                ("reference", "The number was added to the gift that is booked.", "已为入账的捐赠补充编号。")
            }
        };
        let verdict = verdicts[*at].as_mut().expect("a gift that is booked has its verdict");
        verdict.outcome = Outcome::Changed;
        let column = (batch.names.get(column), text.as_str());
        verdict.words.push(Word::new(drafts[*at].row_no, Outcome::Changed, "filled_in", column, (en, zh)));
    }
    if batch.effect == Effect::Book {
        store::insert_notes(batch.tx, batch.job.id, &rows, batch.by.now).await?;
    }
    Ok(())
}

/// The gift of a row as the fund receives it.
fn receive(draft: &Draft, giver: PartyId, payer: PartyId, number: &Number) -> Receive {
    let line = Line {
        donor: giver,
        amount: Fen(draft.amount_fen),
        settles: Settles::Nothing,
        restriction: None,
        class: LotClass::Gift,
    };
    Receive {
        payer,
        channel: number.0.clone(),
        reference: number.1.clone(),
        received_on: draft.gift().given_on,
        asset: Asset::Cny,
        amount: None,
        // What a list says of a purpose is the giver's words, and binds nobody until the committee reads it.
        note: draft.gift().note.clone(),
        lines: vec![line],
    }
}

/// Books the gifts that are not known, or says what that would be answered.
async fn book(
    batch: &mut Batch<'_>,
    drafts: &[Draft],
    places: &[Place<KnownGift>],
    booking: Vec<(usize, Receive, Vec<Word>)>,
    met: &Met,
    verdicts: &mut [Option<Verdict>],
) -> Result<()> {
    if booking.is_empty() {
        return Ok(());
    }
    let suspects = suspects(batch, drafts, &booking).await?;
    let mut wanted = Vec::with_capacity(booking.len());
    for (_, receive, _) in &booking {
        wanted.push((None::<Once>, receive.clone()));
    }
    let outcomes: Vec<Result<i64>> = match batch.effect {
        Effect::Plan => {
            let judged = judge(batch.tx, batch.by, batch.fund.id, &wanted, &met.provisional()).await?;
            judged.into_iter().map(|outcome| outcome.map(|()| 0)).collect()
        }
        Effect::Book => {
            let received = contribution::receive(batch.tx, batch.by, batch.fund.id, &wanted).await?;
            received.into_iter().map(|outcome| outcome.map(|done| done.receipt.0)).collect()
        }
    };
    let mut numbers = vec![];
    for ((at, receive, mut words), outcome) in booking.into_iter().zip(outcomes) {
        let (draft, place) = (&drafts[at], &places[at]);
        let party = receive.lines[0].donor;
        if let (Ok(object), Some(reference), SOURCE) = (&outcome, &draft.reference, receive.channel.as_str()) {
            numbers.push((ReceiptId(*object), 1, NoteField::Reference, reference.clone()));
        }
        verdicts[at] = Some(match outcome {
            Ok(object) => {
                words.extend(repeated_word(batch.names, draft, place.occurrence));
                words.extend(divided_word(batch.names, draft));
                words.extend(suspects.get(&at).map(|known| suspected(batch.names, draft, *known)));
                let doubtful = words.iter().any(|word| word.outcome == Outcome::Suspected);
                let outcome = if doubtful { Outcome::Suspected } else { Outcome::Created };
                Verdict { outcome, party, object, words }
            }
            Err(Error::Refused(refused)) => Verdict::refused(vec![refusal_word(batch.names, draft, &refused, FIELDS)]),
            Err(other) => return Err(other),
        });
    }
    // A number of nobody's books in particular tells two gifts apart for people only.
    if batch.effect == Effect::Book {
        store::insert_notes(batch.tx, batch.job.id, &numbers, batch.by.now).await?;
    }
    Ok(())
}

/// Says so where a note divides the gift to the fen: a person decides.
fn divided_word(names: &Names, draft: &Draft) -> Option<Word> {
    let note = &draft.gift().note;
    let parts = divided(note, draft.amount_fen)?;
    let parts: Vec<String> =
        parts.iter().map(|part| format!("{} {}", part.purpose, yuan_text(part.amount_fen))).collect();
    let parts = parts.join("; ");
    let en = format!(
        "The note divides the gift: {parts}. It is kept as one gift; divide it into rows where it is to be bound."
    );
    let zh = format!("备注将该笔捐赠拆分为：{parts}。现作为一笔保留；如需限定用途，请拆分为多行。");
    Some(Word::new(draft.row_no, Outcome::Created, "note_divides", (names.get("note"), note), (en, zh)))
}

fn suspected(names: &Names, draft: &Draft, known: ReceiptId) -> Word {
    let id = crate::id::GlobalId::new(crate::id::NodeKind::Contribution, known);
    let column = (names.get("giver"), draft.who.name.as_str());
    let en = format!("A gift of the same giver, amount and day is booked already ({id}); it is kept as another one.");
    let zh = format!("同一捐赠者、同一金额、同一日期已有入账的捐赠（{id}）；本行作为另一笔保留。");
    Word::new(draft.row_no, Outcome::Suspected, "booked_alike", column, (en, zh))
}

/// The gifts whose giver, amount and day are booked already from elsewhere. Only a plan asks: what it found is kept.
async fn suspects(
    batch: &mut Batch<'_>,
    drafts: &[Draft],
    booking: &[(usize, Receive, Vec<Word>)],
) -> Result<HashMap<usize, ReceiptId>> {
    if batch.effect == Effect::Book {
        return Ok(HashMap::new());
    }
    let givers: HashSet<PartyId> =
        booking.iter().map(|(_, receive, _)| receive.lines[0].donor).filter(|party| party.0 > 0).collect();
    let days: HashSet<NaiveDate> = booking.iter().map(|(_, receive, _)| receive.received_on).collect();
    let alike = store::gifts_alike(batch.tx, batch.fund.id, &givers, &days).await?;
    let found = booking.iter().filter_map(|(at, receive, _)| {
        let key = (receive.lines[0].donor, receive.received_on, drafts[*at].amount_fen);
        Some((*at, *alike.get(&key)?))
    });
    Ok(found.collect())
}

/// The columns that the operation's fields are about.
const FIELDS: &[(&str, &str)] =
    &[("amount", "amount"), ("receivedOn", "date"), ("note", "note"), ("reference", "reference"), ("payerId", "payer")];

/// The first row whose money has moved on, and why.
pub async fn moved_on(tx: &mut Tx, job: &Job) -> Result<Option<(i64, String)>> {
    let found = store::gift_moved_on(tx, job.id).await?;
    Ok(found.map(|row| {
        let why =
            "its money was allocated, spent, given back or followed by a match / 其资金已拨付、支出、退还或已配捐";
        (row, why.to_owned())
    }))
}

/// Reverses the receipts of some rows.
pub async fn take_back(tx: &mut Tx, by: By<'_>, job: &Job, made: &[(i64, i64)]) -> Result<()> {
    let receipts: Vec<ReceiptId> = made.iter().map(|(_, receipt)| ReceiptId(*receipt)).collect();
    let entries: HashMap<ReceiptId, EntryId> = store::entries_standing(tx, &receipts).await?.into_iter().collect();
    for (row, receipt) in made {
        // Somebody may have reversed it by hand.
        let Some(entry) = entries.get(&ReceiptId(*receipt)) else { continue };
        let memo = format!("Import {} undone, row {row} (撤回导入)", job.id.0);
        let input = Reverse { entry: *entry, effective_on: by.today, memo };
        let once = Once::in_scope(format!("i{}", job.id.0), &format!("u{row}"), "import undo", &input.entry)?;
        reverse::reverse(tx, by, &once, &input).await?;
    }
    Ok(())
}
