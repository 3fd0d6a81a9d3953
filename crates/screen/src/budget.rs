//! A bound on the work that a few bytes can ask for.

/// Cells of work that every control and every sequence earns.
const EARNED: usize = 1024;
/// Cells of work that can be saved up: four times the largest screen.
const MOST: usize = 4 << 20;

/// What may be spent on sequences that touch every cell of the screen, or any
/// number of them.
///
/// Most work is bounded by the bytes that ask for it. Shifting columns, erasing
/// around protected cells and repeating a character are not: on a screen of
/// 1000×1000 three bytes could ask for a million cells, and a few kilobytes hold
/// up every other session for seconds. They draw on this budget. Programs that
/// draw what they uncover never notice; to who only asks for more, it is refused
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

    /// So many controls and sequences were performed.
    #[inline]
    pub(super) const fn earn(&mut self, count: usize) {
        self.cells = self.cells.saturating_add(count * EARNED);
    }

    /// Takes what `count` pieces of so many cells cost; answers how many pieces
    /// there is enough for.
    pub(super) fn take(&mut self, count: usize, cells: usize) -> usize {
        self.cells = self.cells.min(MOST);
        let count = count.min(self.cells / cells.max(1));
        self.cells -= count * cells;
        count
    }

    /// Whether there is enough for work on so many cells, which is then taken.
    pub(super) fn allows(&mut self, cells: usize) -> bool {
        self.take(1, cells) == 1
    }
}
