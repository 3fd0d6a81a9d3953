//! Becoming the terminal of another client, with what is drawn already.

use super::client::{Client, XtermVersion};
use super::modes::Mode;
use super::terminal::Terminal;
use super::width::{Join, UnicodeVersion};

impl Terminal {
    /// Goes on as the terminal of another client.
    pub(super) fn adapt(&mut self, client: Client) {
        let before = std::mem::replace(&mut self.client, client);
        if self.modes.has(Mode::NewLine) == before.convert_eol {
            self.modes.set(Mode::NewLine, client.convert_eol);
        }
        for buffer in [&mut self.active, &mut self.parked] {
            buffer.tabs.set_step(client.tab_step(), self.cols);
        }
        if client.version != before.version {
            self.change_version(client.version);
        }
        if !client.push_title {
            self.titles.forget_saved();
        }
        if client.unicode != before.unicode {
            self.measure_by(client.unicode);
        }
    }

    /// What is saved and set is what the other version would have.
    fn change_version(&mut self, version: XtermVersion) {
        for buffer in [&mut self.active, &mut self.parked] {
            buffer.saved = buffer.saved.in_version(version);
        }
        match version {
            XtermVersion::V6_0 => self.modes.set(Mode::ColorScheme, false),
            XtermVersion::V6_1 => {
                self.charsets.shift(self.charsets.level);
                self.modes.set(Mode::CursorBlink, false);
            }
        }
    }

    /// Measures characters by another table. Rows of the scrollback are bytes that
    /// draw them in a client with the old one, so they are written anew.
    fn measure_by(&mut self, unicode: UnicodeVersion) {
        let rows = self.read_scrollback();
        self.tables.unicode = unicode;
        for row in &rows {
            self.scrollback.push(row, self.cols, &self.tables);
        }
        self.sweep_if_due();
        self.join = Join::NONE;
        self.in_run = false;
    }
}
