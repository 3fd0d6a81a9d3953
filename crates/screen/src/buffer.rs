//! The normal or the alternate buffer: rows, cursor, margins, tab stops.

use super::cell::Cell;
use super::charset::{Charset, Charsets};
use super::client::XtermVersion;
use super::row::Row;
use super::tabs::Tabs;
use std::collections::VecDeque;

/// What saving the cursor saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Saved {
    /// The column.
    pub(super) x: usize,
    /// The row, counted from the first row of the scrollback.
    pub(super) y: usize,
    /// Foreground colour and flags.
    pub(super) fg: u32,
    /// Background colour and flags.
    pub(super) bg: u32,
    /// The character set in use; of xterm.js 6.0 only.
    pub(super) charset: Charset,
    /// All character sets; from xterm.js 6.1 on, as are the modes.
    pub(super) charsets: Charsets,
    /// Whether the cursor is counted from the top margin.
    pub(super) origin: bool,
    /// Whether text wraps.
    pub(super) wraparound: bool,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            x: 0,
            y: 0,
            fg: 0,
            bg: 0,
            charset: Charset::default(),
            charsets: Charsets::default(),
            origin: false,
            wraparound: true,
        }
    }
}

impl Saved {
    /// The same as another version of xterm.js saves it.
    pub(super) fn in_version(self, version: XtermVersion) -> Self {
        let position = Self { x: self.x, y: self.y, fg: self.fg, bg: self.bg, ..Self::default() };
        let mut charsets = Charsets::default();
        if self.charset != Charset::Ascii {
            charsets.designate(0, self.charset);
        }
        match version {
            XtermVersion::V6_0 => Self { charset: self.charsets.current, ..position },
            XtermVersion::V6_1 => Self { charsets, ..position },
        }
    }
}

/// One of the two buffers.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    /// The rows, in any order. Empty for an alternate buffer that is not shown.
    rows: Vec<Row>,
    /// Where each row of the screen lies in `rows`. Scrolling moves these.
    order: Vec<u16>,
    /// The cursor's column; the number of columns while a wrap is pending.
    pub(super) x: usize,
    /// The cursor's row.
    pub(super) y: usize,
    /// First row of the scrolling region.
    pub(super) top: usize,
    /// Last row of the scrolling region.
    pub(super) bottom: usize,
    /// Rows that scrolled out at the top, as far as xterm.js would keep them.
    pub(super) base: usize,
    /// Rows above the screen of an alternate buffer, which xterm.js keeps if the
    /// terminal was made lower while that buffer was not in use. The normal
    /// buffer has a scrollback instead.
    pub(super) above: VecDeque<Row>,
    /// Where in the memory of xterm.js' circular list the first line lies, which
    /// only shows when the list is laid out for fewer columns.
    pub(super) turned: usize,
    /// Rows that the alternate buffer keeps in all.
    pub(super) most: usize,
    /// The saved cursor.
    pub(super) saved: Saved,
    /// The tab stops.
    pub(super) tabs: Tabs,
}

impl Buffer {
    /// A buffer without rows, with a tab stop every `step` columns.
    pub(super) fn without_rows(cols: usize, rows: usize, step: usize) -> Self {
        Self {
            rows: Vec::new(),
            order: Vec::new(),
            x: 0,
            y: 0,
            top: 0,
            bottom: rows - 1,
            base: 0,
            above: VecDeque::new(),
            turned: 0,
            most: rows,
            saved: Saved::default(),
            tabs: Tabs::new(cols, step),
        }
    }

    /// A buffer with blank rows.
    pub(super) fn new(cols: usize, rows: usize, step: usize) -> Self {
        let mut buffer = Self::without_rows(cols, rows, step);
        buffer.fill_rows(cols, rows, Cell::BLANK);
        buffer
    }

    /// Gives a buffer without rows new ones.
    pub(super) fn fill_rows(&mut self, cols: usize, rows: usize, fill: Cell) {
        if self.rows.is_empty() {
            self.put_rows((0..rows).map(|_| Row::new(cols, fill)).collect());
        }
    }

    /// Takes the rows out, first row first.
    pub(super) fn take_rows(&mut self) -> Vec<Row> {
        let order = std::mem::take(&mut self.order);
        let mut rows = std::mem::take(&mut self.rows);
        order.into_iter().map(|index| std::mem::take(&mut rows[usize::from(index)])).collect()
    }

