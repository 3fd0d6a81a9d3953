//! Whether output is plain: lines of text and colours, which neither move the
//! cursor about nor change how a terminal works nor ask it anything nor ring.
//!
//! A screen that follows its output late may leave plain output unread, since
//! nothing in it needs an answer or is to be told, and may skip what has scrolled away before
//! anybody looked.

use memchr::memrchr;

use super::lanes::{self, LANES, Lanes, Task, Usual};
use super::scanner::{BEL, C1_LEAD, ESC};

const DEL: u8 = 0x7f;

/// What one more piece of plain output is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Line feeds.
    pub feeds: usize,
    /// Bytes below 0x20: line feeds and other controls, and the beginnings of sequences.
    pub controls: usize,
    /// How often the lines that end here go on in another row, if each began at the
    /// left edge. `None` where that takes a closer look: where a line that may not
    /// fit has more than ASCII, colours and boxes; with tabs; and with line feeds that
    /// leave the cursor in its column.
    pub wraps: Option<usize>,
    /// Whether there are sequences.
    pub has_sequences: bool,
}

/// Follows a stream, piece by piece, for as long as it is plain.
///
/// Plain are printable text in any encoding, valid or not, the controls below
/// 0x20 but BEL, VT, FF, SO, SI and ESC, and the sequences SGR (`CSI … m`) and EL
/// (`CSI … K`) whose parameters are digits, `:` and `;`. DEL and the C1 controls
/// are not. The result does not depend on where the stream is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlainText {
    open: Open,
    /// The last byte was CR.
    after_return: bool,
    /// The most columns that the unfinished line takes.
    columns: usize,
    /// It may take less.
    is_vague: bool,
}

/// More columns than any line is known to have.
const FAR: usize = usize::MAX / 2;

/// What a piece of output ends in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// After ESC.
    escape: bool,
    /// In the parameters of a control sequence.
    parameters: bool,
    /// After `C2`, which the next byte may make a C1 control.
    c1: bool,
}

/// How many bytes of a block are looked at: not 0.
///
/// Nearly all are whole, which the compiler makes code of its own for.
#[derive(Clone, Copy)]
struct Count<const WHOLE: bool>(usize);

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl<const WHOLE: bool> Count<WHOLE> {
    /// The bits that stand for a byte.
    #[inline(always)]
    const fn valid(self) -> u64 {
        if WHOLE { u64::MAX } else { u64::MAX >> (LANES - self.0) }
    }

    /// Whether the bit is set of the last byte.
    #[inline(always)]
    const fn is_last(self, bits: u64) -> bool {
        bits >> (if WHOLE { LANES } else { self.0 } - 1) & 1 == 1
    }
}

/// What takes a column of its own, and what may take another one.
#[derive(Clone, Copy)]
struct Shown {
    narrow: u64,
    wide: u64,
}

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl Shown {
    /// The most columns of some bytes.
    #[inline(always)]
    const fn columns(self, bytes: u64) -> usize {
        let narrow = (self.narrow & bytes).count_ones() as usize;
        let wide = self.wide & bytes;
        if wide == 0 { narrow } else { narrow + wide.count_ones() as usize }
    }
}

impl PlainText {
    /// A stream that begins outside of any sequence and character, at the left edge.
    #[must_use]
    pub const fn new() -> Self {
        let open = Open { escape: false, parameters: false, c1: false };
        Self { open, after_return: false, columns: 0, is_vague: false }
    }

    /// Whether the pieces so far end outside of any sequence.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.open == Open::default()
    }

    /// Follows one more piece and says what it is like in however wide a terminal;
    /// `None` once the stream is not plain, after which this value means nothing any
    /// more.
    ///
    /// A sequence that the piece leaves unfinished counts as plain so far.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> Option<Piece> {
        self.push_within(bytes, usize::MAX)
    }

    /// The same for a terminal of so many columns, in which lines wrap. All pieces of a
    /// stream have to be followed with the same number.
    #[must_use]
    pub fn push_within(&mut self, bytes: &[u8], cols: usize) -> Option<Piece> {
        let mut text = *self;
        let mut piece =
            Piece { feeds: 0, controls: 0, wraps: Some(0), has_sequences: !text.is_whole() };
        let (blocks, rest) = bytes.as_chunks();
        if !blocks.is_empty() {
            (text, piece) = lanes::run(Judging { text, piece, blocks, cols })?;
        }
        if !rest.is_empty() {
            let mut block = [0; LANES];
            block[..rest.len()].copy_from_slice(rest);
            text.add(Usual::new(&block), Count::<false>(rest.len()), cols, &mut piece)?;
        }
        *self = text;
        Some(piece)
    }
}

