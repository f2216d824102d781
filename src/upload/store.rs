//! Uploads and their parts in the database.

use chrono::{DateTime, Utc};

use super::Upload;
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, PrincipalId, UploadId},
};

/// The uploads of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[UploadId]) -> Result<Vec<Upload>> {
    on.sql(
        "SELECT id, fund_id, principal_id, file_name, attempt, sha256, size, expires_at
         FROM upload WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// Adds an upload of which nothing has arrived.
pub async fn insert(
    tx: &mut Tx,
    fund: FundId,
    principal: PrincipalId,
    digest: &str,
    file_name: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Upload> {
    tx.sql(
        "INSERT INTO upload (fund_id, principal_id, digest, file_name, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING id, fund_id, principal_id, file_name, attempt, sha256, size, expires_at",
    )
    .bind(fund)
    .bind(principal)
    .bind(digest.to_owned())
    .bind(file_name.to_owned())
    .bind(now)
    .bind(expires_at)
    .one()
    .await
}

/// Counts one more attempt of the upload behind a digest that has not expired.
pub async fn begin(tx: &mut Tx, digest: &str, now: DateTime<Utc>) -> Result<Option<Upload>> {
    tx.sql(
        "UPDATE upload SET attempt = CASE WHEN sha256 IS NULL THEN attempt + 1 ELSE attempt END
         WHERE digest = $1 AND expires_at > $2
         RETURNING id, fund_id, principal_id, file_name, attempt, sha256, size, expires_at",
    )
    .bind(digest.to_owned())
    .bind(now)
    .optional()
    .await
}

/// Forgets all parts of an upload.
pub async fn delete_chunks(tx: &mut Tx, upload: UploadId) -> Result<u64> {
    tx.sql("DELETE FROM upload_chunk WHERE upload_id = $1").bind(upload).execute().await
}

/// Adds a part.
pub async fn insert_chunk(tx: &mut Tx, upload: UploadId, attempt: i64, chunk_no: i64, bytes: &[u8]) -> Result<u64> {
    tx.sql("INSERT INTO upload_chunk (upload_id, attempt, chunk_no, bytes) VALUES ($1, $2, $3, $4)")
        .bind(upload)
        .bind(attempt)
        .bind(chunk_no)
        .bind(bytes.to_vec())
        .execute()
        .await
}

/// A part.
pub async fn chunk<'c>(on: impl Sql<'c>, upload: UploadId, attempt: i64, chunk_no: i64) -> Result<Option<(Vec<u8>,)>> {
    on.sql("SELECT bytes FROM upload_chunk WHERE upload_id = $1 AND attempt = $2 AND chunk_no = $3")
        .bind(upload)
        .bind(attempt)
        .bind(chunk_no)
        .optional()
        .await
}

/// Writes down that an attempt has arrived whole, unless a later one was begun.
pub async fn set_whole(tx: &mut Tx, upload: &Upload, sha256: &str, size: i64) -> Result<u64> {
    tx.sql("UPDATE upload SET sha256 = $1, size = $2 WHERE id = $3 AND attempt = $4 AND sha256 IS NULL")
        .bind(sha256.to_owned())
        .bind(size)
        .bind(upload.id)
        .bind(upload.attempt)
        .execute()
        .await
}

/// Sets until when a file is kept.
pub async fn set_expiry(tx: &mut Tx, upload: UploadId, at: DateTime<Utc>) -> Result<()> {
    tx.sql("UPDATE upload SET expires_at = $1 WHERE id = $2").bind(at).bind(upload).execute().await?;
    Ok(())
}

/// Some uploads whose time has passed and that still have parts.
pub async fn expired<'c>(on: impl Sql<'c>, now: DateTime<Utc>) -> Result<Vec<(UploadId,)>> {
    on.sql(
        "SELECT u.id FROM upload u
         WHERE u.expires_at <= $1 AND EXISTS (SELECT 1 FROM upload_chunk c WHERE c.upload_id = u.id)
         ORDER BY u.id LIMIT 20",
    )
    .bind(now)
    .all()
    .await
}
