//! What may change between one server and the next: the version of the package on
//! either side, and the namespace of process ids.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::wire::{Fields, send};
use common::{
    ARGUMENTS, Directory, PATIENCE, Server, binary, keeper_of, kill, lives, server, until,
};

/// Not a test: the server that the others start.
#[test]
#[ignore = "a part of the other tests"]
fn a_server_for_the_other_tests() {
    server::run();
}

/// A binary like the real one, but for the version that it says it is of: each
/// digit is replaced.
fn of_version(directory: &Path, digit: u8) -> PathBuf {
    let own = format!("offheap-keeper {}", env!("CARGO_PKG_VERSION")).into_bytes();
    let other: Vec<u8> =
        own.iter().map(|byte| if byte.is_ascii_digit() { digit } else { *byte }).collect();
    let mut bytes = std::fs::read(binary()).expect("the binary");
    let mut found = 0;
    for at in 0..bytes.len() - own.len() {
        if bytes[at..].starts_with(&own) {
            bytes[at..][..own.len()].copy_from_slice(&other);
            found += 1;
        }
    }
    assert!(found > 0, "the binary says its version");
    let folder = directory.join(format!("version-{}", digit - b'0'));
    std::fs::create_dir(&folder).expect("a directory");
    let path = folder.join("offheap-keeper");
    std::fs::write(&path, bytes).expect("a file");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("its mode");
    path
}

fn image(pid: i32) -> PathBuf {
    std::fs::read_link(format!("/proc/{pid}/exe")).expect("a process")
}

const ECHO: &str = "stty -echo; echo ready; while read line; do echo \"got $line\"; done";

#[test]
fn an_older_keeper_is_replaced_and_its_shells_go_on() {
    let directory = Directory::new();
    let old = of_version(&directory.0, b'0');
    let (mut server, _) = Server::start(&directory, &[("SERVER_BINARY", old.to_str().unwrap())]);
    let pid = server.spawn("one", ECHO);
    let other = server.spawn("other", "exec sleep 1000");
    until("the prompt", || (directory.log("one") == "ready\r\n").then_some(()));
    let keeper = keeper_of(&directory.0).expect("a keeper");
    assert_eq!(image(keeper), old);
    server.kill();

    let (mut server, said) = Server::start(&directory, &[]);
    assert!(said.contains(&format!("one={pid}")), "{said}");
    until("the replacement", || (image(keeper) == binary()).then_some(()));
    // It is the same process, with the same connection, and the shells' parent.
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("got on\r\n").then_some(()));
    server.spawn("new", "exec sleep 1000");
    kill(other, libc::SIGTERM);
    assert_eq!(server.line_with("exit"), "exit other 0 15");
    assert_eq!(keeper_of(&directory.0), Some(keeper));
    server.kill();
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.contains(&format!("one={pid}")) && lives(pid), "{said}");
}

#[test]
fn a_newer_keeper_stays_when_an_older_server_comes() {
    let directory = Directory::new();
    let newer = of_version(&directory.0, b'9');
    let (mut server, _) = Server::start(&directory, &[("SERVER_BINARY", newer.to_str().unwrap())]);
    let pid = server.spawn("one", ECHO);
    let keeper = keeper_of(&directory.0).expect("a keeper");
    server.kill();
    let (mut server, said) = Server::start(&directory, &[]);
    assert!(said.contains(&format!("one={pid}")), "{said}");
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("got on\r\n").then_some(()));
    server.spawn("new", "exec sleep 1000");
    assert_eq!((keeper_of(&directory.0), image(keeper)), (Some(keeper), newer));
}

#[test]
fn a_newer_server_says_more_and_is_understood() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    server.spawn("one", ECHO);
    server.kill();
    let mut stream = UnixStream::connect(directory.0.join("keeper.sock")).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let hello = Fields::default().number(7, 1).number(8, 9).bytes(999, b"what is to come");
    stream.write_all(&hello.message(1, 0)).expect("a keeper that reads");
    // Its kind, and of its fields the first: the version to be spoken.
    let mut welcome = [0; 22];
    stream.read_exact(&mut welcome).expect("an answer");
    assert_eq!((welcome[4], u64::from_le_bytes(welcome[14..].try_into().unwrap())), (1, 1));
    // A message that it does not know, and one that it does.
    send(&stream, &Fields::default().number(1, 1).message(500, 0), &[]);
    send(&stream, &Fields::default().number(1, 2).message(3, 0), &[]);
    let mut said: Vec<u8> = Vec::new();
    until("what it has", || {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).expect("an answer");
        said.extend(&bytes[..count]);
        said.windows(3).any(|window| window == b"one").then_some(())
    });
}

#[test]
fn what_becomes_another_program_is_still_known() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let one = server.spawn("one", ECHO);
    let other = server.spawn("other", "stty -echo; echo ready; read line; exec cat");
    for name in ["one", "other"] {
        until("the prompt", || (directory.log(name) == "ready\r\n").then_some(()));
    }
    server.tell("write other now");
    until("the other program", || image(other).ends_with("cat").then_some(()));
    // The same process is another server from here on.
    server.tell("exec");
    let said = server.line_with("ready");
    assert!(said.starts_with("ready 2 2 "), "{said}");
    for shell in [format!("one={one}"), format!("other={other}")] {
        assert!(said.contains(&shell), "{said}");
    }
    assert_eq!(server.ask("name other"), "name Some(\"cat\")");
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("got on\r\n").then_some(()));
    server.tell("kill other 9");
    assert_eq!(server.line_with("exit"), "exit other 0 9");
}

/// A shell's command in a namespace of its own for process ids.
fn elsewhere(script: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]);
    command
}

/// The number that the namespace's next process gets.
const NEXT: &str = "/proc/sys/kernel/ns_last_pid";

#[test]
fn in_another_namespace_a_number_is_not_taken_for_the_shells() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", ECHO);
    let other = server.spawn("other", "exec sleep 1000");
    until("the prompt", || (directory.log("one") == "ready\r\n").then_some(()));
    server.kill();
    let allowed = elsewhere(&format!("echo 100 > {NEXT}")).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no namespace may be made here");
        return;
    }
    // Another process has the shell's number there.
    let script = format!(
        "echo {} > {NEXT}; sleep 1000 & echo \"server: decoy $!\"; exec \"$0\" \"$@\"",
        pid - 1
    );
    let mut command = elsewhere(&script);
    command.arg(std::env::current_exe().expect("this program")).args(ARGUMENTS);
    let mut server = Server::run(command, &directory, &[]);
    assert_eq!(server.line(), format!("decoy {pid}"));
    let said = server.line();
    assert!(said.contains(&format!("one={pid} other={other}")), "{said}");
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("got on\r\n").then_some(()));
    // Signals reach the shells, by way of their keeper, and nobody else.
    server.tell("kill other 15");
    assert_eq!(server.line_with("exit"), "exit other 0 15");
    server.ask("close one");
    until("the shell's end", || (!lives(pid)).then_some(()));
    assert_eq!(server.ask(&format!("lives {pid}")), format!("lives {pid} true"));
    server.kill();
}
