//! Lines that are followed without being drawn, because the lines after them push
//! them off the screen and out of the scrollback before anybody can look.
//!
//! What such lines leave behind is little: the attributes that text is printed
//! with, the column of the cursor, how far the screen has scrolled, and what they
//! earned for the budget. Only the count of rows takes more than a glance, since
//! a line may wrap. A line with no more bytes than there are columns cannot, so
//! most lines are not even looked at one by one.

use super::buffer::Buffer;
use super::client::Client;
use super::modes::Mode;
use super::parser::params::Params;
use super::parser::{printable, utf8};
use super::terminal::Terminal;
use super::width::Join;
use memchr::{memchr, memrchr};

impl Terminal {
    /// Whether plain lines do no more here than scroll a normal buffer.
    pub(super) fn can_leap(&self) -> bool {
        !self.alternate
            && (self.active.top, self.active.bottom + 1) == (0, self.rows)
            && !self.modes.has(Mode::ReverseWrap)
    }

    /// Follows plain lines without drawing them.
    pub(super) fn leap(&mut self, lines: &[u8]) {
        let mut walk = Walk {
            cols: self.cols,
            wraps: 0,
            x: self.active.x,
            join: self.join,
            wraparound: self.modes.has(Mode::Wraparound),
            new_line: self.modes.has(Mode::NewLine),
            client: self.client,
            buffer: &self.active,
        };
        let feeds = walk.lines(lines);
        let (down, x) = (feeds + walk.wraps, walk.x);
        self.active.x = x;
        let room = self.rows - 1 - self.active.y;
        self.active.y += down.min(room);
        self.count_scrolled(down.saturating_sub(room));
        self.carry_pen(lines);
        if !self.budget.is_full() {
            let controls = lines.iter().filter(|&&byte| byte < 0x20).count();
            self.budget.earn(controls);
        }
        self.join = Join::NONE;
        self.in_run = false;
    }

    /// Gives the pen the attributes that the lines end with.
    fn carry_pen(&mut self, lines: &[u8]) {
        let mut from = lines.len();
        while let Some(at) = memrchr(0x1b, &lines[..from]) {
            from = at;
            if lines[at..].starts_with(b"\x1b[m") || lines[at..].starts_with(b"\x1b[0m") {
                break;
            }
        }
        let mut rest = &lines[from..];
        if rest.is_empty() {
            return;
        }
        let mut params = Params::new();
        let version = self.client.version;
        let pen = self.pen_mut();
        while let Some(at) = memchr(0x1b, rest) {
            rest = rest.get(at + 2..).unwrap_or_default();
            params.reset();
            let len = rest.iter().take_while(|&&byte| byte < 0x40).count();
            rest[..len].iter().for_each(|&byte| params.take(byte));
            if rest.get(len) == Some(&b'm') {
                pen.select(&params, version);
            }
        }
    }
}

/// Follows the cursor's column through plain lines and counts the wraps.
struct Walk<'a> {
    cols: usize,
    wraps: usize,
    x: usize,
    join: Join,
    wraparound: bool,
    new_line: bool,
    client: Client,
    /// For its tab stops.
    buffer: &'a Buffer,
}

