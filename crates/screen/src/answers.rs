//! Answers to queries, collected.

/// Answers of one input, no more of them than fit.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    bytes: Vec<u8>,
}

/// Bytes of answers to one input. A program that asks for more than this
/// without reading is not owed an answer.
const MAX_ANSWERS: usize = 4096;

impl Answers {
    /// Adds an answer, unless it no longer fits.
    pub(super) fn push(&mut self, answer: &str) {
        if self.bytes.len() + answer.len() <= MAX_ANSWERS {
            self.bytes.extend_from_slice(answer.as_bytes());
        }
    }

    /// The answers.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
