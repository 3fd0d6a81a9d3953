//! One row of cells. Cells at its end that are all alike are not stored.

use super::cell::Cell;

/// A row, as wide as it was made or last resized.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    cells: Vec<Cell>,
    /// What the cells past the stored ones are like. Erasing thus costs nothing.
    tail: Cell,
    width: usize,
    /// Whether this row continues the one above.
    pub(super) wrapped: bool,
    /// Whether a cell may be anything but one column wide.
    mixed: bool,
}

impl Row {
    /// A row of `width` cells like `fill`.
    pub(super) fn new(width: usize, fill: Cell) -> Self {
        Self { width, tail: fill, ..Self::default() }
    }

    /// Makes the row new again, keeping its memory.
    pub(super) fn renew(&mut self, width: usize, fill: Cell, wrapped: bool) {
        self.width = width;
        self.wrapped = wrapped;
        self.fill(fill);
    }

    /// Columns of the row.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// The cells that are stored.
    pub(super) fn stored(&self) -> &[Cell] {
        &self.cells
    }

    /// All cells there are, those that are stored and the one for all others.
    pub(super) fn distinct(&self) -> impl Iterator<Item = Cell> {
        self.cells.iter().copied().chain([self.tail])
    }

    /// The same, to give them other styles or clusters.
    pub(super) fn distinct_mut(&mut self) -> impl Iterator<Item = &mut Cell> {
        self.cells.iter_mut().chain([&mut self.tail])
    }

    /// What the cells past the stored ones are like.
    pub(super) const fn tail(&self) -> Cell {
        self.tail
    }

    /// Bytes of memory the cells take.
    pub(super) fn bytes_held(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>()
    }

    /// The cell at `column`; blank past the end of the row.
    #[inline]
    pub(super) fn get(&self, column: usize) -> Cell {
        let past = if column < self.width { self.tail } else { Cell::BLANK };
        self.cells.get(column).copied().unwrap_or(past)
    }

    /// Puts a cell; one past the end of the row is dropped.
    pub(super) fn set(&mut self, column: usize, cell: Cell) {
        if column >= self.width {
            return;
        }
        if cell.width() != 1 {
            self.mixed = true;
        }
        if column >= self.cells.len() {
            if cell == self.tail {
                return;
            }
            self.reach(column + 1);
            self.cells.resize(column, self.tail);
            self.cells.push(cell);
        } else {
            self.cells[column] = cell;
        }
    }

    /// Writes narrow ASCII characters of one style from `column` on. They must fit.
    #[inline]
    pub(super) fn write_ascii(&mut self, column: usize, bytes: &[u8], null: Cell) {
        let end = column + bytes.len();
        self.reach(end);
        if self.cells.len() < column {
            self.cells.resize(column, self.tail);
        }
        let known = self.cells.len().min(end) - column;
        let (over, fresh) = bytes.split_at(known);
        for (cell, &byte) in self.cells[column..column + known].iter_mut().zip(over) {
            *cell = null.with_ascii(byte);
        }
        self.cells.extend(fresh.iter().map(|&byte| null.with_ascii(byte)));
    }

    /// Puts a character of one or two columns, for which there is room.
    #[inline]
    pub(super) fn put(&mut self, column: usize, cell: Cell, width: usize) {
        if self.cells.len() < column + width {
            self.reach(column + width);
            self.cells.resize(column + width, self.tail);
        }
        self.cells[column] = cell;
        if width == 2 {
            self.mixed = true;
            self.cells[column + 1] = Cell::stub(cell.style());
        }
    }

    /// Whether the cell at `column` is the left half of a wide character.
    #[inline]
    pub(super) fn is_wide(&self, column: usize) -> bool {
        self.mixed && self.get(column).width() == 2
    }

    /// Whether the cell at `column` is a right half.
    #[inline]
    pub(super) fn is_stub(&self, column: usize) -> bool {
        self.mixed && column < self.width && self.get(column).is_stub()
    }

    /// Fills columns `start..end` with `fill`.
    pub(super) fn fill_range(&mut self, start: usize, end: usize, fill: Cell) {
        let end = end.min(self.width);
        if start >= end || fill == self.tail && start >= self.cells.len() {
            return;
        }
        if end == self.width {
            self.store_up_to(start);
            self.cells.truncate(start);
            self.tail = fill;
        } else {
            self.store_up_to(end);
            self.cells[start..end].fill(fill);
        }
    }

