//! What a terminal tells its session: output, its end, and its program's.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Session;
use offheap_pty::{ExitStatus, Gate, GateBell, Sink};

impl Sink for Session {
    fn output(&self, bytes: &[u8]) {
        // A closed session's last bytes have nowhere to go.
        let _ = self.append(bytes);
    }

    fn read(
        &self,
        scratch: &mut [u8],
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.journaled {
            return self.read_in(scratch, read);
        }
        let count = read(scratch)?;
        if count > 0 {
            self.output(&scratch[..count]);
        }
        Ok(count)
    }

    fn gate(&self) -> Gate {
        self.stream.lock().gate(Instant::now())
    }

    fn gate_bell(&self) -> &GateBell {
        &self.gate_bell
    }

    fn is_watched(&self) -> bool {
        self.stream.lock().is_watched(Instant::now())
    }

    fn exited(&self, status: ExitStatus) {
        if self.status.set(status).is_err() {
            return;
        }
        let mut stream = self.stream.lock();
        stream.exit(status, Instant::now());
        let has_news = stream.mirror.shell.has_news();
        drop(stream);
        self.tell_news_if(has_news);
        if let Some(owner) = self.owner.get() {
            owner.exited(self, status);
        }
        self.let_go();
    }

    fn ended(&self) {
        self.stream.lock().end();
        self.ended.store(true, Ordering::Release);
        self.let_go();
        if let Some(owner) = self.owner.get() {
            owner.ended(self);
        }
    }

    fn failed(&self) {
        if let Some(owner) = self.owner.get() {
            owner.failed(self);
        }
    }

    fn drained(&self) {
        if let Some(owner) = self.owner.get() {
            owner.drained(self);
        }
    }
}
