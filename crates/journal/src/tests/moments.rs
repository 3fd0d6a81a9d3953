//! Files whose parts are of different moments, as a copy holds that is made while
//! the process writes, and a disk whose machine has stopped: what is restored of
//! them was printed, byte for byte, in the history that goes on.

use proptest::prelude::*;

use super::restoring::private;
use super::*;
use crate::Error;

/// One history as it was printed: what a restored one must be a part of.
#[derive(Clone, Default)]
struct Truth {
    bytes: Vec<u8>,
    /// Tells what is printed by this history from what another would print.
    turn: u8,
    /// Checkpoints: their offsets, what they need, and what is in them.
    checkpoints: Vec<(u64, u64, Vec<u8>)>,
}

impl Truth {
    /// What it was up to an offset, going on in another way.
    fn fork(&self, end: u64) -> Self {
        let mut fork = self.clone();
        fork.bytes.truncate(usize::try_from(end).unwrap());
        fork.checkpoints.retain(|(_, needs, _)| *needs <= end);
        fork.turn += 1;
        fork
    }

    fn print(&mut self, journal: &mut Journal, ring: &mut Ring, count: usize) {
        let mut left = count;
        while left > 0 {
            let at = self.bytes.len() as u64;
            if journal.is_checkpoint_due(ring) || at.is_multiple_of(11) {
                let data: Vec<u8> = snapshot(at).iter().map(|byte| byte ^ self.turn).collect();
                // Some are of an earlier offset.
                let back = if at.is_multiple_of(2) { 0 } else { (ring.len() as u64).min(900) };
                let offset = ring.end() - back;
                let checkpoint = Checkpoint { offset, cols: 80, rows: 24, data: &data };
                assert!(journal.keep_checkpoint(ring, checkpoint));
                self.checkpoints.push((at - back, at, data));
            }
            let turn = self.turn;
            let more: Vec<u8> =
                (at..at + left.min(ROOM) as u64).map(|offset| byte(offset) ^ turn).collect();
            journal.write(ring, &more);
            self.bytes.extend(&more);
            left -= more.len();
        }
    }

    fn check(&self, found: &Recovered) {
        let (start, end) = span(found);
        let part = |from: u64, to: u64| {
            self.bytes.get(usize::try_from(from).unwrap()..usize::try_from(to).unwrap())
        };
        let kept = found.ring.slices(0, usize::MAX).to_vec();
        assert!(part(start, end) == Some(&kept), "wrong bytes between {start} and {end}");
        if let Some(last) = found.journal.last_checkpoint() {
            let offset = last.offset - found.journal.base();
            assert!((start..=end).contains(&offset));
            let is_it = |known: &(u64, u64, Vec<u8>)| {
                (known.0, known.2.as_slice()) == (offset, last.data) && known.1 <= end
            };
            assert!(self.checkpoints.iter().any(is_it), "another screen at {offset}");
        }
    }
}

/// A file in a directory of its own, as its parts were at different moments.
fn restore(name: &str, bytes: &[u8]) -> (Scratch, Result<Recovered, Error>) {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let path = scratch.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    private(&path);
    let found = directory.recover(name);
    (scratch, found)
}

/// Prints, and looks at the file after each piece.
fn moments(
    truth: &mut Truth,
    (journal, ring): (&mut Journal, &mut Ring),
    path: &Path,
    pieces: &[usize],
) -> Vec<Vec<u8>> {
    let mut moments = Vec::new();
    for &piece in pieces {
        truth.print(journal, ring, piece);
        moments.push(std::fs::read(path).expect("a file"));
        // One in the middle of a read, of which nothing is published.
        let read = journal.read(ring, |room| {
            let there = room.len() / 2;
            room[..there].fill(b'?');
            moments.push(std::fs::read(path).expect("a file"));
            room[..there].fill(crate::journal::FILL);
            Err::<usize, ()>(())
        });
        assert!(read.is_err());
    }
    moments
}

/// Each part of the file as it was at one of the moments.
fn mix(moments: &[Vec<u8>], part: usize, mut seed: u64) -> Vec<u8> {
    let mut mixed = Vec::with_capacity(moments[0].len());
    for at in (0..moments[0].len()).step_by(part) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let moment = &moments[usize::try_from(seed >> 33).unwrap() % moments.len()];
        mixed.extend(&moment[at..moment.len().min(at + part)]);
    }
    mixed
}

/// Pages, sectors, and what a processor stores at once.
fn part() -> impl Strategy<Value = usize> {
    prop_oneof![Just(4096_usize), Just(512), Just(64), Just(4)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_restored_was_printed(
        first in prop::collection::vec(1..40_000_usize, 1..5),
        second in prop::collection::vec(1..40_000_usize, 1..5),
        (part, again) in (part(), part()),
        (seed, other) in any::<(u64, u64)>(),
    ) {
        let scratch = Scratch::new();
        let directory = scratch.open();
        let (mut journal, mut ring) = create(&directory, "s");
        let name = journal.name().to_owned();
        let path = scratch.path().join(&name);
        let mut truth = Truth::default();
        let mut seen = moments(&mut truth, (&mut journal, &mut ring), &path, &first);
        let (place, found) = restore(&name, &mix(&seen, part, seed));
        // Of both records each may be torn, which costs the session and is said.
        let Ok(mut found) = found else { return Ok(()) };
        truth.check(&found);

        // It goes on where it was cut off, and prints other things there. Parts of
        // the file that are not written again may be as they were before.
        let mut truth = truth.fork(span(&found).1);
        let path = place.path().join(&name);
        let parts = (&mut found.journal, &mut found.ring);
        seen.extend(moments(&mut truth, parts, &path, &second));
        let page = seen[seen.len() - 1][..4096].to_vec();
        for moment in &mut seen {
            moment[..4096].copy_from_slice(&page);
        }
        let (_place, again) = restore(&name, &mix(&seen, again, other));
        let again = again.expect("a session");
        truth.check(&again);
        prop_assert!(again.ring.end() > found.ring.start() + (1 << 40));
    }
}

#[test]
fn a_copy_of_one_moment_is_whole_and_its_offsets_are_new() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, mut ring) = create(&directory, "s");
    run(&mut journal, &mut ring, 200_000);
    let name = journal.name().to_owned();
    let bytes = std::fs::read(scratch.path().join(&name)).expect("a file");
    let (_place, found) = restore(&name, &bytes);
    let found = found.expect("a session");
    check_all(&found, 200_000);
    assert!(found.ring.start() > 1 << 40);
    // The file itself goes on as ever.
    drop((journal, ring));
    let found = directory.recover(&name).expect("a session");
    assert_eq!(found.ring.end(), 200_000);
}
