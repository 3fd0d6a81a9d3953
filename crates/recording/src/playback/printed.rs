//! What was printed, as text: whole, and where something is in it.

use super::Playback;
use crate::error::Error;
use crate::event::{Event, Kind};
use crate::keyframes::{Entry, Place};
use crate::search::Needle;
use crate::text::{Line, Reader};

/// The most of a line that is shown where something was found in it, in bytes.
const MAX_HIT: usize = 1024;
/// The longest transcript, in bytes.
const MAX_TRANSCRIPT: usize = 64 << 20;

/// Threads that search at once, and the least that each has to do, in bytes.
const MAX_THREADS: usize = 4;
const MIN_PART: u64 = 4 << 20;

/// A place where text was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// When the line was printed, in microseconds.
    pub time: u64,
    /// The line; of a long one, 1024 bytes about the first place.
    pub line: String,
}

impl Playback {
    /// What was printed, as plain text: without escape sequences and without
    /// what full-screen programs drew.
    ///
    /// # Errors
    /// [`Error::Limit`] beyond 64 MiB; as [`Playback::events`].
    pub fn transcript(&self) -> Result<String, Error> {
        let mut text = String::new();
        self.lines(|line| {
            if !line.alternate {
                text.push_str(line.text);
                text.push('\n');
            }
            text.len() <= MAX_TRANSCRIPT
        })?;
        if text.len() > MAX_TRANSCRIPT {
            return Err(Error::Limit("a transcript longer than 64 MiB"));
        }
        Ok(text)
    }

    /// Where text was printed, regardless of case: at most so many places.
    ///
    /// # Errors
    /// As [`Playback::events`].
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        let needle = Needle::new(text);
        let parts = self.parts();
        let search = |part: &(Place, u64)| self.search_part(&needle, limit, *part);
        let found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                parts.iter().map(|part| scope.spawn(move || search(part))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Ok((Vec::new(), false))))
                .collect()
        });
        let found: Vec<(Vec<Hit>, bool)> = found.into_iter().collect::<Result<_, _>>()?;
        // Where a line does not end with a part, as in one long sequence, what the
        // next one has found counts for nothing.
        let mut hits: Vec<Hit> = if found.iter().all(|(_, ended)| *ended) {
            found.into_iter().flat_map(|(hits, _)| hits).collect()
        } else {
            self.search_part(&needle, limit, (self.first(), u64::MAX))?.0
        };
        hits.truncate(limit);
        Ok(hits)
    }

    /// The recording in parts of about the same size, one for each processor: the
    /// place that each begins at, and where the next one does.
    fn parts(&self) -> Vec<(Place, u64)> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let first = self.first();
        let size = (self.end.saturating_sub(first.position) / threads as u64).max(MIN_PART);
        let mut starts = vec![first];
        for Entry { place, .. } in &self.index.entries {
            let last = starts.last().map_or(0, |start| start.position);
            if place.position >= last + size && starts.len() < threads {
                starts.push(*place);
            }
        }
        let ends: Vec<_> =
            starts.iter().skip(1).map(|place| place.position).chain([u64::MAX]).collect();
        starts.into_iter().zip(ends).collect()
    }

    /// The lines of one part: those that end after its first line break and up to
    /// the first one in the next part. `false` when that ends no line.
    fn search_part(
        &self,
        needle: &Needle,
        limit: usize,
        (start, end): (Place, u64),
    ) -> Result<(Vec<Hit>, bool), Error> {
        const BREAK: &str = "\r\n";
        let mut hits = Vec::new();
        let mut take = |line: &Line<'_>| {
            if hits.len() < limit && needle.is_in(line.text) {
                let line_text = needle.shown_of(line.text, MAX_HIT).to_owned();
                hits.push(Hit { time: line.time, line: line_text });
            }
        };
        let mut reader = Reader::new();
        let mut begun = start.position == self.cast.begin();
        let mut events = self.cast.events(start.position, start.time);
        let mut event = Event { time: 0, kind: Kind::Other, data: String::new(), end: 0 };
        let mut position = start.position;
        while events.read(&mut event)? {
            let is_next = position >= end;
            position = event.end;
            if event.kind != Kind::Output {
                continue;
            }
            let mut text = event.data.as_str();
            let line_break = if begun && !is_next { None } else { text.find(BREAK) };
            if is_next && !begun {
                // The part before has gone through all of this one.
                return Ok((hits, true));
            }
            if is_next {
                let to = line_break.map_or(text.len(), |at| at + BREAK.len());
                reader.push(event.time, &text[..to], &mut take);
                if line_break.is_some() {
                    let ended = reader.is_clear();
                    return Ok((hits, ended));
                }
                continue;
            }
            if !begun {
                let Some(at) = line_break else { continue };
                begun = true;
                text = &text[at + BREAK.len()..];
            }
            reader.push(event.time, text, &mut take);
        }
        if begun {
            reader.finish(&mut take);
        }
        Ok((hits, true))
    }

    fn lines(&self, mut take: impl FnMut(&Line<'_>) -> bool) -> Result<(), Error> {
        let mut reader = Reader::new();
        let mut more = true;
        let mut take = |line: &Line<'_>| {
            if more {
                more = take(line);
            }
        };
        let mut events = self.cast.events(self.cast.begin(), 0);
        while let Some(event) = events.next()? {
            if event.kind == Kind::Output {
                reader.push(event.time, &event.data, &mut take);
            }
        }
        reader.finish(&mut take);
        Ok(())
    }
}
