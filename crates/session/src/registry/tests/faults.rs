//! What a panic ends, and what a lock is not held for.

use super::*;
use crate::meter::Counter;
use offheap_pty::{PtySize, SpawnOptions};
use offheap_screen::ScreenOptions;

/// A reader that panics when it is told.
struct Broken;

impl Reader for Broken {
    fn readable(&self) {
        panic!("a broken reader");
    }
}

fn break_viewer(handle: &Handle) {
    let opened = handle
        .session
        .open_viewer(&ViewerOptions::new(Origin::Now, Format::Bytes), Box::new(Broken));
    let (viewer, _signal) = opened.expect("a viewer");
    assert!(handle.session.read_frame(viewer, &mut [0; 65_536]).is_none(), "armed");
}

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

#[test]
fn a_session_whose_close_panics_goes_alone_and_is_told_as_a_fault() {
    let bench = Bench::new(Options { linger: Duration::from_secs(1), ..unlimited() });
    let broken = bench.make("broken");
    break_viewer(&broken);
    let whole = bench.make("whole");
    for handle in [&broken, &whole] {
        let status = offheap_pty::ExitStatus { code: 0, signal: 0 };
        bench.registry.session_exited(handle.subject.incarnation, status);
    }
    bench.advance(1);
    let closed = [("broken".to_owned(), Reason::Fault), ("whole".to_owned(), Reason::Exit)];
    assert_eq!(bench.closed(), closed);
    let counts = bench.registry.stats().closed;
    assert_eq!(counts[Reason::Fault as usize], (Reason::Fault, 1));
    assert!(broken.session.is_closed() && whole.session.is_closed());
    bench.check();
}

#[test]
fn a_panic_in_a_terminals_task_closes_its_session_and_says_so() {
    let bench = Bench::new(unlimited());
    let new = NewSession { id: Some("a".into()), ..NewSession::default() };
    let script = shell("read x; echo $x");
    let (handle, _) = bench.registry.create(new, Some(&script)).expect("a shell");
    let other = bench.make("b");
    break_viewer(&handle);
    handle.session.write(b"print\n").expect("room");
    let end = std::time::Instant::now() + Duration::from_mins(1);
    let mut closed = Vec::new();
    while closed.is_empty() {
        assert!(std::time::Instant::now() < end, "waited in vain for the event");
        std::thread::sleep(Duration::from_millis(5));
        closed = bench.closed();
    }
    assert_eq!(closed, [("a".to_owned(), Reason::Fault)]);
    assert!(handle.session.is_closed() && !other.session.is_closed());
    assert!(!bench.has("a") && !bench.registry.holds());
    bench.check();
}

#[test]
fn closing_counts_what_is_held_and_draws_nothing_for_it() {
    let bench = Bench::new(unlimited());
    let new = NewSession { screen: Some(ScreenOptions::default()), ..NewSession::default() };
    let (handle, _) = bench.registry.create(new, None).expect("room");
    view(&handle);
    handle.session.append(&b"a line\r\n".repeat(1000)).expect("open");
    let held = handle.session.memory();
    bench.registry.close_handle(&handle);
    assert_eq!(bench.meter.total(Counter::HeldAtClose), held as u64);
    // A screen that has drawn them holds them as its scrollback.
    let (drawn, _) = {
        let new = NewSession { screen: Some(ScreenOptions::default()), ..NewSession::default() };
        bench.registry.create(new, None).expect("room")
    };
    drawn.session.append(&b"a line\r\n".repeat(1000)).expect("open");
    drawn.session.screen_text().expect("a screen");
    assert!(drawn.session.memory() > held + 4096, "nothing was drawn in order to be counted");
}
