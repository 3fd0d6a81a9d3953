//! Shells that outlive their server: real processes, really killed.

#![cfg(target_os = "linux")]

mod common;

use common::{Directory, Server, keeper_of, kill, lives, server, until};

/// Not a test: the server that the others start.
#[test]
#[ignore = "a part of the other tests"]
fn a_server_for_the_other_tests() {
    server::run();
}

/// Prints a numbered line whenever one is typed, and once more when a file
/// comes, which nobody has typed.
const COUNTER: &str = "stty -echo; n=0; echo ready; while read line; do n=$((n+1)); \
                       echo \"$line $n\"; done";

#[test]
fn twenty_kills_and_the_same_shell_goes_on_at_the_next_byte() {
    let directory = Directory::new();
    let (mut server, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("ready 1 0 "), "{said}");
    let script = format!(
        "(while :; do if [ -e {0}/go ]; then rm {0}/go; seq 1 400; fi; sleep 0.01; done) & {COUNTER}",
        directory.0.display()
    );
    let pid = server.spawn("one", &script);
    let mut expected = String::from("ready\r\n");
    until("the prompt", || (directory.log("one") == expected).then_some(()));
    for round in 1..=20 {
        server.tell(&format!("write one typed {round}"));
        expected.extend(["typed ", &round.to_string(), " ", &round.to_string(), "\r\n"]);
        until("the answer", || (directory.log("one") == expected).then_some(()));
        server.kill();
        // It prints while nobody is there.
        let go = directory.0.join("go");
        std::fs::write(&go, "").expect("a file");
        until("the printing", || (!go.exists()).then_some(()));
        expected.extend((1..=400).flat_map(|line| [line.to_string(), String::from("\r\n")]));
        let (next, said) = Server::start(&directory, &[]);
        assert!(said.starts_with(&format!("ready {} 1 ", round + 1)), "{said}");
        assert!(said.ends_with(&format!(": one={pid}")), "{said}");
        server = next;
        until("what was printed meanwhile", || (directory.log("one") == expected).then_some(()));
    }
    server.ask("close one");
    until("the shell's end", || (!lives(pid)).then_some(()));
    server.kill();
    directory.wait_for_end();
}

#[test]
fn what_ended_meanwhile_is_told_after_its_last_byte() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let go = directory.0.join("go");
    let wait = format!("while [ ! -e {} ]; do sleep 0.01; done", go.display());
    let coded = server.spawn("coded", &format!("{wait}; echo last words; exit 7"));
    let killed = server.spawn("killed", "exec sleep 1000");
    server.kill();
    std::fs::write(&go, "").expect("a file");
    kill(killed, libc::SIGKILL);
    until("both ends", || (!lives(coded) && !lives(killed)).then_some(()));
    let (mut server, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("ready 2 2 "), "{said}");
    let mut exits = [server.line_with("exit"), server.line_with("exit")];
    exits.sort();
    assert_eq!(exits, ["exit coded 7 0", "exit killed 0 9"]);
    assert_eq!(directory.log("coded"), "last words\r\n");
    // It was noted, so that nobody is told again, and there is nothing to keep.
    server.ask("leave");
    directory.wait_for_end();
}

#[test]
fn a_server_that_leaves_is_followed_by_the_next() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", COUNTER);
    until("the prompt", || (directory.log("one") == "ready\r\n").then_some(()));
    assert_eq!(server.ask("leave"), "leave 1");
    let keeper = keeper_of(&directory.0).expect("a keeper");
    // The first one's process is still there; it has said that it has left.
    let (mut next, said) = Server::start(&directory, &[]);
    assert!(said.ends_with(&format!(": one={pid}")), "{said}");
    assert_eq!(keeper_of(&directory.0), Some(keeper), "the same keeper");
    next.tell("resize one 101 37");
    next.tell("write one hello");
    until("the answer", || (directory.log("one") == "ready\r\nhello 1\r\n").then_some(()));
    assert_eq!(next.ask("name one"), "name Some(\"sh\")");
    next.tell("kill one 15");
    assert_eq!(next.line_with("exit"), "exit one 0 15");
}

