//! Where a program is, by the rules of portable-pty: what is checked here must be
//! what is started there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The program's file: in each directory the name as it is, then with each
/// extension in its own one's place; the name itself when there is none.
pub(crate) fn find(
    file: &OsStr,
    directories: &[PathBuf],
    extensions: &[String],
    exists: impl Fn(&Path) -> bool,
) -> PathBuf {
    for directory in directories {
        let candidate = directory.join(file);
        if exists(&candidate) {
            return candidate;
        }
        for extension in extensions {
            let candidate = candidate.with_extension(extension.trim_start_matches('.'));
            if exists(&candidate) {
                return candidate;
            }
        }
    }
    PathBuf::from(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_with_the_extensions_that_programs_have() {
        let there = [Path::new("one/npm.CMD"), Path::new("two/npm"), Path::new("two/node.EXE")];
        let directories = [PathBuf::from("one"), PathBuf::from("two")];
        let extensions = [String::from(".EXE"), String::from(".CMD")];
        let find = |file: &str| {
            find(file.as_ref(), &directories, &extensions, |path| there.contains(&path))
        };
        assert_eq!(find("npm"), PathBuf::from("one/npm.CMD"));
        assert_eq!(find("node"), PathBuf::from("two/node.EXE"));
        assert_eq!(find("node.EXE"), PathBuf::from("two/node.EXE"));
        assert_eq!(find("no-such"), PathBuf::from("no-such"));
    }
}
