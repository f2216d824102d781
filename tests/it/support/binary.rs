//! The binary as a person or a script runs it, and the server it starts.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver},
};

use reqwest::Response;
use serde_json::{Value, json};

use super::Fixture;

/// The variables that would change what a command does.
const VARIABLES: [&str; 6] =
    ["COBUILD_DATABASE", "COBUILD_DATA_DIR", "COBUILD_CONFIG", "COBUILD_LISTEN", "COBUILD_LOG", "COBUILD_LOG_FORMAT"];

pub fn cobuild() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cobuild"));
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    cobuild().args(arguments).output().expect("the binary runs")
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Runs a command that must succeed, and gives what it printed.
pub fn print(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

pub fn print_json(arguments: &[&str]) -> Value {
    serde_json::from_str(&print(arguments)).unwrap()
}

/// A server of the test's own, which does not outlive it.
pub struct Server {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub address: String,
    /// What it said before that.
    pub before: String,
    /// What it says after that, line by line; a thread keeps reading, so that it never waits for a reader.
    pub said: Receiver<String>,
}

impl Server {
    /// Starts a server on a free port and waits until it says where.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = cobuild();
        command.args(arguments);
        Self::try_start(command).unwrap_or_else(|before| panic!("the server ended: {before}"))
    }

    /// Starts a server on a free port and waits until it says where; what it said, if it ends before.
    pub fn try_start(mut command: Command) -> Result<Self, String> {
        command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut before = String::new();
        let address = loop {
            let Some(line) = lines.next() else {
                child.wait().unwrap();
                return Err(before);
            };
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("cobuild is serving on http://") {
                break address.to_owned();
            }
            before.push_str(&line);
            before.push('\n');
        };
        let (say, said) = mpsc::channel();
        // A test that does not listen has not dropped the receiver, or has ended.
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        Ok(Self { child, address, before, said })
    }

    pub fn of(db: &Fixture) -> Self {
        Self::start(&["serve", "--database", &db.url])
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Response {
        reqwest::get(self.url(path)).await.unwrap()
    }

    pub async fn ask(&self, query: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = reqwest::Client::new().post(self.url("/graphql")).json(&json!({ "query": query }));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.header("Accept", "application/graphql-response+json").send().await.unwrap()
    }

    pub async fn ask_with(&self, query: &str, token: &str) -> Response {
        self.ask(query, &[("Authorization", &format!("Bearer {token}"))]).await
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end: the code, and what it said.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        (status.code(), self.said.iter().collect::<Vec<_>>().join("\n"))
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        let (code, said) = self.end();
        // That the machine is slow is no complaint.
        let said: Vec<&str> = said.lines().filter(|line| !line.contains("slow")).collect();
        assert_eq!((code, said), (None, vec![]), "it was killed, and had nothing to complain of before");
    }

    /// Ends it at once, whatever it has complained of.
    pub fn end_now(mut self) {
        self.child.kill().unwrap();
        self.end();
    }

    pub fn stop(self) {
        self.signal("TERM");
        let (code, said) = self.end();
        assert_eq!(code, Some(0), "{said}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
