//! Output without the questions that a terminal answers.
//!
//! Where somebody else answers, or history is sent again, a terminal must not
//! answer queries: its answers would arrive as typed input. Nor must history ring
//! the bell, notify or copy to the clipboard a second time. The filter removes
//! such sequences and leaves every other byte as it is.

use super::scanner::{BEL, C1_LEAD, CAN, ESC, SUB, State};
use memchr::{memchr, memchr3};

use super::plain::PlainText;

/// Asks for the answerback message.
const ENQ: u8 = 0x05;
/// Ignored inside sequences.
const DEL: u8 = 0x7f;

/// The longest sequence that is judged as a whole, in bytes. Longer ones pass:
/// no query is that long.
pub const MAX_HELD: usize = 4096;

/// What a filter removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removed {
    /// Queries.
    #[default]
    Queries,
    /// Queries, and what calls for somebody's attention or acts outside of the
    /// terminal: BEL, notifications (OSC 9, 99 and 777) and the clipboard (OSC 52).
    /// Progress (`OSC 9 ; 4`) stays.
    QueriesAndSignals,
}

/// Removes terminal queries from a stream that comes in chunks.
///
/// Removed are DA1 to DA3, DECID, DSR and CPR, DECRQM, DECRQSS, DECRQPSR,
/// DECREQTPARM, DECRQCRA, XTGETTCAP, XTVERSION, XTQMODKEYS, reading XTSMGRAPHICS,
/// reports of XTWINOPS, the keyboard and graphics queries of kitty, OSC colour,
/// font and clipboard queries (values of `?`), and ENQ. A sequence that both
/// sets and asks is removed whole. Controls inside a removed CSI sequence stay,
/// since a terminal executes them.
///
/// Sequences are read as a terminal reads them: controls between ESC and what follows it
/// are executed at once, those inside a string are ignored, and so are zeros before the
/// number of an OSC.
///
/// A sequence that is cut by the end of a chunk is held until it is complete,
/// so the result does not depend on how the stream is cut.
#[derive(Clone, Debug, Default)]
pub struct QueryFilter {
    removed: Removed,
    state: State,
    /// The open sequence from its introducer on; empty outside of one.
    held: Vec<u8>,
    /// Whether the open sequence was too long to hold and now passes.
    passing: bool,
    /// Whether what passes is removed after all.
    discarding: bool,
    /// Whether `held` is a string followed by an ESC that may become its ST.
    closing: bool,
}

impl QueryFilter {
    /// A filter at the beginning of a stream or at a safe boundary in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, removing this.
    #[must_use]
    pub fn removing(removed: Removed) -> Self {
        Self { removed, ..Self::default() }
    }

    /// Whether nothing in whole sequences such as these would be removed, as far as
    /// a quick look shows.
    #[must_use]
    pub fn is_idle(parts: [&[u8]; 2]) -> bool {
        let mut text = PlainText::new();
        let is_idle = |part: &&[u8]| memchr(ENQ, part).is_none() && text.push(part).is_some();
        parts.iter().all(is_idle) && text.is_whole()
    }

