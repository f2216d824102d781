//! An import from its file to the books: read, planned, tried out, booked.
//!
//! * All rows are tried by the operations that book them, in transactions that are taken back, before the
//!   first is booked: by default a file is booked whole or not at all.
//! * Rows are booked in the order of the file, [`BATCH_ROWS`] and their new givers in one transaction. An
//!   import that was interrupted goes on where it stopped when it is run again.
//! * Each row has a key of its own in the fund, whoever imports it: nothing is booked twice.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::contributions::{Contributions, Options, read};
use super::file::Source;
use super::giver::{Givers, Identity, Meant, NoGiver};
use super::plan::{self, BATCH_ROWS, Gift, Plan};
use super::refusal::RowRefusal;
use super::store;
use super::summary::{Mode, Progress, Step, Summary};
use crate::{
    contribution::{self, Received},
    db::{Db, Tx},
    error::{Error, Refusal, Result},
    fund::{self, Fund, head},
    id::PartyId,
    ledger::idem::{self, Once},
    party,
    viewer::{self, Act, By},
};

/// What is to be imported, besides the file's content.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The code of the fund that the gifts are given to.
    pub fund_code: &'a str,
    /// What the file is called, for the summary only.
    pub file_name: &'a str,
    /// How the file is to be read.
    pub options: &'a Options,
    /// Whether anything is booked.
    pub mode: Mode,
}

/// Imports gifts; `progress` is told after each batch.
///
/// Refused rows, and a file that is refused as a whole, stand in the summary.
///
/// # Errors
/// A fund that does not exist, a viewer without the right, a fault. Batches that were booked before a fault
/// stay booked; running the import again books the rest.
pub async fn run(
    db: &Db,
    by: By<'_>,
    order: Order<'_>,
    source: impl Source + 'static,
    mut progress: impl FnMut(Progress),
) -> Result<Summary> {
    let fund = fund::store::by_code(db, order.fund_code).await?;
    let fund = fund.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fund"))?;
    by.viewer.must(Act::BookContribution, &[fund.on()])?;
    let list = match read(source, order.options) {
        Ok(list) => list,
        Err(refusal) => return Ok(Summary::of_refused_file(&order, refusal)),
    };
    let plan = plan::plan(db, &fund, &list).await?;
    let mut summary = Summary::of(&order, &list, &plan);
    let mut import = Import { db, by, fund: &fund, list: &list, plan };
    let accepted = import.try_out(&mut summary, &mut progress).await?;
    match order.mode {
        Mode::DryRun => {}
        Mode::Commit if !summary.is_accepted() => summary.nothing_booked(),
        Mode::Commit | Mode::CommitAccepted => {
            summary.nothing_booked();
            import.book(&accepted, order.mode, &mut summary, &mut progress).await?;
        }
    }
    Ok(summary)
}

/// One import, planned.
struct Import<'a> {
    db: &'a Db,
    by: By<'a>,
    fund: &'a Fund,
    list: &'a Contributions,
    plan: Plan,
}

/// What came of some gifts in one transaction.
#[derive(Default)]
struct Batch {
    /// The gifts that were booked.
    created: Vec<usize>,
    /// The gifts that somebody else has booked in the meantime.
    unchanged: u64,
    /// The gifts that were refused.
    refused: BTreeMap<usize, RowRefusal>,
    /// The givers that were registered.
    registered: Vec<usize>,
    /// The parties of the givers.
    parties: HashMap<usize, PartyId>,
}

