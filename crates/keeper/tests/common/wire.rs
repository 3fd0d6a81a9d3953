//! Messages made by hand, as neither side of the crate would make them.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// Fields under construction.
#[derive(Default)]
pub struct Fields(Vec<u8>);

impl Fields {
    pub fn bytes(mut self, tag: u16, value: &[u8]) -> Self {
        self.0.extend(tag.to_le_bytes());
        self.0.extend(u32::try_from(value.len()).expect("a short field").to_le_bytes());
        self.0.extend(value);
        self
    }

    pub fn number(self, tag: u16, value: u64) -> Self {
        self.bytes(tag, &value.to_le_bytes())
    }

    /// A message of a kind, with which it says that so many descriptors come.
    pub fn message(self, kind: u16, descriptors: u16) -> Vec<u8> {
        let length = u32::try_from(self.0.len() + 4).expect("a short message");
        let kind = kind.to_le_bytes();
        [&length.to_le_bytes()[..], &kind, &descriptors.to_le_bytes(), &self.0].concat()
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Sends bytes, and descriptors with the first of them.
pub fn send(stream: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(64))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    }
    // Whoever is cut off cannot be sent the rest.
    let _ = sendmsg(stream.as_fd(), &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL);
}
