//! Sales reports: each row says what a merchant sold at a campaign or in a period.
//!
//! * A report is known by its number in the caller's source where it has one, else by merchant, campaign and period:
//!   the same once more changes nothing, other figures are refused and belong into a correction.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike as _, Months, NaiveDate};

use super::{
    Batch, Draft, Verdict, What,
    codes::{Codes, Named},
    place::digest_of,
    refusal_word, subject,
};
use crate::{
    db::Tx,
    error::{Error, Result},
    id::SalesReportId,
    import::{
        column::{Cell, Column},
        job::Job,
        list::{Cells, Names},
        refusal::CellRefusal,
        who::{Effect, Identity, Met},
        word::{Outcome, Word},
    },
    ledger::{idem, idem::Once, idem::Origin, reverse::MEMO_MAX},
    money::Fen,
    party::{EXTERNAL_ID_MAX, NAME_MAX, PartyKind},
    sales::{self, Correction, Report, SalesReport, correct},
    viewer::By,
};

/// The longest number or code, in characters.
const REFERENCE_MAX: usize = 200;

/// The columns of a list of sales.
pub const COLUMNS: &[Column] = &[
    Column::required(
        "giver",
        Cell::Name { chars_max: NAME_MAX },
        "商家名称 商户名称 商家 商户 店铺名称 店名 单位名称 共建单位 名称",
        "merchant merchantname shop name giver partner",
    ),
    Column::optional(
        "amount",
        Cell::Amount,
        "销售额 销售金额 营业额 成交金额 销售收入 收入 金额",
        "amount sales salesamount turnover",
    ),
    Column::optional("units", Cell::Integer, "销售数量 销量 数量 件数 瓶数 份数 订单数", "units quantity pieces sold"),
    Column::optional("month", Cell::Date, "月份 所属月份 销售月份 月", "month"),
    Column::optional("from", Cell::Date, "开始日期 起始日期 期间起 自", "from start startdate periodfrom"),
    Column::optional("to", Cell::Date, "结束日期 截止日期 期间止 至", "to end enddate periodto"),
    Column::optional(
        "campaign",
        Cell::Text { chars_max: REFERENCE_MAX },
        "活动编号 团购编号 集市编号 活动",
        "campaign campaigncode",
    ),
    Column::optional("date", Cell::Date, "填报日期 上报日期 报告日期 日期", "date reportedon"),
    Column::optional(
        "credit_code",
        Cell::Text { chars_max: REFERENCE_MAX },
        "统一社会信用代码 社会信用代码 信用代码 税号 纳税人识别号",
        "creditcode uscc unifiedsocialcreditcode",
    ),
    Column::optional(
        "external_id",
        Cell::Text { chars_max: EXTERNAL_ID_MAX },
        "外部编号 商家编号 商户编号 商户号",
        "externalid merchantid",
    ),
    Column::several("note", Cell::Text { chars_max: MEMO_MAX }, "备注 说明", "note remark memo"),
    Column::several(
        "reference",
        Cell::Text { chars_max: REFERENCE_MAX },
        "单号 报表编号 流水号 编号",
        "reference ref reportno",
    ),
];

/// What a row says of sales besides their merchant, amount and number.
#[derive(Clone, Debug)]
pub struct Sale {
    amount: Option<i64>,
    units: Option<i64>,
    period: Option<(NaiveDate, NaiveDate)>,
    reported_on: Option<NaiveDate>,
    named: Named,
    note: String,
}

