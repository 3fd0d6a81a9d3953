//! The frames that carry a terminal's output: `offheap.v1`, `offheap.mux.v1`
//! and the JSON protocol. `docs/protocol.md` describes them for those who
//! write a client.
//!
//! Everything here is pure: frames are written into the caller's buffer, and
//! nothing is allocated.

#![forbid(unsafe_code)]

mod binary;
mod json;

pub use binary::{Header, Position};
pub use json::{Kind, Message, ROOM, put_gap};
