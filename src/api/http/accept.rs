//! Which media type answers a request.
//!
//! * The most specific range decides a type's quality; the highest quality wins, then the most specific range,
//!   then the first in the header.
//! * Without a preference it is `application/json`, which every client reads.

use poem::http::{HeaderMap, HeaderValue, header};

/// A media type an answer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status says what happened.
    GraphQLResponse,
    /// `application/json`: an answer of the graph has status 200, whatever it says.
    Json,
}

impl Media {
    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphQLResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::GraphQLResponse => "application/graphql-response+json",
            Self::Json => "application/json",
        }
    }
}

/// A range of the header.
struct Range {
    name: String,
    /// In thousandths.
    quality: u16,
}

/// The best media type for a request, or `None` when it accepts neither.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Media> {
    let values = headers.get_all(header::ACCEPT).iter();
    let ranges: Vec<Range> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).filter_map(range).collect();
    let silent = |value: &HeaderValue| value.as_bytes().trim_ascii().is_empty();
    if headers.get_all(header::ACCEPT).iter().all(silent) {
        return Some(Media::Json);
    }
    let ranked = [Media::Json, Media::GraphQLResponse].map(|media| (rank(media, &ranges), media));
    // `max_by_key` takes the last of equals; nothing tells them apart but our own preference for JSON.
    let best = ranked.into_iter().rev().max_by_key(|(rank, _)| *rank)?;
    best.0.map(|_| best.1)
}

/// Quality, specificity and closeness to the front, the larger the better; `None` when not acceptable.
fn rank(media: Media, ranges: &[Range]) -> Option<(u16, u8, usize)> {
    let matching = ranges.iter().enumerate().filter_map(|(index, range)| {
        let specificity = match range.name.as_str() {
            name if name == media.name() => 2,
            "application/*" => 1,
            "*/*" => 0,
            _ => return None,
        };
        Some((specificity, ranges.len() - index, range.quality))
    });
    let (specificity, front, quality) = matching.max()?;
    // Wildcards prefer neither type, whatever their place.
    let front = if specificity == 2 { front } else { 0 };
    (quality > 0).then_some((quality, specificity, front))
}

fn range(text: &str) -> Option<Range> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    if name.is_empty() {
        return None;
    }
    let mut quality = 1000;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "q" => quality = thousandths(value)?,
            "charset" if !value.eq_ignore_ascii_case("utf-8") => return None,
            _ => {}
        }
    }
    Some(Range { name, quality })
}

/// A quality between 0 and 1 with up to three digits after the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses_the_media_type() {
        let rows = [
            ("application/json", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::GraphQLResponse)),
            ("application/graphql-response+json; charset=utf-8", Some(Media::GraphQLResponse)),
            ("APPLICATION/JSON", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/graphql-response+json, */*", Some(Media::GraphQLResponse)),
            ("*/*, application/graphql-response+json", Some(Media::GraphQLResponse)),
            ("application/graphql-response+json,application/json;q=0.9", Some(Media::GraphQLResponse)),
            ("application/graphql-response+json;q=0.2,application/json;q=0.25", Some(Media::Json)),
            ("application/json, application/graphql-response+json", Some(Media::Json)),
            ("application/graphql-response+json, application/json", Some(Media::GraphQLResponse)),
            ("application/json;q=0, */*", Some(Media::GraphQLResponse)),
            ("*/*;q=0", None),
            ("application/json;q=0", None),
            ("", Some(Media::Json)),
            ("text/html", None),
            ("application/json; charset=utf-16", None),
            ("text/html, */*;q=0.1", Some(Media::Json)),
            ("application/json;q=2", None),
        ];
        for (accept, media) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(negotiate(&headers), media, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Some(Media::Json));
    }
}