impl Import<'_> {
    /// Books everything in transactions that are taken back, and gives the gifts that went well.
    async fn try_out(&self, summary: &mut Summary, progress: &mut impl FnMut(Progress)) -> Result<Vec<usize>> {
        let all: Vec<usize> = (0..self.plan.gifts.len()).collect();
        let mut accepted = Vec::with_capacity(all.len());
        let mut registered = HashSet::new();
        for gifts in all.chunks(BATCH_ROWS) {
            let mut tx = self.db.begin().await?;
            let batch = self.batch(&mut tx, gifts).await?;
            drop(tx);
            // A giver of several batches is registered in each of them, since none of them lasts.
            registered.extend(batch.registered.iter().copied());
            self.count(summary, &batch);
            summary.refuse(batch.refused.into_values());
            accepted.extend(batch.created);
            progress(Progress { step: Step::Check, done: gifts.last().map_or(0, |last| last + 1), all: all.len() });
        }
        summary.parties_created = size(registered.len());
        Ok(accepted)
    }

    /// Books these gifts, batch after batch.
    async fn book(
        &mut self,
        accepted: &[usize],
        mode: Mode,
        summary: &mut Summary,
        progress: &mut impl FnMut(Progress),
    ) -> Result<()> {
        let mut done = 0;
        for chunk in accepted.chunks(BATCH_ROWS) {
            let mut gifts = chunk.to_vec();
            while !gifts.is_empty() {
                let mut tx = self.db.begin().await?;
                let batch = self.batch(&mut tx, &gifts).await;
                let Some(refused) = batch.as_ref().ok().map(|batch| &batch.refused).filter(|all| !all.is_empty())
                else {
                    let batch = viewer::settle(tx, batch).await?;
                    self.count(summary, &batch);
                    summary.parties_created += size(batch.registered.len());
                    for (giver, party) in batch.parties {
                        self.plan.givers.registered(giver, party);
                    }
                    break;
                };
                // What was accepted a moment ago is refused now: somebody works in the same fund.
                drop(tx);
                gifts.retain(|gift| !refused.contains_key(gift));
                summary.refuse(refused.values().cloned());
                if mode == Mode::Commit {
                    return Ok(());
                }
            }
            done += chunk.len();
            progress(Progress { step: Step::Book, done, all: accepted.len() });
        }
        Ok(())
    }

    fn count(&self, summary: &mut Summary, batch: &Batch) {
        let fen = |gift: &usize| self.row(*gift).amount_fen;
        summary.created += size(batch.created.len());
        summary.created_fen += batch.created.iter().map(fen).sum::<i64>();
        summary.unchanged += batch.unchanged;
    }

    fn row(&self, gift: usize) -> &super::Row {
        &self.list.rows[self.plan.gifts[gift].row]
    }

    fn gift(&self, gift: usize) -> &Gift {
        &self.plan.gifts[gift]
    }

    /// Registers the givers of `gifts` and books them: the same number of statements for one as for many.
    async fn batch(&self, tx: &mut Tx, gifts: &[usize]) -> Result<Batch> {
        head::lock(tx, self.fund.id).await?;
        let mut batch = Batch::default();
        let onces: Vec<Once> = gifts.iter().map(|gift| self.gift(*gift).once.clone()).collect();
        let answered = idem::answered::<Received>(&mut *tx, &onces).await?;
        let mut open = Vec::with_capacity(gifts.len());
        for (gift, answered) in gifts.iter().zip(answered) {
            match answered.transpose()? {
                Some(_) => batch.unchanged += 1,
                None => open.push(*gift),
            }
        }
        if open.is_empty() {
            return Ok(batch);
        }
        let refused = self.parties(tx, &open, &mut batch).await?;
        let mut wanted = Vec::with_capacity(open.len());
        let mut booking = Vec::with_capacity(open.len());
        for gift in open {
            let giver = self.gift(gift).giver;
            match (refused.get(&giver), batch.parties.get(&giver)) {
                (Some(why), _) => {
                    batch.refused.insert(gift, self.refusal(gift, why)?);
                }
                (None, Some(party)) => {
                    wanted.push((Some(self.gift(gift).once.clone()), plan::receive(self.row(gift), *party)));
                    booking.push(gift);
                }
                (None, None) => return Err(anyhow::anyhow!("a giver has neither a party nor a refusal").into()),
            }
        }
        let outcomes = contribution::receive(tx, self.by, self.fund.id, &wanted).await?;
        for (gift, outcome) in booking.into_iter().zip(outcomes) {
            match outcome {
                Ok(_) => batch.created.push(gift),
                Err(why) => {
                    batch.refused.insert(gift, self.refusal(gift, &Why::Error(why))?);
                }
            }
        }
        Ok(batch)
    }

    /// The party of each giver of `gifts`, registered where it is new; why those that are refused are.
    async fn parties(&self, tx: &mut Tx, gifts: &[usize], batch: &mut Batch) -> Result<HashMap<usize, Why>> {
        let mut refused = HashMap::new();
        let mut seen = HashSet::new();
        let (mut joining, mut unknown) = (vec![], vec![]);
        for giver in gifts.iter().map(|gift| self.gift(*gift).giver).filter(|giver| seen.insert(*giver)) {
            let known = self.plan.givers.get(giver);
            match known.party {
                Some(party) => {
                    batch.parties.insert(giver, party);
                    if !known.is_active {
                        joining.push((giver, party));
                    }
                }
                None => unknown.push(giver),
            }
        }
        let new = self.new_givers(tx, &unknown, batch, &mut refused).await?;
        let registrations: Vec<_> =
            new.iter().map(|giver| plan::registration(self.plan.givers.get(*giver), self.fund)).collect();
        if !new.is_empty() {
            let outcomes = party::register(tx, self.by, &registrations).await?;
            for (giver, outcome) in new.into_iter().zip(outcomes) {
                match outcome {
                    Ok(party) => {
                        batch.registered.push(giver);
                        batch.parties.insert(giver, party.id);
                    }
                    Err(why) => {
                        refused.insert(giver, Why::Error(why));
                    }
                }
            }
        }
        if !joining.is_empty() {
            let parties: Vec<PartyId> = joining.iter().map(|(_, party)| *party).collect();
            let outcomes = party::join_area_all(tx, self.by, &parties, self.fund.area_id).await?;
            for ((giver, _), outcome) in joining.into_iter().zip(outcomes) {
                match outcome {
                    Ok(_) => {}
                    // Who may not read the party is told no more than a second registration would be.
                    Err(Error::Denied(_)) => {
                        let code = self.plan.givers.get(giver).identity.credit_code.clone().unwrap_or_default();
                        refused.insert(giver, Why::Error(Refusal::CreditCodeTaken { code }.at("creditCode")));
                    }
                    Err(why) => return Err(why),
                }
            }
        }
        Ok(refused)
    }

    /// Those of `unknown` that nobody has registered since the file was planned.
    async fn new_givers(
        &self,
        tx: &mut Tx,
        unknown: &[usize],
        batch: &mut Batch,
        refused: &mut HashMap<usize, Why>,
    ) -> Result<Vec<usize>> {
        if unknown.is_empty() {
            return Ok(vec![]);
        }
        let identities: Vec<&Identity> = unknown.iter().map(|giver| &self.plan.givers.get(*giver).identity).collect();
        let found = Givers::of(store::candidates(&mut *tx, &self.fund.area_path, &identities).await?);
        let mut new = vec![];
        for (giver, identity) in unknown.iter().zip(identities) {
            // Those that were known when the file was planned are other parties than this one.
            let known = |at: &usize| found.get(*at).party.is_none_or(|party| !self.plan.givers.knows(party));
            match found.meant(identity) {
                Meant::One(at) if known(&at) => {
                    let party = found.get(at).party.expect("it was found on record");
                    batch.parties.insert(*giver, party);
                }
                Meant::Several(several) if several.iter().any(known) => {
                    refused.insert(*giver, Why::NoGiver(NoGiver::Several(found.described(&several))));
                }
                _ => new.push(*giver),
            }
        }
        Ok(new)
    }

    fn refusal(&self, gift: usize, why: &Why) -> Result<RowRefusal> {
        let (row, columns) = (self.row(gift), &self.list.columns);
        match why {
            Why::NoGiver(why) => Ok(plan::no_giver(row, columns, why)),
            Why::Error(Error::Refused(refused)) => Ok(plan::refused(row, columns, refused)),
            Why::Error(other) => Err(other.clone()),
        }
    }
}

/// Why a row is not booked.
enum Why {
    NoGiver(NoGiver),
    Error(Error),
}

fn size(count: usize) -> u64 {
    u64::try_from(count).expect("a count fits 64 bits")
}
