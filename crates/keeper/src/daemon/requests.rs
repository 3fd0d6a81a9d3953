//! What the server asks for.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use offheap_pty::{DEFAULT_DRAIN, DEFAULT_MAX_INPUT, SpawnOptions};
use rustix::io::Errno;

use super::Daemon;
use super::terminals::Terminal;
use crate::channel::Frame;
use crate::peer;
use crate::protocol::{Held, Kept, MAX_DESCRIPTORS, Malformed, Reply, Request, Spawn};

/// Most terminals in one message: each has a master and a process.
const BATCH: usize = MAX_DESCRIPTORS / 2;

impl Daemon {
    /// Takes in what the server has sent and does it.
    pub(super) fn on_server(&mut self) {
        let Some(server) = self.seat.server() else { return };
        match server.channel.receive() {
            Ok(true) => self.serve(),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Ok(false) | Err(_) => self.depart(Instant::now()),
        }
    }

    /// Does what stands in the messages that have come.
    pub(super) fn serve(&mut self) {
        while let Some(server) = self.seat.server() {
            let done = match server.channel.next_message() {
                Ok(Some(frame)) => self.handle(frame),
                Ok(None) => return,
                Err(malformed) => Err(malformed),
            };
            if done.is_err() {
                // Who speaks another language is not listened to.
                return self.depart(Instant::now());
            }
        }
    }

    fn handle(&mut self, frame: Frame) -> Result<(), Malformed> {
        let Some(request) = Request::decode(frame.kind, &frame.fields)? else { return Ok(()) };
        match request {
            Request::Hello(_) => return Err(Malformed("a second hello")),
            Request::Spawn(spawn) => self.spawn(spawn),
            Request::Take { request } => self.hand_over(request),
            Request::Got => self.got(),
            Request::Again => self.again(),
            Request::Kill { terminal, signal } => {
                if let Some(terminal) = self.terminals.get(terminal) {
                    terminal.leader().signal(terminal.master.as_deref(), signal);
                }
            }
            Request::Close { terminal, grace } => {
                if let Some(terminal) = self.terminals.get_mut(terminal) {
                    terminal.hang_up(Instant::now(), grace);
                    terminal.master = None;
                    terminal.closed = true;
                }
            }
            Request::Noted { terminal } => {
                if let Some(terminal) = self.terminals.get_mut(terminal) {
                    terminal.closed |= terminal.status.is_some();
                    terminal.master = terminal.master.take().filter(|_| !terminal.closed);
                }
            }
            Request::Name { request, terminal } => self.name(request, terminal),
            Request::Left => self.vacate(Instant::now()),
            Request::Keep(kept) => self.keep(kept, frame.descriptors),
            // That is asked on a connection of its own.
            Request::Upgrade { .. } => return Err(Malformed("out of turn")),
        }
        Ok(())
    }

    pub(super) fn reply(&mut self, reply: &Reply) {
        self.reply_with(reply, Vec::new());
    }

    fn reply_with(&mut self, reply: &Reply, descriptors: Vec<Arc<OwnedFd>>) {
        if let Some(server) = self.seat.server() {
            server.channel.push(reply.encode(), descriptors);
        }
    }

    /// Sends what can be sent.
    pub(super) fn flush(&mut self) {
        if let Some(server) = self.seat.server()
            && server.channel.flush().is_err()
        {
            self.depart(Instant::now());
        }
    }

    /// First it runs and is known, then that is said: a server that is killed
    /// in between finds it.
    fn spawn(&mut self, spawn: Spawn) {
        let request = spawn.request;
        let name = spawn.name.clone();
        if self.ending.is_some() {
            return self.reply(&Reply::SpawnFailed {
                request,
                errno: libc::EAGAIN,
                syscall: String::from("spawn"),
                path: String::from_utf8_lossy(&spawn.file).into_owned(),
                message: String::from("the keeper was told to end"),
            });
        }
        match offheap_pty::launch(&options(spawn)) {
            Ok(launched) => {
                let terminal = Terminal::new(name, launched.pid, launched.master);
                let id = self.terminals.add(terminal);
                let (held, descriptors) = self.held(id);
                if let Some(held) = held {
                    self.reply_with(&Reply::Spawned { request, held }, descriptors);
                }
            }
            Err(error) => self.reply(&Reply::SpawnFailed {
                request,
                errno: error.errno,
                syscall: error.syscall.to_owned(),
                path: error.path,
                message: error.message,
            }),
        }
    }

