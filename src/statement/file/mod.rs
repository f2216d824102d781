//! Statements as files: how the parts are filled.
//!
//! * A file says what the graph says, by the same rules and the same reads, in the reader's language.
//! * The rows of a giver's gifts are read and written some at a time.

mod parts;

use std::collections::{BTreeMap, HashMap};

use parts::{
    ABOUT, DAYS, EXPENSES, FUNDS, GIFTS, INCOME, LEVERAGE, MATRIX, PROJECTS, PURPOSES, RESTRICTED, SPENDING, SUMMARY,
    label,
};

use super::{
    Span, Sums, fund, host,
    party::{self, Gift, Gifts, InTarget, Totals},
    store::{self, TargetName},
};
use crate::{
    db::Session,
    error::{Language, Result},
    id::{FundId, PartyId, PurposeId, TargetId},
    ledger::{Asset, as_of::Mark, trace::leverage_ratio},
    money::Fen,
    page::{Direction, Key, Page},
    party::PartyKind,
    sheet::{Cell, Sheets},
};

/// What is told of a statement before its figures.
pub struct About {
    /// Whose it is.
    pub name: String,
    /// The unified social credit code.
    pub credit_code: Option<String>,
    /// How far each fund's journal is counted, with the code of the fund.
    pub marks: Vec<(String, Mark)>,
}

async fn about(out: &mut Sheets, language: Language, about: &About, span: &Span) -> Result<()> {
    let said = |en: &str, zh: &str| match language {
        Language::En => en.to_owned(),
        Language::Zh => zh.to_owned(),
    };
    out.part(&ABOUT).await?;
    let mut rows = vec![(said("Statement of", "对账单"), about.name.clone())];
    rows.extend(about.credit_code.clone().map(|code| (said("Credit code", "统一社会信用代码"), code)));
    rows.push((said("From", "自"), span.from.to_string()));
    rows.push((said("To", "至"), span.to.to_string()));
    for (code, mark) in &about.marks {
        let counted = match language {
            Language::En => format!("Journal of {code}, counted to"),
            Language::Zh => format!("{code} 分录计至"),
        };
        rows.push((counted, format!("{}:{}", mark.seq, mark.hash)));
    }
    let method = said(
        "Every fen is attributed by the journal: the narrowest restriction is spent first, then the oldest gift. \
         The same journal numbers give this statement again, whenever it is asked.",
        "每一分钱均按分录逐笔对应：限定最窄者先用，同等限定者先到先用。以相同的分录编号可随时重新得到本对账单。",
    );
    rows.push((said("Method", "方法"), method));
    let notice = said("This is no donation receipt of the fiscal authorities.", "本对账单不是公益事业捐赠票据。");
    rows.push((said("Note", "提示"), notice));
    for (item, value) in rows {
        out.row(&[item.into(), value.into()]).await?;
    }
    Ok(())
}

fn asset(asset: Asset, language: Language) -> Cell {
    match (asset, language) {
        (Asset::Cny, Language::En) => "Cash".into(),
        (Asset::Cny, Language::Zh) => "现金".into(),
        (Asset::Kind, Language::En) => "In kind".into(),
        (Asset::Kind, Language::Zh) => "实物".into(),
    }
}

fn class(class: crate::ledger::document::LotClass, language: Language) -> Cell {
    use crate::ledger::document::LotClass::{Copay, Cover, Gift};
    match (class, language) {
        (Gift, Language::En) => "Gift".into(),
        (Gift, Language::Zh) => "捐赠".into(),
        (Copay, Language::En) => "Residents' own part".into(),
        (Copay, Language::Zh) => "居民自筹".into(),
        (Cover, Language::En) => "Host's cover".into(),
        (Cover, Language::Zh) => "慈善会补足".into(),
    }
}

fn giver(kind: PartyKind, language: Language) -> Cell {
    let words = match kind {
        PartyKind::PartnerUnit => ("Partner units", "共建单位"),
        PartyKind::Merchant => ("Merchants", "爱心商家"),
        PartyKind::Group => ("Self-organized groups", "自组织"),
        PartyKind::Department => ("Departments", "机关部门"),
        PartyKind::SocialOrganization => ("Social organisations", "社会组织"),
        PartyKind::Resident => ("Residents", "居民"),
    };
    label(words.0, words.1).of(language).into()
}

fn figures(sums: &Sums) -> [Cell; 8] {
    let Sums { opening, received, paid, returned, refunded, lost, transferred } = *sums;
    [opening, received, paid, returned, refunded, lost, transferred, sums.closing()].map(Cell::from)
}

async fn summary(out: &mut Sheets, language: Language, money: &Sums, in_kind: &Sums) -> Result<()> {
    out.part(&SUMMARY).await?;
    for (of, sums) in [(Asset::Cny, money), (Asset::Kind, in_kind)] {
        let mut row = vec![asset(of, language)];
        row.extend(figures(sums));
        row.extend([Cell::from(sums.received.capital()), Cell::from(sums.closing().capital())]);
        out.row(&row).await?;
    }
    Ok(())
}

