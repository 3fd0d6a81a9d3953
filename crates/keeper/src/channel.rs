//! A connection between a server and a keeper: messages in both directions, with
//! the descriptors that travel with them. Nothing here blocks.

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use crate::protocol::{HEADER, Header, MAX_DESCRIPTORS, Malformed};

/// What one system call takes in, in bytes.
const READ: usize = 16 * 1024;

/// A message that has arrived.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Its kind.
    pub(crate) kind: u16,
    /// Its fields.
    pub(crate) fields: Vec<u8>,
    /// The descriptors that came with it.
    pub(crate) descriptors: Vec<OwnedFd>,
    /// How many should have come.
    pub(crate) expected: usize,
}

impl Frame {
    /// Whether some of its descriptors were lost on the way: this process has
    /// no room for them.
    #[must_use]
    pub(crate) fn is_incomplete(&self) -> bool {
        self.descriptors.len() < self.expected
    }
}

/// A message on its way out.
#[derive(Clone, Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    descriptors: Vec<Arc<OwnedFd>>,
}

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct Channel {
    socket: OwnedFd,
    input: Vec<u8>,
    arrived: Vec<OwnedFd>,
    output: VecDeque<Outgoing>,
    queued: usize,
    /// The last message with descriptors, until the other side has them. No
    /// other such message is sent before.
    unconfirmed: Option<Outgoing>,
}

impl Channel {
    /// A channel over a connected socket.
    ///
    /// # Errors
    /// When the socket cannot be made non-blocking.
    pub(crate) fn new(socket: OwnedFd) -> rustix::io::Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
        Ok(Self {
            socket,
            input: Vec::new(),
            arrived: Vec::new(),
            output: VecDeque::new(),
            queued: 0,
            unconfirmed: None,
        })
    }

    /// The socket.
    #[must_use]
    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Bytes that wait to be sent.
    #[must_use]
    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    /// Whether nothing is half said in either direction.
    #[must_use]
    pub(crate) fn is_at_rest(&self) -> bool {
        let nothing_waits = self.input.is_empty() && self.output.is_empty();
        nothing_waits && self.arrived.is_empty() && self.unconfirmed.is_none()
    }

    /// Whether something could be sent if the socket took it.
    #[must_use]
    pub(crate) fn wants_to_write(&self) -> bool {
        self.output.front().is_some_and(|next| !self.has_to_wait(next))
    }

    fn has_to_wait(&self, message: &Outgoing) -> bool {
        self.unconfirmed.is_some() && !message.descriptors.is_empty() && message.sent == 0
    }

    /// Takes in what has come; `false` at the end of the connection.
    ///
    /// # Errors
    /// What the system says, [`Errno::AGAIN`] when nothing has come.
    pub(crate) fn receive(&mut self) -> rustix::io::Result<bool> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let before = self.input.len();
        self.input.resize(before + READ, 0);
        let result = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut self.input[before..])],
            &mut control,
            receive_flags(),
        );
        self.input.truncate(before + result.as_ref().map_or(0, |message| message.bytes));
        let message = result?;
        for part in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = part {
                self.arrived.extend(descriptors);
            }
        }
        if self.arrived.len() > MAX_DESCRIPTORS {
            // More than belong to one message, and only one with some is under way.
            return Err(Errno::MSGSIZE);
        }
        close_on_exec(&self.arrived);
        debug_assert!(!message.flags.contains(ReturnFlags::TRUNC), "a stream is not cut");
        Ok(message.bytes > 0)
    }

    /// The next message that is complete.
    ///
    /// Descriptors arrive with the first byte of the message that they belong
    /// to, and only one such message is under way: so what has arrived by the
    /// end of a message with descriptors is all that did.
    ///
    /// # Errors
    /// [`Malformed`]: the connection is of no more use.
    pub(crate) fn next_message(&mut self) -> Result<Option<Frame>, Malformed> {
        let Some(header) = Header::read(&self.input)? else { return Ok(None) };
        let end = HEADER + header.length;
        if self.input.len() < end {
            return Ok(None);
        }
        let fields = self.input[HEADER..end].to_vec();
        self.input.drain(..end);
        if self.input.is_empty() {
            // A long message is rare; its room is not kept.
            self.input.shrink_to(READ);
        }
        if self.arrived.len() > header.descriptors && header.descriptors > 0 {
            return Err(Malformed("more descriptors than it says"));
        }
        if self.arrived.len() > MAX_DESCRIPTORS {
            return Err(Malformed("descriptors that belong to nothing"));
        }
        let descriptors = match header.descriptors {
            0 => Vec::new(),
            _ => std::mem::take(&mut self.arrived),
        };
        let expected = header.descriptors;
        Ok(Some(Frame { kind: header.kind, fields, descriptors, expected }))
    }

    /// Puts a message behind what waits.
    pub(crate) fn push(&mut self, bytes: Vec<u8>, descriptors: Vec<Arc<OwnedFd>>) {
        self.queued += bytes.len();
        self.output.push_back(Outgoing { bytes, sent: 0, descriptors });
    }

    /// Sends what the socket takes.
    ///
    /// # Errors
    /// What the system says, but not that the socket is full.
    pub(crate) fn flush(&mut self) -> rustix::io::Result<()> {
        while self.wants_to_write() {
            let Some(next) = self.output.front_mut() else { break };
            match send(&self.socket, next) {
                Ok(count) => {
                    next.sent += count;
                    self.queued -= count;
                }
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error),
            }
            if next.sent == next.bytes.len() {
                let done = self.output.pop_front();
                self.unconfirmed =
                    self.unconfirmed.take().or(done.filter(|done| !done.descriptors.is_empty()));
            }
        }
        Ok(())
    }

    /// The other side has the descriptors of the last message that had some.
    pub(crate) fn confirm(&mut self) {
        self.unconfirmed = None;
    }

    /// The other side has not got all of them: that message is sent again.
    pub(crate) fn repeat(&mut self) {
        if let Some(again) = self.unconfirmed.take() {
            self.queued += again.bytes.len();
            // Not before the rest of a message that is half sent.
            let at = usize::from(self.output.front().is_some_and(|next| next.sent > 0));
            self.output.insert(at, Outgoing { sent: 0, ..again });
        }
    }
}

/// Sends the next piece of a message; descriptors go with its first byte.
fn send(socket: &OwnedFd, message: &Outgoing) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<_> = message.descriptors.iter().map(|each| each.as_fd()).collect();
    if message.sent == 0 && !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    let rest = &message.bytes[message.sent..];
    sendmsg(socket, &[IoSlice::new(rest)], &mut control, send_flags())
}

#[cfg(not(target_vendor = "apple"))]
fn send_flags() -> SendFlags {
    SendFlags::NOSIGNAL | SendFlags::DONTWAIT
}

/// A broken connection raises SIGPIPE here, which both programs ignore.
#[cfg(target_vendor = "apple")]
fn send_flags() -> SendFlags {
    SendFlags::DONTWAIT
}

#[cfg(not(target_vendor = "apple"))]
fn receive_flags() -> RecvFlags {
    RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT
}

#[cfg(target_vendor = "apple")]
fn receive_flags() -> RecvFlags {
    RecvFlags::DONTWAIT
}

#[cfg(not(target_vendor = "apple"))]
fn close_on_exec(_descriptors: &[OwnedFd]) {}

#[cfg(target_vendor = "apple")]
fn close_on_exec(descriptors: &[OwnedFd]) {
    for descriptor in descriptors {
        let _ = fcntl_setfd(descriptor, FdFlags::CLOEXEC);
    }
}
