//! What a pledge is offered from.

use async_graphql::{InputObject, OneofObject};

use super::{
    super::{
        Entered, Offer,
        schedule::{End, PledgeInterval, Schedule},
        terms::{Category, Funding, SalesRule, Sharing, Terms},
    },
    Rate,
};
use crate::{
    clock::Date,
    error::{Error, Result},
    id::{AgreementId, CampaignId, FundId, GlobalId, NodeKind},
    ledger::{graphql::RestrictionInput, idem::Origin},
    money::{Decimal, MoneyInput},
};

/// What a pledge is made of.
#[derive(InputObject)]
pub struct PledgeOfferInput {
    /// The fund it is made to.
    pub fund_id: GlobalId,
    /// Who makes it.
    pub donor_id: GlobalId,
    /// What is promised: exactly one of the kinds.
    pub terms: PledgeTermsInput,
    /// What it may be used for; leave it out for free money. A claim is for its project.
    pub earmark: Option<RestrictionInput>,
    /// The day it is made; today where it is left out.
    pub offered_on: Option<Date>,
    /// The agreement it stands under; the pledge and its dues lie in its term.
    pub agreement_id: Option<GlobalId>,
    /// The campaign it is made at; of a share of sales, the one whose sales count.
    pub campaign_id: Option<GlobalId>,
    /// Where it is taken over from: the same number of the same list is never taken over twice.
    pub origin: Option<OriginInput>,
    /// Whether it waits to be accepted, or is taken over as accepted; the latter is for staff of the fund.
    #[graphql(default)]
    pub entered: Entered,
    /// What its giver says of it, at most 500 characters.
    #[graphql(default)]
    pub note: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// Where something was taken over from.
#[derive(InputObject)]
pub struct OriginInput {
    /// The list, platform or system, at most 200 characters.
    pub source: String,
    /// Its number there, at most 200 characters.
    pub reference: String,
}

impl From<OriginInput> for Origin {
    fn from(input: OriginInput) -> Self {
        Self { source: input.source, reference: input.reference }
    }
}

/// What is promised: exactly one of the kinds.
#[derive(OneofObject)]
pub enum PledgeTermsInput {
    /// One sum, once.
    Fixed(FixedTermsInput),
    /// A sum each week, month, quarter or year.
    Recurring(RecurringTermsInput),
    /// A share of what is sold.
    ShareOfSales(ShareOfSalesTermsInput),
    /// A sum for each piece that is sold, also of a fraction of a fen.
    PerUnit(PerUnitTermsInput),
    /// Goods, services, space or hours, at a stated value.
    InKind(InKindTermsInput),
    /// A sum for each yuan that others give.
    Matching(MatchingTermsInput),
    /// 认领: a whole project, or some of its units.
    Claim(ClaimTermsInput),
}

/// One sum, once.
#[derive(InputObject)]
pub struct FixedTermsInput {
    /// The sum.
    pub amount: MoneyInput,
    /// The day it is due; the day it is made where it is left out.
    pub due_on: Option<Date>,
}

/// A sum at each interval. It ends by `times` or by `lastOn`: give one of them.
#[derive(InputObject)]
pub struct RecurringTermsInput {
    /// What each due comes to.
    pub amount: MoneyInput,
    /// How far two dues are apart.
    pub every: PledgeInterval,
    /// The day of the first due; later ones fall on the same day, or on the last of a shorter month.
    pub first_on: Date,
    /// How many dues, 520 at most.
    pub times: Option<i64>,
    /// The day after which nothing is due.
    pub last_on: Option<Date>,
}

/// A share of what is sold. Dues come of the sales that are reported.
#[derive(InputObject)]
pub struct ShareOfSalesTermsInput {
    /// The share, in hundredths of a percent: 300 for 3 %.
    pub basis_points: i64,
    /// The most it gives in all; leave it out for no limit.
    pub cap: Option<MoneyInput>,
    /// The first day whose sales count; the day it is made where it is left out.
    pub from: Option<Date>,
    /// The last day whose sales count; leave it out for no end.
    pub to: Option<Date>,
    /// The days from the end of a reported period to the due that comes of it, 366 at most.
    #[graphql(default = 15)]
    pub settle_days: i64,
}

/// A sum for each piece that is sold. Dues come of the pieces that are reported.
#[derive(InputObject)]
pub struct PerUnitTermsInput {
    /// How many fen for how many pieces: 1 for 1 is one fen a bottle, 1 for 2 half a fen.
    pub rate: Rate,
    /// The most it gives in all; leave it out for no limit.
    pub cap: Option<MoneyInput>,
    /// The first day whose sales count; the day it is made where it is left out.
    pub from: Option<Date>,
    /// The last day whose sales count; leave it out for no end.
    pub to: Option<Date>,
    /// The days from the end of a reported period to the due that comes of it, 366 at most.
    #[graphql(default = 15)]
    pub settle_days: i64,
}

/// Goods, services, space or hours.
#[derive(InputObject)]
pub struct InKindTermsInput {
    /// What kind of thing.
    pub category: Category,
    /// How much, with at most two decimals.
    pub quantity: Decimal,
    /// What it is counted in, at most 20 characters.
    pub unit: String,
    /// What it is, at most 500 characters.
    pub description: String,
    /// What it is worth. It is never mixed with money.
    pub value: MoneyInput,
    /// The day it is due; the day it is made where it is left out.
    pub due_on: Option<Date>,
}

/// A sum for each yuan that others give into a project, as far as the match's own restriction allows.
#[derive(InputObject)]
pub struct MatchingTermsInput {
    /// What it gives for each yuan of its base.
    pub rate: Rate,
    /// The most it gives in all.
    pub cap: MoneyInput,
    /// The most it gives for one gift; leave it out for no limit.
    pub per_gift: Option<MoneyInput>,
    /// The most it gives into one project; leave it out for no limit.
    pub per_project: Option<MoneyInput>,
    /// Whether it is paid ahead, or becomes due.
    #[graphql(default)]
    pub funding: Funding,
    /// The day the money paid ahead is due; the day it is made where it is left out.
    pub due_on: Option<Date>,
}

/// A whole project, or some of its units, at the value that the project says.
#[derive(InputObject)]
pub struct ClaimTermsInput {
    /// The project.
    pub project_id: GlobalId,
    /// How many units; leave it out for the whole project.
    pub units: Option<i64>,
    /// Whether others may claim what is left.
    #[graphql(default)]
    pub sharing: Sharing,
    /// The last day it holds its units; what it comes to is due on it.
    pub expires_on: Date,
}

impl PledgeOfferInput {
    /// The offer that it describes.
    pub fn read(self, today: chrono::NaiveDate) -> Result<(FundId, Offer, String)> {
        let offered_on = self.offered_on.map_or(today, Into::into);
        let offer = Offer {
            donor: self.donor_id.party()?,
            terms: self.terms.read(offered_on)?,
            restriction: self.earmark.unwrap_or_default().read()?,
            offered_on,
            agreement: self.agreement_id.map(|id| id.key_of(NodeKind::Agreement)).transpose()?.map(AgreementId),
            campaign: self.campaign_id.map(|id| id.key_of(NodeKind::Campaign)).transpose()?.map(CampaignId),
            origin: self.origin.map(Into::into),
            entered: self.entered,
            note: self.note,
        };
        Ok((FundId(self.fund_id.key_of(NodeKind::Fund)?), offer, self.idempotency_key))
    }
}

/// The end of a schedule, of which a request must say one thing.
pub fn end(times: Option<i64>, last_on: Option<Date>) -> Result<End> {
    match (times, last_on) {
        (Some(times), None) => Ok(End::Times(times)),
        (None, Some(last)) => Ok(End::On(last.into())),
        _ => Err(Error::BadInput("A recurring pledge ends: give either `times` or `lastOn`.".into())),
    }
}

impl PledgeTermsInput {
    fn read(self, offered_on: chrono::NaiveDate) -> Result<Terms> {
        let day = |given: Option<Date>| given.map_or(offered_on, Into::into);
        let ratio = |rate: Rate| (rate.numerator, rate.denominator);
        Ok(match self {
            Self::Fixed(one) => Terms::Fixed { amount: one.amount.into(), due_on: day(one.due_on) },
            Self::Recurring(one) => Terms::Recurring(Schedule {
                amount: one.amount.into(),
                every: one.every,
                first_on: one.first_on.into(),
                end: end(one.times, one.last_on)?,
            }),
            Self::ShareOfSales(one) => {
                let (cap, from, to) = (one.cap.map(Into::into), day(one.from), one.to.map(Into::into));
                let rule = SalesRule { cap, from, to, settle_days: one.settle_days };
                Terms::ShareOfSales { basis_points: one.basis_points, rule }
            }
            Self::PerUnit(one) => {
                let (cap, from, to) = (one.cap.map(Into::into), day(one.from), one.to.map(Into::into));
                let rule = SalesRule { cap, from, to, settle_days: one.settle_days };
                Terms::PerUnit { rate: ratio(one.rate), rule }
            }
            Self::InKind(one) => Terms::InKind {
                category: one.category,
                quantity: one.quantity.0.0,
                unit: one.unit,
                description: one.description,
                value: one.value.into(),
                due_on: day(one.due_on),
            },
            Self::Matching(one) => Terms::Matching {
                rate: ratio(one.rate),
                cap: one.cap.into(),
                per_gift: one.per_gift.map(Into::into),
                per_project: one.per_project.map(Into::into),
                funding: one.funding,
                due_on: day(one.due_on),
            },
            Self::Claim(one) => Terms::Claim {
                project: one.project_id.key_of(NodeKind::Project)?.into(),
                units: one.units,
                sharing: one.sharing,
                expires_on: one.expires_on.into(),
            },
        })
    }
}
