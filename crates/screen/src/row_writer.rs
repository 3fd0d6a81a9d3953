//! Rows as bytes that a terminal can be fed.
//!
//! The bytes of a row begin and end with the default attributes. They hold text,
//! SGR sequences, links, moves to the right over blank cells, and erasing for
//! cells that have nothing but a background.

use super::cell::{Cell, StyleId};
use super::row::Row;
use super::sequence::{write_link, write_number};
use super::style::{Style, color};
use super::tables::Tables;
use super::width::{Join, UnicodeVersion, width_of, width_of_text};

/// Bytes that the links of a row are written in, at most, or [`LINK_BYTES_PER_COLUMN`]
/// where that is more. A link may have 4 KiB, and each cell another one: no program
/// means that, and the rows would take thousands of times the memory of their cells.
/// Text beyond is written without links.
const MAX_LINK_BYTES: usize = 16 * 1024;

/// A short link for each cell is no harm, however wide the row is.
const LINK_BYTES_PER_COLUMN: usize = 32;

/// Writes cells, keeping track of the attributes in force.
pub(super) struct Writer<'a> {
    tables: &'a Tables,
    out: &'a mut Vec<u8>,
    style: Style,
    /// The number of `style`, if it has one.
    style_id: Option<StyleId>,
    /// Blank cells to be moved over.
    gap: usize,
    /// Whether something else than a cell had to be drawn.
    is_inexact: bool,
    /// What was printed last, where graphemes are known.
    join: Join,
    /// Bytes that links may still take.
    link_room: usize,
}

impl<'a> Writer<'a> {
    /// A writer; the terminal's attributes are the default ones.
    pub(super) fn new(tables: &'a Tables, out: &'a mut Vec<u8>) -> Self {
        Self {
            tables,
            out,
            style: Style::default(),
            style_id: Some(0),
            gap: 0,
            is_inexact: false,
            join: Join::NONE,
            link_room: MAX_LINK_BYTES,
        }
    }

    /// Writes the first `cols` cells of a row; returns whether that says all of it.
    pub(super) fn row(&mut self, row: &Row, cols: usize) -> bool {
        self.link_room = MAX_LINK_BYTES.max(cols * LINK_BYTES_PER_COLUMN);
        if row.tail() == Cell::BLANK {
            let cells = row.stored();
            self.cells(&cells[..cells.len().min(cols)], cols);
        } else if row.stored().is_empty() {
            self.uniform(row.tail(), cols);
        } else {
            self.cells(&row.cells_at(0, cols), cols);
        }
        self.gap = 0;
        self.finish();
        !self.is_inexact
    }

    /// Writes equal cells.
    fn uniform(&mut self, cell: Cell, count: usize) {
        if !cell.has_content() {
            self.blanks(cell, count);
            return;
        }
        for _ in 0..count {
            self.character(cell);
        }
    }

    fn cells(&mut self, cells: &[Cell], cols: usize) {
        let mut at = 0;
        while at < cells.len() {
            at += if cells[at].has_content() {
                self.text(&cells[at..], cols - at)
            } else {
                self.blank_run(&cells[at..])
            };
        }
    }

    /// Writes one character with its attributes.
    pub(super) fn character(&mut self, cell: Cell) {
        self.select(cell.style());
        self.content(cell);
    }

    /// Writes something with the attributes of a style.
    pub(super) fn put(&mut self, write: impl FnOnce(&mut Vec<u8>), style: StyleId) {
        self.select(style);
        write(self.out);
    }

    /// Writes ASCII text of a style.
    pub(super) fn run(&mut self, style: Style, text: &[u8]) {
        if self.style != style {
            self.change(style, None);
        }
        self.out.extend_from_slice(text);
    }

    /// Back to the default attributes.
    pub(super) fn finish(&mut self) {
        self.change(Style::default(), Some(0));
    }

    /// Writes what begins with content; returns how many cells that was.
    fn text(&mut self, cells: &[Cell], room: usize) -> usize {
        self.skip_gap();
        let first = cells[0];
        self.select(first.style());
        let null = Cell::null(first.style());
        let run = Cell::ascii_run(cells, null);
        if run > 0 {
            self.keep_apart(u32::from(first.low_byte()));
        }
        self.out.extend(cells[..run].iter().map(|cell| cell.low_byte()));
        match cells.get(run) {
            Some(cell) if cell.style() == first.style() && cell.has_content() => {
                self.text_beyond_ascii(cells, run, room)
            }
            _ => run,
        }
    }

    /// Writes the rest of text that is ASCII up to `at`; returns how many cells all of
    /// it was.
    fn text_beyond_ascii(&mut self, cells: &[Cell], mut at: usize, room: usize) -> usize {
        let style = cells[at].style();
        loop {
            at += self.characters(&cells[at..], style);
            let cell = cells.get(at).copied();
            let cell = cell.filter(|cell| cell.style() == style && cell.has_content());
            let Some(cell) = cell else { return at };
            if cell.width() < 2 {
                self.content(cell);
                at += 1;
            } else if room > at + 1 && cells.get(at + 1).is_some_and(|next| next.is_stub()) {
                self.content(cell);
                at += 2;
            } else {
                // Half of a wide character cannot be printed.
                self.out.push(b' ');
                self.is_inexact = true;
                at += 1;
            }
        }
    }

