//! The roles of a tour of the district.

use super::{
    day,
    places::{Account, Places},
};
use crate::{
    demo::{
        clerk::Clerk,
        tokens::{Holder, On, give_each, holder},
    },
    error::Result,
    id::PartyId,
    viewer::{Role, Scene},
};

/// The code of the first pilot's fund.
pub const PILOT: &str = "C001";

/// The name of the token that the page shows.
pub const READER: &str = "partner";

/// Who holds a role, and on what.
pub const HOLDERS: [Holder; 8] = [
    holder("hostOfficer", "慈善协会经办 · Host officer", Role::HostOfficer, On::District, "示范区"),
    holder("streetOfficer", "街道经办 · Street officer", Role::StreetOfficer, On::Street, "春晖街道"),
    holder("communityStaff", "社区工作者 · Community staff", Role::CommunityStaff, On::Community, "春晖里社区"),
    holder("committeeMember", "基金委员 · Committee member", Role::CommitteeMember, On::Fund, PILOT),
    holder("auditor", "审计 · Auditor", Role::Auditor, On::District, "示范区"),
    holder(READER, "共建单位代表 · Partner unit", Role::PartyRepresentative, On::Party("unit"), "共建单位 C001-27"),
    holder("merchant", "商家代表 · Merchant", Role::PartyRepresentative, On::Party("merchant"), "爱心商家 C001-03"),
    holder("group", "自组织代表 · Group", Role::PartyRepresentative, On::Party("group"), "春晖里社区助老队 1"),
];

/// Those who are shown around, beside the staff.
#[derive(Clone, Copy)]
pub struct Guests {
    /// The first pilot's first unit that gives each quarter.
    pub unit: PartyId,
    /// Its first merchant that gives a share.
    pub merchant: PartyId,
    /// The first group of the register.
    pub group: PartyId,
}

/// Gives the roles; `pilot` is the first one.
pub async fn give_roles(clerk: &mut Clerk<'_>, places: &Places, pilot: &Account, guests: Guests) -> Result<()> {
    let scene = |on| match on {
        On::District => Scene::Area(places.district),
        On::Street => Scene::Area(places.streets[0]),
        On::Community => Scene::Area(pilot.area),
        On::Fund => Scene::Fund(pilot.fund),
        On::Party("unit") => Scene::Party(guests.unit),
        On::Party("merchant") => Scene::Party(guests.merchant),
        On::Party(_) => Scene::Party(guests.group),
    };
    give_each(clerk, day(2024, 7, 2), &HOLDERS, scene).await
}
