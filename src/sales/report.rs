//! Reporting: reports are loaded for, judged and written in slices.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::{Accrued, Following, Report, Reported, SalesReport, Verdict, check_figures, store};
use crate::{
    campaign::{self, Campaign},
    db::Tx,
    error::{Error, Refusal, Result, check_amount, check_past},
    fund::head::{self, Head},
    id::{CampaignId, FundId, PartyId, PledgeId, SalesReportId},
    ledger::{
        idem::{self, Once, Origin, Outcome},
        place::{self, FundPlace},
        reverse::MEMO_MAX,
    },
    money::Fen,
    pledge::{store::DueRow, terms::settle_on},
    viewer::{Act, By, On},
};

/// What makes a report without an origin the same as another.
type Sold = (PartyId, Option<CampaignId>, NaiveDate, NaiveDate);

/// What is loaded once for all reports of a slice, kept up to date as they are judged.
struct Loaded {
    fund: FundPlace,
    merchants: HashSet<PartyId>,
    campaigns: HashMap<CampaignId, Campaign>,
    origins: HashMap<Origin, SalesReportId>,
    sold: HashMap<Sold, SalesReport>,
    following: Vec<Following>,
    by_merchant: HashMap<PartyId, Vec<usize>>,
    seen: HashMap<Origin, usize>,
    seen_sold: HashMap<Sold, usize>,
}