/// What a row says.
pub fn draft(cells: &mut Cells<'_>) -> Option<Draft> {
    let name = cells.name_needed("giver", NAME_MAX);
    let amount = cells.total("amount");
    let units = cells.integer("units");
    let period = period(cells);
    let reported_on = cells.day_past_or_none("date");
    let named = Named { campaign: cells.text("campaign", "", REFERENCE_MAX), ..Named::default() };
    let note = cells.text("note", "；", MEMO_MAX).unwrap_or_default();
    let reference = cells.text("reference", ":", REFERENCE_MAX);
    let code = cells.text("credit_code", "", REFERENCE_MAX);
    let external_id = cells.text("external_id", "", EXTERNAL_ID_MAX);
    let who = Identity::new(&name?, code.as_deref(), external_id);
    let days = period.map(|(from, to)| format!("{from}/{to}")).unwrap_or_default();
    let campaign = named.campaign.clone().unwrap_or_default();
    let content = digest_of("cobuild sales 1", &[who.name_key.as_bytes(), days.as_bytes(), campaign.as_bytes()]);
    let sale = Sale { amount, units, period, reported_on, named, note };
    let what = What::Sale(sale);
    Some(Draft { row_no: 0, who, amount_fen: amount.unwrap_or(0), content, bare: content, reference, what })
}

/// The first and the last day: of the month, or as they are given.
fn period(cells: &mut Cells<'_>) -> Option<(NaiveDate, NaiveDate)> {
    if let Some(day) = cells.day_or_none("month") {
        let first = day.with_day(1)?;
        return Some((first, first.checked_add_months(Months::new(1))?.pred_opt()?));
    }
    match (cells.day_or_none("from"), cells.day_or_none("to")) {
        (Some(from), Some(to)) => Some((from, to)),
        (Some(_), None) => {
            cells.refuse(CellRefusal::DateMissing, "to");
            None
        }
        (None, Some(_)) => {
            cells.refuse(CellRefusal::DateMissing, "from");
            None
        }
        (None, None) => None,
    }
}

/// Judges reports, and writes them down where the batch does.
pub async fn apply(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
    let wanted: Vec<&Identity> = drafts.iter().map(|draft| &draft.who).collect();
    let met = batch.meet(PartyKind::Merchant, &wanted).await?;
    let named: Vec<&Named> = drafts.iter().map(|draft| &sale(draft).named).collect();
    let codes = Codes::of(batch, &named).await?;
    let mut told = HashSet::new();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; drafts.len()];
    let mut reports = vec![];
    for (at, draft) in drafts.iter().enumerate() {
        let (party, words) = match subject(batch.names, draft, &met, &mut told)? {
            Ok(subject) => subject,
            Err(verdict) => {
                verdicts[at] = Some(verdict);
                continue;
            }
        };
        let meant = match codes.meant(batch, draft, &sale(draft).named) {
            Ok(meant) => meant,
            Err(words) => {
                verdicts[at] = Some(Verdict::refused(words));
                continue;
            }
        };
        let Sale { amount, units, period, reported_on, note, .. } = sale(draft).clone();
        let source = batch.options.source.clone();
        let report = Report {
            merchant: party,
            campaign: meant.campaign,
            period,
            amount: amount.map(Fen),
            units,
            reported_on: reported_on.unwrap_or(batch.by.today),
            origin: source.zip(draft.reference.clone()).map(|(source, reference)| Origin { source, reference }),
            note,
        };
        reports.push((at, party, words, report));
    }
    let outcomes = decide(batch, &met, reports.iter().map(|(.., report)| report.clone()).collect()).await?;
    let standing = standing(batch, &outcomes).await?;
    for ((at, party, mut words, report), outcome) in reports.into_iter().zip(outcomes) {
        let draft = &drafts[at];
        verdicts[at] = Some(match outcome {
            Ok((is_new, object)) => {
                let now = standing.get(&object).filter(|_| !is_new);
                let known = if words.is_empty() { Outcome::Unchanged } else { Outcome::Changed };
                words.extend(now.and_then(|now| corrected_word(batch.names, draft, &report, now)));
                Verdict { outcome: if is_new { Outcome::Created } else { known }, party, object, words }
            }
            Err(Error::Refused(refused)) => Verdict::refused(vec![refusal_word(batch.names, draft, &refused, FIELDS)]),
            Err(other) => return Err(other),
        });
    }
    Ok((verdicts.into_iter().flatten().collect(), met))
}

