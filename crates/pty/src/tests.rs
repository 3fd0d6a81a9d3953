//! Terminals by themselves, with a sink that remembers.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::command_line;
use super::{
    DEFAULT_MAX_INPUT, ExitStatus, Gate, GateBell, Local, Pty, PtySize, Sink, SpawnError,
    SpawnOptions, Spawner, WriteError,
};

/// Longer than anything takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Memory {
    seen: Mutex<Seen>,
    news: Condvar,
    shut: AtomicBool,
    bell: GateBell,
    /// Output with this in it makes the sink panic.
    poison: Option<&'static str>,
    failed: AtomicBool,
    drained: AtomicUsize,
}

#[derive(Default)]
struct Seen {
    output: Vec<u8>,
    /// How much had been printed when the exit was said.
    exit: Option<(ExitStatus, usize)>,
    ended: bool,
}

impl Sink for Memory {
    fn output(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        assert!(!self.poison.is_some_and(|poison| text.contains(poison)), "poisoned, on purpose");
        self.seen.lock().output.extend_from_slice(bytes);
        self.news.notify_all();
    }

    fn gate(&self) -> Gate {
        if self.shut.load(Ordering::Acquire) { Gate::Shut(None) } else { Gate::Open }
    }

    fn gate_bell(&self) -> &GateBell {
        &self.bell
    }

    fn exited(&self, status: ExitStatus) {
        let mut seen = self.seen.lock();
        assert!(seen.exit.is_none(), "the exit is said once");
        let length = seen.output.len();
        seen.exit = Some((status, length));
        self.news.notify_all();
    }

    fn ended(&self) {
        self.seen.lock().ended = true;
        self.news.notify_all();
    }

    fn failed(&self) {
        self.failed.store(true, Ordering::Release);
    }

    fn drained(&self) {
        self.drained.fetch_add(1, Ordering::AcqRel);
        self.news.notify_all();
    }
}

impl Memory {
    fn wait<T>(&self, what: &str, look: impl Fn(&Seen) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.lock();
        loop {
            if let Some(found) = look(&seen) {
                return found;
            }
            let over = self.news.wait_until(&mut seen, end).timed_out();
            assert!(!over, "waited for {what}: {:?}", String::from_utf8_lossy(&seen.output));
        }
    }

    fn prints(&self, text: &str) {
        self.wait(text, |seen| memchr::memmem::find(&seen.output, text.as_bytes()));
    }

    fn exit(&self) -> (ExitStatus, usize) {
        self.wait("the exit", |seen| seen.exit)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().output).into_owned()
    }
}

fn options(script: &str) -> SpawnOptions {
    SpawnOptions {
        file: OsString::from("sh"),
        argv0: None,
        args: vec![OsString::from("-c"), OsString::from(script)],
        env: vec![(OsString::from("PATH"), OsString::from("/usr/local/bin:/usr/bin:/bin"))],
        cwd: PathBuf::from("/"),
        size: PtySize::new(80, 24),
        uid: None,
        gid: None,
        max_input: DEFAULT_MAX_INPUT,
        drain: Duration::from_millis(200),
        grace: Duration::from_millis(200),
    }
}

fn start(options: &SpawnOptions) -> (Arc<Memory>, Arc<dyn Pty>) {
    let memory = Arc::new(Memory::default());
    let pty = start_with(options, &memory);
    (memory, pty)
}

fn start_with(options: &SpawnOptions, memory: &Arc<Memory>) -> Arc<dyn Pty> {
    let pty = spawn(options, Arc::clone(memory)).expect("a terminal");
    pty.begin();
    pty
}

fn spawn(options: &SpawnOptions, memory: Arc<Memory>) -> Result<Arc<dyn Pty>, SpawnError> {
    Local.spawn(options, memory)
}

fn exited(code: i32) -> ExitStatus {
    ExitStatus { code, signal: 0 }
}

