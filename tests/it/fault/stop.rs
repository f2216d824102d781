//! PostgreSQL is stopped at once in the middle of a storm, and started again.
//!
//! * Meanwhile the server lives, says in a sentence that its database is away, and takes up its work by itself.
//! * Nothing acknowledged is lost, nothing is done twice.

use std::time::{Duration, Instant};

use cobuild::db::Db;
use futures_util::future::join_all;
use reqwest::{Client as Http, StatusCode};
use serde_json::json;
use tokio::{sync::watch, time::timeout};

use super::loss::{
    CLIENTS, DECIDED_FEN, Told, check_acknowledged, check_books, check_controls, check_unanswered, check_whole,
};
use crate::{
    storm::{
        client::{Acknowledged, Answer, Asker, Dice, Operation, Unanswered},
        town::{self, Books, Town},
    },
    support::{binary::Server, postgres::Cluster, times},
};

/// How often PostgreSQL is stopped.
const ROUNDS: u64 = 5;

/// Acknowledged before each stop, and again after it.
const ACKNOWLEDGED_MIN: u64 = 30;

const ROUND_MAX: Duration = Duration::from_secs(90);

/// Asks without pause; what gets no answer is left and told.
async fn client(
    name: String,
    town: &Town,
    asker: &Asker,
    done: &watch::Sender<u64>,
    end: watch::Receiver<bool>,
) -> Told {
    let mut dice = Dice(name.bytes().fold(3, |seed, byte| seed * 31 + u64::from(byte)));
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
            Err(Unanswered::Away(_)) => told.unanswered.push(operation),
            Err(Unanswered::Gone) => panic!("the server goes on without its database"),
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_stopped_at_once_loses_nothing_and_the_server_takes_up_its_work() {
    let Some(mut postgres) = Cluster::start_private(true) else { return };
    let url = postgres.create_database("stopped").await;
    let (start, rounds) = (Instant::now(), times(ROUNDS));
    let token = town::token(&["--database", &url]);
    let server = Server::start(&["serve", "--database", &url]);
    let asker = Asker::new(&Http::new(), server.url("/graphql"), &token);
    let town = Town::build(&asker, DECIDED_FEN).await;
    let mut heads = vec![];
    let mut all: Vec<Acknowledged> = vec![];
    let (mut away, mut found) = (0, 0);
    for round in 1..=rounds {
        let (done, end) = (watch::Sender::new(0), watch::Sender::new(false));
        let names = (0..CLIENTS).map(|number| format!("{round}/{number}"));
        let clients = join_all(names.map(|name| client(name, &town, &asker, &done, end.subscribe())));
        let stop = async {
            let mut count = done.subscribe();
            count.wait_for(|count| *count >= ACKNOWLEDGED_MIN).await.unwrap();
            tokio::task::block_in_place(|| postgres.stop_immediate());
            if round == 1 {
                a_sentence_is_said_meanwhile(&server, &asker, &town).await;
            }
            tokio::task::block_in_place(|| postgres.start_again());
            let more = *count.borrow() + ACKNOWLEDGED_MIN;
            count.wait_for(|count| *count >= more).await.unwrap();
            end.send_replace(true);
        };
        let both = timeout(ROUND_MAX, async { tokio::join!(clients, stop) }).await;
        let (told, ()) = both.unwrap_or_else(|_| panic!("round {round}: {} in {ROUND_MAX:?}", *done.borrow()));
        let told: Told = told.into_iter().collect();
        away += told.unanswered.len();
        let db = Db::connect(&url).await.unwrap();
        let (there, late) = check_unanswered(&db, &asker, told.unanswered).await;
        found += there;
        check_acknowledged(&db, &asker, &told.acknowledged).await.unwrap();
        heads = check_books(&db, &heads).await;
        all.extend(told.acknowledged);
        all.extend(late);
        if round == rounds {
            check_controls(&db, &asker, all.last().unwrap()).await;
        }
        db.close().await;
    }
    check_whole(&all, &Books::read(&asker).await);
    assert_eq!(server.get("/health").await.status(), StatusCode::OK);
    eprintln!(
        "stop: PostgreSQL stopped {rounds} times; {} acknowledged, {away} answered that it is away, of which {found} \
         had been done; {:?}",
        all.len(),
        start.elapsed()
    );
}

async fn a_sentence_is_said_meanwhile(server: &Server, asker: &Asker, town: &Town) {
    assert_eq!(server.get("/health").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let read = asker.ask("{ areas(first: 1) { edges { node { id } } } }", json!({}));
    let pledge = Operation::pledge(town, "meanwhile".into());
    let (read, write) = tokio::join!(read, asker.send(&pledge));
    for said in [read.map(|_| ()), write.map(|_| ())] {
        let Err(Unanswered::Away(sentence)) = said else { panic!("{said:?}") };
        assert!(sentence.starts_with("The database does not answer for now."), "{sentence}");
    }
}
