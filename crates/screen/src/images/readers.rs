//! What has been read of images, of each protocol.

use super::super::client::XtermVersion;
use super::files::Files;
use super::kitty::{Kitty, Outcome};
use super::sixel::Sixels;
use super::space::Space;

/// How a program sends an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `DCS … q`.
    Sixel,
    /// OSC 1337, from iTerm.
    Iip,
    /// `APC G`.
    Kitty,
}

/// What a sequence has come to.
#[expect(clippy::large_enum_variant, reason = "it is used up at once")]
pub(super) enum Read {
    Nothing,
    /// A sixel image: its width and height.
    Sixels(u32, u32),
    /// An image file: the width and the height in which it is shown.
    File(f64, f64),
    /// A command of kitty's.
    Command(Outcome),
}

/// Reads images.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    protocol: Protocol,
    sixels: Sixels,
    files: Files,
    pub(super) kitty: Kitty,
}

impl Readers {
    /// Begins a sequence.
    pub(super) fn begin(&mut self, protocol: Protocol) {
        self.protocol = protocol;
        match protocol {
            Protocol::Sixel => self.sixels = Sixels::default(),
            Protocol::Iip => self.files.begin(),
            Protocol::Kitty => self.kitty.begin(),
        }
    }

    /// Takes more of it; returns what is to be answered.
    pub(super) fn take(&mut self, bytes: &[u8], version: XtermVersion) -> Option<String> {
        match self.protocol {
            Protocol::Sixel => self.sixels.take(bytes),
            Protocol::Iip => self.files.take(bytes, version),
            Protocol::Kitty => return self.kitty.take(bytes),
        }
        None
    }

    /// Ends it; `is_whole` tells whether it was not cancelled.
    pub(super) fn end(&mut self, is_whole: bool, version: XtermVersion, space: &Space) -> Read {
        match self.protocol {
            Protocol::Sixel => match self.sixels.size(version) {
                Some((width, height)) if is_whole => Read::Sixels(width, height),
                _ => Read::Nothing,
            },
            Protocol::Iip => match self.files.end(is_whole, version, space) {
                Some((width, height)) => Read::File(width, height),
                None => Read::Nothing,
            },
            Protocol::Kitty => Read::Command(self.kitty.end(is_whole)),
        }
    }

    /// Forgets what RIS and DECSTR make the add-on forget.
    pub(crate) fn reset(&mut self) {
        self.files.reset();
        self.kitty.reset();
    }

    /// Forgets the images that were shown in the alternate buffer.
    pub(crate) fn forget_alternate(&mut self) {
        self.kitty.forget_alternate();
    }

    /// Writes what a client must know of earlier sequences to go on as this one does.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.files.write(out);
        self.kitty.write(out);
    }

    /// Writes the beginning of the sequence that is being read in another form;
    /// `is_kept` says whether its bytes are there as they came. Whether it did.
    pub(crate) fn write_begun(&self, is_kept: bool, out: &mut Vec<u8>) -> bool {
        match self.protocol {
            Protocol::Sixel if is_kept => false,
            Protocol::Sixel => {
                out.extend_from_slice(b"\x1bPq");
                self.sixels.write(out);
                true
            }
            Protocol::Iip => self.files.write_begun(is_kept, out),
            Protocol::Kitty => self.kitty.write_begun(is_kept, out),
        }
    }

    /// Bytes of memory held.
    pub(crate) fn bytes_held(&self) -> usize {
        size_of::<Self>() + self.files.bytes_held() + self.kitty.bytes_held()
    }
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            protocol: Protocol::Sixel,
            sixels: Sixels::default(),
            files: Files::default(),
            kitty: Kitty::default(),
        }
    }
}
