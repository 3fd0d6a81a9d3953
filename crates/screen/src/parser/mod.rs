//! The parser: bytes in, printed runs, controls and sequences out.
//!
//! It follows the state machine of xterm.js on code points, with shortcuts for
//! runs of ASCII and for whole control sequences. What it is in the middle of
//! at the end of the input is kept as bytes, so that a snapshot can end there.

pub(super) mod params;
mod strings;
mod table;
pub(super) mod utf8;

use super::client::{Client, XtermVersion};
use super::images::readers::Protocol;
use params::Params;
use table::{Action, State, transition};
use utf8::Step;

/// What the parser drives.
pub(super) trait Perform {
    /// Prints characters from 0x20 to 0x7e.
    fn print_ascii(&mut self, bytes: &[u8]);
    /// Prints one character of any kind.
    fn print(&mut self, code: u32);
    /// Prints characters at the beginning of the bytes, the first of them beyond
    /// ASCII, if there is a short way for them; returns how many bytes it took.
    fn print_text(&mut self, _bytes: &[u8]) -> usize {
        0
    }
    /// The run of printed characters ends here, without a control or sequence.
    fn end_run(&mut self);
    /// Performs a C0 or C1 control.
    fn execute(&mut self, code: u32);
    /// Performs a control sequence. `ident` holds the prefix, the intermediate
    /// bytes and the final byte, last byte lowest.
    fn csi(&mut self, ident: u32, params: &Params);
    /// Sets attributes, by the parameters of an SGR sequence as they stand in it, if
    /// there is a short way for them; whether there was.
    fn sgr(&mut self, _params: &[u8]) -> bool {
        false
    }
    /// Performs an escape sequence, `ident` as for [`Perform::csi`].
    fn esc(&mut self, ident: u32);
    /// Performs an operating system command, which ended before the byte `end` of
    /// the input.
    fn osc(&mut self, data: &[u8], end: usize);
    /// Performs a device control string.
    fn dcs(&mut self, ident: u32, data: &[u8]);
    /// Begins an image; whether the terminal wants its data.
    fn begin_image(&mut self, _protocol: Protocol) -> bool {
        false
    }
    /// Takes more data of the image.
    fn read_image(&mut self, _bytes: &[u8]) {}
    /// Ends the image; `is_whole` is `false` if it was cancelled.
    fn end_image(&mut self, _is_whole: bool) {}
    /// An operating system command or device control string came to nothing.
    fn abandon(&mut self);
    /// Takes whole lines at the beginning of the bytes, if there is a short way
    /// for them; returns how many bytes it took and how many it looked at.
    fn lines(&mut self, _bytes: &[u8]) -> (usize, usize) {
        (0, 0)
    }
}

/// Bytes kept of any other unfinished sequence; what is longer has more
/// parameters than count.
const MAX_SEQUENCE: usize = 1024;

/// The state between two inputs.
#[derive(Clone, Debug)]
pub(super) struct Parser {
    state: State,
    params: Params,
    collected: u32,
    string: Vec<u8>,
    too_long: bool,
    dcs: u32,
    /// The bytes of the unfinished sequence that came with earlier inputs.
    sequence: Vec<u8>,
    partial: [u8; 4],
    partial_len: usize,
    /// Whether application program commands are read, instead of ignored like other
    /// strings.
    reads_apc: bool,
    /// The number of an operating system command, while it is being read.
    number: Option<u32>,
    /// Whether the terminal reads the string as an image.
    is_image: bool,
}

impl Parser {
    /// A parser in its ground state.
    pub(super) fn new() -> Self {
        Self {
            state: State::Ground,
            params: Params::new(),
            collected: 0,
            string: Vec::new(),
            too_long: false,
            dcs: 0,
            sequence: Vec::new(),
            partial: [0; 4],
            partial_len: 0,
            reads_apc: false,
            number: None,
            is_image: false,
        }
    }

    /// Reads what such a client reads from here on.
    pub(super) fn follow(&mut self, client: &Client) {
        self.reads_apc = client.version == XtermVersion::V6_1;
    }

    /// Takes input.
    pub(super) fn advance(&mut self, bytes: &[u8], terminal: &mut impl Perform) {
        let mut at = self.finish_partial(bytes, terminal);
        // Where the sequence that is unfinished in the end began in this input.
        let mut start = at;
        // Up to here the input was looked through for whole lines.
        let mut looked = 0;
        while at < bytes.len() {
            at = if self.state == State::Ground {
                if at > looked && bytes[at - 1] == b'\n' {
                    let (taken, seen) = terminal.lines(&bytes[at..]);
                    looked = at + seen;
                    at += taken;
                    if at == bytes.len() {
                        break;
                    }
                }
                self.ground(bytes, at, &mut start, terminal)
            } else {
                self.inside(bytes, at, &mut start, terminal)
            };
        }
        self.remember(
            bytes.get(start..bytes.len() - self.partial_len.min(bytes.len())).unwrap_or_default(),
        );
    }

