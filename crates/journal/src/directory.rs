//! The directory that a program's journals lie in.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::{MmapMut, MmapOptions};
use offheap_ring::Ring;

use crate::blocks::{Era, Marks};
use crate::journal::{Room, Slots};
use crate::layout::{HEADER, Layout, MIN_CAPACITY, Sizes, Unreadable, VERSION};
use crate::life::Record;
use crate::place::{Place, Shared};
use crate::recovery::{Recovered, recover};
use crate::system::{self, Folder, boot_id};
use crate::{Error, Identity, Journal, Life};

/// How a journal's name ends.
const ENDING: &str = ".journal";
/// How its name ends until it is complete.
const UNFINISHED: &str = ".new";
/// The file whose lock says that the directory is in use.
const LOCK: &str = "lock";

/// A directory of journals, which nobody else can read.
#[derive(Clone, Debug)]
pub struct Directory {
    shared: Arc<Shared>,
}

/// A file's maps: its head, its ring, and the ring once more to read into.
type Maps = (MmapMut, MmapMut, Room);

/// Held by who uses a directory; other processes are refused meanwhile. The
/// system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Directory {
    /// Opens a directory, and makes it where there is none. All journals in it
    /// together may have `most` bytes.
    ///
    /// # Errors
    /// [`Error::Access`] for a symbolic link, another user's directory, or one
    /// that others may use; [`Error::System`].
    pub fn open(path: &Path, most: Option<u64>) -> Result<Self, Error> {
        let folder = Folder::open(path)?;
        let shared = Shared {
            folder,
            used: AtomicU64::new(0),
            most: most.unwrap_or(u64::MAX),
            next: AtomicU64::new(0),
        };
        let directory = Self { shared: Arc::new(shared) };
        let mut used = 0;
        for name in directory.names()? {
            // One that cannot be opened is told of when it is restored.
            used += directory.shared.folder.open_file(&name).map_or(0, |(_, size, _)| size);
        }
        directory.shared.used.store(used, Ordering::Relaxed);
        Ok(directory)
    }

    /// The path it was opened with.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.shared.folder.path()
    }

    /// Bytes that the journals in it take.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// Takes the directory for this process, and deletes files that an earlier
    /// one was in the middle of making.
    ///
    /// # Errors
    /// [`Error::Busy`] when somebody else has it; [`Error::Access`],
    /// [`Error::System`].
    pub fn lock(&self) -> Result<Lock, Error> {
        let folder = &self.shared.folder;
        let file = folder.open_or_make(LOCK)?;
        system::lock(&file).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => Error::Busy { path: self.path().to_owned() },
            _ => folder.failed(LOCK, "lock", error),
        })?;
        for name in folder.names()?.iter().filter(|name| name.ends_with(UNFINISHED)) {
            folder.remove(name)?;
        }
        Ok(Lock { _file: file })
    }

    /// The names of the journals in it, in the order of their creation.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = self.shared.folder.names()?;
        names.retain(|name| name.ends_with(ENDING));
        names.sort_unstable();
        Ok(names)
    }

    /// Makes a journal with all its space, and the ring that lies in it.
    ///
    /// # Errors
    /// [`Error::Full`] when the disk or the limit has no room for it,
    /// [`Error::TooLarge`], [`Error::System`]. Then there is no new file.
    pub fn create(
        &self,
        identity: &Identity,
        life: Life,
        sizes: Sizes,
    ) -> Result<(Journal, Ring), Error> {
        let folder = &self.shared.folder;
        folder.check_path()?;
        let texts = identity.encode()?;
        let name = self.make_name(identity.created_ms);
        let layout = Layout {
            capacity: sizes.capacity.clamp(MIN_CAPACITY, offheap_ring::MAX_CAPACITY),
            checkpoint: sizes.checkpoint.min(offheap_ring::MAX_CAPACITY),
            identity: Layout::identity_room(texts.len()),
            nonce: RandomState::new().hash_one(&name),
        };
        self.reserve(layout.file_size())?;
        let unfinished = format!("{name}{UNFINISHED}");
        let made = self.make(&unfinished, &name, &layout, &texts, life);
        if made.is_err() {
            self.release(layout.file_size());
            let _ = folder.remove(&unfinished);
        }
        made
    }

    /// Writes a complete journal under a name that nobody reads, and then gives
    /// it its own.
    fn make(
        &self,
        unfinished: &str,
        name: &str,
        layout: &Layout,
        texts: &[u8],
        life: Life,
    ) -> Result<(Journal, Ring), Error> {
        let folder = &self.shared.folder;
        let file = folder.make_file(unfinished)?;
        folder.allocate(unfinished, &file, layout.file_size())?;
        let file_id = folder.file_id(unfinished, &file)?;
        let (mut head, memory, room) = self.map(unfinished, &file, layout)?;
        head[..HEADER].copy_from_slice(&layout.encode());
        let begin = offheap_ring::Place::default();
        let mut ring = Ring::restore(memory, layout.capacity, begin).ok_or(Error::Damaged {
            path: folder.path().join(name),
            why: "its sizes are out of range",
        })?;
        let marks = Marks { seed: layout.seed(), era: Era::default() };
        let tail = marks.empty(0);
        let record = Record { life, boot: boot_id(), file: file_id, tail, ..Record::default() };
        let place = Place { shared: Arc::clone(&self.shared), name: name.to_owned() };
        let mut journal = Journal::new(head, *layout, place, record, Slots::default(), room);
        journal.put_identity(0, 1, texts)?;
        journal.adopt(&mut ring, 0);
        folder.rename(unfinished, name)?;
        Ok((journal, ring))
    }

    /// Restores a session from its file. Another process must not write to it
    /// any more.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Version`], [`Error::Access`],
    /// [`Error::System`], each for this file alone.
    pub fn recover(&self, name: &str) -> Result<Recovered, Error> {
        let folder = &self.shared.folder;
        let damaged = |why| Error::Damaged { path: folder.path().join(name), why };
        let (file, size, file_id) = folder.open_file(name)?;
        let mut header = [0; HEADER];
        if size < HEADER as u64 {
            return Err(damaged("it is cut off"));
        }
        system::read_exact(&file, &mut header)
            .map_err(|error| folder.failed(name, "read", error))?;
        let layout = Layout::decode(&header, size).map_err(|unreadable| match unreadable {
            Unreadable::Damaged(why) => damaged(why),
            Unreadable::Version(found) => {
                Error::Version { path: folder.path().join(name), found, known: VERSION }
            }
        })?;
        // A file with holes would end the process with a store into one of them.
        folder.allocate(name, &file, size)?;
        let maps = self.map(name, &file, &layout)?;
        let place = Place { shared: Arc::clone(&self.shared), name: name.to_owned() };
        recover(maps, layout, file_id, place).map_err(damaged)
    }

    /// Deletes a journal that is not in use, such as one that cannot be
    /// restored.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let size = self.shared.folder.open_file(name).map_or(0, |(_, size, _)| size);
        Place { shared: Arc::clone(&self.shared), name: name.to_owned() }.remove(size)
    }

    /// Maps the two parts of a file: what is before the ring, and the ring, which is
    /// mapped twice.
    fn map(&self, name: &str, file: &File, layout: &Layout) -> Result<Maps, Error> {
        let failed = |error| self.shared.folder.failed(name, "mmap", error);
        let (head, ring) = (layout.ring(), layout.ring_size());
        // SAFETY: the file has this size and its space, only this user can open
        // it, and the directory's lock keeps other processes of this program
        // from it. Whoever writes to it all the same harms himself.
        let head = unsafe { MmapOptions::new().len(head).map_mut(file) }.map_err(failed)?;
        let offset = layout.ring() as u64;
        // SAFETY: as above; the two parts do not overlap. Of the two maps of the ring
        // the second is for what lies behind the end of the history, which is not
        // looked at by the first until it was read.
        let map = || unsafe { MmapOptions::new().offset(offset).len(ring).map_mut(file) };
        let (memory, room) = (map().map_err(failed)?, map().map_err(failed)?);
        Ok((head, memory, Room::new(room)))
    }

    /// Names sort in the order of their creation.
    fn make_name(&self, created_ms: u64) -> String {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let random = RandomState::new().hash_one(number);
        format!("{created_ms:012x}-{number:08x}-{random:016x}{ENDING}")
    }

    /// Counts the bytes of a new journal, if there may be so many.
    fn reserve(&self, size: u64) -> Result<(), Error> {
        let Shared { folder, used, most, .. } = &*self.shared;
        let more = |used: u64| used.checked_add(size).filter(|sum| sum <= most);
        match used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Full {
                path: folder.path().to_owned(),
                needed: size,
                why: "the limit for all journals is reached",
            }),
        }
    }

    fn release(&self, size: u64) {
        self.shared.release(size);
    }
}
