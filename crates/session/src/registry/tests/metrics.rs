//! The text that a Prometheus server reads.

use std::collections::HashMap;

use super::*;

/// Reads the exposition strictly: each family has one HELP and one TYPE before
/// its samples, each sample a known family and a number.
fn parse(text: &str) -> HashMap<String, f64> {
    assert!(text.ends_with('\n'));
    let (mut family, mut samples) = (String::new(), HashMap::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a help text");
            assert!(help.ends_with('.') && name != family, "{line}");
            name.clone_into(&mut family);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert_eq!(name, family);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            assert_eq!(name.split('{').next(), Some(family.as_str()));
            let value = value.parse().expect("a number");
            assert!(samples.insert(name.to_owned(), value).is_none(), "{line} twice");
        }
    }
    samples
}

#[test]
fn what_happened_is_in_the_metrics() {
    let bench = Bench::new(Options { max_sessions: 3, ..Options::default() });
    let handle = bench.create("a", Some("p")).expect("room");
    bench.create("b", Some("p")).expect("room");
    bench.create("c", Some("q")).expect("room");
    assert!(bench.create("d", Some("q")).is_err());
    bench.registry.close("b", None).expect("known");
    bench.registry.suspend("q");
    bench.registry.attach("a", None, "c1").expect("known");
    view(&handle);
    handle.session.append(&[b'x'; 5000]).expect("open");
    let metrics = parse(&bench.registry.metrics());
    let expected = [
        ("offheap_sessions{state=\"active\"}", 1.0),
        ("offheap_sessions{state=\"suspended\"}", 1.0),
        ("offheap_sessions{state=\"exited\"}", 0.0),
        ("offheap_sessions_detached", 1.0),
        ("offheap_projects", 2.0),
        ("offheap_connections", 1.0),
        ("offheap_sessions_created_total", 3.0),
        ("offheap_sessions_closed_total{reason=\"closed\"}", 1.0),
        ("offheap_sessions_closed_total{reason=\"memory\"}", 0.0),
        ("offheap_limits_hit_total{limit=\"sessions\"}", 1.0),
        ("offheap_viewers", 1.0),
        ("offheap_output_bytes_total", 5000.0),
        ("offheap_bytes_held{kind=\"history\"}", 8192.0),
        ("offheap_memory_level{level=\"normal\"}", 1.0),
    ];
    for (name, value) in expected {
        assert_eq!(metrics.get(name), Some(&value), "{name}");
    }
    assert!(metrics["offheap_reactor_lag_seconds"] >= 0.0);
}
