use proptest::prelude::*;

use super::*;
use crate::text::scanner::tests::terminal_bytes;

const QUERIES: &[&[u8]] = &[
    b"\x05",
    b"\x1b[c",
    b"\x1b[0c",
    b"\x1b[>c",
    b"\x1b[>0c",
    b"\x1b[=c",
    b"\x1bZ",
    b"\x1b[5n",
    b"\x1b[6n",
    b"\x1b[?6n",
    b"\x1b[?996n",
    b"\x1b[4$p",
    b"\x1b[?2026$p",
    b"\x1b[2$w",
    b"\x1b[1;1;1;1;9;9*y",
    b"\x1b[x",
    b"\x1b[1x",
    b"\x1b[>q",
    b"\x1b[>0q",
    b"\x1b[?u",
    b"\x1b[?4m",
    b"\x1b[?1;1;0S",
    b"\x1b[?2;4S",
    b"\x1b[11t",
    b"\x1b[13;2t",
    b"\x1b[14t",
    b"\x1b[14;2t",
    b"\x1b[15t",
    b"\x1b[16t",
    b"\x1b[18t",
    b"\x1b[19t",
    b"\x1b[20t",
    b"\x1b[21t",
    b"\x1b[&u",
    b"\x1b[\"v",
    b"\x1b['|",
    b"\x1b[#R",
    b"\x1bP$qm\x1b\\",
    b"\x1bP$q q\x1b\\",
    b"\x1bP+q544e\x1b\\",
    b"\x1b]4;1;?\x07",
    b"\x1b]4;1;?;2;?\x1b\\",
    b"\x1b]10;?\x07",
    b"\x1b]11;?\x1b\\",
    b"\x1b]12;?\x1b\\",
    b"\x1b]10;?;?\x1b\\",
    b"\x1b]19;?\x1b\\",
    b"\x1b]21;foreground=?\x1b\\",
    b"\x1b]22;?__current__\x1b\\",
    b"\x1b]50;?\x07",
    b"\x1b]52;c;?\x07",
    b"\x1b]52;;?\x1b\\",
    b"\x1b]1337;ReportCellSize\x07",
    b"\x1b]1337;ReportVariable=bmFtZQ==\x07",
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
    b"\xc2\x9bc",
    b"\xc2\x9b?6n",
    b"\xc2\x9d11;?\xc2\x9c",
    b"\xc2\x90$qm\xc2\x9c",
    b"\x1b[0\x7fc",
    b"\x1b\x7f[c",
    b"\x1b]011;?\x07",
    b"\x1b]1\x001;?\x07",
    b"\x1b]11;?\r\x1b\\",
    b"\x1bP\x01$\nqm\x1b\\",
];

const OTHERS: &[&[u8]] = &[
    b"plain text\r\n",
    "é€😀\u{a0}\u{85}".as_bytes(),
    b"\x1b[5m",
    b"\x1b[2 q",
    b"\x1b[q",
    b"\x1b[!p",
    b"\x1b[62;1\"p",
    b"\x1b[u",
    b"\x1b[>1u",
    b"\x1b[<u",
    b"\x1b[=5;1u",
    b"\x1b[>4;2m",
    b"\x1b[>4n",
    b"\x1b[8;24;80t",
    b"\x1b[t",
    b"\x1b[1t",
    b"\x1b[22;0t",
    b"\x1b[23;0t",
    b"\x1b[3S",
    b"\x1b[?2;3;8S",
    b"\x1b[2;1;1;0x",
    b"\x1b[65;1;1;2;2$x",
    b"\x1b[1;1;2;2$z",
    b"\x1b[?2004h",
    b"\x1b[?1c",
    b"\x1b]0;what? why;?\x07",
    b"\x1b]2;?\x1b\\",
    b"\x1b]10;#fff\x07",
    b"\x1b]4;1;rgb:00/00/00\x1b\\",
    b"\x1b]52;c;Pz8=\x07",
    b"\x1b]8;;http://x/?a;?\x1b\\",
    b"\x1b]22;pointer\x1b\\",
    b"\x1b]1337;File=:AAAA\x07",
    b"\x1bPq#0~~\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b_Ga=T,f=24;a=q\x1b\\",
    b"\x1b]10;?\x18",
    b"\x1b]10;?\x1a",
    b"\x1b[6\x18n",
    b"\x1b[6\x1b7n",
    b"\x1b[6\xc3\xa9n",
    b"\x1b[6\xc2\x85n",
    b"\x1b[1?6n",
    b"\x1b]0;\x05\x07",
    b"\x1b(0\x1b#8\x1b7\x1b\\",
    b"\xff\xc2\x41\xc2\xc2\xa9",
    b"\x1b\x1b7",
];

