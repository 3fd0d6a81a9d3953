//! How short memory is: what is used, what the limits are, and how near.
//!
//! Readings come from the system ([`system`]) and, for the V8 heap, from whoever
//! runs in its thread. This module judges them; what is done about it is the
//! registry's business.

mod capacity;
mod level;
mod options;
pub(crate) mod system;
mod threshold;
mod usage;

#[cfg(test)]
mod tests;

pub(crate) use capacity::{Measured, sessions_for};
pub(crate) use level::Monitor;
pub use level::{Judgement, Level};
pub use options::{Actions, Options};
pub use threshold::{Bound, Cause, Threshold};
pub use usage::Usage;

/// Hands memory that the allocator keeps for later back to the system, where
/// the allocator can be asked to.
pub(crate) fn trim_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call takes no pointer and may be made from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
