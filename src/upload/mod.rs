//! Uploads: files on their way into the database, where every server of it finds them.
//!
//! * A file is sent to an address that is known to whoever staged it: the secret in it is all that is asked for.
//! * A file arrives in parts that are written as they come; memory does not grow with it, and neither server nor
//!   client has to be the same for the next step.
//! * Only a file that has arrived whole can be used. One that broke off may be sent again, from its beginning.
//! * What is not used is deleted once its time has passed.

mod graphql;
pub mod store;

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

pub use graphql::UploadMutation;

use crate::{
    db::{Db, Tx},
    error::{Error, Refusal, Result, check_text},
    fund,
    id::{FundId, PrincipalId, UploadId},
    viewer::{Act, By, settle, token},
};

/// The bytes of one part: few enough to be held by every upload at once, and enough that a gigabyte is two
/// thousand rows.
pub const CHUNK_BYTES: usize = 512 * 1024;

/// The largest file that is taken when nothing else is said.
pub const BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// How long an address is good for, and a file that nobody used is kept.
pub const STAGED_FOR: Duration = Duration::hours(24);

/// How long a file is kept after its last import, for the result and for an import with another mapping.
pub const KEPT_FOR: Duration = Duration::days(30);

/// The most characters of a file's name.
pub const NAME_MAX: usize = 200;

/// A file, staged or arrived.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Upload {
    /// The key.
    pub id: UploadId,
    /// The fund it is to be imported into.
    pub fund_id: FundId,
    /// Who staged it.
    pub principal_id: PrincipalId,
    /// What the file is called.
    pub file_name: String,
    /// How often it was sent.
    pub attempt: i64,
    /// SHA-256 of the file in hexadecimal; `None` until all of it has arrived.
    pub sha256: Option<String>,
    /// Its bytes; `None` until all of it has arrived.
    pub size: Option<i64>,
    /// Until when it is kept.
    pub expires_at: DateTime<Utc>,
}

/// A file that was staged, with the secret of its address, which is shown once.
#[derive(Clone, Debug)]
pub struct Staged {
    /// The file.
    pub upload: Upload,
    /// What the address ends in.
    pub secret: String,
}

/// A file that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The file.
    pub upload: UploadId,
    /// SHA-256 of it in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

