//! Going on with a recording's files that another process has begun.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::Output;
use crate::blob::Blob;
use crate::bookmark::{Bookmark, Context};
use crate::error::Error;
use crate::event::{self, Kind};
use crate::folder;
use crate::header::{About, Header};
use crate::keyframes::{self, Builder, Index, Place};
use crate::lines::{Events, Lines};

/// The keyframes of a cast, and the last of them with its screen.
type KnownKeys = (Builder<File>, Option<(Place, Vec<u8>)>);

impl Output {
    /// Opens the newest files of a recording that another process has begun, as
    /// they were when it wrote last. Also returns what was recorded, and at which
    /// offset of the session's output it goes on.
    pub(crate) fn resume(first: &Path) -> Result<(Self, Context, u64), Error> {
        let path = folder::latest(first).map_err(|error| Error::io(first, error))?;
        let path = path.ok_or(Error::Over)?;
        let io = |error| Error::io(&path, error);
        let cast = folder::reopen(&path)?;
        let length = cast.metadata().map_err(io)?.len();
        let file =
            std::fs::OpenOptions::new().read(true).write(true).open(folder::bookmark_of(&path));
        let damaged = Error::Invalid { position: 0, reason: "its bookmark is damaged" };
        let found = Bookmark::open(file.map_err(io)?, length).ok_or(damaged)?;
        let (bookmark, mark, mut context) = found;
        context.options.dir = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        cast.set_len(mark.position).map_err(io)?;
        let raw = context.options.raw.then(|| folder::append(&folder::raw_of(&path)));
        let raw = raw.transpose().map_err(io)?;
        if let Some(raw) = &raw {
            raw.set_len(mark.raw).map_err(io)?;
        }
        let mut output = Self::replay(cast, raw, &path, &context)?;
        output.number = number_of(first, &path);
        output.first = first.to_path_buf();
        (output.raw_position, output.started) = (mark.raw, context.started);
        output.bookmark = Some(bookmark);
        Ok((output, context, mark.offset))
    }

    /// Brings the screen, and the keyframes where some are missing, to the end of
    /// a cast.
    fn replay(
        cast: File,
        raw: Option<File>,
        path: &Path,
        context: &Context,
    ) -> Result<Self, Error> {
        let io = |error| Error::io(path, error);
        let blob = Blob::File(cast.try_clone().map_err(io)?);
        let mut lines = Lines::new(&blob, 0);
        let torn = Error::Invalid { position: 0, reason: "the header is torn" };
        let Some((line, begin, true)) = lines.next()? else { return Err(torn) };
        let line = [line, b"\n"].concat();
        let header = Header::of_line(&line)?;
        let (keys, start) = Self::known_keys(path, &blob, &line)?;
        let about = About { cols: header.cols, rows: header.rows, ..context.about.clone() };
        let mut output = Self::over(&context.options, &about, (cast, keys, raw), path.into());
        let (mut position, mut micros) = (begin, 0);
        if let Some((place, screen)) = start {
            output.sketch.screen().resize(place.cols, place.rows);
            output.sketch.show(&screen);
            output.size = (place.cols, place.rows);
            (position, micros) = (place.position, place.time);
        }
        let mut events = Events::new(&blob, 3, position, micros);
        while let Some(event) = events.next()? {
            let is_plain = output.replay_one(&event);
            output.cost += keyframes::cost(event.end - output.position.max(position), is_plain);
            (output.position, output.time) = (event.end, event.time / 1000);
            if output.keys.count(std::mem::take(&mut output.cost)) {
                let screen = output.screen();
                output.keyframe_of(&screen, keyframes::anchor_at(&blob, event.end).map_err(io)?);
            }
        }
        output.position = blob.len().map_err(io)?;
        output.time = output.time.max(micros / 1000);
        let from = output.position.saturating_sub(keyframes::ANCHOR as u64);
        output.tail = vec![0; usize::try_from(output.position - from).unwrap_or(0)];
        blob.read_exact_at(&mut output.tail, from).map_err(io)?;
        Ok(output)
    }

    /// Shows one event; returns whether it is plain output.
    fn replay_one(&mut self, event: &event::Event) -> bool {
        match event.kind {
            Kind::Output => return self.sketch.show(event.data.as_bytes()),
            Kind::Resize => {
                if let Some((cols, rows)) = event::size(&event.data) {
                    self.sketch.screen().resize(cols, rows);
                    self.size = (cols, rows);
                    self.cost += keyframes::RESIZE_COST;
                }
            }
            _ => {}
        }
        false
    }

    /// The keyframes of a cast and the last of them; new ones where there are
    /// none that can be used.
    fn known_keys(path: &Path, cast: &Blob, line: &[u8]) -> Result<KnownKeys, Error> {
        let keys_path = folder::keys_of(path);
        let io = |error| Error::io(&keys_path, error);
        if let Ok(file) = folder::append(&keys_path) {
            let writer = file.try_clone().map_err(io)?;
            if let Some(index) = Index::load(Blob::File(file), cast, line, None)
                && index.end.is_none()
            {
                writer.set_len(index.length).map_err(io)?;
                let last = index.entries.last();
                let screen = last.and_then(|entry| Some((entry.place, index.screen(entry, cast)?)));
                if last.is_none() || screen.is_some() {
                    return Ok((Builder::after(writer, index.length), screen));
                }
            }
            std::fs::remove_file(&keys_path).map_err(io)?;
        }
        let file = folder::create(&keys_path).map_err(io)?;
        Ok((Builder::new(file, line, None).map_err(io)?, None))
    }
}

/// The number behind the name of a sequel of `first`; 1 for itself.
fn number_of(first: &Path, path: &Path) -> u32 {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let (first, stem) = (stem(first).unwrap_or_default(), stem(path).unwrap_or_default());
    let number = stem.strip_prefix(&first).and_then(|rest| rest.strip_prefix('.')?.parse().ok());
    number.unwrap_or(1)
}
