//! The journal of a fund as a file for auditors: one JSON object a line, enough to check the chain and
//! every sum without this program, the database, or trust in either.
//!
//! * All of it is read in one snapshot, a batch at a time: the file may be larger than the memory.
//! * What a seal covers stands under the names that `docs/journal.md` lists in the order of the encoding.
//! * The last line says how many lines of each kind there were: a file that was cut off is told.
//!
//! `examples/check_journal.py` reads it.

use serde_json::{Value, json};

use super::{
    account::{Account, AccountKind},
    chain::{self, Papers},
    document::{
        AccrualDocument, CreditDocument, DecisionDocument, EvidenceDocument, ExpenseDocument, Lot, RelotDocument,
        SeatDocument, WriteOffDocument,
    },
    earmark::Earmark,
    post::{Entry, EntryKind, Posting},
    verify::Books,
};
use crate::{
    db::Session,
    error::{Refusal, Result},
    fund::head::{self, Head},
    id::{AccountId, FundId, LotId},
    money::Fen,
};

/// The name of this format; another way of writing it is another name.
pub const FORMAT: &str = "cobuild-journal-1";

/// Rows of one read of accounts, lots and holdings.
const BATCH: i64 = 5_000;

/// How many lines of each kind a file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Places.
    pub accounts: i64,
    /// Lots that are in no receipt of this journal: made by a correction, or come from another fund.
    pub lots: i64,
    /// Entries.
    pub entries: i64,
    /// Their postings.
    pub postings: i64,
    /// Holdings.
    pub holdings: i64,
}

/// Where the lines go, some whole ones at a time; a full channel makes the reading wait.
pub type Sink = tokio::sync::mpsc::Sender<Vec<u8>>;

async fn take(sink: &Sink, lines: String) -> Result<()> {
    sink.send(lines.into_bytes()).await.map_err(|_| anyhow::anyhow!("whoever was sent the journal has left").into())
}

#[derive(sqlx::FromRow)]
struct FundName {
    id: FundId,
    code: String,
    name: String,
}

#[derive(sqlx::FromRow)]
struct HoldingRow {
    lot_id: LotId,
    account_id: AccountId,
    amount: Fen,
}

/// Writes the journal of the fund with this code.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such fund; what the sink says.
pub async fn export(session: &mut Session, code: &str, sink: &Sink) -> Result<Written> {
    use crate::db::Sql as _;
    let fund: Option<FundName> =
        session.sql("SELECT id, code, name FROM fund WHERE code = $1").bind(code.to_owned()).optional().await?;
    let fund = fund.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fund"))?;
    let head = head::read(&mut *session, fund.id).await?;
    let mut books = Books::Session(session);
    let mut written = Written::default();
    take(sink, line(&first(&fund, &head))).await?;
    written.accounts = accounts(&mut books, fund.id, sink).await?;
    written.lots = lots(&mut books, fund.id, sink).await?;
    entries(&mut books, fund.id, sink, &mut written).await?;
    written.holdings = holdings(&mut books, fund.id, sink).await?;
    take(sink, line(&last(&written, &head))).await?;
    Ok(written)
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

fn first(fund: &FundName, head: &Head) -> Value {
    json!({
        "line": "journal", "format": FORMAT,
        "fund": { "id": fund.id, "code": fund.code, "name": fund.name },
        "head": { "seq": head.seq, "hash": head.hash },
    })
}

fn last(written: &Written, head: &Head) -> Value {
    json!({
        "line": "end", "accounts": written.accounts, "lots": written.lots, "entries": written.entries,
        "postings": written.postings, "holdings": written.holdings, "head": { "seq": head.seq, "hash": head.hash },
    })
}

/// The keys of a fund's rows lie between these two.
fn keys(fund: FundId) -> (i64, i64) {
    (head::key(fund, 0), head::key(FundId(fund.0 + 1), 0))
}

async fn accounts(books: &mut Books<'_>, fund: FundId, sink: &Sink) -> Result<i64> {
    let (mut after, end) = keys(fund);
    let mut count = 0;
    loop {
        let rows: Vec<Account> = books.all(ACCOUNTS, &[after, end, BATCH]).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        (after, count) = (last.id.0, count + len(&rows));
        let show = |one: &Account| {
            json!({ "line": "account", "id": one.id, "kind": kind_of(one.kind), "asset": one.asset.code(),
                "targetId": one.target_id, "expenseId": one.expense_id, "refundId": one.refund_id,
                "balance": one.balance })
        };
        take(sink, rows.iter().map(|one| line(&show(one))).collect()).await?;
    }
}

async fn lots(books: &mut Books<'_>, fund: FundId, sink: &Sink) -> Result<i64> {
    let (mut after, mut count) = (0, 0);
    loop {
        let rows: Vec<Lot> = books.all(LOTS, &[fund.0, after, BATCH]).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        (after, count) = (last.id.0, count + len(&rows));
        let show = |one: &Lot| {
            json!({ "line": "lot", "id": one.id, "fundId": one.fund_id, "receiptId": one.receipt_id,
                "parentId": one.parent_id, "donorId": one.donor_id, "earmarkId": one.earmark_id,
                "class": one.class.code(), "asset": one.asset.code(), "amount": one.amount })
        };
        take(sink, rows.iter().map(|one| line(&show(one))).collect()).await?;
    }
}

async fn entries(books: &mut Books<'_>, fund: FundId, sink: &Sink, written: &mut Written) -> Result<()> {
    let mut after = 0;
    while let Some(batch) = chain::read(books, fund, after).await? {
        let postings = batch.lines();
        let mut lines = String::new();
        for entry in &batch.entries {
            after = entry.seq;
            let postings = postings.get(&entry.id).copied().unwrap_or_default();
            written.entries += 1;
            written.postings += len(postings);
            let seal = batch.seals.get(&entry.seq);
            let mut shown = entry_line(entry, postings, &batch.papers);
            shown["prevHash"] = json!(seal.map(|seal| &seal.prev_hash));
            shown["hash"] = json!(seal.map(|seal| &seal.hash));
            lines.push_str(&line(&shown));
        }
        take(sink, lines).await?;
    }
    Ok(())
}

async fn holdings(books: &mut Books<'_>, fund: FundId, sink: &Sink) -> Result<i64> {
    let (mut after, end) = keys(fund);
    let (mut lot, mut count) = (0, 0);
    loop {
        let rows: Vec<HoldingRow> = books.all(HOLDINGS, &[after, end, lot, BATCH]).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        (after, lot, count) = (last.account_id.0, last.lot_id.0, count + len(&rows));
        let show = |one: &HoldingRow| json!({ "line": "holding", "lotId": one.lot_id, "accountId": one.account_id, "amount": one.amount });
        take(sink, rows.iter().map(|one| line(&show(one))).collect()).await?;
    }
}

fn len<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).expect("a batch is counted")
}

