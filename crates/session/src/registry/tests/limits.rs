//! Limits, also when many threads create at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::registry::{Limit, OnProjectLimit, Unfound, Update};

/// Runs `act` in 40 threads, 25 times each: 1000 in all, at once.
fn concurrently(act: impl Fn(usize) + Sync) {
    let barrier = Barrier::new(40);
    std::thread::scope(|scope| {
        for thread in 0..40 {
            let (act, barrier) = (&act, &barrier);
            scope.spawn(move || {
                barrier.wait();
                (0..25).for_each(|turn| act(thread * 25 + turn));
            });
        }
    });
}

#[test]
fn the_total_is_exact_under_a_thousand_concurrent_creations() {
    let bench = Bench::new(Options { max_per_project: 0, ..Options::default() });
    let (made, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    concurrently(|n| match bench.create(&n.to_string(), Some(&format!("p{}", n % 250))) {
        Ok(_) => drop(made.fetch_add(1, Ordering::Relaxed)),
        Err(Refusal::SessionLimit(20)) => drop(refused.fetch_add(1, Ordering::Relaxed)),
        Err(other) => panic!("{other}"),
    });
    assert_eq!((made.into_inner(), refused.into_inner()), (20, 980));
    assert_eq!(bench.registry.stats().sessions, 20);
    bench.check();
}

#[test]
fn a_project_is_never_over_its_limit_while_its_oldest_give_way() {
    let bench = Bench::new(Options::default());
    concurrently(|n| {
        bench.create(&n.to_string(), Some("p")).expect("the oldest gives way");
        assert!(bench.registry.list(Some("p")).len() <= 4);
    });
    let stats = bench.registry.stats();
    assert_eq!((stats.sessions, stats.created), (4, 1000));
    assert_eq!(bench.closed().len(), 996);
    bench.check();
}

#[test]
fn a_project_that_rejects_is_exact_too() {
    let options = Options { on_project_limit: OnProjectLimit::Reject, ..Options::default() };
    let bench = Bench::new(options);
    let made = AtomicUsize::new(0);
    concurrently(|n| match bench.create(&n.to_string(), Some("p")) {
        Ok(_) => drop(made.fetch_add(1, Ordering::Relaxed)),
        Err(Refusal::ProjectLimit(4)) => {}
        Err(other) => panic!("{other}"),
    });
    assert_eq!(made.into_inner(), 4);
    bench.check();
}

#[test]
fn creations_and_closings_at_once_leave_nothing() {
    let bench = Bench::new(unlimited());
    concurrently(|n| {
        let handle = bench.create(&n.to_string(), Some(&format!("p{}", n % 7))).expect("room");
        // Another thread may have closed it with its project by now.
        let _ = handle.session.append(&[b'x'; 5000]);
        if n % 2 == 0 {
            bench.registry.close_handle(&handle);
        } else {
            bench.registry.close_project(&format!("p{}", n % 7));
        }
    });
    bench.registry.close_all();
    assert_eq!(bench.meter.bytes_held(), 0);
    let stats = bench.registry.stats();
    assert_eq!((stats.sessions, stats.projects, stats.created), (0, 0, 1000));
    bench.check();
}

#[test]
fn the_oldest_of_a_full_project_closes_and_says_why() {
    let bench = Bench::new(Options::default());
    for id in ["a", "b", "c", "d", "e"] {
        bench.create(id, Some("p")).expect("room is made");
    }
    let events = bench.events();
    let limit = events.iter().position(|event| {
        matches!(event, Event::LimitReached { limit: Limit::Project, project } if project.as_deref() == Some("p"))
    });
    let of = |id: &str, is: fn(&Change) -> bool| {
        events.iter().position(|event| {
            matches!(event, Event::Session { subject, change } if &*subject.id == id && is(change))
        })
    };
    let closed = of("a", |change| matches!(change, Change::Closed(Reason::Limit)));
    let created = of("e", |change| matches!(change, Change::Created(_)));
    assert!(limit.is_some() && limit < closed && closed < created, "{events:?}");
}

#[test]
fn sessions_without_a_project_have_no_limit_of_a_project() {
    let bench = Bench::new(Options::default());
    for n in 0..20 {
        bench.make(&n.to_string());
    }
    assert!(matches!(bench.create("more", None), Err(Refusal::SessionLimit(20))));
    assert_eq!(bench.registry.stats().limits[Limit::Sessions as usize].1, 1);
}

#[test]
fn a_name_is_taken_once_in_each_project() {
    let bench = Bench::new(Options::default());
    bench.create("a", Some("p")).expect("free");
    bench.create("a", Some("q")).expect("free in another project");
    assert!(matches!(bench.create("a", Some("p")), Err(Refusal::Exists(_))));
    bench.check();
}

#[test]
fn an_id_of_several_projects_means_none_of_them() {
    let bench = Bench::new(Options::default());
    bench.create("a", Some("p")).expect("free");
    assert!(bench.registry.get("a", None).is_ok(), "there is only one");
    bench.create("a", Some("q")).expect("free in another project");
    let registry = &bench.registry;
    let refusals = [
        registry.get("a", None).err(),
        registry.close("a", None).err(),
        registry.focus("a", None).err(),
        registry.blur("a", None).err(),
        registry.attach("a", None, "c").err(),
    ];
    assert_eq!(refusals, [Some(Unfound::Ambiguous); 5]);
    assert_eq!(registry.get("b", None).err(), Some(Unfound::Unknown));
    assert_eq!(registry.get("a", Some("r")).err(), Some(Unfound::Unknown));
    let without = bench.create("a", None).expect("free without a project");
    let (found, _) = registry.get("a", None).expect("the one without a project");
    assert_eq!(found.subject, without.subject);
    registry.close("a", Some("p")).expect("named");
    registry.close("a", None).expect("the one without a project");
    registry.close("a", None).expect("the only one left");
    bench.check();
}

#[test]
fn an_incarnation_is_never_used_again() {
    let bench = Bench::new(Options::default());
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let handle = bench.make("a");
        assert!(seen.insert(handle.subject.incarnation));
        bench.registry.close_handle(&handle);
        let (told, _) = changes(bench.events()).into_iter().last().expect("the close");
        assert_eq!(told, "a");
    }
}