    /// Whether the input ended outside of any sequence and character.
    pub(super) const fn is_at_rest(&self) -> bool {
        matches!(self.state, State::Ground) && self.partial_len == 0
    }

    /// Bytes of an unfinished character at the end of the input.
    pub(super) const fn partial_len(&self) -> usize {
        self.partial_len
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.string.capacity() + self.sequence.capacity()
    }

    /// Completes the character that the input before left unfinished.
    fn finish_partial(&mut self, bytes: &[u8], terminal: &mut impl Perform) -> usize {
        if self.partial_len == 0 || bytes.is_empty() {
            return 0;
        }
        let had = self.partial_len;
        let mut buffer = self.partial;
        let taken = bytes.len().min(4 - had);
        buffer[had..had + taken].copy_from_slice(&bytes[..taken]);
        match utf8::decode(&buffer[..had + taken]) {
            Step::Incomplete => {
                self.partial = buffer;
                self.partial_len = had + taken;
                taken
            }
            Step::Skip(len) => {
                self.partial_len = 0;
                len.saturating_sub(had)
            }
            Step::Char(code, len) => {
                self.partial_len = 0;
                self.step(code, &buffer[..len], 0, &mut 0, terminal);
                self.remember(&buffer[..len]);
                len - had
            }
        }
    }

    /// Takes a run, a whole sequence or a control in the ground state.
    #[inline]
    fn ground(
        &mut self,
        bytes: &[u8],
        at: usize,
        start: &mut usize,
        terminal: &mut impl Perform,
    ) -> usize {
        let rest = &bytes[at..];
        let run = printable(rest);
        if run > 0 {
            terminal.print_ascii(&rest[..run]);
            return at + run;
        }
        match rest[0] {
            0x1b => {
                if let Some(len) = whole_sgr(rest)
                    && terminal.sgr(&rest[2..len - 1])
                {
                    return at + len;
                }
                match self.whole_csi(rest) {
                    Some((ident, len)) => {
                        terminal.csi(ident, &self.params);
                        at + len
                    }
                    None => self.inside(bytes, at, start, terminal),
                }
            }
            byte @ 0x00..=0x1f => {
                terminal.execute(u32::from(byte));
                at + 1
            }
            0xc2.. => self.characters(bytes, at, start, terminal),
            _ => self.inside(bytes, at, start, terminal),
        }
    }

    /// Takes characters beyond ASCII.
    fn characters(
        &mut self,
        bytes: &[u8],
        at: usize,
        start: &mut usize,
        terminal: &mut impl Perform,
    ) -> usize {
        let mut at = at;
        while let Some(0xc2..) = bytes.get(at) {
            let taken = terminal.print_text(&bytes[at..]);
            at += taken;
            if taken > 0 {
                continue;
            }
            match utf8::decode(&bytes[at..]) {
                Step::Char(code, len) if code >= 0xa0 => {
                    terminal.print(code);
                    at += len;
                }
                _ => return self.inside(bytes, at, start, terminal),
            }
        }
        at
    }

    /// Reads a control sequence that is complete and has nothing odd in it.
    #[inline]
    fn whole_csi(&mut self, bytes: &[u8]) -> Option<(u32, usize)> {
        if bytes.get(1) != Some(&b'[') {
            return None;
        }
        self.params.reset();
        let mut collected = 0;
        let mut at = 2;
        if let Some(&prefix @ 0x3c..=0x3f) = bytes.get(2) {
            collected = u32::from(prefix);
            at = 3;
        }
        while let Some(&byte @ 0x30..=0x3b) = bytes.get(at) {
            self.params.take(byte);
            at += 1;
        }
        while let Some(&byte @ 0x20..=0x2f) = bytes.get(at) {
            collected = collected << 8 | u32::from(byte);
            at += 1;
        }
        match bytes.get(at) {
            Some(&last @ 0x40..=0x7e) => Some((collected << 8 | u32::from(last), at + 1)),
            _ => None,
        }
    }

    /// Takes one character, or a run of a string, with the state machine.
    fn inside(
        &mut self,
        bytes: &[u8],
        at: usize,
        start: &mut usize,
        terminal: &mut impl Perform,
    ) -> usize {
        let rest = &bytes[at..];
        if matches!(
            self.state,
            State::Osc
                | State::DcsPassthrough
                | State::DcsIgnore
                | State::IgnoredString
                | State::Apc
        ) {
            let run = printable(rest);
            if run > 0 {
                self.put(&rest[..run], terminal);
                return at + run;
            }
        }
        match utf8::decode(rest) {
            Step::Char(code, len) => {
                self.step(code, &rest[..len], at, start, terminal);
                at + len
            }
            Step::Skip(len) => at + len,
            Step::Incomplete => {
                self.partial_len = rest.len();
                self.partial[..rest.len()].copy_from_slice(rest);
                bytes.len()
            }
        }
    }

