//! The files of a recording: their names, and how they are made, opened and
//! removed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

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

/// The card of a cast: whose it is, and what a list shows of it.
pub(crate) fn card_of(cast: &Path) -> PathBuf {
    cast.with_extension("json")
}

/// The bookmark of a cast that another process may go on with.
pub(crate) fn bookmark_of(cast: &Path) -> PathBuf {
    cast.with_extension("resume")
}

/// The newest file of a recording that began with `first` and can be gone on
/// with: itself, or a numbered sequel.
pub(crate) fn latest(first: &Path) -> io::Result<Option<PathBuf>> {
    let stem = first.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let number = |path: &Path| -> Option<u32> {
        let name = path.file_stem()?.to_str()?;
        let rest = name.strip_prefix(&stem)?;
        if rest.is_empty() { Some(1) } else { rest.strip_prefix('.')?.parse().ok() }
    };
    let entries = fs::read_dir(first.parent().unwrap_or(first))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let marks = paths.filter(|path| path.extension().is_some_and(|each| each == "resume"));
    let newest = marks.filter_map(|path| Some((number(&path)?, path))).max();
    Ok(newest.map(|(_, mark)| mark.with_extension(CAST)))
}

/// Opens a cast that exists to be gone on with, and locks it.
pub(crate) fn reopen(cast: &Path) -> Result<File, Error> {
    let io = |error| Error::io(cast, error);
    let file = append(cast).map_err(io)?;
    #[cfg(unix)]
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(io(io::ErrorKind::ResourceBusy.into()));
    }
    Ok(file)
}

/// Opens a regular file for reading. To open something else, such as a pipe, may
/// wait for ever.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    File::open(path)
}

/// Opens a file that exists, to read it and to write at its end.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0x1 | 0x4);
    options.open(path)
}

/// Makes the folder, for its owner alone, where it is missing.
pub(crate) fn make(dir: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| Error::io(dir, error))
}

/// Makes a file that did not exist, for its owner alone, and that is written to at
/// its end.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    create_with(path, OpenOptions::new().read(true).append(true))
}

/// The same for one that is written to anywhere.
pub(crate) fn create_bookmark(path: &Path) -> io::Result<File> {
    create_with(path, OpenOptions::new().read(true).write(true))
}

fn create_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    // Others may read and remove it, which is what a lock is for elsewhere.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(options, 0x1 | 0x4);
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

/// Whether an open file has been removed from its folder, or another one has its
/// place.
#[cfg(unix)]
pub(crate) fn is_removed(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(ours) = file.metadata() else { return false };
    // Some file systems count no names at all.
    let is_there = |there: fs::Metadata| (there.dev(), there.ino()) == (ours.dev(), ours.ino());
    ours.nlink() == 0 && !fs::symlink_metadata(path).is_ok_and(is_there)
}

/// The same: one that is open stays.
#[cfg(windows)]
pub(crate) fn is_removed(_: &File, _: &Path) -> bool {
    false
}

/// Whether somebody writes a cast at this moment.
pub(crate) fn is_being_written(cast: &Path) -> bool {
    #[cfg(unix)]
    let held = File::open(cast)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)));
    #[cfg(windows)]
    let held = OpenOptions::new().append(true).open(cast).is_err();
    held
}

/// Removes a recording's files.
pub(crate) fn remove(cast: &Path) {
    // The cast first: without its card nobody would know whose it is.
    let beside = [bookmark_of(cast), keys_of(cast), raw_of(cast), card_of(cast)];
    for path in [cast.to_path_buf()].into_iter().chain(beside) {
        // What is gone already, or cannot be removed, stays so.
        let _ = fs::remove_file(path);
    }
}
