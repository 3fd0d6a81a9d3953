//! What is recorded, and where to.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use offheap_screen::Client;

use crate::error::Error;
use crate::folder;

/// What happens to the terminal while the disk is slower than its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowDisk {
    /// It runs on. What leaves its history unread is missing in the recording,
    /// and a marker says how many bytes.
    #[default]
    Gap,
    /// It waits.
    Pause,
}

/// What is recorded, and where.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder, made where it is missing.
    pub dir: PathBuf,
    /// The name of the file in it, without its ending. A name that is taken is
    /// refused.
    pub name: Option<String>,
    /// What a made-up name ends in.
    pub label: String,
    /// The title in the header.
    pub title: Option<String>,
    /// Whether input is recorded.
    pub input: bool,
    /// Whether the bytes as they came are kept in a file beside the cast.
    pub raw: bool,
    /// What happens while the disk is slow.
    pub slow_disk: SlowDisk,
    /// A new file begins when the cast has so many bytes.
    pub rotate_bytes: Option<u64>,
    /// A new file begins when the cast is so long.
    pub rotate_after: Option<Duration>,
    /// The oldest recordings of the folder are removed beyond so many bytes.
    pub max_bytes: Option<u64>,
    /// Recordings of the folder are removed when they are older.
    pub max_age: Option<Duration>,
    /// The journal of the session, if it outlives the process: then the recording
    /// can be gone on with, as long as that file exists.
    pub journal: Option<PathBuf>,
    /// The width table of the terminal.
    pub client: Client,
}

impl Options {
    pub(crate) fn path(&self) -> Result<(PathBuf, bool), Error> {
        if let Some(name) = &self.name {
            folder::check_name(name)?;
            return Ok((self.dir.join(format!("{name}.cast")), false));
        }
        let name = format!("{}-{}.cast", timestamp(epoch()), folder::plain(&self.label));
        Ok((self.dir.join(name), true))
    }
}

#[expect(clippy::disallowed_methods, reason = "it names and dates a file")]
pub(crate) fn epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// `20261128T164250123Z`, which sorts by time.
fn timestamp(since: Duration) -> String {
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Howard Hinnant's civil_from_days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let millis = since.subsec_millis();
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::timestamp;
    use std::time::Duration;

    #[test]
    fn names_sort_by_time() {
        let name = |ms| timestamp(Duration::from_millis(ms));
        assert_eq!(name(0), "19700101T000000000Z");
        assert_eq!(name(951_782_400_123), "20000229T000000123Z");
        assert_eq!(name(1_795_884_170_999), "20261128T164250999Z");
        assert_eq!(name(4_107_542_399_000), "21000228T235959000Z");
    }
}
