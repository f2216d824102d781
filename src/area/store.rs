//! Areas in the database.

use super::{Area, AreaLevel};
use crate::{
    db::{Result, Sql, Tx},
    id::AreaId,
    page::Page,
};

crate::part!(Area { id, parent_id, level, name, path });

/// The areas of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[AreaId]) -> Result<Vec<Area>> {
    on.sql("SELECT id, parent_id, level, name, path FROM area WHERE id IN (..)").bind_list(ids).all().await
}

/// The area of this name below `parent`; at the top where there is none.
pub async fn by_name<'c>(on: impl Sql<'c>, parent: Option<AreaId>, name: &str) -> Result<Option<Area>> {
    on.sql(
        "SELECT id, parent_id, level, name, path FROM area
         WHERE name = $1 AND (parent_id = $2 OR ($2 IS NULL AND parent_id IS NULL))",
    )
    .bind(name.to_owned())
    .bind(parent)
    .optional()
    .await
}

/// A page of what lies directly below each of `parents`.
pub async fn of_parents<'c>(on: impl Sql<'c>, parents: &[AreaId], page: &Page) -> Result<Vec<Area>> {
    on.sql("SELECT id, parent_id, level, name, path FROM area WHERE parent_id = {owner} {page}")
        .page(page, "id")
        .each_of(parents)
        .all()
        .await
}

/// A page of all areas, of one level where it is given.
pub async fn all<'c>(on: impl Sql<'c>, level: Option<AreaLevel>, page: &Page) -> Result<Vec<Area>> {
    on.sql("SELECT id, parent_id, level, name, path FROM area WHERE (level = $1 OR $1 IS NULL) {page}")
        .bind(level)
        .page(page, "id")
        .all()
        .await
}

/// Adds an area, whose path ends with its own key.
pub async fn insert(tx: &mut Tx, parent: Option<&Area>, level: AreaLevel, name: &str) -> Result<Area> {
    let (id,): (AreaId,) = tx
        .sql("INSERT INTO area (parent_id, level, name, path) VALUES ($1, $2, $3, '') RETURNING id")
        .bind(parent.map(|area| area.id))
        .bind(level)
        .bind(name.to_owned())
        .one()
        .await?;
    let path = format!("{}{}/", parent.map_or("/", |area| &area.path), id.0);
    tx.sql("UPDATE area SET path = $1 WHERE id = $2 RETURNING id, parent_id, level, name, path")
        .bind(path)
        .bind(id)
        .one()
        .await
}
