mod access;
mod damage;
#[cfg(unix)]
mod kills;
mod moments;
mod restoring;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use offheap_ring::Ring;

use crate::{
    Checkpoint, ClientShape, Directory, Identity, Journal, Life, ROOM, Recovered, ScreenShape,
    Sizes,
};

/// A directory that goes with the test.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("offheap-journal-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn open(&self) -> Directory {
        Directory::open(&self.0, None).expect("a directory")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) const SIZES: Sizes = Sizes { capacity: 64 * 1024, checkpoint: 20_000 };

/// The output of every test: the byte at an offset, never the one that fills the
/// room.
pub(super) fn byte(offset: u64) -> u8 {
    (offset.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0] & 0x7f
}

pub(super) fn output(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(byte).collect()
}

/// The snapshot of every test: as long as its offset says.
pub(super) fn snapshot(offset: u64) -> Vec<u8> {
    output(offset, offset + offset % SIZES.checkpoint as u64)
}

pub(super) fn identity(id: &str) -> Identity {
    Identity { id: id.to_owned(), created_ms: 1_700_000_000_000, ..Identity::default() }
}

pub(super) fn shape() -> ScreenShape {
    ScreenShape {
        cols: 80,
        rows: 24,
        scrollback_lines: 1000,
        scrollback_bytes: 1 << 20,
        own: ClientShape { unicode: 11, ..ClientShape::default() },
        client: ClientShape { unicode: 15, version: 1, options: 0x2b, tab_stop_width: 4 },
    }
}

pub(super) fn create(directory: &Directory, id: &str) -> (Journal, Ring) {
    directory.create(&identity(id), Life::default(), SIZES).expect("a journal")
}

/// Reads so many bytes of the test's output, with checkpoints as they are due.
pub(super) fn run(journal: &mut Journal, ring: &mut Ring, count: usize) {
    let to = ring.end() + count as u64;
    while ring.end() < to {
        if journal.is_checkpoint_due(ring) {
            let at = ring.end();
            assert!(journal.checkpoint(ring, 80, 24, &snapshot(at)));
        }
        let left = usize::try_from(to - ring.end()).unwrap().min(ROOM);
        let bytes = output(ring.end(), ring.end() + left as u64);
        let read = journal.read(ring, |room| {
            let count = room.len().min(bytes.len());
            room[..count].copy_from_slice(&bytes[..count]);
            Ok::<_, ()>(count)
        });
        assert!(read.is_ok());
    }
}

/// Where a history begins and ends in its file: offsets are higher after its
/// newest bytes may have been lost.
pub(super) fn span(found: &Recovered) -> (u64, u64) {
    let base = found.journal.base();
    (found.ring.start() - base, found.ring.end() - base)
}

/// The offset of the last checkpoint in its file.
pub(super) fn last_checkpoint(found: &Recovered) -> Option<u64> {
    let last = found.journal.last_checkpoint()?;
    Some(last.offset - found.journal.base())
}

/// A history is what the oracle says, at its offsets, and so is its screen.
pub(super) fn check(found: &Recovered) {
    let (start, end) = span(found);
    let kept = found.ring.slices(0, usize::MAX).to_vec();
    assert!(kept == output(start, end), "wrong bytes between {start} and {end}");
    if let Some(checkpoint) = found.journal.last_checkpoint() {
        let offset = checkpoint.offset - found.journal.base();
        assert!((start..=end).contains(&offset));
        assert!(checkpoint.data == snapshot(offset), "at {offset}");
    }
}

/// Everything is there: up to `end`, and from where the capacity allows.
pub(super) fn check_all(found: &Recovered, end: u64) {
    assert_eq!(span(found), (end.saturating_sub(SIZES.capacity as u64), end));
    assert!(found.exact, "not exact at {end}");
    check(found);
}
