//! A recording's files while they are written.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use offheap_screen::{Client, Screen, ScreenOptions};

use crate::cutter::Cutter;
use crate::error::Error;
use crate::event::{self, Kind};
use crate::folder::{self, Made};
use crate::header::About;
use crate::keyframes::{self, Builder, Ending, Place};

/// What happens to the terminal while the disk is slower than its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowDisk {
    /// It runs on. What leaves its history unread is missing in the recording,
    /// and a marker says how many bytes.
    #[default]
    Gap,
    /// It waits.
    Pause,
}

/// What is recorded, and where.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder, made where it is missing.
    pub dir: PathBuf,
    /// The name of the file in it, without its ending. A name that is taken is
    /// refused.
    pub name: Option<String>,
    /// What a made-up name ends in.
    pub label: String,
    /// The title in the header.
    pub title: Option<String>,
    /// Whether input is recorded.
    pub input: bool,
    /// Whether the bytes as they came are kept in a file beside the cast.
    pub raw: bool,
    /// What happens while the disk is slow.
    pub slow_disk: SlowDisk,
    /// A new file begins when the cast has so many bytes.
    pub rotate_bytes: Option<u64>,
    /// A new file begins when the cast is so long.
    pub rotate_after: Option<Duration>,
    /// The oldest recordings of the folder are removed beyond so many bytes.
    pub max_bytes: Option<u64>,
    /// Recordings of the folder are removed when they are older.
    pub max_age: Option<Duration>,
    /// What the terminal of the clients is.
    pub client: Client,
}

impl Options {
    fn path(&self) -> Result<(PathBuf, bool), Error> {
        if let Some(name) = &self.name {
            folder::check_name(name)?;
            return Ok((self.dir.join(format!("{name}.cast")), false));
        }
        let name = format!("{}-{}.cast", timestamp(epoch()), folder::plain(&self.label));
        Ok((self.dir.join(name), true))
    }
}

fn epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// `20261128T164250123Z`, which sorts by time.
fn timestamp(since: Duration) -> String {
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Howard Hinnant's civil_from_days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let millis = since.subsec_millis();
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}{millis:03}Z")
}

/// One cast with its keyframes and raw bytes. Lines are gathered, and written by
/// [`Output::commit`].
pub(crate) struct Output {
    cast: File,
    keys: Builder<File>,
    raw: Option<File>,
    pub(crate) path: PathBuf,
    /// The path of the first file, of which this one is a numbered sequel.
    first: PathBuf,
    number: u32,
    screen: Screen,
    cutter: Cutter,
    /// The size in force, as the header and the resizes say it.
    pub(crate) size: (u16, u16),
    /// Milliseconds since the beginning at the last event.
    time: u64,
    /// Lines that are not in the file yet, and how much of them is.
    pending: Vec<u8>,
    written: usize,
    /// Raw bytes that are not in their file yet, and how much of them is.
    pending_raw: Vec<u8>,
    written_raw: usize,
    /// Bytes of the cast in its file.
    position: u64,
    /// The end of what is in the file.
    tail: Vec<u8>,
    /// What resizes count as until the next keyframe.
    cost: u64,
    /// Reused for the text of an event.
    text: String,
}

impl Output {
    /// Makes the files.
    pub(crate) fn create(options: &Options, about: &About) -> Result<Self, Error> {
        folder::make(&options.dir)?;
        let (path, numbered) = options.path()?;
        let made = folder::create_cast(&path, 1, numbered)?;
        Self::with_cast(options, about, made, path)
    }

    /// Makes the files that the recording goes on in.
    pub(crate) fn next(&self, options: &Options, about: &About) -> Result<Self, Error> {
        let made = folder::create_cast(&self.first, self.number + 1, true)?;
        let about = About { cols: self.size.0, rows: self.size.1, ..about.clone() };
        let mut next = Self::with_cast(options, &about, made, self.first.clone())?;
        let mut screen = Vec::new();
        self.screen.snapshot(Some(keyframes::SCROLLBACK), &mut screen);
        next.show(&String::from_utf8_lossy(&screen), 0);
        Ok(next)
    }

    /// Takes over what the file before held back as unfinished.
    pub(crate) fn take_over(&mut self, before: &mut Self) {
        self.cutter = std::mem::take(&mut before.cutter);
    }

    fn with_cast(
        options: &Options,
        about: &About,
        made: Made,
        first: PathBuf,
    ) -> Result<Self, Error> {
        let path = made.path.clone();
        Self::beside_cast(options, about, made, first).inspect_err(|_| {
            // Nothing but what this call has made.
            let _ = std::fs::remove_file(&path);
        })
    }

