//! Files that are cut off, torn, foreign or hostile cost themselves only, and
//! what is restored of one is right.

use proptest::prelude::*;

use super::restoring::private;
use super::*;
use crate::Error;
use crate::layout::{HEADER, Layout, PAGE};

/// A file with some history, as bytes.
fn bytes() -> (String, Vec<u8>, u64) {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, mut ring) = create(&directory, "s");
    run(&mut journal, &mut ring, 150_000);
    journal.resize(&ring, 90, 20);
    run(&mut journal, &mut ring, 777);
    let name = journal.name().to_owned();
    let bytes = std::fs::read(scratch.path().join(&name)).expect("a file");
    (name, bytes, ring.end())
}

fn recover(name: &str, bytes: &[u8]) -> Result<Recovered, Error> {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let path = scratch.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    private(&path);
    directory.recover(name)
}

#[test]
fn a_file_that_is_cut_off_is_damaged() {
    let (name, bytes, _) = bytes();
    for length in [0, 1, HEADER - 1, HEADER, PAGE, 3 * PAGE, bytes.len() / 2, bytes.len() - 1] {
        let error = recover(&name, &bytes[..length]).expect_err("an error");
        assert_eq!(error.code(), "ERR_JOURNAL_DAMAGED", "{length}: {error}");
    }
    let longer = [&bytes[..], &[0; PAGE]].concat();
    assert_eq!(recover(&name, &longer).expect_err("an error").code(), "ERR_JOURNAL_DAMAGED");
}

#[test]
fn another_version_is_said_to_be_one() {
    let (name, mut bytes, _) = bytes();
    bytes[8] = 2;
    let error = recover(&name, &bytes).expect_err("an error");
    assert!(matches!(error, Error::Version { found: 2, known: 1, .. }), "{error}");
    bytes[0] = b'x';
    assert_eq!(recover(&name, &bytes).expect_err("an error").code(), "ERR_JOURNAL_DAMAGED");
}

#[test]
fn sizes_that_are_made_up_are_not_believed() {
    let real = Layout { capacity: SIZES.capacity, checkpoint: 10, identity: 10, nonce: 1 };
    let size = real.file_size();
    assert_eq!(Layout::decode(&real.encode(), size), Ok(real));
    for made_up in [
        Layout { capacity: usize::MAX / 2, ..real },
        Layout { capacity: 10, ..real },
        Layout { checkpoint: 1 << 40, ..real },
        Layout { identity: 1 << 40, ..real },
        Layout { capacity: SIZES.capacity * 2, ..real },
    ] {
        let mut header = real.encode();
        let sizes = [made_up.capacity, made_up.checkpoint, made_up.identity];
        for (at, value) in [24, 32, 40].into_iter().zip(sizes) {
            header[at..][..8].copy_from_slice(&(value as u64).to_le_bytes());
        }
        crate::fields::seal(&mut header, 0);
        assert!(Layout::decode(&header, size).is_err(), "{made_up:?}");
    }
}

#[test]
fn without_its_newest_record_it_is_as_it_was_before_the_last_commit() {
    let (name, bytes, end) = bytes();
    let newest =
        crate::layout::LIVES.map(|at| u64::from_le_bytes(bytes[at..][..8].try_into().unwrap()));
    let newer = usize::from(newest[1] > newest[0]);
    let mut torn = bytes;
    torn[crate::layout::LIVES[newer] + 9] ^= 1;
    // What was read last is beyond the end that is known, and nothing vouches for
    // it in a copy.
    check_all(&recover(&name, &torn).expect("a session"), end - 777);
    torn[crate::layout::LIVES[1 - newer] + 9] ^= 1;
    assert_eq!(recover(&name, &torn).expect_err("an error").code(), "ERR_JOURNAL_DAMAGED");
}