    /// Stores the cells before `column`.
    fn store_up_to(&mut self, column: usize) {
        if self.cells.len() < column {
            self.reach(column);
            self.cells.resize(column, self.tail);
        }
    }

    /// Shifts the cells from `column` on to the right and fills the gap.
    pub(super) fn insert_cells(&mut self, column: usize, count: usize, fill: Cell) {
        if self.width == 0 {
            return;
        }
        let column = column % self.width;
        if column > 0 && self.is_wide(column - 1) {
            self.set(column - 1, fill);
        }
        if count < self.width - column {
            if column < self.cells.len() {
                self.cells.splice(column..column, std::iter::repeat_n(fill, count));
                self.cells.truncate(self.width);
            } else {
                self.fill_range(column, column + count, fill);
            }
        } else {
            self.fill_range(column, self.width, fill);
        }
        if self.is_wide(self.width - 1) {
            self.set(self.width - 1, fill);
        }
    }

    /// Removes cells from `column` on and fills what opens at the end.
    pub(super) fn delete_cells(&mut self, column: usize, count: usize, fill: Cell) {
        if self.width == 0 {
            return;
        }
        let column = column % self.width;
        if count < self.width - column {
            if column < self.cells.len() {
                let end = (column + count).min(self.cells.len());
                self.cells.drain(column..end);
            }
            self.fill_range(self.width - count, self.width, fill);
        } else {
            self.fill_range(column, self.width, fill);
        }
        if column > 0 && self.is_wide(column - 1) {
            self.set(column - 1, fill);
        }
        if self.is_stub(column) {
            self.set(column, fill);
        }
    }

    /// Erases columns `start..end`, and the other half of a wide character cut.
    pub(super) fn replace_cells(&mut self, start: usize, end: usize, fill: Cell) {
        self.mend_edges(start, end, fill, |_| false);
        self.fill_range(start, end, fill);
    }

    /// Erases columns `start..end` but for the protected cells.
    pub(super) fn replace_unprotected(
        &mut self,
        start: usize,
        end: usize,
        fill: Cell,
        is_protected: impl Fn(Cell) -> bool,
    ) {
        self.mend_edges(start, end, fill, &is_protected);
        for column in start..end.min(self.width) {
            if !is_protected(self.get(column)) {
                self.set(column, fill);
            }
        }
    }

    fn mend_edges(&mut self, start: usize, end: usize, fill: Cell, keep: impl Fn(Cell) -> bool) {
        if !self.mixed {
            return;
        }
        if start > 0 && self.is_wide(start - 1) && !keep(self.get(start - 1)) {
            self.set(start - 1, fill);
        }
        if end > 0 && end < self.width && self.is_wide(end - 1) && !keep(self.get(end)) {
            self.set(end, fill);
        }
    }

    /// Makes the whole row like `fill`.
    pub(super) fn fill(&mut self, fill: Cell) {
        self.cells.clear();
        self.mixed = false;
        self.tail = fill;
    }

    /// Makes the row wider with blank cells or cuts it.
    pub(super) fn resize(&mut self, width: usize) {
        if width > self.width && self.tail != Cell::BLANK {
            self.store_up_to(self.width);
            self.tail = Cell::BLANK;
        }
        self.cells.truncate(width);
        self.width = width;
    }

    /// Empties the left half of a wide character whose right half was cut off.
    pub(super) fn mend_end(&mut self) {
        if self.is_wide(self.width - 1) {
            self.set(self.width - 1, Cell::BLANK);
        }
    }

    /// Gives back memory that the cells no longer need.
    pub(super) fn shrink(&mut self) {
        self.cells.shrink_to(self.width);
    }

    /// Columns up to the last cell with content.
    pub(super) fn trimmed_len(&self) -> usize {
        if self.tail.has_content() && self.cells.len() < self.width {
            return self.width;
        }
        let last = self.cells.iter().rposition(|cell| cell.has_content());
        last.map_or(0, |column| column + self.cells[column].width())
    }

    /// Copies `count` cells of another row.
    pub(super) fn copy_from(&mut self, cells: &[Cell], column: usize) {
        for (offset, &cell) in cells.iter().enumerate() {
            self.set(column + offset, cell);
        }
    }

    /// `count` cells from `column` on.
    pub(super) fn cells_at(&self, column: usize, count: usize) -> Vec<Cell> {
        (column..column + count).map(|at| self.get(at)).collect()
    }

    fn reach(&mut self, end: usize) {
        if self.cells.capacity() < end {
            self.cells.reserve_exact(self.width.max(end) - self.cells.len());
        }
    }
}
