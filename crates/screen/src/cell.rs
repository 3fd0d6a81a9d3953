//! One character cell in eight bytes.

/// The number of a style in the style table; 0 is the default style.
pub(super) type StyleId = u32;

/// One cell: in the low half the code point (or the number of a cluster) and
/// the width, in the high half the style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell(u64);

const CODE_MASK: u64 = 0x1f_ffff;
const CLUSTER: u64 = 1 << 21;
const CONTENT_MASK: u64 = CODE_MASK | CLUSTER;
const WIDTH_SHIFT: u32 = 22;
const WIDTH_MASK: u64 = 3 << WIDTH_SHIFT;
const STYLE_SHIFT: u32 = 32;
const NARROW: u64 = 1 << WIDTH_SHIFT;

impl Default for Cell {
    fn default() -> Self {
        Self::BLANK
    }
}

impl Cell {
    /// An empty cell of the default style.
    pub(super) const BLANK: Self = Self(NARROW);

    /// A cell that holds `code`.
    pub(super) const fn new(code: u32, width: usize, style: StyleId) -> Self {
        Self(
            code as u64 & CODE_MASK
                | (width as u64 & 3) << WIDTH_SHIFT
                | (style as u64) << STYLE_SHIFT,
        )
    }

    /// An empty cell.
    pub(super) const fn null(style: StyleId) -> Self {
        Self::new(0, 1, style)
    }

    /// The right half of a wide character.
    pub(super) const fn stub(style: StyleId) -> Self {
        Self::new(0, 0, style)
    }

    /// The same empty cell with an ASCII character in it.
    pub(super) const fn with_ascii(self, byte: u8) -> Self {
        Self(self.0 | byte as u64)
    }

    /// The same cell holding a cluster instead of its code point.
    pub(super) const fn with_cluster(self, cluster: u32) -> Self {
        Self(self.0 & !CONTENT_MASK | CLUSTER | cluster as u64 & CODE_MASK)
    }

    /// The same cell with another width.
    pub(super) const fn with_width(self, width: usize) -> Self {
        Self(self.0 & !WIDTH_MASK | (width as u64 & 3) << WIDTH_SHIFT)
    }

    /// The same cell with another style.
    pub(super) const fn with_style(self, style: StyleId) -> Self {
        Self(self.0 & 0xffff_ffff | (style as u64) << STYLE_SHIFT)
    }

    /// Whether anything was printed into the cell.
    pub(super) const fn has_content(self) -> bool {
        self.0 & CONTENT_MASK != 0
    }

    /// Columns the cell takes; 0 for the right half of a wide character.
    pub(super) const fn width(self) -> usize {
        (self.0 >> WIDTH_SHIFT & 3) as usize
    }

    /// The style of the cell.
    pub(super) const fn style(self) -> StyleId {
        (self.0 >> STYLE_SHIFT) as StyleId
    }

    /// The code point, or the number of the cluster.
    pub(super) const fn code(self) -> u32 {
        (self.0 & CODE_MASK) as u32
    }

    /// The number of the cluster, if the cell holds one.
    pub(super) const fn cluster(self) -> Option<u32> {
        if self.0 & CLUSTER == 0 { None } else { Some(self.code()) }
    }

    /// The character as a byte, if the cell is a narrow ASCII character of the
    /// same style as `null`.
    #[inline]
    pub(super) const fn ascii_like(self, null: Self) -> Option<u8> {
        let rest = self.0 ^ null.0;
        if rest < 0x80 && rest != 0 { Some(self.low_byte()) } else { None }
    }

    /// How many cells at the start are narrow ASCII characters of the same style
    /// as `null`.
    #[inline]
    pub(super) fn ascii_run(cells: &[Self], null: Self) -> usize {
        let is_ascii = |cell: &Self| (cell.0 ^ null.0).wrapping_sub(1) < 0x7f;
        let (blocks, _) = cells.as_chunks::<8>();
        let all = |block: &[Self; 8]| block.iter().fold(true, |all, cell| all & is_ascii(cell));
        let whole = blocks.iter().take_while(|block| all(block)).count() * 8;
        whole + cells[whole..].iter().take_while(|cell| is_ascii(cell)).count()
    }

    /// The lowest byte of the code point.
    #[inline]
    pub(super) const fn low_byte(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    /// Whether this is the right half of a wide character.
    pub(super) const fn is_stub(self) -> bool {
        self.width() == 0 && !self.has_content()
    }
}
