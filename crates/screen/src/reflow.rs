//! Reflow: the lines of a buffer in another size.
//!
//! A client resizes its own copy of the buffer at the same time, and both must
//! come out the same. So the steps are those of `Buffer.resize` and
//! `BufferReflow` in xterm.js, in the same order, even where one step looks at
//! what another has changed already:
//!
//! 1. [`Layout::change_rows`] adds or removes rows at the bottom, moving rows
//!    between screen and scrollback, and cuts the list to its new length.
//! 2. [`Layout::widen`] joins wrapped lines that now fit on fewer rows, or
//!    [`Layout::narrow`] splits lines that need more.
//! 3. Every line is cut or padded to the new width.
//!
//! A *wrapped* line continues the line before it. The lines from one that is not
//! wrapped up to the next such line are called a group here: one line of the
//! program's output.

use super::cell::Cell;
use super::row::Row;

/// A buffer while it is resized: all its lines, and the positions in them.
#[derive(Debug)]
pub(super) struct Layout {
    /// Scrollback and screen, oldest line first.
    pub(super) lines: Vec<Row>,
    /// The most lines that the list holds, those of the screen included.
    pub(super) max: usize,
    /// The most lines of scrollback.
    pub(super) room: usize,
    /// The size before.
    pub(super) cols: usize,
    pub(super) rows: usize,
    /// Where in the memory of xterm.js' circular list the first line lies.
    pub(super) turned: usize,
    /// Lines before the screen, which is the index of its first line.
    pub(super) base: usize,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) saved_x: usize,
    pub(super) saved_y: usize,
    /// Whether the line with the cursor is laid out anew, too.
    pub(super) reflow_cursor: bool,
    /// Whether it is done as in xterm.js 6.1.
    pub(super) is_new: bool,
}

/// Lines that a split adds, and the index they get once all are inserted.
struct Insertion {
    start: usize,
    lines: Vec<Row>,
}

impl Layout {
    /// Lays the lines out for another size.
    pub(super) fn resize(&mut self, cols: usize, rows: usize, reflow: bool) {
        let max = rows + self.room;
        self.max = self.max.max(max);
        if !self.lines.is_empty() {
            if self.cols < cols {
                self.lines.iter_mut().for_each(|line| line.resize(cols));
            }
            self.change_rows(cols, rows, max);
            self.max = max;
            if rows != self.rows {
                self.turned = 0;
            }
        }
        self.bottom = rows - 1;
        if reflow && self.cols != cols {
            if cols > self.cols {
                self.widen(cols, rows);
            } else {
                self.narrow(cols, rows);
            }
            self.lines.iter_mut().for_each(|line| line.resize(cols));
            if self.is_new && cols < self.cols {
                self.lines.iter_mut().for_each(Row::mend_end);
            }
        }
        if self.is_new && !self.lines.is_empty() {
            self.y = self.y.min((self.lines.len() - 1).saturating_sub(self.base));
        }
    }

    /// Adds or removes rows. `max` is the new length of the list.
    fn change_rows(&mut self, cols: usize, rows: usize, max: usize) {
        let mut pulled = 0;
        for _ in self.rows..rows {
            if self.lines.len() >= rows + self.base {
                continue;
            }
            if self.base > 0 && self.lines.len() <= self.base + self.y + pulled + 1 {
                self.base -= 1;
                pulled += 1;
            } else {
                // Appending to a full list drops its first line. xterm.js does
                // not adjust any position for that.
                if self.lines.len() >= self.max {
                    self.lines.remove(0);
                }
                self.lines.push(Row::new(cols, Cell::BLANK));
            }
        }
        for _ in rows..self.rows {
            if self.lines.len() <= rows + self.base {
                continue;
            }
            if self.lines.len() > self.base + self.y + 1 {
                self.lines.pop();
            } else {
                self.base += 1;
            }
        }
        let excess = self.lines.len().saturating_sub(max);
        self.lines.drain(..excess);
        self.base = self.base.saturating_sub(excess);
        self.saved_y = self.saved_y.saturating_sub(excess);
        self.x = self.x.min(cols - 1);
        self.y = self.y.min(rows - 1) + pulled;
        self.saved_x = self.saved_x.min(cols - 1);
        self.top = 0;
    }

    /// The line after the last one of the wrapped lines that begin at `first`.
    fn wrapped_end(&self, first: usize) -> usize {
        let more = self.lines[first + 1..].iter().take_while(|line| line.wrapped).count();
        first + 1 + more
    }

    /// Joins wrapped lines after the terminal became wider.
    fn widen(&mut self, cols: usize, rows: usize) {
        let cursor = self.base + self.y;
        let mut removed = Vec::new();
        let mut first = 0;
        while first + 1 < self.lines.len() {
            let end = self.wrapped_end(first);
            // The group with the cursor is mostly left alone: the program redraws it.
            let is_kept = !self.reflow_cursor && (first..end).contains(&cursor);
            if end > first + 1 && !is_kept {
                let count = join_lines(&mut self.lines[first..end], self.cols, cols);
                removed.extend(end - count..end);
            }
            first = end;
        }
        if removed.is_empty() {
            return;
        }
        let mut index = 0;
        let mut next = removed.iter().peekable();
        self.lines.retain(|_| {
            let drop = next.next_if(|&&at| at == index).is_some();
            index += 1;
            !drop
        });
        self.follow_removal(removed.len(), cols, rows);
    }

