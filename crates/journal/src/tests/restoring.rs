//! What is written is found again, also by who finds a copy that was made in the
//! middle of it.

use proptest::prelude::*;

use super::*;
use crate::{Exit, Resize};

/// Restores from a copy of a file as it is now.
fn from_copy(directory: &Directory, name: &str) -> (Scratch, Recovered) {
    let scratch = Scratch::new();
    let copy = scratch.open();
    let target = scratch.path().join(name);
    std::fs::copy(directory.path().join(name), &target).expect("a copy");
    private(&target);
    let found = copy.recover(name).expect("a session");
    (scratch, found)
}

pub(super) fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, mode).expect("a mode");
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[test]
fn a_session_is_found_as_it_was() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let identity = Identity {
        project: Some("p".into()),
        user: Some(String::new()),
        mode: None,
        cwd: Some("/tmp".into()),
        rate_key: Some("k".into()),
        metadata: Some("{\"a\":1}".into()),
        screen: Some(shape()),
        ..identity("näme")
    };
    let life = Life { cols: 80, rows: 24, incarnation: 7, ..Life::default() };
    let (mut journal, mut ring) = directory.create(&identity, life, SIZES).expect("a journal");
    run(&mut journal, &mut ring, 1000);
    assert!(journal.resize(&ring, 100, 30));
    run(&mut journal, &mut ring, 10);
    let exit = Some(Exit { code: 3, signal: 0 });
    let life = Life { pid: 42, started: 99, exit, left: true, ..journal.life() };
    journal.set_life(life);
    let name = journal.name().to_owned();
    drop((journal, ring));

    assert_eq!(directory.names().expect("names"), [name.as_str()]);
    let found = directory.recover(&name).expect("a session");
    assert_eq!((&found.identity, found.life), (&identity, life));
    assert_eq!((life.cols, life.rows), (100, 30));
    assert_eq!(found.resizes, [Resize { offset: 1000, cols: 100, rows: 30 }]);
    assert_eq!(found.journal.last_checkpoint(), None);
    assert_eq!(found.same_boot, cfg!(any(target_os = "linux", target_os = "macos")));
    check_all(&found, 1010);
}

#[test]
fn an_empty_session_is_found_empty() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (journal, _ring) = create(&directory, "empty");
    let found = directory.recover(journal.name()).expect("a session");
    check_all(&found, 0);
}

#[test]
fn a_session_without_a_screen_has_no_checkpoints() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let sizes = Sizes { checkpoint: 0, ..SIZES };
    let (mut journal, mut ring) =
        directory.create(&identity("raw"), Life::default(), sizes).expect("a journal");
    journal.write(&mut ring, &output(0, 300_000));
    assert!(!journal.is_checkpoint_due(&ring));
    assert!(!journal.checkpoint(&ring, 80, 24, b""));
    assert!((0..1000).all(|_| journal.resize(&ring, 90, 20)));
    let (_copy, found) = from_copy(&directory, journal.name());
    assert_eq!((span(&found).1, found.journal.last_checkpoint().is_none()), (300_000, true));
    assert_eq!(found.life.cols, 90);
    check(&found);
}

#[test]
fn the_texts_have_a_limit() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let long =
        Identity { metadata: Some("x".repeat(crate::identity::MAX_IDENTITY)), ..identity("long") };
    let refused = directory.create(&long, Life::default(), SIZES).expect_err("a refusal");
    assert_eq!(refused.code(), "ERR_JOURNAL_TOO_LARGE");
    assert_eq!((directory.names().expect("names").len(), directory.used()), (0, 0));
}

#[test]
fn who_a_session_is_may_change() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, _ring) = create(&directory, "s");
    for turn in 0..5 {
        let said = "y".repeat(turn * 700);
        journal.change_identity(|identity| identity.metadata = Some(said.clone())).expect("room");
        let (_copy, found) = from_copy(&directory, journal.name());
        assert_eq!((found.identity.id.as_str(), found.identity.metadata), ("s", Some(said)));
    }
    let long = "z".repeat(5000);
    let refused = journal.change_identity(|identity| identity.metadata = Some(long));
    assert_eq!(refused.expect_err("a refusal").code(), "ERR_JOURNAL_TOO_LARGE");
    let (_copy, found) = from_copy(&directory, journal.name());
    assert_eq!(found.identity.metadata.map(|said| said.len()), Some(2800));
}

