//! Recordings of a registry's sessions: what their headers say, and how they
//! outlive the process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::core::Registry;
use super::event::Event;
use super::info::{Handle, NewSession};
use super::journals::JournalFault;
use super::refusal::Refusal;
use super::subject::Subject;
use crate::session::{Program, RecordError, Session};
use offheap_pty::SpawnOptions;
use offheap_recording::{About, Error, Options, Recording};

impl Registry {
    /// Begins to record a session; see [`Session::record`].
    ///
    /// # Errors
    /// A [`RecordError`].
    pub fn record(&self, handle: &Handle, options: Options) -> Result<Arc<Recording>, RecordError> {
        let Handle { session, subject } = handle;
        let step = self.step();
        let entry = step.get(subject.incarnation);
        let user = entry.and_then(|entry| entry.info(&self.clock).details.user.clone());
        drop(step);
        let program = session.program().cloned().unwrap_or_default();
        let about = about(session, subject, user.as_ref(), program);
        self.begin_recording(session, subject, options, about)
    }

    /// Begins the recording that a session is created with.
    pub(super) fn record_new(
        &self,
        session: &Arc<Session>,
        new: &NewSession,
        subject: &Subject,
        spawn: Option<&SpawnOptions>,
    ) -> Result<(), Refusal> {
        let Some(options) = &new.recording else { return Ok(()) };
        let program = spawn.map(Program::of).unwrap_or_default();
        let mut about = about(session, subject, new.details.user.as_ref(), program);
        if let Some(spawn) = spawn {
            (about.cols, about.rows) = (spawn.size.cols, spawn.size.rows);
        }
        match self.begin_recording(session, subject, options.clone(), about) {
            Ok(_) => Ok(()),
            Err(RecordError::Closed(_)) => Err(Refusal::Closed),
            Err(RecordError::Recording(error)) => Err(error.into()),
        }
    }

    fn begin_recording(
        &self,
        session: &Arc<Session>,
        subject: &Subject,
        mut options: Options,
        about: About,
    ) -> Result<Arc<Recording>, RecordError> {
        if options.label.is_empty() {
            options.label = subject.id.to_string();
        }
        // The next process may have another working directory.
        options.dir = std::path::absolute(&options.dir).unwrap_or(options.dir);
        options.journal = self.journal_of(session);
        let about = About { title: options.title.clone(), ..about };
        let recording = session.record(options, about)?;
        note(session);
        Ok(recording)
    }

    fn journal_of(&self, session: &Session) -> Option<PathBuf> {
        Some(self.journals.as_ref()?.path_of(&session.journal_name()?))
    }

    /// Goes on with the recordings of a session that was just restored; one that
    /// had none is recorded where the registry says so. A recording that cannot
    /// go on is told of, and another one begins in its place.
    pub(super) fn record_restored(&self, handle: &Handle, recordings: Option<Vec<String>>) {
        let Some(paths) = recordings else {
            self.record_anew(handle);
            return;
        };
        let mut lost = false;
        for path in paths.iter().map(Path::new) {
            match handle.session.go_on_recording(path) {
                // The files of one that has ended are removed at its own time.
                Ok(()) | Err(Error::Over) => {}
                Err(error) => {
                    lost = true;
                    self.step().tell(Event::JournalError(JournalFault::recording(path, &error)));
                }
            }
        }
        if lost {
            self.record_anew(handle);
        }
        note(&handle.session);
    }

    fn record_anew(&self, handle: &Handle) {
        let Some(options) = &self.options.recording else { return };
        if let Err(RecordError::Recording(error)) = self.record(handle, options.clone()) {
            let fault = JournalFault::recording(&options.dir, &error);
            self.step().tell(Event::JournalError(fault));
        }
    }
}

/// Notes in a session's journal, if it has one, which recordings the next process
/// has to go on with. One whose journal has no room for the paths ends with this
/// process.
fn note(session: &Session) {
    let open = session.recordings().into_iter().filter(|recording| recording.ending().is_none());
    let paths = open.map(|recording| recording.first_file().to_string_lossy().into_owned());
    let paths: Vec<_> = paths.collect();
    let _ = session.change_identity(|identity| identity.recordings = Some(paths));
}

/// What a recording's header and its card say of a session.
fn about(session: &Session, subject: &Subject, user: Option<&Arc<str>>, program: Program) -> About {
    let size = session.size();
    About {
        cols: size.cols,
        rows: size.rows,
        term: program.term,
        shell: program.shell,
        command: program.command,
        title: None,
        session: subject.id.to_string(),
        project: subject.project.as_ref().map(ToString::to_string),
        user: user.map(ToString::to_string),
    }
}
