//! Tokens for a tour of the sample: one for each role, in a file that only its owner reads.
//!
//! * The roles are part of the sample; a token is made when it is asked for, and cannot be read back.
//! * The token that the page shows may only read.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Write as _},
    path::Path,
};

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    FUND, Sample,
    clerk::Clerk,
    day,
    people::People,
    places::{Books, Places},
};
use crate::{
    clock::Clock,
    db::{Db, Tx},
    error::Result,
    viewer::{
        Role, Scene, give, principal, settle, store,
        token::{self, Scope},
    },
};

/// The file in the data directory that holds the tokens.
pub const FILE: &str = "demo-tokens.json";

/// The name of the worked example's token that the page shows.
pub(super) const MERCHANT: &str = "merchantM1";

/// A token of the sample and whom it speaks for.
#[derive(Clone, Serialize, Deserialize)]
pub struct Token {
    /// The secret itself.
    pub token: String,
    /// Whose it is.
    pub holder: String,
    /// The role, as the graph names it.
    pub role: String,
    /// The area, fund or party it is held on.
    pub on: String,
}

/// The tokens by their names in the file.
pub type Tokens = BTreeMap<String, Token>;

/// What the role of a holder is on.
#[derive(Clone, Copy)]
pub(super) enum On {
    /// The district.
    District,
    /// The first street.
    Street,
    /// The first community.
    Community,
    /// The fund with full books, or the first of them.
    Fund,
    /// The party of this code.
    Party(&'static str),
}

/// Who holds a role of the tour.
pub(super) struct Holder {
    /// Its name in the file.
    name: &'static str,
    holder: &'static str,
    role: Role,
    on: On,
    on_name: &'static str,
}

/// The holder `holder`, by `name` in the file.
pub(super) const fn holder(
    name: &'static str,
    holder: &'static str,
    role: Role,
    on: On,
    on_name: &'static str,
) -> Holder {
    Holder { name, holder, role, on, on_name }
}

/// Who holds a role of the worked example.
pub(super) const HOLDERS: [Holder; 9] = [
    holder("hostOfficer", "慈善协会经办 · Host officer", Role::HostOfficer, On::District, "涧西区"),
    holder("streetOfficer", "街道经办 · Street officer", Role::StreetOfficer, On::Street, "示例街道"),
    holder("communityStaff", "社区工作者 · Community staff", Role::CommunityStaff, On::Community, "武汉路社区"),
    holder("committeeMember", "基金委员 · Committee member", Role::CommitteeMember, On::Fund, FUND),
    holder("auditor", "审计 · Auditor", Role::Auditor, On::District, "涧西区"),
    holder(MERCHANT, "商家代表 · Merchant M1", Role::PartyRepresentative, On::Party("M1"), "团购商家 1"),
    holder("partnerU01", "共建单位代表 · Partner U01", Role::PartyRepresentative, On::Party("U01"), "共建单位 01"),
    holder("partnerU33", "共建单位代表 · Partner U33", Role::PartyRepresentative, On::Party("U33"), "共建单位 33"),
    holder("householdH18", "住户本人 · Household H18", Role::PartyRepresentative, On::Party("H18"), "住户 18"),
];

/// Gives the roles of the tour.
pub(super) async fn give_roles(clerk: &mut Clerk<'_>, places: &Places, people: &People, books: &Books) -> Result<()> {
    let scene = |on| match on {
        On::District => Scene::Area(places.district),
        On::Street => Scene::Area(places.street),
        On::Community => Scene::Area(places.community),
        On::Fund => Scene::Fund(books.fund),
        On::Party(code) => Scene::Party(people.of(code)),
    };
    give_each(clerk, day(1, 9), &HOLDERS, scene).await
}

/// Gives each of `holders` its role on `day`, on what `scene` says it is on.
pub(super) async fn give_each(
    clerk: &mut Clerk<'_>,
    day: NaiveDate,
    holders: &[Holder],
    scene: impl Fn(On) -> Scene,
) -> Result<()> {
    for one in holders {
        let (tx, by) = clerk.on(day);
        let holder = principal(tx, one.holder, by.now).await?;
        give(tx, holder, one.role, scene(one.on)).await?;
    }
    Ok(())
}

/// The tokens in the file of `dir`; where it is missing or its tokens are not good in this database, new
/// ones are made and written there, readable by their owner only.
///
/// # Errors
/// When the sample is not in the database, or the file cannot be written.
pub async fn tokens(db: &Db, clock: &Clock, dir: &Path, sample: Sample) -> Result<Tokens> {
    let file = dir.join(FILE);
    if let Some(known) = read(&file)?
        && are_good(db, clock, &known, sample).await?
    {
        return Ok(known);
    }
    let mut tx = db.begin().await?;
    let issued = issue(&mut tx, clock, sample).await;
    let tokens = settle(tx, issued).await?;
    write(&file, &tokens).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(tokens)
}

async fn issue(tx: &mut Tx, clock: &Clock, sample: Sample) -> Result<Tokens> {
    let mut tokens = Tokens::new();
    for one in sample.holders() {
        let found = store::principal_by_name(&mut *tx, one.holder).await?;
        let found = found.ok_or_else(|| anyhow::anyhow!("the sample is not in this database: no {:?}", one.holder))?;
        let scope = if one.name == sample.reader() { Scope::Read } else { Scope::Write };
        let token = token::issue(tx, found, scope, clock.now(), None).await?;
        let role = match async_graphql::resolver_utils::enum_value(one.role) {
            async_graphql::Value::Enum(name) => name.to_string(),
            other => other.to_string(),
        };
        let (holder, on) = (one.holder.to_owned(), one.on_name.to_owned());
        tokens.insert(one.name.into(), Token { token, holder, role, on });
    }
    Ok(tokens)
}

/// What the file holds; `None` where there is none, or something else is in it.
fn read(file: &Path) -> Result<Option<Tokens>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(anyhow::Error::new(why).context(format!("cannot read {}", file.display())).into()),
    }
}

/// Whether every token of the tour is there and known to this database.
async fn are_good(db: &Db, clock: &Clock, tokens: &Tokens, sample: Sample) -> Result<bool> {
    for one in sample.holders() {
        let Some(known) = tokens.get(one.name) else { return Ok(false) };
        if token::authenticate(db, &known.token, clock.now()).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write(file: &Path, tokens: &Tokens) -> anyhow::Result<()> {
    // A file that is there keeps its mode; one that is made anew is its owner's from the first byte.
    match std::fs::remove_file(file) {
        Err(why) if why.kind() != ErrorKind::NotFound => return Err(why.into()),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(serde_json::to_string_pretty(tokens)?.as_bytes())?;
    file.write_all(b"\n")?;
    Ok(file.sync_all()?)
}
