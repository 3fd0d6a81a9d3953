//! What a session knows of its shell: what it is called, where it is, and what it
//! runs.
//!
//! It comes from what the screen's parser finds in the output. Programs can print
//! anything, so all of it is bounded and free of control characters; and where the
//! session has given its shell a [nonce](Integration), marks of commands count only
//! with that.

mod command;
mod facts;
mod marks;
mod news;
mod text;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use command::Command;
use facts::Standing;
pub use facts::{Facts, Integration};
use marks::{Claim, Mark, Part, Place};
pub use marks::{Notice, Progress, ProgressState, RemoteDirectory};
pub(super) use news::Item;
use news::News;
use offheap_screen::{Aside, Said, Screen};

/// The longest title, in bytes.
const MAX_TITLE: usize = 1024;

/// What a shell is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not said.
    #[default]
    Unknown,
    /// It writes its prompt.
    Prompting,
    /// It waits for a line.
    Ready,
    /// It runs a command.
    Running,
}

/// A command that somebody waits for.
#[derive(Debug)]
pub(super) struct Watched {
    /// Its number, counted from 1.
    pub(super) number: u64,
    /// The command, once it has ended.
    pub(super) command: Option<Command>,
}

/// What is known of a shell.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) facts: Facts,
    pub(super) phase: Phase,
    /// Something was typed that the line editor has, or will have once it reads.
    typed: bool,
    /// How many commands have begun.
    pub(super) begun: u64,
    /// A command that somebody waits for, and what became of it.
    pub(super) watched: Option<Watched>,
    /// How many prompts there have been.
    pub(super) prompts: u64,
    /// The exit code that came with the last prompt, whether or not a command had
    /// run.
    pub(super) status: Option<i32>,
    /// The offset up to which the output is known already, of a restored session.
    known_to: u64,
    /// The line of the command that is about to run, and whether the shell has
    /// proved it.
    line: Option<Arc<str>>,
    running_since: Option<Instant>,
    /// A notification of which more is to come: its id, and what there is of it.
    part: Option<(String, Notice)>,
    news: News,
}

impl Shell {
    pub(super) fn new() -> Self {
        Self {
            facts: Facts::default(),
            phase: Phase::Unknown,
            typed: false,
            begun: 0,
            watched: None,
            prompts: 0,
            status: None,
            known_to: 0,
            line: None,
            running_since: None,
            part: None,
            news: News::new(),
        }
    }

    /// What an earlier process has [kept](Self::keep).
    pub(super) fn restored(text: &str) -> Self {
        let (facts, Standing { at, at_prompt, typed }) = Facts::decode(text);
        let phase = match &facts.command {
            Some(_) => Phase::Running,
            None if at_prompt => Phase::Ready,
            None => Phase::Unknown,
        };
        Self { facts, phase, typed, known_to: at, ..Self::new() }
    }

    /// What is known after so much output, for a later process.
    pub(super) fn keep(&self, at: u64) -> String {
        self.facts.encode(Standing { at, at_prompt: self.is_at_prompt(), typed: self.typed })
    }

    /// The offset up to which the output of a restored session is known already.
    pub(super) const fn known_to(&self) -> u64 {
        self.known_to
    }

    /// Another program has the terminal from here on.
    pub(super) fn start(&mut self, integration: Option<Integration>) -> Option<Integration> {
        self.phase = Phase::Unknown;
        std::mem::replace(&mut self.facts.integration, integration)
    }

    /// The program has ended, after so much output.
    pub(super) fn exited(&mut self, at: u64, now: Instant) {
        // Whoever waits for a command that has not ended is told of the exit instead.
        self.watched.take_if(|watched| watched.command.is_none());
        self.end(None, at, now);
        self.phase = Phase::Unknown;
    }

    /// Takes what was said in output that the screen has just drawn, and whose first
    /// byte has the offset `at`.
    pub(super) fn hear(&mut self, screen: &mut Screen, at: u64, now: Instant) {
        if let Some(said) = screen.take_said() {
            self.hear_said(&said, at, now);
        }
        self.see_titles(screen);
    }

