//! What is looked for in text: in time that grows with the text alone, whatever the
//! pattern.

use regex::bytes::{Regex, RegexBuilder};

/// How large a pattern may become once it is compiled, in bytes.
const MAX_COMPILED: usize = 1024 * 1024;
/// The longest pattern, in bytes.
const MAX_SOURCE: usize = 16 * 1024;

/// A pattern that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// Something to be looked for in text.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The text that matches.
    pub text: String,
    /// Its groups, in their order; `None` for those that have no part in it.
    pub groups: Vec<Option<String>>,
}

impl Pattern {
    /// A text, as it is.
    ///
    /// # Errors
    /// [`PatternError`] when it is too long.
    pub fn literal(text: &str) -> Result<Self, PatternError> {
        Self::expression(&regex::escape(text), "")
    }

    /// An expression in the syntax of the `regex` crate, with flags of JavaScript:
    /// `i`, `m` and `s` mean what they mean there, others mean nothing here.
    ///
    /// # Errors
    /// [`PatternError`] when it is none, such as one with look-around or with
    /// references to its own groups, or is too large.
    pub fn expression(source: &str, flags: &str) -> Result<Self, PatternError> {
        if source.len() > MAX_SOURCE {
            return Err(PatternError(format!("it has more than {MAX_SOURCE} bytes")));
        }
        let built = RegexBuilder::new(source)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .build();
        built.map(Self).map_err(|error| PatternError(error.to_string()))
    }

    /// The first match that begins at `from` or later.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<Found> {
        let captures = self.0.captures_at(text, from)?;
        let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let groups = captures.iter().skip(1);
        let groups = groups.map(|group| group.map(|group| owned(group.as_bytes()))).collect();
        Some(Found { text: owned(&captures[0]), groups })
    }
}
