//! Where a journal's file is, and how much room all of them take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;
use crate::system::Folder;

/// What a directory and the journals in it share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: Folder,
    /// Bytes of all journals.
    pub(crate) used: AtomicU64,
    /// The most bytes that all journals may have.
    pub(crate) most: u64,
    /// Tells apart files that are made within one millisecond.
    pub(crate) next: AtomicU64,
}

/// Where a journal's file is.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) shared: Arc<Shared>,
    pub(crate) name: String,
}

impl Shared {
    pub(crate) fn release(&self, size: u64) {
        let less = |used: u64| Some(used.saturating_sub(size));
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl Place {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn remove(self, size: u64) -> Result<(), Error> {
        self.shared.folder.remove(&self.name)?;
        self.shared.release(size);
        Ok(())
    }
}
