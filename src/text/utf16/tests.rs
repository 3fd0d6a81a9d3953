use proptest::prelude::*;

use super::*;

fn utf8(units: &[u16]) -> Vec<u8> {
    let mut out = vec![0xaa; units.len() * MAX_UTF8_PER_UNIT];
    let written = to_utf8_lossy(units, &mut out);
    out.truncate(written);
    out
}

fn units() -> impl Strategy<Value = Vec<u16>> {
    let unit = prop_oneof![
        4 => 0..0x80u16,
        1 => 0x80..0x800u16,
        1 => any::<u16>(),
        2 => 0xd800..0xe000u16,
    ];
    prop_oneof![
        prop::collection::vec(unit, 0..100),
        prop::collection::vec(0..0x80u16, 0..100),
        prop::collection::vec(any::<char>(), 0..60).prop_map(|text| text
            .into_iter()
            .collect::<String>()
            .encode_utf16()
            .collect()),
    ]
}

#[test]
fn lone_surrogates_become_replacement_characters() {
    assert_eq!(utf8(&[0xd800]), "\u{fffd}".as_bytes());
    assert_eq!(utf8(&[0xdc00, 0x61]), "\u{fffd}a".as_bytes());
    assert_eq!(utf8(&[0xd83d, 0xd83d, 0xde00]), "\u{fffd}😀".as_bytes());
    assert_eq!(utf8(&[0xd83d, 0x61, 0xde00]), "\u{fffd}a\u{fffd}".as_bytes());
}

#[test]
fn every_unit_is_encoded_as_the_standard_library_does() {
    for unit in 0..=u16::MAX {
        let expected = String::from_utf16_lossy(&[unit, 0x61]);
        assert_eq!(utf8(&[unit, 0x61]), expected.as_bytes(), "{unit:x}");
    }
}

#[test]
fn blocks_do_not_split_pairs() {
    let text: Vec<u16> = "ab😀cd".encode_utf16().collect();
    assert_eq!(block_length(&text, 3), 2);
    assert_eq!(block_length(&text, 4), 4);
    assert_eq!(block_length(&text, 100), text.len());
    assert_eq!(block_length(&[0xd83d, 0xd83d, 0xd83d], 2), 2);
}

proptest! {
    #[test]
    fn utf8_is_that_of_the_lossy_string(units in units()) {
        prop_assert_eq!(utf8(&units), String::from_utf16_lossy(&units).into_bytes());
    }

    #[test]
    fn blocks_encode_to_the_same(units in units(), most in 2..20usize) {
        let mut out = Vec::new();
        let mut rest = &units[..];
        while !rest.is_empty() {
            let (block, after) = rest.split_at(block_length(rest, most));
            out.extend(utf8(block));
            rest = after;
        }
        prop_assert_eq!(out, utf8(&units));
    }
}
