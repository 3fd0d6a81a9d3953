//! Output as lines of plain text, as somebody would have read them.

/// The longest line, in characters; a longer one is cut.
const MAX_LINE: usize = 64 * 1024;
/// The farthest that a sequence moves the cursor to the right.
const MAX_COLUMN: usize = 1000;
/// The longest parameters of a sequence that are looked at.
const MAX_PARAMS: usize = 64;

/// A line, or a part of one that a full-screen program drew.
pub(crate) struct Line<'a> {
    /// When the last of it was printed, in microseconds.
    pub(crate) time: u64,
    pub(crate) text: &'a str,
    /// It was on the alternate screen, where full-screen programs draw.
    pub(crate) alternate: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    /// After ESC and an intermediate: one more character belongs to it.
    Designate,
    Csi,
    /// In a string, and whether the last character was ESC.
    String(bool),
}

/// Follows output and hands on its lines. Carriage returns, backspaces and the
/// sequences of line editors change the line; a movement to another row ends it.
pub(crate) struct Reader {
    state: State,
    params: String,
    /// The line, and how many characters it has: most are ASCII, and only appended
    /// to.
    line: String,
    count: usize,
    column: usize,
    time: u64,
    alternate: bool,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Ground,
            params: String::new(),
            line: String::new(),
            count: 0,
            column: 0,
            time: 0,
            alternate: false,
        }
    }

    /// Whether it is where a new one is: what follows does not depend on what came
    /// before.
    pub(crate) fn is_clear(&self) -> bool {
        self.state == State::Ground && self.count == 0 && self.column == 0
    }

    pub(crate) fn push(&mut self, time: u64, text: &str, take: &mut dyn FnMut(&Line<'_>)) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.state == State::Ground {
                let (run, after) = rest.split_at(printable(rest));
                if !run.is_empty() {
                    self.time = time;
                    self.print(run, take);
                }
                rest = after;
            }
            let mut characters = rest.chars();
            let Some(character) = characters.next() else { return };
            rest = characters.as_str();
            match self.state {
                State::Ground => match idle_sequence(character, rest) {
                    Some(length) => rest = &rest[length..],
                    None => self.control(character, take),
                },
                State::Escape => self.escape(character, take),
                State::Designate => self.state = State::Ground,
                State::Csi => self.csi(character, take),
                State::String(escaped) => self.string(character, escaped),
            }
        }
    }

    /// The last line, which nothing ends.
    pub(crate) fn finish(&mut self, take: &mut dyn FnMut(&Line<'_>)) {
        self.leave(take);
    }

    fn control(&mut self, character: char, take: &mut dyn FnMut(&Line<'_>)) {
        match character {
            '\x1b' => self.state = State::Escape,
            '\u{9b}' => self.begin_csi(),
            '\n' | '\x0b' | '\x0c' => self.end_line(take),
            '\r' => self.column = 0,
            '\x08' => self.column = self.column.saturating_sub(1),
            '\t' => self.column = (self.column / 8 * 8 + 8).min(MAX_COLUMN.max(self.column)),
            _ => {}
        }
    }

    /// Characters without controls. A line that is too long is cut.
    fn print(&mut self, run: &str, take: &mut dyn FnMut(&Line<'_>)) {
        let mut rest = run;
        while !rest.is_empty() {
            if self.column >= MAX_LINE {
                self.end_line(take);
                self.column = 0;
            }
            let room = MAX_LINE - self.column;
            let (now, later) = rest.split_at(prefix(rest, room));
            self.put(now);
            rest = later;
        }
    }

    fn put(&mut self, run: &str) {
        if self.column > self.count {
            self.line.extend(std::iter::repeat_n(' ', self.column - self.count));
            self.count = self.column;
        }
        let length = if run.is_ascii() { run.len() } else { run.chars().count() };
        if self.column == self.count {
            self.line.push_str(run);
        } else {
            let end = self.at(self.column + length);
            self.line.replace_range(self.at(self.column)..end, run);
        }
        self.column += length;
        self.count = self.count.max(self.column);
    }

    /// The byte at which a character of the line begins.
    fn at(&self, column: usize) -> usize {
        if self.line.len() == self.count {
            column.min(self.count)
        } else {
            prefix(&self.line, column)
        }
    }

    fn escape(&mut self, character: char, take: &mut dyn FnMut(&Line<'_>)) {
        self.state = match character {
            '[' => return self.begin_csi(),
            ']' | 'P' | 'X' | '^' | '_' => State::String(false),
            ' '..='/' => State::Designate,
            '\x1b' => State::Escape,
            _ => State::Ground,
        };
        if matches!(character, 'c' | 'D' | 'E' | 'M') {
            self.leave(take);
        }
    }

    fn begin_csi(&mut self) {
        self.params.clear();
        self.state = State::Csi;
    }

    fn string(&mut self, character: char, escaped: bool) {
        self.state = match character {
            '\x07' | '\x18' | '\x1a' | '\u{9c}' => State::Ground,
            '\\' if escaped => State::Ground,
            '[' if escaped => return self.begin_csi(),
            _ => State::String(character == '\x1b'),
        };
    }

    fn csi(&mut self, character: char, take: &mut dyn FnMut(&Line<'_>)) {
        match character {
            '\x1b' => self.state = State::Escape,
            '\x18' | '\x1a' => self.state = State::Ground,
            ' '..='?' if self.params.len() < MAX_PARAMS => self.params.push(character),
            '@'..='~' => {
                self.state = State::Ground;
                self.act(character, take);
            }
            _ => {}
        }
    }

    fn act(&mut self, last: char, take: &mut dyn FnMut(&Line<'_>)) {
        // Colours, most of all, change nothing.
        if !is_acting(last) {
            return;
        }
        let number = |index: usize| -> usize {
            self.params.split(';').nth(index).and_then(|each| each.parse().ok()).unwrap_or(0)
        };
        let (first, count) = (number(0), number(0).clamp(1, MAX_COLUMN));
        let second = number(1);
        let (from, all) = (self.at(self.column), self.line.len());
        let to = self.at(self.column.saturating_add(count));
        let blanks = |count: usize| " ".repeat(count);
        match last {
            'C' => self.column = (self.column + count).min(MAX_COLUMN.max(self.column)),
            'D' => self.column = self.column.saturating_sub(count),
            'G' | '`' => self.column = count - 1,
            'K' if first == 0 => self.edit(from..all, ""),
            'K' if first == 1 => self.edit(0..from, &blanks(self.column.min(self.count))),
            'K' => self.edit(0..all, ""),
            'P' => self.edit(from..to, ""),
            '@' if from < all => self.edit(from..from, &blanks(count)),
            'X' => self.edit(from..to, &blanks(self.line[from..to].chars().count())),
            'H' | 'f' => self.move_away(second.clamp(1, MAX_COLUMN) - 1, take),
            'E' | 'F' => self.move_away(0, take),
            'A' | 'B' | 'd' | 'e' | 'J' | 'r' => self.move_away(self.column, take),
            'h' | 'l' => self.set_mode(last == 'h', take),
            _ => {}
        }
    }

    fn edit(&mut self, range: std::ops::Range<usize>, with: &str) {
        self.line.replace_range(range, with);
        self.count = self.line.chars().count();
    }

    fn set_mode(&mut self, on: bool, take: &mut dyn FnMut(&Line<'_>)) {
        let Some(modes) = self.params.strip_prefix('?') else { return };
        if modes.split(';').any(|mode| matches!(mode, "47" | "1047" | "1049")) {
            self.move_away(0, take);
            self.alternate = on;
        }
    }

    fn move_away(&mut self, column: usize, take: &mut dyn FnMut(&Line<'_>)) {
        self.leave(take);
        self.column = column;
    }

    /// The line ends without a line feed: nothing is lost, and no line is made
    /// up where there was nothing.
    fn leave(&mut self, take: &mut dyn FnMut(&Line<'_>)) {
        if self.line.bytes().any(|byte| byte != b' ') {
            self.end_line(take);
        }
        self.line.clear();
        self.count = 0;
    }

    fn end_line(&mut self, take: &mut dyn FnMut(&Line<'_>)) {
        let (time, text, alternate) = (self.time, self.line.trim_end_matches(' '), self.alternate);
        take(&Line { time, text, alternate });
        self.line.clear();
        self.count = 0;
    }
}

/// How many bytes come before the first control, C0 or C1, or DEL.
fn printable(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let Some(found) = first_special(&bytes[from..]) else { return bytes.len() };
        let at = from + found;
        // U+0080 to U+009F; the others that begin so are printed.
        if bytes[at] != 0xc2 || bytes.get(at + 1).is_some_and(|next| *next < 0xa0) {
            return at;
        }
        from = at + 2;
    }
}

/// The first byte that is a control, or may begin one: eight at a time.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    // The lowest byte that is so is marked by its top bit; marks above it mean nothing.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        let found = control | zero(word ^ (ONES * 0x7f)) | zero(word ^ (ONES * 0xc2));
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let ends = |byte: &u8| *byte < 0x20 || matches!(*byte, 0x7f | 0xc2);
    Some(words.len() * 8 + rest.iter().position(ends)?)
}

/// How many bytes follow an ESC that belong to a sequence which changes no line,
/// such as a colour; `None` for anything else.
#[inline]
fn idle_sequence(character: char, rest: &str) -> Option<usize> {
    let params = rest.as_bytes().strip_prefix(b"[").filter(|_| character == '\x1b')?;
    let length = params.iter().position(|byte| !matches!(byte, b' '..=b'?'))?;
    let last = char::from(params[length]);
    (matches!(last, '@'..='~') && !is_acting(last)).then_some(length + 2)
}

/// Whether a sequence that ends so changes the line, or ends it.
const fn is_acting(last: char) -> bool {
    matches!(last, '@'..='H' | 'J' | 'K' | 'P' | 'X' | '`' | 'd'..='f' | 'h' | 'l' | 'r')
}

/// The bytes of so many characters from the front on, or all there are.
fn prefix(text: &str, count: usize) -> usize {
    if text.len() <= count {
        return text.len();
    }
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use proptest::prelude::*;

    fn lines(pieces: &[&str]) -> Vec<String> {
        let (mut reader, mut lines) = (Reader::new(), Vec::new());
        let mut take = |line: &super::Line<'_>| lines.push(line.text.to_owned());
        for piece in pieces {
            reader.push(0, piece, &mut take);
        }
        reader.finish(&mut take);
        lines
    }

    proptest! {
        #[test]
        fn the_lines_do_not_depend_on_where_output_is_cut(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "text", "漢字", "\r\n", "\r", "\u{8}", "\t", "\u{7f}", "\u{9b}", "\u{a0}", "\u{1b}[1;31m", "\u{1b}[",
                "\u{1b}[?25h", "\u{1b}[2C", "\u{1b}[K", "\u{1b}[3", "\u{1b}]0;t\u{7}", "\u{1b}(B", "\u{1b}[ q", "; m",
            ]), 0..40),
        ) {
            let text = pieces.concat();
            let characters: Vec<String> = text.chars().map(String::from).collect();
            let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
            prop_assert_eq!(lines(&[&text]), lines(&characters));
        }
    }
}
