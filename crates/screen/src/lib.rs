//! A terminal screen without a display, which follows xterm.js exactly.
//!
//! A [`Screen`] takes the output of a program, in any pieces, and knows at any
//! time what an xterm.js that had seen the same bytes would show. It can write
//! a [snapshot](Screen::snapshot): bytes that turn a fresh xterm.js of the same
//! size into that terminal, so that a viewer who comes late sees what all the
//! others see.
//!
//! ```
//! use offheap_screen::{Screen, ScreenOptions};
//!
//! let options = ScreenOptions { cols: 20, rows: 3, ..ScreenOptions::default() };
//! let mut screen = Screen::new(&options);
//! screen.feed(b"\x1b[1mone\x1b[m\r\ntwo");
//! assert_eq!(screen.text(), "one\ntwo\n");
//!
//! let mut snapshot = Vec::new();
//! screen.snapshot(None, &mut snapshot);
//! let mut copy = Screen::new(&options);
//! copy.feed(&snapshot);
//! assert_eq!(copy.text(), screen.text());
//! ```
//!
//! # What is exact
//!
//! Parser, cells, modes, wrapping and reflow follow xterm.js, quirks included:
//! where a standard and the client disagree, the client is right. Clients differ,
//! so a screen is exact for one: its version, its width table and its options are
//! a [`Client`], by default an xterm.js 6.0 as it comes. Another one can take over,
//! see [`Screen::set_client`].
//!
//! A snapshot is made of ordinary output, so it cannot say everything. Half of a
//! wide character becomes a blank, and an empty cell that shows an attribute
//! becomes a space. The [`Screen`] itself knows the difference.
//!
//! # What is bounded
//!
//! The bytes come from programs nobody vouches for. So whatever could grow
//! without end is bounded: scrollback, titles, links, combined characters,
//! unfinished sequences, answers and what is said
//! beside the output. Work is bounded, too: what a few bytes may
//! ask for beyond their own length (shifting all columns, repeating a character)
//! draws on a budget that every control and every sequence refills. Ordinary
//! programs never use it up.
//!
//! # How it is built
//!
//! The parser turns bytes into runs of text, controls and sequences; the terminal
//! performs them on two buffers of rows. A cell takes eight bytes: a character and
//! the number of its style. A row that scrolls off is written into the scrollback
//! as the bytes that draw it, so a snapshot copies it, and a resize reads it back.

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
#![warn(unreachable_pub, unused_qualifications)]

mod adapt;
mod answers;
mod budget;
mod buffer;
mod cell;
mod charset;
mod client;
mod color_codes;
mod csi;
mod cursor;
mod edges;
mod erase;
mod grapheme_table;
mod graphemes;
mod images;
mod leap;
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
mod said;
mod screen;
mod scrollback;
mod sequence;
mod sgr;
mod snapshot;
mod snapshot_writer;
mod store;
mod style;
mod tables;
mod tabs;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod text_run;
mod titles;
mod width;
mod width_table;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use client::{Client, ImageSupport, XtermVersion};
pub use options::{MAX_CELLS, ScreenOptions};
pub use said::{Aside, Said};
pub use screen::Screen;
pub use snapshot_writer::SnapshotWriter;
pub use width::UnicodeVersion;
