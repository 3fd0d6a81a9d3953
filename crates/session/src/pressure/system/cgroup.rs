//! Control groups, version 2 and version 1.
//!
//! Groups are nested and each may have a limit, so every one from ours up to
//! the root is looked at. A container sees its own group as the root.

use std::fs;
use std::path::{Path, PathBuf};

use super::Roots;

/// The limit that is nearest, and what is used of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) used: u64,
    pub(super) limit: u64,
}

/// The files of one version.
struct Files {
    used: &'static str,
    limits: &'static [&'static str],
    /// In `memory.stat`: pages of files, which are dropped before anything else
    /// has to go. What a build reads and writes is no reason to close a session.
    droppable: [&'static str; 2],
}

const V2: Files = Files {
    used: "memory.current",
    // Past `high` the group is slowed down until it hardly moves.
    limits: &["memory.max", "memory.high"],
    droppable: ["inactive_file ", "active_file "],
};
const V1: Files = Files {
    used: "memory.usage_in_bytes",
    limits: &["memory.limit_in_bytes"],
    droppable: ["total_inactive_file ", "total_active_file "],
};

/// Finds the nearest limit; one that is larger than the machine is none.
pub(super) fn read(roots: &Roots, machine: Option<u64>) -> Option<Group> {
    let v2 = folders(roots, &roots.cgroup, "0::").into_iter().map(|folder| (folder, &V2));
    let v1 = folders(roots, &roots.cgroup.join("memory"), "memory:");
    let all = v2.chain(v1.into_iter().map(|folder| (folder, &V1)));
    all.filter_map(|(folder, files)| group(&folder, files))
        .filter(|group| group.limit < machine.unwrap_or(1 << 60))
        .max_by(|a, b| share(*a).total_cmp(&share(*b)))
}

/// Percent of the last 10 s in which all tasks of our group waited for memory.
pub(super) fn stall(roots: &Roots) -> Option<f64> {
    let folder = folders(roots, &roots.cgroup, "0::").into_iter().next()?;
    let text = fs::read_to_string(folder.join("memory.pressure")).ok()?;
    let full = text.lines().find_map(|line| line.strip_prefix("full "))?;
    full.split(' ').find_map(|field| field.strip_prefix("avg10="))?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "a ratio needs no exact bytes")]
fn share(group: Group) -> f64 {
    group.used as f64 / group.limit.max(1) as f64
}

/// Our group's folder and those above it, as far as they can be seen.
fn folders(roots: &Roots, mount: &Path, controller: &str) -> Vec<PathBuf> {
    let text = fs::read_to_string(roots.proc.join("self/cgroup")).unwrap_or_default();
    let mut path = text.lines().find_map(|line| path_of(line, controller));
    let mut folders = Vec::new();
    while let Some(inner) = path.filter(|inner| !inner.is_empty()) {
        folders.push(mount.join(inner));
        path = inner.rsplit_once('/').map(|(outer, _)| outer);
    }
    folders.push(mount.to_owned());
    folders.retain(|folder| folder.is_dir());
    folders
}

/// The path in a line of `/proc/self/cgroup`: `0::/a/b`, `4:memory:/a/b`.
fn path_of<'a>(line: &'a str, controller: &str) -> Option<&'a str> {
    let at = line.find(controller)?;
    Some(line[at + controller.len()..].trim_matches('/'))
}

fn group(folder: &Path, files: &Files) -> Option<Group> {
    let limits = files.limits.iter().filter_map(|name| number(&folder.join(name)));
    let limit = limits.min()?;
    let used = number(&folder.join(files.used))?;
    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let field = |name: &str| stat.lines().find_map(|line| line.strip_prefix(name));
    let bytes = |name: &str| field(name).and_then(|text| text.trim().parse::<u64>().ok());
    let droppable: u64 = files.droppable.iter().filter_map(|name| bytes(name)).sum();
    Some(Group { used: used.saturating_sub(droppable), limit })
}

/// A file with one number; `max` is none.
fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
