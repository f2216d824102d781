//! The commit: the plan is compared with the books as they are, and then done, batch by batch.

use super::{BATCH_ROWS, Ended, Hand, Row, counted, numbered, plan::Planned, plan::drafts, rows, unread};
use crate::{
    db::Tx,
    error::{Error, Refusal, Result},
    import::{
        job::{OnRefusal, State, store, store::Why},
        kind::Batch,
        list::{Batches, Record, Scan},
        seen::Occurrences,
        store as books,
        who::{Effect, Met, People},
        word::Outcome,
    },
    upload::LocalFile,
    viewer::settle,
};

/// How often a batch is tried again that met somebody else's write.
const TRIES_MAX: usize = 5;

impl Hand<'_> {
    /// Books what is planned, from where an earlier run was interrupted.
    pub(super) async fn commit(&self) -> Result<Ended> {
        let file = self.fetch().await?;
        let scan = match self.scan(&file).await? {
            Ok(scan) => scan,
            Err(refusal) => return self.runner.end(self.job.id, State::Conflicted, Some(refusal.into())).await,
        };
        if self.job.is_checked == 1 {
            return self.book(&file, scan, self.job.rows_done).await;
        }
        let basis = books::basis(&self.runner.db, self.fund.id).await?;
        if self.job.basis.as_ref() != Some(&basis) {
            let again = match self.scan(&file).await? {
                Ok(again) => again,
                Err(refusal) => return self.runner.end(self.job.id, State::Conflicted, Some(refusal.into())).await,
            };
            match self.try_all(&file, again, State::Committing).await? {
                Planned::Whole { hash, .. } if self.job.plan_hash.as_ref() == Some(&hash) => {}
                Planned::Whole { hash, basis } => return self.conflicted(&hash, &basis).await,
                Planned::Ended(ended) => return Ok(ended),
                Planned::Unread(refusal) => {
                    return self.runner.end(self.job.id, State::Conflicted, Some(refusal.into())).await;
                }
            }
        }
        let mut tx = self.runner.db.begin().await?;
        let begun = store::begin_booking(&mut tx, self.job.id, &self.runner.owner).await.map_err(Error::from);
        match settle(tx, begun).await? {
            0 => Ok(Ended::Lost),
            _ => self.book(&file, scan, 0).await,
        }
    }

    /// Something moved since the plan was looked at: what it would be now is kept, and nothing is booked.
    async fn conflicted(&self, hash: &str, basis: &str) -> Result<Ended> {
        let why = Why {
            code: "plan_moved".into(),
            en: "The books have changed since this import was planned, and some of its rows would come out otherwise. Nothing was booked. Read the import again and commit with its new hash.".into(),
            zh: "计划作出后账目已有变化，部分行的结果将不同。未入账。请重新读取导入，并以新的哈希提交。".into(),
        };
        let mut tx = self.runner.db.begin().await?;
        let (id, owner, now) = (self.job.id, &self.runner.owner, self.runner.clock.now());
        let ended = async {
            let set = store::set_planned(&mut tx, id, owner, State::Conflicted, hash, basis, now).await?;
            if set == 1 {
                store::end(&mut tx, id, State::Conflicted, Some(&why), now).await?;
            }
            Ok(set)
        };
        let ended = ended.await;
        Ok(if settle(tx, ended).await? == 0 { Ended::Lost } else { Ended::Done })
    }

    /// Books every row behind the first `skipped`.
    async fn book(&self, file: &LocalFile, scan: Scan, skipped: i64) -> Result<Ended> {
        let runner = self.runner;
        let mut batches = match Batches::open(file.path(), &self.reading, BATCH_ROWS).await {
            Ok(batches) => batches,
            Err(refusal) => return runner.end(self.job.id, State::Conflicted, Some(refusal.into())).await,
        };
        let mut pass =
            Pass { people: People::of(scan.namesakes), occurrences: Occurrences::of(scan.contents.repeated()) };
        let mut left = usize::try_from(skipped).unwrap_or(0);
        while let Some(records) = batches.next().await {
            let records = match records {
                Ok(records) => records,
                Err(refusal) => return runner.end(self.job.id, State::Conflicted, Some(refusal.into())).await,
            };
            let (done, open) = records.split_at(left.min(records.len()));
            left -= done.len();
            if !done.is_empty() {
                self.pass_over(&mut pass, &batches, done).await?;
            }
            if open.is_empty() {
                continue;
            }
            if runner.is_stopping() {
                return runner.give_up(self.job.id).await;
            }
            match self.book_until_it_lasts(&mut pass, &batches, open).await? {
                Booked::Lasting => {}
                Booked::Lost => return Ok(Ended::Lost),
                Booked::Refused(why) => return runner.end(self.job.id, State::Conflicted, Some(why)).await,
            }
        }
        runner.end(self.job.id, State::Committed, None).await
    }

    /// Counts what an earlier run has booked.
    async fn pass_over(&self, pass: &mut Pass, batches: &Batches, records: &[Record]) -> Result<()> {
        let mut tx = self.runner.db.begin().await?;
        pass.occurrences.begin();
        let mut batch = self.batch(&mut tx, pass, batches, Effect::Plan);
        self.job.kind.pass_over(&mut batch, &drafts(records)).await
    }

    fn batch<'b>(&'b self, tx: &'b mut Tx, pass: &'b mut Pass, batches: &'b Batches, effect: Effect) -> Batch<'b> {
        Batch {
            tx,
            job: &self.job,
            options: &self.options,
            fund: &self.fund,
            by: self.by(),
            effect,
            names: &batches.names,
            people: &mut pass.people,
            occurrences: &mut pass.occurrences,
        }
    }

    /// Books a batch, again where somebody else has just written the same.
    async fn book_until_it_lasts(&self, pass: &mut Pass, batches: &Batches, records: &[Record]) -> Result<Booked> {
        for _ in 0..TRIES_MAX {
            let mut tx = self.runner.db.begin().await?;
            pass.occurrences.begin();
            let tried = self.book_batch(&mut tx, pass, batches, records).await;
            let (booked, met) = match tried {
                Ok((Booked::Lasting, met)) => match settle(tx, Ok(())).await {
                    Ok(()) => (Ok(Booked::Lasting), met),
                    Err(error) => (Err(error), None),
                },
                // What was written of it is taken back with the transaction.
                Ok((other, _)) => return Ok(other),
                Err(error) => (settle(tx, Err(error)).await, None),
            };
            match booked {
                Ok(booked) => {
                    if let Some(met) = met {
                        pass.people.booked(&met);
                    }
                    return Ok(booked);
                }
                Err(Error::Refused(refused)) if refused.refusal == (Refusal::Conflict {}) => {
                    pass.occurrences.take_back();
                    pass.people.forget();
                }
                Err(error) => return Err(error),
            }
        }
        Err(Refusal::Conflict {}.into())
    }

    async fn book_batch(
        &self,
        tx: &mut Tx,
        pass: &mut Pass,
        batches: &Batches,
        records: &[Record],
    ) -> Result<(Booked, Option<Met>)> {
        let drafts = drafts(records);
        let mut batch = self.batch(tx, pass, batches, Effect::Book);
        let (verdicts, met) = self.job.kind.apply(&mut batch, &drafts).await?;
        let unread = unread(records);
        let rows = rows(records, &verdicts, &unread);
        let refused = rows.iter().find(|row| row.verdict.outcome == Outcome::Refused);
        if let Some(row) = refused.filter(|_| self.options.on_refusal == OnRefusal::Stop) {
            return Ok((Booked::Refused(refused_now(row)), None));
        }
        let made = |row: &Row<'_>| matches!(row.verdict.outcome, Outcome::Created | Outcome::Suspected);
        let made: Vec<(i64, i64)> =
            rows.iter().filter(|row| made(row)).map(|row| (row.row_no, row.verdict.object)).collect();
        store::insert_made(tx, self.job.id, &made).await?;
        // Words of the plan stand; only what came out otherwise is told anew.
        let late: Vec<_> = numbered(&rows).into_iter().filter(|(_, word)| word.outcome == Outcome::Refused).collect();
        store::insert_late_words(tx, self.job.id, &late).await?;
        let lasts = self.advance(tx, State::Committing, &counted(&rows, met.registered)).await?;
        Ok((if lasts { Booked::Lasting } else { Booked::Lost }, Some(met)))
    }
}

/// What a commit keeps from batch to batch.
struct Pass {
    people: People,
    occurrences: Occurrences,
}

/// How a batch ended.
enum Booked {
    /// It is booked.
    Lasting,
    /// The job is not in hand any more.
    Lost,
    /// A row that was accepted by the plan is refused now.
    Refused(Why),
}

fn refused_now(row: &Row<'_>) -> Why {
    let (en, zh) =
        row.verdict.words.first().map_or(("", ""), |word| (word.message_en.as_str(), word.message_zh.as_str()));
    let no = row.row_no;
    Why {
        code: "row_refused".into(),
        en: format!(
            "Row {no} is refused now: {en} The rows before its batch are booked; commit again for the rest, or undo the import."
        ),
        zh: format!("第 {no} 行现未被接受：{zh}其所在批次之前的各行已入账；可再次提交其余各行，或撤回导入。"),
    }
}
