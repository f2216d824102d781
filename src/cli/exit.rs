//! How the program ends: a code for scripts, a sentence for people.

use crate::error::{Error, Fault, UserErrorCode};

use super::output;

/// Done.
pub const OK: u8 = 0;
/// Rows were refused, the books are broken, or the schema file is stale.
pub const REFUSED: u8 = 1;
/// The command line or the configuration is wrong; clap ends so too.
pub const USAGE: u8 = 2;
/// It conflicts with what is there already.
pub const CONFLICT: u8 = 3;
/// It is not allowed.
pub const DENIED: u8 = 4;
/// The server or the database failed.
pub const FAULT: u8 = 5;

/// Why a command did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One of the codes of this module.
    pub code: u8,
    /// One sentence; empty where all has been said already.
    pub sentence: String,
}

impl Failure {
    /// The command line or the configuration is wrong.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self { code: USAGE, sentence: sentence.into() }
    }

    /// The input was refused.
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self { code: REFUSED, sentence: sentence.into() }
    }

    /// It conflicts with what is there already.
    pub fn conflict(sentence: impl Into<String>) -> Self {
        Self { code: CONFLICT, sentence: sentence.into() }
    }

    /// The server or the database failed.
    pub fn fault(sentence: impl Into<String>) -> Self {
        Self { code: FAULT, sentence: sentence.into() }
    }

    /// Says it on standard error.
    pub fn tell(&self) {
        // A sentence of ours may come with its end, or in Chinese; a part of one comes without.
        let end = if self.sentence.ends_with(['.', '。']) { "" } else { "." };
        if !self.sentence.is_empty() {
            eprintln!("{} {}{end}", output::red("cobuild:"), self.sentence);
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Refused(refused) => match refused.refusal.code() {
                UserErrorCode::IdempotencyMismatch
                | UserErrorCode::CreditCodeTaken
                | UserErrorCode::NameTaken
                | UserErrorCode::ReceiptRepeated
                | UserErrorCode::AlreadyReversed
                | UserErrorCode::PlanMoved
                | UserErrorCode::Conflict => CONFLICT,
                UserErrorCode::StorageFull => FAULT,
                _ => REFUSED,
            },
            Error::BadInput(_) => USAGE,
            Error::Denied(_) => DENIED,
            Error::Fault(_) => FAULT,
        };
        let sentence = match &error {
            Error::Fault(fault) => told(fault),
            other => other.message(output::language()),
        };
        Self { code, sentence }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

/// A fault in a sentence. The database's own words are shown, never a statement's text.
fn told(fault: &Fault) -> String {
    let Some(error) = fault.database() else { return format!("{:#}", fault.0) };
    match error {
        sqlx::Error::Io(why) => format!("the database cannot be reached: {why}"),
        sqlx::Error::PoolTimedOut => "the database does not answer".into(),
        sqlx::Error::Configuration(why) => format!("the database's URL cannot be used: {why}"),
        sqlx::Error::Database(why) => format!("the database refused: {}", why.message()),
        other => format!("the database failed: {other}"),
    }
}
