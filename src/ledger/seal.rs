//! Seals: what makes tampering visible.
//!
//! An entry's seal is SHA-256 over the seal before it, the entry, its postings and the digest of its
//! documents. Every value goes in with its length, so that no two different entries look alike.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

/// What the first entry of a fund is chained to.
pub const GENESIS: &str = "GENESIS";

/// Collects values to be digested, each with its length before it.
#[derive(Clone, Default)]
pub struct Sealer(Sha256);

impl Sealer {
    /// A sealer of things called `what`, so that a digest of one kind is never one of another.
    pub fn new(what: &str) -> Self {
        Self::default().text(what)
    }

    /// Adds a text.
    pub fn text(mut self, text: &str) -> Self {
        let length = u64::try_from(text.len()).expect("a length fits 64 bits");
        self.0.update(length.to_be_bytes());
        self.0.update(text);
        self
    }

    /// Adds a number: an amount, a key, a count.
    pub fn int(mut self, number: impl Into<i64>) -> Self {
        self.0.update(8_u64.to_be_bytes());
        self.0.update(number.into().to_be_bytes());
        self
    }

    /// Adds a number that may be missing; missing is unlike any number.
    pub fn maybe(self, number: Option<impl Into<i64>>) -> Self {
        match number {
            Some(number) => self.int(number),
            None => self.text(""),
        }
    }

    /// Adds a date.
    pub fn date(self, date: NaiveDate) -> Self {
        self.text(&date.to_string())
    }

    /// The digest in lower-case hexadecimal.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
