//! macOS: one call for the process, two system controls for the machine.

use std::ffi::{CStr, c_int, c_void};

use crate::pressure::Usage;

pub(super) fn read() -> Usage {
    let machine_total = control::<u64>(c"hw.memsize");
    // The kernel's own word for how much is left, in percent.
    let percent = control::<u32>(c"kern.memorystatus_level").map(u64::from);
    let machine_available = machine_total.zip(percent).map(|(total, left)| total / 100 * left);
    Usage { rss: resident(), machine_total, machine_available, ..Usage::default() }
}

fn resident() -> Option<u64> {
    let mut info = std::mem::MaybeUninit::<libc::proc_taskinfo>::zeroed();
    let size = c_int::try_from(size_of::<libc::proc_taskinfo>()).ok()?;
    // SAFETY: the call writes at most `size` bytes into `info`, for which any
    // bytes are valid, and says how many it wrote.
    unsafe {
        let pointer = info.as_mut_ptr().cast::<c_void>();
        let written = libc::proc_pidinfo(libc::getpid(), libc::PROC_PIDTASKINFO, 0, pointer, size);
        (written == size).then(|| info.assume_init().pti_resident_size)
    }
}

/// A system control that is one integer.
fn control<T: Copy + Default>(name: &CStr) -> Option<T> {
    let mut value = T::default();
    let mut size = size_of::<T>();
    // SAFETY: the call writes at most `size` bytes into an integer of that size.
    let status = unsafe {
        let pointer = (&raw mut value).cast::<c_void>();
        libc::sysctlbyname(name.as_ptr(), pointer, &raw mut size, std::ptr::null_mut(), 0)
    };
    (status == 0 && size == size_of::<T>()).then_some(value)
}
