//! What a viewer asks for, and what it gets.

/// Where a viewer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At an offset; what is gone from there on is a gap.
    Offset(u64),
    /// At the oldest byte kept, moved to a safe boundary; nothing is missed.
    Start,
    /// At the end.
    Now,
    /// With the screen, and then the output that follows it; without a screen,
    /// as `Start`.
    Screen,
}

/// What a viewer gets where bytes are lost to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recovery {
    /// The output from the oldest safe boundary on.
    #[default]
    Boundary,
    /// The screen with this many lines of scrollback (all, without a number),
    /// and then the output that follows it. Without a screen, as `Boundary`.
    Screen(Option<usize>),
}

/// How a viewer's frames look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The bytes as the program printed them, cut only where a terminal may
    /// take over: not inside a character or an escape sequence.
    Bytes,
    /// The same, cut anywhere and held back never: for a reader of raw bytes,
    /// to whom an unfinished sequence may be all there is.
    Raw,
    /// The offset of the first byte as 8 bytes, big-endian, then the bytes: the
    /// binary frame of the `offheap.v1` protocol.
    Framed,
    /// The same behind the number of a channel as 4 bytes, big-endian: the
    /// binary frame of the `offheap.mux.v1` protocol.
    Channel(u32),
    /// `{"type":"stream","data":"…","offset":N}`, N being the end's offset.
    Json,
}

/// What a viewer is to get.
#[derive(Clone, Copy, Debug)]
pub struct ViewerOptions {
    /// Where it begins.
    pub origin: Origin,
    /// What it gets where bytes are lost to it.
    pub recovery: Recovery,
    /// How its frames look.
    pub format: Format,
    /// The longest frame, in bytes.
    pub max_frame: usize,
}

impl ViewerOptions {
    /// All that is kept, and then what comes, in frames of 64 KiB.
    #[must_use]
    pub fn new(origin: Origin, format: Format) -> Self {
        Self { origin, recovery: Recovery::Boundary, format, max_frame: 64 * 1024 }
    }
}

/// What the bytes up to a point are to this viewer: not live output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The session's past, for who comes back or joins.
    History,
    /// What was printed while the viewer looked away.
    Buffered,
    /// What a lost connection missed: live output, but sent late.
    Resumed,
}

/// Bytes that were lost to a viewer: from one offset up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Offset of the first byte lost.
    pub from: u64,
    /// Offset of the first byte kept after it.
    pub to: u64,
}

/// What a frame covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How many bytes it is long.
    pub length: usize,
    /// Offset of the first byte in it.
    pub start: u64,
    /// Offset past the last byte in it.
    pub end: u64,
    /// What was lost just before it. JSON viewers are told by a frame of its
    /// own and find `None` here.
    pub gap: Option<Gap>,
    /// The snapshot of which it is the first piece.
    pub snapshot: Option<SnapshotHead>,
}

/// What a reader needs to know of a snapshot before its first piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHead {
    /// The offset of the output that follows it.
    pub offset: u64,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Bytes, in all pieces together.
    pub length: usize,
}

/// Bytes of a history, copied out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The offset of the first of them.
    pub start: u64,
    /// How many bytes that were asked for are gone.
    pub missed: u64,
}

/// Where a viewer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewerPosition {
    /// The offset of the next byte that it reads.
    pub offset: u64,
    /// Bytes between there and the end.
    pub lag: u64,
    /// Bytes that it has lost.
    pub missed: u64,
    /// It is to get the screen, or is being sent it.
    pub screen_due: bool,
}
