//! The hash chain, recomputed from the rows it seals.
//!
//! * Entries are read in the order of their numbers, a batch at a time, with the same seventeen statements for
//!   each batch, however many entries, lots and files it has.
//! * Each entry is sealed anew after the *stored* seal before it, so that an entry that was changed is
//!   named itself, and not all that follow it. That the stored seals are one chain is invariant I9.

use std::collections::HashMap;

use super::{
    document::{
        AccrualDocument, CreditDocument, DecisionDocument, EvidenceDocument, ExpenseDocument, Lot, Receipt,
        RefundDocument, RelotDocument, SeatDocument, Terms, WriteOffDocument, digest_credit, digest_decision,
        digest_expense, digest_match, digest_pair, digest_receipt, digest_refund, digest_relot, digest_write_off,
    },
    earmark::Earmark,
    post::{self, Entry, EntryKind, Posting},
    seal::GENESIS,
    store::Seal,
    verify::{Books, Broken, Found},
};
use crate::{
    db::Result,
    id::{DecisionId, EntryId, ExpenseId, FundId, ReceiptId},
};

/// What must be true of the seals, in English.
pub const TITLE_EN: &str = "Each seal is the one that its entry, postings and documents give.";
/// What must be true of the seals, in Chinese.
pub const TITLE_ZH: &str = "每个封印都与其分录、过账行和单据重新计算的结果一致。";

/// Entries of a batch: large enough that statements do not count.
const BATCH: i64 = 1_000;
/// Postings after which a batch ends, so that it can be held however large its entries are.
const BATCH_POSTINGS: i64 = 50_000;

/// The documents of some entries, by what the entries know of them.
#[derive(Debug, Default)]
pub struct Papers {
    /// The receipts of `RECEIVE`.
    pub receipts: HashMap<ReceiptId, Receipt>,
    /// The lots that were lines of the receipt when it was booked, in the order of the lines.
    pub lots: HashMap<ReceiptId, Vec<Lot>>,
    /// The restrictions of those lots.
    pub terms: Terms,
    /// What `MATCH` followed, by its entry, in the order of the gifts.
    pub accruals: HashMap<EntryId, Vec<AccrualDocument>>,
    /// The decisions of `ALLOCATE`.
    pub decisions: HashMap<DecisionId, DecisionDocument>,
    /// Who sat on them, in the order of the seats.
    pub seats: HashMap<DecisionId, Vec<SeatDocument>>,
    /// The expenses of `PAY` and `CLEAR`, by the entry whose destination is the expense's account.
    pub expenses: HashMap<EntryId, ExpenseDocument>,
    /// The files that prove an expense, in the order of their lines.
    pub evidence: HashMap<ExpenseId, Vec<EvidenceDocument>>,
    /// The refunds of `REFUND`, by the entry whose destination is the refund's account.
    pub refunds: HashMap<EntryId, RefundDocument>,
    /// What the changed gifts of `RELOT` stand on, each with the lot it became.
    pub relots: HashMap<EntryId, (RelotDocument, Lot)>,
    /// The credit notes of `RETURN` from an expense.
    pub credits: HashMap<EntryId, CreditDocument>,
    /// What the losses of `WRITEOFF` stand on.
    pub write_offs: HashMap<EntryId, WriteOffDocument>,
}

