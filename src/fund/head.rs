//! A fund's head: the lock, the sequence and the head of the hash chain.
//!
//! Every command on a fund begins by locking its head and ends by writing it back, so commands on one
//! fund run one after another, on both engines.

use crate::{
    db::{Sql, Tx},
    error::{Error, Refusal, Result, ensure_rows},
    id::{EntryId, FundId},
};

/// The head of one fund, locked by the transaction that holds it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    /// Whose head it is.
    pub fund_id: FundId,
    /// The number of the last entry.
    pub seq: i64,
    /// The last number given to a receipt, lot, account, expense or refund.
    pub last_key: i64,
    /// The seal of the last entry; `GENESIS` before the first.
    pub hash: String,
}

/// Keys of a fund's rows are its own key times 2³² plus a number, so they are known before they are
/// written, rise within the fund, and are the same on both engines.
const KEY_BITS: u32 = 32;

impl Head {
    /// The key of the next row of the fund.
    pub fn next_key<K: From<i64>>(&mut self) -> K {
        self.last_key += 1;
        K::from(key(self.fund_id, self.last_key))
    }

    /// The next entry: its key and its number.
    pub fn next_entry(&mut self) -> (EntryId, i64) {
        self.seq += 1;
        (EntryId(key(self.fund_id, self.seq)), self.seq)
    }
}

/// The key of row `number` of a fund.
pub fn key(fund: FundId, number: i64) -> i64 {
    assert!((0..1 << KEY_BITS).contains(&number), "a fund has run out of keys");
    (fund.0 << KEY_BITS) | number
}

/// The fund whose row has this key: the inverse of [`key`].
pub fn fund_of(key: i64) -> FundId {
    FundId(key >> KEY_BITS)
}

/// Locks the head of `fund` to the end of the transaction: the first statement of every command.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such fund.
pub async fn lock(tx: &mut Tx, fund: FundId) -> Result<Head> {
    lock_or(tx, fund, || Refusal::NotFound { what: "fund".into() }.at("fundId")).await
}

/// [`lock`], for a command that names something of the fund, or the fund in a field of another name.
///
/// # Errors
/// What `missing` says, when there is no such fund.
pub async fn lock_or(tx: &mut Tx, fund: FundId, missing: impl FnOnce() -> Error) -> Result<Head> {
    let head = tx
        .sql("UPDATE fund_head SET seq = seq WHERE fund_id = $1 RETURNING fund_id, seq, last_key, hash")
        .bind(fund)
        .optional()
        .await?;
    head.ok_or_else(missing)
}

/// Writes the head back: the last statement of every command that used a key or an entry.
pub async fn write(tx: &mut Tx, head: &Head) -> Result<()> {
    let touched = tx
        .sql("UPDATE fund_head SET seq = $1, last_key = $2, hash = $3 WHERE fund_id = $4")
        .bind(head.seq)
        .bind(head.last_key)
        .bind(head.hash.clone())
        .bind(head.fund_id)
        .execute()
        .await?;
    ensure_rows(touched, 1, "fund head")
}

/// The heads of `funds` as they are, without locking them.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Head>> {
    let heads = on.sql("SELECT fund_id, seq, last_key, hash FROM fund_head WHERE fund_id IN (..)");
    Ok(heads.bind_list(funds).all().await?)
}

/// The head of `fund` as it is, without locking it.
pub async fn read<'c>(on: impl Sql<'c>, fund: FundId) -> Result<Head> {
    let head = on.sql("SELECT fund_id, seq, last_key, hash FROM fund_head WHERE fund_id = $1").bind(fund);
    Ok(head.one().await?)
}
