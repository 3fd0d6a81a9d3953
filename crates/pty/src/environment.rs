//! Names of environment variables, which Windows takes in any case.

use std::ffi::{OsStr, OsString};

/// An environment, in order.
pub type Variables = Vec<(OsString, OsString)>;

/// Whether two names are the same variable on this system.
#[must_use]
pub fn is_same_name(one: &OsStr, other: &OsStr) -> bool {
    if cfg!(windows) { is_same_in_any_case(one, other) } else { one == other }
}

/// Whether two names are the same variable on Windows: `Path` is `PATH`.
pub(crate) fn is_same_in_any_case(one: &OsStr, other: &OsStr) -> bool {
    one == other || folded(one) == folded(other)
}

fn folded(name: &OsStr) -> String {
    name.to_string_lossy().to_uppercase()
}

/// What a program gets on Windows: of names that differ in case alone the first
/// in alphabetical order, as `child_process` has it, and of `needed` what is
/// not given under any of its names.
#[cfg(any(windows, test))]
pub(crate) fn for_windows(given: &[(OsString, OsString)], needed: Variables) -> Variables {
    let mut sorted = given.to_vec();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut merged = Variables::with_capacity(sorted.len() + needed.len());
    let mut known = std::collections::HashSet::new();
    for (name, value) in sorted.into_iter().chain(needed) {
        if known.insert(folded(&name)) {
            merged.push((name, value));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn of_names_that_differ_in_case_alone_one_is_left() {
        let given = variables(&[("Path", "system"), ("home", "h"), ("PATH", "own"), ("ä", "1")]);
        let merged = for_windows(&given, variables(&[("path", "ours"), ("TEMP", "t"), ("Ä", "2")]));
        let expected = [("PATH", "own"), ("home", "h"), ("ä", "1"), ("TEMP", "t")];
        assert_eq!(merged, variables(&expected));
    }

    #[test]
    fn what_is_needed_is_there_unless_it_was_given() {
        let needed = variables(&[("SYSTEMROOT", r"C:\Windows")]);
        assert_eq!(for_windows(&[], needed.clone()), needed);
        let given = variables(&[("SystemRoot", r"D:\Windows")]);
        assert_eq!(for_windows(&given, needed), given);
    }

    #[test]
    fn names_are_compared_as_the_system_does() {
        let same = |one: &str, other: &str| is_same_name(one.as_ref(), other.as_ref());
        assert!(same("TERM", "TERM"));
        assert_eq!(same("TERM", "Term"), cfg!(windows));
        assert!(is_same_in_any_case("Path".as_ref(), "PATH".as_ref()));
        assert!(!is_same_in_any_case("Path".as_ref(), "PATHEXT".as_ref()));
    }
}
