//! Configuration: flags before the environment before a file before what is built in.
//!
//! * Each setting is decided by itself; a URL's password is never shown.
//! * An unknown key in the file is refused: a misspelt setting must not be a silent default.
//! * Relative paths are taken from the current directory, in the file as on the command line.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// Where data is kept when nothing else is said, in the current directory.
pub const DATA_DIR: &str = "cobuild-data";
/// Where the server listens when nothing else is said: this machine only.
pub const LISTEN: &str = "127.0.0.1:8000";
/// The largest file that is taken when nothing else is said, in MiB.
pub const UPLOAD_MAX_MIB: u64 = 1024;
/// How long a server waits before it takes over another's import when nothing else is said, in seconds.
pub const IMPORT_LEASE_SECONDS: u64 = 30;
/// What is logged when nothing else is said.
pub const LOG: &str = "warn,cobuild=info";
/// The name of the database file in the data directory.
const DATABASE_FILE: &str = "cobuild.db";
/// The name of the configuration file in the data directory.
const CONFIG_FILE: &str = "cobuild.toml";

/// Why the program cannot be configured so, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(pub String);

/// Where the database is, as flags or the environment say it.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Where the database is")]
pub struct Place {
    /// The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME` [default: cobuild.db in the data directory]
    #[arg(long, value_name = "URL", env = "COBUILD_DATABASE", hide_env_values = true, global = true)]
    pub database: Option<String>,
    /// The directory of cobuild.db and cobuild.toml [default: cobuild-data]
    #[arg(long, value_name = "DIR", env = "COBUILD_DATA_DIR", hide_env_values = true, global = true)]
    pub data_dir: Option<PathBuf>,
    /// The configuration file [default: cobuild.toml in the data directory, when there is one]
    #[arg(long, value_name = "FILE", env = "COBUILD_CONFIG", hide_env_values = true, global = true)]
    pub config: Option<PathBuf>,
}

/// What a server is told, as flags or the environment say it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Serving {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "HOST:PORT", env = "COBUILD_LISTEN", hide_env_values = true)]
    pub listen: Option<String>,
    /// The largest file that is taken, in MiB [default: 1024]
    #[arg(long, value_name = "MIB", env = "COBUILD_UPLOAD_MAX_MIB", hide_env_values = true)]
    pub upload_max_mib: Option<u64>,
    /// After how many seconds another server takes over an import whose server does not answer [default: 30]
    #[arg(long, value_name = "SECONDS", env = "COBUILD_IMPORT_LEASE_SECONDS", hide_env_values = true)]
    pub import_lease_seconds: Option<u64>,
}

/// What is logged and how, as flags or the environment say it.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "What is told")]
pub struct Log {
    /// What is logged to standard error: a level, or targets with levels [default: warn,cobuild=info]
    #[arg(long, value_name = "FILTER", env = "COBUILD_LOG", hide_env_values = true, global = true)]
    pub log: Option<String>,
    /// How it is logged [default: text]
    #[arg(long, value_name = "FORMAT", env = "COBUILD_LOG_FORMAT", hide_env_values = true, global = true)]
    pub log_format: Option<LogFormat>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What a configuration file may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<String>,
    data_dir: Option<PathBuf>,
    listen: Option<String>,
    upload_max_mib: Option<u64>,
    import_lease_seconds: Option<u64>,
    log: Option<String>,
    log_format: Option<LogFormat>,
}

/// What the program works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the database is.
    pub database: DatabaseUrl,
    /// Where the server listens.
    pub listen: String,
    /// The largest file that is taken, in MiB.
    pub upload_max_mib: u64,
    /// How long a server waits before it takes over another's import, in seconds.
    pub import_lease_seconds: u64,
    /// What is logged.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
}

impl Config {
    /// Decides every setting; reads the configuration file where there is one.
    ///
    /// # Errors
    /// When the file cannot be read or says what it may not, and when the database's URL is of no engine we know.
    pub fn load(place: &Place, log: &Log, serving: &Serving) -> Result<Self, BadConfig> {
        let file = match &place.config {
            Some(path) => read(path)?.ok_or_else(|| BadConfig(format!("there is no {}", path.display())))?,
            None => {
                let dir = place.data_dir.as_deref().unwrap_or(Path::new(DATA_DIR));
                read(&dir.join(CONFIG_FILE))?.unwrap_or_default()
            }
        };
        Self::decide(place, log, serving, file)
    }

    /// What a command works with that has no place to be told: no file is read.
    ///
    /// # Errors
    /// None in practice: what is built in is well-formed.
    pub fn unplaced(log: &Log) -> Result<Self, BadConfig> {
        Self::decide(&Place::default(), log, &Serving::default(), File::default())
    }

    fn decide(place: &Place, log: &Log, serving: &Serving, file: File) -> Result<Self, BadConfig> {
        let database = match place.database.clone().or(file.database) {
            Some(url) => DatabaseUrl::parse(url)?,
            None => {
                let dir = place.data_dir.clone().or(file.data_dir);
                DatabaseUrl::in_dir(&dir.unwrap_or_else(|| DATA_DIR.into()))?
            }
        };
        Ok(Self {
            database,
            listen: serving.listen.clone().or(file.listen).unwrap_or_else(|| LISTEN.into()),
            upload_max_mib: serving.upload_max_mib.or(file.upload_max_mib).unwrap_or(UPLOAD_MAX_MIB),
            import_lease_seconds: seconds(serving.import_lease_seconds.or(file.import_lease_seconds))?,
            log: log.log.clone().or(file.log).unwrap_or_else(|| LOG.into()),
            log_format: log.log_format.or(file.log_format).unwrap_or_default(),
        })
    }
}