    fn beside_cast(
        options: &Options,
        about: &About,
        made: Made,
        first: PathBuf,
    ) -> Result<Self, Error> {
        let Made { file: cast, path, number } = made;
        let line = about.line(epoch().as_secs());
        let beside = |path: PathBuf| match folder::create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists(path.display().to_string()))
            }
            other => other.map_err(|error| Error::io(&path, error)),
        };
        let keys_path = folder::keys_of(&path);
        let keys = beside(keys_path.clone())?;
        let raw = if options.raw { Some(beside(folder::raw_of(&path))) } else { None };
        let started = raw.transpose().and_then(|raw| {
            let keys = Builder::new(keys, line.as_bytes(), false);
            Ok((raw, keys.map_err(|error| Error::io(&keys_path, error))?))
        });
        let (raw, keys) = started.inspect_err(|_| {
            let _ = std::fs::remove_file(&keys_path);
        })?;
        let screen = ScreenOptions {
            cols: about.cols,
            rows: about.rows,
            scrollback_lines: keyframes::SCROLLBACK,
            client: options.client,
            ..ScreenOptions::default()
        };
        let mut output = Self {
            cast,
            keys,
            raw,
            path,
            first,
            number,
            screen: Screen::new(&screen),
            cutter: Cutter::default(),
            size: (about.cols, about.rows),
            time: 0,
            pending: line.into_bytes(),
            written: 0,
            pending_raw: Vec::new(),
            written_raw: 0,
            position: 0,
            tail: Vec::new(),
            cost: 0,
            text: String::new(),
        };
        output.commit().map_err(|error| Error::io(&output.path, error))?;
        Ok(output)
    }

    /// Output of the program, `at` milliseconds after the beginning.
    pub(crate) fn output(&mut self, bytes: &[u8], at: u64) {
        if self.raw.is_some() {
            self.pending_raw.extend_from_slice(bytes);
        }
        let mut text = std::mem::take(&mut self.text);
        self.cutter.push(bytes, |piece| text.push_str(piece));
        self.show(&text, at);
        text.clear();
        self.text = text;
    }

    /// A screen in place of output that is lost.
    pub(crate) fn restart(&mut self, screen: &[u8], at: u64) {
        self.cutter.reset();
        self.show(&String::from_utf8_lossy(screen), at);
    }

    fn show(&mut self, text: &str, at: u64) {
        if !text.is_empty() {
            self.event(Kind::Output, text, at);
            self.screen.feed(text.as_bytes());
        }
    }

    pub(crate) fn resize(&mut self, cols: u16, rows: u16, at: u64) {
        if (cols, rows) == self.size {
            return;
        }
        self.size = (cols, rows);
        self.event(Kind::Resize, &format!("{cols}x{rows}"), at);
        self.screen.resize(cols, rows);
        self.cost += keyframes::RESIZE_COST;
    }

    /// An event. Times are whole milliseconds since the beginning, of which the
    /// lines say the differences: nothing drifts.
    pub(crate) fn event(&mut self, kind: Kind, text: &str, at: u64) {
        let interval = at.saturating_sub(self.time);
        self.time += interval;
        event::put(interval, kind, text, &mut self.pending);
    }

    /// Milliseconds since the beginning at the last event.
    pub(crate) fn time(&self) -> u64 {
        self.time
    }

    /// Bytes of the cast, those included that are not in its file yet.
    pub(crate) fn bytes(&self) -> u64 {
        self.position + self.pending.len() as u64
    }

    /// Writes what was gathered, and a keyframe when one is due. When it fails,
    /// the next call goes on where this one stopped.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        write_on(&mut self.cast, &self.pending, &mut self.written)?;
        if let Some(raw) = &mut self.raw {
            write_on(raw, &self.pending_raw, &mut self.written_raw)?;
        }
        self.pending_raw.clear();
        self.written_raw = 0;
        let length = self.pending.len() as u64;
        let kept =
            self.tail.len().saturating_sub(keyframes::ANCHOR.saturating_sub(self.pending.len()));
        self.tail.drain(..kept);
        let from = self.pending.len().saturating_sub(keyframes::ANCHOR);
        self.tail.extend_from_slice(&self.pending[from..]);
        self.position += length;
        self.pending.clear();
        self.written = 0;
        let cost = length + std::mem::take(&mut self.cost);
        if self.keys.count(cost) {
            self.keyframe();
        }
        Ok(())
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

    /// A cast is whole without its keyframes: one that cannot be written is left
    /// out.
    fn keyframe(&mut self) {
        let mut screen = Vec::new();
        self.screen.snapshot(Some(keyframes::SCROLLBACK), &mut screen);
        let place = self.place();
        if self.keys.keyframe(&place, &screen).is_err() {
            self.keys.mend();
        }
    }

    /// Ends the files after everything has been committed.
    pub(crate) fn finish(&mut self, ending: Ending) {
        let place = self.place();
        if self.keys.end(&place, ending).is_err() {
            self.keys.mend();
        }
    }

    /// What was held back as unfinished comes now: nothing follows.
    pub(crate) fn finish_text(&mut self, at: u64) {
        let mut text = String::new();
        self.cutter.finish(|piece| text.push_str(piece));
        self.show(&text, at);
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

#[cfg(test)]
mod tests {
    use super::timestamp;
    use std::time::Duration;

    #[test]
    fn names_sort_by_time() {
        let name = |ms| timestamp(Duration::from_millis(ms));
        assert_eq!(name(0), "19700101T000000000Z");
        assert_eq!(name(951_782_400_123), "20000229T000000123Z");
        assert_eq!(name(1_795_884_170_999), "20261128T164250999Z");
        assert_eq!(name(4_107_542_399_000), "21000228T235959000Z");
    }
}
