//! Lines that pass through the screen within one input.
//!
//! When a program prints many lines at once, most of them enter the screen at
//! the bottom and leave it at the top before anybody could look. Such lines are
//! written into the scrollback directly, with the same bytes that drawing them
//! into cells and encoding the cells would give. Only the lines that stay on the
//! screen are drawn.

use super::cell::Cell;
use super::charset::Charset;
use super::client::XtermVersion;
use super::edges::Edges;
use super::modes::Mode;
use super::parser::params::Params;
use super::parser::printable;
use super::row_writer::Writer;
use super::scrollback::LONGEST_LINE;
use super::style::Style;
use super::terminal::Terminal;
use super::text_run::measure;
use super::width::{Join, UnicodeVersion};
use memchr::{memchr, memchr_iter, memrchr};

/// Lines looked at in one go.
const MOST: usize = 512;
/// Lines that must pass, beside those that stay, for the shortcut to pay.
const GAIN: usize = 4;

/// Bytes of which it is found out at once whether they are plain lines.
const BLOCK: usize = 240;

/// A line that was looked at.
#[derive(Clone, Copy)]
struct Line {
    /// Its length, with CR LF.
    len: u32,
    columns: u16,
    coloured: bool,
    /// Whether it begins with a wide character.
    wide: bool,
}

/// Lines that were looked at.
struct Lines {
    each: Vec<Line>,
    /// Bytes looked at.
    seen: usize,
}

impl Lines {
    /// Looks for lines of text and colours, each within `cols` columns.
    fn scan(bytes: &[u8], cols: usize, unicode: UnicodeVersion) -> Self {
        let mut lines = Self { each: Vec::new(), seen: 0 };
        while lines.each.len() < MOST
            && let Some(line) = line(&bytes[lines.seen..], cols, unicode)
        {
            lines.each.push(line);
            lines.seen += line.len as usize;
        }
        lines
    }

    /// The first lines of the bytes that were looked at, each with its bytes.
    fn first<'a>(
        &'a self,
        count: usize,
        bytes: &'a [u8],
    ) -> impl Iterator<Item = (Line, &'a [u8])> {
        let mut rest = bytes;
        self.each[..count].iter().map(move |&line| {
            let (now, later) = rest.split_at(line.len as usize);
            rest = later;
            (line, now)
        })
    }
}

/// The line that the bytes begin with: simple characters and SGR sequences, of which
/// the last is a reset.
#[inline]
fn line(bytes: &[u8], cols: usize, unicode: UnicodeVersion) -> Option<Line> {
    let mut run = printable(bytes);
    let (mut at, mut columns) = (run, run);
    let (mut coloured, mut reset, mut wide) = (false, true, false);
    while columns <= cols {
        match *bytes.get(at..at + 2)? {
            [b'\r', b'\n'] if reset => {
                let (len, columns) = (u32::try_from(at + 2).ok()?, u16::try_from(columns).ok()?);
                return Some(Line { len, columns, coloured, wide });
            }
            [0x1b, b'['] => {
                let params = &bytes[at + 2..];
                let len = params.iter().position(|byte| !matches!(byte, 0x30..=0x3b))?;
                if params[len] != b'm' {
                    return None;
                }
                coloured = true;
                reset = matches!(params[..len], [] | [b'0']);
                at += len + 3;
            }
            [0xc2..=0xff, _] => {
                let text = measure(&bytes[at..], cols - columns, unicode, run > 0)?;
                wide |= columns == 0 && text.begins_wide;
                at += text.bytes;
                columns += text.columns;
            }
            _ => return None,
        }
        run = printable(&bytes[at..]);
        at += run;
        columns += run;
    }
    None
}

/// How many bytes at the beginning are whole lines of printable ASCII with CR LF
/// behind each, none too long to be kept as it is. None of them unless that is as
/// good as all.
fn plain_lines(bytes: &[u8], cols: usize) -> usize {
    let most = cols.min(LONGEST_LINE - 1);
    let first = printable(&bytes[..bytes.len().min(most + 1)]);
    if first > most || !bytes[first..].starts_with(b"\r\n") {
        return 0;
    }
    let text = &bytes[..bare_length(bytes)];
    let mut len = 0;
    while let Some(last) = memrchr(b'\n', &text[len..text.len().min(len + most + 2)]) {
        len += last + 1;
    }
    if bytes.len() - len > BLOCK + most + 2 { 0 } else { len }
}

/// How many bytes at the beginning, in whole blocks, are printable ASCII and CR LF, if
/// they do not begin within one.
fn bare_length(bytes: &[u8]) -> usize {
    let mut len = 0;
    while let Some(window) = bytes.get(len..=len + BLOCK) {
        // Without a way out of the loop many bytes are looked at at once.
        let mut odd = 0u8;
        for (&byte, &next) in window.iter().zip(&window[1..]) {
            let is_return = u8::from(byte == b'\r');
            let is_end = is_return | u8::from(byte == b'\n');
            let is_text = u8::from(byte.wrapping_sub(0x20) < 0x5f);
            odd |= is_return ^ u8::from(next == b'\n') | 1 ^ (is_text | is_end);
        }
        if odd != 0 {
            break;
        }
        len += BLOCK;
    }
    len
}

/// The length of the lines before the last `after` ones, and how many there are
/// in all; none if there are no more than `after`.
fn split(lines: &[u8], after: usize) -> Option<(usize, usize)> {
    let mut taken = lines.len();
    for _ in 0..after {
        let (last, rest) = lines[..taken].split_last()?;
        debug_assert_eq!(*last, b'\n');
        taken = memrchr(b'\n', rest).map_or(0, |at| at + 1);
    }
    let passing = line_feeds(&lines[..taken]);
    (passing > 0).then_some((taken, passing + after))
}