/// The digest of the documents that the seal of `entry` covers: what its operation must put into
/// [`post::Draft::documents`].
///
/// | entry | documents |
/// |---|---|
/// | `RECEIVE` | `digest_receipt` of the entry's receipt, its lots without parent in the order of their lines, and their restrictions |
/// | `MATCH` | `digest_match` of what it followed, in the order of the gifts |
/// | `ALLOCATE` | `digest_decision` of the entry's decision and its seats in their order |
/// | `PAY`, `CLEAR` | `digest_expense` of the expense of the destination account, and all its evidence in the order of its lines |
/// | `REFUND` | `digest_refund` of the refund of the destination account |
/// | `RELOT` | `digest_relot` of its consent, the lot it made and that lot's restriction |
/// | `RETURN` from an expense | `digest_credit` of its credit note |
/// | `WRITEOFF` | `digest_write_off` of the paper it stands on |
/// | `XFER_IN`, `SWAP` before a refund | `digest_pair` of the entry it belongs to |
/// | every other | the empty text |
///
/// So an expense with all its evidence must be complete when the first entry seals it; it may be sealed
/// again by a second (paid in part, cleared in part) but never grows in between. `None` when a document
/// is missing.
pub fn documents_of(entry: &Entry, papers: &Papers) -> Option<String> {
    match entry.kind {
        EntryKind::Receive => {
            let receipt = papers.receipts.get(&entry.receipt_id?)?;
            Some(digest_receipt(receipt, papers.lots.get(&receipt.id)?, &papers.terms))
        }
        EntryKind::Match => Some(digest_match(papers.accruals.get(&entry.id)?)),
        EntryKind::Allocate => {
            let decision = papers.decisions.get(&entry.decision_id?)?;
            Some(digest_decision(decision, papers.seats.get(&decision.id).map_or(&[][..], Vec::as_slice)))
        }
        EntryKind::Pay | EntryKind::Clear => {
            let expense = papers.expenses.get(&entry.id)?;
            let evidence = papers.evidence.get(&expense.id).map_or(&[][..], Vec::as_slice);
            Some(digest_expense(expense, evidence))
        }
        EntryKind::Refund => Some(digest_refund(papers.refunds.get(&entry.id)?)),
        EntryKind::Relot => {
            let (relot, child) = papers.relots.get(&entry.id)?;
            Some(digest_relot(relot, child, &papers.terms))
        }
        EntryKind::Return => Some(papers.credits.get(&entry.id).map(digest_credit).unwrap_or_default()),
        EntryKind::Writeoff => Some(digest_write_off(papers.write_offs.get(&entry.id)?)),
        EntryKind::XferIn => Some(digest_pair(entry.pair_id?)),
        EntryKind::Swap => Some(entry.pair_id.map(digest_pair).unwrap_or_default()),
        EntryKind::Release | EntryKind::Advance | EntryKind::XferOut | EntryKind::Reverse => Some(String::new()),
    }
}

#[derive(sqlx::FromRow)]
struct StoredHead {
    fund_id: FundId,
    seq: i64,
    hash: String,
}

/// Some entries that follow each other in one fund's journal: the fund, the number before the first and
/// the number of the last. Numbers are not trusted to have no gaps.
type Range = [i64; 3];

/// Recomputes the seals of all funds, and tells after each batch how many entries are done of how many.
pub(super) async fn recompute(books: &mut Books<'_>, mut progress: impl FnMut(i64, i64)) -> Result<Found> {
    let mut found = Found::default();
    let mut done = 0;
    let (all,) = books.all("SELECT COUNT(*) FROM entry", &[]).await?.pop().unwrap_or((0,));
    let heads: Vec<StoredHead> = books.all("SELECT fund_id, seq, hash FROM fund_head ORDER BY fund_id", &[]).await?;
    for head in heads {
        let mut previous = GENESIS.to_owned();
        let mut after = 0;
        while let Some(batch) = read(books, head.fund_id, after).await? {
            after = batch.entries.last().map_or(after, |entry| entry.seq);
            previous = recompute_batch(&batch, previous, &mut found);
            done += i64::try_from(batch.entries.len()).unwrap_or(0);
            progress(done, all);
        }
        if head.hash != previous {
            let place = format!("head of fund {}, entry {}", head.fund_id.0, head.seq);
            found.add(Broken { a: place, b: Some(previous), c: Some(head.hash) });
        }
    }
    Ok(found)
}

/// Some entries that follow each other in one fund's journal, with all that their seals cover.
#[derive(Debug)]
pub(super) struct Batch {
    /// The entries, by number.
    pub entries: Vec<Entry>,
    /// The postings, by entry and line.
    postings: Vec<Posting>,
    /// The stored seals, by the number of their entry.
    pub seals: HashMap<i64, Seal>,
    /// The documents.
    pub papers: Papers,
}

impl Batch {
    /// The postings of each entry, in the order of their lines.
    pub fn lines(&self) -> HashMap<EntryId, &[Posting]> {
        let lines = self.postings.chunk_by(|one, next| one.entry_id == next.entry_id);
        lines.map(|lines| (lines[0].entry_id, lines)).collect()
    }
}

/// The next entries of `fund` after the number `after`; `None` when there are no more.
pub(super) async fn read(books: &mut Books<'_>, fund: FundId, after: i64) -> Result<Option<Batch>> {
    let sizes: Vec<(i64, i64)> = books.all(SIZES, &[fund.0, after, BATCH]).await?;
    let mut postings = 0;
    let fits = sizes.iter().take_while(|(_, size)| {
        let fits = postings < BATCH_POSTINGS;
        postings += size;
        fits
    });
    let Some((last, _)) = fits.last() else { return Ok(None) };
    let range = [fund.0, after, *last];
    let entries: Vec<Entry> = books.all(ENTRIES, &range).await?;
    let postings = books.all(POSTINGS, &range).await?;
    let seals: Vec<Seal> = books.all(SEALS, &range).await?;
    let seals = seals.into_iter().map(|seal| (seal.seq, seal)).collect();
    let papers = papers(books, &range).await?;
    Ok(Some(Batch { entries, postings, seals, papers }))
}

