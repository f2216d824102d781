//! The same rows, by hand.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use cobuild::{
    db::{Db, Sql as _},
    id::PartyId,
};

use super::town::{SOURCE, Town, day};

/// Writes as many pledges as were imported, into the fund that was not imported into.
pub async fn pledges(db: &Db, town: &Town, count: usize) -> Duration {
    let fund = town.other;
    let (earmark,): (i64,) =
        db.sql("SELECT id FROM earmark WHERE fund_id = $1").bind(fund).one().await.expect("the free restriction");
    let key = |number: usize| (fund.0 << 32) | (1 << 24) | i64::try_from(number).expect("a count");
    let donor = |number: usize| town.merchants[number % town.merchants.len()];
    let rows: Vec<(usize, PartyId, NaiveDate)> =
        (0..count).map(|number| (number, donor(number), day(number))).collect();
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
