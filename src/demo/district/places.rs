//! The district's places, purposes, host and funds.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Made, Size, day, yuan};
use crate::{
    area::{self, AreaLevel},
    committee::{Constituency, Seat, Vote},
    contribution::{self, Line, Receive, Settles},
    demo::clerk::Clerk,
    error::Result,
    fund::{FundDraft, host_create, purpose_create},
    id::{AreaId, DecisionId, FundId, PartyId, PurposeId, SeatId},
    ledger::{self, Asset, document::LotClass, earmark::Restriction},
    money::Fen,
    party::{self, PartyKind, Registration},
};

/// Communities of one street.
const STREET: usize = 8;

/// Parts of which the made-up names of places are put together.
const WORDS: [&str; 14] =
    ["春晖", "和顺", "锦绣", "清溪", "向阳", "桃源", "翠竹", "金桂", "云岭", "长乐", "安泰", "景明", "永兴", "惠民"];
const ENDS: [&str; STREET] = ["里", "苑", "园", "桥", "巷", "坊", "台", "居"];

/// The purposes: code, name, and the code of the purpose above, which stands earlier; empty for a root.
const PURPOSES: [(&str, &str, &str); 9] = [
    ("SERVICE", "民生服务 · Services", ""),
    ("ELDERLY", "为老服务 · For the elderly", "SERVICE"),
    ("CHILDREN", "儿童关爱 · For children", "SERVICE"),
    ("SPACE", "空间更新 · Renewal", ""),
    ("ENVIRONMENT", "环境 · Environment", "SPACE"),
    ("SAFETY", "安全便民 · Safety and access", "SPACE"),
    ("GOVERNANCE", "邻里自治 · Neighbours together", ""),
    ("GROUPS", "自组织培育 · Self-organized groups", "GOVERNANCE"),
    ("CULTURE", "邻里文化 · Culture", "GOVERNANCE"),
];

/// The code of the district's own fund, which calls rounds and contests.
pub const FUND: &str = "DISTRICT";

/// The places and what is held for them.
pub struct Places {
    /// The district.
    pub district: AreaId,
    /// Its streets.
    pub streets: Vec<AreaId>,
    /// Its communities, with their names.
    pub communities: Vec<(AreaId, String)>,
    /// The charity association, which holds all funds.
    pub association: PartyId,
    purposes: HashMap<&'static str, PurposeId>,
}

/// A fund that decides and spends.
pub struct Account {
    /// The fund.
    pub fund: FundId,
    /// Its code, with which its idempotency keys begin.
    pub code: String,
    /// Its area.
    pub area: AreaId,
    /// The voting seats of its committee.
    pub seats: Vec<SeatId>,
}

impl Places {
    /// The purpose of this code.
    pub fn purpose(&self, code: &str) -> PurposeId {
        self.purposes[code]
    }
}

/// Creates the tree of places, the purposes and the host.
pub async fn create(clerk: &mut Clerk<'_>, size: &Size, made: &mut Made) -> Result<Places> {
    let district = add(clerk, None, AreaLevel::District, "示范区").await?;
    let (mut streets, mut communities) = (vec![], vec![]);
    for number in 0..size.communities {
        let (word, end) = (WORDS[number / STREET % WORDS.len()], ENDS[number % STREET]);
        if number % STREET == 0 {
            streets.push(add(clerk, Some(district), AreaLevel::Street, &format!("{word}街道")).await?);
        }
        let name = format!("{word}{end}社区");
        let street = streets.last().copied();
        communities.push((add(clerk, street, AreaLevel::Community, &name).await?, name));
    }
    made.communities = communities.len();
    let mut purposes = HashMap::new();
    for (code, name, above) in PURPOSES {
        let (tx, by) = clerk.on(day(2024, 6, 3));
        let parent = purposes.get(above).copied();
        purposes.insert(code, purpose_create(tx, by, parent, code, name).await?.id);
    }
    let association = Registration {
        kind: PartyKind::SocialOrganization,
        name: "示范区慈善协会".into(),
        alias: None,
        publicity: None,
        credit_code: None,
        credit_code_override: None,
        external_id: Some("HOST".into()),
        areas: vec![district],
    };
    let (tx, by) = clerk.on(day(2024, 6, 3));
    let association = party::register(tx, by, &[association]).await?.pop().expect("as many outcomes as parties")?.id;
    Ok(Places { district, streets, communities, association, purposes })
}

