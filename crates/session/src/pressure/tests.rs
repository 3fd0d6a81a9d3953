//! Levels from made-up readings, and readings from made-up files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::system::{Roots, read_linux, read_sessions};
use super::*;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// Folders that stand for `/proc` and `/sys/fs/cgroup`.
struct Fake(PathBuf);

impl Fake {
    fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("offheap-{}-{count}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(root)
    }

    fn roots(&self) -> Roots {
        Roots { proc: self.0.join("proc"), cgroup: self.0.join("cgroup") }
    }

    fn read(&self) -> Usage {
        read_linux(&self.roots())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MEMINFO: (&str, &str) =
    ("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n");

#[test]
fn the_process_and_the_machine_are_read() {
    let usage = Fake::new(&[MEMINFO, ("proc/self/statm", "9999 100 3 4 0 5 0\n")]).read();
    assert_eq!(usage.machine_total, Some(16 * GIB));
    assert_eq!(usage.machine_available, Some(8 * GIB));
    assert_eq!(usage.rss.map(|rss| rss % 100), Some(0));
    assert_eq!(usage.cgroup_limit, None);
}

#[test]
fn processes_count_for_their_session_if_it_began_in_this_namespace() {
    let stat = |pid, session, pages| {
        format!("{pid} (sh) S 1 7 {session} 34816 7 0 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 {pages} x")
    };
    let (outside, leader, child) = (stat(9, 0, 500), stat(42, 42, 3), stat(43, 42, 4));
    let fake = Fake::new(&[
        ("proc/9/stat", &outside),
        ("proc/42/stat", &leader),
        ("proc/43/stat", &child),
        ("proc/uptime", "1 1"),
    ]);
    let sums = read_sessions(&fake.roots());
    assert_eq!(sums.keys().collect::<Vec<_>>(), [&42]);
    assert_eq!(sums[&42] % 7, 0, "pages of both");
}

#[test]
fn version_2_counts_what_cannot_be_dropped_against_the_nearest_limit() {
    let usage = Fake::new(&[
        MEMINFO,
        ("proc/self/cgroup", "0::/outer/inner\n"),
        ("cgroup/outer/inner/memory.max", "max\n"),
        ("cgroup/outer/inner/memory.high", "max\n"),
        ("cgroup/outer/inner/memory.current", "104857600\n"),
        ("cgroup/outer/inner/memory.pressure", "some avg10=20.00 avg60=1.00 avg300=0.10 total=9\nfull avg10=12.50 avg60=0.50 avg300=0.00 total=5\n"),
        ("cgroup/outer/memory.max", "1073741824\n"),
        ("cgroup/outer/memory.high", "536870912\n"),
        ("cgroup/outer/memory.current", "314572800\n"),
        ("cgroup/outer/memory.stat", "anon 5\nfile 6\ninactive_file 52428800\nactive_file 52428800\n"),
    ])
    .read();
    assert_eq!(usage.cgroup_limit, Some(512 * MIB), "high is lower than max");
    assert_eq!(usage.cgroup_used, Some(200 * MIB));
    assert_eq!(usage.cgroup_stall, Some(12.5));
}

#[test]
fn a_container_sees_its_group_as_the_root() {
    let usage = Fake::new(&[
        MEMINFO,
        ("proc/self/cgroup", "0::/../../elsewhere\n"),
        ("cgroup/memory.max", "1073741824\n"),
        ("cgroup/memory.current", "1048576\n"),
    ])
    .read();
    assert_eq!((usage.cgroup_used, usage.cgroup_limit), (Some(MIB), Some(GIB)));
}

#[test]
fn version_1_is_read_and_its_word_for_no_limit_known() {
    let with_limit = |limit: &str| {
        Fake::new(&[
            MEMINFO,
            ("proc/self/cgroup", "11:cpu,cpuacct:/a\n4:memory:/docker/x\n"),
            ("cgroup/memory/docker/x/memory.limit_in_bytes", limit),
            ("cgroup/memory/docker/x/memory.usage_in_bytes", "209715200\n"),
            (
                "cgroup/memory/docker/x/memory.stat",
                "inactive_file 1\ntotal_inactive_file 52428800\ntotal_active_file 52428800\n",
            ),
        ])
        .read()
    };
    let usage = with_limit("1073741824\n");
    assert_eq!((usage.cgroup_used, usage.cgroup_limit), (Some(100 * MIB), Some(GIB)));
    assert_eq!(with_limit("9223372036854771712\n").cgroup_limit, None);
}

#[test]
fn nothing_readable_is_no_reading_and_no_alarm() {
    let usage = Fake::new(&[("proc/meminfo", "nonsense\nMemTotal: many kB\n")]).read();
    assert_eq!(usage, Usage::default());
    let judgement = Monitor::default().judge(&Options::default(), &usage);
    assert_eq!((judgement.level, judgement.bound), (Level::Normal, None));
}

#[test]
fn this_system_can_be_read() {
    let usage = system::read(&Roots::default());
    let rss = usage.rss.expect("resident memory");
    assert!(rss > MIB && rss < usage.machine_total.expect("the machine's memory"));
    assert!(usage.machine_available.is_some());
}

fn heap_of_a_gib(used: u64) -> Usage {
    Usage { heap_used: Some(used), heap_limit: Some(GIB), ..Usage::default() }
}

#[test]
fn the_nearest_of_all_limits_counts() {
    let usage = Usage {
        rss: Some(300 * MIB),
        cgroup_used: Some(450 * MIB),
        cgroup_limit: Some(512 * MIB),
        machine_available: Some(8 * GIB),
        ..heap_of_a_gib(100 * MIB)
    };
    let judgement = Monitor::default().judge(&Options::default(), &usage);
    assert_eq!(judgement.level, Level::Warning);
    let bound = judgement.bound.expect("a limit");
    assert_eq!((bound.cause, bound.used), (Cause::Cgroup, 450 * MIB));
}

#[test]
fn a_machine_that_others_fill_is_no_reason_unless_we_could_not_grow() {
    let with_left = |available| Usage {
        rss: Some(100 * MIB),
        machine_total: Some(16 * GIB),
        machine_available: Some(available),
        ..Usage::default()
    };
    let level = |usage| Monitor::default().judge(&Options::default(), &usage).level;
    assert_eq!(level(with_left(GIB)), Level::Normal);
    assert_eq!(level(with_left(20 * MIB)), Level::Warning);
    assert_eq!(level(with_left(5 * MIB)), Level::Critical);
}

#[test]
fn absolute_thresholds_are_for_the_process() {
    let options = Options {
        warning: Threshold::Bytes(800 * MIB),
        critical: Threshold::Bytes(950 * MIB),
        ..Options::default()
    };
    let mut monitor = Monitor::default();
    let mut at = |used| monitor.judge(&options, &heap_of_a_gib(used * MIB)).level;
    assert_eq!(at(799), Level::Normal);
    assert_eq!(at(800), Level::Warning);
    assert_eq!(at(950), Level::Critical);
    assert_eq!(at(905), Level::Critical, "not yet 5 % below");
    assert_eq!(at(900), Level::Warning);
    assert_eq!(at(761), Level::Warning);
    assert_eq!(at(759), Level::Normal);
}

#[test]
fn a_group_that_waits_for_memory_is_a_warning_whatever_its_numbers() {
    let usage = Usage { cgroup_stall: Some(10.0), ..heap_of_a_gib(MIB) };
    let judgement = Monitor::default().judge(&Options::default(), &usage);
    assert_eq!((judgement.level, judgement.near), (Level::Warning, true));
}

#[test]
fn a_session_is_never_counted_as_more_than_full() {
    let measured = Measured {
        sessions: 1,
        held: 10 * MIB,
        closed: 1,
        held_at_close: 0,
        fixed: 2048,
        ceiling: 256 * 1024,
    };
    assert_eq!(measured.per_session(), 2048 + 256 * 1024);
    assert_eq!(sessions_for(u64::MAX, &Measured::default()), u64::MAX);
}