#[test]
fn without_its_newest_checkpoint_the_one_before_is_used_or_none() {
    let (name, bytes, end) = bytes();
    let whole = recover(&name, &bytes).expect("a session");
    let newest = last_checkpoint(&whole).expect("a checkpoint");
    let text = snapshot(newest);
    let at = bytes.windows(text.len()).position(|window| window == text).expect("the snapshot");
    let mut torn = bytes;
    torn[at] ^= 1;
    let found = recover(&name, &torn).expect("a session");
    assert_eq!(span(&found).1, end);
    assert!(found.journal.last_checkpoint().is_none() && !found.exact);
    check(&found);
}

#[test]
fn a_checkpoint_of_an_earlier_offset_is_none_without_the_output_that_it_needs() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, mut ring) = create(&directory, "s");
    let name = journal.name().to_owned();
    run(&mut journal, &mut ring, 10_000);
    assert!(journal.checkpoint(&ring, 80, 24, &snapshot(10_000)));
    run(&mut journal, &mut ring, 20_000);
    let data = snapshot(15_000);
    let early = Checkpoint { offset: 15_000, cols: 80, rows: 24, data: &data };
    assert!(journal.keep_checkpoint(&ring, early));
    let bytes = std::fs::read(scratch.path().join(&name)).expect("a file");
    drop((journal, ring));

    let found = directory.recover(&name).expect("a session");
    assert_eq!((last_checkpoint(&found), found.exact), (Some(15_000), true));
    check(&found);
    // The newest block never came to the disk.
    let mut torn = bytes;
    let ring = torn.len() - ring_size();
    let last = usize::try_from(crate::blocks::border(30_000)).unwrap();
    torn[ring + last..ring + 30_000].fill(0);
    let found = recover(&name, &torn).expect("a session");
    assert_eq!((span(&found).1, last_checkpoint(&found)), (last as u64, Some(10_000)));
    check(&found);
}

#[test]
fn what_a_crash_of_the_machine_did_not_write_is_left_out() {
    let (name, bytes, end) = bytes();
    let ring = bytes.len() - ring_size();
    let last = crate::blocks::border(end);
    let index = |offset: u64| ring + usize::try_from(offset % ring_size() as u64).unwrap();
    // The newest block never came to the disk.
    let mut torn = bytes.clone();
    torn[index(last)..index(end)].fill(0);
    let found = recover(&name, &torn).expect("a session");
    assert_eq!((span(&found).1, found.exact), (last, false));
    check(&found);
    // One in the middle did not: what follows it is kept.
    let mut torn = bytes;
    let missing = last - 5 * 4096;
    torn[index(missing)] ^= 1;
    let found = recover(&name, &torn).expect("a session");
    assert_eq!(span(&found), (missing + 4096, end));
    check(&found);
}

fn ring_size() -> usize {
    Layout { capacity: SIZES.capacity, checkpoint: 0, identity: 0, nonce: 0 }.ring_size()
}

#[test]
fn random_files_are_damaged() {
    let (name, bytes, _) = bytes();
    let mut state = 1_u64;
    for _ in 0..50 {
        let mut noise = bytes[..HEADER].to_vec();
        noise.extend((HEADER..bytes.len()).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        }));
        assert_eq!(recover(&name, &noise).expect_err("an error").code(), "ERR_JOURNAL_DAMAGED");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed in a file: it is refused, or the history that comes
    /// of it holds no byte that was not printed there.
    #[test]
    fn no_byte_is_made_up(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1..300_usize, any::<u8>()), 1..6),
        in_head in any::<bool>(),
    ) {
        let (name, mut bytes, end) = bytes();
        let most = if in_head { 4 * PAGE } else { bytes.len() };
        for (at, count, value) in changes {
            let at = at.index(most);
            let to = (at + count).min(most);
            bytes[at..to].fill(value);
        }
        let Ok(found) = recover(&name, &bytes) else { return Ok(()) };
        let (start, to) = span(&found);
        prop_assert!(to <= end);
        prop_assert!(found.ring.slices(0, usize::MAX).to_vec() == output(start, to));
    }
}
