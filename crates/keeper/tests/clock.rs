//! A wall clock that jumps: whatever it says, nothing comes too early or never.
//!
//! This program is a server and a keeper of its own, whose wall clock says another
//! time at each look. It has a `main`, since a keeper is told by its arguments what
//! to do.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "it says what it runs")]

#[cfg(target_os = "linux")]
mod common;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args();
    if arguments.next().is_some_and(|name| name.ends_with("offheap-keeper")) {
        return offheap_keeper::run();
    }
    if std::env::var_os("SERVER_DIRECTORY").is_some() {
        common::server::run();
        return std::process::ExitCode::SUCCESS;
    }
    // As with other tests, a word says which of them are meant.
    let filter = arguments.find(|argument| !argument.starts_with('-')).unwrap_or_default();
    for (name, run) in jumping::TESTS {
        if name.contains(&filter) {
            println!("test {name} ...");
            run();
        }
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
mod jumping {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, SystemTime};

    use super::common::{Directory, PATIENCE, Server, keeper_of, kill, lives, until};

    type Test = (&'static str, fn());
    pub const TESTS: [Test; 4] = [
        ("the_clock_jumps", the_clock_jumps),
        ("nothing_comes_too_early", nothing_comes_too_early),
        ("what_is_due_comes", what_is_due_comes),
        ("nobody_is_waited_for_too_long", nobody_is_waited_for_too_long),
    ];

    /// In the place of the C library's, which the linker finds later.
    ///
    /// # Safety
    /// As for the C library's.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn clock_gettime(
        clock: libc::clockid_t,
        time: *mut libc::timespec,
    ) -> libc::c_int {
        // SAFETY: the caller's promise is the same.
        let result = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
        if result == 0 && matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE) {
            // SAFETY: the call has just written there.
            unsafe { (*time).tv_sec = anywhen() };
        }
        libc::c_int::try_from(result).unwrap_or(-1)
    }

    /// A second of the years 1970 to 2106; most are years from the one before.
    fn anywhen() -> libc::time_t {
        static LOOKS: AtomicU64 = AtomicU64::new(1);
        let look = LOOKS.fetch_add(1, Ordering::Relaxed);
        libc::time_t::try_from(look.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).unwrap_or(0)
    }

    #[expect(clippy::disallowed_methods, reason = "it is what is tested")]
    fn the_clock_jumps() {
        let day = Duration::from_hours(24);
        let looks: Vec<_> = (0..10).map(|_| SystemTime::now()).collect();
        let forward = |pair: &[SystemTime]| pair[1] > pair[0] + day;
        let back = |pair: &[SystemTime]| pair[0] > pair[1] + day;
        assert!(looks.windows(2).any(forward) && looks.windows(2).any(back), "{looks:?}");
    }

    /// This program under the name of a keeper.
    fn keeper(directory: &Directory) -> PathBuf {
        let path = directory.0.join("offheap-keeper");
        let own = std::env::current_exe().expect("this program");
        std::os::unix::fs::symlink(own, &path).expect("a link");
        path
    }

    fn start(directory: &Directory, options: &[(&str, &str)]) -> (Server, String) {
        let binary = directory.0.join("offheap-keeper");
        let binary = if binary.exists() { binary } else { keeper(directory) };
        let mut options = options.to_vec();
        options.push(("SERVER_BINARY", binary.to_str().expect("a path")));
        Server::start(directory, &options)
    }

    /// Has the keeper look at the time, again and again.
    fn wake(directory: &Directory) {
        for _ in 0..100 {
            let mut stream =
                UnixStream::connect(directory.0.join("keeper.sock")).expect("a keeper");
            stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
            let _ = stream.write_all(&[0xff; 64]);
            // It hangs up on nonsense.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }

    fn nothing_comes_too_early() {
        let directory = Directory::new();
        let hour = "3600000";
        let options = [("SERVER_DRAIN_AFTER", hour), ("SERVER_ORPHAN_TIMEOUT", hour)];
        let (mut server, _) = start(&directory, &options);
        let (go, done) = (directory.0.join("go"), directory.0.join("done"));
        let script = format!(
            "while [ ! -e {} ]; do sleep 0.01; done; echo later; : > {}; exec sleep 1000",
            go.display(),
            done.display()
        );
        server.tell(&format!("journaled one {script}"));
        let said = server.line_with("spawned");
        let mut words = said.split(' ').skip(1);
        let (name, pid) = (words.next().expect("a name"), words.next().expect("a number"));
        let keeper = keeper_of(&directory.0).expect("a keeper");
        server.kill();
        std::fs::write(go, "").expect("a file");
        until("the printing", || done.exists().then_some(()));
        wake(&directory);
        let (_server, said) = start(&directory, &options);
        assert!(said.ends_with(&format!(": {name}={pid}")), "{said}");
        assert_eq!(keeper_of(&directory.0), Some(keeper));
        // The keeper has taken nothing of it.
        until("what was printed", || (directory.log(name) == "later\r\n").then_some(()));
    }

    fn what_is_due_comes() {
        let directory = Directory::new();
        let (mut server, _) = start(&directory, &[("SERVER_ORPHAN_TIMEOUT", "200")]);
        let stubborn = server.spawn("stubborn", "trap '' HUP; while :; do sleep 1; done");
        server.kill();
        until("its end", || (!lives(stubborn)).then_some(()));
        directory.wait_for_end();
        until("the keeper's end", || keeper_of(&directory.0).is_none().then_some(()));
    }

    fn nobody_is_waited_for_too_long() {
        let directory = Directory::new();
        let (mut server, _) = start(&directory, &[]);
        server.spawn("one", "exec sleep 1000");
        let keeper = keeper_of(&directory.0).expect("a keeper");
        kill(keeper, libc::SIGSTOP);
        let failed = server.ask("spawn two true");
        assert!(failed.starts_with("spawn failed ERR_KEEPER_TIMEOUT"), "{failed}");
        let (_second, said) = start(&directory, &[]);
        assert!(said.starts_with("refused ERR_KEEPER_TIMEOUT"), "{said}");
        kill(keeper, libc::SIGCONT);
    }
}