/// Recomputes the seals of a batch after the seal `previous`, and gives the last stored one.
fn recompute_batch(batch: &Batch, mut previous: String, found: &mut Found) -> String {
    let postings = batch.lines();
    for entry in &batch.entries {
        let lines = postings.get(&entry.id).copied().unwrap_or_default();
        let documents = documents_of(entry, &batch.papers);
        let computed = documents.map(|documents| post::seal(&previous, entry, lines, &documents));
        let stored = batch.seals.get(&entry.seq).map(|seal| &seal.hash);
        if computed.is_none() || stored != computed.as_ref() {
            let place = format!("entry {} of fund {}, {:?}", entry.seq, entry.fund_id.0, entry.kind);
            let expected = computed.unwrap_or_else(|| "its document".to_owned());
            let is = stored.cloned().unwrap_or_else(|| "no seal".to_owned());
            found.add(Broken { a: place, b: Some(expected), c: Some(is) });
        }
        previous = stored.cloned().unwrap_or(previous);
    }
    previous
}

#[derive(sqlx::FromRow)]
struct OfEntry<T> {
    of_entry: EntryId,
    #[sqlx(flatten)]
    document: T,
}

/// The documents of the entries in a range: thirteen statements, however many there are.
async fn papers(books: &mut Books<'_>, range: &Range) -> Result<Papers> {
    let mut papers = Papers::default();
    let receipts: Vec<Receipt> = books.all(RECEIPTS, range).await?;
    papers.receipts = receipts.into_iter().map(|one| (one.id, one)).collect();
    for lot in books.all::<Lot>(LOTS, range).await? {
        papers.lots.entry(lot.receipt_id).or_default().push(lot);
    }
    let terms: Vec<Earmark> = books.all(TERMS, range).await?;
    papers.terms = terms.into_iter().map(|one| (one.id, one)).collect();
    for one in books.all::<OfEntry<AccrualDocument>>(ACCRUALS, range).await? {
        papers.accruals.entry(one.of_entry).or_default().push(one.document);
    }
    for seat in books.all::<SeatDocument>(SEATS, range).await? {
        papers.seats.entry(seat.decision_id).or_default().push(seat);
    }
    let decisions: Vec<DecisionDocument> = books.all(DECISIONS, range).await?;
    papers.decisions = decisions.into_iter().map(|one| (one.id, one)).collect();
    let expenses: Vec<OfEntry<ExpenseDocument>> = books.all(EXPENSES, range).await?;
    papers.expenses = expenses.into_iter().map(|one| (one.of_entry, one.document)).collect();
    for one in books.all::<EvidenceDocument>(EVIDENCE, range).await? {
        papers.evidence.entry(one.expense_id).or_default().push(one);
    }
    let refunds: Vec<OfEntry<RefundDocument>> = books.all(REFUNDS, range).await?;
    papers.refunds = refunds.into_iter().map(|one| (one.of_entry, one.document)).collect();
    let children: Vec<OfEntry<Lot>> = books.all(CHILDREN, range).await?;
    let mut children: HashMap<EntryId, Lot> = children.into_iter().map(|one| (one.of_entry, one.document)).collect();
    for one in books.all::<OfEntry<RelotDocument>>(RELOTS, range).await? {
        if let Some(child) = children.remove(&one.of_entry) {
            papers.relots.insert(one.of_entry, (one.document, child));
        }
    }
    let credits: Vec<OfEntry<CreditDocument>> = books.all(CREDITS, range).await?;
    papers.credits = credits.into_iter().map(|one| (one.of_entry, one.document)).collect();
    let write_offs: Vec<OfEntry<WriteOffDocument>> = books.all(WRITE_OFFS, range).await?;
    papers.write_offs = write_offs.into_iter().map(|one| (one.of_entry, one.document)).collect();
    Ok(papers)
}

const ENTRIES: &str = "
    SELECT id, fund_id, seq, kind, effective_on, actor_id, receipt_id, decision_id, reverses_id, pair_id, memo,
           booked_at
    FROM entry WHERE fund_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";

/// The numbers of the next entries and of the last of their postings.
const SIZES: &str = "
    SELECT e.seq, CAST(COALESCE((SELECT MAX(p.line_no) FROM posting p WHERE p.entry_id = e.id), 0) AS BIGINT)
    FROM entry e WHERE e.fund_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3";