/// What stands now of the reports that were known, by the key of the first.
async fn standing(batch: &mut Batch<'_>, outcomes: &[Result<(bool, i64)>]) -> Result<HashMap<i64, SalesReport>> {
    let known = outcomes.iter().flatten().filter(|(is_new, object)| !is_new && *object != 0);
    let known: Vec<SalesReportId> = known.map(|(_, object)| SalesReportId(*object)).collect();
    let mut standing = HashMap::new();
    for some in known.chunks(Tx::ROWS_MAX) {
        let latest = sales::store::latest_of(&mut *batch.tx, some).await?;
        standing.extend(latest.into_iter().map(|one| (one.first_id.0, one)));
    }
    Ok(standing)
}

/// Says so where a report is known and stands otherwise by now.
fn corrected_word(names: &Names, draft: &Draft, report: &Report, now: &SalesReport) -> Option<Word> {
    let is_same = (report.amount, report.units) == (now.amount, now.units);
    let message = (
        "This report is on record and was corrected since: it stays as it was corrected, and goes on from there by another correction.",
        "该申报已登记，其后又被更正：以更正后的为准；如需再改，请再作更正。",
    );
    let column = if report.amount.is_some() { "amount" } else { "units" };
    let value = report.amount.map_or_else(|| report.units.unwrap_or(0).to_string(), |amount| amount.to_string());
    (!is_same)
        .then(|| Word::new(draft.row_no, Outcome::Unchanged, "known_corrected", (names.get(column), &value), message))
}

/// The columns that the operation's fields are about.
const FIELDS: &[(&str, &str)] =
    &[("amount", "amount"), ("units", "units"), ("period", "from"), ("campaignId", "campaign"), ("reportedOn", "date")];

/// Whether each report is new, and its key.
async fn decide(batch: &mut Batch<'_>, met: &Met, reports: Vec<Report>) -> Result<Vec<Result<(bool, i64)>>> {
    if reports.is_empty() {
        return Ok(vec![]);
    }
    if batch.effect == Effect::Plan {
        let judged = sales::judge(batch.tx, batch.by, batch.fund.id, &reports, &met.provisional()).await?;
        let known = |verdict: sales::Verdict| match verdict {
            sales::Verdict::New { .. } => (true, 0),
            sales::Verdict::Known(report) => (false, report.0),
            sales::Verdict::Repeat(_) => (false, 0),
        };
        return Ok(judged.into_iter().map(|verdict| verdict.map(known)).collect());
    }
    let reports: Vec<(Option<Once>, Report)> = reports.into_iter().map(|report| (None, report)).collect();
    let reported = sales::report(batch.tx, batch.by, batch.fund.id, &reports).await?;
    let known = |done: sales::Reported| (done.outcome == idem::Outcome::Created, done.report.0);
    Ok(reported.into_iter().map(|done| done.map(known)).collect())
}

fn sale(draft: &Draft) -> &Sale {
    match &draft.what {
        What::Sale(sale) => sale,
        other => unreachable!("a list of sales has no {other:?}"),
    }
}

/// Corrects the reports of some rows to nothing sold.
pub async fn take_back(tx: &mut Tx, by: By<'_>, job: &Job, made: &[(i64, i64)]) -> Result<()> {
    for (row, report) in made {
        let before = sales::store::latest_of(&mut *tx, &[SalesReportId(*report)]).await?.pop();
        let Some(before) = before else { continue };
        let input = Correction {
            report: before.id,
            amount: before.amount.map(|_| Fen::ZERO),
            units: before.units.map(|_| 0),
            reported_on: by.today,
            reason: format!("Import {} undone, row {row} (撤回导入)", job.id.0),
        };
        let once = Once::in_scope(format!("i{}", job.id.0), &format!("u{row}"), "import undo", &report)?;
        correct(tx, by, &once, &input).await?;
    }
    Ok(())
}
