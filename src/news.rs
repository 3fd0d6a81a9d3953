//! What the crates tell, on its way to the JS thread.

use std::sync::Arc;

use offheap_pty::ExitStatus;
use offheap_session::pressure::Usage;
use offheap_session::registry::{Event, EventListener};
use offheap_session::session::{Owner, Session};
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
    /// A registry has an event to emit.
    Event(Event),
    /// A registry's memory is to be checked: what is known of it but the V8
    /// heap, which only the JS thread can read.
    MemoryDue(Box<Usage>),
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
        self.tell(News::Event(event));
    }

    fn memory_due(&self, usage: Usage) {
        self.tell(News::MemoryDue(Box::new(usage)));
    }
}
