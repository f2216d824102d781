//! The samples: [`district`], and here the worked example, one community's fund from its first pledge to its last refund (示例: 武汉路社区).
//!
//! It is the worked example of the ledger's design, made of the published facts: 15,000 yuan of group-buy
//! dues, 20,000 from 34 partner units, 12,000 that 24 households paid towards their own windows, 21
//! projects, one micro-grant. Every name in it is made up but those of places that were published.
//!
//! * It goes through the operations that the API calls, and through nothing else.
//! * It is the same each time: fixed days, fixed numbers, and in an empty database fixed keys, so its
//!   chain's head is the same on both engines.
//! * It is created whole or not at all, and once.

mod clerk;
mod council;
pub mod district;
mod money;
mod people;
mod places;
mod tokens;
mod works;

use chrono::NaiveDate;
use serde_json::json;

pub use tokens::{FILE, Token, Tokens, tokens};

use crate::{
    clock::Clock,
    db::Db,
    error::Result,
    fund,
    money::Fen,
    server::Example,
    viewer::{operator, settle},
};
use clerk::Clerk;

/// The code of the fund whose books the sample fills.
pub const FUND: &str = "COMMUNITY-A";

/// The code of the fund beside it, which is empty: what one community owns another never sees.
pub const FUND_EMPTY: &str = "COMMUNITY-B";

/// Creates the sample, and says whether it did: where its fund exists already, nothing is done.
///
/// # Errors
/// What the operations refuse in a database that holds other things under the sample's names; faults.
pub async fn create(db: &Db) -> Result<bool> {
    if fund::store::by_code(db, FUND).await?.is_some() {
        return Ok(false);
    }
    let start = Clock::fixed(clerk::morning(day(1, 5)));
    let viewer = operator(db, start.now()).await?;
    let mut tx = db.begin().await?;
    let filled = fill(&mut Clerk::new(&mut tx, &viewer, start.today())).await;
    settle(tx, filled).await?;
    Ok(true)
}

async fn fill(clerk: &mut Clerk<'_>) -> Result<()> {
    let places = places::create(clerk).await?;
    let people = people::register(clerk, &places).await?;
    let books = places::open(clerk, &places, &people).await?;
    tokens::give_roles(clerk, &places, &people, &books).await?;
    council::form(clerk, &places, &books).await?;
    let works = works::propose(clerk, &places, &people, &books).await?;
    money::book(clerk, &people, &books, &works).await?;
    works::finish(clerk, &works).await?;
    council::look_ahead(clerk, &books, &works).await?;
    council::publish(clerk, &books).await
}

/// Which sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Sample {
    /// The worked example: one community's books, followed to the fen.
    #[default]
    Community,
    /// A district of 112 communities, for trying and for measuring.
    District,
}

impl Sample {
    /// The code of the fund that it is known by.
    pub fn fund(self) -> &'static str {
        match self {
            Self::Community => FUND,
            Self::District => district::FUND,
        }
    }

    /// Who holds a role in it.
    fn holders(self) -> &'static [tokens::Holder] {
        match self {
            Self::Community => &tokens::HOLDERS,
            Self::District => &district::HOLDERS,
        }
    }

    /// The name of the token that the page shows, which may only read.
    fn reader(self) -> &'static str {
        match self {
            Self::Community => tokens::MERCHANT,
            Self::District => district::READER,
        }
    }

    /// The queries that the page offers; those that need a token bring the one that may only read.
    pub fn examples(self, tokens: &Tokens) -> Vec<Example> {
        let (code, from, to) = match self {
            Self::Community => (FUND, "2026-01-01", "2026-12-31"),
            Self::District => (district::PILOT, "2025-01-01", "2025-12-31"),
        };
        let reader = tokens.get(self.reader());
        let hint = reader.map(|one| {
            let (on, holder) = (&one.on, &one.holder);
            format!("The token of whoever speaks for a giver, here {on}. · 捐赠方代表的令牌,此处为 {on}({holder})。")
        });
        vec![
            Example {
                title: "What is in the fund, what was it spent on, who gave it? · 基金有多少、花在哪、谁给的".into(),
                query: include_str!("../../examples/queries/fund.graphql").into(),
                variables: json!({ "code": code }),
                ..Example::default()
            },
            Example {
                title: "What exactly did my money pay for? · 我的钱到底花在哪了".into(),
                query: include_str!("../../examples/queries/my_money.graphql").into(),
                variables: json!({ "first": 20 }),
                token_hint: hint,
                token: reader.map(|one| one.token.clone()),
            },
            Example {
                title: "Where did a year's money flow? · 全年资金流向".into(),
                query: include_str!("../../examples/queries/flow.graphql").into(),
                variables: json!({ "code": code, "from": from, "to": to }),
                ..Example::default()
            },
        ]
    }
}

/// A day of the sample's year.
const fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("the sample's days are in the calendar")
}

const fn yuan(yuan: i64) -> Fen {
    Fen(yuan * 100)
}