    /// What is said of a terminal, and the descriptors that go with it.
    fn held(&mut self, id: u64) -> (Option<Held>, Vec<Arc<OwnedFd>>) {
        let Some(terminal) = self.terminals.get_mut(id) else { return (None, Vec::new()) };
        let mut descriptors: Vec<_> = terminal.master.iter().map(Arc::clone).collect();
        if !descriptors.is_empty() && !terminal.reaped {
            let process = match &terminal.foreign {
                Some(foreign) => foreign.try_clone().ok(),
                None => peer::descriptor(terminal.pid),
            };
            descriptors.extend(process.map(Arc::new));
        }
        terminal.told = terminal.status.is_some();
        let held = Held {
            terminal: id,
            name: terminal.name.clone(),
            pid: terminal.pid,
            status: terminal.status,
            descriptors: u8::try_from(descriptors.len()).unwrap_or(0),
        };
        (Some(held), descriptors)
    }

    fn hand_over(&mut self, request: u64) {
        let mut ids = self.terminals.ids();
        ids.retain(|id| self.terminals.get(*id).is_some_and(|terminal| !terminal.closed));
        if let Some(server) = self.seat.server() {
            server.handing = Some((request, ids.into()));
        }
        self.hand_over_some();
    }

    /// The next batch. The one after it follows when this one has arrived.
    fn hand_over_some(&mut self) {
        let Some(server) = self.seat.server() else { return };
        let Some((request, mut ids)) = server.handing.take() else { return };
        let batch: Vec<_> = ids.drain(..ids.len().min(BATCH)).collect();
        let last = ids.is_empty();
        if !last {
            server.handing = Some((request, ids));
        }
        let (mut held, mut descriptors) = (Vec::new(), Vec::new());
        for id in batch {
            let (one, its) = self.held(id);
            held.extend(one);
            descriptors.extend(its);
        }
        self.reply_with(&Reply::Terminals { request, last, held }, descriptors);
    }

    fn got(&mut self) {
        let Some(server) = self.seat.server() else { return };
        server.channel.confirm();
        self.hand_over_some();
    }

    fn again(&mut self) {
        if let Some(server) = self.seat.server() {
            server.channel.repeat();
        }
    }

    fn name(&mut self, request: u64, terminal: u64) {
        let name = self
            .terminals
            .get(terminal)
            .and_then(|terminal| terminal.leader().foreground(terminal.master.as_deref()?));
        self.reply(&Reply::Name { request, name: name.unwrap_or_default() });
    }

    /// A terminal whose keeper has died. Its shell is nobody's child any more
    /// that this process could wait for.
    fn keep(&mut self, kept: Kept, descriptors: Vec<OwnedFd>) {
        self.reply(&Reply::Got);
        let mut descriptors = descriptors.into_iter();
        let (Some(master), process) = (descriptors.next(), descriptors.next()) else {
            let problem = String::from("its descriptor was lost");
            return self.reply(&Reply::Done { request: kept.request, problem, terminal: 0 });
        };
        let process = process.or_else(|| peer::descriptor(kept.pid));
        let Some(process) = process.filter(|process| is_leader(&master, process, kept.pid)) else {
            let problem = String::from("its process is not known here");
            return self.reply(&Reply::Done { request: kept.request, problem, terminal: 0 });
        };
        let mut terminal = Terminal::new(kept.name, kept.pid, master);
        terminal.foreign = Some(process);
        let terminal = self.terminals.add(terminal);
        self.reply(&Reply::Done { request: kept.request, problem: String::new(), terminal });
    }

    /// Tells the server of shells that have ended.
    pub(super) fn tell_exits(&mut self) {
        let Some(server) = self.seat.server() else { return };
        for (id, terminal) in self.terminals.values_mut() {
            if let Some(status) = terminal.status.filter(|_| !terminal.told) {
                terminal.told = true;
                let reply = Reply::Exited { terminal: id, status };
                server.channel.push(reply.encode(), Vec::new());
            }
        }
    }
}

/// Whether a number, a process and a terminal belong together here: a number may
/// be another process's in another namespace.
fn is_leader(master: &OwnedFd, process: &OwnedFd, pid: u32) -> bool {
    let leader = peer::leader_of(master.as_fd());
    let same = pid > 1 && leader.is_some_and(|leader| leader.cast_unsigned() == pid);
    same && peer::process_of(process.as_fd()) == leader
}

fn options(spawn: Spawn) -> SpawnOptions {
    let text = OsString::from_vec;
    SpawnOptions {
        file: text(spawn.file),
        argv0: spawn.argv0.map(text),
        args: spawn.args.into_iter().map(text).collect(),
        env: spawn.env.into_iter().map(|(name, value)| (text(name), text(value))).collect(),
        cwd: PathBuf::from(text(spawn.cwd)),
        size: spawn.size,
        uid: spawn.uid,
        gid: spawn.gid,
        max_input: DEFAULT_MAX_INPUT,
        drain: DEFAULT_DRAIN,
        grace: offheap_pty::DEFAULT_GRACE,
    }
}