#[test]
fn what_the_app_says_can_be_said_differently() {
    let bench = Bench::new(Options::default());
    let handle = bench.make("a");
    bench.events();
    let update =
        |update: Update| bench.registry.update(&handle.subject, update).expect("no journal");
    let said = Update { mode: Some(Some("x".into())), ..Update::default() };
    assert!(update(said.clone()));
    assert!(update(said), "known, and nothing new");
    let told = changes(bench.events());
    let [(_, Change::Updated(now))] = &told[..] else { panic!("{told:?}") };
    assert_eq!(now.1.details.mode.as_deref(), Some("x"));
    assert!(update(Update { mode: Some(None), ..Update::default() }));
    assert_eq!(bench.registry.info(&handle.subject).expect("open").details.mode, None);
    bench.registry.close_handle(&handle);
    assert!(!update(Update::default()));
}

#[test]
fn a_closed_registry_takes_no_more() {
    let bench = Bench::new(Options::default());
    let handle = bench.make("a");
    assert!(bench.registry.shut());
    assert!(handle.session.is_closed());
    assert!(matches!(bench.create("b", None), Err(Refusal::Closed)));
    let events = bench.events();
    assert!(matches!(events.last(), Some(Event::Shut)), "{events:?}");
    assert!(!bench.registry.shut());
    assert!(bench.events().is_empty(), "closed once");
}

fn ids(ids: &[Arc<str>]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn focus_goes_to_the_most_recently_used() {
    let bench = Bench::new(Options { max_per_project: 0, ..Options::default() });
    for id in ["a", "b", "c", "d", "e"] {
        bench.create(id, Some("p")).expect("room");
    }
    assert_eq!(
        ids(&bench.registry.focused("p")),
        ["a", "b", "c", "d"],
        "new ones while there is room"
    );
    bench.registry.focus("a", Some("p")).expect("known");
    bench.registry.focus("e", Some("p")).expect("known");
    assert_eq!(
        ids(&bench.registry.focused("p")),
        ["c", "d", "a", "e"],
        "b was used least recently"
    );
    bench.registry.blur("d", Some("p")).expect("known");
    assert_eq!(ids(&bench.registry.focused("p")), ["c", "a", "e"]);
    bench.check();
}

#[test]
fn a_new_session_takes_the_focus_or_leaves_it_as_it_is_told() {
    let bench = Bench::new(Options { max_per_project: 0, max_focused: 2, ..Options::default() });
    let create = |id: &str, focused| {
        let (id, project) = (Some(id.into()), Some("p".into()));
        let new = NewSession { project, id, focused, ..NewSession::default() };
        bench.registry.create(new, None).expect("room").1.focused
    };
    assert!(!create("a", Some(false)), "though there is room");
    assert!(create("b", None) && create("c", Some(true)));
    assert!(!create("d", None), "there is no room left");
    bench.events();
    assert!(create("e", Some(true)));
    assert_eq!(ids(&bench.registry.focused("p")), ["c", "e"], "b was used least recently");
    let told = bench.events().into_iter().filter_map(|event| match event {
        Event::Session { subject, change: Change::FocusChanged { focused, all } } => {
            Some((subject.id.to_string(), focused, ids(&all).join(" ")))
        }
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [("b".to_owned(), false, "c e".to_owned())]);
    let alone = NewSession { focused: Some(false), ..NewSession::default() };
    assert!(bench.registry.create(alone, None).expect("room").1.focused, "without a project");
    bench.check();
}
