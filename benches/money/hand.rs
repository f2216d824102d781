//! The same rows, by hand.

#![allow(clippy::too_many_lines, reason = "statements one after the other")]

use cobuild::{
    db::{Db, Sql as _},
    ledger::{AccountKind, Asset, account},
};

use super::{GIFT, MERCHANTS, Town, town::day};

/// Writes gift `number` into the other fund in one transaction, which locks the fund as a booking does.
pub async fn written(db: &Db, town: &Town, number: i64) {
    let fund = town.other;
    let donor = town.merchants[usize::try_from(number).expect("a count") % MERCHANTS];
    let place = |kind| account::of_fund(fund, kind, Asset::Cny);
    let (outside, pool) = (place(AccountKind::Outside), place(AccountKind::Pool));
    let mut tx = db.begin().await.expect("a transaction");
    let head = tx
        .sql("UPDATE fund_head SET seq = seq WHERE fund_id = $1 RETURNING seq, last_key")
        .bind(fund)
        .one::<(i64, i64)>()
        .await;
    let (seq, last) = head.expect("the fund is there");
    let (receipt, lot, entry) = ((fund.0 << 32) | (last + 1), (fund.0 << 32) | (last + 2), (fund.0 << 32) | (last + 3));
    let earmark = tx.sql("SELECT id FROM earmark WHERE fund_id = $1").bind(fund).one::<(i64,)>().await;
    let (earmark,) = earmark.expect("the free restriction");
    let hash = "ab".repeat(32);
    let rows = [
        tx.sql(
            "INSERT INTO receipt (id, fund_id, payer_id, channel, external_ref, received_on, asset, amount, note)
             VALUES ($1, $2, $3, 'bank', $4, $5, 'CNY', $6, '')",
        )
        .bind(receipt)
        .bind(fund)
        .bind(donor)
        .bind(number.to_string())
        .bind(day(0))
        .bind(GIFT)
        .execute()
        .await,
        tx.sql(
            "INSERT INTO lot (id, fund_id, receipt_id, line_no, donor_id, earmark_id, class, asset, amount, received_on)
             VALUES ($1, $2, $3, 1, $4, $5, 'GIFT', 'CNY', $6, $7)",
        )
        .bind(lot)
        .bind(fund)
        .bind(receipt)
        .bind(donor)
        .bind(earmark)
        .bind(GIFT)
        .bind(day(0))
        .execute()
        .await,
        tx.sql(
            "INSERT INTO entry (id, fund_id, seq, kind, effective_on, actor_id, receipt_id, memo, booked_at)
             VALUES ($1, $2, $3, 'RECEIVE', $4, $5, $6, '', $7)",
        )
        .bind(entry)
        .bind(fund)
        .bind(seq + 1)
        .bind(day(0))
        .bind(town.keeper)
        .bind(receipt)
        .bind(town.clock.now())
        .execute()
        .await,
        tx.sql(
            "INSERT INTO posting (entry_id, line_no, lot_id, source_id, destination_id, amount)
             VALUES ($1, 1, $2, $3, $4, $5)",
        )
        .bind(entry)
        .bind(lot)
        .bind(outside)
        .bind(pool)
        .bind(GIFT)
        .execute()
        .await,
        tx.sql("INSERT INTO entry_seal (fund_id, seq, prev_hash, hash) VALUES ($1, $2, $3, $4)")
            .bind(fund)
            .bind(seq + 1)
            .bind(hash.clone())
            .bind(hash.clone())
            .execute()
            .await,
        tx.sql("INSERT INTO holding (lot_id, account_id, earmark_id, amount) VALUES ($1, $2, $3, $4)")
            .bind(lot)
            .bind(pool)
            .bind(earmark)
            .bind(GIFT)
            .execute()
            .await,
        tx.sql(
            "INSERT INTO party_holding (party_id, account_id, amount) VALUES ($1, $2, $3)
             ON CONFLICT (party_id, account_id) DO UPDATE SET amount = party_holding.amount + excluded.amount",
        )
        .bind(donor)
        .bind(pool)
        .bind(GIFT)
        .execute()
        .await,
        tx.sql("UPDATE account SET balance = balance + CASE WHEN id = $1 THEN $3 ELSE -$3 END WHERE id IN ($1, $2)")
            .bind(pool)
            .bind(outside)
            .bind(GIFT)
            .execute()
            .await,
        tx.sql("INSERT INTO idem (scope, key, request_hash, entry_id, response) VALUES ('hand', $1, $2, $3, '{}')")
            .bind(number.to_string())
            .bind(hash.clone())
            .bind(entry)
            .execute()
            .await,
        tx.sql("UPDATE fund_head SET seq = $1, last_key = $2, hash = $3 WHERE fund_id = $4")
            .bind(seq + 1)
            .bind(last + 3)
            .bind(hash)
            .bind(fund)
            .execute()
            .await,
    ];
    for written in rows {
        written.expect("written");
    }
    tx.commit().await.expect("committed");
}