    /// Appends to `out` what of `input` passes.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some(&byte) = rest.first() {
            if self.is_outside() {
                let plain = memchr3(ESC, ENQ, C1_LEAD, rest).unwrap_or(rest.len());
                let plain = match self.removed {
                    Removed::Queries => plain,
                    Removed::QueriesAndSignals => memchr(BEL, &rest[..plain]).unwrap_or(plain),
                };
                out.extend_from_slice(&rest[..plain]);
                rest = &rest[plain..];
                if plain > 0 {
                    continue;
                }
            }
            let taken = self.take_whole(rest, out);
            rest = &rest[taken..];
            if taken == 0 {
                self.take(byte, out);
                rest = &rest[1..];
            }
        }
    }

    /// Appends to `out` what is held; the stream ends here.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        *self = Self::removing(self.removed);
    }

    /// Appends to `out` what is held of a sequence that goes on later, unless it
    /// is one that would be removed, and leaves its rest the same fate.
    pub fn pass_held(&mut self, out: &mut Vec<u8>) {
        if self.is_outside() {
            return;
        }
        if !self.passing {
            self.discarding = self.kind_of_held() != Kind::Other;
            self.passing = true;
        }
        if self.discarding {
            self.held.clear();
        }
        out.append(&mut self.held);
        self.closing = false;
    }

    /// Whether the stream is outside of any sequence here.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.held.is_empty() && !self.passing
    }

    /// Takes what can be taken at once, with the same result as byte by byte:
    /// a whole CSI sequence, or a stretch of a string.
    fn take_whole(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        if self.is_outside() {
            let length = csi_length(rest);
            if self.kind_of(&rest[..length]) == Kind::Other {
                out.extend_from_slice(&rest[..length]);
            }
            return length;
        }
        let room = if self.passing { rest.len() } else { MAX_HELD.saturating_sub(self.held.len()) };
        let (state, length) = self.state.skip_string(&rest[..room.min(rest.len())]);
        let target = if self.passing { out } else { &mut self.held };
        if !self.discarding {
            target.extend_from_slice(&rest[..length]);
        }
        self.state = state;
        length
    }

    /// Takes one byte that is special or belongs to the open sequence.
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.passing {
            return self.pass(byte, out);
        }
        if self.closing && byte != b'\\' {
            // The ESC ended the string, but begins something else.
            self.held.pop();
            self.judge(out);
            self.held.push(ESC);
        }
        self.closing = byte == ESC && self.state.is_string();
        if byte == ESC && !self.closing {
            out.append(&mut self.held);
        } else if self.begins_c1(byte) {
            self.restart_at_c1(byte, out);
        }
        if self.state == State::ESCAPE && is_executed(byte) {
            // The terminal acts on it before it knows the sequence.
            if !self.is_removed(byte) {
                out.push(byte);
            }
        } else if self.state.is_string() || !self.is_removed(byte) {
            self.held.push(byte);
        }
        self.state = self.state.step(byte);
        if self.state.is_safe() {
            self.judge(out);
        } else if self.held.len() > MAX_HELD && !self.closing {
            self.pass_held(out);
        }
    }

    /// Whether this control is removed on its own.
    fn is_removed(&self, byte: u8) -> bool {
        byte == ENQ || byte == BEL && self.removed == Removed::QueriesAndSignals
    }

    /// Passes a byte of a sequence that is too long to be held.
    fn pass(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.state = self.state.step(byte);
        if byte == ESC {
            self.passing = false;
            self.held.push(byte);
        } else {
            self.passing = !self.state.is_safe();
            if !self.discarding {
                out.push(byte);
            }
        }
        self.discarding &= self.passing;
    }

    /// Whether `byte` makes a C1 control of a held `C2` inside a sequence.
    fn begins_c1(&self, byte: u8) -> bool {
        self.held.len() > 1 && self.held.last() == Some(&C1_LEAD) && (0x80..0xa0).contains(&byte)
    }

    /// Ends the open sequence before a C1 control, which needs no ESC to end
    /// one: ST completes a string, all others abort.
    fn restart_at_c1(&mut self, byte: u8, out: &mut Vec<u8>) {
        const STRING_TERMINATOR: u8 = 0x9c;
        if byte == STRING_TERMINATOR {
            return;
        }
        self.held.pop();
        out.append(&mut self.held);
        self.held.push(C1_LEAD);
    }

    /// Passes or drops the complete sequence that is held.
    fn judge(&mut self, out: &mut Vec<u8>) {
        match self.kind_of_held() {
            Kind::Other => out.extend_from_slice(&self.held),
            Kind::Query => {}
            Kind::CsiQuery => out.extend(self.held.iter().filter(|&&byte| is_executed(byte))),
        }
        self.held.clear();
    }

    /// What the sequence is that is held: terminals ignore the controls in a string.
    fn kind_of_held(&self) -> Kind {
        let is_heard =
            |byte: &u8| !is_executed(*byte) && *byte != DEL || matches!(*byte, BEL | CAN | SUB);
        if self.held.iter().all(is_heard) {
            return self.kind_of(&self.held);
        }
        let heard: Vec<u8> = self.held.iter().copied().filter(is_heard).collect();
        self.kind_of(&heard)
    }

    /// What a whole sequence is to this filter.
    fn kind_of(&self, sequence: &[u8]) -> Kind {
        match kind_of(sequence) {
            Kind::Other if self.removed == Removed::QueriesAndSignals && is_signal(sequence) => {
                Kind::Query
            }
            kind => kind,
        }
    }
}

