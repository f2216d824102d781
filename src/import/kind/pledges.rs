//! Pledges: each row is a promise of any kind, taken over as accepted.
//!
//! * A pledge is known by its number in the caller's source where it has one; else by all that is promised and by how
//!   often that stands in the file.
//! * The column `kind` says what is promised; without it a sum is fixed, a share is of sales, a price is per unit.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::{
    Batch, Draft, Verdict, What,
    codes::{Codes, Meant, Named},
    fill_known,
    place::{self, Number, digest_of},
    refusal_word, subject,
};
use crate::{
    db::Tx,
    error::{Error, Result, ensure_rows},
    id::PledgeId,
    import::{
        amount::yuan_text,
        column::{Cell, Choice, Column},
        job::Job,
        list::{Cells, Names},
        refusal::CellRefusal,
        store,
        who::{Effect, Identity, Met},
        word::{Outcome, Word},
    },
    ledger::{
        earmark::Restriction,
        idem::{Once, Origin},
        reverse::MEMO_MAX,
    },
    money::Fen,
    party::{EXTERNAL_ID_MAX, NAME_MAX, PartyKind},
    pledge::{
        self, Entered, Offer, Pledge, PledgeState, Verdict as Judged,
        schedule::{End, PledgeInterval, Schedule},
        terms::{Category, DESCRIPTION_MAX, Funding, SalesRule, Sharing, Terms, UNIT_MAX},
    },
    viewer::By,
};

/// The longest number or code, in characters.
const REFERENCE_MAX: usize = 200;

/// The decimals of a fen that a price may have.
const PRICE_DECIMALS: u8 = 4;

/// The days from a report of sales to what becomes due of it, where a row does not say.
const SETTLE_DAYS: i64 = 15;

/// The day of a promise without one until it is known as what it stands in the file: the same list is the same
/// tomorrow.
const UNSAID: NaiveDate = NaiveDate::MIN;

const KINDS: &[Choice] = &[
    Choice { value: "fixed", words: "定额 固定 一次性 fixed once" },
    Choice { value: "recurring", words: "定期 按期 每月 月捐 recurring monthly" },
    Choice {
        value: "share_of_sales", words: "销售比例 按比例 销售分成 营业额比例 share share_of_sales shareofsales"
    },
    Choice { value: "per_unit", words: "按件 每件 每瓶 按量 per_unit perunit piece" },
    Choice { value: "in_kind", words: "实物 物资 服务 场地 in_kind inkind goods" },
    Choice { value: "matching", words: "配捐 匹配 matching match" },
    Choice { value: "claim", words: "认领 项目认领 claim" },
];

const INTERVALS: &[Choice] = &[
    Choice { value: "week", words: "每周 周 week weekly" },
    Choice { value: "month", words: "每月 月 month monthly" },
    Choice { value: "quarter", words: "每季 每季度 季 季度 quarter quarterly" },
    Choice { value: "year", words: "每年 年 year yearly" },
];

const CATEGORIES: &[Choice] = &[
    Choice { value: "goods", words: "物资 实物 物品 goods" },
    Choice { value: "service", words: "服务 service" },
    Choice { value: "space", words: "场地 空间 space" },
    Choice { value: "hours", words: "时长 工时 志愿时长 hours time" },
];

const FUNDINGS: &[Choice] = &[
    Choice { value: "prefunded", words: "预付 预存 先付 prefunded ahead" },
    Choice { value: "due", words: "后付 应付 结算 due afterwards" },
];

