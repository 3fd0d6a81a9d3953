//! Waiting for something that a session's output shows: a prompt, a text, silence,
//! or the end of a command.
//!
//! Each who waits has a task on the reactor, which looks when output has come, at
//! most every few milliseconds: output itself only wakes it.

mod output;
mod pattern;
mod run;
mod search;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Session;
use super::stream::Stream;
use super::waits::MAX_WAITS;
pub use pattern::{Found, Pattern, PatternError};
pub use run::Ran;
use run::Run;
use search::{Search, Searched};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The same where the screen is read for it.
const SCREEN_EVERY: Duration = Duration::from_millis(40);

/// What is waited for.
#[derive(Clone, Debug)]
pub enum Awaited {
    /// The shell waits for a line, and nothing has been typed yet.
    Prompt,
    /// There is no output for so long, from now on.
    Idle(Duration),
    /// The screen shows it.
    Screen(Pattern),
    /// The output has it, from an offset on; without one, from now on.
    Output(Pattern, Option<u64>),
    /// A command is typed and ends. Of its output so many bytes are wanted.
    Command(String, usize),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is so.
    Reached,
    /// It was found.
    Found(Found),
    /// The command has ended.
    Ran(Ran),
}

/// Why it did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// The session was closed.
    #[error("the session is closed")]
    Closed,
    /// The program has ended.
    #[error("the shell has ended")]
    Exited,
    /// It took too long.
    #[error("it did not happen in time")]
    TimedOut,
    /// Whoever waited does not any more.
    #[error("nobody waits any more")]
    Aborted,
    /// The shell does not tell what it does.
    #[error("the shell is not integrated: create the session with pty.integration")]
    NotIntegrated,
    /// The shell runs a command, or something is typed at its prompt.
    #[error("the shell is busy: it runs a command, or something is typed at its prompt")]
    Busy,
    /// The session keeps no screen.
    #[error("the session keeps no screen")]
    NoScreen,
    /// Too many wait already.
    #[error("{MAX_WAITS} calls wait for the session already, which is the limit")]
    TooMany,
    /// The input queue is full.
    #[error("nothing was typed: the shell does not read its input")]
    QueueFull,
}

/// What is waited for, and how far that is.
enum Wait {
    Prompt,
    Idle { quiet: Duration, since: Instant },
    Screen(Pattern),
    Output(Search),
    Command(Run),
}

/// A look has found an end, or says until when at most to wait for the next one.
type Look = Result<Result<Outcome, WaitError>, Option<Instant>>;

/// Takes back a wait.
#[derive(Clone, Debug)]
pub struct Abort(Arc<Notify>);

impl Abort {
    /// Nobody waits any more: the wait ends with [`WaitError::Aborted`], unless it
    /// has ended already.
    pub fn abort(&self) {
        self.0.notify_one();
    }
}

impl Session {
    /// Waits for something; `done` is told on the reactor's thread, once.
    ///
    /// # Errors
    /// [`WaitError::Closed`], [`WaitError::NoScreen`], [`WaitError::NotIntegrated`],
    /// [`WaitError::TooMany`]; then `done` is never called. [`WaitError::Busy`] only
    /// comes through `done`.
    pub fn wait_for(
        self: &Arc<Self>,
        awaited: Awaited,
        within: Option<Duration>,
        done: impl FnOnce(Result<Outcome, WaitError>) + Send + 'static,
    ) -> Result<Abort, WaitError> {
        let (bell, abort) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut stream = self.stream.lock();
        if self.is_closed() {
            return Err(WaitError::Closed);
        }
        let wait = Wait::new(awaited, &mut stream)?;
        if !stream.waits.add(&bell) {
            return Err(WaitError::TooMany);
        }
        drop(stream);
        let task = Task { session: Arc::downgrade(self), wait, bell, abort: Arc::clone(&abort) };
        let deadline = within.map(|within| Instant::now() + within);
        offheap_pty::reactor::spawn(async move { done(task.run(deadline).await) });
        Ok(Abort(abort))
    }
}

