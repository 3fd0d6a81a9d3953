//! Inactivity, the time after a lost connection, and what ends either.

use super::*;
use crate::registry::EventName;

fn inactive_after_5_minutes() -> Bench {
    Bench::new(Options::default())
}

#[test]
fn nobody_connected_for_five_minutes() {
    let bench = inactive_after_5_minutes();
    bench.make("a");
    bench.advance(299);
    assert!(bench.has("a"));
    bench.advance(1);
    assert!(!bench.has("a"));
    assert_eq!(bench.closed(), [("a".to_owned(), Reason::Inactive)]);
    bench.check();
}

#[test]
fn a_connection_keeps_a_session() {
    let bench = inactive_after_5_minutes();
    bench.make("a");
    bench.registry.attach("a", None, "c").expect("known");
    bench.advance(3600);
    assert!(bench.has("a"));
    bench.registry.detach("c", None);
    bench.advance(299);
    assert!(bench.has("a"), "the time counts from the end of the connection");
    bench.advance(1);
    assert!(!bench.has("a"));
}

#[test]
fn a_viewer_without_a_connection_keeps_a_session() {
    let bench = inactive_after_5_minutes();
    let handle = bench.make("a");
    let viewer = view(&handle);
    bench.advance(3599);
    assert!(bench.has("a"));
    handle.session.close_viewer(viewer);
    bench.advance(299);
    assert!(bench.has("a"), "the time counts from the end of the last viewer");
    bench.advance(1);
    assert!(!bench.has("a"));
}

#[test]
fn a_use_starts_the_time_afresh() {
    let bench = inactive_after_5_minutes();
    let handle = bench.make("a");
    bench.advance(200);
    bench.registry.touch_session(&handle.subject);
    bench.advance(299);
    assert!(bench.has("a"));
    bench.advance(1);
    assert!(!bench.has("a"));
}

#[test]
fn a_lost_connection_may_promise_more_or_less_time() {
    let bench = inactive_after_5_minutes();
    for (id, connection, keep) in [("short", "s", 120), ("long", "l", 600)] {
        bench.make(id);
        bench.registry.attach(id, None, connection).expect("known");
        bench.registry.detach(connection, Some(Duration::from_secs(keep)));
    }
    bench.advance(119);
    assert!(bench.has("short"));
    bench.advance(1);
    assert!(!bench.has("short"));
    bench.advance(479);
    assert!(bench.has("long"));
    bench.advance(1);
    assert!(!bench.has("long"));
}

#[test]
fn a_use_ends_the_promise() {
    let bench = inactive_after_5_minutes();
    let handle = bench.make("a");
    bench.registry.attach("a", None, "c").expect("known");
    bench.registry.detach("c", Some(Duration::from_hours(1)));
    bench.advance(10);
    bench.registry.touch_session(&handle.subject);
    bench.advance(299);
    assert!(bench.has("a"));
    bench.advance(1);
    assert!(!bench.has("a"), "five minutes after the use, not an hour after the connection");
}

#[test]
fn the_last_of_several_connections_counts() {
    let bench = inactive_after_5_minutes();
    bench.make("a");
    bench.registry.attach("a", None, "one").expect("known");
    bench.registry.attach("a", None, "two").expect("known");
    assert_eq!(bench.registry.detach("one", Some(Duration::from_secs(1))), 1);
    bench.advance(100);
    assert!(bench.has("a"));
    assert_eq!(bench.registry.detach("two", Some(Duration::from_secs(1))), 1);
    assert_eq!(bench.registry.detach("two", None), 0, "it is gone already");
    bench.advance(1);
    assert!(!bench.has("a"));
}

#[test]
fn a_viewer_that_outlives_the_last_connection_does_not_extend_the_promise() {
    for inactive in [Duration::from_mins(5), Duration::ZERO] {
        let bench = Bench::new(Options { inactive, ..unlimited() });
        let handle = bench.make("a");
        bench.registry.attach("a", None, "c").expect("known");
        let viewer = view(&handle);
        bench.registry.detach("c", Some(Duration::from_secs(2)));
        bench.advance(60);
        assert!(bench.has("a"), "a viewer is still there");
        handle.session.close_viewer(viewer);
        bench.advance(1);
        assert!(bench.has("a"), "the promise counts from the end of the last viewer");
        bench.advance(1);
        assert!(!bench.has("a"), "2 s are over");
        bench.check();
    }
}

#[test]
fn without_a_time_out_a_session_stays_but_for_a_promise() {
    let bench = Bench::new(unlimited());
    let handle = bench.make("a");
    bench.make("b");
    bench.advance(1 << 30);
    assert!(bench.has("a") && bench.has("b"));
    for id in ["a", "b"] {
        bench.registry.attach(id, None, id).expect("known");
        bench.registry.detach(id, Some(Duration::from_mins(1)));
    }
    bench.registry.touch_session(&handle.subject);
    bench.advance(60);
    assert!(bench.has("a"), "a use ended its promise");
    assert!(!bench.has("b"));
    bench.check();
}

#[test]
fn ten_thousand_dead_connections_leave_nothing() {
    let bench = inactive_after_5_minutes();
    bench.make("a");
    for n in 0..10_000 {
        let connection = n.to_string();
        bench.registry.attach("a", None, &connection).expect("known");
        bench.registry.detach(&connection, None);
    }
    let step = bench.registry.step();
    assert!(step.capacities()[4] < 256);
    assert_eq!(step.deadlines(), 1);
    drop(step);
    assert_eq!(bench.registry.stats().connections, 0);
}

#[test]
fn tables_shrink_with_their_sessions() {
    let bench = Bench::new(unlimited());
    for n in 0..10_000 {
        bench.create(&n.to_string(), Some(&n.to_string())).expect("no limit");
    }
    bench.registry.close_all();
    let capacities = bench.registry.step().capacities();
    assert!(capacities.iter().all(|capacity| *capacity <= 256), "{capacities:?}");
}

#[test]
fn who_attaches_and_detaches_is_told_once() {
    let bench = Bench::new(unlimited());
    bench.make("a");
    bench.events();
    bench.registry.attach("a", None, "c").expect("known");
    bench.registry.attach("a", None, "c").expect("known");
    bench.registry.detach("c", None);
    let names: Vec<_> = bench.events().iter().map(Event::name).collect();
    assert_eq!(names, [Some(EventName::SessionAttached), Some(EventName::SessionDetached)]);
}
