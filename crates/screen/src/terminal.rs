//! What the parser drives: the state of the terminal and its upkeep.

use super::answers::Answers;
use super::budget::Budget;
use super::buffer::{Buffer, Saved};
use super::cell::{Cell, StyleId};
use super::charset::Charsets;
use super::client::Client;
use super::images::readers::Readers;
use super::modes::{KeyboardStack, Mode, Modes, MouseEncoding, MouseProtocol};
use super::options::ScreenOptions;
use super::palette::Palette;
use super::said::Said;
use super::scrollback::Scrollback;
use super::style::Style;
use super::tables::Tables;
use super::titles::Titles;
use super::width::Join;

/// All of a terminal but its parser.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    pub(super) cols: usize,
    pub(super) rows: usize,
    /// The buffer shown.
    pub(super) active: Buffer,
    /// The other buffer.
    pub(super) parked: Buffer,
    /// Whether the alternate buffer is shown.
    pub(super) alternate: bool,
    pub(super) scrollback: Scrollback,
    /// What the client's terminal is.
    pub(super) client: Client,
    pub(super) tables: Tables,
    /// The attributes that text is printed with.
    pub(super) pen: Style,
    /// The number of the pen's style, unless the pen has changed since.
    pen_id: Option<StyleId>,
    pub(super) charsets: Charsets,
    pub(super) modes: Modes,
    pub(super) mouse: MouseProtocol,
    pub(super) mouse_encoding: MouseEncoding,
    /// The cursor style of DECSCUSR: 0 for the client's own, 7 and 8 for its own
    /// shape, blinking or not.
    pub(super) cursor_style: u8,
    /// Keyboard flags of the normal and the alternate buffer.
    pub(super) keyboards: [KeyboardStack; 2],
    pub(super) titles: Titles,
    pub(super) palette: Palette,
    /// Width and height of a character in the client, in pixels, if known.
    pub(super) cell_size: Option<(u16, u16)>,
    /// The same to a fraction of a pixel.
    pub(super) exact_cell_size: Option<(f64, f64)>,
    /// What has been read of images, once there are any.
    pub(super) images: Option<Box<Readers>>,
    pub(super) join: Join,
    /// Whether the last thing done was to print, so that the next character
    /// continues the same run.
    pub(super) in_run: bool,
    /// What sequences that touch many cells may still cost.
    pub(super) budget: Budget,
    /// Where answers to queries go, while anybody wants them.
    pub(super) answers: Option<Answers>,
    /// Where what is said beside the output goes, while anybody listens.
    pub(super) said: Option<Said>,
}

impl Terminal {
    /// A terminal in its initial state.
    pub(super) fn new(options: &ScreenOptions) -> Self {
        let (cols, rows) = (usize::from(options.cols), usize::from(options.rows));
        let client = options.client;
        let step = client.tab_step();
        let mut modes = Modes::default();
        modes.set(Mode::NewLine, client.convert_eol);
        Self {
            cols,
            rows,
            active: Buffer::new(cols, rows, step),
            parked: Buffer::without_rows(cols, rows, step),
            alternate: false,
            scrollback: Scrollback::new(options.scrollback_lines, options.scrollback_bytes),
            client,
            tables: Tables::new(client.unicode),
            pen: Style::default(),
            pen_id: Some(0),
            charsets: Charsets::default(),
            modes,
            mouse: MouseProtocol::None,
            mouse_encoding: MouseEncoding::Default,
            cursor_style: 0,
            keyboards: Default::default(),
            titles: Titles::default(),
            palette: Palette::default(),
            cell_size: None,
            exact_cell_size: None,
            images: None,
            join: Join::NONE,
            in_run: false,
            budget: Budget::new(),
            answers: None,
            said: None,
        }
    }

