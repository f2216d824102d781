//! Bank lines in the graph: what the bank says, what it is matched to, and how bank and books stand.
//!
//! All of it is for those who keep or oversee the books: a statement names private persons.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{
    BankLine, BankMatch, LineDraft, Owner, Standing,
    matching::{self, Match},
    record, store,
};
use crate::{
    all_of,
    area::AreaById,
    by_id,
    clock::Date,
    connection,
    error::{Error, Result, UserError, check_size},
    fund::{Fund, FundById, Host, HostById},
    id::{BankLineId, BankMatchId, EntryId, FundId, GlobalId, HostId, NodeKind},
    ledger::{
        Entry,
        graphql::{EntryById, EntryConnection, EntryNode, by_place},
    },
    money::{Money, MoneyInput},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs},
    page_of,
    viewer::{Act, Load, On, Request},
};

by_id!(/// Bank lines by key.
    BankLineById, BankLineId, BankLine, store::by_ids);
by_id!(/// Matches by key.
    BankMatchById, BankMatchId, BankMatch, store::matches_by_ids);
all_of!(/// The lines of each match.
    LinesOfMatch, BankMatchId, (BankMatchId, BankLineId), store::lines_of_matches,
    |row: &(BankMatchId, BankLineId)| row.0);
all_of!(/// The entries of each match.
    EntriesOfMatch, BankMatchId, (BankMatchId, EntryId), store::entries_of_matches,
    |row: &(BankMatchId, EntryId)| row.0);
narrowed_page_of!(/// A page of the lines of each fund's own accounts.
    LinesOfFund, FundId, store::IsMatched, BankLine, store::of_funds,
    |line: &BankLine| line.fund_id.expect("it was found by its fund"));
narrowed_page_of!(/// A page of the lines of each host's own accounts.
    LinesOfHost, HostId, store::IsMatched, BankLine, store::of_hosts, |line: &BankLine| line.host_id);
page_of!(/// A page of each fund's entries that the bank has not answered.
    UnmatchedEntries, FundId, Entry, store::unmatched_entries, |entry: &Entry| entry.fund_id);

connection!(BankLineConnection, BankLineEdge, BankLineNode, "bank lines");

/// One line of a bank statement, as the bank wrote it. For those who keep or oversee the books.
#[derive(Clone, Debug)]
pub struct BankLineNode(pub BankLine);

impl From<BankLine> for BankLineNode {
    fn from(line: BankLine) -> Self {
        Self(line)
    }
}

/// One line of a bank statement, as the bank wrote it. For those who keep or oversee the books.
#[Object(name = "BankLine")]
impl BankLineNode {
    /// The line's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::BankLine, self.0.id).into()
    }

    /// The host whose bank it is.
    async fn host(&self, ctx: &Context<'_>) -> Result<Host> {
        Request::of(ctx).need::<HostById>(self.0.host_id).await
    }

    /// The fund whose own account it is on; null for the host's account that holds several funds.
    async fn fund(&self, ctx: &Context<'_>) -> Option<Result<Fund>> {
        Some(Request::of(ctx).need::<FundById>(self.0.fund_id?).await)
    }

    /// The account, as the statement names it.
    async fn account(&self) -> &str {
        &self.0.account
    }

    /// The bank's number of the line; with the account, what the line is known by.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// The day the bank booked it.
    async fn booked_on(&self) -> Date {
        self.0.booked_on.into()
    }

    /// The sum: above zero for what came in, below for what went out.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// Who is on the other side, as the statement writes it; may be empty.
    async fn counterparty(&self) -> &str {
        &self.0.counterparty
    }

    /// What else the statement says; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// What it is matched to; null while nothing in the books answers it.
    #[graphql(name = "match")]
    async fn matched(&self, ctx: &Context<'_>) -> Option<Result<BankMatchNode>> {
        Some(Request::of(ctx).need::<BankMatchById>(self.0.match_id?).await.map(BankMatchNode))
    }

    /// Entries that may be what it is about, the likeliest first, 5 at most: of the same sum, not matched,
    /// within 15 days. Empty for a line that is matched.
    async fn suggestions(&self, ctx: &Context<'_>) -> Result<Vec<EntryNode>> {
        if self.0.match_id.is_some() {
            return Ok(vec![]);
        }
        let request = Request::of(ctx);
        let found = request.load::<Suggestions>((self.0.id, self.0.booked_on)).await?.unwrap_or_default();
        let entries = found.into_iter().map(|entry| request.need::<EntryById>(entry));
        let entries = futures_util::future::try_join_all(entries).await?;
        Ok(entries.into_iter().map(EntryNode).collect())
    }
}

