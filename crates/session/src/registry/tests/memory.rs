//! What a registry does when memory is short, with made-up readings.

use super::*;
use crate::pressure::{self, Actions, Level, Usage};
use crate::registry::watch::Due;
use crate::registry::{Action, Pressure, Relief};

/// Notes what it was asked for; a collection brings the heap to `after`.
#[derive(Default)]
struct Thread {
    dropped: usize,
    collected: usize,
    after: Option<Usage>,
}

impl Relief for Thread {
    fn drop_caches(&mut self) {
        self.dropped += 1;
    }

    fn collect_garbage(&mut self) -> Option<Usage> {
        self.collected += usize::from(self.after.is_some());
        self.after
    }
}

/// A heap of 1000 bytes of which this much is used.
fn heap(used: u64) -> Usage {
    Usage { heap_used: Some(used), heap_limit: Some(1000), ..Usage::default() }
}

fn with(actions: Actions) -> Bench {
    let memory = pressure::Options { actions, ..pressure::Options::default() };
    Bench::new(Options { memory, ..unlimited() })
}

fn check(bench: &Bench, usage: Usage) -> Level {
    bench.registry.check_memory(usage, &mut Thread::default()).judgement.level
}

fn pressures(bench: &Bench) -> Vec<Pressure> {
    let pressure = |event| match event {
        Event::MemoryPressure(pressure) => Some(pressure),
        _ => None,
    };
    bench.events().into_iter().filter_map(pressure).collect()
}

fn actions(bench: &Bench) -> Vec<Action> {
    pressures(bench).into_iter().filter_map(|pressure| pressure.action).collect()
}

#[test]
fn levels_are_told_once_and_nothing_is_done_while_all_is_well() {
    let bench = with(Actions::NONE);
    bench.make("a");
    for used in [100, 799, 800, 805, 799, 770, 759, 930, 900, 880] {
        check(&bench, heap(used));
    }
    let told: Vec<_> = pressures(&bench).iter().map(|p| (p.previous, p.level)).collect();
    let (normal, warning, critical) = (Level::Normal, Level::Warning, Level::Critical);
    let changes = [(normal, warning), (warning, normal), (normal, critical), (critical, warning)];
    assert_eq!(told, changes);
    assert!(bench.has("a"));
}

#[test]
fn a_warning_shrinks_quiet_histories_and_closes_nothing() {
    let bench = with(Actions::default());
    let quiet = bench.make("quiet");
    let busy = bench.make("busy");
    for handle in [&quiet, &busy] {
        handle.session.append(&vec![b'x'; 200_000]).expect("open");
    }
    bench.clock.advance(Duration::from_mins(2));
    bench.registry.touch_session(&busy.subject);
    let mut thread = Thread::default();
    bench.registry.check_memory(heap(850), &mut thread);
    assert_eq!(quiet.session.bytes_held(), 16 * 1024);
    assert_eq!(quiet.session.tail(100), [b'x'; 100]);
    assert!(busy.session.bytes_held() > 100_000);
    let told = pressures(&bench);
    let shrunk = told.iter().find(|p| p.action == Some(Action::ShrinkHistories)).expect("told");
    assert!(shrunk.sessions == 1 && shrunk.bytes > 100_000, "{shrunk:?}");
    assert_eq!(thread.dropped, 1);
    bench.registry.check_memory(heap(850), &mut thread);
    assert_eq!(thread.dropped, 1, "nothing more to give back");
    assert!(bench.has("quiet"));
}

#[test]
fn what_a_viewer_has_not_read_is_not_shrunk_away() {
    let bench = with(Actions::default());
    let handle = bench.make("a");
    view(&handle);
    handle.session.append(&vec![b'x'; 100_000]).expect("open");
    bench.clock.advance(Duration::from_mins(2));
    check(&bench, heap(850));
    let (start, end) = handle.session.span();
    assert_eq!(end - start, 100_000);
}

#[test]
fn idle_sessions_close_before_new_ones_are_refused_and_old_ones_last() {
    let bench = with(Actions::default());
    for id in ["a", "b", "c", "d"] {
        bench.make(id);
    }
    bench.clock.advance(Duration::from_mins(2));
    bench.registry.attach("c", None, "c1").expect("known");
    bench.registry.attach("d", None, "d1").expect("known");
    check(&bench, heap(950));
    let order = [Action::DropCaches, Action::CloseInactive, Action::Refuse];
    assert_eq!(actions(&bench), order);
    assert!(!bench.has("a") && bench.has("b"), "the oldest idle one");
    assert!(matches!(bench.create("e", None), Err(Refusal::Memory)));
    check(&bench, heap(950));
    assert_eq!(bench.closed(), [("b".to_owned(), Reason::Memory)]);
    check(&bench, heap(950));
    assert_eq!(bench.closed(), [("c".to_owned(), Reason::Memory)], "none is idle any more");
    check(&bench, heap(100));
    bench.create("e", None).expect("memory is there again");
    bench.check();
}