/// The columns of a list of pledges.
pub const COLUMNS: &[Column] = &[
    Column::required(
        "giver",
        Cell::Name { chars_max: NAME_MAX },
        "认捐单位 认捐商家 认捐人 认捐方 认领单位 捐赠单位 捐赠者 捐赠方 商家名称 商户名称 商家 商户 共建单位 \
         爱心企业 爱心商家 单位名称 企业名称 单位 名称 姓名",
        "giver donor pledger merchant merchantname partner organisation organization name",
    ),
    Column::optional("kind", Cell::Choice(KINDS), "认捐类型 认捐方式 类型 方式", "kind pledgekind type"),
    Column::optional(
        "amount",
        Cell::Amount,
        "认捐金额 认捐额 承诺金额 捐赠金额 金额 价值 折合金额",
        "amount pledgeamount value",
    ),
    Column::optional("ratio", Cell::Ratio, "比例 捐赠比例 销售比例 分成比例 配捐比例", "ratio share rate percent"),
    Column::optional("price", Cell::Amount, "单价 每件金额 每瓶金额 每份金额", "price perunit peritem"),
    Column::optional("cap", Cell::Amount, "上限 封顶 最高金额 封顶金额", "cap limit maximum"),
    Column::optional(
        "per_gift",
        Cell::Amount,
        "每笔上限 单笔上限 每笔配捐上限 单笔封顶",
        "pergift giftcap capgift maxpergift",
    ),
    Column::optional(
        "per_project",
        Cell::Amount,
        "每项目上限 单项目上限 项目上限 项目封顶",
        "perproject projectcap capproject maxperproject",
    ),
    Column::optional("funding", Cell::Choice(FUNDINGS), "出资方式 配捐方式 付款方式", "funding matchfunding paid"),
    Column::optional("date", Cell::Date, "认捐日期 承诺日期 签订日期 登记日期 日期", "date offeredon pledgedon"),
    Column::optional(
        "due",
        Cell::Date,
        "到期日 应付日期 应到日期 兑现日期 首期日期 首次日期 截止日期",
        "due dueon duedate firston",
    ),
    Column::optional("until", Cell::Date, "结束日期 终止日期 有效期至 截至", "until to enddate endson"),
    Column::optional("interval", Cell::Choice(INTERVALS), "周期 频率 间隔", "interval every frequency"),
    Column::optional("times", Cell::Integer, "期数 次数", "times count instalments installments"),
    Column::optional("settle_days", Cell::Integer, "结算天数 账期", "settledays"),
    Column::optional("category", Cell::Choice(CATEGORIES), "实物类别 类别 品类", "category"),
    Column::optional("quantity", Cell::Integer, "数量 件数", "quantity pieces"),
    Column::optional("unit", Cell::Text { chars_max: UNIT_MAX }, "计量单位 量词", "unit"),
    Column::optional(
        "description",
        Cell::Text { chars_max: DESCRIPTION_MAX },
        "物资名称 内容 品名 服务内容",
        "description item goods",
    ),
    Column::optional("units", Cell::Integer, "认领份数 份数", "units claimunits"),
    Column::optional(
        "project",
        Cell::Text { chars_max: REFERENCE_MAX },
        "项目编号 项目代码 项目",
        "project projectcode",
    ),
    Column::optional("purpose", Cell::Text { chars_max: REFERENCE_MAX }, "用途编号 用途代码", "purpose purposecode"),
    Column::optional(
        "group",
        Cell::Text { chars_max: NAME_MAX },
        "自组织 自组织名称 自组织编号 受助自组织 限定自组织 居民自组织",
        "group groupname groupid forgroup",
    ),
    Column::optional(
        "use_from",
        Cell::Date,
        "使用起始日期 可用起始日期 最早使用日期 使用期自",
        "usefrom usablefrom validfrom notbefore",
    ),
    Column::optional(
        "use_until",
        Cell::Date,
        "使用截止日期 可用截止日期 最迟使用日期 使用期限 使用期至",
        "useuntil usableuntil validto notafter",
    ),
    Column::optional(
        "campaign",
        Cell::Text { chars_max: REFERENCE_MAX },
        "活动编号 团购编号 集市编号",
        "campaign campaigncode",
    ),
    Column::optional("agreement", Cell::Text { chars_max: REFERENCE_MAX }, "协议编号 协议号", "agreement agreementno"),
    Column::optional(
        "credit_code",
        Cell::Text { chars_max: REFERENCE_MAX },
        "统一社会信用代码 社会信用代码 信用代码 税号 纳税人识别号",
        "creditcode uscc unifiedsocialcreditcode",
    ),
    Column::optional(
        "external_id",
        Cell::Text { chars_max: EXTERNAL_ID_MAX },
        "外部编号 商家编号 商户编号 商户号 单位编号",
        "externalid merchantid giverid donorid partnerid",
    ),
    Column::several("note", Cell::Text { chars_max: MEMO_MAX }, "备注 说明 意向", "note remark memo"),
    Column::several(
        "reference",
        Cell::Text { chars_max: REFERENCE_MAX },
        "认捐编号 认捐单号 单号 流水号 编号",
        "reference ref pledgeno number",
    ),
];

