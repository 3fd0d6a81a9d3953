//! The binding between Node and the crates of offheap-terminal: one file per
//! exported class. It converts, delegates and maps errors; what the product
//! does is done in `crates/`.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::needless_pass_by_value,
    clippy::cast_precision_loss,
    clippy::unused_self,
    reason = "the shapes of exported functions are napi's, and offsets stay below 2^53"
)]

mod args;
mod buffer;
mod callback;
mod circular_buffer;
mod client_options;
mod decoder;
mod error;
mod fast;
mod heap;
mod hub;
mod memory_types;
mod news;
mod playback;
mod promise;
mod pty;
#[cfg(unix)]
mod pty_bare;
mod pty_options;
mod pty_state;
mod recording;
mod recording_options;
mod registry;
mod registry_events;
mod registry_journal;
mod registry_keeper;
mod registry_memory;
mod registry_numbers;
mod registry_types;
mod session;
mod session_screen;
mod session_shell;
mod session_wait;
mod shell_types;
mod subject;
mod theme;
mod viewer;