/// A lease that can be renewed before it runs out.
fn seconds(given: Option<u64>) -> Result<u64, BadConfig> {
    match given.unwrap_or(IMPORT_LEASE_SECONDS) {
        seconds @ 1..=3600 => Ok(seconds),
        seconds => Err(BadConfig(format!("import_lease_seconds is {seconds}; 1 to 3600 is accepted"))),
    }
}

/// The file's settings; `None` where there is no file.
fn read(path: &Path) -> Result<Option<File>, BadConfig> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(BadConfig(format!("{shown} cannot be read: {why}"))),
    };
    toml::from_str(&text).map(Some).map_err(|why| {
        let before = why.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        BadConfig(format!("{shown}, line {line}: {}", why.message().replace('\n', "; ")))
    })
}

/// The URL of a database. Shown without what is secret in it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes a URL of an engine that we know.
    ///
    /// # Errors
    /// For any other, and for SQLite's databases in memory, which readers and writer cannot share.
    pub fn parse(url: String) -> Result<Self, BadConfig> {
        let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if !known {
            // What it begins with might be the password, so it is not repeated.
            let why = "the database must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME";
            return Err(BadConfig(why.into()));
        }
        if url.starts_with("sqlite:") && (url.contains(":memory:") || url.contains("mode=memory")) {
            return Err(BadConfig("the database must be a file: what is in memory is lost with the process".into()));
        }
        Ok(Self(url))
    }

    /// The database file in a data directory.
    ///
    /// # Errors
    /// When the directory's name is no Unicode.
    pub fn in_dir(dir: &Path) -> Result<Self, BadConfig> {
        let path = dir.join(DATABASE_FILE);
        let text = path.to_str().ok_or_else(|| BadConfig(format!("{} is no Unicode name", path.display())))?;
        // The URL's own marks, where a directory is called so.
        Ok(Self(format!("sqlite:{}", text.replace('%', "%25").replace('?', "%3F"))))
    }

    /// The URL with all that is secret in it.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// The file, where the database is one.
    pub fn file(&self) -> Option<PathBuf> {
        let path = self.0.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        Some(path.replace("%3F", "?").replace("%25", "%").into())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.file() {
            return write!(f, "sqlite:{}", file.display());
        }
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.split('?').next().unwrap_or_default();
        match authority.rsplit_once('@') {
            Some((user, host)) => write!(f, "{scheme}://{}@{host}/{path}", user.split(':').next().unwrap_or_default()),
            // A password with a slash that nobody escaped: nothing can be told from anything else.
            None if rest.contains('@') => write!(f, "{scheme}://…"),
            None => write!(f, "{scheme}://{}/{path}", authority.split('?').next().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://ann:s3:cret@db.example:5432/books?sslmode=require", "postgres://ann@db.example:5432/books"),
            ("postgresql://ann:s@cret@db/books", "postgresql://ann@db/books"),
            ("postgres://db/books?user=ann&password=secret", "postgres://db/books"),
            ("postgres://db/books?user=ann&password=s@cret", "postgres://…"),
            ("postgres://ann:s?cr/et@db/books", "postgres://…"),
            ("postgres://ann:s?cret@db/books", "postgres://ann@db/books"),
            ("sqlite:a/b.db?mode=rwc", "sqlite:a/b.db"),
        ] {
            let url = DatabaseUrl::parse(url.into()).unwrap();
            assert_eq!(format!("{url} {url:?}"), format!("{shown} {shown}"));
        }
    }

    #[test]
    fn a_database_of_no_engine_is_refused() {
        for url in ["mysql://ann:secret@db/books", "cobuild.db", "sqlite::memory:", "sqlite:x?mode=memory"] {
            let refused = DatabaseUrl::parse(url.into()).unwrap_err();
            assert!(!refused.0.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn flags_come_before_the_file_and_the_file_before_what_is_built_in() {
        let file = File { listen: Some("file:1".into()), data_dir: Some("of-file".into()), ..File::default() };
        let place = Place { data_dir: Some("100%?".into()), ..Place::default() };
        let config = Config::decide(&place, &Log::default(), &Serving::default(), file.clone()).unwrap();
        assert_eq!(config.listen, "file:1");
        assert_eq!(config.database.secret(), "sqlite:100%25%3F/cobuild.db");
        assert_eq!(config.database.file(), Some("100%?/cobuild.db".into()));
        assert_eq!(config.log, LOG);
        let flag = Serving { listen: Some("flag:2".into()), ..Serving::default() };
        let config = Config::decide(&Place::default(), &Log::default(), &flag, file).unwrap();
        assert_eq!(config.listen, "flag:2");
        assert_eq!(config.database.secret(), "sqlite:of-file/cobuild.db");
    }
}
