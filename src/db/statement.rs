//! A statement with its values, and how it is written out for lists, pages and owners.
//!
//! Some marks in a text are written out before it runs:
//! * `IN (..)` a list of values: [`Statement::bind_list`]; `VALUES (..)` rows of values: [`Tx::insert_all`];
//! * `{list}` a table of the values of a list, in a column `value`: [`Statement::bind_table`];
//! * `[AND x = {}]` a condition that is there only where its value is: [`Statement::given`], and `[AND x IN (..)]` of
//!   a list: [`Statement::given_list`]. PostgreSQL plans a read once for all values, so that of `x = $1 OR $1 IS NULL`
//!   it would believe that it leaves hardly a row;
//! * `{page}` the condition, order and limit of a keyset page: [`Statement::page`]; where the page is a subquery,
//!   so that nothing is joined to rows it leaves out, `{order}` gives its order to the rows it stands in;
//! * `{owner}` one of several owners, each with a page of its own: [`Statement::each_of`]. What is between `{each}` and
//!   `{end}` is written once for each owner, else all of it.

use std::{
    borrow::Cow,
    fmt::Write as _,
    ops::RangeInclusive,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::TryStreamExt as _;
use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, FromRow, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection,
    SqlitePool, Type,
    postgres::{PgArguments, PgHasArrayType, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{Db, Engine, Result, Session, Tx, TxKind, copy, session::SessionKind};
use crate::page::{Key, Page};

/// A Rust value both engines can store.
pub trait Value<'t>: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres> {}
impl<'t, T> Value<'t> for T where T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres> {}

/// A Rust value both engines take a whole list of in one: as an array, or as JSON, where it must read as it is stored.
pub trait Listed<'t>: Value<'t> + PgHasArrayType + serde::Serialize + Copy {}
impl<'t, T> Listed<'t> for T where T: Value<'t> + PgHasArrayType + serde::Serialize + Copy {}

/// A Rust type both engines can read a row into; `#[derive(sqlx::FromRow)]` gives it.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Anything a statement can run on: `&Db`, `&mut Session` or `&mut Tx`.
pub trait Sql<'c>: Sized {
    /// Starts the statement `sqlite` on SQLite, `postgres` on PostgreSQL. For the few that must differ.
    fn either(self, sqlite: &'static str, postgres: &'static str) -> Statement<'c>;

    /// Starts a statement in the SQL both engines speak.
    fn sql(self, sql: &'static str) -> Statement<'c> {
        self.either(sql, sql)
    }
}

impl<'c> Sql<'c> for &'c Db {
    fn either(self, sqlite: &'static str, postgres: &'static str) -> Statement<'c> {
        let on = match &self.engine {
            Engine::Sqlite { readers, .. } => On::Sqlite(SqliteArguments::default(), Target::Pool(readers)),
            Engine::Postgres { writers, .. } => On::Postgres(PgArguments::default(), Target::Pool(writers)),
        };
        Statement::new(on, sqlite, postgres, &self.statements)
    }
}

impl<'c> Sql<'c> for &'c mut Session {
    fn either(self, sqlite: &'static str, postgres: &'static str) -> Statement<'c> {
        let on = match &mut self.0 {
            SessionKind::Sqlite(tx) => On::Sqlite(SqliteArguments::default(), Target::One(&mut **tx)),
            SessionKind::Postgres(tx) => On::Postgres(PgArguments::default(), Target::One(&mut **tx)),
        };
        Statement::new(on, sqlite, postgres, &self.1)
    }
}

impl<'c> Sql<'c> for &'c mut Tx {
    fn either(self, sqlite: &'static str, postgres: &'static str) -> Statement<'c> {
        let on = match &mut self.kind {
            TxKind::Sqlite(job) => On::Sqlite(SqliteArguments::default(), Target::One(job.connection())),
            TxKind::Postgres(tx) => On::Postgres(PgArguments::default(), Target::One(&mut **tx)),
        };
        Statement::new(on, sqlite, postgres, &self.statements)
    }
}