#[test]
fn the_exit_comes_after_the_last_byte() {
    for _ in 0..20 {
        let (memory, _pty) = start(&options("seq 1 20000; exit 3"));
        let (status, length) = memory.exit();
        assert_eq!(status, exited(3));
        assert_eq!(length, memory.text().len());
        assert!(memory.text().ends_with("\r\n20000\r\n"));
    }
}

#[test]
fn a_panic_ends_its_own_terminal_aloud_and_no_other() {
    let (healthy, other) = start(&options("read line; echo \"got $line\"; read line"));
    let memory = Arc::new(Memory { poison: Some("venom"), ..Memory::default() });
    let pty = start_with(&options("echo venom; sleep 60"), &memory);
    let (status, _) = memory.exit();
    assert_eq!(status, ExitStatus { code: 0, signal: libc::SIGHUP });
    assert!(memory.failed.load(Ordering::Acquire));
    memory.wait("the end", |seen| seen.ended.then_some(()));
    assert_eq!(pty.write(b"x"), Err(WriteError::Exited));
    // SAFETY: the number is only asked after.
    let gone = unsafe { libc::kill(pty.pid().cast_signed(), 0) };
    assert_eq!(gone, -1, "the leader was reaped");
    other.write(b"text\n").expect("a terminal that lives on");
    healthy.prints("got text");
}

#[test]
fn nothing_is_told_before_a_terminal_begins_and_nothing_is_lost() {
    let memory = Arc::new(Memory::default());
    let pty = spawn(&options("echo early; exit 5"), Arc::clone(&memory)).expect("a terminal");
    let pid = pty.pid().cast_signed();
    // Its end can be seen without reaping it.
    // SAFETY: the call fills `info`, which has no invariants, and leaves the child to its reaper.
    unsafe {
        let mut info = std::mem::zeroed();
        libc::waitid(
            libc::P_PID,
            pid.cast_unsigned(),
            &raw mut info,
            libc::WEXITED | libc::WNOWAIT,
        );
    }
    assert_eq!((memory.text().as_str(), memory.seen.lock().exit), ("", None));
    pty.begin();
    assert_eq!(memory.exit(), (exited(5), "early\r\n".len()));
}

#[test]
fn a_background_process_delays_the_exit_by_the_bound_and_is_still_heard() {
    let go = std::env::temp_dir().join(format!("offheap-go-{}", std::process::id()));
    let late = format!("while [ ! -e {} ]; do sleep 0.02; done; echo late", go.display());
    let (memory, _pty) = start(&options(&format!("trap '' HUP; ({late}) & echo early; exit 4")));
    let (status, length) = memory.exit();
    assert_eq!((status, length), (exited(4), "early\r\n".len()));
    std::fs::write(&go, "").expect("a file");
    memory.prints("late");
    std::fs::remove_file(go).expect("the file");
    memory.wait("the end", |seen| seen.ended.then_some(()));
}

#[test]
fn a_shut_gate_holds_output_and_exit_back() {
    let memory = Arc::new(Memory::default());
    memory.shut.store(true, Ordering::Release);
    let _pty = start_with(&options("echo held"), &memory);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(memory.text(), "");
    assert!(memory.seen.lock().exit.is_none());
    memory.shut.store(false, Ordering::Release);
    memory.bell.ring();
    assert_eq!(memory.exit(), (exited(0), "held\r\n".len()));
}

#[test]
fn input_past_the_bound_is_refused_whole() {
    let mut options = options("stty raw -echo; printf ready; exec sleep 1000");
    options.max_input = 300_000;
    let (memory, pty) = start(&options);
    memory.prints("ready");
    assert_eq!(pty.write(&vec![b'x'; 300_000]), Ok(false));
    // The terminal may take some more of what waits at any time, but not all.
    let before = pty.queued();
    let Err(WriteError::QueueFull { queued, limit: 300_000 }) = pty.write(&vec![b'y'; 300_000])
    else {
        panic!("it was taken");
    };
    assert!(0 < queued && queued <= before);
    assert!(0 < pty.queued() && pty.queued() <= queued);
    pty.kill(libc::SIGKILL);
    assert_eq!(memory.exit().0, ExitStatus { code: 0, signal: libc::SIGKILL });
    assert_eq!(pty.queued(), 0);
}

