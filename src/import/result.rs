//! The result of an import: the rows of its file as they came, and beside each what came of it and why.

use std::{collections::HashMap, fs::File, path::Path};

use super::{
    file::{self, FileRow, ResultWriter},
    job::{Job, store},
    list::{self, Part, Reading},
    word::{Outcome, Word},
};
use crate::{
    clock::Clock,
    db::Db,
    error::{Language, Refusal, Result},
    upload::{self, LocalFile},
};

/// A result, on this machine.
#[derive(Debug)]
pub struct ResultFile {
    /// The file.
    pub file: LocalFile,
    /// What it is to be called.
    pub name: String,
}

/// The words that are read at a time.
const WORDS_READ: i64 = 1_000;

/// Writes the result of a job that was planned.
///
/// # Errors
/// Refused where the file is no longer kept, or was not planned; a fault when the machine has no room.
pub async fn write(db: &Db, clock: &Clock, job: &Job, language: Language) -> Result<ResultFile> {
    if job.plan_hash.is_none() {
        let state = format!("{:?}", job.state);
        return Err(Refusal::ImportState { state, accepted: "Planned".into() }.at("importJobId"));
    }
    let found = upload::store::by_ids(db, &[job.upload_id]).await?.pop();
    let upload = found.ok_or_else(|| Refusal::NotFound { what: "file".into() })?;
    let source = upload::fetch(db, &upload).await?;
    let outcomes = outcomes(db, job).await?;
    let reasons = reasons(db, job, language).await?;
    let target = LocalFile::new()?;
    let reading = Reading { kind: job.kind, options: job.options()?, today: clock.today() };
    let told = Told { outcomes, reasons, language };
    let (from, to) = (source.path().to_owned(), target.path().to_owned());
    let written = tokio::task::spawn_blocking(move || told.write(&from, &to, &reading)).await;
    let extension = written.map_err(|why| anyhow::anyhow!("a result was not written to its end: {why}"))??;
    let stem = Path::new(&job.file_name).file_stem().map_or("import".into(), |stem| stem.to_string_lossy());
    Ok(ResultFile { file: target, name: format!("{stem}.result.{extension}") })
}

/// What came of every row, one letter each, in the order of the file.
async fn outcomes(db: &Db, job: &Job) -> Result<String> {
    let mut outcomes = String::new();
    let mut before = 0;
    while let Some((letters,)) = store::batch(db, job.id, before).await? {
        before += i64::try_from(letters.len()).unwrap_or(i64::MAX);
        outcomes.push_str(&letters);
    }
    Ok(outcomes)
}

/// Why, of each row that has a word.
async fn reasons(db: &Db, job: &Job, language: Language) -> Result<HashMap<i64, String>> {
    let mut reasons: HashMap<i64, String> = HashMap::new();
    let mut after = 0;
    loop {
        let words = store::words_after(db, job.id, after, WORDS_READ).await?;
        let Some(last) = words.last() else { return Ok(reasons) };
        after = last.row_no;
        for word in words {
            let reason = reasons.entry(word.row_no).or_default();
            if !reason.is_empty() {
                reason.push(' ');
            }
            reason.push_str(&sentence(&word, language));
        }
    }
}

fn sentence(word: &Word, language: Language) -> String {
    match (language, word.column_name.is_empty()) {
        (Language::En, true) => word.message_en.clone(),
        (Language::En, false) => format!("{}: {}", word.column_name, word.message_en),
        (Language::Zh, true) => word.message_zh.clone(),
        (Language::Zh, false) => format!("{}：{}", word.column_name, word.message_zh),
    }
}

struct Told {
    outcomes: String,
    reasons: HashMap<i64, String>,
    language: Language,
}

impl Told {
    /// Writes the result, and gives what its name ends in.
    fn write(&self, from: &Path, to: &Path, reading: &Reading) -> Result<&'static str> {
        let faulty = |why: std::io::Error| anyhow::Error::from(why).context("the result of an import");
        let sink = File::create(to).map_err(faulty)?;
        let mut letters = self.outcomes.chars();
        let mut writer = None;
        let mut extension = "csv";
        let visited = list::visit(from, reading, |part| {
            match part {
                Part::Head(found, head) => {
                    extension = ResultWriter::extension(found.format);
                    let mut begun = ResultWriter::of(sink.try_clone()?, found)?;
                    let (header, titles) = head.split_last().expect("a list has a header");
                    titles.iter().try_for_each(|title| begun.title(title))?;
                    begun.header(header)?;
                    writer = Some(begun);
                }
                Part::Record(row) => self.row(&mut writer, row, letters.next().and_then(Outcome::of_letter))?,
                Part::Other(row) => self.row(&mut writer, row, None)?,
            }
            Ok(())
        });
        visited?.map_err(faulty)?;
        if let Some(writer) = writer {
            writer.finish().map_err(faulty)?;
        }
        Ok(extension)
    }

    fn row(&self, writer: &mut Option<ResultWriter>, row: &FileRow, outcome: Option<Outcome>) -> std::io::Result<()> {
        let Some(writer) = writer else { return Ok(()) };
        let reason = i64::try_from(row.number).ok().and_then(|row| self.reasons.get(&row)).map_or("", String::as_str);
        let outcome = outcome.map_or("", |outcome| outcome.shown(self.language));
        writer.row(row, file::Outcome { outcome, reason })
    }
}
