//! Moving the cursor, and the controls that do.

use super::buffer::Saved;
use super::client::XtermVersion;
use super::modes::Mode;
use super::parser::params::Params;
use super::terminal::Terminal;

impl Terminal {
    /// Performs a C0 or C1 control.
    #[inline]
    pub(super) fn perform_control(&mut self, code: u32) {
        match code {
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.active.x = 0,
            0x08 => self.backspace(),
            0x09 => self.tab_forward(1),
            0x07 => self.ring(),
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            0x84 => self.index(),
            0x85 => self.next_line(),
            0x88 => self.set_tab(),
            _ => {}
        }
    }

    fn ring(&mut self) {
        if let Some(said) = &mut self.said {
            said.bells = said.bells.saturating_add(1);
        }
    }

    /// Moves down, scrolling at the bottom margin (LF).
    pub(super) fn line_feed(&mut self) {
        if self.modes.has(Mode::NewLine) {
            self.active.x = 0;
        }
        self.active.y += 1;
        if self.active.y == self.active.bottom + 1 {
            self.active.y -= 1;
            self.scroll(false);
        } else if self.active.y >= self.rows {
            self.active.y = self.rows - 1;
        } else {
            self.active.cursor_row().wrapped = false;
        }
        if self.active.x >= self.cols {
            self.active.x -= 1;
        }
    }

    /// Moves down, scrolling at the bottom margin (IND).
    pub(super) fn index(&mut self) {
        self.restrict();
        self.active.y += 1;
        if self.active.y == self.active.bottom + 1 {
            self.active.y -= 1;
            self.scroll(false);
        }
        self.restrict();
    }

    /// Moves to the start of the next row (NEL).
    pub(super) fn next_line(&mut self) {
        self.active.x = 0;
        self.index();
    }

    /// Moves up, scrolling at the top margin (RI).
    pub(super) fn reverse_index(&mut self) {
        self.restrict();
        if self.active.y == self.active.top {
            let fill = self.erase_cell();
            let (top, bottom) = (self.active.top, self.active.bottom);
            self.active.shift_down(top, bottom, 1, self.cols, fill);
        } else {
            self.active.y = self.active.y.saturating_sub(1);
            self.restrict();
        }
    }

    fn backspace(&mut self) {
        if !self.modes.has(Mode::ReverseWrap) {
            self.restrict();
            self.active.x = self.active.x.saturating_sub(1);
            return;
        }
        // With reverse wrap the cursor may stay behind the last column, so that
        // the first backspace reaches the character there.
        self.restrict_to(self.cols);
        if self.active.x > 0 {
            self.active.x -= 1;
        } else {
            self.wrap_back();
        }
        self.restrict();
    }

    fn wrap_back(&mut self) {
        let y = self.active.y;
        if y <= self.active.top || y > self.active.bottom || !self.active.row(y).wrapped {
            return;
        }
        self.active.cursor_row().wrapped = false;
        self.active.y -= 1;
        self.active.x = self.cols - 1;
        let last = self.active.row(y - 1).get(self.cols - 1);
        // A wide character that did not fit left the last column empty.
        if last.width() > 0 && !last.has_content() {
            self.active.x = self.active.x.saturating_sub(1);
        }
    }

    /// Keeps the cursor on the screen, and in the margins in origin mode.
    pub(super) fn restrict(&mut self) {
        self.restrict_to(self.cols - 1);
    }

    /// The same with another last column.
    pub(super) fn restrict_to(&mut self, last: usize) {
        self.active.x = self.active.x.min(last);
        self.active.y = if self.modes.has(Mode::Origin) {
            self.active.y.max(self.active.top).min(self.active.bottom)
        } else {
            self.active.y.min(self.rows - 1)
        };
    }

    /// Puts the cursor, counted from the top margin in origin mode.
    pub(super) fn put_cursor(&mut self, x: usize, y: usize) {
        let top = if self.modes.has(Mode::Origin) { self.active.top } else { 0 };
        self.active.x = x;
        self.active.y = top.saturating_add(y);
        self.restrict();
    }

    /// Moves the cursor. In origin mode the top margin is added once more, as
    /// xterm.js does.
    fn move_cursor(&mut self, right: isize, down: isize) {
        self.restrict();
        let x = self.active.x.saturating_add_signed(right);
        let y = if down < 0 && self.modes.has(Mode::Origin) {
            // The margin is added before the result is kept from being negative.
            let y = (self.active.y + self.active.top).saturating_add_signed(down);
            self.active.x = x;
            self.active.y = y;
            self.restrict();
            return;
        } else {
            self.active.y.saturating_add_signed(down)
        };
        self.put_cursor(x, y);
    }

