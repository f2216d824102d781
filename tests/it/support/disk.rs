//! A file system so small that it can be filled.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A file system in memory.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// One of `size`, as `mount` takes it. `None` where mounting is not allowed; in CI, where that must not
    /// pass unseen, a panic.
    pub fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(dir.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        assert!(std::env::var_os("CI").is_none(), "a small file system cannot be mounted, and CI is set");
        super::skipped("a small file system cannot be mounted");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all room but for about `bytes`.
    pub fn fill_but(&self, bytes: usize) -> Filler {
        let path = self.path().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        let block = [1_u8; 4_096];
        let mut written = 0;
        while file.write_all(&block).is_ok() {
            written += block.len();
        }
        file.set_len((written - bytes.min(written)) as u64).unwrap();
        Filler(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What cannot be unmounted goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// A file that is there to take room, and gives it back when it is dropped.
pub struct Filler(PathBuf);

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
