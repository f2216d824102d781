//! A town's SQLite files as a killed server left them, with a write-ahead log that the next few mutations fill:
//! what follows has a checkpoint in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cobuild::{
    db::Db,
    ledger::verify::{self, PublishedHead},
};
use reqwest::Client as Http;
use tempfile::TempDir;

use super::loss::{DECIDED_FEN, Told, effects_of};
use crate::{
    storm::{
        client::{Acknowledged, Answer, Asker, Operation},
        town::{self, Town},
    },
    support::binary::Server,
};

/// Pages in the log, of the thousand at which SQLite makes a checkpoint.
const FRAMES: u64 = 960;
const FRAME_BYTES: u64 = 4_096 + 24;

pub const DATABASE: &str = "cobuild.db";
pub const LOG: &str = "cobuild.db-wal";

pub struct Prepared {
    dir: TempDir,
    pub token: String,
    pub town: Town,
    /// Acknowledged before.
    pub acknowledged: Vec<Acknowledged>,
    pub heads: Vec<PublishedHead>,
}

pub fn url(dir: &Path) -> String {
    format!("sqlite:{}", dir.join(DATABASE).display())
}

impl Prepared {
    pub async fn make() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = url(dir.path());
        let token = town::token(&["--database", &url]);
        let server = Server::start(&["serve", "--database", &url]);
        let asker = Asker::new(&Http::new(), server.url("/graphql"), &token);
        let town = Town::build(&asker, DECIDED_FEN).await;
        let db = Db::connect(&url).await.unwrap();
        let mut acknowledged = vec![];
        while fs::metadata(dir.path().join(LOG)).unwrap().len() < FRAMES * FRAME_BYTES {
            let operation = Operation::pledge(&town, format!("before {}", acknowledged.len()));
            let Answer::Done(done) = asker.send(&operation).await.unwrap() else { panic!("{operation:?}") };
            acknowledged.push(Acknowledged { operation, done });
        }
        let heads = verify::heads(&db).await.unwrap();
        server.kill();
        let copied = tempfile::tempdir().unwrap();
        // As long as the file is open here its last user does not tidy it up.
        let prepared = Self { dir: copied, token, town, acknowledged, heads };
        for name in [DATABASE, LOG] {
            fs::copy(dir.path().join(name), prepared.dir.path().join(name)).unwrap();
        }
        db.close().await;
        prepared
    }

    /// A copy to work on.
    pub fn copy(&self) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in [DATABASE, LOG] {
            fs::copy(self.dir.path().join(name), dir.path().join(name)).unwrap();
        }
        dir
    }

    /// Where the files are, to read them.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn asker(&self, server: &Server) -> Asker {
        Asker::new(&Http::new(), server.url("/graphql"), &self.token)
    }

    /// Whether the files of `dir` hold whole books in which everything acknowledged is there once, and
    /// everything else once or not at all.
    pub async fn check(&self, dir: &Path, told: &Told) -> Result<(), String> {
        let db = Db::connect(&url(dir)).await.map_err(|why| format!("cannot be opened: {why}"))?;
        let checked = self.check_open(&db, told).await;
        db.close().await;
        checked
    }

    async fn check_open(&self, db: &Db, told: &Told) -> Result<(), String> {
        let report = verify::verify(db, |_| {}).await;
        let report = report.map_err(|why| format!("cannot be read: {why:?}"))?;
        if !report.is_clean() {
            return Err(format!("{:?}", report.broken().collect::<Vec<_>>()));
        }
        for head in &self.heads {
            if !verify::is_kept(db, head).await.map_err(|why| format!("{why:?}"))? {
                return Err(format!("{head:?} is not kept"));
            }
        }
        let sure: Vec<&Operation> =
            self.acknowledged.iter().chain(&told.acknowledged).map(|one| &one.operation).collect();
        for some in sure.chunks(100) {
            for (one, effects) in some.iter().zip(effects_of(db, some).await) {
                if effects != (1, 1) {
                    return Err(format!("{} was acknowledged and is there {effects:?} times", one.key));
                }
            }
        }
        let unsure: Vec<&Operation> = told.unanswered.iter().collect();
        for some in unsure.chunks(100) {
            for (one, effects) in some.iter().zip(effects_of(db, some).await) {
                if effects != (1, 1) && effects != (0, 0) {
                    return Err(format!("{} is there {effects:?} times", one.key));
                }
            }
        }
        Ok(())
    }
}
