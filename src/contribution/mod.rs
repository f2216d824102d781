//! Contributions: money that has really arrived.
//!
//! * A contribution is one receipt with one or many lines; each line becomes lots of its giver.
//! * It settles no pledge, one or many: exactly, or the oldest due first; what is left over is a gift of
//!   its own.
//! * Σ lines = the receipt, or nothing is booked. The same bank line is never booked twice.

pub mod graphql;
pub mod judge;
pub mod refund;
pub mod settle;
pub mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head::{self, Head},
    id::{DueId, EarmarkId, FundId, PartyId, PledgeId, ReceiptId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind, Move,
        account::of_fund,
        document::{Lot, LotClass, Receipt, Terms, digest_receipt},
        earmark::{self, Keys, Restriction},
        idem::{self, Once, Outcome},
        place::{self, FundPlace},
        post,
        reverse::MEMO_MAX,
        store as ledger_store,
    },
    money::Fen,
    pledge,
    viewer::{Act, By},
};
use settle::{Dues, Piece};

/// Money that has arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Receive {
    /// Who paid; the givers of the lines may be others.
    pub payer: PartyId,
    /// How it came: a bank, a platform, a cash box.
    pub channel: String,
    /// Its number in that channel.
    pub reference: String,
    /// The day it arrived.
    pub received_on: NaiveDate,
    /// Money, or goods at their stated value.
    pub asset: Asset,
    /// The whole sum; `None` to take what the lines add up to.
    pub amount: Option<Fen>,
    /// What the statement says of it; may be empty.
    pub note: String,
    /// Whose gifts it is made of.
    pub lines: Vec<Line>,
}

/// One giver's part of what has arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Whose gift it is.
    pub donor: PartyId,
    /// How much.
    pub amount: Fen,
    /// Which pledge it settles.
    pub settles: Settles,
    /// What it may be used for; where it settles a pledge, `None` takes the pledge's.
    pub restriction: Option<Restriction>,
    /// A gift, or the residents' own part of a project.
    pub class: LotClass,
}

/// Which pledge a line settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Settles {
    /// None: it is a gift of its own.
    Nothing,
    /// The dues of this one, the oldest first, and no more than is outstanding.
    Pledge(PledgeId),
    /// This due, and no more than is outstanding.
    Due(DueId),
    /// What the giver's accepted pledges owe, the oldest due first; the rest is a gift of its own.
    OldestFirst,
}

/// A contribution that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The receipt.
    pub receipt: ReceiptId,
    /// Whether it was booked by this request.
    pub outcome: Outcome,
}

/// Lines of one receipt: a bank's batch file has some hundreds.
pub const LINES_MAX: usize = 5_000;

/// The most characters of a channel or a reference.
const REFERENCE_MAX: usize = 200;

/// Books what has arrived in one fund, each receipt under its own key, or known again by its channel and
/// reference; a refused one does not hinder the others, and nothing of it is booked.
///
/// Without a key, a receipt that stands is no refusal but known. As many statements for two thousand receipts as
/// for one.
///
/// # Errors
/// Of the whole: a fund that is not there, a viewer without the right, a fault.
pub async fn receive(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    wanted: &[(Option<Once>, Receive)],
) -> Result<Vec<Result<Received>>> {
    let mut head = head::lock(tx, fund).await?;
    let answered = idem::answered_some::<Received, _>(&mut *tx, wanted).await?;
    let fund = place::fund(tx, fund).await?;
    by.viewer.must(Act::BookContribution, &[fund.on()])?;
    let mut loaded = load(tx, &fund, wanted).await?;
    let mut outcomes = Vec::with_capacity(wanted.len());
    let mut booked = Booked::default();
    for ((once, receive), answered) in wanted.iter().zip(answered) {
        if let Some(answer) = answered {
            outcomes.push(answer);
            continue;
        }
        if once.is_none()
            && let Some(receipt) = loaded.stands(receive)
        {
            outcomes.push(Ok(Received { receipt, outcome: Outcome::Known }));
            continue;
        }
        let pieces = decide(by, &fund, receive, &mut loaded);
        outcomes.push(pieces.map(|pieces| {
            let receipt = booked.add(&mut head, once.as_ref(), receive, &pieces, &mut loaded);
            Received { receipt, outcome: Outcome::Created }
        }));
    }
    booked.write(tx, &mut head, by, &mut loaded.keys).await?;
    Ok(outcomes)
}

