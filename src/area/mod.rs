//! The tree of places: district, street, community, grid, compound, micro-grid.
//!
//! * A child's level is below its parent's; levels may be left out.
//! * A community, a street or a district may own one fund.
//! * An area's path holds the keys from the root down: a role on an area reaches every path below it.

mod graphql;
pub mod store;

use async_graphql::{Enum, SimpleObject};

pub use graphql::{AreaById, AreaConnection, AreaCreateInput, AreaCreatePayload, AreaMutation, AreaQuery};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_text},
    id::AreaId,
    viewer::{Act, By, On},
};

/// How large an area is, from the largest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AreaLevel {
    /// 区: a district of a city.
    District,
    /// 街道、镇: a street office's area or a town.
    Street,
    /// 社区: a community, the level that owns a fund.
    Community,
    /// 一般网格: a grid of a community.
    Grid,
    /// 小区: a housing compound.
    Compound,
    /// 微网格: 30 to 80 households with a neighbourhood head.
    MicroGrid,
}

impl AreaLevel {
    /// Whether an area of this level may own a fund.
    pub fn owns_fund(self) -> bool {
        self <= Self::Community
    }
}

/// A place: a district, street, community, grid, compound or micro-grid.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Area {
    /// The key.
    #[graphql(skip)]
    pub id: AreaId,
    /// The area above; `None` for a district.
    #[graphql(skip)]
    pub parent_id: Option<AreaId>,
    /// How large it is.
    pub level: AreaLevel,
    /// What it is called.
    pub name: String,
    /// The keys from the root down to this area: `/1/5/`.
    #[graphql(skip)]
    pub path: String,
}

/// The most characters of a name.
pub const NAME_MAX: usize = 100;

/// Adds an area below `parent`, or a district at the top.
///
/// # Errors
/// Refused for a name that is empty, too long or taken among its siblings, and for a level that is not
/// below its parent's.
pub async fn create(tx: &mut Tx, by: By<'_>, parent: Option<AreaId>, level: AreaLevel, name: &str) -> Result<Area> {
    let name = check_text(name, NAME_MAX, "name")?;
    let above = match parent {
        Some(id) => {
            let found = store::by_ids(&mut *tx, &[id]).await?.pop();
            Some(found.ok_or_else(|| Refusal::NotFound { what: "area".into() }.at("parentId"))?)
        }
        None => None,
    };
    by.viewer.must(Act::SetUp, &[On::Area(above.as_ref().map_or("/", |area| &area.path))])?;
    let fits = above.as_ref().map_or(level == AreaLevel::District, |area| area.level < level);
    if !fits {
        let accepted = above.as_ref().map_or("District".to_owned(), |area| format!("what is below {:?}", area.level));
        return Err(Refusal::AreaLevel { level: format!("{level:?}"), accepted }.at("level"));
    }
    if store::by_name(&mut *tx, parent, &name).await?.is_some() {
        return Err(Refusal::NameTaken { name }.at("name"));
    }
    Ok(store::insert(tx, above.as_ref(), level, &name).await?)
}
