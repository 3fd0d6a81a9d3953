//! Rows made again from the bytes that draw them.

use super::cell::Cell;
use super::client::XtermVersion;
use super::edges::Edges;
use super::parser::params::Params;
use super::parser::{Parser, Perform};
use super::remainder;
use super::row::Row;
use super::style::{Style, bg};
use super::tables::Tables;
use super::width::Join;

/// Reads the bytes of a row back.
pub(super) struct Reader<'a> {
    row: Row,
    column: usize,
    pen: Style,
    join: Join,
    tables: &'a mut Tables,
}

impl<'a> Reader<'a> {
    /// A reader that puts what it meets into these tables.
    pub(super) fn new(tables: &'a mut Tables) -> Self {
        Self { row: Row::default(), column: 0, pen: Style::default(), join: Join::NONE, tables }
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
            self.tables.links.insert(params.strip_prefix("id=").unwrap_or_default(), uri)
        }
    }

    /// The character before, of so many columns, may take more for what was joined.
    fn widen(&mut self, columns: usize) {
        let width = self.join.width();
        if width <= columns {
            return;
        }
        let Some(column) = self.column.checked_sub(columns) else { return };
        let cell = self.row.get(column);
        self.row.set(column, cell.with_width(width));
        self.row.set(self.column, Cell::stub(cell.style()));
        self.column += width - columns;
    }

    fn add_mark(&mut self, code: u32) -> Option<()> {
        let back = if self.row.get(self.column.checked_sub(1)?).width() > 0 { 1 } else { 2 };
        self.add_mark_at(self.column.checked_sub(back)?, code)
    }

    fn add_mark_at(&mut self, column: usize, code: u32) -> Option<()> {
        let cell = self.row.get(column);
        let mark = char::from_u32(code)?;
        let number = match cell.cluster() {
            Some(number) => self.tables.clusters.extend(number, mark),
            None => self.tables.clusters.join(char::from_u32(cell.code())?, mark),
        }?;
        self.row.set(column, cell.with_cluster(number));
        Some(())
    }
}

impl Perform for Reader<'_> {
    fn print_ascii(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.join.takes_all()
            && let Some((&first, rest)) = bytes.split_first()
        {
            self.print(u32::from(first));
            bytes = rest;
        }
        if bytes.is_empty() {
            return;
        }
        let null = Cell::null(self.tables.styles.intern(self.pen));
        let room = self.row.width().saturating_sub(self.column);
        let bytes = &bytes[..bytes.len().min(room)];
        if !bytes.is_empty() {
            self.row.write_ascii(self.column, bytes, null);
        }
        self.column += bytes.len();
        self.join = Join::NARROW;
    }

    fn print(&mut self, code: u32) {
        let before = self.join;
        self.join = before.followed_by(code, self.tables.unicode);
        if self.join.is_joined() {
            self.add_mark(code);
            self.widen(before.width());
            return;
        }
        let style = self.tables.styles.intern(self.pen);
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
            [0, 0, 0, b'm'] => self.pen.select(params, XtermVersion::default()),
            [0, 0, 0, b'C'] => self.column += params.count(0),
            [0, 0, 0, b'X'] => {
                let fill = Cell::null(self.tables.styles.intern(Style::background(self.pen.bg)));
                self.row.fill_range(self.column, self.column + params.count(0), fill);
            }
            [0, 0, b'"', b'q'] => self.pen.bg |= bg::PROTECTED,
            [0, 0, 0, remainder::PUT] => {
                let [column, width, code] = [0, 1, 2].map(|index| number(params, index));
                let style = self.tables.styles.intern(self.pen);
                self.row.set(column as usize, Cell::new(code, width as usize, style));
            }
            [0, 0, 0, remainder::MARK] => {
                self.add_mark_at(number(params, 0) as usize, number(params, 1));
            }
            _ => {}
        }
    }

    fn osc(&mut self, data: &[u8], _end: usize) {
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

fn number(params: &Params, index: usize) -> u32 {
    u32::try_from(params.get(index)).unwrap_or(0)
}
