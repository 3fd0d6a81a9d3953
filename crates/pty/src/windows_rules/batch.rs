//! Batch files are run by `cmd.exe`, which reads their arguments once more, by
//! rules of its own: `"&calc&rem ` as an argument runs `calc`. There is no way to
//! quote that holds, so such arguments are refused.

use std::ffi::OsString;
use std::path::Path;

/// What `cmd.exe` takes for more than itself, in quotes or out of them.
const SPECIAL: [char; 12] = ['"', '%', '!', '^', '&', '|', '<', '>', '(', ')', '\r', '\n'];

/// Whether `cmd.exe` is what runs the file: Windows does not see blanks and dots
/// at the end of a name, nor its case.
pub(crate) fn is_batch_file(file: &Path) -> bool {
    let name = file.to_string_lossy().to_lowercase();
    let name = name.trim_end_matches([' ', '.']);
    [".bat", ".cmd"].iter().any(|extension| name.ends_with(extension))
}

/// The first argument that a batch file cannot be given safely.
pub(crate) fn unsafe_argument(arguments: &[OsString]) -> Option<&OsString> {
    arguments.iter().find(|argument| argument.to_string_lossy().contains(SPECIAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_files_are_known_by_their_names() {
        for batch in ["a.bat", r"C:\x\A.CMD", "a.Bat ", "a.cmd. .", "a.b.cmd"] {
            assert!(is_batch_file(Path::new(batch)), "{batch}");
        }
        for other in ["a.exe", "cmd.exe", "cmd", "bat", "a.bat.exe", "a.cmdx"] {
            assert!(!is_batch_file(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn what_cmd_would_read_as_more_than_text_is_refused() {
        for attack in ["\"&echo PWNED&rem ", "%PATH%", "a|b", "a\nb", "!x!", "^", ">out", "(x)"] {
            let arguments = [OsString::from("fine"), OsString::from(attack)];
            assert_eq!(unsafe_argument(&arguments), Some(&OsString::from(attack)));
        }
        let plain = ["", "run", "--flag=value", r"C:\Program Files\x", "a,b;c", "ä", "it's"];
        let plain = plain.map(OsString::from);
        assert_eq!(unsafe_argument(&plain), None);
    }
}
