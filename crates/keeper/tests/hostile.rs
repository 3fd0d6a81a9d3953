//! A keeper that lies, and one that says nothing: whoever asks it gets an error
//! with a code, and nothing is done to anybody else's process.

#![cfg(target_os = "linux")]

mod common;

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command};
use std::sync::Arc;

use common::wire::{Fields, send};
use common::{Directory, binary, lives};
use offheap_keeper::{Events, Keeper, KeeperError, Settings};
use offheap_pty::{ExitStatus, Gate, GateBell, KeptTerminal, Manner, Sink};

struct Nothing;

impl Events for Nothing {
    fn leave(&self) {}
}

#[derive(Default)]
struct Deaf(GateBell);

impl Sink for Deaf {
    fn output(&self, _bytes: &[u8]) {}
    fn gate(&self) -> Gate {
        Gate::Open
    }
    fn gate_bell(&self) -> &GateBell {
        &self.0
    }
    fn exited(&self, _status: ExitStatus) {}
    fn ended(&self) {}
    fn drained(&self) {}
}

/// What a keeper says.
const WELCOME: u16 = 1;
const TERMINALS: u16 = 5;

fn welcome(version: u64) -> Vec<u8> {
    // With a field that nobody knows, as a later version may have.
    Fields::default()
        .number(10, version)
        .number(11, 1)
        .number(12, namespace())
        .bytes(19, b"99.0.0")
        .bytes(999, b"what is to come")
        .message(WELCOME, 0)
}

fn namespace() -> u64 {
    rustix::fs::stat("/proc/self/ns/pid").expect("a namespace").st_ino
}

fn held(pid: u32, descriptors: u64) -> Vec<u8> {
    Fields::default()
        .number(2, 1)
        .bytes(3, b"one.journal")
        .number(4, pid.into())
        .number(7, descriptors)
        .bytes(999, b"what is to come")
        .into_bytes()
}

/// The answer to the first question, of one terminal.
fn terminals(pid: u32, descriptors: u16) -> Vec<u8> {
    Fields::default()
        .number(1, 1)
        .number(9, 1)
        .bytes(8, &held(pid, descriptors.into()))
        .message(TERMINALS, descriptors)
}

/// A keeper that does to each connection what it is made to. It holds the
/// keeper's lock, so that no real one comes in its place.
struct Impostor {
    directory: Directory,
    _lock: OwnedFd,
}

impl Impostor {
    fn new(act: impl Fn(UnixStream) + Send + Sync + 'static) -> Self {
        let directory = Directory::new();
        let lock = std::fs::File::create(directory.0.join("keeper.lock")).expect("a lock");
        lock.try_lock().expect("the lock");
        let listener = UnixListener::bind(directory.0.join("keeper.sock")).expect("a socket");
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                act(stream);
            }
        });
        Self { directory, _lock: lock.into() }
    }

    fn connect(&self) -> Result<Keeper, KeeperError> {
        let settings = Settings::new(self.directory.0.clone(), binary());
        Keeper::connect_or_start(settings, Arc::new(Nothing))
    }

    #[track_caller]
    fn refusal(&self) -> &'static str {
        self.connect().expect_err("an error").code()
    }
}

/// Waits for the next message, whatever it is.
fn hear(stream: &mut UnixStream) -> bool {
    let mut length = [0; 4];
    if stream.read_exact(&mut length).is_err() {
        return false;
    }
    let mut rest = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut rest).is_ok()
}

#[test]
fn a_keeper_that_says_nothing_is_given_up() {
    let silent = Impostor::new(std::mem::forget);
    assert_eq!(silent.refusal(), "ERR_KEEPER_TIMEOUT");
    let hasty = Impostor::new(drop);
    assert_eq!(hasty.refusal(), "ERR_KEEPER_TIMEOUT");
    // It has begun to say something.
    let slow = Impostor::new(|stream| {
        send(&stream, &welcome(1)[..9], &[]);
        std::mem::forget(stream);
    });
    assert_eq!(slow.refusal(), "ERR_KEEPER_TIMEOUT");
}

#[test]
fn what_is_no_keeper_is_told_from_one() {
    let nonsense: [&[u8]; 6] = [
        &[0xff; 64],
        &[0; 64],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        // A field that is longer than its message.
        &[10, 0, 0, 0, 1, 0, 0, 0, 10, 0, 255, 255, 255, 255],
        &welcome(7),
        &terminals(2, 0),
    ];
    for said in nonsense {
        let said = said.to_vec();
        let shown = format!("{said:?}");
        let impostor = Impostor::new(move |stream| {
            send(&stream, &said, &[]);
            std::mem::forget(stream);
        });
        assert_eq!(impostor.refusal(), "ERR_KEEPER_VERSION", "{shown}");
    }
}

