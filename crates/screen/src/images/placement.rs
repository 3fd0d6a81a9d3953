//! How large an image of kitty's protocol is shown.

use super::command::Command;
use super::space::Space;

/// Pixels that an image has at most.
const PIXELS: f64 = 16_777_216.0;

/// How far the cursor goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    /// Rows that the image takes.
    pub(super) rows: f64,
    /// Columns.
    pub(super) columns: f64,
}

/// Places an image of so many pixels, as the command says; none if that cannot be. In
/// comparisons here, what is no number must not pass.
pub(super) fn place(
    command: &Command,
    (width, height): (u32, u32),
    space: &Space,
) -> Option<Placement> {
    let (cell_width, cell_height) = space.cell;
    let bitmap_width = part(f64::from(width), command.from.0, command.part.0)?;
    let bitmap_height = part(f64::from(height), command.from.1, command.part.1)?;
    let (mut columns, rows) = match (command.columns, command.rows) {
        (Some(columns), Some(rows)) => (columns, rows),
        (Some(columns), None) => {
            let rows = (bitmap_height / bitmap_width) * (columns * cell_width) / cell_height;
            (columns, rows.ceil().max(1.0))
        }
        (None, Some(rows)) => {
            let columns = (bitmap_width / bitmap_height) * (rows * cell_height) / cell_width;
            (columns.ceil().max(1.0), rows)
        }
        (None, None) => ((bitmap_width / cell_width).ceil(), (bitmap_height / cell_height).ceil()),
    };
    let (mut width, mut height) = (bitmap_width, bitmap_height);
    if command.columns.is_some() || command.rows.is_some() {
        (width, height) = (round(columns * cell_width), round(rows * cell_height));
    }
    allowed(width, height)?;
    let offset = |pixels: Option<f64>, cell: f64| {
        let pixels = pixels.unwrap_or(0.0);
        (!pixels.is_nan()).then(|| pixels.max(0.0).min(cell - 1.0))
    };
    let right = offset(command.offset.0, cell_width)?;
    let down = offset(command.offset.1, cell_height)?;
    if right != 0.0 || down != 0.0 {
        if command.columns.is_none() {
            width = (width + right).floor();
            columns = (width / cell_width).ceil();
        }
        if command.rows.is_none() {
            height = (height + down).floor();
        }
        allowed(width, height)?;
    }
    Some(Placement { rows: (height / cell_height).ceil(), columns })
}

/// How many pixels of a side are shown.
fn part(side: f64, from: Option<f64>, wanted: Option<f64>) -> Option<f64> {
    let from = from.unwrap_or(0.0);
    let most = side - from.max(0.0);
    let wanted = wanted.filter(|&wanted| wanted != 0.0 && !wanted.is_nan()).unwrap_or(most);
    let part = wanted.min(most);
    (!from.is_nan() && part > 0.0).then_some(part)
}

fn allowed(width: f64, height: f64) -> Option<()> {
    (width >= 1.0 && height >= 1.0 && width * height <= PIXELS).then_some(())
}

/// As JavaScript rounds.
fn round(number: f64) -> f64 {
    (number + 0.5).floor()
}
