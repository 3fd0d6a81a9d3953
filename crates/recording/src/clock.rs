//! Whether the clock that files are dated by can be believed.

use std::time::{Duration, Instant, SystemTime};

/// How far the clock may run ahead between two looks at it.
const JUMP: Duration = Duration::from_mins(10);
/// How long the clock has to run evenly after it has jumped.
const HOLD: Duration = Duration::from_hours(1);

/// What the clock said when it was looked at last, and when it has jumped.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: Option<(Instant, SystemTime)>,
    jumped: Option<Instant>,
}

impl Clock {
    /// Looks at the clock. It is not believed for an hour after it has jumped ahead: what
    /// seems to be old then may be new, and what was removed is gone. After it was set
    /// back everything seems to be newer, which harms nothing.
    pub(crate) fn is_believed(&mut self, now: Instant, said: SystemTime) -> bool {
        if let Some((then, before)) = self.last.replace((now, said)) {
            let expected = before + now.saturating_duration_since(then);
            if said.duration_since(expected).is_ok_and(|ahead| ahead > JUMP) {
                self.jumped = Some(now);
            }
        }
        self.jumped.is_none_or(|jumped| now.saturating_duration_since(jumped) >= HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use std::time::{Duration, Instant, UNIX_EPOCH};

    #[test]
    fn a_clock_that_has_jumped_ahead_is_not_believed_for_an_hour() {
        let (mut clock, begun) = (Clock::default(), Instant::now());
        let mut look = |minutes: u64, said: u64| {
            let after = |minutes| Duration::from_secs(minutes * 60);
            clock.is_believed(begun + after(minutes), UNIX_EPOCH + after(said))
        };
        assert!(look(0, 1000));
        assert!(look(600, 1605));
        assert!(!look(601, 500_000));
        // It was wrong: to set it right is a step back.
        assert!(!look(602, 1607));
        assert!(!look(660, 1665));
        assert!(look(661, 1666));
        assert!(look(662, 7));
        // It was right, and the machine asleep.
        assert!(!look(663, 100_000));
        assert!(!look(722, 100_059));
        assert!(look(723, 100_060));
    }
}
