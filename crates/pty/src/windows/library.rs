//! Where Windows looks for the console's library: portable-pty asks for a bare
//! `conpty.dll`, which Windows would take from the current directory, too.

use std::sync::Once;

static GUARDED: Once = Once::new();

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetDllDirectoryW(length: u32, buffer: *mut u16) -> u32;
    fn SetDllDirectoryW(path: *const u16) -> i32;
}

/// Takes the current directory out of this process's search for libraries,
/// unless the process has done so, or named another directory, itself. Called
/// before the first console; a `conpty.dll` beside the program is still found.
pub(super) fn guard_search() {
    GUARDED.call_once(|| {
        let nothing: [u16; 1] = [0];
        // SAFETY: without a buffer the first call only says how long the
        // directory's name is; the second reads a string that ends with a NUL.
        unsafe {
            if GetDllDirectoryW(0, std::ptr::null_mut()) == 0 {
                SetDllDirectoryW(nothing.as_ptr());
            }
        }
    });
}
