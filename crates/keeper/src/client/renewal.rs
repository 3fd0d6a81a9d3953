//! A keeper that an older version of the package has started becomes this one's,
//! without ending a shell.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::connect::{replace, wait};
use super::{BOUND, Shared};
use crate::version;

/// The pauses before each try: the first server of a keeper has much to take over
/// at once. The next connection begins anew.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(2),
    Duration::from_secs(15),
    Duration::from_mins(2),
];

/// Replaces an older keeper by this version's binary, on a thread of its own. One
/// that cannot be replaced goes on as it is.
pub(super) fn begin(shared: &Arc<Shared>) {
    let running = shared.state.lock().welcome.product.clone();
    if !version::is_older(&running, env!("CARGO_PKG_VERSION")) {
        return;
    }
    let shared = Arc::downgrade(shared);
    let _ = std::thread::Builder::new()
        .name(String::from("offheap-renew"))
        .stack_size(256 * 1024)
        .spawn(move || renew(&shared, &running));
}

fn renew(shared: &Weak<Shared>, running: &str) {
    for pause in PAUSES {
        std::thread::sleep(pause);
        let Some(shared) = shared.upgrade() else { return };
        if shared.state.lock().left {
            return;
        }
        let (directory, binary) =
            (shared.settings.directory.clone(), shared.settings.binary.clone());
        // Not held over what follows: who drops the last one waits for nothing.
        drop(shared);
        let newer = says(&binary).is_some_and(|says| version::is_older(running, &says));
        if !newer || replace(&directory, &binary).is_ok() {
            return;
        }
    }
}

/// The version that a binary says it is of.
fn says(binary: &Path) -> Option<String> {
    let mut child = Command::new(binary)
        .arg("--self-check")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    if !wait(&mut child, Instant::now() + BOUND) {
        let _ = child.kill();
        let _ = child.wait();
        return None;
    }
    let mut said = String::new();
    child.stdout.take()?.take(1024).read_to_string(&mut said).ok()?;
    version::in_product(&said).map(str::to_owned)
}
