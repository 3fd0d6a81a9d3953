//! Wrong directories, hostile connections, and too little of everything.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use common::{Directory, PATIENCE, Server, binary, keeper_of, kill, lives, server, until};
use offheap_keeper::{Events, Keeper, KeeperError, Settings};

/// Not a test: the server that the others start.
#[test]
#[ignore = "a part of the other tests"]
fn a_server_for_the_other_tests() {
    server::run();
}

struct Nothing;

impl Events for Nothing {
    fn leave(&self) {}
}

fn connect(directory: PathBuf, binary: PathBuf) -> Result<Keeper, KeeperError> {
    Keeper::connect_or_start(Settings::new(directory, binary), Arc::new(Nothing))
}

#[track_caller]
fn code(result: Result<Keeper, KeeperError>) -> (&'static str, String) {
    let error = result.expect_err("an error");
    (error.code(), error.to_string())
}

#[test]
fn a_directory_that_is_not_this_users_alone_is_refused() {
    let directory = Directory::new();
    let refused = |path: PathBuf| code(connect(path, binary()));
    let open = directory.0.join("open");
    std::fs::create_dir(&open).expect("a directory");
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o750)).expect("its mode");
    assert_eq!(refused(open.clone()).0, "ERR_KEEPER_DIRECTORY");
    let link = directory.0.join("link");
    symlink(&directory.0, &link).expect("a link");
    assert_eq!(refused(link).0, "ERR_KEEPER_DIRECTORY");
    let file = directory.0.join("file");
    std::fs::write(&file, "").expect("a file");
    assert_eq!(refused(file).0, "ERR_KEEPER_DIRECTORY");
    assert_eq!(refused(directory.0.join("missing")).0, "ERR_KEEPER_DIRECTORY");
    if rustix::process::geteuid().is_root() {
        std::fs::set_permissions(&open, PermissionsExt::from_mode(0o700)).expect("its mode");
        std::os::unix::fs::chown(&open, Some(12_345), None).expect("its owner");
        let (code, said) = refused(open);
        assert_eq!(code, "ERR_KEEPER_DIRECTORY");
        assert!(said.contains("another user"), "{said}");
    }
    assert_eq!(keeper_of(&directory.0), None);
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_none() {
    let parent = Directory::new();
    let directory = Directory::under(&parent.0.join("d".repeat(60)).join("e".repeat(60)), "deep");
    assert!(directory.0.as_os_str().len() > 120);
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", "exec sleep 1000");
    server.kill();
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.ends_with(&format!(": one={pid}")), "{said}");
}

#[test]
fn a_binary_that_is_none_is_said() {
    let directory = Directory::new();
    let (code_, said) = code(connect(directory.0.clone(), PathBuf::from("/no/such/keeper")));
    assert_eq!(code_, "ERR_KEEPER_START");
    assert!(said.contains("/no/such/keeper"), "{said}");
    // One that says nothing and does nothing.
    assert_eq!(
        code(connect(directory.0.clone(), PathBuf::from("/bin/true"))).0,
        "ERR_KEEPER_TIMEOUT"
    );
}

#[test]
fn something_else_in_the_sockets_place_is_left_alone() {
    let directory = Directory::new();
    let place = directory.0.join("keeper.sock");
    std::fs::write(&place, "precious").expect("a file");
    assert_eq!(code(connect(directory.0.clone(), binary())).0, "ERR_KEEPER_DIRECTORY");
    assert_eq!(std::fs::read_to_string(place).expect("a file"), "precious");
}

#[test]
fn of_many_servers_at_once_one_gets_in() {
    let directory = Directory::new();
    let mut servers: Vec<_> = (0..6).map(|_| Server::begin(&directory, &[])).collect();
    let said: Vec<_> = servers.iter_mut().map(Server::line).collect();
    let ready = said.iter().filter(|line| line.starts_with("ready 1 0 ")).count();
    let busy = said.iter().filter(|line| line.starts_with("refused ERR_KEEPER_BUSY")).count();
    assert_eq!((ready, busy), (1, 5), "{said:?}");
}

/// A message: its length, its kind, no descriptors, and its fields.
fn message(kind: u8, fields: &[(u8, u64)]) -> Vec<u8> {
    let mut bytes = vec![kind, 0, 0, 0];
    for (tag, number) in fields {
        bytes.extend([*tag, 0, 8, 0, 0, 0]);
        bytes.extend(number.to_le_bytes());
    }
    let length = u32::try_from(bytes.len()).expect("a short message");
    [&length.to_le_bytes()[..], &bytes].concat()
}

/// The kind of what the keeper says, and the first number in it.
fn answer(stream: &mut UnixStream) -> Option<(u8, u64)> {
    let mut front = [0; 22];
    stream.read_exact(&mut front).ok()?;
    Some((front[4], u64::from_le_bytes(front[14..].try_into().expect("8 bytes"))))
}

