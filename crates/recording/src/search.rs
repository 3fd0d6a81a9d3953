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

    /// What is shown of a line that it is in: at most so many bytes, which begin a
    /// little before it.
    pub(crate) fn shown_of<'a>(&self, line: &'a str, most: usize) -> &'a str {
        if line.len() <= most {
            return line;
        }
        let lower = line.to_lowercase();
        let found = self.finder.find(lower.as_bytes()).unwrap_or(0);
        let begin = line.floor_char_boundary(place_of(line, found).saturating_sub(most / 4));
        &line[begin..line.floor_char_boundary(begin + most)]
    }

    fn is_in_ascii(&self, line: &[u8], small: u8, large: u8) -> bool {
        let length = self.lower.len();
        let Some(last) = line.len().checked_sub(length) else { return false };
        memchr::memchr2_iter(small, large, &line[..=last])
            .any(|at| line[at..at + length].eq_ignore_ascii_case(self.lower.as_bytes()))
    }
}

/// Where a character of a line begins, by where it begins in lower case.
fn place_of(line: &str, in_lower: usize) -> usize {
    let mut lower = 0;
    for (at, character) in line.char_indices() {
        if lower >= in_lower {
            return at;
        }
        lower += character.to_lowercase().map(char::len_utf8).sum::<usize>();
    }
    line.len()
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

    #[test]
    fn of_a_long_line_what_was_found_is_shown() {
        // In lower case, this has another length.
        for filling in ["x", "ä", "\u{130}", "漢"] {
            let line = format!("{}Needle{}", filling.repeat(5000), filling.repeat(5000));
            let shown = Needle::new("nEEDLE").shown_of(&line, 1024);
            assert!(shown.contains("Needle") && shown.len() <= 1024, "{shown}");
        }
        assert_eq!(Needle::new("x").shown_of("short x", 1024), "short x");
    }

    proptest! {
        #[test]
        fn it_finds_what_is_there(text in "[aAbB ]{0,3}|\\PC{0,2}", line in "[aAbB ]{0,9}|\\PC{0,9}") {
            let expected = line.to_lowercase().contains(&text.to_lowercase());
            prop_assert_eq!(Needle::new(&text).is_in(&line), expected);
        }
    }
}
