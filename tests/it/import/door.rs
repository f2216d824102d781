//! A clerk at the doors of a running server: the graph with its upload address, and the plain one.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    storm::{client::Asker, town, town::Town},
    support::{Fixture, binary::Server},
};

/// What is read of an import.
const JOB: &str = "id state planHash resultUrl format error { code message } earlier { id }
    counts { rows created changed unchanged refused repeated suspected parties }
    total { amount } createdTotal { amount } controlTotal { amount } progress { rowsDone rowsTotal }";

/// The longest that an import of a test may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A clerk with a token, a fund with the code STORM, and a server.
pub struct Clerk {
    pub server: Server,
    pub http: Client,
    pub token: String,
    pub town: Town,
}

impl Clerk {
    pub async fn new(fixture: &Fixture, more: &[&str]) -> Self {
        let token = town::token(&["--database", &fixture.url]);
        let serve = [&["serve", "--database", &fixture.url], more].concat();
        let server = Server::start(&serve);
        let http = Client::new();
        let town = Town::build(&Asker::new(&http, server.url("/graphql"), &token), 1_000).await;
        Self { server, http, token, town }
    }

    pub fn asker(&self) -> Asker {
        Asker::new(&self.http, self.server.url("/graphql"), &self.token)
    }

    /// Makes room for a file: its id and its address.
    pub async fn stage(&self) -> (String, String) {
        let input = json!({ "fundId": self.town.fund, "fileName": "list.csv" });
        let upload = self.write("stagedUploadCreate", input, "upload { id url }").await["upload"].take();
        let text = |field: &Value| field.as_str().unwrap().to_owned();
        (text(&upload["id"]), text(&upload["url"]))
    }

    pub async fn send(&self, url: &str, bytes: impl Into<reqwest::Body>) -> Response {
        self.http.put(self.server.url(url)).body(bytes).send().await.unwrap()
    }

    /// The payload of a mutation.
    pub async fn write(&self, name: &str, input: Value, selection: &str) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code message }} }} }}"
        );
        self.asker().read(&query, json!({ "input": input })).await[name].take()
    }

    /// Sends a file and starts its import; `change` is what the start says besides.
    pub async fn start(&self, kind: &str, bytes: &[u8], change: Value) -> String {
        let (upload, url) = self.stage().await;
        assert_eq!(self.send(&url, bytes.to_vec()).await.status(), StatusCode::CREATED);
        let mut input = json!({ "fundId": self.town.fund, "kind": kind, "uploadId": upload });
        for (name, value) in change.as_object().unwrap() {
            input[name] = value.clone();
        }
        let started = self.write("importStart", input, "importJob { id }").await;
        assert_eq!(started["userErrors"], json!([]));
        started["importJob"]["id"].as_str().unwrap().to_owned()
    }

    pub async fn job(&self, id: &str) -> Value {
        let query = format!("query($id: ID!) {{ importJob(id: $id) {{ {JOB} }} }}");
        self.asker().read(&query, json!({ "id": id })).await["importJob"].take()
    }

    /// The job once nothing is left to do on it.
    pub async fn ended(&self, id: &str) -> Value {
        let ended = async {
            loop {
                let job = self.job(id).await;
                if !["QUEUED", "PLANNING", "COMMITTING", "UNDOING"].contains(&job["state"].as_str().unwrap()) {
                    break job;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("the import comes to an end")
    }

    /// Waits until the server has found its database again.
    pub async fn answered(&self) {
        let ready = async {
            loop {
                let query = json!({ "query": "{ funds(first: 1) { edges { node { code } } } }" });
                let answer = self.http.post(self.server.url("/graphql")).json(&query).send().await;
                if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("the server finds its database again");
    }

    /// The answer to `importCommit`.
    pub async fn commit(&self, job: &Value) -> Value {
        let input = json!({ "importJobId": job["id"], "planHash": job["planHash"] });
        self.write("importCommit", input, "importJob { id state }").await
    }

    /// Plans and books a file.
    pub async fn book(&self, kind: &str, bytes: &[u8], change: Value) -> Value {
        let id = self.start(kind, bytes, change).await;
        let planned = self.ended(&id).await;
        assert_eq!(planned["state"], "PLANNED", "{planned}");
        let committed = self.commit(&planned).await;
        assert_eq!(committed["userErrors"], json!([]), "{planned}");
        self.ended(&id).await
    }

    /// What the plain door answers.
    pub async fn post(&self, path: &str, bytes: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let request = self.http.post(self.server.url(path)).bearer_auth(&self.token).body(bytes);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(self.server.url(path)).bearer_auth(&self.token).send().await.unwrap()
    }
}
