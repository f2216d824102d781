//! The endpoint before a toy schema.

use std::sync::atomic::Ordering::SeqCst;

use poem::http::Uri;
use poem::{Endpoint as _, Request as HttpRequest};
use serde_json::{Value, json};

use super::*;
use crate::api::gate::Limits;
use crate::api::toy::{self, Counts, ToySchema};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

struct Site {
    endpoint: Arc<Endpoint<ToySchema>>,
    counts: Arc<Counts>,
}

struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answered {
    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("")
    }

    fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or("")
    }
}

impl Site {
    fn new() -> Self {
        Self::with_time_max(TIME_MAX)
    }

    fn with_time_max(time_max: Duration) -> Self {
        let (schema, counts) = toy::schema();
        let gate = Arc::new(Gate::new(&schema.sdl(), Limits::default()));
        let prepare: Prepare = Arc::new(|headers, _kind, request| {
            let token = headers.get("authorization").map(HeaderValue::as_bytes);
            assert_ne!(token, Some(b"panic at once".as_slice()));
            async move {
                match headers.get("authorization").map(HeaderValue::as_bytes) {
                    Some(b"bad") => {
                        Err(HttpError::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "The token is not known."))
                    }
                    Some(b"panic") => panic!("secret"),
                    _ => Ok(request),
                }
            }
            .boxed()
        });
        let endpoint = Endpoint::new(schema, gate, prepare).with_time_max(time_max);
        Self { endpoint: Arc::new(endpoint), counts }
    }

    async fn send(&self, request: HttpRequest) -> Answered {
        let response = self.endpoint.call(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.into_body().into_bytes().await.unwrap();
        Answered { status, headers, body: serde_json::from_slice(&body).unwrap() }
    }

    async fn post(&self, accept: &str, body: Value) -> Answered {
        self.send(post(accept, &body.to_string())).await
    }

    async fn query(&self, document: &str) -> Answered {
        self.post(GRAPHQL_RESPONSE, json!({ "query": document })).await
    }

    async fn get(&self, uri: &str) -> Answered {
        let uri: Uri = uri.parse().unwrap();
        let request = HttpRequest::builder().uri(uri).header("accept", GRAPHQL_RESPONSE);
        self.send(request.finish()).await
    }

    fn bumps(&self) -> usize {
        self.counts.bumps.load(SeqCst)
    }
}

fn post(accept: &str, body: &str) -> HttpRequest {
    HttpRequest::builder()
        .method(Method::POST)
        .header("accept", accept)
        .content_type("application/json")
        .body(body.to_owned())
}

#[tokio::test]
async fn an_answer_has_its_headers() {
    let site = Site::new();
    let answer = site.query("{ hello }").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, json!({"data": {"hello": "Hello world"}}));
    let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-request-id").len(), 24);
    let mut request = post("application/json", r#"{"query":"{ hello }"}"#);
    request.headers_mut().insert("x-request-id", "abc-1".parse().unwrap());
    request.headers_mut().insert("x-cobuild-cost", "1".parse().unwrap());
    let answer = site.send(request).await;
    assert_eq!(answer.headers["x-request-id"], "abc-1");
    assert_eq!(answer.body["extensions"], json!({"cost": {"requested": 1, "limit": 20000}}));
}