impl Wait {
    fn new(awaited: Awaited, stream: &mut Stream) -> Result<Self, WaitError> {
        let has_screen = stream.mirror.is_wanted();
        Ok(match awaited {
            Awaited::Idle(quiet) => Self::Idle { quiet, since: Instant::now() },
            Awaited::Output(pattern, from) => {
                let (start, end) = (stream.ring.start(), stream.ring.end());
                Self::Output(Search::new(pattern, from.map_or(end, |from| from.clamp(start, end))))
            }
            _ if !has_screen => return Err(WaitError::NoScreen),
            Awaited::Prompt => Self::Prompt,
            Awaited::Screen(pattern) => Self::Screen(pattern),
            Awaited::Command(line, most) => {
                if stream.mirror.shell.facts.integration.is_none() {
                    return Err(WaitError::NotIntegrated);
                }
                Self::Command(Run::new(line, most))
            }
        })
    }

    fn look(&mut self, session: &Session) -> Look {
        match self {
            Self::Prompt => look_for_prompt(session),
            Self::Idle { quiet, since } => {
                let last = session.last_output().max(*since);
                let due = last + *quiet;
                if due <= Instant::now() { Ok(Ok(Outcome::Reached)) } else { Err(Some(due)) }
            }
            Self::Screen(pattern) => {
                let text = session.screen_text().unwrap_or_default();
                pattern.find(&text).map(|found| Ok(Outcome::Found(found))).ok_or(None)
            }
            Self::Output(search) => match search.look(session) {
                Searched::Found(found) => Ok(Ok(Outcome::Found(found))),
                // At once, but others have their turn before.
                Searched::More => Err(Some(Instant::now())),
                Searched::Nothing => Err(None),
            },
            Self::Command(run) => run.look(session),
        }
    }

    fn look_every(&self) -> Duration {
        if matches!(self, Self::Screen(_)) { SCREEN_EVERY } else { LOOK_EVERY }
    }
}

fn look_for_prompt(session: &Session) -> Look {
    let mut stream = session.stream.lock();
    stream.draw_restored();
    if stream.mirror.shell.is_ready() { Ok(Ok(Outcome::Reached)) } else { Err(None) }
}

/// One wait.
struct Task {
    session: Weak<Session>,
    wait: Wait,
    bell: Arc<Notify>,
    abort: Arc<Notify>,
}

impl Task {
    async fn run(mut self, deadline: Option<Instant>) -> Result<Outcome, WaitError> {
        let outcome = self.until_it_ends(deadline).await;
        if let Some(session) = self.session.upgrade() {
            let mut stream = session.stream.lock();
            stream.waits.remove(&self.bell);
            if let Wait::Command(run) = &self.wait {
                run.over(&mut stream);
            }
        }
        outcome
    }

    async fn until_it_ends(&mut self, deadline: Option<Instant>) -> Result<Outcome, WaitError> {
        loop {
            let again = match self.look() {
                Ok(outcome) => return outcome,
                Err(again) => again,
            };
            let due = again.into_iter().chain(deadline).min();
            tokio::select! {
                biased;
                () = self.abort.notified() => return Err(WaitError::Aborted),
                () = self.bell.notified() => {}
                () = until(due) => {
                    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                        // What came at the last moment counts.
                        return self.look().unwrap_or(Err(WaitError::TimedOut));
                    }
                    continue;
                }
            }
            // What comes now comes in pieces, which are looked at together.
            tokio::select! {
                biased;
                () = self.abort.notified() => return Err(WaitError::Aborted),
                () = tokio::time::sleep(self.wait.look_every()) => {}
            }
        }
    }

    fn look(&mut self) -> Look {
        let Some(session) = self.session.upgrade() else { return Ok(Err(WaitError::Closed)) };
        if session.is_closed() {
            return Ok(Err(WaitError::Closed));
        }
        // Asked before: what came before the exit is there by then.
        let has_exited = session.exit_status().is_some();
        match self.wait.look(&session) {
            Err(None) if has_exited => Ok(Err(WaitError::Exited)),
            look => look,
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
