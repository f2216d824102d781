//! What every test stands on: one body, run on both engines.

pub mod binary;
pub mod disk;
pub mod postgres;
mod selftest;

use tempfile::TempDir;

/// The database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of the test's own.
    Sqlite,
    /// A database of the test's own, in the cluster the tests share.
    Postgres,
}

/// An empty database for one test.
#[derive(Debug)]
pub struct Fixture {
    /// What `url` leads to.
    pub engine: Engine,
    /// Where the database is, in the form the configuration takes.
    pub url: String,
    _dir: Option<TempDir>,
}

impl Fixture {
    /// A database file that does not exist yet, in a directory that goes with the fixture.
    pub fn sqlite() -> Self {
        let dir = tempfile::tempdir().expect("the temporary directory can be written");
        Self {
            engine: Engine::Sqlite,
            url: format!("sqlite:{}", dir.path().join("cobuild.db").display()),
            _dir: Some(dir),
        }
    }

    /// A database that somebody else made, or keeps the place of.
    pub fn at(url: &str) -> Self {
        let engine = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
        Self { engine, url: url.to_owned(), _dir: None }
    }

    /// An empty database named after the test; `None` when the machine has no PostgreSQL.
    pub async fn postgres(name_hint: &str) -> Option<Self> {
        let cluster = postgres::cluster()?;
        Some(Self { engine: Engine::Postgres, url: cluster.create_database(name_hint).await, _dir: None })
    }
}

/// Says what is not shown here, and why.
pub fn skipped(why: &str) {
    use std::io::Write as _;
    // Not `eprintln!`, which the runner keeps to itself while a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// How many of something a test does: `count`, and `COBUILD_TEST_TIMES` times as many where that is set.
pub fn times(count: u64) -> u64 {
    let times = std::env::var("COBUILD_TEST_TIMES").map_or(1, |given| given.parse().expect("a whole number"));
    assert!(times > 0, "COBUILD_TEST_TIMES=0 would let every test pass");
    count * times
}

/// Defines one test per engine from each body, in the modules `sqlite` and `postgres`.
///
/// What stands above a body (its documentation, `#[ignore]`) is put above both tests. Once in a
/// module, because of the two modules it makes.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: Fixture) $body:block)*) => {
        $(async fn $name($db: $crate::support::Fixture) $body)*

        mod sqlite {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::support::Fixture::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let Some(db) = $crate::support::Fixture::postgres(stringify!($name)).await
                    else {
                        return;
                    };
                    // A database that failed its test goes with the cluster.
                    let url = db.url.clone();
                    super::$name(db).await;
                    if let Some(cluster) = $crate::support::postgres::cluster() {
                        cluster.drop_database(&url).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use on_both;
