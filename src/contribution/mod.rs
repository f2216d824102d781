//! Contributions: money that has really arrived.
//!
//! * A contribution is one receipt with one or many lines; each line becomes lots of its giver.
//! * It settles no pledge, one or many: exactly, or the oldest due first; what is left over is a gift of
//!   its own.
//! * Σ lines = the receipt, or nothing is booked. The same bank line is never booked twice.

pub mod graphql;
pub mod refund;
pub mod settle;
pub mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head::{self, Head},
    id::{EarmarkId, FundId, PartyId, PledgeId, ReceiptId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind, Move,
        account::of_fund,
        document::{Lot, LotClass, Receipt, Terms, digest_receipt},
        earmark::{self, Restriction},
        idem::{self, Once},
        place::{self, FundPlace},
        post,
        reverse::MEMO_MAX,
        store as ledger_store,
    },
    money::Fen,
    pledge::{self, PledgeKind},
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
    /// This one.
    Pledge(PledgeId),
    /// The giver's accepted pledges, the oldest due first; the rest is a gift of its own.
    OldestFirst,
}

/// A contribution that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The receipt.
    pub receipt: ReceiptId,
}

/// Lines of one receipt: a bank's batch file has some hundreds.
pub const LINES_MAX: usize = 5_000;

/// The most characters of a channel or a reference.
const REFERENCE_MAX: usize = 200;

/// Books what has arrived in one fund, each receipt under its own key; a refused one does not hinder the
/// others, and nothing of it is booked.
///
/// # Errors
/// Of the whole: a fund that is not there, a viewer without the right, a fault.
pub async fn receive(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    wanted: &[(Once, Receive)],
) -> Result<Vec<Result<Received>>> {
    let mut head = head::lock(tx, fund).await?;
    let onces: Vec<Once> = wanted.iter().map(|(once, _)| once.clone()).collect();
    let answered = idem::answered::<Received>(&mut *tx, &onces).await?;
    let fund = place::fund(tx, fund).await?;
    by.viewer.must(Act::BookContribution, &[fund.on()])?;
    let covers = |(_, receive): &(Once, Receive)| receive.lines.iter().any(|line| line.class == LotClass::Cover);
    if wanted.iter().any(covers) {
        by.viewer.must(Act::ActAsHost, &[fund.on()])?;
    }
    let mut loaded = load(tx, &fund, wanted).await?;

    let mut outcomes = Vec::with_capacity(wanted.len());
    let mut booked = Booked::default();
    for ((once, receive), answered) in wanted.iter().zip(answered) {
        if let Some(answer) = answered {
            outcomes.push(answer);
            continue;
        }
        let pieces = match decide(by, &fund, receive, &mut loaded) {
            Ok(pieces) => pieces,
            Err(refused) => {
                outcomes.push(Err(refused));
                continue;
            }
        };
        let earmarks = earmarks(tx, &fund, receive, &pieces, &mut loaded).await?;
        match earmarks {
            Err(refused) => {
                loaded.dues.give_back(&pieces);
                outcomes.push(Err(refused));
            }
            Ok(earmarks) => {
                let receipt = booked.add(&mut head, once, receive, &pieces, &earmarks, &mut loaded);
                outcomes.push(Ok(Received { receipt }));
            }
        }
    }
    booked.write(tx, &mut head, by).await?;
    Ok(outcomes)
}

/// What was loaded once for all receipts, kept up to date as they are decided.
struct Loaded {
    known: std::collections::HashSet<PartyId>,
    dues: Dues,
    /// The last version of each channel and reference, and whether it still stands.
    references: HashMap<(String, String), (i64, bool)>,
    /// Whether the fund takes gifts under these restrictions.
    restrictions: HashMap<Restriction, Result<()>>,
    /// The keys of restrictions that were written down before.
    earmarks: HashMap<Restriction, EarmarkId>,
}

