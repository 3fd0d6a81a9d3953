//! An event's line, read without a JSON value in between: recordings are read in
//! gigabytes. Whatever is not as plain as recorders write it is left to serde.

use crate::event::Kind;

/// The most digits of a time that are read exactly.
const FRACTION: usize = 6;
const WHOLE: usize = 9;

/// Reads `[seconds, "code", "data"]`: microseconds and the kind. The data is put
/// into `text`. `None` for a line that is not that plain, or is none.
pub(crate) fn read(line: &[u8], text: &mut String) -> Option<(u64, Kind)> {
    let line = std::str::from_utf8(line).ok()?;
    // In a string, controls are escaped.
    if has_controls(line.as_bytes()) {
        return None;
    }
    let rest = blank(line.as_bytes()).strip_prefix(b"[")?;
    let (micros, rest) = time(blank(rest))?;
    let rest = blank(rest).strip_prefix(b",")?;
    let (code, rest) = match blank(rest) {
        [b'"', code, b'"', rest @ ..] if code.is_ascii_alphanumeric() => (*code, rest),
        _ => return None,
    };
    let rest = blank(blank(rest).strip_prefix(b",")?).strip_prefix(b"\"")?;
    text.clear();
    let rest = string(&line[line.len() - rest.len()..], text)?;
    let rest = blank(blank(rest).strip_prefix(b"]")?);
    let kind = Kind::of(std::str::from_utf8(&[code]).ok()?);
    (rest.is_empty() && kind != Kind::Other).then_some((micros, kind))
}

/// Without a way out of the inner loop, many bytes are looked at at once.
fn has_controls(bytes: &[u8]) -> bool {
    let in_block = |block: &[u8]| block.iter().fold(0, |any, byte| any | u8::from(*byte < 0x20));
    bytes.chunks(256).any(|block| in_block(block) != 0)
}

fn blank(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

/// A number such as `12` or `0.004`, in microseconds.
fn time(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = |bytes: &[u8]| {
        bytes.iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'))
    };
    let whole = digits(bytes);
    let leading = whole > 1 && bytes[0] == b'0';
    if whole == 0 || whole > WHOLE || leading {
        return None;
    }
    let (seconds, mut rest) = (number(&bytes[..whole]), &bytes[whole..]);
    let mut micros = seconds * 1_000_000;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 || count > FRACTION {
            return None;
        }
        let scale = 10_u64.pow(u32::try_from(FRACTION - count).ok()?);
        micros += number(&fraction[..count]) * scale;
        rest = &fraction[count..];
    }
    (!matches!(rest.first(), Some(b'e' | b'E' | b'.'))).then_some((micros, rest))
}

/// The inside of a string, up to its end; what follows it is returned.
fn string<'a>(mut rest: &'a str, text: &mut String) -> Option<&'a [u8]> {
    loop {
        let plain = plain_length(rest.as_bytes())?;
        text.push_str(&rest[..plain]);
        let after = &rest[plain + 1..];
        if rest.as_bytes()[plain] == b'"' {
            return Some(after.as_bytes());
        }
        rest = escape(after, text)?;
    }
}

/// Where the next quote or backslash is. It is near where sequences are, and looked
/// for there without the set-out of a search.
#[inline]
fn plain_length(bytes: &[u8]) -> Option<usize> {
    const NEAR: usize = 16;
    let is_special = |byte: &u8| matches!(*byte, b'"' | b'\\');
    let near = bytes.len().min(NEAR);
    if let Some(at) = bytes[..near].iter().position(is_special) {
        return Some(at);
    }
    Some(near + memchr::memchr2(b'"', b'\\', &bytes[near..])?)
}

fn escape<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let kind = rest.bytes().next().filter(u8::is_ascii)?;
    let rest = &rest[1..];
    let plain = match kind {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'"' | b'\\' | b'/' => char::from(kind),
        b'u' => return unicode(rest, text),
        _ => return None,
    };
    text.push(plain);
    Some(rest)
}

/// Four hexadecimal digits; pairs of surrogates are rare enough for serde.
fn unicode<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    if let Some(rest) = rest.strip_prefix("001b") {
        // Most of them begin a sequence.
        text.push('\x1b');
        return Some(rest);
    }
    let (digits, rest) = rest.split_at_checked(4)?;
    let value =
        digits.chars().try_fold(0, |value, digit| Some(value * 16 + digit.to_digit(16)?))?;
    text.push(char::from_u32(value)?);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::event::Kind;
    use proptest::prelude::*;

    fn by_serde(line: &str) -> Option<(u64, Kind, String)> {
        let (time, code, data): (f64, String, String) = serde_json::from_str(line).ok()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test")]
        let micros = (time.max(0.0) * 1e6).round() as u64;
        Some((micros, Kind::of(&code), data))
    }

    fn by_hand(line: &str) -> Option<(u64, Kind, String)> {
        let mut text = String::new();
        let (micros, kind) = read(line.as_bytes(), &mut text)?;
        Some((micros, kind, text))
    }

    #[test]
    fn what_recorders_write_is_read_by_hand() {
        for line in [
            r#"[0.004, "o", "a\r\n\u001b[31m \"q\" \\ gr\u00fc\u00dfe 漢"]"#,
            r#" [12,"i","x"] "#,
            r#"[1.5, "r", "80x24"]"#,
            r#"[0.000001, "m", ""]"#,
        ] {
            assert!(by_hand(line).is_some(), "{line}");
            assert_eq!(by_hand(line), by_serde(line));
        }
    }

    proptest! {
        #[test]
        fn what_is_read_by_hand_is_what_serde_reads(
            text in any::<String>(),
            time in 0_u32..1_000_000_000,
            code in "[oimrx]",
            cut in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let seconds = f64::from(time) / 1e6;
            let line = serde_json::to_string(&(seconds, code, text)).unwrap();
            if let Some(read) = by_hand(&line) {
                prop_assert_eq!(Some(read), by_serde(&line));
            }
            // Whatever becomes of it, no line is an event by hand that is none.
            let mut damaged = line.into_bytes();
            let at = cut.index(damaged.len());
            damaged[at] = byte;
            if let Ok(line) = std::str::from_utf8(&damaged)
                && let Some(read) = by_hand(line)
            {
                prop_assert_eq!(Some(read), by_serde(line));
            }
        }
    }
}
