//! What a server of these tests does: it takes over what there is, writes what
//! terminals print into files, and does what it is told.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offheap_journal::{Directory, Identity, Life, Sizes};
use offheap_keeper::{Events, Keeper, Settings};
use offheap_pty::{
    DEFAULT_MAX_INPUT, ExitStatus, Gate, GateBell, KeptTerminal, Manner, Pty, PtySize, Sink,
    SpawnOptions,
};
use parking_lot::Mutex;

/// A descriptor for the log of one shell.
static SPARE: Mutex<Option<File>> = Mutex::new(None);

/// Appends to a file.
struct Log {
    name: String,
    file: File,
    bell: GateBell,
}

impl Log {
    /// Where no descriptor is left, the log gets the spare one: what fails then is
    /// what is tested.
    fn open(directory: &Path, name: &str) -> Arc<Self> {
        let path = directory.join(format!("{name}.log"));
        let open = || File::options().append(true).create(true).open(&path);
        let file = open().or_else(|_| {
            SPARE.lock().take();
            open()
        });
        let file = file.expect("a log");
        Arc::new(Self { name: name.to_owned(), file, bell: GateBell::default() })
    }
}

impl Sink for Log {
    fn output(&self, bytes: &[u8]) {
        (&self.file).write_all(bytes).expect("room on the disk");
    }
    fn gate(&self) -> Gate {
        Gate::Open
    }
    fn gate_bell(&self) -> &GateBell {
        &self.bell
    }
    fn exited(&self, status: ExitStatus) {
        let said = format!("exit {} {} {}", self.name, status.code, status.signal);
        // Said when the keeper knows that it was told: whoever hears of it may kill this process.
        offheap_pty::reactor::spawn(async move { say(&said) });
    }
    fn ended(&self) {}
    fn drained(&self) {}
}

type Terminals = Arc<Mutex<HashMap<String, Arc<dyn Pty>>>>;

/// Leaves when it is asked to.
struct Polite {
    terminals: Terminals,
    keeper: Arc<Mutex<Option<Keeper>>>,
}

impl Events for Polite {
    fn leave(&self) {
        if std::env::var_os("SERVER_IS_RUDE").is_none() {
            leave(&self.terminals, &self.keeper);
            say("left because it was asked to");
        }
    }
}

fn leave(terminals: &Terminals, keeper: &Mutex<Option<Keeper>>) -> usize {
    let left = terminals.lock().values().filter(|pty| pty.leave()).count();
    assert!(offheap_pty::reactor::settle(Duration::from_mins(1)), "the reactor hangs");
    let keeper = keeper.lock().take();
    keeper.expect("a keeper").leave();
    left
}

fn say(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "\nserver: {text}").and_then(|()| output.flush());
}

