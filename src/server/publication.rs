//! What is published, for download: the text as it was frozen, byte for byte.
//!
//! * `/disclosures/NUMBER.json`: its SHA-256 digest is the one that the graph shows, and the entity tag.

use poem::{
    Endpoint, Request, Response,
    endpoint::make,
    http::{StatusCode, header},
};

use crate::{db::Db, disclosure};

/// The download of a publication.
pub fn download(db: Db) -> impl Endpoint<Output = Response> + 'static {
    make(move |request| {
        let db = db.clone();
        async move { answer(&db, &request).await }
    })
}

async fn answer(db: &Db, request: &Request) -> Response {
    let file = request.path_params::<String>().unwrap_or_default();
    let Some(number) = file.strip_suffix(".json") else { return nothing() };
    match disclosure::store::by_number(db, number).await {
        Ok(Some(found)) => {
            let tag = format!("\"{}\"", found.digest.unwrap_or_default());
            // What is published never changes.
            Response::builder()
                .content_type("application/json; charset=utf-8")
                .header(header::ETAG, tag)
                .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
                .body(found.snapshot)
        }
        Ok(None) => nothing(),
        Err(error) => {
            tracing::error!(%error, "a publication could not be read");
            Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body("The publication cannot be read now.")
        }
    }
}

fn nothing() -> Response {
    Response::builder()
        .status(StatusCode::NOT_FOUND)
        .header(header::CACHE_CONTROL, "no-store")
        .body("Nothing is published under this number. · 没有此编号的公示。")
}
