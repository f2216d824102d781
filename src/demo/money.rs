//! The sample's money: what was promised, what arrived, and its 56 entries in order.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    clerk::{Clerk, sha256},
    day,
    people::{HOUSEHOLDS, MERCHANTS, People, UNITS, codes},
    places::Books,
    works::{self, Works, allowed},
    yuan,
};
use crate::{
    allocation::{self, Allocate},
    campaign::{self, CampaignDraft, CampaignKind},
    committee::{Constituency, DecisionDraft, Seat, Vote, decide},
    contribution::{
        self, Line, Receive, Settles,
        refund::{Refund, refund},
    },
    error::Result,
    expense::{self, Advance, Evidence, PaidFrom, Record, Return, ReturnTo},
    id::{CampaignId, DecisionId, FundId, PledgeId, TargetId},
    ledger::{
        Asset,
        document::{EvidenceKind, LotClass},
        earmark::Restriction,
    },
    money::Fen,
    pledge::{
        self, Entered, Offer, PledgeState, Terms,
        matching::{Match, apply},
        schedule::{End, PledgeInterval, Schedule},
        terms::{Funding, SalesRule},
    },
    sales::{self, Report},
};

/// What each merchant of the platform owes of the first quarter's group buys: 15,000 yuan.
const DUES: [Fen; MERCHANTS] = [Fen(370_370), Fen(296_296), Fen(300_000), Fen(204_800), Fen(150_000), Fen(178_534)];

/// What each merchant sold in them: what it owes is 3 % of it.
const SALES: [Fen; MERCHANTS] =
    [Fen(12_345_678), Fen(9_876_543), Fen(10_000_000), Fen(6_826_667), Fen(5_000_000), Fen(5_951_134)];
const SHARE_BPS: i64 = 300;

/// The partner unit whose gift matches what the households pay, and the one that pays twice.
const MATCHING: usize = 33;
const TWICE: usize = 34;

/// Books the 56 entries, and all that must stand before each.
pub async fn book(clerk: &mut Clerk<'_>, people: &People, books: &Books, works: &Works) -> Result<()> {
    let pledges = promise(clerk, people, books, works).await?;
    let desk = Desk { people, fund: books.fund, works };
    desk.receive(clerk, &pledges).await?;
    desk.follow(clerk, &pledges).await?;
    desk.allocate(clerk).await?;
    works::begin(clerk, works).await?;
    desk.pay(clerk).await?;
    desk.support(clerk).await?;
    desk.give_back(clerk).await
}

/// The pledges by the code of their giver.
type Pledges = HashMap<String, PledgeId>;

/// Makes and accepts every pledge.
async fn promise(clerk: &mut Clerk<'_>, people: &People, books: &Books, works: &Works) -> Result<Pledges> {
    let mut offers: Vec<(String, Offer)> = vec![];
    let group_buys = group_buys(clerk, books.fund).await?;
    let offer = |code: &str, terms, restriction, note: &str| Offer {
        donor: people.of(code),
        terms,
        restriction,
        offered_on: day(3, 20),
        agreement: None,
        campaign: None,
        origin: None,
        entered: Entered::Offered,
        note: note.into(),
    };
    let fixed = |code: &str, amount, restriction, due_on, note: &str| {
        offer(code, Terms::Fixed { amount, due_on }, restriction, note)
    };
    let share = "团购销售额的 3% · 3 % of what is sold at the group buys";
    for (_, code) in codes("M", MERCHANTS) {
        let rule = SalesRule { cap: None, from: day(1, 1), to: None, settle_days: 5 };
        let terms = Terms::ShareOfSales { basis_points: SHARE_BPS, rule };
        let offer = Offer { campaign: Some(group_buys), ..offer(&code, terms, Restriction::default(), share) };
        offers.push((code, offer));
    }
    let yearly = "共建协议年度认捐 · Yearly gift under the co-building agreement";
    for (n, code) in codes("U", UNITS).take_while(|(n, _)| *n < MATCHING) {
        let amount = if n <= 24 { yuan(500) } else { yuan(750) };
        let offer = fixed(&code, amount, restriction_of(n, people, books), day(4, 30), yearly);
        offers.push((code, offer));
    }
    let windows = Restriction { target: Some(works.project(1)), ..Restriction::default() };
    let note = "住户每出 12 元配 1 元 · 1 yuan for each 12 that households pay";
    let code = format!("U{MATCHING}");
    let terms = Terms::Matching {
        rate: (1, 12),
        cap: yuan(1_000),
        per_gift: None,
        per_project: None,
        funding: Funding::Prefunded,
        due_on: day(4, 30),
    };
    let matching = offer(&code, terms, windows, note);
    offers.push((code, matching));
    let code = format!("U{TWICE}");
    let (every, end) = (PledgeInterval::Month, End::Times(2));
    let monthly = Schedule { amount: yuan(500), every, first_on: day(3, 31), end };
    let monthly = offer(&code, Terms::Recurring(monthly), Restriction::default(), "三月、四月 · March and April");
    offers.push((code, monthly));

    let mut keyed = vec![];
    for (at, (_, offer)) in (1..).zip(&offers) {
        let (_, _, once) = clerk.once(day(3, 20), &format!("pledge-{at}"), "pledgeOffer", offer)?;
        keyed.push((Some(once), offer.clone()));
    }
    let (tx, by) = clerk.on(day(3, 20));
    let outcomes = pledge::offer(tx, by, books.fund, &keyed).await?;
    let mut pledges = Pledges::new();
    for ((code, _), offered) in offers.into_iter().zip(outcomes) {
        let id = offered?.pledge;
        let (tx, by) = clerk.on(day(3, 23));
        pledge::advance(tx, by, id, PledgeState::Accepted, day(3, 23)).await?;
        pledges.insert(code, id);
    }
    report(clerk, people, books.fund, group_buys).await?;
    Ok(pledges)
}

