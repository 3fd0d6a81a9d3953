//! Whether output is plain: lines of text and colours, which neither move the
//! cursor about nor change how a terminal works nor ask it anything nor ring.
//!
//! A screen that follows its output late may leave plain output unread, since
//! nothing in it needs an answer or is to be told, and may skip what has scrolled away before
//! anybody looked.

use memchr::memrchr;

use super::lanes::{LANES, Lanes};
use super::scanner::{BEL, C1_LEAD, ESC};

const DEL: u8 = 0x7f;

/// What one more piece of plain output is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Line feeds.
    pub feeds: usize,
    /// No line that ends or goes on here takes more columns than this, in whatever
    /// terminal, if it began at the left edge. Rather too many than measured closely,
    /// and `usize::MAX` where nothing is known: with tabs, or line feeds that leave
    /// the cursor where it is.
    pub columns: usize,
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
    /// Columns of the unfinished line.
    columns: usize,
}

/// What a piece of output ends in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Open {
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

impl<const WHOLE: bool> Count<WHOLE> {
    /// The bits that stand for a byte.
    const fn valid(self) -> u64 {
        if WHOLE { u64::MAX } else { u64::MAX >> (LANES - self.0) }
    }

    /// Whether the bit is set of the last byte.
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

impl Shown {
    /// The most columns of some bytes.
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
        Self { open, after_return: false, columns: 0 }
    }

    /// Whether the pieces so far end outside of any sequence.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.open == Open::default()
    }

    /// Follows one more piece and says what it is like; `None` once the stream is
    /// not plain, after which this value means nothing any more.
    ///
    /// A sequence that the piece leaves unfinished counts as plain so far.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> Option<Piece> {
        let mut piece = Piece::default();
        let (blocks, rest) = bytes.as_chunks();
        for block in blocks {
            self.add(block, Count::<true>(LANES), &mut piece)?;
        }
        if !rest.is_empty() {
            let mut block = [0; LANES];
            block[..rest.len()].copy_from_slice(rest);
            self.add(&block, Count::<false>(rest.len()), &mut piece)?;
        }
        piece.columns = piece.columns.max(self.columns);
        Some(piece)
    }

    /// Follows so many bytes at the front of a block; `None` if they are not plain.
    #[inline]
    fn add<const WHOLE: bool>(
        &mut self,
        bytes: &[u8; LANES],
        count: Count<WHOLE>,
        piece: &mut Piece,
    ) -> Option<()> {
        let valid = count.valid();
        let lanes = Lanes::new(bytes);
        let controls = lanes.among(0, 0x20) & valid;
        let feeds = lanes.equal(b'\n') & valid;
        let returns = lanes.equal(b'\r') & valid;
        let others = controls & !(feeds | returns);
        let beyond = lanes.beyond_ascii() & valid;
        if lanes.equal(DEL) & valid != 0 {
            return None;
        }
        let mut escapes = 0;
        if others != 0 {
            escapes = lanes.equal(ESC) & others;
            if (lanes.among(0x0b, 5) | lanes.equal(BEL)) & others != 0 {
                return None;
            }
            if lanes.equal(b'\t') & others != 0 {
                piece.columns = usize::MAX;
            }
        }
        let mut hidden = controls;
        if escapes != 0 || self.open.escape || self.open.parameters {
            hidden |= self.open.sequences(lanes, escapes, count)?;
        }
        let mut wide = 0;
        if beyond != 0 || self.open.c1 {
            self.open.controls(lanes, count)?;
            hidden |= lanes.among(0x80, 0x40);
            // U+2500 to U+25BF, of which boxes and bars are drawn, take one column each.
            let boxes = lanes.equal(0xe2) & lanes.among(0x94, 3) >> 1;
            wide = lanes.among(0xe0, 0x20) & valid & !boxes;
        }
        if feeds & !(returns << 1 | u64::from(self.after_return)) != 0 {
            piece.columns = usize::MAX;
        }
        self.after_return = count.is_last(returns);
        self.measure(Shown { narrow: valid & !hidden, wide }, feeds, piece);
        Some(())
    }

    /// Measures the lines of a block, which end with these bytes.
    #[inline]
    fn measure(&mut self, shown: Shown, feeds: u64, piece: &mut Piece) {
        if feeds == 0 {
            self.columns += shown.columns(u64::MAX);
            return;
        }
        let first = feeds & feeds.wrapping_neg();
        let first = self.columns + shown.columns(first - 1);
        piece.columns = piece.columns.max(first);
        let last = u64::MAX << (LANES - 1 - feeds.leading_zeros() as usize);
        self.columns = shown.columns(last);
        if feeds.is_power_of_two() {
            piece.feeds += 1;
        } else {
            // Lines within a block are not measured: they are short.
            piece.feeds += feeds.count_ones() as usize;
            piece.columns = piece.columns.max(if shown.wide == 0 { LANES } else { 2 * LANES });
        }
    }
}

impl Open {
    /// Follows the sequences of a block, which has ESC in these places; returns which
    /// bytes they have beside. `None` if one of them is not plain.
    ///
    /// To add the place where parameters begin to the word that says where some are
    /// carries a bit through them, to the byte that ends them.
    #[inline]
    fn sequences<const WHOLE: bool>(
        &mut self,
        lanes: Lanes,
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
        if ends & valid & !(lanes.equal(b'm') | lanes.equal(b'K')) != 0 {
            return None;
        }
        self.escape = count.is_last(escapes);
        self.parameters = is_over || brackets >> 63 == 1 || ends & !valid != 0;
        Some(brackets | parameters & !sum | ends)
    }

    /// `None` if there is a C1 control in a block.
    #[inline]
    fn controls<const WHOLE: bool>(&mut self, lanes: Lanes, count: Count<WHOLE>) -> Option<()> {
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
