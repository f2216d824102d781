//! What is published, against its digests: a text that was changed afterwards is found.

use sha2::{Digest as _, Sha256};

use super::verify::{Books, Broken, Found};
use crate::db::Result;

/// What must be true of what is published, in English.
pub const TITLE_EN: &str = "The text of each publication has the digest that it was published with.";
/// What must be true of what is published, in Chinese.
pub const TITLE_ZH: &str = "每份公示的文本都与公示时的摘要一致。";

/// Publications of a batch: their texts are long.
const BATCH: i64 = 200;

#[derive(sqlx::FromRow)]
struct Text {
    id: i64,
    number: String,
    digest: String,
    snapshot: String,
}

/// Computes the digests of all publications.
pub(super) async fn recompute(books: &mut Books<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut after = 0;
    loop {
        let texts: Vec<Text> = books.all(TEXTS, &[after, BATCH]).await?;
        let Some(last) = texts.last() else { return Ok(found) };
        after = last.id;
        for text in texts {
            let digest: String = Sha256::digest(&text.snapshot).iter().map(|byte| format!("{byte:02x}")).collect();
            if digest != text.digest {
                found.add(Broken { a: format!("publication {}", text.number), b: Some(text.digest), c: Some(digest) });
            }
        }
    }
}

const TEXTS: &str = "
    SELECT id, COALESCE(number, '-') AS number, COALESCE(digest, '-') AS digest, snapshot FROM disclosure
    WHERE state = 'PUBLISHED' AND id > $1 ORDER BY id LIMIT $2";
