//! Who sends a request, and in which language they read.
//!
//! * No `Authorization` header: the public. A token that is malformed, unknown, ended or revoked: refused, never
//!   taken for the public, so that a client notices.
//! * Who asks costs one statement. When a token was last used is written at most hourly, beside the request.

use std::{any::TypeId, sync::Arc};

use futures_util::FutureExt as _;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::in_hand::InHand;
use crate::{
    api::{
        gate::OperationKind,
        http::{HttpError, Prepare, RequestId},
    },
    clock::Clock,
    db::{Db, Session},
    error::{Denied, Error, Language},
    viewer::{Request, Viewer, settle, store, token},
};

/// What puts the viewer's [`Request`] into each request's data, and keeps the request in hand until it has run.
pub fn prepare(db: Db, clock: Clock, in_hand: InHand) -> Prepare {
    Arc::new(move |headers, kind, request| {
        let (db, clock, in_hand) = (db.clone(), clock.clone(), in_hand.clone());
        async move {
            let language = language(headers);
            let mut session = None;
            let viewer = match bearer(headers) {
                Credentials::None => Viewer::public(),
                Credentials::Malformed => return Err(unauthenticated(Wrong::Header, language)),
                Credentials::Token(token) => {
                    let found = authenticate(&db, kind, token, &clock).await;
                    let (found, begun) = found.map_err(|error| fault(&request, &error, language))?;
                    session = begun;
                    let (viewer, stale) = found.ok_or_else(|| unauthenticated(Wrong::Token, language))?;
                    if let Some(token) = stale {
                        note_use(db.clone(), &clock, token, &in_hand);
                    }
                    viewer
                }
            };
            if viewer.read_only && kind == OperationKind::Mutation {
                return Err(read_only(language));
            }
            // The hold goes with the request's data when it has run, even where no client waits any more.
            let request = request.data(in_hand.hold());
            Ok(request.data(Request::new(db, clock, viewer, language).reading_from(session)))
        }
        .boxed()
    })
}

/// Who shows `token`. A query is asked in the session it goes on to read from, which saves it a connection;
/// a mutation reads only after it has written.
async fn authenticate(
    db: &Db,
    kind: OperationKind,
    token: &str,
    clock: &Clock,
) -> Result<(Option<(Viewer, token::Stale)>, Option<Session>), Error> {
    if kind != OperationKind::Query {
        return Ok((token::authenticate(db, token, clock.now()).await?, None));
    }
    let mut session = db.session().await?;
    let found = token::authenticate(&mut session, token, clock.now()).await?;
    Ok((found, Some(session)))
}

/// Who sends a request that is none of the graph; the public where no token is shown.
///
/// # Errors
/// A broken header, and a token that is not good.
pub async fn viewer(db: &Db, headers: &HeaderMap, clock: &Clock) -> Result<Viewer, Error> {
    let unknown = || Error::Denied(Denied { act: "This".into(), anonymous: true });
    match bearer(headers) {
        Credentials::None => Ok(Viewer::public()),
        Credentials::Malformed => Err(unknown()),
        Credentials::Token(token) => {
            let found = token::authenticate(db, token, clock.now()).await?;
            found.map(|(viewer, _)| viewer).ok_or_else(unknown)
        }
    }
}

/// What a request says about who sends it.
#[derive(Debug, PartialEq, Eq)]
enum Credentials<'r> {
    None,
    Malformed,
    Token(&'r str),
}

/// Reads `Authorization: Bearer TOKEN`.
fn bearer(headers: &HeaderMap) -> Credentials<'_> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Credentials::None };
    let parts = value.to_str().ok().and_then(|text| text.trim().split_once(' '));
    match (parts, given.next()) {
        (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("bearer") => Credentials::Token(token.trim()),
        _ => Credentials::Malformed,
    }
}

fn language(headers: &HeaderMap) -> Language {
    Language::accepted(headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// What is wrong with an `Authorization` header.
#[derive(Clone, Copy)]
enum Wrong {
    Header,
    Token,
}

fn unauthenticated(wrong: Wrong, language: Language) -> HttpError {
    let (message, challenge) = match (wrong, language) {
        (Wrong::Header, Language::En) => (
            "The Authorization header must read `Bearer TOKEN`, once; leave it out to ask as the public.",
            r#"Bearer realm="cobuild", error="invalid_request""#,
        ),
        (Wrong::Header, Language::Zh) => (
            "Authorization 头须为 `Bearer 令牌`,且只出现一次;以公众身份查询时请勿携带。",
            r#"Bearer realm="cobuild", error="invalid_request""#,
        ),
        (Wrong::Token, Language::En) => (
            "This token is unknown, has expired or was revoked; ask whoever gave it to you for a new one.",
            r#"Bearer realm="cobuild", error="invalid_token""#,
        ),
        (Wrong::Token, Language::Zh) => (
            "该令牌不存在、已过期或已被吊销;请向发放者申请新令牌。",
            r#"Bearer realm="cobuild", error="invalid_token""#,
        ),
    };
    HttpError::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn read_only(language: Language) -> HttpError {
    let message = match language {
        Language::En => "This token may only read; a mutation needs a token with the scope WRITE.",
        Language::Zh => "该令牌仅可读取;变更操作需要 WRITE 权限的令牌。",
    };
    HttpError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
}

/// Not a refusal: nobody knows who asks, because the database did not say.
fn fault(request: &async_graphql::Request, error: &Error, language: Language) -> HttpError {
    let id = request.data.get(&TypeId::of::<RequestId>()).and_then(|id| id.downcast_ref::<RequestId>());
    let reference = id.map_or("-", |id| &id.0);
    tracing::error!(%reference, error = %error.message(Language::En), "a caller could not be authenticated");
    let message = match language {
        Language::En => format!("Internal error. Reference: {reference}"),
        Language::Zh => format!("内部错误。编号:{reference}"),
    };
    HttpError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message)
}

/// Writes down that a token was used, while its request runs.
fn note_use(db: Db, clock: &Clock, token: i64, in_hand: &InHand) {
    let (now, hold) = (clock.now(), in_hand.hold());
    tokio::spawn(async move {
        let written = async {
            let mut tx = db.begin().await?;
            let touched = store::set_last_used_at(&mut tx, token, now).await;
            settle(tx, touched.map_err(Error::from)).await
        };
        // The request itself is none the worse for it.
        if let Err(error) = written.await {
            tracing::warn!(error = %error.message(Language::En), "the last use of a token was not written");
        }
        drop(hold);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_read_and_nothing_else() {
        let cases: [(&[&str], Credentials<'_>); 7] = [
            (&[], Credentials::None),
            (&["Bearer abc"], Credentials::Token("abc")),
            (&["bearer  abc "], Credentials::Token("abc")),
            (&["Basic abc"], Credentials::Malformed),
            (&["Bearer"], Credentials::Malformed),
            (&[""], Credentials::Malformed),
            (&["Bearer abc", "Bearer def"], Credentials::Malformed),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(bearer(&headers), expected, "{values:?}");
        }
    }
}