    /// Moves the positions after `count` lines were removed.
    fn follow_removal(&mut self, count: usize, cols: usize, rows: usize) {
        for _ in 0..count {
            if self.base > 0 {
                self.base -= 1;
                continue;
            }
            self.y = self.y.saturating_sub(1);
            if self.lines.len() < rows {
                self.lines.push(Row::new(cols, Cell::BLANK));
            }
        }
        self.saved_y = self.saved_y.saturating_sub(count);
    }

    /// Splits lines after the terminal became narrower.
    fn narrow(&mut self, cols: usize, rows: usize) {
        let mut insertions: Vec<Insertion> = Vec::new();
        let mut inserted = 0;
        // `len` is how many lines xterm.js counts. It drops lines from the end in
        // `follow_insertion` and yet reads them later, so they are removed last.
        let mut len = self.lines.len();
        let mut after = len;
        while after > 0 {
            let end = after;
            after -= 1;
            if !self.lines[after].wrapped && self.lines[after].trimmed_len() <= cols {
                continue;
            }
            while after > 0 && self.lines[after].wrapped {
                after -= 1;
            }
            if !self.reflow_cursor && (after..end).contains(&(self.base + self.y)) {
                continue;
            }
            let mut group: Vec<Row> =
                self.lines[after..end].iter_mut().map(std::mem::take).collect();
            let added = split_lines(&mut group, self.cols, cols);
            let fresh = group.split_off(end - after);
            self.lines[after..end].iter_mut().zip(group).for_each(|(line, row)| *line = row);
            let trimmed = self.trimmed_by(added, len);
            if !fresh.is_empty() {
                let start = end + inserted;
                inserted += fresh.len();
                insertions.push(Insertion { start, lines: fresh });
            }
            let moves = usize::try_from(added).unwrap_or(0).saturating_sub(trimmed);
            self.follow_insertion(moves, rows, &mut len, inserted);
            let last = self.base + rows - 1;
            self.saved_y = self.saved_y.saturating_add_signed(added).min(last);
        }
        self.lines.truncate(len);
        if !insertions.is_empty() {
            self.insert_lines(insertions, inserted);
        }
    }

    /// How many of the added lines push older ones out of the list.
    fn trimmed_by(&self, added: isize, len: usize) -> usize {
        let filled = if self.base == 0 && self.y + 1 != len { self.y } else { len };
        filled.saturating_add_signed(added).saturating_sub(self.max)
    }

    /// Moves the positions after `moves` lines were added.
    fn follow_insertion(&mut self, moves: usize, rows: usize, len: &mut usize, inserted: usize) {
        for _ in 0..moves {
            if self.base == 0 && self.y < rows - 1 {
                self.y += 1;
                *len = len.saturating_sub(1);
            } else if self.base == 0 || self.base + rows < self.max.min(*len + inserted) {
                self.base += 1;
            }
        }
    }

    /// Builds the list again with the new lines in it, from its end, because the
    /// newest lines are the ones kept.
    fn insert_lines(&mut self, insertions: Vec<Insertion>, inserted: usize) {
        let total = (self.lines.len() + inserted).min(self.max);
        let mut old = std::mem::take(&mut self.lines);
        let mut placed = 0;
        let mut backwards = Vec::with_capacity(total);
        let mut insertions = insertions.into_iter().peekable();
        while backwards.len() < total {
            match insertions.next_if(|next| next.start + 1 > old.len() + placed) {
                Some(next) => {
                    placed += next.lines.len();
                    backwards.extend(next.lines.into_iter().rev());
                }
                None => match old.pop() {
                    Some(line) => backwards.push(line),
                    None => break,
                },
            }
        }
        let surplus = backwards.split_off(total.min(backwards.len()));
        backwards.reverse();
        self.come_round(&mut backwards, surplus);
        self.lines = backwards;
    }

    /// Places the lines that did not fit, newest first, where xterm.js places them.
    ///
    /// xterm.js keeps lines in a circular array whose first line lies at
    /// `turned`. Writing to the index `-back` reaches the array's slot
    /// `turned - back`, which is another line of the same list. Where that is
    /// negative, JavaScript's remainder is negative too and the line is lost,
    /// except for multiples of the length, whose remainder is -0: slot 0.
    fn come_round(&self, lines: &mut [Row], surplus: Vec<Row>) {
        for (index, row) in surplus.into_iter().enumerate() {
            let back = index + 1;
            let slot = match self.turned.checked_sub(back) {
                Some(slot) => slot,
                None if (back - self.turned).is_multiple_of(self.max) => 0,
                None => continue,
            };
            if let Some(line) = lines.get_mut((slot + self.max - self.turned % self.max) % self.max)
            {
                *line = row;
            }
        }
    }
}

