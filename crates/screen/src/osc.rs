//! Operating system commands: titles, colours, links, and what is for others.

use super::palette::{FOREGROUND, parse_color};
use super::terminal::Terminal;

impl Terminal {
    /// Performs an operating system command.
    pub(super) fn perform_osc(&mut self, data: &[u8], end: usize) {
        let Ok(text) = std::str::from_utf8(data) else { return };
        let (number, rest) = text.split_once(';').unwrap_or((text, ""));
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        match number.trim_start_matches('0') {
            "" => self.titles.set(true, true, rest),
            "1" => self.titles.set(false, true, rest),
            "2" => self.titles.set(true, false, rest),
            "4" => self.indexed_colors(rest),
            "8" => self.hyperlink(rest),
            "10" => self.special_colors(rest, 0),
            "11" => self.special_colors(rest, 1),
            "12" => self.special_colors(rest, 2),
            "104" => self.restore_colors(rest),
            "110" => self.palette.restore(FOREGROUND),
            "111" => self.palette.restore(FOREGROUND + 1),
            "112" => self.palette.restore(FOREGROUND + 2),
            number => {
                if let Some(said) = &mut self.said {
                    said.hear(number, rest, end);
                }
            }
        }
    }

    fn indexed_colors(&mut self, text: &str) {
        let mut parts = text.split(';');
        while let (Some(index), Some(color)) = (parts.next(), parts.next()) {
            if let Some(index) = color_index(index) {
                self.color(index, color);
            }
        }
    }

    fn special_colors(&mut self, text: &str, first: u16) {
        for (number, color) in (FOREGROUND + first..FOREGROUND + 3).zip(text.split(';')) {
            self.color(number, color);
        }
    }

    fn color(&mut self, number: u16, text: &str) {
        if text == "?" {
            self.report_color(number);
        } else if let Some(color) = parse_color(text) {
            self.palette.set(number, color);
        }
    }

    fn restore_colors(&mut self, text: &str) {
        if text.is_empty() {
            self.palette.restore_indexed();
        }
        for index in text.split(';').filter_map(color_index) {
            self.palette.restore(index);
        }
    }

    /// Opens a link, or closes the one open.
    fn hyperlink(&mut self, text: &str) {
        let Some((params, uri)) = text.split_once(';') else { return };
        let params = params.trim();
        if uri.is_empty() {
            if params.is_empty() {
                self.set_link(0);
            }
            return;
        }
        let id = params.split(':').find_map(|param| param.strip_prefix("id=")).unwrap_or_default();
        // A sweep gives links other numbers, so it has to come first.
        if self.tables.links.is_due(id, uri) {
            self.sweep_links();
        }
        self.pen_mut();
        let link = self.tables.links.insert(id, uri);
        self.set_link(link);
    }

    fn set_link(&mut self, link: u32) {
        let pen = self.pen_mut();
        pen.link = link;
        pen.update_extended();
    }
}

fn color_index(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let index = text.parse::<u16>().ok().filter(|_| digits)?;
    Some(index).filter(|&index| index < FOREGROUND)
}
