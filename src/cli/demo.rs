//! `cobuild demo`.

use std::path::{Path, PathBuf};

use super::{Context, exit::Failure, open, output, serve};
use crate::{
    clock::Clock,
    config::{DATA_DIR, Place, Serving},
    demo::{self, Sample, Tokens, district},
    fund::{self, FundFilter},
    page::{Direction, Page},
    server::Example,
};

const HELP: &str = "\
There are two samples: a community's books, followed to the fen; and a district of 112 communities, five of them \
with full books over two years, for trying and for measuring. \
The sample books are made where the database is empty, and one token for each role is written to \
demo-tokens.json in the data directory. Run again on the same directory it serves what is there. A database \
that holds other books is left alone.

Examples:
  cobuild demo
  cobuild demo --sample district --data-dir district
  cobuild demo --data-dir sample --listen 127.0.0.1:0";

/// How `demo` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Which sample
    #[arg(long, value_enum, default_value_t)]
    pub sample: Sample,
    #[command(flatten)]
    pub serving: Serving,
    #[command(flatten)]
    pub place: Place,
}

/// Makes sample books where there are none, and serves them.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let config = &context.config;
    let db = open::current(&config.database).await?;
    if fund::store::by_code(&db, args.sample.fund()).await?.is_none() {
        let others = fund::store::all(&db, FundFilter::default(), &Page::start(1, Direction::Asc)).await?;
        if !others.is_empty() {
            let why = "this database holds other books; name an empty one with --data-dir or --database";
            return Err(Failure::usage(why));
        }
    }
    match args.sample {
        Sample::Community => _ = demo::create(&db).await?,
        Sample::District => {
            if let Some(made) = district::create(&db, &district::WHOLE).await? {
                eprintln!("A district was made:\n{made}");
            }
        }
    }
    // The tokens lie beside the database; beside the one of another machine they lie in the data directory.
    let beside = config.database.file().and_then(|file| file.parent().map(Path::to_path_buf));
    let dir = args.place.data_dir.clone().or(beside).unwrap_or_else(|| PathBuf::from(DATA_DIR));
    std::fs::create_dir_all(&dir).map_err(|why| Failure::fault(format!("{}: {why}", dir.display())))?;
    let tokens = demo::tokens(&db, &Clock::System, &dir, args.sample).await?;
    let examples = args.sample.examples(&tokens);
    serve::serve(config, examples.clone(), db, |_| introduce(&tokens, &examples, &dir)).await
}

fn introduce(tokens: &Tokens, examples: &[Example], dir: &Path) {
    eprintln!("The tokens of its roles are in {}:", dir.join(demo::FILE).display());
    for (name, one) in tokens {
        eprintln!("  {name}: {} ({} · {})", one.holder, one.role, one.on);
    }
    for example in examples {
        eprintln!("\n# {}\n{}\n# variables: {}", example.title, example.query.trim(), example.variables);
    }
    if output::is_watched() {
        eprintln!("\nOpen the address above in a browser and try them; Ctrl+C ends it.");
    }
}
