//! Sessions that outlive their process: made in a journal, restored from one,
//! and left for the next process.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use offheap_journal::{ClientShape, Identity, Journal, Recovered, ScreenShape};
use offheap_pty::{ExitStatus, KeptTerminal, Manner, Pty, PtySize, Sink, SpawnError};
use offheap_ring::Ring;
use offheap_screen::{Client, ImageSupport, ScreenOptions, UnicodeVersion, XtermVersion};

use super::Session;
use super::kept::Kept;
use super::shell::Shell;
use super::stream::Stream;
use crate::meter::{Counter, Meter};

/// Room in a checkpoint for what is not scrollback: a screen of a usual size,
/// however colourful, with modes, titles and palette.
const SCREEN_ROOM: usize = 128 * 1024;

/// The bytes that checkpoints of such a screen may have.
pub(crate) fn checkpoint_size(screen: Option<&ScreenOptions>) -> usize {
    screen.map_or(0, |screen| screen.scrollback_bytes.saturating_add(SCREEN_ROOM))
}

/// A screen's options as a journal keeps them.
pub(crate) fn shape(screen: &ScreenOptions) -> ScreenShape {
    ScreenShape {
        cols: screen.cols,
        rows: screen.rows,
        scrollback_lines: screen.scrollback_lines as u64,
        scrollback_bytes: screen.scrollback_bytes as u64,
        own: client_shape(&screen.client),
        client: client_shape(&screen.client),
    }
}

/// The options of a client as a journal keeps them.
const PUSH_TITLE: u16 = 1;
const POP_TITLE: u16 = 1 << 1;
const SCROLL_ON_ERASE: u16 = 1 << 2;
const REFLOW_CURSOR_LINE: u16 = 1 << 3;
const CONVERT_EOL: u16 = 1 << 4;
const SIXEL_IMAGES: u16 = 1 << 5;
const IIP_IMAGES: u16 = 1 << 6;
const KITTY_IMAGES: u16 = 1 << 7;

fn client_shape(client: &Client) -> ClientShape {
    let flags = [
        (PUSH_TITLE, client.push_title),
        (POP_TITLE, client.pop_title),
        (SCROLL_ON_ERASE, client.scroll_on_erase),
        (REFLOW_CURSOR_LINE, client.reflow_cursor_line),
        (CONVERT_EOL, client.convert_eol),
        (SIXEL_IMAGES, client.images.sixel),
        (IIP_IMAGES, client.images.iip),
        (KITTY_IMAGES, client.images.kitty),
    ];
    ClientShape {
        unicode: match client.unicode {
            UnicodeVersion::V6 => 6,
            UnicodeVersion::V11 => 11,
            UnicodeVersion::V15Graphemes => 15,
        },
        version: match client.version {
            XtermVersion::V6_0 => 0,
            XtermVersion::V6_1 => 1,
        },
        options: flags.iter().map(|&(flag, on)| if on { flag } else { 0 }).sum(),
        tab_stop_width: client.tab_stop_width,
    }
}

fn client(shape: ClientShape) -> Client {
    let has = |flag: u16| shape.options & flag != 0;
    Client {
        version: if shape.version == 0 { XtermVersion::V6_0 } else { XtermVersion::V6_1 },
        unicode: match shape.unicode {
            11 => UnicodeVersion::V11,
            15 => UnicodeVersion::V15Graphemes,
            _ => UnicodeVersion::V6,
        },
        push_title: has(PUSH_TITLE),
        pop_title: has(POP_TITLE),
        scroll_on_erase: has(SCROLL_ON_ERASE),
        reflow_cursor_line: has(REFLOW_CURSOR_LINE),
        convert_eol: has(CONVERT_EOL),
        images: ImageSupport {
            sixel: has(SIXEL_IMAGES),
            iip: has(IIP_IMAGES),
            kitty: has(KITTY_IMAGES),
        },
        tab_stop_width: match shape.tab_stop_width {
            0 => Client::default().tab_stop_width,
            width => width,
        },
    }
}

fn options(shape: &ScreenShape) -> ScreenOptions {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    ScreenOptions {
        cols: shape.cols,
        rows: shape.rows,
        scrollback_lines: size(shape.scrollback_lines),
        scrollback_bytes: size(shape.scrollback_bytes),
        client: client(shape.own),
    }
}

impl Session {
    /// A session without a terminal whose history lies in a journal.
    pub(crate) fn in_journal(
        journal: Journal,
        ring: Ring,
        screen: Option<ScreenOptions>,
        meter: Arc<Meter>,
    ) -> Arc<Self> {
        let stream = Stream::over(ring, Some(Kept::new(journal)), screen, Arc::clone(&meter));
        Self::over(stream, PtySize::new(80, 24), None, meter)
    }

