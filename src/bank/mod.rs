//! The bank: what its statements say, beside what the books say.
//!
//! * A line is what the statement says: the account, the bank's number, the day, the signed amount, the
//!   counterparty as it is written. Recording the same line again changes nothing.
//! * An account is a fund's own sub-account, or the host's account that holds several funds; all lines of
//!   one account have one owner.
//! * Lines are matched to entries in groups whose two sides add up to the same sum: one to one, a payment
//!   in two transfers, several receipts that a bank collects, a transfer that the bank took back.
//! * A line or an entry is in one standing match at most; matching and taking back are acts, kept for good.
//! * Of an entry and its reversal the bank knows both or neither.

pub mod graphql;
pub mod matching;
pub mod store;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_note, check_past, check_text},
    id::{BankLineId, BankMatchId, FundId, HostId},
    money::Fen,
    viewer::{Act, By, On},
};

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The host's, which holds the money of several funds.
    Host(HostId),
    /// A fund's own.
    Fund(FundId),
}

/// A line of a statement, as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDraft {
    /// The account, as the statement names it.
    pub account: String,
    /// The bank's number of the line; with the account, what the line is known by.
    pub reference: String,
    /// The day the bank booked it.
    pub booked_on: NaiveDate,
    /// Above zero for what came in, below for what went out.
    pub amount: Fen,
    /// Who is on the other side, as the statement writes it; may be empty.
    pub counterparty: String,
    /// What else the statement says; may be empty.
    pub note: String,
}

/// A line of a statement that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BankLine {
    /// The key.
    pub id: BankLineId,
    /// The host whose bank it is.
    pub host_id: HostId,
    /// The fund whose account it is; `None` for the host's.
    pub fund_id: Option<FundId>,
    /// The account, as the statement names it.
    pub account: String,
    /// The bank's number of the line.
    pub reference: String,
    /// The day the bank booked it.
    pub booked_on: NaiveDate,
    /// Above zero for what came in, below for what went out.
    pub amount: Fen,
    /// Who is on the other side, as the statement writes it.
    pub counterparty: String,
    /// What else the statement says.
    pub note: String,
    /// The match that stands; `None` while there is none.
    pub match_id: Option<BankMatchId>,
}

/// Some lines and some entries that are the same money.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BankMatch {
    /// The key.
    pub id: BankMatchId,
    /// The host whose bank it is.
    pub host_id: HostId,
    /// The fund of all its lines and entries; `None` where they are on the host's account.
    pub fund_id: Option<FundId>,
    /// Why they belong together.
    pub note: String,
    /// When it was made.
    pub matched_at: DateTime<Utc>,
    /// When it was taken back; `None` while it stands.
    pub unmatched_at: Option<DateTime<Utc>>,
}

/// A line that was recorded, now or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The line.
    pub line: BankLineId,
    /// Whether it was known before.
    pub known: bool,
}

/// The owner of an account, as far as an operation has to know it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OwnerPlace {
    /// The host.
    pub host_id: HostId,
    /// The fund; `None` for the host itself.
    pub fund_id: Option<FundId>,
    /// What it is called.
    pub name: String,
    /// The path of its area.
    pub area_path: String,
}

impl OwnerPlace {
    /// What a check of rights is about.
    pub fn on(&self) -> On<'_> {
        match self.fund_id {
            Some(fund) => On::Fund(fund, &self.area_path),
            None => On::Area(&self.area_path),
        }
    }
}

/// The most characters of an account's name, a reference or a counterparty.
pub const NAME_MAX: usize = 200;
/// The most characters of a note.
pub const NOTE_MAX: usize = 500;

/// Records lines of one owner's accounts. A refused line does not hinder the others; one that was recorded
/// before is given back as it is.
///
/// # Errors
/// Of the whole: an owner that is not there, a viewer without the right. Of a line, in this order: broken
/// text, amount or day; an account of another owner; a line that was recorded before and said something else.
pub async fn record(tx: &mut Tx, by: By<'_>, owner: Owner, lines: &[LineDraft]) -> Result<Vec<Result<Recorded>>> {
    let actor = by.viewer.actor()?;
    let place = place_of(tx, owner).await?;
    by.viewer.must(Act::KeepBank, &[place.on()])?;
    store::lock(tx, place.host_id).await?;
    let Decided { mut known, fresh, outcomes } = decide(tx, by, &place, lines).await?;
    for (id, account, reference) in store::insert(tx, &place, &fresh, actor, by.now).await? {
        known.get_mut(&(account, reference)).expect("it was put there to be inserted").1 = Some(id);
    }
    let recorded = |(line, was_known): (LineDraft, bool)| {
        let line = known[&(line.account, line.reference)].1.expect("every line was inserted or known");
        Recorded { line, known: was_known }
    };
    Ok(outcomes.into_iter().map(|outcome| outcome.map(recorded)).collect())
}