/// Following more blocks of a piece in a terminal of so many columns.
struct Judging<'a> {
    text: PlainText,
    piece: Piece,
    blocks: &'a [[u8; LANES]],
    cols: usize,
}

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl Task for Judging<'_> {
    type Output = Option<(PlainText, Piece)>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let Self { mut text, mut piece, blocks, cols } = self;
        for block in blocks {
            text.add(L::new(block), Count::<true>(LANES), cols, &mut piece)?;
        }
        Some((text, piece))
    }
}

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl PlainText {
    /// Follows so many bytes at the front of a block; `None` if they are not plain.
    #[inline(always)]
    fn add<L: Lanes, const WHOLE: bool>(
        &mut self,
        lanes: L,
        count: Count<WHOLE>,
        cols: usize,
        piece: &mut Piece,
    ) -> Option<()> {
        let valid = count.valid();
        let controls = lanes.among(0, 0x20) & valid;
        let feeds = lanes.equal(b'\n') & valid;
        let returns = lanes.equal(b'\r') & valid;
        let others = controls & !(feeds | returns);
        piece.controls += controls.count_ones() as usize;
        let beyond = lanes.beyond_ascii() & valid;
        if lanes.equal(DEL) & valid != 0 {
            return None;
        }
        let mut escapes = 0;
        let mut line = Line::Measured;
        if others != 0 {
            escapes = lanes.equal(ESC) & others;
            if lanes.among_or(0x0b, 5, [BEL]) & others != 0 {
                return None;
            }
            if others != escapes {
                line = if lanes.equal(b'\t') & others == 0 { Line::Vague } else { Line::Unknown };
            }
        }
        let mut hidden = controls;
        if escapes != 0 || self.open.escape || self.open.parameters {
            hidden |= self.open.sequences(lanes, escapes, count)?;
            piece.has_sequences = true;
        }
        let mut wide = 0;
        if beyond != 0 || self.open.c1 {
            self.open.controls(lanes, count)?;
            hidden |= lanes.among(0x80, 0x40);
            // U+2500 to U+25BF, of which boxes and bars are drawn, take one column each.
            let boxes = lanes.equal(0xe2) & lanes.among(0x94, 3) >> 1;
            wide = lanes.among(0xe0, 0x20) & valid & !boxes;
            line = line.max(Line::Vague);
        }
        let after_returns = (returns << 1 | u64::from(self.after_return)) & valid;
        if after_returns != feeds {
            line = if feeds & !after_returns == 0 { line.max(Line::Vague) } else { Line::Unknown };
        }
        self.after_return = count.is_last(returns);
        self.measure(Shown { narrow: valid & !hidden, wide }, feeds, line, cols, piece);
        Some(())
    }

    /// Measures the lines of a block, which end with these bytes.
    #[inline(always)]
    fn measure(&mut self, shown: Shown, feeds: u64, line: Line, cols: usize, piece: &mut Piece) {
        let is_vague = line != Line::Measured;
        self.is_vague |= is_vague;
        if feeds == 0 {
            self.columns += shown.columns(u64::MAX);
        } else {
            let before = (feeds & feeds.wrapping_neg()) - 1;
            let first = self.columns + shown.columns(before);
            if first > cols {
                let wraps = piece.wraps.filter(|_| !self.is_vague);
                piece.wraps = wraps.map(|wraps| wraps + (first - 1) / cols);
            }
            let last = u64::MAX << (LANES - 1 - feeds.leading_zeros() as usize);
            piece.feeds += feeds.count_ones() as usize;
            // Lines within a block are short, and are not measured one by one.
            if 2 * LANES > cols && shown.columns(!(before | last)) > cols {
                piece.wraps = None;
            }
            self.columns = shown.columns(last);
            self.is_vague = is_vague;
        }
        if line == Line::Unknown {
            piece.wraps = None;
            self.columns = FAR;
        }
    }
}

