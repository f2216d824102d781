//! A throw-away PostgreSQL cluster for the tests, run from the binaries the machine has.
//!
//! * It is never the machine's own server: its data, its socket and its port are its own.
//! * It dies with the process that started it, however that process ends, and its data with it.
//! * It is reached on 127.0.0.1 only, by TCP, with the role `cobuild`, without a password.

use std::{
    env, fs,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

const ROLE: &str = "cobuild";

/// PostgreSQL's limit for a name is 63 bytes; the rest is for the number that makes it unique.
const NAME_HINT_BYTES_MAX: usize = 48;

/// How often another port is tried when a second test process takes the chosen one first.
const PORT_TRIES_MAX: usize = 20;

const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    // Every test has a pool of its own, and the tests run side by side.
    "max_connections=200",
    "shared_buffers=128MB",
    // What waits for what nobody will let go fails with a sentence, and does not hold up the rest.
    "lock_timeout=60s",
    "statement_timeout=300s",
];

/// What makes a cluster fast because nobody needs its data after a crash.
const SETTINGS_FORGETFUL: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// Makes the cluster unless there is one, and runs its server until standard input ends or brings a
/// line; then stops the server at once, and removes the cluster unless there was a line.
///
/// A shell starts what it puts into the background with SIGQUIT ignored, so a server that has not
/// set its own handlers yet would miss the first signal: it is sent until the server is gone.
const SUPERVISOR: &str = r#"
directory=$1 binaries=$2 role=$3
shift 3
[ -d "$directory/data" ] || "$binaries/initdb" --no-sync --encoding=UTF8 --locale=C \
  --auth=trust --username="$role" --pgdata="$directory/data" >/dev/null || exit
"$binaries/postgres" -D "$directory/data" -k "$directory" "$@" </dev/null >/dev/null &
exec 2>/dev/null
read -r keep
while kill -QUIT $!; do sleep 0.05; done
[ "$keep" ] || rm -rf "$directory"
"#;

/// Where installers put the server: a folder, and what its versions' folders begin with.
const PLACES: [(&str, &str); 7] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
    ("/Library/PostgreSQL", ""),
];

/// A cluster and the server that runs on it.
#[derive(Debug)]
pub struct Cluster {
    directory: TempDir,
    binaries: PathBuf,
    account: Option<Account>,
    durable: bool,
    port: u16,
    supervisor: Option<Child>,
    databases: AtomicU32,
}

/// Who runs the server when the tests run as root, which PostgreSQL refuses to run as.
#[derive(Clone, Copy, Debug)]
struct Account {
    user: u32,
    group: u32,
}

/// The cluster all tests of this process share, started when first asked for.
///
/// `None` when the machine has no PostgreSQL; in CI, where that must not pass unseen, a panic.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start_private(false)).as_ref()
}

impl Cluster {
    /// Starts a cluster that one test has for itself, to stop it or to fill it.
    ///
    /// A `durable` one syncs to disk as in production. `None` as for [`cluster`].
    pub fn start_private(durable: bool) -> Option<Self> {
        Self::start_private_in(&env::temp_dir(), durable)
    }

    /// Starts one whose data is below `place`.
    pub fn start_private_in(place: &Path, durable: bool) -> Option<Self> {
        let binaries = binaries_installed()?;
        let directory = tempfile::Builder::new().prefix("cobuild-pg-").tempdir_in(place);
        let directory = directory.expect("the temporary directory can be written");
        let mut cluster = Self {
            account: account_for(directory.path()),
            directory,
            binaries,
            durable,
            port: 0,
            supervisor: None,
            databases: AtomicU32::new(0),
        };
        for _ in 0..PORT_TRIES_MAX {
            cluster.port = port_free();
            match cluster.start() {
                Ok(()) => return Some(cluster),
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("PostgreSQL did not start:\n{log}"),
            }
        }
        panic!("PostgreSQL found {PORT_TRIES_MAX} ports taken, one after the other");
    }

    /// Stops the server as a crash would: connections break, and the next start recovers.
    pub fn stop_immediate(&mut self) {
        assert!(self.supervisor.is_some(), "the server runs");
        self.end_supervisor(b"keep\n");
    }

    /// Starts the server after [`stop_immediate`](Self::stop_immediate), at the same address.
    pub fn start_again(&mut self) {
        assert!(self.supervisor.is_none(), "the server runs already");
        if let Err(log) = self.start() {
            panic!("PostgreSQL did not start again:\n{log}");
        }
    }

    /// Creates an empty database with a name no other has, and gives its URL.
    pub async fn create_database(&self, name_hint: &str) -> String {
        self.create_database_from("template1", name_hint).await
    }