/// The length of the CSI sequence at the front if it is whole and holds no
/// control; otherwise zero.
fn csi_length(bytes: &[u8]) -> usize {
    let Some(body) = bytes.strip_prefix(b"\x1b[") else {
        return 0;
    };
    let body = &body[..body.len().min(MAX_HELD - 2)];
    match body.iter().position(|byte| !(0x20..0x40).contains(byte)) {
        Some(last) if (0x40..0x7f).contains(&body[last]) => last + 3,
        _ => 0,
    }
}

/// Whether a terminal acts on this byte inside a CSI sequence.
fn is_executed(byte: u8) -> bool {
    byte < 0x20 && byte != ESC
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    Query,
    CsiQuery,
}

/// What a whole sequence, introducer and terminator included, is.
fn kind_of(sequence: &[u8]) -> Kind {
    let (introducer, body) = match sequence {
        [ESC, byte, body @ ..] => (*byte, body),
        [C1_LEAD, byte @ 0x80..=0x9f, body @ ..] => (byte - 0x40, body),
        _ => return Kind::Other,
    };
    let asks = match introducer {
        b'[' if is_csi_query(body) => return Kind::CsiQuery,
        b'Z' => body.is_empty(),
        b']' => string_body(body).is_some_and(is_osc_query),
        b'P' => string_body(body).is_some_and(is_dcs_query),
        b'_' => string_body(body).is_some_and(is_apc_query),
        _ => false,
    };
    if asks { Kind::Query } else { Kind::Other }
}

/// Whether an OSC string, complete or as far as it goes, notifies somebody or
/// copies to the clipboard.
fn is_signal(sequence: &[u8]) -> bool {
    let ([ESC, b']', body @ ..] | [C1_LEAD, 0x9d, body @ ..]) = sequence else { return false };
    let Some(text) = string_body(body) else { return false };
    let mut values = text.split(|&byte| byte == b';');
    match number(values.next()) {
        b"52" | b"99" | b"777" => true,
        // ConEmu's numbered commands share OSC 9 with notifications.
        b"9" => values.next() != Some(b"4"),
        _ => false,
    }
}

/// The number that an OSC begins with, without the zeros before it.
fn number(digits: Option<&[u8]>) -> &[u8] {
    let digits = digits.unwrap_or_default();
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

/// The text of a string without its terminator; nothing for one that was
/// aborted and so asks nothing.
fn string_body(body: &[u8]) -> Option<&[u8]> {
    match body {
        [.., CAN | SUB] => None,
        // All of it where the ESC of the next sequence ended the string.
        [text @ .., ESC, b'\\'] | [text @ .., C1_LEAD, 0x9c] | [text @ .., BEL] | text => {
            Some(text)
        }
    }
}

/// The parts of a CSI sequence after its introducer.
struct Csi<'a> {
    /// `<`, `=`, `>` or `?`, or zero.
    marker: u8,
    parameters: &'a [u8],
    intermediates: &'a [u8],
    last: u8,
}

impl<'a> Csi<'a> {
    /// Splits what remains of a sequence without the controls inside it.
    fn parse(body: &'a [u8]) -> Option<Self> {
        let (&last, body) = body.split_last()?;
        let marked = body.first().filter(|byte| (b'<'..=b'?').contains(byte));
        let body = &body[usize::from(marked.is_some())..];
        let is_intermediate = |byte: &u8| (0x20..0x30).contains(byte);
        let split = body.iter().position(is_intermediate).unwrap_or(body.len());
        let (parameters, intermediates) = body.split_at(split);
        let well_formed = intermediates.iter().all(is_intermediate)
            && parameters.iter().all(|byte| (b'0'..=b';').contains(byte))
            && (b'@'..=b'~').contains(&last);
        well_formed.then_some(Self {
            marker: marked.copied().unwrap_or(0),
            parameters,
            intermediates,
            last,
        })
    }