#[test]
fn a_checkpoint_is_never_older_than_the_history() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, mut ring) = create(&directory, "s");
    for _ in 0..60 {
        run(&mut journal, &mut ring, 9973);
        let (_copy, found) = from_copy(&directory, journal.name());
        let offset = last_checkpoint(&found).unwrap_or(0);
        assert!(offset >= span(&found).0);
        check_all(&found, ring.end());
    }
    assert!(!journal.checkpoint(&ring, 80, 24, &vec![0; SIZES.checkpoint + 1]));
}

#[test]
fn changes_of_size_are_bounded_by_a_checkpoint() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, mut ring) = create(&directory, "s");
    let mut sizes = 0_u16;
    for _ in 0..3 {
        while journal.resize(&ring, 100 + sizes, 24) {
            sizes += 1;
            run(&mut journal, &mut ring, 3);
            let (_copy, found) = from_copy(&directory, journal.name());
            assert_eq!(found.resizes.last().map(|resize| resize.cols), Some(99 + sizes));
            check_all(&found, ring.end());
        }
        let at = ring.end();
        assert!(journal.checkpoint(&ring, 80, 24, &snapshot(at)));
        let (_copy, found) = from_copy(&directory, journal.name());
        assert_eq!(found.resizes, []);
    }
    assert_eq!(sizes, 3 * 64);
}

#[test]
fn a_session_goes_on_where_it_was_left() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (mut journal, mut ring) = create(&directory, "s");
    let mut end = 0;
    for count in [10, 4096, 4097, 70_000, 1, 200_000, 0, 8192] {
        run(&mut journal, &mut ring, count);
        end += count as u64;
        let name = journal.name().to_owned();
        drop((journal, ring));
        let found = directory.recover(&name).expect("a session");
        check_all(&found, end);
        (journal, ring) = (found.journal, found.ring);
    }
}

#[test]
fn a_removed_journal_leaves_nothing() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (journal, mut ring) = create(&directory, "s");
    assert_eq!(directory.used(), journal.size());
    ring.clear();
    journal.remove().expect("a removal");
    assert_eq!((directory.names().expect("names").len(), directory.used()), (0, 0));
}

/// One step of a session's life.
#[derive(Clone, Debug)]
enum Step {
    Run(usize),
    /// A read of which so many bytes were there when the process died.
    Interrupted(usize, usize),
    Resize(u16),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..30_000_usize).prop_map(Step::Run),
        3 => (1..=ROOM, 0..=ROOM).prop_map(|(count, there)| Step::Interrupted(count, there)),
        1 => (20..300_u16).prop_map(Step::Resize),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_copy_of_any_moment_is_what_it_was(steps in prop::collection::vec(step(), 1..14)) {
        let scratch = Scratch::new();
        let directory = scratch.open();
        let (mut journal, mut ring) = create(&directory, "s");
        for step in steps {
            let before = ring.end();
            let name = journal.name().to_owned();
            match step {
                Step::Run(count) => run(&mut journal, &mut ring, count),
                Step::Interrupted(count, there) => {
                    run(&mut journal, &mut ring, 0);
                    if journal.is_checkpoint_due(&ring) {
                        journal.checkpoint(&ring, 80, 24, &snapshot(before));
                    }
                    let bytes = output(before, before + ROOM as u64);
                    let read = journal.read(&mut ring, |room| {
                        let there = there.min(room.len());
                        room[..there].copy_from_slice(&bytes[..there]);
                        let (_copy, found) = from_copy(&directory, &name);
                        check_all(&found, before);
                        let count = count.min(room.len());
                        room[..count].copy_from_slice(&bytes[..count]);
                        room[count..].fill(crate::journal::FILL);
                        Ok::<_, ()>(count)
                    });
                    prop_assert!(read.is_ok());
                }
                Step::Resize(cols) => {
                    if !journal.resize(&ring, cols, 24) {
                        journal.checkpoint(&ring, 80, 24, &snapshot(before));
                    }
                }
                Step::Restart => {
                    drop((journal, ring));
                    let found = directory.recover(&name).expect("a session");
                    check_all(&found, before);
                    (journal, ring) = (found.journal, found.ring);
                }
            }
            let (_copy, found) = from_copy(&directory, journal.name());
            check_all(&found, ring.end());
        }
    }
}
