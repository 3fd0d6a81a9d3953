//! The registry's numbers as Prometheus reads them: the text exposition format,
//! version 0.0.4.

use std::fmt::{Display, Write};

use super::core::Registry;
use super::stats::Stats;
use crate::meter::{Counter, Gauge};
use crate::pressure::Level;

/// A text under construction. A label has the form `name="value"`; values here
/// are words of our own and need no escaping.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, label: &str, value: impl Display) {
        let _ = if label.is_empty() {
            writeln!(self.0, "{name} {value}")
        } else {
            writeln!(self.0, "{name}{{{label}}} {value}")
        };
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.sample(name, "", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        self.sample(name, "", value);
    }

    /// A family with one label that takes several values.
    fn labelled<V: Display>(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        label: &str,
        samples: impl IntoIterator<Item = (&'static str, V)>,
    ) {
        self.family(name, kind, help);
        for (value, number) in samples {
            self.sample(name, &format!("{label}=\"{value}\""), number);
        }
    }
}

impl Registry {
    /// All numbers, as text for a Prometheus server.
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut text = Text(String::with_capacity(8 * 1024));
        let stats = self.stats();
        sessions(&mut text, &stats);
        self.traffic(&mut text, &stats);
        self.memory(&mut text, &stats);
        let lag = self.lag.probe().as_secs_f64();
        let help = "How long a task waited for its turn in the reactor, at the scrape before.";
        text.gauge("offheap_reactor_lag_seconds", help, lag);
        text.0
    }

    fn traffic(&self, text: &mut Text, stats: &Stats) {
        let meter = &self.meter;
        text.gauge("offheap_viewers", "Open viewers.", meter.level(Gauge::Viewers));
        text.gauge("offheap_input_queued_bytes", "Input that waits.", stats.input_queued);
        let counters = [
            ("offheap_output_bytes_total", "Bytes that programs printed.", Counter::BytesOut),
            ("offheap_input_bytes_total", "Bytes of input for programs.", Counter::BytesIn),
            ("offheap_sent_bytes_total", "Bytes that viewers were handed.", Counter::BytesSent),
            ("offheap_viewer_gaps_total", "Times that a viewer lost bytes.", Counter::Gaps),
            ("offheap_missed_bytes_total", "Bytes that viewers lost.", Counter::BytesMissed),
            ("offheap_viewer_stalls_total", "Times that a viewer stalled.", Counter::Stalls),
        ];
        for (name, help, counter) in counters {
            text.counter(name, help, meter.total(counter));
        }
    }

    fn memory(&self, text: &mut Text, stats: &Stats) {
        let held = ("offheap_bytes_held", "gauge", "Native memory held for sessions, by kind.");
        let kinds = [
            ("history", self.meter.level(Gauge::History)),
            ("screen", self.meter.level(Gauge::Screen)),
            ("input", stats.input_queued as u64),
        ];
        text.labelled(held, "kind", kinds);
        let level =
            ("offheap_memory_level", "gauge", "1 for the level of memory at the last check.");
        let levels = Level::ALL.map(|level| (level.name(), u8::from(level == stats.memory)));
        text.labelled(level, "level", levels);
        let usage = self.watch.usage();
        let read = ("offheap_memory_bytes", "gauge", "What the last check of memory read.");
        let values = [
            ("rss", usage.rss),
            ("heap_used", usage.heap_used),
            ("heap_limit", usage.heap_limit),
            ("external", usage.external),
            ("cgroup_used", usage.cgroup_used),
            ("cgroup_limit", usage.cgroup_limit),
            ("machine_total", usage.machine_total),
            ("machine_available", usage.machine_available),
        ];
        let known = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
        text.labelled(read, "kind", known);
    }
}

fn sessions(text: &mut Text, stats: &Stats) {
    let by_state = [
        ("active", stats.sessions - stats.exited - stats.suspended),
        ("suspended", stats.suspended),
        ("exited", stats.exited),
    ];
    text.labelled(("offheap_sessions", "gauge", "Sessions, by state."), "state", by_state);
    text.gauge("offheap_sessions_detached", "Sessions without a connection.", stats.detached);
    text.gauge("offheap_projects", "Projects that have sessions.", stats.projects);
    text.gauge("offheap_connections", "Attached connections.", stats.connections);
    text.counter("offheap_sessions_created_total", "Sessions created.", stats.created);
    let closed = ("offheap_sessions_closed_total", "counter", "Sessions closed, by reason.");
    let reasons = stats.closed.iter().map(|(reason, count)| (reason.name(), *count));
    text.labelled(closed, "reason", reasons);
    let limits = ("offheap_limits_hit_total", "counter", "Limits hit, by limit.");
    let hits = stats.limits.iter().map(|(limit, count)| (limit.name(), *count));
    text.labelled(limits, "limit", hits);
}
