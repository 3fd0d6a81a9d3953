//! How large an image is, by the first bytes of its file.

/// Kinds of files, by who knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// PNG, JPEG and GIF, which every add-on takes.
    Common,
    /// WebP and AVIF, which add-on 0.10 takes.
    Recent,
    /// QOI, which that one takes of iTerm's protocol, and browsers do not know.
    Qoi,
}

/// An image file: its kind, its width and its height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Metrics {
    pub(super) kind: Kind,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// How far an AVIF file is searched for its size, and what is needed behind that.
const AVIF_SEARCHED: usize = 1024;
const AVIF_BOX: usize = 17;
/// The most bytes of a file that are kept until its size is known.
const MOST: usize = AVIF_SEARCHED + AVIF_BOX - 1;
/// Bytes by which the kind of a file is known.
const MAGIC: usize = 16;

/// What has been read of a file, for as long as its size is not known.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    bytes: Vec<u8>,
    len: usize,
    state: State,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// The bytes are kept.
    #[default]
    Begun,
    /// A JPEG file, which is walked through from segment to segment.
    Jpeg(Segments),
    /// The size, if the file has one.
    Known(Option<Metrics>),
}

impl Header {
    /// Takes the next bytes of the file; whether it wants more.
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            match &mut self.state {
                State::Known(_) => return false,
                State::Jpeg(segments) => {
                    let found = segments.take(self.len, byte);
                    self.know(found);
                }
                State::Begun => self.keep(byte),
            }
            self.len += 1;
        }
        self.wants_more()
    }

    /// Whether more bytes could say more.
    pub(super) const fn wants_more(&self) -> bool {
        !matches!(self.state, State::Known(_))
    }

    /// What is known of the size after all that was taken.
    pub(super) const fn metrics(&self) -> Option<Metrics> {
        match self.state {
            State::Known(metrics) => metrics,
            _ => None,
        }
    }

    /// All bytes so far, unless the size is known or they are too many.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        matches!(self.state, State::Begun).then_some(&self.bytes)
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.bytes.capacity()
    }

    fn know(&mut self, found: Found) {
        let metrics = match found {
            Found::Later => return,
            Found::Nothing => None,
            Found::Size(metrics) => Some(metrics),
        };
        self.bytes = Vec::new();
        self.state = State::Known(metrics);
    }

    fn keep(&mut self, byte: u8) {
        self.bytes.push(byte);
        if self.bytes.len() < MAGIC {
            return;
        }
        let bytes = &self.bytes;
        let found = match bytes[..MAGIC] {
            [
                0x89,
                b'P',
                b'N',
                b'G',
                b'\r',
                b'\n',
                0x1a,
                b'\n',
                _,
                _,
                _,
                _,
                b'I',
                b'H',
                b'D',
                b'R',
            ] => at(bytes, 24, |b| common(big(&b[16..20]), big(&b[20..24]))),
            [0xff, 0xd8, 0xff, ..] => {
                let mut segments = Segments::default();
                let bytes = std::mem::take(&mut self.bytes);
                let steps = bytes.iter().enumerate().map(|(at, &byte)| segments.take(at, byte));
                let found = steps.fold(Found::Later, Found::or);
                self.state = State::Jpeg(segments);
                found
            }
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => {
                common(little(&bytes[6..8]), little(&bytes[8..10]))
            }
            [b'q', b'o', b'i', b'f', ..] => qoi(big(&bytes[4..8]), big(&bytes[8..12])),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                b'V',
                b'P',
                b'8',
                variant,
            ] => at(bytes, 30, |bytes| webp(variant, bytes)),
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f' | b's', ..] => avif(bytes),
            _ => Found::Nothing,
        };
        self.know(found);
    }
}

/// What some bytes say of the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It may come later.
    Later,
    /// There is none.
    Nothing,
    Size(Metrics),
}

impl Found {
    /// What is found first.
    fn or(self, next: Self) -> Self {
        if self == Self::Later { next } else { self }
    }
}

const fn common(width: u32, height: u32) -> Found {
    Found::Size(Metrics { kind: Kind::Common, width, height })
}

const fn recent(width: u32, height: u32) -> Found {
    Found::Size(Metrics { kind: Kind::Recent, width, height })
}

const fn qoi(width: u32, height: u32) -> Found {
    Found::Size(Metrics { kind: Kind::Qoi, width, height })
}

/// Reads what is there once there are so many bytes.
fn at(bytes: &[u8], len: usize, read: impl Fn(&[u8]) -> Found) -> Found {
    if bytes.len() < len { Found::Later } else { read(bytes) }
}