/// Opens the first quarter's group buys.
async fn group_buys(clerk: &mut Clerk<'_>, fund: FundId) -> Result<CampaignId> {
    let draft = CampaignDraft {
        fund,
        code: "GB-2026-Q1".into(),
        name: "社邻益购一季度团购 · Group buys, first quarter".into(),
        kind: CampaignKind::GroupBuy,
        starts_on: day(1, 5),
        ends_on: day(3, 31),
    };
    let (tx, by) = clerk.on(day(3, 20));
    Ok(campaign::open(tx, by, &draft).await?.id)
}

/// What each merchant sold at them, from which its due comes.
async fn report(clerk: &mut Clerk<'_>, people: &People, fund: FundId, at: CampaignId) -> Result<()> {
    let sold = |((_, code), amount): ((usize, String), Fen)| Report {
        merchant: people.of(&code),
        campaign: Some(at),
        period: None,
        amount: Some(amount),
        units: None,
        reported_on: day(4, 1),
        origin: None,
        note: String::new(),
    };
    let reports: Vec<_> = codes("M", MERCHANTS).zip(SALES).map(|one| (None, sold(one))).collect();
    let (tx, by) = clerk.on(day(4, 1));
    for outcome in sales::report(tx, by, fund, &reports).await? {
        outcome?;
    }
    Ok(())
}

/// What the gift of partner unit `n` may be used for.
fn restriction_of(n: usize, people: &People, books: &Books) -> Restriction {
    let free = Restriction::default();
    match n {
        1..=4 => Restriction { purpose: Some(books.purpose("ELDERLY")), ..free },
        5 | 6 => Restriction { purpose: Some(books.purpose("HOUSING")), ..free },
        7 => Restriction { group: Some(people.of("G1")), ..free },
        _ => free,
    }
}

/// What every entry needs.
struct Desk<'a> {
    people: &'a People,
    fund: FundId,
    works: &'a Works,
}