#[test]
fn nothing_watched_closes_before_all_that_is_not() {
    let bench = with(Actions { close_inactive: false, ..Actions::default() });
    let viewed = bench.make("viewed");
    view(&viewed);
    bench.make("connected");
    bench.registry.attach("connected", None, "c1").expect("known");
    bench.make("young");
    bench.make("younger");
    let mut order = Vec::new();
    for _ in 0..6 {
        check(&bench, heap(950));
        order.extend(bench.closed().into_iter().map(|(id, _)| id));
    }
    assert_eq!(order, ["young", "younger", "viewed", "connected"]);
}

#[test]
fn the_first_critical_check_closes_no_session_in_use() {
    let bench = with(Actions::default());
    bench.make("a");
    check(&bench, heap(950));
    assert!(bench.has("a"));
    check(&bench, heap(950));
    assert!(!bench.has("a"));
}

#[test]
fn garbage_goes_before_sessions_do() {
    let bench = with(Actions::default());
    bench.make("a");
    bench.clock.advance(Duration::from_mins(2));
    let mut thread = Thread { after: Some(heap(300)), ..Thread::default() };
    let report = bench.registry.check_memory(heap(950), &mut thread);
    assert_eq!((report.judgement.level, thread.collected), (Level::Normal, 1));
    assert!(bench.has("a") && !report.refusing);
    let collected =
        pressures(&bench).into_iter().find(|p| p.action == Some(Action::CollectGarbage));
    assert_eq!(collected.expect("told").bytes, 650);
    bench.registry.check_memory(heap(950), &mut thread);
    assert_eq!(thread.collected, 1, "not again so soon");
}

#[test]
fn each_action_can_be_left_out() {
    let bench = with(Actions::NONE);
    let handle = bench.make("a");
    handle.session.append(&vec![b'x'; 200_000]).expect("open");
    bench.clock.advance(Duration::from_mins(2));
    let held = handle.session.bytes_held();
    let mut thread = Thread { after: Some(heap(1)), ..Thread::default() };
    for _ in 0..3 {
        bench.registry.check_memory(heap(999), &mut thread);
    }
    assert!(bench.has("a") && handle.session.bytes_held() == held);
    assert_eq!((thread.dropped, thread.collected), (0, 0));
    bench.create("b", None).expect("not refused");
    assert!(actions(&bench).is_empty());
}

#[test]
fn checks_come_with_the_clock_sooner_when_near_and_at_once_when_it_grows() {
    let bench = with(Actions::NONE);
    assert!(matches!(bench.registry.memory_due(), Due::Never), "nothing to watch");
    let handle = bench.make("a");
    let due = |bench: &Bench| match bench.registry.memory_due() {
        Due::At(next) => next.saturating_duration_since(bench.clock.now()),
        Due::Now | Due::Never => panic!("not yet"),
    };
    assert!(matches!(bench.registry.memory_due(), Due::Now), "the first check");
    assert_eq!(due(&bench), Duration::from_secs(10), "it is under way");
    check(&bench, heap(100));
    bench.registry.watch.over();
    assert_eq!(due(&bench), Duration::from_secs(10));
    check(&bench, heap(750));
    assert_eq!(due(&bench), Duration::from_secs(1), "a level is near");
    check(&bench, heap(100));
    bench.clock.advance(Duration::from_secs(2));
    handle.session.append(&vec![b'x'; 200_000]).expect("open");
    assert_eq!(due(&bench), Duration::from_secs(8), "little growth");
    for n in 0..10 {
        bench.make(&n.to_string()).session.append(&vec![b'x'; 200_000]).expect("open");
    }
    assert!(bench.meter.take_alarm(), "more than a MiB");
}

/// A control group of a GiB that is full, of which this process has so much.
fn group_with_ours(rss: u64) -> Usage {
    let (used, limit) = (Some(1000 << 20), Some(1 << 30));
    Usage { rss: Some(rss), cgroup_used: used, cgroup_limit: limit, ..Usage::default() }
}

#[test]
fn pressure_of_others_closes_nobody_who_is_watched() {
    let bench = with(Actions::default());
    view(&bench.make("viewed"));
    bench.make("connected");
    bench.registry.attach("connected", None, "c1").expect("known");
    bench.make("alone");
    bench.events();
    let mut closed = Vec::new();
    for _ in 0..5 {
        assert_eq!(check(&bench, group_with_ours(100 << 20)), Level::Critical);
        closed.extend(bench.closed().into_iter().map(|(id, _)| id));
    }
    assert_eq!(closed, ["alone"], "what is watched stays, for it would free next to nothing");
    assert!(matches!(bench.create("new", None), Err(Refusal::Memory)));
    check(&bench, group_with_ours(600 << 20));
    assert_eq!(bench.closed().len(), 1, "the pressure is our own now");
}

