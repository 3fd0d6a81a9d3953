//! What is looked for in text: in time that grows with the text alone, whatever the
//! pattern.

use regex_lite::{Regex, RegexBuilder};

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
pub struct Pattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Literal(String),
    Expression(Regex),
}

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
        check_length(text)?;
        Ok(Self(Kind::Literal(text.to_owned())))
    }

    /// An expression in the syntax of the `regex-lite` crate, with flags of
    /// JavaScript: `i`, `m` and `s` mean what they mean there, others mean nothing
    /// here.
    ///
    /// # Errors
    /// [`PatternError`] when it is none, such as one with look-around or with
    /// references to its own groups, or is too large.
    pub fn expression(source: &str, flags: &str) -> Result<Self, PatternError> {
        check_length(source)?;
        let built = RegexBuilder::new(source)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(MAX_COMPILED)
            .build();
        match built {
            Ok(expression) => Ok(Self(Kind::Expression(expression))),
            Err(error) => Err(PatternError(error.to_string())),
        }
    }

    /// The first match.
    pub(super) fn find(&self, text: &str) -> Option<Found> {
        match &self.0 {
            Kind::Literal(wanted) => text
                .contains(wanted.as_str())
                .then(|| Found { text: wanted.clone(), groups: Vec::new() }),
            Kind::Expression(expression) => {
                let captures = expression.captures(text)?;
                let groups = captures.iter().skip(1);
                let groups = groups.map(|group| group.map(|group| group.as_str().to_owned()));
                Some(Found { text: captures[0].to_owned(), groups: groups.collect() })
            }
        }
    }
}

fn check_length(source: &str) -> Result<(), PatternError> {
    if source.len() <= MAX_SOURCE {
        return Ok(());
    }
    Err(PatternError(format!("it has more than {MAX_SOURCE} bytes")))
}
