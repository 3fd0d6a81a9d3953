//! Errors of Windows in the words and numbers that Node has for them.

use crate::SpawnError;

const FILE_NOT_FOUND: i32 = 2;
const DIRECTORY: i32 = 267;

/// The system's number at the end of a text of `std::io::Error`.
pub(crate) fn system_number(text: &str) -> Option<i32> {
    let (_, after) = text.rsplit_once("(os error ")?;
    after.split(')').next()?.parse().ok()
}

/// The reason alone: portable-pty puts the whole command line before it, and
/// `std` the number behind it.
pub(crate) fn reason(text: &str) -> &str {
    let reason = text.rsplit_once(" failed: ").map_or(text, |(_, reason)| reason);
    let reason = reason.split(" (os error ").next().unwrap_or(reason);
    reason.lines().next().unwrap_or_default().trim_end()
}

/// The error of a call on a path, by the system's number and text.
pub(crate) fn error(number: i32, syscall: &'static str, path: &str, text: &str) -> SpawnError {
    let (code, errno) = errno(number);
    SpawnError { code, errno, syscall, path: path.to_owned(), message: reason(text).to_owned() }
}

/// The error of a call on a path.
pub(crate) fn os_error(cause: &std::io::Error, syscall: &'static str, path: &str) -> SpawnError {
    error(cause.raw_os_error().unwrap_or(0), syscall, path, &cause.to_string())
}

/// A directory that is a file.
pub(crate) fn no_directory(path: &str) -> SpawnError {
    error(DIRECTORY, "chdir", path, "not a directory")
}

/// An argument that a batch file cannot be given.
pub(crate) fn unsafe_argument(path: &str, argument: &str) -> SpawnError {
    let message = format!(
        "a batch file cannot be given the argument {argument:?} safely: cmd.exe would read it as \
         more than text"
    );
    let (code, errno) = ("EINVAL", 4071);
    SpawnError { code, errno, syscall: "spawn", path: path.to_owned(), message }
}

/// The system's numbers as the names and numbers that Node has on Windows.
fn errno(number: i32) -> (&'static str, i32) {
    match number {
        FILE_NOT_FOUND | 3 | 15 | 53 | 123 | 126 | 161 => ("ENOENT", 4058),
        5 | 1314 => ("EACCES", 4092),
        DIRECTORY => ("ENOTDIR", 4052),
        4 => ("EMFILE", 4066),
        8 | 14 | 1455 => ("ENOMEM", 4057),
        11 | 193 => ("ENOEXEC", 4022),
        164 => ("EAGAIN", 4088),
        206 => ("ENAMETOOLONG", 4064),
        740 => ("EPERM", 4048),
        _ => ("EIO", 4070),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As portable-pty says it, with the NUL at the end of each wide string.
    const TEXT: &str = "CreateProcessW `\"no such failed: x\\0\"` in cwd `Some(\"C:\\\\\\0\")` failed: \
                        The system cannot find the file specified. (os error 2)";

    #[test]
    fn an_error_has_the_reason_and_not_the_command_line() {
        let number = system_number(TEXT).expect("a number");
        let error = error(number, "spawn", "no-such", TEXT);
        assert_eq!((error.code, error.errno, error.syscall), ("ENOENT", 4058, "spawn"));
        assert_eq!(error.to_string(), "spawn no-such: The system cannot find the file specified.");
    }

    #[test]
    fn what_is_found_before_the_start_has_a_code_too() {
        let missing = std::io::Error::from_raw_os_error(2);
        assert_eq!(os_error(&missing, "chdir", "x").code, "ENOENT");
        assert_eq!(no_directory("x").to_string(), "chdir x: not a directory");
        let refused = unsafe_argument("x.bat", "\"&calc");
        assert_eq!((refused.code, refused.errno), ("EINVAL", 4071));
        assert!(refused.message.contains(r#""\"&calc""#), "{}", refused.message);
    }

    #[test]
    fn a_text_without_a_number_is_the_reason() {
        let text = "failed to create psuedo console: HRESULT -2147024890";
        assert_eq!(system_number(text), None);
        assert_eq!(reason(text), text);
        assert_eq!(reason("one\r\ntwo"), "one");
        assert_eq!(error(0, "openpty", "x", text).code, "EIO");
    }
}
