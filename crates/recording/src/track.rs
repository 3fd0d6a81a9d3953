//! One recording as the recorder's thread has it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cutter;
use crate::disk::on_disk;
use crate::error::Error;
use crate::event::Kind;
use crate::feed::{Note, Noted};
use crate::header::About;
use crate::keyframes::Ending;
use crate::options::Options;
use crate::output::Output;
use crate::recording::Recording;
use offheap_ring::text::utf8;

/// How long to wait before a disk that refused is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often an ended recording tries a disk that refuses.
const LAST_TRIES: u32 = 5;
/// How many buffers one recording gets written before the others have a turn.
const TURNS: u32 = 64;
/// How long output may be gathered that was taken out of a history before its time,
/// because that fills up.
const HELD: Duration = Duration::from_millis(20);
/// The output of a closed session is written in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

/// The marker where one process stopped and another went on.
const SEAM: &str = "the server restarted";

/// Output that was copied out of a history.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// The offset of the first byte: later than asked for where bytes are gone.
    pub start: u64,
    /// How many bytes it is.
    pub length: usize,
}

/// A screen, and the offset at which the output goes on.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Bytes for a fresh terminal.
    pub data: Vec<u8>,
    /// The offset of the output that follows.
    pub offset: u64,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

/// Where a recording's output comes from. Called by the recorder's thread.
pub trait Source: Send {
    /// Copies output from an offset on, as much as there is room for.
    fn take(&mut self, from: u64, into: &mut [u8]) -> Taken;
    /// The screen now, where one is kept.
    fn screen(&mut self) -> Option<Shown>;
    /// Output has been taken: a terminal that waits may go on.
    fn advanced(&mut self);
    /// The disk refused, or takes again what it had refused: a terminal that waits
    /// asks anew whether it may go on.
    fn disk_changed(&mut self);
    /// Nothing more will be taken.
    fn ended(&mut self);
}

/// What is to be done with a track next.
pub(crate) enum Step {
    /// Nothing, until it is woken.
    Wait,
    /// A step, at the latest then.
    Until(Instant),
    /// The same again, after the others' turns.
    Again,
    /// It has ended.
    Done,
}

pub(crate) struct Track {
    pub(crate) recording: Arc<Recording>,
    pub(crate) options: Options,
    about: About,
    source: Box<dyn Source>,
    output: Output,
    /// The offset of the next byte.
    offset: u64,
    notes: VecDeque<Noted>,
    /// Input that ends inside a character.
    typed: Vec<u8>,
    /// When the output that follows came, in ms since `base`.
    time: u64,
    /// A moment, and the time of the recording at it, in ms.
    base: (Instant, u64),
    /// Bytes of the files before this one.
    before: u64,
    ending: Option<Ending>,
    tries: u32,
    /// When what is gathered has to be written.
    due: Option<Instant>,
    /// When another file is tried again that could not be made.
    rotation: Option<Instant>,
}

impl Track {
    pub(crate) fn new(
        recording: Arc<Recording>,
        options: Options,
        about: About,
        output: Output,
        source: Box<dyn Source>,
    ) -> Self {
        let base = (recording.started, 0);
        Self {
            recording,
            options,
            about,
            source,
            output,
            offset: 0,
            notes: VecDeque::new(),
            typed: Vec::new(),
            time: 0,
            base,
            before: 0,
            ending: None,
            tries: 0,
            due: None,
            rotation: None,
        }
    }

    /// Begins at an offset, with the screen there if output came before.
    pub(crate) fn begin(&mut self, offset: u64, screen: Option<Shown>) {
        self.offset = offset;
        if let Some(shown) = screen {
            self.show(&shown);
        }
        self.recording.feed().set_taken(self.offset);
    }

    /// Whether another process may go on with it.
    pub(crate) fn can_be_left(&self) -> bool {
        self.output.can_be_left()
    }

    /// Goes on where another process has stopped: at an offset, and as long after
    /// the beginning as the clock says.
    pub(crate) fn go_on(&mut self, offset: u64, elapsed: u64) {
        self.offset = offset;
        self.time = elapsed.max(self.output.time());
        self.base.1 = self.time;
        self.output.event(Kind::Marker, SEAM, self.time);
        self.recording.feed().set_taken(offset);
    }

    fn show(&mut self, shown: &Shown) {
        self.output.resize(shown.cols, shown.rows, self.time);
        self.output.restart(&shown.data, self.time);
        self.offset = shown.offset;
    }

