//! The papers behind the entries: receipts with their lots, expenses with their evidence, refunds, and
//! the committee's decisions. All are immutable, and each entry's seal covers its own.

use std::collections::HashMap;

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{account::Asset, earmark::Earmark, seal::Sealer};
use crate::{
    id::{
        DecisionId, DueId, EarmarkId, EntryId, ExpenseId, FundId, LotId, PartyId, PledgeId, PurposeId, ReceiptId,
        RefundId, TargetId,
    },
    money::Fen,
};

crate::part!(Lot {
    id,
    fund_id,
    receipt_id,
    line_no,
    parent_id,
    donor_id,
    earmark_id,
    due_id,
    class,
    asset,
    amount,
    received_on,
});
crate::part!(ExpenseDocument { id, fund_id, target_id, payee_id, purpose_id, asset, amount, incurred_on, note });

/// One bank credit, or one intake of goods.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Receipt {
    /// The key.
    pub id: ReceiptId,
    /// The fund it came to.
    pub fund_id: FundId,
    /// Who paid; the givers may be others.
    pub payer_id: PartyId,
    /// How it came: a bank, a platform, a cash box.
    pub channel: String,
    /// Its number in that channel.
    pub external_ref: String,
    /// 1, and one more each time it is booked anew after a reversal.
    pub version: i64,
    /// The day it arrived.
    pub received_on: NaiveDate,
    /// Cash or goods.
    pub asset: Asset,
    /// The whole sum: Σ of its lots.
    pub amount: Fen,
    /// What the statement says of it.
    pub note: String,
}

/// Why money is in a fund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "ContributionClass")]
pub enum LotClass {
    /// A gift.
    #[default]
    Gift,
    /// The residents' own part of a project.
    Copay,
    /// The host's cover of a loss.
    Cover,
}

impl LotClass {
    /// As the database and the seals write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gift => "GIFT",
            Self::Copay => "COPAY",
            Self::Cover => "COVER",
        }
    }
}

/// One giver, one restriction, one line of a receipt: the unit of provenance, the same for life.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Lot {
    /// The key; within a fund, older lots have smaller keys.
    pub id: LotId,
    /// The fund it came to.
    pub fund_id: FundId,
    /// The receipt it is a line of.
    pub receipt_id: ReceiptId,
    /// Which line.
    pub line_no: i64,
    /// The lot it was made from by a correction.
    pub parent_id: Option<LotId>,
    /// Whose gift it is.
    pub donor_id: PartyId,
    /// What it may be used for.
    pub earmark_id: EarmarkId,
    /// The due of a pledge it settles.
    pub due_id: Option<DueId>,
    /// Why it is in the fund.
    pub class: LotClass,
    /// Cash or goods.
    pub asset: Asset,
    /// The sum.
    pub amount: Fen,
    /// The day it arrived.
    pub received_on: NaiveDate,
}

/// Money really paid out, or goods used up.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ExpenseDocument {
    /// The key.
    pub id: ExpenseId,
    /// The fund that paid.
    pub fund_id: FundId,
    /// The project or grant it was for.
    pub target_id: TargetId,
    /// Who was paid.
    pub payee_id: PartyId,
    /// What it was used for.
    pub purpose_id: PurposeId,
    /// Cash or goods.
    pub asset: Asset,
    /// The sum.
    pub amount: Fen,
    /// The day it was paid.
    pub incurred_on: NaiveDate,
    /// What was bought.
    pub note: String,
}

/// What kind of paper proves an expense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvidenceKind {
    /// An invoice (发票).
    Invoice,
    /// A receipt that was signed.
    Receipt,
    /// A photograph of what was done.
    Photo,
    /// A contract.
    Contract,
    /// Something else.
    Other,
}

impl EvidenceKind {
    /// As the database and the seals write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Invoice => "INVOICE",
            Self::Receipt => "RECEIPT",
            Self::Photo => "PHOTO",
            Self::Contract => "CONTRACT",
            Self::Other => "OTHER",
        }
    }
}

/// A file that proves an expense, by its digest.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EvidenceDocument {
    /// The expense.
    pub expense_id: ExpenseId,
    /// Which of its files.
    pub line_no: i64,
    /// What kind of paper.
    pub kind: EvidenceKind,
    /// SHA-256 of the file in lower-case hexadecimal.
    pub sha256: String,
    /// What the file is called.
    pub name: String,
}

/// Money given back to its giver.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RefundDocument {
    /// The key.
    pub id: RefundId,
    /// The fund that gave it back.
    pub fund_id: FundId,
    /// To whom.
    pub donor_id: PartyId,
    /// The sum.
    pub amount: Fen,
    /// The day it was paid.
    pub refunded_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// What an allocation's seal covers of the decision it stands on.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DecisionDocument {
    /// The key.
    pub id: DecisionId,
    /// The fund whose committee sat.
    pub fund_id: FundId,
    /// The project or grant it is about.
    pub target_id: TargetId,
    /// The number in the minutes.
    pub resolution_number: String,
    /// The most that may be allocated on it.
    pub amount: Fen,
    /// The day the committee sat.
    pub approved_on: NaiveDate,
    /// How many voted for it.
    pub votes_for: i64,
    /// How many sat.
    pub votes_all: i64,
}

/// The restrictions that lots carry, by their keys.
pub type Terms = HashMap<EarmarkId, Earmark>;

