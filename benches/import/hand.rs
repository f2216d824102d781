//! The same rows, by hand.

#![allow(clippy::too_many_lines, reason = "statements one after the other")]

use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use cobuild::{
    db::{Db, Sql as _},
    id::PartyId,
    ledger::{AccountKind, Asset, account},
};

use super::town::{SOURCE, Town, day};

/// Writes as many pledges as were imported, into the fund that was not imported into, behind the `first` that are there.
pub async fn pledges(db: &Db, town: &Town, first: usize, count: usize) -> Duration {
    let fund = town.other;
    let (earmark,): (i64,) =
        db.sql("SELECT id FROM earmark WHERE fund_id = $1").bind(fund).one().await.expect("the free restriction");
    let key = |number: usize| (fund.0 << 32) | (1 << 24) | i64::try_from(number).expect("a count");
    let donor = |number: usize| town.merchants[number % town.merchants.len()];
    let rows: Vec<(usize, PartyId, NaiveDate)> =
        (first..first + count).map(|number| (number, donor(number), day(number))).collect();
    let started = Instant::now();
    let mut tx = db.begin().await.expect("a transaction");
    tx.insert_all(
        "INSERT INTO pledge (id, fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, state, offered_on,
                             due_on, ends_on, settle_days, stated, agreement_id, campaign_id, source, external_ref, note)
         VALUES (..)",
        &rows,
        |row, (number, donor, due_on)| {
            row.bind(key(2 * number))
                .bind(fund)
                .bind(*donor)
                .bind(earmark)
                .bind("FIXED")
                .bind(5_000_i64)
                .bind(1_i64)
                .bind(1_i64)
                .bind("ACCEPTED")
                .bind(day(0))
                .bind(*due_on)
                .bind(None::<NaiveDate>)
                .bind(None::<i64>)
                .bind(5_000_i64)
                .bind(None::<i64>)
                .bind(None::<i64>)
                .bind(SOURCE)
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
            row.bind(key(2 * number + 1))
                .bind(key(2 * number))
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

/// Writes what as many payments leave: a receipt, a lot, an entry with its posting and its seal, and a holding each, and
/// what each giver has in the pool, into the fund that was not imported into. No sum is checked and no hash computed.
pub async fn payments(db: &Db, town: &Town, count: usize) -> Duration {
    let fund = town.other;
    let place = |kind| account::of_fund(fund, kind, Asset::Cny);
    let (outside, pool) = (place(AccountKind::Outside), place(AccountKind::Pool));
    let (earmark,): (i64,) =
        db.sql("SELECT id FROM earmark WHERE fund_id = $1").bind(fund).one().await.expect("the free restriction");
    // Three keys to a payment: of its receipt, its lot and its entry.
    let key =
        |number: usize, which: i64| (fund.0 << 32) | (1 << 26) | (i64::try_from(number).expect("a count") * 3 + which);
    let donor = |number: usize| town.merchants[number % town.merchants.len()];
    let rows: Vec<usize> = (0..count).collect();
    let (hash, booked_at): (String, DateTime<Utc>) = ("ab".repeat(32), town.clock.now());
    let started = Instant::now();
    let mut tx = db.begin().await.expect("a transaction");
    tx.insert_all(
        "INSERT INTO receipt (id, fund_id, payer_id, channel, external_ref, version, received_on, asset, amount, note)
         VALUES (..)",
        &rows,
        |row, number| {
            row.bind(key(*number, 0))
                .bind(fund)
                .bind(donor(*number))
                .bind(SOURCE)
                .bind(format!("P{number}"))
                .bind(1_i64)
                .bind(day(1))
                .bind("CNY")
                .bind(5_000_i64)
                .bind("")
        },
    )
    .await
    .expect("inserted");
    tx.insert_all(
        "INSERT INTO lot (id, fund_id, receipt_id, line_no, parent_id, donor_id, earmark_id, due_id, class, asset, amount,
                          received_on)
         VALUES (..)",
        &rows,
        |row, number| {
            row.bind(key(*number, 1))
                .bind(fund)
                .bind(key(*number, 0))
                .bind(1_i64)
                .bind(None::<i64>)
                .bind(donor(*number))
                .bind(earmark)
                .bind(None::<i64>)
                .bind("GIFT")
                .bind("CNY")
                .bind(5_000_i64)
                .bind(day(1))
        },
    )
    .await
    .expect("inserted");
    tx.insert_all(
        "INSERT INTO entry (id, fund_id, seq, kind, effective_on, actor_id, receipt_id, decision_id, reverses_id, pair_id,
                            memo, booked_at)
         VALUES (..)",
        &rows,
        |row, number| {
            row.bind(key(*number, 2))
                .bind(fund)
                .bind(i64::try_from(*number).expect("a count") + 1)
                .bind("RECEIVE")
                .bind(day(1))
                .bind(town.keeper)
                .bind(key(*number, 0))
                .bind(None::<i64>)
                .bind(None::<i64>)
                .bind(None::<i64>)
                .bind("")
                .bind(booked_at)
        },
    )
    .await
    .expect("inserted");
    tx.insert_all(
        "INSERT INTO posting (entry_id, line_no, lot_id, source_id, destination_id, amount) VALUES (..)",
        &rows,
        |row, number| {
            row.bind(key(*number, 2)).bind(1_i64).bind(key(*number, 1)).bind(outside).bind(pool).bind(5_000_i64)
        },
    )
    .await
    .expect("inserted");
    tx.insert_all("INSERT INTO entry_seal (fund_id, seq, prev_hash, hash) VALUES (..)", &rows, |row, number| {
        let seq = i64::try_from(*number).expect("a count") + 1;
        row.bind(fund).bind(seq).bind(hash.clone()).bind(hash.clone())
    })
    .await
    .expect("inserted");
    tx.insert_all("INSERT INTO holding (lot_id, account_id, earmark_id, amount) VALUES (..)", &rows, |row, number| {
        row.bind(key(*number, 1)).bind(pool).bind(earmark).bind(5_000_i64)
    })
    .await
    .expect("inserted");
    let givers: Vec<usize> = (0..count.min(town.merchants.len())).collect();
    tx.insert_all("INSERT INTO party_holding (party_id, account_id, amount) VALUES (..)", &givers, |row, giver| {
        row.bind(donor(*giver)).bind(pool).bind(5_000_i64)
    })
    .await
    .expect("inserted");
    tx.commit().await.expect("committed");
    started.elapsed()
}
