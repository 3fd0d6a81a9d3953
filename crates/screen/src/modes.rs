//! Switches of the terminal that are neither text nor attributes.

/// A set of modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Modes(u16);

/// One mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Mode {
    ApplicationCursor = 1,
    ApplicationKeypad = 1 << 1,
    BracketedPaste = 1 << 2,
    Origin = 1 << 3,
    ReverseWrap = 1 << 4,
    SendFocus = 1 << 5,
    SynchronizedOutput = 1 << 6,
    Wraparound = 1 << 7,
    Insert = 1 << 8,
    /// Line feed also returns; a reset leaves it as it is.
    NewLine = 1 << 9,
    /// The blink set by mode 12; a reset leaves it as it is.
    CursorBlink = 1 << 10,
    /// A reset leaves it as it is, as xterm.js does.
    CursorHidden = 1 << 11,
    /// Changes of the colour scheme are reported.
    ColorScheme = 1 << 12,
    /// Sixel images leave the cursor where it is; of the image add-on.
    SixelDisplay = 1 << 13,
}

const KEPT_BY_RESET: u16 =
    Mode::NewLine as u16 | Mode::CursorBlink as u16 | Mode::CursorHidden as u16;

impl Modes {
    /// Whether a mode is set.
    #[inline]
    pub(super) const fn has(self, mode: Mode) -> bool {
        self.0 & mode as u16 != 0
    }

    /// Sets or resets a mode.
    pub(super) const fn set(&mut self, mode: Mode, on: bool) {
        if on {
            self.0 |= mode as u16;
        } else {
            self.0 &= !(mode as u16);
        }
    }

    /// Resets what a reset of the terminal resets.
    pub(super) const fn reset(&mut self) {
        self.0 = self.0 & KEPT_BY_RESET | Mode::Wraparound as u16;
    }
}

impl Default for Modes {
    fn default() -> Self {
        Self(Mode::Wraparound as u16)
    }
}

/// Which mouse events are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum MouseProtocol {
    #[default]
    None,
    X10,
    Vt200,
    Drag,
    Any,
}

impl MouseProtocol {
    /// The private mode that chooses the protocol.
    pub(super) const fn mode(self) -> Option<u16> {
        match self {
            Self::None => None,
            Self::X10 => Some(9),
            Self::Vt200 => Some(1000),
            Self::Drag => Some(1002),
            Self::Any => Some(1003),
        }
    }
}

/// How mouse events are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum MouseEncoding {
    #[default]
    Default,
    Sgr,
    SgrPixels,
}

impl MouseEncoding {
    /// The private mode that chooses the encoding.
    pub(super) const fn mode(self) -> Option<u16> {
        match self {
            Self::Default => None,
            Self::Sgr => Some(1006),
            Self::SgrPixels => Some(1016),
        }
    }
}

/// Flags of the kitty keyboard protocol, a stack for each buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyboardStack {
    /// The flags in force.
    pub(super) flags: u8,
    /// The flags saved, oldest first.
    pub(super) saved: Vec<u8>,
}

const KEYBOARD_DEPTH: usize = 16;
const KEYBOARD_FLAGS: u8 = 0x1f;

impl KeyboardStack {
    /// Saves the flags in force and sets others. The oldest of too many is lost.
    pub(super) fn push(&mut self, flags: u8) {
        if self.saved.len() == KEYBOARD_DEPTH {
            self.saved.remove(0);
        }
        self.saved.push(self.flags);
        self.flags = flags & KEYBOARD_FLAGS;
    }

    /// Goes back by `count` saved flags, to none when there are fewer.
    pub(super) fn pop(&mut self, count: usize) {
        for _ in 0..count.min(KEYBOARD_DEPTH + 1) {
            self.flags = self.saved.pop().unwrap_or(0);
        }
    }

    /// Replaces (1), adds (2) or removes (3) flags.
    pub(super) const fn change(&mut self, flags: u8, how: i32) {
        self.flags = match how {
            2 => self.flags | flags,
            3 => self.flags & !flags,
            _ => flags,
        } & KEYBOARD_FLAGS;
    }
}
