//! The shim between a server and its disk (`shim.c`), built by the tests and loaded before the C library.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::support::binary::{self, Server};

/// How a call fails; the numbers are the shim's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Eio = 1,
    NoSpace = 2,
    /// Half of a write is done.
    Short = 3,
    /// Nothing is done, and success is told.
    Lie = 4,
    /// Of the syncs only, this one fails.
    Sync = 5,
    /// The process is killed before it does it.
    Kill = 6,
}

/// One thing that was done to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    pub file: u32,
    /// Where something was written, or the new length.
    pub offset: u64,
    /// What was written, or the path.
    pub bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Opened,
    Wrote,
    Synced,
    Truncated,
    Removed,
    SyncFailed,
}

/// What the shim tells while the server runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Writes, syncs and truncations.
    pub calls: u64,
    pub failed: u64,
    pub records: u64,
    pub syncs: u64,
}

/// The shim for the servers of one directory, one after the other.
pub struct Shim {
    library: &'static Path,
    /// Where the files it minds are.
    directory: PathBuf,
    own: TempDir,
    logs: bool,
}

impl Shim {
    /// `None` where no C compiler builds it; in CI, where that must not pass unseen, a panic.
    pub fn of(directory: &Path) -> Option<Self> {
        let own = tempfile::tempdir().unwrap();
        Some(Self { library: library()?, directory: directory.to_owned(), own, logs: false })
    }

    /// Has it write down what is done.
    pub fn logging(mut self) -> Self {
        self.logs = true;
        self
    }

    /// Starts a server whose `fail_at`th call fails so; 0 is none.
    ///
    /// # Errors
    /// What the server said when it ended at once.
    pub fn serve(&self, url: &str, fail_at: u64, how: How) -> Result<Server, String> {
        Server::try_start(self.command(&["serve", "--database", url], fail_at, how))
    }

    /// A command whose `fail_at`th call fails so; 0 is none.
    pub fn command(&self, arguments: &[&str], fail_at: u64, how: How) -> Command {
        let fields = [0, fail_at, how as u64, 0, 0, 0];
        fs::write(self.control(), fields.map(u64::to_ne_bytes).concat()).unwrap();
        let mut command = binary::cobuild();
        command.args(arguments);
        command.env("LD_PRELOAD", self.library).env("COBUILD_SHIM_DIR", &self.directory);
        command.env("COBUILD_SHIM_CONTROL", self.control());
        if self.logs {
            command.env("COBUILD_SHIM_LOG", self.log());
        }
        command
    }

    pub fn count(&self) -> Count {
        let bytes = fs::read(self.control()).unwrap();
        let field = |at: usize| u64::from_ne_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap());
        Count { calls: field(0), failed: field(3), records: field(4), syncs: field(5) }
    }

    /// All that was written down.
    pub fn records(&self) -> Vec<Record> {
        let log = fs::read(self.log()).unwrap();
        let mut rest = log.as_slice();
        let mut records = vec![];
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(24);
            let word = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
            let long = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().unwrap());
            let (bytes, tail) = tail.split_at(usize::try_from(long(16)).unwrap());
            let kinds = [Kind::Opened, Kind::Wrote, Kind::Synced, Kind::Truncated, Kind::Removed, Kind::SyncFailed];
            let kind = kinds[word(0) as usize - 1];
            records.push(Record { kind, file: word(4), offset: long(8), bytes: bytes.to_vec() });
            rest = tail;
        }
        records
    }

    fn control(&self) -> PathBuf {
        self.own.path().join("control")
    }

    fn log(&self) -> PathBuf {
        self.own.path().join("log")
    }
}

/// The shim's library, built once in this process.
fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<(TempDir, PathBuf)>> = OnceLock::new();
    let built = LIBRARY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fault/shim.c");
        let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        compiler.args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
        let told = compiler.args(["-ldl", "-lpthread"]).stdin(Stdio::null()).output();
        let why = match told {
            Ok(output) if output.status.success() => return Some((dir, library)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(why) => why.to_string(),
        };
        assert!(std::env::var_os("CI").is_none(), "the shim cannot be built, and CI is set: {why}");
        // Not `eprintln!`, which the runner keeps to itself while a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: the shim cannot be built: {why}");
        None
    });
    built.as_ref().map(|(_, library)| library.as_path())
}