/// What a row says of a promise besides its giver and number.
#[derive(Clone, Debug)]
pub struct Promise {
    /// `None` for a claim, whose project has to be looked up.
    terms: Promised,
    offered_on: NaiveDate,
    named: Named,
    /// The first and the last day on which it may be used.
    window: (Option<NaiveDate>, Option<NaiveDate>),
    note: String,
}

/// What is promised, with its project still a code.
#[derive(Clone, Debug)]
enum Promised {
    Whole(Terms),
    Claim { units: Option<i64>, expires_on: NaiveDate },
}

/// What a row says.
pub fn draft(cells: &mut Cells<'_>) -> Option<Draft> {
    let name = cells.name_needed("giver", NAME_MAX);
    let offered_on = cells.day_or_none("date").or(cells.date_default());
    let named = Named {
        project: cells.text("project", "", REFERENCE_MAX),
        purpose: cells.text("purpose", "", REFERENCE_MAX),
        group: cells.text("group", "", NAME_MAX),
        campaign: cells.text("campaign", "", REFERENCE_MAX),
        agreement: cells.text("agreement", "", REFERENCE_MAX),
    };
    let window = (cells.day_or_none("use_from"), cells.day_or_none("use_until"));
    let terms = promised(cells, offered_on.unwrap_or(UNSAID));
    let note = cells.text("note", "；", MEMO_MAX).unwrap_or_default();
    let reference = cells.text("reference", ":", REFERENCE_MAX);
    let code = cells.text("credit_code", "", REFERENCE_MAX);
    let external_id = cells.text("external_id", "", EXTERNAL_ID_MAX);
    let (who, terms) = (Identity::new(&name?, code.as_deref(), external_id), terms?);
    let said = format!("{terms:?} {offered_on:?} {named:?} {window:?}");
    let content = digest_of("cobuild pledge 1", &[who.name_key.as_bytes(), said.as_bytes()]);
    let amount_fen = terms.amount();
    let today = cells.today();
    let (terms, offered_on) = (terms.since(today), offered_on.unwrap_or(today));
    let what = What::Promise(Box::new(Promise { terms, offered_on, named, window, note }));
    Some(Draft { row_no: 0, who, amount_fen, content, bare: content, reference, what })
}

impl Promised {
    /// With the day that the row left unsaid.
    fn since(mut self, today: NaiveDate) -> Self {
        let day = match &mut self {
            Self::Whole(
                Terms::Fixed { due_on, .. } | Terms::InKind { due_on, .. } | Terms::Matching { due_on, .. },
            ) => due_on,
            Self::Whole(Terms::Recurring(schedule)) => &mut schedule.first_on,
            Self::Whole(Terms::ShareOfSales { rule, .. } | Terms::PerUnit { rule, .. }) => &mut rule.from,
            Self::Whole(Terms::Claim { expires_on, .. }) | Self::Claim { expires_on, .. } => expires_on,
        };
        if *day == UNSAID {
            *day = today;
        }
        self
    }

    fn amount(&self) -> i64 {
        match self {
            Self::Whole(Terms::Fixed { amount, .. }) => amount.0,
            Self::Whole(Terms::Recurring(schedule)) => schedule.amount.0,
            Self::Whole(Terms::InKind { value, .. }) => value.0,
            Self::Whole(_) | Self::Claim { .. } => 0,
        }
    }
}

