//! How the two ends of a row look.

use super::cell::Cell;
use super::remainder;
use super::row::Row;
use super::style::{Style, StyleTable, color};

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
    /// Only the last column is empty, and its attributes show, so that a space is
    /// drawn there.
    const MARKED_GAP: u8 = 1 << 6;
    /// A wide character without a background begins the row, whatever else its
    /// attributes are.
    const WIDE_UNTINTED: u8 = 1 << 7;

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
        add(
            Self::MARKED_GAP,
            gap && !last.is_stub() && styles.get(last.style()).marks_empty_cells(),
        );
        let wide = first.width() == 2 && row.get(1).is_stub();
        add(Self::WIDE, wide && is_plain(first));
        add(Self::WIDE_UNTINTED, wide && background == 0);
        Self(edges)
    }

    /// The edges of a row of `columns` columns of text that stands alone, the first
    /// character of such a style and `wide` or not.
    pub(super) const fn of_text(columns: usize, first: Style, wide: bool, cols: usize) -> Self {
        let begun = match first.bg & color::ALL {
            0 if wide && first.marks_empty_cells() => Self::BEGUN | Self::WIDE_UNTINTED,
            0 if wide => Self::BEGUN | Self::WIDE_UNTINTED | Self::WIDE,
            0 if columns > 0 => Self::BEGUN,
            _ => 0,
        };
        let end = match cols - columns {
            0 => Self::FULL,
            1 if cols > 2 => Self::GAP,
            _ => 0,
        };
        Self(begun | end)
    }

    /// The same of ASCII without attributes.
    pub(super) const fn of_plain(columns: usize, cols: usize) -> Self {
        Self::of_text(columns, Style::background(0), false, cols)
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

    /// The same row, continuing the one above.
    pub(super) const fn wrapped(self) -> Self {
        Self(self.0 | Self::WRAPPED)
    }

    /// The same row standing alone.
    pub(super) const fn unwrapped(self) -> Self {
        Self(self.0 & !Self::WRAPPED)
    }

    /// Whether something stands in the last column.
    pub(super) const fn is_full(self) -> bool {
        self.has(Self::FULL)
    }

    /// Whether the last column may be empty because the wide character that begins
    /// the next row did not fit, and shows the attributes of that character.
    pub(super) const fn may_leave_gap_before(self, next: Self) -> bool {
        self.has(Self::MARKED_GAP) && next.has(Self::WRAPPED) && next.has(Self::WIDE_UNTINTED)
    }

    /// Whether printing on wraps from this row into the next by itself.
    pub(super) const fn flows_into(self, next: Self) -> bool {
        self.has(Self::FULL) && next.has(Self::BEGUN) || self.has(Self::GAP) && next.has(Self::WIDE)
    }
}
