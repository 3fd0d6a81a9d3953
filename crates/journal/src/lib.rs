//! Histories that outlive the process that keeps them.
//!
//! A [`Journal`] is one memory-mapped file for one session: who the session is,
//! how it stands, the newest bytes of its output, and a checkpoint, from which
//! together with the bytes since the screen can be made again. Its space is
//! reserved when it is made, so no later store can fail. A process that is
//! killed at any instant loses nothing; what it was in the middle of reading is
//! found again by [`Directory::recover`].
//!
//! The files of one program lie in one [`Directory`], readable by its user
//! alone. Numbers in a file are little-endian; `docs/journal.md` describes the
//! format.

#![cfg_attr(test, allow(clippy::print_stderr, reason = "a test that is skipped says so"))]

mod blocks;
mod checkpoint;
mod directory;
mod error;
mod fields;
mod identity;
mod journal;
mod layout;
mod life;
mod place;
mod recovery;
mod resizes;
mod system;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use directory::{Directory, Lock};
pub use error::Error;
pub use identity::{ClientShape, Identity, ScreenShape};
pub use journal::{Journal, Room};
pub use layout::{ROOM, Sizes};
pub use life::{Exit, Life};
pub use recovery::Recovered;
pub use resizes::Resize;