/// Greets as it should, and answers the first question and what follows it.
fn greeting(answer: impl Fn(&UnixStream) + Send + Sync + 'static) -> Impostor {
    let answer = Arc::new(answer);
    Impostor::new(move |mut stream| {
        let answer = Arc::clone(&answer);
        std::thread::spawn(move || {
            hear(&mut stream);
            send(&stream, &welcome(1), &[]);
            // A kind of message that nobody knows yet.
            send(&stream, &Fields::default().number(1, 1).message(500, 0), &[]);
            while hear(&mut stream) {
                answer(&stream);
            }
        });
    })
}

#[test]
fn nonsense_in_the_place_of_terminals_is_an_error() {
    let taken = |impostor: &Impostor| {
        let keeper = impostor.connect().expect("a greeting");
        keeper.take().expect_err("an error").code()
    };
    assert_eq!(taken(&greeting(|_| ())), "ERR_KEEPER_TIMEOUT");
    assert_eq!(taken(&greeting(|stream| send(stream, &[0xff; 64], &[]))), "ERR_KEEPER_LOST");
    let shut = |stream: &UnixStream| stream.shutdown(std::net::Shutdown::Both).expect("an end");
    assert_eq!(taken(&greeting(shut)), "ERR_KEEPER_LOST");
    // It says that descriptors come, and sends none, however often it is asked.
    let poor = |stream: &UnixStream| send(stream, &terminals(2, 2), &[]);
    assert_eq!(taken(&greeting(poor)), "ERR_KEEPER_DESCRIPTORS");
    // It sends as many as it can, and never the end of a message.
    let flood = |stream: &UnixStream| {
        let many = [stream.as_fd(); 64];
        for byte in &terminals(2, 1)[..9] {
            send(stream, &[*byte], &many);
        }
    };
    assert_eq!(taken(&greeting(flood)), "ERR_KEEPER_LOST");
}

struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().expect("a process"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What comes of a terminal that is handed over so.
fn adopted(pid: u32, descriptors: Vec<OwnedFd>) -> &'static str {
    let impostor = greeting(move |stream| {
        let those: Vec<BorrowedFd<'_>> = descriptors.iter().map(AsFd::as_fd).collect();
        send(stream, &terminals(pid, u16::try_from(those.len()).expect("few")), &those);
    });
    let keeper = impostor.connect().expect("a greeting");
    let found = keeper.take().expect("a terminal").pop().expect("one");
    match Box::new(found).adopt(Manner::default(), Arc::new(Deaf::default())) {
        Ok(pty) => {
            // Whatever it believes, it hangs up on nobody but the terminal's own.
            pty.kill(libc::SIGKILL);
            pty.close();
            "adopted"
        }
        Err(error) => error.code,
    }
}

#[test]
fn what_is_no_terminal_is_not_used_as_one() {
    let bystander = Bystander::new();
    let null = || OwnedFd::from(std::fs::File::open("/dev/null").expect("a file"));
    assert_eq!(adopted(bystander.pid(), vec![null(), null()]), "ENOTTY");
    let (pipe, _writer) = std::io::pipe().expect("a pipe");
    assert_eq!(adopted(bystander.pid(), vec![pipe.into()]), "ENOTTY");
    assert_eq!(adopted(bystander.pid(), vec![]), "EBADF");
    assert!(lives(bystander.pid().cast_signed()));
}

#[test]
fn a_number_of_another_process_is_not_taken_for_the_leader() {
    let bystander = Bystander::new();
    let launched = offheap_pty::launch(&common::server::options("exec sleep 1000"));
    let launched = launched.expect("a shell");
    let master = || launched.master.try_clone().expect("a descriptor");
    for number in [bystander.pid(), std::process::id(), 1, 0, u32::MAX] {
        assert_eq!(adopted(number, vec![master()]), "ESRCH", "{number}");
    }
    assert!(lives(bystander.pid().cast_signed()) && lives(launched.pid.cast_signed()));
    // The right number, but another process's descriptor.
    let other = rustix::process::Pid::from_raw(bystander.pid().cast_signed()).expect("a number");
    let other = rustix::process::pidfd_open(other, rustix::process::PidfdFlags::empty());
    assert_eq!(adopted(launched.pid, vec![master(), other.expect("a descriptor")]), "adopted");
    common::until("the shell's end", || (!lives(launched.pid.cast_signed())).then_some(()));
    assert!(lives(bystander.pid().cast_signed()));
}