    /// Writes single characters of a style that take the columns they are meant to;
    /// returns how many cells that was.
    fn characters(&mut self, cells: &[Cell], style: StyleId) -> usize {
        let mut at = 0;
        if !self.tables.unicode.separates_by_width() {
            return at;
        }
        while let Some(&cell) = cells.get(at)
            && cell.style() == style
            && cell.cluster().is_none()
            && let Some(character) = char::from_u32(cell.code())
        {
            let width = cell.width();
            let is_whole = width == 1 || cells.get(at + 1).is_some_and(|next| next.is_stub());
            if width == 0 || !is_whole || width_of(cell.code(), self.tables.unicode) != width {
                break;
            }
            // All of the array is copied, which costs less than to ask how much.
            let mut bytes = [0; 4];
            let len = character.encode_utf8(&mut bytes).len();
            let end = self.out.len() + len;
            self.out.extend_from_slice(&bytes);
            self.out.truncate(end);
            at += width;
        }
        at
    }

    #[inline]
    fn content(&mut self, cell: Cell) {
        if let Some(byte) = cell.ascii_like(Cell::null(cell.style())) {
            self.keep_apart(u32::from(byte));
            self.out.push(byte);
            return;
        }
        let mut buffer = [0; 4];
        let text = match cell.cluster() {
            Some(number) => self.tables.clusters.get(number),
            None => char::from_u32(cell.code())
                .map_or(" ", |character| character.encode_utf8(&mut buffer)),
        };
        let width = width_of_text(text, self.tables.unicode);
        if width != cell.width() {
            self.content_of_another_width(text, width, cell.width());
            return;
        }
        if cell.width() == 0 {
            self.separate();
        }
        let mut characters = text.chars().map(u32::from);
        self.keep_apart(characters.next().unwrap_or(0));
        if self.tables.unicode == UnicodeVersion::V15Graphemes {
            let unicode = self.tables.unicode;
            self.join = characters.fold(self.join, |join, next| join.followed_by(next, unicode));
        }
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Keeps a character that comes next from joining the one before, where
    /// graphemes are known.
    #[inline]
    fn keep_apart(&mut self, code: u32) {
        if self.tables.unicode != UnicodeVersion::V15Graphemes {
            return;
        }
        let mut join = self.join.followed_by(code, self.tables.unicode);
        if join.is_joined() {
            self.separate();
            join = Join::NONE.followed_by(code, self.tables.unicode);
        }
        self.join = join;
    }

    /// Any sequence keeps a character from joining the one before it.
    fn separate(&mut self) {
        let (style, id) = (self.style, self.style_id);
        self.change(Style::default(), Some(0));
        self.out.extend_from_slice(b"\x1b[m");
        self.change(style, id);
        self.join = Join::NONE;
    }

    /// Writes a character that takes other columns now than when it was printed,
    /// in as many as it took then; blanks where it does not fit.
    fn content_of_another_width(&mut self, text: &str, width: usize, columns: usize) {
        self.is_inexact = true;
        let columns = columns.max(1);
        let shown = (1..=columns).contains(&width);
        if shown {
            self.out.extend_from_slice(text.as_bytes());
        }
        let left = columns - if shown { width } else { 0 };
        self.out.extend(std::iter::repeat_n(b' ', left));
    }

    /// Writes cells without content; returns how many.
    fn blank_run(&mut self, cells: &[Cell]) -> usize {
        let first = cells[0];
        let count = cells
            .iter()
            .take_while(|cell| !cell.has_content() && cell.with_width(first.width()) == first)
            .count();
        self.blanks(first, count);
        count
    }

    /// Writes `count` cells without content that are like `first`.
    fn blanks(&mut self, first: Cell, count: usize) {
        let mut style = self.tables.styles.get(first.style());
        if first.is_stub() {
            // Half a wide character shows nothing but its background.
            style = Style::background(style.bg);
            self.is_inexact = true;
        }
        let background = style.bg & color::ALL;
        if style.marks_empty_cells() {
            self.is_inexact = true;
            self.skip_gap();
            self.select(first.style());
            self.keep_apart(u32::from(b' '));
            self.out.extend(std::iter::repeat_n(b' ', count));
        } else if background == 0 {
            self.gap += count;
        } else {
            self.skip_gap();
            if self.style.bg & color::ALL != background {
                self.change(Style::background(background), None);
            }
            self.sequence(count, b'X');
            self.gap = count;
        }
    }

    fn skip_gap(&mut self) {
        if self.gap > 0 {
            self.sequence(self.gap, b'C');
            self.gap = 0;
        }
    }

    fn sequence(&mut self, count: usize, last: u8) {
        self.join = Join::NONE;
        self.out.extend_from_slice(b"\x1b[");
        if count > 1 {
            write_number(count, self.out);
        }
        self.out.push(last);
    }

    #[inline]
    fn select(&mut self, id: StyleId) {
        if self.style_id != Some(id) {
            self.change(self.tables.styles.get(id), Some(id));
        }
    }

    fn change(&mut self, style: Style, id: Option<StyleId>) {
        self.style_id = id;
        let style = if self.link_room > 0 { style } else { Style { link: 0, ..style } };
        if style == self.style {
            return;
        }
        self.join = Join::NONE;
        if style.link != self.style.link {
            let before = self.out.len();
            write_link(style.link, &self.tables.links, self.out);
            self.link_room = self.link_room.saturating_sub(self.out.len() - before);
        }
        let old = Style { link: 0, ..self.style };
        let new = Style { link: 0, ..style };
        if old != new {
            old.write_to(new, self.out);
        }
        self.style = style;
    }
}
