//! Where a recording stands, for the process that goes on with it: a small file
//! beside the cast, there while the recording is written and its session has a
//! journal.
//!
//! Two places take turns. Before lines are written to the cast, the older one
//! gets what holds once they are there, so that at any moment one of the two
//! says at which offset of the session's output the cast ends. Behind them is
//! what else a process needs to know, as JSON.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::blob::Blob;
use crate::client;
use crate::folder;
use crate::header::About;
use crate::options::{Options, SlowDisk};

const MAGIC: &[u8; 8] = b"OFFMARK1";
/// The bytes of a place, and of what is behind both at most.
const PLACE: usize = 64;
const SEALED: usize = 40;
const MAX_JSON: u64 = 1 << 20;

/// What holds when a cast has so many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes of the cast.
    pub(crate) position: u64,
    /// The offset of the output that follows.
    pub(crate) offset: u64,
    /// Bytes of the raw file.
    pub(crate) raw: u64,
}

/// What else the next process has to know.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) options: Options,
    pub(crate) about: About,
    /// When the cast began, in milliseconds since the epoch.
    pub(crate) started: u64,
}

/// The file, open for writing.
#[derive(Debug)]
pub(crate) struct Bookmark {
    file: File,
    sequence: u64,
    last: Option<Mark>,
}

impl Bookmark {
    /// Writes a new file.
    pub(crate) fn create(file: File, context: &Context) -> io::Result<Self> {
        let text = context.to_json().to_string();
        write_at(&file, &[0; 2 * PLACE], 0)?;
        write_at(&file, text.as_bytes(), 2 * PLACE as u64)?;
        Ok(Self { file, sequence: 0, last: None })
    }

    /// Reads a file, with the newest mark that a cast of `length` bytes has
    /// reached; `None` where there is none, or the file is damaged.
    pub(crate) fn open(file: File, length: u64) -> Option<(Self, Mark, Context)> {
        let blob = Blob::File(file);
        let context = Context::from_json(&json(&blob)?)?;
        let places = [0, 1].map(|index| place(&blob, index));
        let sequence = places.iter().flatten().map(|(sequence, _)| *sequence).max()?;
        let reached = places.into_iter().flatten().filter(|(_, mark)| mark.position <= length);
        let (_, mark) = reached.max_by_key(|(sequence, _)| *sequence)?;
        let Blob::File(file) = blob else { return None };
        Some((Self { file, sequence, last: None }, mark, context))
    }

    /// The journal of the session that a file's recording belongs to.
    pub(crate) fn journal_of(path: &Path) -> Option<PathBuf> {
        let blob = Blob::File(folder::open_regular(path).ok()?);
        Some(PathBuf::from(json(&blob)?.get("journal")?.as_str()?))
    }

    /// Notes what will hold. The same mark again changes nothing, so that the one
    /// before it stays.
    pub(crate) fn note(&mut self, mark: Mark) -> io::Result<()> {
        if self.last == Some(mark) {
            return Ok(());
        }
        let sequence = self.sequence + 1;
        let mut place = [0; PLACE];
        place[..8].copy_from_slice(MAGIC);
        let numbers = [sequence, mark.position, mark.offset, mark.raw];
        for (bytes, number) in place[8..SEALED].chunks_exact_mut(8).zip(numbers) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let check = crc32fast::hash(&place[..SEALED]);
        place[SEALED..SEALED + 4].copy_from_slice(&check.to_le_bytes());
        write_at(&self.file, &place, (sequence % 2) * PLACE as u64)?;
        (self.sequence, self.last) = (sequence, Some(mark));
        Ok(())
    }
}

/// One of the two places, if it is whole.
fn place(blob: &Blob, index: u64) -> Option<(u64, Mark)> {
    let mut bytes = [0; PLACE];
    blob.read_exact_at(&mut bytes, index * PLACE as u64).ok()?;
    let check = crc32fast::hash(&bytes[..SEALED]).to_le_bytes();
    if &bytes[..8] != MAGIC || bytes[SEALED..SEALED + 4] != check {
        return None;
    }
    let number = |at: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(number)
    };
    Some((number(8), Mark { position: number(16), offset: number(24), raw: number(32) }))
}

fn json(blob: &Blob) -> Option<Value> {
    let from = 2 * PLACE as u64;
    let length = blob.len().ok()?.checked_sub(from).filter(|length| *length <= MAX_JSON)?;
    let mut text = vec![0; usize::try_from(length).ok()?];
    blob.read_exact_at(&mut text, from).ok()?;
    serde_json::from_slice(&text).ok()
}

impl Context {
    fn to_json(&self) -> Value {
        let Self { options, about, started } = self;
        let mut object = Map::new();
        let path = |path: &Path| Value::from(path.to_string_lossy());
        let millis = |time: Option<Duration>| {
            time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        };
        object.insert("journal".into(), options.journal.as_deref().map_or(Value::Null, path));
        object.insert("started".into(), (*started).into());
        object.insert("about".into(), about.to_json());
        object.insert("label".into(), options.label.as_str().into());
        object.insert("input".into(), options.input.into());
        object.insert("raw".into(), options.raw.into());
        object.insert("pause".into(), (options.slow_disk == SlowDisk::Pause).into());
        object.insert("rotateBytes".into(), options.rotate_bytes.into());
        object.insert("rotateInterval".into(), millis(options.rotate_after).into());
        object.insert("maxBytes".into(), options.max_bytes.into());
        object.insert("maxAge".into(), millis(options.max_age).into());
        object.insert("client".into(), client::to_json(&options.client));
        Value::Object(object)
    }

    /// Everything but the folder, which is where the file is.
    fn from_json(value: &Value) -> Option<Self> {
        let flag = |name: &str| value.get(name).and_then(Value::as_bool);
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let millis = |name: &str| number(name).map(Duration::from_millis);
        let about = About::from_json(value.get("about")?)?;
        let options = Options {
            journal: Some(PathBuf::from(value.get("journal")?.as_str()?)),
            label: value.get("label")?.as_str()?.to_owned(),
            title: about.title.clone(),
            input: flag("input")?,
            raw: flag("raw")?,
            slow_disk: if flag("pause")? { SlowDisk::Pause } else { SlowDisk::Gap },
            rotate_bytes: number("rotateBytes"),
            rotate_after: millis("rotateInterval"),
            max_bytes: number("maxBytes"),
            max_age: millis("maxAge"),
            client: client::from_json(value.get("client")?)?,
            ..Options::default()
        };
        Some(Self { options, about, started: number("started")? })
    }
}

fn write_at(file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match write_some(file, &bytes[done..], position + done as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn write_some(file: &File, bytes: &[u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, position)
}

#[cfg(windows)]
fn write_some(file: &File, bytes: &[u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, position)
}