/// Days between a line and an entry that may be the same money: a cheque is slow.
const DAYS_APART: u64 = 15;
/// Entries that are suggested for a line.
const SUGGESTIONS_MAX: usize = 5;

/// The entries that may be what each line is about, the likeliest first.
struct Suggestions;

impl Load for Suggestions {
    type Key = (BankLineId, NaiveDate);
    type Value = Vec<EntryId>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<EntryId>>> {
        let lines: Vec<BankLineId> = keys.iter().map(|(line, _)| *line).collect();
        let days = || keys.iter().map(|(_, day)| *day);
        let (first, last) = (days().min().unwrap_or_default(), days().max().unwrap_or_default());
        let from = first.checked_sub_days(Days::new(DAYS_APART)).unwrap_or(first);
        let to = last.checked_add_days(Days::new(DAYS_APART)).unwrap_or(last);
        let all = store::candidates(&mut *request.session().await?, &lines, from, to).await?;
        let mut found = HashMap::new();
        for (line, day) in keys {
            let apart = |one: &store::Candidate| one.effective_on.signed_duration_since(day).num_days().unsigned_abs();
            let own = all.iter().filter(|one| one.line_id == line && apart(one) <= DAYS_APART);
            let mut own: Vec<&store::Candidate> = own.collect();
            own.sort_by_key(|one| (1 - one.same_reference, apart(one), one.entry_id));
            own.truncate(SUGGESTIONS_MAX);
            found.insert((line, day), own.into_iter().map(|one| one.entry_id).collect());
        }
        Ok(found)
    }
}

/// Some bank lines and some entries that are the same money: both sides add up to the same sum.
#[derive(Clone, Debug)]
pub struct BankMatchNode(pub BankMatch);

/// Some bank lines and some entries that are the same money: both sides add up to the same sum.
#[Object(name = "BankMatch")]
impl BankMatchNode {
    /// The match's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::BankMatch, self.0.id).into()
    }

    /// The lines, 100 at most; none where entries cancel each other out.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<BankLineNode>> {
        let request = Request::of(ctx);
        let rows = request.load::<LinesOfMatch>(self.0.id).await?.unwrap_or_default();
        let lines = rows.into_iter().map(|(_, line)| request.need::<BankLineById>(line));
        let lines = futures_util::future::try_join_all(lines).await?;
        Ok(lines.into_iter().map(BankLineNode).collect())
    }

    /// The entries, 100 at most; none where lines cancel each other out.
    async fn entries(&self, ctx: &Context<'_>) -> Result<Vec<EntryNode>> {
        let request = Request::of(ctx);
        let rows = request.load::<EntriesOfMatch>(self.0.id).await?.unwrap_or_default();
        let entries = rows.into_iter().map(|(_, entry)| request.need::<EntryById>(entry));
        let entries = futures_util::future::try_join_all(entries).await?;
        Ok(entries.into_iter().map(EntryNode).collect())
    }

    /// Why they belong together; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// When it was made.
    async fn matched_at(&self) -> DateTime<Utc> {
        self.0.matched_at
    }

    /// When it was taken back; null while it stands.
    async fn unmatched_at(&self) -> Option<DateTime<Utc>> {
        self.0.unmatched_at
    }
}

/// How the bank and the books stand at the end of a day:
/// difference = bank − books = lines unmatched − entries unmatched + on its way.
#[derive(Clone, Debug, SimpleObject)]
pub struct Reconciliation {
    /// The day, to its end.
    pub on: Date,
    /// What the bank's lines add up to; of a fund on its host's account, its entries' part of matched lines.
    pub bank: Money,
    /// What the books say is in pool, match pot, projects and micro-grants.
    pub books: Money,
    /// What the bank has more than the books.
    pub difference: Money,
    /// What the lines come to that no entry answers.
    pub lines_unmatched: Money,
    /// How many lines no entry answers.
    pub lines_unmatched_count: i64,
    /// What the entries come to that no line answers.
    pub entries_unmatched: Money,
    /// Of matched money, what the bank booked by the day less what the books did.
    pub on_its_way: Money,
    /// Whether the bank has said anything by the day; without lines nothing can be compared.
    pub has_bank_lines: bool,
    /// Whether bank and books agree to the fen, with nothing unmatched and nothing on its way.
    pub agrees: bool,
    /// Of a host, what came into its funds and has not left them, by the other side of the journal: the
    /// control account, which the books must equal. Null for a fund.
    pub control: Option<Money>,
}

