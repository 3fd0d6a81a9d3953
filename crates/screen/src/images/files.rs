//! iTerm's inline images, OSC 1337, as xterm.js' image add-on reads them.
//!
//! `File=inline=1;width=..:<base64>`, and from add-on 0.10 on also in pieces:
//! `MultipartFile=..`, any number of `FilePart=<base64>`, and `FileEnd`.

use super::super::client::XtermVersion;
use super::base64::Ending;
use super::header::Kind;
use super::payload::{File, Payload};
use super::space::Space;

/// Bytes of a field at most, the base64 of a name included.
const MAX_FIELD: usize = 1024;
/// Bytes of a file at most, for add-on 0.9.
const MAX_FILE: f64 = 20_000_000.0;
/// Characters of base64 at most, for add-on 0.10: those of 32 MiB.
pub(super) const MAX_TEXT: usize = (33_554_432_usize * 4).div_ceil(3);
/// Pixels that an image has fewer of, before and after it is made to fit.
const PIXELS: f64 = 16_777_216.0;

/// What has been read of an image file, in one sequence or several.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    reader: Reader,
    fields: Fields,
    payload: Payload,
    /// Whether the sequence at hand comes to nothing.
    is_refused: bool,
    /// Whether a file comes in pieces.
    in_pieces: bool,
    /// Whether one that does comes to nothing.
    is_spoilt: bool,
}

/// What a sequence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sequence {
    #[default]
    Unknown,
    File,
    Begin,
    Part,
    End,
}

/// A width or a height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Side {
    #[default]
    Auto,
    Cells(f64),
    Percent(f64),
    Pixels(f64),
}

/// What is said of a file before its data.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fields {
    inline: bool,
    size: f64,
    width: Side,
    height: Side,
    keeps_ratio: bool,
    /// A hint at its type was given, which add-on 0.10 falls over.
    has_type: bool,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            inline: false,
            size: 0.0,
            width: Side::Auto,
            height: Side::Auto,
            keeps_ratio: true,
            has_type: false,
        }
    }
}

impl Files {
    /// Begins a sequence.
    pub(super) fn begin(&mut self) {
        self.is_refused = false;
        self.reader = Reader::default();
    }

    /// Forgets what has come of a file in pieces.
    pub(super) fn reset(&mut self) {
        self.payload = Payload::default();
        self.reader = Reader::default();
    }

    /// Takes more of a sequence, without its number.
    pub(super) fn take(&mut self, bytes: &[u8], version: XtermVersion) {
        if self.is_refused {
            return;
        }
        let mut data = bytes;
        if self.reader.state != State::Data {
            let Some(len) = self.reader.take(bytes, version) else {
                self.is_refused = true;
                return;
            };
            if self.reader.state != State::Data {
                return;
            }
            data = &bytes[len..];
            self.begin_data(version);
        }
        if self.is_refused {
            return;
        }
        self.payload.take(data);
        if self.payload.len() > self.most(version) {
            self.is_refused = true;
            self.is_spoilt = self.in_pieces;
            self.payload = Payload::default();
        }
    }

    fn begin_data(&mut self, version: XtermVersion) {
        let reader = &self.reader;
        match reader.sequence {
            Sequence::File => {
                (self.in_pieces, self.is_spoilt) = (false, false);
                self.payload = Payload::default();
                self.fields = reader.fields;
                self.is_refused = !self.fields.inline
                    || match version {
                        XtermVersion::V6_0 => !(1.0..=MAX_FILE).contains(&self.fields.size),
                        XtermVersion::V6_1 => self.fields.has_type,
                    };
            }
            Sequence::Part => self.is_refused = !self.in_pieces || self.is_spoilt,
            _ => self.is_refused = true,
        }
    }

    /// Characters of base64 that are taken.
    fn most(&self, version: XtermVersion) -> usize {
        match version {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
            XtermVersion::V6_0 => (self.fields.size / 3.0).ceil() as usize * 4,
            XtermVersion::V6_1 => MAX_TEXT,
        }
    }

    /// Ends a sequence; the width and the height of the image in pixels, if there is
    /// one to show.
    pub(super) fn end(
        &mut self,
        is_whole: bool,
        version: XtermVersion,
        space: &Space,
    ) -> Option<(f64, f64)> {
        if self.is_refused {
            return None;
        }
        if self.reader.state != State::Data {
            let is_begin = self.reader.end(version)?;
            if is_begin {
                self.fields = self.reader.fields;
                self.payload = Payload::default();
                (self.in_pieces, self.is_spoilt) = (true, false);
                return None;
            }
        }
        match self.reader.sequence {
            Sequence::File => {}
            Sequence::End if std::mem::take(&mut self.in_pieces) && !self.is_spoilt => {}
            _ => return None,
        }
        let payload = std::mem::take(&mut self.payload);
        if !is_whole {
            return None;
        }
        self.fields.fit(pixels(&payload, self.fields.size, version)?, space)
    }