    /// An empty cell of the pen's style.
    #[inline]
    pub(super) fn pen_cell(&mut self) -> Cell {
        if let Some(id) = self.pen_id {
            return Cell::null(id);
        }
        let id = self.tables.styles.intern(self.pen);
        self.pen_id = Some(id);
        Cell::null(id)
    }

    /// The pen, to change it. Every new style comes from a changed pen, so this
    /// is where too many of them are noticed.
    pub(super) fn pen_mut(&mut self) -> &mut Style {
        if self.tables.styles.is_due() {
            self.sweep_styles();
        }
        self.pen_id = None;
        &mut self.pen
    }

    /// Gives the pen other attributes, or the same.
    #[inline]
    pub(super) fn set_pen(&mut self, pen: Style) {
        if pen != self.pen {
            *self.pen_mut() = pen;
        }
        if pen == Style::default() {
            self.pen_id = Some(0);
        }
    }

    /// An empty cell with the pen's background colour and nothing else.
    #[inline]
    pub(super) fn erase_cell(&mut self) -> Cell {
        let style = Style::background(self.pen.bg);
        if style.bg == 0 {
            return Cell::BLANK;
        }
        Cell::null(self.tables.styles.intern(style))
    }

    /// The keyboard flags of the buffer shown.
    pub(super) fn keyboard(&mut self) -> &mut KeyboardStack {
        &mut self.keyboards[usize::from(self.alternate)]
    }

    /// Opens a row at the bottom of the scrolling region; the row at its top
    /// leaves, into the scrollback if it was the first of the normal buffer.
    pub(super) fn scroll(&mut self, wrapped: bool) {
        let fill = self.erase_cell();
        let (top, bottom) = (self.active.top, self.active.bottom);
        if top == 0 {
            if self.alternate {
                self.active.keep_above();
            } else {
                self.push_scrollback();
            }
        }
        self.active.shift_up(top, bottom, 1, self.cols, fill, wrapped);
    }

    /// Counts rows that left a screen without margins at its top, as xterm.js
    /// would.
    pub(super) fn count_scrolled(&mut self, count: usize) {
        let most = self.scrollback.max_rows();
        let over = count.saturating_sub(most.saturating_sub(self.active.base));
        if over > 0 {
            self.active.turned = (self.active.turned + over) % (self.rows + most);
        }
        if most > 0 {
            self.active.base = (self.active.base + count).min(most);
        }
    }

    fn push_scrollback(&mut self) {
        let most = self.scrollback.max_rows();
        if self.active.base >= most {
            let turned = self.active.turned + 1;
            // A line put in above the last one turns the list without an end.
            let is_last = self.active.bottom + 1 == self.rows;
            self.active.turned = if is_last { turned % (self.rows + most) } else { turned };
        }
        if most == 0 {
            return;
        }
        self.active.base = (self.active.base + 1).min(most);
        let row = self.active.row(0);
        self.scrollback.push(row, self.cols, &self.tables);
    }

    /// Shows the alternate buffer, which is new each time.
    pub(super) fn enter_alternate(&mut self) {
        if self.alternate {
            return;
        }
        let fill = self.erase_cell();
        self.parked.fill_rows(self.cols, self.rows, fill);
        self.swap_buffers();
    }

    /// Shows the normal buffer again.
    pub(super) fn leave_alternate(&mut self) {
        if self.alternate {
            self.swap_buffers();
            self.parked.clear(self.cols, self.rows);
        }
    }

    fn swap_buffers(&mut self) {
        std::mem::swap(&mut self.active, &mut self.parked);
        self.active.x = self.parked.x;
        self.active.y = self.parked.y;
        self.alternate = !self.alternate;
        if let Some(images) = &mut self.images {
            images.forget_alternate();
        }
    }