impl Reconciliation {
    fn of(on: NaiveDate, standing: &Standing, control: Option<crate::money::Fen>) -> Self {
        let zero = crate::money::Fen::ZERO;
        let open = [standing.difference(), standing.lines_unmatched, standing.entries_unmatched];
        Self {
            on: on.into(),
            bank: standing.bank.into(),
            books: standing.books.into(),
            difference: standing.difference().into(),
            lines_unmatched: standing.lines_unmatched.into(),
            lines_unmatched_count: standing.lines_unmatched_count,
            entries_unmatched: standing.entries_unmatched.into(),
            on_its_way: standing.on_its_way().into(),
            has_bank_lines: standing.has_lines,
            agrees: standing.has_lines
                && open.iter().all(|amount| *amount == zero)
                && standing.lines_unmatched_count == 0
                && control.is_none_or(|control| control == standing.books),
            control: control.map(Into::into),
        }
    }
}

/// How each fund stands at the end of a day.
struct StandingOfFund;

impl Load for StandingOfFund {
    type Key = (FundId, NaiveDate);
    type Value = Standing;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Standing>> {
        let mut found: HashMap<Self::Key, Standing> = HashMap::new();
        for (day, funds) in crate::viewer::by_page(keys) {
            for row in store::line_sums_of_funds(&mut *request.session().await?, &funds, day).await? {
                add_lines(found.entry((FundId(row.owner), day)).or_default(), &row);
            }
            for row in store::cash_sums_of_funds(&mut *request.session().await?, &funds, day).await? {
                add_cash(found.entry((FundId(row.owner), day)).or_default(), &row);
            }
            for row in store::shares_of_funds(&mut *request.session().await?, &funds, day).await? {
                let standing = found.entry((FundId(row.owner), day)).or_default();
                standing.bank += row.amount;
                standing.has_lines = true;
            }
        }
        Ok(found)
    }
}

/// How each host stands at the end of a day, with its control account.
struct StandingOfHost;

impl Load for StandingOfHost {
    type Key = (HostId, NaiveDate);
    type Value = (Standing, crate::money::Fen);

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut found: HashMap<Self::Key, Self::Value> = HashMap::new();
        for (day, hosts) in crate::viewer::by_page(keys) {
            for row in store::line_sums_of_hosts(&mut *request.session().await?, &hosts, day).await? {
                add_lines(&mut found.entry((HostId(row.owner), day)).or_default().0, &row);
            }
            for row in store::cash_sums_of_hosts(&mut *request.session().await?, &hosts, day).await? {
                add_cash(&mut found.entry((HostId(row.owner), day)).or_default().0, &row);
            }
            for row in store::control_of_hosts(&mut *request.session().await?, &hosts, day).await? {
                found.entry((HostId(row.owner), day)).or_default().1 = row.amount;
            }
        }
        Ok(found)
    }
}

fn add_lines(standing: &mut Standing, row: &store::LineSum) {
    standing.bank += row.amount;
    standing.lines_unmatched = row.unmatched;
    standing.lines_unmatched_count = row.unmatched_count;
    standing.has_lines = true;
}

fn add_cash(standing: &mut Standing, row: &store::CashSum) {
    standing.books = row.amount;
    standing.entries_unmatched = row.unmatched;
}

/// How a fund's bank and books stand at the end of a day.
pub async fn reconciliation_of_fund(request: &Request, fund: &Fund, on: NaiveDate) -> Result<Reconciliation> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let standing = request.load::<StandingOfFund>((fund.id, on)).await?.unwrap_or_default();
    Ok(Reconciliation::of(on, &standing, None))
}

/// How a host's bank and the books of all its funds stand at the end of a day.
pub async fn reconciliation_of_host(request: &Request, host: &Host, on: NaiveDate) -> Result<Reconciliation> {
    must_read_host(request, host).await?;
    let (standing, control) = request.load::<StandingOfHost>((host.id, on)).await?.unwrap_or_default();
    Ok(Reconciliation::of(on, &standing, Some(control)))
}

async fn must_read_host(request: &Request, host: &Host) -> Result<()> {
    let area = request.need::<AreaById>(host.area_id).await?;
    request.viewer.must(Act::ReadJournal, &[On::Area(&area.path)])
}

