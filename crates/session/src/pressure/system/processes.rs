//! Linux: what the processes of terminals occupy. One file is read for each
//! process of the machine, and only while memory is short.

use std::collections::HashMap;
use std::fs;

use super::Roots;
use super::linux::page_size;

/// Adds up resident memory by session. Pages that processes share count for
/// each of them. Session 0 stands for every session that began outside this
/// PID namespace, so it is none of ours.
pub(in crate::pressure) fn by_session(roots: &Roots) -> HashMap<u32, u64> {
    let mut sums = HashMap::new();
    for entry in fs::read_dir(&roots.proc).into_iter().flatten().flatten() {
        let is_process = entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let stat = is_process.then(|| fs::read_to_string(entry.path().join("stat")).ok()).flatten();
        if let Some((session @ 1.., pages)) = stat.as_deref().and_then(parse) {
            *sums.entry(session).or_default() += pages * page_size();
        }
    }
    sums
}

/// The session and the resident pages in a line of `/proc/<pid>/stat`, whose
/// second field, the name, may contain anything but ends at the last `)`.
fn parse(stat: &str) -> Option<(u32, u64)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let session = fields.nth(3)?.parse().ok()?;
    let pages = fields.nth(17)?.parse().ok()?;
    Some((session, pages))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_name_with_blanks_and_brackets_is_no_obstacle() {
        let line = "7 (a) b (c)) S 1 7 42 34816 7 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 321 x";
        assert_eq!(parse(line), Some((42, 321)));
        assert_eq!(parse("7 (cut"), None);
    }
}
