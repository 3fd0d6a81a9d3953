use proptest::prelude::*;

use super::*;

/// Bytes that are often, but not always, UTF-8.
pub fn nearly_utf8(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<char>().prop_map(|char| char.to_string().into_bytes()),
        prop::sample::select(&["a", "é", "€", "日", "😀", "\u{fffd}"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
        any::<u8>().prop_map(|byte| vec![byte]),
        (any::<char>(), 1..4usize).prop_map(|(char, most)| {
            let mut bytes = char.to_string().into_bytes();
            bytes.truncate(most);
            bytes
        }),
    ];
    prop::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

fn utf16(bytes: &[u8]) -> Vec<u16> {
    let mut units = vec![7];
    to_utf16_lossy(bytes, &mut units);
    assert_eq!(units.remove(0), 7);
    units
}

#[test]
fn complete_text_is_its_own_prefix() {
    for text in ["", "a", "é", "€", "😀", "abc é € 😀"] {
        assert_eq!(complete_prefix(text.as_bytes()), text.len(), "{text}");
    }
}

#[test]
fn a_cut_character_is_left_out() {
    for (text, start) in [("é", 0), ("a€", 1), ("ab😀", 2)] {
        for cut in start + 1..text.len() {
            assert_eq!(complete_prefix(&text.as_bytes()[..cut]), start, "{text} at {cut}");
        }
    }
}

#[test]
fn what_can_become_no_character_is_not_held() {
    let broken: [&[u8]; 7] = [
        b"\xff",
        b"a\x80",
        b"\xe0\x80",
        b"\xed\xa0",
        b"\xf4\x90",
        b"\xc3\xa9\x80",
        b"\xf0\x9f\x98\x80\x80",
    ];
    for bytes in broken {
        assert_eq!(complete_prefix(bytes), bytes.len(), "{bytes:?}");
    }
}

#[test]
fn ascii_is_ascii() {
    assert!(is_ascii(b"abc\x1b\x7f") && is_ascii(b""));
    assert!(!is_ascii("é".as_bytes()));
}

#[test]
fn every_two_bytes_are_decoded_as_the_standard_library_does() {
    for first in 0..=255u8 {
        for second in 0..=255u8 {
            let bytes = [first, second, 0x80, b'x'];
            for bytes in [&bytes[..2], &bytes[..3], &bytes[..]] {
                let expected: Vec<u16> = String::from_utf8_lossy(bytes).encode_utf16().collect();
                assert_eq!(utf16(bytes), expected, "{bytes:x?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn utf16_is_that_of_the_lossy_string(bytes in nearly_utf8(100)) {
        let expected: Vec<u16> = String::from_utf8_lossy(&bytes).encode_utf16().collect();
        prop_assert_eq!(utf16(&bytes), expected);
    }

    #[test]
    fn chunks_cut_at_complete_prefixes_decode_to_the_same(bytes in nearly_utf8(60), size in 1..9usize) {
        let mut units = Vec::new();
        let mut carry = Vec::new();
        for chunk in bytes.chunks(size) {
            carry.extend_from_slice(chunk);
            let rest = carry.split_off(complete_prefix(&carry));
            prop_assert!(rest.len() <= 3);
            to_utf16_lossy(&carry, &mut units);
            carry = rest;
        }
        to_utf16_lossy(&carry, &mut units);
        let expected: Vec<u16> = String::from_utf8_lossy(&bytes).encode_utf16().collect();
        prop_assert_eq!(units, expected);
    }
}
