//! The README's query gives the README's answer, in both languages of the README.

use std::fs;

use cobuild::{
    api::schema,
    clock::Clock,
    db::Db,
    demo,
    error::Language,
    viewer::{Request, Viewer},
};
use serde_json::Value;

use crate::support::on_both;

/// The first fenced block of a language.
fn block<'t>(text: &'t str, language: &str) -> &'t str {
    let start = format!("```{language}\n");
    let rest = &text[text.find(&start).expect("the README has such a block") + start.len()..];
    &rest[..rest.find("\n```").expect("a block ends")]
}

on_both! {
    async fn the_first_query_gives_the_answer_that_is_printed(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        demo::create(&db).await.unwrap();
        for name in ["README.md", "README.zh.md"] {
            let text = fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            let printed: Value = serde_json::from_str(block(&text, "json")).unwrap();
            let public = Request::new(db.clone(), Clock::System, Viewer::public(), Language::En);
            let request = async_graphql::Request::new(block(&text, "graphql")).data(public);
            let answer = schema::build().execute(request).await;
            assert!(answer.errors.is_empty(), "{name}: {:?}", answer.errors);
            assert_eq!(answer.data.into_json().unwrap(), printed["data"], "{name}");
        }
        db.close().await;
    }
}
