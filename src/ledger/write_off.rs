//! Writing off (A14): an advance that was lost, with the paper that shows it and who allowed it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    account::{self, AccountKind, Asset},
    document::{WriteOffDocument, digest_write_off},
    draw,
    idem::Once,
    place,
    post::{Draft, EntryKind, post},
    reverse::MEMO_MAX,
    store,
};
use crate::{
    db::Tx,
    error::{Result, check_amount, check_digest, check_past, check_text},
    fund::head,
    id::{EntryId, TargetId},
    money::Fen,
    viewer::{Act, By},
};

/// A lost advance.
#[derive(Clone, Debug, Serialize)]
pub struct WriteOff {
    /// The project or grant it was for.
    pub target: TargetId,
    /// How much.
    pub amount: Fen,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// What happened.
    pub memo: String,
    /// SHA-256 of the paper that shows the loss and who allowed this.
    pub sha256: String,
}

/// A lost advance that was written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenOff {
    /// The entry.
    pub entry: EntryId,
}

/// Writes off what was lost of an advance, in the order in which it would have been spent.
///
/// # Errors
/// Refused for a broken amount, text, day or digest, no such target, a closed one, or less advanced than asked.
pub async fn write_off(tx: &mut Tx, by: By<'_>, once: &Once, input: &WriteOff) -> Result<WrittenOff> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let sha256 = check_digest(&input.sha256, "sha256")?;
    let fund = place::fund_of_target(tx, input.target).await?;
    let mut head = head::lock(tx, fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let target = place::target(tx, input.target).await?;
    by.viewer.must(Act::ActAsHost, &[target.on()])?;
    target.ensure_open("targetId")?;
    let taken = draw::as_spent(tx, target.advance_account, input.amount).await?;
    let loss = account::ensure(tx, &mut head, AccountKind::Loss, Asset::Cny, Some(target.id)).await?;
    let document = WriteOffDocument { target_id: target.id, sha256 };
    let moves = draw::moves(&taken, target.advance_account, loss);
    let mut draft = Draft::new(EntryKind::Writeoff, input.effective_on, memo, moves);
    draft.documents = digest_write_off(&document);
    let done = WrittenOff { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    store::insert_write_off(tx, done.entry, &document).await?;
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}
