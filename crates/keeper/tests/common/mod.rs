//! Servers as processes of their own, driven over their standard input and
//! heard on their standard output, so that they can be killed at any moment.

#![allow(dead_code, missing_docs, reason = "each test uses what it needs")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub mod server;
pub mod wire;

/// Longer than anything takes, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A directory of its own that is removed at the end, with its keeper.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        Self::under(&std::env::temp_dir(), "offheap-keeper")
    }

    pub fn under(parent: &Path, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{name}-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).expect("its mode");
        Self(path)
    }

    /// Waits until the directory's keeper has ended by itself.
    pub fn wait_for_end(&self) {
        let socket = self.0.join("keeper.sock");
        until("the keeper's end", || (!socket.exists()).then_some(()));
    }

    pub fn log(&self, name: &str) -> String {
        let bytes = std::fs::read(self.0.join(format!("{name}.log"))).unwrap_or_default();
        String::from_utf8(bytes).expect("text")
    }
}

impl Drop for Directory {
    /// A keeper may still put something into the directory while it ends, and so may one
    /// that a server has just started: until it is gone, it is removed again.
    fn drop(&mut self) {
        let patient = Instant::now() + Duration::from_secs(5);
        while self.0.exists() && Instant::now() < patient + PATIENCE {
            if let Some(pid) = keeper_of(&self.0) {
                kill(pid, libc::SIGCONT);
                kill(pid, libc::SIGTERM);
                while lives(pid) {
                    if Instant::now() > patient {
                        kill(pid, libc::SIGKILL);
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_offheap-keeper"))
}

/// The keeper of a directory, as the system's list of processes has it.
pub fn keeper_of(directory: &Path) -> Option<i32> {
    let wanted = directory.as_os_str().to_str()?;
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let command = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
        let mut words = command.split('\0');
        let program = words.next()?.ends_with("offheap-keeper");
        (program && words.any(|word| word == wanted)).then_some(pid)
    })
}

/// Waits for something to be there.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn kill(pid: i32, signal: i32) {
    // SAFETY: two numbers; the test knows whom it signals.
    unsafe { libc::kill(pid, signal) };
}

/// Whether there is such a process; one that is not reaped yet, or is being reaped at this
/// moment (X), counts as none.
pub fn lives(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// What makes this program a server.
pub const ARGUMENTS: [&str; 4] =
    ["--exact", "a_server_for_the_other_tests", "--ignored", "--nocapture"];

/// A server.
pub struct Server {
    pub child: Child,
    lines: Receiver<String>,
}

impl Server {
    /// Starts one and waits until it has taken over what there is. The first
    /// line that it says.
    pub fn start(directory: &Directory, options: &[(&str, &str)]) -> (Self, String) {
        let mut server = Self::begin(directory, options);
        let said = server.line();
        (server, said)
    }

    pub fn begin(directory: &Directory, options: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(ARGUMENTS);
        Self::run(command, directory, options)
    }

    /// Starts one by a command that does so.
    pub fn run(mut command: Command, directory: &Directory, options: &[(&str, &str)]) -> Self {
        let mut child = command
            .env("SERVER_DIRECTORY", &directory.0)
            .envs(options.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // What the test harness says is not for this test.
                if let Some((_, said)) = line.split_once("server: ") {
                    let _ = sender.send(said.to_owned());
                }
            }
        });
        Self { child, lines }
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// The next thing that it says.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("something said")
    }

    /// The next thing it says that begins so.
    #[track_caller]
    pub fn line_with(&mut self, prefix: &str) -> String {
        loop {
            let line = self.line();
            if line.starts_with(prefix) {
                return line;
            }
        }
    }

    pub fn tell(&mut self, command: &str) {
        let input = self.child.stdin.as_mut().expect("its input");
        writeln!(input, "{command}").expect("a server that listens");
    }

    /// Tells it something and waits for the answer.
    #[track_caller]
    pub fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        let word = command.split(' ').next().expect("a word");
        self.line_with(word)
    }

    /// Starts a shell; its process id. A keeper that does not run for two seconds, on a
    /// machine that does much else, is asked again.
    #[track_caller]
    pub fn spawn(&mut self, name: &str, script: &str) -> i32 {
        let command = format!("spawn {name} {script}");
        let answer = until("a shell", || {
            let answer = self.ask(&command);
            (!answer.starts_with("spawn failed ERR_KEEPER_TIMEOUT")).then_some(answer)
        });
        answer.rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect(&answer)
    }

    /// Ends it at once, as the kernel does when memory is short.
    pub fn kill(mut self) {
        self.child.kill().expect("a server that runs");
        self.child.wait().expect("its end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
