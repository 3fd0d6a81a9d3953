//! What a program sends of an image file: base64, of which nothing is kept but the
//! file's first bytes, and these only until its size is known.

use super::base64::{Base64, Ending, encode};
use super::header::{Header, Metrics};

/// The data of an image so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Payload {
    text: Base64,
    header: Header,
}

/// The file, once all of it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Its bytes.
    pub(super) len: usize,
    /// What kind of image it is, and its size, if it is one.
    pub(super) metrics: Option<Metrics>,
}

impl Payload {
    /// Takes more of the base64.
    pub(super) fn take(&mut self, text: &[u8]) {
        let header = &mut self.header;
        self.text.take(text, |bytes| header.take(&bytes));
    }

    /// Characters of base64 so far.
    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    /// The whole file; none if it is no base64.
    pub(super) fn end(&self, ending: Ending) -> Option<File> {
        let (last, last_len, len) = self.text.end(ending)?;
        let mut metrics = self.header.metrics();
        if self.header.wants_more() {
            let mut header = self.header.clone();
            header.take(&last[..last_len]);
            metrics = header.metrics();
        }
        Some(File { len, metrics })
    }

    /// Writes base64 in place of what has come so far, such that the client can go
    /// on with the rest and has an empty image of the same size in the end: of `size`,
    /// or of the size that the file says. Returns how many bytes longer that is, if
    /// there is a way.
    pub(super) fn write(&self, size: Option<(u32, u32)>, out: &mut Vec<u8>) -> Option<isize> {
        let (whole, begun) = self.text.parts()?;
        let known = size.or(self.header.metrics().map(|metrics| (metrics.width, metrics.height)));
        let file = match known {
            Some(size) => empty_image(size)?,
            None => self.header.bytes()?.to_vec(),
        };
        encode(&file, out);
        out.extend_from_slice(begun);
        Some(file.len().next_multiple_of(3).cast_signed() - whole.cast_signed())
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.header.bytes_held()
    }
}

/// A GIF of this width and height, without anything in it but one transparent pixel.
pub(super) fn empty_image((width, height): (u32, u32)) -> Option<Vec<u8>> {
    let [width, height] = [width, height].map(|side| u16::try_from(side).ok());
    let mut file = b"GIF89a".to_vec();
    file.extend(width?.to_le_bytes());
    file.extend(height?.to_le_bytes());
    // Two colours, of which the first is transparent, and a frame of one pixel.
    file.extend(b"\x80\0\0\0\0\0\0\0\0");
    file.extend(b"\x21\xf9\x04\x01\0\0\0\0");
    file.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
    Some(file)
}
