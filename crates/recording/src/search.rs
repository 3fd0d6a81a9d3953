//! Text in lines, regardless of case.

use memchr::memmem::Finder;

/// What is in most lines, the most frequent first. Anything else is rare.
const FREQUENT: &str = " etaoinsrhldcumpfgybw0123456789-./:";

/// What is looked for.
pub(crate) struct Needle {
    lower: String,
    finder: Finder<'static>,
    /// Where its rarest byte is, and that, small and large; where all are ASCII.
    rarest: Option<(usize, u8, u8)>,
}

impl Needle {
    pub(crate) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let finder = Finder::new(lower.as_bytes()).into_owned();
        let rank = |byte: u8| FREQUENT.find(char::from(byte)).unwrap_or(usize::MAX);
        let rarest = lower.bytes().enumerate().max_by_key(|(_, byte)| rank(*byte));
        let rarest = rarest.filter(|_| lower.is_ascii());
        let rarest = rarest.map(|(at, byte)| (at, byte, byte.to_ascii_uppercase()));
        Self { lower, finder, rarest }
    }

    pub(crate) fn is_in(&self, line: &str) -> bool {
        match self.rarest {
            Some(rarest) if line.is_ascii() => self.is_in_ascii(line.as_bytes(), rarest),
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

    fn is_in_ascii(&self, line: &[u8], (before, small, large): (usize, u8, u8)) -> bool {
        let length = self.lower.len();
        let Some(last) = line.len().checked_sub(length) else { return false };
        memchr::memchr2_iter(small, large, &line[before..=before + last])
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
