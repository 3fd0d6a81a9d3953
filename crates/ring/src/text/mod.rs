//! What the product knows about terminal output as text.
//!
//! A terminal's output is a byte stream in which UTF-8 characters and escape
//! sequences are interleaved and cut anywhere by the kernel. The modules here
//! follow that stream without ever turning it into a V8 string:
//!
//! - [`scanner`]: the parser state at any byte, as a terminal would have it;
//! - [`plain`]: whether output is no more than lines of text and colours;
//! - [`json`]: raw output as the inside of a JSON string;
//! - [`quoted`]: text that is UTF-8 as the same, faster, and whether it is plain;
//! - [`utf8`]: the longest complete prefix of a chunk, and UTF-8 to UTF-16;
//! - [`queries`]: output without the questions a terminal would answer;
//! - [`readable`]: output as text that can be searched.

#![deny(unsafe_code)]

pub mod json;
mod lanes;
pub mod plain;
pub mod queries;
pub mod quoted;
pub mod readable;
pub mod scanner;
pub mod utf8;

#[cfg(test)]
pub(crate) mod reference;
