//! Where keyframes are made anew.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::folder;

/// A file for keyframes while they are made. It is gone when this is, unless it
/// was put in its place.
pub(crate) struct Scratch {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) beside: bool,
}

impl Scratch {
    /// Beside the cast, or where that cannot be, among temporary files.
    pub(crate) fn create(cast: &Path, beside: bool) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("keys-{}-{number}.tmp", std::process::id());
        let near = cast.with_extension(&unique);
        if beside && let Ok(file) = folder::create(&near) {
            return Ok(Self { file, path: near, beside: true });
        }
        let path = std::env::temp_dir().join(format!("offheap-{unique}"));
        let file = folder::create(&path)?;
        Ok(Self { file, path, beside: false })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // After the rename it is no longer there.
        let _ = fs::remove_file(&self.path);
    }
}
