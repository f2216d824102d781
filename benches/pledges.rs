//! Pledges taken over in slices, beside the same rows written by hand into the same tables with their keys and
//! indexes: one `COPY` on PostgreSQL, wide prepared inserts on SQLite.
//!
//! ```text
//! cargo bench --bench pledges                                           # SQLite
//! COBUILD_BENCH_DATABASE=postgres://… cargo bench --bench pledges        # PostgreSQL: an empty database
//! ```
//!
//! `COBUILD_BENCH_PLEDGES` (100000) changes the size.

#![allow(clippy::print_stdout, reason = "a table for people")]

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use cobuild::{
    area::{self, AreaLevel},
    clock::Clock,
    db::{Db, Sql as _},
    fund::{self, FundDraft},
    id::{FundId, PartyId},
    ledger::{self, earmark::Restriction, idem::Origin},
    money::Fen,
    party::{self, PartyKind, Registration},
    pledge::{self, Entered, Offer, Terms},
    viewer::{self, By, Viewer},
};

/// Pledges of one slice and of one transaction.
const SLICE: usize = 2_000;
/// Who makes them, one after the other.
const MERCHANTS: usize = 1_000;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, day).expect("a day of January")
}

async fn fill(db: &Db, by: By<'_>) -> (FundId, FundId, Vec<PartyId>) {
    let mut tx = db.begin().await.expect("a transaction");
    let district = area::create(&mut tx, by, None, AreaLevel::District, "District").await.expect("created");
    let mut areas = vec![];
    for name in ["One", "Other"] {
        let created = area::create(&mut tx, by, Some(district.id), AreaLevel::Community, name).await;
        areas.push(created.expect("created").id);
    }
    let register = |number: usize| Registration {
        kind: PartyKind::Merchant,
        name: format!("Merchant {number}"),
        alias: None,
        publicity: None,
        credit_code: None,
        credit_code_override: None,
        external_id: None,
        areas: areas.clone(),
    };
    let drafts: Vec<_> = (0..MERCHANTS).map(register).collect();
    let registered = party::register(&mut tx, by, &drafts).await.expect("registered");
    let parties: Vec<PartyId> = registered.into_iter().map(|one| one.expect("registered").id).collect();
    let purpose = fund::purpose_create(&mut tx, by, None, "places", "Places").await.expect("created").id;
    let host = fund::host_create(&mut tx, by, parties[0], district.id).await.expect("created").id;
    let mut funds = vec![];
    for (code, area) in ["A", "B"].into_iter().zip(areas) {
        let draft = FundDraft {
            host,
            area,
            code: code.into(),
            name: code.into(),
            opened_on: day(1),
            seats: 5,
            quorum: 3,
            purposes: vec![purpose],
        };
        funds.push(ledger::open(&mut tx, by, &draft).await.expect("opened").id);
    }
    // Both ways find the restriction there.
    for fund in &funds {
        ledger::earmark::ensure(&mut tx, *fund, &[Restriction::default()]).await.expect("written");
    }
    tx.commit().await.expect("committed");
    (funds[0], funds[1], parties)
}

fn offer(donor: PartyId, number: usize) -> Offer {
    Offer {
        donor,
        terms: Terms::Fixed { amount: Fen(5_000), due_on: day(1 + u32::try_from(number % 28).expect("a day")) },
        restriction: Restriction::default(),
        offered_on: day(1),
        agreement: None,
        campaign: None,
        origin: Some(Origin { source: "list".into(), reference: number.to_string() }),
        entered: Entered::Accepted,
        note: String::new(),
    }
}

/// The same rows, by hand.
async fn by_hand(db: &Db, fund: FundId, parties: &[PartyId], count: usize) -> Duration {
    let (earmark,): (i64,) =
        db.sql("SELECT id FROM earmark WHERE fund_id = $1").bind(fund).one().await.expect("the free restriction");
    let key = |number: usize| (fund.0 << 32) | (1 << 24) | i64::try_from(number).expect("a count");
    let rows: Vec<(usize, PartyId, NaiveDate)> = (0..count)
        .map(|number| (number, parties[number % parties.len()], day(1 + u32::try_from(number % 28).expect("a day"))))
        .collect();
    let started = Instant::now();
    let mut tx = db.begin().await.expect("a transaction");
    tx.insert_all(
        "INSERT INTO pledge (id, fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, state, offered_on,
                             due_on, ends_on, settle_days, stated, agreement_id, campaign_id, source, external_ref, note)
         VALUES (..)",
        &rows,
        |row, (number, donor, due_on)| {
            row.bind(key(*number))
                .bind(fund)
                .bind(*donor)
                .bind(earmark)
                .bind("FIXED")
                .bind(5_000_i64)
                .bind(1_i64)
                .bind(1_i64)
                .bind("ACCEPTED")
                .bind(day(1))
                .bind(*due_on)
                .bind(None::<NaiveDate>)
                .bind(None::<i64>)
                .bind(5_000_i64)
                .bind(None::<i64>)
                .bind(None::<i64>)
                .bind("list")
                .bind(number.to_string())
                .bind("")
        },
    )
    .await
    .expect("inserted");
    tx.insert_all(
        "INSERT INTO pledge_due (id, pledge_id, due_no, fund_id, donor_id, due_on, amount) VALUES (..)",
        &rows,
        |row, (number, donor, due_on)| {
            row.bind(key(count + *number))
                .bind(key(*number))
                .bind(1_i64)
                .bind(fund)
                .bind(*donor)
                .bind(*due_on)
                .bind(5_000_i64)
        },
    )
    .await
    .expect("inserted");
    tx.commit().await.expect("committed");
    started.elapsed()
}

async fn in_slices(db: &Db, by: By<'_>, fund: FundId, parties: &[PartyId], count: usize) -> Duration {
    let started = Instant::now();
    let mut number = 0;
    while number < count {
        let end = (number + SLICE).min(count);
        let offers: Vec<_> = (number..end).map(|one| (None, offer(parties[one % parties.len()], one))).collect();
        let mut tx = db.begin().await.expect("a transaction");
        let done = pledge::offer(&mut tx, by, fund, &offers).await.expect("offered");
        assert!(done.iter().all(Result::is_ok), "a pledge was refused");
        tx.commit().await.expect("committed");
        number = end;
    }
    started.elapsed()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().expect("the temporary directory can be written");
    let url = std::env::var("COBUILD_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", dir.path().join("bench.db").display()));
    let count = std::env::var("COBUILD_BENCH_PLEDGES").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000_usize);
    let db = Db::connect(&url).await.expect("the database can be opened");
    db.migrate().await.expect("an empty database can be migrated");
    let clock = Clock::System;
    let mut tx = db.begin().await.expect("a transaction");
    let keeper = viewer::principal(&mut tx, "keeper", clock.now()).await.expect("a principal");
    tx.commit().await.expect("committed");
    let viewer = Viewer::operator(keeper);
    let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
    let (one, other, parties) = fill(&db, by).await;
    // The operation goes first: what the second finds is larger, and warm.
    let own = in_slices(&db, by, one, &parties, count).await;
    let limit = by_hand(&db, other, &parties, count).await;
    let rate = |took: Duration| u128::try_from(count).expect("a count") * 1_000_000 / took.as_micros();
    println!(
        "{}: {count} pledges in slices of {SLICE}: {} a second; by hand: {}; ratio {} %",
        if db.is_sqlite() { "SQLite" } else { "PostgreSQL" },
        rate(own),
        rate(limit),
        limit.as_micros() * 100 / own.as_micros(),
    );
    db.close().await;
}
