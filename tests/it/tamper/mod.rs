//! Tampering is told: one thing after another is changed behind the ledger's back, each in a transaction
//! that is taken back, and `verify` must name what is wrong.

pub mod book;
mod cases;

use std::{collections::BTreeMap, time::Instant};

use cobuild::{
    db::{Sql as _, Tx},
    error::Language,
    ledger::verify::{self, Books, Progress, Report},
};

use crate::support::on_both;
use book::Book;
use cases::CASES;

/// Takes the guards out of the way, as only the owner of the database can.
async fn unguard(tx: &mut Tx) {
    if tx.is_sqlite() {
        let guards: Vec<(String,)> =
            tx.sql("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all().await.unwrap();
        assert!(guards.len() > 30, "the guards are there before they are taken away");
        for (guard,) in guards {
            tx.sql(format!("DROP TRIGGER {guard}").leak()).execute().await.unwrap();
        }
    }
    // References are checked when the transaction commits, which it never does.
    tx.either("PRAGMA defer_foreign_keys = on", "SET LOCAL session_replication_role = replica")
        .execute()
        .await
        .unwrap();
}

/// What is said of the books after `statements`, which are taken back.
async fn tampered(book: &Book, statements: &[&str]) -> Report {
    let mut tx = book.db.begin().await.unwrap();
    unguard(&mut tx).await;
    for sql in statements {
        let touched = tx.sql(book.named(sql)).execute().await.unwrap_or_else(|why| panic!("{sql}: {why}"));
        assert!(touched > 0, "nothing was changed by {sql}");
    }
    verify::verify_books(Books::Tx(&mut tx), |_| {}).await.unwrap()
}

fn told(report: &Report) -> Vec<&str> {
    report.broken().map(|check| check.id.as_str()).collect()
}

on_both! {
    async fn untouched_books_are_clean(db: Fixture) {
        let book = Book::open(&db.url).await;
        let mut lines = Vec::new();
        let report = verify::verify(&book.db, |progress| {
            if let Progress::Ended(check) = progress {
                lines.push(check.sentence(Language::En));
            }
        });
        let report = report.await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.broken().collect::<Vec<_>>());
        assert_eq!(lines.len(), 36);
        let bank = "(1 of 2 funds have bank lines; 1 of 5 lines and 10 entries of those funds are not matched yet)";
        assert!(lines[14].starts_with("I15 ok: ") && lines[14].ends_with(bank), "{}", lines[14]);
        assert!(lines[34].starts_with("SEAL ok: ") && lines[35].starts_with("DIGEST ok: "));
        assert_eq!(report.checks.iter().filter(|check| check.ran).count(), 36);
        book.db.close().await;
    }

    async fn every_tampering_is_told_by_the_check_meant_for_it(db: Fixture) {
        let book = Book::open(&db.url).await;
        let started = Instant::now();
        let mut missed = Vec::new();
        let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, statements) in CASES {
            let report = tampered(&book, statements).await;
            let told = told(&report);
            *tried.entry(id).or_default() += 1;
            if !told.contains(id) {
                missed.push((id, statements, told.join(" ")));
            }
        }
        let took = started.elapsed() / u32::try_from(CASES.len()).unwrap();
        eprintln!("{:?}: {} tamperings tried, {} caught, {took:?} each", db.engine, CASES.len(), CASES.len() - missed.len());
        assert!(missed.is_empty(), "{missed:#?}");
        for check in verify::verify(&book.db, |_| {}).await.unwrap().checks {
            assert_eq!(check.broken_count, 0, "every tampering was taken back");
            let tried = tried.get(check.id.as_str()).copied().unwrap_or_default();
            assert!(tried >= 2 || !check.ran, "{} was tried {tried} times", check.id);
        }
        book.db.close().await;
    }

    async fn a_rewritten_chain_differs_from_the_head_that_was_published(db: Fixture) {
        let book = Book::open(&db.url).await;
        let published = verify::head_of(&book.db, "EAST").await.unwrap().unwrap();
        assert_eq!(published.seq, 31);
        assert!(verify::is_kept(&book.db, &published).await.unwrap());
        let mut tx = book.db.begin().await.unwrap();
        unguard(&mut tx).await;
        // A gift is made larger wherever it is written, so that the books balance.
        for sql in [
            "UPDATE receipt SET amount = amount + 1000 WHERE id = {R2v1}",
            "UPDATE lot SET amount = amount + 1000 WHERE id = {L4}",
            "UPDATE posting SET amount = amount + 1000 WHERE lot_id = {L4} AND entry_id = {E2}",
            "UPDATE holding SET amount = amount + 1000 WHERE lot_id = {L4} AND account_id = {POOL}",
            "UPDATE party_holding SET amount = amount + 1000 WHERE party_id = 4 AND account_id = {POOL}",
            "UPDATE account SET balance = balance + 1000 WHERE id = {POOL}",
            "UPDATE account SET balance = balance - 1000 WHERE id = {OUT}",
        ] {
            assert_eq!(tx.sql(book.named(sql)).execute().await.unwrap(), 1, "{sql}");
        }
        let report = verify::verify_books(Books::Tx(&mut tx), |_| {}).await.unwrap();
        assert_eq!(told(&report), ["SEAL"], "only the seal of entry 2 knows");
        assert_eq!(report.broken().next().unwrap().broken[0].a, "entry 2 of fund 1, Receive");

        let mut resealed = 0;
        // One more than there are entries: a seal that cannot be set right ends the test.
        for _ in 0..=published.seq {
            let report = verify::verify_books(Books::Tx(&mut tx), |_| {}).await.unwrap();
            let Some(seals) = report.broken().find(|check| check.id == "SEAL") else { break };
            let place = &seals.broken[0];
            let seq: i64 = place.a.split(' ').nth(1).unwrap().parse().unwrap();
            reseal(&mut tx, seq, place.b.as_deref().unwrap()).await;
            resealed += 1;
        }
        assert_eq!(resealed, 30, "from entry 2 to the head");
        let report = verify::verify_books(Books::Tx(&mut tx), |_| {}).await.unwrap();
        assert!(report.is_clean(), "a chain that is rewritten to its head agrees with itself");
        let head = verify::head_of(&mut tx, "EAST").await.unwrap().unwrap();
        assert_eq!(head.seq, published.seq);
        assert_ne!(head.hash, published.hash);
        assert!(!verify::is_kept(&mut tx, &published).await.unwrap());
        drop(tx);
        assert!(verify::is_kept(&book.db, &published).await.unwrap());
        book.db.close().await;
    }

    /// How long a large journal takes: run it by name, with `--ignored --nocapture`.
    #[ignore = "it measures"]
    async fn a_large_journal_is_verified(db: Fixture) {
        let count = 100_000;
        let mut book = Book::open(&db.url).await;
        book.receive_many(count).await;
        let statements = book.db.statements();
        let started = Instant::now();
        let mut last = started;
        let mut slowest = Vec::new();
        let report = verify::verify(&book.db, |progress| {
            if let Progress::Ended(check) = progress {
                slowest.push((last.elapsed(), check.id.clone()));
                last = Instant::now();
            }
        });
        assert!(report.await.unwrap().is_clean());
        let took = started.elapsed();
        slowest.sort();
        let statements = book.db.statements() - statements;
        eprintln!("{:?}: {count} entries in {took:?}, {statements} statements; {:?}", db.engine, &slowest[22..]);
        book.db.close().await;
    }

    async fn the_guards_stand_in_the_way_of_the_server_itself(db: Fixture) {
        let book = Book::open(&db.url).await;
        for sql in [
            "UPDATE posting SET amount = amount + 1 WHERE entry_id = {E2}",
            "DELETE FROM entry WHERE id = {E23}",
            "UPDATE lot SET donor_id = 2 WHERE id = {L3}",
            "UPDATE entry_seal SET hash = prev_hash WHERE fund_id = 1 AND seq = 3",
            "INSERT INTO posting (entry_id, line_no, lot_id, source_id, destination_id, amount)
             VALUES ({E9}, 9, {L1}, {POOL}, {T1}, 1)",
        ] {
            let mut tx = book.db.begin().await.unwrap();
            assert!(tx.sql(book.named(sql)).execute().await.is_err(), "{sql}");
        }
        book.db.close().await;
    }
}

/// Writes the seal of an entry anew, and what is chained to it.
async fn reseal(tx: &mut Tx, seq: i64, hash: &str) {
    for sql in [
        "UPDATE entry_seal SET hash = $2 WHERE fund_id = 1 AND seq = $1",
        "UPDATE entry_seal SET prev_hash = $2 WHERE fund_id = 1 AND seq - 1 = $1",
        "UPDATE fund_head SET hash = $2 WHERE fund_id = 1 AND seq = $1",
    ] {
        tx.sql(sql).bind(seq).bind(hash.to_owned()).execute().await.unwrap();
    }
}
