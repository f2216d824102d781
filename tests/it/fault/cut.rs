//! The connection to PostgreSQL is cut at a COMMIT, and the server finds out what became of it.
//!
//! * A mutation with a key is done once and answered as if nothing had happened.
//! * One without a key is not repeated: the caller is told to look first.

use std::time::{Duration, Instant};

use cobuild::db::{Db, Sql as _};
use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use super::{
    loss::{CLIENTS, DECIDED_FEN, Told, check_acknowledged, check_books, check_controls, check_doubled, check_whole},
    proxy::{self, Cut, Proxy},
};
use crate::{
    storm::{
        client::{Acknowledged, Answer, Asker, Dice, Operation, Unanswered},
        town::{self, Books, Town},
    },
    support::{Fixture, binary::Server, postgres::cluster, times},
};

/// How often the connection is cut, half of it before a COMMIT and half after.
const ROUNDS: u64 = 20;

/// Acknowledged in each round, on both sides of its cut.
const ACKNOWLEDGED_MIN: u64 = 20;

const ROUND_MAX: Duration = Duration::from_secs(60);

/// A server whose only way to its database is a proxy.
struct Place {
    fixture: Fixture,
    proxy: Proxy,
    server: Server,
    asker: Asker,
    /// Around the proxy.
    db: Db,
}

impl Place {
    /// `None` when the machine has no PostgreSQL.
    async fn open(name: &str) -> Option<Self> {
        let fixture = Fixture::postgres(name).await?;
        let token = town::token(&["--database", &fixture.url]);
        let proxy = Proxy::to(proxy::address(&fixture.url)).await;
        let server = Server::start(&["serve", "--database", &proxy.url(&fixture.url)]);
        let asker = Asker::new(&Http::new(), server.url("/graphql"), &token);
        let db = Db::connect(&fixture.url).await.unwrap();
        Some(Self { fixture, proxy, server, asker, db })
    }

    async fn close(self) {
        self.db.close().await;
        drop((self.server, self.proxy));
        cluster().unwrap().drop_database(&self.fixture.url).await;
    }

    async fn register(&self, name: &str, areas: &Value) -> Result<Value, Unanswered> {
        let query = "mutation($input: PartyRegisterInput!) { partyRegister(input: $input) {
            party { name } userErrors { message } } }";
        let input = json!({ "kind": "MERCHANT", "name": name, "areaIds": areas });
        Ok(self.asker.ask(query, json!({ "input": input })).await?.0["partyRegister"].take())
    }

    /// Registers under one name after another until it is that COMMIT that is cut: the server's own look at what
    /// waits to be imported may be the first to commit. Gives the name and what was answered.
    async fn register_cut(&self, cut: Cut, shop: &str, areas: &Value) -> (String, String) {
        for attempt in 0..10 {
            let name = format!("{shop}, {attempt}");
            self.proxy.arm(cut);
            match self.register(&name, areas).await {
                Err(Unanswered::Away(sentence)) => return (name, sentence),
                answer => assert_eq!(answer.unwrap()["userErrors"], json!([]), "{name}"),
            }
        }
        panic!("{cut:?}: never the COMMIT of the registration");
    }

    async fn parties(&self, name: &str) -> i64 {
        let count = self.db.sql("SELECT count(*) FROM party WHERE name = $1").bind(name.to_owned());
        count.one::<(i64,)>().await.unwrap().0
    }
}

/// Asks without pause, and is answered, until told to end.
async fn client(
    name: String,
    town: &Town,
    asker: &Asker,
    done: &watch::Sender<u64>,
    end: watch::Receiver<bool>,
) -> Told {
    let mut dice = Dice(name.bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte)));
    let mut told = Told::default();
    for at in 0.. {
        if *end.borrow() {
            break;
        }
        let operation = Operation::thrown(&mut dice, town, format!("{name}/{at}"));
        match asker.send(&operation).await {
            Ok(Answer::Done(made)) => {
                told.acknowledged.push(Acknowledged { operation, done: made });
                done.send_modify(|count| *count += 1);
            }
            Ok(Answer::Refused(code)) => assert_eq!(code, "INSUFFICIENT_ELIGIBLE_FUNDS", "{operation:?}"),
            Err(why) => panic!("{why:?}: the server must find out by itself what became of {operation:?}"),
        }
    }
    told
}

