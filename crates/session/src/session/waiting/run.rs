//! Running one command in an integrated shell.

use std::time::{Duration, Instant};

use offheap_ring::Span;

use super::output::{settled, text_of, without_end_mark};
use super::{Look, Outcome, WaitError};
use crate::session::Session;
use crate::session::shell::{Command, Phase, Watched};
use crate::session::stream::Stream;
use offheap_pty::WriteError;

/// What a command has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What it printed, as text.
    pub output: Vec<u8>,
    /// The beginning of the output is missing.
    pub truncated: bool,
    /// Its exit code, where the shell has told it.
    pub exit_code: Option<i32>,
    /// How long it ran.
    pub duration: Duration,
}

/// A line that was typed.
struct Typed {
    at: Instant,
    offset: u64,
    /// How many prompts there had been.
    prompts: u64,
    /// The command that it becomes, by number.
    number: u64,
}

/// A command on its way.
pub(super) struct Run {
    line: String,
    most: usize,
    typed: Option<Typed>,
}

impl Run {
    pub(super) fn new(line: String, most: usize) -> Self {
        Self { line, most, typed: None }
    }

    pub(super) fn look(&mut self, session: &Session) -> Look {
        if self.typed.is_none() {
            return self.begin(session);
        }
        let stream = session.stream.lock();
        match self.ended(&stream) {
            Some(ran) => Ok(Ok(Outcome::Ran(ran))),
            None => Err(None),
        }
    }

    /// Types the line when the shell waits for one.
    fn begin(&mut self, session: &Session) -> Look {
        let mut stream = session.stream.lock();
        stream.draw_restored();
        let shell = &mut stream.mirror.shell;
        if matches!(shell.phase, Phase::Unknown | Phase::Prompting) {
            return Err(None);
        }
        if !shell.is_ready() || shell.watched.is_some() {
            return Ok(Err(WaitError::Busy));
        }
        let number = shell.begun + 1;
        shell.watched = Some(Watched { number, command: None });
        let prompts = shell.prompts;
        let offset = stream.ring.end();
        let input = typed(&self.line, stream.mirror.brackets_pastes());
        drop(stream);
        self.typed = Some(Typed { at: Instant::now(), offset, prompts, number });
        match session.write(&input) {
            Ok(_) => Err(None),
            Err(WriteError::Exited) => Ok(Err(WaitError::Exited)),
            Err(WriteError::QueueFull { .. }) => Ok(Err(WaitError::QueueFull)),
        }
    }

    fn ended(&self, stream: &Stream) -> Option<Ran> {
        let typed = self.typed.as_ref()?;
        let shell = &stream.mirror.shell;
        let watched = shell.watched.as_ref().filter(|watched| watched.number == typed.number);
        if let Some(command) = watched.and_then(|watched| watched.command.as_ref()) {
            return Some(self.of_command(command, stream));
        }
        let came_to_nothing = shell.begun < typed.number
            && shell.prompts > typed.prompts
            && shell.phase == Phase::Ready;
        came_to_nothing.then(|| self.of_nothing(typed, stream))
    }

    fn of_command(&self, command: &Command, stream: &Stream) -> Ran {
        let end = command.output_end.unwrap_or(stream.ring.end());
        let (text, truncated) = self.text(stream, command.output_start, end);
        Ran {
            output: settled(&text),
            truncated,
            exit_code: command.exit_code,
            duration: command.duration.unwrap_or_default(),
        }
    }

    /// The shell has run nothing, as for a comment or for what it does not
    /// understand. What it says stands between the line as it echoed it and the next
    /// prompt.
    fn of_nothing(&self, typed: &Typed, stream: &Stream) -> Ran {
        let (text, truncated) = self.text(stream, typed.offset, stream.ring.end());
        let text = settled(&text);
        let first = text.iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| at + 1);
        let last = text.iter().rposition(|&byte| byte == b'\n').map_or(text.len(), |at| at + 1);
        Ran {
            output: text[first..last.max(first)].to_vec(),
            truncated,
            exit_code: stream.mirror.shell.status,
            duration: typed.at.elapsed(),
        }
    }

    /// The text of a stretch of output, and whether its beginning is missing: then it
    /// begins with a whole line.
    fn text(&self, stream: &Stream, start: u64, end: u64) -> (Vec<u8>, bool) {
        let from =
            start.max(end.saturating_sub(self.most as u64)).max(stream.ring.start()).min(end);
        let is_cut = from > start;
        let span = stream.ring.slices(from, usize::try_from(end - from).unwrap_or(usize::MAX));
        let mut text = text_of(&without_terminator(&stream.ring, span));
        if is_cut {
            let whole = text.iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| at + 1);
            text.drain(..whole);
        }
        let integration = stream.mirror.shell.facts.integration.as_ref();
        if integration.is_some_and(|integration| &*integration.shell == "zsh") {
            text.truncate(without_end_mark(&text).len());
        }
        (text, is_cut)
    }

    /// Nobody waits for the command any more.
    pub(super) fn over(&self, stream: &mut Stream) {
        let Some(typed) = &self.typed else { return };
        let watched = &mut stream.mirror.shell.watched;
        if watched.as_ref().is_some_and(|watched| watched.number == typed.number) {
            *watched = None;
        }
    }
}

/// The bytes that a line is typed as. Between brackets, no key of it is taken for
/// more than itself.
fn typed(line: &str, brackets: bool) -> Vec<u8> {
    if brackets { format!("\x1b[200~{line}\x1b[201~\r") } else { format!("{line}\r") }.into_bytes()
}

/// A mark that ends with `ESC \` is over for the parser with its ESC.
fn without_terminator<'a>(ring: &'a offheap_ring::Ring, span: Span<'a>) -> Span<'a> {
    let before = ring.slices(span.start.saturating_sub(1), 2);
    let mut pair = before.head.iter().chain(before.tail);
    if before.start + 1 == span.start && pair.next() == Some(&0x1b) && pair.next() == Some(&b'\\') {
        return ring.slices(span.start + 1, span.len().saturating_sub(1));
    }
    span
}
