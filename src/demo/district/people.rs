//! The district's parties: groups on the register, and who gives and is paid in each pilot.

use super::{
    Made, Size, day,
    dice::Dice,
    places::{Account, Gift, Places, give},
    yuan,
};
use crate::{
    agreement::{self, AgreementDraft, AgreementKind},
    demo::clerk::Clerk,
    error::Result,
    id::{AgreementId, AreaId, PartyId},
    party::{
        self, GROUPS_MAX, GroupDraft, GroupField, GroupStanding,
        PartyKind::{self, Department, Merchant, PartnerUnit, Resident},
        Publicity, Registered, Registration, group_register,
    },
    related::{self, Declaration, To},
};

/// What groups do, and what they call themselves by it.
const FIELDS: [(GroupField, &str); 8] = [
    (GroupField::ElderlyCare, "助老队"),
    (GroupField::ChildCare, "四点半课堂"),
    (GroupField::Assistance, "帮扶组"),
    (GroupField::Catering, "邻里厨房"),
    (GroupField::Environment, "花友会"),
    (GroupField::Safety, "巡逻队"),
    (GroupField::Mediation, "和事佬"),
    (GroupField::Culture, "合唱团"),
];

/// Registers the groups, one in three with the authority, spread over the communities.
pub async fn groups(
    clerk: &mut Clerk<'_>,
    places: &Places,
    size: &Size,
    made: &mut Made,
) -> Result<Vec<(PartyId, AreaId)>> {
    let draft = |number: usize| {
        let (area, community) = &places.communities[number % places.communities.len()];
        let (field, word) = FIELDS[number % FIELDS.len()];
        let (standing, kind) = if number.is_multiple_of(3) {
            (GroupStanding::Registered, "民登")
        } else {
            (GroupStanding::Filed, "街备")
        };
        GroupDraft {
            group: Registered::New(format!("{community}{word} {}", number / places.communities.len() + 1)),
            area: *area,
            field,
            standing,
            number: format!("{kind}-{:05}", number + 1),
            registered_on: day(2024, 6, 10),
        }
    };
    let drafts: Vec<GroupDraft> = (0..size.groups).map(draft).collect();
    let mut groups = vec![];
    for slice in drafts.chunks(GROUPS_MAX) {
        let (tx, by) = clerk.on(day(2024, 6, 12));
        let registered = group_register(tx, by, slice).await?;
        groups.extend(registered.into_iter().zip(slice).map(|(party, draft)| (party.id, draft.area)));
    }
    made.groups = groups.len();
    Ok(groups)
}

/// Who gives to a pilot, and who is paid by it.
pub struct People {
    /// Partner units.
    pub units: Vec<PartyId>,
    /// Merchants.
    pub merchants: Vec<PartyId>,
    /// Households, without names.
    pub households: Vec<PartyId>,
    /// Who sells to the fund.
    pub vendors: Vec<PartyId>,
    /// Agreements of the first units.
    pub agreements: Vec<(PartyId, AgreementId)>,
}

/// Who sells to a pilot.
const VENDORS: [&str; 4] = ["便民设施", "文化用品", "施工劳务", "五金工具"];
/// How many of its units have an agreement.
const AGREEMENTS: usize = 8;

/// Registers the parties of a pilot, their agreements, and the one that is related to the fund.
pub async fn of_pilot(
    clerk: &mut Clerk<'_>,
    account: &Account,
    size: &Size,
    dice: &mut Dice,
    made: &mut Made,
) -> Result<People> {
    let code = &account.code;
    let count = |letter: &str, kind, name: &str, many: usize| -> Vec<Registration> {
        let one =
            |n: usize| one(&format!("{code}-{letter}{n:02}"), kind, &format!("{name} {code}-{n:02}"), account.area);
        (1..=many).map(one).collect()
    };
    let lists = [
        count("U", PartnerUnit, "共建单位", size.units),
        count("M", Merchant, "爱心商家", size.merchants),
        count("H", Resident, "住户", size.households),
        (1..)
            .zip(VENDORS)
            .map(|(n, what)| one(&format!("{code}-V{n}"), Merchant, &format!("{what} {code}"), account.area))
            .collect(),
    ];
    let (tx, by) = clerk.on(day(2024, 7, 2));
    let mut registered = vec![];
    for list in &lists {
        let mut parties = vec![];
        for outcome in party::register(tx, by, list).await? {
            parties.push(outcome?.id);
        }
        made.parties += parties.len();
        registered.push(parties);
    }
    let [units, merchants, households, vendors] = registered.try_into().expect("as many lists as kinds");
    let mut agreements = vec![];
    for (n, unit) in (1..).zip(units.iter().take(AGREEMENTS)) {
        let draft = AgreementDraft {
            fund: account.fund,
            party: *unit,
            number: format!("{code}-AG-{n:02}"),
            kind: AgreementKind::CoBuilding,
            valid_from: day(2024, 7, 1),
            valid_to: day(2027, 12, 31),
            promises: format!("每年支持 {} 次社区活动。 Supports the community some times a year.", dice.roll(2, 6)),
            revenue_bps: None,
            projects: vec![],
        };
        agreements.push((*unit, agreement::record(tx, by, &draft).await?.id));
    }
    let declared = [(units[0], "主要捐赠方 · Principal donor"), (vendors[0], "负责人近亲属所办 · Run by a relative")];
    for (party, reason) in declared {
        let (to, reason, valid_from) = (To::Fund(account.fund), reason.into(), day(2024, 7, 1));
        related::declare(tx, by, &Declaration { to, party, reason, valid_from }).await?;
    }
    Ok(People { units, merchants, households, vendors, agreements })
}

/// Registers the departments of the district, and books what they give to its fund.
pub async fn departments(clerk: &mut Clerk<'_>, places: &Places, own: &Account, made: &mut Made) -> Result<()> {
    let list: Vec<Registration> =
        (1..=6).map(|n| one(&format!("D{n}"), Department, &format!("区直部门 {n}"), places.district)).collect();
    let (tx, by) = clerk.on(day(2024, 7, 2));
    let mut lines = vec![];
    for outcome in party::register(tx, by, &list).await? {
        lines.push((outcome?.id, yuan(2_000)));
    }
    made.parties += lines.len();
    let gift =
        Gift {
            key: format!("{}/departments", own.code), note: "区直部门捐赠 · Departments", on: day(2024, 7, 15)
        };
    give(clerk, own.fund, &gift, &lines, made).await
}

fn one(code: &str, kind: PartyKind, name: &str, area: AreaId) -> Registration {
    Registration {
        kind,
        name: name.into(),
        alias: None,
        publicity: (kind == Resident).then_some(Publicity::Anon),
        credit_code: None,
        credit_code_override: None,
        external_id: Some(code.into()),
        areas: vec![area],
    }
}
