//! The history against a vector that keeps everything, through any operations.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use offheap_ring::text::scanner::State;
use offheap_ring::{MAX_HELD, Ring};

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Write(&'a [u8]),
    Repeat(&'a [u8], u16),
    Clear,
    Resize(u16),
    Read(u16, u16),
}

/// All bytes ever written, and the parser's state after each of them.
struct Model {
    all: Vec<u8>,
    states: Vec<State>,
    start: usize,
}

impl Model {
    fn append(&mut self, bytes: &[u8]) {
        self.all.extend_from_slice(bytes);
        for &byte in bytes {
            let last = self.states[self.states.len() - 1];
            self.states.push(last.step(byte));
        }
    }

    fn apply(&mut self, ring: &mut Ring, step: Step<'_>) {
        match step {
            Step::Write(bytes) => {
                self.append(bytes);
                ring.write(bytes);
            }
            Step::Repeat(bytes, count) => {
                let bytes = bytes.repeat(usize::from(count) % 512);
                self.append(&bytes);
                ring.write(&bytes);
            }
            Step::Clear => {
                self.start = self.all.len();
                ring.clear();
            }
            Step::Resize(capacity) => ring.resize(usize::from(capacity)),
            Step::Read(from, max) => self.read(ring, usize::from(from), usize::from(max)),
        }
        let kept = self.all.len().saturating_sub(ring.capacity());
        self.start = self.start.max(kept);
    }

    fn read(&self, ring: &Ring, from: usize, max: usize) {
        let end = self.all.len();
        let from = (self.start + from).min(end);
        let expected = &self.all[from..(from + max).min(end)];
        assert_eq!(ring.slices(from as u64, max).to_vec(), expected);
        self.check_boundaries(ring, from, (from + max).min(end));
    }

    fn check_boundaries(&self, ring: &Ring, from: usize, to: usize) {
        let end = self.all.len();
        let next = (from..end).find(|&at| self.states[at].is_safe()).unwrap_or(end);
        assert_eq!(ring.safe_start(from as u64), next as u64);

        let found = ring.safe_end(from as u64, to as u64);
        assert!(from as u64 <= found && found <= to as u64);
        let held = MAX_HELD as usize;
        let last = (from + 1..=to).rev().find(|&at| self.states[at].is_safe());
        if let Some(at) = last.filter(|&at| to - at <= held) {
            assert_eq!(found, at as u64);
        } else if found == from as u64 && to - from >= 4 {
            assert!(to == end && to - from <= held && self.states[from].is_safe());
        }
    }

    fn check(&self, ring: &Ring) {
        assert_eq!((ring.start(), ring.end()), (self.start as u64, self.all.len() as u64));
        assert_eq!(ring.slices(0, usize::MAX).to_vec(), &self.all[self.start..]);
        assert!(ring.allocated() <= ring.capacity());
        self.check_boundaries(ring, self.start, self.all.len());
    }
}

fuzz_target!(|input: (u16, Vec<Step<'_>>)| {
    let (capacity, steps) = input;
    let mut ring = Ring::new(usize::from(capacity));
    let mut model = Model { all: Vec::new(), states: vec![State::GROUND], start: 0 };
    for step in steps {
        model.apply(&mut ring, step);
        model.check(&ring);
    }
});
