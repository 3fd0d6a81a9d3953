//! The folder that recordings are in: names, new files, old ones.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::blob::Blob;
use crate::error::Error;
use crate::event::{self, Kind};
use crate::keyframes::{self, Ending, Index, Place};
use crate::lines::{Events, Lines};

/// The ending of a cast's name.
const CAST: &str = "cast";
/// The longest name, without its ending, in bytes.
const MAX_NAME: usize = 200;
/// How many numbers are tried behind a name that is taken.
const MAX_TRIES: u32 = 10_000;

/// Checks that a name is that of a file in the folder it is used in, and
/// nothing else.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let fits = (1..=MAX_NAME).contains(&name.len());
    if fits && !name.starts_with('.') && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(Error::Name(name.chars().take(MAX_NAME).collect()))
    }
}

/// What is left of any text as part of a name.
pub(crate) fn plain(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    text.chars().take(64).map(keep).collect()
}

/// The keyframe file of a cast.
pub(crate) fn keys_of(cast: &Path) -> PathBuf {
    cast.with_extension("keys")
}

/// The file of a cast's raw bytes.
pub(crate) fn raw_of(cast: &Path) -> PathBuf {
    cast.with_extension("raw")
}

/// Makes the folder, for its owner alone, where it is missing.
pub(crate) fn make(dir: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| Error::io(dir, error))
}

/// Makes a file that did not exist, for its owner alone.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Others may read and remove it, which is what a lock is for elsewhere.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0x1 | 0x4);
    options.open(path)
}

/// A cast that was just made.
pub(crate) struct Made {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    /// The number behind its name; 1 is none.
    pub(crate) number: u32,
}

/// Makes a cast that did not exist and locks it: others see that it is being
/// written. Where `numbered`, a name that is taken gets a number, from `first`
/// on.
pub(crate) fn create_cast(path: &Path, first: u32, numbered: bool) -> Result<Made, Error> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    for number in first..first.saturating_add(MAX_TRIES) {
        let path = if number == 1 {
            path.to_path_buf()
        } else {
            path.with_file_name(format!("{stem}.{number}.{CAST}"))
        };
        match create(&path) {
            Ok(file) => {
                // On Windows the lock would keep readers out; who opens it to
                // write is refused there anyway.
                // Where a file system knows no locks, nothing is repaired or removed.
                #[cfg(unix)]
                let _ = file.try_lock();
                return Ok(Made { file, path, number });
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && numbered => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => break,
            Err(error) => return Err(Error::io(&path, error)),
        }
    }
    Err(Error::Exists(path.display().to_string()))
}

/// A recording of this package in a folder.
struct Found {
    cast: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

/// The recordings in a folder: casts with a keyframe file of ours beside them.
fn recordings(dir: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let cast = entry?.path();
        let regular = fs::symlink_metadata(&cast).is_ok_and(|data| data.is_file());
        if !regular || cast.extension().is_none_or(|extension| extension != CAST) {
            continue;
        }
        let mut start = [0; 8];
        let keys = File::open(keys_of(&cast)).and_then(|mut keys| keys.read_exact(&mut start));
        if keys.is_err() || !keyframes::is_ours(&start) {
            continue;
        }
        let Ok(data) = fs::metadata(&cast) else { continue };
        let beside = [keys_of(&cast), raw_of(&cast)];
        let beside: u64 =
            beside.iter().filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum();
        let modified = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.push(Found { cast, bytes: data.len() + beside, modified });
    }
    found.sort_by_key(|each| each.modified);
    Ok(found)
}

/// The lock of a recording that nobody writes; `None` while somebody does.
fn lock(cast: &Path) -> Option<File> {
    let file = OpenOptions::new().read(true).append(true).open(cast).ok()?;
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

/// Whether somebody writes a cast at this moment.
pub(crate) fn is_being_written(cast: &Path) -> bool {
    #[cfg(unix)]
    let held = File::open(cast)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
    #[cfg(windows)]
    let held = OpenOptions::new().append(true).open(cast).is_err();
    held
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
    let now = SystemTime::now();
    for each in found {
        let age = now.duration_since(each.modified).unwrap_or_default();
        let old = max_age.is_some_and(|max| age > max);
        let full = max_bytes.is_some_and(|max| total > max);
        if !old && !full {
            continue;
        }
        let Some(_lock) = lock(&each.cast) else { continue };
        remove(&each.cast);
        total -= each.bytes;
    }
    Ok(())
}

/// Removes a recording's files.
pub(crate) fn remove(cast: &Path) {
    for path in [keys_of(cast), raw_of(cast), cast.to_path_buf()] {
        // What is gone already, or cannot be removed, stays so.
        let _ = fs::remove_file(path);
    }
}

/// Marks the recordings of a folder that were cut off: their torn last line is
/// removed, and they end in a marker `interrupted`.
pub(crate) fn repair(dir: &Path) -> io::Result<()> {
    for each in recordings(dir)? {
        if let Some(file) = lock(&each.cast) {
            // A damaged one must not keep the others from being repaired.
            let _ = repair_one(&each.cast, file);
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
    let header = crate::header::Header::parse(&line)?;
    let keys = OpenOptions::new().read(true).append(true).open(keys_of(cast)).map_err(io)?;
    let writer = keys.try_clone().map_err(io)?;
    let index = Index::load(Blob::File(keys), &blob, &line);
    let index = match index {
        Some(index) if index.end.is_some() => return Ok(()),
        Some(index) => index,
        None => return Ok(()),
    };
    let last = index.entries.last().map(|entry| entry.place);
    let (mut place, version) = (
        last.unwrap_or(Place {
            time: 0,
            position: begin,
            cols: header.cols,
            rows: header.rows,
            anchor: 0,
        }),
        header.version,
    );
    let mut events = Events::new(&blob, version, place.position, place.time);
    while let Some(event) = events.next()? {
        place.time = event.time;
        place.position = event.end;
        if let (Kind::Resize, Some(size)) = (event.kind, event::size(&event.data)) {
            (place.cols, place.rows) = size;
        }
    }
    let Blob::File(mut file) = blob else { return Ok(()) };
    file.set_len(place.position).map_err(io)?;
    let mut marker = Vec::new();
    event::put(0, Kind::Marker, "interrupted", &mut marker);
    file.seek(SeekFrom::End(0)).map_err(io)?;
    file.write_all(&marker).map_err(io)?;
    place.position += marker.len() as u64;
    let blob = Blob::File(file);
    place.anchor = keyframes::anchor_at(&blob, place.position).map_err(io)?;
    finish_keys(writer, index.length, &place).map_err(io)
}

/// Puts the end behind the last whole record.
fn finish_keys(mut keys: File, length: u64, place: &Place) -> io::Result<()> {
    keys.set_len(length)?;
    let mut record = Vec::new();
    keyframes::put_end(place, Ending::Interrupted, &mut record);
    keys.write_all(&record)
}
