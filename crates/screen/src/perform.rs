//! What the terminal does with what the parser finds.

use super::images::readers::Protocol;
use super::parser::Perform;
use super::parser::params::Params;
use super::terminal::Terminal;

impl Perform for Terminal {
    #[inline]
    fn print_ascii(&mut self, bytes: &[u8]) {
        self.print_run(bytes);
    }

    fn print(&mut self, code: u32) {
        self.print_code(code);
    }

    fn print_text(&mut self, bytes: &[u8]) -> usize {
        self.print_text(bytes)
    }

    fn end_run(&mut self) {
        self.in_run = false;
    }

    #[inline]
    fn execute(&mut self, code: u32) {
        self.perform_control(code);
        self.forget_printed();
    }

    #[inline]
    fn csi(&mut self, ident: u32, params: &Params) {
        self.perform_csi(ident, params);
        self.forget_printed();
    }

    #[inline]
    fn sgr(&mut self, params: &[u8]) -> bool {
        let mut pen = self.pen;
        let is_simple = pen.select_from(params);
        if is_simple {
            self.set_pen(pen);
            self.forget_printed();
        }
        is_simple
    }

    fn esc(&mut self, ident: u32) {
        self.perform_esc(ident);
        self.forget_printed();
    }

    fn osc(&mut self, data: &[u8], end: usize) {
        self.perform_osc(data, end);
        self.forget_printed();
    }

    fn dcs(&mut self, ident: u32, data: &[u8]) {
        self.perform_dcs(ident, data);
        self.forget_printed();
    }

    fn begin_image(&mut self, protocol: Protocol) -> bool {
        self.begin_image(protocol)
    }

    fn read_image(&mut self, bytes: &[u8]) {
        self.read_image(bytes);
    }

    fn end_image(&mut self, is_whole: bool) {
        self.end_image(is_whole);
        self.forget_printed();
    }

    fn abandon(&mut self) {
        self.forget_printed();
    }

    #[inline]
    fn lines(&mut self, bytes: &[u8]) -> (usize, usize) {
        if bytes.len() > self.rows * 2 && self.is_at_bottom() {
            self.pass_lines(bytes)
        } else {
            (0, 0)
        }
    }
}
