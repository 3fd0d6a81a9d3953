//! Rows as bytes that a terminal can be fed, and back.
//!
//! The bytes of a row begin and end with the default attributes and hold text,
//! SGR sequences, links, moves to the right over blank cells, and erasing for
//! cells that have nothing but a background.

use super::cell::{Cell, StyleId};
use super::parser::params::Params;
use super::parser::{Parser, Perform};
use super::remainder;
use super::row::Row;
use super::sgr::write_number;
use super::store::{ClusterTable, LinkTable};
use super::style::{Style, StyleTable, bg, color};
use super::width::{Join, UnicodeVersion, width_of};

/// What the numbers in cells stand for.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) styles: &'a StyleTable,
    pub(super) links: &'a LinkTable,
    pub(super) clusters: &'a ClusterTable,
    pub(super) unicode: UnicodeVersion,
}

/// How the ends of a row look, which decides how the next row can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges(pub(super) u8);

impl Edges {
    /// The row continues the one above.
    const WRAPPED: u8 = 1;
    /// Something stands in the last column.
    const FULL: u8 = 1 << 1;
    /// A character without a background begins the row. With one, wrapping would
    /// colour the row that scrolls in, and a mark would not wrap at all.
    const BEGUN: u8 = 1 << 2;
    /// Only the last column is blank.
    const GAP: u8 = 1 << 3;
    /// A wide character without a background begins the row.
    const WIDE: u8 = 1 << 4;
    /// The bytes of the row hold what drawing it leaves out, too.
    const REMAINDER: u8 = 1 << 5;

    /// The edges of a row.
    pub(super) fn of(row: &Row, cols: usize, styles: &StyleTable) -> Self {
        let reaches_edge = row.stored().len() + 1 >= cols || row.tail() != Cell::BLANK;
        if !reaches_edge && row.get(0).ascii_like(Cell::BLANK).is_some() {
            // Most rows are text that does not reach the right edge.
            return Self(if row.wrapped { Self::WRAPPED | Self::BEGUN } else { Self::BEGUN });
        }
        let (first, last) = (row.get(0), row.get(cols - 1));
        let is_plain = |cell: Cell| {
            let style = styles.get(cell.style());
            style.bg & color::ALL == 0 && !style.marks_empty_cells()
        };
        let full = |column: usize, cell: Cell| {
            cell.has_content() || column > 0 && cell.is_stub() && row.get(column - 1).width() == 2
        };
        let mut edges = 0;
        let mut add = |flag: u8, on: bool| edges |= if on { flag } else { 0 };
        add(Self::WRAPPED, row.wrapped);
        add(Self::FULL, full(cols - 1, last));
        let background = styles.get(first.style()).bg & color::ALL;
        add(Self::BEGUN, first.has_content() && first.width() > 0 && background == 0);
        let gap = cols > 2 && !full(cols - 1, last) && full(cols - 2, row.get(cols - 2));
        add(Self::GAP, gap && is_plain(last));
        let wide = first.width() == 2 && row.get(1).is_stub();
        add(Self::WIDE, wide && is_plain(first));
        Self(edges)
    }

    /// The edges of a row of `columns` narrow characters that stands alone and
    /// begins with a background if it is `tinted`.
    pub(super) const fn of_text(columns: usize, tinted: bool, cols: usize) -> Self {
        let begun = if columns > 0 && !tinted { Self::BEGUN } else { 0 };
        let end = match cols - columns {
            0 => Self::FULL,
            1 if cols > 2 => Self::GAP,
            _ => 0,
        };
        Self(begun | end)
    }

    const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// The same row, the bytes of which hold what drawing it leaves out, too.
    pub(super) const fn with_remainder(self) -> Self {
        Self(self.0 | Self::REMAINDER)
    }

    /// The bytes that draw the row, of all its bytes.
    pub(super) fn drawing(self, bytes: &[u8]) -> &[u8] {
        if self.has(Self::REMAINDER) { remainder::drawing(bytes) } else { bytes }
    }

    /// Whether the row continues the one above.
    pub(super) const fn is_wrapped(self) -> bool {
        self.has(Self::WRAPPED)
    }

    /// The same row standing alone.
    pub(super) const fn unwrapped(self) -> Self {
        Self(self.0 & !Self::WRAPPED)
    }