    /// Puts rows in, first row first.
    pub(super) fn put_rows(&mut self, rows: Vec<Row>) {
        self.order = (0..).take(rows.len()).collect();
        self.rows = rows;
    }

    /// Makes everything new, and gives the memory of the cells back.
    pub(super) fn reset(&mut self, cols: usize, rows: usize) {
        let mut kept = std::mem::take(&mut self.rows);
        for row in &mut kept {
            *row = Row::new(cols, Cell::BLANK);
        }
        *self = Self::without_rows(cols, rows, self.tabs.step());
        self.put_rows(kept);
        self.fill_rows(cols, rows, Cell::BLANK);
    }

    /// Drops rows, margins and tab stops, but not the saved cursor.
    pub(super) fn clear(&mut self, cols: usize, rows: usize) {
        let saved = self.saved;
        *self = Self::without_rows(cols, rows, self.tabs.step());
        self.saved = saved;
    }

    /// How many rows there are.
    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    #[inline]
    fn index(&self, y: usize) -> usize {
        usize::from(self.order[y.min(self.order.len() - 1)])
    }

    /// A row; the last one for any row past it.
    #[inline]
    pub(super) fn row(&self, y: usize) -> &Row {
        &self.rows[self.index(y)]
    }

    /// A row to change; the last one for any row past it.
    #[inline]
    pub(super) fn row_mut(&mut self, y: usize) -> &mut Row {
        let index = self.index(y);
        &mut self.rows[index]
    }

    /// All rows and those above the screen, in any order.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.iter_mut().chain(&mut self.above)
    }

    /// Changes the rows from `start` up to `end`, in any order.
    pub(super) fn change_rows(&mut self, start: usize, end: usize, change: impl Fn(&mut Row)) {
        if start == 0 && end >= self.order.len() {
            self.rows.iter_mut().for_each(change);
            return;
        }
        for &index in self.order.get(start..end).unwrap_or_default() {
            change(&mut self.rows[usize::from(index)]);
        }
    }

    /// The row the cursor is in.
    #[inline]
    pub(super) fn cursor_row(&mut self) -> &mut Row {
        self.row_mut(self.y)
    }

    /// Moves rows `top..=bottom` up by `count` and opens new ones at the bottom.
    pub(super) fn shift_up(
        &mut self,
        top: usize,
        bottom: usize,
        count: usize,
        cols: usize,
        fill: Cell,
        wrapped: bool,
    ) {
        let bottom = bottom.min(self.order.len() - 1);
        if top > bottom {
            return;
        }
        let count = count.min(bottom - top + 1);
        let moved = &mut self.order[top..=bottom];
        if count == 1 {
            let first = moved[0];
            moved.copy_within(1.., 0);
            moved[bottom - top] = first;
        } else {
            moved.rotate_left(count);
        }
        for y in bottom + 1 - count..=bottom {
            self.row_mut(y).renew(cols, fill, wrapped);
        }
    }

    /// Moves rows `top..=bottom` down by `count` and opens new ones at the top.
    pub(super) fn shift_down(
        &mut self,
        top: usize,
        bottom: usize,
        count: usize,
        cols: usize,
        fill: Cell,
    ) {
        let bottom = bottom.min(self.order.len() - 1);
        if top > bottom {
            return;
        }
        let count = count.min(bottom - top + 1);
        self.order[top..=bottom].rotate_right(count);
        for y in top..top + count {
            self.row_mut(y).renew(cols, fill, false);
        }
    }

    /// Keeps a copy of the first row above the screen if there may be any rows.
    pub(super) fn keep_above(&mut self) {
        let room = self.most.saturating_sub(self.rows.len());
        if room == 0 {
            return;
        }
        if self.above.len() >= room {
            self.above.pop_front();
        }
        self.above.push_back(self.row(0).clone());
        self.base = self.above.len();
    }

    /// Drops the rows above the screen.
    pub(super) fn drop_above(&mut self) {
        self.above = VecDeque::new();
        self.base = 0;
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        let cells: usize = self.rows.iter().chain(&self.above).map(Row::bytes_held).sum();
        let above = self.above.capacity() * size_of::<Row>();
        let order = self.order.capacity() * size_of::<u16>();
        cells + above + order + self.rows.capacity() * size_of::<Row>() + self.tabs.bytes_held()
    }
}
