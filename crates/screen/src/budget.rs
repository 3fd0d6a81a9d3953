//! A bound on the work that a few bytes can ask for.

use super::options::MAX_CELLS;

/// Cells of work that each control or sequence adds to the budget.
const EARNED: usize = 1024;
/// Cells of work that a new terminal has, and that can be saved up where nothing
/// costs more at once.
const MOST: usize = 4 << 20;

/// What work costs at most for each cell of the screen.
const DEAREST: usize = 4;

/// What may be spent on sequences that touch every cell of the screen, or any
/// number of them.
///
/// Most work is bounded by the bytes that ask for it. Shifting columns, erasing
/// around protected cells and repeating a character are not: on a screen of
/// 1000×1000 cells, three bytes could ask for a million cells, and a few kilobytes hold
/// up every other session for seconds. They draw on this budget. A program that
/// draws what it uncovers never notices; one that only asks for more is refused
/// once the budget is spent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    cells: usize,
}

impl Budget {
    /// The budget of a new terminal.
    pub(super) const fn new() -> Self {
        Self { cells: MOST }
    }

    /// Adds what `count` controls and sequences earn.
    #[inline]
    pub(super) const fn earn(&mut self, count: usize) {
        self.cells = self.cells.saturating_add(count * EARNED);
    }

    /// Whether to earn more makes no difference any more.
    pub(super) const fn is_full(self) -> bool {
        self.cells >= MAX_CELLS * DEAREST
    }

    /// Pays for as many of `count` pieces of `cells` cells each as the budget
    /// allows, and returns how many that is.
    pub(super) fn take(&mut self, count: usize, cells: usize) -> usize {
        self.cells = self.cells.min(MOST.max(cells));
        let count = count.min(self.cells / cells.max(1));
        self.cells -= count * cells;
        count
    }

    /// Pays for work on `cells` cells; `false` if the budget does not allow it.
    pub(super) fn allows(&mut self, cells: usize) -> bool {
        self.take(1, cells) == 1
    }
}
