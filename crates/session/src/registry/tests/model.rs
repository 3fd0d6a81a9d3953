//! Random operations, on a registry and on a model that is as plain as can be:
//! both must agree, and every index must be right, after each.

use proptest::prelude::*;

use super::*;
use crate::registry::Unfound;
use offheap_pty::ExitStatus;

const MOST: usize = 6;
const MOST_IN_PROJECT: usize = 3;
const MOST_FOCUSED: usize = 2;
const INACTIVE: u64 = 300;
const LINGER: u64 = 1;

#[derive(Clone, Debug)]
enum Op {
    Create(u8, u8, Option<bool>),
    Close(u8, u8),
    CloseProject(u8),
    Focus(u8, u8),
    Blur(u8, u8),
    Suspend(u8),
    Resume(u8),
    Attach(u8, u8, u8),
    Detach(u8, Option<u16>),
    Touch(u8, u8),
    OpenViewer(u8, u8),
    CloseViewers(u8, u8),
    Exit(u8, u8),
    Advance(u16),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Project 0 stands for none.
    let (id, project, connection) = (0..5_u8, 0..4_u8, 0..4_u8);
    let name = || (id.clone(), project.clone());
    let op = prop_oneof![
        6 => (name(), proptest::option::of(proptest::bool::ANY))
            .prop_map(|((i, p), focused)| Op::Create(i, p, focused)),
        2 => name().prop_map(|(i, p)| Op::Close(i, p)),
        1 => (1..4_u8).prop_map(Op::CloseProject),
        3 => name().prop_map(|(i, p)| Op::Focus(i, p)),
        2 => name().prop_map(|(i, p)| Op::Blur(i, p)),
        1 => (1..4_u8).prop_map(Op::Suspend),
        1 => (1..4_u8).prop_map(Op::Resume),
        3 => (id.clone(), project.clone(), connection.clone())
            .prop_map(|(i, p, c)| Op::Attach(i, p, c)),
        3 => (connection, proptest::option::of(0..600_u16)).prop_map(|(c, k)| Op::Detach(c, k)),
        2 => name().prop_map(|(i, p)| Op::Touch(i, p)),
        1 => name().prop_map(|(i, p)| Op::OpenViewer(i, p)),
        1 => name().prop_map(|(i, p)| Op::CloseViewers(i, p)),
        2 => name().prop_map(|(i, p)| Op::Exit(i, p)),
        3 => (1..400_u16).prop_map(Op::Advance),
    ];
    proptest::collection::vec(op, 1..80)
}

struct Known {
    handle: Handle,
    id: u8,
    project: u8,
    focused: bool,
    suspended: bool,
    connections: Vec<u8>,
    viewers: Vec<ViewerKey>,
    active: u64,
    /// Larger for what was used later.
    order: u64,
    /// Seconds that it was promised after its last connection.
    keep: Option<u64>,
    exited: Option<u64>,
    /// When its deadline is looked at next.
    due: u64,
}

/// Sessions in the order of their creation, and nothing else.
struct Model {
    bench: Bench,
    sessions: Vec<Known>,
    now: u64,
    uses: u64,
}

fn project(number: u8) -> Option<String> {
    (number > 0).then(|| format!("p{number}"))
}

impl Model {
    fn new() -> Self {
        let options = Options {
            max_sessions: MOST,
            max_per_project: MOST_IN_PROJECT,
            max_focused: MOST_FOCUSED,
            ..Options::default()
        };
        Self { bench: Bench::new(options), sessions: Vec::new(), now: 0, uses: 0 }
    }

    /// Without a project the session without one is meant, or else the only one
    /// of that id.
    fn find(&self, id: u8, project: u8) -> Result<usize, Unfound> {
        let exact = |known: &Known| known.id == id && known.project == project;
        if let Some(at) = self.sessions.iter().position(exact) {
            return Ok(at);
        }
        let known = self.sessions.iter().enumerate();
        let all: Vec<_> = known.filter(|(_, k)| k.id == id && project == 0).collect();
        match all[..] {
            [] => Err(Unfound::Unknown),
            [(at, _)] => Ok(at),
            _ => Err(Unfound::Ambiguous),
        }
    }

    fn used(&mut self, at: usize) {
        self.uses += 1;
        let (now, uses) = (self.now, self.uses);
        let known = &mut self.sessions[at];
        (known.active, known.order) = (now, uses);
        if known.keep.take().is_some() && known.exited.is_none() {
            known.due = now + INACTIVE;
        }
    }

    fn live(&self, project: u8) -> usize {
        self.sessions.iter().filter(|k| k.project == project && k.exited.is_none()).count()
    }

