//! Who decides on the sample's fund, what is on their table, and what is published of it.

use super::{
    clerk::Clerk,
    day,
    places::{Books, Places},
    works::Works,
    yuan,
};
use crate::{
    committee::{
        self, CommitteeDraft, CommitteeKind,
        Constituency::{self, Community, Donors, Residents, Street},
        Holder, Institution, Majority, MotionDraft, MotionKind, SeatDraft, SeatDuty,
    },
    disclosure::{self, DisclosureDraft, NOTICE_DAYS},
    error::Result,
};

/// The voting seats of the council, as its minutes name them.
const SEATS: [(Constituency, &str); 7] = [
    (Community, "社区席 1"),
    (Residents, "居民席 1"),
    (Residents, "居民席 2"),
    (Residents, "居民席 3"),
    (Donors, "捐赠方席 1"),
    (Donors, "捐赠方席 2"),
    (Street, "街道席 1"),
];

/// How many must sit, as the fund was opened.
const QUORUM: i64 = 4;

/// Members of the street's leading group.
const LEADING: usize = 5;

fn seat(constituency: Constituency, duty: SeatDuty, name: &str) -> SeatDraft {
    let holder = Holder { name: name.into(), principal: None, party: None, from_on: day(1, 9), to_on: None };
    SeatDraft { constituency, duty, holder }
}

/// Forms the council of the fund and the leading group of its street.
pub async fn form(clerk: &mut Clerk<'_>, places: &Places, books: &Books) -> Result<()> {
    let members = SEATS.iter().map(|(constituency, name)| seat(*constituency, SeatDuty::Member, name));
    let council = CommitteeDraft {
        of: Institution::Fund(books.fund, QUORUM, Majority::Simple),
        kind: CommitteeKind::Council,
        name: "武汉路社区基金议事会 · Council of the fund".into(),
        formed_on: day(1, 9),
        seats: members.chain([seat(Street, SeatDuty::Supervisor, "监督席 1")]).collect(),
    };
    let group = CommitteeDraft {
        of: Institution::Area(places.street),
        kind: CommitteeKind::LeadingGroup,
        name: "示例街道社区基金工作领导小组 · Leading group of the street".into(),
        formed_on: day(1, 9),
        seats: (1..=LEADING).map(|n| seat(Street, SeatDuty::Member, &format!("街道成员 {n}"))).collect(),
    };
    for draft in [council, group] {
        let (tx, by) = clerk.on(day(1, 9));
        committee::form(tx, by, &draft).await?;
    }
    Ok(())
}

/// Opens a motion on which nobody has voted yet: more for the stage.
pub async fn look_ahead(clerk: &mut Clerk<'_>, books: &Books, works: &Works) -> Result<()> {
    let draft = MotionDraft {
        fund: books.fund,
        kind: MotionKind::Allocation,
        title: "为邻里节舞台追加 300 元 · 300 yuan more for the festival stage".into(),
        target: Some(works.project(21)),
        amount: Some(yuan(300)),
        rule: None,
        opened_on: day(6, 25),
        papers: vec![],
    };
    let (tx, by, once) = clerk.once(day(6, 25), "motion-1", "motionOpen", &draft)?;
    committee::open(tx, by, &once, &draft).await?;
    Ok(())
}

/// Publishes the first half of the year.
pub async fn publish(clerk: &mut Clerk<'_>, books: &Books) -> Result<()> {
    let remarks = "已完工项目的验收和社会评估将在三季度完成;个别项目工期顺延。 \
                   What is done will be accepted and evaluated in the third quarter; some work is late.";
    let draft =
        DisclosureDraft { fund: books.fund, project: None, from: day(1, 1), to: day(6, 30), remarks: remarks.into() };
    let (tx, by) = clerk.on(day(7, 1));
    let id = disclosure::draft(tx, by, &draft).await?.id;
    let (tx, by) = clerk.on(day(7, 2));
    disclosure::check(tx, by, id).await?;
    let (tx, by) = clerk.on(day(7, 3));
    disclosure::approve(tx, by, id).await?;
    let (tx, by) = clerk.on(day(7, 6));
    disclosure::publish(tx, by, id, NOTICE_DAYS).await?;
    Ok(())
}
