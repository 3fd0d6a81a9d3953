//! What the operating system says about memory: one small file for each.

#[cfg(any(target_os = "linux", target_os = "android", test))]
mod cgroup;
#[cfg(any(target_os = "linux", target_os = "android", test))]
mod linux;
#[cfg(target_vendor = "apple")]
mod macos;
#[cfg(any(target_os = "linux", target_os = "android", test))]
mod processes;
#[cfg(windows)]
mod windows;

use std::collections::HashMap;
use std::path::PathBuf;

use super::usage::Usage;

/// Where the system's files are; elsewhere in tests.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", test)),
    expect(dead_code, reason = "only Linux tells by files")
)]
pub(crate) struct Roots {
    /// Usually `/proc`.
    pub(crate) proc: PathBuf,
    /// Usually `/sys/fs/cgroup`.
    pub(crate) cgroup: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: PathBuf::from("/proc"), cgroup: PathBuf::from("/sys/fs/cgroup") }
    }
}

/// Reads all but the V8 heap. What cannot be read is left out.
#[must_use]
pub(crate) fn read(roots: &Roots) -> Usage {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return linux::read(roots);
    #[cfg(target_vendor = "apple")]
    return {
        let _ = roots;
        macos::read()
    };
    #[cfg(windows)]
    return {
        let _ = roots;
        windows::read()
    };
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        windows
    )))]
    return {
        let _ = roots;
        Usage::default()
    };
}

/// Resident memory of the processes of each session (in the sense of `setsid`),
/// by the session's number. Where the system cannot tell, there are none.
#[must_use]
pub(crate) fn sessions_memory(roots: &Roots) -> HashMap<u32, u64> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return processes::by_session(roots);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return {
        let _ = roots;
        HashMap::new()
    };
}

#[cfg(test)]
pub(super) use linux::read as read_linux;
#[cfg(test)]
pub(super) use processes::by_session as read_sessions;
