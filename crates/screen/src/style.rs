//! Attributes of a cell, and the table that gives each combination a number.

use super::cell::StyleId;

/// Bits of a colour: how to read it, and its value.
pub(super) mod color {
    /// The bits that say how to read a colour; 0 is the default colour.
    pub(crate) const MODE: u32 = 0x0300_0000;
    /// One of the sixteen colours of SGR 30–37 and 90–97.
    pub(crate) const ANSI: u32 = 0x0100_0000;
    /// One of 256 colours.
    pub(crate) const INDEXED: u32 = 0x0200_0000;
    /// Red, green and blue.
    pub(crate) const RGB: u32 = 0x0300_0000;
    /// The mode and the value.
    pub(crate) const ALL: u32 = 0x03ff_ffff;
}

/// Flags kept beside the foreground colour.
pub(super) mod fg {
    pub(crate) const INVERSE: u32 = 0x0400_0000;
    pub(crate) const BOLD: u32 = 0x0800_0000;
    pub(crate) const UNDERLINE: u32 = 0x1000_0000;
    pub(crate) const BLINK: u32 = 0x2000_0000;
    pub(crate) const INVISIBLE: u32 = 0x4000_0000;
    pub(crate) const STRIKETHROUGH: u32 = 0x8000_0000;
}

/// Flags kept beside the background colour.
pub(super) mod bg {
    pub(crate) const ITALIC: u32 = 0x0400_0000;
    pub(crate) const DIM: u32 = 0x0800_0000;
    /// The underline style, its colour or a link take effect.
    pub(crate) const EXTENDED: u32 = 0x1000_0000;
    pub(crate) const PROTECTED: u32 = 0x2000_0000;
    pub(crate) const OVERLINE: u32 = 0x4000_0000;
}

/// Where the underline style lies above the underline colour.
const UNDERLINE_SHIFT: u32 = 26;

/// Everything but the character, in the layout of xterm.js' attributes, because
/// saving and restoring a cursor keeps some parts and leaves the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Foreground colour and flags.
    pub(super) fg: u32,
    /// Background colour and flags.
    pub(super) bg: u32,
    /// Underline style and colour.
    pub(super) underline: u32,
    /// Number of the link in the link table; 0 is none.
    pub(super) link: u32,
}

impl Style {
    /// A style with nothing but a background colour, as erasing uses it.
    pub(super) const fn background(color: u32) -> Self {
        Self { fg: 0, bg: color & color::ALL, underline: 0, link: 0 }
    }

    /// The kind of underline: 0 none, 1 single … 5 dashed.
    pub(super) const fn underline_style(self) -> u32 {
        self.underline >> UNDERLINE_SHIFT & 7
    }

    /// The kind of underline that shows. Restoring the cursor can leave an underline
    /// without a kind, which is none.
    pub(super) const fn shown_underline(self) -> u32 {
        if self.fg & fg::UNDERLINE == 0 {
            0
        } else if self.bg & bg::EXTENDED == 0 {
            1
        } else {
            self.underline_style()
        }
    }

    /// The colour of the underline; 0 is that of the text.
    pub(super) const fn underline_color(self) -> u32 {
        self.underline & color::ALL
    }

    /// Sets the kind of underline, and whether the text is underlined at all.
    pub(super) const fn set_underline(&mut self, style: u32) {
        self.underline = self.underline_color() | style << UNDERLINE_SHIFT;
        if style == 0 {
            self.fg &= !fg::UNDERLINE;
        } else {
            self.fg |= fg::UNDERLINE;
        }
        self.update_extended();
    }

    /// Sets the colour of the underline.
    pub(super) const fn set_underline_color(&mut self, value: u32) {
        self.underline = self.underline & !color::ALL | value & color::ALL;
    }

    /// Sets the flag that says whether underline style and link take effect.
    pub(super) const fn update_extended(&mut self) {
        if self.underline_style() == 0 && self.link == 0 {
            self.bg &= !bg::EXTENDED;
        } else {
            self.bg |= bg::EXTENDED;
        }
    }

    /// Whether the flag agrees with the underline style and link, as it does
    /// except after a restored cursor.
    pub(super) const fn is_consistent(self) -> bool {
        let extended = self.underline_style() != 0 || self.link != 0;
        let underlined = self.fg & fg::UNDERLINE != 0;
        extended == (self.bg & bg::EXTENDED != 0) && underlined == (self.underline_style() != 0)
    }