impl Walk<'_> {
    /// Walks over whole lines; returns how many line feeds there are.
    fn lines(&mut self, lines: &[u8]) -> usize {
        let has_tabs = memchr(b'\t', lines).is_some();
        let mut feeds = 0;
        let mut at = 0;
        while at < lines.len() {
            let rest = &lines[at..];
            let hop = if self.is_at_start() { self.hop(rest, has_tabs) } else { 0 };
            if hop > 0 {
                feeds += count(&rest[..hop], |byte| byte == b'\n');
                at += hop;
                continue;
            }
            let end = memchr(b'\n', rest).unwrap_or(rest.len() - 1);
            let line = &rest[..=end];
            if !(self.is_at_start() && self.fits(line, has_tabs)) {
                self.line(line);
            }
            feeds += 1;
            at += end + 1;
        }
        feeds
    }

    fn is_at_start(&self) -> bool {
        self.x == 0 && self.join.is_none()
    }

    /// The length of the lines at the front that have no more bytes together than
    /// there are columns, line ends aside. No byte takes more than one column,
    /// except for tabs, so none of these lines wraps.
    fn hop(&self, rest: &[u8], has_tabs: bool) -> usize {
        let window = &rest[..rest.len().min(self.cols + 2)];
        let Some(last) = memrchr(b'\n', window) else { return 0 };
        if last == 0
            || window[last - 1] != b'\r'
            || has_tabs && memchr(b'\t', &window[..last]).is_some()
        {
            return 0;
        }
        last + 1
    }

    /// Whether the line is certain not to wrap and ends in the first column.
    fn fits(&self, line: &[u8], has_tabs: bool) -> bool {
        line.ends_with(b"\r\n")
            && !(has_tabs && memchr(b'\t', line).is_some())
            && most_columns(line, self.cols + 2) <= self.cols + 2
    }

    /// Walks over one line, its line feed included.
    fn line(&mut self, line: &[u8]) {
        let mut at = 0;
        while at < line.len() {
            let run = printable(&line[at..]);
            if run > 0 && self.join.takes_all() {
                self.character(u32::from(line[at]));
                at += 1;
            } else if run > 0 {
                self.narrow(run);
                at += run;
            } else {
                at += self.other(&line[at..]);
            }
        }
    }

    /// Takes a control, a sequence or a character beyond ASCII; returns its length.
    fn other(&mut self, rest: &[u8]) -> usize {
        match rest[0] {
            0x1b => {
                let len = sequence_len(rest);
                if rest.get(len - 1) == Some(&b'K') {
                    self.x = self.x.min(self.cols);
                }
                self.join = Join::NONE;
                len
            }
            byte @ ..0x20 => {
                self.control(byte);
                self.join = Join::NONE;
                1
            }
            _ => match utf8::decode(rest) {
                utf8::Step::Char(code, len) => {
                    self.character(code);
                    len
                }
                utf8::Step::Skip(len) => len,
                utf8::Step::Incomplete => rest.len(),
            },
        }
    }

    fn control(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                if self.new_line {
                    self.x = 0;
                }
                if self.x >= self.cols {
                    self.x -= 1;
                }
            }
            b'\r' => self.x = 0,
            0x08 => self.x = self.x.min(self.cols - 1).saturating_sub(1),
            b'\t' if self.x < self.cols => self.x = self.buffer.tabs.next(self.x, self.cols),
            _ => {}
        }
    }

    /// Characters of one column each.
    fn narrow(&mut self, count: usize) {
        self.join = Join::NARROW;
        if !self.wraparound {
            self.x = (self.x + count).min(self.cols);
            return;
        }
        if self.x >= self.cols {
            self.next_row();
        }
        let end = self.x + count;
        let wraps = (end - 1) / self.cols;
        self.wraps += wraps;
        self.x = end - wraps * self.cols;
    }

    fn character(&mut self, code: u32) {
        if self.client.ignores(code) {
            return;
        }
        let before = self.join;
        self.join = before.followed_by(code, self.client.unicode);
        if self.join.is_joined() {
            self.join(before.width(), self.join.width());
        } else {
            self.put(self.join.width());
        }
    }

    /// A character of so many columns takes others, for what was joined to it.
    fn join(&mut self, before: usize, width: usize) {
        let grown = width.saturating_sub(before);
        if grown > 0 && self.x + grown > self.cols {
            if !self.wraparound {
                self.x = self.cols - 1;
                return;
            }
            self.next_row();
            self.x = before;
        }
        if self.x == 0 {
            self.put(width);
        } else {
            self.x += grown;
        }
    }

    fn put(&mut self, width: usize) {
        if self.x + width > self.cols {
            self.next_row();
            if width == 2 && !self.wraparound {
                return;
            }
        }
        self.x += width.max(1);
    }

    fn next_row(&mut self) {
        if self.wraparound {
            self.x = 0;
            self.wraps += 1;
        } else {
            self.x = self.cols - 1;
        }
    }
}

/// The most columns that a plain line without tabs can take, line ends included;
/// some number above `enough` if it can take more than that.
fn most_columns(line: &[u8], enough: usize) -> usize {
    // A character of three or four bytes takes two columns at most, any other one.
    let within = |bytes: &[u8]| {
        let continued = count(bytes, |byte| byte & 0xc0 == 0x80);
        bytes.len() - continued + count(bytes, |byte| byte >= 0xe0)
    };
    let columns = within(line);
    if columns <= enough {
        return columns;
    }
    let mut hidden = 0;
    let mut rest = line;
    while columns.saturating_sub(hidden) > enough
        && let Some(at) = rest.iter().position(|&byte| byte == 0x1b)
    {
        let len = sequence_len(&rest[at..]);
        hidden += len;
        rest = rest.get(at + len..).unwrap_or_default();
    }
    columns.saturating_sub(hidden)
}

/// The length of the control sequence at the front.
fn sequence_len(bytes: &[u8]) -> usize {
    let params = bytes.get(2..).unwrap_or_default();
    params.iter().take_while(|&&byte| byte < 0x40).count() + 3
}

/// How many bytes there are for which this holds.
fn count(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    // So few that a byte holds their number, which keeps the sum fast.
    let part = |part: &[u8]| part.iter().map(|&byte| u8::from(holds(byte))).sum::<u8>();
    bytes.chunks(255).map(|bytes| usize::from(part(bytes))).sum()
}
