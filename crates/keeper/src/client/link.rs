//! One connection to a keeper, and the thread that listens to it.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use offheap_pty::KeptTerminal;
use parking_lot::{Condvar, Mutex};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::terminal::Found;
use super::{BOUND, Shared};
use crate::channel::{Channel, Frame};
use crate::error::KeeperError;
use crate::protocol::{Malformed, Reply, Request};

/// How often a batch of terminals is asked for again that did not arrive whole.
const TRIES: u32 = 3;
/// What may wait to be sent to a keeper that reads nothing, in bytes.
const MOST_QUEUED: usize = 8 << 20;

pub(super) struct Link {
    channel: Mutex<Channel>,
    /// Wakes the thread: there is something to send.
    bell: OwnedFd,
    heard: OwnedFd,
    questions: Mutex<Questions>,
    answered: Condvar,
}

#[derive(Default)]
struct Questions {
    last: u64,
    waiting: HashMap<u64, Vec<Answer>>,
    /// Asked, given up, not answered yet.
    overdue: HashSet<u64>,
    lost: bool,
}

/// One message of an answer.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) found: Vec<Found>,
    /// Some of the descriptors were lost on the way.
    pub(super) incomplete: bool,
}

impl Link {
    /// Starts to listen.
    pub(super) fn start(channel: Channel, shared: &Arc<Shared>) -> Result<Arc<Self>, KeeperError> {
        let failed = |error: std::io::Error| KeeperError::Start(error.to_string());
        let (heard, bell) = bell().map_err(|error| failed(error.into()))?;
        let link = Arc::new(Self {
            channel: Mutex::new(channel),
            bell,
            heard,
            questions: Mutex::default(),
            answered: Condvar::new(),
        });
        let (thread, shared) = (Arc::clone(&link), Arc::downgrade(shared));
        std::thread::Builder::new()
            .name(String::from("offheap-keeper"))
            .stack_size(256 * 1024)
            .spawn(move || thread.listen(&shared))
            .map_err(failed)?;
        Ok(link)
    }

    /// Whether the connection has ended.
    pub(super) fn is_lost(&self) -> bool {
        self.questions.lock().lost
    }

    /// Asks, and waits for the last message of the answer. Gives up after
    /// [`BOUND`], and at once while an earlier question is overdue.
    pub(super) fn ask(
        &self,
        question: impl FnOnce(u64) -> Request,
        descriptors: Vec<Arc<OwnedFd>>,
        is_last: impl Fn(&Reply) -> bool,
    ) -> Result<Vec<Answer>, KeeperError> {
        let until = Instant::now() + BOUND;
        let mut questions = self.questions.lock();
        if questions.lost {
            return Err(KeeperError::Lost);
        }
        if !questions.overdue.is_empty() {
            return Err(KeeperError::Timeout(BOUND.as_millis()));
        }
        questions.last += 1;
        let number = questions.last;
        questions.waiting.insert(number, Vec::new());
        drop(questions);
        self.send(&question(number), descriptors);
        let mut questions = self.questions.lock();
        loop {
            let answers = questions.waiting.get(&number);
            let complete = answers.is_some_and(|answers| {
                answers.last().is_some_and(|last| last.incomplete || is_last(&last.reply))
            });
            if complete {
                return Ok(questions.waiting.remove(&number).unwrap_or_default());
            }
            if questions.lost {
                questions.waiting.remove(&number);
                return Err(KeeperError::Lost);
            }
            // Judged by the clock, after a last look: an answer may have come after the
            // wait was over and before this thread ran again.
            if Instant::now() >= until {
                questions.waiting.remove(&number);
                questions.overdue.insert(number);
                return Err(KeeperError::Timeout(BOUND.as_millis()));
            }
            self.answered.wait_until(&mut questions, until);
        }
    }

    /// Sends, or leaves it to the thread to send. Where so much waits that
    /// nobody can be reading, the connection is given up.
    pub(super) fn send(&self, request: &Request, descriptors: Vec<Arc<OwnedFd>>) {
        let mut channel = self.channel.lock();
        channel.push(request.encode(), descriptors);
        let broken = channel.flush().is_err() || channel.queued() > MOST_QUEUED;
        if broken {
            let _ = rustix::net::shutdown(channel.socket(), rustix::net::Shutdown::Both);
        }
        let waits = channel.wants_to_write();
        drop(channel);
        if waits {
            let _ = rustix::io::write(&self.bell, &[0]);
        }
    }

    /// Sends what waits, for no longer than that, and ends the connection.
    pub(super) fn end(&self, within: Duration) {
        let until = Instant::now() + within;
        let mut channel = self.channel.lock();
        while channel.flush().is_ok() && channel.wants_to_write() && Instant::now() < until {
            drop(channel);
            std::thread::sleep(Duration::from_millis(2));
            channel = self.channel.lock();
        }
        let _ = rustix::net::shutdown(channel.socket(), rustix::net::Shutdown::Both);
    }

    /// The thread: takes in what the keeper says until it says nothing more.
    fn listen(&self, shared: &Weak<Shared>) {
        let mut failures = 0;
        // What came with the welcome is there already.
        while self.take_in(shared, &mut failures).is_ok() && self.wait_for_news() {}
        let mut questions = self.questions.lock();
        questions.lost = true;
        drop(questions);
        self.answered.notify_all();
        if let Some(shared) = shared.upgrade() {
            shared.lost(self);
        }
    }