fn promised(cells: &mut Cells<'_>, offered_on: NaiveDate) -> Option<Promised> {
    let kind = cells.choice("kind", KINDS);
    let ratio = cells.basis_points("ratio");
    let price = cells.price("price", PRICE_DECIMALS);
    let cap = cells.amount_or_none("cap").map(Fen);
    let due = cells.day_or_none("due");
    let until = cells.day_or_none("until");
    let kind = kind.unwrap_or(match (ratio, price) {
        (Some(_), _) => "share_of_sales",
        (None, Some(_)) => "per_unit",
        (None, None) => "fixed",
    });
    let due_on = due.unwrap_or(offered_on);
    let settle_days = cells.integer("settle_days").unwrap_or(SETTLE_DAYS);
    let rule = SalesRule { cap, from: due_on, to: until, settle_days };
    let terms = match kind {
        "recurring" => Terms::Recurring(schedule(cells, due_on, until)?),
        "share_of_sales" => Terms::ShareOfSales { basis_points: needed(cells, ratio, "ratio")?, rule },
        "per_unit" => {
            let price = needed(cells, price, "price")?;
            Terms::PerUnit { rate: lowest(price, 10_i64.pow(u32::from(PRICE_DECIMALS))), rule }
        }
        "in_kind" => in_kind(cells, due_on)?,
        "matching" => {
            let ratio = needed(cells, ratio, "ratio")?;
            Terms::Matching {
                rate: lowest(ratio, 10_000),
                cap: needed(cells, cap, "cap")?,
                per_gift: cells.amount_or_none("per_gift").map(Fen),
                per_project: cells.amount_or_none("per_project").map(Fen),
                funding: match cells.choice("funding", FUNDINGS) {
                    Some("due") => Funding::Due,
                    _ => Funding::Prefunded,
                },
                due_on,
            }
        }
        "claim" => {
            return Some(Promised::Claim {
                units: cells.integer("units"),
                expires_on: until.or(due).unwrap_or(due_on),
            });
        }
        _ => Terms::Fixed { amount: Fen(cells.amount("amount")?), due_on },
    };
    Some(Promised::Whole(terms))
}

fn needed<T>(cells: &mut Cells<'_>, value: Option<T>, field: &str) -> Option<T> {
    if value.is_none() {
        cells.refuse_empty(field);
    }
    value
}

fn schedule(cells: &mut Cells<'_>, first_on: NaiveDate, until: Option<NaiveDate>) -> Option<Schedule> {
    let amount = Fen(cells.amount("amount")?);
    let every = match cells.choice("interval", INTERVALS).unwrap_or("month") {
        "week" => PledgeInterval::Week,
        "quarter" => PledgeInterval::Quarter,
        "year" => PledgeInterval::Year,
        _ => PledgeInterval::Month,
    };
    let end = match (cells.integer("times"), until) {
        (Some(times), _) => End::Times(times),
        (None, Some(day)) => End::On(day),
        (None, None) => {
            cells.refuse_empty("times");
            return None;
        }
    };
    Some(Schedule { amount, every, first_on, end })
}

fn in_kind(cells: &mut Cells<'_>, due_on: NaiveDate) -> Option<Terms> {
    let category = match cells.choice("category", CATEGORIES).unwrap_or("goods") {
        "service" => Category::Service,
        "space" => Category::Space,
        "hours" => Category::Hours,
        _ => Category::Goods,
    };
    let value = Fen(cells.amount("amount")?);
    let quantity = cells.integer("quantity").unwrap_or(1).saturating_mul(100);
    let unit = cells.text("unit", " ", UNIT_MAX).unwrap_or_else(|| "件".into());
    let description = cells.text("description", "；", DESCRIPTION_MAX);
    let description = needed(cells, description, "description")?;
    Some(Terms::InKind { category, quantity, unit, description, value, due_on })
}

