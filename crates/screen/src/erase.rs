//! Erasing, inserting, deleting and scrolling.

use super::cell::Cell;
use super::parser::params::Params;
use super::style::{Style, bg};
use super::terminal::Terminal;

/// What looking at a cell before erasing it costs, in cells that are moved.
const SPARING_COST: usize = 4;

impl Terminal {
    /// Erases in the screen (ED), sparing protected cells if asked to.
    pub(super) fn erase_display(&mut self, params: &Params, spare: bool) {
        self.restrict_to(self.cols);
        let spare = spare && self.tables.styles.protects();
        if spare && !self.budget.allows(self.cols * self.rows * SPARING_COST) {
            return;
        }
        match params.get(0) {
            0 => self.erase_below(spare),
            1 => self.erase_above(spare),
            2 if self.client.scroll_on_erase => self.scroll_away(),
            2 => self.reset_rows(0, self.rows, spare),
            3 => self.erase_scrollback(),
            _ => {}
        }
    }

    /// Scrolls until what stands on the screen is gone. With margins the last row
    /// with text may stay where it is, so that this could go on and on.
    fn scroll_away(&mut self) {
        let has_text = |&y: &usize| self.active.row(y).trimmed_len() > 0;
        let count = (0..self.rows).rev().find(has_text).map_or(0, |y| y + 1);
        let is_whole = (self.active.top, self.active.bottom + 1) == (0, self.rows);
        let count = if is_whole { count } else { self.budget.take(count, self.cols + self.rows) };
        for _ in 0..count {
            self.scroll(false);
        }
    }

    fn erase_below(&mut self, spare: bool) {
        let (x, y) = (self.active.x, self.active.y);
        self.erase_cells(y, x, self.cols, x == 0, spare);
        self.reset_rows(y + 1, self.rows, spare);
    }

    fn erase_above(&mut self, spare: bool) {
        let (x, y) = (self.active.x, self.active.y);
        self.erase_cells(y, 0, x + 1, true, spare);
        if x + 1 >= self.cols {
            self.unwrap_line(y + 1);
        }
        self.reset_rows(0, y, spare);
    }

    /// Makes a line stand alone. xterm.js counts it from the start of the
    /// scrollback where it means the screen, and clients must be followed.
    fn unwrap_line(&mut self, line: usize) {
        match line.checked_sub(self.active.base) {
            Some(y) if y < self.rows => self.active.row_mut(y).wrapped = false,
            Some(_) => {}
            None if self.alternate => {
                if let Some(row) = self.active.above.get_mut(line) {
                    row.wrapped = false;
                }
            }
            None => self.scrollback.unwrap_row(line, self.active.base),
        }
    }

    fn erase_scrollback(&mut self) {
        if !self.alternate {
            self.scrollback.clear();
            self.active.turned += self.active.base;
        }
        self.active.drop_above();
    }

    /// Erases in the row of the cursor (EL).
    pub(super) fn erase_line(&mut self, params: &Params, spare: bool) {
        self.restrict_to(self.cols);
        let (x, y) = (self.active.x, self.active.y);
        match params.get(0) {
            0 => self.erase_cells(y, x, self.cols, x == 0, spare),
            1 => self.erase_cells(y, 0, x + 1, false, spare),
            2 => self.erase_cells(y, 0, self.cols, true, spare),
            _ => {}
        }
    }

    fn erase_cells(&mut self, y: usize, start: usize, end: usize, unwrap: bool, spare: bool) {
        let fill = self.erase_cell();
        let row = self.active.row_mut(y);
        if spare {
            let styles = &self.tables.styles;
            row.replace_unprotected(start, end, fill, |cell| {
                styles.get(cell.style()).bg & bg::PROTECTED != 0
            });
        } else {
            row.replace_cells(start, end, fill);
        }
        if unwrap {
            row.wrapped = false;
        }
    }

    fn reset_rows(&mut self, start: usize, end: usize, spare: bool) {
        let fill = self.erase_cell();
        let styles = &self.tables.styles;
        self.active.change_rows(start, end, |row| {
            if spare {
                for column in 0..row.width() {
                    if styles.get(row.get(column).style()).bg & bg::PROTECTED == 0 {
                        row.set(column, fill);
                    }
                }
            } else {
                row.fill(fill);
            }
            row.wrapped = false;
        });
    }

