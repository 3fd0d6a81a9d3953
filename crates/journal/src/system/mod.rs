//! What differs between systems: who may use a file, and how space is reserved.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;
use std::time::Duration;

#[cfg(unix)]
pub(crate) use unix::Folder;
#[cfg(windows)]
pub(crate) use windows::Folder;

/// Which file it is, as the system knows it: a copy is another one, and so is a
/// file of a snapshot of the file system. All zeros where that is not to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) number: u64,
    /// When it was made, in ns since the epoch: numbers are used again. 0 where
    /// the file system does not say.
    pub(crate) born: u64,
}

/// How often a lock is tried that somebody holds. The system may take some
/// milliseconds to free the lock of a process that was killed.
const TRIES: u32 = 20;

/// Locks a file for this process, or returns [`io::ErrorKind::WouldBlock`].
pub(crate) fn lock(file: &File) -> io::Result<()> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::WouldBlock) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}

pub(crate) fn read_exact(mut file: &File, bytes: &mut [u8]) -> io::Result<()> {
    file.read_exact(bytes)
}

/// Reserves space where the system cannot do it in one call: writes it.
fn write_zeros(mut file: &File, from: u64, to: u64) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    let zeros = vec![0; 64 * 1024];
    file.seek(SeekFrom::Start(from))?;
    let mut left = to.saturating_sub(from);
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
        file.write_all(&zeros[..count])?;
        left -= count as u64;
    }
    Ok(())
}

/// Names the time since the system was started; all zeros where the system has
/// no name for it.
pub(crate) fn boot_id() -> [u8; 16] {
    static ID: OnceLock<[u8; 16]> = OnceLock::new();
    *ID.get_or_init(|| read_boot_id().unwrap_or_default())
}

#[cfg(target_os = "linux")]
fn read_boot_id() -> Option<[u8; 16]> {
    parse_uuid(&std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?)
}

#[cfg(target_os = "macos")]
fn read_boot_id() -> Option<[u8; 16]> {
    let mut text = [0_u8; 64];
    let mut size = text.len();
    let name = c"kern.bootsessionuuid".as_ptr();
    let target = text.as_mut_ptr().cast();
    // SAFETY: the target has `size` bytes, and nothing is set.
    let failed =
        unsafe { libc::sysctlbyname(name, target, &raw mut size, std::ptr::null_mut(), 0) };
    let text = text.get(..size).filter(|_| failed == 0)?;
    parse_uuid(std::str::from_utf8(text).ok()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn read_boot_id() -> Option<[u8; 16]> {
    None
}

/// The 16 bytes of a UUID in its usual form.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digits: &[u8; 32] = digits.as_slice().try_into().ok()?;
    let number = u128::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some(number.to_be_bytes())
}