impl Loaded {
    async fn of<'r>(tx: &mut Tx, fund: FundId, reports: impl Iterator<Item = &'r Report> + Clone) -> Result<Self> {
        let fund = place::fund(tx, fund).await?;
        let merchants: Vec<PartyId> = reports.clone().map(|report| report.merchant).collect();
        let campaigns: Vec<CampaignId> = reports.clone().filter_map(|report| report.campaign).collect();
        let origins: Vec<&Origin> = reports.clone().filter_map(|report| report.origin.as_ref()).collect();
        let campaigns = campaign::store::by_ids_or_none(&mut *tx, &campaigns).await?;
        let following = match merchants.is_empty() {
            true => vec![],
            false => store::following(&mut *tx, fund.id, &merchants).await?,
        };
        let without = reports.filter(|report| report.origin.is_none()).map(|report| report.merchant);
        let sold = store::sold_by(tx, fund.id, &without.collect::<Vec<_>>()).await?;
        let mut by_merchant: HashMap<PartyId, Vec<usize>> = HashMap::new();
        for (at, one) in following.iter().enumerate() {
            by_merchant.entry(one.donor_id).or_default().push(at);
        }
        let key = |one: SalesReport| ((one.merchant_id, one.campaign_id, one.from_on, one.to_on), one);
        Ok(Self {
            merchants: place::parties_known(tx, &merchants).await?,
            campaigns: campaigns.into_iter().map(|one| (one.id, one)).collect(),
            origins: store::of_origins(tx, fund.id, &origins).await?,
            sold: sold.into_iter().map(key).collect(),
            following,
            by_merchant,
            seen: HashMap::new(),
            seen_sold: HashMap::new(),
            fund,
        })
    }

    /// What would come of `report`, the slice's number `at`.
    fn judge(&mut self, by: By<'_>, at: usize, report: &Report) -> Result<Verdict> {
        by.viewer.must(Act::ReportSales, &[self.fund.on(), On::Party(report.merchant)])?;
        let origin = report.origin.as_ref().map(|origin| origin.checked("origin")).transpose()?;
        if let Some(origin) = &origin {
            if let Some(known) = self.origins.get(origin) {
                return Ok(Verdict::Known(*known));
            }
            if let Some(first) = self.seen.get(origin) {
                return Ok(Verdict::Repeat(*first));
            }
        }
        let (from, to) = self.check(by, report)?;
        let sold = (report.merchant, report.campaign, from, to);
        if origin.is_none() {
            if let Some(known) = self.sold.get(&sold) {
                return match (known.amount, known.units) == (report.amount, report.units) {
                    true => Ok(Verdict::Known(known.id)),
                    false => Err(Refusal::SalesReported { from, to }.at("period")),
                };
            }
            if let Some(first) = self.seen_sold.get(&sold) {
                return Ok(Verdict::Repeat(*first));
            }
        }
        let accrued = self.accrue(report, to)?;
        match origin {
            Some(origin) => self.seen.insert(origin, at),
            None => self.seen_sold.insert(sold, at),
        };
        Ok(Verdict::New { days: (from, to), accrued })
    }

    fn check(&self, by: By<'_>, report: &Report) -> Result<(NaiveDate, NaiveDate)> {
        check_figures(report.amount, report.units)?;
        check_past(report.reported_on, by.today, "reportedOn")?;
        let length = report.note.chars().count();
        if length > MEMO_MAX || report.note.contains('\0') {
            return Err(Refusal::TextTooLong { length, max: MEMO_MAX }.at("note"));
        }
        let campaign = match report.campaign {
            Some(campaign) => {
                let known = self.campaigns.get(&campaign).filter(|one| one.fund_id == self.fund.id);
                Some(known.ok_or_else(|| Refusal::NotFound { what: "campaign".into() }.at("campaignId"))?)
            }
            None => None,
        };
        let days = report.period.or(campaign.map(|campaign| (campaign.starts_on, campaign.ends_on)));
        let Some((from, to)) = days else {
            return Err(Error::BadInput("Sales are of a campaign or of a period: give one of them.".into()));
        };
        if to < from {
            return Err(Refusal::PeriodReversed { from, to }.at("period"));
        }
        check_past(from, by.today, "period")?;
        if !self.merchants.contains(&report.merchant) {
            return Err(Refusal::NotFound { what: "party".into() }.at("merchantId"));
        }
        campaign.map(Campaign::ensure_open).transpose()?;
        Ok((from, to))
    }

    /// What the merchant's pledges make of a report. A refused one leaves them as they were.
    fn accrue(&mut self, report: &Report, to_on: NaiveDate) -> Result<Vec<Accrued>> {
        let mut accrued = Vec::new();
        let mut changed = Vec::new();
        for at in self.by_merchant.get(&report.merchant).into_iter().flatten() {
            let mut following = self.following[*at].clone();
            let Some(basis) = following.basis_of(report.amount, report.units) else { continue };
            if !following.counts(report.campaign, to_on) {
                continue;
            }
            let amount = following.add(basis);
            if amount.is_positive() {
                check_amount(amount, "amount")?;
            }
            following.dues += 1;
            accrued.push(Accrued {
                pledge: following.id,
                basis,
                amount,
                due_on: settle_on(to_on, following.settle_days.unwrap_or_default()),
                due_no: following.dues,
                donor: following.donor_id,
            });
            changed.push((*at, following));
        }
        for (at, following) in changed {
            self.following[at] = following;
        }
        Ok(accrued)
    }
}

/// What would come of reports to one fund, without writing anything; a refused one does not hinder the others. The
/// parties of `assumed` count as known.
///
/// # Errors
/// Of the whole: a fund that is not there, a fault. Of each: as [`report`].
pub async fn judge(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    reports: &[Report],
    assumed: &HashSet<PartyId>,
) -> Result<Vec<Result<Verdict>>> {
    let mut loaded = Loaded::of(tx, fund, reports.iter()).await?;
    loaded.merchants.extend(assumed);
    Ok(reports.iter().enumerate().map(|(at, report)| loaded.judge(by, at, report)).collect())
}

