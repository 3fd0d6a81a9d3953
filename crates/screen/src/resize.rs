//! Resizing, as xterm.js does it.

use super::buffer::Buffer;
use super::cell::Cell;
use super::client::XtermVersion;
use super::parser::Parser;
use super::reflow::Layout;
use super::row::Row;
use super::row_reader::Reader;
use super::terminal::Terminal;

impl Terminal {
    /// Gives the terminal another size. The normal buffer is reflowed, its
    /// scrollback included; the alternate one is cut or padded.
    pub(super) fn resize(&mut self, cols: usize, rows: usize) {
        if (cols, rows) == (self.cols, self.rows) {
            return;
        }
        let mut normal = self.take_layout(false);
        normal.resize(cols, rows, true);
        let mut alternate = self.take_layout(true);
        alternate.resize(cols, rows, false);
        self.cols = cols;
        self.rows = rows;
        // What is printed next is no part of what was printed last.
        self.in_run = false;
        self.put_layout(normal, false);
        self.put_layout(alternate, true);
        for buffer in [&mut self.active, &mut self.parked] {
            buffer.tabs.extend_to(cols);
        }
        self.sweep_if_due();
    }

    /// Styles and clusters of the scrollback are bytes again.
    pub(super) fn sweep_if_due(&mut self) {
        if self.tables.styles.is_due() {
            self.sweep_styles();
        }
        if self.tables.clusters.is_due() {
            self.sweep_clusters();
        }
    }

    fn buffer(&mut self, alternate: bool) -> &mut Buffer {
        if alternate == self.alternate { &mut self.active } else { &mut self.parked }
    }

    fn take_layout(&mut self, alternate: bool) -> Layout {
        let mut lines = Vec::new();
        let mut room = 0;
        if !alternate {
            lines = self.read_scrollback();
            room = self.scrollback.max_rows();
        }
        let (cols, rows) = (self.cols, self.rows);
        let reflow_cursor = self.client.reflow_cursor_line;
        let is_new = self.client.version == XtermVersion::V6_1;
        let buffer = self.buffer(alternate);
        let max = if alternate { buffer.most } else { rows + room };
        lines.extend(std::mem::take(&mut buffer.above));
        let kept = lines.len();
        // Rows given up for want of memory no longer count.
        let lost = buffer.base.saturating_sub(kept);
        lines.extend(buffer.take_rows());
        Layout {
            lines,
            max,
            room,
            cols,
            rows,
            turned: buffer.turned,
            base: buffer.base - lost,
            x: buffer.x,
            y: buffer.y,
            top: buffer.top,
            bottom: buffer.bottom,
            saved_x: buffer.saved.x,
            saved_y: buffer.saved.y.saturating_sub(lost),
            reflow_cursor,
            is_new,
        }
    }

    /// The rows of the scrollback, which is empty then.
    pub(super) fn read_scrollback(&mut self) -> Vec<Row> {
        let mut parser = Parser::new();
        let mut reader = Reader::new(&mut self.tables);
        let records = self.scrollback.newest(self.scrollback.rows());
        let rows = records
            .map(|(edges, bytes)| reader.read(&mut parser, bytes, self.cols, edges))
            .collect();
        self.scrollback.clear();
        rows
    }

    fn put_layout(&mut self, mut layout: Layout, alternate: bool) {
        let (cols, rows) = (self.cols, self.rows);
        let shown = layout.lines.split_off(layout.base.min(layout.lines.len()));
        let above = if alternate { std::mem::take(&mut layout.lines) } else { Vec::new() };
        for row in &layout.lines {
            self.scrollback.push(row, cols, &self.tables);
        }
        let buffer = self.buffer(alternate);
        buffer.base = layout.base;
        buffer.above = above.into();
        buffer.turned = layout.turned;
        buffer.most = layout.max;
        buffer.x = layout.x;
        buffer.y = layout.y;
        buffer.top = layout.top;
        buffer.bottom = layout.bottom;
        buffer.saved.x = layout.saved_x;
        buffer.saved.y = layout.saved_y;
        if !shown.is_empty() || !alternate {
            let mut shown = shown;
            shown.resize_with(rows, || Row::new(cols, Cell::BLANK));
            buffer.put_rows(shown);
        }
    }
}
