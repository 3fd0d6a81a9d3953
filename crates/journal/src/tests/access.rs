//! Who may use a directory, and how much fits into it.

use super::*;
use crate::Error;

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "none")
}

#[test]
fn one_at_a_time_uses_a_directory() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let lock = directory.lock().expect("a lock");
    assert_eq!(code(scratch.open().lock()), "ERR_JOURNAL_BUSY");
    drop(lock);
    assert_eq!(code(scratch.open().lock()), "none");
}

#[test]
fn what_was_being_made_is_deleted() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (journal, _ring) = create(&directory, "s");
    std::fs::write(scratch.path().join("x.journal.new"), b"half").expect("a file");
    let _lock = directory.lock().expect("a lock");
    assert_eq!(directory.names().expect("names"), [journal.name()]);
    assert!(!scratch.path().join("x.journal.new").exists());
}

#[test]
fn all_journals_together_have_a_limit() {
    let scratch = Scratch::new();
    let (first, mut ring) = create(&scratch.open(), "first");
    let most = Some(2 * first.size() + 10);
    let directory = Directory::open(scratch.path(), most).expect("a directory");
    assert_eq!(directory.used(), first.size());
    let (second, mut other) = create(&directory, "second");
    let refused = directory.create(&identity("third"), Life::default(), SIZES);
    assert_eq!(code(refused), "ERR_JOURNAL_FULL");
    assert_eq!(directory.names().expect("names").len(), 2);
    other.clear();
    second.remove().expect("a removal");
    create(&directory, "third");
    ring.clear();
    directory.remove(first.name()).expect("a removal");
    assert_eq!(directory.names().expect("names").len(), 1);
}

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::process::Command;

    use super::*;

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
    }

    fn open(path: &Path) -> &'static str {
        code(Directory::open(path, None))
    }

    #[test]
    fn directories_and_files_are_private() {
        let scratch = Scratch::new();
        let (journal, _ring) = create(&scratch.open(), "s");
        let file = scratch.path().join(journal.name());
        let bits = |path: &Path| std::fs::metadata(path).expect("metadata").permissions().mode();
        assert_eq!((bits(scratch.path()) & 0o777, bits(&file) & 0o777), (0o700, 0o600));
        for wrong in [0o755, 0o710, 0o701] {
            mode(scratch.path(), wrong);
            assert_eq!(open(scratch.path()), "ERR_JOURNAL_ACCESS", "{wrong:o}");
        }
        mode(scratch.path(), 0o700);
        mode(&file, 0o640);
        assert_eq!(code(scratch.open().recover(journal.name())), "ERR_JOURNAL_ACCESS");
    }

    #[test]
    fn a_symbolic_link_is_refused() {
        let (scratch, other) = (Scratch::new(), Scratch::new());
        let (journal, _ring) = create(&scratch.open(), "s");
        symlink(scratch.path(), other.path()).expect("a link");
        assert_eq!(open(other.path()), "ERR_JOURNAL_ACCESS");
        std::fs::remove_file(other.path()).expect("a removal");
        let directory = other.open();
        symlink(scratch.path().join(journal.name()), other.path().join(journal.name()))
            .expect("a link");
        assert_eq!(code(directory.recover(journal.name())), "ERR_JOURNAL_ACCESS");
        symlink("/dev/null", other.path().join("lock")).expect("a link");
        assert_eq!(code(directory.lock()), "ERR_JOURNAL_ACCESS");
    }

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let scratch = Scratch::new();
        let directory = scratch.open();
        let pipe = scratch.path().join("p.journal");
        let made = Command::new("mkfifo").arg("-m600").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        assert_eq!(code(directory.recover("p.journal")), "ERR_JOURNAL_ACCESS");
        std::fs::write(scratch.path().join("plain"), b"").expect("a file");
        assert_eq!(open(&scratch.path().join("plain")), "ERR_JOURNAL_ACCESS");
    }

    #[test]
    fn a_directory_that_was_replaced_takes_no_more() {
        let scratch = Scratch::new();
        let directory = scratch.open();
        std::fs::remove_dir(scratch.path()).expect("a removal");
        let refused =
            |directory: &Directory| code(directory.create(&identity("s"), Life::default(), SIZES));
        assert_eq!(refused(&directory), "ERR_JOURNAL_SYSTEM");
        scratch.open();
        assert_eq!(refused(&directory), "ERR_JOURNAL_ACCESS");
    }

    #[test]
    fn another_users_directory_or_file_is_refused() {
        let scratch = Scratch::new();
        let directory = scratch.open();
        let (journal, _ring) = create(&directory, "s");
        let file = scratch.path().join(journal.name());
        if chown(&file, Some(12_345), None).is_err() {
            eprintln!("SKIPPED: only root can give files to another user");
            return;
        }
        assert_eq!(code(directory.recover(journal.name())), "ERR_JOURNAL_ACCESS");
        chown(scratch.path(), Some(12_345), None).expect("a change of owner");
        assert_eq!(open(scratch.path()), "ERR_JOURNAL_ACCESS");
    }

    #[test]
    fn a_full_disk_refuses_the_session() {
        let scratch = Scratch::new();
        std::fs::create_dir(scratch.path()).expect("a directory");
        mode(scratch.path(), 0o700);
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1M,mode=0700", "tmpfs"])
            .arg(scratch.path())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no file system may be mounted here");
            return;
        }
        let directory = scratch.open();
        let mut made = Vec::new();
        let refused = loop {
            let id = made.len().to_string();
            match directory.create(&identity(&id), Life::default(), SIZES) {
                Ok(journal) => made.push(journal),
                Err(error) => break error,
            }
        };
        let names = directory.names().expect("names").len();
        let files = std::fs::read_dir(scratch.path()).expect("entries").count();
        for (journal, ring) in &mut made {
            run(journal, ring, 200_000);
        }
        let ends: Vec<u64> = made.iter().map(|(_, ring)| ring.end()).collect();
        let count = made.len();
        drop((made, directory));
        let unmounted = Command::new("umount").arg(scratch.path()).status().expect("umount");
        assert!(unmounted.success());
        assert_eq!(refused.code(), "ERR_JOURNAL_FULL", "{refused}");
        assert!(count > 0 && names == count && files == count);
        assert!(ends.iter().all(|&end| end == 200_000));
    }
}
