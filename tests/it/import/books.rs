//! A fund to import into, and what is in its books.

use std::fmt::Write as _;

use cobuild::{
    db::Sql as _,
    error::Result,
    import::{
        inline::{self, Order, Until},
        job::{Job, OnRefusal, Options, worker},
        kind::Kind,
        run::Runner,
        summary::Summary,
    },
    ledger::verify,
    money::Fen,
    viewer::{self, Viewer},
};

use crate::{
    support::Fixture,
    world::{Ids, World},
};

/// Name, yuan and note of each row.
pub type Rows = Vec<(String, usize, String)>;

/// A list of gifts of the first of February 2024.
pub fn file(rows: &Rows) -> String {
    rows.iter().fold("捐赠者,金额,日期,用途\n".to_owned(), |mut text, (name, yuan, note)| {
        let _ = writeln!(text, "{name},{yuan},2024-02-01,{note}");
        text
    })
}

/// The text as an older spreadsheet saves it.
pub fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// How many rows some tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    pub party: i64,
    pub party_area: i64,
    pub receipt: i64,
    pub lot: i64,
    pub entry: i64,
    pub posting: i64,
    pub idem: i64,
}

/// How far an import goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    DryRun,
    Commit,
    CommitAccepted,
}

fn order(fund_code: &str, kind: Kind, mode: Mode, options: Options) -> Order {
    let until = if mode == Mode::DryRun { Until::Planned } else { Until::Committed };
    Order { fund_code: fund_code.into(), kind, file_name: "list.csv".into(), options, until }
}

/// A database with the fund F6.
pub struct Books {
    pub world: World,
    pub ids: Ids,
}

impl Books {
    pub async fn new(fixture: &Fixture) -> Self {
        let world = World::new(fixture).await;
        let ids = world.filled().await;
        Self { world, ids }
    }

    pub fn operator(&self) -> Viewer {
        Viewer::operator(self.world.principal)
    }

    pub async fn other_operator(&self) -> Viewer {
        viewer::operator(&self.world.db, self.world.clock.now()).await.unwrap()
    }

    pub fn runner(&self) -> Runner {
        Runner::new(self.world.db.clone(), self.world.clock.clone(), worker::LEASE).unwrap()
    }

    pub async fn import(&self, bytes: &[u8], mode: Mode) -> Summary {
        self.import_as(&self.operator(), bytes, mode).await.unwrap()
    }

    pub async fn import_as(&self, viewer: &Viewer, bytes: &[u8], mode: Mode) -> Result<Summary> {
        self.import_kind(viewer, Kind::Contributions, bytes, mode, Options::default()).await.map(|(_, told)| told)
    }

    pub async fn import_kind(
        &self,
        viewer: &Viewer,
        kind: Kind,
        bytes: &[u8],
        mode: Mode,
        options: Options,
    ) -> Result<(Job, Summary)> {
        let options = match mode {
            Mode::CommitAccepted => Options { on_refusal: OnRefusal::GoOn, ..options },
            _ => options,
        };
        let job = inline::run(&self.runner(), viewer, order("F6", kind, mode, options), bytes, |_| {}).await?;
        let summary = Summary::of(&self.world.db, &job, "F6").await?;
        Ok((job, summary))
    }

    pub async fn import_into(&self, fund_code: &str, bytes: &[u8]) -> Result<Job> {
        let order = order(fund_code, Kind::Contributions, Mode::Commit, Options::default());
        inline::run(&self.runner(), &self.operator(), order, bytes, |_| {}).await
    }

    pub async fn counts(&self) -> Counts {
        self.world
            .db
            .sql(
                "SELECT (SELECT COUNT(*) FROM party) AS party, (SELECT COUNT(*) FROM party_area) AS party_area,
                        (SELECT COUNT(*) FROM receipt) AS receipt, (SELECT COUNT(*) FROM lot) AS lot,
                        (SELECT COUNT(*) FROM entry) AS entry, (SELECT COUNT(*) FROM posting) AS posting,
                        (SELECT COUNT(*) FROM idem) AS idem",
            )
            .one()
            .await
            .unwrap()
    }

    pub async fn notes(&self) -> Vec<String> {
        let notes: Vec<(String,)> = self.world.db.sql("SELECT note FROM receipt ORDER BY id").all().await.unwrap();
        notes.into_iter().map(|(note,)| note).collect()
    }

    /// What is in the fund's pool, in fen.
    pub async fn pool_fen(&self) -> i64 {
        let pool = self.world.db.sql("SELECT balance FROM account WHERE kind = 'POOL' AND asset = 'CNY'");
        pool.one::<(i64,)>().await.unwrap().0
    }

    /// Lets a day go by.
    pub fn tomorrow(&self) {
        self.world.clock.set(self.world.clock.now() + chrono::Days::new(1));
    }

    /// What has arrived on pledges on which something has, by their numbers.
    pub async fn received(&self) -> Vec<(String, Fen)> {
        let sql =
            "SELECT external_ref, received FROM pledge WHERE received > 0 AND source = 'club' ORDER BY external_ref";
        self.world.db.sql(sql).all().await.unwrap()
    }

    /// Who gave how much, by name.
    pub async fn given(&self) -> Vec<(String, i64)> {
        self.world
            .db
            .sql(
                "SELECT p.name, CAST(SUM(l.amount) AS BIGINT) FROM lot l JOIN party p ON p.id = l.donor_id
                 GROUP BY p.id, p.name ORDER BY p.id",
            )
            .all::<(String, i64)>()
            .await
            .map(|mut given| {
                given.sort();
                given
            })
            .unwrap()
    }

    pub async fn assert_clean(&self) {
        let report = verify::verify(&self.world.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.broken().collect::<Vec<_>>());
    }
}
