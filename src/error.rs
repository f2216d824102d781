//! What can go wrong: a refusal is the product's answer, a denial is about who asks, a fault is ours.
//!
//! * [`Refusal`]: expected, one enum for the whole product in order of precedence, each with a code for
//!   programs and a sentence in two languages for people. It becomes a `userError`.
//! * [`Error::Denied`]: the viewer may not do this. It becomes a GraphQL error with a code.
//! * [`Fault`]: unexpected. The caller sees a reference id and nothing else.

use std::sync::Arc;

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;

use crate::money::Fen;

/// What an operation answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation did not happen.
///
/// It is shown by [`Error::message`] and not by `Display`, which async-graphql would take for a text
/// that may be sent to anybody.
#[derive(Clone, Debug)]
pub enum Error {
    /// Expected, and the caller's to mend.
    Refused(Refused),
    /// The viewer lacks the right.
    Denied(Denied),
    /// The request itself is broken: a malformed page, an id of the wrong type.
    BadInput(String),
    /// Not expected by anybody.
    Fault(Fault),
}

impl Error {
    /// All that may be known of it, for whoever runs the server.
    pub fn message(&self, language: Language) -> String {
        match self {
            Self::Refused(refused) if refused.field.is_empty() => refused.refusal.message(language),
            Self::Refused(refused) => format!("{}: {}", refused.field.join("."), refused.refusal.message(language)),
            Self::Denied(denied) => denied.message(language),
            Self::BadInput(message) => message.clone(),
            Self::Fault(fault) => format!("{:#}", fault.0),
        }
    }
}

/// A refusal and the input it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The path of the input field, outermost first; empty when no single field is at fault.
    pub field: Vec<String>,
}

impl Refusal {
    /// Says which input field it is about, for instance `lines.3.amount`.
    pub fn at(self, field: &str) -> Error {
        let field = if field.is_empty() { vec![] } else { field.split('.').map(str::to_owned).collect() };
        Error::Refused(Refused { refusal: self, field })
    }
}

impl Error {
    /// Puts a refusal's field below `field`: what is wrong with a part is wrong with the whole.
    pub fn below(self, field: &str) -> Self {
        match self {
            Self::Refused(refused) => {
                let path = field.split('.').map(str::to_owned).chain(refused.field).collect();
                Self::Refused(Refused { field: path, ..refused })
            }
            other => other,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.at("")
    }
}

/// Something failed that never should; logged once, with all its causes.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub Arc<anyhow::Error>);

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(Fault(Arc::new(error.into())))
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(Fault(Arc::new(error)))
    }
}

impl From<crate::page::BadPage> for Error {
    fn from(why: crate::page::BadPage) -> Self {
        Self::BadInput(why.0)
    }
}

impl Fault {
    /// The database's own error behind it, where that is the cause.
    pub fn database(&self) -> Option<&sqlx::Error> {
        self.0.downcast_ref::<sqlx::Error>()
    }
}

/// Checks that a statement touched exactly the rows it must.
///
/// # Errors
/// A fault: another number means that the books are not as they were read.
pub fn ensure_rows(touched: u64, expected: usize, what: &str) -> Result<()> {
    if usize::try_from(touched).ok() == Some(expected) {
        return Ok(());
    }
    Err(anyhow::anyhow!("{what}: {touched} rows touched, {expected} expected").into())
}

/// The viewer may not do this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// What was tried, as the table of rights calls it.
    pub act: String,
    /// Whether nobody is known to be asking, so that a token could help.
    pub anonymous: bool,
}

impl Denied {
    /// The sentence the caller reads.
    pub fn message(&self, language: Language) -> String {
        let act = &self.act;
        match (language, self.anonymous) {
            (Language::En, true) => {
                format!("{act} is not open to the public. Send a token: `Authorization: Bearer …`.")
            }
            (Language::En, false) => format!("None of your roles allows {act} here."),
            (Language::Zh, true) => format!("公众无权执行 {act}。请携带令牌:`Authorization: Bearer …`。"),
            (Language::Zh, false) => format!("您的角色在此无权执行 {act}。"),
        }
    }
}

/// The language that messages and labels come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

impl Language {
    /// The first language of an `Accept-Language` header that we speak; English where there is none.
    pub fn accepted(header: Option<&str>) -> Self {
        let tags = header.unwrap_or_default().split(',');
        let known = tags.filter_map(|tag| match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("zh") => Some(Self::Zh),
            Some("en") => Some(Self::En),
            _ => None,
        });
        known.into_iter().next().unwrap_or_default()
    }
}