/// What is left of lines without the first ones.
fn skip_lines(lines: &[u8], count: usize) -> &[u8] {
    let mut rest = lines;
    for _ in 0..count {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        rest = &rest[end..];
    }
    rest
}

fn line_feeds(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count()
}

/// Writes a line with colours as the scrollback keeps rows; returns the style of its
/// first character.
fn encode(line: &[u8], params: &mut Params, writer: &mut Writer, version: XtermVersion) -> Style {
    let mut pen = Style::default();
    let (mut at, mut first) = (0, None);
    loop {
        let rest = line.get(at..).unwrap_or_default();
        let run = run_of_text(rest);
        if run > 0 {
            let style = pen.effective();
            first = first.or(Some(style));
            writer.run(style, &rest[..run]);
            at += run;
        }
        if line.get(at) != Some(&0x1b) {
            writer.finish();
            return first.unwrap_or_default();
        }
        let sequence = &line[at + 2..];
        let len = sequence.iter().position(|&byte| byte == b'm').unwrap_or(sequence.len());
        pen.select_all(&sequence[..len], params, version);
        at += len + 3;
    }
}

/// How many bytes at the beginning of a line that was looked at are text.
#[inline]
fn run_of_text(line: &[u8]) -> usize {
    let ascii = printable(line);
    let rest = &line[ascii..];
    match rest.first() {
        None | Some(0x1b) => ascii,
        Some(_) => ascii + memchr(0x1b, rest).unwrap_or(rest.len()),
    }
}

/// How many sequences there are in a line.
fn sequences(line: &[u8]) -> usize {
    memchr_iter(0x1b, line).count()
}

impl Terminal {
    /// Whether lines that come now would enter at the bottom and leave at the top.
    #[inline]
    pub(super) fn is_at_bottom(&self) -> bool {
        let active = &self.active;
        let fresh = || {
            let row = active.row(active.y);
            row.stored().is_empty() && row.tail() == Cell::BLANK && !row.wrapped
        };
        active.y + 1 == self.rows
            && active.x == 0
            && (active.top, active.bottom) == (0, active.y)
            && !self.alternate
            && self.pen == Style::default()
            && self.charsets.current == Charset::Ascii
            && !self.modes.has(Mode::Insert)
            && fresh()
    }

    /// Takes lines that would pass through a screen whose cursor is at the bottom;
    /// returns how many bytes that were, and how many it has looked at.
    pub(super) fn pass_lines(&mut self, bytes: &[u8]) -> (usize, usize) {
        let plain = plain_lines(bytes, self.cols);
        let taken = self.pass_plain_lines(&bytes[..plain]);
        if taken > 0 {
            // What stays is drawn, and not looked at again.
            return (taken, plain);
        }
        let lines = Lines::scan(bytes, self.cols, self.tables.unicode);
        let staying = self.rows - 1;
        if lines.each.len() < staying + GAIN {
            return (0, lines.seen);
        }
        let passing = lines.each.len() - staying;
        self.keep_passing(bytes, &lines, passing);
        let (mut taken, mut controls) = (0, 2 * passing);
        for (line, text) in lines.first(passing, bytes) {
            taken += text.len();
            controls += if line.coloured { sequences(text) } else { 0 };
        }
        self.budget.earn(controls);
        self.begin_at_the_top();
        (taken, lines.seen)
    }

    /// The same for lines of plain text.
    fn pass_plain_lines(&mut self, lines: &[u8]) -> usize {
        let staying = self.rows - 1;
        let Some((taken, count)) = split(lines, staying) else { return 0 };
        let passing = count - staying;
        if passing < GAIN {
            return 0;
        }
        let most = self.scrollback.max_rows();
        self.count_scrolled(count);
        if most > 0 {
            // What would be pushed out again at once is not kept in the first place.
            for y in count.saturating_sub(most).min(staying)..staying {
                self.scrollback.push(self.active.row(y), self.cols, &self.tables);
            }
            let skipped = passing.saturating_sub(most);
            let kept = skip_lines(&lines[..taken], skipped);
            self.scrollback.push_lines(kept, passing - skipped, self.cols);
        }
        self.budget.earn(2 * passing);
        self.begin_at_the_top();
        taken
    }

    /// What stays is printed from the top, and ends at the bottom again.
    fn begin_at_the_top(&mut self) {
        self.active.change_rows(0, self.rows, |row| {
            row.fill(Cell::BLANK);
            row.wrapped = false;
        });
        self.active.y = 0;
        self.join = Join::NONE;
        self.in_run = false;
    }

    /// Puts the rows on the screen and then the lines that pass into the scrollback.
    fn keep_passing(&mut self, bytes: &[u8], lines: &Lines, passing: usize) {
        let most = self.scrollback.max_rows();
        let count = lines.each.len();
        self.count_scrolled(count);
        if most == 0 {
            return;
        }
        // What would be pushed out again at once is not kept in the first place.
        let skipped = count.saturating_sub(most);
        let staying = count - passing;
        for y in skipped.min(staying)..staying {
            self.scrollback.push(self.active.row(y), self.cols, &self.tables);
        }
        let version = self.client.version;
        let mut params = Params::new();
        let mut scratch = Vec::new();
        let kept = lines.first(passing, bytes).skip(skipped.saturating_sub(staying));
        for (line, text) in kept {
            let mut row = text.strip_suffix(b"\r\n").unwrap_or(text);
            let mut style = Style::default();
            if line.coloured {
                scratch.clear();
                let mut writer = Writer::new(&self.tables, &mut scratch);
                style = encode(row, &mut params, &mut writer, version);
                row = &scratch;
            }
            let edges = Edges::of_text(usize::from(line.columns), style, line.wide, self.cols);
            self.scrollback.push_bytes(edges, row);
        }
    }
}
