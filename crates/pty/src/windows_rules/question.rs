//! The question that the console asks first: where is the cursor? portable-pty
//! has it take over the cursor's position, and it prints nothing before it
//! knows. It is answered here, so that the terminal at the other end need not,
//! and must not.
//!
//! Only what comes before the first other output is the console's own question.
//! A program may ask the same later, and then its terminal answers.

/// `CSI 6n`.
const QUESTION: &[u8] = b"\x1b[6n";
/// A control sequence that goes on for longer than this is none of the console's.
const LONGEST: usize = 64;

/// Finds the console's first question in the output, and takes it out.
#[derive(Debug, Default)]
pub(crate) struct FirstQuestion {
    /// The beginning of what may be the question.
    held: Vec<u8>,
    settled: bool,
}

/// What output begins with.
enum Beginning {
    Question,
    /// A mode is set or reset, or the terminal is asked what it is: the console
    /// does so before it prints, and after its question or before it.
    Mode(usize),
    Unfinished,
    Output,
}

impl FirstQuestion {
    /// Whether the question has been met, or cannot come any more.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Hands output on without the question; `true` when that was in it and is
    /// to be answered.
    pub(crate) fn take(&mut self, bytes: &[u8], mut output: impl FnMut(&[u8])) -> bool {
        if self.settled {
            output(bytes);
            return false;
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut at = 0;
        loop {
            match beginning(&held[at..]) {
                Beginning::Mode(length) => at += length,
                Beginning::Unfinished => {
                    self.held = held.split_off(at);
                    hand_on(&held, &mut output);
                    return false;
                }
                Beginning::Output => {
                    self.settled = true;
                    hand_on(&held, &mut output);
                    return false;
                }
                Beginning::Question => {
                    self.settled = true;
                    hand_on(&held[..at], &mut output);
                    hand_on(&held[at + QUESTION.len()..], &mut output);
                    return true;
                }
            }
        }
    }

    /// The output has ended: what was held back is all there is.
    pub(crate) fn finish(&mut self, mut output: impl FnMut(&[u8])) {
        self.settled = true;
        hand_on(&std::mem::take(&mut self.held), &mut output);
    }
}

fn hand_on(bytes: &[u8], output: &mut impl FnMut(&[u8])) {
    if !bytes.is_empty() {
        output(bytes);
    }
}

fn beginning(bytes: &[u8]) -> Beginning {
    if bytes.starts_with(QUESTION) {
        return Beginning::Question;
    }
    let intro: &[u8] = b"\x1b[";
    if bytes.len() < intro.len() {
        return if intro.starts_with(bytes) { Beginning::Unfinished } else { Beginning::Output };
    }
    if !bytes.starts_with(intro) {
        return Beginning::Output;
    }
    let parameters = bytes[intro.len()..].iter().take_while(|byte| (0x20..0x40).contains(*byte));
    let length = intro.len() + parameters.count();
    match bytes.get(length) {
        _ if length > LONGEST => Beginning::Output,
        None => Beginning::Unfinished,
        Some(b'h' | b'l' | b'c') => Beginning::Mode(length + 1),
        Some(_) => Beginning::Output,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is handed on of the pieces, and at which of them it was answered.
    fn pass(pieces: &[&str]) -> (String, Vec<usize>) {
        let mut question = FirstQuestion::default();
        let (mut text, mut answered) = (Vec::new(), Vec::new());
        for (at, piece) in pieces.iter().enumerate() {
            if question.take(piece.as_bytes(), |part| text.extend_from_slice(part)) {
                answered.push(at);
            }
        }
        question.finish(|part| text.extend_from_slice(part));
        (String::from_utf8(text).expect("text"), answered)
    }

    fn passes(pieces: &[&str], text: &str, answered: &[usize]) {
        assert_eq!(pass(pieces), (text.to_owned(), answered.to_vec()), "{pieces:?}");
    }

    #[test]
    fn the_first_question_is_answered_once_and_taken_out() {
        passes(&["\x1b[6n"], "", &[0]);
        passes(&["\x1b[6nhello\x1b[6n", "\x1b[6n"], "hello\x1b[6n\x1b[6n", &[0]);
        passes(&["\x1b", "[", "6", "n", "C:\\>"], "C:\\>", &[3]);
    }

    #[test]
    fn modes_may_come_before_it() {
        passes(&["\x1b[?9001h\x1b[?1004h\x1b[6nhi"], "\x1b[?9001h\x1b[?1004hhi", &[0]);
        passes(&["\x1b[20h\x1b[c", "\x1b[?25", "l\x1b[6n"], "\x1b[20h\x1b[c\x1b[?25l", &[2]);
    }

    #[test]
    fn a_question_after_other_output_is_the_programs() {
        for before in ["hello", "\x1b[2J", "\x1b]0;title\x07", "\r", "\x1b[5n", "\x1bc"] {
            let all = format!("{before}\x1b[6n");
            passes(&[&all], &all, &[]);
            passes(&[before, "\x1b[6n"], &all, &[]);
        }
    }

    #[test]
    fn what_is_no_question_is_held_back_no_longer_than_it_may_be_one() {
        let mut question = FirstQuestion::default();
        let long = format!("\x1b[{}", "1;".repeat(LONGEST));
        let mut text = Vec::new();
        assert!(!question.take(long.as_bytes(), |part| text.extend_from_slice(part)));
        assert!(question.is_settled());
        assert_eq!(text, long.as_bytes());
        passes(&["\x1b"], "\x1b", &[]);
        passes(&["\x1b", "M"], "\x1bM", &[]);
    }
}
