//! Every index of a registry, in one structure that changes in one step.
//!
//! A session is in all the indexes that concern it, or in none. Its fields are
//! private: what the registry's other files can do to it are whole steps, and
//! they can do them only under the one lock around it. Incarnations count up,
//! so their order is the order of creation.

#[cfg(test)]
mod consistency;
mod counts;
mod entry;
mod focus;
mod project;
mod spawns;
mod table;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::info::{Details, Update};
use super::reason::{Limit, Reason};
use super::subject::{Incarnation, Name, Subject};
use offheap_pty::ExitStatus;

use project::Project;
use spawns::Spawns;
use table::{forget, shrink};

pub(super) use entry::{Entry, Fate, Terms};
pub(super) use spawns::RateKey;

/// Why a name finds no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfound {
    /// None has it.
    #[error("there is no session of that id")]
    Unknown,
    /// Sessions of several projects have the id, and no project was named.
    #[error("sessions of several projects have that id; name the project")]
    Ambiguous,
}

#[derive(Default)]
pub(super) struct Index {
    sessions: HashMap<Incarnation, Entry>,
    /// Also the names of sessions that are being created.
    by_name: HashMap<Name, Incarnation>,
    by_id: HashMap<Arc<str>, BTreeSet<Incarnation>>,
    projects: HashMap<Option<Arc<str>>, Project>,
    connections: HashMap<Arc<str>, BTreeSet<Incarnation>>,
    deadlines: BTreeSet<(Instant, Incarnation)>,
    /// Sessions without a connection, least recently used first.
    detached: BTreeSet<(u64, Incarnation)>,
    /// Sessions with a connection, least recently used first.
    attached: BTreeSet<(u64, Incarnation)>,
    /// Sessions whose input may have to wait for their programs.
    waiting: HashSet<Incarnation>,
    spawns: Spawns,
    /// Sessions whose programs have not ended.
    live: usize,
    /// Sessions that are being created.
    reserved: usize,
    /// Of the live ones, those that are marked as suspended.
    suspended: usize,
    /// Projects that have sessions.
    populated: usize,
    /// Sessions whose programs keep the process running.
    holds: usize,
    last_incarnation: Incarnation,
    last_use: u64,
    created: u64,
    closed: [u64; Reason::ALL.len()],
    limits: [u64; Limit::ALL.len()],
    /// Memory is short: no new sessions.
    refusing: bool,
    shut: bool,
}

/// What can be asked.
impl Index {
    pub(super) fn get(&self, key: Incarnation) -> Option<&Entry> {
        self.sessions.get(&key)
    }