    /// Whether something stands in the last column.
    pub(super) const fn is_full(self) -> bool {
        self.has(Self::FULL)
    }

    /// Whether printing on wraps from this row into the next by itself.
    pub(super) const fn flows_into(self, next: Self) -> bool {
        self.has(Self::FULL) && next.has(Self::BEGUN) || self.has(Self::GAP) && next.has(Self::WIDE)
    }
}

/// Writes cells, keeping track of the attributes in force.
pub(super) struct Writer<'a> {
    tables: Tables<'a>,
    out: &'a mut Vec<u8>,
    style: Style,
    /// The number of `style`, if it has one.
    style_id: Option<StyleId>,
    /// Blank cells to be moved over.
    gap: usize,
    /// Whether something else than a cell had to be drawn.
    is_inexact: bool,
}

impl<'a> Writer<'a> {
    /// A writer; the terminal's attributes are the default ones.
    pub(super) fn new(tables: Tables<'a>, out: &'a mut Vec<u8>) -> Self {
        Self { tables, out, style: Style::default(), style_id: Some(0), gap: 0, is_inexact: false }
    }

    /// Writes the first `cols` cells of a row; answers whether that says all of it.
    pub(super) fn row(&mut self, row: &Row, cols: usize) -> bool {
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

    /// Writes what begins with content; answers how many cells that was.
    fn text(&mut self, cells: &[Cell], room: usize) -> usize {
        self.skip_gap();
        let first = cells[0];
        self.select(first.style());
        let null = Cell::null(first.style());
        let run = Cell::ascii_run(cells, null);
        self.out.extend(cells[..run].iter().map(|cell| cell.low_byte()));
        let mut at = run;
        while let Some(&cell) =
            cells.get(at).filter(|cell| cell.style() == first.style() && cell.has_content())
        {
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
        at
    }

    #[inline]
    fn content(&mut self, cell: Cell) {
        if let Some(byte) = cell.ascii_like(Cell::null(cell.style())) {
            self.out.push(byte);
            return;
        }
        let mut buffer = [0; 4];
        let text = match cell.cluster() {
            Some(number) => self.tables.clusters.get(number),
            None => char::from_u32(cell.code())
                .map_or(" ", |character| character.encode_utf8(&mut buffer)),
        };
        let first = text.chars().next().map_or(0, u32::from);
        if width_of(first, self.tables.unicode) != cell.width() {
            self.out.extend(std::iter::repeat_n(b' ', cell.width().max(1)));
            self.is_inexact = true;
            return;
        }
        if cell.width() == 0 {
            // Any sequence keeps the mark from joining the character before it.
            let (style, id) = (self.style, self.style_id);
            self.change(Style::default(), Some(0));
            self.out.extend_from_slice(b"\x1b[m");
            self.change(style, id);
        }
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes cells without content; answers how many.
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
        if style.link != self.style.link {
            write_link(style.link, self.tables.links, self.out);
        }
        let old = Style { link: 0, ..self.style };
        let new = Style { link: 0, ..style };
        if old != new {
            old.write_to(new, self.out);
        }
        self.style = style;
        self.style_id = id;
    }
}

/// Writes the sequence that opens a link, or closes the one open.
pub(super) fn write_link(link: u32, links: &LinkTable, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b]8;");
    match links.get(link) {
        Some(link) => {
            if !link.id.is_empty() {
                out.extend_from_slice(b"id=");
                out.extend_from_slice(link.id.as_bytes());
            }
            out.push(b';');
            out.extend_from_slice(link.uri.as_bytes());
        }
        None => out.push(b';'),
    }
    out.extend_from_slice(b"\x1b\\");
}

fn number(params: &Params, index: usize) -> u32 {
    u32::try_from(params.get(index)).unwrap_or(0)
}

/// Reads the bytes of a row back.
pub(super) struct Reader<'a> {
    row: Row,
    column: usize,
    pen: Style,
    join: Join,
    styles: &'a mut StyleTable,
    links: &'a mut LinkTable,
    clusters: &'a mut ClusterTable,
    unicode: UnicodeVersion,
}