    /// Creates a copy of a database, named or given by its URL, and gives the copy's URL.
    ///
    /// Nothing may be connected to the template: close its pool first.
    pub async fn create_database_from(&self, template: &str, name_hint: &str) -> String {
        let template = database_name(template);
        let mut hint: String = name_hint.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        hint.truncate(NAME_HINT_BYTES_MAX);
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("{hint}_{number}");
        self.administer(format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#)).await;
        self.url_of(&name)
    }

    /// Removes a database given by its URL, breaking what is still connected to it.
    pub async fn drop_database(&self, url: &str) {
        let name = database_name(url);
        self.administer(format!(r#"DROP DATABASE "{name}" WITH (FORCE)"#)).await;
    }

    /// The process the server is; it changes when the server is started again.
    pub fn server_pid(&self) -> u32 {
        let lock = fs::read_to_string(self.directory.path().join("data/postmaster.pid"))
            .expect("a server that runs has its lock file");
        let pid = lock.lines().next().and_then(|line| line.trim().parse().ok());
        pid.expect("the lock file begins with the process id")
    }

    /// Another program of PostgreSQL's, where it is installed beside the server.
    pub fn tool(&self, name: &str) -> Option<PathBuf> {
        let beside = self.binaries.join(name);
        beside.is_file().then_some(beside)
    }

    /// The directory that goes when the cluster does.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn url_of(&self, database: &str) -> String {
        let port = self.port;
        format!("postgres://{ROLE}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    async fn administer(&self, sql: String) {
        let outcome = async {
            let mut connection = PgConnection::connect(&self.url_of("postgres")).await?;
            sqlx::raw_sql(AssertSqlSafe(sql.as_str())).execute(&mut connection).await?;
            connection.close().await
        };
        if let Err(error) = outcome.await {
            panic!("{sql}: {error}");
        }
    }

    /// Starts the server and waits until it accepts connections; else gives what it logged.
    fn start(&mut self) -> Result<(), String> {
        let mut supervisor = self.supervisor_command().spawn().expect("every Unix has /bin/sh");
        let errors = supervisor.stderr.take().expect("its errors are a pipe");
        self.supervisor = Some(supervisor);
        let mut log = BufReader::new(errors);
        let mut logged = String::new();
        loop {
            let before = logged.len();
            // The supervisor lets go of this pipe: it ends when the server does.
            if log.read_line(&mut logged).is_err() || logged.len() == before {
                self.end_supervisor(b"keep\n");
                return Err(logged);
            }
            if logged[before..].contains("ready to accept connections") {
                break;
            }
        }
        // A server whose log nobody reads would stop when the pipe is full.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Ok(())
    }

    fn supervisor_command(&self) -> Command {
        let forgetful: &[&str] = if self.durable { &[] } else { &SETTINGS_FORGETFUL };
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SUPERVISOR, "cobuild-postgres"])
            .arg(self.directory.path())
            .arg(&self.binaries)
            .arg(ROLE)
            .args(["-p", &self.port.to_string()])
            .args(SETTINGS.iter().chain(forgetful).flat_map(|s| ["-c", s]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // The account may not be allowed to enter the directory the tests run in.
            .current_dir("/")
            // The log is read in English, and macOS refuses to start a server without a locale.
            .env("LC_ALL", "C")
            // Ctrl-C reaches the tests only; their end then stops the server.
            .process_group(0);
        if let Some(account) = self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }

    /// Ends the server's run, with the last words for its supervisor: none remove the cluster.
    fn end_supervisor(&mut self, words: &[u8]) {
        let Some(mut supervisor) = self.supervisor.take() else {
            return;
        };
        if let Some(mut input) = supervisor.stdin.take() {
            // A supervisor that failed does not listen any more, and has nothing left to end.
            let _ = input.write_all(words);
        }
        supervisor.wait().expect("the supervisor is our child");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end_supervisor(b"");
    }
}

fn database_name(name_or_url: &str) -> &str {
    let path = name_or_url.split('?').next().unwrap_or(name_or_url);
    path.rsplit('/').next().unwrap_or(path)
}

/// A port below those that systems give to outgoing connections, so that a stopped cluster finds
/// its own port free again.
fn port_free() -> u16 {
    let random = RandomState::new().build_hasher().finish() % 12_000;
    (0..12_000)
        .map(|step| 20_000 + ((random + step) % 12_000) as u16)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("one of 12,000 ports is free")
}

/// The account to run as, when the tests run as root; the directory becomes its own.
fn account_for(directory: &Path) -> Option<Account> {
    // Whoever created the directory is whom the process runs as.
    let owner = fs::metadata(directory).expect("it was just created").uid();
    if owner != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("/etc/passwd is readable");
    let account = ["postgres", "nobody"]
        .iter()
        .find_map(|name| passwd.lines().find_map(|line| account_in(line, name)))
        .expect("/etc/passwd has postgres or nobody: PostgreSQL refuses to run as root");
    chown(directory, Some(account.user), Some(account.group)).expect("root may give it away");
    Some(account)
}

fn account_in(line: &str, name: &str) -> Option<Account> {
    let mut fields = line.split(':');
    if fields.next() != Some(name) {
        return None;
    }
    let user = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Account { user, group })
}

/// The folder with `initdb` and `postgres`: `COBUILD_PG_BIN`, else where they usually are.
fn binaries_installed() -> Option<PathBuf> {
    if let Some(named) = env::var_os("COBUILD_PG_BIN").map(PathBuf::from) {
        assert!(has_server(&named), "COBUILD_PG_BIN is {}, where initdb and postgres are not", named.display());
        return Some(named);
    }
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|told| PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()));
    let path = env::var_os("PATH").unwrap_or_default();
    let found = configured
        .into_iter()
        .chain(env::split_paths(&path))
        .chain(PLACES.iter().filter_map(|(folder, prefix)| newest(folder, prefix)))
        .chain([PathBuf::from("/usr/local/pgsql/bin")])
        .find(|folder| has_server(folder));
    if found.is_none() {
        let missing = "PostgreSQL's binaries were not found";
        assert!(env::var_os("CI").is_none(), "{missing}, and CI is set");
        static SAID: OnceLock<()> = OnceLock::new();
        SAID.get_or_init(|| {
            // Not `eprintln!`, which the runner keeps to itself while a test passes.
            let _ = writeln!(io::stderr(), "{missing}: its half of the tests is skipped");
        });
    }
    found
}

fn has_server(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

/// The `bin` of the highest version in a folder of versions that has a server.
fn newest(folder: &str, prefix: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(folder).ok()?.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let version: u32 = name.strip_prefix(prefix)?.split('.').next()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let (_, bin) = versions.filter(|(_, bin)| has_server(bin)).max()?;
    Some(bin)
}