/// The names of projects and grants, as they are needed.
#[derive(Default)]
struct Names(HashMap<TargetId, TargetName>);

impl Names {
    async fn know(&mut self, on: &mut Session, targets: impl Iterator<Item = TargetId>) -> Result<()> {
        let mut unknown: Vec<TargetId> = targets.filter(|target| !self.0.contains_key(target)).collect();
        unknown.sort();
        unknown.dedup();
        if !unknown.is_empty() {
            self.0.extend(store::target_names(on, &unknown).await?.into_iter().map(|name| (name.id, name)));
        }
        Ok(())
    }

    fn cells(&self, target: TargetId) -> [Cell; 2] {
        let name = self.0.get(&target);
        [name.map(|name| name.code.clone()).into(), name.map(|name| name.title.clone()).into()]
    }
}

/// Writes the statement of a giver.
pub async fn party(
    on: &mut Session,
    out: &mut Sheets,
    language: Language,
    told: &About,
    party: PartyId,
    span: &Span,
) -> Result<()> {
    about(out, language, told, span).await?;
    let totals: Totals = party::totals(&mut *on, &[party], span).await?.remove(&party).unwrap_or_default();
    summary(out, language, &totals.money, &totals.in_kind).await?;
    out.part(&GIFTS).await?;
    let mut gifts = Gifts::of(party);
    loop {
        let some = gifts.next(on, span).await?;
        if some.is_empty() {
            break;
        }
        for gift in &some {
            out.row(&gift_row(gift, language)).await?;
        }
    }
    matrix(on, out, language, party, span).await?;
    expenses(on, out, language, party, span).await
}

fn gift_row(gift: &Gift, language: Language) -> Vec<Cell> {
    let row = &gift.row;
    let mut cells = vec![
        row.received_on.into(),
        row.fund_code.as_str().into(),
        row.channel.as_str().into(),
        row.external_ref.as_str().into(),
        Cell::Count(row.lot_id.0),
        class(row.class, language),
        asset(row.asset, language),
        party::restriction(row).into(),
        row.amount.into(),
    ];
    cells.extend(figures(&gift.sums));
    cells
}

async fn matrix(on: &mut Session, out: &mut Sheets, language: Language, party: PartyId, span: &Span) -> Result<()> {
    out.part(&MATRIX).await?;
    let (mut gifts, mut names) = (Gifts::of(party), Names::default());
    let mut sums: BTreeMap<(TargetId, bool), InTarget> = BTreeMap::new();
    loop {
        let some = gifts.next(on, span).await?;
        if some.is_empty() {
            break;
        }
        names.know(on, some.iter().flat_map(|gift| gift.targets.keys().copied())).await?;
        for gift in &some {
            for (target, did) in &gift.targets {
                let row = &gift.row;
                let [code, title] = names.cells(*target);
                let lot = Cell::Count(row.lot_id.0);
                let (day, reference) = (row.received_on.into(), row.external_ref.as_str().into());
                let figures = [did.spent, did.lost, did.waiting].map(Cell::from);
                let [spent, lost, waiting] = figures;
                let asset = asset(row.asset, language);
                out.row(&[day, reference, lot, asset, code, title, spent, lost, waiting]).await?;
                let sum = sums.entry((*target, row.asset == Asset::Kind)).or_default();
                sum.spent += did.spent;
                sum.lost += did.lost;
                sum.waiting += did.waiting;
            }
        }
    }
    out.part(&PROJECTS).await?;
    for ((target, is_kind), did) in sums {
        let [code, title] = names.cells(target);
        let of = if is_kind { Asset::Kind } else { Asset::Cny };
        let [spent, lost, waiting] = [did.spent, did.lost, did.waiting].map(Cell::from);
        out.row(&[asset(of, language), code, title, spent, lost, waiting]).await?;
    }
    Ok(())
}

/// Expenses of one read.
const EXPENSES_AT_ONCE: i64 = 5_000;