fn filtered(chunks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut filter = QueryFilter::new();
    for chunk in chunks {
        filter.push(chunk, &mut out);
    }
    filter.finish(&mut out);
    out
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn each_query_is_removed() {
    for query in QUERIES {
        let bytes = [b"before", *query, b"after"].concat();
        assert_eq!(show(&filtered(&[&bytes])), "beforeafter", "{}", show(query));
    }
}

#[test]
fn everything_else_stays() {
    for other in OTHERS {
        let bytes = [b"before", *other, b"after"].concat();
        assert_eq!(show(&filtered(&[&bytes])), show(&bytes));
    }
}

#[test]
fn a_string_ended_by_another_sequence_asks_too() {
    assert_eq!(filtered(&[b"\x1b]11;?\x1b[1m"]), b"\x1b[1m");
    assert_eq!(filtered(&[b"\x1b]11;?\x1b\x1b[c!"]), b"\x1b!");
    assert_eq!(filtered(&[b"\x1b]0;t\x1b[6n!"]), b"\x1b]0;t!");
}

#[test]
fn controls_inside_a_removed_sequence_stay() {
    assert_eq!(filtered(&[b"a\x1b[\r6\nnb"]), b"a\r\nb");
    assert_eq!(filtered(&[b"a\x1b[1\x05mb"]), b"a\x1b[1mb");
    assert_eq!(filtered(&[b"a\x1b\r\n[cb"]), b"a\r\nb");
    assert_eq!(filtered(&[b"a\x1b\r]11;?\x07b"]), b"a\rb");
    assert_eq!(filtered(&[b"a\x1b\r[1mb"]), b"a\r\x1b[1mb");
}

#[test]
fn what_is_unfinished_is_given_back_at_the_end() {
    for rest in [&b"\x1b"[..], b"\x1b[6", b"\x1b]11;?", b"\x1b]11;?\x1b", b"\xc2"] {
        assert_eq!(filtered(&[b"x", rest]), [b"x", rest].concat());
    }
}

#[test]
fn a_filter_may_be_used_again_after_its_end() {
    let mut out = Vec::new();
    let mut filter = QueryFilter::new();
    filter.push(b"\x1b[6", &mut out);
    filter.finish(&mut out);
    filter.push(b"n", &mut out);
    filter.finish(&mut out);
    assert_eq!(out, b"\x1b[6n");
}

#[test]
fn long_strings_pass_and_are_not_held() {
    let begin = b"\x1b]52;c;";
    for length in [MAX_HELD - 20, MAX_HELD, MAX_HELD + 1, 100_000] {
        let mut bytes = begin.to_vec();
        bytes.resize(length, b'A');
        let mut filter = QueryFilter::new();
        let mut out = Vec::new();
        bytes.chunks(100).for_each(|chunk| filter.push(chunk, &mut out));
        assert!(bytes.len() - out.len() <= MAX_HELD);
        filter.push(b"\x1b\\\x1b[6ntext", &mut out);
        filter.finish(&mut out);
        bytes.extend_from_slice(b"\x1b\\text");
        assert_eq!(out, bytes, "{length}");
    }
}

#[test]
fn what_follows_a_long_string_is_judged() {
    let mut long = b"\x1b]52;c;".to_vec();
    long.resize(2 * MAX_HELD, b'A');
    let bytes = [&long[..], b"\x1b[6ntext"].concat();
    assert_eq!(filtered(&[&bytes]), [&long[..], b"text"].concat());
}

#[test]
fn it_may_be_cut_anywhere() {
    let bytes = [QUERIES.concat(), OTHERS.concat(), QUERIES.concat()].concat();
    let whole = filtered(&[&bytes]);
    for at in 0..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(filtered(&[head, tail]), whole, "at {at}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(filtered(&single), whole);
}

proptest! {
    #[test]
    fn cutting_changes_nothing(bytes in terminal_bytes(60), size in 1..20usize) {
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(filtered(&chunks), filtered(&[&bytes]));
    }

    #[test]
    fn text_without_queries_is_unchanged(pieces in prop::collection::vec(prop::sample::select(OTHERS), 0..20)) {
        let bytes = pieces.concat();
        prop_assert_eq!(show(&filtered(&[&bytes])), show(&bytes));
    }
}

fn without_signals(input: &[u8], chunk: usize) -> Vec<u8> {
    let mut filter = QueryFilter::removing(Removed::QueriesAndSignals);
    let mut out = Vec::new();
    input.chunks(chunk).for_each(|part| filter.push(part, &mut out));
    filter.finish(&mut out);
    out
}

#[test]
fn signals_are_removed_however_they_are_cut() {
    let clipboard = [b"\x1b]52;c;", &[b'A'; 9000][..], b"\x1b\\"].concat();
    let signals: &[&[u8]] = &[
        b"\x07",
        b"\x1b]9;done\x07",
        b"\x1b]9;\x1b\\",
        b"\x1b]777;notify;a;b\x1b\\",
        b"\x1b]99;i=1;text\x1b\\",
        b"\x1b]52;c;aGk=\x07",
        b"\xc2\x9d52;c;aGk=\xc2\x9c",
        b"\x1b]052;c;aGk=\x07",
        b"\x1b]5\x002;c;aGk=\x07",
        b"\x1b]9\x08;done\x07",
        b"\x1b\x07]777;notify;a;b\x07",
        b"\x1b[6n",
    ];
    for signal in signals {
        let input = [b"a", *signal, b"b"].concat();
        for chunk in 1..=input.len() {
            assert_eq!(without_signals(&input, chunk), b"ab", "{}", signal.escape_ascii());
        }
    }
    // Of what was too long to hold, a terminator may be left that ends nothing.
    for chunk in [1, 100, 5000, 20_000] {
        let input = [b"a", &clipboard[..], b"b"].concat();
        let left = without_signals(&input, chunk);
        assert!(left == b"ab" || left == b"a\x1b\\b", "{}", left.escape_ascii());
    }
    let kept: &[&[u8]] = &[
        b"\x1b]9;4;1;50\x07",
        b"\x1b]0;title\x07",
        b"\x1b]8;;http://x\x07",
        b"\x1b]523;x\x07",
        b"\x1b[31m",
        b"\x1bPdata\x07data\x1b\\",
    ];
    for sequence in kept {
        assert_eq!(without_signals(sequence, 2), *sequence, "{}", sequence.escape_ascii());
    }
    assert_eq!(without_signals(b"\x1b[3\x071m", 1), b"\x1b[31m");
}

#[test]
fn without_being_told_to_signals_are_kept() {
    let input = b"\x07\x1b]52;c;aGk=\x07\x1b]9;done\x07";
    let mut out = Vec::new();
    QueryFilter::new().push(input, &mut out);
    assert_eq!(out, input);
}

proptest! {
    #[test]
    fn what_a_quick_look_passes_is_left_as_it_is(bytes in terminal_bytes(40), at in any::<prop::sample::Index>(), all in any::<bool>()) {
        let removed = if all { Removed::QueriesAndSignals } else { Removed::Queries };
        let (head, tail) = bytes.split_at(at.index(bytes.len() + 1));
        if QueryFilter::is_idle([head, tail]) {
            let mut out = Vec::new();
            let mut filter = QueryFilter::removing(removed);
            filter.push(&bytes, &mut out);
            filter.finish(&mut out);
            prop_assert_eq!(out, bytes);
        }
    }
}
