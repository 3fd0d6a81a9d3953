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
use memchr::{memchr, memchr_iter, memrchr};

impl Terminal {
    /// Whether plain lines do no more here than scroll a normal buffer.
    pub(super) fn can_leap(&self) -> bool {
        !self.alternate
            && (self.active.top, self.active.bottom + 1) == (0, self.rows)
            && !self.modes.has(Mode::ReverseWrap)
    }

    /// Follows plain lines without drawing them.
    pub(super) fn leap(&mut self, lines: &[u8]) {
        let census = Census::of(lines);
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
        walk.lines(lines, &census);
        let (down, x) = (census.feeds + walk.wraps, walk.x);
        self.active.x = x;
        if !census.is_bare() {
            self.carry_pen(lines);
        }
        self.budget.earn(census.controls);
        self.move_down(down);
    }

    /// Whether a line begins at the left edge, so that it is enough to know of lines how
    /// often they wrap.
    pub(super) const fn is_between_lines(&self) -> bool {
        self.active.x == 0 && self.join.is_none()
    }

    /// Follows so many plain lines with so many controls that go on in another row so
    /// often.
    pub(super) fn leap_counted(&mut self, feeds: usize, controls: usize, wraps: usize) {
        self.budget.earn(controls);
        let wraps = if self.modes.has(Mode::Wraparound) { wraps } else { 0 };
        self.move_down(feeds + wraps);
    }

    /// Follows plain lines without counting the rows that they take: more than the
    /// screen has.
    pub(super) fn leap_uncounted(&mut self, lines: &[u8]) {
        let are_many = memchr_iter(b'\n', lines).nth(self.rows).is_some();
        if !are_many || !lines.ends_with(b"\r\n") || !self.budget.is_full() {
            return self.leap(lines);
        }
        self.carry_pen(lines);
        self.active.x = 0;
        self.move_down(self.rows);
    }

    /// Leaves the cursor so many rows further down, between two lines.
    fn move_down(&mut self, down: usize) {
        let room = self.rows - 1 - self.active.y;
        self.active.y += down.min(room);
        self.count_scrolled(down.saturating_sub(room));
        self.join = Join::NONE;
        self.in_run = false;
    }

    /// Gives the pen the attributes that the lines end with.
    pub(super) fn carry_pen(&mut self, lines: &[u8]) {
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
            let len = rest.iter().take_while(|&&byte| byte < 0x40).count();
            if rest.get(len) == Some(&b'm') {
                pen.select_all(&rest[..len], &mut params, version);
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
    /// Walks over whole lines.
    fn lines(&mut self, lines: &[u8], census: &Census) {
        if census.is_bare() && self.is_at_start() && lines.len() > census.feeds * FEW_COLUMNS {
            return self.bare_lines(lines);
        }
        let has_tabs = !census.is_bare() && memchr(b'\t', lines).is_some();
        let mut at = 0;
        while at < lines.len() {
            let rest = &lines[at..];
            let hop = if self.is_at_start() { self.hop(rest, has_tabs) } else { 0 };
            if hop > 0 {
                at += hop;
                continue;
            }
            let end = memchr(b'\n', rest).unwrap_or(rest.len() - 1);
            let line = &rest[..=end];
            if self.is_at_start() && census.is_bare() {
                self.count_wraps(line.len().saturating_sub(2));
            } else if !(self.is_at_start() && self.fits(line, has_tabs)) {
                self.line(line);
            }
            at += end + 1;
        }
    }

    /// Walks over lines of ASCII that end with CR LF, all of which begin in the first
    /// column.
    fn bare_lines(&mut self, lines: &[u8]) {
        let mut begin = 0;
        for feed in memchr_iter(b'\n', lines) {
            self.count_wraps((feed - begin).saturating_sub(1));
            begin = feed + 1;
        }
    }

    /// Walks over a line of so many narrow characters that begins in the first
    /// column, and its end.
    fn count_wraps(&mut self, columns: usize) {
        if self.wraparound && columns > self.cols {
            self.wraps += (columns - 1) / self.cols;
        }
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
    let (blocks, rest) = line.as_chunks();
    let mut last = [0x80; FEW];
    last[..rest.len()].copy_from_slice(rest);
    let columns = blocks.iter().chain([&last]).map(columns_within).sum();
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

/// Lines that are shorter on average are hopped over, several at a time.
const FEW_COLUMNS: usize = 32;

/// Bytes that are looked at at once: so few that a byte holds their number, or twice
/// that, and a multiple of what vectors hold.
const BLOCK: usize = 192;
const FEW: usize = 96;

/// The most columns of so many bytes.
#[inline]
fn columns_within(bytes: &[u8; FEW]) -> usize {
    let (mut begun, mut long) = (0u8, 0u8);
    for &byte in bytes {
        begun += u8::from(byte & 0xc0 != 0x80);
        long += u8::from(byte >= 0xe0);
    }
    usize::from(begun) + usize::from(long)
}

/// What plain lines are made of.
#[derive(Debug, Default)]
struct Census {
    /// Line feeds.
    feeds: usize,
    /// All controls.
    controls: usize,
    /// Line feeds right after a carriage return.
    ends: usize,
    /// Bytes beyond ASCII.
    has_others: bool,
}

impl Census {
    fn of(lines: &[u8]) -> Self {
        let mut census = Self::default();
        let mut rest = lines;
        while let Some(window) = rest.first_chunk() {
            census.add(window);
            rest = &rest[BLOCK..];
        }
        // Spaces are neither of what is counted.
        let mut last = [b' '; BLOCK + 1];
        last[..rest.len()].copy_from_slice(rest);
        census.add(&last);
        census
    }

    /// Looks at a block, and at the byte after it. Without a way out of the loop, and
    /// with sums that fit a byte, many bytes are looked at at once.
    #[inline]
    fn add(&mut self, window: &[u8; BLOCK + 1]) {
        let (mut feeds, mut controls, mut others, mut ends) = (0u8, 0u8, 0u8, 0u8);
        for at in 0..BLOCK {
            let (byte, next) = (window[at], window[at + 1]);
            feeds += u8::from(byte == b'\n');
            controls += u8::from(byte < 0x20);
            ends += u8::from(byte == b'\r') & u8::from(next == b'\n');
            others |= byte;
        }
        self.feeds += usize::from(feeds);
        self.controls += usize::from(controls);
        self.ends += usize::from(ends);
        self.has_others |= others >= 0x80;
    }

    /// Whether there is nothing but ASCII characters in lines that end with CR LF.
    fn is_bare(&self) -> bool {
        !self.has_others && self.ends == self.feeds && self.controls == 2 * self.feeds
    }
}