/// How well the lines of a block can be measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    /// To the column.
    Measured,
    /// What is counted is the most that they take.
    Vague,
    /// Not at all.
    Unknown,
}

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl Open {
    /// Follows a whole block, `others` of which are all its controls but CR and LF, and
    /// DEL; `None` if it is not plain. [`PlainText`] does the same, and measures lines.
    #[inline(always)]
    pub(super) fn follow<L: Lanes>(&mut self, lanes: L, others: u64) -> Option<()> {
        let whole = Count::<true>(LANES);
        if lanes.among_or(0x0b, 5, [BEL, DEL]) & others != 0 {
            return None;
        }
        let escapes = lanes.equal(ESC) & others;
        if escapes != 0 || self.escape || self.parameters {
            self.sequences(lanes, escapes, whole)?;
        }
        self.controls(lanes, whole)
    }

    /// Follows the sequences of a block, which has ESC in these places; returns which
    /// bytes they have beside. `None` if one of them is not plain.
    ///
    /// To add the place where parameters begin to the word that says where some are
    /// carries a bit through them, to the byte that ends them.
    #[inline(always)]
    fn sequences<L: Lanes, const WHOLE: bool>(
        &mut self,
        lanes: L,
        escapes: u64,
        count: Count<WHOLE>,
    ) -> Option<u64> {
        let valid = count.valid();
        let brackets = (escapes << 1 | u64::from(self.escape)) & valid;
        if brackets & !lanes.equal(b'[') != 0 {
            return None;
        }
        let parameters = lanes.among(b'0', 12) & valid;
        let begun = brackets << 1 | u64::from(self.parameters);
        let (sum, is_over) = parameters.overflowing_add(begun);
        let ends = sum & !parameters;
        if ends & valid & !lanes.among_or(b'm', 1, [b'K']) != 0 {
            return None;
        }
        self.escape = count.is_last(escapes);
        self.parameters = is_over || brackets >> 63 == 1 || ends & !valid != 0;
        Some(brackets | parameters & !sum | ends)
    }

    /// `None` if there is a C1 control in a block.
    #[inline(always)]
    fn controls<L: Lanes, const WHOLE: bool>(
        &mut self,
        lanes: L,
        count: Count<WHOLE>,
    ) -> Option<()> {
        let valid = count.valid();
        let leads = lanes.equal(C1_LEAD) & valid;
        let seconds = (leads << 1 | u64::from(self.c1)) & valid;
        self.c1 = count.is_last(leads);
        (seconds == 0 || seconds & lanes.among(0x80, 0x20) == 0).then_some(())
    }
}

/// Bytes in which line feeds are counted at once: so few that a byte holds their
/// number, and a multiple of what vectors hold.
const BLOCK: usize = 192;

/// A block that begins with less than one and goes on with spaces.
fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// How many line feeds there are.
#[must_use]
pub fn line_feeds(bytes: &[u8]) -> usize {
    let count = |block: &[u8; BLOCK]| {
        usize::from(block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>())
    };
    let (blocks, rest) = bytes.as_chunks();
    let last = if rest.is_empty() { 0 } else { count(&padded(rest)) };
    blocks.iter().map(count).sum::<usize>() + last
}

/// Bytes in which line feeds are counted before they are looked for one by one.
const COUNTED: usize = 1024;

/// Finds the line feed that has `after` others behind it.
///
/// # Errors
/// How many more others there would have to be.
pub fn feed_from_end(bytes: &[u8], after: usize) -> Result<usize, usize> {
    let mut after = after;
    let mut end = bytes.len();
    while end > 0 {
        let begin = end.saturating_sub(COUNTED);
        let count = line_feeds(&bytes[begin..end]);
        if count <= after {
            after -= count;
            end = begin;
            continue;
        }
        while let Some(at) = memrchr(b'\n', &bytes[..end]) {
            let Some(left) = after.checked_sub(1) else { return Ok(at) };
            after = left;
            end = at;
        }
    }
    Err(after)
}

#[cfg(test)]
mod tests;
