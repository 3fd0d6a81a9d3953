//! Connections that come before their session is ready for them.

use super::*;
use crate::registry::Retry;

fn delays(bench: &Bench, id: &str) -> Vec<u64> {
    std::iter::from_fn(|| bench.registry.retry_delay(id, None))
        .map(|delay| delay.as_secs())
        .take(100)
        .collect()
}

#[test]
fn the_wait_doubles_and_the_tries_end() {
    let bench = Bench::new(unlimited());
    bench.make("a");
    assert_eq!(delays(&bench, "a"), [1, 2, 4, 8, 16]);
    assert_eq!(bench.registry.retry_delay("a", None), None);
}

#[test]
fn the_wait_has_a_bound() {
    let retry = Retry { tries: 50, ..Retry::default() };
    let bench = Bench::new(Options { retry, ..unlimited() });
    bench.make("a");
    let delays = delays(&bench, "a");
    assert_eq!(delays[..7], [1, 2, 4, 8, 16, 30, 30]);
    assert_eq!((delays.len(), delays[49]), (50, 30));
}

#[test]
fn a_connection_that_attaches_ends_the_count() {
    let bench = Bench::new(unlimited());
    bench.make("a");
    assert_eq!(delays(&bench, "a").len(), 5);
    bench.registry.attach("a", None, "c");
    assert_eq!(delays(&bench, "a").len(), 5);
}

#[test]
fn the_count_ends_with_its_session() {
    let bench = Bench::new(unlimited());
    assert_eq!(bench.registry.retry_delay("a", None), None, "there is none");
    bench.make("a");
    delays(&bench, "a");
    bench.registry.close("a", None);
    assert_eq!(bench.registry.retry_delay("a", None), None);
    bench.make("a");
    assert_eq!(delays(&bench, "a").len(), 5, "a new session of that name counts afresh");
}

#[test]
fn who_waits_is_told_of_connections() {
    let bench = Bench::new(unlimited());
    bench.make("a");
    bench.events();
    bench.registry.attach("a", None, "c");
    bench.registry.attach("a", None, "c");
    bench.registry.detach("c", None);
    let names: Vec<_> = bench.events().iter().map(Event::name).collect();
    assert_eq!(names, ["sessionAttached", "sessionDetached"], "once each");
}