    fn create(&mut self, id: u8, number: u8, focused: Option<bool>) {
        let name = (Some(format!("s{id}").into()), project(number).map(Arc::from));
        let new = NewSession { project: name.1, id: name.0, focused, ..NewSession::default() };
        let made = self.bench.registry.create(new, None).map(|(handle, _)| handle);
        let taken = self.sessions.iter().any(|k| k.id == id && k.project == number);
        let full = number > 0 && self.live(number) >= MOST_IN_PROJECT;
        let all = self.sessions.iter().filter(|k| k.exited.is_none()).count();
        match made {
            Err(Refusal::Exists(_)) => assert!(taken),
            Err(Refusal::SessionLimit(_)) => assert!(!taken && !full && all >= MOST),
            Err(other) => panic!("{other}"),
            Ok(handle) => {
                assert!(!taken && (full || all < MOST));
                if full {
                    let oldest = self
                        .sessions
                        .iter()
                        .position(|k| k.project == number && k.exited.is_none());
                    self.sessions.remove(oldest.expect("a full project has one"));
                }
                self.remember(handle, id, number, focused);
            }
        }
    }

    fn remember(&mut self, handle: Handle, id: u8, project: u8, focused: Option<bool>) {
        let has_room = self.focused(project).len() < MOST_FOCUSED;
        self.uses += 1;
        self.sessions.push(Known {
            handle,
            id,
            project,
            focused: project == 0 || focused.unwrap_or(has_room),
            suspended: false,
            connections: Vec::new(),
            viewers: Vec::new(),
            active: self.now,
            order: self.uses,
            keep: None,
            exited: None,
            due: self.now + INACTIVE,
        });
        self.yield_focus(project);
    }

    fn focus(&mut self, id: u8, number: u8) {
        let found = self.find(id, number);
        let told = self.bench.registry.focus(&format!("s{id}"), project(number).as_deref());
        assert_eq!(told, found.map(drop));
        let Ok(at) = found else { return };
        self.used(at);
        self.sessions[at].focused = true;
        self.yield_focus(self.sessions[at].project);
    }

    /// Sessions without a project take the focus from nobody.
    fn yield_focus(&mut self, number: u8) {
        while number != 0 && self.focused(number).len() > MOST_FOCUSED {
            let loser = self.focused(number)[0].id;
            let at = self.sessions.iter().position(|k| k.project == number && k.id == loser);
            self.sessions[at.expect("it is one of them")].focused = false;
        }
    }

    /// Least recently used first.
    fn focused(&self, project: u8) -> Vec<&Known> {
        let mut focused: Vec<_> =
            self.sessions.iter().filter(|k| k.project == project && k.focused).collect();
        focused.sort_by_key(|known| known.order);
        focused
    }

    fn suspend(&mut self, number: u8, suspended: bool) {
        let name = project(number).expect("a project");
        let changed = if suspended {
            self.bench.registry.suspend(&name)
        } else {
            self.bench.registry.resume(&name).len()
        };
        let mut expected = 0;
        for known in self.sessions.iter_mut().filter(|k| k.project == number) {
            expected += usize::from(known.suspended != suspended);
            known.suspended = suspended;
        }
        assert_eq!(changed, expected);
    }

    fn attach(&mut self, id: u8, number: u8, connection: u8) {
        let found = self.find(id, number);
        let name = format!("c{connection}");
        let told = self.bench.registry.attach(&format!("s{id}"), project(number).as_deref(), &name);
        assert_eq!(told, found.map(drop));
        let Ok(at) = found else { return };
        let known = &mut self.sessions[at];
        if !known.connections.contains(&connection) {
            known.connections.push(connection);
        }
        self.used(at);
    }

    fn detach(&mut self, connection: u8, keep: Option<u16>) {
        let time = keep.map(|seconds| Duration::from_secs(seconds.into()));
        let count = self.bench.registry.detach(&format!("c{connection}"), time);
        let mut expected = 0;
        for at in 0..self.sessions.len() {
            if !self.sessions[at].connections.contains(&connection) {
                continue;
            }
            expected += 1;
            self.sessions[at].connections.retain(|known| *known != connection);
            self.used(at);
            let known = &mut self.sessions[at];
            if known.connections.is_empty() && known.exited.is_none() {
                known.keep = keep.map(u64::from);
                known.due = self.now + known.keep.unwrap_or(INACTIVE);
            }
        }
        assert_eq!(count, expected);
    }

    fn exit(&mut self, at: usize) {
        let key = self.sessions[at].handle.subject.incarnation;
        self.bench.registry.session_exited(key, ExitStatus { code: 0, signal: 0 });
        let now = self.now;
        let known = &mut self.sessions[at];
        if known.exited.is_none() {
            known.exited = Some(now);
            known.due = now + LINGER;
        }
    }