/// Checks that the viewer may read what the bank said of these accounts.
pub async fn must_read_bank(request: &Request, host: HostId, fund: Option<FundId>) -> Result<()> {
    match fund {
        Some(fund) => {
            let fund = request.need::<FundById>(fund).await?;
            request.viewer.must(Act::ReadJournal, &[fund.on()])
        }
        None => must_read_host(request, &request.need::<HostById>(host).await?).await,
    }
}

fn by_day(args: &PageArgs, direction: Option<Direction>) -> Result<Page> {
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    Ok(Page::new(args, direction.unwrap_or_default(), &shape)?)
}

fn lines(page: &Page, rows: Vec<BankLine>) -> BankLineConnection {
    BankLineConnection::new(page.finish(rows, |line| vec![Key::Date(line.booked_on), line.id.into()]), None)
}

/// A page of the lines of a fund's own accounts.
pub async fn lines_of_fund(
    request: &Request,
    fund: &Fund,
    is_matched: Option<bool>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<BankLineConnection> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let page = by_day(args, direction)?;
    let rows = request.load::<LinesOfFund>((fund.id, (is_matched, page.clone()))).await?;
    Ok(lines(&page, rows.unwrap_or_default()))
}

/// A page of the lines of a host's own accounts.
pub async fn lines_of_host(
    request: &Request,
    host: &Host,
    is_matched: Option<bool>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<BankLineConnection> {
    must_read_host(request, host).await?;
    let page = by_day(args, direction)?;
    let rows = request.load::<LinesOfHost>((host.id, (is_matched, page.clone()))).await?;
    Ok(lines(&page, rows.unwrap_or_default()))
}

/// A page of a fund's entries that moved cash, stand, and are in no match.
pub async fn unmatched_entries(request: &Request, fund: &Fund, args: &PageArgs) -> Result<EntryConnection> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let page = by_place(args)?;
    let rows = request.load::<UnmatchedEntries>((fund.id, page.clone())).await?.unwrap_or_default();
    Ok(EntryConnection::new(page.finish(rows, |entry| vec![entry.seq.into()]), None))
}

/// A line of a bank statement, as it is written there.
#[derive(InputObject)]
pub struct BankLineInput {
    /// The bank's number of the line; with the account, what the line is known by.
    pub reference: String,
    /// The day the bank booked it.
    pub booked_on: Date,
    /// Above zero for what came in, below for what went out.
    pub amount: MoneyInput,
    /// Who is on the other side, as the statement writes it, at most 200 characters; may be empty.
    #[graphql(default)]
    pub counterparty: String,
    /// What else the statement says, at most 500 characters; may be empty.
    #[graphql(default)]
    pub note: String,
}

/// Lines of one account's statement.
#[derive(InputObject)]
pub struct BankLineRecordInput {
    /// The fund whose own account it is. Name a fund or a host.
    pub fund_id: Option<GlobalId>,
    /// The host whose account it is, which holds several funds. Name a fund or a host.
    pub host_id: Option<GlobalId>,
    /// The account, as the statement names it.
    pub account: String,
    /// The lines, 1 to 500. One that was recorded before is given back, so repeating a request is harmless.
    pub lines: Vec<BankLineInput>,
}

