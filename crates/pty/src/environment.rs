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

/// What a program gets on Windows: of names that differ in case alone the one
/// that was given last, as of one name given twice, and of `needed` what is not
/// given under any of its names. Who adds `PATH` to a copy of an environment means
/// that one, whatever the system calls its own. (`child_process` takes the first in
/// alphabetical order, which is `PATH` before `Path` but never after.)
#[cfg(any(windows, test))]
pub(crate) fn for_windows(given: &[(OsString, OsString)], needed: Variables) -> Variables {
    let mut known = std::collections::HashSet::new();
    let mut merged: Variables =
        given.iter().rev().filter(|(name, _)| known.insert(folded(name))).cloned().collect();
    merged.sort_by(|(one, _), (other, _)| one.cmp(other));
    merged.extend(needed.into_iter().filter(|(name, _)| known.insert(folded(name))));
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
    fn the_last_given_wins_whatever_its_case() {
        let merged = |pairs: &[(&str, &str)]| for_windows(&variables(pairs), Variables::new());
        for names in [["Path", "PATH"], ["PATH", "Path"], ["path", "Path"]] {
            let given = [(names[0], "system"), ("TERM", "t"), (names[1], "own")];
            let found = merged(&given).into_iter().find(|(name, _)| name == names[1]);
            assert_eq!(found, Some((names[1].into(), "own".into())), "{names:?}");
            assert_eq!(merged(&given).len(), 2);
        }
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