async fn expenses(on: &mut Session, out: &mut Sheets, language: Language, party: PartyId, span: &Span) -> Result<()> {
    out.part(&EXPENSES).await?;
    let (mut after, mut names) = (None, Names::default());
    loop {
        let page = Page::after(EXPENSES_AT_ONCE, Direction::Asc, after.take());
        let mut parts = store::expenses_of_parties(&mut *on, &[party], span, &page).await?;
        let more = parts.len() > usize::try_from(EXPENSES_AT_ONCE).expect("a small number");
        parts.truncate(usize::try_from(EXPENSES_AT_ONCE).expect("a small number"));
        let Some(last) = parts.last() else { return Ok(()) };
        after = Some(vec![Key::from(last.expense_id)]);
        let ids: Vec<_> = parts.iter().map(|part| part.expense_id).collect();
        let rows = store::expenses_by_ids(&mut *on, &ids).await?;
        names.know(on, rows.iter().map(|row| row.target_id)).await?;
        let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        for part in &parts {
            let row = &rows[&part.expense_id];
            let [code, _] = names.cells(row.target_id);
            let (day, fund, note) = (row.incurred_on.into(), row.fund_code.as_str().into(), row.note.as_str().into());
            let asset = asset(row.asset, language);
            out.row(&[day, fund, code, note, asset, row.amount.into(), part.amount.into()]).await?;
        }
        if !more {
            return Ok(());
        }
    }
}

/// Writes the statement of a fund.
pub async fn fund(
    on: &mut Session,
    out: &mut Sheets,
    language: Language,
    told: &About,
    fund: FundId,
    span: &Span,
) -> Result<()> {
    about(out, language, told, span).await?;
    let (_, statement) = fund::read(&mut *on, &[fund], span).await?.remove(0);
    let sides = [(Asset::Cny, &statement.money), (Asset::Kind, &statement.in_kind)];
    summary(out, language, &statement.money.sums, &statement.in_kind.sums).await?;
    out.part(&RESTRICTED).await?;
    for (of, side) in sides {
        let (opening, closing) = side.restricted;
        let free = (side.sums.opening - opening, side.sums.closing() - closing);
        for (en, zh, (opening, closing)) in
            [("Restricted", "限定性", (opening, closing)), ("Unrestricted", "非限定性", free)]
        {
            out.row(&[asset(of, language), label(en, zh).of(language).into(), opening.into(), closing.into()]).await?;
        }
    }
    out.part(&INCOME).await?;
    for (of, side) in sides {
        for (source, amount) in &side.income {
            let (giver, class) = (giver(source.giver, language), class(source.class, language));
            out.row(&[asset(of, language), giver, class, source.pledge.clone().into(), (*amount).into()]).await?;
        }
    }
    out.part(&PURPOSES).await?;
    let mut purposes: Vec<PurposeId> = sides.iter().flat_map(|(_, side)| side.by_purpose.keys().copied()).collect();
    purposes.dedup();
    let names: HashMap<PurposeId, String> = match purposes.is_empty() {
        true => HashMap::new(),
        false => store::purpose_names(&mut *on, &purposes).await?.into_iter().collect(),
    };
    for (of, side) in sides {
        for (purpose, amount) in &side.by_purpose {
            out.row(&[asset(of, language), names.get(purpose).cloned().into(), (*amount).into()]).await?;
        }
    }
    out.part(&SPENDING).await?;
    let mut names = Names::default();
    names.know(on, sides.iter().flat_map(|(_, side)| side.by_target.keys().copied())).await?;
    for (of, side) in sides {
        for (target, amount) in &side.by_target {
            let [code, title] = names.cells(*target);
            out.row(&[asset(of, language), code, title, (*amount).into()]).await?;
        }
    }
    let ((own, copay), external) = (statement.money.levered, statement.external);
    let total = own + copay + external;
    out.part(&LEVERAGE).await?;
    out.row(&[own.into(), copay.into(), external.into(), total.into(), leverage_ratio(own, total).into()]).await
}

/// Writes the statement of a host.
pub async fn host(
    out: &mut Sheets,
    language: Language,
    told: &About,
    statement: &host::Statement,
    span: &Span,
) -> Result<()> {
    about(out, language, told, span).await?;
    out.part(&FUNDS).await?;
    for fund in &statement.funds {
        out.row(&[fund.code.as_str().into(), fund.name.as_str().into(), fund.opening.into(), fund.closing.into()])
            .await?;
    }
    let totals = [("All funds", "各基金合计", statement.funds_total()), ("Control account", "总账", statement.control)];
    for (en, zh, (opening, closing)) in totals {
        out.row(&[Cell::Empty, label(en, zh).of(language).into(), opening.into(), closing.into()]).await?;
    }
    if let Some((opening, closing)) = &statement.bank {
        let (opening, closing) = (opening.balance.into(), closing.balance.into());
        out.row(&[Cell::Empty, label("Bank", "银行").of(language).into(), opening, closing]).await?;
    }
    out.part(&DAYS).await?;
    for day in &statement.days {
        let books = [day.incoming, day.outgoing, day.control, day.funds].map(Cell::from);
        let bank = |of: fn(&host::Bank) -> Fen| Cell::from(day.bank.as_ref().map(of));
        let mut row = vec![day.day.into()];
        row.extend(books);
        row.extend([bank(|b| b.balance), bank(|b| b.not_in_books), bank(|b| b.not_at_bank), bank(|b| b.on_its_way)]);
        out.row(&row).await?;
    }
    Ok(())
}
