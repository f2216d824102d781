//! Verification: the books are recomputed from the journal, and every difference is told.
//!
//! * Each invariant in `invariants.sql` is a query that returns a row for each place it is broken at.
//! * The hash chain is recomputed from the rows ([`super::chain`]): what was changed after it was
//!   booked is found, even where the books still balance.
//! * A chain rewritten from the first changed entry to the head agrees with itself. It no longer agrees
//!   with a head that was published before: see [`heads`] and [`is_kept`].

use super::{chain, published};
use crate::{
    db::{Db, Record, Session, Sorting, Sql, Tx},
    error::{Language, Result},
};

/// The invariants: for each a mark, its sentence in English and in Chinese, and its query.
const INVARIANTS: &str = include_str!("invariants.sql");

/// The invariant that can only look at what the bank has said.
const BANK: &str = "I15";

/// How many broken places are shown of each check; all are counted.
pub const EXAMPLES_MAX: usize = 5;

/// One thing that must always be true of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// `I1` and so on.
    pub id: &'static str,
    /// What must be true, in English.
    pub title_en: &'static str,
    /// What must be true, in Chinese.
    pub title_zh: &'static str,
    /// Returns a row for each place where it is not; empty when it cannot be asked yet.
    pub sql: &'static str,
}

/// The invariants, in the order they are checked.
///
/// # Panics
/// When `invariants.sql`, which is part of the program, is malformed.
pub fn invariants() -> impl Iterator<Item = Invariant> {
    INVARIANTS.split("\n-- @").skip(1).map(|section| {
        let (head, rest) = section.split_once('\n').expect("the sentence in Chinese follows");
        let (id, title_en) = head.split_once(' ').expect("a sentence follows the mark");
        let (title_zh, sql) = rest.split_once('\n').unwrap_or((rest, ""));
        let title_zh = title_zh.strip_prefix("-- ").expect("sentences are comments");
        Invariant { id, title_en, title_zh, sql: sql.trim() }
    })
}

/// One place where the books are broken.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Broken {
    /// Where, for instance `account 4294967298`.
    pub a: String,
    /// What should be there, amounts in fen; `None` when there should be no such thing.
    pub b: Option<String>,
    /// What is there.
    pub c: Option<String>,
}

impl Broken {
    /// The place in one sentence.
    pub fn sentence(&self, language: Language) -> String {
        let found = self.c.as_deref().unwrap_or("-");
        match (language, &self.b) {
            (Language::En, Some(expected)) => format!("{}: {expected} expected, {found} found", self.a),
            (Language::En, None) => format!("{}: {found}", self.a),
            (Language::Zh, Some(expected)) => format!("{}：应为 {expected}，实为 {found}", self.a),
            (Language::Zh, None) => format!("{}：{found}", self.a),
        }
    }
}

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `I1` and so on; `SEAL` for the recomputed hash chain, `DIGEST` for what is published.
    pub id: String,
    /// What must be true, in English.
    pub title_en: &'static str,
    /// What must be true, in Chinese.
    pub title_zh: &'static str,
    /// Whether it was asked at all; the title of one that was not says why.
    pub ran: bool,
    /// How much it could look at, where that is not everything; in English and in Chinese.
    pub note: Option<(String, String)>,
    /// Some of the places where it is not true, at most [`EXAMPLES_MAX`].
    pub broken: Vec<Broken>,
    /// How many there are.
    pub broken_count: u64,
}

impl Check {
    /// The outcome in one line, for instance `I3 ok: Each account's balance is …`.
    pub fn sentence(&self, language: Language) -> String {
        let id = &self.id;
        let title = match language {
            Language::En => self.title_en,
            Language::Zh => self.title_zh,
        };
        let note = match (language, &self.note) {
            (_, None) => String::new(),
            (Language::En, Some((note, _))) => format!(" ({note})"),
            (Language::Zh, Some((_, note))) => format!("（{note}）"),
        };
        let said = match (language, self.ran, self.broken_count) {
            (_, false, _) => format!("{id} -: {title}"),
            (Language::En, true, 0) => format!("{id} ok: {title}"),
            (Language::En, true, count) => format!("{id} BROKEN in {count} places: {title}"),
            (Language::Zh, true, 0) => format!("{id} 通过：{title}"),
            (Language::Zh, true, count) => format!("{id} 有 {count} 处不符：{title}"),
        };
        said + &note
    }
}

