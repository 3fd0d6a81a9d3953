//! Taking over what an earlier process has left, and leaving it to the next.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use offheap_journal::Recovered;
use offheap_pty::{KeptTerminal, Manner};

use super::core::Registry;
use super::event::{Change, Event};
use super::index::Entry;
use super::info::{Handle, Info};
use super::journals::{JournalFault, Journals, remember};
use super::owner::RegistryOwner;
use super::reason::Reason;
use super::refusal::Refusal;
use super::subject::{Incarnation, Subject};
use crate::meter::Gauge;
use crate::session::Session;

/// How long the reactor may take to hand over what it has just read.
const SETTLE_WITHIN: Duration = Duration::from_millis(500);

impl Registry {
    /// Restores the sessions that an earlier process has left in the journals'
    /// directory, the oldest first: with their histories at the same offsets and
    /// their screens, and without programs. Their clocks start anew. A file that
    /// cannot be restored is told of and stays where it is; so is one whose
    /// session's name is taken.
    ///
    /// # Errors
    /// [`Refusal::Closed`], [`Refusal::NoJournal`], and [`Refusal::Journal`] when
    /// the directory cannot be read.
    pub fn restore(self: &Arc<Self>) -> Result<Vec<(Handle, Info)>, Refusal> {
        self.restore_with(Vec::new())
    }

    /// The same, with the terminals that were kept for the sessions: those go on
    /// with their programs. A terminal whose session's file is gone is closed.
    ///
    /// # Errors
    /// As for [`Registry::restore`].
    pub fn restore_with(
        self: &Arc<Self>,
        kept: Vec<Box<dyn KeptTerminal>>,
    ) -> Result<Vec<(Handle, Info)>, Refusal> {
        let journals = self.journals.as_ref().ok_or(Refusal::NoJournal)?;
        if self.is_shut() {
            return Err(Refusal::Closed);
        }
        journals.claim()?;
        let names = journals.directory().names()?;
        let mut kept: HashMap<_, _> =
            kept.into_iter().map(|terminal| (terminal.name().to_owned(), terminal)).collect();
        let known = self.journal_names();
        let mut restored = Vec::new();
        for name in names.iter().filter(|name| !known.contains(*name)) {
            match journals.directory().recover(name) {
                Ok(recovered) => {
                    let terminal = kept.remove(name);
                    restored.extend(self.take_in(journals, recovered, terminal));
                }
                Err(error) => {
                    let fault = JournalFault::new(journals.path_of(name), &error);
                    self.step().tell(Event::JournalError(fault));
                }
            }
        }
        kept.retain(|name, _| !names.contains(name));
        for (_, terminal) in kept {
            terminal.close();
        }
        Ok(restored)
    }

    /// The journals of the sessions that are here.
    fn journal_names(&self) -> HashSet<String> {
        let sessions: Vec<Arc<Session>> =
            self.step().entries().map(|entry| Arc::clone(entry.session())).collect();
        sessions.iter().filter_map(|session| session.journal_name()).collect()
    }

    /// Puts a restored session into the indexes and tells of it.
    fn take_in(
        self: &Arc<Self>,
        journals: &Journals,
        recovered: Recovered,
        terminal: Option<Box<dyn KeptTerminal>>,
    ) -> Option<(Handle, Info)> {
        let path = journals.path_of(recovered.journal.name());
        let created_ms = recovered.identity.created_ms;
        let recordings = recovered.identity.recordings.clone();
        let new = remember(recovered.identity.clone());
        let session = Session::restored(recovered, Arc::clone(&self.meter));
        let manner = Manner { max_input: self.options.max_input, ..Manner::default() };
        let pty = match terminal.map(|kept| session.take_terminal(kept, manner)).transpose() {
            Ok(pty) => pty,
            Err(error) => {
                // Its shell runs: without its terminal it is not restored.
                self.step().tell(Event::JournalError(JournalFault::terminal(path, &error)));
                return None;
            }
        };
        let now = self.clock.now();
        let mut step = self.step();
        let key = step.next_incarnation();
        let id = new.id.clone().unwrap_or_default();
        let subject = Subject::new((new.project.clone(), id), key);
        if step.is_shut() || step.is_taken(&subject.name()) {
            // Dropped without being closed, so that its file stays, and its
            // terminal as well.
            session.leave_terminal();
            step.tell(Event::JournalError(JournalFault::taken(path, &subject)));
            return None;
        }
        session.take_over(key);
        session.set_owner(Arc::new(RegistryOwner { registry: Arc::downgrade(self), key }));
        step.reserve(&subject);
        let alive = pty.is_some();
        let entry = if alive {
            Entry::new(subject, new, session, now, created_ms)
        } else {
            Entry::restored(subject, new, session, now, created_ms)
        };
        let focused = step.has_focus_left(&entry.subject().project, self.options.max_focused);
        step.insert(entry, self.terms().inactive_after(now), focused);
        self.meter.add(Gauge::Sessions, 1);
        step.wake_timer(key);
        step.set_hold(key, alive);
        step.tell_of(key, Change::Restored { alive });
        let made = step.get(key).map(|entry| (entry.handle(), entry.info(&self.clock)));
        drop(step);
        if let Some((handle, _)) = &made {
            // Before its terminal is read on.
            self.record_restored(handle, recordings);
        }
        if let Some(pty) = pty {
            if let Some((handle, _)) = &made {
                // Screens are drawn one after the other, and nobody waits for them.
                let session = Arc::clone(&handle.session);
                offheap_pty::reactor::spawn(async move { session.hear_restored() });
            }
            pty.begin();
        }
        made
    }

    /// Lets go of all sessions, so that the next process can restore them, and
    /// takes no more; how many there were. Sessions that have no journal are
    /// closed. Idempotent.
    pub fn leave(&self) -> usize {
        if self.journals.is_none() {
            self.shut();
            return 0;
        }
        let mut step = self.step();
        let (first, keys) = (step.shut(), step.keys());
        let sessions: Vec<Arc<Session>> =
            step.entries().map(|entry| Arc::clone(entry.session())).collect();
        drop(step);
        // All terminals first, so that what was being read of them is waited for
        // but once. A reactor that hangs is not waited for.
        if sessions.iter().filter(|session| session.leave_terminal()).count() > 0 {
            let _ = offheap_pty::reactor::settle(SETTLE_WITHIN);
        }
        let count = keys.iter().filter(|key| self.leave_one(**key)).count();
        // The next process goes on with the recordings: they are let go of before
        // it can. A disk that stands still is not waited for.
        if sessions.iter().any(|session| !session.recordings().is_empty()) {
            offheap_recording::flush(SETTLE_WITHIN);
        }
        self.finish_shut(first);
        count
    }

    fn leave_one(&self, key: Incarnation) -> bool {
        let Some(session) = self.step().take_out(key, Reason::Left) else { return false };
        let left = session.leave();
        session.close();
        left
    }

    /// Ends the registry because its process ends: what has journals is left,
    /// since nobody has said that it is to be closed.
    pub fn abandon(&self) {
        if self.journals.is_some() {
            self.leave();
        } else {
            self.shut();
        }
    }
}