    /// Takes what was said in output that an earlier process may have drawn.
    pub(super) fn hear_again(&mut self, screen: &mut Screen, at: u64, now: Instant) {
        let Some(mut said) = screen.take_said() else { return };
        let known_to = self.known_to;
        said.asides.retain(|aside| at + aside.end as u64 > known_to);
        // Whoever was to hear it has heard it.
        said.bells = 0;
        self.hear_said(&said, at, now);
    }

    fn hear_said(&mut self, said: &Said, at: u64, now: Instant) {
        for Aside { number, text, end } in &said.asides {
            let Some(claim) = marks::read(*number, text) else { continue };
            let end = at + *end as u64;
            // Introducer, number, semicolon, text and terminator.
            let length = 2 + number.checked_ilog10().unwrap_or(0) as usize + 1 + 1 + text.len() + 1;
            self.take(claim, end.saturating_sub(length as u64), end, now);
        }
        if said.bells > 0 {
            self.news.add(Item::Bell(said.bells));
        }
    }

    /// Looks whether the titles have changed: strings are compared, since a reset
    /// and a restored title change them, too.
    pub(super) fn see_titles(&mut self, screen: &Screen) {
        let seen = &mut self.facts.seen;
        if seen.0 == screen.title() && seen.1 == screen.icon_name() {
            return;
        }
        *seen = (screen.title().to_owned(), screen.icon_name().to_owned());
        let title = text::shown(screen.title(), MAX_TITLE);
        let icon_name = text::shown(screen.icon_name(), MAX_TITLE);
        if (&title, &icon_name) != (&self.facts.title, &self.facts.icon_name) {
            (self.facts.title, self.facts.icon_name) = (title, icon_name);
            self.news.add(Item::Title);
        }
    }

    /// Takes a mark whose bytes are `start..end` of the output.
    fn take(&mut self, Claim { mark, nonce }: Claim, start: u64, end: u64, now: Instant) {
        match mark {
            Mark::Directory(place) => self.move_to(place),
            Mark::Progress(progress) => self.progress(progress),
            Mark::Notice(notice) => self.news.add(Item::Notice(notice)),
            Mark::Part(part) => self.notice_part(part),
            _ if !self.believes(nonce.as_deref()) => {}
            Mark::Prompt => self.prompt(start, now),
            Mark::Input => self.input(),
            Mark::Line(line) => self.name_command(line.into()),
            Mark::Running(line) => self.begin(line.map(Arc::from), start, end, now),
            Mark::Finished(code) => self.finish(code, start, now),
        }
    }

    /// A shell with a nonce has to show it.
    fn believes(&self, nonce: Option<&str>) -> bool {
        match &self.facts.integration {
            Some(integration) => nonce == Some(&*integration.nonce),
            None => true,
        }
    }

    fn prompt(&mut self, at: u64, now: Instant) {
        // A command whose end was not told is over all the same.
        self.end(None, at, now);
        self.line_is_over();
        self.phase = Phase::Prompting;
        self.prompts += 1;
        self.line = None;
        self.progress(None);
    }

    /// The prompt of a shell within this one has its end marked, too, but nothing else.
    fn input(&mut self) {
        if self.phase != Phase::Running {
            self.phase = Phase::Ready;
        }
    }

    /// What was typed at the last prompt, or for a program, is not in the line that
    /// comes.
    fn line_is_over(&mut self) {
        if matches!(self.phase, Phase::Ready | Phase::Running) {
            self.typed = false;
        }
    }

    /// Some shells tell the line first, others when the command runs already.
    fn name_command(&mut self, line: Arc<str>) {
        match &mut self.facts.command {
            Some(command) if command.line.is_none() => command.line = Some(line),
            _ => self.line = Some(line),
        }
    }