    /// Without a project, the session without one is meant, or else the only one
    /// of that id.
    pub(super) fn find(&self, id: &str, project: Option<&str>) -> Result<&Entry, Unfound> {
        let exact = self.by_name.get(&(project.map(Arc::from), Arc::from(id)));
        let exact = exact.and_then(|key| self.sessions.get(key));
        match (exact, project, self.by_id.get(id)) {
            (Some(entry), _, _) => Ok(entry),
            (None, None, Some(keys)) if keys.len() > 1 => Err(Unfound::Ambiguous),
            (None, None, Some(keys)) => {
                let only = keys.first().and_then(|key| self.sessions.get(key));
                only.ok_or(Unfound::Unknown)
            }
            (None, _, _) => Err(Unfound::Unknown),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sessions.values()
    }

    /// The sessions of a project, oldest first.
    pub(super) fn keys_of(&self, project: &str) -> Vec<Incarnation> {
        let project = self.projects.get(&Some(Arc::from(project)));
        project.map(|project| project.sessions.iter().copied().collect()).unwrap_or_default()
    }

    /// All sessions, oldest first.
    pub(super) fn keys(&self) -> Vec<Incarnation> {
        let mut keys: Vec<Incarnation> = self.sessions.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// Sessions without a connection, least recently used first.
    pub(super) fn detached(&self) -> impl Iterator<Item = &Entry> {
        self.detached.iter().filter_map(|(_, key)| self.sessions.get(key))
    }

    /// Live sessions, and those that are being created.
    pub(super) fn occupied(&self) -> usize {
        self.live + self.reserved
    }

    /// The same of one project.
    pub(super) fn occupied_in(&self, project: &Option<Arc<str>>) -> usize {
        let project = self.projects.get(project);
        project.map_or(0, |project| project.live.len() + project.reserved)
    }

    /// The oldest live session of a project that has at least `most`.
    pub(super) fn oldest_of_full(
        &self,
        project: &Option<Arc<str>>,
        most: usize,
    ) -> Option<Incarnation> {
        let live = &self.projects.get(project)?.live;
        live.first().copied().filter(|_| most > 0 && live.len() >= most)
    }

    /// What is due first, and when.
    pub(super) fn first_deadline(&self) -> Option<(Instant, Incarnation)> {
        self.deadlines.first().copied()
    }

    pub(super) fn holds(&self) -> bool {
        self.holds > 0
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.refusing
    }

    pub(super) fn is_shut(&self) -> bool {
        self.shut
    }
}

/// Places for sessions whose shells are being started.
impl Index {
    pub(super) fn next_incarnation(&mut self) -> Incarnation {
        self.last_incarnation += 1;
        self.last_incarnation
    }

    pub(super) fn is_taken(&self, name: &Name) -> bool {
        self.by_name.contains_key(name)
    }

    /// Keeps a place. The name is taken from here on, though nobody finds it yet.
    pub(super) fn reserve(&mut self, subject: &Subject) {
        self.reserved += 1;
        self.projects.entry(subject.project.clone()).or_default().reserved += 1;
        self.by_name.insert(subject.name(), subject.incarnation);
    }

    /// The place is free again, and so is the name.
    pub(super) fn give_up(&mut self, subject: &Subject) {
        self.vacate(subject);
        self.tidy_project(&subject.project);
    }

    fn vacate(&mut self, subject: &Subject) {
        self.reserved -= 1;
        self.by_name.remove(&subject.name());
        if let Some(project) = self.projects.get_mut(&subject.project) {
            project.reserved -= 1;
        }
    }

    /// Shells that a key has started within a minute.
    pub(super) fn recent_spawns(&mut self, key: &RateKey, now: Instant) -> usize {
        self.spawns.recent(key, now)
    }

    /// Shells that were started within a minute.
    pub(super) fn recent_spawns_in_all(&mut self, now: Instant) -> usize {
        self.spawns.total(now)
    }

    pub(super) fn note_spawn(&mut self, key: RateKey, now: Instant) {
        self.spawns.note(key, now);
    }

    /// What did not start does not count against the limit.
    pub(super) fn take_back_spawn(&mut self, key: &RateKey) {
        self.spawns.take_back(key);
    }

    /// Forgets shells that were started more than a minute ago.
    pub(super) fn expire_spawns(&mut self, now: Instant) {
        self.spawns.expire(now);
    }
}

/// Sessions as they come and go.
impl Index {
    /// Puts a session into every index, in the place that was kept for it.
    pub(super) fn insert(&mut self, mut entry: Entry, deadline: Option<Instant>, focused: bool) {
        self.vacate(&entry.subject);
        entry.active_seq = self.next_use();
        entry.deadline = deadline;
        // Without a project it has the focus in any case.
        entry.focused |= focused;
        let project = self.projects.entry(entry.subject.project.clone()).or_default();
        let (key, place) = (entry.key(), entry.place());
        self.populated += usize::from(project.sessions.is_empty());
        project.sessions.insert(key);
        if entry.is_live() {
            project.live.insert(key);
            self.live += 1;
        }
        if entry.takes_focus() {
            project.focused.insert(place);
        }
        self.by_id.entry(Arc::clone(&entry.subject.id)).or_default().insert(key);
        self.by_name.insert(entry.subject.name(), key);
        self.detached.insert(place);
        self.deadlines.extend(deadline.map(|deadline| (deadline, key)));
        self.created += 1;
        self.sessions.insert(key, entry);
    }

    /// Takes a session out of every index. Why is to be counted next.
    pub(super) fn remove(&mut self, key: Incarnation) -> Option<Entry> {
        let entry = self.sessions.remove(&key)?;
        self.by_name.remove(&entry.subject.name());
        forget(&mut self.by_id, &entry.subject.id, key);
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
        self.live -= usize::from(entry.is_live());
        self.holds -= usize::from(entry.holds);
        self.suspended -= usize::from(entry.is_held_back());
        self.give_back();
        Some(entry)
    }

    pub(super) fn count_closed(&mut self, reason: Reason) {
        self.closed[reason as usize] += 1;
    }

    /// No more sessions. `false` when that was so.
    pub(super) fn shut(&mut self) -> bool {
        !std::mem::replace(&mut self.shut, true)
    }

    /// Refuses new sessions, or does no longer. `true` when it begins to.
    pub(super) fn set_refusing(&mut self, refusing: bool) -> bool {
        !std::mem::replace(&mut self.refusing, refusing) && refusing
    }

    pub(super) fn count_limit(&mut self, limit: Limit) {
        self.limits[limit as usize] += 1;
    }

    fn leave_project(&mut self, entry: &Entry) {
        if let Some(project) = self.projects.get_mut(&entry.subject.project) {
            project.sessions.remove(&entry.key());
            project.live.remove(&entry.key());
            project.focused.remove(&entry.place());
            self.populated -= usize::from(project.sessions.is_empty());
        }
        self.tidy_project(&entry.subject.project);
    }

    /// A project lives as long as it has sessions, or one is being created.
    fn tidy_project(&mut self, name: &Option<Arc<str>>) {
        if self.projects.get(name).is_some_and(Project::is_forgettable) {
            self.projects.remove(name);
        }
    }

    fn give_back(&mut self) {
        shrink(&mut self.sessions);
        shrink(&mut self.by_name);
        shrink(&mut self.by_id);
        shrink(&mut self.projects);
        shrink(&mut self.connections);
    }

    fn next_use(&mut self) -> u64 {
        self.last_use += 1;
        self.last_use
    }
}

/// What happens to one session.
impl Index {
    /// Notes a use: the session moves to the end of every order of use. Unless
    /// only its last viewer has gone (`keeps_promise`), the time it was promised
    /// after its last connection no longer counts; `true` when there was one.
    pub(super) fn touch(&mut self, key: Incarnation, now: Instant, keeps_promise: bool) -> bool {
        let seq = self.next_use();
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        let before = entry.place();
        entry.active_seq = seq;
        entry.active = now;
        let promised = entry.keep_alive.is_some();
        if !keeps_promise {
            entry.keep_alive = None;
        }
        let order =
            if entry.connections.is_empty() { &mut self.detached } else { &mut self.attached };
        order.remove(&before);
        order.insert((seq, key));
        if entry.takes_focus()
            && let Some(project) = self.projects.get_mut(&entry.subject.project)
        {
            project.focused.remove(&before);
            project.focused.insert((seq, key));
        }
        promised
    }

    /// Sets how long a session lives whose last connection has just left it.
    /// `false` when it has others, or none is to be promised anything any more.
    pub(super) fn promise(&mut self, key: Incarnation, keep_alive: Option<Duration>) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        if !entry.connections.is_empty() || entry.exit.is_some() {
            return false;
        }
        entry.keep_alive = keep_alive;
        true
    }

    pub(super) fn set_deadline(&mut self, key: Incarnation, deadline: Option<Instant>) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        if let Some(before) = std::mem::replace(&mut entry.deadline, deadline) {
            self.deadlines.remove(&(before, key));
        }
        self.deadlines.extend(deadline.map(|deadline| (deadline, key)));
    }