/// What was loaded once for all receipts, kept up to date as they are decided.
struct Loaded {
    known: std::collections::HashSet<PartyId>,
    dues: Dues,
    /// The last version of each channel and reference.
    references: HashMap<(String, String), Version>,
    /// What the fund makes of the restrictions that lines ask for, and their keys.
    keys: Keys,
}

/// The last version of a channel's reference.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// The receipt.
    pub receipt: ReceiptId,
    /// Which version it is.
    pub number: i64,
    /// Whether it was not reversed.
    pub stands: bool,
}

impl Loaded {
    /// The receipt that stands under the reference of `receive`.
    fn stands(&self, receive: &Receive) -> Option<ReceiptId> {
        let version = self.references.get(&reference(receive))?;
        version.stands.then_some(version.receipt)
    }
}

/// The channel and the reference as they are kept.
fn reference(receive: &Receive) -> (String, String) {
    (receive.channel.trim().to_owned(), receive.reference.trim().to_owned())
}

/// The restriction that a piece asks for; a due's own where the line says nothing.
fn asked(line: &Line, piece: &Piece) -> Option<Restriction> {
    line.restriction.or(piece.due.is_none().then(Restriction::default))
}

async fn load(tx: &mut Tx, fund: &FundPlace, wanted: &[(Option<Once>, Receive)]) -> Result<Loaded> {
    let receipts = || wanted.iter().map(|(_, receive)| receive);
    let lines = || receipts().flat_map(|receive| &receive.lines);
    let parties: Vec<PartyId> = receipts().map(|receive| receive.payer).chain(lines().map(|line| line.donor)).collect();
    let (mut pledges, mut named, mut owing) = (vec![], vec![], vec![]);
    for line in lines() {
        match line.settles {
            Settles::Nothing => {}
            Settles::Pledge(pledge) => pledges.push(pledge),
            Settles::Due(due) => named.push(due),
            Settles::OldestFirst => owing.push(line.donor),
        }
    }
    let references: Vec<(String, String)> = receipts().map(reference).collect();
    let mut dues = Dues::default();
    if !pledges.is_empty() {
        dues.add_pledged(pledge::store::dues_of_pledges(&mut *tx, &pledges).await?);
    }
    if !named.is_empty() {
        dues.add_named(pledge::store::settled_dues(&mut *tx, &named).await?);
    }
    if !owing.is_empty() {
        dues.add_owed(pledge::store::dues_of_donors(&mut *tx, fund.id, &owing).await?);
    }
    let restrictions = lines().map(|line| line.restriction.unwrap_or_default());
    Ok(Loaded {
        known: place::parties_known(tx, &parties).await?,
        dues,
        references: store::versions(tx, fund.id, &references).await?,
        keys: Keys::new(earmark::look_up(tx, fund.id, restrictions).await?),
    })
}

