//! Linux: everything is in files.

use std::fs;
use std::path::Path;

use super::{Roots, cgroup};
use crate::pressure::Usage;

pub(in crate::pressure) fn read(roots: &Roots) -> Usage {
    let meminfo = fs::read_to_string(roots.proc.join("meminfo")).unwrap_or_default();
    let machine_total = kibibytes(&meminfo, "MemTotal:");
    let group = cgroup::read(roots, machine_total);
    Usage {
        rss: resident(&roots.proc),
        machine_total,
        machine_available: kibibytes(&meminfo, "MemAvailable:"),
        cgroup_used: group.map(|group| group.used),
        cgroup_limit: group.map(|group| group.limit),
        cgroup_stall: cgroup::stall(roots),
        ..Usage::default()
    }
}

/// The second number of `statm` counts resident pages.
fn resident(proc: &Path) -> Option<u64> {
    let statm = fs::read_to_string(proc.join("self/statm")).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size())
}

#[cfg(unix)]
pub(super) fn page_size() -> u64 {
    // SAFETY: the call only reads a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(4096)
}

/// For tests, which read made-up files on any system.
#[cfg(not(unix))]
pub(super) fn page_size() -> u64 {
    4096
}

fn kibibytes(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}
