//! The bounded queue of input bytes, emptied by the writing thread.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use bytes::BytesMut;
use parking_lot::{Condvar, Mutex};

use crate::{Sink, WriteError};

/// Up to this many bytes, what waits is joined in one piece.
const JOINED: usize = 4096;

pub(super) struct Input {
    limit: usize,
    sink: Arc<dyn Sink>,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<BytesMut>,
    /// Bytes that wait or are being written.
    queued: usize,
    /// A writer was told that its data waits, so it is told when it does not.
    owed: bool,
    closed: bool,
}

impl Input {
    pub(super) fn new(limit: usize, sink: Arc<dyn Sink>) -> Self {
        Self { limit, sink, state: Mutex::default(), news: Condvar::new() }
    }

    pub(super) fn queued(&self) -> usize {
        self.state.lock().queued
    }

    /// Drops what waits and refuses what comes; the writing thread ends.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.queued = 0;
        state.waiting = VecDeque::new();
        self.news.notify_all();
    }

    /// Takes all of `data` or nothing. The thread writes what comes alone at
    /// once, which counts as not waiting.
    pub(super) fn write(&self, data: &[u8]) -> Result<bool, WriteError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(WriteError::Exited);
        }
        let queued = state.queued;
        if queued.saturating_add(data.len()) > self.limit {
            return Err(WriteError::QueueFull { queued, limit: self.limit });
        }
        state.owed |= queued > 0;
        let direct = !state.owed;
        self.push(&mut state, data);
        Ok(direct)
    }

    /// An answer of our own, whatever the bound.
    pub(super) fn answer(&self, data: &[u8]) {
        self.push(&mut self.state.lock(), data);
    }

    fn push(&self, state: &mut State, data: &[u8]) {
        state.queued += data.len();
        // Little joins what is there: a queue of single bytes would take many
        // times the memory that they are counted for.
        match state.waiting.back_mut() {
            Some(last) if last.len() + data.len() <= JOINED => last.extend_from_slice(data),
            _ if data.is_empty() => {}
            _ => state.waiting.push_back(BytesMut::from(data)),
        }
        self.news.notify_one();
    }

    /// Writes until the queue is closed or the console takes no more.
    pub(super) fn drain_into(&self, mut writer: impl Write) {
        while let Some(chunk) = self.next() {
            if writer.write_all(&chunk).and_then(|()| writer.flush()).is_err() {
                return self.close();
            }
            self.written(chunk.len());
        }
    }

    fn next(&self) -> Option<BytesMut> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(chunk) = state.waiting.pop_front() {
                return Some(chunk);
            }
            self.news.wait(&mut state);
        }
    }

    fn written(&self, count: usize) {
        let mut state = self.state.lock();
        state.queued = state.queued.saturating_sub(count);
        let tell = state.queued == 0 && !state.closed && std::mem::take(&mut state.owed);
        drop(state);
        if tell {
            self.sink.drained();
        }
    }
}
