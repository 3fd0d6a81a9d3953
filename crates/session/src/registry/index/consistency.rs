//! What must hold between the indexes, whatever was done.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Entry, Index};
use crate::registry::subject::Incarnation;

impl Index {
    /// Rebuilds every index from the sessions and compares. No creation may be
    /// under way.
    pub(in crate::registry) fn assert_consistent(&self) {
        assert_eq!(self.reserved, 0, "no place is left reserved");
        self.assert_names();
        self.assert_connections();
        self.assert_orders();
        self.assert_projects();
        self.assert_counts();
        self.spawns.assert_consistent();
    }

    fn assert_names(&self) {
        let names: HashMap<_, _> = self.entries().map(|e| (e.subject.name(), e.key())).collect();
        assert_eq!(names, self.by_name, "names");
        let mut ids: HashMap<Arc<str>, BTreeSet<Incarnation>> = HashMap::new();
        for entry in self.entries() {
            ids.entry(Arc::clone(&entry.subject.id)).or_default().insert(entry.key());
        }
        assert_eq!(ids, self.by_id, "ids");
        assert!(self.sessions.iter().all(|(key, entry)| *key == entry.key()), "keys");
    }

    fn assert_connections(&self) {
        let mut connections: HashMap<Arc<str>, BTreeSet<Incarnation>> = HashMap::new();
        for entry in self.entries() {
            for name in &entry.connections {
                connections.entry(Arc::clone(name)).or_default().insert(entry.key());
            }
        }
        assert_eq!(connections, self.connections, "connections");
    }

    fn assert_orders(&self) {
        let order = |filter: fn(&Entry) -> bool| -> BTreeSet<(u64, Incarnation)> {
            self.entries().filter(|entry| filter(entry)).map(Entry::place).collect()
        };
        assert_eq!(order(|e| e.connections.is_empty()), self.detached, "detached");
        assert_eq!(order(|e| !e.connections.is_empty()), self.attached, "attached");
        let deadlines: BTreeSet<_> =
            self.entries().filter_map(|e| Some((e.deadline?, e.key()))).collect();
        assert_eq!(deadlines, self.deadlines, "deadlines");
        assert!(self.waiting.iter().all(|key| self.sessions.contains_key(key)), "waiting");
    }

    fn assert_projects(&self) {
        let names: BTreeSet<_> = self.entries().map(|e| e.subject.project.clone()).collect();
        assert_eq!(names, self.projects.keys().cloned().collect(), "projects");
        assert_eq!(self.populated, self.projects.len(), "populated projects");
        for (name, project) in &self.projects {
            let of = |filter: fn(&Entry) -> bool| -> BTreeSet<Incarnation> {
                let mine = self.entries().filter(|e| e.subject.project == *name && filter(e));
                mine.map(Entry::key).collect()
            };
            assert_eq!(project.reserved, 0, "places in the project");
            assert_eq!(project.sessions, of(|_| true), "sessions of the project");
            assert_eq!(project.live, of(Entry::is_live), "live ones");
            let focused: BTreeSet<Incarnation> =
                project.focused.iter().map(|(_, key)| *key).collect();
            assert_eq!(focused, of(Entry::takes_focus), "focused ones");
            let known = |(seq, key): &(u64, Incarnation)| self.sessions[key].active_seq == *seq;
            assert!(project.focused.iter().all(known), "the order of the focused ones");
        }
    }

    fn assert_counts(&self) {
        let count = |filter: fn(&Entry) -> bool| self.entries().filter(|e| filter(e)).count();
        assert_eq!(self.live, count(Entry::is_live), "live");
        assert_eq!(self.holds, count(|e| e.holds), "holds");
        assert_eq!(self.suspended, count(Entry::is_held_back), "suspended");
        let closed: u64 = self.closed.iter().sum();
        assert_eq!(self.created - closed, self.sessions.len() as u64, "created less closed");
    }

    /// How much the tables that come and go with sessions could hold.
    pub(in crate::registry) fn capacities(&self) -> [usize; 5] {
        [
            self.sessions.capacity(),
            self.by_name.capacity(),
            self.by_id.capacity(),
            self.projects.capacity(),
            self.connections.capacity(),
        ]
    }

    pub(in crate::registry) fn deadlines(&self) -> usize {
        self.deadlines.len()
    }

    pub(in crate::registry) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The orders of use: of the detached sessions, and of the attached ones.
    pub(in crate::registry) fn orders(&self) -> [Vec<Incarnation>; 2] {
        [&self.detached, &self.attached].map(|order| order.iter().map(|(_, key)| *key).collect())
    }
}