enum Target<'c, P, C> {
    Pool(&'c P),
    One(&'c mut C),
}

enum On<'c> {
    Sqlite(SqliteArguments, Target<'c, SqlitePool, SqliteConnection>),
    Postgres(PgArguments, Target<'c, PgPool, PgConnection>),
    /// No statement: the rows of a `COPY`.
    Copy(copy::Rows),
}

/// A statement with its values, ready to run.
pub struct Statement<'c> {
    sql: Cow<'static, str>,
    on: On<'c>,
    counter: &'c AtomicU64,
}

/// How the values of a list are written.
#[derive(Clone, Copy)]
enum Parameters {
    /// `$1, $2`: any of them may stand anywhere.
    Named,
    /// `?, ?`: each stands where it is counted.
    Nameless,
}

/// Runs `$body` with `$query` typed for the engine and `$on` its pool or connection.
macro_rules! run {
    ($statement:ident, $make:path, |$query:ident, $target:ident| $body:expr) => {{
        $statement.counter.fetch_add(1, Ordering::Relaxed);
        match $statement.on {
            On::Sqlite(args, target) => {
                let $query = $make(AssertSqlSafe($statement.sql), args);
                match target {
                    Target::Pool($target) => $body,
                    Target::One($target) => $body,
                }
            }
            On::Postgres(args, target) => {
                let $query = $make(AssertSqlSafe($statement.sql), args);
                match target {
                    Target::Pool($target) => $body,
                    Target::One($target) => $body,
                }
            }
            On::Copy(_) => unreachable!("rows are bound and never run"),
        }
    }};
}

impl<'c> Statement<'c> {
    fn new(on: On<'c>, sqlite: &'static str, postgres: &'static str, counter: &'c AtomicU64) -> Self {
        let sql = if matches!(on, On::Sqlite(..)) { sqlite } else { postgres };
        Self { sql: sql.into(), on, counter }
    }

    /// Gives the next `$N` its value.
    pub fn bind<'t>(mut self, value: impl Value<'t>) -> Self {
        self.add(value);
        self
    }

    fn add<'t>(&mut self, value: impl Value<'t>) {
        match &mut self.on {
            On::Sqlite(args, _) => args.add(value),
            On::Postgres(args, _) => args.add(value),
            On::Copy(rows) => rows.add(value),
        }
        .expect("encoding a bound value cannot fail");
    }

    /// Gives the next `IN (..)` a list of values.
    ///
    /// # Panics
    /// When `values` is empty: there is nothing to ask for.
    pub fn bind_list<'t, T: Listed<'t>>(mut self, values: &[T]) -> Self {
        let written = self.bind_all(values);
        self.sql = self.sql.replacen(LIST, &written, 1).into();
        self
    }

    /// Gives the next `{list}` the values of a list. What is joined to it, or asked for each of its values by a
    /// subquery, is found by its index whatever PostgreSQL thought of the size of a table when it planned: unlike
    /// `IN`, which it may take for a condition on rows it has read anyhow.
    pub fn bind_table<'t, T: Listed<'t>>(mut self, values: &[T]) -> Self {
        self.bind_whole(values);
        let number = self.bound();
        let written = match self.on {
            On::Sqlite(..) => format!("json_each(${number})"),
            _ => format!("(SELECT value FROM unnest(${number}) AS list(value))"),
        };
        self.sql = self.sql.replacen("{list}", &written, 1).into();
        self
    }

    /// Keeps the next `[…]` where there is a value, with the value in place of `{}`. What has a fixed `$N` is bound
    /// before.
    pub fn given<'t>(mut self, value: Option<impl Value<'t>>) -> Self {
        let Some(value) = value else { return self.keep(None) };
        self = self.bind(value);
        let written = format!("${}", self.bound());
        self.keep(Some(("{}", written)))
    }

    /// Keeps the next `[…]` where there is a list, which may be empty, with the list in place of `(..)`.
    pub fn given_list<'t, T: Listed<'t>>(mut self, values: Option<&[T]>) -> Self {
        let written = match values {
            None => return self.keep(None),
            // Nothing is equal to it.
            Some([]) => "IN (NULL)".to_owned(),
            Some(values) => self.bind_all(values),
        };
        self.keep(Some((LIST, written)))
    }

    /// Keeps the next `[…]`, with a mark in it written out, or leaves it out.
    fn keep(mut self, written: Option<(&str, String)>) -> Self {
        let mut sql = self.sql.into_owned();
        let start = sql.find('[').expect("there is a condition left");
        let end = start + sql[start..].find(']').expect("a condition ends");
        let kept = written.map_or_else(String::new, |(mark, text)| sql[start + 1..end].replace(mark, &text));
        sql.replace_range(start..=end, &kept);
        self.sql = sql.into();
        self
    }

    /// Binds a list, and says what stands for [`LIST`]. A short one is padded to a power of two with its last value, so
    /// that lists of every length share a few prepared statements, and an engine knows how many values it plans for;
    /// a long one is one value.
    fn bind_all<'t, T: Listed<'t>>(&mut self, values: &[T]) -> String {
        let last = *values.last().expect("an empty list has no rows to ask for");
        if values.len() > SHORT_MAX {
            self.bind_whole(values);
            let number = self.bound();
            return match self.on {
                On::Sqlite(..) => format!("IN (SELECT value FROM json_each(${number}))"),
                _ => format!("= ANY (${number})"),
            };
        }
        let padding = values.len().next_power_of_two() - values.len();
        let start = self.bound();
        for value in values.iter().copied().chain(std::iter::repeat_n(last, padding)) {
            self.add(value);
        }
        let span = start + 1..=self.bound();
        format!("IN {}", written_out(&[span], Parameters::Named))
    }

    /// Binds a list as one value.
    fn bind_whole<'t, T: Listed<'t>>(&mut self, values: &[T]) {
        match &mut self.on {
            On::Sqlite(args, _) => args.add(serde_json::to_string(values).expect("keys and texts are JSON")),
            On::Postgres(args, _) => args.add(values.to_vec()),
            On::Copy(_) => unreachable!("rows hold no lists"),
        }
        .expect("encoding a bound value cannot fail");
    }

    /// Writes out `{page}`: the rows after (or before) the page's cursor in the order of `columns`, one
    /// more than the page holds, to know whether there are others; and `{order}`, their order.
    pub fn page(mut self, page: &Page, columns: &str) -> Self {
        let mut text = String::new();
        let (than, order) = if page.descends() { ("<", " DESC") } else { (">", "") };
        if let Some(keys) = page.cursor() {
            let _ = write!(text, "AND ({columns}) {than} (");
            for (i, key) in keys.iter().enumerate() {
                self = match key {
                    Key::Int(value) => self.bind(*value),
                    Key::Date(value) => self.bind(*value),
                    Key::Text(value) => self.bind(value.clone()),
                };
                let _ = write!(text, "{}${}", if i == 0 { "" } else { ", " }, self.bound());
            }
            text.push_str(") ");
        }
        let sorted: Vec<String> = columns.split(", ").map(|column| format!("{column}{order}")).collect();
        let sorted = format!("ORDER BY {}", sorted.join(", "));
        self = self.bind(page.limit() + 1);
        let _ = write!(text, "{sorted} LIMIT ${}", self.bound());
        self.sql = self.sql.replacen("{page}", &text, 1).replacen("{order}", &sorted, 1).into();
        self
    }

    /// Writes the statement, or what of it is between `{each}` and `{end}`, out once for each owner in place of
    /// `{owner}`, so that the pages of many owners are one statement and one index walk each. Padded as
    /// [`Statement::bind_list`] is.
    ///
    /// # Panics
    /// When `owners` is empty.
    pub fn each_of<'t, T: Value<'t> + Copy>(mut self, owners: &[T]) -> Self {
        assert!(!owners.is_empty(), "no owner has no rows to ask for");
        let sql = std::mem::take(&mut self.sql);
        let (before, one) = sql.split_once("{each}").unwrap_or(("", &*sql));
        let (one, after) = one.split_once("{end}").unwrap_or((one, ""));
        let size = owners.len().next_power_of_two();
        let mut text = String::with_capacity(before.len() + size * (one.len() + 40) + after.len());
        text.push_str(before);
        for i in 0..size {
            // The padding asks for an owner that does not exist: asking for the last one again would
            // give its rows twice.
            self = match owners.get(i) {
                Some(owner) => self.bind(*owner),
                None => self.bind(NOBODY),
            };
            if i > 0 {
                text.push_str(" UNION ALL ");
            }
            let part = one.replace("{owner}", &format!("${}", self.bound()));
            if size == 1 {
                // The engine has less to read and to plan.
                text.push_str(&part);
            } else {
                let _ = write!(text, "SELECT * FROM ({part}) AS owner_{i}");
            }
        }
        text.push_str(after);
        self.sql = text.into();
        self
    }

    /// The text as the engine will get it.
    pub fn text(&self) -> &str {
        &self.sql
    }

    /// How many values have been bound.
    fn bound(&self) -> usize {
        match &self.on {
            On::Sqlite(args, _) => args.len(),
            On::Postgres(args, _) => args.len(),
            On::Copy(_) => 0,
        }
    }

    /// Gives the next `(..)` one list of values for each of `rows`.
    fn values<R>(mut self, rows: &[R], bind: &impl for<'s> Fn(Statement<'s>, &R) -> Statement<'s>) -> Self {
        let mut spans = Vec::with_capacity(rows.len());
        for row in rows {
            let start = self.bound() + 1;
            self = bind(self, row);
            spans.push(start..=self.bound());
        }
        // SQLite finds a parameter's name by walking over all names, so that a wide insert with names takes
        // the square of its values. Where the rows are all there is, they need none.
        let is_nameless = matches!(self.on, On::Sqlite(..)) && !self.sql.contains(['$', '{']);
        self.expand(&spans, if is_nameless { Parameters::Nameless } else { Parameters::Named })
    }

    fn expand(mut self, rows: &[RangeInclusive<usize>], parameters: Parameters) -> Self {
        self.sql = self.sql.replacen("(..)", &written_out(rows, parameters), 1).into();
        self
    }

    /// Has the engine read the statement without running it.
    pub async fn prepare(self) -> Result<()> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        let text = AssertSqlSafe(self.sql.into_owned()).into_sql_str();
        match self.on {
            On::Sqlite(_, Target::Pool(on)) => on.prepare(text).await.map(drop),
            On::Sqlite(_, Target::One(on)) => on.prepare(text).await.map(drop),
            On::Postgres(_, Target::Pool(on)) => on.prepare(text).await.map(drop),
            On::Postgres(_, Target::One(on)) => on.prepare(text).await.map(drop),
            On::Copy(_) => unreachable!("rows are bound and never prepared"),
        }
    }

    /// Runs the statement and returns how many rows it touched.
    pub async fn execute(self) -> Result<u64> {
        Ok(run!(self, sqlx::query_with, |query, on| query.execute(on).await?.rows_affected()))
    }

    /// The one row there must be.
    pub async fn one<T: Record>(self) -> Result<T> {
        run!(self, sqlx::query_as_with, |query, on| query.fetch_one(on).await)
    }

    /// The row, where there is one.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        run!(self, sqlx::query_as_with, |query, on| query.fetch_optional(on).await)
    }

    /// All rows.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        run!(self, sqlx::query_as_with, |query, on| query.fetch_all(on).await)
    }

    /// Visits rows as they arrive, for results too large to hold.
    pub async fn each<T: Record>(self, mut visit: impl FnMut(T)) -> Result<()> {
        run!(self, sqlx::query_as_with, |query, on| {
            let mut rows = query.fetch(on);
            while let Some(row) = rows.try_next().await? {
                visit(row);
            }
            Ok(())
        })
    }
}

