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
    line: Vec<char>,
    column: usize,
    time: u64,
    alternate: bool,
    text: String,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Ground,
            params: String::new(),
            line: Vec::new(),
            column: 0,
            time: 0,
            alternate: false,
            text: String::new(),
        }
    }

    pub(crate) fn push(&mut self, time: u64, text: &str, take: &mut dyn FnMut(&Line<'_>)) {
        for character in text.chars() {
            match self.state {
                State::Ground => self.ground(character, time, take),
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

    fn ground(&mut self, character: char, time: u64, take: &mut dyn FnMut(&Line<'_>)) {
        match character {
            '\x1b' => self.state = State::Escape,
            '\u{9b}' => self.begin_csi(),
            '\n' | '\x0b' | '\x0c' => self.end_line(take),
            '\r' => self.column = 0,
            '\x08' => self.column = self.column.saturating_sub(1),
            '\t' => self.column = (self.column / 8 * 8 + 8).min(MAX_COLUMN.max(self.column)),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' => {}
            _ => self.print(character, time, take),
        }
    }

    fn print(&mut self, character: char, time: u64, take: &mut dyn FnMut(&Line<'_>)) {
        self.time = time;
        if self.column >= MAX_LINE {
            self.end_line(take);
            self.column = 0;
        }
        if self.column >= self.line.len() {
            self.line.resize(self.column, ' ');
            self.line.push(character);
        } else {
            self.line[self.column] = character;
        }
        self.column += 1;
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
        let number = |index: usize| -> usize {
            self.params.split(';').nth(index).and_then(|each| each.parse().ok()).unwrap_or(0)
        };
        let (first, count) = (number(0), number(0).clamp(1, MAX_COLUMN));
        let second = number(1);
        let length = self.line.len();
        let from = self.column.min(length);
        match last {
            'C' => self.column = (self.column + count).min(MAX_COLUMN.max(self.column)),
            'D' => self.column = self.column.saturating_sub(count),
            'G' | '`' => self.column = count - 1,
            'K' if first == 0 => self.line.truncate(from),
            'K' if first == 1 => self.line[..from].fill(' '),
            'K' => self.line.clear(),
            'P' => drop(self.line.drain(from..(from + count).min(length))),
            '@' if from < length => drop(self.line.splice(from..from, vec![' '; count])),
            'X' => self.line[from..(from + count).min(length)].fill(' '),
            'H' | 'f' => self.move_away(second.clamp(1, MAX_COLUMN) - 1, take),
            'E' | 'F' => self.move_away(0, take),
            'A' | 'B' | 'd' | 'e' | 'J' | 'r' => self.move_away(self.column, take),
            'h' | 'l' => self.set_mode(last == 'h', take),
            _ => {}
        }
    }

    fn set_mode(&mut self, on: bool, take: &mut dyn FnMut(&Line<'_>)) {
        let Some(modes) = self.params.strip_prefix('?') else { return };
        if modes.split(';').any(|mode| matches!(mode, "47" | "1047" | "1049"))
            && on != self.alternate
        {
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
        if self.line.iter().any(|character| *character != ' ') {
            self.end_line(take);
        }
        self.line.clear();
    }

    fn end_line(&mut self, take: &mut dyn FnMut(&Line<'_>)) {
        self.text.clear();
        self.text.extend(&self.line);
        let (time, text, alternate) = (self.time, self.text.trim_end_matches(' '), self.alternate);
        take(&Line { time, text, alternate });
        self.line.clear();
    }
}
