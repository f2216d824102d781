//! Pledges in the database.

mod due;
mod matching;
mod owed;
mod terms;

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Entered, Pledge, PledgeFilter, PledgeState, offer::Made};
use crate::{
    area::Area,
    db::{Joined, Result, Sql, Tx},
    fund::Fund,
    id::{EarmarkId, FundId, PartyId, PledgeId},
    ledger::{
        earmark::Earmark,
        idem::{self, Origin},
    },
    page::Page,
    project::Project,
};

pub use due::*;
pub use matching::*;
pub use owed::*;
pub use terms::*;

crate::part!(Pledge {
    id,
    fund_id,
    donor_id,
    earmark_id,
    kind,
    amount,
    rate_num,
    rate_den,
    state,
    offered_on,
    due_on,
    ends_on,
    settle_days,
    ended_on,
    stated,
    received,
    waived,
    agreement_id,
    campaign_id,
    source,
    external_ref,
    note,
});

/// The pledges that `rest` leaves.
macro_rules! pledge {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                    p.offered_on, p.due_on, p.ends_on, p.settle_days, p.ended_on, p.stated, p.received, p.waived,
                    p.agreement_id, p.campaign_id, p.source, p.external_ref, p.note
             FROM pledge p ",
            $rest
        )
    };
}

/// The pledges of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[PledgeId]) -> Result<Vec<Pledge>> {
    on.sql(pledge!("WHERE p.id IN (..)")).bind_list(ids).all().await
}

/// A pledge with its fund, its restriction and the project that is for.
pub type PledgeWith = Joined<(Pledge, (Fund, Area, Earmark, Option<Project>))>;

/// A page of each party's pledges by the day they are due; only to `funds` where they are given.
pub async fn of_donors<'c>(
    on: impl Sql<'c>,
    donors: &[PartyId],
    filter: &PledgeFilter,
    funds: Option<&[FundId]>,
    page: &Page,
) -> Result<Vec<PledgeWith>> {
    // The sign keeps SQLite from the index of a fund's pledges, which would read and sort all of them.
    let statement = on.sql(
        "SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                p.offered_on, p.due_on, p.ends_on, p.settle_days, p.ended_on, p.stated, p.received, p.waived,
                p.agreement_id, p.campaign_id, p.source, p.external_ref, p.note,
                f.id, f.host_id, f.area_id, f.code, f.name, f.opened_on, f.seats, f.quorum, a.path AS area_path,
                a.id, a.parent_id, a.level, a.name, a.path,
                k.id, k.fund_id, k.kind, k.purpose_id, k.group_id, k.target_id, k.spec, k.valid_from, k.valid_to,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM ({each}
             SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                    p.offered_on, p.due_on, p.ends_on, p.settle_days, p.ended_on, p.stated, p.received, p.waived,
                    p.agreement_id, p.campaign_id, p.source, p.external_ref, p.note
             FROM pledge p
             WHERE p.donor_id = {owner}
               [AND +p.fund_id = {}] [AND p.kind = {}] [AND p.state = {}]
               [AND EXISTS (SELECT 1 FROM earmark k WHERE k.id = p.earmark_id AND k.kind = {})]
               [AND EXISTS (SELECT 1 FROM earmark k WHERE k.id = p.earmark_id AND k.purpose_id = {})]
               [AND EXISTS (SELECT 1 FROM earmark k WHERE k.id = p.earmark_id AND k.target_id = {})]
               [AND p.due_on >= {}] [AND p.due_on <= {}]
               [AND +p.fund_id IN (..)] {page}{end}) AS p
         JOIN fund f ON f.id = p.fund_id
         JOIN area a ON a.id = f.area_id
         JOIN earmark k ON k.id = p.earmark_id
         LEFT JOIN target t ON t.id = k.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    );
    let statement = filter_values(statement, filter).given_list(funds);
    statement.page(page, "p.due_on, p.id").each_of(donors).all().await
}