pub fn options(script: &str) -> SpawnOptions {
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

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The server's whole life.
pub fn run() {
    let directory = PathBuf::from(std::env::var_os("SERVER_DIRECTORY").expect("a directory"));
    if let Some(most) = number("SERVER_DESCRIPTORS") {
        let limit = rustix::process::Rlimit { current: Some(most), maximum: Some(most) };
        rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).expect("a limit");
    }
    let binary = std::env::var_os("SERVER_BINARY").map_or_else(super::binary, PathBuf::from);
    let mut settings = Settings::new(directory.clone(), binary);
    settings.takeover = std::env::var_os("SERVER_TAKES_OVER").is_some();
    if let Some(millis) = number("SERVER_ORPHAN_TIMEOUT") {
        settings.orphan_timeout = Duration::from_millis(millis);
    }
    if let Some(millis) = number("SERVER_DRAIN_AFTER") {
        settings.drain_after = Duration::from_millis(millis);
    }
    let terminals = Terminals::default();
    let slot = Arc::new(Mutex::new(None));
    let polite = Polite { terminals: Arc::clone(&terminals), keeper: Arc::clone(&slot) };
    let began = Instant::now();
    let keeper = match Keeper::connect_or_start(settings, Arc::new(polite)) {
        Ok(keeper) => keeper,
        Err(error) => return say(&format!("refused {} {error}", error.code())),
    };
    let found = match keeper.take() {
        Ok(found) => found,
        Err(error) => {
            drop(keeper);
            return say(&format!("refused {} {error}", error.code()));
        }
    };
    *slot.lock() = Some(keeper.clone());
    let mut names = Vec::new();
    for each in found {
        let name = each.name().to_owned();
        names.push(format!("{name}={}", each.pid()));
        let manner = Manner::from(&options(""));
        let pty = Box::new(each).adopt(manner, Log::open(&directory, &name)).expect("a terminal");
        terminals.lock().insert(name, pty);
    }
    let generation = keeper.generation();
    let millis = began.elapsed().as_millis();
    say(&format!("ready {generation} {} in {millis} ms: {}", names.len(), names.join(" ")));
    drop(keeper);
    // Only now: an exit that is told comes after that.
    for pty in terminals.lock().values() {
        pty.begin();
    }
    *SPARE.lock() = File::open("/dev/null").ok();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        obey(&line, &directory, &terminals, &slot);
    }
}

fn obey(line: &str, directory: &Path, terminals: &Terminals, slot: &Mutex<Option<Keeper>>) {
    let mut words = line.splitn(3, ' ');
    let (command, name) = (words.next().unwrap_or(""), words.next().unwrap_or("").to_owned());
    let rest = words.next().unwrap_or("");
    let terminal = || Arc::clone(terminals.lock().get(&name).expect("a terminal"));
    match command {
        "spawn" => {
            let began = Instant::now();
            let keeper = slot.lock().clone().expect("a keeper");
            let log = Log::open(directory, &name);
            match keeper.spawn(name.as_bytes(), &options(rest), log) {
                Ok(pty) => {
                    let pid = pty.pid();
                    terminals.lock().insert(name.clone(), Arc::clone(&pty));
                    pty.begin();
                    say(&format!("spawned {name} {pid}"));
                }
                Err(error) => {
                    let millis = began.elapsed().as_millis();
                    say(&format!("spawn failed {} after {millis} ms: {error}", error.code()));
                }
            }
        }
        "journaled" => {
            // A session with a history that a keeper can go on with.
            let journals = Directory::open(directory, None).expect("a directory");
            let identity = Identity { id: name.clone(), ..Identity::default() };
            let sizes = Sizes { capacity: 1 << 20, checkpoint: 0 };
            let (journal, _) =
                journals.create(&identity, Life::default(), sizes).expect("a journal");
            obey(&format!("spawn {} {rest}", journal.name()), directory, terminals, slot);
        }
        "write" => {
            let _ = terminal().write(format!("{rest}\n").as_bytes());
        }
        "resize" => {
            let (cols, rows) = rest.split_once(' ').expect("two numbers");
            let size = PtySize::new(cols.parse().expect("cols"), rows.parse().expect("rows"));
            terminal().resize(size);
        }
        "kill" => terminal().kill(rest.parse().expect("a signal")),
        "close" => {
            let pty = terminals.lock().remove(&name).expect("a terminal");
            pty.close();
            say(&format!("close {name}"));
        }
        "name" => say(&format!("name {:?}", terminal().process_name())),
        "lives" => {
            let lives = super::lives(name.parse().expect("a number"));
            say(&format!("lives {name} {lives}"));
        }
        "leave" => {
            let left = leave(terminals, slot);
            say(&format!("leave {left}"));
        }
        "exec" => {
            // Everything that it had is closed, and nobody is told.
            let own = std::env::current_exe().expect("this program");
            let error = Command::new(own).args(super::ARGUMENTS).exec();
            say(&format!("exec failed: {error}"));
        }
        other => say(&format!("{other}: what is that?")),
    }
}