    /// Erases cells from the cursor on (ECH).
    pub(super) fn erase_chars(&mut self, params: &Params) {
        self.restrict();
        let (x, fill) = (self.active.x, self.erase_cell());
        let end = x.saturating_add(params.count(0));
        self.active.cursor_row().replace_cells(x, end, fill);
    }

    /// Inserts empty cells at the cursor (ICH).
    pub(super) fn insert_chars(&mut self, params: &Params) {
        self.restrict();
        let (x, fill) = (self.active.x, self.erase_cell());
        self.active.cursor_row().insert_cells(x, params.count(0), fill);
    }

    /// Deletes cells at the cursor (DCH).
    pub(super) fn delete_chars(&mut self, params: &Params) {
        self.restrict();
        let (x, fill) = (self.active.x, self.erase_cell());
        self.active.cursor_row().delete_cells(x, params.count(0), fill);
    }

    fn in_margins(&self) -> bool {
        (self.active.top..=self.active.bottom).contains(&self.active.y)
    }

    /// Inserts rows at the cursor (IL).
    pub(super) fn insert_lines(&mut self, params: &Params) {
        self.restrict();
        if self.in_margins() {
            let (y, bottom, fill) = (self.active.y, self.active.bottom, self.erase_cell());
            self.active.shift_down(y, bottom, params.count(0), self.cols, fill);
            self.active.x = 0;
        }
    }

    /// Deletes rows at the cursor (DL).
    pub(super) fn delete_lines(&mut self, params: &Params) {
        self.restrict();
        if self.in_margins() {
            let (y, bottom, fill) = (self.active.y, self.active.bottom, self.erase_cell());
            self.active.shift_up(y, bottom, params.count(0), self.cols, fill, false);
            self.active.x = 0;
        }
    }

    /// Scrolls the region up (SU); nothing goes into the scrollback.
    pub(super) fn scroll_up(&mut self, params: &Params) {
        let (top, bottom, fill) = (self.active.top, self.active.bottom, self.erase_cell());
        self.active.shift_up(top, bottom, params.count(0), self.cols, fill, false);
    }

    /// Scrolls the region down (SD); the new rows are of the default style.
    pub(super) fn scroll_down(&mut self, params: &Params) {
        let (top, bottom) = (self.active.top, self.active.bottom);
        self.active.shift_down(top, bottom, params.count(0), self.cols, Cell::BLANK);
    }

    /// Inserts columns in all rows of the region.
    pub(super) fn insert_columns(&mut self, column: usize, params: &Params) {
        self.each_row_in_margins(|row, fill| row.insert_cells(column, params.count(0), fill));
    }

    /// Deletes columns in all rows of the region.
    pub(super) fn delete_columns(&mut self, column: usize, params: &Params) {
        self.each_row_in_margins(|row, fill| row.delete_cells(column, params.count(0), fill));
    }

    fn each_row_in_margins(&mut self, change: impl Fn(&mut super::row::Row, Cell)) {
        let rows = self.active.bottom + 1 - self.active.top;
        if !self.in_margins() || !self.budget.allows(rows * self.cols) {
            return;
        }
        let fill = self.erase_cell();
        for y in self.active.top..=self.active.bottom {
            let row = self.active.row_mut(y);
            change(row, fill);
            row.wrapped = false;
        }
    }

    /// Fills the screen with `E` (DECALN).
    pub(super) fn alignment_pattern(&mut self) {
        self.put_cursor(0, 0);
        let style = Style { underline: 0, link: 0, ..self.pen };
        let letter = Cell::null(self.tables.styles.intern(style)).with_ascii(b'E');
        // Counted from the top margin in origin mode, as the cursor is. Past the
        // room for scrollback, xterm.js comes round to the rows above.
        let (top, rows) = (self.active.y, self.rows);
        let room = if self.alternate {
            self.active.most.saturating_sub(self.rows)
        } else {
            self.scrollback.max_rows()
        };
        for y in (top..rows).chain(0..top.saturating_sub(room)) {
            let row = self.active.row_mut(y);
            row.fill(letter);
            row.wrapped = false;
        }
        self.put_cursor(0, 0);
    }
}