/// A fraction in its lowest terms: its parts are bounded.
fn lowest(numerator: i64, denominator: i64) -> (i64, i64) {
    let (mut a, mut b) = (numerator.max(1), denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (numerator / a, denominator / a)
}

fn promise(draft: &Draft) -> &Promise {
    match &draft.what {
        What::Promise(promise) => promise,
        other => unreachable!("a list of pledges has no {other:?}"),
    }
}

/// Judges pledges, and makes them where the batch does.
pub async fn apply(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<(Vec<Verdict>, Met)> {
    if batch.effect == Effect::Book {
        crate::fund::head::lock(batch.tx, batch.fund.id).await?;
    }
    let places = places(batch, drafts).await?;
    // A number may be that of another's pledge; a content is that of its own.
    let is_sure = |at: usize| places[at].known.is_some() && places[at].number.0 == place::SOURCE;
    let wanted = drafts.iter().enumerate().filter(|(at, _)| !is_sure(*at)).map(|(_, draft)| &draft.who);
    let met = batch.meet(PartyKind::Merchant, &wanted.collect::<Vec<&Identity>>()).await?;
    let sure = |at: usize| places[at].known.as_ref().map(|pledge| pledge.donor_id).filter(|_| is_sure(at));
    let mut filled = fill_known(batch, drafts, sure).await?;
    let named: Vec<&Named> = drafts.iter().map(|draft| &promise(draft).named).collect();
    let codes = Codes::of(batch, &named).await?;
    let mut told = HashSet::new();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; drafts.len()];
    let mut offers = vec![];
    for (at, (draft, place)) in drafts.iter().zip(&places).enumerate() {
        if let Some(known) = place.known.as_ref().filter(|_| is_sure(at)) {
            let words: Vec<Word> = filled.remove(&at).into_iter().collect();
            let outcome = if words.is_empty() { Outcome::Unchanged } else { Outcome::Changed };
            verdicts[at] = Some(Verdict { outcome, party: known.donor_id, object: known.id.0, words });
            continue;
        }
        let (party, words) = match subject(batch.names, draft, &met, &mut told)? {
            Ok(subject) => subject,
            Err(verdict) => {
                verdicts[at] = Some(verdict);
                continue;
            }
        };
        if let Some(known) = &place.known {
            if known.donor_id != party {
                verdicts[at] = Some(Verdict::refused(vec![differs(batch.names, draft)]));
                continue;
            }
            let outcome = if words.is_empty() { Outcome::Unchanged } else { Outcome::Changed };
            verdicts[at] = Some(Verdict { outcome, party, object: known.id.0, words });
            continue;
        }
        match codes.meant(batch, draft, &promise(draft).named) {
            Ok(meant) => match offer(draft, party, &place.number, meant) {
                Some(offer) => offers.push((at, words, offer)),
                None => {
                    let project = batch.names.get("project").to_owned();
                    let word = CellRefusal::TextMissing.of(u64::try_from(draft.row_no).unwrap_or(0), &project, "");
                    verdicts[at] = Some(Verdict::refused(vec![word.into()]));
                }
            },
            Err(words) => verdicts[at] = Some(Verdict::refused(words)),
        }
    }
    let wanted = offers.iter().map(|(.., offer)| offer.clone()).collect();
    let outcomes = decide(batch, &met, wanted).await?;
    for ((at, mut words, offer), outcome) in offers.into_iter().zip(outcomes) {
        let (draft, place) = (&drafts[at], &places[at]);
        verdicts[at] = Some(match outcome {
            Ok(object) => {
                words.extend(super::repeated_word(batch.names, draft, place.occurrence));
                let doubtful = words.iter().any(|word| word.outcome == Outcome::Suspected);
                let outcome = if doubtful { Outcome::Suspected } else { Outcome::Created };
                Verdict { outcome, party: offer.donor, object, words }
            }
            Err(Error::Refused(refused)) => Verdict::refused(vec![refusal_word(batch.names, draft, &refused, FIELDS)]),
            Err(other) => return Err(other),
        });
    }
    Ok((verdicts.into_iter().flatten().collect(), met))
}

/// The columns that the operation's fields are about.
const FIELDS: &[(&str, &str)] = &[
    ("amount", "amount"),
    ("value", "amount"),
    ("cap", "cap"),
    ("rate", "price"),
    ("basisPoints", "ratio"),
    ("dueOn", "due"),
    ("firstOn", "due"),
    ("to", "until"),
    ("expiresOn", "until"),
    ("times", "times"),
    ("units", "units"),
    ("quantity", "quantity"),
    ("unit", "unit"),
    ("description", "description"),
    ("note", "note"),
    ("agreementId", "agreement"),
    ("campaignId", "campaign"),
    ("projectId", "project"),
    ("targetId", "project"),
    ("purposeId", "purpose"),
    ("groupId", "group"),
    ("validFrom", "use_from"),
    ("validTo", "use_until"),
    ("perGift", "per_gift"),
    ("perProject", "per_project"),
];

/// What each pledge is known as.
async fn places(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<Vec<place::Place<Pledge>>> {
    let own: Vec<Option<Number>> = drafts.iter().map(|draft| place::own(batch, draft)).collect();
    let wanted = place::wanted(batch, drafts, &own);
    let origins: Vec<Origin> = wanted.into_iter().map(|(source, reference)| Origin { source, reference }).collect();
    let mut known: HashMap<Number, Pledge> = HashMap::new();
    for some in origins.chunks(Tx::ROWS_MAX * 4) {
        let some: Vec<&Origin> = some.iter().collect();
        let found = pledge::store::of_origins(batch.tx, batch.fund.id, &some).await?;
        let ids: Vec<PledgeId> = found.values().copied().collect();
        if ids.is_empty() {
            continue;
        }
        let pledges: HashMap<PledgeId, Pledge> =
            pledge::store::by_ids(&mut *batch.tx, &ids).await?.into_iter().map(|one| (one.id, one)).collect();
        let known_as =
            |(origin, id): (Origin, PledgeId)| Some(((origin.source, origin.reference), pledges.get(&id)?.clone()));
        known.extend(found.into_iter().filter_map(known_as));
    }
    Ok(place::places(batch, drafts, own, &known))
}

/// Says so where a number is that of another's pledge.
fn differs(names: &Names, draft: &Draft) -> Word {
    let reference = draft.reference.clone().unwrap_or_default();
    let message = (
        "This number is that of another giver's pledge; correct the number or the giver.",
        "该编号属于另一捐赠者的认捐；请更正编号或捐赠者。",
    );
    Word::new(draft.row_no, Outcome::Refused, "reference_differs", (names.get("reference"), &reference), message)
}

/// Counts the pledges that an earlier run has made, as it counted them.
pub async fn pass_over(batch: &mut Batch<'_>, drafts: &[Draft]) -> Result<()> {
    if drafts.iter().any(|draft| batch.occurrences.is_repeated(&draft.bare)) {
        places(batch, drafts).await?;
    }
    Ok(())
}

/// The pledge of a row as the fund is offered it; `None` for a claim without a project.
fn offer(draft: &Draft, donor: crate::id::PartyId, number: &Number, meant: Meant) -> Option<Offer> {
    let Promise { terms, offered_on, window, note, .. } = promise(draft);
    let terms = match terms {
        Promised::Whole(terms) => terms.clone(),
        Promised::Claim { units, expires_on } => Terms::Claim {
            project: meant.project?,
            units: *units,
            sharing: if units.is_some() { Sharing::Shared } else { Sharing::Exclusive },
            expires_on: *expires_on,
        },
    };
    let restriction = Restriction {
        target: meant.project,
        purpose: meant.purpose,
        group: meant.group,
        valid_from: window.0,
        valid_to: window.1,
        any_fund: false,
    };
    Some(Offer {
        donor,
        terms,
        restriction,
        offered_on: *offered_on,
        agreement: meant.agreement,
        campaign: meant.campaign,
        origin: Some(Origin { source: number.0.clone(), reference: number.1.clone() }),
        entered: Entered::Accepted,
        note: note.clone(),
    })
}

/// The key of each pledge, or why it is refused; 0 where nothing is written.
async fn decide(batch: &mut Batch<'_>, met: &Met, offers: Vec<Offer>) -> Result<Vec<Result<i64>>> {
    if offers.is_empty() {
        return Ok(vec![]);
    }
    if batch.effect == Effect::Plan {
        let judged = pledge::judge(batch.tx, batch.by, batch.fund.id, &offers, &met.provisional()).await?;
        let known = |verdict: Judged| if let Judged::Known(id) = verdict { id.0 } else { 0 };
        return Ok(judged.into_iter().map(|verdict| verdict.map(known)).collect());
    }
    let offers: Vec<(Option<Once>, Offer)> = offers.into_iter().map(|offer| (None, offer)).collect();
    let offered = pledge::offer(batch.tx, batch.by, batch.fund.id, &offers).await?;
    Ok(offered.into_iter().map(|done| done.map(|done| done.pledge.0)).collect())
}

/// The first row on whose pledge something has arrived.
pub async fn moved_on(tx: &mut Tx, job: &Job) -> Result<Option<(i64, String)>> {
    let found = store::pledge_moved_on(tx, job.id).await?;
    Ok(found.map(|(row, received)| {
        let sum = yuan_text(received);
        (row, format!("{sum} has arrived on its pledge / 其认捐已到账 {sum}"))
    }))
}

/// Cancels the pledges of some rows; the same rows may then be taken over again.
pub async fn take_back(tx: &mut Tx, by: By<'_>, made: &[(i64, i64)]) -> Result<()> {
    for (_, pledge) in made {
        let id = PledgeId(*pledge);
        let standing = pledge::store::by_ids(&mut *tx, &[id]).await?.pop();
        // Somebody may have ended it by hand.
        if standing.is_some_and(|pledge| matches!(pledge.state, PledgeState::Offered | PledgeState::Accepted)) {
            pledge::advance(tx, by, id, PledgeState::Cancelled, by.today).await?;
        }
        ensure_rows(pledge::store::set_taken_back(tx, id).await?, 1, "pledge")?;
    }
    Ok(())
}
