//! Who a session is, in two slots that take turns: what the app says of it may
//! change.

use crate::Error;
use crate::fields::{self, Reader, Writer};

/// The most bytes that all texts of an identity may take together: 256 KiB.
pub(crate) const MAX_IDENTITY: usize = 256 * 1024;

/// A client's terminal, in the words of whoever draws it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientShape {
    /// The version of the width table.
    pub unicode: u16,
    /// The version of the terminal; 0 is the one that came first.
    pub version: u16,
    /// Its options, a bit each.
    pub options: u16,
    /// Columns from one tab stop to the next; 0 is the usual.
    pub tab_stop_width: u16,
}

/// The screen that a session keeps, in the words of whoever draws it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenShape {
    /// Columns at the beginning of the history.
    pub cols: u16,
    /// Rows at the beginning of the history.
    pub rows: u16,
    /// Rows of scrollback.
    pub scrollback_lines: u64,
    /// Bytes of scrollback.
    pub scrollback_bytes: u64,
    /// The terminal of clients that say nothing of theirs.
    pub own: ClientShape,
    /// The terminal that the screen follows now.
    pub client: ClientShape,
}

/// What a journal says of its session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The session's id.
    pub id: String,
    /// Its project.
    pub project: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// The app's word for its kind.
    pub mode: Option<String>,
    /// Its working directory.
    pub cwd: Option<String>,
    /// Whom its shells are counted for.
    pub rate_key: Option<String>,
    /// The app's own data.
    pub metadata: Option<String>,
    /// What is known of its shell, in the words of whoever knows it.
    pub shell: Option<String>,
    /// When it was created, in ms since the epoch.
    pub created_ms: u64,
    /// The screen it keeps, if any.
    pub screen: Option<ScreenShape>,
    /// The first files of its recordings, each a path. `Some` of none: it is not
    /// to be recorded.
    pub recordings: Option<Vec<String>>,
}

/// The fields by number. Unknown ones are skipped, so that a later version may
/// add some.
mod tag {
    pub(super) const ID: u16 = 1;
    pub(super) const PROJECT: u16 = 2;
    pub(super) const USER: u16 = 3;
    pub(super) const MODE: u16 = 4;
    pub(super) const CWD: u16 = 5;
    pub(super) const RATE_KEY: u16 = 6;
    pub(super) const METADATA: u16 = 7;
    pub(super) const CREATED: u16 = 8;
    pub(super) const SCREEN: u16 = 9;
    pub(super) const RECORDINGS: u16 = 10;
    pub(super) const SHELL: u16 = 11;
}

/// The bytes before a field: its number and its length.
const PREFIX: usize = 6;

/// The bytes before an identity in its slot.
pub(crate) const HEADER: usize = 16;

/// Writes an identity into a slot, where it is whole with its last byte.
pub(crate) fn write(slot: &mut [u8], sequence: u64, texts: &[u8], seed: u32) {
    slot[HEADER..][..texts.len()].copy_from_slice(texts);
    let mut header = [0; HEADER];
    let length = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    Writer::new(&mut header).u64(sequence).u32(length);
    fields::seal(&mut header, fields::crc(seed, texts));
    slot[..HEADER].copy_from_slice(&header);
}

/// The texts in a slot, and their number; `None` when they are not whole.
pub(crate) fn read(slot: &[u8], seed: u32) -> Option<(u64, &[u8])> {
    let header = slot.get(..HEADER)?;
    let mut reader = Reader(header);
    let (sequence, length) = (reader.u64(), reader.u32());
    let texts = slot[HEADER..].get(..length as usize)?;
    fields::is_sealed(header, fields::crc(seed, texts)).then_some((sequence, texts))
}