fn big(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

fn webp(variant: u8, bytes: &[u8]) -> Found {
    match variant {
        b'X' => recent(little(&bytes[24..27]) + 1, little(&bytes[27..30]) + 1),
        b'L' if bytes[20] == 0x2f => {
            let sides = little(&bytes[21..25]);
            recent((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1)
        }
        b' ' if bytes[23..26] == [0x9d, 0x01, 0x2a] => {
            let side = |at: usize| little(&bytes[at..at + 2]) & 0x3fff;
            recent(side(26), side(28))
        }
        _ => Found::Nothing,
    }
}

/// Looks for the box with the size, of which the last bytes may now be there.
fn avif(bytes: &[u8]) -> Found {
    let Some(at) = bytes.len().checked_sub(AVIF_BOX).filter(|&at| at >= 8) else {
        return Found::Later;
    };
    if !bytes[at..].starts_with(b"ispe") {
        return if bytes.len() == MOST { Found::Nothing } else { Found::Later };
    }
    let (width, height) = (big(&bytes[at + 8..at + 12]), big(&bytes[at + 12..at + 16]));
    let fits = |side: u32| (1..1 << 31).contains(&side);
    if fits(width) && fits(height) { recent(width, height) } else { Found::Nothing }
}

/// A walk through the segments of a JPEG file to the one with the size.
#[derive(Clone, Copy, Debug)]
struct Segments {
    /// Where the next segment begins.
    next: usize,
    /// The first bytes of the one that is being read.
    begun: [u8; 9],
    /// Whether that is the first of all, which is not looked into.
    is_first: bool,
}

impl Default for Segments {
    fn default() -> Self {
        Self { next: 2, begun: [0; 9], is_first: true }
    }
}

impl Segments {
    /// Takes the byte at `at`.
    fn take(&mut self, at: usize, byte: u8) -> Found {
        let Some(index) = at.checked_sub(self.next) else { return Found::Later };
        self.begun[index] = byte;
        let has_size = !self.is_first && matches!(self.begun[1], 0xc0 | 0xc2);
        match index {
            0 if byte != 0xff => return Found::Nothing,
            3 if !has_size => {
                self.next += 2 + usize::from(u16::from_be_bytes([self.begun[2], byte]));
                // A segment that ends before its length is not one.
                if self.next <= at {
                    return Found::Nothing;
                }
                self.is_first = false;
            }
            8 => {
                let side = |at: usize| big(&self.begun[at..at + 2]);
                return common(side(7), side(5));
            }
            _ => {}
        }
        Found::Later
    }
}

#[cfg(test)]
mod tests {
    use super::{Header, Kind, MOST};

    fn size(bytes: &[u8]) -> Option<(Kind, u32, u32)> {
        let mut header = Header::default();
        for piece in bytes.chunks(3) {
            header.take(piece);
        }
        assert!(header.bytes_held() <= 2 * MOST);
        header.metrics().map(|metrics| (metrics.kind, metrics.width, metrics.height))
    }

    fn webp(variant: &[u8]) -> Vec<u8> {
        [b"RIFF....WEBPVP8", variant].concat()
    }

    #[test]
    fn the_size_stands_in_the_first_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x02\0\0\0\x03";
        assert_eq!(size(png), Some((Kind::Common, 258, 3)));
        assert_eq!(size(&png[..23]), None);
        assert_eq!(size(b"GIF89a\x10\0\x01\x01......"), Some((Kind::Common, 16, 257)));
        assert_eq!(size(b"GIF88a\x10\0\x01\x01......"), None);
        assert_eq!(size(b"qoif\0\0\0\x09\0\0\x01\0...."), Some((Kind::Qoi, 9, 256)));
        let extended = webp(b"X....\0\0\0\0\x07\0\0\x01\x01\0");
        assert_eq!(size(&extended), Some((Kind::Recent, 8, 258)));
        let lossless = webp(b"L....\x2f\x03\x40\0\0.....");
        assert_eq!(size(&lossless), Some((Kind::Recent, 4, 2)));
        let lossy = webp(b" .......\x9d\x01\x2a\x20\x40\x10\0");
        assert_eq!(size(&lossy), Some((Kind::Recent, 32, 16)));
    }

    #[test]
    fn segments_before_the_size_are_skipped() {
        let mut jpeg = b"\xff\xd8\xff\xe0\0\x10".to_vec();
        jpeg.extend([0; 14]);
        jpeg.extend(b"\xff\xe1\xff\xff");
        jpeg.extend([0xff; 65_533]);
        jpeg.extend(b"\xff\xc2\0\x11\x08\0\x05\x01\0.");
        assert_eq!(size(&jpeg), Some((Kind::Common, 256, 5)));
        assert_eq!(size(&jpeg[..jpeg.len() - 2]), None);
        jpeg[20] = 0;
        assert_eq!(size(&jpeg), None);
    }

    #[test]
    fn a_size_is_looked_for_no_further_than_the_client_does() {
        let avif = |before: usize, after: &[u8]| {
            let mut bytes = b"\0\0\0\x20ftypavif".to_vec();
            bytes.resize(before, b'.');
            bytes.extend(b"ispe\0\0\0\0\0\0\0\x21\0\0\0\x0b");
            bytes.extend(after);
            size(&bytes)
        };
        assert_eq!(avif(40, b"."), Some((Kind::Recent, 33, 11)));
        assert_eq!(avif(40, b""), None);
        assert_eq!(avif(1023, b"."), Some((Kind::Recent, 33, 11)));
        assert_eq!(avif(1024, b"."), None);
    }
}
