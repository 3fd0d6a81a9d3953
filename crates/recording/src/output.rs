//! A recording's files while they are written.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use offheap_screen::ScreenOptions;

use crate::bookmark::{Bookmark, Context, Mark};
use crate::card;
use crate::cutter::Cutter;
use crate::error::Error;
use crate::event::{self, Kind};
use crate::folder::{self, Made};
use crate::gathered::Gathered;
use crate::header::About;
use crate::keyframes::{self, Builder, Ending, Place};
use crate::options::{Options, epoch};
use crate::sketch::Sketch;

mod resumed;

/// Bytes of the cast that are gathered before they are written, unless nothing
/// follows: it takes the system less to write many at once.
const GATHERED: usize = 256 * 1024;
/// The same where another process may go on: it takes from the history what this one
/// had not written when it was killed. A history keeps 256 KiB by default, of which half
/// may wait to be taken out, and 64 KiB are taken at a time.
const GATHERED_FOR_OTHERS: usize = 32 * 1024;

/// One cast with its keyframes and raw bytes. Lines are gathered, and written by
/// [`Output::commit`].
pub(crate) struct Output {
    cast: File,
    keys: Builder<File>,
    raw: Option<File>,
    /// There where another process may go on with it.
    bookmark: Option<Bookmark>,
    pub(crate) path: PathBuf,
    /// The path of the first file, of which this one is a numbered sequel.
    pub(crate) first: PathBuf,
    number: u32,
    sketch: Sketch,
    cutter: Cutter,
    /// The size in force, as the header and the resizes say it.
    pub(crate) size: (u16, u16),
    /// Milliseconds since the beginning at the last event.
    time: u64,
    /// When the cast began, in milliseconds since the epoch.
    pub(crate) started: u64,
    /// Lines that are not in the file yet, and how much of them is.
    pending: Gathered,
    written: usize,
    /// Raw bytes that are not in their file yet, and how much of them is.
    pending_raw: Vec<u8>,
    written_raw: usize,
    /// Bytes of the cast in its file.
    position: u64,
    /// The end of what is in the file.
    tail: Vec<u8>,
    /// Bytes of the raw file that are in it.
    raw_position: u64,
    /// Bytes of the cast that a sequel begins with: its header and the screen.
    begun: u64,
    /// What it costs to play the lines that are not in the file yet.
    cost: u64,
    /// The time of the first of these lines.
    oldest: u64,
}

/// Makes a file that did not exist.
type Create = fn(&Path) -> io::Result<File>;

impl Output {
    /// Makes the files.
    pub(crate) fn create(options: &Options, about: &About) -> Result<Self, Error> {
        folder::make(&options.dir)?;
        let (path, numbered) = options.path()?;
        let made = folder::create_cast(&path, 1, numbered)?;
        let started = u64::try_from(epoch().as_millis()).unwrap_or(0);
        Self::with_cast(options, about, made, (path, started))
    }

    /// Makes the files that the recording goes on in.
    pub(crate) fn next(&mut self, options: &Options, about: &About) -> Result<Self, Error> {
        let made = folder::create_cast(&self.first, self.number + 1, true)?;
        let about = About { cols: self.size.0, rows: self.size.1, ..about.clone() };
        let began = (self.first.clone(), self.started + self.time);
        let mut next = Self::with_cast(options, &about, made, began)?;
        let screen = self.screen();
        next.show(&String::from_utf8_lossy(&screen), 0);
        next.begun = next.bytes();
        Ok(next)
    }

    /// Takes over what the file before held back as unfinished.
    pub(crate) fn take_over(&mut self, before: &mut Self) {
        self.cutter = std::mem::take(&mut before.cutter);
    }

    /// The files beside a cast that was just made. `began`: the path of the
    /// recording's first file, and when this one begins.
    fn with_cast(
        options: &Options,
        about: &About,
        made: Made,
        began: (PathBuf, u64),
    ) -> Result<Self, Error> {
        // Nothing but what this call has made is removed when it fails.
        let mut files = vec![made.path.clone()];
        let output = Self::beside_cast(options, about, made, began, &mut files);
        output.inspect_err(|_| {
            for path in files {
                let _ = std::fs::remove_file(path);
            }
        })
    }