    /// Forgets the styles that nothing uses any more.
    pub(super) fn sweep_styles(&mut self) {
        let mut used = vec![false; self.tables.styles.len()];
        for row in self.active.rows_mut().chain(self.parked.rows_mut()) {
            for cell in row.distinct() {
                used[cell.style() as usize] = true;
            }
        }
        let renumbered = self.tables.styles.sweep(&used, self.cols * self.rows);
        for row in self.active.rows_mut().chain(self.parked.rows_mut()) {
            for cell in row.distinct_mut() {
                *cell = cell.with_style(renumbered[cell.style() as usize]);
            }
        }
        self.pen_id = None;
    }

    /// Forgets the links that nothing uses any more. Styles are forgotten when
    /// there are many, which depends on how the output came in pieces; which
    /// links are known must not.
    pub(super) fn sweep_links(&mut self) {
        self.sweep_styles();
        let mut used = vec![false; self.tables.links.len() + 1];
        used[self.pen.link as usize] = true;
        for style in self.tables.styles.styles_mut() {
            used[style.link as usize] = true;
        }
        let renumbered = self.tables.links.sweep(&used);
        self.pen.link = renumbered[self.pen.link as usize];
        for style in self.tables.styles.styles_mut() {
            style.link = renumbered[style.link as usize];
        }
        self.tables.styles.reindex();
    }

    /// Forgets the clusters that nothing uses any more.
    pub(super) fn sweep_clusters(&mut self) {
        let mut used = vec![false; self.tables.clusters.len()];
        for row in self.active.rows_mut().chain(self.parked.rows_mut()) {
            for number in row.distinct().filter_map(Cell::cluster) {
                used[number as usize] = true;
            }
        }
        let renumbered = self.tables.clusters.sweep(&used, self.cols * self.rows);
        for row in self.active.rows_mut().chain(self.parked.rows_mut()) {
            for cell in row.distinct_mut() {
                if let Some(number) = cell.cluster() {
                    *cell = cell.with_cluster(renumbered[number as usize]);
                }
            }
        }
    }

    /// Resets to the initial state what RIS resets in xterm.js.
    pub(super) fn full_reset(&mut self) {
        self.leave_alternate();
        self.active.reset(self.cols, self.rows);
        self.parked = Buffer::without_rows(self.cols, self.rows, self.client.tab_step());
        self.scrollback.clear();
        // Nothing is left that refers to styles, links or clusters.
        self.pen = Style::default();
        self.pen_id = Some(0);
        self.tables = Tables::new(self.tables.unicode);
        self.charsets = Charsets::default();
        self.reset_modes();
        self.mouse = MouseProtocol::None;
        self.mouse_encoding = MouseEncoding::Default;
        self.keyboards = Default::default();
    }

    /// Resets what DECSTR resets in xterm.js.
    pub(super) fn soft_reset(&mut self) {
        self.modes.set(Mode::CursorHidden, false);
        self.active.top = 0;
        self.active.bottom = self.rows - 1;
        *self.pen_mut() = Style::default();
        self.reset_modes();
        self.charsets = Charsets::default();
        // xterm.js 6.1 forgets to reset what it saves beside these.
        let Saved { charsets, origin, wraparound, .. } = self.active.saved;
        let y = self.active.base;
        self.active.saved = Saved { y, charsets, origin, wraparound, ..Saved::default() };
        *self.keyboard() = KeyboardStack::default();
    }

    fn reset_modes(&mut self) {
        self.modes.reset();
        self.cursor_style = 0;
        if let Some(images) = &mut self.images {
            images.reset();
        }
    }

    /// Bytes of memory held beside the scrollback.
    pub(super) fn bytes_held(&self) -> usize {
        self.active.bytes_held()
            + self.parked.bytes_held()
            + self.tables.bytes_held()
            + self.titles.bytes_held()
            + self.palette.bytes_held()
            + self.images.as_ref().map_or(0, |images| images.bytes_held())
    }

    /// Nothing that follows joins or continues what was printed before.
    #[inline]
    pub(super) fn forget_printed(&mut self) {
        self.join = Join::NONE;
        self.in_run = false;
        self.budget.earn(1);
    }
}