/// Places where a check fails, counted as they are found; the first few are kept.
#[derive(Debug, Default)]
pub(super) struct Found {
    broken: Vec<Broken>,
    count: u64,
}

impl Found {
    pub(super) fn add(&mut self, one: Broken) {
        self.count += 1;
        if self.broken.len() < EXAMPLES_MAX {
            self.broken.push(one);
        }
    }
}

/// What came of all checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Every check, in order.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing is broken.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.broken_count == 0)
    }

    /// The checks that found something.
    pub fn broken(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.broken_count > 0)
    }
}

/// How far a verification has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The check with this mark has begun.
    Begun(&'a str),
    /// So many entries of the hash chain have been recomputed, of so many.
    Sealed {
        /// Recomputed.
        done: i64,
        /// In all.
        all: i64,
    },
    /// A check has ended.
    Ended(&'a Check),
}

/// A snapshot in which all checks look at the same books.
#[derive(Debug)]
pub enum Books<'a> {
    /// What was last committed.
    Session(&'a mut Session),
    /// What a transaction has made of it so far.
    Tx(&'a mut Tx),
}

impl Books<'_> {
    pub(super) async fn all<T: Record>(&mut self, sql: &'static str, values: &[i64]) -> crate::db::Result<Vec<T>> {
        let statement = match self {
            Self::Session(session) => session.sql(sql),
            Self::Tx(tx) => tx.sql(sql),
        };
        values.iter().fold(statement, |statement, value| statement.bind(*value)).all().await
    }

    async fn find(&mut self, sql: &'static str) -> crate::db::Result<Found> {
        let mut found = Found::default();
        let statement = match self {
            Self::Session(session) => session.sql(sql),
            Self::Tx(tx) => tx.sql(sql),
        };
        statement.each(|one| found.add(one)).await?;
        Ok(found)
    }
}

/// How much of the books the bank's lines reach.
#[derive(Debug, sqlx::FromRow)]
struct ReachOfBank {
    funds: i64,
    funds_with_lines: i64,
    lines: i64,
    lines_unmatched: i64,
    entries_unmatched: i64,
}

impl Books<'_> {
    /// In words, how much of the books the bank's lines reach; in English and in Chinese.
    async fn reach_of_bank(&mut self) -> crate::db::Result<(String, String)> {
        let ReachOfBank { funds, funds_with_lines, lines, lines_unmatched, entries_unmatched } =
            self.all(REACH_OF_BANK, &[]).await?.pop().unwrap_or(ReachOfBank {
                funds: 0,
                funds_with_lines: 0,
                lines: 0,
                lines_unmatched: 0,
                entries_unmatched: 0,
            });
        if lines == 0 {
            return Ok((
                "no bank lines are kept, so nothing is compared with the bank".into(),
                "未登记银行流水,无可核对".into(),
            ));
        }
        Ok((
            format!(
                "{funds_with_lines} of {funds} funds have bank lines; {lines_unmatched} of {lines} lines and \
                 {entries_unmatched} entries of those funds are not matched yet"
            ),
            format!(
                "{funds} 个基金中 {funds_with_lines} 个有银行流水;{lines} 条流水中 {lines_unmatched} 条、\
                 上述基金的分录中 {entries_unmatched} 条尚未勾对"
            ),
        ))
    }
}

const REACH_OF_BANK: &str = "
    WITH reached AS (
        SELECT DISTINCT fund_id FROM bank_line WHERE fund_id IS NOT NULL
        UNION
        SELECT f.id FROM fund f WHERE EXISTS (
            SELECT 1 FROM bank_line l WHERE l.host_id = f.host_id AND l.fund_id IS NULL))
    SELECT (SELECT COUNT(*) FROM fund) AS funds,
           (SELECT COUNT(*) FROM reached) AS funds_with_lines,
           (SELECT COUNT(*) FROM bank_line) AS lines,
           (SELECT COUNT(*) FROM bank_line l
            WHERE NOT EXISTS (SELECT 1 FROM bank_line_match m WHERE m.line_id = l.id)) AS lines_unmatched,
           (SELECT COUNT(*) FROM entry_cash c JOIN entry e ON e.id = c.entry_id
            WHERE c.fund_id IN (SELECT fund_id FROM reached) AND c.amount <> 0 AND e.kind <> 'REVERSE'
              AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
              AND NOT EXISTS (SELECT 1 FROM bank_entry_match m WHERE m.entry_id = e.id)) AS entries_unmatched";

