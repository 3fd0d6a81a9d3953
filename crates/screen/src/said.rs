//! What programs say beside their output: the bell, and operating system commands
//! that are not about the screen.

/// An operating system command that the screen itself makes nothing of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Its number.
    pub number: u16,
    /// What follows the number and its semicolon.
    pub text: String,
    /// Where it ended: bytes of the input up to there. Of a command that ends with
    /// `ESC \\` the backslash comes after.
    pub end: usize,
}

/// What was said since somebody last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// How often the bell rang.
    pub bells: u32,
    /// The commands of the numbers that are kept (7, 9, 99, 133, 633, 777, 1337),
    /// oldest first. Of too many in one input the oldest are dropped.
    pub asides: Vec<Aside>,
    /// Bytes of their texts.
    bytes: usize,
}

/// Who these are for: the working directory (7), notifications and progress (9,
/// 99, 777), and what a shell is doing (133, 633, 1337).
const KEPT: [&str; 7] = ["7", "9", "99", "133", "633", "777", "1337"];
/// The longest text that is kept, in bytes. A longer one is dropped.
const MAX_TEXT: usize = 16 * 1024;
/// Commands kept: more than fit into one read of a terminal.
const MAX_ASIDES: usize = 1024;
/// Bytes of text kept of all of them together.
const MAX_TEXTS: usize = 128 * 1024;

impl Said {
    /// Keeps a command if it is for somebody.
    pub(super) fn hear(&mut self, number: &str, text: &str, end: usize) {
        if !KEPT.contains(&number) || text.len() > MAX_TEXT {
            return;
        }
        let Ok(number) = number.parse() else { return };
        if self.asides.len() == MAX_ASIDES || self.bytes + text.len() > MAX_TEXTS {
            self.drop_older_half();
        }
        self.bytes += text.len();
        self.asides.push(Aside { number, text: text.to_owned(), end });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bells == 0 && self.asides.is_empty()
    }

    /// Makes room for many at once, so that it happens seldom.
    fn drop_older_half(&mut self) {
        let dropped = self.asides.drain(..self.asides.len().div_ceil(2));
        self.bytes -= dropped.map(|aside| aside.text.len()).sum::<usize>();
    }
}
