//! The three threads of a terminal.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use portable_pty::Child;

use super::Console;
use super::input::Input;
use super::latch::Latch;
use crate::windows_rules::question::FirstQuestion;
use crate::{ExitStatus, Gate, Sink};

const READ_BYTES: usize = 64 * 1024;
/// Where the cursor is when the console asks first: at the top.
const CURSOR_ANSWER: &[u8] = b"\x1b[1;1R";

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
        let (sink, input) = (Arc::clone(sink), Arc::clone(input));
        let begun = Arc::clone(&begun);
        thread("offheap-pty-read", move || {
            begun.wait();
            read(reader, sink.as_ref(), &input);
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

/// Reads to the end. The gate is passed only once the console has asked its
/// first question: without an answer the program would not come to run.
fn read(mut reader: Box<dyn Read + Send>, sink: &dyn Sink, input: &Input) {
    let mut buffer = vec![0; READ_BYTES];
    let mut question = FirstQuestion::default();
    loop {
        if question.is_settled() {
            pass_gate(sink);
        }
        match reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return question.finish(|part| sink.output(part)),
            Ok(count) => {
                if question.take(&buffer[..count], |part| sink.output(part)) {
                    input.answer(CURSOR_ANSWER);
                }
            }
        }
    }
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