/// What came of recording bank lines: all of them, or none.
#[derive(SimpleObject)]
pub struct BankLineRecordPayload {
    /// The lines in the order of the input; null when one was refused.
    pub bank_lines: Option<Vec<BankLineNode>>,
    /// How many of them had been recorded before.
    pub known_count: i64,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Lines and entries that are the same money.
#[derive(InputObject)]
pub struct BankLineMatchInput {
    /// The lines, 100 at most; none where entries cancel each other out within the bank.
    #[graphql(default)]
    pub line_ids: Vec<GlobalId>,
    /// The entries, 100 at most; none where lines cancel each other out.
    #[graphql(default)]
    pub entry_ids: Vec<GlobalId>,
    /// Why they belong together, at most 500 characters; may be empty.
    #[graphql(default)]
    pub note: String,
}

/// What came of matching lines and entries.
#[derive(SimpleObject)]
pub struct BankLineMatchPayload {
    /// The match; null when it was refused.
    #[graphql(name = "match")]
    pub matched: Option<BankMatchNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which match is taken back.
#[derive(InputObject)]
pub struct BankLineUnmatchInput {
    /// The match.
    pub match_id: GlobalId,
    /// Why, at most 500 characters; may be empty.
    #[graphql(default)]
    pub note: String,
}

/// What came of taking a match back.
#[derive(SimpleObject)]
pub struct BankLineUnmatchPayload {
    /// The match; null when it was refused.
    #[graphql(name = "match")]
    pub matched: Option<BankMatchNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Lines of one request: a statement of some days; an import sends several.
const LINES_MAX: usize = 500;

/// Mutations of bank lines.
#[derive(Default)]
pub struct BankMutation;

#[Object]
impl BankMutation {
    /// Records lines of a bank statement. For staff of the fund; for the host's own account, its officers.
    async fn bank_line_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose account, and what its statement says.")] input: BankLineRecordInput,
    ) -> Result<BankLineRecordPayload> {
        let request = Request::of(ctx);
        let owner = match (input.fund_id, input.host_id) {
            (Some(fund), None) => Owner::Fund(FundId(fund.key_of(NodeKind::Fund)?)),
            (None, Some(host)) => Owner::Host(HostId(host.key_of(NodeKind::Host)?)),
            _ => return Err(Error::BadInput("Give `fundId` or `hostId`, and not both.".into())),
        };
        let account = input.account;
        let draft = |line: BankLineInput| LineDraft {
            account: account.clone(),
            reference: line.reference,
            booked_on: line.booked_on.into(),
            amount: line.amount.into(),
            counterparty: line.counterparty,
            note: line.note,
        };
        let drafts: Vec<LineDraft> = input.lines.into_iter().map(draft).collect();
        let done = request.write(async |tx, by| {
            let recorded = record(tx, by, owner, &drafts).await?;
            check_size(drafts.len(), 1, LINES_MAX, "lines")?;
            let below = |(at, one): (usize, Result<super::Recorded>)| match one {
                Err(Error::Refused(refused)) if refused.field == ["account"] => Err(Error::Refused(refused)),
                other => other.map_err(|error| error.below(&format!("lines.{at}"))),
            };
            recorded.into_iter().enumerate().map(below).collect::<Result<Vec<_>>>()
        });
        let (done, user_errors) = done.await?;
        let Some(done) = done else {
            return Ok(BankLineRecordPayload { bank_lines: None, known_count: 0, user_errors });
        };
        let known = done.iter().filter(|one| one.known).count();
        let found = done.iter().map(|one| request.need::<BankLineById>(one.line));
        let found = futures_util::future::try_join_all(found).await?;
        Ok(BankLineRecordPayload {
            bank_lines: Some(found.into_iter().map(BankLineNode).collect()),
            known_count: i64::try_from(known).expect("a list in memory is shorter"),
            user_errors,
        })
    }

    /// Says that some bank lines and some entries are the same money. For staff of the fund; for the host's
    /// own account, its officers. Saying it again changes nothing.
    async fn bank_line_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lines and which entries.")] input: BankLineMatchInput,
    ) -> Result<BankLineMatchPayload> {
        let request = Request::of(ctx);
        let line = |id: &GlobalId| id.key_of(NodeKind::BankLine).map(BankLineId);
        let entry = |id: &GlobalId| id.key_of(NodeKind::Entry).map(EntryId);
        let wanted = Match {
            lines: input.line_ids.iter().map(line).collect::<Result<_>>()?,
            entries: input.entry_ids.iter().map(entry).collect::<Result<_>>()?,
            note: input.note,
        };
        let (done, user_errors) = request.write(async |tx, by| matching::matched(tx, by, &wanted).await).await?;
        let matched = match done {
            Some(id) => Some(BankMatchNode(request.need::<BankMatchById>(id).await?)),
            None => None,
        };
        Ok(BankLineMatchPayload { matched, user_errors })
    }

    /// Takes a match back: its lines and entries are free again. For staff of the fund; for the host's own
    /// account, its officers. Taking it back twice changes nothing.
    async fn bank_line_unmatch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which match, and why.")] input: BankLineUnmatchInput,
    ) -> Result<BankLineUnmatchPayload> {
        let request = Request::of(ctx);
        let id = BankMatchId(input.match_id.key_of(NodeKind::BankMatch)?);
        let (done, user_errors) =
            request.write(async |tx, by| matching::unmatch(tx, by, id, &input.note).await).await?;
        Ok(BankLineUnmatchPayload { matched: done.map(BankMatchNode), user_errors })
    }
}
