//! Posting: the one way money moves.
//!
//! * An entry is balanced by construction: each posting takes from one place what it gives to another.
//! * Holdings, the givers' roll-up and the accounts' balances follow in the same transaction, and the
//!   database refuses what would go below zero.
//! * Sealing is the last thing done before the head is written back.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{
    account::{AccountKind, Asset, of_fund},
    seal::Sealer,
    store,
};
use crate::{
    db::Tx,
    error::{Result, ensure_rows},
    fund::head::{self, Head},
    id::{AccountId, DecisionId, EarmarkId, EntryId, LotId, PartyId, PrincipalId, ReceiptId},
    money::Fen,
    viewer::By,
};

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    /// Money or goods arrive.
    Receive,
    /// A match follows the gifts it was promised for.
    Match,
    /// The committee's decision moves money to a project or grant.
    Allocate,
    /// Allocated money goes back to the fund.
    Release,
    /// Money is paid out ahead of its evidence.
    Advance,
    /// An expense is paid from a project's or grant's money.
    Pay,
    /// An advance is cleared by the evidence of an expense.
    Clear,
    /// Unspent money comes back.
    Return,
    /// A gift is given back.
    Refund,
    /// A lost advance is written off.
    #[sqlx(rename = "WRITEOFF")]
    Writeoff,
    /// A giver's spent money is changed for other money.
    Swap,
    /// A gift is given another giver or restriction.
    Relot,
    /// Money leaves for another fund.
    XferOut,
    /// Money comes from another fund.
    XferIn,
    /// An entry is undone by its mirror.
    Reverse,
}

impl EntryKind {
    /// As the database and the seals write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Receive => "RECEIVE",
            Self::Match => "MATCH",
            Self::Allocate => "ALLOCATE",
            Self::Release => "RELEASE",
            Self::Advance => "ADVANCE",
            Self::Pay => "PAY",
            Self::Clear => "CLEAR",
            Self::Return => "RETURN",
            Self::Refund => "REFUND",
            Self::Writeoff => "WRITEOFF",
            Self::Swap => "SWAP",
            Self::Relot => "RELOT",
            Self::XferOut => "XFER_OUT",
            Self::XferIn => "XFER_IN",
            Self::Reverse => "REVERSE",
        }
    }
}

/// Part of a lot that changes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The lot.
    pub lot_id: LotId,
    /// Whose it is, for the roll-up.
    pub donor_id: PartyId,
    /// Its restriction, for the draw's index.
    pub earmark_id: EarmarkId,
    /// From where.
    pub source_id: AccountId,
    /// To where.
    pub destination_id: AccountId,
    /// How much.
    pub amount: Fen,
}

/// An entry about to be booked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it does.
    pub kind: EntryKind,
    /// The day it took effect.
    pub effective_on: NaiveDate,
    /// The receipt of `RECEIVE`.
    pub receipt_id: Option<ReceiptId>,
    /// The decision of `ALLOCATE`.
    pub decision_id: Option<DecisionId>,
    /// The entry that `REVERSE` undoes.
    pub reverses_id: Option<EntryId>,
    /// The entry it belongs to: of `XFER_IN` the other fund's, of a `SWAP` before a refund the refund.
    pub pair_id: Option<EntryId>,
    /// Why, in the words of who booked it.
    pub memo: String,
    /// The digest of its documents.
    pub documents: String,
    /// What it moves.
    pub moves: Vec<Move>,
}

impl Draft {
    /// An entry without documents.
    pub fn new(kind: EntryKind, effective_on: NaiveDate, memo: String, moves: Vec<Move>) -> Self {
        let none = String::new();
        Self {
            kind,
            effective_on,
            receipt_id: None,
            decision_id: None,
            reverses_id: None,
            pair_id: None,
            memo,
            documents: none,
            moves,
        }
    }

    /// How much it moves.
    pub fn amount(&self) -> Fen {
        self.moves.iter().map(|one| one.amount).sum()
    }
}

/// One business operation, immutable.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// The key.
    pub id: EntryId,
    /// Whose books it is in.
    pub fund_id: crate::id::FundId,
    /// Its number in the fund's journal, without gaps from 1.
    pub seq: i64,
    /// What it does.
    pub kind: EntryKind,
    /// The day it took effect.
    pub effective_on: NaiveDate,
    /// Who booked it.
    pub actor_id: PrincipalId,
    /// The receipt of `RECEIVE`.
    pub receipt_id: Option<ReceiptId>,
    /// The decision of `ALLOCATE`.
    pub decision_id: Option<DecisionId>,
    /// The entry that `REVERSE` undoes.
    pub reverses_id: Option<EntryId>,
    /// The entry it belongs to: of `XFER_IN` the other fund's, of a `SWAP` before a refund the refund.
    #[sqlx(default)]
    pub pair_id: Option<EntryId>,
    /// Why, in the words of who booked it.
    pub memo: String,
    /// When it was booked.
    pub booked_at: chrono::DateTime<chrono::Utc>,
}

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Posting {
    /// The entry.
    pub entry_id: EntryId,
    /// Which of its lines.
    pub line_no: i64,
    /// The lot that moved.
    pub lot_id: LotId,
    /// From where.
    pub source_id: AccountId,
    /// To where.
    pub destination_id: AccountId,
    /// How much.
    pub amount: Fen,
}