    /// The style as it shows: without the parts that take no effect.
    pub(super) const fn effective(mut self) -> Self {
        if self.bg & bg::EXTENDED == 0 {
            self.underline = 0;
            self.link = 0;
        }
        self
    }

    /// Whether an empty cell of this style shows more than its background colour.
    pub(super) const fn marks_empty_cells(self) -> bool {
        self.shown_underline() != 0
            || self.fg & (fg::INVERSE | fg::STRIKETHROUGH) != 0
            || self.bg & bg::OVERLINE != 0
            || self.link != 0
    }

    fn hash(self) -> u64 {
        let low = u64::from(self.fg) << 32 | u64::from(self.bg);
        let high = u64::from(self.underline) << 32 | u64::from(self.link);
        let mixed = (low ^ high.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    }
}

/// Styles by number. Number 0 is the default style.
#[derive(Clone, Debug)]
pub(super) struct StyleTable {
    styles: Vec<Style>,
    /// Open addressing over `styles`: number plus one, 0 is free.
    slots: Vec<u32>,
    /// How many styles make a sweep worth while.
    sweep_at: usize,
    /// Whether any of them protects cells from being erased.
    protects: bool,
}

/// Styles kept without looking for unused ones.
const SWEEP_FLOOR: usize = 64;
const FIRST_SLOTS: usize = 32;
/// On large screens, cells for each style that is kept without looking.
const CELLS_A_STYLE: usize = 128;

impl StyleTable {
    /// A table with the default style only.
    pub(super) fn new() -> Self {
        let mut table = Self {
            styles: Vec::new(),
            slots: vec![0; FIRST_SLOTS],
            sweep_at: SWEEP_FLOOR,
            protects: false,
        };
        table.intern(Style::default());
        table
    }

    /// The style of a number.
    pub(super) fn get(&self, id: StyleId) -> Style {
        self.styles.get(id as usize).copied().unwrap_or_default()
    }

    /// The number of a style.
    pub(super) fn intern(&mut self, style: Style) -> StyleId {
        let style = style.effective();
        let slot = self.slot_of(style);
        if self.slots[slot] != 0 {
            return self.slots[slot] - 1;
        }
        let id = u32::try_from(self.styles.len()).unwrap_or(0);
        self.protects |= style.bg & bg::PROTECTED != 0;
        self.styles.push(style);
        self.slots[slot] = id + 1;
        if self.styles.len() * 2 > self.slots.len() {
            self.rehash(self.slots.len() * 2);
        }
        id
    }

    /// Whether it is time to look for unused styles. It is not right after a sweep.
    pub(super) fn is_due(&self) -> bool {
        self.styles.len() >= self.sweep_at
    }

    /// Styles known.
    pub(super) fn len(&self) -> usize {
        self.styles.len()
    }

    /// Whether there is a style that protects cells from being erased.
    pub(super) const fn protects(&self) -> bool {
        self.protects
    }

    /// Keeps the styles marked as used; returns the new number of each old one.
    /// To look through so many cells must be worth while the next time, too.
    pub(super) fn sweep(&mut self, used: &[bool], cells: usize) -> Vec<StyleId> {
        let old = std::mem::take(&mut self.styles);
        self.protects = false;
        self.slots.clear();
        self.slots.resize(FIRST_SLOTS, 0);
        let mut renumbered = vec![0; old.len()];
        for (index, style) in old.into_iter().enumerate() {
            if index == 0 || used.get(index) == Some(&true) {
                renumbered[index] = self.intern(style);
            }
        }
        self.sweep_at = SWEEP_FLOOR.max(self.styles.len() * 2).max(cells / CELLS_A_STYLE);
        renumbered
    }

    /// All styles, to give their links other numbers before a sweep.
    pub(super) fn styles_mut(&mut self) -> &mut [Style] {
        &mut self.styles
    }

    /// Brings the index up to date after styles were changed in place.
    pub(super) fn reindex(&mut self) {
        self.rehash(self.slots.len());
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.styles.capacity() * size_of::<Style>() + self.slots.capacity() * size_of::<u32>()
    }

    fn slot_of(&self, style: Style) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = usize::try_from(style.hash() & mask as u64).unwrap_or(0);
        while self.slots[slot] != 0 && self.styles[self.slots[slot] as usize - 1] != style {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn rehash(&mut self, slots: usize) {
        self.slots.clear();
        self.slots.resize(slots, 0);
        for (id, &style) in (1..).zip(&self.styles) {
            let mask = slots - 1;
            let mut slot = usize::try_from(style.hash() & mask as u64).unwrap_or(0);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = id;
        }
    }
}
