//! The directory that a program starts in, made absolute.

use std::path::{Component, Path, PathBuf};

use crate::SpawnError;

/// A working directory as an absolute path. Without `..` it stays as it was
/// named, links included, as a shell shows it; with `..`, which may lead through
/// a link, it is the directory's own path. One that is not there is left for
/// the start of the program to refuse.
///
/// # Errors
/// When the path is relative and the directory that this process stands in was
/// removed: `ENOENT`.
pub fn absolute(path: &Path) -> Result<PathBuf, SpawnError> {
    let joined = if path.is_absolute() { path.to_owned() } else { here(path)?.join(path) };
    let plain: PathBuf = joined.components().collect();
    if plain.components().any(|component| component == Component::ParentDir) {
        return Ok(real(&plain).unwrap_or(plain));
    }
    Ok(plain)
}

fn here(path: &Path) -> Result<PathBuf, SpawnError> {
    let path = path.to_string_lossy();
    std::env::current_dir().map_err(|error| crate::os_error(&error, "getcwd", &path))
}

#[cfg(not(windows))]
fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// By its text, as Windows itself does: the real path would be a `\\?\` one,
/// which few programs take.
#[cfg(windows)]
fn real(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_dots_loses_them_and_no_other() {
        let here = std::env::current_dir().expect("a directory");
        assert_eq!(absolute(Path::new(".")).ok(), Some(here.clone()));
        let above = here.parent().expect("a directory above");
        let above = above.canonicalize().expect("its own path");
        #[cfg(not(windows))]
        assert_eq!(absolute(Path::new("src/../..")).ok(), Some(above));
        #[cfg(windows)]
        let _ = above;
        assert_eq!(absolute(Path::new("no/./such")).ok(), Some(here.join("no").join("such")));
    }
}
