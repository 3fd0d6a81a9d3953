//! Tab stops of a buffer.

/// Tab stops as bits. Stops past the last column survive a narrower terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tabs {
    words: Vec<u64>,
    /// Columns from one stop to the next, unless programs set others.
    step: usize,
}

impl Tabs {
    /// A stop every `step` columns.
    pub(super) fn new(cols: usize, step: usize) -> Self {
        let mut tabs = Self { words: Vec::new(), step };
        tabs.fill_from(0, cols);
        tabs
    }

    /// Whether there is a stop.
    pub(super) fn has(&self, column: usize) -> bool {
        self.words.get(column / 64).is_some_and(|word| word >> (column % 64) & 1 != 0)
    }

    /// Sets a stop.
    pub(super) fn set(&mut self, column: usize) {
        let word = column / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (column % 64);
    }

    /// Removes a stop.
    pub(super) fn clear(&mut self, column: usize) {
        if let Some(word) = self.words.get_mut(column / 64) {
            *word &= !(1 << (column % 64));
        }
    }

    /// Removes all stops.
    pub(super) fn clear_all(&mut self) {
        self.words.clear();
    }

    /// The stop after a column, or the last column.
    pub(super) fn next(&self, column: usize, cols: usize) -> usize {
        (column + 1..cols).find(|&at| self.has(at)).unwrap_or(cols - 1)
    }

    /// The stop before a column, or the first column.
    pub(super) fn previous(&self, column: usize, cols: usize) -> usize {
        (0..column).rev().find(|&at| self.has(at)).unwrap_or(0).min(cols - 1)
    }

    /// Sets the stops that a terminal resized to `cols` gains.
    pub(super) fn extend_to(&mut self, cols: usize) {
        if !self.has(cols) {
            self.fill_from(self.previous(cols, cols), cols);
        }
    }

    /// Columns from one stop to the next, unless programs set others.
    pub(super) const fn step(&self) -> usize {
        self.step
    }

    /// Changes how far apart stops are. Those that programs have set stay.
    pub(super) fn set_step(&mut self, step: usize, cols: usize) {
        if self.is_default(cols) {
            *self = Self::new(cols, step);
        } else {
            self.step = step;
        }
    }

    /// Whether the stops within `cols` are where no program has put any.
    pub(super) fn is_default(&self, cols: usize) -> bool {
        let mut stop = 0;
        (0..cols.div_ceil(64)).all(|index| {
            let (start, end) = (index * 64, cols.min(index * 64 + 64));
            let mut expected = 0;
            while stop < end {
                expected |= 1 << (stop - start);
                stop += self.step;
            }
            let within = u64::MAX >> (64 - (end - start));
            (self.words.get(index).copied().unwrap_or(0) ^ expected) & within == 0
        })
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    fn fill_from(&mut self, start: usize, cols: usize) {
        for column in (start..cols).step_by(self.step) {
            self.set(column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tabs;

    #[test]
    fn stops_are_the_default_ones_until_one_of_them_is_changed() {
        for (cols, step) in [(80, 8), (2, 8), (64, 8), (65, 1), (200, 3), (200, 77), (129, 64)] {
            let fresh = Tabs::new(cols, step);
            assert!(fresh.is_default(cols), "{cols} {step}");
            for column in 0..cols {
                let mut changed = fresh.clone();
                if fresh.has(column) {
                    changed.clear(column);
                } else {
                    changed.set(column);
                }
                assert!(!changed.is_default(cols), "{cols} {step} {column}");
                // Past the last column they do not count.
                assert!(changed.is_default(column), "{cols} {step} {column}");
            }
        }
    }
}
