//! Every interleaving of the wake-up protocols, by loom. Run by
//! `scripts/loom.sh`; without `--cfg loom` there is nothing here.

#![cfg(loom)]
#![allow(missing_docs, reason = "a test")]

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;
use offheap_wake::{Inbox, Reader, Signal};

/// Whatever the interleaving, news that has not been drained has a wake-up
/// pending that comes after it.
#[test]
fn no_news_is_left_without_a_wake_up() {
    loom::model(|| {
        let pending = Arc::new(AtomicUsize::new(0));
        let wake = Arc::clone(&pending);
        let inbox = Arc::new(Inbox::new(move || {
            wake.fetch_add(1, Ordering::SeqCst);
        }));
        let writers: Vec<_> = (0..2)
            .map(|number| {
                let inbox = Arc::clone(&inbox);
                thread::spawn(move || inbox.push(number))
            })
            .collect();
        let mut news = Vec::new();
        let consume = |news: &mut Vec<usize>| {
            if pending.swap(0, Ordering::SeqCst) > 0 {
                inbox.drain(news);
            }
        };
        consume(&mut news);
        for writer in writers {
            writer.join().unwrap();
        }
        consume(&mut news);
        news.sort_unstable();
        assert_eq!(news, [0, 1]);
    });
}

/// What is read, under its lock, and whether its reader has been told.
struct Shared {
    unread: Mutex<usize>,
    told: AtomicUsize,
}

struct Flag(Arc<Shared>);

impl Reader for Flag {
    fn readable(&self) {
        self.0.told.fetch_add(1, Ordering::SeqCst);
    }
}

/// As a session's reader does: starts, takes everything, and arms the signal
/// under the lock of what it took.
fn read(shared: &Shared, signal: &Signal) -> usize {
    if shared.told.swap(0, Ordering::SeqCst) == 0 {
        return 0;
    }
    signal.delivered();
    let mut unread = shared.unread.lock().unwrap();
    let taken = std::mem::take(&mut *unread);
    signal.arm();
    taken
}

/// A writer that tells at once, one that tells later, the flush of the latter,
/// and a reader: nothing is left unread without the reader being told.
#[test]
fn no_output_is_left_unread_without_its_reader_being_told() {
    loom::model(|| {
        let shared = Arc::new(Shared { unread: Mutex::new(0), told: AtomicUsize::new(0) });
        let signal = Arc::new(Signal::new(Box::new(Flag(Arc::clone(&shared)))));
        signal.arm();
        let prompt = {
            let (shared, signal) = (Arc::clone(&shared), Arc::clone(&signal));
            thread::spawn(move || {
                let mut unread = shared.unread.lock().unwrap();
                *unread += 1;
                if signal.is_waiting() {
                    signal.raise();
                }
            })
        };
        let late = {
            let (shared, signal) = (Arc::clone(&shared), Arc::clone(&signal));
            thread::spawn(move || {
                let mut unread = shared.unread.lock().unwrap();
                *unread += 1;
                let deferred = signal.is_waiting() && signal.defer();
                drop(unread);
                if deferred {
                    signal.flush();
                }
            })
        };
        let mut taken = read(&shared, &signal);
        prompt.join().unwrap();
        late.join().unwrap();
        taken += read(&shared, &signal);
        assert_eq!(taken, 2);
    });
}

/// A close raises the signal whatever its state: the reader is told once, and
/// finds out.
#[test]
fn a_raise_that_meets_the_reader_at_work_is_told_after_it() {
    loom::model(|| {
        let shared = Arc::new(Shared { unread: Mutex::new(1), told: AtomicUsize::new(0) });
        let signal = Arc::new(Signal::new(Box::new(Flag(Arc::clone(&shared)))));
        signal.raise();
        let closer = {
            let (shared, signal) = (Arc::clone(&shared), Arc::clone(&signal));
            thread::spawn(move || {
                *shared.unread.lock().unwrap() += 10;
                signal.raise();
            })
        };
        let mut taken = read(&shared, &signal);
        closer.join().unwrap();
        taken += read(&shared, &signal);
        assert_eq!(taken, 11);
    });
}