/// Rows of values: `($1,$2), ($3,$4)`.
fn written_out(rows: &[RangeInclusive<usize>], parameters: Parameters) -> String {
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        text.push_str(if i == 0 { "(" } else { ", (" });
        for n in row.clone() {
            text.push_str(if n == *row.start() { "" } else { "," });
            let _ = match parameters {
                Parameters::Named => write!(text, "${n}"),
                Parameters::Nameless => write!(text, "?"),
            };
        }
        text.push(')');
    }
    text
}

/// The mark of a list of values.
const LIST: &str = "IN (..)";

/// The most values that a list is written out with. SQLite walks over all parameters to find one by its number.
const SHORT_MAX: usize = 32;

/// The key of no row.
const NOBODY: i64 = 0;

/// The most values that SQLite takes in one statement.
const SQLITE_VALUES_MAX: usize = 32_766;

impl Tx {
    /// Inserts `rows`, or writes them out as the values of any other statement; `bind` adds one row's values.
    /// Returns the rows touched.
    ///
    /// On PostgreSQL many rows are copied, so that each value must be of exactly its column's type; SQLite takes as
    /// many rows at a time as it has values for. Other statements take [`ROWS_MAX`](Self::ROWS_MAX).
    pub async fn insert_all<R>(
        &mut self,
        sql: &'static str,
        rows: &[R],
        bind: impl for<'s> Fn(Statement<'s>, &R) -> Statement<'s>,
    ) -> Result<u64> {
        let copying = copy::statement(sql);
        if let (Some(copying), TxKind::Postgres(tx)) = (&copying, &mut self.kind)
            && rows.len() >= copy::ROWS_MIN
        {
            let counter = &self.statements;
            counter.fetch_add(1, Ordering::Relaxed);
            let write = |written, row: &R| {
                let statement = Statement { sql: Cow::Borrowed(sql), on: On::Copy(written), counter };
                let On::Copy(written) = bind(statement, row).on else { unreachable!("binding changes no engine") };
                written
            };
            return copy::run(tx, copying, rows, write).await;
        }
        let chunk = match &copying {
            Some(head) if self.is_sqlite() => SQLITE_VALUES_MAX / (head.matches(',').count() + 1),
            _ => Self::ROWS_MAX,
        };
        let mut touched = 0;
        for chunk in rows.chunks(chunk) {
            touched += self.sql(sql).values(chunk, &bind).execute().await?;
        }
        Ok(touched)
    }

    /// Inserts `rows` as [`Tx::insert_all`] does, and gives what the statement returns of them, in no
    /// promised order.
    pub async fn insert_returning<R, T: Record>(
        &mut self,
        sql: &'static str,
        rows: &[R],
        bind: impl for<'s> Fn(Statement<'s>, &R) -> Statement<'s>,
    ) -> Result<Vec<T>> {
        let mut returned = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(Self::ROWS_MAX) {
            returned.append(&mut self.sql(sql).values(chunk, &bind).all().await?);
        }
        Ok(returned)
    }

    /// Rows of one statement: 20 columns of as many stay far below SQLite's 32,766 values.
    pub const ROWS_MAX: usize = 512;
}
