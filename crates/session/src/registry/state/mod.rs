//! Every index of a registry, in one structure that changes in one step.
//!
//! A session is in all the indexes that concern it, or in none. Keys count up,
//! so their order is the order of creation.

#[cfg(test)]
mod consistency;
mod entry;
mod spawns;

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use super::event::{Limit, Reason};
use offheap_pty::ExitStatus;

pub(super) use entry::{Entry, Key, Name, Project};
pub(super) use spawns::{RateKey, Spawns};

#[derive(Default)]
pub(super) struct State {
    pub(super) sessions: HashMap<Key, Entry>,
    /// Also the names of sessions that are being created.
    pub(super) by_name: HashMap<Name, Key>,
    pub(super) by_id: HashMap<Arc<str>, BTreeSet<Key>>,
    pub(super) projects: HashMap<Option<Arc<str>>, Project>,
    pub(super) connections: HashMap<Arc<str>, BTreeSet<Key>>,
    pub(super) deadlines: BTreeSet<(Instant, Key)>,
    /// Sessions without a connection, least recently used first.
    pub(super) detached: BTreeSet<(u64, Key)>,
    /// Sessions with a connection, least recently used first.
    pub(super) attached: BTreeSet<(u64, Key)>,
    /// Sessions whose input may have to wait for their programs.
    pub(super) waiting: HashSet<Key>,
    pub(super) spawns: Spawns,
    /// Sessions whose programs have not ended.
    pub(super) live: usize,
    /// Sessions that are being created.
    pub(super) reserved: usize,
    /// Of the live ones, those whose output is held back.
    pub(super) suspended: usize,
    /// Projects that have sessions.
    pub(super) populated: usize,
    /// Sessions whose programs keep the process running.
    pub(super) holds: usize,
    pub(super) next_key: Key,
    pub(super) next_seq: u64,
    pub(super) created: u64,
    pub(super) closed: [u64; Reason::ALL.len()],
    pub(super) limits: [u64; Limit::ALL.len()],
    /// Memory is short: no new sessions.
    pub(super) refusing: bool,
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

    /// The sessions of a project, oldest first.
    pub(super) fn keys_of(&self, project: &str) -> Vec<Key> {
        let project = self.projects.get(&Some(Arc::from(project)));
        project.map(|project| project.sessions.iter().copied().collect()).unwrap_or_default()
    }

