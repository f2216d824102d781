//! The plan: all rows are tried by the code that books them, and nothing is written to the books.

use sha2::{Digest as _, Sha256};

use super::{BATCH_ROWS, Ended, Hand, Row, WORDS_MAX, counted, numbered, rows, size, unread};
use crate::{
    db::Tx,
    error::Result,
    import::{
        job::{OnRefusal, State, Then, store},
        kind::{Batch, Draft},
        list::{Batches, Record, Scan},
        refusal::FileRefusal,
        seen::Occurrences,
        store as books,
        who::{Effect, People},
        word::Outcome,
    },
    upload::LocalFile,
    viewer::settle,
};

/// How a pass over all rows ended.
pub(super) enum Planned {
    /// All rows have an outcome, of this digest.
    Whole {
        /// The digest.
        hash: String,
        /// What it stood on.
        basis: String,
    },
    /// The job is not in hand any more.
    Ended(Ended),
    /// The file cannot be read to its end.
    Unread(FileRefusal),
}

impl Hand<'_> {
    /// Reads, tries and writes down what would be.
    pub(super) async fn plan_whole(&self) -> Result<Ended> {
        let file = self.fetch().await?;
        let scan = match self.scan(&file).await? {
            Ok(scan) => scan,
            Err(refusal) => return self.runner.end(self.job.id, State::Refused, Some(refusal.into())).await,
        };
        match self.try_all(&file, scan, self.job.state).await? {
            Planned::Whole { hash, basis } => self.planned(State::Planned, &hash, &basis).await,
            Planned::Ended(ended) => Ok(ended),
            Planned::Unread(refusal) => self.runner.end(self.job.id, State::Refused, Some(refusal.into())).await,
        }
    }

    /// Lets the plan be booked, where that is wanted and no refusal forbids it.
    async fn go_on(&self, tx: &mut Tx) -> Result<()> {
        let job = store::by_ids(&mut *tx, &[self.job.id]).await?.pop();
        let accepted = job.is_some_and(|job| job.refused == 0 || self.options.on_refusal == OnRefusal::GoOn);
        if self.options.then == Then::Commit && accepted {
            store::queue_commit(tx, self.job.id).await?;
        }
        Ok(())
    }

    /// Says what the plan is.
    pub(super) async fn planned(&self, state: State, hash: &str, basis: &str) -> Result<Ended> {
        let runner = self.runner;
        let mut tx = runner.db.begin().await?;
        let now = runner.clock.now();
        let set = async {
            let set = store::set_planned(&mut tx, self.job.id, &runner.owner, state, hash, basis, now).await?;
            if set == 1 {
                self.go_on(&mut tx).await?;
            }
            Ok(set)
        };
        let set = set.await;
        Ok(if settle(tx, set).await? == 0 { Ended::Lost } else { Ended::Done })
    }

    /// Tries every row.
    pub(super) async fn try_all(&self, file: &LocalFile, scan: Scan, state: State) -> Result<Planned> {
        let runner = self.runner;
        // Before the first row is tried: what changes from here on is seen.
        let basis = books::basis(&runner.db, self.fund.id).await?;
        let mut tx = runner.db.begin().await?;
        let begun = self.begin(&mut tx, &scan, state).await;
        if !settle(tx, begun).await? {
            return Ok(Planned::Ended(Ended::Lost));
        }
        let state = if state == State::Queued { State::Planning } else { state };
        let mut batches = match Batches::open(file.path(), &self.reading, BATCH_ROWS).await {
            Ok(batches) => batches,
            Err(refusal) => return Ok(Planned::Unread(refusal)),
        };
        let mut pass = Pass {
            people: People::of(scan.namesakes),
            occurrences: Occurrences::of(scan.contents.repeated()),
            hash: Sha256::new(),
            done: 0,
            words: 0,
        };
        while let Some(records) = batches.next().await {
            let records = match records {
                Ok(records) => records,
                Err(refusal) => return Ok(Planned::Unread(refusal)),
            };
            if runner.is_stopping() {
                return runner.give_up(self.job.id).await.map(Planned::Ended);
            }
            let mut tx = runner.db.begin().await?;
            let tried = self.try_batch(&mut tx, &mut pass, &batches, &records, state).await;
            if !settle(tx, tried).await? {
                return Ok(Planned::Ended(Ended::Lost));
            }
        }
        let hash = pass.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Planned::Whole { hash, basis })
    }

    async fn begin(&self, tx: &mut Tx, scan: &Scan, state: State) -> Result<bool> {
        let scanned = store::Scanned {
            format: scan.format.clone(),
            rows: i64::try_from(scan.rows).unwrap_or(i64::MAX),
            control_total_fen: scan.control_total_fen,
        };
        store::set_scanned(tx, self.job.id, &scanned).await?;
        let begun = store::begin_plan(tx, self.job.id, &self.runner.owner, state).await?;
        let remarks: Vec<_> = scan.remarks.iter().map(|word| (0, word)).collect();
        store::insert_words(tx, self.job.id, &remarks).await?;
        Ok(begun == 1)
    }

    async fn try_batch(
        &self,
        tx: &mut Tx,
        pass: &mut Pass,
        batches: &Batches,
        records: &[Record],
        state: State,
    ) -> Result<bool> {
        let drafts = drafts(records);
        let mut batch = Batch {
            tx: &mut *tx,
            job: &self.job,
            options: &self.options,
            fund: &self.fund,
            by: self.by(),
            effect: Effect::Plan,
            names: &batches.names,
            people: &mut pass.people,
            occurrences: &mut pass.occurrences,
        };
        let (verdicts, met) = self.job.kind.apply(&mut batch, &drafts).await?;
        let unread = unread(records);
        let rows = rows(records, &verdicts, &unread);
        pass.digest(&rows);
        let outcomes: String = rows.iter().map(|row| row.verdict.outcome.letter()).collect();
        store::insert_batch(tx, self.job.id, pass.done, &outcomes).await?;
        let mut words = numbered(&rows);
        words.truncate(usize::try_from(WORDS_MAX - pass.words).unwrap_or(0));
        store::insert_words(tx, self.job.id, &words).await?;
        pass.words += size(words.len());
        pass.done += size(records.len());
        self.advance(tx, state, &counted(&rows, met.registered)).await
    }
}

/// The drafts among some records, in their order.
pub(super) fn drafts(records: &[Record]) -> Vec<Draft> {
    let draft = |record: &Record| match record {
        Record::Draft(draft) => Some(draft.clone()),
        Record::Refused { .. } => None,
    };
    records.iter().filter_map(draft).collect()
}

/// What a pass keeps from batch to batch.
struct Pass {
    people: People,
    occurrences: Occurrences,
    hash: Sha256,
    done: i64,
    words: i64,
}

impl Pass {
    /// Takes outcomes into the plan's digest, with what the rows resolved to.
    fn digest(&mut self, rows: &[Row<'_>]) {
        for row in rows {
            let verdict = row.verdict;
            self.hash.update(row.row_no.to_be_bytes());
            self.hash.update([u8::try_from(verdict.outcome.letter()).unwrap_or(b'?')]);
            if verdict.outcome != Outcome::Refused {
                self.hash.update(verdict.party.0.to_be_bytes());
                self.hash.update(verdict.object.to_be_bytes());
            }
            for word in &verdict.words {
                self.hash.update(&word.code);
                self.hash.update([0]);
            }
        }
    }
}
