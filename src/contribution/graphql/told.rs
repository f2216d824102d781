//! Whose contributions are told to whom: of somebody who is told by name, to everybody; of the rest, to whom they
//! concern, and to the others together where they are enough.

use std::collections::HashMap;

use async_graphql::SimpleObject;

use super::{super::store, ContributionConnection, by_arrival, days};
use crate::{
    error::Result,
    fund::Fund,
    id::{FundId, PartyId, ReceiptId},
    ledger::{
        document::{Receipt, RefundDocument},
        graphql::must_read_giving,
        privacy::GROUP_MIN,
    },
    money::Money,
    narrowed_page_of,
    page::{Direction, Key, PageArgs, PeriodInput, Slice},
    party::{PartyById, is_told},
    viewer::{Act, Held, Load, Request, by_page},
};

narrowed_page_of!(/// A page of each fund's contributions.
    ContributionsOfFund, FundId, store::ReceiptFilter, Receipt, store::of_funds, |receipt: &Receipt| receipt.fund_id);

/// The parties whose giving the viewer reads because it speaks for them; `None` where it speaks for none.
pub fn own_parties(request: &Request) -> Option<Vec<PartyId>> {
    let held = request.viewer.reach(Act::ReadGiving)?;
    let own: Vec<PartyId> =
        held.into_iter().filter_map(|held| if let Held::Party(party) = held { Some(*party) } else { None }).collect();
    (!own.is_empty()).then_some(own)
}

/// Checks that the viewer may read a contribution: everybody may, where its payer is told by name; else the payer,
/// whoever has a part in it, and those who keep or oversee the books.
pub async fn must_read_contribution(request: &Request, receipt: &Receipt) -> Result<()> {
    let payer = request.need::<PartyById>(receipt.payer_id).await?;
    if is_told(payer.kind, payer.publicity) {
        return Ok(());
    }
    match must_read_giving(request, receipt.payer_id, receipt.fund_id).await {
        Err(_) if request.load::<WithOwnPart>(receipt.id).await?.is_some() => Ok(()),
        verdict => verdict,
    }
}

/// Checks that the viewer may read a refund: everybody may, where its giver is told by name.
pub async fn must_read_refund(request: &Request, refund: &RefundDocument) -> Result<()> {
    let donor = request.need::<PartyById>(refund.donor_id).await?;
    if is_told(donor.kind, donor.publicity) {
        return Ok(());
    }
    must_read_giving(request, refund.donor_id, refund.fund_id).await
}

/// The contributions in which a party that the viewer speaks for has a part.
struct WithOwnPart;

impl Load for WithOwnPart {
    type Key = ReceiptId;
    type Value = ();

    async fn load(request: &Request, keys: Vec<ReceiptId>) -> Result<HashMap<ReceiptId, ()>> {
        let Some(own) = own_parties(request) else { return Ok(HashMap::new()) };
        let rows = store::receipts_with(&mut *request.session().await?, &keys, &own).await?;
        Ok(rows.into_iter().map(|(receipt,)| (receipt, ())).collect())
    }
}

/// What each fund received from payers who are not told to everybody.
struct UntoldOf;

impl Load for UntoldOf {
    type Key = (FundId, store::ReceiptFilter);
    type Value = store::Untold;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, store::Untold>> {
        let mut found = HashMap::new();
        for (filter, funds) in by_page(keys) {
            let rows = store::untold_of_funds(&mut *request.session().await?, &funds, &filter).await?;
            found.extend(rows.into_iter().map(|row| ((row.fund_id, filter.clone()), row)));
        }
        Ok(found)
    }
}

/// Which of a fund's contributions the viewer is told one by one.
fn told(request: &Request, fund: &Fund, period: Option<PeriodInput>) -> Result<store::ReceiptFilter> {
    let sees_all = request.viewer.may(Act::ReadGiving, fund.on());
    let told = (!sees_all).then(|| own_parties(request).unwrap_or_default());
    Ok(store::ReceiptFilter { days: days(period)?, told })
}

/// Contributions that are not listed one by one: their payers did not choose to be named, or are residents.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct OtherContributions {
    /// How many payers they are from.
    pub payers: i64,
    /// How many they are.
    pub count: i64,
    /// Their cash.
    pub amount: Money,
    /// Their goods and services, at the stated value.
    pub in_kind: Money,
}

/// What a fund received from payers who are not told to the viewer one by one; `None` where there is none, and
/// where they are so few that a resident's part could be told.
pub async fn others_of_fund(
    request: &Request,
    fund: &Fund,
    period: Option<PeriodInput>,
) -> Result<Option<OtherContributions>> {
    let filter = told(request, fund, period)?;
    if filter.told.is_none() {
        return Ok(None);
    }
    let untold = request.load::<UntoldOf>((fund.id, filter)).await?;
    let enough = |untold: &store::Untold| untold.residents == 0 || untold.payers >= GROUP_MIN as i64;
    Ok(untold.filter(|untold| untold.others > 0 && enough(untold)).map(|untold| OtherContributions {
        payers: untold.others,
        count: untold.receipts,
        amount: untold.money.into(),
        in_kind: untold.in_kind.into(),
    }))
}

/// A page of a fund's contributions, of those that the viewer is told one by one.
pub async fn contributions_of_fund(
    request: &Request,
    fund: &Fund,
    period: Option<PeriodInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<ContributionConnection> {
    let page = by_arrival(args, direction)?;
    let filter = told(request, fund, period)?;
    let rows = request.load::<ContributionsOfFund>((fund.id, (filter, page.clone()))).await?;
    let slice: Slice<Receipt> =
        page.finish(rows.unwrap_or_default(), |one| vec![Key::Date(one.received_on), one.id.into()]);
    Ok(ContributionConnection::new(slice, None))
}
