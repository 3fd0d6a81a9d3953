//! The bounded queue of input bytes on their way to the program.
//!
//! What the terminal takes at once is written by the caller, without a detour
//! through the reactor: an echo costs one thread switch less. What it does not
//! take waits here, in order, and the reactor writes it when there is room. No
//! lock is held while a system call runs.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use parking_lot::Mutex;
use rustix::io::Errno;
use tokio::sync::Notify;

use super::Master;
use crate::{Sink, WriteError};

/// Up to this many bytes, what waits is joined in one piece.
const JOINED: usize = 4096;

pub(super) struct Input {
    limit: usize,
    sink: Arc<dyn Sink>,
    state: Mutex<State>,
    /// The reactor writes no more: it would hold the terminal until the program
    /// reads, which it may never do.
    closing: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<BytesMut>,
    queued: usize,
    /// Somebody is writing outside the lock; whoever comes meanwhile queues.
    writing: bool,
    closed: bool,
}

impl State {
    /// Puts data at the end. Little joins what is there: a queue of single
    /// bytes would take many times the memory that they are counted for.
    fn append(&mut self, data: &[u8]) {
        match self.waiting.back_mut() {
            Some(last) if last.len() + data.len() <= JOINED => last.extend_from_slice(data),
            _ if data.is_empty() => {}
            _ => self.waiting.push_back(BytesMut::from(data)),
        }
    }
}

impl Input {
    pub(super) fn new(limit: usize, sink: Arc<dyn Sink>) -> Self {
        Self { limit, sink, state: Mutex::default(), closing: Notify::new() }
    }

    pub(super) fn queued(&self) -> usize {
        self.state.lock().queued
    }

    /// Drops what waits and refuses what comes.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.queued = 0;
        state.waiting = VecDeque::new();
        drop(state);
        self.closing.notify_one();
    }

    /// Takes all of `data` or nothing; `Ok(true)` when nothing waits after it.
    pub(super) fn write(
        self: &Arc<Self>,
        master: &Master,
        data: &[u8],
    ) -> Result<bool, WriteError> {
        if !self.claim(data)? {
            return Ok(false);
        }
        let written = write_some(master.get_ref(), data);
        Ok(self.settle(master, &data[written..]))
    }

    /// Decides who writes: `true` means the caller does, `false` that the data
    /// went into the queue behind what waits there.
    fn claim(&self, data: &[u8]) -> Result<bool, WriteError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(WriteError::Exited);
        }
        let queued = state.queued;
        if queued.saturating_add(data.len()) > self.limit {
            return Err(WriteError::QueueFull { queued, limit: self.limit });
        }
        if state.writing {
            state.queued += data.len();
            state.append(data);
            return Ok(false);
        }
        state.writing = true;
        // Counted while it is in flight, so that the bound holds for all.
        state.queued += data.len();
        Ok(true)
    }

    /// After a direct write: the rest goes to the front of the queue and the
    /// reactor carries on, if there is a rest.
    fn settle(self: &Arc<Self>, master: &Master, rest: &[u8]) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        if !rest.is_empty() {
            state.waiting.push_front(BytesMut::from(rest));
        }
        state.queued = state.waiting.iter().map(BytesMut::len).sum();
        if state.waiting.is_empty() {
            state.writing = false;
            return true;
        }
        drop(state);
        crate::reactor::spawn(Arc::clone(self).drain(Arc::clone(master)));
        false
    }

    /// Writes until nothing waits, one write per readiness so that a large
    /// paste does not keep other terminals waiting.
    async fn drain(self: Arc<Self>, master: Master) {
        while let Some(mut chunk) = self.next() {
            while chunk.has_remaining() {
                let writable = tokio::select! {
                    biased;
                    () = self.closing.notified() => return,
                    writable = master.writable() => writable,
                };
                let Ok(mut guard) = writable else { return };
                match write_once(master.get_ref(), &chunk) {
                    Ok(written) => {
                        chunk.advance(written);
                        if !self.taken(written) {
                            return;
                        }
                        // Not after the last: a program that ends with its
                        // input would be met by the reader first, and the
                        // drain not be told.
                        if self.queued() > 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                    Err(Errno::AGAIN) => {
                        let hung_up = guard.ready().is_write_closed();
                        guard.clear_ready();
                        if hung_up && !self.wait_for_end().await {
                            return;
                        }
                    }
                    Err(Errno::INTR) => {}
                    Err(_) => return self.close(),
                }
            }
        }
    }

    /// A hang-up stays on the descriptor, so it always seems ready, and takes
    /// nothing. The reader is about to meet the end; should somebody open the
    /// terminal again first, writing goes on. `false` when the end has come.
    async fn wait_for_end(&self) -> bool {
        tokio::time::sleep(super::HUNG_UP_PAUSE).await;
        !self.state.lock().closed
    }

    fn next(&self) -> Option<BytesMut> {
        let mut state = self.state.lock();
        let next = state.waiting.pop_front();
        if next.is_none() && !state.closed {
            state.writing = false;
            drop(state);
            self.sink.drained();
        }
        next
    }

    fn taken(&self, written: usize) -> bool {
        let mut state = self.state.lock();
        state.queued = state.queued.saturating_sub(written);
        !state.closed
    }
}