/// Lets the clients loose, and cuts once in their midst.
async fn storm(place: &Place, round: u64, town: &Town) -> Told {
    let (done, end) = (watch::Sender::new(0), watch::Sender::new(false));
    let names = (0..CLIENTS).map(|number| format!("{round}/{number}"));
    let clients = join_all(names.map(|name| client(name, town, &place.asker, &done, end.subscribe())));
    let cut = async {
        let mut count = done.subscribe();
        count.wait_for(|count| *count >= ACKNOWLEDGED_MIN).await.unwrap();
        place.proxy.arm(if round.is_multiple_of(2) { Cut::BeforeCommit } else { Cut::AfterCommit });
        while place.proxy.is_armed() {
            count.changed().await.unwrap();
        }
        if round.is_multiple_of(4) {
            place.proxy.cut_all();
        }
        let more = *count.borrow() + ACKNOWLEDGED_MIN;
        count.wait_for(|count| *count >= more).await.unwrap();
        end.send_replace(true);
    };
    let both = timeout(ROUND_MAX, async { tokio::join!(clients, cut) }).await;
    let (told, ()) = both.unwrap_or_else(|_| panic!("round {round}: {} acknowledged in {ROUND_MAX:?}", *done.borrow()));
    told.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_at_commit_loses_nothing_and_doubles_nothing() {
    let Some(place) = Place::open("cut_at_commit").await else { return };
    let (start, rounds) = (Instant::now(), times(ROUNDS));
    let town = Town::build(&place.asker, DECIDED_FEN).await;
    let mut heads = check_books(&place.db, &[]).await;
    let mut all: Vec<Acknowledged> = vec![];
    for round in 1..=rounds {
        let told = storm(&place, round, &town).await;
        check_acknowledged(&place.db, &place.asker, &told.acknowledged).await.unwrap();
        heads = check_books(&place.db, &heads).await;
        all.extend(told.acknowledged);
    }
    let (before, after) = place.proxy.cuts();
    assert_eq!((before, after), (rounds / 2, rounds - rounds / 2));
    check_whole(&all, &Books::read(&place.asker).await);
    check_controls(&place.db, &place.asker, all.last().unwrap()).await;
    check_doubled(&place.db, &place.asker, Operation::pledge(&town, "control".into())).await;
    eprintln!(
        "cut: {before} before COMMIT and {after} between COMMIT and its word; {} acknowledged; {:?}",
        all.len(),
        start.elapsed()
    );
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_key_is_not_repeated_when_its_commit_is_lost() {
    let Some(place) = Place::open("cut_without_a_key").await else { return };
    let areas = place.asker.read("{ areas(first: 1) { edges { node { id } } } }", json!({})).await;
    let areas = json!([areas["areas"]["edges"][0]["node"]["id"]]);
    // The first use of a token is noted beside the request; that COMMIT is not the one to cut.
    let noted = async || {
        let noted = place.db.sql("SELECT count(*) FROM token WHERE last_used_at IS NOT NULL");
        noted.one::<(i64,)>().await.unwrap().0 == 1
    };
    while !noted().await {
        tokio::task::yield_now().await;
    }
    // That the proxy cuts where it says is seen by what is there afterwards.
    for (cut, shop, there) in [(Cut::BeforeCommit, "Shop 1", 0), (Cut::AfterCommit, "Shop 2", 1)] {
        let (name, sentence) = place.register_cut(cut, shop, &areas).await;
        assert_eq!(
            sentence,
            "The database does not answer for now. Send the same request again in a moment: with the same \
             idempotencyKey a mutation takes effect once; after one without a key, read first whether it did."
        );
        assert!(!place.proxy.is_armed());
        assert_eq!(place.parties(&name).await, there, "{cut:?}");
    }
    // Lost while nobody used them, the connections are replaced without a word.
    for round in 0..4 {
        place.proxy.cut_all();
        let name = format!("Shop after {round}");
        assert_eq!(place.register(&name, &areas).await.unwrap()["userErrors"], json!([]), "{name}");
        place.proxy.cut_all();
        place.asker.ask("{ areas(first: 1) { edges { node { id } } } }", json!({})).await.unwrap();
    }
    place.close().await;
}
