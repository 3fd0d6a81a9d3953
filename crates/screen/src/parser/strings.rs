//! Strings: operating system commands, device control strings and application program
//! commands. They are kept up to a bound. Images go to the terminal as they come.

use super::super::images::readers::{Protocol, Readers};
use super::table::{Action, State};
use super::{Parser, Perform};

/// Bytes kept of a string sequence. Longer ones are ignored.
const MAX_STRING: usize = 64 * 1024;
/// A string sequence no client acts on, standing in for one too long to keep.
const IGNORED_OSC: &[u8] = b"\x1b]99999;";
const IGNORED_DCS: &[u8] = b"\x1bP|";
const IGNORED_APC: &[u8] = b"\x1b_0";
/// The number of an operating system command that may be an image.
const IMAGE: u32 = 1337;

impl Parser {
    pub(super) fn begin_osc(&mut self) {
        self.string.clear();
        self.is_image = false;
        self.number = Some(0);
    }

    pub(super) fn begin_dcs(&mut self, code: u32, terminal: &mut impl Perform) {
        self.string.clear();
        self.dcs = self.collected << 8 | code;
        self.is_image = self.dcs == u32::from(b'q') && terminal.begin_image(Protocol::Sixel);
    }

    pub(super) fn begin_apc(&mut self, code: u32, terminal: &mut impl Perform) {
        self.string.clear();
        let ident = self.collected << 8 | code;
        self.is_image = ident == u32::from(b'G') && terminal.begin_image(Protocol::Kitty);
    }

    /// Takes more of a string.
    pub(super) fn put(&mut self, bytes: &[u8], terminal: &mut impl Perform) {
        match self.state {
            State::Osc | State::DcsPassthrough => {}
            State::Apc if self.is_image => {}
            _ => return,
        }
        if self.is_image {
            terminal.read_image(bytes);
        } else if self.state == State::Osc {
            self.read_number(bytes, terminal);
        }
        if self.string.len() + bytes.len() > MAX_STRING {
            self.too_long = true;
            self.string = Vec::new();
        }
        if !self.too_long {
            self.string.extend_from_slice(bytes);
        }
    }

    /// Reads the number of an operating system command, and what follows it if that
    /// is an image.
    fn read_number(&mut self, bytes: &[u8], terminal: &mut impl Perform) {
        let Some(mut number) = self.number else { return };
        for (at, &byte) in bytes.iter().enumerate() {
            if byte.is_ascii_digit() {
                number = number.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
                continue;
            }
            self.number = None;
            let may_be = byte == b';' && number == IMAGE;
            self.is_image = may_be && terminal.begin_image(Protocol::Iip);
            if self.is_image {
                terminal.read_image(&bytes[at + 1..]);
            }
            return;
        }
        self.number = Some(number);
    }

    /// Ends a string with the character that ended it.
    pub(super) fn end_string(
        &mut self,
        action: Action,
        code: u32,
        end: usize,
        terminal: &mut impl Perform,
    ) {
        let cancelled = code == 0x18 || code == 0x1a;
        let is_image = std::mem::take(&mut self.is_image);
        if is_image {
            terminal.end_image(!cancelled);
        }
        if cancelled || self.too_long || action == Action::ApcEnd {
            terminal.abandon();
        } else if action == Action::OscEnd {
            terminal.osc(&self.string, end);
        } else if !is_image {
            terminal.dcs(self.dcs, &self.string);
        }
        self.string.clear();
        self.string.shrink_to(256);
        self.too_long = false;
        self.clear();
    }

    /// Bytes that bring a fresh terminal into the middle of the same sequence
    /// or character.
    pub(in super::super) fn write_unfinished(&self, images: Option<&Readers>, out: &mut Vec<u8>) {
        let is_string = matches!(self.state, State::Osc | State::DcsPassthrough | State::Apc);
        let images = images.filter(|_| is_string && self.is_image);
        if !images.is_some_and(|images| images.write_begun(!self.too_long, out)) {
            self.write_sequence(out);
        }
        out.extend_from_slice(&self.partial[..self.partial_len]);
    }

    fn write_sequence(&self, out: &mut Vec<u8>) {
        match self.state {
            State::Ground => {}
            State::IgnoredString => out.extend_from_slice(b"\x1bX"),
            State::ApcHeader => {
                out.extend_from_slice(b"\x1b_");
                // One that stands before the name makes it another.
                out.extend((self.collected != 0).then_some(b' '));
            }
            State::Osc if self.too_long => out.extend_from_slice(IGNORED_OSC),
            State::DcsPassthrough if self.too_long => out.extend_from_slice(IGNORED_DCS),
            State::Apc if self.too_long || !self.is_image => out.extend_from_slice(IGNORED_APC),
            State::Osc => {
                out.extend_from_slice(b"\x1b]");
                out.extend_from_slice(&self.string);
            }
            State::Apc => {
                out.extend_from_slice(b"\x1b_G");
                out.extend_from_slice(&self.string);
            }
            State::DcsPassthrough => {
                self.write_dcs_header(out);
                out.extend_from_slice(&self.string);
            }
            _ => out.extend_from_slice(&self.sequence),
        }
    }

    fn write_dcs_header(&self, out: &mut Vec<u8>) {
        let mut ident = self.dcs.to_be_bytes().into_iter().filter(|&byte| byte != 0).peekable();
        out.extend_from_slice(b"\x1bP");
        out.extend(ident.next_if(|byte| (0x3c..=0x3f).contains(byte)));
        self.params.write(out);
        out.extend(ident);
    }
}