#[test]
fn a_second_server_is_refused_and_a_takeover_is_not() {
    let directory = Directory::new();
    let (mut first, _) = Server::start(&directory, &[]);
    let flood = first.spawn("flood", "i=0; while :; do i=$((i+1)); echo \"line $i\"; done");
    let (_second, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("refused ERR_KEEPER_BUSY another server (process "), "{said}");
    assert!(said.contains(&first.pid().to_string()), "{said}");
    let (_third, said) = Server::start(&directory, &[("SERVER_TAKES_OVER", "1")]);
    assert!(said.ends_with(&format!(": flood={flood}")), "{said}");
    assert_eq!(first.line_with("left"), "left because it was asked to");
    let before = directory.log("flood").len();
    until("more output", || (directory.log("flood").len() > before + 100_000).then_some(()));
    // Every line once, in order, whichever server read it.
    let log = directory.log("flood");
    let lines: Vec<_> = log.split_terminator("\r\n").collect();
    for (at, line) in lines[..lines.len() - 1].iter().enumerate() {
        assert_eq!(*line, format!("line {}", at + 1));
    }
}

#[test]
fn a_server_that_does_not_leave_when_asked_to_is_ended() {
    let directory = Directory::new();
    let (mut first, _) = Server::start(&directory, &[("SERVER_IS_RUDE", "1")]);
    let pid = first.spawn("one", COUNTER);
    kill(first.pid(), libc::SIGSTOP);
    let (_second, said) = Server::start(&directory, &[("SERVER_TAKES_OVER", "1")]);
    assert!(said.ends_with(&format!(": one={pid}")), "{said}");
    let status = first.child.wait().expect("its end");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGKILL));
}

#[test]
fn terminals_go_on_without_their_keeper_and_the_next_one_keeps_them() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", COUNTER);
    let other = server.spawn("other", COUNTER);
    until("the prompt", || (directory.log("one") == "ready\r\n").then_some(()));
    let keeper = keeper_of(&directory.0).expect("a keeper");
    kill(keeper, libc::SIGKILL);
    until("the next keeper", || keeper_of(&directory.0).filter(|pid| *pid != keeper));
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("on 1\r\n").then_some(()));
    // Its exit is seen although it is nobody's child here.
    kill(other, libc::SIGKILL);
    let exit = server.line_with("exit");
    assert!(["exit other 0 9", "exit other -1 0"].contains(&exit.as_str()), "{exit}");
    let new = server.spawn("new", COUNTER);
    until("the new prompt", || (directory.log("new") == "ready\r\n").then_some(()));
    // The process that starts it, which has the same name, has ended by now.
    let next = keeper_of(&directory.0);
    server.kill();
    let (mut server, said) = Server::start(&directory, &[]);
    assert!(next.is_some() && keeper_of(&directory.0) == next, "{next:?}");
    assert!(said.contains(&format!("one={pid}")) && said.contains(&format!("new={new}")), "{said}");
    server.tell("write one again");
    until("the answer", || directory.log("one").ends_with("again 2\r\n").then_some(()));
    server.ask("close one");
    until("its end", || (!lives(pid)).then_some(()));
}

