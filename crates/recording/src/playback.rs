//! A recording that is read: its screens at any time, its events, and [its
//! text](printed).

mod printed;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use offheap_screen::{Client, ScreenOptions};

use crate::blob::Blob;
use crate::card;
use crate::cast::Cast;
use crate::error::Error;
use crate::event::{self, Event, Kind};
use crate::folder;
use crate::gathered::Gathered;
use crate::header::Header;
use crate::keyframes::{self, Builder, Ending, Entry, Index, Place};
use crate::scratch::Scratch;
use crate::sketch::Sketch;

pub use printed::Hit;

/// The most data of the events that are read at once, in bytes, beside the last.
const MAX_PAGE: usize = 1 << 20;
/// The most rows that are laid out for resizes, however many and large these are:
/// each takes its time.
const MAX_LAID_OUT: u64 = 1 << 24;

/// Whether a recording is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has ended as it should.
    Complete,
    /// It is being written.
    Recording,
    /// It was cut off.
    Interrupted,
}

/// A terminal at one moment of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When the last event before it happened, in microseconds.
    pub time: u64,
    /// Where the next event begins, in bytes from the beginning of the cast.
    pub position: u64,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The screen as bytes for a fresh terminal.
    pub data: Vec<u8>,
    /// The visible screen as text.
    pub text: String,
}

/// A part of a recording that can be played without what comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it begins, in microseconds.
    pub time: u64,
    /// Its first byte in the cast.
    pub start: u64,
    /// Past its last byte.
    pub end: u64,
    /// Columns at its beginning.
    pub cols: u16,
    /// Rows at its beginning.
    pub rows: u16,
    /// Where the screen at its beginning is in the keyframe file, and how many
    /// bytes it is; `None` for an empty screen.
    pub keyframe: Option<(u64, usize)>,
}

/// A recording open for reading.
#[derive(Debug)]
pub struct Playback {
    cast: Cast,
    index: Index,
    client: Client,
    duration: u64,
    status: Status,
    /// Where the last whole event ends.
    end: u64,
}

impl Playback {
    /// Opens a cast of version 1, 2 or 3. Keyframes that are missing, or are not
    /// of this cast, are made, and kept beside it where that is possible. They are for
    /// the terminal that was recorded, as the card beside the cast says; where there
    /// is none, for `client`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Invalid`], [`Error::Version`], [`Error::Limit`].
    pub fn open(path: &Path, client: Client) -> Result<Self, Error> {
        let cast = Cast::open(path)?;
        let client = card::client_of(path).unwrap_or(client);
        let known = match &cast.blob {
            Blob::File(_) => folder::open_regular(&folder::keys_of(path)).ok(),
            Blob::Memory(_) => None,
        };
        let load = |keys| Index::load(Blob::File(keys), &cast.blob, &cast.line, Some(&client));
        let known = known.and_then(load);
        let missing = known.is_none();
        let index = known.unwrap_or_else(Index::empty);
        let mut playback =
            Self { cast, index, client, duration: 0, status: Status::Complete, end: 0 };
        if missing {
            playback.rebuild(path)?;
        }
        playback.measure(path, missing)?;
        Ok(playback)
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.cast.header
    }