/// A page of a fund's pledges by the day they are due.
pub async fn of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    filter: &PledgeFilter,
    page: &Page,
) -> Result<Vec<Pledge>> {
    let statement = on.sql(pledge!(
        "WHERE p.fund_id = {owner}
           [AND p.fund_id = {}] [AND p.kind = {}] [AND p.state = {}]
           [AND EXISTS (SELECT 1 FROM earmark k WHERE k.id = p.earmark_id AND k.kind = {})]
           [AND EXISTS (SELECT 1 FROM earmark k WHERE k.id = p.earmark_id AND k.purpose_id = {})]
           [AND EXISTS (SELECT 1 FROM earmark k WHERE k.id = p.earmark_id AND k.target_id = {})]
           [AND p.due_on >= {}] [AND p.due_on <= {}] {page}"
    ));
    filter_values(statement, filter).page(page, "p.due_on, p.id").each_of(funds).all().await
}

fn filter_values<'c>(statement: crate::db::Statement<'c>, filter: &PledgeFilter) -> crate::db::Statement<'c> {
    statement
        .given(filter.fund)
        .given(filter.kind)
        .given(filter.state)
        .given(filter.earmark)
        .given(filter.purpose)
        .given(filter.target)
        .given(filter.due_from)
        .given(filter.due_to)
}

/// The pledges to a fund that were taken over from these origins, and not taken back.
pub async fn of_origins(tx: &mut Tx, fund: FundId, origins: &[&Origin]) -> Result<HashMap<Origin, PledgeId>> {
    let mut found = HashMap::new();
    // A statement for each source: a list has its own numbers, and those of contents.
    for (source, references) in idem::by_source(origins) {
        let known: Vec<(String, PledgeId)> = tx
            .sql(
                "SELECT value, id FROM (
                     SELECT k.value, (SELECT p.id FROM pledge p WHERE p.fund_id = $1 AND p.source = $2
                                        AND p.external_ref = k.value AND p.taken_back = 0) AS id
                     FROM {list} k) AS looked_up
                 WHERE id IS NOT NULL",
            )
            .bind(fund)
            .bind(source.to_owned())
            .bind_table(&references)
            .all()
            .await?;
        let origin = |reference| Origin { source: source.to_owned(), reference };
        found.extend(known.into_iter().map(|(reference, id)| (origin(reference), id)));
    }
    Ok(found)
}

/// Adds pledges; `earmark` gives the key of an offer's restriction.
pub(super) async fn insert(
    tx: &mut Tx,
    fund: FundId,
    made: &[Made<'_>],
    earmark: impl Fn(&super::Offer) -> EarmarkId,
) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO pledge (id, fund_id, donor_id, earmark_id, kind, amount, rate_num, rate_den, state, offered_on,
                             due_on, ends_on, settle_days, stated, agreement_id, campaign_id, source, external_ref, note)
         VALUES (..)",
        made,
        |row, one| {
            let (offer, plan) = (one.offer, &one.plan);
            let origin = offer.origin.as_ref();
            row.bind(one.pledge)
                .bind(fund)
                .bind(offer.donor)
                .bind(earmark(offer))
                .bind(offer.terms.kind())
                .bind(plan.amount)
                .bind(plan.rate.0)
                .bind(plan.rate.1)
                .bind(match offer.entered {
                    Entered::Offered => PledgeState::Offered,
                    Entered::Accepted => PledgeState::Accepted,
                })
                .bind(offer.offered_on)
                .bind(plan.due_on)
                .bind(plan.ends_on)
                .bind(plan.settle_days)
                .bind(plan.dues.iter().map(|due| due.amount).sum::<crate::money::Fen>())
                .bind(offer.agreement)
                .bind(offer.campaign)
                .bind(origin.map(|origin| origin.source.trim()))
                .bind(origin.map(|origin| origin.reference.trim()))
                .bind(offer.note.trim())
        },
    )
    .await
}

/// Marks a pledge as taken back: its origin may be taken over again.
pub async fn set_taken_back(tx: &mut Tx, id: PledgeId) -> Result<u64> {
    tx.sql("UPDATE pledge SET taken_back = 1 WHERE id = $1").bind(id).execute().await
}

/// Moves a pledge to a state.
pub async fn set_state(tx: &mut Tx, id: PledgeId, state: PledgeState, ended_on: Option<NaiveDate>) -> Result<u64> {
    tx.sql("UPDATE pledge SET state = $1, ended_on = $2 WHERE id = $3")
        .bind(state)
        .bind(ended_on)
        .bind(id)
        .execute()
        .await
}
