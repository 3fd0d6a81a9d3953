//! The ring against a vector that keeps everything.

use proptest::prelude::*;

use super::super::*;
use crate::text::reference;
use crate::text::scanner::tests::terminal_bytes;

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u8>),
    Clear,
    Resize(usize),
}

fn step(most: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => terminal_bytes(most).prop_map(Step::Write),
        1 => Just(Step::Clear),
        2 => (1..300usize).prop_map(Step::Resize),
    ]
}

/// All bytes ever written, and where the kept ones begin.
struct Model {
    all: Vec<u8>,
    start: usize,
    capacity: usize,
}

impl Model {
    fn keep(&mut self, most: usize) {
        self.start = self.start.max(self.all.len().saturating_sub(most));
    }

    fn apply(&mut self, ring: &mut Ring, step: Step) {
        match step {
            Step::Write(bytes) => {
                self.all.extend(&bytes);
                assert_eq!(ring.write(&bytes), self.all.len() as u64);
            }
            Step::Clear => {
                self.start = self.all.len();
                ring.clear();
                assert_eq!(ring.allocated(), 0);
            }
            Step::Resize(capacity) => {
                self.capacity = capacity;
                ring.resize(capacity);
            }
        }
        self.keep(self.capacity);
    }

    fn check(&self, ring: &Ring) {
        let kept = &self.all[self.start..];
        assert_eq!((ring.start(), ring.end()), (self.start as u64, self.all.len() as u64));
        assert_eq!((ring.len(), ring.is_empty()), (kept.len(), kept.is_empty()));
        assert_eq!(ring.capacity(), self.capacity);
        assert!(ring.allocated() <= self.capacity && kept.len() <= ring.allocated());
        assert_eq!(ring.slices(0, usize::MAX).to_vec(), kept);
    }

    fn check_part(&self, ring: &Ring, from: usize, max: usize) {
        let from = from % (self.all.len() + 10);
        let clamped = from.clamp(self.start, self.all.len());
        let expected = &self.all[clamped..][..max.min(self.all.len() - clamped)];
        let span = ring.slices(from as u64, max);
        assert_eq!((span.start, span.to_vec()), (clamped as u64, expected.to_vec()));
        let mut target = vec![0; max];
        assert_eq!(ring.copy_to(from as u64, &mut target), expected.len());
        assert_eq!(&target[..expected.len()], expected);
    }
}

fn model(capacity: usize) -> (Ring, Model) {
    (Ring::new(capacity), Model { all: Vec::new(), start: 0, capacity })
}

proptest! {
    #[test]
    fn it_holds_what_a_vector_would(
        capacity in 1..300usize,
        steps in prop::collection::vec((step(60), any::<u16>(), 0..400usize), 1..40),
    ) {
        let (mut ring, mut model) = model(capacity);
        for (step, from, max) in steps {
            model.apply(&mut ring, step);
            model.check(&ring);
            model.check_part(&ring, usize::from(from), max);
        }
    }

    #[test]
    fn it_grows_and_shrinks_without_losing_bytes(
        capacity in 1..40_000usize,
        steps in prop::collection::vec((0..20_000usize, prop::option::of(1..40_000usize)), 1..20),
    ) {
        let (mut ring, mut model) = model(capacity);
        for (index, (count, capacity)) in steps.into_iter().enumerate() {
            let byte = u8::try_from(index).unwrap();
            model.apply(&mut ring, Step::Write((0..count).map(|at| byte ^ at.to_le_bytes()[0]).collect()));
            model.check(&ring);
            if let Some(capacity) = capacity {
                model.apply(&mut ring, Step::Resize(capacity));
                model.check(&ring);
            }
        }
    }

    #[test]
    fn boundaries_stay_exact_through_all_operations(
        capacity in 1..120usize,
        steps in prop::collection::vec(step(12), 1..12),
    ) {
        let (mut ring, mut model) = model(capacity);
        for step in steps {
            model.apply(&mut ring, step);
            let safe = reference::safe_positions(&model.all);
            super::boundary::check_all(&ring, &safe);
        }
    }
}
