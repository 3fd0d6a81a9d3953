//! Sessions with programs: spawn limits, exits and what they leave.

use std::time::Instant;

use super::*;
use crate::registry::Details;
use offheap_pty::{PtySize, SpawnOptions};

fn shell(script: &str) -> SpawnOptions {
    SpawnOptions {
        file: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        cwd: "/".into(),
        size: PtySize::new(80, 24),
        uid: None,
        gid: None,
        max_input: 1 << 20,
        drain: Duration::from_secs(1),
        grace: Duration::from_secs(1),
    }
}

fn spawn(bench: &Bench, id: &str, rate: Option<&str>, script: &str) -> Result<Handle, Refusal> {
    let new = NewSession {
        id: Some(id.to_owned()),
        project: Some("p".to_owned()),
        details: Details { rate_key: rate.map(str::to_owned), ..Details::default() },
        ..NewSession::default()
    };
    bench.registry.create(new, Some(&shell(script)))
}

fn wait(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !ready() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn so_many_shells_in_a_minute_and_no_more() {
    let bench = Bench::new(Options { spawns_per_minute: 3, max_per_project: 0, ..unlimited() });
    for id in ["a", "b", "c"] {
        spawn(&bench, id, None, "exec cat").expect("within the limit");
        bench.clock.advance(Duration::from_secs(10));
    }
    assert!(matches!(spawn(&bench, "d", None, "exec cat"), Err(Refusal::SpawnRate(3))));
    spawn(&bench, "e", Some("10.0.0.1"), "exec cat").expect("counted for somebody else");
    bench.create("f", Some("p")).expect("no shell, no count");
    bench.clock.advance(Duration::from_secs(30));
    spawn(&bench, "d", None, "exec cat").expect("the first was a minute ago");
    bench.registry.close_all();
    bench.advance(60);
    bench.check();
}

#[test]
fn a_shell_that_cannot_start_changes_nothing() {
    let bench = Bench::new(Options { spawns_per_minute: 1, ..Options::default() });
    let mut missing = shell("");
    missing.file = "/no/such/file".into();
    let new = NewSession { project: Some("p".to_owned()), ..NewSession::default() };
    assert!(matches!(bench.registry.create(new, Some(&missing)), Err(Refusal::Spawn(_))));
    assert!(bench.events().is_empty());
    bench.check();
    spawn(&bench, "a", None, "exec cat").expect("it does not count for the limit");
    assert_eq!(bench.registry.stats().created, 1);
}

#[test]
fn an_exited_session_lingers_frees_its_place_and_goes() {
    let options = Options { max_per_project: 1, ..unlimited() };
    let bench = Bench::new(options);
    let handle = spawn(&bench, "a", None, "printf bye; exit 3").expect("a shell");
    wait("the exit", || bench.registry.stats().exited == 1);
    assert_eq!(handle.session.tail(100), b"bye");
    assert!(!bench.registry.holds());
    spawn(&bench, "b", None, "exec cat").expect("its place is free");
    assert!(bench.has("a"), "and its output can still be read");
    bench.advance(1);
    assert!(!bench.has("a") && bench.has("b"));
    let events = bench.events();
    let at = |name: &str| events.iter().position(|event| event.name() == name);
    assert!(at("sessionCreated") < at("sessionExited"));
    assert!(at("sessionExited") < at("sessionClosed"));
    bench.registry.close_all();
    bench.check();
}

#[test]
fn exits_that_come_at_once_are_told_after_the_creation() {
    let bench = Bench::new(unlimited());
    for n in 0..50 {
        spawn(&bench, &n.to_string(), None, "exit 0").expect("a shell");
    }
    wait("the exits", || bench.registry.stats().exited == 50);
    let mut known = std::collections::HashSet::new();
    for event in bench.events() {
        match event {
            Event::Created(made) => assert!(known.insert(made.0.id.to_string())),
            Event::Exited { id, .. } => assert!(known.remove(&id), "{id} twice, or too early"),
            other => panic!("{other:?}"),
        }
    }
    assert!(known.is_empty());
    bench.check();
}

#[test]
fn input_that_waits_is_counted_without_asking_every_session() {
    let bench = Bench::new(unlimited());
    let handle = spawn(&bench, "a", None, "stty raw -echo; sleep 60").expect("a shell");
    std::thread::sleep(Duration::from_millis(200));
    handle.session.write(&vec![b'x'; 1 << 20]).expect("room");
    let queued = bench.registry.stats().input_queued;
    assert!(queued > 0 && queued == handle.session.queued_input());
    assert_eq!(bench.registry.state.lock().waiting.len(), 1);
    bench.registry.close("a", None);
    assert_eq!(bench.registry.stats().input_queued, 0);
    bench.check();
}

#[test]
fn a_session_is_started_later_once_and_counted_as_its_creation_says() {
    let bench = Bench::new(Options { spawns_per_minute: 1, ..unlimited() });
    let handle = bench.create("a", Some("p")).expect("room");
    let mut missing = shell("");
    missing.file = "/no/such/file".into();
    let failed = bench.registry.start(&handle, &missing, None);
    assert!(matches!(failed, Err(Refusal::Spawn(_))));
    assert!(!bench.registry.holds());
    bench.registry.start(&handle, &shell("exec cat"), None).expect("the failure did not count");
    assert!(bench.registry.holds());
    let again = bench.registry.start(&handle, &shell("exec cat"), None);
    assert!(matches!(again, Err(Refusal::Started)));
    let other = bench.create("b", Some("p")).expect("room");
    let refused = bench.registry.start(&other, &shell("exec cat"), None);
    assert!(matches!(refused, Err(Refusal::SpawnRate(1))));
    bench.registry.start(&other, &shell("exec cat"), Some("10.0.0.1")).expect("another's count");
    bench.registry.close_all();
    let closed = bench.registry.start(&handle, &shell("exec cat"), None);
    assert!(matches!(closed, Err(Refusal::Closed)));
    bench.check();
}

#[test]
fn without_a_project_or_a_name_a_shell_is_counted_for_nobody() {
    let bench = Bench::new(Options { spawns_per_minute: 1, ..unlimited() });
    for _ in 0..3 {
        let new = NewSession::default();
        bench.registry.create(new, Some(&shell("exec cat"))).expect("no limit applies");
    }
    bench.registry.close_all();
}

#[test]
fn only_a_running_shell_holds_the_process() {
    let bench = Bench::new(unlimited());
    bench.make("none");
    assert!(!bench.registry.holds());
    let handle = spawn(&bench, "a", None, "exec cat").expect("a shell");
    assert!(bench.registry.holds());
    bench.registry.set_hold(&handle, false);
    assert!(!bench.registry.holds());
    bench.registry.set_hold(&handle, true);
    bench.registry.close_handle(&handle);
    assert!(!bench.registry.holds());
    bench.registry.set_hold(&handle, true);
    assert!(!bench.registry.holds(), "a closed session holds nothing");
}