impl Desk<'_> {
    /// e1 to e4: what arrived.
    async fn receive(&self, clerk: &mut Clerk<'_>, pledges: &Pledges) -> Result<()> {
        let line = |code: &str, amount, settles| Line {
            donor: self.people.of(code),
            amount,
            settles,
            restriction: None,
            class: LotClass::Gift,
        };
        let settling = |code: &str, amount| line(code, amount, Settles::Pledge(pledges[code]));

        let dues = codes("M", MERCHANTS).zip(DUES).map(|((_, code), due)| settling(&code, due));
        let memo = "group-buy platform Q1 settlement · 团购平台一季度结算";
        let receipt = self.receipt("PLATFORM", "GB-2026-Q1", day(4, 2), dues.collect(), memo);
        self.book(clerk, 1, receipt).await?;

        let units = codes("U", UNITS).take_while(|(n, _)| *n <= MATCHING).map(|(n, code)| {
            let amount = match n {
                MATCHING => yuan(1_000),
                25.. => yuan(750),
                _ => yuan(500),
            };
            settling(&code, amount)
        });
        let memo = "33 partner units, one batch · 33 家共建单位一并到账";
        let receipt = self.receipt("HOST", "BATCH-0405", day(4, 5), units.collect(), memo);
        self.book(clerk, 2, receipt).await?;

        let code = format!("U{TWICE}");
        let both = line(&code, yuan(1_000), Settles::OldestFirst);
        let memo = "U34 pays two monthly dues at once · U34 一次付两个月认捐";
        let receipt = self.receipt(&code, "BANK-0406", day(4, 6), vec![both], memo);
        self.book(clerk, 3, receipt).await?;

        let windows = Restriction { target: Some(self.works.project(1)), ..Restriction::default() };
        let households = codes("H", HOUSEHOLDS).map(|(_, code)| Line {
            restriction: Some(windows),
            class: LotClass::Copay,
            ..line(&code, yuan(500), Settles::Nothing)
        });
        let memo = "24 households co-pay window repair · 24 户自筹窗户修缮";
        let receipt = self.receipt("HOST", "COPAY-0412", day(4, 12), households.collect(), memo);
        self.book(clerk, 4, receipt).await
    }

    fn receipt(&self, payer: &str, reference: &str, received_on: NaiveDate, lines: Vec<Line>, note: &str) -> Receive {
        Receive {
            payer: self.people.of(payer),
            channel: "bank · 银行".into(),
            reference: reference.into(),
            received_on,
            asset: Asset::Cny,
            amount: None,
            note: note.into(),
            lines,
        }
    }

    async fn book(&self, clerk: &mut Clerk<'_>, entry: usize, receipt: Receive) -> Result<()> {
        let (tx, by, once) = clerk.once(receipt.received_on, &format!("e{entry}"), "contributionReceive", &receipt)?;
        for outcome in contribution::receive(tx, by, self.fund, &[(Some(once), receipt)]).await? {
            outcome?;
        }
        Ok(())
    }

    /// e5: the match follows the households.
    async fn follow(&self, clerk: &mut Clerk<'_>, pledges: &Pledges) -> Result<()> {
        let input = Match {
            pledge: pledges[&format!("U{MATCHING}")],
            effective_on: day(4, 13),
            memo: "U33 match follows 24 co-pays · U33 按 24 户自筹配捐".into(),
        };
        let (tx, by, once) = clerk.once(input.effective_on, "e5", "matchApply", &input)?;
        apply(tx, by, &once, &input).await?;
        Ok(())
    }

    /// e6 to e27: what the committee allowed, each on a resolution of its own.
    async fn allocate(&self, clerk: &mut Clerk<'_>) -> Result<()> {
        for (n, target) in self.works.projects() {
            let (sat_on, on, memo) = if n == 1 {
                let memo = "P01 window repair: co-pay 12000 + fund 5000 · 共筑晴窗:住户自筹 12000 加基金 5000";
                (day(4, 14), day(4, 15), memo.to_owned())
            } else {
                (day(4, 15), day(4, 16), format!("P{n:02}: fund part · 基金部分"))
            };
            let decision = self.decide(clerk, n, target, allowed(n), sat_on).await?;
            let (tx, by) = clerk.on(sat_on);
            crate::project::advance(tx, by, target, crate::project::ProjectState::Approved, sat_on).await?;
            self.move_money(clerk, n + 5, decision, allowed(n), on, memo).await?;
        }
        let decision = self.decide(clerk, 22, self.works.grant, yuan(3_000), day(4, 16)).await?;
        let memo = "G1 micro-grant to self-organised garden group · 花友会微创投".to_owned();
        self.move_money(clerk, 27, decision, yuan(3_000), day(4, 17), memo).await
    }

    async fn decide(
        &self,
        clerk: &mut Clerk<'_>,
        number: usize,
        target: TargetId,
        amount: Fen,
        approved_on: NaiveDate,
    ) -> Result<DecisionId> {
        let seat = |constituency, holder: &str, vote| Seat {
            // The decision's key is the database's; what is given here is not read.
            decision_id: DecisionId(0),
            constituency,
            holder: holder.into(),
            vote,
        };
        let last = if number.is_multiple_of(7) { Vote::Abstain } else { Vote::For };
        let draft = DecisionDraft {
            fund: self.fund,
            target,
            resolution_number: format!("2026-{number:02}"),
            amount,
            approved_on,
            seats: vec![
                seat(Constituency::Community, "社区席 1", Vote::For),
                seat(Constituency::Residents, "居民席 1", Vote::For),
                seat(Constituency::Residents, "居民席 2", Vote::For),
                seat(Constituency::Donors, "捐赠方席 1", Vote::For),
                seat(Constituency::Street, "街道席 1", last),
            ],
        };
        let (tx, by, once) = clerk.once(approved_on, &format!("decision-{number}"), "decisionRecord", &draft)?;
        Ok(decide(tx, by, &once, &draft).await?.decision)
    }

    async fn move_money(
        &self,
        clerk: &mut Clerk<'_>,
        entry: usize,
        decision: DecisionId,
        amount: Fen,
        effective_on: NaiveDate,
        memo: String,
    ) -> Result<()> {
        let input = Allocate { decision, amount, effective_on, memo, lots: vec![] };
        let (tx, by, once) = clerk.once(effective_on, &format!("e{entry}"), "allocationMake", &input)?;
        allocation::allocate(tx, by, &once, &input).await?;
        Ok(())
    }

    /// e28 to e49: what the projects paid.
    async fn pay(&self, clerk: &mut Clerk<'_>) -> Result<()> {
        let windows = self.works.project(1);
        let paid = self.expense(windows, "V1", yuan(10_000), day(5, 10), "P01 windows: material · 窗户材料");
        self.record(clerk, 28, paid).await?;
        let paid = self.expense(windows, "V2", yuan(8_000), day(5, 20), "P01 windows: labour · 安装人工");
        self.record(clerk, 29, paid).await?;
        for (n, target) in self.works.projects().skip(1) {
            let paid = self.expense(target, works::payee(n), allowed(n), day(5, 25), &format!("P{n:02} paid · 已付"));
            self.record(clerk, n + 28, paid).await?;
        }
        Ok(())
    }

    /// e50 to e54: the micro-grant in two tranches, each cleared with evidence.
    async fn support(&self, clerk: &mut Clerk<'_>) -> Result<()> {
        let grant = self.works.grant;
        let clear = |payee, amount, on, note| Record {
            from: PaidFrom::Advance,
            ..self.expense(grant, payee, amount, on, note)
        };
        self.advance(clerk, 50, yuan(2_000), day(5, 1), "G1 tranche 1 · 第一期").await?;
        self.record(clerk, 51, clear("V5", Fen(128_050), day(5, 12), "G1 plants · 花苗")).await?;
        self.record(clerk, 52, clear("V6", yuan(600), day(5, 18), "G1 tools · 工具")).await?;
        self.advance(clerk, 53, yuan(1_000), day(5, 22), "G1 tranche 2 · 第二期").await?;
        self.record(clerk, 54, clear("V6", Fen(71_950), day(6, 2), "G1 trellis · 花架")).await
    }

    fn expense(&self, target: TargetId, payee: &str, amount: Fen, incurred_on: NaiveDate, note: &str) -> Record {
        Record {
            target,
            from: PaidFrom::Target,
            payee: self.people.of(payee),
            purpose: None,
            amount,
            incurred_on,
            note: note.into(),
            evidence: vec![],
        }
    }

    async fn record(&self, clerk: &mut Clerk<'_>, entry: usize, expense: Record) -> Result<()> {
        let file = |kind, what| {
            let name = format!("e{entry}-{what}");
            Evidence { kind, sha256: sha256(&name), name }
        };
        let evidence = vec![file(EvidenceKind::Invoice, "invoice.pdf"), file(EvidenceKind::Photo, "photo.jpg")];
        let input = Record { evidence, ..expense };
        let (tx, by, once) = clerk.once(input.incurred_on, &format!("e{entry}"), "expenseRecord", &input)?;
        expense::record(tx, by, &once, &input).await?;
        Ok(())
    }

    async fn advance(
        &self,
        clerk: &mut Clerk<'_>,
        entry: usize,
        amount: Fen,
        effective_on: NaiveDate,
        memo: &str,
    ) -> Result<()> {
        let input = Advance { target: self.works.grant, amount, effective_on, memo: memo.into() };
        let (tx, by, once) = clerk.once(effective_on, &format!("e{entry}"), "advancePay", &input)?;
        expense::advance(tx, by, &once, &input).await?;
        Ok(())
    }

    /// e55 and e56: what the group did not need, and the partner's second month.
    async fn give_back(&self, clerk: &mut Clerk<'_>) -> Result<()> {
        let input = Return {
            target: self.works.grant,
            to: ReturnTo::Pool,
            amount: yuan(400),
            effective_on: day(6, 10),
            memo: "G1 gives back what it did not spend · 花友会退回结余".into(),
        };
        let (tx, by, once) = clerk.once(input.effective_on, "e55", "advanceReturn", &input)?;
        expense::take_back(tx, by, &once, &input).await?;

        let input = Refund {
            fund: self.fund,
            donor: self.people.of(&format!("U{TWICE}")),
            contribution: None,
            amount: yuan(500),
            refunded_on: day(6, 12),
            reason: "refund U34 due 2 · 退还 U34 第二笔".into(),
        };
        let (tx, by, once) = clerk.once(input.refunded_on, "e56", "refundMake", &input)?;
        refund(tx, by, &once, &input).await?;
        Ok(())
    }
}
