//! Rings over mapped memory: the same history as on the heap, and found again.

use memmap2::MmapMut;
use proptest::prelude::*;

use super::super::*;
use crate::text::scanner::tests::terminal_bytes;

const SIZE: usize = 512;
const CAPACITY: usize = 300;

fn memory(size: usize) -> MmapMut {
    MmapMut::map_anon(size).expect("memory")
}

fn ring(start: u64) -> Ring {
    let place = Place { start, end: start, state: 0 };
    Ring::restore(memory(SIZE), CAPACITY, place).expect("a ring")
}

/// Reads data in as a terminal is read: into the room, as much as fits.
fn read(ring: &mut Ring, mut data: &[u8]) {
    while !data.is_empty() {
        let room = ring.reserve();
        let count = room.len().min(data.len());
        room[..count].copy_from_slice(&data[..count]);
        ring.commit(count);
        data = &data[count..];
    }
}

/// A ring over a copy of another one's memory, byte for byte.
fn found_again(ring: &Ring) -> Ring {
    let mut copy = memory(SIZE);
    copy.copy_from_slice(&ring.buffer);
    Ring::restore(copy, CAPACITY, ring.place()).expect("a ring")
}

#[test]
fn numbers_that_contradict_each_other_are_refused() {
    let place = |start, end| Place { start, end, state: 0 };
    for (capacity, place) in [
        (0, place(0, 0)),
        (SIZE + 1, place(0, 0)),
        (300, place(1, 0)),
        (300, place(0, 301)),
        (300, place(u64::MAX - 1, u64::MAX)),
    ] {
        assert!(Ring::restore(memory(SIZE), capacity, place).is_none(), "{capacity} {place:?}");
    }
    let unknown = Place { start: 5, end: 6, state: u16::MAX };
    let ring = Ring::restore(memory(SIZE), 300, unknown).expect("a ring");
    assert_eq!(ring.place(), Place { state: 0, ..unknown });
}

#[test]
fn nothing_is_allocated_and_the_capacity_stays() {
    let mut ring = ring(7);
    assert!(ring.is_mapped());
    ring.write(&[b'x'; 1000]);
    ring.resize(10);
    assert_eq!((ring.allocated(), ring.capacity(), ring.len()), (0, CAPACITY, CAPACITY));
    assert_eq!((ring.start(), ring.end()), (1007 - CAPACITY as u64, 1007));
}

#[test]
fn a_cleared_ring_lets_go_of_the_memory_and_goes_on() {
    let mut ring = ring(0);
    ring.write(b"abc");
    ring.clear();
    assert!(!ring.is_mapped());
    assert_eq!(ring.write(b"d"), 4);
    assert_eq!((ring.start(), ring.slices(0, 9).to_vec()), (3, b"d".to_vec()));
}

#[test]
fn the_room_holds_no_byte_that_is_kept() {
    let mut ring = ring(0);
    for turn in 0..100_u8 {
        let before = ring.slices(0, usize::MAX).to_vec();
        ring.reserve().fill(0xff);
        assert_eq!(ring.slices(0, usize::MAX).to_vec(), before);
        read(&mut ring, &[turn; 37]);
        assert_eq!(ring.slices(ring.end() - 37, 37).to_vec(), [turn; 37]);
    }
}

#[test]
#[should_panic(expected = "more bytes than there is room for")]
fn no_more_is_taken_than_there_is_room_for() {
    let mut ring = ring(0);
    let room = ring.reserve().len();
    ring.commit(room + 1);
}

#[test]
fn a_ring_on_the_heap_has_no_room() {
    let mut ring = Ring::new(100);
    ring.write(b"abc");
    assert!(ring.reserve().is_empty());
}

proptest! {
    #[test]
    fn it_equals_a_ring_on_the_heap_and_is_found_again(
        pieces in prop::collection::vec((terminal_bytes(700), any::<bool>(), any::<bool>()), 1..12),
    ) {
        let mut heap = Ring::new(CAPACITY);
        let mut mapped = ring(0);
        for (piece, by_reading, again) in pieces {
            heap.write(&piece);
            if by_reading {
                read(&mut mapped, &piece);
            } else {
                mapped.write(&piece);
            }
            if again {
                mapped = found_again(&mapped);
            }
            prop_assert_eq!(mapped.place(), heap.place());
            let all = mapped.slices(0, usize::MAX).to_vec();
            prop_assert_eq!(&all, &heap.slices(0, usize::MAX).to_vec());
            for from in (heap.start()..heap.end()).step_by(7) {
                prop_assert_eq!(mapped.safe_start(from), heap.safe_start(from));
                prop_assert_eq!(mapped.safe_end(from, from + 40), heap.safe_end(from, from + 40));
            }
            for (at, offset) in (mapped.start()..).zip(0..all.len()) {
                prop_assert_eq!(mapped.buffer[usize::try_from(at).unwrap() % SIZE], all[offset]);
            }
        }
    }
}