#[test]
fn the_heaviest_session_is_named_and_closed_only_when_asked() {
    let held = |bench: &Bench, id: &str, bytes: usize| {
        bench.make(id).session.append(&vec![b'x'; bytes]).expect("open");
    };
    for close_heaviest in [false, true] {
        let bench = with(Actions { close_heaviest, ..Actions::NONE });
        held(&bench, "light", 1000);
        held(&bench, "heavy", 200_000);
        held(&bench, "middle", 50_000);
        let usage = Usage {
            rss: Some(1 << 30),
            heap_limit: Some(1 << 20),
            heap_used: Some(1 << 20),
            ..Usage::default()
        };
        check(&bench, usage);
        let told = pressures(&bench).remove(0).heaviest.expect("one");
        assert_eq!(&*told.subject.id, "heavy");
        assert!(told.bytes >= 200_000 && bench.has("heavy"), "not at the first check");
        check(&bench, usage);
        assert_eq!(bench.has("heavy"), !close_heaviest);
        assert!(bench.has("light") && bench.has("middle"));
        assert_eq!(actions(&bench).contains(&Action::CloseHeaviest), close_heaviest);
    }
}

#[test]
fn closing_what_holds_little_would_not_help() {
    let bench = with(Actions { close_heaviest: true, ..Actions::NONE });
    bench.make("light").session.append(b"little").expect("open");
    for _ in 0..3 {
        check(&bench, group_with_ours(100 << 20));
    }
    assert!(bench.has("light"));
}

#[test]
fn capacity_comes_from_what_sessions_were_seen_to_hold() {
    let bench = with(Actions::NONE);
    let fit = |memory| bench.registry.max_sessions_for(Some(memory), &Usage::default());
    assert_eq!(fit(0), 1);
    let full = fit(100 << 20);
    assert!((390..=400).contains(&full), "none seen yet, so all may be full: {full}");
    let handle = bench.make("a");
    let idle = fit(100 << 20);
    assert!(idle > 10_000, "an idle session is small: {idle}");
    handle.session.append(&vec![b'x'; 300_000]).expect("open");
    assert_eq!(fit(100 << 20), full, "the only session seen is full");
    bench.registry.close_handle(&handle);
    assert_eq!(fit(100 << 20), full, "what it held at its end is remembered");
    let usage = Usage { heap_used: Some(430 << 20), heap_limit: Some(1 << 30), ..heap(0) };
    let rest = bench.registry.max_sessions_for(None, &usage);
    assert!((2000..2100).contains(&rest), "up to 93 %: {rest}");
}

/// A JS thread that answers, or does not.
struct Answering {
    registry: std::sync::OnceLock<std::sync::Weak<Registry>>,
    heap: Mutex<Option<Usage>>,
    asked: Mutex<Vec<Work>>,
    events: Mutex<Vec<Event>>,
}

impl EventListener for Answering {
    fn event(&self, event: Event) {
        self.events.lock().push(event);
    }

    fn work(&self, work: Work) {
        self.asked.lock().push(work);
        let registry = self.registry.get().and_then(std::sync::Weak::upgrade);
        if let (Some(registry), Some(heap)) = (registry, *self.heap.lock()) {
            registry.heap_read(work, (work == Work::ReadHeap).then_some(heap));
        }
    }
}

#[test]
fn a_check_goes_on_with_the_last_reading_when_the_js_thread_does_not_answer() {
    let listener = Arc::new(Answering {
        registry: std::sync::OnceLock::new(),
        heap: Mutex::new(Some(heap(950))),
        asked: Mutex::default(),
        events: Mutex::default(),
    });
    let memory = pressure::Options {
        actions: Actions { collect_garbage: true, ..Actions::NONE },
        ..pressure::Options::default()
    };
    let told: Arc<dyn EventListener> = Arc::<Answering>::clone(&listener);
    let options = Options { memory, ..unlimited() };
    let registry = Registry::new(options, Clock::manual(), told, Arc::new(Local), Meter::new(None));
    listener.registry.set(Arc::downgrade(&registry)).expect("set once");
    registry.check_in_background();
    assert_eq!(registry.stats().memory, Level::Critical);
    assert_eq!(*listener.asked.lock(), [Work::ReadHeap, Work::CollectGarbage]);
    listener.asked.lock().clear();
    *listener.heap.lock() = None;
    registry.check_in_background();
    registry.check_in_background();
    assert_eq!(registry.stats().memory, Level::Critical, "by the reading before");
    assert_eq!(
        *listener.asked.lock(),
        [Work::ReadHeap],
        "asked once, and not for what it cannot do"
    );
    registry.heap_read(Work::ReadHeap, Some(heap(100)));
    *listener.heap.lock() = Some(heap(100));
    registry.check_in_background();
    assert_eq!(registry.stats().memory, Level::Normal);
}