/// The seal of `entry` after the seal `previous`.
pub fn seal(previous: &str, entry: &Entry, postings: &[Posting], documents: &str) -> String {
    let sealer = Sealer::new("entry")
        .text(previous)
        .int(entry.fund_id)
        .int(entry.seq)
        .text(entry.kind.code())
        .date(entry.effective_on)
        .int(entry.actor_id)
        .maybe(entry.receipt_id)
        .maybe(entry.decision_id)
        .maybe(entry.reverses_id)
        .text(&entry.memo)
        .int(entry.booked_at.timestamp_micros())
        .text(documents);
    let add = |sealer: Sealer, one: &Posting| {
        sealer.int(one.line_no).int(one.lot_id).int(one.source_id).int(one.destination_id).int(one.amount.0)
    };
    postings.iter().fold(sealer, add).finish()
}

/// Books `drafts` in their order and writes the head back.
///
/// # Panics
/// On an entry that moves nothing, or moves an amount that is not positive: only a bug makes one.
pub async fn post(tx: &mut Tx, head: &mut Head, by: By<'_>, drafts: &[Draft]) -> Result<Vec<EntryId>> {
    let actor_id = by.viewer.actor()?;
    let mut entries = Vec::with_capacity(drafts.len());
    let mut postings = Vec::new();
    let mut seals = Vec::with_capacity(drafts.len());
    let mut net = Net::default();
    for draft in drafts {
        assert!(!draft.moves.is_empty(), "an entry moves something");
        let (id, seq) = head.next_entry();
        let entry = Entry {
            id,
            fund_id: head.fund_id,
            seq,
            kind: draft.kind,
            effective_on: draft.effective_on,
            actor_id,
            receipt_id: draft.receipt_id,
            decision_id: draft.decision_id,
            reverses_id: draft.reverses_id,
            pair_id: draft.pair_id,
            memo: draft.memo.clone(),
            booked_at: by.now,
        };
        let mut places = BTreeSet::new();
        let mut once = |one: &Move| places.insert((one.lot_id, one.source_id, one.destination_id));
        assert!(draft.moves.iter().all(&mut once), "an entry moves a lot between two places in one posting");
        let start = postings.len();
        for (line_no, one) in (1..).zip(&draft.moves) {
            assert!(one.amount.is_positive(), "a posting moves a positive amount");
            net.add(one);
            postings.push(Posting {
                entry_id: id,
                line_no,
                lot_id: one.lot_id,
                source_id: one.source_id,
                destination_id: one.destination_id,
                amount: one.amount,
            });
        }
        let hash = seal(&head.hash, &entry, &postings[start..], &draft.documents);
        let previous = std::mem::replace(&mut head.hash, hash.clone());
        seals.push(store::Seal { fund_id: head.fund_id, seq, prev_hash: previous, hash });
        entries.push(entry);
    }
    store::insert_entries(tx, &entries).await?;
    store::insert_postings(tx, &postings).await?;
    net.write(tx, head).await?;
    store::insert_seals(tx, &seals).await?;
    head::write(tx, head).await?;
    Ok(entries.into_iter().map(|entry| entry.id).collect())
}

/// What some moves come to: for each lot and giver in each place, and for each place.
#[derive(Default)]
struct Net {
    holdings: BTreeMap<(LotId, AccountId), (EarmarkId, i64)>,
    parties: BTreeMap<(PartyId, AccountId), i64>,
    balances: BTreeMap<AccountId, i64>,
}

impl Net {
    fn add(&mut self, one: &Move) {
        for (account, change) in [(one.source_id, -one.amount.0), (one.destination_id, one.amount.0)] {
            self.holdings.entry((one.lot_id, account)).or_insert((one.earmark_id, 0)).1 += change;
            *self.parties.entry((one.donor_id, account)).or_default() += change;
            *self.balances.entry(account).or_default() += change;
        }
    }

    async fn write(self, tx: &mut Tx, head: &Head) -> Result<()> {
        // What is outside of the fund is not held by anybody.
        let outside = [Asset::Cny, Asset::Kind].map(|asset| of_fund(head.fund_id, AccountKind::Outside, asset));
        let held = |account: &AccountId| !outside.contains(account);

        let holdings = self.holdings.into_iter().filter(|((_, account), _)| held(account));
        let (debits, credits): (Vec<_>, Vec<_>) =
            holdings.filter(|(_, (_, change))| *change != 0).partition(|(_, (_, change))| *change < 0);
        ensure_rows(store::debit_holdings(tx, &debits).await?, debits.len(), "holdings debited")?;
        store::credit_holdings(tx, &credits).await?;

        let parties = self.parties.into_iter().filter(|((_, account), _)| held(account));
        let (debits, credits): (Vec<_>, Vec<_>) =
            parties.filter(|(_, change)| *change != 0).partition(|(_, change)| *change < 0);
        ensure_rows(store::debit_parties(tx, &debits).await?, debits.len(), "givers debited")?;
        store::credit_parties(tx, &credits).await?;

        let balances: Vec<_> = self.balances.into_iter().filter(|(_, change)| *change != 0).collect();
        ensure_rows(store::change_balances(tx, &balances).await?, balances.len(), "balances changed")
    }
}
