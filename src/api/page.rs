//! The page on which a person tries a query: one document and one script, both in the binary.
//!
//! * It loads nothing from anywhere else, and [`CSP`] forbids it.
//! * The token stays in the browser tab's own storage.
//! * Labels are Chinese or English, as the browser prefers.

use serde::Serialize;

/// The document, with [`EXAMPLES_MARK`] where the examples go.
const DOCUMENT: &str = include_str!("page/index.html");

/// The script of the page, served as `/app.js`.
pub const SCRIPT: &str = include_str!("page/app.js");

/// What the page may load and do: what this server gives it.
///
/// The style stands in the document; scripts do not, so an injected one would not run.
pub const CSP: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; \
                       base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const EXAMPLES_MARK: &str = "{{examples}}";

/// A query that the page offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// What it asks, as the list of examples shows it.
    pub title: String,
    /// The document.
    pub query: String,
    /// The values of its variables, a JSON object.
    pub variables: serde_json::Value,
    /// Whose token it needs, as a sentence; `None` when it is open to the public.
    pub token_hint: Option<String>,
    /// A token that the page puts into its box with the query: of sample data only, for everybody can read it.
    pub token: Option<String>,
}

/// The page with these examples, or with one that every database answers where there are none.
pub fn html(examples: &[Example]) -> String {
    let standard = [Example {
        title: "Areas · 区域".into(),
        query: "query Areas($first: Int) {\n  areas(first: $first) {\n    edges {\n      node {\n        id\n        name\n        level\n        parent {\n          name\n        }\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}".into(),
        variables: serde_json::json!({ "first": 20 }),
        ..Example::default()
    }];
    let examples = if examples.is_empty() { &standard } else { examples };
    let json = serde_json::to_string(examples).expect("texts and JSON values become JSON");
    // Inside a script element only `<` could end it.
    DOCUMENT.replacen(EXAMPLES_MARK, &json.replace('<', "\\u003c"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_cannot_end_the_script_it_stands_in() {
        let example = Example { title: "</script><b>".into(), ..Example::default() };
        let page = html(&[example]);
        assert!(page.contains(r"\u003c/script>\u003cb>"), "{page}");
        assert_eq!(page.matches("</script>").count(), DOCUMENT.matches("</script>").count());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for text in [html(&[]), SCRIPT.to_owned()] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("src=\"//"), "{text}");
        }
    }
}
