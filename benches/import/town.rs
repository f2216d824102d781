//! Two funds with many merchants, and lists of what they promise and pay.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    ops::Range,
    path::Path,
};

use chrono::NaiveDate;
use cobuild::{
    area::{self, AreaLevel},
    clock::Clock,
    db::Db,
    fund::{self, FundDraft},
    id::{FundId, PartyId, PrincipalId},
    ledger::{self, earmark::Restriction},
    party::{self, PartyKind, Registration},
    viewer::{self, By, Viewer},
};

/// Whose numbers the lists have.
pub const SOURCE: &str = "list";

/// Merchants of one transaction.
const SLICE: usize = 2_000;

/// What lists are imported into.
pub struct Town {
    pub clock: Clock,
    pub keeper: PrincipalId,
    /// The fund whose code is A.
    #[allow(dead_code, reason = "lists name it by its code; single gifts need its key")]
    pub fund: FundId,
    /// The fund that is not imported into.
    pub other: FundId,
    pub merchants: Vec<PartyId>,
}

/// A day of January.
pub fn day(number: usize) -> NaiveDate {
    let day = u32::try_from(number % 28).expect("a day") + 1;
    NaiveDate::from_ymd_opt(2026, 1, day).expect("a day of January")
}

fn name(merchant: usize) -> String {
    format!("样例商户{merchant:06}")
}

impl Town {
    pub async fn fill(db: &Db, merchants: usize) -> Self {
        let clock = Clock::System;
        let mut tx = db.begin().await.expect("a transaction");
        let keeper = viewer::principal(&mut tx, "keeper", clock.now()).await.expect("a principal");
        let viewer = Viewer::operator(keeper);
        let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
        let district = area::create(&mut tx, by, None, AreaLevel::District, "District").await.expect("created");
        let mut areas = vec![];
        for name in ["One", "Other"] {
            let created = area::create(&mut tx, by, Some(district.id), AreaLevel::Community, name).await;
            areas.push(created.expect("created").id);
        }
        tx.commit().await.expect("committed");
        let mut parties: Vec<PartyId> = vec![];
        while parties.len() < merchants {
            let end = (parties.len() + SLICE).min(merchants);
            let register = |merchant: usize| Registration {
                kind: PartyKind::Merchant,
                name: name(merchant),
                alias: None,
                publicity: None,
                credit_code: None,
                credit_code_override: None,
                external_id: None,
                areas: areas.clone(),
            };
            let drafts: Vec<_> = (parties.len()..end).map(register).collect();
            let mut tx = db.begin().await.expect("a transaction");
            let registered = party::register(&mut tx, by, &drafts).await.expect("registered");
            parties.extend(registered.into_iter().map(|one| one.expect("registered").id));
            tx.commit().await.expect("committed");
        }
        let mut tx = db.begin().await.expect("a transaction");
        let purpose = fund::purpose_create(&mut tx, by, None, "places", "Places").await.expect("created").id;
        let host = fund::host_create(&mut tx, by, parties[0], district.id).await.expect("created").id;
        let mut funds = vec![];
        for (code, area) in ["A", "B"].into_iter().zip(areas) {
            let draft = FundDraft {
                host,
                area,
                code: code.into(),
                name: code.into(),
                opened_on: day(0),
                seats: 5,
                quorum: 3,
                purposes: vec![purpose],
            };
            let fund = ledger::open(&mut tx, by, &draft).await.expect("opened").id;
            ledger::earmark::ensure(&mut tx, fund, &[Restriction::default()]).await.expect("written");
            funds.push(fund);
        }
        tx.commit().await.expect("committed");
        Self { clock, keeper, fund: funds[0], other: funds[1], merchants: parties }
    }
}

/// A list of pledges with these numbers; the first row of each hundred has no sum.
pub fn write_pledges(path: &Path, lines: Range<usize>, merchants: usize) {
    let mut file = BufWriter::new(File::create(path).expect("the list can be written"));
    writeln!(file, "认捐编号,商家名称,金额,认捐日期,到期日").expect("written");
    for line in lines {
        let sum = if line % 100 == 0 { "five" } else { "50.00" };
        let (name, due) = (name(line % merchants), day(line));
        writeln!(file, "{line},{name},{sum},2026-01-01,{due}").expect("written");
    }
    file.flush().expect("written");
}

/// A list of payments in full, each on the pledge of its line.
pub fn write_payments(path: &Path, payments: usize, merchants: usize) {
    let mut file = BufWriter::new(File::create(path).expect("the list can be written"));
    writeln!(file, "流水号,商家名称,金额,到账日期,认捐编号").expect("written");
    for line in (0..payments).filter(|line| line % 100 != 0) {
        writeln!(file, "P{line},{},50.00,2026-02-01,{line}", name(line % merchants)).expect("written");
    }
    file.flush().expect("written");
}
