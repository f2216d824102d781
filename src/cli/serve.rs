//! `cobuild serve`.

use std::{net::SocketAddr, time::Duration};

use super::{Context, exit::Failure, open};
use crate::{
    clock::Clock,
    config::{Config, Place, Serving},
    db::Db,
    server::{self, Example, Options},
};

const HELP: &str = "\
The database is made where there is none, and brought up to date. On SIGINT or SIGTERM no connection is \
taken any more, what is in hand is finished within 10 seconds, and the database is closed.

Each flag can be given by the environment variable beside it, or by a line in the configuration file, \
which has the keys database, data_dir, listen, upload_max_mib, import_lease_seconds, log and log_format. A flag comes before the environment, \
the environment before the file.

Paths:
  /                page to try a query on
  /graphql         the graph: POST, or GET for queries
  /schema.graphql  its schema
  /uploads/...     where a file that is to be imported is sent
  /health          200 when the database answers

Examples:
  cobuild serve
  cobuild serve --listen 0.0.0.0:8000 --database postgres://cobuild@db.example/books
  COBUILD_DATA_DIR=/var/lib/cobuild cobuild serve --log-format json";

/// How `serve` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    #[command(flatten)]
    pub serving: Serving,
    #[command(flatten)]
    pub place: Place,
}

/// Serves until the process is told to stop.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let config = &context.config;
    let db = open::current(&config.database).await?;
    serve(config, vec![], db, |_| {}).await
}

/// Serves `db`, and says where; `ready` may say more.
pub async fn serve(
    config: &Config,
    examples: Vec<Example>,
    db: Db,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let options = Options {
        listen: config.listen.clone(),
        examples,
        upload_bytes_max: config.upload_max_mib.saturating_mul(1024 * 1024),
        import_lease: Duration::from_secs(config.import_lease_seconds),
    };
    let told = |address| {
        // Whoever started the server reads the port from this line, whatever is logged.
        eprintln!("cobuild is serving on http://{address}");
        ready(address);
    };
    server::serve(options, db, Clock::System, told).await.map_err(|why| Failure::fault(format!("{why:#}")))
}