    /// A deadline that belongs to nothing any more.
    pub(super) fn drop_deadline(&mut self, deadline: (Instant, Incarnation)) {
        self.deadlines.remove(&deadline);
    }

    /// The program has ended: the session no longer counts for any limit.
    /// `false` when that was known.
    pub(super) fn set_exit(&mut self, key: Incarnation, status: ExitStatus, now: Instant) -> bool {
        let Some(entry) = self.sessions.get_mut(&key).filter(|entry| entry.exit.is_none()) else {
            return false;
        };
        self.suspended -= usize::from(entry.is_held_back());
        entry.exit = Some((status, now));
        if let Some(project) = self.projects.get_mut(&entry.subject.project) {
            project.live.remove(&key);
        }
        self.live -= 1;
        self.waiting.remove(&key);
        self.set_hold(key, false);
        true
    }

    /// A restored session is to have a program again, and counts for the limits
    /// from here on; or it is not, since the program did not start.
    pub(super) fn set_dormant(&mut self, key: Incarnation, dormant: bool) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        let before = entry.is_live();
        entry.dormant = dormant;
        let after = entry.is_live();
        if before == after {
            return;
        }
        self.live -= usize::from(before);
        self.live += usize::from(after);
        if let Some(project) = self.projects.get_mut(&entry.subject.project) {
            if after {
                project.live.insert(key);
            } else {
                project.live.remove(&key);
            }
        }
    }

    /// The program is being started, or no longer is.
    pub(super) fn set_starting(&mut self, key: Incarnation, starting: bool) {
        if let Some(entry) = self.sessions.get_mut(&key) {
            entry.starting = starting;
        }
    }

    pub(super) fn set_hold(&mut self, key: Incarnation, holds: bool) {
        let Some(entry) = self.sessions.get_mut(&key) else { return };
        self.holds -= usize::from(std::mem::replace(&mut entry.holds, holds));
        self.holds += usize::from(holds);
    }

    /// Its input may have to wait, or has all been taken.
    pub(super) fn set_waiting(&mut self, key: Incarnation, waits: bool) {
        if !waits {
            self.waiting.remove(&key);
        } else if self.sessions.contains_key(&key) {
            self.waiting.insert(key);
        }
    }

    /// `true` when it changed.
    pub(super) fn set_suspended(&mut self, key: Incarnation, suspended: bool) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        self.suspended -= usize::from(entry.is_held_back());
        let before = std::mem::replace(&mut entry.suspended, suspended);
        self.suspended += usize::from(entry.is_held_back());
        before != suspended
    }

    /// `true` when it changed.
    pub(super) fn update(&mut self, key: Incarnation, update: Update) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        let details: Details = update.apply(&entry.details);
        let changed = details != *entry.details;
        if changed {
            entry.details = Arc::new(details);
        }
        changed
    }

    /// The connection's name as it is kept; `None` when it was attached already.
    pub(super) fn attach(&mut self, key: Incarnation, connection: &str) -> Option<Arc<str>> {
        let entry = self.sessions.get_mut(&key)?;
        if entry.connections.contains(connection) {
            return None;
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
        self.connections.entry(Arc::clone(&connection)).or_default().insert(key);
        Some(connection)
    }

    /// Takes a connection away from its sessions and returns its name and them.
    pub(super) fn detach(&mut self, connection: &str) -> Option<(Arc<str>, Vec<Incarnation>)> {
        let (name, keys) = self.connections.remove_entry(connection)?;
        for key in &keys {
            let Some(entry) = self.sessions.get_mut(key) else { continue };
            entry.connections.remove(&name);
            if entry.connections.is_empty() {
                self.attached.remove(&entry.place());
                self.detached.insert(entry.place());
            }
        }
        shrink(&mut self.connections);
        Some((name, keys.into_iter().collect()))
    }
}