    /// Writes what a client must know of a file in pieces, of which more are to come.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if !self.in_pieces || self.is_spoilt {
            return;
        }
        let mut data = Vec::new();
        if self.payload.write(None, &mut data).is_none() {
            return;
        }
        out.extend_from_slice(b"\x1b]1337;MultipartFile=");
        self.fields.write(0.0, out);
        out.extend_from_slice(b"\x1b\\\x1b]1337;FilePart=");
        out.extend_from_slice(&data);
        out.extend_from_slice(b"\x1b\\");
    }

    /// Writes the beginning of the sequence that is being read in another form than
    /// it had, if its bytes are not kept or [`Files::write`] has written them already;
    /// whether it did.
    pub(super) fn write_begun(&self, is_kept: bool, out: &mut Vec<u8>) -> bool {
        if self.is_refused || self.reader.state != State::Data {
            return false;
        }
        if self.reader.sequence == Sequence::Part {
            out.extend_from_slice(b"\x1b]1337;FilePart=");
            return true;
        }
        if is_kept {
            return false;
        }
        let mut data = Vec::new();
        let Some(longer) = self.payload.write(None, &mut data) else { return false };
        out.extend_from_slice(b"\x1b]1337;File=");
        #[expect(clippy::cast_precision_loss, reason = "files are smaller than that")]
        self.fields.write(longer as f64, out);
        out.push(b':');
        out.extend_from_slice(&data);
        true
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.payload.bytes_held() + self.reader.field.capacity() + self.reader.key.capacity()
    }
}

/// The pixels of the image in a file, if the client shows it.
fn pixels(payload: &Payload, size: f64, version: XtermVersion) -> Option<(f64, f64)> {
    let (ending, least) = match version {
        XtermVersion::V6_0 => (Ending::Lenient, 24),
        XtermVersion::V6_1 => (Ending::Strict, 32),
    };
    let File { len, metrics } = payload.end(ending)?;
    let metrics = metrics.filter(|_| len >= least)?;
    #[expect(clippy::cast_precision_loss, reason = "files are smaller than that")]
    let is_taken = match version {
        XtermVersion::V6_0 => metrics.kind == Kind::Common && (len as f64 - size).abs() < 0.5,
        XtermVersion::V6_1 => true,
    };
    let (width, height) = (f64::from(metrics.width), f64::from(metrics.height));
    (is_taken && is_allowed(width, height)).then_some((width, height))
}

fn is_allowed(width: f64, height: f64) -> bool {
    width >= 1.0 && height >= 1.0 && width * height < PIXELS
}

impl Fields {
    /// Makes an image fit: the size in which it is shown, in pixels.
    fn fit(&self, (width, height): (f64, f64), space: &Space) -> Option<(f64, f64)> {
        let (cell, total) = (space.cell, space.total());
        let to_width = self.width.in_pixels(total.0, cell.0);
        let to_height = self.height.in_pixels(total.1, cell.1);
        let (width, height) = match (to_width, to_height) {
            (0.0, 0.0) => {
                let scale = (total.0 / width).min((total.1 - cell.1) / height).min(1.0);
                (width * scale, height * scale)
            }
            (0.0, to_height) => (width * to_height / height, to_height),
            (to_width, to_height) if !self.keeps_ratio && to_height != 0.0 => (to_width, to_height),
            (to_width, _) => (to_width, height * to_width / width),
        };
        let (width, height) = (width.floor(), height.floor());
        is_allowed(width, height).then_some((width, height))
    }

    /// Writes the fields of a file that is so many bytes longer.
    fn write(&self, longer: f64, out: &mut Vec<u8>) {
        let Self { inline, size, width, height, keeps_ratio, .. } = *self;
        let size = (size + longer).clamp(0.0, MAX_FILE * 2.0);
        let (inline, ratio) = (u8::from(inline), u8::from(keeps_ratio));
        let (width, height) = (width.written(), height.written());
        let fields = format!(
            "inline={inline};size={size};width={width};height={height};preserveAspectRatio={ratio}"
        );
        out.extend_from_slice(fields.as_bytes());
    }
}

