//! Transfers between funds of one host (A13), of money that its givers left to any of them.
//!
//! * Two entries, one in each journal, that name each other; what is between them is nothing once both stand.
//! * A lot keeps its identity: who gave it, when, under which restriction.
//! * A transfer is undone by a transfer back, never by reversing one half.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    account::{self, AccountKind, Asset, of_fund},
    document::digest_pair,
    draw,
    idem::Once,
    place,
    post::{Draft, EntryKind, post},
    reverse::MEMO_MAX,
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head::{self, Head},
    id::{EntryId, FundId},
    money::Fen,
    viewer::{Act, By},
};

/// Money to be moved from one fund to another.
#[derive(Clone, Debug, Serialize)]
pub struct Transfer {
    /// The fund that gives.
    pub from: FundId,
    /// The fund that gets.
    pub to: FundId,
    /// How much.
    pub amount: Fen,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// A transfer that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// The entry of the fund that gave.
    pub out: EntryId,
    /// The entry of the fund that got.
    pub into: EntryId,
}

/// Moves money that may be spent in any fund of the host from one of them to another.
///
/// # Errors
/// Refused, in this order: broken amount, text or day; no such fund; the same fund twice; a fund of another
/// host; too little money that was left to any fund.
pub async fn transfer(tx: &mut Tx, by: By<'_>, once: &Once, input: &Transfer) -> Result<Transferred> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let mut heads = lock_both(tx, input).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let (from, to) = (place::fund(tx, input.from).await?, place::fund(tx, input.to).await?);
    by.viewer.must(Act::ActAsHost, &[from.on()])?;
    by.viewer.must(Act::ActAsHost, &[to.on()])?;
    if from.id == to.id {
        return Err(Refusal::NothingChanges {}.at("toFundId"));
    }
    if from.host_id != to.host_id {
        return Err(Refusal::NotFound { what: "fund of this host".into() }.at("toFundId"));
    }
    let pool = of_fund(from.id, AccountKind::Pool, Asset::Cny);
    let taken = draw::of_any_fund(tx, pool, input.amount).await?;

    let head = heads.get_mut(&from.id).expect("it was locked");
    let transit = account::ensure(tx, head, AccountKind::Transit, Asset::Cny, None).await?;
    let moves = draw::moves(&taken, pool, transit);
    let draft = Draft::new(EntryKind::XferOut, input.effective_on, memo.clone(), moves);
    let out = post(tx, head, by, &[draft]).await?[0];

    let head = heads.get_mut(&to.id).expect("it was locked");
    let moves = draw::moves(&taken, transit, of_fund(to.id, AccountKind::Pool, Asset::Cny));
    let mut draft = Draft::new(EntryKind::XferIn, input.effective_on, memo, moves);
    draft.pair_id = Some(out);
    draft.documents = digest_pair(out);
    let into = post(tx, head, by, &[draft]).await?[0];
    let done = Transferred { out, into };
    once.remember(tx, Some(out), &done).await?;
    Ok(done)
}

/// Locks the heads of both funds, the smaller key first: two transfers that cross do not wait for each other.
async fn lock_both(tx: &mut Tx, input: &Transfer) -> Result<BTreeMap<FundId, Head>> {
    let mut heads = BTreeMap::new();
    let mut funds = [(input.from, "fromFundId"), (input.to, "toFundId")];
    funds.sort();
    for (fund, field) in funds {
        let not_found = || Refusal::NotFound { what: "fund".into() }.at(field);
        heads.insert(fund, head::lock_or(tx, fund, not_found).await?);
    }
    Ok(heads)
}