impl<'a> Reader<'a> {
    /// A reader that puts what it meets into these tables.
    pub(super) fn new(
        styles: &'a mut StyleTable,
        links: &'a mut LinkTable,
        clusters: &'a mut ClusterTable,
        unicode: UnicodeVersion,
    ) -> Self {
        Self {
            row: Row::default(),
            column: 0,
            pen: Style::default(),
            join: Join::NONE,
            styles,
            links,
            clusters,
            unicode,
        }
    }

    /// Reads one row of `cols` columns.
    pub(super) fn read(
        &mut self,
        parser: &mut Parser,
        bytes: &[u8],
        cols: usize,
        edges: Edges,
    ) -> Row {
        self.row = Row::new(cols, Cell::BLANK);
        self.row.wrapped = edges.is_wrapped();
        self.column = 0;
        self.pen = Style::default();
        self.join = Join::NONE;
        let drawing = edges.drawing(bytes);
        parser.advance(drawing, self);
        if drawing.len() < bytes.len() {
            parser.advance(remainder::split(bytes).1, self);
        }
        self.row.shrink();
        std::mem::take(&mut self.row)
    }

    fn link(&mut self, text: &str) -> u32 {
        let Some((params, uri)) = text.split_once(';') else { return 0 };
        if uri.is_empty() {
            0
        } else {
            self.links.insert(params.strip_prefix("id=").unwrap_or_default(), uri)
        }
    }

    fn add_mark(&mut self, code: u32) -> Option<()> {
        let back = if self.row.get(self.column.checked_sub(1)?).width() > 0 { 1 } else { 2 };
        self.add_mark_at(self.column.checked_sub(back)?, code)
    }

    fn add_mark_at(&mut self, column: usize, code: u32) -> Option<()> {
        let cell = self.row.get(column);
        let text = match cell.cluster() {
            Some(number) => self.clusters.get(number).to_owned(),
            None => char::from_u32(cell.code())?.to_string(),
        };
        let number = self.clusters.join(&text, char::from_u32(code)?)?;
        self.row.set(column, cell.with_cluster(number));
        Some(())
    }
}

impl Perform for Reader<'_> {
    fn print_ascii(&mut self, bytes: &[u8]) {
        let null = Cell::null(self.styles.intern(self.pen));
        let room = self.row.width().saturating_sub(self.column);
        let bytes = &bytes[..bytes.len().min(room)];
        if !bytes.is_empty() {
            self.row.write_ascii(self.column, bytes, null);
        }
        self.column += bytes.len();
        self.join = Join::NARROW;
    }

    fn print(&mut self, code: u32) {
        self.join = self.join.followed_by(code, self.unicode);
        if self.join.is_joined() {
            self.add_mark(code);
            return;
        }
        let style = self.styles.intern(self.pen);
        let width = self.join.width();
        self.row.set(self.column, Cell::new(code, width, style));
        if width == 2 {
            self.row.set(self.column + 1, Cell::stub(style));
        }
        self.column += width.max(1);
    }

    fn csi(&mut self, ident: u32, params: &Params) {
        self.join = Join::NONE;
        match ident.to_be_bytes() {
            [0, 0, 0, b'm'] => self.pen.select(params),
            [0, 0, 0, b'C'] => self.column += params.count(0),
            [0, 0, 0, b'X'] => {
                let fill = Cell::null(self.styles.intern(Style::background(self.pen.bg)));
                self.row.fill_range(self.column, self.column + params.count(0), fill);
            }
            [0, 0, b'"', b'q'] => self.pen.bg |= bg::PROTECTED,
            [0, 0, 0, remainder::PUT] => {
                let [column, width, code] = [0, 1, 2].map(|index| number(params, index));
                let style = self.styles.intern(self.pen);
                self.row.set(column as usize, Cell::new(code, width as usize, style));
            }
            [0, 0, 0, remainder::MARK] => {
                self.add_mark_at(number(params, 0) as usize, number(params, 1));
            }
            _ => {}
        }
    }

    fn osc(&mut self, data: &[u8]) {
        self.join = Join::NONE;
        if let Some(text) = std::str::from_utf8(data).ok().and_then(|text| text.strip_prefix("8;"))
        {
            self.pen.link = self.link(text);
            self.pen.update_extended();
        }
    }

    fn end_run(&mut self) {}
    fn execute(&mut self, _: u32) {}
    fn esc(&mut self, _: u32) {}
    fn dcs(&mut self, _: u32, _: &[u8]) {}
    fn abandon(&mut self) {}
}
