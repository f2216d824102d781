//! The sample's places, purposes, host and funds.

use std::collections::HashMap;

use super::{FUND, FUND_EMPTY, clerk::Clerk, day, people::People};
use crate::{
    area::{self, AreaLevel},
    error::Result,
    fund::{FundDraft, host_create, purpose_create},
    id::{AreaId, FundId, PurposeId},
    ledger,
};

/// Grids of the community, as published.
const GRIDS: usize = 11;
/// Housing compounds in those grids, as published.
const COMPOUNDS: usize = 15;
/// Micro-grids in those compounds, as published.
const MICRO_GRIDS: usize = 84;

/// The areas that the sample refers to.
pub struct Places {
    /// The district, where the host is.
    pub district: AreaId,
    /// The street in it.
    pub street: AreaId,
    /// The community whose fund is filled.
    pub community: AreaId,
    /// The community beside it.
    pub neighbour: AreaId,
    /// The community's compounds, in order.
    pub compounds: Vec<AreaId>,
    /// The micro-grids of the first compound: where the households live that paid for their windows.
    pub stairwells: Vec<AreaId>,
}

/// Creates the tree of places.
pub async fn create(clerk: &mut Clerk<'_>) -> Result<Places> {
    let district = add(clerk, None, AreaLevel::District, "涧西区").await?;
    let street = add(clerk, Some(district), AreaLevel::Street, "示例街道").await?;
    let community = add(clerk, Some(street), AreaLevel::Community, "武汉路社区").await?;
    let neighbour = add(clerk, Some(street), AreaLevel::Community, "示例社区").await?;
    let mut grids = vec![];
    for grid in 1..=GRIDS {
        grids.push(add(clerk, Some(community), AreaLevel::Grid, &format!("第{grid}网格")).await?);
    }
    let mut compounds = vec![];
    let mut stairwells = vec![];
    let mut below = 0;
    for compound in 0..COMPOUNDS {
        let name = format!("小区 {:02}", compound + 1);
        let id = add(clerk, Some(grids[compound % GRIDS]), AreaLevel::Compound, &name).await?;
        compounds.push(id);
        // Spread evenly: the first compounds have one more.
        let upto = below + MICRO_GRIDS / COMPOUNDS + usize::from(compound < MICRO_GRIDS % COMPOUNDS);
        for micro_grid in below + 1..=upto {
            let name = format!("微网格 {micro_grid:02}");
            let micro_grid = add(clerk, Some(id), AreaLevel::MicroGrid, &name).await?;
            if compound == 0 {
                stairwells.push(micro_grid);
            }
        }
        below = upto;
    }
    assert_eq!(below, MICRO_GRIDS, "every micro-grid is in a compound");
    Ok(Places { district, street, community, neighbour, compounds, stairwells })
}

async fn add(clerk: &mut Clerk<'_>, parent: Option<AreaId>, level: AreaLevel, name: &str) -> Result<AreaId> {
    let (tx, by) = clerk.on(day(1, 5));
    Ok(area::create(tx, by, parent, level, name).await?.id)
}

/// The purposes: code, name, and the code of the purpose above, which stands earlier; empty for a root.
const PURPOSES: &[(&str, &str, &str)] = &[
    ("SERVICE", "民生服务 · Services", ""),
    ("ELDERLY", "为老服务 · For the elderly", "SERVICE"),
    ("ELDERLY-MEALS", "老年助餐 · Meals for the elderly", "ELDERLY"),
    ("CHILDREN", "儿童关爱 · For children", "SERVICE"),
    ("SPACE", "空间更新 · Renewal", ""),
    ("HOUSING", "房屋修缮 · House repairs", "SPACE"),
    ("HOUSING-WINDOWS", "楼道窗户 · Stairwell windows", "HOUSING"),
    ("ENVIRONMENT", "环境 · Environment", "SPACE"),
    ("SAFETY", "安全便民 · Safety and access", "SPACE"),
    ("GOVERNANCE", "邻里自治 · Neighbours together", ""),
    ("GROUPS", "自组织培育 · Self-organized groups", "GOVERNANCE"),
    ("CULTURE", "邻里文化 · Culture", "GOVERNANCE"),
];

/// The fund and what it may be spent on.
pub struct Books {
    /// The fund that is filled.
    pub fund: FundId,
    purposes: HashMap<&'static str, PurposeId>,
}

impl Books {
    /// The purpose of this code.
    pub fn purpose(&self, code: &str) -> PurposeId {
        self.purposes[code]
    }
}

/// Creates the purposes and the host, and opens both funds.
pub async fn open(clerk: &mut Clerk<'_>, places: &Places, people: &People) -> Result<Books> {
    let mut purposes = HashMap::new();
    for &(code, name, above) in PURPOSES {
        let (tx, by) = clerk.on(day(1, 6));
        let parent = purposes.get(above).copied();
        purposes.insert(code, purpose_create(tx, by, parent, code, name).await?.id);
    }
    let (tx, by) = clerk.on(day(1, 7));
    let host = host_create(tx, by, people.of("HOST"), places.district).await?.id;
    let fund = FundDraft {
        host,
        area: places.community,
        code: FUND.into(),
        name: "武汉路社区治理发展基金".into(),
        opened_on: day(1, 8),
        seats: 7,
        quorum: 4,
        purposes: ["SERVICE", "SPACE", "GOVERNANCE"].map(|code| purposes[code]).into(),
    };
    let empty = FundDraft {
        area: places.neighbour,
        code: FUND_EMPTY.into(),
        name: "示例社区治理发展基金".into(),
        seats: 5,
        quorum: 3,
        purposes: vec![purposes["ELDERLY"]],
        ..fund.clone()
    };
    let (tx, by) = clerk.on(day(1, 8));
    let fund = ledger::open(tx, by, &fund).await?.id;
    let (tx, by) = clerk.on(day(1, 8));
    ledger::open(tx, by, &empty).await?;
    Ok(Books { fund, purposes })
}