/// Whether each line is known already, as [`record`] would find; nothing is written.
///
/// # Errors
/// As [`record`].
pub async fn judge(tx: &mut Tx, by: By<'_>, owner: Owner, lines: &[LineDraft]) -> Result<Vec<Result<bool>>> {
    let place = place_of(tx, owner).await?;
    by.viewer.must(Act::KeepBank, &[place.on()])?;
    let decided = decide(tx, by, &place, lines).await?;
    Ok(decided.outcomes.into_iter().map(|outcome| outcome.map(|(_, known)| known)).collect())
}

/// What is to become of lines.
struct Decided {
    /// By account and reference; without a key where it is to be inserted.
    known: HashMap<(String, String), (LineDraft, Option<BankLineId>)>,
    /// Those that are to be inserted.
    fresh: Vec<LineDraft>,
    /// The line as it is kept, and whether it is known.
    outcomes: Vec<Result<(LineDraft, bool)>>,
}

async fn decide(tx: &mut Tx, by: By<'_>, place: &OwnerPlace, lines: &[LineDraft]) -> Result<Decided> {
    let checked: Vec<Result<LineDraft>> = lines.iter().map(|line| check(by, line)).collect();
    let good: Vec<&LineDraft> = checked.iter().flatten().collect();
    let owners = store::owners_of_accounts(tx, place.host_id, &good).await?;
    let mut known: HashMap<(String, String), (LineDraft, Option<BankLineId>)> = HashMap::new();
    for line in store::by_references(tx, place.host_id, &good).await? {
        known.insert((line.account.clone(), line.reference.clone()), (draft_of(&line), Some(line.id)));
    }

    let mut fresh = vec![];
    let mut outcomes: Vec<Result<(LineDraft, bool)>> = Vec::with_capacity(lines.len());
    for line in checked {
        let decided = line.and_then(|line| {
            if owners.get(&line.account).is_some_and(|owner| *owner != place.fund_id) {
                let (what, fund) = ("bank account".into(), place.name.clone());
                return Err(Refusal::AnotherFund { what, fund }.at("account"));
            }
            match known.get(&(line.account.clone(), line.reference.clone())) {
                Some((before, _)) if *before == line => Ok((line, true)),
                Some(_) => {
                    let (account, reference) = (line.account, line.reference);
                    Err(Refusal::BankLineDiffers { account, reference }.at("reference"))
                }
                None => Ok((line, false)),
            }
        });
        if let Ok((line, false)) = &decided {
            known.insert((line.account.clone(), line.reference.clone()), (line.clone(), None));
            fresh.push(line.clone());
        }
        outcomes.push(decided);
    }
    Ok(Decided { known, fresh, outcomes })
}

async fn place_of(tx: &mut Tx, owner: Owner) -> Result<OwnerPlace> {
    let (found, what, field) = match owner {
        Owner::Host(host) => (store::host(&mut *tx, host).await?, "host", "hostId"),
        Owner::Fund(fund) => (store::fund(&mut *tx, fund).await?, "fund", "fundId"),
    };
    found.ok_or_else(|| Refusal::NotFound { what: what.into() }.at(field))
}

fn check(by: By<'_>, line: &LineDraft) -> Result<LineDraft> {
    let account = check_text(&line.account, NAME_MAX, "account")?;
    let reference = check_text(&line.reference, NAME_MAX, "reference")?;
    let counterparty = check_note(&line.counterparty, NAME_MAX, "counterparty")?;
    let note = check_note(&line.note, NOTE_MAX, "note")?;
    let amount = line.amount;
    if amount == Fen::ZERO {
        return Err(Refusal::AmountZero {}.at("amount"));
    }
    if amount > Fen::MAX || amount < -Fen::MAX {
        return Err(Refusal::AmountTooLarge { amount }.at("amount"));
    }
    let booked_on = check_past(line.booked_on, by.today, "bookedOn")?;
    Ok(LineDraft { account, reference, booked_on, amount, counterparty, note })
}

fn draft_of(line: &BankLine) -> LineDraft {
    LineDraft {
        account: line.account.clone(),
        reference: line.reference.clone(),
        booked_on: line.booked_on,
        amount: line.amount,
        counterparty: line.counterparty.clone(),
        note: line.note.clone(),
    }
}

/// How the bank and the books of one owner stand at the end of a day.
///
/// bank − books = lines without a match − entries without a match + what is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What the bank's lines add up to.
    pub bank: Fen,
    /// What the books say is in pool, match pot and targets.
    pub books: Fen,
    /// What the lines come to that no entry answers.
    pub lines_unmatched: Fen,
    /// How many they are.
    pub lines_unmatched_count: i64,
    /// What the entries come to that no line answers.
    pub entries_unmatched: Fen,
    /// Whether the bank has said anything up to that day.
    pub has_lines: bool,
}

impl Standing {
    /// What the bank has more than the books.
    pub fn difference(&self) -> Fen {
        self.bank - self.books
    }

    /// Of matched money, what the bank booked up to the day less what the books did: money whose other side
    /// is of another day.
    pub fn on_its_way(&self) -> Fen {
        self.difference() - self.lines_unmatched + self.entries_unmatched
    }
}
