//! What the registry's operations cost at 10 and at 10,000 sessions: run with
//! `cargo run --release` in this folder. No operation but listing may depend on
//! the number of sessions.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offheap_pty::Local;
use offheap_session::meter::Meter;
use offheap_session::registry::{
    Clock, Event, EventListener, Handle, NewSession, Options, Registry, Work,
};

const PROJECTS: usize = 100;
const ROUNDS: usize = 20_000;

/// A listener that drops what it is told.
struct Nobody;

impl EventListener for Nobody {
    fn event(&self, _event: Event) {}

    fn work(&self, _work: Work) {}
}

/// A registry with the clocks of production, a number of sessions in 100
/// projects, half of them with a connection.
struct Bench {
    registry: Arc<Registry>,
    handles: Vec<Handle>,
}

impl Bench {
    fn new(sessions: usize) -> Self {
        let options = Options { max_sessions: 0, max_per_project: 0, ..Options::default() };
        let meter = Meter::new(None);
        let registry =
            Registry::new(options, Clock::system(), Arc::new(Nobody), Arc::new(Local), meter);
        let mut bench = Self { registry, handles: Vec::new() };
        for n in 0..sessions {
            let handle = bench.create(n);
            if n % 2 == 0 {
                let (id, project) = (&handle.subject.id, handle.subject.project.as_deref());
                bench.registry.attach(id, project, &format!("c{n}")).expect("a session");
            }
            bench.handles.push(handle);
        }
        bench
    }

    fn create(&self, n: usize) -> Handle {
        let project = Some(format!("project-{}", n % PROJECTS).into());
        let new = NewSession { project, ..NewSession::default() };
        self.registry.create(new, None).expect("no limit").0
    }

    /// Nanoseconds for one call, the median of some batches.
    fn time(&self, mut act: impl FnMut(usize)) -> f64 {
        const BATCHES: usize = 20;
        let mut batches = Vec::with_capacity(BATCHES);
        for batch in 0..BATCHES {
            let start = Instant::now();
            for n in 0..ROUNDS / BATCHES {
                act(batch * (ROUNDS / BATCHES) + n);
            }
            batches.push(start.elapsed());
        }
        batches.sort_unstable();
        let median: Duration = batches[BATCHES / 2];
        median.as_secs_f64() * 1e9 / (ROUNDS / BATCHES) as f64
    }

    /// Sessions that are made are closed again, so that there are as many as
    /// the row says.
    fn create_and_close(&self) -> (f64, f64) {
        const BATCH: usize = 100;
        let (mut created, mut closed) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS / BATCH {
            let start = Instant::now();
            let made: Vec<_> = (0..BATCH).map(|n| self.create(round + n)).collect();
            created.push(start.elapsed());
            let start = Instant::now();
            for handle in &made {
                self.registry.close_handle(handle);
            }
            closed.push(start.elapsed());
        }
        let per_call = |mut times: Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1e9 / BATCH as f64
        };
        (per_call(created), per_call(closed))
    }

    fn rows(&self) -> Vec<(&'static str, f64)> {
        let handle = |n: usize| &self.handles[n * 7919 % self.handles.len()];
        let id = |n: usize| &*handle(n).subject.id;
        let project = |n: usize| handle(n).subject.project.as_deref();
        let (create, close) = self.create_and_close();
        vec![
            ("create", create),
            ("touch", self.time(|n| self.registry.touch_session(&handle(n).subject))),
            ("close", close),
            ("get", self.time(|n| drop(black_box(self.registry.get(id(n), project(n)))))),
            ("focus", self.time(|n| self.registry.focus(id(n), project(n)).expect("a session"))),
            (
                "attach + detach",
                self.time(|n| {
                    self.registry.attach(id(n), project(n), "connection").expect("a session");
                    self.registry.detach("connection", None);
                }),
            ),
            ("stats", self.time(|_| drop(black_box(self.registry.stats())))),
            ("metrics", self.time(|_| drop(black_box(self.registry.metrics())))),
        ]
    }
}

fn main() {
    let sizes = [10, 1000, 10_000];
    let columns: Vec<_> = sizes.iter().map(|size| Bench::new(*size).rows()).collect();
    println!("| operation | at 10 sessions | at 1000 | at 10,000 |");
    println!("|---|---:|---:|---:|");
    for row in 0..columns[0].len() {
        let times: Vec<_> = columns.iter().map(|rows| format!("{:.0} ns", rows[row].1)).collect();
        println!("| {} | {} |", columns[0][row].0, times.join(" | "));
    }
}