    /// All sessions, oldest first.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.sessions.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    pub(super) fn take_seq(&mut self) -> u64 {
        self.next_seq += 1;
        self.next_seq
    }

    /// Puts a session into every index.
    pub(super) fn insert(&mut self, entry: Entry) {
        let (key, place) = (entry.key, entry.place());
        let project = self.projects.entry(entry.name.0.clone()).or_default();
        self.populated += usize::from(project.sessions.is_empty());
        project.sessions.insert(key);
        project.live.insert(key);
        if entry.takes_focus() {
            project.focused.insert(place);
        }
        self.by_id.entry(Arc::clone(&entry.name.1)).or_default().insert(key);
        self.by_name.insert(entry.name.clone(), key);
        self.detached.insert(place);
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
        forget(&mut self.by_id, &entry.name.1, key);
        for connection in &entry.connections {
            forget(&mut self.connections, connection, key);
        }
        self.leave_project(&entry);
        self.detached.remove(&entry.place());
        self.attached.remove(&entry.place());
        self.waiting.remove(&key);
        if let Some(deadline) = entry.deadline {
            self.deadlines.remove(&(deadline, key));
        }
        self.live -= usize::from(entry.exit.is_none());
        self.holds -= usize::from(entry.holds);
        self.suspended -= usize::from(entry.is_held_back());
        self.closed[reason as usize] += 1;
        self.give_back();
        Some(entry)
    }

    fn leave_project(&mut self, entry: &Entry) {
        if let Some(project) = self.projects.get_mut(&entry.name.0) {
            project.sessions.remove(&entry.key);
            project.live.remove(&entry.key);
            project.focused.remove(&entry.place());
            self.populated -= usize::from(project.sessions.is_empty());
        }
        self.tidy_project(&entry.name.0);
    }

    /// A project lives as long as it has sessions, or one is being created.
    pub(super) fn tidy_project(&mut self, name: &Option<Arc<str>>) {
        if self.projects.get(name).is_some_and(Project::is_forgettable) {
            self.projects.remove(name);
        }
    }

    /// Tables do not stay as large as they once had to be.
    fn give_back(&mut self) {
        shrink(&mut self.sessions);
        shrink(&mut self.by_name);
        shrink(&mut self.by_id);
        shrink(&mut self.projects);
        shrink(&mut self.connections);
    }

    /// Notes a use: the session moves to the end of every order of use, and
    /// the time it was promised after its last connection no longer counts.
    pub(super) fn touch(&mut self, key: Key, now: Instant) {
        let seq = self.take_seq();
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        let before = entry.place();
        entry.active_seq = seq;
        entry.active = now;
        entry.keep_until = None;
        let order =
            if entry.connections.is_empty() { &mut self.detached } else { &mut self.attached };
        order.remove(&before);
        order.insert((seq, key));
        if entry.takes_focus()
            && let Some(project) = self.projects.get_mut(&entry.name.0)
        {
            project.focused.remove(&before);
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

    /// The program has ended: the session no longer counts for any limit.
    /// `false` when that was known.
    pub(super) fn set_exit(&mut self, key: Key, status: ExitStatus, now: Instant) -> bool {
        let Some(entry) = self.sessions.get_mut(&key).filter(|entry| entry.exit.is_none()) else {
            return false;
        };
        self.suspended -= usize::from(entry.is_held_back());
        entry.exit = Some((status, now));
        if let Some(project) = self.projects.get_mut(&entry.name.0) {
            project.live.remove(&key);
        }
        self.live -= 1;
        self.waiting.remove(&key);
        self.set_hold(key, false);
        true
    }

    pub(super) fn set_hold(&mut self, key: Key, holds: bool) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        self.holds -= usize::from(std::mem::replace(&mut entry.holds, holds));
        self.holds += usize::from(holds);
    }

    /// `true` when it changed.
    pub(super) fn set_suspended(&mut self, key: Key, suspended: bool) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        self.suspended -= usize::from(entry.is_held_back());
        let before = std::mem::replace(&mut entry.suspended, suspended);
        self.suspended += usize::from(entry.is_held_back());
        before != suspended
    }

    /// `true` when it changed. Without a project a session always has focus.
    pub(super) fn set_focus(&mut self, key: Key, focused: bool) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        if entry.focused == focused || entry.name.0.is_none() {
            return false;
        }
        entry.focused = focused;
        let place = entry.place();
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

    /// `false` when it was attached already.
    pub(super) fn attach(&mut self, key: Key, connection: &str) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        entry.tries = 0;
        if entry.connections.contains(connection) {
            return false;
        }
        let connection: Arc<str> = match self.connections.get_key_value(connection) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(connection),
        };
        if entry.connections.is_empty() {
            self.detached.remove(&entry.place());
            self.attached.insert(entry.place());
        }
        entry.connections.insert(Arc::clone(&connection));
        self.connections.entry(connection).or_default().insert(key);
        true
    }

    /// Takes a connection away from its sessions and returns them.
    pub(super) fn detach(&mut self, connection: &str) -> Vec<Key> {
        let Some((name, keys)) = self.connections.remove_entry(connection) else {
            return Vec::new();
        };
        for key in &keys {
            let Some(entry) = self.sessions.get_mut(key) else { continue };
            entry.connections.remove(&name);
            if entry.connections.is_empty() {
                self.attached.remove(&entry.place());
                self.detached.insert(entry.place());
            }
        }
        shrink(&mut self.connections);
        keys.into_iter().collect()
    }
}

/// Takes a key out of an index of sets; empty sets are not kept.
fn forget(index: &mut HashMap<Arc<str>, BTreeSet<Key>>, name: &Arc<str>, key: Key) {
    if let Slot::Occupied(mut slot) = index.entry(Arc::clone(name)) {
        slot.get_mut().remove(&key);
        if slot.get().is_empty() {
            slot.remove();
        }
    }
}

/// Gives a table's memory back when it is mostly empty. Halving it at a
/// quarter full makes the cost of copying constant on average.
fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V>) {
    const SMALL: usize = 64;
    if table.capacity() > SMALL && table.len() < table.capacity() / 4 {
        table.shrink_to(table.len() * 2);
    }
}