    fn close_viewers(&mut self, at: usize) {
        let known = &mut self.sessions[at];
        let viewers = std::mem::take(&mut known.viewers);
        for viewer in &viewers {
            known.handle.session.close_viewer(*viewer);
        }
        if !viewers.is_empty() {
            let keep = known.keep;
            self.used(at);
            let known = &mut self.sessions[at];
            known.keep = keep;
            if let (Some(keep), None) = (keep, known.exited) {
                known.due = self.now + keep;
            }
        }
    }

    /// A deadline that finds a session in use is set afresh from there.
    fn advance(&mut self, seconds: u16) {
        self.now += u64::from(seconds);
        self.bench.advance(seconds.into());
        let now = self.now;
        self.sessions.retain_mut(|known| {
            while known.due <= now {
                if known.exited.is_some() {
                    return false;
                }
                let watched = !known.connections.is_empty() || !known.viewers.is_empty();
                known.due = match known.keep {
                    _ if watched => now + INACTIVE,
                    Some(keep) => known.active + keep,
                    None => known.active + INACTIVE,
                };
                if !watched && known.due <= now {
                    return false;
                }
            }
            true
        });
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Create(id, project, focused) => self.create(id, project, focused),
            Op::Close(id, number) => {
                let found = self.find(id, number);
                let name = format!("s{id}");
                let closed = self.bench.registry.close(&name, project(number).as_deref());
                assert_eq!(closed, found.map(drop));
                let _ = found.map(|at| self.sessions.remove(at));
            }
            Op::CloseProject(number) => {
                let count = self.bench.registry.close_project(&project(number).expect("one"));
                let before = self.sessions.len();
                self.sessions.retain(|known| known.project != number);
                assert_eq!(count, before - self.sessions.len());
            }
            Op::Focus(id, project) => self.focus(id, project),
            Op::Blur(id, number) => {
                let told = self.bench.registry.blur(&format!("s{id}"), project(number).as_deref());
                let found = self.find(id, number);
                assert_eq!(told, found.map(drop));
                if let Ok(at) = found {
                    // Without a project a session always has focus.
                    self.sessions[at].focused = self.sessions[at].project == 0;
                }
            }
            Op::Suspend(project) => self.suspend(project, true),
            Op::Resume(project) => self.suspend(project, false),
            Op::Attach(id, project, connection) => self.attach(id, project, connection),
            Op::Detach(connection, keep) => self.detach(connection, keep),
            Op::Advance(seconds) => self.advance(seconds),
            Op::Touch(id, project)
            | Op::OpenViewer(id, project)
            | Op::CloseViewers(id, project)
            | Op::Exit(id, project) => {
                if let Ok(at) = self.find(id, project) {
                    self.apply_to(at, op);
                }
            }
        }
    }

    fn apply_to(&mut self, at: usize, op: &Op) {
        match op {
            Op::Touch(..) => {
                self.bench.registry.touch_session(&self.sessions[at].handle.subject);
                self.used(at);
            }
            Op::OpenViewer(..) => {
                let viewer = view(&self.sessions[at].handle);
                self.sessions[at].viewers.push(viewer);
            }
            Op::CloseViewers(..) => self.close_viewers(at),
            _ => self.exit(at),
        }
    }

    fn compare(&self) {
        let registry = &self.bench.registry;
        let listed: Vec<_> = registry
            .list(None)
            .into_iter()
            .map(|(handle, info)| {
                let name = (
                    handle.subject.id.to_string(),
                    handle.subject.project.as_deref().map(str::to_owned),
                );
                (name, info.focused, info.suspended, info.connections, info.exit.is_some())
            })
            .collect();
        let expected: Vec<_> = self
            .sessions
            .iter()
            .map(|k| {
                let name = (format!("s{}", k.id), project(k.project));
                (name, k.focused, k.suspended, k.connections.len(), k.exited.is_some())
            })
            .collect();
        assert_eq!(listed, expected);
        for number in 1..4 {
            let ids = self.focused(number).iter().map(|k| format!("s{}", k.id)).collect::<Vec<_>>();
            let focused = registry.focused(&project(number).expect("one"));
            assert_eq!(focused.iter().map(ToString::to_string).collect::<Vec<_>>(), ids);
        }
        self.compare_orders();
    }

    fn compare_orders(&self) {
        let order = |attached: bool| {
            let mut known: Vec<_> =
                self.sessions.iter().filter(|k| k.connections.is_empty() != attached).collect();
            known.sort_by_key(|known| known.order);
            known.into_iter().map(|known| known.handle.subject.incarnation).collect::<Vec<_>>()
        };
        let step = self.bench.registry.step();
        assert_eq!(step.orders(), [order(false), order(true)]);
        step.assert_consistent();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_registry_does_what_a_plain_list_would(ops in ops()) {
        let mut model = Model::new();
        for op in &ops {
            model.apply(op);
            model.compare();
        }
        model.bench.registry.shut();
        assert_eq!(model.bench.meter.bytes_held(), 0);
        model.bench.check();
    }
}
