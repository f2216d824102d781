//! The sample's parties: who gives, who pays it in, who is paid.

use std::collections::HashMap;

use super::{clerk::Clerk, day, places::Places};
use crate::{
    error::Result,
    id::{AreaId, PartyId},
    party::{
        self,
        PartyKind::{self, Group, Merchant, PartnerUnit, Resident, SocialOrganization},
        Publicity, Registration,
    },
};

/// Merchants of the group-buy platform.
pub const MERCHANTS: usize = 6;
/// Partner units, as published.
pub const UNITS: usize = 34;
/// Households that paid towards their own windows.
pub const HOUSEHOLDS: usize = 24;

/// Who is paid: what each sells.
const VENDORS: [(PartyKind, &str); 6] = [
    (Merchant, "门窗材料 · Windows"),
    (PartnerUnit, "施工劳务 · Labour"),
    (Merchant, "便民设施 · Fittings"),
    (Merchant, "文化用品 · Supplies"),
    (Merchant, "花木 · Plants"),
    (Merchant, "五金工具 · Tools"),
];

/// The parties by their codes.
pub struct People(HashMap<String, PartyId>);

impl People {
    /// The party of this code.
    pub fn of(&self, code: &str) -> PartyId {
        self.0[code]
    }
}

/// Registers everybody; the code of each is kept as its external id.
pub async fn register(clerk: &mut Clerk<'_>, places: &Places) -> Result<People> {
    let community = places.community;
    let mut wanted = vec![
        one("HOST", SocialOrganization, "涧西区慈善协会", places.district),
        one("PLATFORM", PartnerUnit, "社邻益购平台", community),
    ];
    wanted.extend(codes("M", MERCHANTS).map(|(n, code)| one(&code, Merchant, &format!("团购商家 {n}"), community)));
    let units = codes("U", UNITS).map(|(n, code)| one(&code, PartnerUnit, &format!("共建单位 {n:02}"), community));
    wanted.extend(units);
    wanted.push(one("G1", Group, "花友会", community));
    let vendors = (1..).zip(VENDORS);
    wanted
        .extend(vendors.map(|(n, (kind, what))| one(&format!("V{n}"), kind, &format!("供应商 {n} {what}"), community)));
    let stairwells = places.stairwells.iter().cycle();
    wanted.extend(codes("H", HOUSEHOLDS).zip(stairwells).map(|((n, code), stairwell)| Registration {
        publicity: Some(Publicity::Anon),
        ..one(&code, Resident, &format!("住户 {n:02}"), *stairwell)
    }));
    let (tx, by) = clerk.on(day(1, 6));
    let outcomes = party::register(tx, by, &wanted).await?;
    let mut people = HashMap::new();
    for (wanted, party) in wanted.into_iter().zip(outcomes) {
        people.insert(wanted.external_id.unwrap_or_default(), party?.id);
    }
    Ok(People(people))
}

/// The codes of a kind of party: a letter and a number, of two digits where there are more than nine.
pub fn codes(letter: &'static str, count: usize) -> impl Iterator<Item = (usize, String)> {
    let width = if count > 9 { 2 } else { 1 };
    (1..=count).map(move |n| (n, format!("{letter}{n:0width$}")))
}

fn one(code: &str, kind: PartyKind, name: &str, area: AreaId) -> Registration {
    Registration {
        kind,
        name: name.into(),
        alias: None,
        publicity: None,
        credit_code: None,
        credit_code_override: None,
        external_id: Some(code.into()),
        areas: vec![area],
    }
}