#[test]
fn input_that_waited_is_said_to_be_taken() {
    let (memory, pty) = start(&options("stty raw -echo; printf ready; head -c 500000 | wc -c"));
    memory.prints("ready");
    assert_eq!(pty.write(&vec![b'x'; 500_000]), Ok(false));
    memory.prints("500000");
    assert_eq!(memory.drained.load(Ordering::Acquire), 1);
}

#[test]
fn a_leader_that_ignores_the_hang_up_is_killed_after_the_grace() {
    let (memory, pty) = start(&options("trap '' HUP; echo ready; while :; do sleep 1; done"));
    memory.prints("ready");
    pty.close();
    pty.close();
    assert_eq!(pty.write(b"x"), Err(WriteError::Exited));
    assert_eq!(memory.exit().0, ExitStatus { code: 0, signal: libc::SIGKILL });
}

#[test]
fn a_job_that_ignores_the_hang_up_is_killed_though_its_first_process_is_gone() {
    let script = "set -m; true | sh -c 'trap \"\" HUP; echo pid $$ done; exec sleep 1000'";
    let (memory, pty) = start(&options(script));
    memory.prints("done");
    let text = memory.text();
    let word = text.split_whitespace().skip_while(|word| *word != "pid").nth(1);
    let pid = word.and_then(|word| word.parse::<i32>().ok()).expect("a process id");
    // The first process has to be gone, and waited for by the shell.
    std::thread::sleep(Duration::from_millis(200));
    pty.close();
    let end = Instant::now() + PATIENCE;
    while is_running(pid) {
        assert!(Instant::now() < end, "the job lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether there is such a process. One that is dead but was not waited for (Z) is none: not
/// every system's first process waits for orphans. Neither is one that is just being waited
/// for (X).
fn is_running(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let is_dead = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['Z', 'X']));
    // SAFETY: signal 0 only asks whether there is such a process.
    !is_dead && unsafe { libc::kill(pid, 0) } == 0
}

#[test]
fn a_terminal_that_is_dropped_is_closed() {
    let (memory, pty) = start(&options("exec cat"));
    drop(pty);
    assert_eq!(memory.exit().0, ExitStatus { code: 0, signal: libc::SIGHUP });
}

#[test]
fn errors_say_what_and_where() {
    let fail = |change: &dyn Fn(&mut SpawnOptions)| {
        let mut options = options("true");
        change(&mut options);
        let error = spawn(&options, Arc::new(Memory::default())).err().expect("an error");
        (error.code, error.syscall, error.path)
    };
    let missing = fail(&|options| options.file = OsString::from("no-such-program"));
    assert_eq!(missing, ("ENOENT", "spawn", String::from("no-such-program")));
    let denied = fail(&|options| options.file = OsString::from("/etc/passwd"));
    assert_eq!(denied, ("EACCES", "spawn", String::from("/etc/passwd")));
    let nowhere = fail(&|options| options.cwd = PathBuf::from("/no/such"));
    assert_eq!(nowhere, ("ENOENT", "chdir", String::from("/no/such")));
}

#[test]
fn command_lines_are_taken_apart_as_windows_does() {
    let cases: [(&str, &[&str]); 8] = [
        ("", &[]),
        ("  a\tb  ", &["a", "b"]),
        (r#""a b" c"#, &["a b", "c"]),
        (r#"a\"b "" d"#, &["a\"b", "", "d"]),
        (r"C:\x\ y\z", &[r"C:\x\", r"y\z"]),
        (r#""C:\a b\\" c"#, &[r"C:\a b\", "c"]),
        (r#"a\\\"b"#, &[r#"a\"b"#]),
        (r#""a""b""#, &["a\"b"]),
    ];
    for (line, expected) in cases {
        assert_eq!(command_line::split(line), expected, "{line}");
    }
}
