//! Printing characters.

use super::cell::Cell;
use super::charset::Charset;
use super::modes::Mode;
use super::terminal::Terminal;
use super::width::Join;

impl Terminal {
    /// Prints a run of ASCII.
    #[inline]
    pub(super) fn print_run(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.join.takes_all()
            && let Some((&first, rest)) = bytes.split_first()
        {
            self.print_code(u32::from(first));
            if rest.is_empty() {
                return;
            }
            bytes = rest;
        }
        if self.charsets.current != Charset::Ascii || self.modes.has(Mode::Insert) {
            for &byte in bytes {
                self.print_code(u32::from(byte));
            }
            return;
        }
        let null = self.pen_cell();
        self.begin_run(null);
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.active.x >= self.cols {
                self.next_row();
            }
            let (x, cols) = (self.active.x, self.cols);
            let count = rest.len().min(cols - x);
            let (now, later) = rest.split_at(count);
            self.active.cursor_row().write_ascii(x, now, null);
            self.active.x = x + count;
            rest = later;
            if !rest.is_empty() && !self.modes.has(Mode::Wraparound) {
                // Without wrapping, what does not fit overwrites the last column.
                rest = &rest[rest.len() - 1..];
            }
        }
        self.join = Join::NARROW;
        self.mend_right(null);
    }

    /// Prints one character.
    pub(super) fn print_code(&mut self, code: u32) {
        let null = self.pen_cell();
        self.begin_run(null);
        if self.client.ignores(code) {
            self.mend_right(null);
            return;
        }
        let code = if code < 127 { self.charsets.current.map(code) } else { code };
        let before = self.join;
        self.join = before.followed_by(code, self.tables.unicode);
        if self.join.is_joined() {
            self.join_code(code, before.width(), null);
        } else {
            self.put_code(code, self.join.width(), null);
        }
        self.mend_right(null);
    }

    fn put_code(&mut self, code: u32, width: usize, null: Cell) {
        if self.active.x + width > self.cols {
            if width == 2 && self.modes.has(Mode::Wraparound) {
                let (x, cols) = (self.active.x, self.cols);
                self.active.cursor_row().fill_range(x, cols, null);
            }
            self.next_row();
            if width == 2 && !self.modes.has(Mode::Wraparound) {
                return;
            }
        }
        let (x, cols) = (self.active.x, self.cols);
        let inserting = self.modes.has(Mode::Insert);
        let row = self.active.cursor_row();
        if inserting && width > 0 {
            row.insert_cells(x, width, null);
            if row.is_wide(cols - 1) {
                row.set(cols - 1, null);
            }
        }
        let style = null.style();
        row.set(x, Cell::new(code, width, style));
        if width == 2 {
            row.set(x + 1, Cell::stub(style));
        }
        self.active.x = x + width.max(1);
    }

    /// Adds a code point to the character before the cursor, of so many columns,
    /// which may take more then.
    fn join_code(&mut self, code: u32, columns: usize, null: Cell) {
        let width = self.join.width();
        let grows = width > columns;
        if grows && self.active.x + width - columns > self.cols {
            if !self.modes.has(Mode::Wraparound) {
                self.active.x = self.cols - 1;
                return;
            }
            self.take_along(columns, null);
        }
        let is_first = self.active.x == 0;
        self.join_to_cell(code, width);
        if grows && !is_first {
            let x = self.active.x;
            self.active.cursor_row().set(x, Cell::stub(null.style()));
            self.active.x = x + 1;
        }
    }

    /// Goes on in the next row with the character before the cursor, of so many
    /// columns, which has become too wide for this one.
    fn take_along(&mut self, columns: usize, null: Cell) {
        let (x, cols) = (self.active.x, self.cols);
        let column = x.saturating_sub(columns);
        let row = self.active.cursor_row();
        let cells = row.cells_at(column, columns);
        row.fill_range(column, cols, null);
        self.next_row();
        self.active.cursor_row().copy_from(&cells, 0);
        self.active.x = columns;
    }

    /// Adds a code point to the cell before the cursor, which takes so many columns
    /// then.
    fn join_to_cell(&mut self, code: u32, width: usize) {
        if self.tables.clusters.is_due() {
            self.sweep_clusters();
        }
        let (x, y) = (self.active.x, self.active.y);
        if x == 0 {
            let null = self.pen_cell();
            self.put_code(code, width, null);
            return;
        }
        let row = self.active.row(y);
        let back = if row.get(x - 1).width() > 0 { 1 } else { 2 };
        let Some(column) = x.checked_sub(back) else { return };
        let cell = row.get(column);
        if let Some(joined) = self.joined(cell, code) {
            self.active.cursor_row().set(column, joined.with_width(width));
        }
    }

    fn joined(&mut self, cell: Cell, code: u32) -> Option<Cell> {
        let mark = char::from_u32(code)?;
        if !cell.has_content() {
            return Some(Cell::new(code, 1, cell.style()));
        }
        let cluster = match cell.cluster() {
            Some(number) => self.tables.clusters.extend(number, mark),
            None => self.tables.clusters.join(char::from_u32(cell.code())?, mark),
        };
        cluster.map(|number| cell.with_cluster(number))
    }

    /// Goes on in the next row, or stays in the last column without wrapping.
    fn next_row(&mut self) {
        if !self.modes.has(Mode::Wraparound) {
            self.active.x = self.cols - 1;
            return;
        }
        self.active.x = 0;
        self.active.y += 1;
        if self.active.y == self.active.bottom + 1 {
            self.active.y -= 1;
            self.scroll(true);
        } else {
            self.active.y = self.active.y.min(self.rows - 1);
            self.active.cursor_row().wrapped = true;
        }
    }

    /// Empties the left half of a wide character whose right half is about to
    /// be overwritten.
    #[inline]
    pub(super) fn begin_run(&mut self, null: Cell) {
        if self.in_run {
            return;
        }
        self.in_run = true;
        let x = self.active.x;
        let row = self.active.cursor_row();
        if x > 0 && row.is_wide(x - 1) {
            row.set(x - 1, null);
        }
    }

    /// Empties the right half of a wide character whose left half was overwritten.
    #[inline]
    pub(super) fn mend_right(&mut self, null: Cell) {
        let (x, cols) = (self.active.x, self.cols);
        let row = self.active.cursor_row();
        if x < cols && row.is_stub(x) {
            row.set(x, null);
        }
    }

    /// Prints the character before the cursor again (REP).
    pub(super) fn repeat(&mut self, count: usize) {
        if self.join.is_none() {
            return;
        }
        let (x, y) = (self.active.x, self.active.y);
        let Some(column) = x.checked_sub(self.join.width()) else { return };
        let cell = self.active.row(y).get(column);
        if !cell.has_content() {
            return;
        }
        self.in_run = false;
        if let Some(byte) = cell.ascii_like(Cell::null(cell.style())) {
            let count = self.budget.take(count, 1);
            let bytes = [byte; 256];
            for done in (0..count).step_by(bytes.len()) {
                self.print_run(&bytes[..bytes.len().min(count - done)]);
            }
            return;
        }
        let text = match cell.cluster() {
            Some(number) => self.tables.clusters.get(number).to_owned(),
            None => char::from_u32(cell.code()).map(String::from).unwrap_or_default(),
        };
        let cost = text.chars().count() * CHARACTER_COST;
        for _ in 0..self.budget.take(count, cost) {
            text.chars().for_each(|character| self.print_code(u32::from(character)));
        }
    }
}

/// What a character beyond ASCII costs, in cells that are moved.
const CHARACTER_COST: usize = 16;
