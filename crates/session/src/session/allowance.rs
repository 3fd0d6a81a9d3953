//! How much of something may be done in a time.

use std::time::{Duration, Instant};

/// So much at once, and then as much as time goes by: what was used up comes back
/// at the pace of the clock.
#[derive(Debug)]
pub(super) struct Allowance {
    most: Duration,
    used: Duration,
    at: Option<Instant>,
}

impl Allowance {
    pub(super) const fn new(most: Duration) -> Self {
        Self { most, used: Duration::ZERO, at: None }
    }

    /// Whether something is left. What is begun then may take more than that.
    pub(super) fn is_left(&mut self, now: Instant) -> bool {
        let since = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.used = self.used.saturating_sub(since);
        self.at = Some(now);
        self.used < self.most
    }

    pub(super) fn take(&mut self, much: Duration) {
        self.used += much;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_comes_back_with_time() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut allowance = Allowance::new(second);
        assert!(allowance.is_left(start));
        allowance.take(3 * second);
        assert!(!allowance.is_left(start));
        assert!(!allowance.is_left(start + 2 * second));
        assert!(allowance.is_left(start + 2 * second + second / 2));
        allowance.take(second);
        assert!(!allowance.is_left(start + 2 * second + second / 2), "half of it was left");
    }
}