const POSTINGS: &str = "
    SELECT p.entry_id, p.line_no, p.lot_id, p.source_id, p.destination_id, p.amount
    FROM entry e JOIN posting p ON p.entry_id = e.id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3
    ORDER BY p.entry_id, p.line_no";

const SEALS: &str = "
    SELECT s.fund_id, s.seq, s.prev_hash, s.hash FROM entry_seal s
    WHERE s.fund_id = $1 AND s.seq > $2 AND s.seq <= $3";

const RECEIPTS: &str = "
    SELECT r.id, r.fund_id, r.payer_id, r.channel, r.external_ref, r.version, r.received_on, r.asset, r.amount, r.note
    FROM entry e JOIN receipt r ON r.id = e.receipt_id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'RECEIVE'";

const LOTS: &str = "
    SELECT l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id, l.class, l.asset,
           l.amount, l.received_on
    FROM entry e JOIN lot l ON l.receipt_id = e.receipt_id AND l.parent_id IS NULL
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'RECEIVE'
    ORDER BY l.receipt_id, l.line_no";

const TERMS: &str = "
    SELECT k.id, k.fund_id, k.kind, k.purpose_id, k.group_id, k.target_id, k.spec, k.valid_from, k.valid_to
    FROM earmark k WHERE k.id IN (
        SELECT l.earmark_id FROM entry e JOIN lot l ON l.receipt_id = e.receipt_id AND l.parent_id IS NULL
        WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'RECEIVE'
        UNION
        SELECT l.earmark_id FROM entry e JOIN relot r ON r.entry_id = e.id JOIN lot l ON l.id = r.child_id
        WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3)";

const RELOTS: &str = "
    SELECT e.id AS of_entry, r.lot_id, r.child_id, r.consented_by, r.consented_on, r.sha256
    FROM entry e JOIN relot r ON r.entry_id = e.id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'RELOT'";

const CHILDREN: &str = "
    SELECT e.id AS of_entry, l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id,
           l.class, l.asset, l.amount, l.received_on
    FROM entry e JOIN relot r ON r.entry_id = e.id JOIN lot l ON l.id = r.child_id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'RELOT'";

const CREDITS: &str = "
    SELECT e.id AS of_entry, j.expense_id, j.delta, j.sha256
    FROM entry e JOIN expense_adjust j ON j.entry_id = e.id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3";

const WRITE_OFFS: &str = "
    SELECT e.id AS of_entry, w.target_id, w.sha256
    FROM entry e JOIN write_off w ON w.entry_id = e.id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3";

const ACCRUALS: &str = "
    SELECT e.id AS of_entry, m.pledge_id, m.base_lot_id, m.base, m.amount
    FROM entry e JOIN match_accrual m ON m.entry_id = e.id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'MATCH'
    ORDER BY e.id, m.base_lot_id";

const SEATS: &str = "
    SELECT s.decision_id, s.seat_no, s.constituency, s.holder, s.vote FROM decision_seat s WHERE s.decision_id IN (
        SELECT e.decision_id FROM entry e WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'ALLOCATE')
    ORDER BY s.decision_id, s.seat_no";

const DECISIONS: &str = "
    SELECT d.id, d.fund_id, d.target_id, d.resolution_number, d.amount, d.approved_on, d.votes_for, d.votes_all
    FROM decision d WHERE d.id IN (
        SELECT e.decision_id FROM entry e WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'ALLOCATE')";

const EXPENSES: &str = "
    SELECT DISTINCT e.id AS of_entry, x.id, x.fund_id, x.target_id, x.payee_id, x.purpose_id, x.asset, x.amount,
           x.incurred_on, x.note
    FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account k ON k.id = p.destination_id
    JOIN expense x ON x.id = k.expense_id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind IN ('PAY', 'CLEAR')";

const EVIDENCE: &str = "
    SELECT v.expense_id, v.line_no, v.kind, v.sha256, v.name FROM evidence v WHERE v.expense_id IN (
        SELECT k.expense_id FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account k ON k.id = p.destination_id
        WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind IN ('PAY', 'CLEAR'))
    ORDER BY v.expense_id, v.line_no";

const REFUNDS: &str = "
    SELECT DISTINCT e.id AS of_entry, r.id, r.fund_id, r.donor_id, r.amount, r.refunded_on, r.reason
    FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account k ON k.id = p.destination_id
    JOIN refund r ON r.id = k.refund_id
    WHERE e.fund_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind = 'REFUND'";
