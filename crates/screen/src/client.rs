//! What the terminal of the client is: which xterm.js, and how it is set up.

use super::width::UnicodeVersion;

/// A version of xterm.js, as far as versions differ in what output does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum XtermVersion {
    /// 6.0, and 5.5 as far as it is the same.
    #[default]
    V6_0,
    /// 6.1, which is known by its betas so far.
    V6_1,
}

/// The parts of xterm.js' image add-on that are on in a client. Images of those then
/// move the cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageSupport {
    /// `sixelSupport`.
    pub sixel: bool,
    /// `iipSupport`: iTerm's inline images, OSC 1337.
    pub iip: bool,
    /// `kittySupport`: kitty's graphics, which add-ons for xterm.js 6.1 have. Without
    /// effect in 6.0.
    pub kitty: bool,
}

impl ImageSupport {
    /// The add-on as it comes.
    pub const ALL: Self = Self { sixel: true, iip: true, kitty: true };
    /// No add-on.
    pub const NONE: Self = Self { sixel: false, iip: false, kitty: false };

    /// Whether there is an add-on.
    pub(super) const fn is_any(self) -> bool {
        self.sixel || self.iip || self.kitty
    }
}

/// The client's terminal. The default is an xterm.js 6.0 as it comes: without
/// add-ons, and with its own options untouched. Options are named as in xterm.js.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of xterm.js")]
pub struct Client {
    /// Which xterm.js it is.
    pub version: XtermVersion,
    /// Its width table, `unicode.activeVersion`.
    pub unicode: UnicodeVersion,
    /// `windowOptions.pushTitle`: programs may save the titles. Off by default.
    pub push_title: bool,
    /// `windowOptions.popTitle`: programs may restore the titles. Off by default.
    pub pop_title: bool,
    /// `scrollOnEraseInDisplay`: to erase the whole screen scrolls it away. Off by
    /// default.
    pub scroll_on_erase: bool,
    /// `reflowCursorLine`: a resize lays the line with the cursor out anew, too. Off
    /// by default.
    pub reflow_cursor_line: bool,
    /// `convertEol`: a line feed also returns, until a program says otherwise. Off
    /// by default.
    pub convert_eol: bool,
    /// What it has of the image add-on. Nothing by default.
    pub images: ImageSupport,
    /// `tabStopWidth`: columns from one tab stop to the next, at least 1. 8 by
    /// default.
    pub tab_stop_width: u16,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            version: XtermVersion::default(),
            unicode: UnicodeVersion::default(),
            push_title: false,
            pop_title: false,
            scroll_on_erase: false,
            reflow_cursor_line: false,
            convert_eol: false,
            images: ImageSupport::NONE,
            tab_stop_width: 8,
        }
    }
}

impl Client {
    /// Whether a character is not printed at all. xterm.js 6.1 takes the soft hyphen
    /// for a hint to whoever lays text out.
    #[inline]
    pub(super) fn ignores(&self, code: u32) -> bool {
        code == 0xad && self.version == XtermVersion::V6_1
    }

    /// Columns from one tab stop to the next.
    pub(super) fn tab_step(&self) -> usize {
        usize::from(self.tab_stop_width).max(1)
    }
}
