//! What becomes of output while no server is there.

#![cfg(target_os = "linux")]

mod common;

use common::{Directory, Server, keeper_of, lives, server, until};
use offheap_journal::Exit;

/// Not a test: the server that the others start.
#[test]
#[ignore = "a part of the other tests"]
fn a_server_for_the_other_tests() {
    server::run();
}

/// Starts a shell that prints when a file comes, and kills its server.
fn printer(directory: &Directory, drain_after: &str, then: &str) -> (String, i32) {
    let (mut server, _) = Server::start(directory, &[("SERVER_DRAIN_AFTER", drain_after)]);
    let go = directory.0.join("go");
    let script =
        format!("while [ ! -e {} ]; do sleep 0.01; done; seq 1 20000; {then}", go.display());
    server.tell(&format!("journaled one {script}"));
    let said = server.line_with("spawned");
    let mut words = said.split(' ').skip(1);
    let name = words.next().expect("a name").to_owned();
    let pid = words.next().and_then(|pid| pid.parse().ok()).expect("a process id");
    server.kill();
    std::fs::write(go, "").expect("a file");
    (name, pid)
}

fn numbers() -> String {
    let lines: Vec<_> = (1..=20000).map(|line| line.to_string()).collect();
    lines.join("\r\n") + "\r\n"
}

/// What a journal has, and how its program ended.
fn history(directory: &Directory, name: &str) -> (String, Option<Exit>) {
    let journals = offheap_journal::Directory::open(&directory.0, None).expect("a directory");
    let found = journals.recover(name).expect("a journal");
    let span = found.ring.slices(0, usize::MAX);
    let text = String::from_utf8([span.head, span.tail].concat()).expect("text");
    (text, found.life.exit)
}

#[test]
fn output_goes_to_the_journal_and_the_program_goes_on() {
    let directory = Directory::new();
    let (name, pid) = printer(&directory, "50", "exec sleep 1000");
    let command = format!("/proc/{pid}/cmdline");
    until("the program's next step", || {
        std::fs::read(&command).ok()?.starts_with(b"sleep").then_some(())
    });
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.ends_with(&format!(": {name}={pid}")), "{said}");
    // What was still in the terminal is the server's to read; nothing is missing.
    let (drained, exit) = history(&directory, &name);
    assert_eq!(exit, None);
    assert!(drained.len() > 64 * 1024, "only {} bytes were taken", drained.len());
    until("the rest", || (drained.clone() + &directory.log(&name) == numbers()).then_some(()));
}

#[test]
fn an_end_is_written_down_and_the_keeper_has_nothing_to_keep() {
    let directory = Directory::new();
    let (name, pid) = printer(&directory, "0", "exit 3");
    directory.wait_for_end();
    assert!(!lives(pid));
    let exit = Some(Exit { code: 3, signal: 0 });
    assert_eq!(history(&directory, &name), (numbers(), exit));
}

#[test]
fn before_its_time_nothing_is_read() {
    let directory = Directory::new();
    let (name, pid) = printer(&directory, "3600000", "exec sleep 1000");
    // It waits in its write: more than the terminal takes is not printed.
    let child = until("the printing program", || {
        let children = format!("/proc/{pid}/task/{pid}/children");
        let child = std::fs::read_to_string(children).ok()?;
        let child = child.split_whitespace().next()?.to_owned();
        let name = std::fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        let call = std::fs::read_to_string(format!("/proc/{child}/wchan")).ok()?;
        (name == "seq\n" && call != "0").then_some(child)
    });
    assert!(lives(child.parse().expect("a number")));
    let (_server, _) = Server::start(&directory, &[]);
    until("all of it", || (directory.log(&name) == numbers()).then_some(()));
    assert_eq!(history(&directory, &name), (String::new(), None));
}

#[test]
fn without_a_journal_a_program_waits() {
    let directory = Directory::new();
    let (name, pid) = printer(&directory, "0", "exec sleep 1000");
    std::fs::remove_file(directory.0.join(&name)).expect("a journal");
    let (_server, said) = Server::start(&directory, &[]);
    assert!(said.ends_with(&format!(": {name}={pid}")), "{said}");
    let all = until("the rest", || {
        let log = directory.log(&name);
        log.ends_with("20000\r\n").then_some(log)
    });
    // What was read before the file was gone went there.
    assert!(numbers().ends_with(&all));
    assert!(keeper_of(&directory.0).is_some());
}
