//! What is to be told of a shell, at a pace that listeners can follow.
//!
//! What a program prints decides how often something happens, and a program can
//! print marks as fast as anything else. So news waits here: of what has a state
//! (title, directory, progress) only the latest is told, commands and
//! notifications are bounded, and bells are counted.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::command::Command;
use super::marks::Notice;

/// Events that may be told at once.
const BURST: u32 = 32;
/// One more may be told after each such time.
const PACE: Duration = Duration::from_millis(50);
/// The same for bells and notifications, which call for somebody.
const CALLS: u32 = 4;
const CALL_PACE: Duration = Duration::from_millis(500);
/// Commands that began or ended and wait to be told. Of more the oldest are
/// dropped.
const MAX_COMMANDS: usize = 32;
/// Notifications that wait to be told. More are dropped.
const MAX_NOTICES: usize = 4;

/// Something to be told of a shell. For what has a state, the state is asked for
/// when it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::session) enum Item {
    Title,
    Directory,
    Progress,
    Started(Command),
    Finished(Command),
    Bell(u32),
    Notice(Notice),
}

/// So many at once, and then one after each pace.
#[derive(Debug)]
struct Allowance {
    left: u32,
    most: u32,
    pace: Duration,
    since: Option<Instant>,
}

impl Allowance {
    const fn new(most: u32, pace: Duration) -> Self {
        Self { left: most, most, pace, since: None }
    }

    /// Takes one, or says how long to wait.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        let earned = u32::try_from(passed.as_millis() / self.pace.as_millis()).unwrap_or(u32::MAX);
        if earned >= self.most - self.left {
            (self.left, self.since) = (self.most, Some(now));
        } else {
            self.left += earned;
            self.since = Some(since + self.pace * earned);
        }
        if self.left == 0 {
            let next = self.since.unwrap_or(now) + self.pace;
            return Err(next.saturating_duration_since(now));
        }
        self.left -= 1;
        Ok(())
    }
}

/// What waits to be told.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct News {
    title: bool,
    directory: bool,
    progress: bool,
    commands: VecDeque<Item>,
    bells: u32,
    notices: VecDeque<Notice>,
    events: Allowance,
    calls: Allowance,
    /// Somebody comes for the rest later.
    is_awaited: bool,
}

impl News {
    pub(super) fn new() -> Self {
        Self {
            title: false,
            directory: false,
            progress: false,
            commands: VecDeque::new(),
            bells: 0,
            notices: VecDeque::new(),
            events: Allowance::new(BURST, PACE),
            calls: Allowance::new(CALLS, CALL_PACE),
            is_awaited: false,
        }
    }

    pub(super) fn add(&mut self, item: Item) {
        match item {
            Item::Title => self.title = true,
            Item::Directory => self.directory = true,
            Item::Progress => self.progress = true,
            Item::Bell(count) => self.bells = self.bells.saturating_add(count),
            Item::Notice(notice) if self.notices.len() < MAX_NOTICES => {
                self.notices.push_back(notice);
            }
            Item::Notice(_) => {}
            Item::Started(_) | Item::Finished(_) => {
                if self.commands.len() == MAX_COMMANDS {
                    self.commands.pop_front();
                }
                self.commands.push_back(item);
            }
        }
    }

    /// Whether somebody is to be told now, and nobody is on the way.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        !self.is_awaited && !self.is_empty()
    }

    fn is_empty(&self) -> bool {
        !(self.title || self.directory || self.progress)
            && self.commands.is_empty()
            && self.bells == 0
            && self.notices.is_empty()
    }

    /// What may be told now, and after what time the caller has to ask again. Until
    /// it does so nothing [is due](Self::is_due).
    pub(super) fn take(&mut self, now: Instant) -> (Vec<Item>, Option<Duration>) {
        let mut items = Vec::new();
        let mut wait = None;
        while wait.is_none() && self.has_events() {
            match self.events.take(now) {
                Ok(()) => items.extend(self.next_event()),
                Err(time) => wait = Some(time),
            }
        }
        while self.bells > 0 || !self.notices.is_empty() {
            match self.calls.take(now) {
                Ok(()) => items.extend(self.next_call()),
                Err(time) => {
                    wait = Some(wait.map_or(time, |wait: Duration| wait.min(time)));
                    break;
                }
            }
        }
        self.is_awaited = wait.is_some();
        (items, wait)
    }

    fn has_events(&self) -> bool {
        self.title || self.directory || self.progress || !self.commands.is_empty()
    }

    fn next_event(&mut self) -> Option<Item> {
        if let Some(command) = self.commands.pop_front() {
            return Some(command);
        }
        let states = [
            (&mut self.directory, Item::Directory),
            (&mut self.title, Item::Title),
            (&mut self.progress, Item::Progress),
        ];
        let mut states = states.into_iter();
        states.find_map(|(flag, item)| std::mem::take(flag).then_some(item))
    }

    fn next_call(&mut self) -> Option<Item> {
        match std::mem::take(&mut self.bells) {
            0 => self.notices.pop_front().map(Item::Notice),
            bells => Some(Item::Bell(bells)),
        }
    }
}