    /// Writes what there is to write, at most for one turn. A little may be left to
    /// be written with what follows, unless everything is wanted.
    pub(crate) fn step(&mut self, buffer: &mut [u8], all: bool) -> Step {
        match self.advance(buffer, all) {
            Ok(step) => step,
            Err(error) => self.failed(error),
        }
    }

    fn advance(&mut self, buffer: &mut [u8], all: bool) -> io::Result<Step> {
        if self.tries > 0 || self.due.is_some_and(|due| due <= Instant::now()) {
            self.commit()?;
        }
        self.recording.feed().looking();
        let mut turns = 0;
        while self.ending.is_none() {
            if turns == TURNS {
                return Ok(Step::Again);
            }
            turns += 1;
            let taken = self.source.take(self.offset, buffer);
            // Notes are taken after the output: each one that is about it is there.
            self.recording.feed().drain(&mut self.notes);
            if let Some((start, rest)) = self.recording.feed().rest() {
                self.last(start, &rest);
                break;
            }
            if taken.start > self.offset {
                self.skip(taken.start);
            } else {
                self.pass(&buffer[..taken.length]);
            }
            if self.output.is_full() || self.has_to_rotate() {
                self.commit()?;
                self.rotate();
            }
            self.recording.feed().set_taken(self.offset);
            self.source.advanced();
            if taken.length < buffer.len() {
                break;
            }
        }
        if self.ending.is_none()
            && !all
            && let Some(due) = self.hold()
        {
            return Ok(Step::Until(due));
        }
        self.commit()?;
        let Some(ending) = self.ending else { return Ok(Step::Wait) };
        self.output.finish(ending);
        self.recording.end(ending);
        self.source.ended();
        Ok(Step::Done)
    }

    /// Until when more may come before what is gathered is written; `None` when
    /// there is nothing, or it has waited long enough.
    fn hold(&mut self) -> Option<Instant> {
        let (moment, before) = self.base;
        let since = Duration::from_millis(self.output.oldest()?.saturating_sub(before));
        let now = Instant::now();
        let due = *self.due.get_or_insert_with(|| now.min(moment + since) + HELD);
        (due > now).then_some(due)
    }

    /// Output, with what happened in between, in order.
    fn pass(&mut self, bytes: &[u8]) {
        let end = self.offset + bytes.len() as u64;
        let mut rest = bytes;
        while self.ending.is_none() && self.notes.front().is_some_and(|next| next.offset <= end) {
            let Some(noted) = self.notes.pop_front() else { break };
            let ahead = usize::try_from(noted.offset.saturating_sub(self.offset));
            let (now, later) = rest.split_at(ahead.unwrap_or(0).min(rest.len()));
            self.print(now);
            rest = later;
            self.apply(noted);
        }
        if self.ending.is_none() {
            self.print(rest);
        }
    }

    fn print(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        if !bytes.is_empty() {
            self.output.output(bytes, self.time);
        }
    }

    fn apply(&mut self, noted: Noted) {
        let (moment, before) = self.base;
        let since = noted.at.saturating_duration_since(moment).as_millis();
        let at = before.saturating_add(u64::try_from(since).unwrap_or(u64::MAX));
        self.time = self.time.max(at);
        match noted.note {
            Note::Time => {}
            Note::Resize(cols, rows) => self.output.resize(cols, rows, self.time),
            Note::Input(bytes) => self.input(&bytes),
            Note::Mark(label) => self.output.event(Kind::Marker, &label, self.time),
            Note::Exit(status) => {
                self.output.finish_text(self.time);
                self.output.event(Kind::Exit, &status.to_string(), self.time);
                self.ending = Some(Ending::Exited);
            }
            Note::End(ending) => {
                // What is unfinished is taken out of the history again.
                if ending != Ending::Left {
                    self.output.finish_text(self.time);
                }
                self.ending = Some(ending);
            }
        }
    }

    /// Input, of which an unfinished character waits for its rest.
    fn input(&mut self, bytes: &[u8]) {
        self.typed.extend_from_slice(bytes);
        let whole = utf8::complete_prefix(&self.typed);
        let mut put = |text: &str| self.output.event(Kind::Input, text, self.time);
        cutter::text(&self.typed[..whole], &mut put as &mut dyn FnMut(&str));
        self.typed.drain(..whole);
    }

