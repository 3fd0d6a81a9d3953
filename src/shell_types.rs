//! What is known of a shell, between JavaScript and Rust.

use napi::bindgen_prelude::{Env, Object, Result, Unknown};

use super::args;
use offheap_session::session::{Command, Progress, RemoteDirectory, Session, ShellNews};

/// Adds what is known of the shell to a `SessionInfo`.
pub(super) fn describe(env: &Env, object: &mut Object<'_>, session: &Session) -> Result<()> {
    let facts = session.facts();
    object.set("title", facts.title)?;
    object.set("iconName", facts.icon_name)?;
    object.set("workingDirectory", session.working_directory())?;
    object.set("remoteDirectory", remote(env, facts.remote.as_ref())?)?;
    object.set("command", command(env, facts.command.as_ref())?)?;
    object.set("lastCommand", command(env, facts.last_command.as_ref())?)?;
    object.set("progress", progress(env, facts.progress)?)?;
    object.set("integration", facts.integration.map(|known| known.shell.to_string()))
}

/// Adds what is new to an event's object.
pub(super) fn tell(env: &Env, object: &mut Object<'_>, news: &ShellNews) -> Result<()> {
    match news {
        ShellNews::Title { title, icon_name } => {
            object.set("title", title.as_deref())?;
            object.set("iconName", icon_name.as_deref())
        }
        ShellNews::Directory { path, remote: far } => {
            object.set("workingDirectory", path.as_deref())?;
            object.set("remoteDirectory", remote(env, far.as_ref())?)
        }
        ShellNews::Started(now) | ShellNews::Finished(now) => {
            object.set("command", command(env, Some(now))?)
        }
        ShellNews::Progress(now) => object.set("progress", progress(env, *now)?),
        ShellNews::Bell(count) => object.set("count", *count),
        ShellNews::Notification(notice) => {
            object.set("title", Some(&notice.title).filter(|title| !title.is_empty()))?;
            object.set("body", &notice.body)
        }
    }
}

/// A `RemoteDirectory`, or `null`.
pub(super) fn remote(env: &Env, remote: Option<&RemoteDirectory>) -> Result<Unknown<'static>> {
    let Some(RemoteDirectory { host, path }) = remote else { return args::null(env) };
    let mut object = Object::new(env)?;
    object.set("host", host)?;
    object.set("path", path)?;
    Ok(args::unknown(env, &object))
}

/// A `ShellProgress`, or `null`.
pub(super) fn progress(env: &Env, progress: Option<Progress>) -> Result<Unknown<'static>> {
    let Some(Progress { state, value }) = progress else { return args::null(env) };
    let mut object = Object::new(env)?;
    object.set("state", state.name())?;
    object.set("value", value)?;
    Ok(args::unknown(env, &object))
}

/// A `ShellCommand`, or `null`.
pub(super) fn command(env: &Env, command: Option<&Command>) -> Result<Unknown<'static>> {
    let Some(command) = command else { return args::null(env) };
    let mut object = Object::new(env)?;
    object.set("line", command.line.as_deref())?;
    object.set("startedAt", command.started_ms as f64)?;
    object.set("endedAt", command.ended_ms.map(|time| time as f64))?;
    object.set("duration", command.duration.map(|time| time.as_secs_f64() * 1000.0))?;
    object.set("exitCode", command.exit_code)?;
    object.set("outputStart", command.output_start as f64)?;
    object.set("outputEnd", command.output_end.map(|offset| offset as f64))?;
    object.set("trusted", command.trusted)?;
    Ok(args::unknown(env, &object))
}