async fn load(tx: &mut Tx, fund: &FundPlace, wanted: &[(Once, Receive)]) -> Result<Loaded> {
    let receipts = || wanted.iter().map(|(_, receive)| receive);
    let lines = || receipts().flat_map(|receive| &receive.lines);
    let parties: Vec<PartyId> = receipts().map(|receive| receive.payer).chain(lines().map(|line| line.donor)).collect();
    let named: Vec<PledgeId> = lines()
        .filter_map(|line| if let Settles::Pledge(pledge) = line.settles { Some(pledge) } else { None })
        .collect();
    let owing: Vec<PartyId> =
        lines().filter(|line| line.settles == Settles::OldestFirst).map(|line| line.donor).collect();
    let references: Vec<(String, String)> =
        receipts().map(|receive| (receive.channel.trim().to_owned(), receive.reference.trim().to_owned())).collect();
    let mut dues = Dues::default();
    if !named.is_empty() {
        dues.add_named(pledge::store::dues_of_pledges(&mut *tx, &named).await?);
    }
    if !owing.is_empty() {
        dues.add_owed(pledge::store::dues_of_donors(&mut *tx, fund.id, &owing).await?);
    }
    Ok(Loaded {
        known: place::parties_known(tx, &parties).await?,
        dues,
        references: store::versions(tx, fund.id, &references).await?,
        restrictions: HashMap::new(),
        earmarks: HashMap::new(),
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
    if loaded.references.get(&(channel.clone(), reference.clone())).is_some_and(|(_, stands)| *stands) {
        return Err(Refusal::ReceiptRepeated { channel, reference }.at("reference"));
    }
    for (at, line) in receive.lines.iter().enumerate() {
        if receive.asset == Asset::Kind && line.settles != Settles::Nothing {
            return Err(Refusal::AssetMismatch {}.at(&format!("lines.{at}.pledgeId")));
        }
        if line.class == LotClass::Cover && line.donor != fund.host_party_id {
            return Err(Refusal::CoverOfAnother {}.at(&format!("lines.{at}.donorId")));
        }
    }
    loaded.dues.split(fund, &receive.lines)
}

/// The restriction of each piece, written down where it is new.
///
/// All are checked before the first is written: a refused receipt uses up no key.
async fn earmarks(
    tx: &mut Tx,
    fund: &FundPlace,
    receive: &Receive,
    pieces: &[Piece],
    loaded: &mut Loaded,
) -> Result<Result<Vec<EarmarkId>>> {
    let asked =
        |piece: &Piece| receive.lines[piece.line].restriction.or(piece.due.is_none().then(Restriction::default));
    for piece in pieces {
        let Some(asked) = asked(piece) else { continue };
        if let Entry::Vacant(place) = loaded.restrictions.entry(asked) {
            place.insert(earmark::check(tx, fund.id, &asked).await?.map(drop));
        }
        if let Err(refused) = &loaded.restrictions[&asked] {
            return Ok(Err(refused.clone().below(&format!("lines.{}", piece.line))));
        }
        if let Some(due) = &piece.due
            && earmark::find(tx, fund.id, &asked).await? != Some(due.earmark_id)
        {
            return Ok(Err(Refusal::PledgeEarmark {}.at(&format!("lines.{}.earmark", piece.line))));
        }
    }
    let mut found = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Some(asked) = asked(piece) else {
            found.push(piece.due.as_ref().expect("a piece without a restriction settles a due").earmark_id);
            continue;
        };
        if let Entry::Vacant(place) = loaded.earmarks.entry(asked) {
            place.insert(earmark::ensure(tx, fund.id, &[asked]).await?.remove(0)?);
        }
        found.push(loaded.earmarks[&asked]);
    }
    Ok(Ok(found))
}

/// The rows of what was decided, written together.
#[derive(Default)]
struct Booked<'w> {
    receipts: Vec<Receipt>,
    lots: Vec<Lot>,
    drafts: Vec<Draft>,
    onces: Vec<&'w Once>,
    /// What arrived on each pledge, by the day that fulfils it.
    received: BTreeMap<NaiveDate, BTreeMap<PledgeId, Fen>>,
}

