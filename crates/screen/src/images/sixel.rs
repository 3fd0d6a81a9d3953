//! How large a sixel image is, read from its data as it comes.
//!
//! The decoder of xterm.js' image add-on takes the size from the raster attributes
//! where an image has all four of them, and else counts what is drawn.

use super::super::client::XtermVersion;

/// The widest image that the decoder draws, in pixels.
const MAX_WIDTH: u32 = 16_380;
/// Pixels of an image at most; the client draws nothing beyond.
const MAX_PIXELS: u64 = 16_777_216;
/// Parameters that are kept of a command.
const PARAMS: usize = 8;
/// Rows of pixels in a band.
const BAND: u32 = 6;

/// What has been read of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sixels {
    mode: Mode,
    /// The command whose parameters come: raster attributes, a repetition, a colour.
    command: u8,
    params: [u32; PARAMS],
    count: usize,
    /// Width and height by the raster attributes.
    raster: (u32, u32),
    /// The column in the band, and the widest so far, of this band and of all.
    x: u32,
    band_width: u32,
    width: u32,
    bands: u32,
    bytes: usize,
}

/// Where the size comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Undecided,
    Counted,
    Raster,
}

impl Sixels {
    /// Takes more of the data.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        for &byte in bytes {
            if self.mode == Mode::Undecided {
                self.decide(byte & 0x7f);
            }
            if self.mode == Mode::Counted {
                self.draw(byte & 0x7f);
            }
        }
    }

    /// Width and height in pixels; none if the client draws nothing.
    pub(super) fn size(&self, version: XtermVersion) -> Option<(u32, u32)> {
        let most = match version {
            XtermVersion::V6_0 => 25_000_000,
            XtermVersion::V6_1 => 33_554_432,
        };
        let size = match self.mode {
            Mode::Undecided => (0, 0),
            Mode::Raster => self.raster,
            Mode::Counted => {
                let last = self.band_width.max(self.x.min(MAX_WIDTH));
                let bands = self.bands + u32::from(last > 0);
                (self.width.max(last), bands.saturating_mul(BAND))
            }
        };
        let fits = u64::from(size.0) * u64::from(size.1) <= MAX_PIXELS;
        (fits && self.bytes <= most).then_some(size)
    }

    /// Writes the beginning of an image of the same size so far.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self.mode {
            Mode::Undecided => {}
            Mode::Raster => {
                let (width, height) = self.raster;
                out.extend_from_slice(format!("\"1;1;{width};{height}$").as_bytes());
            }
            Mode::Counted => {
                write_columns(self.width, out);
                out.extend(std::iter::repeat_n(b'-', self.bands.min(MAX_WIDTH) as usize));
                write_columns(self.band_width, out);
                out.push(b'$');
                write_columns(self.x, out);
            }
        }
    }

    /// Reads up to where it is known whether there are raster attributes.
    fn decide(&mut self, byte: u8) {
        let begins_data = matches!(byte, b'?'..|b'!'| b'#' | b'$' | b'-');
        match (self.command, byte) {
            (b'"', b'0'..=b'9') => self.digit(byte),
            (b'"', b';') => self.next_param(),
            (b'"', _) if self.count == 4 => {
                self.mode = Mode::Raster;
                self.raster = (self.params[2].min(MAX_WIDTH), self.params[3]);
            }
            (b'"', _) if begins_data => {
                self.command = 0;
                self.mode = Mode::Counted;
            }
            (b'"', _) => {}
            (_, b'"') => self.begin(byte),
            _ if begins_data => self.mode = Mode::Counted,
            _ => {}
        }
    }

    fn draw(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' => self.digit(byte),
            b';' => self.next_param(),
            b'!' | b'#' => self.begin(byte),
            b'?'.. => {
                let repeated = if self.command == b'!' { self.params[0].max(1) } else { 1 };
                self.x = self.x.saturating_add(repeated);
                self.command = 0;
            }
            b'$' | b'-' => {
                self.band_width = self.band_width.max(self.x.min(MAX_WIDTH));
                self.x = 0;
                if byte == b'-' {
                    self.width = self.width.max(std::mem::take(&mut self.band_width));
                    self.bands = self.bands.saturating_add(1);
                }
            }
            _ => {}
        }
    }

    const fn begin(&mut self, command: u8) {
        self.command = command;
        self.params = [0; PARAMS];
        self.count = 1;
    }

    fn digit(&mut self, byte: u8) {
        if let Some(param) = self.params.get_mut(self.count.saturating_sub(1)) {
            *param = param.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
        }
    }

    const fn next_param(&mut self) {
        if self.count < PARAMS {
            self.count += 1;
        }
    }
}

/// Moves to the right without drawing anything; 0 would stand for one column.
fn write_columns(count: u32, out: &mut Vec<u8>) {
    if count > 0 {
        out.extend_from_slice(format!("!{count}?").as_bytes());
    }
}
