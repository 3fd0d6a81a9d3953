//! Every index of a registry, in one structure that changes in one step.
//!
//! A session is in all the indexes that concern it, or in none. Keys count up,
//! so their order is the order of creation.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::event::{Limit, Reason};
use super::info::{Info, NewSession};
use crate::pty::ExitStatus;
use crate::session::Session;

pub(super) type Key = u64;

/// A session's names: its project, if any, and its id.
pub(super) type Name = (Option<Arc<str>>, Arc<str>);

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) session: Arc<Session>,
    pub(super) name: Name,
    pub(super) user: Option<String>,
    pub(super) mode: Option<String>,
    pub(super) cwd: Option<String>,
    pub(super) metadata: Option<String>,
    pub(super) focused: bool,
    pub(super) suspended: bool,
    pub(super) connections: BTreeSet<Arc<str>>,
    pub(super) created: Instant,
    pub(super) active: Instant,
    /// Orders sessions by their last use, also within one clock tick.
    pub(super) active_seq: u64,
    /// Overrides the inactivity time-out since the last connection went.
    pub(super) keep_until: Option<Instant>,
    pub(super) exit: Option<(ExitStatus, Instant)>,
    /// Its program keeps the process running for as long as it runs.
    pub(super) holds: bool,
    /// Its program is being started.
    pub(super) starting: bool,
    /// Where the session stands in the queue of deadlines.
    pub(super) deadline: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Project {
    pub(super) sessions: BTreeSet<Key>,
    /// Ordered by last use: the first gives way when a focus is needed.
    pub(super) focused: BTreeSet<(u64, Key)>,
    pub(super) spawns: VecDeque<Instant>,
    /// Sessions whose shells are being started.
    pub(super) reserved: usize,
}

impl Project {
    fn is_forgettable(&self) -> bool {
        self.sessions.is_empty() && self.reserved == 0 && self.spawns.is_empty()
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) sessions: HashMap<Key, Entry>,
    pub(super) by_name: HashMap<Name, Key>,
    pub(super) by_id: HashMap<Arc<str>, BTreeSet<Key>>,
    pub(super) projects: HashMap<Option<Arc<str>>, Project>,
    pub(super) connections: HashMap<Arc<str>, BTreeSet<Key>>,
    pub(super) deadlines: BTreeSet<(Instant, Key)>,
    /// Detached and attached alike, least recently used first.
    pub(super) by_activity: BTreeSet<(u64, Key)>,
    /// Sessions whose programs run, and those being started.
    pub(super) live: usize,
    pub(super) reserved: usize,
    /// Sessions whose programs keep the process running.
    pub(super) holds: usize,
    pub(super) next_key: Key,
    pub(super) next_seq: u64,
    pub(super) created: u64,
    pub(super) closed: [u64; Reason::ALL.len()],
    pub(super) limits: [u64; Limit::ALL.len()],
    pub(super) shut: bool,
}

impl State {
    pub(super) fn find(&self, id: &str, project: Option<&str>) -> Option<Key> {
        let exact = self.by_name.get(&(project.map(Arc::from), Arc::from(id))).copied();
        match project {
            Some(_) => exact,
            // Without a project, the session without one is meant, or else the
            // oldest of that id.
            None => exact.or_else(|| self.by_id.get(id).and_then(|keys| keys.first().copied())),
        }
        .filter(|key| self.sessions.contains_key(key))
    }

    pub(super) fn take_seq(&mut self) -> u64 {
        self.next_seq += 1;
        self.next_seq
    }

    /// Puts a session into every index.
    pub(super) fn insert(&mut self, entry: Entry) {
        let key = entry.key;
        let project = self.projects.entry(entry.name.0.clone()).or_default();
        project.sessions.insert(key);
        if entry.focused {
            project.focused.insert((entry.active_seq, key));
        }
        self.by_id.entry(Arc::clone(&entry.name.1)).or_default().insert(key);
        self.by_name.insert(entry.name.clone(), key);
        self.by_activity.insert((entry.active_seq, key));
        if let Some(deadline) = entry.deadline {
            self.deadlines.insert((deadline, key));
        }
        self.live += 1;
        self.holds += usize::from(entry.holds);
        self.created += 1;
        self.sessions.insert(key, entry);
    }

    /// Takes a session out of every index.
    pub(super) fn remove(&mut self, key: Key, reason: Reason) -> Option<Entry> {
        let entry = self.sessions.remove(&key)?;
        self.by_name.remove(&entry.name);
        if let Some(keys) = self.by_id.get_mut(&entry.name.1) {
            keys.remove(&key);
            if keys.is_empty() {
                self.by_id.remove(&entry.name.1);
            }
        }
        for connection in &entry.connections {
            self.forget_connection(connection, key);
        }
        if let Some(project) = self.projects.get_mut(&entry.name.0) {
            project.sessions.remove(&key);
            project.focused.remove(&(entry.active_seq, key));
        }
        self.tidy_project(&entry.name.0);
        self.by_activity.remove(&(entry.active_seq, key));
        if let Some(deadline) = entry.deadline {
            self.deadlines.remove(&(deadline, key));
        }
        if entry.exit.is_none() {
            self.live -= 1;
        }
        self.holds -= usize::from(entry.holds);
        self.closed[reason as usize] += 1;
        Some(entry)
    }

