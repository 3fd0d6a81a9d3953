use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Inbox, Reader, Signal};

fn counting() -> (Arc<Inbox<usize>>, Arc<AtomicUsize>) {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    let inbox = Inbox::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    (Arc::new(inbox), wakes)
}

fn drain(inbox: &Inbox<usize>) -> Vec<usize> {
    let mut news = Vec::new();
    inbox.drain(&mut news);
    news
}

#[test]
fn one_wake_up_is_pending_however_much_news_there_is() {
    let (inbox, wakes) = counting();
    for number in 0..100 {
        inbox.push(number);
    }
    assert_eq!(wakes.load(Ordering::SeqCst), 1);
    assert_eq!(drain(&inbox).len(), 100);
    inbox.push(1);
    assert_eq!(wakes.load(Ordering::SeqCst), 2);
}

#[test]
fn no_news_is_lost_between_threads() {
    let (inbox, wakes) = counting();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let inbox = Arc::clone(&inbox);
            std::thread::spawn(move || {
                for index in 0..10_000 {
                    inbox.push(thread * 10_000 + index);
                }
            })
        })
        .collect();
    let mut taken = 0;
    let mut seen = 0;
    while taken < 40_000 {
        // Drains only after a wake-up, as the consumer does.
        let woken = wakes.load(Ordering::SeqCst);
        if woken > seen {
            seen = woken;
            taken += drain(&inbox).len();
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(drain(&inbox).is_empty());
}

struct Count(Arc<AtomicUsize>);

impl Reader for Count {
    fn readable(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn signal() -> (Signal, impl Fn() -> usize) {
    let told = Arc::new(AtomicUsize::new(0));
    let signal = Signal::new(Box::new(Count(Arc::clone(&told))));
    (signal, move || told.load(Ordering::SeqCst))
}

#[test]
fn a_reader_is_told_once_until_it_reads() {
    let (signal, told) = signal();
    signal.raise();
    signal.raise();
    assert_eq!(told(), 1);
    assert!(signal.is_undelivered() && !signal.is_waiting());
    signal.delivered();
    signal.raise();
    assert_eq!(told(), 2);
}

#[test]
fn only_an_armed_signal_is_deferred_and_only_once() {
    let (signal, told) = signal();
    assert!(!signal.defer(), "its reader is at work");
    signal.arm();
    assert!(signal.defer());
    assert!(!signal.defer());
    assert!(signal.is_waiting());
    signal.flush();
    signal.flush();
    assert_eq!(told(), 1);
}

#[test]
fn a_deferred_signal_that_is_raised_is_not_told_again_by_the_flush() {
    let (signal, told) = signal();
    signal.arm();
    assert!(signal.defer());
    signal.raise();
    signal.delivered();
    signal.flush();
    assert_eq!(told(), 1);
}
