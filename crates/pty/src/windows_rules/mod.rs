//! What holds on Windows and needs no Windows to be worked out, so that tests
//! run on any platform.

pub(crate) mod batch;
pub(crate) mod failure;
pub(crate) mod question;
pub(crate) mod search;
