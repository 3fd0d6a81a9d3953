use super::*;

#[test]
fn the_split_leaves_as_many_lines_as_are_asked_for() {
    let text = "ab\n\nc\n".repeat(700);
    let bytes = text.as_bytes();
    for at in [0, 1, 2, 3, 5, 1024, 2500, bytes.len()] {
        let (head, tail) = bytes.split_at(at);
        let span = Span { start: 7, head, tail };
        for lines in [0, 1, 2, 3, 500, 1000, 2099, 2100, 5000] {
            let split = split(&span, lines);
            let left = memchr::memchr_iter(b'\n', &bytes[split..]).count();
            assert_eq!(left, lines.min(2100), "{lines} lines, cut at {at}");
            assert!(split == 0 || bytes[split - 1] == b'\n');
            let (before, after) = cut(&span, split);
            assert_eq!((before.to_vec(), after.start), (bytes[..split].to_vec(), 7 + split as u64));
            assert_eq!(after.to_vec(), &bytes[split..]);
        }
    }
}
