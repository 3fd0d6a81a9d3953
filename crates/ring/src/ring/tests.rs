mod boundary;
mod mapped;
mod model;

use super::*;

fn content(ring: &Ring) -> Vec<u8> {
    ring.slices(0, usize::MAX).to_vec()
}

#[test]
fn nothing_is_allocated_before_the_first_write() {
    let mut ring = Ring::default();
    assert_eq!((ring.allocated(), ring.capacity(), ring.len()), (0, DEFAULT_CAPACITY, 0));
    assert!(ring.is_empty() && content(&ring).is_empty());
    assert_eq!(ring.write(b""), 0);
    assert_eq!(ring.allocated(), 0);
    assert_eq!(ring.write(b"x"), 1);
    assert_eq!(ring.allocated(), 4096);
}

#[test]
fn it_doubles_until_the_capacity() {
    let mut ring = Ring::new(10_000);
    for (total, allocated) in [(4096, 4096), (4097, 8192), (8193, 10_000), (30_000, 10_000)] {
        let count = total - usize::try_from(ring.end()).unwrap();
        ring.write(&vec![b'x'; count]);
        assert_eq!(ring.allocated(), allocated);
    }
    assert_eq!((ring.start(), ring.end(), ring.len()), (20_000, 30_000, 10_000));
}

#[test]
fn capacities_out_of_range_are_brought_into_it() {
    assert_eq!(Ring::new(0).capacity(), 1);
    assert_eq!(Ring::new(usize::MAX).capacity(), MAX_CAPACITY);
    let mut ring = Ring::new(100);
    ring.resize(0);
    assert_eq!(ring.capacity(), 1);
}

#[test]
fn data_larger_than_the_capacity_keeps_its_newest_bytes() {
    let mut ring = Ring::new(4);
    ring.write(b"ab");
    assert_eq!(ring.write(b"cdefghij"), 10);
    assert_eq!((ring.start(), content(&ring)), (6, b"ghij".to_vec()));
    assert_eq!(ring.write(b"kl"), 12);
    assert_eq!((ring.start(), content(&ring)), (8, b"ijkl".to_vec()));
    assert_eq!(ring.write(b"mnop"), 16);
    assert_eq!((ring.start(), content(&ring)), (12, b"mnop".to_vec()));
}

#[test]
fn slices_are_clamped_to_what_is_kept() {
    let mut ring = Ring::new(4);
    ring.write(b"abcdef");
    ring.write(b"g");
    let span = ring.slices(0, 100);
    assert_eq!((span.start, span.end(), span.len()), (3, 7, 4));
    assert_eq!(span.to_vec(), b"defg");
    assert_eq!(ring.slices(4, 2).to_vec(), b"ef");
    assert_eq!(ring.slices(7, 2), Span { start: 7, head: b"", tail: b"" });
    assert_eq!(ring.slices(u64::MAX, 2).start, 7);
    assert!(ring.slices(5, 0).is_empty());
}

#[test]
fn copies_fill_what_fits() {
    let mut ring = Ring::new(4);
    ring.write(b"abcdef");
    ring.write(b"g");
    let mut target = [0; 3];
    assert_eq!(ring.copy_to(0, &mut target), 3);
    assert_eq!(&target, b"def");
    assert_eq!(ring.copy_to(6, &mut target), 1);
    assert_eq!(&target, b"gef");
    assert_eq!(ring.copy_to(7, &mut target), 0);
}

#[test]
fn clearing_gives_the_memory_back_and_keeps_the_offsets() {
    let mut ring = Ring::new(100);
    ring.write(b"abc");
    ring.clear();
    assert_eq!((ring.start(), ring.end(), ring.allocated()), (3, 3, 0));
    assert_eq!(ring.write(b"d"), 4);
    assert_eq!((ring.start(), content(&ring)), (3, b"d".to_vec()));
}

#[test]
fn resizing_keeps_the_newest_bytes() {
    let mut ring = Ring::new(100_000);
    ring.write(&vec![b'x'; 90_000]);
    ring.write(b"newest");
    ring.resize(6);
    assert_eq!((ring.capacity(), ring.allocated(), ring.start()), (6, 6, 90_000));
    assert_eq!(content(&ring), b"newest");
    ring.resize(9);
    ring.write(b"1234");
    assert_eq!(content(&ring), b"ewest1234");
    ring.resize(50_000);
    ring.write(&[b'y'; 5000]);
    assert_eq!((ring.len(), ring.allocated()), (5009, 8192));
}
