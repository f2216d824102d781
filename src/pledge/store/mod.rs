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
    ledger::{earmark::Earmark, idem::Origin},
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
    // No fund has the key 0.
    let (funds, everywhere) = (funds.filter(|funds| !funds.is_empty()).unwrap_or(&[FundId(0)]), funds.is_none());
    let statement = on.sql(
        "SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                p.offered_on, p.due_on, p.ends_on, p.settle_days, p.ended_on, p.stated, p.received, p.waived,
                p.agreement_id, p.campaign_id, p.source, p.external_ref, p.note,
                f.id, f.host_id, f.area_id, f.code, f.name, f.opened_on, f.seats, f.quorum, a.path AS area_path,
                a.id, a.parent_id, a.level, a.name, a.path,
                k.id, k.fund_id, k.kind, k.purpose_id, k.group_id, k.target_id, k.spec, k.valid_from, k.valid_to,
                j.id, t.fund_id, j.area_id, t.purpose_id, t.code, j.title, j.summary, j.state, t.residents,
                j.proposed_on, j.moved_on, b.path AS area_path
         FROM (
             SELECT p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den, p.state,
                    p.offered_on, p.due_on, p.ends_on, p.settle_days, p.ended_on, p.stated, p.received, p.waived,
                    p.agreement_id, p.campaign_id, p.source, p.external_ref, p.note
             FROM pledge p JOIN earmark k ON k.id = p.earmark_id
             WHERE p.donor_id = {owner}
               AND (p.fund_id = $1 OR $1 IS NULL) AND (p.kind = $2 OR $2 IS NULL) AND (p.state = $3 OR $3 IS NULL)
               AND (k.kind = $4 OR $4 IS NULL) AND (k.purpose_id = $5 OR $5 IS NULL)
               AND (k.target_id = $6 OR $6 IS NULL) AND (p.due_on >= $7 OR $7 IS NULL)
               AND (p.due_on <= $8 OR $8 IS NULL) AND ($9 = 1 OR p.fund_id IN (..)) {page}) AS p
         JOIN fund f ON f.id = p.fund_id
         JOIN area a ON a.id = f.area_id
         JOIN earmark k ON k.id = p.earmark_id
         LEFT JOIN target t ON t.id = k.target_id
         LEFT JOIN project j ON j.id = t.id
         LEFT JOIN fund o ON o.id = t.fund_id
         LEFT JOIN area b ON b.id = o.area_id
         {order}",
    );
    let statement = filter_values(statement, filter).bind(i64::from(everywhere)).bind_list(funds);
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
        "JOIN earmark k ON k.id = p.earmark_id
         WHERE p.fund_id = {owner}
           AND (p.fund_id = $1 OR $1 IS NULL) AND (p.kind = $2 OR $2 IS NULL) AND (p.state = $3 OR $3 IS NULL)
           AND (k.kind = $4 OR $4 IS NULL) AND (k.purpose_id = $5 OR $5 IS NULL)
           AND (k.target_id = $6 OR $6 IS NULL) AND (p.due_on >= $7 OR $7 IS NULL)
           AND (p.due_on <= $8 OR $8 IS NULL) {page}"
    ));
    filter_values(statement, filter).page(page, "p.due_on, p.id").each_of(funds).all().await
}

fn filter_values<'c>(statement: crate::db::Statement<'c>, filter: &PledgeFilter) -> crate::db::Statement<'c> {
    statement
        .bind(filter.fund)
        .bind(filter.kind)
        .bind(filter.state)
        .bind(filter.earmark)
        .bind(filter.purpose)
        .bind(filter.target)
        .bind(filter.due_from)
        .bind(filter.due_to)
}

/// The pledges to a fund that were taken over from these origins.
pub async fn of_origins(tx: &mut Tx, fund: FundId, origins: &[&Origin]) -> Result<HashMap<Origin, PledgeId>> {
    if origins.is_empty() {
        return Ok(HashMap::new());
    }
    // The sources are named for the index, and are few; the pairs are told apart here.
    let mut sources: Vec<&str> = origins.iter().map(|origin| origin.source.trim()).collect();
    sources.sort_unstable();
    sources.dedup();
    let references: Vec<&str> = origins.iter().map(|origin| origin.reference.trim()).collect();
    let found: Vec<(String, String, PledgeId)> = tx
        .sql(
            "SELECT source, external_ref, id FROM pledge
             WHERE fund_id = $1 AND source IN (..) AND external_ref IN (..) AND source IS NOT NULL",
        )
        .bind(fund)
        .bind_list(&sources)
        .bind_list(&references)
        .all()
        .await?;
    Ok(found.into_iter().map(|(source, reference, id)| (Origin { source, reference }, id)).collect())
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

/// Moves a pledge to a state.
pub async fn set_state(tx: &mut Tx, id: PledgeId, state: PledgeState, ended_on: Option<NaiveDate>) -> Result<u64> {
    tx.sql("UPDATE pledge SET state = $1, ended_on = $2 WHERE id = $3")
        .bind(state)
        .bind(ended_on)
        .bind(id)
        .execute()
        .await
}