fn kind_of(kind: AccountKind) -> String {
    format!("{kind:?}").to_uppercase()
}

fn entry_line(entry: &Entry, postings: &[Posting], papers: &Papers) -> Value {
    let posting = |one: &Posting| json!([one.line_no, one.lot_id, one.source_id, one.destination_id, one.amount]);
    json!({
        "line": "entry", "fundId": entry.fund_id, "seq": entry.seq, "kind": entry.kind.code(),
        "effectiveOn": entry.effective_on, "actorId": entry.actor_id, "receiptId": entry.receipt_id,
        "decisionId": entry.decision_id, "reversesId": entry.reverses_id, "memo": entry.memo,
        "bookedAtMicros": entry.booked_at.timestamp_micros(), "id": entry.id,
        "document": document(entry, papers),
        "postings": postings.iter().map(posting).collect::<Vec<_>>(),
    })
}

/// What the seal of an entry covers beside the entry itself; null where it covers nothing, or it is missing.
fn document(entry: &Entry, papers: &Papers) -> Value {
    match entry.kind {
        EntryKind::Receive => receipt(entry, papers).unwrap_or_default(),
        EntryKind::Match => {
            let show = |one: &AccrualDocument| json!({ "pledgeId": one.pledge_id, "baseLotId": one.base_lot_id, "base": one.base, "amount": one.amount });
            let accruals = papers.accruals.get(&entry.id).map_or(&[][..], Vec::as_slice);
            json!({ "type": "match", "accruals": accruals.iter().map(show).collect::<Vec<_>>() })
        }
        EntryKind::Allocate => {
            let found = entry.decision_id.and_then(|id| papers.decisions.get(&id));
            found
                .map(|found| decision(found, papers.seats.get(&found.id).map_or(&[][..], Vec::as_slice)))
                .unwrap_or_default()
        }
        EntryKind::Pay | EntryKind::Clear => {
            let found = papers.expenses.get(&entry.id);
            let evidence = |found: &ExpenseDocument| papers.evidence.get(&found.id).map_or(&[][..], Vec::as_slice);
            found.map(|found| expense(found, evidence(found))).unwrap_or_default()
        }
        EntryKind::Refund => {
            let found = papers.refunds.get(&entry.id);
            found
                .map(|one| {
                    json!({ "type": "refund", "id": one.id, "fundId": one.fund_id, "donorId": one.donor_id,
                        "amount": one.amount, "refundedOn": one.refunded_on, "reason": one.reason })
                })
                .unwrap_or_default()
        }
        EntryKind::Relot => {
            papers.relots.get(&entry.id).map(|(one, child)| relot(one, child, papers)).unwrap_or_default()
        }
        EntryKind::Return => {
            let show = |one: &CreditDocument| json!({ "type": "credit", "expenseId": one.expense_id, "delta": one.delta, "sha256": one.sha256 });
            papers.credits.get(&entry.id).map(show).unwrap_or_default()
        }
        EntryKind::Writeoff => {
            let show = |one: &WriteOffDocument| json!({ "type": "write off", "targetId": one.target_id, "sha256": one.sha256 });
            papers.write_offs.get(&entry.id).map(show).unwrap_or_default()
        }
        EntryKind::XferIn | EntryKind::Swap => {
            entry.pair_id.map(|pair| json!({ "type": "pair", "entryId": pair })).unwrap_or_default()
        }
        EntryKind::Release | EntryKind::Advance | EntryKind::XferOut | EntryKind::Reverse => Value::Null,
    }
}