    /// What the terminal is that its keyframes are for.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How long it is, in microseconds.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.duration
    }

    /// Whether it is whole.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Calls `take` with every event, in order, until it returns `false`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Invalid`], [`Error::Limit`].
    pub fn events(&self, mut take: impl FnMut(&Event) -> bool) -> Result<(), Error> {
        let mut events = self.cast.events(self.cast.begin(), 0);
        while let Some(event) = events.next()? {
            if !take(&event) {
                break;
            }
        }
        Ok(())
    }

    /// The events from a position on, at most so many, and no more once their
    /// data comes to 1 MiB: at least one, unless there are none.
    ///
    /// # Errors
    /// As [`Playback::events`].
    pub fn events_from(&self, position: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let known = self.index.place_before(position, &self.cast.blob);
        let Place { position: start, time, .. } = known.unwrap_or(self.first());
        let mut events = self.cast.events(start, time);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while page.len() < limit && bytes < MAX_PAGE {
            let Some(event) = events.next()? else { break };
            if event.end > position && event.kind != Kind::Other {
                bytes += event.data.len();
                page.push(event);
            }
        }
        Ok(page)
    }

    /// The times and labels of the markers, at most so many. Labels are cut as those
    /// that are set.
    ///
    /// # Errors
    /// As [`Playback::events`].
    pub fn markers(&self, limit: usize) -> Result<Vec<(u64, String)>, Error> {
        let mut markers = Vec::new();
        self.events(|event| {
            if event.kind == Kind::Marker {
                markers.push((event.time, event::label(&event.data).to_owned()));
            }
            markers.len() < limit
        })?;
        Ok(markers)
    }

    /// The terminal at a time, in microseconds, after everything that happened
    /// until then.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Invalid`], [`Error::Limit`].
    pub fn at(&self, time: u64) -> Result<Moment, Error> {
        let (mut place, mut sketch) = self.nearest(time);
        let mut events = self.cast.events(place.position, place.time);
        let mut event = Event { time: 0, kind: Kind::Other, data: String::new(), end: 0 };
        let mut rows = 0;
        while events.read(&mut event)? && event.time <= time {
            show(&mut sketch, &event, &mut place, &mut rows)?;
            (place.time, place.position) = (event.time, event.end);
        }
        let mut data = Vec::new();
        let screen = sketch.screen();
        screen.snapshot(None, &mut data);
        let Place { time, position, cols, rows, .. } = place;
        Ok(Moment { time, position, cols, rows, data, text: screen.text() })
    }

    /// The last keyframe before a time that is whole, on a screen.
    fn nearest(&self, time: u64) -> (Place, Sketch) {
        let mut candidate = self.index.before(time);
        while let Some(number) = candidate {
            let entry = &self.index.entries[number];
            if let Some(data) = self.index.screen(entry, &self.cast.blob) {
                let mut sketch = self.sketch(&entry.place);
                sketch.show(&data);
                return (entry.place, sketch);
            }
            candidate = number.checked_sub(1);
        }
        let first = self.first();
        (first, self.sketch(&first))
    }

    fn first(&self) -> Place {
        let Header { cols, rows, .. } = self.cast.header;
        Place { time: 0, position: self.cast.begin(), cols, rows, anchor: 0 }
    }

    fn sketch(&self, place: &Place) -> Sketch {
        Sketch::new(&ScreenOptions {
            cols: place.cols,
            rows: place.rows,
            scrollback_lines: keyframes::SCROLLBACK,
            client: self.client,
            ..ScreenOptions::default()
        })
    }

    /// The parts between keyframes, which follow each other without a gap.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        let keyframe = |entry: &Entry| (entry.place, Some((entry.at, entry.length)));
        let mut starts = vec![(self.first(), None)];
        starts.extend(self.index.entries.iter().map(keyframe));
        let ends = starts.iter().skip(1).map(|(place, _)| place.position).chain([self.end]);
        let ends: Vec<u64> = ends.collect();
        let segment = |((place, keyframe), end): (&(Place, _), u64)| Segment {
            time: place.time,
            start: place.position,
            end: end.max(place.position),
            cols: place.cols,
            rows: place.rows,
            keyframe: *keyframe,
        };
        starts.iter().zip(ends).map(segment).collect()
    }

    /// The screen at the beginning of a segment, as bytes for a fresh terminal;
    /// `None` where no segment with a keyframe begins there, or it is damaged.
    #[must_use]
    pub fn keyframe(&self, position: u64) -> Option<Vec<u8>> {
        let entries = &self.index.entries;
        let at = entries.partition_point(|entry| entry.place.position < position);
        let entry = entries.get(at).filter(|entry| entry.place.position == position)?;
        self.index.screen(entry, &self.cast.blob)
    }

    /// Writes the recording as asciicast version 2 into a new file.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Io`]; as [`Playback::events`]. Then there is
    /// no such file.
    pub fn to_v2(&self, path: &Path) -> Result<(), Error> {
        let file = folder::create(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists(path.display().to_string()),
            _ => Error::io(path, error),
        })?;
        let mut out = BufWriter::new(file);
        self.write_v2(&mut out, path).inspect_err(|_| {
            // Half a file is none.
            let _ = fs::remove_file(path);
        })
    }

    fn write_v2(&self, out: &mut impl Write, path: &Path) -> Result<(), Error> {
        let io = |error| Error::io(path, error);
        out.write_all(self.cast.header.to_v2().as_bytes()).map_err(io)?;
        let mut events = self.cast.events(self.cast.begin(), 0);
        let mut line = Gathered::default();
        while let Some(event) = events.next()? {
            // Version 2 knows no exit.
            if matches!(event.kind, Kind::Exit | Kind::Other) {
                continue;
            }
            line.clear();
            event::put_v2(&event, &mut line);
            out.write_all(line.bytes()).map_err(io)?;
        }
        out.flush().map_err(io)
    }

    /// Finds out how long the recording is and how it ended.
    fn measure(&mut self, path: &Path, missing: bool) -> Result<(), Error> {
        let last = self.index.entries.last().map(|entry| entry.place);
        let ended = self.index.end;
        let mut place = ended.map(|(_, place)| place).or(last).unwrap_or(self.first());
        let mut exited = false;
        let mut events = self.cast.events(place.position, place.time);
        while let Some(event) = events.next()? {
            exited = event.kind == Kind::Exit;
            (place.time, place.position) = (event.time, event.end);
        }
        (self.duration, self.end) = (place.time, place.position);
        let length = self.cast.blob.len().map_err(|error| Error::io(path, error))?;
        let torn = place.position < length;
        self.status = match ended {
            Some((Ending::Interrupted, _)) => Status::Interrupted,
            Some(_) if !torn => Status::Complete,
            _ if folder::is_being_written(path) => Status::Recording,
            _ if torn || !(missing || exited) => Status::Interrupted,
            _ => Status::Complete,
        };
        Ok(())
    }

    /// Makes the keyframes of a cast that has none.
    fn rebuild(&mut self, path: &Path) -> Result<(), Error> {
        let length = self.cast.blob.len().map_err(|error| Error::io(path, error))?;
        if length < keyframes::SPACING {
            return Ok(());
        }
        let mut beside = matches!(self.cast.blob, Blob::File(_)) && !folder::is_being_written(path);
        let scratch = loop {
            match self.keyframes(path, beside) {
                // The cast's disk may be full, and another one is not.
                Err(Error::Io { .. }) if beside => beside = false,
                made => break made?,
            }
        };
        let keys = File::open(&scratch.path).map_err(|error| Error::io(&scratch.path, error))?;
        let (keys, client) = (Blob::File(keys), Some(&self.client));
        let index = Index::load(keys, &self.cast.blob, &self.cast.line, client);
        self.index = index.unwrap_or_else(Index::empty);
        if scratch.beside {
            // What cannot be put in its place is made again the next time.
            let _ = fs::rename(&scratch.path, folder::keys_of(path));
        }
        Ok(())
    }

    fn keyframes(&self, path: &Path, beside: bool) -> Result<Scratch, Error> {
        let scratch = Scratch::create(path, beside).map_err(|error| Error::io(path, error))?;
        self.write_keyframes(&scratch)?;
        Ok(scratch)
    }

    fn write_keyframes(&self, scratch: &Scratch) -> Result<(), Error> {
        let io = |error| Error::io(&scratch.path, error);
        let file = scratch.file.try_clone().map_err(io)?;
        let out = BufWriter::new(file);
        let mut builder = Builder::new(out, &self.cast.line, Some(&self.client)).map_err(io)?;
        let mut place = self.first();
        let mut sketch = self.sketch(&place);
        let mut events = self.cast.events(place.position, 0);
        let mut event = Event { time: 0, kind: Kind::Other, data: String::new(), end: 0 };
        let (mut data, mut ending, mut rows) = (Vec::new(), Ending::Stopped, 0);
        while events.read(&mut event)? {
            let is_plain = show(&mut sketch, &event, &mut place, &mut rows)?;
            let mut cost = keyframes::cost(event.end - place.position, is_plain);
            if event.kind == Kind::Resize {
                cost += keyframes::RESIZE_COST;
            }
            (place.time, place.position) = (event.time, event.end);
            ending = if event.kind == Kind::Exit { Ending::Exited } else { Ending::Stopped };
            if builder.count(cost) {
                place.anchor = keyframes::anchor_at(&self.cast.blob, place.position).map_err(io)?;
                data.clear();
                sketch.keyframe(&mut data);
                builder.keyframe(&place, &data).map_err(io)?;
            }
        }
        if scratch.beside && self.cast.blob.len().map_err(io)? == place.position {
            place.anchor = keyframes::anchor_at(&self.cast.blob, place.position).map_err(io)?;
            builder.end(&place, ending).map_err(io)?;
        }
        builder.into_inner().flush().map_err(io)
    }
}

/// Plays one event; returns whether it is plain output. `laid_out` counts the rows of
/// all sizes so far.
fn show(
    sketch: &mut Sketch,
    event: &Event,
    place: &mut Place,
    laid_out: &mut u64,
) -> Result<bool, Error> {
    match event.kind {
        Kind::Output => return Ok(sketch.show(event.data.as_bytes())),
        Kind::Resize => {
            if let Some((cols, rows)) = event::size(&event.data) {
                event::check_size(cols, rows)?;
                *laid_out += u64::from(rows);
                if *laid_out > MAX_LAID_OUT {
                    return Err(Error::Limit("more than 16777216 rows in all its sizes together"));
                }
                sketch.screen().resize(cols, rows);
                (place.cols, place.rows) = (cols, rows);
            }
        }
        _ => {}
    }
    Ok(false)
}
