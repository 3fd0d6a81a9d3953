//! A cast that is open for reading: its header and its events.

use std::fs::{self, File};
use std::path::Path;

use crate::blob::Blob;
use crate::error::Error;
use crate::header::{self, Header};
use crate::legacy;
use crate::lines::{Events, Lines};

/// A cast of any version.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) blob: Blob,
    pub(crate) header: Header,
    /// The header's line.
    pub(crate) line: Vec<u8>,
    /// Whether times are intervals, as in version 3.
    relative: bool,
}

impl Cast {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let io = |error| Error::io(path, error);
        // Before it is opened: to open a pipe waits for ever.
        if !fs::metadata(path).map_err(io)?.is_file() {
            return Err(Error::Invalid { position: 0, reason: "it is not a regular file" });
        }
        let blob = Blob::File(File::open(path).map_err(io)?);
        let mut lines = Lines::new(&blob, 0);
        let first = lines.next()?.map(|(line, _, whole)| (line.to_vec(), whole));
        let (mut line, whole) =
            first.ok_or(Error::Invalid { position: 0, reason: "the file is empty" })?;
        match Header::of_line(&line) {
            Ok(header) if header.version > 1 && whole => {
                line.push(b'\n');
                let relative = header.version == 3;
                Ok(Self { blob, header, line, relative })
            }
            Err(error) if !header::may_begin_document(&error) => Err(error),
            // The document of version 1 may have line feeds anywhere.
            other => Self::open_document(&blob, other.err()),
        }
    }

    fn open_document(blob: &Blob, error: Option<Error>) -> Result<Self, Error> {
        let torn = Error::Invalid { position: 0, reason: "the header is torn" };
        let error = error.unwrap_or(torn);
        let Some(document) = legacy::read(blob)? else { return Err(error) };
        let header = match Header::parse(&document) {
            Ok(header) if header.version == 1 => header,
            Err(other) if !matches!(error, Error::Limit(_)) => return Err(other),
            _ => return Err(error),
        };
        let blob = Blob::Memory(legacy::to_lines(&document)?);
        Ok(Self { blob, header, line: b"#\n".to_vec(), relative: true })
    }

    /// Where the first event begins.
    pub(crate) fn begin(&self) -> u64 {
        self.line.len() as u64
    }

    /// The events from a line on; `time` is that of the event before it.
    pub(crate) fn events(&self, position: u64, time: u64) -> Events<'_> {
        Events::new(&self.blob, if self.relative { 3 } else { 2 }, position, time)
    }
}