    fn beside_cast(
        options: &Options,
        about: &About,
        made: Made,
        (first, started): (PathBuf, u64),
        files: &mut Vec<PathBuf>,
    ) -> Result<Self, Error> {
        let Made { file: cast, path, number } = made;
        let line = about.line(epoch().as_secs());
        let mut beside = |path: PathBuf, create: Create| match create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists(path.display().to_string()))
            }
            Err(error) => Err(Error::io(&path, error)),
            Ok(file) => {
                files.push(path);
                Ok(file)
            }
        };
        let mut card_file = beside(folder::card_of(&path), folder::create)?;
        let keys = beside(folder::keys_of(&path), folder::create)?;
        let raw = options.raw.then(|| beside(folder::raw_of(&path), folder::create)).transpose()?;
        let bookmark = options.journal.as_ref();
        let bookmark =
            bookmark.map(|_| beside(folder::bookmark_of(&path), folder::create_bookmark));
        let bookmark = bookmark.transpose()?;
        let context = Context { options: options.clone(), about: about.clone(), started };
        let bookmark = bookmark.map(|file| Bookmark::create(file, &context)).transpose();
        let io = |error| Error::io(&path, error);
        card_file.write_all(card::text(about, &options.client, started).as_bytes()).map_err(io)?;
        let keys = Builder::new(keys, line.as_bytes(), None).map_err(io)?;
        let mut output = Self {
            bookmark: bookmark.map_err(io)?,
            ..Self::over(options, about, (cast, keys, raw), path.clone())
        };
        output.pending.put(line.as_bytes());
        (output.first, output.number, output.started) = (first, number, started);
        output.commit(0).map_err(io)?;
        Ok(output)
    }

    /// Files that nothing was written to yet, as far as is known here.
    fn over(
        options: &Options,
        about: &About,
        (cast, keys, raw): (File, Builder<File>, Option<File>),
        path: PathBuf,
    ) -> Self {
        let screen = ScreenOptions {
            cols: about.cols,
            rows: about.rows,
            scrollback_lines: keyframes::SCROLLBACK,
            client: options.client,
            ..ScreenOptions::default()
        };
        Self {
            cast,
            keys,
            raw,
            bookmark: None,
            first: path.clone(),
            path,
            number: 1,
            sketch: Sketch::new(&screen),
            cutter: Cutter::default(),
            size: (about.cols, about.rows),
            time: 0,
            started: 0,
            pending: Gathered::default(),
            written: 0,
            pending_raw: Vec::new(),
            written_raw: 0,
            position: 0,
            tail: Vec::new(),
            raw_position: 0,
            begun: 0,
            cost: 0,
            oldest: 0,
        }
    }

    /// Output of the program, `at` milliseconds after the beginning.
    pub(crate) fn output(&mut self, bytes: &[u8], at: u64) {
        if self.raw.is_some() {
            self.pending_raw.extend_from_slice(bytes);
        }
        self.text(at, |cutter, take| cutter.push(bytes, take));
    }

    /// Puts what the cutter hands on into one event, and shows it.
    fn text(&mut self, at: u64, cut: impl FnOnce(&mut Cutter, &mut dyn FnMut(&str))) {
        let Self { cutter, sketch, pending, .. } = self;
        let interval = at.saturating_sub(self.time);
        let before = pending.len();
        if before == 0 {
            self.oldest = at;
        }
        let mut is_plain = true;
        cut(cutter, &mut |text| {
            if pending.len() == before {
                event::begin(interval, Kind::Output, pending);
            }
            let feeds = pending.put_text(text);
            is_plain &= sketch.show_judged(text.as_bytes(), feeds);
        });
        if pending.len() > before {
            event::end(pending);
            self.time += interval;
            self.cost += keyframes::cost((self.pending.len() - before) as u64, is_plain);
        }
    }

    /// A screen in place of output that is lost.
    pub(crate) fn restart(&mut self, screen: &[u8], at: u64) {
        self.cutter.reset();
        self.show(&String::from_utf8_lossy(screen), at);
    }

    fn show(&mut self, text: &str, at: u64) {
        if !text.is_empty() {
            self.text(at, |_, take| take(text));
        }
    }

    pub(crate) fn resize(&mut self, cols: u16, rows: u16, at: u64) {
        if (cols, rows) == self.size {
            return;
        }
        self.size = (cols, rows);
        self.event(Kind::Resize, &format!("{cols}x{rows}"), at);
        self.sketch.screen().resize(cols, rows);
        self.cost += keyframes::RESIZE_COST;
    }

    /// An event. Times are whole milliseconds since the beginning, of which the
    /// lines say the differences: nothing drifts.
    pub(crate) fn event(&mut self, kind: Kind, text: &str, at: u64) {
        let interval = at.saturating_sub(self.time);
        self.time += interval;
        let before = self.pending.len();
        if before == 0 {
            self.oldest = at;
        }
        event::put(interval, kind, text, &mut self.pending);
        self.cost += (self.pending.len() - before) as u64;
    }

    /// When the first event happened that is not in the file yet, in milliseconds
    /// since the beginning.
    pub(crate) fn oldest(&self) -> Option<u64> {
        (!self.pending.is_empty()).then_some(self.oldest)
    }

    /// Whether what was gathered is to be written before there is more of it.
    pub(crate) fn is_full(&self) -> bool {
        let most = if self.can_be_left() { GATHERED_FOR_OTHERS } else { GATHERED };
        self.pending.len() >= most || self.keys.is_due(self.cost)
    }

    /// Milliseconds since the beginning at the last event.
    pub(crate) fn time(&self) -> u64 {
        self.time
    }

    /// Bytes of the cast, those included that are not in its file yet.
    pub(crate) fn bytes(&self) -> u64 {
        self.position + self.pending.len() as u64
    }

    /// Bytes of the cast, without those that it began with.
    pub(crate) fn added(&self) -> u64 {
        self.bytes() - self.begun
    }

    /// Writes what was gathered; `true` when a keyframe is due. When it fails, the
    /// next call goes on where this one stopped. `offset` is that of the session's
    /// output which follows what was gathered.
    pub(crate) fn commit(&mut self, offset: u64) -> io::Result<bool> {
        self.note_mark(offset)?;
        write_on(&mut self.cast, self.pending.bytes(), &mut self.written)?;
        if let Some(raw) = &mut self.raw {
            write_on(raw, &self.pending_raw, &mut self.written_raw)?;
        }
        self.raw_position += self.pending_raw.len() as u64;
        self.pending_raw.clear();
        self.written_raw = 0;
        let lines = self.pending.bytes();
        let kept = self.tail.len().saturating_sub(keyframes::ANCHOR.saturating_sub(lines.len()));
        self.tail.drain(..kept);
        self.tail.extend_from_slice(&lines[lines.len().saturating_sub(keyframes::ANCHOR)..]);
        self.position += lines.len() as u64;
        self.pending.clear();
        self.written = 0;
        Ok(self.keys.count(std::mem::take(&mut self.cost)))
    }

    /// Says where the recording will stand once the lines are written. What is
    /// held back is in no line, and will be taken out of the history again.
    fn note_mark(&mut self, offset: u64) -> io::Result<()> {
        let (raw, held) = (self.raw_position + self.pending_raw.len() as u64, self.cutter.held());
        let position = self.bytes();
        let Some(bookmark) = self.bookmark.as_mut().filter(|_| !self.pending.is_empty()) else {
            return Ok(());
        };
        let (offset, raw) = (offset.saturating_sub(held), raw.saturating_sub(held));
        bookmark.note(Mark { position, offset, raw })
    }

    fn place(&self) -> Place {
        Place {
            time: self.time * 1000,
            position: self.position,
            cols: self.size.0,
            rows: self.size.1,
            anchor: keyframes::anchor_of(&self.tail),
        }
    }

    /// The screen of a keyframe here.
    pub(crate) fn screen(&mut self) -> Vec<u8> {
        let mut screen = Vec::new();
        self.sketch.keyframe(&mut screen);
        screen
    }

    /// Writes a keyframe. A cast is whole without its keyframes: one that cannot be
    /// written is left out.
    pub(crate) fn keyframe(&mut self, screen: &[u8]) {
        self.keyframe_of(screen, keyframes::anchor_of(&self.tail));
    }

    fn keyframe_of(&mut self, screen: &[u8], anchor: u32) {
        let place = Place { anchor, ..self.place() };
        if self.keys.keyframe(&place, screen).is_err() {
            self.keys.mend();
        }
    }

    /// Whether the cast was removed: nobody could read what is written to it.
    pub(crate) fn is_removed(&self) -> bool {
        folder::is_removed(&self.cast, &self.path)
    }

    /// Whether another process may go on with it.
    pub(crate) fn can_be_left(&self) -> bool {
        self.bookmark.is_some()
    }

    /// Ends the files after everything has been committed.
    pub(crate) fn finish(&mut self, ending: Ending) {
        if ending != Ending::Left {
            self.finish_files(ending);
        }
        // Whoever is told of the end finds that nobody writes it. Where this fails,
        // the file is closed a moment later.
        let _ = self.cast.unlock();
    }

    fn finish_files(&mut self, ending: Ending) {
        if self.bookmark.take().is_some() {
            // Where it stays, the end in the keyframes says the same.
            let _ = std::fs::remove_file(folder::bookmark_of(&self.path));
        }
        let place = self.place();
        if self.keys.end(&place, ending).is_err() {
            self.keys.mend();
        }
    }

    /// What was held back as unfinished comes now: nothing follows.
    pub(crate) fn finish_text(&mut self, at: u64) {
        self.text(at, |cutter, take| cutter.finish(take));
    }

    /// Gives up what could not be written: the cast ends with its last whole
    /// event.
    pub(crate) fn give_up(&mut self) {
        if self.written > 0 && self.written < self.pending.len() {
            // The reader leaves a torn line out where even this fails.
            let _ = self.cast.set_len(self.position);
        }
        self.pending.clear();
        self.written = 0;
    }
}

/// Writes what is left of `bytes` from `done` on.
fn write_on(file: &mut File, bytes: &[u8], done: &mut usize) -> io::Result<()> {
    while *done < bytes.len() {
        match file.write(&bytes[*done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => *done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