/// Splits a receipt into the pieces that become lots, or says why it is refused.
fn decide(by: By<'_>, fund: &FundPlace, receive: &Receive, loaded: &mut Loaded) -> Result<Vec<Piece>> {
    let channel = check_text(&receive.channel, REFERENCE_MAX, "channel")?;
    let reference = check_text(&receive.reference, REFERENCE_MAX, "reference")?;
    check_past(receive.received_on, by.today, "receivedOn")?;
    let length = receive.note.chars().count();
    if length > MEMO_MAX {
        return Err(Refusal::TextTooLong { length, max: MEMO_MAX }.at("note"));
    }
    let size = receive.lines.len();
    if !(1..=LINES_MAX).contains(&size) {
        return Err(Refusal::ListSize { size, min: 1, max: LINES_MAX }.at("lines"));
    }
    for (at, line) in receive.lines.iter().enumerate() {
        check_amount(line.amount, &format!("lines.{at}.amount"))?;
    }
    let parts: Fen = receive.lines.iter().map(|line| line.amount).sum();
    let whole = check_amount(receive.amount.unwrap_or(parts), "amount")?;
    if parts != whole {
        return Err(Refusal::SumMismatch { parts, whole }.at("amount"));
    }
    if !loaded.known.contains(&receive.payer) {
        return Err(Refusal::NotFound { what: "party".into() }.at("payerId"));
    }
    for (at, line) in receive.lines.iter().enumerate() {
        if !loaded.known.contains(&line.donor) {
            return Err(Refusal::NotFound { what: "party".into() }.at(&format!("lines.{at}.donorId")));
        }
    }
    if loaded.stands(receive).is_some() {
        return Err(Refusal::ReceiptRepeated { channel, reference }.at("reference"));
    }
    let pieces = loaded.dues.split(fund, receive.asset, &receive.lines)?;
    if let Err(refused) = decide_restrictions(receive, &pieces, &loaded.keys) {
        loaded.dues.give_back(&pieces);
        return Err(refused);
    }
    Ok(pieces)
}

fn decide_restrictions(receive: &Receive, pieces: &[Piece], keys: &Keys) -> Result<()> {
    for piece in pieces {
        let Some(asked) = asked(&receive.lines[piece.line], piece) else { continue };
        keys.check(&asked).map_err(|refused| refused.below(&format!("lines.{}", piece.line)))?;
        if let Some(due) = &piece.due
            && keys.known(&asked) != Some(due.earmark_id)
        {
            return Err(Refusal::PledgeEarmark {}.at(&format!("lines.{}.earmark", piece.line)));
        }
    }
    Ok(())
}

/// A lot whose restriction may have no key yet, and where it goes.
struct NewLot {
    lot: Lot,
    /// `None` where the due's restriction is its own.
    asked: Option<Restriction>,
    to: AccountKind,
}

/// The rows of what was decided, written together.
#[derive(Default)]
struct Booked<'w> {
    receipts: Vec<Receipt>,
    lots: Vec<NewLot>,
    onces: Vec<Option<&'w Once>>,
    dues: BTreeMap<DueId, Fen>,
    /// What arrived on each pledge, and the last day of it.
    pledges: BTreeMap<PledgeId, (Fen, NaiveDate)>,
}

impl<'w> Booked<'w> {
    fn add(
        &mut self,
        head: &mut Head,
        once: Option<&'w Once>,
        receive: &Receive,
        pieces: &[Piece],
        loaded: &mut Loaded,
    ) -> ReceiptId {
        let id: ReceiptId = head.next_key();
        let (channel, external_ref) = reference(receive);
        let before = loaded.references.get(&(channel.clone(), external_ref.clone())).map_or(0, |last| last.number);
        let version = Version { receipt: id, number: before + 1, stands: true };
        loaded.references.insert((channel.clone(), external_ref.clone()), version);
        self.receipts.push(Receipt {
            id,
            fund_id: head.fund_id,
            payer_id: receive.payer,
            channel,
            external_ref,
            version: version.number,
            received_on: receive.received_on,
            asset: receive.asset,
            amount: pieces.iter().map(|piece| piece.amount).sum(),
            note: receive.note.trim().to_owned(),
        });
        for (line_no, piece) in (1..).zip(pieces) {
            let line = &receive.lines[piece.line];
            let due = piece.due.as_ref();
            if let Some(due) = due {
                *self.dues.entry(due.due_id).or_default() += piece.amount;
                let pledge = self.pledges.entry(due.pledge_id).or_insert((Fen::ZERO, receive.received_on));
                *pledge = (pledge.0 + piece.amount, pledge.1.max(receive.received_on));
            }
            let lot = Lot {
                id: head.next_key(),
                fund_id: head.fund_id,
                receipt_id: id,
                line_no,
                parent_id: None,
                donor_id: line.donor,
                earmark_id: due.map_or(EarmarkId(0), |due| due.earmark_id),
                due_id: due.map(|due| due.due_id),
                class: line.class,
                asset: receive.asset,
                amount: piece.amount,
                received_on: receive.received_on,
            };
            let to_match = due.is_some_and(|due| due.to_match == 1);
            let to = if to_match { AccountKind::Match } else { AccountKind::Pool };
            self.lots.push(NewLot { lot, asked: asked(line, piece), to });
        }
        self.onces.push(once);
        id
    }

