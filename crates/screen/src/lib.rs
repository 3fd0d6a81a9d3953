//! An exact screen, kept beside the bytes that draw it.
//!
//! A [`Screen`] takes the output of a program, in any pieces, and knows at any
//! time what an xterm.js that had seen the same bytes would show. It can hand
//! out a snapshot: bytes that turn a fresh xterm.js of the same size into that
//! terminal, so that a viewer who comes late sees what all the others see.
//!
//! Parser, cells, modes, wrapping and reflow follow xterm.js 6, its quirks
//! included: where a standard and the client disagree, the client is right.
//! What can grow without end there is bounded here, since the bytes come from
//! programs nobody vouches for.
//!
//! The rows that scroll off are kept as bytes, see [`scrollback`].

#![cfg_attr(
    test,
    allow(
        clippy::duration_suboptimal_units,
        clippy::format_collect,
        clippy::large_stack_arrays,
        clippy::needless_for_each,
        clippy::unchecked_time_subtraction,
        reason = "tests may be plain"
    )
)]
#![forbid(unsafe_code)]

mod answers;
mod budget;
mod buffer;
mod cell;
mod charset;
mod color_codes;
mod csi;
mod cursor;
mod edges;
mod erase;
mod modes;
mod options;
mod osc;
mod palette;
mod parser;
mod passing;
mod perform;
mod print;
mod reflow;
mod remainder;
mod report;
mod resize;
mod row;
mod row_reader;
mod row_writer;
mod screen;
mod scrollback;
mod sequence;
mod sgr;
mod snapshot;
mod store;
mod style;
mod tables;
mod tabs;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod titles;
mod width;
mod width_table;

pub use options::ScreenOptions;
pub use screen::Screen;
pub use width::UnicodeVersion;
