//! Accounts: the places money can be.
//!
//! * A fund is opened with `OUTSIDE`, `POOL` and `MATCH` for each asset, at fixed numbers, so that their
//!   keys need no look-up.
//! * A target is opened with `TARGET` and `ADVANCE`; expenses and refunds bring their own account.

use async_graphql::Enum;

use crate::{
    db::{Sql, Tx},
    error::Result,
    fund::head::{self, Head},
    id::{AccountId, ExpenseId, FundId, RefundId, TargetId},
    money::Fen,
};

/// What kind of place an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountKind {
    /// Outside of the fund: where receipts come from.
    Outside,
    /// In the fund, free or earmarked, not yet allocated.
    Pool,
    /// In the pot of a matching pledge, paid ahead.
    Match,
    /// Allocated to a project or micro-grant, not yet spent.
    Target,
    /// Paid out ahead, evidence due.
    Advance,
    /// Spent: one account for each expense.
    Expense,
    /// Given back: one account for each refund.
    Refund,
    /// Written off.
    Loss,
    /// On the way to another fund.
    Transit,
}

/// What is counted: cash or goods. The two never mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Asset {
    /// Cash, in yuan.
    #[default]
    Cny,
    /// Goods and services, at their stated value.
    Kind,
}

impl Asset {
    /// As the database writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cny => "CNY",
            Self::Kind => "KIND",
        }
    }
}

/// A place money can be.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Account {
    /// The key.
    pub id: AccountId,
    /// Whose books it is in.
    pub fund_id: FundId,
    /// What kind of place it is.
    pub kind: AccountKind,
    /// Cash or goods.
    pub asset: Asset,
    /// The project or grant of `TARGET`, `ADVANCE`, `EXPENSE` and `LOSS`.
    pub target_id: Option<TargetId>,
    /// The expense of `EXPENSE`.
    pub expense_id: Option<ExpenseId>,
    /// The refund of `REFUND`.
    pub refund_id: Option<RefundId>,
    /// What it holds; of `OUTSIDE`, minus what came in.
    pub balance: Fen,
}

/// The accounts a fund is opened with, in the order of their numbers.
const OF_FUND: [(AccountKind, Asset); 6] = [
    (AccountKind::Outside, Asset::Cny),
    (AccountKind::Pool, Asset::Cny),
    (AccountKind::Match, Asset::Cny),
    (AccountKind::Outside, Asset::Kind),
    (AccountKind::Pool, Asset::Kind),
    (AccountKind::Match, Asset::Kind),
];

/// The account of `kind` that `fund` was opened with.
///
/// # Panics
/// When a fund is not opened with an account of that kind.
pub fn of_fund(fund: FundId, kind: AccountKind, asset: Asset) -> AccountId {
    let at = OF_FUND.iter().position(|one| *one == (kind, asset)).expect("a fund is opened with this kind");
    AccountId(head::key(fund, i64::try_from(at).expect("a short table") + 1))
}

/// Opens the accounts of a new fund.
pub async fn open_fund(tx: &mut Tx, head: &mut Head) -> Result<()> {
    let accounts = OF_FUND.map(|(kind, asset)| new(head, kind, asset, None));
    insert(tx, &accounts).await
}

/// Opens the accounts of a new target.
pub async fn open_target(tx: &mut Tx, head: &mut Head, target: TargetId) -> Result<()> {
    let kinds = [(AccountKind::Target, Asset::Cny), (AccountKind::Advance, Asset::Cny)];
    let accounts = kinds.map(|(kind, asset)| new(head, kind, asset, Some(target)));
    insert(tx, &accounts).await
}

/// A new account without balance.
pub fn new(head: &mut Head, kind: AccountKind, asset: Asset, target: Option<TargetId>) -> Account {
    Account {
        id: head.next_key(),
        fund_id: head.fund_id,
        kind,
        asset,
        target_id: target,
        expense_id: None,
        refund_id: None,
        balance: Fen::ZERO,
    }
}

/// Adds accounts.
pub async fn insert(tx: &mut Tx, accounts: &[Account]) -> Result<()> {
    tx.insert_all(
        "INSERT INTO account (id, fund_id, kind, code, asset, target_id, expense_id, refund_id, balance)
         VALUES (..)",
        accounts,
        |row, account| {
            row.bind(account.id)
                .bind(account.fund_id)
                .bind(account.kind)
                .bind(account.code())
                .bind(account.asset)
                .bind(account.target_id)
                .bind(account.expense_id)
                .bind(account.refund_id)
                .bind(account.balance)
        },
    )
    .await?;
    Ok(())
}

/// The `TARGET` and `ADVANCE` accounts of a target, by kind.
pub async fn of_target<'c>(on: impl Sql<'c>, target: TargetId) -> Result<Vec<Account>> {
    let found = on
        .sql(
            "SELECT id, fund_id, kind, asset, target_id, expense_id, refund_id, balance FROM account
             WHERE target_id = $1 AND kind IN ('TARGET', 'ADVANCE') AND asset = 'CNY' ORDER BY kind",
        )
        .bind(target)
        .all()
        .await?;
    Ok(found)
}

/// The accounts of targets where their allocated cash is.
pub async fn of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId]) -> Result<Vec<Account>> {
    let found = on
        .sql(
            "SELECT id, fund_id, kind, asset, target_id, expense_id, refund_id, balance FROM account
             WHERE kind = 'TARGET' AND asset = 'CNY' AND target_id IN (..)",
        )
        .bind_list(targets)
        .all()
        .await?;
    Ok(found)
}

impl Account {
    /// The natural key, for instance `f1/TARGET/7/CNY`.
    pub fn code(&self) -> String {
        let kind = format!("{:?}", self.kind).to_uppercase();
        let asset = self.asset.code();
        let of = self.expense_id.map(i64::from).or(self.refund_id.map(i64::from)).or(self.target_id.map(i64::from));
        match of {
            Some(of) => format!("f{}/{kind}/{of}/{asset}", self.fund_id.0),
            None => format!("f{}/{kind}/{asset}", self.fund_id.0),
        }
    }
}
