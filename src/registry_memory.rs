//! What the JS thread does about memory: when the watch asks for it, and when
//! JavaScript calls for a check.

use napi::bindgen_prelude::Env;

use super::heap;
use super::hub::Hub;
use offheap_session::pressure::Usage;
use offheap_session::registry::{MemoryReport, Registry, Relief, Work, read_usage};

/// The JS thread, in a call that it makes itself.
struct Here<'a> {
    env: &'a Env,
    hub: &'a Hub,
    known: Usage,
}

impl Relief for Here<'_> {
    fn drop_caches(&mut self) {
        drop_caches(self.hub);
    }

    fn collect_garbage(&mut self) -> Option<Usage> {
        Some(read_usage(self.known.or(heap::collect_garbage(self.env)?)))
    }
}

fn drop_caches(hub: &Hub) {
    hub.pool.clear();
    *hub.chunk.borrow_mut() = Vec::new();
}

/// Does what the watch over memory has asked the JS thread for.
pub(super) fn work(env: &Env, registry: &Registry, hub: &Hub, work: Work) {
    let heap = match work {
        Work::ReadHeap => Some(heap::read(env)),
        Work::CollectGarbage => heap::collect_garbage(env),
        Work::DropCaches => return drop_caches(hub),
    };
    registry.heap_read(work, heap);
}

/// A check that JavaScript calls for.
pub(super) fn check(env: &Env, registry: &Registry, hub: &Hub, known: Usage) -> MemoryReport {
    let usage = read_usage(known.or(heap::read(env)));
    registry.check_memory(usage, &mut Here { env, hub, known })
}