    async fn write(mut self, tx: &mut Tx, head: &mut Head, by: By<'_>, keys: &mut Keys) -> Result<()> {
        if self.receipts.is_empty() {
            return Ok(());
        }
        keys.write(tx, head.fund_id, self.lots.iter().filter_map(|new| new.asked).collect()).await?;
        for new in &mut self.lots {
            new.lot.earmark_id = new.asked.map_or(new.lot.earmark_id, |asked| keys.of(&asked));
        }
        let earmarks: BTreeSet<EarmarkId> = self.lots.iter().map(|new| new.lot.earmark_id).collect();
        let terms = earmark::by_ids(&mut *tx, &earmarks.into_iter().collect::<Vec<_>>()).await?;
        let terms: Terms = terms.into_iter().map(|one| (one.id, one)).collect();
        let drafts = self.drafts(&terms);
        let lots: Vec<Lot> = self.lots.into_iter().map(|new| new.lot).collect();
        ledger_store::insert_receipts(tx, &self.receipts).await?;
        ledger_store::insert_lots(tx, &lots).await?;
        let entries = post(tx, head, by, &drafts).await?;
        let dues: Vec<_> = self.dues.into_iter().collect();
        let touched = pledge::store::add_received_to_dues(tx, &dues).await?;
        crate::error::ensure_rows(touched, dues.len(), "dues settled")?;
        let pledges: Vec<_> = self.pledges.into_iter().map(|(pledge, (amount, day))| (pledge, amount, day)).collect();
        let touched = pledge::store::add_received(tx, &pledges).await?;
        crate::error::ensure_rows(touched, pledges.len(), "pledges settled")?;
        let mut answers = Vec::new();
        for ((once, receipt), entry) in self.onces.into_iter().zip(&self.receipts).zip(entries) {
            if let Some(once) = once {
                let answer = Received { receipt: receipt.id, outcome: Outcome::Created };
                answers.push((once, Some(entry), idem::stored(&answer)?));
            }
        }
        idem::remember(tx, &answers).await
    }

    /// The entry of each receipt.
    fn drafts(&self, terms: &Terms) -> Vec<Draft> {
        // Lots stand in the order of their receipts.
        let by_receipt = self.lots.chunk_by(|one, next| one.lot.receipt_id == next.lot.receipt_id);
        let draft = |(receipt, new): (&Receipt, &[NewLot])| {
            let lots: Vec<Lot> = new.iter().map(|new| new.lot.clone()).collect();
            let into = |new: &NewLot| Move {
                lot_id: new.lot.id,
                donor_id: new.lot.donor_id,
                earmark_id: new.lot.earmark_id,
                source_id: of_fund(receipt.fund_id, AccountKind::Outside, receipt.asset),
                destination_id: of_fund(receipt.fund_id, new.to, receipt.asset),
                amount: new.lot.amount,
            };
            let moves = new.iter().map(into).collect();
            let mut draft = Draft::new(EntryKind::Receive, receipt.received_on, receipt.note.clone(), moves);
            draft.receipt_id = Some(receipt.id);
            draft.documents = digest_receipt(receipt, &lots, terms);
            draft
        };
        self.receipts.iter().zip(by_receipt).map(draft).collect()
    }
}
