//! The three threads of a terminal.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use portable_pty::Child;

use super::Console;
use super::input::Input;
use super::latch::Latch;
use crate::{ExitStatus, Gate, Sink};

const READ_BYTES: usize = 64 * 1024;
/// What the console asks first; it has been answered, so that the terminal at
/// the other end need not, and must not.
const CURSOR_QUESTION: &[u8] = b"\x1b[6n";

/// What a program that has just been started consists of.
pub(super) struct Started {
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) writer: Box<dyn Write + Send>,
    pub(super) child: Box<dyn Child + Send + Sync>,
    /// Opened when the terminal is in its place.
    pub(super) begun: Arc<Latch>,
}

/// Starts all three; the last one sees the others end.
pub(super) fn start(
    started: Started,
    console: &Arc<Console>,
    input: &Arc<Input>,
    sink: &Arc<dyn Sink>,
) -> io::Result<()> {
    let Started { reader, writer, child, begun } = started;
    let reading = {
        let (sink, begun) = (Arc::clone(sink), Arc::clone(&begun));
        thread("offheap-pty-read", move || {
            begun.wait();
            read(reader, sink.as_ref());
        })?
    };
    {
        let input = Arc::clone(input);
        thread("offheap-pty-write", move || input.drain_into(writer))?;
    }
    let (console, input, sink) = (Arc::clone(console), Arc::clone(input), Arc::clone(sink));
    thread("offheap-pty-wait", move || {
        begun.wait();
        let status = wait(child);
        input.close();
        // Only a closed console lets its output end. What is still attached to
        // it goes with it.
        console.close();
        // A panic in the sink ends this terminal alone, and is told.
        if reading.join().is_err() {
            sink.failed();
        }
        sink.ended();
        sink.exited(status);
    })?;
    Ok(())
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).stack_size(256 * 1024).spawn(run)
}

fn wait(mut child: Box<dyn Child + Send + Sync>) -> ExitStatus {
    let code = child.wait().map_or(1, |status| status.exit_code().cast_signed());
    ExitStatus { code, signal: 0 }
}

fn read(mut reader: Box<dyn Read + Send>, sink: &dyn Sink) {
    let mut buffer = vec![0; READ_BYTES];
    let mut asked = false;
    loop {
        pass_gate(sink);
        match reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(count) if asked => sink.output(&buffer[..count]),
            Ok(count) => asked = first_output(&buffer[..count], sink),
        }
    }
}

/// Hands on the output without the console's question; `true` when it was in
/// it.
fn first_output(bytes: &[u8], sink: &dyn Sink) -> bool {
    let Some(at) = memchr::memmem::find(bytes, CURSOR_QUESTION) else {
        sink.output(bytes);
        return false;
    };
    for part in [&bytes[..at], &bytes[at + CURSOR_QUESTION.len()..]] {
        if !part.is_empty() {
            sink.output(part);
        }
    }
    true
}

/// Waits, on this thread, for as long as nobody has room for more.
fn pass_gate(sink: &dyn Sink) {
    loop {
        let changed = sink.gate_bell().rung();
        match sink.gate() {
            Gate::Open => return,
            Gate::Shut(None) => crate::reactor::handle().block_on(changed),
            Gate::Shut(Some(until)) => {
                let wait = async { tokio::time::timeout_at(until.into(), changed).await };
                let _ = crate::reactor::handle().block_on(wait);
            }
        }
    }
}