/// Kinds of messages, as `protocol` numbers them.
const HELLO: u8 = 1;
const TAKE: u8 = 3;
const LEFT: u8 = 10;
const REFUSED: u8 = 2;
/// Why: the keeper does not speak the server's versions.
const VERSION: u64 = 2;

#[test]
fn hostile_connections_are_cut_off_and_harm_nobody() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", "while read line; do echo \"got $line\"; done");
    let keeper = keeper_of(&directory.0).expect("a keeper");
    let socket = directory.0.join("keeper.sock");
    let connect = || {
        let stream = UnixStream::connect(&socket).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        stream
    };
    let hostile: [&[u8]; 6] = [
        &[0xff; 64],
        &[0; 64],
        b"GET / HTTP/1.1\r\n\r\n",
        // Another message than hello.
        &message(TAKE, &[(1, 1)]),
        // A hello with a field that is longer than it.
        &[10, 0, 0, 0, 1, 0, 0, 0, 7, 0, 255, 255, 255, 255],
        &message(LEFT, &[]),
    ];
    for bytes in hostile {
        let mut stream = connect();
        stream.write_all(bytes).expect("a keeper that reads");
        assert_eq!(answer(&mut stream), None, "{bytes:?}");
    }
    // Those that say nothing take no place for ever.
    let silent: Vec<_> = (0..40).map(|_| connect()).collect();
    let mut last = connect();
    assert_eq!(last.read(&mut [0; 1]).expect("the end"), 0);
    drop(silent);
    server.tell("write one on");
    until("the answer", || directory.log("one").contains("got on\r\n").then_some(()));
    assert!(lives(pid) && lives(keeper));
    let (_second, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("refused ERR_KEEPER_BUSY"), "{said}");
}

#[test]
fn a_hello_of_another_age_is_refused() {
    let directory = Directory::new();
    let (_server, _) = Server::start(&directory, &[]);
    // The oldest and the newest version that it speaks.
    let hello = message(HELLO, &[(7, 1000), (8, 2000)]);
    let mut stream = UnixStream::connect(directory.0.join("keeper.sock")).expect("a connection");
    stream.write_all(&hello).expect("a keeper that reads");
    assert_eq!(answer(&mut stream), Some((REFUSED, VERSION)));
}

/// Sets a process's limit of descriptors, which it could raise itself.
fn limit(pid: i32, most: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: each call reads or writes one structure.
    unsafe {
        libc::prlimit(pid, libc::RLIMIT_NOFILE, std::ptr::null(), &raw mut limit);
        limit.rlim_cur = most;
        let none = std::ptr::null_mut();
        assert_eq!(libc::prlimit(pid, libc::RLIMIT_NOFILE, &raw const limit, none), 0);
    }
}

/// The number that the next descriptor of a process will have.
fn next_descriptor(pid: i32) -> u64 {
    let taken = |number: &u64| PathBuf::from(format!("/proc/{pid}/fd/{number}")).is_symlink();
    (0..1_000_000).find(|number| !taken(number)).expect("a number")
}

#[test]
fn a_keeper_without_descriptors_refuses_and_keeps_what_it_has() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", "exec sleep 1000");
    let keeper = keeper_of(&directory.0).expect("a keeper");
    // What went with the answer is closed once it has arrived.
    let next = until("rest", || {
        let before = next_descriptor(keeper);
        std::thread::sleep(Duration::from_millis(300));
        (next_descriptor(keeper) == before).then_some(before)
    });
    limit(keeper, next);
    let said = server.ask("spawn two exec sleep 1000");
    assert!(said.starts_with("spawn failed EMFILE"), "{said}");
    // A connection cannot be accepted, and does not set it spinning.
    let (_second, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("refused ERR_KEEPER_TIMEOUT"), "{said}");
    let before = cpu(keeper);
    std::thread::sleep(Duration::from_millis(300));
    assert!(cpu(keeper) - before < 10, "the keeper spins");
    limit(keeper, 1024);
    let other = server.spawn("two", "exec sleep 1000");
    server.kill();
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.contains(&format!("one={pid} two={other}")), "{said}");
}

/// Ticks of processor time that a process has had.
fn cpu(pid: i32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let rest = stat.rsplit_once(')').expect("a name").1;
    let fields: Vec<_> = rest.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[test]
fn a_server_without_descriptors_is_refused_and_loses_nothing() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pids: Vec<_> =
        (0..40).map(|each| server.spawn(&format!("s{each}"), "exec sleep 1000")).collect();
    server.kill();
    let (_poor, said) = Server::start(&directory, &[("SERVER_DESCRIPTORS", "50")]);
    assert!(said.starts_with("refused ERR_KEEPER_DESCRIPTORS"), "{said}");
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.contains(" 40 in "), "{said}");
    for pid in pids {
        assert!(said.contains(&format!("={pid}")) && lives(pid), "{said}");
    }
}

