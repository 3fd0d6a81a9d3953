//! The one thread that reads, writes, reaps and keeps time for every terminal
//! of the process, however many there are.
//!
//! It is shared by all environments (the main thread and workers) and lives as
//! long as the process: an idle reactor sleeps in one system call.

pub mod courtesy;
pub mod lag;

use std::future::Future;
use std::io;
#[cfg(unix)]
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
#[cfg(unix)]
use std::task::Poll;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::SpawnError;

static REACTOR: OnceLock<Handle> = OnceLock::new();
/// Held by who starts it, so that there is only ever one.
static STARTING: Mutex<()> = Mutex::new(());

/// The reactor's handle; the first call starts its thread. Whoever makes
/// something that will need the reactor calls this, and can refuse.
///
/// # Errors
/// When the system cannot give the process a thread (`EAGAIN`) or an event
/// queue (`EMFILE`, `ENFILE`). A later call tries again.
pub fn ready() -> Result<&'static Handle, SpawnError> {
    if let Some(handle) = REACTOR.get() {
        return Ok(handle);
    }
    let _starting = STARTING.lock();
    if let Some(handle) = REACTOR.get() {
        return Ok(handle);
    }
    let handle = start()?;
    Ok(REACTOR.get_or_init(|| handle))
}

/// The reactor's handle, for what exists only after [`ready`] has succeeded.
///
/// # Panics
/// When the reactor has not been started before and cannot be started now.
#[must_use]
pub fn handle() -> &'static Handle {
    ready().expect("the reactor")
}

/// Runs a task on the reactor.
pub fn spawn<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    handle().spawn(task)
}

/// Waits until the reactor has done what it is doing at the moment, or until the
/// time is over: `false` then. Not for the reactor's own tasks.
#[must_use]
pub fn settle(within: std::time::Duration) -> bool {
    let (done, waits) = std::sync::mpsc::sync_channel(1);
    // One thread does everything in turn: a task that runs has no other beside
    // it that is half done.
    spawn(async move {
        let _ = done.send(());
    });
    waits.recv_timeout(within).is_ok()
}

/// Runs a future, and catches what panics in it: a task that panics ends
/// without a word to anybody.
///
/// # Errors
/// What the panic carried.
#[cfg(unix)]
pub(crate) async fn caught<F: Future>(future: F) -> std::thread::Result<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(move |context| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        match std::panic::catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

fn start() -> Result<Handle, SpawnError> {
    pin_library();
    let failed = |syscall| move |error: io::Error| crate::os_error(&error, syscall, "reactor");
    let queue = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = queue.map_err(failed("epoll_create"))?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(std::future::pending::<()>());
    thread("offheap-reactor", run).map_err(failed("pthread_create"))?;
    Ok(handle)
}

/// Starts a thread that lives as long as the process and gets no signals.
///
/// # Errors
/// When the system has no thread to give.
pub fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024);
    let started = builder.spawn(move || {
        block_signals();
        run();
    });
    started.map(drop)
}

/// Signals belong to Node's threads; here they would only interrupt calls.
#[cfg(unix)]
fn block_signals() {
    // SAFETY: the set is initialised by sigfillset before it is read, and
    // pthread_sigmask changes the mask of this thread alone.
    unsafe {
        let mut set = std::mem::MaybeUninit::uninit();
        libc::sigfillset(set.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut());
    }
}

#[cfg(not(unix))]
fn block_signals() {}

/// Keeps the addon's code mapped for the life of the process. Node unloads an
/// addon when the last environment that loaded it ends (a worker, say), and
/// the reactor's code must not vanish under its thread.
#[cfg(unix)]
fn pin_library() {
    // SAFETY: dladdr only reads the address of a function of this library and
    // fills `info`; dlopen gets the path the loader itself reported and, with
    // RTLD_NOLOAD, only changes the flags of what is already mapped.
    unsafe {
        let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
        let address = pin_library as fn() as *const libc::c_void;
        if libc::dladdr(address, info.as_mut_ptr()) != 0 {
            let path = info.assume_init().dli_fname;
            if !path.is_null() {
                libc::dlopen(path, libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
            }
        }
    }
}

#[cfg(windows)]
fn pin_library() {
    const FROM_ADDRESS: u32 = 0x4;
    const PIN: u32 = 0x1;
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(
            flags: u32,
            name: *const u16,
            module: *mut *mut std::ffi::c_void,
        ) -> i32;
    }
    let mut module = std::ptr::null_mut();
    // SAFETY: with FROM_ADDRESS the "name" is any address inside the module;
    // the call writes one handle and pins the module it belongs to.
    unsafe {
        GetModuleHandleExW(FROM_ADDRESS | PIN, pin_library as fn() as *const u16, &raw mut module);
    }
}
