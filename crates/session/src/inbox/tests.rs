use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{COALESCE, Inbox, News, Signal};

fn counting() -> (Arc<Inbox>, Arc<AtomicUsize>) {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    let inbox = Inbox::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    (inbox, wakes)
}

fn drain(inbox: &Inbox) -> Vec<News> {
    let mut news = Vec::new();
    inbox.drain(&mut news);
    news
}

#[test]
fn one_wake_up_is_outstanding_however_much_news_there_is() {
    let (inbox, wakes) = counting();
    for token in 0..100 {
        inbox.push(News::Drained(token));
    }
    assert_eq!(wakes.load(Ordering::SeqCst), 1);
    assert_eq!(drain(&inbox).len(), 100);
    inbox.push(News::Drained(1));
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
                    inbox.push(News::Drained(thread * 10_000 + index));
                }
            })
        })
        .collect();
    let mut taken = 0;
    let mut seen = 0;
    while taken < 40_000 {
        // Drains only after a wake-up, as the JS thread does.
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

#[test]
fn a_signal_stands_in_the_list_at_most_once() {
    let (inbox, _) = counting();
    let signal = Signal::new(Arc::clone(&inbox), 7);
    signal.raise();
    signal.raise();
    let news = drain(&inbox);
    assert!(matches!(&news[..], [News::Readable(signal)] if signal.token() == 7));
    signal.delivered();
    signal.raise();
    assert_eq!(drain(&inbox).len(), 1);
}

#[test]
fn a_signal_that_is_not_armed_is_not_deferred() {
    let (inbox, _) = counting();
    let signal = Signal::new(Arc::clone(&inbox), 1);
    signal.raise_soon();
    std::thread::sleep(COALESCE * 5);
    assert!(drain(&inbox).is_empty());
}

#[test]
fn deferred_signals_come_together_and_a_raised_one_comes_once() {
    let (inbox, wakes) = counting();
    let signals: Vec<_> = (0..10).map(|token| Signal::new(Arc::clone(&inbox), token)).collect();
    for signal in &signals {
        signal.arm();
        signal.raise_soon();
    }
    signals[3].raise();
    assert_eq!(drain(&inbox).len(), 1);
    let deadline = Instant::now() + Duration::from_secs(10);
    while wakes.load(Ordering::SeqCst) < 2 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(wakes.load(Ordering::SeqCst), 2, "one wake-up for all that was deferred");
    assert_eq!(drain(&inbox).len(), 9);
}
