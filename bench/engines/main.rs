//! Measures one terminal engine with the bytes on standard input, fed in pieces
//! of 4 KiB, and prints figures: `names`, `speed ENGINE LINES ROUNDS`,
//! `memory ENGINE LINES COUNT`, `snapshot ENGINE LINES ROUNDS`, where lines are
//! those of scrollback. A process measures one thing, so that nothing that ran
//! before it has left its mark on the allocator.

mod engine;
mod peers;

use std::io::{self, Read};
use std::time::Instant;

use engine::{Engine, Ours};

/// What one read of a terminal gives, at most.
const CHUNK: usize = 4096;

struct Task {
    what: String,
    lines: usize,
    times: usize,
    bytes: Vec<u8>,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
    if argument(0) == "names" {
        println!("{}", NAMES.join(" "));
        return Ok(());
    }
    let number = |index| argument(index).parse().map_err(io::Error::other);
    let mut task =
        Task { what: argument(0).into(), lines: number(2)?, times: number(3)?, bytes: Vec::new() };
    io::stdin().read_to_end(&mut task.bytes)?;
    measure_by_name(argument(1), &task);
    Ok(())
}

const NAMES: &[&str] = &[
    Ours::NAME,
    peers::Alacritty::NAME,
    peers::Vt100::NAME,
    peers::Avt::NAME,
    #[cfg(feature = "rio")]
    peers::Rio::NAME,
];

fn measure_by_name(name: &str, task: &Task) {
    match name {
        Ours::NAME => measure::<Ours>(task),
        peers::Alacritty::NAME => measure::<peers::Alacritty>(task),
        peers::Vt100::NAME => measure::<peers::Vt100>(task),
        peers::Avt::NAME => measure::<peers::Avt>(task),
        #[cfg(feature = "rio")]
        peers::Rio::NAME => measure::<peers::Rio>(task),
        _ => panic!("no engine is called {name:?}"),
    }
}

fn measure<E: Engine>(task: &Task) {
    match task.what.as_str() {
        "speed" => speed::<E>(task),
        "memory" => memory::<E>(task),
        "snapshot" => snapshot::<E>(task),
        what => panic!("cannot measure {what:?}"),
    }
}

fn fed<E: Engine>(task: &Task) -> E {
    let mut engine = E::new(task.lines);
    task.bytes.chunks(CHUNK).for_each(|piece| engine.feed(piece));
    engine
}

/// Prints the seconds of the best round of feeding the same bytes again.
fn speed<E: Engine>(task: &Task) {
    let mut engine = E::new(task.lines);
    let mut best = f64::MAX;
    for _ in 0..task.times {
        let begin = Instant::now();
        task.bytes.chunks(CHUNK).for_each(|piece| engine.feed(piece));
        best = best.min(begin.elapsed().as_secs_f64());
    }
    println!("{best}");
}

/// Prints the bytes of resident memory that each of many equal terminals adds,
/// and the bytes that one of them counts itself, if it does.
fn memory<E: Engine>(task: &Task) {
    // The first of all also brings in code and tables that all of them share.
    drop(fed::<E>(task));
    let mut engines = Vec::with_capacity(task.times);
    let before = resident();
    engines.extend((0..task.times).map(|_| fed::<E>(task)));
    let each = resident().saturating_sub(before) / engines.len();
    println!("{each} {}", engines[0].held().map_or(String::new(), |held| held.to_string()));
}

/// Prints the seconds of the best of many serialisations and their length, or
/// nothing for an engine that cannot serialise its terminal.
fn snapshot<E: Engine>(task: &Task) {
    let engine = fed::<E>(task);
    let mut out = Vec::new();
    let mut best = f64::MAX;
    for _ in 0..task.times {
        out.clear();
        let begin = Instant::now();
        if !engine.serialise(task.lines, &mut out) {
            return;
        }
        best = best.min(begin.elapsed().as_secs_f64());
    }
    println!("{best} {}", out.len());
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
