//! `cobuild serve`.

use std::net::SocketAddr;

use super::{Context, exit::Failure, open};
use crate::{
    clock::Clock,
    config::Place,
    db::Db,
    server::{self, Example, Options},
};

const HELP: &str = "\
The database is made where there is none, and brought up to date. On SIGINT or SIGTERM no connection is \
taken any more, what is in hand is finished within 10 seconds, and the database is closed.

Each flag can be given by the environment variable beside it, or by a line in the configuration file, \
which has the keys database, data_dir, listen, log and log_format. A flag comes before the environment, \
the environment before the file.

Paths:
  /                page to try a query on
  /graphql         the graph: POST, or GET for queries
  /schema.graphql  its schema
  /health          200 when the database answers
  /statements/…    statements as CSV, XLSX or JSON
  /export/journal  a fund's journal, for auditors

Examples:
  cobuild serve
  cobuild serve --listen 0.0.0.0:8000 --database postgres://cobuild@db.example/books
  COBUILD_DATA_DIR=/var/lib/cobuild cobuild serve --log-format json";

/// How `serve` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "HOST:PORT", env = "COBUILD_LISTEN", hide_env_values = true)]
    pub listen: Option<String>,
    #[command(flatten)]
    pub place: Place,
}

/// Serves until the process is told to stop.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let config = &context.config;
    let db = open::current(&config.database).await?;
    serve(config.listen.clone(), vec![], db, |_| {}).await
}

/// Serves `db`, and says where; `ready` may say more.
pub async fn serve(
    listen: String,
    examples: Vec<Example>,
    db: Db,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let options = Options { listen, examples };
    let told = |address| {
        // Whoever started the server reads the port from this line, whatever is logged.
        eprintln!("cobuild is serving on http://{address}");
        ready(address);
    };
    server::serve(options, db, Clock::System, told).await.map_err(|why| Failure::fault(format!("{why:#}")))
}
