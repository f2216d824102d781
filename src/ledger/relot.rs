//! Changing a gift (A10): another giver where a mistake was made, another restriction where its giver agrees.
//!
//! * Each piece of the lot leaves its place and comes back as a child lot in the same place, in one entry, so
//!   that nobody holds more or less than before.
//! * What was given back stays with the lot it was given back of.
//! * A new giver is the giver of all that is left, spent or not. A new restriction is for what is not yet
//!   spent: what was spent was spent as its giver had allowed.
//! * Every place that the child lot comes to must be one that its restriction allows.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    account::{AccountKind, of_fund},
    document::{Lot, LotClass, RelotDocument, Terms, digest_relot},
    earmark::{self, Restriction},
    idem::Once,
    place,
    post::{Draft, EntryKind, Move, post},
    reverse::MEMO_MAX,
    store::{self, Piece},
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_digest, check_past, check_text},
    fund::head,
    id::{EntryId, FundId, LotId, PartyId, TargetId},
    money::Fen,
    viewer::{Act, By},
};

/// A gift to be changed.
#[derive(Clone, Debug, Serialize)]
pub struct Relot {
    /// The lot.
    pub lot: LotId,
    /// Whose gift it really is; `None` to leave the giver.
    pub donor: Option<PartyId>,
    /// What it may be used for from now on; `None` to leave the restriction.
    pub restriction: Option<Restriction>,
    /// Who agreed.
    pub consented_by: PartyId,
    /// When.
    pub consented_on: NaiveDate,
    /// SHA-256 of the paper that says so.
    pub sha256: String,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// A gift that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relotted {
    /// The entry.
    pub entry: EntryId,
    /// The lot it became.
    pub child: LotId,
}