    /// Sleeps until there is something to read or room to write; `false` at the
    /// end of the connection.
    fn wait_for_news(&self) -> bool {
        let mut channel = self.channel.lock();
        if channel.flush().is_err() {
            return false;
        }
        let mut flags = PollFlags::IN;
        if channel.wants_to_write() {
            flags |= PollFlags::OUT;
        }
        // The descriptor lives as long as this link, whose thread this is.
        let socket = channel.socket();
        // SAFETY: the channel, and with it the socket, is dropped with the link,
        // which the caller borrows; the lock is not needed to wait.
        let socket = unsafe {
            std::os::fd::BorrowedFd::borrow_raw(std::os::fd::AsRawFd::as_raw_fd(&socket))
        };
        drop(channel);
        let mut wanted = [
            PollFd::from_borrowed_fd(socket, flags),
            PollFd::from_borrowed_fd(self.heard.as_fd(), PollFlags::IN),
        ];
        let result = poll(&mut wanted, None);
        let rung = !wanted[1].revents().is_empty();
        if rung {
            let _ = rustix::io::read(&self.heard, &mut [0_u8; 64]);
        }
        if result.is_err() || wanted[0].revents().is_empty() {
            return true;
        }
        match self.channel.lock().receive() {
            Ok(open) => open,
            Err(Errno::AGAIN | Errno::INTR) => true,
            Err(_) => false,
        }
    }

    fn take_in(&self, shared: &Weak<Shared>, failures: &mut u32) -> Result<(), Malformed> {
        loop {
            let next = self.channel.lock().next_message()?;
            let Some(frame) = next else { return Ok(()) };
            let Some(shared) = shared.upgrade() else { return Ok(()) };
            self.handle(frame, &shared, failures)?;
        }
    }

    fn handle(
        &self,
        frame: Frame,
        shared: &Arc<Shared>,
        failures: &mut u32,
    ) -> Result<(), Malformed> {
        let incomplete = frame.is_incomplete();
        let had_descriptors = frame.expected > 0;
        let Some(reply) = Reply::decode(frame.kind, &frame.fields)? else { return Ok(()) };
        if had_descriptors {
            *failures = if incomplete { *failures + 1 } else { 0 };
            let again = incomplete && *failures < TRIES;
            self.send(if again { &Request::Again } else { &Request::Got }, Vec::new());
            if again {
                return Ok(());
            }
        }
        match reply {
            Reply::Exited { terminal, status } => shared.exited(terminal, status),
            Reply::Leave => shared.events.leave(),
            Reply::Got => self.channel.lock().confirm(),
            Reply::Welcome(_) | Reply::Refused { .. } => return Err(Malformed("out of turn")),
            reply => self.answer(reply, frame.descriptors, incomplete, shared),
        }
        Ok(())
    }

    fn answer(
        &self,
        reply: Reply,
        descriptors: Vec<OwnedFd>,
        incomplete: bool,
        shared: &Arc<Shared>,
    ) {
        let number = match &reply {
            Reply::Spawned { request, .. }
            | Reply::SpawnFailed { request, .. }
            | Reply::Terminals { request, .. }
            | Reply::Name { request, .. }
            | Reply::Done { request, .. } => *request,
            _ => return,
        };
        let found = found(&reply, descriptors, shared);
        let mut questions = self.questions.lock();
        if let Some(answers) = questions.waiting.get_mut(&number) {
            answers.push(Answer { reply, found, incomplete });
            drop(questions);
            self.answered.notify_all();
            return;
        }
        questions.overdue.remove(&number);
        drop(questions);
        // Nobody waits any more for a shell that has come too late.
        if matches!(reply, Reply::Spawned { .. }) {
            for found in found {
                Box::new(found).close();
            }
        }
    }
}

/// The terminals in an answer, known from here on, so that news of them finds
/// them.
fn found(reply: &Reply, descriptors: Vec<OwnedFd>, shared: &Arc<Shared>) -> Vec<Found> {
    let held = match reply {
        Reply::Spawned { held, .. } => std::slice::from_ref(held),
        Reply::Terminals { held, .. } => held.as_slice(),
        _ => return Vec::new(),
    };
    let mut descriptors = descriptors.into_iter();
    let found = held.iter().map(|held| {
        let mut own = descriptors.by_ref().take(held.descriptors.into());
        Found::new(shared, held, own.next(), own.next())
    });
    found.collect()
}

fn bell() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (heard, bell) = rustix::pipe::pipe()?;
    for end in [&heard, &bell] {
        rustix::io::ioctl_fionbio(end, true)?;
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((heard, bell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_comes_while_the_wait_ends_is_taken() {
        let (ours, _keeper) = std::os::unix::net::UnixStream::pair().expect("a connection");
        let (heard, bell) = bell().expect("a pipe");
        let link = Arc::new(Link {
            channel: Mutex::new(Channel::new(ours.into()).expect("a channel")),
            bell,
            heard,
            questions: Mutex::default(),
            answered: Condvar::new(),
        });
        let asking = Arc::clone(&link);
        let take = |request| Request::Take { request };
        let asking = std::thread::spawn(move || asking.ask(take, Vec::new(), |_| true).is_ok());
        while link.questions.lock().waiting.is_empty() {
            std::thread::yield_now();
        }
        // It waits by now. Its time passes while this thread has the lock.
        std::thread::sleep(BOUND / 10);
        let mut questions = link.questions.lock();
        std::thread::sleep(BOUND);
        let reply = Reply::Terminals { request: 1, last: true, held: Vec::new() };
        let answer = Answer { reply, found: Vec::new(), incomplete: false };
        questions.waiting.get_mut(&1).expect("a question").push(answer);
        drop(questions);
        assert!(asking.join().expect("no panic"));
        assert!(link.questions.lock().overdue.is_empty());
    }
}
