//! Text against the standard library, and chunk by chunk against all at once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offheap_ring::text::queries::QueryFilter;
use offheap_ring::text::scanner::State;
use offheap_ring::text::{json, utf8};

/// Undoes the escapes of a JSON string.
fn unescape(encoded: &[u8]) -> String {
    let text = std::str::from_utf8(encoded).expect("the encoder writes UTF-8");
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        assert!(char >= ' ' && char != '"');
        plain.push(if char == '\\' { escaped(&mut chars) } else { char });
    }
    plain
}

fn escaped(chars: &mut std::str::Chars<'_>) -> char {
    match chars.next().expect("no escape is torn") {
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let digits: String = chars.take(4).collect();
            let code = u32::from_str_radix(&digits, 16).expect("four digits");
            char::from_u32(code).expect("a control")
        }
        char => char,
    }
}

fn check_json(bytes: &[u8], at: usize, room: usize) {
    let mut json = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(at.min(rest.len()));
        let mut out = vec![0; room + json::MAX_PER_BYTE];
        let encoded = json::encode(head, tail, &mut out, true);
        assert!(encoded.consumed > 0);
        json.extend_from_slice(&out[..encoded.written]);
        rest = &rest[encoded.consumed..];
    }
    assert_eq!(unescape(&json), String::from_utf8_lossy(bytes));
}

fn check_utf16(bytes: &[u8]) {
    let mut units = Vec::new();
    utf8::to_utf16_lossy(bytes, &mut units);
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(units, text.encode_utf16().collect::<Vec<u16>>());
}

fn filtered<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut filter = QueryFilter::new();
    for chunk in chunks {
        filter.push(chunk, &mut out);
    }
    filter.finish(&mut out);
    out
}

fn check_scanner(bytes: &[u8], at: usize) {
    let stepped = |bytes: &[u8]| bytes.iter().fold(State::GROUND, |state, &byte| state.step(byte));
    let (head, tail) = bytes.split_at(at.min(bytes.len()));
    assert_eq!(stepped(head).advance(tail), stepped(bytes));
    let (state, taken) = stepped(head).run_until_safe(tail);
    assert_eq!(state, stepped(&bytes[..head.len() + taken]));
    assert!(state.is_safe() || taken == tail.len());
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (at, size, bytes) = input;
    let (at, size) = (usize::from(at), usize::from(size));
    check_json(bytes, at, size);
    check_utf16(bytes);
    check_scanner(bytes, at);
    let whole = filtered([bytes].into_iter());
    assert_eq!(filtered(bytes.chunks(size + 1)), whole);
    assert!(whole.len() <= bytes.len());
    assert!(utf8::complete_prefix(bytes) + 3 >= bytes.len());
});