impl Side {
    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if text == "auto" {
            return Some(Self::Auto);
        }
        let (digits, side): (_, fn(f64) -> Self) =
            match (text.strip_suffix("px"), text.strip_suffix('%')) {
                (Some(digits), _) => (digits, Self::Pixels),
                (_, Some(digits)) => (digits, Self::Percent),
                _ => (text, Self::Cells),
            };
        (!digits.is_empty()).then_some(())?;
        number(digits.as_bytes()).map(side)
    }

    /// How long it is, 0 where the image decides.
    fn in_pixels(self, total: f64, cell: f64) -> f64 {
        match self {
            Self::Auto => 0.0,
            Self::Cells(count) => count * cell,
            Self::Percent(part) => part * total / 100.0,
            Self::Pixels(pixels) => pixels,
        }
    }

    fn written(self) -> String {
        match self {
            Self::Auto => "auto".to_owned(),
            Self::Cells(count) => count.to_string(),
            Self::Percent(part) => format!("{part}%"),
            Self::Pixels(pixels) => format!("{pixels}px"),
        }
    }
}

/// A number of digits, of none 0.
fn number(digits: &[u8]) -> Option<f64> {
    let add = |number: f64, digit: u8| number * 10.0 + f64::from(digit - b'0');
    digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().copied().fold(0.0, add))
}

/// Where the reading of a sequence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Name,
    Key,
    Value,
    Data,
}

/// Reads a sequence up to its data, quirk for quirk.
#[derive(Clone, Debug, Default)]
struct Reader {
    state: State,
    sequence: Sequence,
    key: Vec<u8>,
    field: Vec<u8>,
    fields: Fields,
}

impl Reader {
    /// Takes bytes up to the data; how many those are, or none if it is nothing that
    /// the add-on reads.
    fn take(&mut self, bytes: &[u8], version: XtermVersion) -> Option<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            match (byte, self.state) {
                (b';', _) => {
                    self.store()?;
                    self.state = State::Key;
                }
                (b'=', State::Name) => {
                    self.sequence = sequence(&self.field, version)?;
                    self.field.clear();
                    self.state = State::Key;
                    if self.sequence == Sequence::Part {
                        self.state = State::Data;
                        return Some(at + 1);
                    }
                }
                (b'=', State::Key) => {
                    (!self.field.is_empty()).then_some(())?;
                    self.key = std::mem::take(&mut self.field);
                    self.fields.has_type |= self.key == b"type";
                    self.state = State::Value;
                }
                (b':', state) => {
                    if state == State::Value {
                        self.store()?;
                    }
                    self.state = State::Data;
                    return Some(at + 1);
                }
                _ if self.field.len() >= MAX_FIELD => return None,
                _ => self.field.push(byte),
            }
        }
        Some(bytes.len())
    }

    /// A sequence that ends without data: whether it begins a file in pieces.
    fn end(&mut self, version: XtermVersion) -> Option<bool> {
        if version == XtermVersion::V6_0 {
            return None;
        }
        if self.state == State::Name && self.field == b"FileEnd" {
            self.sequence = Sequence::End;
            return Some(false);
        }
        let is_begin = self.sequence == Sequence::Begin && !self.fields.has_type;
        if self.state == State::Value && is_begin {
            self.store()?;
            return Some(true);
        }
        None
    }

    fn store(&mut self) -> Option<()> {
        let (value, fields) = (std::mem::take(&mut self.field), &mut self.fields);
        match &self.key[..] {
            b"" => return None,
            b"inline" => fields.inline = number(&value)? != 0.0,
            b"size" => fields.size = number(&value)?,
            b"width" => fields.width = Side::parse(&value)?,
            b"height" => fields.height = Side::parse(&value)?,
            b"preserveAspectRatio" => fields.keeps_ratio = number(&value)? != 0.0,
            b"name" => is_name(&value).then_some(())?,
            _ => {}
        }
        Some(())
    }
}

fn sequence(name: &[u8], version: XtermVersion) -> Option<Sequence> {
    match version {
        XtermVersion::V6_0 => name.starts_with(b"File").then_some(Sequence::File),
        XtermVersion::V6_1 if name.len() == 8 && name.starts_with(b"File") => {
            (name == b"FilePart").then_some(Sequence::Part)
        }
        XtermVersion::V6_1 if name.starts_with(b"File") => Some(Sequence::File),
        XtermVersion::V6_1 => name.starts_with(b"MultipartFile").then_some(Sequence::Begin),
    }
}

/// Whether a browser's `atob()` takes it.
fn is_name(value: &[u8]) -> bool {
    let padding = value.iter().rev().take_while(|&&byte| byte == b'=').count();
    let text = &value[..value.len() - padding.min(2)];
    let is_filled = padding == 0 || padding <= 2 && value.len().is_multiple_of(4);
    let is_character = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    is_filled && text.len() % 4 != 1 && text.iter().all(is_character)
}