    /// A project lives as long as it has sessions or recent spawns to count.
    pub(super) fn tidy_project(&mut self, name: &Option<Arc<str>>) {
        if self.projects.get(name).is_some_and(Project::is_forgettable) {
            self.projects.remove(name);
        }
    }

    fn forget_connection(&mut self, connection: &Arc<str>, key: Key) {
        if let Some(keys) = self.connections.get_mut(connection) {
            keys.remove(&key);
            if keys.is_empty() {
                self.connections.remove(connection);
            }
        }
    }

    /// Notes a use: the session moves to the end of every order of use.
    pub(super) fn touch(&mut self, key: Key, now: Instant) {
        let seq = self.take_seq();
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        let before = std::mem::replace(&mut entry.active_seq, seq);
        entry.active = now;
        self.by_activity.remove(&(before, key));
        self.by_activity.insert((seq, key));
        if entry.focused
            && let Some(project) = self.projects.get_mut(&entry.name.0)
        {
            project.focused.remove(&(before, key));
            project.focused.insert((seq, key));
        }
    }

    pub(super) fn set_deadline(&mut self, key: Key, deadline: Option<Instant>) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        if let Some(before) = std::mem::replace(&mut entry.deadline, deadline) {
            self.deadlines.remove(&(before, key));
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, key));
        }
    }

    pub(super) fn set_hold(&mut self, key: Key, holds: bool) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        self.holds -= usize::from(std::mem::replace(&mut entry.holds, holds));
        self.holds += usize::from(holds);
    }

    pub(super) fn set_focus(&mut self, key: Key, focused: bool) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        if entry.focused == focused || entry.name.0.is_none() {
            return false;
        }
        entry.focused = focused;
        let place = (entry.active_seq, key);
        if let Some(project) = self.projects.get_mut(&entry.name.0) {
            if focused {
                project.focused.insert(place);
            } else {
                project.focused.remove(&place);
            }
        }
        true
    }

    /// Ids of a project's focused sessions, least recently active first.
    pub(super) fn focused(&self, project: &Option<Arc<str>>) -> Vec<String> {
        let Some(project) = self.projects.get(project) else { return Vec::new() };
        let ids = project.focused.iter().filter_map(|(_, key)| self.sessions.get(key));
        ids.map(|entry| entry.name.1.to_string()).collect()
    }

    pub(super) fn attach(&mut self, key: Key, connection: &Arc<str>) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        entry.connections.insert(Arc::clone(connection));
        entry.keep_until = None;
        self.connections.entry(Arc::clone(connection)).or_default().insert(key);
    }

    /// Takes a connection away from its sessions and returns them.
    pub(super) fn detach(&mut self, connection: &str) -> Vec<Key> {
        let Some((name, keys)) = self.connections.remove_entry(connection) else {
            return Vec::new();
        };
        for key in &keys {
            if let Some(entry) = self.sessions.get_mut(key) {
                entry.connections.remove(&name);
            }
        }
        keys.into_iter().collect()
    }
}

impl Entry {
    pub(super) fn new(
        key: Key,
        seq: u64,
        name: Name,
        new: NewSession,
        session: Arc<Session>,
        now: Instant,
    ) -> Self {
        Self {
            key,
            session,
            focused: name.0.is_none(),
            name,
            user: new.user,
            mode: new.mode,
            cwd: new.cwd,
            metadata: new.metadata,
            suspended: false,
            connections: BTreeSet::new(),
            created: now,
            active: now,
            active_seq: seq,
            keep_until: None,
            exit: None,
            holds: false,
            starting: false,
            deadline: None,
        }
    }

    pub(super) fn project(&self) -> Option<String> {
        self.name.0.as_deref().map(str::to_owned)
    }

    pub(super) fn info(&self, clock: &super::clock::Clock) -> Info {
        Info {
            id: self.name.1.to_string(),
            project: self.project(),
            user: self.user.clone(),
            mode: self.mode.clone(),
            cwd: self.cwd.clone(),
            metadata: self.metadata.clone(),
            focused: self.focused,
            suspended: self.suspended,
            connections: self.connections.len(),
            created_ms: clock.to_epoch_ms(self.created),
            active_ms: clock.to_epoch_ms(self.active),
            exit: self.exit.map(|(status, _)| status),
        }
    }
}
