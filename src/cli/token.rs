//! `cobuild token`: who may ask for more than the public.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::{
    Context,
    exit::Failure,
    open,
    output::{self, Output},
};
use crate::{
    area::{self, AreaLevel},
    clock::Clock,
    config::Place,
    db::{Db, Tx},
    error::{Result as DomainResult, check_text},
    fund,
    id::{AreaId, GlobalId, NodeKind},
    party,
    viewer::{
        By, OPERATOR, Role, Scene, give, operator, principal, settle,
        store::{self, TokenRow},
        token::{self, Scope},
    },
};

/// The most characters of a holder's name.
const NAME_MAX: usize = 100;

/// The longest a token may be made to last: ten years.
const DAYS_MAX: i64 = 3660;

/// How `token` is told what to do.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub place: Place,
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token, and give its holder a role
    Create(Create),
    /// List the tokens with the roles behind them; the tokens themselves are kept nowhere
    List,
    /// End a token now
    Revoke {
        /// Its number in `cobuild token list`
        #[arg(value_name = "NUMBER")]
        id: i64,
    },
}

const HELP: &str = "\
The token is printed once and kept nowhere: only its SHA-256 is. A holder of the same name is the same holder, \
and every token of theirs has all their roles.

A role on an area reaches all areas and funds below it. A party representative is given a party; every other \
role is given an area or a fund.

Examples:
  cobuild token create --name \"Wang Fang\" --role host-officer --district 成华区
      The first token of new books, and the district with it.
  cobuild token create --name \"Li Wei\" --role community-staff --area 成华区/二仙桥街道/下涧槽社区
  cobuild token create --name \"Bakery, reports\" --role party-representative --party UGFydG5lclVuaXQ6Nw --scope read
  TOKEN=$(cobuild token create --name ci --role auditor --fund WUHAN-ROAD --expires-in-days 30)";

/// How `token create` is told what to do.
#[derive(Debug, ClapArgs)]
#[command(after_help = HELP)]
pub struct Create {
    /// Whose token it is
    #[arg(long)]
    name: String,
    /// What the holder is to what is named next
    #[arg(long)]
    role: Role,
    #[command(flatten)]
    on: On,
    /// Whether it may write
    #[arg(long, default_value = "write")]
    scope: Scope,
    /// After how many days it ends; without this it ends when it is revoked
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=DAYS_MAX))]
    expires_in_days: Option<i64>,
}

/// What the role is on: one of these.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
struct On {
    /// An area: its id, or the names from the district down, `成华区/二仙桥街道`
    #[arg(long, value_name = "ID|NAMES")]
    area: Option<String>,
    /// A district by its name, made where there is none
    #[arg(long, value_name = "NAME")]
    district: Option<String>,
    /// A fund by its code
    #[arg(long, value_name = "CODE")]
    fund: Option<String>,
    /// A party by its id
    #[arg(long, value_name = "ID")]
    party: Option<String>,
}

/// Does it.
pub async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let url = &context.config.database;
    match command {
        Command::Create(given) => {
            let db = open::current(url).await?;
            let done = create(&db, &given, context.output).await;
            db.close().await;
            done
        }
        Command::List => {
            let db = open::existing(url).await?;
            let rows = store::tokens(&db).await;
            db.close().await;
            list(&rows?, Clock::System.now(), context.output);
            Ok(())
        }
        Command::Revoke { id } => {
            let db = open::existing(url).await?;
            let mut tx = db.begin().await?;
            let revoked = token::revoke(&mut tx, id, Clock::System.now()).await;
            let settled = settle(tx, revoked).await;
            db.close().await;
            settled?;
            match context.output {
                Output::Json => output::print_json(&json!({ "id": id, "revoked": true })),
                Output::Text => output::print(&format!("Token {id} has ended.")),
            }
            Ok(())
        }
    }
}

async fn create(db: &Db, given: &Create, output: Output) -> Result<(), Failure> {
    let name = check_text(&given.name, NAME_MAX, "--name")?;
    if name == OPERATOR {
        return Err(Failure::usage(format!("{OPERATOR:?} is the command line itself; name whoever holds the token")));
    }
    let clock = Clock::System;
    let now = clock.now();
    let expires_at = given.expires_in_days.map(|days| now + Duration::days(days));
    let viewer = operator(db, now).await?;
    let by = By { viewer: &viewer, now, today: clock.today() };
    let mut tx = db.begin().await?;
    let Some(scene) = resolve(&mut tx, by, &given.on).await? else {
        // Dropping the transaction takes back nothing: what was named is not there.
        return Err(Failure::refused(missing(&given.on)));
    };
    let issued = issue(&mut tx, &name, given, scene, now, expires_at).await;
    let token = settle(tx, issued).await?;
    match output {
        Output::Json => output::print_json(&json!({
            "token": token,
            "name": name,
            "role": role_name(given.role),
            "scope": scope_name(given.scope),
            "expiresAt": expires_at.map(instant),
        })),
        Output::Text => {
            output::print(&token);
            if output::is_watched() {
                eprintln!("This is the only time it is shown. Send it as `Authorization: Bearer {token}`.");
            }
        }
    }
    Ok(())
}

