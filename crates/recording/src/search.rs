//! Text in lines, regardless of case.

use memchr::memmem::Finder;

/// What is looked for.
pub(crate) struct Needle {
    lower: String,
    finder: Finder<'static>,
    /// The first byte, small and large, where all are ASCII.
    first: Option<(u8, u8)>,
}

impl Needle {
    pub(crate) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let finder = Finder::new(lower.as_bytes()).into_owned();
        let first = lower.bytes().next().filter(|_| lower.is_ascii());
        let first = first.map(|byte| (byte, byte.to_ascii_uppercase()));
        Self { lower, finder, first }
    }

    pub(crate) fn is_in(&self, line: &str) -> bool {
        let bytes = line.as_bytes();
        match self.first {
            Some((small, large)) if line.is_ascii() => self.is_in_ascii(bytes, small, large),
            _ => self.finder.find(line.to_lowercase().as_bytes()).is_some(),
        }
    }

    fn is_in_ascii(&self, line: &[u8], small: u8, large: u8) -> bool {
        let length = self.lower.len();
        let Some(last) = line.len().checked_sub(length) else { return false };
        memchr::memchr2_iter(small, large, &line[..=last])
            .any(|at| line[at..at + length].eq_ignore_ascii_case(self.lower.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::Needle;
    use proptest::prelude::*;

    #[test]
    fn case_does_not_matter() {
        for (text, line) in [("Ab", "xaB"), ("ä", "Ä"), ("k", "\u{212a}"), ("", "x"), ("ß", "ß")]
        {
            assert!(Needle::new(text).is_in(line), "{text} in {line}");
        }
        assert!(!Needle::new("ab").is_in("a"));
    }

    proptest! {
        #[test]
        fn it_finds_what_is_there(text in "[aAbB ]{0,3}|\\PC{0,2}", line in "[aAbB ]{0,9}|\\PC{0,9}") {
            let expected = line.to_lowercase().contains(&text.to_lowercase());
            prop_assert_eq!(Needle::new(&text).is_in(&line), expected);
        }
    }
}