    /// Takes one character with the state machine.
    fn step(
        &mut self,
        code: u32,
        bytes: &[u8],
        at: usize,
        start: &mut usize,
        terminal: &mut impl Perform,
    ) {
        let (action, mut next) = transition(self.state, code);
        if self.reads_apc && next == State::IgnoredString && matches!(code, 0x5f | 0x9f) {
            next = self.begun_apc(code);
        }
        if action == Action::Print {
            terminal.print(code);
            return;
        }
        terminal.end_run();
        let begins = next != State::Ground && matches!(action, Action::Clear | Action::OscStart)
            || matches!(next, State::IgnoredString | State::ApcHeader) && self.state != next;
        let begins = begins || next == State::Escape && self.state != State::Escape;
        self.perform(action, code, (bytes, at), terminal);
        if begins {
            self.begin(next, code, at, start);
        }
        self.state = next;
    }

    /// What an application program command begins, or goes on with.
    fn begun_apc(&mut self, code: u32) -> State {
        let introduced = self.state == State::Escape || code == 0x9f;
        if !introduced {
            return State::IgnoredString;
        }
        self.clear();
        State::ApcHeader
    }

    fn begin(&mut self, next: State, code: u32, at: usize, start: &mut usize) {
        // An introducer in two bytes began with its escape character.
        let two_bytes = code < 0x80 && next != State::Escape;
        if !two_bytes {
            self.sequence.clear();
            *start = at;
        }
        self.too_long = false;
    }

    /// Performs an action for the character whose bytes are at `at` of the input.
    fn perform(
        &mut self,
        action: Action,
        code: u32,
        (bytes, at): (&[u8], usize),
        terminal: &mut impl Perform,
    ) {
        match action {
            Action::Ignore | Action::Print => {}
            Action::Execute => terminal.execute(code),
            Action::Clear => self.clear(),
            Action::OscStart => self.begin_osc(),
            Action::Param => self.params.take(bytes[0]),
            Action::Collect => self.collected = self.collected << 8 | code,
            Action::CsiDispatch => terminal.csi(self.collected << 8 | code, &self.params),
            Action::EscDispatch => terminal.esc(self.collected << 8 | code),
            Action::DcsHook => self.begin_dcs(code, terminal),
            Action::ApcStart => self.begin_apc(code, terminal),
            Action::OscPut | Action::DcsPut | Action::ApcPut => self.put(bytes, terminal),
            Action::OscEnd | Action::DcsUnhook | Action::ApcEnd => {
                self.end_string(action, code, at + bytes.len(), terminal);
            }
        }
    }

    fn clear(&mut self) {
        self.params.reset();
        self.collected = 0;
    }

    /// Keeps the bytes of a sequence that the input leaves unfinished, but not
    /// the controls within it that were performed at once.
    fn remember(&mut self, bytes: &[u8]) {
        if matches!(
            self.state,
            State::Ground
                | State::IgnoredString
                | State::Osc
                | State::DcsPassthrough
                | State::ApcHeader
                | State::Apc
        ) {
            self.sequence.clear();
            return;
        }
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let (len, kept) = match utf8::decode(rest) {
                Step::Char(_, len) => (len, first >= 0x20 || first == 0x1b),
                Step::Skip(len) => (len, false),
                Step::Incomplete => return,
            };
            if kept && self.sequence.len() + len <= MAX_SEQUENCE {
                self.sequence.extend_from_slice(&rest[..len]);
            }
            rest = &rest[len..];
        }
    }
}

/// The length of the SGR sequence at the start, if it is whole.
#[inline]
fn whole_sgr(bytes: &[u8]) -> Option<usize> {
    let params = bytes.strip_prefix(b"\x1b[")?;
    let len = params.iter().position(|byte| !matches!(byte, 0x30..=0x3b))?;
    (params[len] == b'm').then_some(len + 3)
}

/// How many bytes at the start are printable ASCII, eight at a time.
#[inline]
pub(super) fn printable(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let mut done = 0;
    let (words, _) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The high bit of a byte is set if it is below 0x20 or above 0x7e; what
        // a borrow or carry does to bytes after the first such one is no matter.
        let odd = (word | word.wrapping_sub(ONES << 5) | word.wrapping_add(ONES)) & HIGH;
        if odd != 0 {
            return done + odd.trailing_zeros() as usize / 8;
        }
        done += 8;
    }
    let rest = &bytes[done..];
    done + rest.iter().position(|byte| !matches!(byte, 0x20..=0x7e)).unwrap_or(rest.len())
}
