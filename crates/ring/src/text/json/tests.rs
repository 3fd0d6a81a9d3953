use proptest::prelude::*;

use super::*;

/// Text, controls, characters of every length and plain garbage.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(&b"abcdefgh \"\\\x1b\r\n\x00\x1f\x7f"[..]),
        2 => any::<u8>(),
        2 => 0x20..0x7fu8,
    ];
    let piece = prop_oneof![
        4 => byte.prop_map(|byte| vec![byte]),
        2 => any::<char>().prop_map(|char| char.to_string().into_bytes()),
        1 => prop::collection::vec(0x20..0x7fu8, 0..20),
        1 => prop::sample::select(&[0xe2, 0x82, 0xf0, 0x9f, 0xc3, 0xed][..]).prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

fn parsed(encoded: &[u8]) -> String {
    let mut json = vec![b'"'];
    json.extend_from_slice(encoded);
    json.push(b'"');
    serde_json::from_slice(&json).unwrap()
}

fn encoded(head: &[u8], tail: &[u8]) -> Vec<u8> {
    let mut out = vec![0; (head.len() + tail.len()) * MAX_PER_BYTE];
    let result = encode(head, tail, &mut out, true);
    assert_eq!(result.consumed, head.len() + tail.len());
    out.truncate(result.written);
    out
}

#[test]
fn plain_text_stands_for_itself() {
    let text = "ls -l é € 😀 \u{2028}\u{2029} \x7f";
    assert_eq!(encoded(text.as_bytes(), b""), text.as_bytes());
}

#[test]
fn controls_take_their_short_form_where_there_is_one() {
    let written = encoded(b"\x00\x07\x08\t\n\x0b\x0c\r\x1b[m\x1f\"\\/", b"");
    assert_eq!(written, br#"\u0000\u0007\b\t\n\u000b\f\r\u001b[m\u001f\"\\/"#);
}

#[test]
fn every_byte_at_every_place_is_right() {
    // Blocks of 64 bytes are looked at together.
    for byte in 0..=255u8 {
        for at in 0..2 * 64 + 5 {
            let mut bytes = b"abcdefghijklmnopqrstuvw".repeat(6);
            bytes[at] = byte;
            assert_eq!(
                parsed(&encoded(&bytes, b"")),
                String::from_utf8_lossy(&bytes),
                "{byte} at {at}"
            );
        }
    }
}

#[test]
fn a_cut_character_waits_unless_flushed() {
    for text in ["é", "€", "😀"] {
        let bytes = text.as_bytes();
        for cut in 1..bytes.len() {
            for split in 0..=cut {
                let (head, tail) = bytes[..cut].split_at(split);
                let mut out = [0; 8];
                let waiting = encode(head, tail, &mut out, false);
                assert_eq!(waiting, Encoded::default(), "{text} {cut} {split}");
                let flushed = encode(head, tail, &mut out, true);
                assert_eq!(flushed, Encoded { consumed: cut, written: 3 });
                assert_eq!(&out[..3], "\u{fffd}".as_bytes());
            }
        }
    }
}

#[test]
fn nothing_is_written_past_the_room_and_nothing_is_torn() {
    let bytes = "a\x1b[1mé€😀\"\\\n\u{1}\u{fffd}zzzzzzzzzzzzzzzz".as_bytes();
    let whole = encoded(bytes, b"");
    for room in 0..whole.len() {
        for split in 0..bytes.len() {
            let (head, tail) = bytes.split_at(split);
            let mut out = vec![0; room];
            let result = encode(head, tail, &mut out, true);
            assert_eq!(&out[..result.written], &whole[..result.written]);
            assert_eq!(parsed(&out[..result.written]).as_bytes(), &bytes[..result.consumed]);
            assert!(result.written + MAX_PER_BYTE > room);
        }
    }
}

proptest! {
    #[test]
    fn it_reads_back_as_the_lossy_string(bytes in output(), at in any::<prop::sample::Index>()) {
        let (head, tail) = bytes.split_at(at.index(bytes.len() + 1));
        prop_assert_eq!(parsed(&encoded(head, tail)), String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn it_may_be_continued(bytes in output(), sizes in prop::collection::vec((0..20usize, 6..40usize, 0..20usize), 1..20)) {
        let mut json = Vec::new();
        let mut pending = Vec::new();
        let mut rest = &bytes[..];
        for &(more, room, split) in sizes.iter().cycle() {
            let more = more.min(rest.len());
            pending.extend_from_slice(&rest[..more]);
            rest = &rest[more..];
            let (head, tail) = pending.split_at(split.min(pending.len()));
            let mut out = vec![0; room];
            let result = encode(head, tail, &mut out, rest.is_empty());
            json.extend_from_slice(&out[..result.written]);
            pending.drain(..result.consumed);
            if rest.is_empty() && pending.is_empty() {
                break;
            }
            if sizes.iter().all(|&(more, ..)| more == 0) {
                return Ok(());
            }
        }
        prop_assert_eq!(parsed(&json), String::from_utf8_lossy(&bytes));
    }
}
