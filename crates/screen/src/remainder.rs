//! What the bytes that draw a row cannot say.
//!
//! Half of a wide character, or an empty cell that shows an underline, cannot be
//! printed; blanks and spaces stand for them. A later resize tells them apart,
//! though, so a row of the scrollback that has such cells carries them after the
//! bytes that draw it. Clients never get to see this part.

use super::cell::Cell;
use super::row::Row;
use super::row_writer::Writer;
use super::sequence::write_csi;
use super::tables::Tables;
use super::width::{width_of, width_of_text};

/// The sequence that puts a cell: column, width and code point.
pub(super) const PUT: u8 = b'z';
/// The sequence that adds a mark to a cell: column and code point.
pub(super) const MARK: u8 = b'y';

/// Bytes that tell how long the part is.
const LENGTH: usize = 4;

/// Adds to the bytes that draw a row what they do not say.
pub(super) fn append(row: &Row, cols: usize, tables: &Tables, out: &mut Vec<u8>) {
    let start = out.len();
    let mut writer = Writer::new(tables, out);
    for column in 0..cols {
        let cell = row.get(column);
        if is_drawn_otherwise(row, column, tables) {
            writer.put(|out| write_cell(column, cell, tables, out), cell.style());
        }
    }
    writer.finish();
    let length = u32::try_from(out.len() - start).unwrap_or(0);
    out.extend_from_slice(&length.to_le_bytes());
}

/// The bytes that draw a row, of the bytes of a row with such a part.
pub(super) fn drawing(bytes: &[u8]) -> &[u8] {
    split(bytes).0
}

/// The bytes that draw a row, and what they do not say.
pub(super) fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((rest, length)) = bytes.split_last_chunk::<LENGTH>() else { return (bytes, &[]) };
    rest.split_at(rest.len().saturating_sub(u32::from_le_bytes(*length) as usize))
}

/// Whether something else than the cell is drawn.
fn is_drawn_otherwise(row: &Row, column: usize, tables: &Tables) -> bool {
    let cell = row.get(column);
    if cell.is_stub() {
        let before = if column == 0 { Cell::BLANK } else { row.get(column - 1) };
        return before.width() != 2 || width_of_cell(before, tables) != 2;
    }
    if !cell.has_content() {
        return tables.styles.get(cell.style()).marks_empty_cells();
    }
    let is_cut = cell.width() == 2 && !row.get(column + 1).is_stub();
    is_cut || width_of_cell(cell, tables) != cell.width()
}

fn width_of_cell(cell: Cell, tables: &Tables) -> usize {
    match cell.cluster() {
        Some(number) => width_of_text(tables.clusters.get(number), tables.unicode),
        None => width_of(cell.code(), tables.unicode),
    }
}

fn first_code(cell: Cell, tables: &Tables) -> u32 {
    match cell.cluster() {
        Some(number) => tables.clusters.get(number).chars().next().map_or(0, u32::from),
        None => cell.code(),
    }
}

fn write_cell(column: usize, cell: Cell, tables: &Tables, out: &mut Vec<u8>) {
    write_csi(&[column, cell.width(), first_code(cell, tables) as usize], PUT, out);
    let text = cell.cluster().map_or("", |number| tables.clusters.get(number));
    for mark in text.chars().skip(1) {
        write_csi(&[column, mark as usize], MARK, out);
    }
}