    fn begin(&mut self, line: Option<Arc<str>>, start: u64, end: u64, now: Instant) {
        self.end(None, start, now);
        self.phase = Phase::Running;
        self.begun += 1;
        self.running_since = Some(now);
        let line = self.line.take().or(line);
        let command = Command {
            line,
            started_ms: epoch_ms(),
            ended_ms: None,
            duration: None,
            exit_code: None,
            output_start: end,
            output_end: None,
            trusted: self.facts.integration.is_some(),
        };
        self.facts.command = Some(command.clone());
        self.news.add(Item::Started(command));
    }

    fn finish(&mut self, code: Option<i32>, at: u64, now: Instant) {
        self.status = code;
        self.end(code, at, now);
        self.line_is_over();
        if self.phase != Phase::Unknown {
            self.phase = Phase::Prompting;
        }
    }

    /// Ends the command that runs, if one does.
    fn end(&mut self, code: Option<i32>, at: u64, now: Instant) {
        let Some(mut command) = self.facts.command.take() else { return };
        let ended = epoch_ms().max(command.started_ms);
        command.ended_ms = Some(ended);
        command.duration = Some(match self.running_since.take() {
            Some(since) => now.saturating_duration_since(since),
            None => std::time::Duration::from_millis(ended - command.started_ms),
        });
        command.exit_code = code;
        command.output_end = Some(at.max(command.output_start));
        self.facts.last_command = Some(command.clone());
        if let Some(watched) = self.watched.as_mut().filter(|watched| watched.number == self.begun)
        {
            watched.command = Some(command.clone());
        }
        self.news.add(Item::Finished(command));
    }

    fn move_to(&mut self, place: Place) {
        let (directory, remote) = match place {
            Place::Here(path) => (Some(path), None),
            // Where the local shell is has not changed by that.
            Place::There(remote) => (self.facts.directory.clone(), Some(remote)),
            Place::Unknown => (None, None),
        };
        if (&directory, &remote) != (&self.facts.directory, &self.facts.remote) {
            (self.facts.directory, self.facts.remote) = (directory, remote);
            self.news.add(Item::Directory);
        }
    }

    fn progress(&mut self, progress: Option<Progress>) {
        if progress != self.facts.progress {
            self.facts.progress = progress;
            self.news.add(Item::Progress);
        }
    }

    /// Puts a notification together that comes in parts. One at a time.
    fn notice_part(&mut self, part: Part) {
        let (_, mut notice) = self.part.take().filter(|(id, _)| *id == part.id).unwrap_or_default();
        let target = if part.is_title { &mut notice.title } else { &mut notice.body };
        let joined = std::mem::take(target) + &part.text;
        *target = text::clean(&joined, MAX_TITLE);
        if !part.is_last {
            self.part = Some((part.id, notice));
        } else if notice != Notice::default() {
            self.news.add(Item::Notice(notice));
        }
    }

    /// Something was typed. `true` when it is the first of its line: from here on the
    /// shell is not ready any more, which no output says.
    #[inline]
    pub(super) fn note_input(&mut self) -> bool {
        let is_first = !self.typed && self.phase != Phase::Running;
        self.typed |= is_first;
        is_first
    }

    /// Whether it waits for a line, of which nothing is there yet.
    pub(super) fn is_ready(&self) -> bool {
        self.is_at_prompt() && !self.typed
    }

    /// Whether its line editor has the terminal. A shell that is not integrated may
    /// not say where its prompt ends.
    fn is_at_prompt(&self) -> bool {
        self.phase == Phase::Ready
            || self.phase == Phase::Prompting && self.facts.integration.is_none()
    }

    /// Whether somebody is to be told something now.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        self.news.is_due()
    }

    /// What is to be told now, and after what time to come again for more.
    pub(super) fn take_news(&mut self, now: Instant) -> (Vec<Item>, Option<std::time::Duration>) {
        self.news.take(now)
    }
}

#[expect(clippy::disallowed_methods, reason = "it is told, and nothing waits for it")]
fn epoch_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
