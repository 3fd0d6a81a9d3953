//! What the recorder does with the recordings of a folder that nobody writes:
//! it removes old ones, and marks those that were cut off.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::blob::Blob;
use crate::bookmark::Bookmark;
use crate::card;
use crate::error::Error;
use crate::event::{self, Kind};
use crate::folder::{bookmark_of, card_of, keys_of, open_regular, raw_of, remove};
use crate::gathered::Gathered;
use crate::header::Header;
use crate::keyframes::{self, Ending, Index, Place};
use crate::lines::{Events, Lines};

/// A recording of this package in a folder.
struct Found {
    cast: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

/// Whether a recorder of this package has written a cast: by its keyframes, or,
/// where these are gone or were made again, by its card.
fn is_ours(cast: &Path) -> bool {
    let mut start = [0; 8];
    let keys = open_regular(&keys_of(cast)).and_then(|mut keys| keys.read_exact(&mut start));
    (keys.is_ok() && keyframes::is_ours(&start)) || card::is_there(cast)
}

/// The recordings of this package in a folder.
fn recordings(dir: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let cast = entry?.path();
        let regular = fs::symlink_metadata(&cast).is_ok_and(|data| data.is_file());
        if !regular || cast.extension().is_none_or(|extension| extension != "cast") {
            continue;
        }
        if !is_ours(&cast) {
            continue;
        }
        let Ok(data) = fs::metadata(&cast) else { continue };
        let beside = [keys_of(&cast), raw_of(&cast), card_of(&cast), bookmark_of(&cast)];
        let beside: u64 =
            beside.iter().filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum();
        let modified = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.push(Found { cast, bytes: data.len() + beside, modified });
    }
    found.sort_by_key(|each| each.modified);
    Ok(found)
}

/// Whether another process is expected to go on with a recording: it was left
/// with its session's journal, which is still there.
fn is_awaited(cast: &Path) -> bool {
    Bookmark::journal_of(&bookmark_of(cast)).is_some_and(|journal| journal.exists())
}

/// The lock of a recording that nobody writes; `None` while somebody does.
fn lock(cast: &Path) -> Option<File> {
    let file = OpenOptions::new().read(true).append(true).open(cast).ok()?;
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

/// Removes the oldest recordings that nobody writes: those older than
/// `max_age`, and as many as it takes to come down to `max_bytes`.
pub(crate) fn retain(
    dir: &Path,
    max_bytes: Option<u64>,
    max_age: Option<Duration>,
) -> io::Result<()> {
    let found = recordings(dir)?;
    let mut total: u64 = found.iter().map(|each| each.bytes).sum();
    #[expect(clippy::disallowed_methods, reason = "files are dated by it")]
    let now = SystemTime::now();
    for each in found {
        let age = now.duration_since(each.modified).unwrap_or_default();
        let old = max_age.is_some_and(|max| age > max);
        let full = max_bytes.is_some_and(|max| total > max);
        if !(old || full) || is_awaited(&each.cast) {
            continue;
        }
        let Some(_lock) = lock(&each.cast) else { continue };
        remove(&each.cast);
        total -= each.bytes;
    }
    Ok(())
}

/// Marks the recordings of a folder that were cut off: their torn last line is
/// removed, and they end in a marker `interrupted`.
pub(crate) fn repair(dir: &Path) -> io::Result<()> {
    for each in recordings(dir)? {
        if is_awaited(&each.cast) {
            continue;
        }
        if let Some(file) = lock(&each.cast) {
            // A damaged one must not keep the others from being repaired.
            let _ = repair_one(&each.cast, file);
            // There is none where the session had no journal.
            let _ = fs::remove_file(bookmark_of(&each.cast));
        }
    }
    Ok(())
}

fn repair_one(cast: &Path, file: File) -> Result<(), Error> {
    let io = |error| Error::io(cast, error);
    let blob = Blob::File(file);
    let mut lines = Lines::new(&blob, 0);
    let Some((line, begin, true)) = lines.next()? else { return Ok(()) };
    let line = [line, b"\n"].concat();
    let header = Header::of_line(&line)?;
    let keys = OpenOptions::new().read(true).append(true).open(keys_of(cast)).map_err(io)?;
    let writer = keys.try_clone().map_err(io)?;
    let index = Index::load(Blob::File(keys), &blob, &line, None);
    let Some(index) = index.filter(|index| index.end.is_none()) else { return Ok(()) };
    let Header { version, cols, rows, .. } = header;
    let first = Place { time: 0, position: begin, cols, rows, anchor: 0 };
    let known = index.entries.last().map_or(first, |entry| entry.place);
    let mut place = end_after(known, &blob, version)?;
    let Blob::File(mut file) = blob else { return Ok(()) };
    file.set_len(place.position).map_err(io)?;
    let mut marker = Gathered::default();
    event::put(0, Kind::Marker, "interrupted", &mut marker);
    file.seek(SeekFrom::End(0)).map_err(io)?;
    file.write_all(marker.bytes()).map_err(io)?;
    place.position += marker.len() as u64;
    let blob = Blob::File(file);
    place.anchor = keyframes::anchor_at(&blob, place.position).map_err(io)?;
    finish_keys(writer, index.length, &place).map_err(io)
}

/// Where the last whole event of a cast ends, looked for from a place on.
fn end_after(mut place: Place, cast: &Blob, version: u8) -> Result<Place, Error> {
    let mut events = Events::new(cast, version, place.position, place.time);
    while let Some(event) = events.next()? {
        place.time = event.time;
        place.position = event.end;
        if let (Kind::Resize, Some(size)) = (event.kind, event::size(&event.data)) {
            (place.cols, place.rows) = size;
        }
    }
    Ok(place)
}

/// Puts the end behind the last whole record.
fn finish_keys(mut keys: File, length: u64, place: &Place) -> io::Result<()> {
    keys.set_len(length)?;
    let mut record = Vec::new();
    keyframes::put_end(place, Ending::Interrupted, &mut record);
    keys.write_all(&record)
}
