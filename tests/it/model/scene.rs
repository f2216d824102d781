//! A host with two funds and ten parties, made by the same operations that the server calls.

use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use cobuild::{
    area::{self, AreaLevel},
    clock::Clock,
    db::Db,
    fund::{self, FundDraft},
    id::{AreaId, FundId, HostId, PartyId, PurposeId},
    ledger,
    party::{self, Registration},
    viewer::{self, By, Viewer},
};

use super::oracle::{FUNDS, HOST, PARTIES, PURPOSES, SEATS};

/// The places and people of a history.
pub struct Scene {
    pub db: Db,
    pub viewer: Viewer,
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
    pub parties: Vec<PartyId>,
    pub purposes: Vec<PurposeId>,
    pub district: AreaId,
    pub areas: Vec<AreaId>,
    pub funds: Vec<FundId>,
    pub host: HostId,
}

impl Scene {
    pub async fn open(url: &str) -> Self {
        let db = Db::connect(url).await.unwrap();
        db.migrate().await.unwrap();
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 5, 20, 4, 0, 0).unwrap());
        let (now, today) = (clock.now(), clock.today());
        let mut tx = db.begin().await.unwrap();
        let viewer = Viewer::operator(viewer::principal(&mut tx, "keeper of the books", now).await.unwrap());
        let by = By { viewer: &viewer, now, today };
        let district = area::create(&mut tx, by, None, AreaLevel::District, "Jianxi").await.unwrap();
        let mut areas = vec![];
        for name in ["No. 6", "No. 7"] {
            areas.push(area::create(&mut tx, by, Some(district.id), AreaLevel::Community, name).await.unwrap().id);
        }
        let register = |(number, kind)| Registration {
            kind,
            name: format!("Party {number}"),
            alias: None,
            publicity: None,
            credit_code: None,
            credit_code_override: None,
            external_id: None,
            areas: areas.clone(),
        };
        let drafts: Vec<_> = PARTIES.into_iter().enumerate().map(register).collect();
        let registered = party::register(&mut tx, by, &drafts).await.unwrap();
        let parties: Vec<PartyId> = registered.into_iter().map(|one| one.unwrap().id).collect();
        let mut purposes: Vec<PurposeId> = vec![];
        for (number, parent) in PURPOSES.into_iter().enumerate() {
            let parent = parent.map(|parent| purposes[parent]);
            let code = format!("purpose-{number}");
            purposes.push(fund::purpose_create(&mut tx, by, parent, &code, &code).await.unwrap().id);
        }
        let host = fund::host_create(&mut tx, by, parties[HOST], district.id).await.unwrap();
        let mut funds = vec![];
        for (number, allowed) in FUNDS.into_iter().enumerate() {
            let draft = FundDraft {
                host: host.id,
                area: areas[number],
                code: format!("F{number}"),
                name: format!("Fund {number}"),
                opened_on: "2026-01-01".parse().unwrap(),
                seats: SEATS.0.try_into().unwrap(),
                quorum: SEATS.1.try_into().unwrap(),
                purposes: allowed.iter().map(|purpose| purposes[*purpose]).collect(),
            };
            funds.push(ledger::open(&mut tx, by, &draft).await.unwrap().id);
        }
        tx.commit().await.unwrap();
        Self { db, viewer, now, today, parties, purposes, district: district.id, areas, funds, host: host.id }
    }

    pub fn by(&self) -> By<'_> {
        By { viewer: &self.viewer, now: self.now, today: self.today }
    }
}