/// Gives what is left of a lot another giver or restriction.
///
/// # Errors
/// Refused, in this order: broken text, day or digest; no such lot or party; another giver of a
/// cover than the host; nothing would change; somebody
/// else's consent; a restriction that the fund does not take; nothing left to change, or a place that the new
/// restriction does not allow.
pub async fn relot(tx: &mut Tx, by: By<'_>, once: &Once, input: &Relot) -> Result<Relotted> {
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    check_past(input.consented_on, input.effective_on, "consentedOn")?;
    let sha256 = check_digest(&input.sha256, "sha256")?;
    let no_lot = || Refusal::NotFound { what: "gift".into() }.at("lotId");
    let lot = store::lots_by_ids(&mut *tx, &[input.lot]).await?.pop().ok_or_else(no_lot)?;
    // The lot may have been transferred: its money is locked where it is.
    let fund = fund_of(tx, &lot).await?;
    let mut head = head::lock(tx, fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let place = place::fund(tx, fund).await?;
    by.viewer.must(Act::Correct, &[place.on()])?;
    let donor = input.donor.unwrap_or(lot.donor_id);
    let known = place::parties_known(tx, &[donor, input.consented_by]).await?;
    for (party, field) in [(donor, "donorId"), (input.consented_by, "consentedById")] {
        if !known.contains(&party) {
            return Err(Refusal::NotFound { what: "party".into() }.at(field));
        }
    }
    if lot.class == LotClass::Cover && donor != place.host_party_id {
        return Err(Refusal::CoverOfAnother {}.at("donorId"));
    }
    let payer = store::payer_of(&mut *tx, lot.receipt_id).await?;
    let is_own = input.consented_by == lot.donor_id || (donor != lot.donor_id && input.consented_by == payer);
    // A new restriction is written down last: a refused change uses up no key.
    let known = match &input.restriction {
        Some(restriction) => {
            let taken = earmark::look_up(tx, fund, [*restriction]).await?;
            taken[restriction].clone()?.id
        }
        None => Some(lot.earmark_id),
    };
    if (donor, known) == (lot.donor_id, Some(lot.earmark_id)) {
        return Err(Refusal::NothingChanges {}.at("lotId"));
    }
    if !is_own {
        return Err(Refusal::ConsentOfAnother {}.at("consentedById"));
    }
    let pieces = store::pieces_of_lot(&mut *tx, lot.id).await?;
    let pieces = pieces_to_change(pieces, fund, donor != lot.donor_id);
    ensure_allowed(tx, &lot, input.restriction.as_ref(), &pieces).await?;
    let earmark_id = match &input.restriction {
        Some(restriction) => earmark::ensure(tx, fund, &[*restriction]).await?.remove(0)?,
        None => lot.earmark_id,
    };

    let child = Lot {
        id: head.next_key(),
        fund_id: fund,
        line_no: store::next_line(&mut *tx, lot.receipt_id).await?,
        parent_id: Some(lot.id),
        donor_id: donor,
        earmark_id,
        amount: pieces.iter().map(|piece| piece.amount).sum(),
        ..lot.clone()
    };
    store::insert_lots(tx, std::slice::from_ref(&child)).await?;
    let document = RelotDocument {
        lot_id: lot.id,
        child_id: child.id,
        consented_by: input.consented_by,
        consented_on: input.consented_on,
        sha256,
    };
    let terms = earmark::by_ids(&mut *tx, &[earmark_id]).await?;
    let terms: Terms = terms.into_iter().map(|one| (one.id, one)).collect();
    let mut draft = Draft::new(EntryKind::Relot, input.effective_on, memo, moves(fund, &lot, &child, &pieces));
    draft.documents = digest_relot(&document, &child, &terms);
    let entry = post(tx, &mut head, by, &[draft]).await?[0];
    store::insert_relot(tx, entry, &document).await?;
    let done = Relotted { entry, child: child.id };
    once.remember(tx, Some(entry), &done).await?;
    Ok(done)
}

/// The fund whose pieces are changed: the lot's own, or where nothing is left there, one that it was moved to.
async fn fund_of(tx: &mut Tx, lot: &Lot) -> Result<FundId> {
    let mut pieces = store::pieces_of_lot(&mut *tx, lot.id).await?;
    pieces.retain(|piece| piece.kind != AccountKind::Refund);
    let is_own = pieces.iter().any(|piece| piece.fund_id == lot.fund_id);
    Ok(pieces.last().filter(|_| !is_own).map_or(lot.fund_id, |piece| piece.fund_id))
}

/// The pieces of a lot that a change is about; `new_giver` tells whether spent ones are among them.
fn pieces_to_change(pieces: Vec<Piece>, fund: FundId, new_giver: bool) -> Vec<Piece> {
    use AccountKind::{Advance, Expense, Loss, Match, Pool, Target};
    let is_left = |piece: &Piece| match piece.kind {
        Pool | Match | Target | Advance => true,
        Expense | Loss => new_giver,
        _ => false,
    };
    pieces.into_iter().filter(|piece| piece.fund_id == fund && is_left(piece)).collect()
}

/// Checks that something is left to change, and that the new restriction allows every place where it is; the
/// lot's own always does.
async fn ensure_allowed(tx: &mut Tx, lot: &Lot, restriction: Option<&Restriction>, pieces: &[Piece]) -> Result<()> {
    let refused = || Refusal::LotNotEligible { lot: lot.id.0.to_string() }.at("lotId");
    if pieces.is_empty() {
        return Err(refused());
    }
    let targets: Vec<TargetId> = pieces.iter().filter_map(|piece| piece.target_id).collect();
    let (Some(restriction), false) = (restriction, targets.is_empty()) else { return Ok(()) };
    let allowed = store::targets_allowed(&mut *tx, restriction, &targets).await?;
    if targets.iter().any(|target| !allowed.contains(&(*target,))) {
        return Err(refused());
    }
    Ok(())
}

/// Every piece out of its place as the lot, then back into it as the child.
fn moves(fund: FundId, lot: &Lot, child: &Lot, pieces: &[Piece]) -> Vec<Move> {
    let outside = of_fund(fund, AccountKind::Outside, lot.asset);
    let one = |lot: &Lot, source_id, destination_id, amount: Fen| Move {
        lot_id: lot.id,
        donor_id: lot.donor_id,
        earmark_id: lot.earmark_id,
        source_id,
        destination_id,
        amount,
    };
    let out = pieces.iter().map(|piece| one(lot, piece.account_id, outside, piece.amount));
    let back = pieces.iter().map(|piece| one(child, outside, piece.account_id, piece.amount));
    out.chain(back).collect()
}