    /// A session as another process has left it, without a terminal. Its screen
    /// is drawn when somebody needs it.
    pub(crate) fn restored(recovered: Recovered, meter: Arc<Meter>) -> Arc<Self> {
        let life = recovered.life;
        let recovered_screen = recovered.identity.screen;
        let screen = recovered_screen.as_ref().map(options);
        let exit = life.exit.map(|exit| ExitStatus { code: exit.code, signal: exit.signal });
        let shell = recovered.identity.shell.as_deref().map(Shell::restored);
        let (kept, ring) = Kept::restored(recovered);
        let mut stream = Stream::over(ring, Some(kept), screen, Arc::clone(&meter));
        if let Some(shell) = shell {
            stream.mirror.shell = shell;
        }
        if let Some(shape) = &recovered_screen {
            // Nothing is drawn yet: what is, is drawn as it was followed last.
            stream.mirror.set_client(client(shape.client));
        }
        let size = match (life.cols, life.rows) {
            (0, _) | (_, 0) => PtySize::new(80, 24),
            (cols, rows) => PtySize::new(cols, rows),
        };
        Self::over(stream, size, exit, meter)
    }

    /// Reads output straight into the journal. No lock is held meanwhile that anybody
    /// takes who only looks: the history ends before the room that is read into.
    pub(super) fn read_in(
        &self,
        scratch: &mut [u8],
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut slot = self.room.lock();
        let (Some(room), Some(part)) = (&mut *slot, self.begin_read()) else {
            // A closed session's last bytes have nowhere to go.
            drop(slot);
            return read(scratch);
        };
        let read = read(room.part(part));
        let count = match &read {
            Ok(count) => *count,
            // The room is as it was, and is not to be prepared again.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => return read,
        };
        let mut answers = Vec::new();
        let mut stream = self.stream.lock();
        if self.is_closed() {
            return read;
        }
        stream.end_read(count, &mut answers, Instant::now());
        let has_news = stream.mirror.shell.has_news();
        drop(stream);
        drop(slot);
        self.tell_news_if(has_news);
        self.meter.count(Counter::BytesOut, count as u64);
        if !answers.is_empty() {
            self.answer(&answers);
        }
        read
    }

    /// Where to read to; `None` for a session that is closed.
    fn begin_read(&self) -> Option<Range<usize>> {
        let mut stream = self.stream.lock();
        if self.is_closed() { None } else { stream.begin_read() }
    }

    /// The name of the session's file in the directory of journals.
    pub(crate) fn journal_name(&self) -> Option<String> {
        let stream = self.stream.lock();
        stream.kept.as_ref().map(|kept| kept.journal.name().to_owned())
    }

    /// The session is this process's from here on.
    pub(crate) fn take_over(&self, incarnation: u64) {
        if let Some(kept) = &mut self.stream.lock().kept {
            kept.take_over(incarnation);
        }
    }

    /// Changes what the session's journal says of it, if it has one.
    pub(crate) fn change_identity(
        &self,
        change: impl FnOnce(&mut Identity),
    ) -> Result<(), offheap_journal::Error> {
        match &mut self.stream.lock().kept {
            Some(kept) => kept.journal.change_identity(change),
            None => Ok(()),
        }
    }

    /// Says what the terminal of the clients is from here on; see
    /// [`Screen::set_client`](offheap_screen::Screen::set_client). Nothing changes
    /// without a screen.
    pub fn set_client(&self, client: Client) {
        let mut stream = self.stream.lock();
        if stream.set_client(client)
            && let Some(kept) = &mut stream.kept
        {
            // It takes no more room than before, so it fits.
            let shape = client_shape(&client);
            let _ = kept.journal.change_identity(|identity| {
                if let Some(screen) = &mut identity.screen {
                    screen.client = shape;
                }
            });
        }
    }

    /// Takes a terminal that was kept for the session, which has its size
    /// already. It is read once it [begins](Pty::begin).
    pub(crate) fn take_terminal(
        self: &Arc<Self>,
        kept: Box<dyn KeptTerminal>,
        manner: Manner,
    ) -> Result<Arc<dyn Pty>, SpawnError> {
        let pty = kept.adopt(manner, Arc::clone(self) as Arc<dyn Sink>)?;
        if let Some(kept) = &mut self.stream.lock().kept {
            kept.set_program(pty.pid());
        }
        self.pid.store(pty.pid(), Ordering::Release);
        *self.pty.lock() = Some(Arc::clone(&pty));
        Ok(pty)
    }

    /// Leaves the terminal to whoever else keeps it, if anybody does. What was
    /// read of it has come once the reactor has settled.
    pub(crate) fn leave_terminal(&self) -> bool {
        let mut slot = self.pty.lock();
        let left = slot.as_ref().is_some_and(|pty| pty.leave());
        if left {
            // Taken out first: a terminal is not dropped under the lock.
            let pty = slot.take();
            drop(slot);
            drop(pty);
        }
        left
    }

    /// Lets go of the session, so that another process can restore it: its
    /// screen is kept as it is, its file stays, and its viewers are closed.
    /// `false` for one that is closed already or has no journal; then nothing
    /// has changed.
    pub(crate) fn leave(&self) -> bool {
        let mut stream = self.stream.lock();
        if self.is_closed() || !stream.mark_left() {
            return false;
        }
        drop(stream);
        self.leave_recordings();
        // What the terminal still prints from here on nobody would keep.
        let pty = self.pty.lock().take();
        if let Some(pty) = pty {
            pty.close();
        }
        // What is being read comes first: from here on the file is another's.
        let room = self.room.lock().take();
        let mut stream = self.stream.lock();
        stream.checkpoint();
        stream.kept = None;
        drop((stream, room));
        self.release()
    }
}
