//! What a history is made of: operations on things that are told by their order of appearance.
//!
//! A number that nothing has yet (see [`NOBODY`]) stands for an id that does not exist.

use chrono::NaiveDate;
use cobuild::{
    ledger::Asset,
    pledge::{PledgeState, terms::Funding},
    project::ProjectState,
};

/// The number of what does not exist.
pub const NOBODY: usize = 9_999_999;

/// What a gift may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Anything.
    Free,
    /// This purpose and what is below it.
    Purpose(usize),
    /// This group.
    Group(usize),
    /// This target.
    Target(usize),
    /// A purpose and a group, which is one too many.
    Both(usize, usize),
}

/// A restriction with its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub only: Only,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Free money.
pub const FREE: Terms = Terms { only: Only::Free, from: None, to: None };

/// Which pledge a line settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pays {
    Nothing,
    Pledge(usize),
    /// A due of a pledge, counted from 0.
    Due(usize, usize),
    OldestFirst,
}

/// One giver's part of a receipt.
#[derive(Clone, Debug)]
pub struct Part {
    pub donor: usize,
    pub amount: i64,
    pub pays: Pays,
    pub terms: Option<Terms>,
}

/// What is promised.
#[derive(Clone, Debug)]
pub enum Promise {
    Fixed {
        amount: i64,
    },
    Matching {
        cap: i64,
        rate: (i64, i64),
        funding: Funding,
    },
    /// A share of sales in basis points.
    Share {
        basis_points: i64,
        cap: Option<i64>,
    },
    /// Goods at a value.
    Goods {
        value: i64,
    },
}

/// One operation on the books.
#[derive(Clone, Debug)]
pub enum Operation {
    Propose {
        fund: usize,
        purpose: usize,
        on: NaiveDate,
    },
    Award {
        fund: usize,
        group: usize,
        purpose: usize,
        on: NaiveDate,
    },
    Move {
        target: usize,
        to: ProjectState,
        on: NaiveDate,
    },
    Offer {
        fund: usize,
        donor: usize,
        promise: Promise,
        terms: Terms,
        due_on: NaiveDate,
    },
    Advance {
        pledge: usize,
        to: PledgeState,
    },
    Receive {
        fund: usize,
        payer: usize,
        reference: usize,
        on: NaiveDate,
        asset: Asset,
        whole: Option<i64>,
        parts: Vec<Part>,
    },
    /// What a party sold on a day.
    Report {
        fund: usize,
        merchant: usize,
        amount: i64,
        on: NaiveDate,
    },
    Match {
        pledge: usize,
        on: NaiveDate,
    },
    Decide {
        fund: usize,
        target: usize,
        amount: i64,
        on: NaiveDate,
        votes: (usize, usize),
    },
    Allocate {
        decision: usize,
        amount: i64,
        on: NaiveDate,
        lots: Vec<(usize, i64)>,
    },
    Release {
        target: usize,
        amount: i64,
        on: NaiveDate,
    },
    PayAhead {
        target: usize,
        amount: i64,
        on: NaiveDate,
    },
    Pay {
        target: usize,
        ahead: bool,
        amount: i64,
        on: NaiveDate,
        payee: usize,
        purpose: Option<usize>,
        files: usize,
    },
    Return {
        target: usize,
        to_pool: bool,
        amount: i64,
        on: NaiveDate,
    },
    Refund {
        fund: usize,
        donor: usize,
        receipt: Option<usize>,
        amount: i64,
        on: NaiveDate,
    },
    Reverse {
        entry: usize,
        on: NaiveDate,
    },
}

impl Operation {
    /// What it is called in the counts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Propose { .. } | Self::Award { .. } => "propose",
            Self::Move { .. } => "move",
            Self::Offer { .. } => "offer",
            Self::Advance { .. } => "accept",
            Self::Receive { .. } => "receive",
            Self::Report { .. } => "report",
            Self::Match { .. } => "match",
            Self::Decide { .. } => "decide",
            Self::Allocate { lots, .. } if lots.is_empty() => "allocate",
            Self::Allocate { .. } => "allocate named",
            Self::Release { .. } => "release",
            Self::PayAhead { .. } => "advance",
            Self::Pay { ahead: false, .. } => "pay",
            Self::Pay { ahead: true, .. } => "clear",
            Self::Return { to_pool: true, .. } => "return to pool",
            Self::Return { to_pool: false, .. } => "return to target",
            Self::Refund { .. } => "refund",
            Self::Reverse { .. } => "reverse",
        }
    }
}