#[tokio::test]
async fn a_body_is_json_or_refused() {
    let site = Site::new();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "",
    ] {
        let request = HttpRequest::builder()
            .method(Method::POST)
            .header("content-type", content_type)
            .body(r#"{"query":"mutation { bump }"}"#);
        let answer = site.send(request).await;
        assert_eq!((answer.status, answer.code()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    }
    assert_eq!(site.bumps(), 0);
    let rows = [
        ("{", 400, "The body is not JSON, or nests more than 127 levels deep: see line 1, column 1."),
        ("[{\"query\":\"{hello}\"}]", 400, "Batches are not served; send one request for each operation."),
        ("1", 400, "The body must be a JSON object with the document in `query`."),
        ("{}", 400, "Give the document in `query`."),
        (r#"{"query":1}"#, 400, "`query` must be a string."),
        (r#"{"query":"{hello}","variables":[]}"#, 400, "`variables` must be a JSON object."),
        (r#"{"query":"{hello}","operationName":1}"#, 400, "`operationName` must be a string."),
        (r#"{"query":"{hello}","extensions":1}"#, 400, "`extensions` must be a JSON object."),
        (r#"{"query":"{hello}","variables":null,"operationName":"","other":1}"#, 200, ""),
    ];
    for (body, status, message) in rows {
        let answer = site.send(post("application/json", body)).await;
        assert_eq!((answer.status, answer.message()), (status, message), "{body}");
        assert_eq!(answer.body.get("data").is_some(), status == 200);
    }
    let large = json!({"query": "{ hello }", "variables": {"x": "x".repeat(1 << 20)}});
    let answer = site.post(GRAPHQL_RESPONSE, large).await;
    assert_eq!((answer.status, answer.code()), (413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn get_runs_queries_only() {
    let site = Site::new();
    let answer = site
        .get("/?query=query%20A%7Bhello%7D%20query%20B%28%24n%3AString%29%7Bhello%28name%3A%24n%29%7D&operationName=B&variables=%7B%22n%22%3A%22x%22%7D&extensions=")
        .await;
    assert_eq!(answer.body, json!({"data": {"hello": "Hello x"}}));
    let answer = site.get("/?query=%7Bhello%7D&variables=&operationName=").await;
    assert_eq!(answer.status, 200);
    let answer = site.get("/?query=mutation%7Bbump%7D").await;
    assert_eq!((answer.status, answer.code()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(answer.headers["allow"], "POST");
    assert_eq!(site.bumps(), 0);
    let answer = site.get("/?query=%7Bhello%7D&variables=x").await;
    assert_eq!((answer.status, answer.code()), (400, "BAD_REQUEST"));
    assert_eq!(site.get("/").await.status, 400);
    let put = HttpRequest::builder().method(Method::PUT).finish();
    let answer = site.send(put).await;
    assert_eq!((answer.status, answer.headers["allow"].to_str().unwrap()), (405, "GET, POST"));
}

#[tokio::test]
async fn the_media_type_decides_the_status_of_a_refusal() {
    let site = Site::new();
    for (document, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($b: Int!) { add(a: 1, b: $b) }", "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
    ] {
        let answer = site.query(document).await;
        assert_eq!((answer.status, answer.code()), (400, code));
        assert!(answer.body.get("data").is_none());
        let answer = site.post("application/json", json!({"query": document})).await;
        assert_eq!((answer.status, answer.code()), (200, code));
        assert!(answer.body.get("data").is_none());
    }
    let answer = site.post("text/html", json!({"query": "{ hello }"})).await;
    assert_eq!((answer.status, answer.code()), (406, "NOT_ACCEPTABLE"));
}

#[tokio::test]
async fn what_was_not_meant_for_the_client_is_masked() {
    let site = Site::new();
    for document in ["{ leak hello }", "{ leakParse hello }"] {
        let answer = site.query(document).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["data"]["hello"], "Hello world");
        let id = answer.headers["x-request-id"].to_str().unwrap();
        assert_eq!(answer.message(), format!("Internal error. Reference: {id}"));
        assert_eq!(answer.code(), "INTERNAL_SERVER_ERROR");
    }
    let answer = site.query("{ forbidden }").await;
    assert_eq!((answer.message(), answer.code()), ("You may not.", "FORBIDDEN"));
    let answer = site.query("{ picky(number: 4) }").await;
    assert_eq!((answer.status, answer.code()), (200, "BAD_USER_INPUT"));
    assert!(answer.body["data"].is_null());
    for document in ["{ hello boom }", "query { boom }"] {
        let answer = site.query(document).await;
        assert_eq!((answer.status, answer.code()), (500, "INTERNAL_SERVER_ERROR"));
        assert!(answer.message().starts_with("Internal error. Reference: "));
        assert!(answer.body.get("data").is_none());
    }
}

#[tokio::test]
async fn prepare_decides_who_runs() {
    let site = Site::new();
    for (token, status, code) in [
        ("bad", 401, "UNAUTHENTICATED"),
        ("panic", 500, "INTERNAL_SERVER_ERROR"),
        ("panic at once", 500, "INTERNAL_SERVER_ERROR"),
    ] {
        let mut request = post("application/json", r#"{"query":"mutation { bump }"}"#);
        request.headers_mut().insert("authorization", token.parse().unwrap());
        let answer = site.send(request).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    assert_eq!(site.bumps(), 0);
}

#[tokio::test]
async fn a_slow_query_is_stopped() {
    let site = Site::with_time_max(Duration::from_millis(20));
    let answer = site.query("{ slow }").await;
    assert_eq!((answer.status, answer.code()), (503, "TIMEOUT"));
}

#[tokio::test]
async fn a_mutation_goes_on_without_its_client() {
    let site = Site::new();
    let endpoint = Arc::clone(&site.endpoint);
    let request = post("application/json", r#"{"query":"mutation { slowBump }"}"#);
    let client = tokio::spawn(async move { endpoint.call(request).await });
    site.counts.begun.notified().await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    site.counts.go_on.notify_one();
    site.counts.done.notified().await;
    assert_eq!(site.bumps(), 1);
}

#[tokio::test]
async fn a_mutation_goes_on_after_the_time_limit() {
    let site = Site::with_time_max(Duration::from_millis(20));
    let answer = site.query("mutation { slowBump }").await;
    assert_eq!((answer.status, answer.code()), (503, "TIMEOUT"));
    site.counts.go_on.notify_one();
    site.counts.done.notified().await;
    assert_eq!(site.bumps(), 1);
}

#[tokio::test]
async fn a_subscription_is_sent_elsewhere() {
    let site = Site::new();
    let answer = site.query("subscription { ticks }").await;
    assert_eq!((answer.status, answer.code()), (400, "BAD_REQUEST"));
}
