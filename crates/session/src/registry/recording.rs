//! Recordings of a registry's sessions: what their headers say.

use std::sync::Arc;

use super::core::Registry;
use super::info::{Handle, NewSession};
use super::refusal::Refusal;
use super::subject::Subject;
use crate::session::{RecordError, Session};
use offheap_pty::SpawnOptions;
use offheap_recording::{About, Options, Recording};

impl Registry {
    /// Begins to record a session; see [`Session::record`].
    ///
    /// # Errors
    /// A [`RecordError`].
    pub fn record(&self, handle: &Handle, options: Options) -> Result<Arc<Recording>, RecordError> {
        let mut options = options;
        if options.label.is_empty() {
            options.label = handle.subject.id.to_string();
        }
        let about = about(&handle.session, options.title.clone(), None);
        handle.session.record(options, about)
    }
}

/// Begins the recording that a session is created with.
pub(super) fn begin(
    session: &Arc<Session>,
    new: &NewSession,
    subject: &Subject,
    spawn: Option<&SpawnOptions>,
) -> Result<(), Refusal> {
    let Some(options) = &new.recording else { return Ok(()) };
    let mut options = options.clone();
    if options.label.is_empty() {
        options.label = subject.id.to_string();
    }
    let about = about(session, options.title.clone(), spawn);
    match session.record(options, about) {
        Ok(_) => Ok(()),
        Err(RecordError::Closed(_)) => Err(Refusal::Closed),
        Err(RecordError::Recording(error)) => Err(error.into()),
    }
}

/// What a recording's header says of a session.
fn about(session: &Session, title: Option<String>, spawn: Option<&SpawnOptions>) -> About {
    let size = spawn.map_or(session.size(), |spawn| spawn.size);
    let variable = |name: &str| {
        let (_, value) = spawn?.env.iter().find(|(known, _)| known == name)?;
        Some(value.to_string_lossy().into_owned())
    };
    let command = spawn.map(|spawn| {
        let words = std::iter::once(&spawn.file).chain(&spawn.args);
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    });
    About {
        cols: size.cols,
        rows: size.rows,
        term: variable("TERM"),
        shell: variable("SHELL"),
        command,
        title,
    }
}