    /// The parameter at `index`, zero where there is none, as in a terminal.
    fn parameter(&self, index: usize) -> u32 {
        let mut parameters = self.parameters.split(|&byte| byte == b';');
        let digits = parameters.nth(index).unwrap_or_default();
        digits.iter().fold(0u32, |number, &byte| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            number.saturating_mul(10).saturating_add(digit)
        })
    }
}

fn is_csi_query(body: &[u8]) -> bool {
    let is_noise = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
    let cleaned: Vec<u8>;
    let body = if body.iter().any(is_noise) {
        cleaned = body.iter().copied().filter(|byte| !is_noise(byte)).collect();
        &cleaned
    } else {
        body
    };
    Csi::parse(body).is_some_and(|csi| asks(&csi))
}

/// Whether a terminal answers this CSI sequence.
fn asks(csi: &Csi<'_>) -> bool {
    match csi.intermediates {
        b"" => asks_plainly(csi),
        // DECRQM; DECRQPSR and DECRQTSR.
        b"$" if csi.last == b'p' => matches!(csi.marker, 0 | b'?'),
        b"$" => matches!((csi.marker, csi.last), (0, b'w' | b'u')),
        // XTREPORTCOLORS, XTTITLEPOS, XTREPORTSGR.
        b"#" => matches!((csi.marker, csi.last), (0, b'R' | b'S' | b'|')),
        // DECRQCRA, DECRQUPSS, DECRQDE, DECRQLP.
        b"*" => (csi.marker, csi.last) == (0, b'y'),
        b"&" => (csi.marker, csi.last) == (0, b'u'),
        b"\"" => (csi.marker, csi.last) == (0, b'v'),
        b"'" => (csi.marker, csi.last) == (0, b'|'),
        _ => false,
    }
}

/// The same for sequences without intermediates.
fn asks_plainly(csi: &Csi<'_>) -> bool {
    match (csi.marker, csi.last) {
        // DA1, DA2, DA3; DSR and CPR; XTVERSION; XTQMODKEYS; kitty's keyboard.
        (0 | b'=' | b'>', b'c') | (0 | b'?', b'n') | (b'>', b'q') | (b'?', b'm' | b'u') => true,
        // DECREQTPARM, whose answer has more parameters.
        (0, b'x') => !csi.parameters.contains(&b';'),
        // XTWINOPS: 11 to 21 report, except 12 and 17, which do nothing.
        (0, b't') => matches!(csi.parameter(0), 11 | 13..=16 | 18..=21),
        // XTSMGRAPHICS: 1 reads the value, 4 the largest one.
        (b'?', b'S') => matches!(csi.parameter(1), 1 | 4),
        _ => false,
    }
}

/// Whether an OSC string asks: a value of `?` where there may be one.
fn is_osc_query(text: &[u8]) -> bool {
    let mut values = text.split(|&byte| byte == b';');
    match number(values.next()) {
        b"4" | b"5" | b"50" | b"52" => values.any(|value| value == b"?"),
        b"10" | b"11" | b"12" | b"13" | b"14" | b"15" | b"16" | b"17" | b"18" | b"19" => {
            values.any(|value| value == b"?")
        }
        // kitty's colours and pointer shapes.
        b"21" => values.any(|value| value.ends_with(b"=?")),
        b"22" => values.next().is_some_and(|value| value.starts_with(b"?")),
        // iTerm2's cell size and variables.
        b"1337" => values.next().is_some_and(|value| {
            value == b"ReportCellSize" || value.starts_with(b"ReportVariable=")
        }),
        _ => false,
    }
}

/// DECRQSS or XTGETTCAP.
fn is_dcs_query(text: &[u8]) -> bool {
    let is_parameter = |byte: &u8| (b'0'..=b'?').contains(byte);
    let skipped = text.iter().take_while(|&byte| is_parameter(byte)).count();
    matches!(text[skipped..], [b'$' | b'+', b'q', ..])
}

/// A graphics command of kitty that only asks.
fn is_apc_query(text: &[u8]) -> bool {
    let Some(command) = text.strip_prefix(b"G") else {
        return false;
    };
    let control = command.split(|&byte| byte == b';').next().unwrap_or_default();
    control.split(|&byte| byte == b',').any(|pair| pair == b"a=q")
}

#[cfg(test)]
mod tests;