/// Writes down what merchants sold, each report under its own key or known again by its origin or by its merchant,
/// campaign and period; and what becomes due from it. A refused one does not hinder the others. As many statements
/// for two thousand as for one.
///
/// # Errors
/// Of the whole: a fund that is not there, a fault. Each report is refused for numbers and texts out of bounds, days
/// to come or in the wrong order, a merchant or campaign that is not known, a closed campaign, and sales that were
/// reported before with other figures.
pub async fn report(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    reports: &[(Option<Once>, Report)],
) -> Result<Vec<Result<Reported>>> {
    let mut head = head::lock(tx, fund).await?;
    let answered = idem::answered_some::<Reported, _>(&mut *tx, reports).await?;
    let mut loaded = Loaded::of(tx, fund, reports.iter().map(|(_, report)| report)).await?;
    let mut outcomes: Vec<Result<Reported>> = Vec::with_capacity(reports.len());
    let mut made = Made::default();
    for (at, ((once, report), answered)) in reports.iter().zip(answered).enumerate() {
        if let Some(answer) = answered {
            outcomes.push(answer);
            continue;
        }
        let outcome = match loaded.judge(by, at, report) {
            Ok(Verdict::New { days, accrued }) => made.add(&mut head, by, report, days, &accrued).map(|report| {
                let done = Reported { report, outcome: Outcome::Created };
                made.onces.extend(once.as_ref().map(|once| (once, done)));
                done
            }),
            Ok(Verdict::Known(report)) => Ok(Reported { report, outcome: Outcome::Known }),
            Ok(Verdict::Repeat(first)) => {
                outcomes[first].clone().map(|first| Reported { outcome: Outcome::Known, ..first })
            }
            Err(refused) => Err(refused),
        };
        outcomes.push(outcome);
    }
    made.write(tx, &mut head).await?;
    Ok(outcomes)
}

/// The rows of reports that are to be written.
#[derive(Default)]
struct Made<'r> {
    reports: Vec<SalesReport>,
    dues: Vec<DueRow>,
    bases: Vec<store::Basis>,
    stated: HashMap<PledgeId, Fen>,
    onces: Vec<(&'r Once, Reported)>,
}

impl Made<'_> {
    fn add(
        &mut self,
        head: &mut Head,
        by: By<'_>,
        report: &Report,
        (from_on, to_on): (NaiveDate, NaiveDate),
        accrued: &[Accrued],
    ) -> Result<SalesReportId> {
        let id = head.next_key();
        self.reports.push(SalesReport {
            id,
            fund_id: head.fund_id,
            merchant_id: report.merchant,
            campaign_id: report.campaign,
            from_on,
            to_on,
            amount: report.amount,
            units: report.units,
            reported_on: report.reported_on,
            first_id: id,
            corrects_id: None,
            source: report.origin.as_ref().map(|origin| origin.source.trim().to_owned()),
            external_ref: report.origin.as_ref().map(|origin| origin.reference.trim().to_owned()),
            note: report.note.trim().to_owned(),
            principal_id: by.viewer.actor()?,
        });
        for one in accrued {
            let due = DueRow {
                id: head.next_key(),
                pledge_id: one.pledge,
                due_no: one.due_no,
                fund_id: head.fund_id,
                donor_id: one.donor,
                due_on: one.due_on,
                amount: one.amount,
            };
            self.bases.push(store::Basis { due: due.id, report: id, basis: one.basis });
            *self.stated.entry(one.pledge).or_default() += one.amount;
            self.dues.push(due);
        }
        Ok(id)
    }

    async fn write(self, tx: &mut Tx, head: &mut Head) -> Result<()> {
        if self.reports.is_empty() {
            return Ok(());
        }
        store::insert(tx, &self.reports).await?;
        crate::pledge::store::insert_dues(tx, &self.dues).await?;
        store::insert_bases(tx, &self.bases).await?;
        let mut stated: Vec<_> = self.stated.into_iter().filter(|(_, amount)| amount.is_positive()).collect();
        stated.sort_unstable_by_key(|(pledge, _)| *pledge);
        let touched = crate::pledge::store::add_stated(tx, &stated).await?;
        crate::error::ensure_rows(touched, stated.len(), "pledges with sales")?;
        let mut answers = Vec::new();
        for (once, done) in self.onces {
            answers.push((once, None, idem::stored(&done)?));
        }
        idem::remember(tx, &answers).await?;
        head::write(tx, head).await
    }
}
