//! Terminals on Windows, through `ConPTY` by way of portable-pty.
//!
//! Windows pipes cannot be waited for together, so each terminal has three
//! threads: one reads, one writes, one waits for the program. Closing the
//! pseudo console may block until its output has been read, so it happens on
//! the waiting thread or on one of its own, never on the caller's.

mod command;
mod input;
mod latch;
mod library;
mod threads;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use portable_pty::{ChildKiller, MasterPty, PtyPair, native_pty_system};

use super::{Pty, PtySize, Sink, SpawnError, SpawnOptions, WriteError};
use input::Input;
use latch::Latch;

/// The numbers that names of signals stand for; Windows knows none of them.
const SIGINT: i32 = 2;

struct WindowsPty {
    pid: u32,
    input: Arc<Input>,
    console: Arc<Console>,
    killer: Arc<Mutex<Box<dyn ChildKiller + Send + Sync>>>,
    grace: Duration,
    hung_up: AtomicBool,
    begun: Arc<Latch>,
}

/// The pseudo console, until it is closed.
#[derive(Default)]
struct Console {
    master: Mutex<Option<Box<dyn MasterPty + Send>>>,
}

impl Console {
    /// Ends every program that is attached; the reader finds the end of the
    /// output only after this. May block: not for the JS thread.
    fn close(&self) {
        let master = self.master.lock().take();
        drop(master);
    }
}

pub(super) fn spawn(
    options: &SpawnOptions,
    sink: Arc<dyn Sink>,
) -> Result<Arc<dyn Pty>, SpawnError> {
    crate::reactor::ready()?;
    command::check_cwd(options)?;
    let command = command::build(options)?;
    library::guard_search();
    let broken = |error: &dyn std::fmt::Display| command::failed(options, "openpty", error);
    let PtyPair { slave, master } =
        native_pty_system().openpty(size(options.size)).map_err(|error| broken(&error))?;
    let reader = master.try_clone_reader().map_err(|error| broken(&error))?;
    let writer = master.take_writer().map_err(|error| broken(&error))?;
    let child =
        slave.spawn_command(command).map_err(|error| command::failed(options, "spawn", &error))?;
    // The slave shares the console, which must close when the master goes.
    drop(slave);
    let pid = child.process_id().unwrap_or(0);
    let killer = Arc::new(Mutex::new(child.clone_killer()));
    let console = Arc::new(Console { master: Mutex::new(Some(master)) });
    let input = Arc::new(Input::new(options.max_input, Arc::clone(&sink)));
    let begun = Arc::new(Latch::default());
    let started = threads::Started { reader, writer, child, begun: Arc::clone(&begun) };
    threads::start(started, &console, &input, &sink).map_err(|error| {
        let _ = killer.lock().kill();
        begun.open();
        command::failed(options, "CreateThread", &error)
    })?;
    let hung_up = AtomicBool::new(false);
    Ok(Arc::new(WindowsPty { pid, input, console, killer, grace: options.grace, hung_up, begun }))
}

fn size(size: PtySize) -> portable_pty::PtySize {
    // The console counts in signed numbers.
    let most = i16::MAX.cast_unsigned();
    portable_pty::PtySize {
        rows: size.rows.min(most),
        cols: size.cols.min(most),
        pixel_width: size.pixel_width,
        pixel_height: size.pixel_height,
    }
}

impl WindowsPty {
    fn terminate(&self) {
        // portable-pty takes success for failure here, so the result says
        // nothing; a process that is gone cannot be ended again.
        let _ = self.killer.lock().kill();
    }
}

impl Pty for WindowsPty {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn begin(&self) {
        self.begun.open();
    }

    fn write(&self, data: &[u8]) -> Result<bool, WriteError> {
        self.input.write(data)
    }

    fn queued(&self) -> usize {
        self.input.queued()
    }

    fn resize(&self, new: PtySize) {
        if let Some(master) = &*self.console.master.lock() {
            let _ = master.resize(size(new));
        }
    }

    /// There are no signals: SIGINT is what the key would do, the others end
    /// the program.
    fn kill(&self, signal: i32) {
        if signal == SIGINT {
            let _ = self.input.write(b"\x03");
        } else if signal != 0 {
            self.terminate();
        }
    }

    fn hang_up(&self) {
        if self.hung_up.swap(true, Ordering::AcqRel) {
            return;
        }
        let console = Arc::clone(&self.console);
        let closer = std::thread::Builder::new().name("offheap-pty-close".to_owned());
        if closer.spawn(move || console.close()).is_err() {
            // Without a thread to close the console, the program is ended: the
            // waiting thread closes the console then.
            return self.terminate();
        }
        let killer = Arc::clone(&self.killer);
        let grace = self.grace;
        crate::reactor::spawn(async move {
            tokio::time::sleep(grace).await;
            let _ = killer.lock().kill();
        });
    }

    /// Windows does not say which program is in front.
    fn process_name(&self) -> Option<String> {
        None
    }

    fn close(&self) {
        self.begin();
        self.input.close();
        self.hang_up();
    }
}

impl Drop for WindowsPty {
    fn drop(&mut self) {
        self.close();
    }
}
