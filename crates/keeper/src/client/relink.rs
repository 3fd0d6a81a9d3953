//! When the connection to a keeper ends: the terminals go on, and another
//! keeper gets them.

use std::sync::Arc;
use std::time::Duration;

use offheap_pty::{ExitStatus, KeptTerminal};

use super::link::Link;
use super::terminal::{Found, Terminal};
use super::{Settings, Shared, State, connect, renewal};
use crate::error::KeeperError;
use crate::peer;
use crate::protocol::{Kept, Reply, Request};

/// The pauses before each try to have another keeper. The next spawn begins
/// anew.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)];

impl Shared {
    /// Keeps a terminal in mind for as long as somebody has it.
    pub(super) fn remember(&self, terminal: &Arc<Terminal>) {
        let mut state = self.state.lock();
        state.terminals.retain(|known| known.strong_count() > 0);
        state.terminals.push(Arc::downgrade(terminal));
    }

    pub(super) fn terminals(&self) -> Vec<Arc<Terminal>> {
        let state = self.state.lock();
        state.terminals.iter().filter_map(std::sync::Weak::upgrade).collect()
    }

    pub(super) fn exited(&self, number: u64, status: ExitStatus) {
        // One that was handed over twice is known twice.
        for terminal in self.terminals().iter().filter(|known| known.number() == number) {
            if status == ExitStatus::UNKNOWN {
                // The system may tell this process more than the keeper.
                terminal.report.set_held(false);
            } else {
                terminal.report.tell(status);
            }
        }
    }

    /// A connection has ended, on its own thread.
    pub(super) fn lost(self: &Arc<Self>, link: &Link) {
        let mut state = self.state.lock();
        if state.link.as_ref().is_some_and(|current| std::ptr::eq(current.as_ref(), link)) {
            state.link = None;
        }
        drop(state);
        for terminal in self.terminals() {
            terminal.set_number(0);
            terminal.report.set_held(false);
        }
        let mut state = self.state.lock();
        if !state.left && !state.relinking {
            let _ = self.begin_to_relink(&mut state);
        }
    }

    /// Looks for another keeper, on a thread of its own.
    pub(super) fn begin_to_relink(self: &Arc<Self>, state: &mut State) -> Result<(), KeeperError> {
        state.relinking = true;
        let shared = Arc::clone(self);
        let begun = std::thread::Builder::new()
            .name(String::from("offheap-relink"))
            .stack_size(256 * 1024)
            .spawn(move || shared.relink());
        if let Err(error) = begun {
            state.relinking = false;
            return Err(KeeperError::Start(error.to_string()));
        }
        Ok(())
    }

    fn relink(self: Arc<Self>) {
        for pause in PAUSES {
            std::thread::sleep(pause);
            if self.state.lock().left || self.try_to_relink().is_ok() {
                break;
            }
        }
        self.state.lock().relinking = false;
        self.changed.notify_all();
    }

    fn try_to_relink(self: &Arc<Self>) -> Result<(), KeeperError> {
        // It is not for a server that is there already to drive another out.
        let settings = Settings { takeover: false, ..self.settings.clone() };
        let (channel, welcome) = connect::connect_or_start(&self.place, &settings)?;
        let link = Link::start(channel, self)?;
        let kept = self.recognise(&link)?;
        self.state.lock().welcome = welcome;
        for terminal in self.terminals() {
            if terminal.number() == 0 && !kept.contains(&terminal.name) {
                // What cannot be given away is still here.
                let _ = give(&link, &terminal);
            }
        }
        self.state.lock().link = Some(link);
        self.changed.notify_all();
        renewal::begin(self);
        Ok(())
    }

    /// A keeper whose connection broke, but which lives, has the terminals
    /// still. The names of those it has.
    fn recognise(&self, link: &Link) -> Result<Vec<String>, KeeperError> {
        let known = self.terminals();
        let answers = link.ask(
            |request| Request::Take { request },
            Vec::new(),
            |reply| matches!(reply, Reply::Terminals { last: true, .. }),
        )?;
        let mut names = Vec::new();
        for found in answers.into_iter().flat_map(|answer| answer.found) {
            let mut own = known.iter().filter(|terminal| terminal.number() == 0);
            if let Some(terminal) = own.find(|terminal| terminal.pid == found.pid()) {
                take_back(terminal, &found);
                names.push(terminal.name.clone());
            }
        }
        Ok(names)
    }
}

/// The keeper goes on to have it, under the number that it says.
fn take_back(terminal: &Terminal, found: &Found) {
    terminal.set_number(found.number());
    terminal.report.set_held(true);
    if let Some(status) = found.status() {
        terminal.report.tell(status);
    }
}

/// Gives a terminal to a keeper that did not start its shell.
fn give(link: &Link, terminal: &Terminal) -> Option<()> {
    let master = terminal.pty()?.duplicate_master()?;
    // The process is the terminal's leader, or its number is another's by now.
    if peer::leader_of(std::os::fd::AsFd::as_fd(&master))?.cast_unsigned() != terminal.pid {
        return None;
    }
    let mut descriptors = vec![Arc::new(master)];
    descriptors.extend(peer::descriptor(terminal.pid).map(Arc::new));
    let kept = |request| {
        Request::Keep(Kept {
            request,
            name: terminal.name.clone().into_bytes(),
            pid: terminal.pid,
            descriptors: u8::try_from(descriptors.len()).unwrap_or(0),
        })
    };
    let answer = link.ask(kept, descriptors.clone(), |_| true).ok()?.pop()?;
    if let Reply::Done { terminal: number, .. } = answer.reply {
        terminal.set_number(number);
    }
    Some(())
}
