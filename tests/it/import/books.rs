//! A fund to import into, and what is in its books.

use std::{fmt::Write as _, io::Cursor};

use cobuild::{
    db::Sql as _,
    error::Result,
    import::{Mapping, Mode, Options, Order, Progress, Summary, run},
    ledger::verify,
    viewer::{self, By, Viewer},
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

    pub async fn import(&self, bytes: &[u8], mode: Mode) -> Summary {
        self.import_as(&self.operator(), bytes, mode, |_| {}).await.unwrap()
    }

    pub async fn import_as(
        &self,
        viewer: &Viewer,
        bytes: &[u8],
        mode: Mode,
        progress: impl FnMut(Progress),
    ) -> Result<Summary> {
        let options = self.options();
        let order = Order { fund_code: "F6", file_name: "list.csv", options: &options, mode };
        run(&self.world.db, self.by(viewer), order, Cursor::new(bytes.to_vec()), progress).await
    }

    pub async fn import_into(&self, fund_code: &str, bytes: &[u8]) -> Result<Summary> {
        let options = self.options();
        let order = Order { fund_code, file_name: "list.csv", options: &options, mode: Mode::Commit };
        run(&self.world.db, self.by(&self.operator()), order, Cursor::new(bytes.to_vec()), |_| {}).await
    }

    fn options(&self) -> Options {
        Options { mapping: Mapping::default(), today: self.world.clock.today(), date_default: None }
    }

    fn by<'a>(&self, viewer: &'a Viewer) -> By<'a> {
        By { viewer, now: self.world.clock.now(), today: self.world.clock.today() }
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