fn relot(one: &RelotDocument, child: &Lot, papers: &Papers) -> Value {
    json!({ "type": "relot", "lotId": one.lot_id, "consentedBy": one.consented_by, "consentedOn": one.consented_on,
        "sha256": one.sha256, "childId": child.id, "receiptId": child.receipt_id, "lineNo": child.line_no,
        "parentId": child.parent_id, "donorId": child.donor_id, "dueId": child.due_id, "class": child.class.code(),
        "asset": child.asset.code(), "amount": child.amount, "receivedOn": child.received_on,
        "terms": papers.terms.get(&child.earmark_id).map(terms) })
}

fn receipt(entry: &Entry, papers: &Papers) -> Option<Value> {
    let one = papers.receipts.get(&entry.receipt_id?)?;
    let lots = papers.lots.get(&one.id).map_or(&[][..], Vec::as_slice);
    let show = |lot: &Lot| {
        json!({ "id": lot.id, "lineNo": lot.line_no, "donorId": lot.donor_id, "earmarkId": lot.earmark_id,
            "dueId": lot.due_id, "class": lot.class.code(), "amount": lot.amount,
            "terms": papers.terms.get(&lot.earmark_id).map(terms) })
    };
    Some(json!({
        "type": "receipt", "id": one.id, "fundId": one.fund_id, "payerId": one.payer_id, "channel": one.channel,
        "externalRef": one.external_ref, "version": one.version, "receivedOn": one.received_on,
        "asset": one.asset.code(), "amount": one.amount, "note": one.note,
        "lots": lots.iter().map(show).collect::<Vec<_>>(),
    }))
}

fn terms(one: &Earmark) -> Value {
    json!({ "kind": format!("{:?}", one.kind).to_uppercase(), "fundId": one.fund_id, "purposeId": one.purpose_id,
        "groupId": one.group_id, "targetId": one.target_id, "spec": one.spec, "validFrom": one.valid_from,
        "validTo": one.valid_to })
}

fn decision(one: &DecisionDocument, seats: &[SeatDocument]) -> Value {
    let seat = |seat: &SeatDocument| json!({ "seatNo": seat.seat_no, "constituency": seat.constituency, "holder": seat.holder, "vote": seat.vote });
    json!({ "type": "decision", "id": one.id, "fundId": one.fund_id, "targetId": one.target_id,
        "resolutionNumber": one.resolution_number, "amount": one.amount, "approvedOn": one.approved_on,
        "votesFor": one.votes_for, "votesAll": one.votes_all, "seats": seats.iter().map(seat).collect::<Vec<_>>() })
}

fn expense(one: &ExpenseDocument, evidence: &[EvidenceDocument]) -> Value {
    let file = |file: &EvidenceDocument| json!({ "lineNo": file.line_no, "kind": file.kind.code(), "sha256": file.sha256, "name": file.name });
    json!({ "type": "expense", "id": one.id, "fundId": one.fund_id, "targetId": one.target_id, "payeeId": one.payee_id,
        "purposeId": one.purpose_id, "asset": one.asset.code(), "amount": one.amount, "incurredOn": one.incurred_on,
        "note": one.note, "evidence": evidence.iter().map(file).collect::<Vec<_>>() })
}

const ACCOUNTS: &str = "
    SELECT id, fund_id, kind, asset, target_id, expense_id, refund_id, balance FROM account
    WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";

const LOTS: &str = "
    SELECT l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id, l.class, l.asset,
           l.amount, l.received_on
    FROM lot l
    WHERE l.id > $2 AND (
        (l.fund_id = $1 AND l.parent_id IS NOT NULL)
        OR l.id IN (
            SELECT p.lot_id FROM entry e JOIN posting p ON p.entry_id = e.id
            WHERE e.fund_id = $1 AND e.kind = 'XFER_IN'))
    ORDER BY l.id LIMIT $3";

const HOLDINGS: &str = "
    SELECT h.lot_id, h.account_id, h.amount FROM holding h
    WHERE h.account_id >= $1 AND h.account_id < $2 AND (h.account_id, h.lot_id) > ($1, $3) AND h.amount > 0
    ORDER BY h.account_id, h.lot_id LIMIT $4";
