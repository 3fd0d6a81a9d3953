//! Terminal sessions on disk: recorded as asciicast v3, read back with instant
//! seeking.
//!
//! A [`Recording`] is written by one thread for all recordings of the process,
//! which takes output from a [`Source`] and what else happens from a [`Feed`].
//! Beside the cast it writes a keyframe file, from which a [`Playback`] seeks
//! without reading what comes before.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::case_sensitive_file_extension_comparisons,
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::format_collect,
        clippy::needless_for_each,
        reason = "tests may be plain"
    )
)]

mod blob;
mod bookmark;
mod card;
mod cast;
mod client;
mod clock;
mod cutter;
mod disk;
mod error;
mod event;
mod feed;
mod folder;
mod gathered;
mod header;
mod json_line;
mod keyframes;
mod legacy;
mod lines;
mod options;
mod output;
mod playback;
mod recorder;
mod recording;
mod scratch;
mod search;
mod sketch;
mod text;
mod track;
mod upkeep;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use event::{Event, Kind};
pub use feed::{Feed, Note};
pub use header::{About, Header};
pub use keyframes::Ending;
pub use options::{Options, SlowDisk};
pub use playback::{Hit, Moment, Playback, Segment, Status};
pub use recorder::{Prepared, finish, flush};
pub use recording::Recording;
pub use track::{Shown, Source, Taken};