async fn issue(
    tx: &mut Tx,
    name: &str,
    given: &Create,
    scene: Scene,
    now: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
) -> DomainResult<String> {
    let holder = principal(tx, name, now).await?;
    give(tx, holder, given.role, scene).await?;
    token::issue(tx, holder, given.scope, now, expires_at).await
}

/// What the role is given on; `None` when it is not there.
async fn resolve(tx: &mut Tx, by: By<'_>, on: &On) -> DomainResult<Option<Scene>> {
    if let Some(name) = &on.district {
        let found = match area::store::by_name(&mut *tx, None, name.trim()).await? {
            Some(found) => found,
            None => area::create(tx, by, None, AreaLevel::District, name).await?,
        };
        return Ok(Some(Scene::Area(found.id)));
    }
    if let Some(named) = &on.area {
        return Ok(area_named(tx, named).await?.map(Scene::Area));
    }
    if let Some(code) = &on.fund {
        return Ok(fund::store::by_code(&mut *tx, code).await?.map(|fund| Scene::Fund(fund.id)));
    }
    let Some(id) = on.party.as_deref().and_then(|text| text.parse::<GlobalId>().ok()) else { return Ok(None) };
    let id = id.party()?;
    let found = party::store::by_ids(&mut *tx, &[id]).await?.pop();
    Ok(found.map(|party| Scene::Party(party.id)))
}

/// The area of an id, or of the names from the top down.
async fn area_named(tx: &mut Tx, named: &str) -> DomainResult<Option<AreaId>> {
    if let Ok(id) = named.parse::<GlobalId>() {
        let key = AreaId(id.key_of(NodeKind::Area)?);
        return Ok(area::store::by_ids(&mut *tx, &[key]).await?.pop().map(|area| area.id));
    }
    let mut above = None;
    for name in named.trim_matches('/').split('/') {
        let Some(found) = area::store::by_name(&mut *tx, above, name.trim()).await? else { return Ok(None) };
        above = Some(found.id);
    }
    Ok(above)
}

fn missing(on: &On) -> String {
    match on {
        On { area: Some(named), .. } => {
            format!("there is no area {named:?}; give its id, or the names from the district down with / between them")
        }
        On { fund: Some(code), .. } => format!("there is no fund with the code {code:?}"),
        On { party: Some(id), .. } => format!("there is no party with the id {id:?}; the API gives it as `id`"),
        _ => "there is no such place".into(),
    }
}

/// A token with all its roles.
struct Listed<'r> {
    token: &'r TokenRow,
    roles: Vec<(Role, &'r str)>,
}

fn list(rows: &[TokenRow], now: DateTime<Utc>, output: Output) {
    let listed = rows.chunk_by(|a, b| a.id == b.id).filter_map(|rows| {
        let roles = rows.iter().filter_map(|row| Some((row.role?, row.held_on.as_deref()?)));
        Some(Listed { token: rows.first()?, roles: roles.collect() })
    });
    match output {
        Output::Json => output::print_json(&json!({ "tokens": listed.map(|one| one.json()).collect::<Vec<_>>() })),
        Output::Text if rows.is_empty() => output::print("There are no tokens."),
        Output::Text => output::print(&listed.map(|one| one.line(now)).collect::<Vec<_>>().join("\n")),
    }
}

impl Listed<'_> {
    fn json(&self) -> Value {
        let TokenRow { id, principal, scope, created_at, expires_at, last_used_at, .. } = self.token;
        let role = |(role, on): &(Role, &str)| json!({ "role": role_name(*role), "on": on });
        json!({
            "id": id,
            "name": principal,
            "scope": scope_name(*scope),
            "createdAt": instant(*created_at),
            "expiresAt": expires_at.map(instant),
            "lastUsedAt": last_used_at.map(instant),
            "roles": self.roles.iter().map(role).collect::<Vec<_>>(),
        })
    }

    fn line(&self, now: DateTime<Utc>) -> String {
        let TokenRow { id, principal, scope, expires_at, last_used_at, .. } = self.token;
        let roles: Vec<String> = self.roles.iter().map(|(role, on)| format!("{} on {on}", role_name(*role))).collect();
        let ends = match expires_at {
            Some(at) if *at <= now => format!("ended {}", instant(*at)),
            Some(at) => format!("ends {}", instant(*at)),
            None => "does not end".into(),
        };
        let used = last_used_at.map_or_else(|| "never used".into(), |at| format!("last used {}", instant(at)));
        format!("{id}  {principal}  {}  {}  {ends}  {used}", scope_name(*scope), roles.join(", "))
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn role_name(role: Role) -> String {
    named(&role)
}

fn scope_name(scope: Scope) -> String {
    named(&scope)
}

/// A value as the command line calls it.
fn named(value: &impl clap::ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