impl Identity {
    /// Each field as its number (2 bytes), its length (4 bytes) and its bytes.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        put(&mut out, tag::ID, self.id.as_bytes())?;
        let texts = [
            (tag::PROJECT, &self.project),
            (tag::USER, &self.user),
            (tag::MODE, &self.mode),
            (tag::CWD, &self.cwd),
            (tag::RATE_KEY, &self.rate_key),
            (tag::METADATA, &self.metadata),
            (tag::SHELL, &self.shell),
        ];
        for (tag, text) in texts {
            if let Some(text) = text {
                put(&mut out, tag, text.as_bytes())?;
            }
        }
        put(&mut out, tag::CREATED, &self.created_ms.to_le_bytes())?;
        if let Some(screen) = &self.screen {
            put(&mut out, tag::SCREEN, &screen.encode())?;
        }
        if let Some(paths) = &self.recordings {
            put(&mut out, tag::RECORDINGS, paths.join("\0").as_bytes())?;
        }
        Ok(out)
    }

    /// `None` for bytes that are no identity.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut identity = Self::default();
        let mut reader = Reader(bytes);
        let mut named = false;
        while reader.0.len() >= PREFIX {
            let (tag, length) = (reader.u16(), reader.u32() as usize);
            if length > reader.0.len() {
                return None;
            }
            let field = reader.bytes(length);
            let text = || std::str::from_utf8(field).ok().map(str::to_owned);
            match tag {
                tag::ID => (identity.id, named) = (text()?, true),
                tag::PROJECT => identity.project = Some(text()?),
                tag::USER => identity.user = Some(text()?),
                tag::MODE => identity.mode = Some(text()?),
                tag::CWD => identity.cwd = Some(text()?),
                tag::RATE_KEY => identity.rate_key = Some(text()?),
                tag::METADATA => identity.metadata = Some(text()?),
                tag::SHELL => identity.shell = Some(text()?),
                tag::CREATED => identity.created_ms = u64::from_le_bytes(field.try_into().ok()?),
                tag::SCREEN => identity.screen = Some(ScreenShape::decode(field)),
                tag::RECORDINGS => {
                    let paths = text()?;
                    let paths = paths.split('\0').filter(|path| !path.is_empty());
                    identity.recordings = Some(paths.map(str::to_owned).collect());
                }
                _ => {}
            }
        }
        (named && reader.0.is_empty()).then_some(identity)
    }
}

impl ScreenShape {
    fn encode(&self) -> [u8; 36] {
        let Self { own, client, .. } = self;
        let mut out = [0; 36];
        let mut writer = crate::fields::Writer::new(&mut out);
        writer.u16(self.cols).u16(self.rows).u16(own.unicode);
        writer.u64(self.scrollback_lines).u64(self.scrollback_bytes);
        writer.u16(own.version).u16(own.options).u16(own.tab_stop_width);
        writer.u16(client.unicode).u16(client.version);
        writer.u16(client.options).u16(client.tab_stop_width);
        out
    }

    fn decode(field: &[u8]) -> Self {
        let mut reader = Reader(field);
        let (cols, rows, unicode) = (reader.u16(), reader.u16(), reader.u16());
        let (scrollback_lines, scrollback_bytes) = (reader.u64(), reader.u64());
        let [version, options, tab_stop_width] = [reader.u16(), reader.u16(), reader.u16()];
        let own = ClientShape { unicode, version, options, tab_stop_width };
        // An earlier version wrote no more than the width table.
        let client = if reader.0.is_empty() {
            own
        } else {
            let [unicode, version] = [reader.u16(), reader.u16()];
            let [options, tab_stop_width] = [reader.u16(), reader.u16()];
            ClientShape { unicode, version, options, tab_stop_width }
        };
        Self { cols, rows, scrollback_lines, scrollback_bytes, own, client }
    }
}

fn put(out: &mut Vec<u8>, tag: u16, field: &[u8]) -> Result<(), Error> {
    let bytes = out.len() + PREFIX + field.len();
    let length = u32::try_from(field.len()).ok().filter(|_| bytes <= MAX_IDENTITY);
    let Some(length) = length else {
        return Err(Error::TooLarge { bytes, limit: MAX_IDENTITY });
    };
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(field);
    Ok(())
}
