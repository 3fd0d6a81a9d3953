use offheap_ring::Span;

use super::output::{settled, text_of, without_end_mark};
use super::pattern::Pattern;

fn span(head: &[u8]) -> Span<'_> {
    Span { start: 0, head, tail: &[] }
}

#[test]
fn output_becomes_the_text_that_is_left_of_it() {
    let output = b"\x1b[32mone\x1b[m\r\n  1%\r 50%\r100%\r\ntwo\x08\x08\xc3\xa9\x08ack\r\r\nlast";
    let text = settled(&text_of(&span(output)));
    assert_eq!(String::from_utf8_lossy(&text), "one\n100%\ntack\nlast");
    assert_eq!(settled(b""), b"");
    assert_eq!(settled(b"\x08\x08a\n\x08b"), b"a\nb");
}

#[test]
fn the_mark_of_zsh_is_no_output() {
    for (text, output) in [
        (&b"abc%      \r \r"[..], &b"abc"[..]),
        (b"abc\n%      \r \r", b"abc\n"),
        (b"#      \r \r", b""),
        (b"100%\n", b"100%\n"),
        (b"abc\r \r", b"abc"),
    ] {
        assert_eq!(without_end_mark(text), output, "{}", text.escape_ascii());
    }
}

#[test]
fn patterns_are_texts_or_expressions() {
    let find = |pattern: Pattern, text: &str| pattern.find(text).map(|found| found.text);
    let expression =
        |source: &str, flags: &str| Pattern::expression(source, flags).expect("a pattern");
    assert_eq!(find(Pattern::literal("a.c").expect("a pattern"), "abc a.c"), Some("a.c".into()));
    assert_eq!(find(expression("A.c", "i"), "x abc"), Some("abc".into()));
    assert_eq!(find(expression("^b$", "m"), "a\nb\nc"), Some("b".into()));
    assert_eq!(find(expression("^b$", ""), "a\nb\nc"), None);
    let found = expression("(?<port>\\d+)|(x)", "").find("at 80").expect("a match");
    assert_eq!(found.groups, [Some("80".to_owned()), None]);
    for source in ["(?=a)", "(a)\\1", "(", "[", "x{100000}{1000}", &"a".repeat(20_000)] {
        assert!(Pattern::expression(source, "").is_err(), "{source:.20}");
    }
}