async fn add(clerk: &mut Clerk<'_>, parent: Option<AreaId>, level: AreaLevel, name: &str) -> Result<AreaId> {
    let (tx, by) = clerk.on(day(2024, 6, 3));
    Ok(area::create(tx, by, parent, level, name).await?.id)
}

/// Opens the district's fund, those of the pilots and those of the communities that follow, each with its first gift
/// from the association. Gives the first two kinds, in which something is done.
pub async fn open(clerk: &mut Clerk<'_>, places: &Places, size: &Size, made: &mut Made) -> Result<Vec<Account>> {
    let (tx, by) = clerk.on(day(2024, 6, 4));
    let host = host_create(tx, by, places.association, places.district).await?.id;
    let own = [(FUND.to_owned(), "示范区社区发展基金".to_owned(), places.district)];
    let community = |number: usize| {
        let (area, name) = &places.communities[number];
        (format!("C{:03}", number + 1), format!("{name}治理发展基金"), *area)
    };
    let all = own.into_iter().chain((0..size.pilots + size.followers).map(community));
    let mut accounts = vec![];
    for (number, (code, name, area)) in all.enumerate() {
        let follows = number > size.pilots;
        let opened_on = if follows { day(2025, 9, 1) } else { day(2024, 7, 1) };
        let purposes = ["SERVICE", "SPACE", "GOVERNANCE"].map(|code| places.purpose(code)).into();
        let draft = FundDraft { host, area, code: code.clone(), name, opened_on, seats: 7, quorum: 4, purposes };
        let mut clerk = clerk.desk(opened_on);
        let (tx, by) = clerk.on(opened_on);
        let fund = ledger::open(tx, by, &draft).await?.id;
        let amount = match number {
            0 => yuan(200_000),
            _ if follows => yuan(1_000),
            _ => yuan(20_000),
        };
        let gift = Gift { key: format!("{code}/seed"), note: "启动资金 · First means", on: opened_on };
        give(&mut clerk, fund, &gift, &[(places.association, amount)], made).await?;
        made.funds += 1;
        if !follows {
            accounts.push(Account { fund, code, area, seats: vec![] });
        }
    }
    Ok(accounts)
}

/// A gift without a pledge.
pub struct Gift {
    /// What it is known by.
    pub key: String,
    /// What the statement says of it.
    pub note: &'static str,
    /// The day.
    pub on: NaiveDate,
}

/// Books a gift that is free to use, from each of `lines` so much; the first pays it in.
pub async fn give(
    clerk: &mut Clerk<'_>,
    fund: FundId,
    gift: &Gift,
    lines: &[(PartyId, Fen)],
    made: &mut Made,
) -> Result<()> {
    let line = |(donor, amount): &(PartyId, Fen)| Line {
        donor: *donor,
        amount: *amount,
        settles: Settles::Nothing,
        restriction: Some(Restriction::default()),
        class: LotClass::Gift,
    };
    let receive = Receive {
        payer: lines[0].0,
        channel: "bank · 银行".into(),
        reference: gift.key.clone(),
        received_on: gift.on,
        asset: Asset::Cny,
        amount: None,
        note: gift.note.into(),
        lines: lines.iter().map(line).collect(),
    };
    let (tx, by, once) = clerk.once(gift.on, &gift.key, "contributionReceive", &receive)?;
    for outcome in contribution::receive(tx, by, fund, &[(Some(once), receive)]).await? {
        outcome?;
    }
    made.gifts += 1;
    Ok(())
}

/// The votes of a paper resolution: the council, with one abstention now and then.
pub fn votes(last: Vote) -> Vec<Seat> {
    use Constituency::{Community, Donors, Residents, Street};
    let seat = |(constituency, holder): (Constituency, &str), vote| Seat {
        // The decision's key is the database's; what is given here is not read.
        decision_id: DecisionId(0),
        constituency,
        holder: holder.into(),
        vote,
    };
    let for_it = [(Community, "社区席 1"), (Residents, "居民席 1"), (Residents, "居民席 2"), (Donors, "捐赠方席 1")];
    let mut seats: Vec<Seat> = for_it.into_iter().map(|one| seat(one, Vote::For)).collect();
    seats.push(seat((Street, "街道席 1"), last));
    seats
}
