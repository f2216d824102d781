//! What can go wrong: a refusal is the product's answer, a denial is about who asks, a fault is ours.
//!
//! * [`Refusal`]: expected, one enum for the whole product in order of precedence, each with a code for
//!   programs and a sentence in two languages for people. It becomes a `userError`.
//! * [`Error::Denied`]: the viewer may not do this. It becomes a GraphQL error with a code.
//! * [`Error::Unavailable`]: the database is away for now. It becomes a GraphQL error that says what to do.
//! * [`Fault`]: unexpected. The caller sees a reference id and nothing else.

mod refusal;

use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::NaiveDate;

pub use refusal::{Refusal, UserErrorCode};

use crate::{
    failure::{self, Failure},
    money::Fen,
};

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
    /// The database does not answer, or cannot store, for now. What was asked may be asked again; whether a
    /// write that was being committed is there, only its idempotency key tells.
    Unavailable(Fault),
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
            Self::Unavailable(_) => unavailable(language).to_owned(),
            Self::Fault(fault) => format!("{:#}", fault.0),
        }
    }
}

/// True whatever was asked, and however far it came.
fn unavailable(language: Language) -> &'static str {
    match language {
        Language::En => {
            "The database does not answer for now. Send the same request again in a moment: with the same idempotencyKey a mutation takes effect once; after one without a key, read first whether it did."
        }
        Language::Zh => {
            "数据库暂时没有响应。请稍后原样重发同一请求:幂等键相同的变更只生效一次;没有幂等键的变更,请先查询是否已生效。"
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
        let kind = failure::of(&error);
        let fault = Fault(Arc::new(error.into()));
        match kind {
            Failure::Crossed | Failure::Passing => Self::Unavailable(fault),
            Failure::Full | Failure::Taken | Failure::Unexpected => Self::Fault(fault),
        }
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

    /// Whether room on the machine's disks is what lacks, or a file could not be read, so that the same may go
    /// well later.
    pub fn may_pass(&self) -> bool {
        self.database().is_some_and(|error| failure::of(error) == Failure::Full)
            || self.0.chain().any(|cause| cause.is::<std::io::Error>())
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