/// Checks all books of the database as they stand, and tells `progress` how far it has come.
///
/// The answer is about one moment: what is booked meanwhile is neither waited for nor seen. However large the
/// journal is, a batch of it is held.
pub async fn verify(db: &Db, progress: impl FnMut(Progress<'_>)) -> Result<Report> {
    verify_session(&mut db.session().await?, progress).await
}

/// Checks the books as a session sees them; what [`verify`] does, in a session that goes on to be read from.
pub async fn verify_session(session: &mut Session, progress: impl FnMut(Progress<'_>)) -> Result<Report> {
    session.set_sorting(Sorting::Disk).await?;
    let report = verify_books(Books::Session(session), progress).await;
    session.set_sorting(Sorting::Memory).await?;
    report
}

/// Checks the books of a session or, before it commits, of a transaction.
pub async fn verify_books(mut books: Books<'_>, mut progress: impl FnMut(Progress<'_>)) -> Result<Report> {
    let mut checks = Vec::new();
    for one in invariants() {
        let ran = !one.sql.is_empty();
        progress(Progress::Begun(one.id));
        let found = if ran { books.find(one.sql).await? } else { Found::default() };
        let mut check = check(one.id, one.title_en, one.title_zh, ran, found);
        if one.id == BANK {
            check.note = Some(books.reach_of_bank().await?);
        }
        progress(Progress::Ended(&check));
        checks.push(check);
    }
    progress(Progress::Begun("SEAL"));
    let sealed = |done, all| progress(Progress::Sealed { done, all });
    let found = chain::recompute(&mut books, sealed).await?;
    let seals = check("SEAL", chain::TITLE_EN, chain::TITLE_ZH, true, found);
    progress(Progress::Ended(&seals));
    checks.push(seals);
    progress(Progress::Begun("DIGEST"));
    let found = published::recompute(&mut books).await?;
    let digests = check("DIGEST", published::TITLE_EN, published::TITLE_ZH, true, found);
    progress(Progress::Ended(&digests));
    checks.push(digests);
    Ok(Report { checks })
}

fn check(id: &str, title_en: &'static str, title_zh: &'static str, ran: bool, found: Found) -> Check {
    Check { id: id.to_owned(), title_en, title_zh, ran, note: None, broken: found.broken, broken_count: found.count }
}

/// The head of a fund's hash chain, as it is published: it stands for every entry up to it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::FromRow)]
pub struct PublishedHead {
    /// The fund's code.
    pub fund: String,
    /// The number of its last entry.
    pub seq: i64,
    /// The seal of that entry; `GENESIS` before the first.
    pub hash: String,
}

/// The head of every fund, by code.
pub async fn heads<'c>(on: impl Sql<'c>) -> Result<Vec<PublishedHead>> {
    let heads = on
        .sql(
            "SELECT f.code AS fund, h.seq, h.hash FROM fund_head h JOIN fund f ON f.id = h.fund_id
             ORDER BY f.code",
        )
        .all()
        .await?;
    Ok(heads)
}

/// The head of the fund with this code; `None` when there is no such fund.
pub async fn head_of<'c>(on: impl Sql<'c>, fund: &str) -> Result<Option<PublishedHead>> {
    Ok(heads(on).await?.into_iter().find(|head| head.fund == fund))
}

/// The number of the entry of this fund whose seal is `hash`, which may have been published as its head; `None`
/// when the journal has no such entry, or there is no such fund.
pub async fn entry_sealed<'c>(on: impl Sql<'c>, fund: &str, hash: &str) -> Result<Option<i64>> {
    let seal: Option<(i64,)> = on
        .sql(
            "SELECT s.seq FROM entry_seal s JOIN fund f ON f.id = s.fund_id
             WHERE f.code = $1 AND s.hash = $2",
        )
        .bind(fund.to_owned())
        .bind(hash.to_owned())
        .optional()
        .await?;
    Ok(seal.map(|(seq,)| seq))
}

/// Whether the journal still begins with the entries that a head published earlier stands for.
pub async fn is_kept<'c>(on: impl Sql<'c>, published: &PublishedHead) -> Result<bool> {
    if published.seq == 0 {
        return Ok(true);
    }
    let seal: Option<(String,)> = on
        .sql(
            "SELECT s.hash FROM entry_seal s JOIN fund f ON f.id = s.fund_id
             WHERE f.code = $1 AND s.seq = $2",
        )
        .bind(published.fund.clone())
        .bind(published.seq)
        .optional()
        .await?;
    Ok(seal.is_some_and(|(hash,)| hash == published.hash))
}