/// The digest of a receipt with its lots in the order of their lines, each with the words of its
/// restriction: a restriction that is widened later is seen.
pub fn digest_receipt(receipt: &Receipt, lots: &[Lot], terms: &Terms) -> String {
    let sealer = Sealer::new("receipt")
        .int(receipt.id)
        .int(receipt.fund_id)
        .int(receipt.payer_id)
        .text(&receipt.channel)
        .text(&receipt.external_ref)
        .int(receipt.version)
        .date(receipt.received_on)
        .text(receipt.asset.code())
        .int(receipt.amount.0)
        .text(&receipt.note);
    let add = |sealer: Sealer, lot: &Lot| {
        sealer
            .int(lot.id)
            .int(lot.line_no)
            .int(lot.donor_id)
            .int(lot.earmark_id)
            .maybe(lot.due_id)
            .text(lot.class.code())
            .int(lot.amount.0)
            .text(&terms.get(&lot.earmark_id).map(Earmark::digest).unwrap_or_default())
    };
    lots.iter().fold(sealer, add).finish()
}

/// The digest of an expense with its evidence in the order of its lines.
pub fn digest_expense(expense: &ExpenseDocument, evidence: &[EvidenceDocument]) -> String {
    let sealer = Sealer::new("expense")
        .int(expense.id)
        .int(expense.fund_id)
        .int(expense.target_id)
        .int(expense.payee_id)
        .int(expense.purpose_id)
        .text(expense.asset.code())
        .int(expense.amount.0)
        .date(expense.incurred_on)
        .text(&expense.note);
    let add = |sealer: Sealer, one: &EvidenceDocument| {
        sealer.int(one.line_no).text(one.kind.code()).text(&one.sha256).text(&one.name)
    };
    evidence.iter().fold(sealer, add).finish()
}

/// The digest of a refund.
pub fn digest_refund(refund: &RefundDocument) -> String {
    Sealer::new("refund")
        .int(refund.id)
        .int(refund.fund_id)
        .int(refund.donor_id)
        .int(refund.amount.0)
        .date(refund.refunded_on)
        .text(&refund.reason)
        .finish()
}

/// A gift that was given another giver or restriction, and who agreed to it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RelotDocument {
    /// The lot it was.
    pub lot_id: LotId,
    /// The lot it became.
    pub child_id: LotId,
    /// Who agreed.
    pub consented_by: PartyId,
    /// When.
    pub consented_on: NaiveDate,
    /// SHA-256 of the paper that says so.
    pub sha256: String,
}

/// The digest of a changed gift with the lot it became, and the words of that lot's restriction.
pub fn digest_relot(relot: &RelotDocument, child: &Lot, terms: &Terms) -> String {
    Sealer::new("relot")
        .int(relot.lot_id)
        .int(relot.consented_by)
        .date(relot.consented_on)
        .text(&relot.sha256)
        .int(child.id)
        .int(child.receipt_id)
        .int(child.line_no)
        .maybe(child.parent_id)
        .int(child.donor_id)
        .maybe(child.due_id)
        .text(child.class.code())
        .text(child.asset.code())
        .int(child.amount.0)
        .date(child.received_on)
        .text(&terms.get(&child.earmark_id).map(Earmark::digest).unwrap_or_default())
        .finish()
}

/// A vendor's credit note on an expense.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CreditDocument {
    /// The expense.
    pub expense_id: ExpenseId,
    /// By how much the expense changes; below zero lowers it.
    pub delta: Fen,
    /// SHA-256 of the credit note.
    pub sha256: String,
}

/// The digest of a vendor's credit note.
pub fn digest_credit(credit: &CreditDocument) -> String {
    Sealer::new("credit").int(credit.expense_id).int(credit.delta.0).text(&credit.sha256).finish()
}

/// A lost advance that was written off.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WriteOffDocument {
    /// The project or grant it was for.
    pub target_id: TargetId,
    /// SHA-256 of the paper that shows the loss and who allowed this.
    pub sha256: String,
}

/// The digest of a written-off advance.
pub fn digest_write_off(write_off: &WriteOffDocument) -> String {
    Sealer::new("write off").int(write_off.target_id).text(&write_off.sha256).finish()
}

/// The digest of what ties an entry to the one that it belongs to.
pub fn digest_pair(pair: EntryId) -> String {
    Sealer::new("pair").int(pair).finish()
}

/// How one seat of the committee voted.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SeatDocument {
    /// The decision.
    pub decision_id: DecisionId,
    /// Which seat.
    pub seat_no: i64,
    /// For whom it is held.
    pub constituency: String,
    /// Who held it.
    pub holder: String,
    /// How it voted.
    pub vote: String,
}

/// The digest of a decision with its seats in their order.
pub fn digest_decision(decision: &DecisionDocument, seats: &[SeatDocument]) -> String {
    let sealer = Sealer::new("decision")
        .int(decision.id)
        .int(decision.fund_id)
        .int(decision.target_id)
        .text(&decision.resolution_number)
        .int(decision.amount.0)
        .date(decision.approved_on)
        .int(decision.votes_for)
        .int(decision.votes_all);
    let add = |sealer: Sealer, seat: &SeatDocument| {
        sealer.int(seat.seat_no).text(&seat.constituency).text(&seat.holder).text(&seat.vote)
    };
    seats.iter().fold(sealer, add).finish()
}

/// What a match followed: a gift, its amount, and what the match gave for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AccrualDocument {
    /// The matching pledge.
    pub pledge_id: PledgeId,
    /// The gift.
    pub base_lot_id: LotId,
    /// Its amount.
    pub base: Fen,
    /// What the match gave for it.
    pub amount: Fen,
}

/// The digest of what a match followed, in the order of the gifts.
pub fn digest_match(accruals: &[AccrualDocument]) -> String {
    let add = |sealer: Sealer, one: &AccrualDocument| {
        sealer.int(one.pledge_id).int(one.base_lot_id).int(one.base.0).int(one.amount.0)
    };
    accruals.iter().fold(Sealer::new("match"), add).finish()
}
