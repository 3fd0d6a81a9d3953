use super::*;

const TWO: usize = 2;

/// A terminal that prints `bytes` in each millisecond of `millis`; how long it
/// was left waiting in all.
fn print(
    flow: &mut Flow,
    floods: &mut Floods,
    from: Instant,
    (millis, bytes): (u64, usize),
) -> Duration {
    let at = |millis| from + Duration::from_millis(millis);
    let once = |millis| {
        flow.count(bytes, floods, at(millis));
        let pace = flow.pace(floods, || true, || true);
        flow.pause(bytes, pace).unwrap_or_default()
    };
    (0..millis).map(once).sum()
}

fn flow() -> Flow {
    Flow::new(Arc::default())
}

#[test]
fn fewer_floods_than_processors_are_not_slowed() {
    let now = Instant::now();
    let mut floods = Floods::new(TWO, now);
    assert_eq!(print(&mut flow(), &mut floods, now, (500, 4096)), Duration::ZERO);
}

#[test]
fn one_that_nobody_watches_is() {
    let now = Instant::now();
    let mut floods = Floods::new(TWO, now);
    let mut flow = flow();
    print(&mut flow, &mut floods, now, (60, 4096));
    assert_eq!(flow.pace(&floods, || true, || true), None);
    assert_eq!(flow.pace(&floods, || true, || false), Some(UNWATCHED));
    assert_eq!(flow.pace(&floods, || false, || false), None);
}

#[test]
fn as_many_floods_as_processors_are_held_to_the_pace_while_somebody_types() {
    let now = Instant::now();
    let mut floods = Floods::new(TWO, now);
    let mut flows = [flow(), flow(), flow()];
    let mut waited = [Duration::ZERO; 3];
    for step in 0..100 {
        let from = now + Duration::from_millis(step * 10);
        for (flow, waited) in flows.iter_mut().zip(&mut waited) {
            *waited += print(flow, &mut floods, from, (1, 8 * 4096));
        }
    }
    // 3.2 MB each at a third of 8 MB/s.
    let share = Duration::from_millis(3 * 100 * 8 * 4096 / 8000);
    for waited in waited {
        assert!(waited > share / 2 && waited <= share, "waited {waited:?} of {share:?}");
    }
}

#[test]
fn nothing_is_slowed_when_nobody_types() {
    let now = Instant::now();
    let mut floods = Floods::new(1, now);
    let mut flow = flow();
    for step in 0..200 {
        flow.count(4096, &mut floods, now + Duration::from_millis(step));
        assert_eq!(flow.pace(&floods, || false, || true), None);
    }
    assert_eq!(flow.pace(&floods, || true, || true), Some(PACE));
}

#[test]
fn a_flood_that_is_held_back_is_still_one() {
    let now = Instant::now();
    let mut floods = Floods::new(1, now);
    let mut flow = flow();
    let mut at = now;
    for _ in 0..1000 {
        flow.count(4096, &mut floods, at);
        let pace = flow.pace(&floods, || true, || true);
        at += flow.pause(4096, pace).unwrap_or(Duration::from_micros(100));
    }
    assert!(flow.flooding);
    // 4 MB at 4 MB/s, but for the start, which is free.
    assert!(at - now > Duration::from_millis(900), "took {:?}", at - now);
}

#[test]
fn a_terminal_that_falls_quiet_floods_no_more() {
    let now = Instant::now();
    let mut floods = Floods::new(1, now);
    let mut flow = flow();
    print(&mut flow, &mut floods, now, (60, 4096));
    assert!(flow.flooding);
    flow.count(10, &mut floods, now + Duration::from_secs(1));
    assert!(!flow.flooding);
    assert_eq!(floods.count(), 0);
    assert_eq!(flow.pace(&floods, || true, || true), None);
}

#[test]
fn the_key_that_sets_a_flood_off_is_nobodys_typing() {
    let keys = Keys::default();
    keys.input(1000);
    keys.input(5);
    assert!(Keys::somebody_types(Instant::now()));
    keys.set_flooding(true);
    assert!(!Keys::somebody_types(Instant::now()));
    keys.input(1);
    assert!(!Keys::somebody_types(Instant::now()), "a key for a flood does not count");
    let other = Keys::default();
    other.input(1);
    keys.set_flooding(true);
    assert!(Keys::somebody_types(Instant::now()), "somebody else's key stands");
    assert!(!Keys::somebody_types(Instant::now() + Duration::from_secs(1)));
}