    /// Moves up, to the top margin at most if the cursor is below it.
    pub(super) fn cursor_up(&mut self, params: &Params) {
        let count = params.count(0);
        let room = self.active.y.checked_sub(self.active.top).unwrap_or(count);
        self.move_cursor(0, -signed(count.min(room)));
    }

    /// Moves down, to the bottom margin at most if the cursor is above it.
    pub(super) fn cursor_down(&mut self, params: &Params) {
        let count = params.count(0);
        let room = self.active.bottom.checked_sub(self.active.y).unwrap_or(count);
        self.move_cursor(0, signed(count.min(room)));
    }

    /// Moves down whatever the margins.
    pub(super) fn row_forward(&mut self, params: &Params) {
        self.move_cursor(0, signed(params.count(0)));
    }

    /// Moves right.
    pub(super) fn cursor_right(&mut self, params: &Params) {
        self.move_cursor(signed(params.count(0)), 0);
    }

    /// Moves left.
    pub(super) fn cursor_left(&mut self, params: &Params) {
        self.move_cursor(-signed(params.count(0)), 0);
    }

    /// Puts the cursor in a column.
    pub(super) fn column(&mut self, params: &Params) {
        self.put_cursor(params.count(0) - 1, self.active.y);
    }

    /// Puts the cursor in a row.
    pub(super) fn row_position(&mut self, params: &Params) {
        self.put_cursor(self.active.x, params.count(0) - 1);
    }

    /// Puts the cursor in a row and a column.
    pub(super) fn position(&mut self, params: &Params) {
        self.put_cursor(params.count(1) - 1, params.count(0) - 1);
    }

    /// Moves to the `count`th tab stop after the cursor.
    pub(super) fn tab_forward(&mut self, count: usize) {
        if self.active.x >= self.cols {
            return;
        }
        for _ in 0..count.min(self.cols) {
            self.active.x = self.active.tabs.next(self.active.x, self.cols);
        }
    }

    /// Moves to the `count`th tab stop before the cursor.
    pub(super) fn tab_back(&mut self, count: usize) {
        if self.active.x >= self.cols {
            return;
        }
        for _ in 0..count.min(self.cols) {
            self.active.x = self.active.tabs.previous(self.active.x, self.cols);
        }
    }

    /// Sets a tab stop in the cursor's column.
    pub(super) fn set_tab(&mut self) {
        if self.active.x <= self.cols {
            self.active.tabs.set(self.active.x);
        }
    }

    /// Removes the tab stop in the cursor's column, or all of them.
    pub(super) fn clear_tabs(&mut self, params: &Params) {
        match params.get(0) {
            0 => self.active.tabs.clear(self.active.x),
            3 => self.active.tabs.clear_all(),
            _ => {}
        }
    }

    /// Sets the scrolling region.
    pub(super) fn set_margins(&mut self, params: &Params) {
        let top = params.count(0);
        let bottom = match usize::try_from(params.get(1)) {
            Ok(bottom) if bottom > 0 && bottom <= self.rows => bottom,
            _ => self.rows,
        };
        if bottom > top {
            self.active.top = top - 1;
            self.active.bottom = bottom - 1;
            self.put_cursor(0, 0);
        }
    }

    /// Saves cursor, colours and character sets, and in xterm.js 6.1 two modes.
    pub(super) fn save_cursor(&mut self) {
        let position = Saved {
            x: self.active.x,
            y: self.active.base + self.active.y,
            fg: self.pen.fg,
            bg: self.pen.bg,
            ..Saved::default()
        };
        self.active.saved = match self.client.version {
            XtermVersion::V6_0 => Saved { charset: self.charsets.current, ..position },
            XtermVersion::V6_1 => Saved {
                charsets: self.charsets,
                origin: self.modes.has(Mode::Origin),
                wraparound: self.modes.has(Mode::Wraparound),
                ..position
            },
        };
    }

    /// Restores what was saved. Underline style and link stay those of the pen.
    pub(super) fn restore_cursor(&mut self) {
        let saved = self.active.saved;
        self.active.x = saved.x;
        self.active.y = saved.y.saturating_sub(self.active.base);
        let pen = self.pen_mut();
        pen.fg = saved.fg;
        pen.bg = saved.bg;
        match self.client.version {
            XtermVersion::V6_0 => self.charsets.current = saved.charset,
            XtermVersion::V6_1 => {
                self.charsets.restore(&saved.charsets);
                self.modes.set(Mode::Origin, saved.origin);
                self.modes.set(Mode::Wraparound, saved.wraparound);
            }
        }
        self.restrict();
    }
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}
