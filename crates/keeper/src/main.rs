//! The keeper's binary.
//!
//! ```text
//! offheap-keeper serve DIRECTORY [--foreground]
//! offheap-keeper upgrade DIRECTORY
//! offheap-keeper --self-check
//! ```

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    offheap_keeper::run()
}

/// There is no keeper on Windows: a pseudo console cannot be handed over.
#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "offheap-keeper: not supported on this system");
    std::process::ExitCode::from(2)
}