    /// The history has gone on without this recording: what is missing is said,
    /// and it goes on from the screen as it is now.
    fn skip(&mut self, start: u64) {
        let shown = self.source.screen();
        self.recording.feed().drain(&mut self.notes);
        let resumed = shown.as_ref().map_or(start, |shown| shown.offset.max(start));
        self.lose(resumed - self.offset);
        let mut shown = shown;
        while self.ending.is_none() && self.notes.front().is_some_and(|next| next.offset <= resumed)
        {
            let Some(noted) = self.notes.pop_front() else { break };
            // The end comes after what is shown at it.
            if matches!(noted.note, Note::Exit(_) | Note::End(_))
                && let Some(shown) = shown.take()
            {
                self.show(&shown);
            }
            self.apply(noted);
        }
        self.offset = resumed;
        if let Some(shown) = shown {
            self.show(&shown);
        }
    }

    fn lose(&mut self, missing: u64) {
        self.recording.add_missed(missing);
        let label = format!("{missing} bytes of output are missing");
        self.output.event(Kind::Marker, &label, self.time);
    }

    /// The output that was left when the session was closed.
    fn last(&mut self, start: u64, rest: &[u8]) {
        self.recording.feed().drain(&mut self.notes);
        if start > self.offset {
            self.lose(start - self.offset);
            self.offset = start;
        }
        let known = usize::try_from(self.offset - start).unwrap_or(usize::MAX).min(rest.len());
        for piece in rest[known..].chunks(PIECE) {
            self.pass(piece);
        }
        self.pass(&[]);
        self.ending = self.ending.or(Some(Ending::Closed));
    }

    fn commit(&mut self) -> io::Result<()> {
        let is_due = on_disk(|| self.output.commit(self.offset))?;
        self.due = None;
        if is_due {
            // To draw it is no time that a disk takes.
            let screen = self.output.screen();
            on_disk(|| self.output.keyframe(&screen));
        }
        if self.tries > 0 {
            self.tries = 0;
            self.recording.set_problem(None);
            self.recording.feed().set_taken(self.offset);
            self.source.disk_changed();
        }
        self.recording.set_bytes(self.before + self.output.bytes());
        if self.ending.is_none() && self.output.is_removed() {
            // Nothing that is written from here on could be found by anybody.
            self.recording.set_problem(Some(&self.problem(io::ErrorKind::NotFound.into())));
            self.ending = Some(Ending::Interrupted);
        }
        Ok(())
    }

    fn problem(&self, error: io::Error) -> Error {
        Error::io(&self.output.path, error)
    }

    /// The disk refused. It is tried again, and what was gathered is kept; after
    /// the recording's end not for ever.
    fn failed(&mut self, error: io::Error) -> Step {
        self.tries += 1;
        self.recording.set_problem(Some(&self.problem(error)));
        self.source.disk_changed();
        let over = self.ending.is_some() || self.recording.feed().is_ending();
        if self.tries > LAST_TRIES && over {
            self.output.give_up();
            // The next process takes out of the history what was not written.
            let left = self.ending == Some(Ending::Left);
            let ending = if left { Ending::Left } else { Ending::Interrupted };
            self.output.finish(ending);
            self.recording.end(ending);
            self.source.ended();
            return Step::Done;
        }
        Step::Until(Instant::now() + RETRY)
    }

    /// Goes on in another file when this one is large or long enough. Where that
    /// cannot be made, this one goes on, and the other is tried again later.
    fn rotate(&mut self) {
        if !self.has_to_rotate() {
            return;
        }
        let next = self.output.next(&self.options, &self.about);
        self.recording.set_refused(next.as_ref().err());
        let Ok(next) = next else {
            self.rotation = Some(Instant::now() + RETRY);
            return;
        };
        self.rotation = None;
        self.before += self.output.bytes();
        let mut old = std::mem::replace(&mut self.output, next);
        self.output.take_over(&mut old);
        old.finish(Ending::Rotated);
        let (moment, before) = self.base;
        let later = old.time().saturating_sub(before);
        self.base = (moment + Duration::from_millis(later), before.saturating_sub(old.time()));
        self.time = 0;
        self.recording.set_file(self.output.path.clone());
    }

    fn has_to_rotate(&self) -> bool {
        let large = self.options.rotate_bytes.is_some_and(|most| self.output.added() >= most);
        let long = self.options.rotate_after.is_some_and(|most| self.elapsed() >= most);
        let waits = self.rotation.is_some_and(|at| at > Instant::now());
        self.ending.is_none() && (large || long) && !waits
    }

    /// How long this file is being written.
    fn elapsed(&self) -> Duration {
        self.base.0.elapsed() + Duration::from_millis(self.base.1)
    }
}
