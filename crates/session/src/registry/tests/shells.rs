//! Sessions with programs: spawn limits, exits and what they leave.

use std::time::Instant;

use super::*;
use crate::registry::EventName;
use offheap_pty::{PtySize, SpawnOptions};

fn shell(script: &str) -> SpawnOptions {
    SpawnOptions {
        argv0: None,
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
        id: Some(id.into()),
        project: Some("p".into()),
        rate_key: rate.map(Arc::from),
        ..NewSession::default()
    };
    bench.registry.create(new, Some(&shell(script))).map(|(handle, _)| handle)
}

fn wait(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
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
    let new = NewSession { project: Some("p".into()), ..NewSession::default() };
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
    let at = |name| events.iter().position(|event| event.name() == Some(name));
    assert!(at(EventName::SessionCreated) < at(EventName::SessionExited));
    assert!(at(EventName::SessionExited) < at(EventName::SessionClosed));
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
    for (id, change) in changes(bench.events()) {
        match change {
            Change::Created(_) => assert!(known.insert(id)),
            Change::Exited(_) => assert!(known.remove(&id), "{id} twice, or too early"),
            other => panic!("{other:?}"),
        }
    }
    assert!(known.is_empty());
    bench.check();
}

#[test]
fn input_that_waits_is_counted_without_asking_every_session() {
    let bench = Bench::new(unlimited());
    let script = "stty raw -echo; echo ready; exec sleep 1000";
    let handle = spawn(&bench, "a", None, script).expect("a shell");
    wait("the shell", || handle.session.tail(100).ends_with(b"ready\n"));
    handle.session.write(&vec![b'x'; 1 << 20]).expect("room");
    // The terminal may take some more of it at any time, but not all.
    wait("the same", || {
        let queued = bench.registry.stats().input_queued;
        queued > 0 && queued == handle.session.queued_input()
    });
    assert_eq!(bench.registry.step().waiting(), 1);
    bench.registry.close("a", None).expect("known");
    assert_eq!(bench.registry.stats().input_queued, 0);
    bench.check();
}

#[test]
fn a_session_is_started_later_once_and_counted_as_its_creation_says() {
    let bench = Bench::new(Options { spawns_per_minute: 1, ..unlimited() });
    let handle = bench.create("a", Some("p")).expect("room");
    let mut missing = shell("");
    missing.file = "/no/such/file".into();
    let failed = bench.registry.start(&handle, &missing, None, None);
    assert!(matches!(failed, Err(Refusal::Spawn(_))));
    assert!(!bench.registry.holds());
    bench
        .registry
        .start(&handle, &shell("exec cat"), None, None)
        .expect("the failure did not count");
    assert!(bench.registry.holds());
    let again = bench.registry.start(&handle, &shell("exec cat"), None, None);
    assert!(matches!(again, Err(Refusal::Started)));
    let other = bench.create("b", Some("p")).expect("room");
    let refused = bench.registry.start(&other, &shell("exec cat"), None, None);
    assert!(matches!(refused, Err(Refusal::SpawnRate(1))));
    bench
        .registry
        .start(&other, &shell("exec cat"), None, Some(&"10.0.0.1".into()))
        .expect("another's count");
    bench.registry.close_all();
    let closed = bench.registry.start(&handle, &shell("exec cat"), None, None);
    assert!(matches!(closed, Err(Refusal::Closed)));
    bench.check();
}

#[test]
fn a_registry_has_a_limit_that_other_projects_and_names_do_not_pass() {
    let bench = Bench::new(Options { spawns_per_minute: 2, spawns_in_all: 3, ..unlimited() });
    for n in 0..3 {
        let project = Some(Arc::from(format!("p{n}")));
        let new = NewSession { project, ..NewSession::default() };
        bench.registry.create(new, Some(&shell("exec cat"))).expect("within the limit");
    }
    let refused = spawn(&bench, "a", Some("10.0.0.1"), "exec cat");
    assert!(matches!(refused, Err(Refusal::SpawnRate(3))));
    let nobody = bench.registry.create(NewSession::default(), Some(&shell("exec cat")));
    assert!(matches!(nobody, Err(Refusal::SpawnRate(3))));
    bench.clock.advance(Duration::from_mins(1));
    spawn(&bench, "a", None, "exec cat").expect("a minute later");
    bench.registry.close_all();
    bench.advance(60);
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

#[test]
#[cfg(target_os = "linux")]
fn the_memory_of_its_processes_makes_a_session_heavy() {
    use crate::pressure::{Usage, system};

    /// A JS thread that can do nothing.
    struct Nothing;

    impl crate::registry::Relief for Nothing {
        fn drop_caches(&mut self) {}

        fn collect_garbage(&mut self) -> Option<Usage> {
            None
        }
    }

    let memory = crate::pressure::Options {
        actions: crate::pressure::Actions {
            close_heaviest: true,
            ..crate::pressure::Actions::NONE
        },
        ..crate::pressure::Options::default()
    };
    let bench = Bench::new(Options { memory, ..unlimited() });
    bench.make("history").session.append(&[b'x'; 200_000]).expect("open");
    // A process of the shell's fills 40 MB and then waits.
    let hog = "sh -c 'x=$(head -c 40000000 /dev/zero | tr \\\\0 x); read y' <&0 & exec cat";
    let handle = spawn(&bench, "hog", None, hog).expect("a shell");
    spawn(&bench, "idle", None, "exec cat").expect("a shell");
    wait("the hog", || {
        let processes = system::sessions_memory(&system::Roots::default());
        processes.get(&handle.session.pid()).is_some_and(|bytes| *bytes > 30_000_000)
    });
    let full = Usage {
        heap_used: Some(100 << 20),
        heap_limit: Some(100 << 20),
        rss: Some(1 << 30),
        ..Usage::default()
    };
    let report = bench.registry.check_memory(full, &mut Nothing);
    let heaviest = report.heaviest.expect("one");
    assert!(heaviest.subject == handle.subject && heaviest.bytes > 30_000_000, "{heaviest:?}");
    assert!(bench.has("hog"), "not at the first check");
    bench.registry.check_memory(full, &mut Nothing);
    assert!(!bench.has("hog") && bench.has("history") && bench.has("idle"));
    bench.registry.close_all();
}