#[test]
fn a_server_that_runs_out_of_descriptors_starts_no_more_and_keeps_what_it_has() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[("SERVER_DESCRIPTORS", "40")]);
    let first = server.spawn("first", "while read line; do echo \"got $line\"; done");
    let failed = (0..40).find_map(|each| {
        let said = server.ask(&format!("spawn s{each} exec sleep 1000"));
        said.starts_with("spawn failed").then_some((each, said))
    });
    let (started, failed) = failed.expect("a failure");
    let codes = ["ERR_KEEPER_DESCRIPTORS", "EMFILE"];
    assert!(codes.iter().any(|code| failed.contains(code)), "{failed}");
    server.tell("write first on");
    until("the answer", || directory.log("first").ends_with("got on\r\n").then_some(()));
    server.kill();
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.contains(&format!("first={first} ")) && lives(first), "{said}");
    // The one that came too late was ended.
    assert!(said.contains(&format!(" {} in ", started + 1)), "{said}");
}

/// A user without a name.
const SOMEBODY: u32 = 54_321;

/// Makes a command run as somebody who may not have any number of processes, as
/// root may.
fn as_somebody(command: &mut Command) {
    if rustix::process::geteuid().is_root() {
        std::os::unix::process::CommandExt::uid(command, SOMEBODY);
        std::os::unix::process::CommandExt::gid(command, SOMEBODY);
    }
}

#[test]
fn a_keeper_that_cannot_fork_says_so_and_keeps_what_it_has() {
    let directory = Directory::new();
    let own = std::env::current_exe().expect("this program");
    let mut probe = Command::new(&own);
    as_somebody(probe.arg("--list").stdout(std::process::Stdio::null()));
    if !probe.status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: another user cannot run this program here");
        return;
    }
    if rustix::process::geteuid().is_root() {
        let owner = Some(SOMEBODY);
        std::os::unix::fs::chown(&directory.0, owner, owner).expect("its owner");
    }
    let mut command = Command::new(own);
    as_somebody(command.args(common::ARGUMENTS));
    let mut server = Server::run(command, &directory, &[]);
    server.line_with("ready");
    let pid = server.spawn("one", "while read line; do echo \"got $line\"; done");
    let keeper = keeper_of(&directory.0).expect("a keeper");
    let limits = std::fs::read_to_string(format!("/proc/{keeper}/limits")).expect("a process");
    let line = limits.lines().find(|line| line.starts_with("Max processes")).expect("a line");
    let before = line.split_whitespace().nth(2).expect("a limit").to_owned();
    let limit = |most: &str| {
        let mut command = Command::new("prlimit");
        as_somebody(command.args(["--pid", &keeper.to_string(), &format!("--nproc={most}:")]));
        assert!(command.status().expect("prlimit").success());
    };
    limit("1");
    let said = server.ask("spawn two exec sleep 1000");
    assert!(said.starts_with("spawn failed EAGAIN"), "{said}");
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("got on\r\n").then_some(()));
    limit(&before);
    let other = server.spawn("three", "exec sleep 1000");
    assert!(lives(pid) && lives(other));
}

/// What a process has for itself alone, in KiB.
fn private_memory(pid: i32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("a process");
    let kib = |name: &str| {
        let line = rollup.lines().find(|line| line.starts_with(name)).expect(name);
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect(line)
    };
    kib("Private_Dirty:") + kib("Private_Clean:")
}

#[test]
fn a_thousand_shells_cost_little_and_come_back_at_once() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pids: Vec<_> =
        (0..1000).map(|each| server.spawn(&format!("s{each}"), "exec sleep 1000")).collect();
    let keeper = keeper_of(&directory.0).expect("a keeper");
    let kib = private_memory(keeper);
    assert!(kib < 4096, "the keeper has {kib} KiB");
    let threads = std::fs::read_dir(format!("/proc/{keeper}/task")).expect("a process").count();
    assert_eq!(threads, 1);
    server.kill();
    let (mut server, said) = Server::start(&directory, &[]);
    assert!(said.contains(" 1000 in "), "{said}");
    assert!(private_memory(keeper) < 4096);
    // With nothing to do it does nothing.
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{keeper}/status")).expect("a process");
        let line = status.lines().find(|line| line.starts_with("voluntary")).expect("a line");
        line.split_whitespace().nth(1).and_then(|count| count.parse::<u64>().ok()).expect(line)
    };
    let before = until("rest", || {
        let before = switches();
        std::thread::sleep(Duration::from_millis(300));
        (switches() == before).then_some(before)
    });
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(switches(), before, "it woke up");
    kill(keeper, libc::SIGTERM);
    until("all ends", || (!pids.iter().any(|pid| lives(*pid))).then_some(()));
    server.tell("nothing");
}