#[test]
fn a_keeper_that_is_stopped_blocks_nobody() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    server.spawn("one", COUNTER);
    until("the prompt", || (directory.log("one") == "ready\r\n").then_some(()));
    let keeper = keeper_of(&directory.0).expect("a keeper");
    kill(keeper, libc::SIGSTOP);
    let failed = server.ask("spawn two true");
    assert!(failed.starts_with("spawn failed ERR_KEEPER_TIMEOUT"), "{failed}");
    // It is not waited for again.
    let failed = server.ask("spawn three true");
    let millis = failed.split(' ').nth(4).and_then(|millis| millis.parse::<u64>().ok());
    assert!(millis.is_some_and(|millis| millis < 1000), "{failed}");
    // What there is goes on.
    server.tell("write one on");
    until("the answer", || directory.log("one").ends_with("on 1\r\n").then_some(()));
    // Neither does it block who comes new.
    let (_other, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("refused ERR_KEEPER_TIMEOUT"), "{said}");
    kill(keeper, libc::SIGCONT);
    let pid = until("a keeper that answers", || {
        let said = server_spawns(&mut server);
        said.starts_with("spawned").then_some(said)
    });
    assert!(pid.starts_with("spawned four"), "{pid}");
    server.kill();
    let (_next, said) = Server::start(&directory, &[]);
    // Those that came too late were ended.
    assert!(said.contains("one=") && said.contains("four=") && !said.contains("two="), "{said}");
}

fn server_spawns(server: &mut Server) -> String {
    server.ask("spawn four exec sleep 1000")
}

#[test]
fn who_is_orphaned_too_long_is_hung_up_on_and_the_keeper_ends() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[("SERVER_ORPHAN_TIMEOUT", "300")]);
    let polite = server.spawn("polite", "exec sleep 1000");
    let stubborn = server.spawn("stubborn", "trap '' HUP; while :; do sleep 1; done");
    server.kill();
    until("both ends", || (!lives(polite) && !lives(stubborn)).then_some(()));
    directory.wait_for_end();
    assert_eq!(keeper_of(&directory.0), None);
}

#[test]
fn a_keeper_that_is_told_to_end_ends_its_shells() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", "exec sleep 1000");
    let keeper = keeper_of(&directory.0).expect("a keeper");
    kill(keeper, libc::SIGHUP);
    kill(keeper, libc::SIGTERM);
    assert_eq!(server.line_with("exit"), "exit one 0 1");
    assert!(!lives(pid));
    until("its end", || (!lives(keeper)).then_some(()));
}

#[test]
fn a_keeper_becomes_another_binary_and_its_shells_go_on() {
    let directory = Directory::new();
    let (mut server, _) = Server::start(&directory, &[]);
    let pid = server.spawn("one", COUNTER);
    let other = server.spawn("other", "exec sleep 1000");
    until("the prompt", || (directory.log("one") == "ready\r\n").then_some(()));
    let keeper = keeper_of(&directory.0).expect("a keeper");
    let image = || std::fs::read_link(format!("/proc/{keeper}/exe")).expect("a process");
    let copy = directory.0.join("newer").join("offheap-keeper");
    std::fs::create_dir(copy.parent().expect("a parent")).expect("a directory");
    std::fs::copy(common::binary(), &copy).expect("a copy");

    // What cannot go on with the state is not used, and nothing has happened.
    for wrong in ["/bin/true", "/no/such/binary", "/bin/cat"] {
        let error = offheap_keeper::replace(&directory.0, wrong.as_ref()).expect_err(wrong);
        assert_eq!(error.code(), "ERR_KEEPER_START", "{error}");
    }
    assert_ne!(image(), copy);

    for round in 1..=5 {
        offheap_keeper::replace(&directory.0, &copy).expect("a replacement");
        assert_eq!(image(), copy);
        server.tell(&format!("write one round {round}"));
        let answer = format!("round {round} {round}\r\n");
        until("the answer", || directory.log("one").ends_with(&answer).then_some(()));
    }
    // It is still the parent, and hears of ends.
    kill(other, libc::SIGTERM);
    assert_eq!(server.line_with("exit"), "exit other 0 15");
    server.spawn("new", "exec sleep 1000");
    server.kill();
    offheap_keeper::replace(&directory.0, &common::binary()).expect("a replacement");
    let (mut server, said) = Server::start(&directory, &[]);
    assert!(said.starts_with("ready 2 2 ") && said.contains(&format!("one={pid}")), "{said}");
    server.tell("kill one 9");
    assert_eq!(server.line_with("exit"), "exit one 0 9");
}