/// Writes as much as the terminal takes now. A failure is left for the
/// reactor, which meets it again and closes the queue.
fn write_some(fd: &OwnedFd, data: &[u8]) -> usize {
    let mut written = 0;
    while written < data.len() {
        match rustix::io::write(fd, &data[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    written
}

fn write_once(fd: &OwnedFd, data: &[u8]) -> Result<usize, Errno> {
    rustix::io::write(fd, data)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rustix::termios::OptionalActions;
    use tokio::io::unix::AsyncFd;

    use super::super::open::{self, Pair};
    use super::*;
    use crate::{ExitStatus, Gate, GateBell, PtySize};

    #[test]
    fn small_pieces_that_wait_are_joined_and_empty_ones_are_none() {
        let mut state = State::default();
        for byte in 0..=255_u8 {
            for _ in 0..64 {
                state.append(&[byte]);
                state.append(&[]);
            }
        }
        assert_eq!(state.waiting.len(), 4);
        let joined: Vec<u8> = state.waiting.iter().flatten().copied().collect();
        let expected: Vec<u8> = (0..=255_u8).flat_map(|byte| [byte; 64]).collect();
        assert_eq!(joined, expected);
    }

    #[derive(Default)]
    struct Nobody(GateBell);

    impl Sink for Nobody {
        fn output(&self, _bytes: &[u8]) {}
        fn gate(&self) -> Gate {
            Gate::Open
        }
        fn gate_bell(&self) -> &GateBell {
            &self.0
        }
        fn exited(&self, _status: ExitStatus) {}
        fn ended(&self) {}
        fn drained(&self) {}
    }

    /// A terminal whose program takes no input, and the program's side of it.
    fn deaf_terminal() -> (Master, OwnedFd) {
        let Pair { master, slave } = open::open(PtySize::new(80, 24)).expect("a terminal");
        let mut modes = rustix::termios::tcgetattr(&slave).expect("its modes");
        modes.make_raw();
        rustix::termios::tcsetattr(&slave, OptionalActions::Now, &modes).expect("raw modes");
        let _context = crate::reactor::handle().enter();
        // SAFETY: an `OwnedFd` is open and stays the same descriptor until dropped.
        let master = unsafe { AsyncFd::register(master) }.expect("a watched descriptor");
        (Arc::new(master), slave)
    }

    #[test]
    fn a_close_lets_go_of_the_terminal_although_input_waits() {
        let (master, _slave) = deaf_terminal();
        let input = Arc::new(Input::new(1 << 20, Arc::<Nobody>::default()));
        assert_eq!(input.write(&master, &[b'x'; 500_000]), Ok(false));
        // Long enough for the reactor to write what fits and wait for more room.
        std::thread::sleep(Duration::from_millis(100));
        assert!(input.queued() > 0, "the terminal took everything");
        input.close();
        let master = Arc::downgrade(&{ master });
        let end = Instant::now() + Duration::from_secs(5);
        while master.strong_count() > 0 {
            assert!(Instant::now() < end, "the descriptor is still held");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn nothing_does_not_wait() {
        let mut state = State::default();
        for _ in 0..1000 {
            state.append(&[]);
        }
        assert!(state.waiting.is_empty());
    }
}
