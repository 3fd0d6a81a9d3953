//! The screen as plain text.

use super::terminal::Terminal;

impl Terminal {
    /// The rows shown, without blanks at their end.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for y in 0..self.active.height() {
            if y > 0 {
                text.push('\n');
            }
            let start = text.len();
            self.push_row(y, &mut text);
            let end = start + text[start..].trim_end_matches(' ').len();
            text.truncate(end);
        }
        text
    }

    fn push_row(&self, y: usize, text: &mut String) {
        let row = self.active.row(y);
        let mut column = 0;
        while column < self.cols {
            let cell = row.get(column);
            match cell.cluster() {
                Some(number) => text.push_str(self.tables.clusters.get(number)),
                None if cell.has_content() => text.push(char::from_u32(cell.code()).unwrap_or(' ')),
                None => text.push(' '),
            }
            column += cell.width().max(1);
        }
    }
}
