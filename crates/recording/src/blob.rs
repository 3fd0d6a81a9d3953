//! Bytes that are read by position: of a file, or of memory.

use std::fs::File;
use std::io;

/// A file, or what stands in for one.
#[derive(Debug)]
pub(crate) enum Blob {
    File(File),
    Memory(Vec<u8>),
}

impl Blob {
    pub(crate) fn len(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Reads at most as many bytes as there is room for; 0 at the end.
    pub(crate) fn read_at(&self, into: &mut [u8], position: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => file_read_at(file, into, position),
            Self::Memory(bytes) => {
                let from = usize::try_from(position).unwrap_or(usize::MAX).min(bytes.len());
                let count = into.len().min(bytes.len() - from);
                into[..count].copy_from_slice(&bytes[from..from + count]);
                Ok(count)
            }
        }
    }

    /// Reads all that is asked for, or fails.
    pub(crate) fn read_exact_at(&self, into: &mut [u8], position: u64) -> io::Result<()> {
        let mut done = 0;
        while done < into.len() {
            match self.read_at(&mut into[done..], position + done as u64) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn file_read_at(file: &File, into: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, position)
}

#[cfg(windows)]
fn file_read_at(file: &File, into: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, position)
}
