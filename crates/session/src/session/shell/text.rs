//! The ways in which text is written inside operating system commands.

/// Text without control characters, each of which becomes a space, of at most so
/// many bytes.
pub(super) fn clean(text: &str, most: usize) -> String {
    let text = &text[..text.floor_char_boundary(most)];
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// The same for a name that is shown: without blanks around it, and `None` when
/// nothing is left.
pub(super) fn shown(text: &str, most: usize) -> Option<String> {
    let clean = clean(text, most);
    let shown = clean.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

/// Text with `%41` for bytes; `None` when that makes no text.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let escaped = if byte == b'%' { after.get(..2).and_then(hexadecimal) } else { None };
        if escaped.is_some() {
            rest = &after[2..];
        }
        bytes.push(escaped.unwrap_or(byte));
    }
    String::from_utf8(bytes).ok()
}

/// Text with `\\` for a backslash and `\x3b` for bytes, as VS Code's marks have
/// it; `None` when that makes no text.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, taken) = match (byte, after) {
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [b'x', digits @ ..]) => match digits.get(..2).and_then(hexadecimal) {
                Some(escaped) => (escaped, 4),
                None => (byte, 1),
            },
            _ => (byte, 1),
        };
        bytes.push(byte);
        rest = &rest[taken..];
    }
    String::from_utf8(bytes).ok()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(text, 16).ok())?
}

/// Text in base64, padded or not; `None` when it is none.
pub(super) fn base64(text: &str) -> Option<String> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether a machine's name is this machine's: its whole name, or its first part
/// where the other name has no more.
pub(super) fn is_this_machine(name: &str) -> bool {
    if name.is_empty() || name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let own = machine();
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let is_short = !name.contains('.') || !own.contains('.');
    name.eq_ignore_ascii_case(&own) || is_short && first(name).eq_ignore_ascii_case(&first(&own))
}

#[cfg(unix)]
fn machine() -> String {
    let mut name = [0_u8; 256];
    // SAFETY: the call writes at most as many bytes as it is told there are.
    let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) } != 0;
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    if failed { String::new() } else { String::from_utf8_lossy(&name[..length]).into_owned() }
}

#[cfg(not(unix))]
fn machine() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}
