//! What the crates tell, on its way to the JS thread.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use offheap_pty::ExitStatus;
use offheap_session::registry::{Event, EventListener, Incarnation, Work};
use offheap_session::session::{Outcome, Owner, Session, WaitError};
use offheap_wake::Reader;

/// Names who is told: the hub keeps the targets under these numbers.
pub(super) type Token = u64;

/// The news of one environment, behind one wake-up.
pub(super) type Inbox = offheap_wake::Inbox<(Token, News)>;

/// Something that a target wants to know.
#[derive(Debug)]
pub(super) enum News {
    /// A viewer that had caught up has something to read.
    Readable,
    /// A terminal took all the input that had waited.
    Drained,
    /// A terminal's leader has ended, after its last byte.
    Exited(ExitStatus),
    /// A terminal is gone: no output follows.
    Ended,
    /// A recording has ended, and all of it is in its file.
    Recorded,
    /// What was waited for has come, or will not.
    Waited(Result<Outcome, WaitError>),
    /// A registry has an event to emit.
    Event(Event, Origin),
    /// A registry's watch over memory asks for something that only the JS thread
    /// can do.
    Work(Work),
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The call that the JS thread is making.
    Call,
    /// Anything else.
    Elsewhere,
}

thread_local! {
    static ORIGIN: Cell<Origin> = const { Cell::new(Origin::Elsewhere) };
}

/// Makes a call of the JS thread: the events that are told in it are its own.
pub(super) fn in_call<T>(act: impl FnOnce() -> T) -> T {
    /// Also after a panic, calls are over.
    struct Back(Origin);
    impl Drop for Back {
        fn drop(&mut self) {
            ORIGIN.set(self.0);
        }
    }
    let _back = Back(ORIGIN.replace(Origin::Call));
    act()
}

/// Takes from `all` what a call has to emit: its own events, and those that
/// came before them of the sessions that they are about. All in their order.
pub(super) fn take_own(all: &mut Vec<(Token, News)>, token: Token) -> Vec<News> {
    let own = |(target, news): &(Token, News)| {
        *target == token && matches!(news, News::Event(_, Origin::Call))
    };
    let Some(last) = all.iter().rposition(own) else { return Vec::new() };
    // Backwards: whatever comes before an own event of its session goes with it.
    let mut sessions: HashSet<Incarnation> = HashSet::new();
    let mut takes: Vec<bool> = Vec::with_capacity(last + 1);
    for entry in all[..=last].iter().rev() {
        let session = match entry {
            (target, News::Event(event, _)) if *target == token => event.subject(),
            _ => None,
        };
        let session = session.map(|subject| subject.incarnation);
        let mine = own(entry);
        takes.push(mine || session.is_some_and(|it| sessions.contains(&it)));
        sessions.extend(session.filter(|_| mine));
    }
    let mut takes = takes.into_iter().rev();
    all.extract_if(..=last, |_| takes.next() == Some(true)).map(|(_, news)| news).collect()
}

/// Puts news for one target into the inbox.
#[derive(Clone)]
pub(super) struct Teller {
    pub(super) inbox: Arc<Inbox>,
    pub(super) token: Token,
}

impl Teller {
    pub(super) fn tell(&self, news: News) {
        self.inbox.push((self.token, news));
    }
}

/// For a viewer.
impl Reader for Teller {
    fn readable(&self) {
        self.tell(News::Readable);
    }
}

/// For a terminal that stands alone, outside a registry.
impl Owner for Teller {
    fn exited(&self, _session: &Session, status: ExitStatus) {
        self.tell(News::Exited(status));
    }

    fn ended(&self, _session: &Session) {
        self.tell(News::Ended);
    }

    fn drained(&self, _session: &Session) {
        self.tell(News::Drained);
    }
}

/// For a registry.
impl EventListener for Teller {
    fn event(&self, event: Event) {
        let origin = if event.waits_its_turn() { Origin::Elsewhere } else { ORIGIN.get() };
        self.tell(News::Event(event, origin));
    }

    fn work(&self, work: Work) {
        self.tell(News::Work(work));
    }
}
