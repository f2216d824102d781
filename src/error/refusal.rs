//! Every refusal there is, in order of precedence, with its sentence in two languages.

use async_graphql::Enum;
use chrono::NaiveDate;

use super::Language;
use crate::money::Fen;

/// Declares the refusals: doc, fields, code, English, Chinese; in order of precedence.
macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident { $($field:ident: $type:ty),* } $en:literal $zh:literal;)*) => {
        /// Why an operation was refused, in order of precedence: where several apply, the first is given.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Refusal {
            $($(#[doc = $doc])+ #[allow(missing_docs)] $name { $($field: $type),* },)*
        }

        /// The kind of a refusal, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum)]
        pub enum UserErrorCode {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Refusal {
            /// Its kind, for programs.
            pub fn code(&self) -> UserErrorCode {
                match self { $(Self::$name { .. } => UserErrorCode::$name,)* }
            }

            /// What was wrong and what would be accepted.
            pub fn message(&self, language: Language) -> String {
                match (self, language) {
                    $(
                        (Self::$name { $($field),* }, Language::En) => format!($en),
                        (Self::$name { $($field),* }, Language::Zh) => format!($zh),
                    )*
                }
            }
        }
    };
}

refusals! {
    /// A text that must say something is empty, or is no text at all.
    TextEmpty {}
        "This must not be empty, and must not hold a NUL character."
        "此项不能为空,也不得包含 NUL 字符。";
    /// A text is longer than its field holds.
    TextTooLong { length: usize, max: usize }
        "This has {length} characters; at most {max} are kept."
        "此项有 {length} 个字符,最多保留 {max} 个。";
    /// An amount is zero or below.
    AmountNotPositive { amount: Fen }
        "{amount} is not above zero; write what is given or paid as a positive amount."
        "{amount} 不大于零;请填写正数金额。";
    /// An amount is above what one operation may move.
    AmountTooLarge { amount: Fen }
        "{amount} is above the most that one operation moves, 100000000000.00."
        "{amount} 超过单笔上限 100000000000.00。";
    /// A bank line moves nothing.
    AmountZero {}
        "A bank line moves something; write what came in as a positive amount and what went out as a negative one."
        "银行流水金额不得为零;收入填正数,支出填负数。";
    /// A date lies in the future where only what has happened can be recorded.
    DateInFuture { date: NaiveDate, today: NaiveDate }
        "{date} is in the future; today is {today}."
        "{date} 在未来;今天是 {today}。";
    /// The last day of a period is before its first.
    PeriodReversed { from: NaiveDate, to: NaiveDate }
        "The period ends on {to}, before it begins on {from}."
        "期间结束日 {to} 早于开始日 {from}。";
    /// A list that must have an item has none, or has too many.
    ListSize { size: usize, min: usize, max: usize }
        "{size} items were given; {min} to {max} are accepted."
        "提供了 {size} 项;可接受 {min} 至 {max} 项。";
    /// A number is outside of its bounds.
    NumberOutOfRange { number: i64, min: i64, max: i64 }
        "{number} is out of bounds; {min} to {max} is accepted."
        "{number} 超出范围;可接受 {min} 至 {max}。";
    /// A file digest is not 64 hexadecimal digits.
    DigestMalformed { digest: String }
        "{digest:?} is no SHA-256 digest; give the file's digest as 64 hexadecimal digits."
        "{digest:?} 不是 SHA-256 摘要;请填写 64 位十六进制摘要。";
    /// An idempotency key is empty or longer than 100 characters.
    KeyMalformed {}
        "An idempotency key has 1 to 100 characters; a UUID made for this request is a good one."
        "幂等键须为 1 至 100 个字符;建议为每个请求生成一个 UUID。";
    /// The key was used before, for another request.
    IdempotencyMismatch { key: String }
        "The key {key:?} was used before for another request; repeat that request unchanged, or use a new key."
        "幂等键 {key:?} 已用于另一请求;请原样重发该请求,或换用新键。";
    /// A unified social credit code fails GB 32100.
    CreditCodeInvalid { code: String, reason: String }
        "{code:?} is no unified social credit code: {reason}. If it is really what the registry issued, give `creditCodeOverride` with the reason."
        "{code:?} 不是有效的统一社会信用代码({reason})。如登记机关确实如此核发,请在 creditCodeOverride 中说明理由。";
    /// A party with this credit code is known already.
    CreditCodeTaken { code: String }
        "A party with the credit code {code} is known already."
        "信用代码 {code} 已登记在另一主体名下。";
    /// Something of this name or code exists already.
    NameTaken { name: String }
        "{name:?} exists already; use that one, or choose another name."
        "{name:?} 已存在;请使用已有的,或另选名称。";
    /// Nothing has this id, or not for this viewer.
    NotFound { what: String }
        "There is no such {what}."
        "没有这样的 {what}。";
    /// The level of an area does not fit below its parent, or cannot own a fund.
    AreaLevel { level: String, accepted: String }
        "A {level} does not fit here; accepted: {accepted}."
        "{level} 级区域不适用于此;可接受:{accepted}。";
    /// A purpose would have too many above it.
    PurposeTooDeep { max: i64 }
        "At most {max} purposes lie above one; add it further up."
        "一个用途之上最多有 {max} 级;请加在更高一级之下。";
    /// The object belongs to another fund: money of one community is not spent in another.
    AnotherFund { what: String, fund: String }
        "This {what} does not belong to {fund}; the money of one fund is not given, decided or spent in another."
        "该 {what} 不属于 {fund};一个基金的资金不能在另一基金中收、决或支。";
    /// The purpose is not on the fund's allow-list.
    PurposeNotAllowed { purpose: String, fund: String }
        "{fund} may not be used for {purpose}; its allow-list and what lies below it are accepted."
        "{fund} 不得用于 {purpose};仅限其用途清单及下级用途。";
    /// The parts do not add up to the whole.
    SumMismatch { parts: Fen, whole: Fen }
        "The parts add up to {parts}, the whole is {whole}; nothing was booked."
        "各部分合计 {parts},总额为 {whole};未入账。";
    /// A restriction says too little, too much, or names nothing.
    EarmarkMalformed {}
        "Name exactly one of purpose, group and target, or none of them for free money."
        "用途、自组织、项目三者只能指定其一;不指定则为非限定。";
    /// A part of a rate is out of bounds.
    RateMalformed {}
        "A rate is two whole numbers, each from 1 to 1000000."
        "比率须为两个整数,分子分母均为 1 至 1000000。";
    /// The agreement was signed by another party.
    AgreementOfAnother { number: String }
        "Agreement {number} was signed by another party; a pledge stands under the giver's own agreement."
        "协议 {number} 由其他主体签订;认捐只能列在捐赠人自己的协议下。";
    /// A pledge lies outside of the term of the agreement it stands under.
    AgreementTerm { number: String, from: NaiveDate, to: NaiveDate }
        "Agreement {number} runs from {from} to {to}; the pledge and its dues must lie within."
        "协议 {number} 的期限为 {from} 至 {to};认捐及其应付款须在此期限内。";
    /// The campaign is closed.
    CampaignClosed { code: String, on: NaiveDate }
        "The campaign {code} was closed on {on}; nothing more is promised or sold at it."
        "活动 {code} 已于 {on} 结束;不再接受认捐或销售申报。";
    /// A report of sales says nothing.
    ReportEmpty {}
        "A report says what was sold: give an amount, a number of pieces, or both."
        "销售申报须说明销售额或件数,至少填写一项。";
    /// The sales of this period were reported before, with other figures.
    SalesReported { from: NaiveDate, to: NaiveDate }
        "The sales from {from} to {to} were reported before with other figures; correct that report instead."
        "{from} 至 {to} 的销售已申报且数字不同;请更正原申报。";
    /// The report was corrected before.
    SalesCorrected { on: NaiveDate }
        "That report was corrected on {on}; correct its last correction."
        "该申报已于 {on} 更正;请对最后一次更正再作更正。";
    /// The project does not say how it may be claimed.
    NotClaimable {}
        "This project is not open to claims; say first how many units it has and what one is worth."
        "该项目尚未开放认领;请先设定其份数和每份金额。";
    /// More units of a project are claimed than are left.
    ClaimTaken { asked: i64, left: i64 }
        "{asked} units were asked for, {left} are left; claim what is left, or another project."
        "申请认领 {asked} 份,尚余 {left} 份;请认领余下份数或另选项目。";
    /// The pledge is not in a state that allows this.
    PledgeState { state: String, accepted: String }
        "The pledge is {state}; this is possible while it is {accepted}."
        "认捐状态为 {state};仅在 {accepted} 时可行。";
    /// A gift says it settles a pledge that its giver did not make.
    PledgeOfAnother {}
        "That pledge was made by another party; a gift settles the giver's own pledges."
        "该认捐由其他主体作出;捐赠只能结清捐赠人自己的认捐。";
    /// Goods are given on a pledge of money, or money on a pledge of goods.
    AssetMismatch {}
        "Goods settle pledges in kind and money settles pledges of money; the two never mix."
        "实物只能结清实物认捐,资金只能结清资金认捐;二者不得混用。";
    /// Somebody else than the host is named as the giver of a cover.
    CoverOfAnother {}
        "Only the host covers a loss; name the charity association as the giver, or book a gift."
        "只有慈善协会可以垫补损失;请将其填为捐赠人,或作为普通捐赠入账。";
    /// A gift carries another restriction than the pledge it settles.
    PledgeEarmark {}
        "The gift's restriction is not the pledge's; leave it out to take the pledge's."
        "捐赠的限定与认捐不一致;留空即沿用认捐的限定。";
    /// More is paid on a pledge than is outstanding.
    DueExceeded { asked: Fen, outstanding: Fen }
        "{asked} is more than the {outstanding} that is outstanding on this pledge; book the rest as a gift of its own."
        "{asked} 超过该认捐未付的 {outstanding};余额请另作一笔捐赠入账。";
    /// More of a due is waived than is outstanding.
    WaiverExceeded { asked: Fen, outstanding: Fen }
        "{asked} cannot be waived: {outstanding} is outstanding on this due."
        "无法免除 {asked}:该应付款未付余额为 {outstanding}。";
    /// This bank line or reference was booked before.
    ReceiptRepeated { channel: String, reference: String }
        "The receipt {reference:?} of {channel:?} was booked before; it is not booked twice."
        "{channel:?} 的凭据 {reference:?} 已入账,不会重复入账。";
    /// This bank line was recorded before, and said something else.
    BankLineDiffers { account: String, reference: String }
        "The line {reference:?} of account {account:?} was recorded before and says something else; compare it with the statement."
        "账户 {account:?} 的流水 {reference:?} 已登记且内容不同;请与对账单核对。";
    /// The bank line or entry is in a match that stands.
    BankMatched { what: String }
        "The {what} is matched to the bank's statement; take that match back first."
        "{what} 已与银行流水勾对;请先取消该勾对。";
    /// An entry moved nothing in or out of the bank.
    EntryWithoutCash { entry: String }
        "Entry {entry} moved nothing in or out of the bank; only what did is matched."
        "分录 {entry} 未引起银行收支;只有引起收支的分录才需勾对。";
    /// An entry and its reversal cancel out, so that the bank knows of neither.
    EntryUndone { entry: String }
        "Entry {entry} and the reversal cancel out; match both together, or neither."
        "分录 {entry} 与其冲销相互抵消;须一并勾对,或均不勾对。";
    /// More is asked for as a minimum than the plan asks of others than the fund.
    FundingMinimum { minimum: Fen, beside: Fen }
        "{minimum} is more than the {beside} that the plan asks of residents, partners and others together."
        "最低筹资额 {minimum} 超过方案中由居民、共建单位及其他来源承担的合计 {beside}。";
    /// The funding minimum of the project is not missed.
    FundingNotMissed { minimum: Fen, deadline: NaiveDate, raised: Fen }
        "{minimum} is to be raised by {deadline}, and {raised} is; it is missed once that day is past and less is raised."
        "须在 {deadline} 前筹得 {minimum},现已筹得 {raised};期满仍不足方为未达标。";
    /// The work does not begin before its funding minimum is raised.
    FundingShort { raised: Fen, minimum: Fen }
        "{raised} of the {minimum} that others are to raise has come; the work begins once all of it has."
        "应由他方筹集的 {minimum} 现到 {raised};足额后方可开工。";
    /// A milestone, move or state does not allow this.
    ProjectState { state: String, accepted: String }
        "The project is {state}; this is possible while it is {accepted}."
        "项目状态为 {state};仅在 {accepted} 时可行。";
    /// A move is made by another mutation, with what it stands on.
    ProjectStep { mutation: String }
        "This step is made by `{mutation}`, which records what it stands on."
        "此步骤须通过 `{mutation}` 完成,并同时记录其依据。";
    /// The milestone was reached on another day.
    MilestoneReached { reached_on: NaiveDate }
        "The milestone was reached on {reached_on}; that is not changed."
        "该里程碑已于 {reached_on} 达成,不再更改。";
    /// The project or grant is closed.
    TargetClosed { code: String, on: String }
        "{code} is closed{on}; nothing is paid into it or out of it any more."
        "{code} 已关闭{on};不再收支。";
    /// A closed project would leave money behind.
    MoneyLeft { amount: Fen }
        "{amount} has not been spent; release it or clear the advance first."
        "尚有 {amount} 未使用;请先退回或核销。";
    /// What was given for a project alone waits in the fund.
    MoneyBound { amount: Fen }
        "{amount} was given for this project alone and waits in the fund; give it back, or have its givers agree to another use first."
        "尚有 {amount} 仅限用于本项目的捐款留在基金中;请先退还,或经捐赠人同意改作他用。";
    /// The contest is not in a state that allows this.
    ContestState { state: String, accepted: String }
        "The contest is {state}; this is possible while it is {accepted}."
        "提案大赛状态为 {state};仅在 {accepted} 时可行。";
    /// Proposals are taken, or no longer.
    ContestCall { until: NaiveDate }
        "Proposals come in up to {until}; they are scored from the day after."
        "提案截止日为 {until};次日起评分。";
    /// Nobody has proposed anything.
    ContestEmpty {}
        "Nothing was proposed; there is nothing to score."
        "尚无提案,无从评分。";
    /// A proposal asks for more than the contest gives.
    ContestBudget { asked: Fen, budget: Fen }
        "{asked} is more than the {budget} that all winners of this contest may ask of the fund together."
        "{asked} 超过本次大赛全部优胜提案可向基金申请的合计 {budget}。";
    /// Sheets of judges or residents are missing.
    ContestSheets { missing: i64 }
        "{missing} sheets are missing: every judge scores every proposal but those of their own party, and residents' sheets are counted where they count."
        "尚缺 {missing} 份评分:除本单位的提案外,每位评委须评每份提案;居民评分计入时亦须录入。";
    /// The sheet was handed in before.
    SheetRepeated {}
        "This sheet was handed in before; what was scored is not changed."
        "该评分表已提交;评分不再更改。";
    /// The judge is of the party that proposed it.
    JudgeOfProposer { judge: i64 }
        "Judge {judge} is of the party that proposed this, and does not score it."
        "第 {judge} 位评委属于提案方,须回避。";
    /// Fewer members sat than the fund's rules ask for.
    NoQuorum { sat: i64, quorum: i64 }
        "{sat} sat and voted; the fund's rules ask for {quorum}."
        "到会表决 {sat} 人;基金规则要求 {quorum} 人。";
    /// More members are named than the committee has seats.
    TooManySeats { sat: i64, seats: i64 }
        "{sat} votes are named, but the committee has {seats} seats."
        "列出了 {sat} 票,但委员会只有 {seats} 席。";
    /// Fewer of those who sat voted for it than the fund's rules ask for.
    NoMajority { votes_for: i64, sat: i64, needed: i64 }
        "{votes_for} of {sat} voted for it; {needed} are needed."
        "{sat} 人中 {votes_for} 人赞成;须 {needed} 人。";
    /// A committee is formed with a number of voting seats that its kind does not have.
    CommitteeSeats { members: usize, accepted: String }
        "{members} voting seats are named; such a body has {accepted}."
        "列出了 {members} 个表决席;此类机构应为:{accepted}。";
    /// A committee is formed without anybody to watch it.
    SupervisorMissing {}
        "No supervisor is named; a committee has at least one seat that watches and does not vote."
        "未设监督席;委员会至少须有一个只监督、不表决的席位。";
    /// A motion lacks what its kind is about, or has what it is not about.
    MotionParts {}
        "A motion for a rule has a quorum and a majority; a change of purpose may name a target and an amount; the end of a grant names the grant alone; every other motion names a target of its kind and an amount."
        "规则议案须填写法定人数和多数;变更用途可指明项目和金额;终止资助只指明该资助;其他议案须指明相应的项目或资助及金额。";
    /// A motion is not in a state that allows this.
    MotionState { state: String, accepted: String }
        "The motion is {state}; this is possible while it is {accepted}."
        "议案状态为 {state};仅在 {accepted} 时可行。";
    /// A supervisor does not vote.
    SeatWithoutVote { seat: i64 }
        "Seat {seat} supervises; it has no vote."
        "第 {seat} 席为监督席,没有表决权。";
    /// Nobody holds the seat on that day.
    SeatVacant { seat: i64 }
        "Nobody holds seat {seat} today; fill it first."
        "第 {seat} 席今日无人任职;请先补选。";
    /// The seat is somebody else's to vote for.
    SeatOfAnother { seat: i64 }
        "Seat {seat} votes through its own holder's access, and not through yours."
        "第 {seat} 席须由任职人本人表决,不得代投。";
    /// The seat's own unit gives, receives or is related.
    SeatRecused { seat: i64, why: String }
        "Seat {seat} does not vote on this: its own unit {why} (GIVES, RECEIVES or is RELATED)."
        "第 {seat} 席须回避:其所属单位与此事有关({why}:GIVES 出资、RECEIVES 受益、RELATED 关联)。";
    /// The seat has voted.
    SeatVoted { seat: i64, vote: String }
        "Seat {seat} voted {vote}; a vote is cast once."
        "第 {seat} 席已投 {vote};每席只投一次。";
    /// A paper resolution claims a number that cobuild gives.
    NumberGiven {}
        "Numbers of this form are given here, without gaps; write the number that is on the paper."
        "此类编号由系统连续给出;请填写纸质决议自身的编号。";
    /// The decision is not about money that can be allocated.
    DecisionWithoutMoney { resolution: String }
        "Resolution {resolution} allows no money to be allocated; one on a project, an allocation or a grant does."
        "决议 {resolution} 不涉及拨付;只有关于项目、拨付或资助的决议可以拨付。";
    /// The decision was annulled.
    DecisionAnnulled { resolution: String, on: NaiveDate }
        "Resolution {resolution} was annulled on {on}; nothing stands on it any more."
        "决议 {resolution} 已于 {on} 撤销,不再有效。";
    /// Money is allocated on the decision.
    DecisionUsed { resolution: String, allocated: Fen }
        "{allocated} is allocated on resolution {resolution}; reverse those allocations first."
        "决议 {resolution} 已拨付 {allocated};请先冲销相应拨付。";
    /// What the decision asked for was done, and is not undone.
    DecisionCarriedOut { resolution: String }
        "A micro-grant has ended on resolution {resolution}; that is not undone."
        "已有资助依决议 {resolution} 终止,不得撤销。";
    /// The decision is younger than what is booked on it.
    DecisionLater { resolution: String, approved_on: NaiveDate }
        "Resolution {resolution} was taken on {approved_on}; nothing is allocated on it before that day."
        "决议 {resolution} 于 {approved_on} 作出;此前不得据此拨付。";
    /// More is allocated than the decision allows.
    DecisionExceeded { resolution: String, asked: Fen, left: Fen }
        "{asked} is more than the {left} that resolution {resolution} still allows."
        "{asked} 超过决议 {resolution} 尚可拨付的 {left}。";
    /// The round of grants is not in a state that allows this.
    RoundState { state: String, accepted: String }
        "The round is {state}; this is possible while it is {accepted}."
        "本轮微创投状态为 {state};仅在 {accepted} 时可行。";
    /// A day is before the first on which this is possible.
    RoundEarly { from: NaiveDate }
        "This is possible from {from} on."
        "此事自 {from} 起方可办理。";
    /// A day is after the last on which applications or objections are taken.
    WindowClosed { on: NaiveDate }
        "The last day for this was {on}."
        "此事的截止日为 {on}。";
    /// Applications wait to be checked.
    ApplicationsUnchecked { count: i64 }
        "{count} applications wait to be checked; check them, reject them or send them back first."
        "尚有 {count} 份申请待审核;请先审核、退回或不予通过。";
    /// No application passed.
    RoundEmpty {}
        "No application has passed; without one there is nothing to score."
        "没有通过审核的申请,无从评分。";
    /// Judges owe sheets.
    SheetsMissing { count: i64 }
        "{count} score sheets are missing; hand them in, or declare why a judge does not score."
        "尚缺 {count} 份评分表;请补交,或声明评委回避。";
    /// Objections are not settled.
    ObjectionsOpen { count: i64 }
        "{count} objections are not settled; settle them first."
        "尚有 {count} 项异议未处理;请先处理。";
    /// The application is not in a state that allows this.
    ApplicationState { state: String, accepted: String }
        "The application is {state}; this is possible while it is {accepted}."
        "申请状态为 {state};仅在 {accepted} 时可行。";
    /// A round is not for this step of the ladder.
    StageNotOffered { stage: String }
        "The round is not for {stage}; see its `stages`."
        "本轮不面向 {stage} 阶段;请查看 stages。";
    /// The group has not passed the evaluation of the step before.
    StageNotReached { stage: String, before: String }
        "{stage} is for groups that passed the evaluation of a {before} grant."
        "{stage} 仅限已通过 {before} 资助评估的自组织。";
    /// More is asked or awarded than one grant may be.
    GrantTooLarge { asked: Fen, max: Fen }
        "{asked} is more than the {max} that this may come to."
        "{asked} 超过此项上限 {max}。";
    /// The group's line in the register is struck off.
    GroupStruckOff { number: String, on: NaiveDate }
        "{number} is struck off the register since {on}; restore it first."
        "{number} 自 {on} 起已从名册注销;请先恢复。";
    /// A judge scores through their own access.
    JudgeOfAnother { judge: i64 }
        "Judge {judge} scores through their own access, and not through yours."
        "第 {judge} 位评委须本人评分,不得代评。";
    /// A judge has a conflict.
    JudgeConflicted { judge: i64 }
        "Judge {judge} does not score this application: a conflict was declared, or the judge is of the group."
        "第 {judge} 位评委须回避此申请:已声明利益冲突,或属于申请方。";
    /// The objection was settled before.
    ObjectionSettled { on: NaiveDate }
        "The objection was settled on {on}; that is not changed."
        "该异议已于 {on} 处理,不再更改。";
    /// The ranking does not reach the application with the budget.
    ApplicationBeyond {}
        "The round's budget ends before this application; awards follow the ranking."
        "本轮预算在排名上未及此申请;授予须依排名进行。";
    /// More is awarded than is left of the round's budget.
    BudgetExceeded { asked: Fen, left: Fen }
        "{asked} is more than the {left} that is left of the round's budget."
        "{asked} 超过本轮预算余额 {left}。";
    /// More is resolved or agreed than a grant was awarded.
    AwardExceeded { asked: Fen, left: Fen }
        "{asked} is more than the {left} that the award allows; resolve and agree on that at most."
        "{asked} 超过授予额度尚余的 {left};决议和协议不得超过该数。";
    /// The grant is not in a state that allows this.
    GrantState { state: String, accepted: String }
        "The grant is {state}; this is possible while it is {accepted}."
        "该资助状态为 {state};仅在 {accepted} 时可行。";
    /// A tranche waits for an earlier report than the one before it.
    TranchesOutOfOrder {}
        "Tranches are paid in order: one on signing comes before one after MIDTERM, and that before one after CLOSING."
        "资助款须依次拨付:签约即付的在前,其次为 MIDTERM 之后,最后为 CLOSING 之后。";
    /// The report that a tranche waits for is not in.
    TrancheWaits { tranche: i64, report: String, left: Fen }
        "Tranche {tranche} waits for the report {report}; until that is filed {left} may be paid."
        "第 {tranche} 期须待 {report} 报告提交后拨付;此前尚可支付 {left}。";
    /// More is paid than the contract's tranches come to.
    TrancheExceeded { asked: Fen, left: Fen }
        "{asked} is more than the {left} that the contract's tranches still allow."
        "{asked} 超过协议各期尚可支付的 {left}。";
    /// What is to be published is not in a state that allows this.
    DisclosureState { state: String, accepted: String }
        "The publication is {state}; this is possible while it is {accepted}."
        "公示状态为 {state};仅在 {accepted} 时可行。";
    /// It was published before; what is published is only corrected.
    DisclosureExists { number: String }
        "{number} is published about this and this period; what is published is never changed, correct it with a reason instead."
        "{number} 已就同一内容、同一期间公示;已公示的不得更改,请说明理由另行更正。";
    /// The books have changed since it was drafted.
    DisclosureStale {}
        "The books have changed since this was drafted; draft it again."
        "拟稿后账目已有变动;请重新拟稿。";
    /// A must is not kept, and it is not said why.
    MustsUnexplained { musts: String }
        "These musts are not kept: {musts}. Say why in `remarks`."
        "以下“五有”要求未达到:{musts}。请在 remarks 中说明原因。";
    /// It names a private person.
    PrivateName { name: String }
        "It names {name:?}, a private person; nobody's name is published but those of organisations."
        "其中出现个人姓名 {name:?};除单位名称外不得公示个人姓名。";
    /// A decision that cash was allocated on is used for goods, or the other way around.
    AssetMixed { resolution: String }
        "Resolution {resolution} was used for the other of cash and goods; the two never mix on one resolution."
        "决议 {resolution} 已用于资金与实物中的另一种;同一决议不得混用。";
    /// The fund asks for other hands than those that have acted before.
    TwoPersons { fund: String }
        "{fund} asks for different persons: whoever proposed it, recorded the resolution, allocated the money or speaks for the receiver does not do this, too."
        "{fund} 要求不同人员分别办理:提出项目、登记决议、拨付资金或代表收款方的人不得再办理此项。";
    /// An expense comes without evidence.
    EvidenceMissing {}
        "An expense needs evidence: give the digest of at least one file."
        "支出须有凭证:请至少提供一个文件的摘要。";
    /// A named lot may not be used for this, or holds too little here.
    LotNotEligible { lot: String }
        "The gift {lot} may not be used for this, or has no money left here."
        "捐赠 {lot} 不得用于此项,或此处已无余额。";
    /// There is not enough money that may be used for this.
    InsufficientEligibleFunds { asked: Fen, eligible: Fen, ineligible: Fen }
        "{asked} was asked, {eligible} may be used for this; {ineligible} more is there but given for something else."
        "申请 {asked},可用于此项的有 {eligible};另有 {ineligible} 为其他限定资金。";
    /// There is nothing that a match could follow.
    NothingToMatch { accrued: Fen }
        "The match has followed all it can: {accrued} so far; no new base gift or no cap is left."
        "配捐已全部跟进(累计 {accrued});没有新的基数或已达上限。";
    /// The entry was reversed before.
    AlreadyReversed { entry: String }
        "Entry {entry} was reversed before; once is enough."
        "分录 {entry} 已被冲销,不能再次冲销。";
    /// Reversals are not reversed; book the operation anew.
    IsReversal { entry: String }
        "Entry {entry} is itself a reversal; book the operation anew instead."
        "分录 {entry} 本身是冲销;请重新入账。";
    /// An entry of two funds is not undone in one of them.
    NotReversible { entry: String }
        "Entry {entry} is half of a transfer between two funds; transfer the money back instead."
        "分录 {entry} 是两个基金间划转的一半;请以反向划转更正。";
    /// What is asked for is so already.
    NothingChanges {}
        "That is how it is already; nothing would change."
        "现状即是如此,没有任何变化。";
    /// Somebody agreed to a change whose money it was not.
    ConsentOfAnother {}
        "The giver agrees to a change of its gift, or who paid it in where the giver itself was wrong."
        "变更须由捐赠人本人同意;捐赠人登记有误时,可由缴款人同意。";
    /// The money of the entry has moved on.
    MoneyMovedOn { entry: String }
        "The money of entry {entry} has moved on; reverse the later entries first."
        "分录 {entry} 的资金已流转;请先冲销其后的分录。";
    /// No more of this file is taken than may be stored.
    UploadTooLarge { max: u64 }
        "The file is larger than the {max} MiB that are taken; split it, or have the server's limit raised."
        "文件超过 {max} MiB 的上限;请拆分,或请管理员提高上限。";
    /// The file did not arrive whole.
    UploadBroken { why: String }
        "The file did not arrive whole: {why}. Send it again to the same address."
        "文件未完整到达:{why}。请向同一地址重新发送。";
    /// The file has arrived before; its address works once.
    UploadDone {}
        "The file has arrived already; stage a new upload to send another."
        "文件已到达;如需发送其他文件,请新建上传。";
    /// The file has not arrived yet.
    UploadMissing {}
        "The file has not arrived; send it to its upload address first."
        "文件尚未到达;请先发送到其上传地址。";
    /// The import is not in a state that allows this.
    ImportState { state: String, accepted: String }
        "The import is {state}; this is possible while it is {accepted}."
        "导入状态为 {state};仅在 {accepted} 时可行。";
    /// Rows of the import are refused, and it books all or nothing.
    ImportRefused { refused: i64 }
        "{refused} rows are refused and nothing is booked; correct them, or start the import with continueOnError."
        "有 {refused} 行未被接受,全部未入账;请更正,或以 continueOnError 重新开始导入。";
    /// The plan is not the one that was looked at.
    PlanMoved {}
        "The plan is not the one this hash was given for; read the import again, look at what changed, and commit with the new hash."
        "计划已不是该哈希所对应的计划;请重新读取导入、核对变化,再以新的哈希提交。";
    /// A mapping cannot be understood.
    MappingUnreadable { why: String }
        "The mapping cannot be understood: {why}"
        "对照无法理解:{why}";
    /// What a row of the import brought has moved on or was changed.
    ImportMovedOn { row: i64, why: String }
        "Row {row} cannot be taken back, and so nothing is: {why}"
        "第 {row} 行无法撤回,因此整个导入未撤回:{why}";
    /// Somebody else wrote the same at the same moment.
    Conflict {}
        "Somebody else has just written the same; nothing of yours was written. Read again, and repeat if it is still needed."
        "他人刚刚写入了相同内容,您的请求未写入。请重新读取,如仍需要再重发。";
    /// The storage is full, or cannot be written for another passing reason.
    StorageFull {}
        "The storage is full; nothing was booked. Reading goes on, and the same request works once there is room."
        "存储空间已满,未入账。读取不受影响;腾出空间后重发同一请求即可。";
}
