//! A process that is killed at any instant loses nothing.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::*;

/// Names the directory to the process that is killed.
const DIRECTORY: &str = "OFFHEAP_JOURNAL_TEST_DIRECTORY";
const KILLS: u32 = 200;

/// Not a test by itself: what the process does that is killed. It reads its
/// input into the one journal there is.
#[test]
fn reading_until_killed() {
    let Some(path) = std::env::var_os(DIRECTORY) else { return };
    let directory = Directory::open(Path::new(&path), None).expect("a directory");
    let _lock = directory.lock().expect("a lock");
    let name = directory.names().expect("names").remove(0);
    let found = directory.recover(&name).expect("a session");
    let (mut journal, mut ring) = (found.journal, found.ring);
    let mut room = journal.take_room().expect("the room");
    let input = std::io::stdin();
    loop {
        let at = ring.end();
        if journal.is_checkpoint_due(&ring) {
            assert!(journal.checkpoint(&ring, cols(at), 24, &snapshot(at)));
        }
        if at % 7 == 0 && !journal.resize(&ring, cols(at), 24) {
            assert!(journal.checkpoint(&ring, cols(at), 24, &snapshot(at)));
        }
        let part = journal.begin_read(&mut ring);
        let read = rustix::io::read(&input, room.part(part));
        journal.end_read(&mut ring, read.unwrap_or(0));
        if read == Ok(0) {
            return;
        }
    }
}

fn cols(offset: u64) -> u16 {
    (offset % 900) as u16 + 20
}

fn set_nonblocking(fd: impl std::os::fd::AsFd) {
    let flags = fcntl_getfl(&fd).expect("flags");
    fcntl_setfl(&fd, flags | OFlags::NONBLOCK).expect("flags");
}

/// Prints for so long, as fast as it is read; how many bytes were printed.
fn print(pipe: &mut PipeWriter, from: u64, time: Duration) -> u64 {
    let (mut at, until) = (from, Instant::now() + time);
    while Instant::now() < until {
        match pipe.write(&output(at, at + 1 + at % 5000)) {
            Ok(count) => at += count as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
    at - from
}

/// How many bytes nobody has read.
fn drain(mut pipe: PipeReader) -> u64 {
    set_nonblocking(&pipe);
    let (mut left, mut buffer) = (0, vec![0; 65_536]);
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return left,
            Ok(count) => left += count as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return left,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn two_hundred_kills_lose_no_byte() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let (journal, ring) = create(&directory, "s");
    let name = journal.name().to_owned();
    drop((journal, ring));
    let (mut end, mut seed) = (0, 12_345_u64);
    let mut checkpoints = 0;
    for kill in 0..KILLS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        set_nonblocking(&writer);
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["tests::kills::reading_until_killed", "--exact", "--nocapture"])
            .env(DIRECTORY, scratch.path())
            .stdin(Stdio::from(reader.try_clone().expect("a descriptor")))
            .stdout(Stdio::null())
            .spawn()
            .expect("a process");
        let printed = print(&mut writer, end, Duration::from_micros(5_000 + (seed >> 33) % 20_000));
        child.kill().expect("a kill");
        child.wait().expect("an end");
        end += printed - drain(reader);
        let found = directory.recover(&name).expect("a session");
        check_all(&found, end);
        let since = found.journal.last_checkpoint().map_or(0, |checkpoint| checkpoint.offset);
        checkpoints += u32::from(since > 0);
        for resize in &found.resizes {
            assert!(resize.offset >= since && resize.cols == cols(resize.offset), "kill {kill}");
        }
    }
    assert!(end > u64::from(KILLS) * 1000 && checkpoints > KILLS / 2, "{end} {checkpoints}");
}