/// Something that was wrong with the input of a mutation, or that the rules forbid.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What kind of refusal it is, for programs.
    pub code: UserErrorCode,
    /// The path of the input field at fault, outermost first; empty when it is no single field.
    pub field: Vec<String>,
    /// What was wrong and what would be accepted, in the caller's language.
    pub message: String,
}

impl Refused {
    /// As the API shows it.
    pub fn user_error(&self, language: Language) -> UserError {
        UserError { code: self.refusal.code(), field: self.field.clone(), message: self.refusal.message(language) }
    }
}

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
    /// A milestone, move or state does not allow this.
    ProjectState { state: String, accepted: String }
        "The project is {state}; this is possible while it is {accepted}."
        "项目状态为 {state};仅在 {accepted} 时可行。";
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
    /// Fewer members sat than the fund's rules ask for.
    NoQuorum { sat: i64, quorum: i64 }
        "{sat} sat and voted; the fund's rules ask for {quorum}."
        "到会表决 {sat} 人;基金规则要求 {quorum} 人。";
    /// More members are named than the committee has seats.
    TooManySeats { sat: i64, seats: i64 }
        "{sat} votes are named, but the committee has {seats} seats."
        "列出了 {sat} 票,但委员会只有 {seats} 席。";
    /// Not more than half of those who sat voted for it.
    NoMajority { votes_for: i64, sat: i64 }
        "{votes_for} of {sat} voted for it; more than half is needed."
        "{sat} 人中 {votes_for} 人赞成;须过半数。";
    /// The decision is younger than what is booked on it.
    DecisionLater { resolution: String, approved_on: NaiveDate }
        "Resolution {resolution} was taken on {approved_on}; nothing is allocated on it before that day."
        "决议 {resolution} 于 {approved_on} 作出;此前不得据此拨付。";
    /// More is allocated than the decision allows.
    DecisionExceeded { resolution: String, asked: Fen, left: Fen }
        "{asked} is more than the {left} that resolution {resolution} still allows."
        "{asked} 超过决议 {resolution} 尚可拨付的 {left}。";
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

/// An amount that is given, paid or promised.
///
/// # Errors
/// [`Refusal::AmountNotPositive`] and [`Refusal::AmountTooLarge`].
pub fn check_amount(amount: Fen, field: &str) -> Result<Fen> {
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive { amount }.at(field));
    }
    if amount > Fen::MAX {
        return Err(Refusal::AmountTooLarge { amount }.at(field));
    }
    Ok(amount)
}

/// A text for people, trimmed; `max` is in characters.
///
/// # Errors
/// [`Refusal::TextEmpty`] and [`Refusal::TextTooLong`].
pub fn check_text(text: &str, max: usize, field: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    // PostgreSQL keeps no NUL, and nothing that people read has one.
    if length == 0 || text.contains('\0') {
        return Err(Refusal::TextEmpty {}.at(field));
    }
    if length > max {
        return Err(Refusal::TextTooLong { length, max }.at(field));
    }
    Ok(text.to_owned())
}

/// A text for people that may be empty, trimmed; `max` is in characters.
///
/// # Errors
/// [`Refusal::TextEmpty`] for one that holds a NUL, and [`Refusal::TextTooLong`].
pub fn check_note(text: &str, max: usize, field: &str) -> Result<String> {
    if text.trim().is_empty() { Ok(String::new()) } else { check_text(text, max, field) }
}

/// A SHA-256 digest in hexadecimal, in lower case.
///
/// # Errors
/// [`Refusal::DigestMalformed`].
pub fn check_digest(digest: &str, field: &str) -> Result<String> {
    if digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(digest.to_ascii_lowercase());
    }
    Err(Refusal::DigestMalformed { digest: digest.chars().take(80).collect() }.at(field))
}

/// A day that has come.
///
/// # Errors
/// [`Refusal::DateInFuture`].
pub fn check_past(date: NaiveDate, today: NaiveDate, field: &str) -> Result<NaiveDate> {
    if date > today {
        return Err(Refusal::DateInFuture { date, today }.at(field));
    }
    Ok(date)
}

/// A number within bounds, both included.
///
/// # Errors
/// [`Refusal::NumberOutOfRange`].
pub fn check_range(number: i64, min: i64, max: i64, field: &str) -> Result<i64> {
    if !(min..=max).contains(&number) {
        return Err(Refusal::NumberOutOfRange { number, min, max }.at(field));
    }
    Ok(number)
}

/// A list with neither too few items nor too many.
///
/// # Errors
/// [`Refusal::ListSize`].
pub fn check_size(size: usize, min: usize, max: usize, field: &str) -> Result<()> {
    if !(min..=max).contains(&size) {
        return Err(Refusal::ListSize { size, min, max }.at(field));
    }
    Ok(())
}