/// Columns of a wrapped line that hold text: all of them, unless it is the last
/// line, or a wide character did not fit and left the last column empty.
fn wrapped_len(lines: &[Row], index: usize, cols: usize) -> usize {
    let Some(line) = lines.get(index) else { return 0 };
    let Some(next) = lines.get(index + 1) else { return line.trimmed_len() };
    let last = line.get(cols - 1);
    let ends_empty = !last.has_content() && last.width() == 1;
    if ends_empty && next.get(0).width() == 2 { cols - 1 } else { cols }
}

/// Copies cells from one line to another, or within one.
fn copy(lines: &mut [Row], from: (usize, usize), to: (usize, usize), count: usize) {
    if from.0 >= lines.len() || to.0 >= lines.len() {
        return;
    }
    let cells = lines[from.0].cells_at(from.1, count);
    lines[to.0].copy_from(&cells, to.1);
}

/// Joins the lines of one group into wider ones, in place. Returns how many lines
/// at the end are no longer needed.
fn join_lines(lines: &mut [Row], old: usize, cols: usize) -> usize {
    let mut to = (0, wrapped_len(lines, 0, old));
    let mut from = (1, 0);
    while from.0 < lines.len() {
        let len = wrapped_len(lines, from.0, old);
        let count = (len - from.1).min(cols - to.1);
        copy(lines, from, to, count);
        to.1 += count;
        if to.1 == cols {
            to = (to.0 + 1, 0);
        }
        from.1 += count;
        if from.1 == len {
            from = (from.0 + 1, 0);
        }
        if to.1 == 0 && to.0 != 0 && lines[to.0 - 1].get(cols - 1).width() == 2 {
            copy(lines, (to.0 - 1, cols - 1), to, 1);
            to.1 += 1;
            lines[to.0 - 1].set(cols - 1, Cell::BLANK);
        }
    }
    if let Some(line) = lines.get_mut(to.0) {
        line.replace_cells(to.1, cols, Cell::BLANK);
    }
    let rest = lines.iter().enumerate().skip(1).rev();
    rest.take_while(|&(index, line)| index > to.0 || line.trimmed_len() == 0).count()
}

/// How many columns of text each line of a group gets in `cols` columns. A wide
/// character that would be cut moves to the next line.
fn split_lengths(lines: &[Row], old: usize, cols: usize) -> Vec<usize> {
    let needed: usize = (0..lines.len()).map(|index| wrapped_len(lines, index, old)).sum();
    let mut lengths = Vec::new();
    let (mut line, mut column, mut available) = (0, 0, 0);
    while available < needed {
        if needed - available < cols {
            lengths.push(needed - available);
            break;
        }
        column += cols;
        let len = wrapped_len(lines, line, old);
        if column > len {
            column -= len;
            line += 1;
        }
        let ends_wide =
            column > 0 && lines.get(line).is_some_and(|row| row.get(column - 1).width() == 2);
        if ends_wide {
            column -= 1;
        }
        let length = cols - usize::from(ends_wide);
        lengths.push(length);
        available += length;
    }
    lengths
}

/// Splits the lines of one group into narrower ones and appends the new lines to
/// `lines`. Returns how many there are more; where it is fewer, nothing changes.
fn split_lines(lines: &mut Vec<Row>, old: usize, cols: usize) -> isize {
    let lengths = split_lengths(lines, old, cols);
    let last_len = lines.last().map_or(0, Row::trimmed_len);
    let before = lines.len();
    let added = lengths.len().cast_signed() - before.cast_signed();
    if added < 0 {
        return added;
    }
    lines.resize_with(lengths.len(), || {
        let mut row = Row::new(cols, Cell::BLANK);
        row.wrapped = true;
        row
    });
    move_backwards(lines, &lengths, (before - 1, last_len), old);
    for (line, &length) in lines.iter_mut().zip(&lengths) {
        if length < cols {
            line.set(length, Cell::BLANK);
        }
    }
    added
}

/// Moves the cells of a group to their new places, from the end, so that none is
/// overwritten before it has moved. `from` is the end of the text before.
fn move_backwards(lines: &mut [Row], lengths: &[usize], from: (usize, usize), old: usize) {
    let length_of = |index: usize| lengths[index];
    let Some(mut to) = lengths.len().checked_sub(1).map(|index| (index, length_of(index))) else {
        return;
    };
    let (mut line, mut column) = from;
    loop {
        let count = column.min(to.1);
        copy(lines, (line, column - count), (to.0, to.1 - count), count);
        to.1 -= count;
        if to.1 == 0 {
            let Some(index) = to.0.checked_sub(1) else { return };
            to = (index, length_of(index));
        }
        column -= count;
        if column == 0 {
            let Some(index) = line.checked_sub(1) else { return };
            line = index;
            column = wrapped_len(lines, line, old);
        }
    }
}