/// Makes room for a file that is to be imported into `fund`.
///
/// # Errors
/// Refused for a fund that does not exist and a file without a name; denied to who may not import there.
pub async fn stage(tx: &mut Tx, by: By<'_>, fund: FundId, file_name: &str) -> Result<Staged> {
    let found = fund::store::by_ids(&mut *tx, &[fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::Import, &[fund.on()])?;
    let file_name = check_text(file_name, NAME_MAX, "fileName")?;
    let mut bits = [0_u8; 32];
    getrandom::fill(&mut bits).map_err(|why| anyhow::anyhow!("no randomness for an upload: {why}"))?;
    let secret = URL_SAFE_NO_PAD.encode(bits);
    let expires_at = by.now + STAGED_FOR;
    let digest = token::digest(&secret);
    let upload = store::insert(tx, fund.id, by.viewer.actor()?, &digest, &file_name, by.now, expires_at).await?;
    Ok(Staged { upload, secret })
}

/// Takes in a file, part by part.
///
/// # Errors
/// Refused when no file is waited for at this address, when it has arrived before, when it is larger than
/// `bytes_max`, empty, or breaks off. Then nothing of it can be used, and it may be sent again while its address
/// is good.
pub async fn receive(
    db: &Db,
    secret: &str,
    now: DateTime<Utc>,
    bytes_max: u64,
    mut body: impl AsyncRead + Unpin,
) -> Result<Arrived> {
    let upload = open(db, secret, now).await?;
    let mut hasher = Sha256::new();
    let mut size = 0_u64;
    let mut chunk_no = 0;
    let mut part = Vec::with_capacity(CHUNK_BYTES);
    loop {
        part.clear();
        let mut next = (&mut body).take(CHUNK_BYTES as u64);
        // A part is read to its end: small packets must not make small rows.
        let read = next.read_to_end(&mut part).await;
        read.map_err(|why| Refusal::UploadBroken { why: why.to_string() })?;
        if part.is_empty() {
            break;
        }
        size += part.len() as u64;
        if size > bytes_max {
            return Err(Refusal::UploadTooLarge { max: bytes_max >> 20 }.into());
        }
        hasher.update(&part);
        let mut tx = db.begin().await?;
        let written = store::insert_chunk(&mut tx, upload.id, upload.attempt, chunk_no, &part).await;
        settle(tx, written.map_err(Error::from)).await?;
        chunk_no += 1;
    }
    if size == 0 {
        return Err(Refusal::UploadBroken { why: "the file is empty".into() }.into());
    }
    let sha256: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut tx = db.begin().await?;
    let finished = finish(&mut tx, &upload, &sha256, size).await;
    settle(tx, finished).await?;
    Ok(Arrived { upload: upload.id, sha256, size })
}

/// The file that is waited for at this address, its earlier parts forgotten.
async fn open(db: &Db, secret: &str, now: DateTime<Utc>) -> Result<Upload> {
    let mut tx = db.begin().await?;
    let opened = async {
        let digest = token::digest(secret);
        let waited = || Refusal::NotFound { what: "upload".into() };
        let upload = store::begin(&mut tx, &digest, now).await?.ok_or_else(waited)?;
        if upload.sha256.is_some() {
            return Err(Refusal::UploadDone {}.into());
        }
        store::delete_chunks(&mut tx, upload.id).await?;
        Ok(upload)
    };
    let opened = opened.await;
    settle(tx, opened).await
}

async fn finish(tx: &mut Tx, upload: &Upload, sha256: &str, size: u64) -> Result<()> {
    let size = i64::try_from(size).map_err(|_| anyhow::anyhow!("a file of {size} bytes"))?;
    // Who began after us has taken the address over.
    if store::set_whole(tx, upload, sha256, size).await? == 0 {
        return Err(Refusal::UploadBroken { why: "it was sent a second time meanwhile".into() }.into());
    }
    Ok(())
}

/// A copy of a file on this machine, which goes when it is dropped.
#[derive(Debug)]
pub struct LocalFile(PathBuf);

impl LocalFile {
    /// A name that no other file has, for one that is to be written.
    pub fn new() -> Result<Self> {
        let mut name = [0_u8; 16];
        getrandom::fill(&mut name).map_err(|why| anyhow::anyhow!("no randomness for a file's name: {why}"))?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(std::env::temp_dir().join(format!("cobuild-{name}"))))
    }

    /// Where it is.
    pub fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for LocalFile {
    fn drop(&mut self) {
        // Somebody may have cleaned up before us.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Copies a file that has arrived to this machine, part by part: spreadsheets are read from a file.
///
/// # Errors
/// Refused when it is no longer kept; a fault when the machine has no room for it.
pub async fn fetch(db: &Db, upload: &Upload) -> Result<LocalFile> {
    let local = LocalFile::new()?;
    let faulty = |why: std::io::Error| Error::from(anyhow::Error::from(why).context("a copy of an uploaded file"));
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // Who gives what is nobody's business on a shared machine.
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&local.0).await.map_err(faulty)?;
    let mut size = 0;
    for chunk_no in 0.. {
        let Some((bytes,)) = store::chunk(db, upload.id, upload.attempt, chunk_no).await? else { break };
        size += bytes.len() as i64;
        file.write_all(&bytes).await.map_err(faulty)?;
    }
    file.flush().await.map_err(faulty)?;
    if Some(size) != upload.size {
        return Err(Refusal::NotFound { what: "file".into() }.into());
    }
    Ok(local)
}

/// Keeps a file for some time to come.
pub async fn keep(tx: &mut Tx, upload: UploadId, now: DateTime<Utc>) -> Result<()> {
    Ok(store::set_expiry(tx, upload, now + KEPT_FOR).await?)
}

/// Deletes the contents whose time has passed, a few at a time, and says of how many files.
pub async fn sweep(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let expired = store::expired(db, now).await?;
    for (upload,) in &expired {
        let mut tx = db.begin().await?;
        let deleted = store::delete_chunks(&mut tx, *upload).await;
        settle(tx, deleted.map_err(Error::from)).await?;
    }
    Ok(expired.len())
}
