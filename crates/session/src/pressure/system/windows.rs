//! Windows: one call for the process, one for the machine.

use std::ffi::c_void;

use crate::pressure::Usage;

/// `PROCESS_MEMORY_COUNTERS`.
#[repr(C)]
#[derive(Default)]
struct ProcessMemory {
    size: u32,
    page_faults: u32,
    peak_working_set: usize,
    working_set: usize,
    rest: [usize; 6],
}

/// `MEMORYSTATUSEX`.
#[repr(C)]
#[derive(Default)]
struct MachineMemory {
    size: u32,
    load: u32,
    total: u64,
    available: u64,
    rest: [u64; 5],
}

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetCurrentProcess() -> *mut c_void;
    fn K32GetProcessMemoryInfo(process: *mut c_void, info: *mut ProcessMemory, size: u32) -> i32;
    fn GlobalMemoryStatusEx(status: *mut MachineMemory) -> i32;
}

pub(super) fn read() -> Usage {
    let machine = machine();
    Usage {
        rss: resident(),
        machine_total: machine.as_ref().map(|machine| machine.total),
        machine_available: machine.as_ref().map(|machine| machine.available),
        ..Usage::default()
    }
}

fn resident() -> Option<u64> {
    let size = u32::try_from(size_of::<ProcessMemory>()).ok()?;
    let mut info = ProcessMemory { size, ..ProcessMemory::default() };
    // SAFETY: the structure is laid out as documented and its size is passed.
    let known = unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &raw mut info, size) != 0 };
    known.then_some(info.working_set as u64)
}

fn machine() -> Option<MachineMemory> {
    let size = u32::try_from(size_of::<MachineMemory>()).ok()?;
    let mut status = MachineMemory { size, ..MachineMemory::default() };
    // SAFETY: the structure is laid out as documented and names its size.
    let known = unsafe { GlobalMemoryStatusEx(&raw mut status) != 0 };
    known.then_some(status)
}
