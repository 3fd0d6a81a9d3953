//! What no terminal server can do without: shells on terminals, and a loop that
//! reads them. `server-floor SESSIONS COMMAND` starts as many shells as the
//! servers beside it, types the same command into each, reads to the end and
//! throws the bytes away. It prints what that took, as JSON: seconds from the
//! command to the end, bytes, processor time and context switches.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;
use rustix::time::{ClockId, clock_gettime};

/// As much as anybody gives a read; the kernel hands over about 4 KiB.
const BUFFER: usize = 64 * 1024;
/// A shell prints its prompt meanwhile.
const SETTLE: Duration = Duration::from_millis(300);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let sessions = arguments.next().and_then(|count| count.parse().ok());
    let (Some(sessions), Some(command)) = (sessions, arguments.next()) else {
        return Err(io::Error::other("usage: server-floor SESSIONS COMMAND"));
    };
    let before = processor_time();
    let terminals = (0..sessions).map(|_| terminal()).collect::<io::Result<Vec<_>>>()?;
    std::thread::sleep(SETTLE);
    let begin = Instant::now();
    for (master, _) in &terminals {
        rustix::io::write(master, format!("exec {command}\r").as_bytes())?;
    }
    let bytes = read_all(&terminals)?;
    let seconds = begin.elapsed().as_secs_f64();
    let cpu = (processor_time() - before).as_secs_f64() * 1e3;
    let switches = context_switches()?;
    println!(
        r#"{{"seconds":{seconds},"bytes":{bytes},"cpuMs":{cpu},"switches":{switches}}}"#
    );
    for (_, mut shell) in terminals {
        shell.wait()?;
    }
    Ok(())
}

/// A shell on a terminal of its own.
fn terminal() -> io::Result<(OwnedFd, Child)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = rustix::pty::openpt(flags)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(&name, flags, Mode::empty())?;
    rustix::termios::tcsetwinsize(
        &slave,
        Winsize { ws_row: 30, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 },
    )?;
    let mut shell = Command::new("/bin/sh");
    shell.env("TERM", "xterm-256color");
    shell.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
    // SAFETY: between fork and exec only two system calls are made.
    unsafe {
        shell.pre_exec(|| {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        });
    }
    let child = shell.spawn()?;
    rustix::io::ioctl_fionbio(&master, true)?;
    Ok((master, child))
}

/// Reads until the last terminal is gone: one read of each that is ready a round.
/// Returns how many bytes that was.
fn read_all(terminals: &[(OwnedFd, Child)]) -> io::Result<u64> {
    let queue = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (index, (master, _)) in (0..).zip(terminals) {
        epoll::add(&queue, master, epoll::EventData::new_u64(index), epoll::EventFlags::IN)?;
    }
    let mut buffer = vec![0; BUFFER];
    let mut events = Vec::with_capacity(terminals.len());
    let mut open = terminals.len();
    let mut bytes = 0;
    while open > 0 {
        events.clear();
        epoll::wait(&queue, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in &events {
            let index = usize::try_from(event.data.u64()).map_err(io::Error::other)?;
            let master = &terminals[index].0;
            match rustix::io::read(master, &mut buffer) {
                Ok(count) if count > 0 => bytes += count as u64,
                Err(Errno::AGAIN | Errno::INTR) => {}
                // The last holder of the slave is gone: EIO on Linux, else 0.
                _ => {
                    epoll::delete(&queue, master)?;
                    open -= 1;
                }
            }
        }
    }
    Ok(bytes)
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}

/// Those of this process so far, voluntary or not.
fn context_switches() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
    Ok(lines.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok()).sum())
}
