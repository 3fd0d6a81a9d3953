//! Inactivity, the time after a lost connection, and what ends either.

use super::*;

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
    bench.registry.attach("a", None, "c");
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
    bench.registry.touch_handle(&handle);
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
        bench.registry.attach(id, None, connection);
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
    bench.registry.attach("a", None, "c");
    bench.registry.detach("c", Some(Duration::from_hours(1)));
    bench.advance(10);
    bench.registry.touch_handle(&handle);
    bench.advance(299);
    assert!(bench.has("a"));
    bench.advance(1);
    assert!(!bench.has("a"), "five minutes after the use, not an hour after the connection");
}

#[test]
fn the_last_of_several_connections_counts() {
    let bench = inactive_after_5_minutes();
    bench.make("a");
    bench.registry.attach("a", None, "one");
    bench.registry.attach("a", None, "two");
    assert_eq!(bench.registry.detach("one", Some(Duration::from_secs(1))), 1);
    bench.advance(100);
    assert!(bench.has("a"));
    assert_eq!(bench.registry.detach("two", Some(Duration::from_secs(1))), 1);
    assert_eq!(bench.registry.detach("two", None), 0, "it is gone already");
    bench.advance(1);
    assert!(!bench.has("a"));
}

#[test]
fn without_a_time_out_a_session_stays_but_for_a_promise() {
    let bench = Bench::new(unlimited());
    let handle = bench.make("a");
    bench.make("b");
    bench.advance(1 << 30);
    assert!(bench.has("a") && bench.has("b"));
    for id in ["a", "b"] {
        bench.registry.attach(id, None, id);
        bench.registry.detach(id, Some(Duration::from_mins(1)));
    }
    bench.registry.touch_handle(&handle);
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
        bench.registry.attach("a", None, &connection);
        bench.registry.detach(&connection, None);
    }
    let state = bench.registry.state.lock();
    assert!(state.connections.is_empty() && state.connections.capacity() < 256);
    assert_eq!(state.deadlines.len(), 1);
}

#[test]
fn tables_shrink_with_their_sessions() {
    let bench = Bench::new(unlimited());
    for n in 0..10_000 {
        bench.create(&n.to_string(), Some(&n.to_string())).expect("no limit");
    }
    bench.registry.close_all();
    let state = bench.registry.state.lock();
    let capacities = [
        state.sessions.capacity(),
        state.by_name.capacity(),
        state.by_id.capacity(),
        state.projects.capacity(),
    ];
    assert!(capacities.iter().all(|capacity| *capacity <= 256), "{capacities:?}");
}