impl<'w> Booked<'w> {
    fn add(
        &mut self,
        head: &mut Head,
        once: &'w Once,
        receive: &Receive,
        pieces: &[Piece],
        earmarks: &[EarmarkId],
        loaded: &mut Loaded,
    ) -> ReceiptId {
        let channel = receive.channel.trim().to_owned();
        let external_ref = receive.reference.trim().to_owned();
        let version = loaded.references.entry((channel.clone(), external_ref.clone())).or_insert((0, false));
        *version = (version.0 + 1, true);
        let receipt = Receipt {
            id: head.next_key(),
            fund_id: head.fund_id,
            payer_id: receive.payer,
            channel,
            external_ref,
            version: version.0,
            received_on: receive.received_on,
            asset: receive.asset,
            amount: pieces.iter().map(|piece| piece.amount).sum(),
            note: receive.note.trim().to_owned(),
        };
        let mut moves = Vec::with_capacity(pieces.len());
        for ((line_no, piece), earmark_id) in (1..).zip(pieces).zip(earmarks) {
            let line = &receive.lines[piece.line];
            let lot = Lot {
                id: head.next_key(),
                fund_id: head.fund_id,
                receipt_id: receipt.id,
                line_no,
                parent_id: None,
                donor_id: line.donor,
                earmark_id: *earmark_id,
                due_id: piece.due.as_ref().map(|due| due.due_id),
                class: line.class,
                asset: receive.asset,
                amount: piece.amount,
                received_on: receive.received_on,
            };
            let to_match = piece.due.as_ref().is_some_and(|due| due.kind == PledgeKind::Matching);
            let place = if to_match { AccountKind::Match } else { AccountKind::Pool };
            moves.push(Move {
                lot_id: lot.id,
                donor_id: lot.donor_id,
                earmark_id: lot.earmark_id,
                source_id: of_fund(head.fund_id, AccountKind::Outside, receive.asset),
                destination_id: of_fund(head.fund_id, place, receive.asset),
                amount: lot.amount,
            });
            if let Some(due) = &piece.due {
                let day = self.received.entry(receive.received_on).or_default();
                *day.entry(due.pledge_id).or_default() += piece.amount;
            }
            self.lots.push(lot);
        }
        let mut draft = Draft::new(EntryKind::Receive, receive.received_on, receipt.note.clone(), moves);
        draft.receipt_id = Some(receipt.id);
        let id = receipt.id;
        self.receipts.push(receipt);
        self.drafts.push(draft);
        self.onces.push(once);
        id
    }

    async fn write(mut self, tx: &mut Tx, head: &mut Head, by: By<'_>) -> Result<()> {
        if self.drafts.is_empty() {
            return Ok(());
        }
        let earmarks: BTreeSet<EarmarkId> = self.lots.iter().map(|lot| lot.earmark_id).collect();
        let terms = earmark::by_ids(&mut *tx, &earmarks.into_iter().collect::<Vec<_>>()).await?;
        let terms: Terms = terms.into_iter().map(|one| (one.id, one)).collect();
        // Lots stand in the order of their receipts.
        let by_receipt = self.lots.chunk_by(|one, next| one.receipt_id == next.receipt_id);
        for ((draft, receipt), lots) in self.drafts.iter_mut().zip(&self.receipts).zip(by_receipt) {
            draft.documents = digest_receipt(receipt, lots, &terms);
        }
        ledger_store::insert_receipts(tx, &self.receipts).await?;
        ledger_store::insert_lots(tx, &self.lots).await?;
        let entries = post(tx, head, by, &self.drafts).await?;
        for (day, received) in self.received {
            let rows: Vec<_> = received.into_iter().collect();
            let touched = pledge::store::add_received(tx, day, &rows).await?;
            crate::error::ensure_rows(touched, rows.len(), "pledges settled")?;
        }
        let mut answers = Vec::with_capacity(entries.len());
        for ((once, receipt), entry) in self.onces.into_iter().zip(&self.receipts).zip(entries) {
            let answer = serde_json::to_string(&Received { receipt: receipt.id });
            answers.push((once, Some(entry), answer.map_err(|why| anyhow::anyhow!("answer is no JSON: {why}"))?));
        }
        idem::remember(tx, &answers).await
    }
}
