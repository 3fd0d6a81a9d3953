//! What is known of a shell at one moment, and how it outlives the process.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use super::command::Command;
use super::marks::{Progress, RemoteDirectory};

/// The shell is one that the session has given scripts to, which tell what it
/// does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// The shell: `bash`, `zsh` or `fish`.
    pub shell: Arc<str>,
    /// What its scripts show with their marks, and nobody else knows.
    pub nonce: Arc<str>,
}

/// What is known of a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The window title.
    pub title: Option<String>,
    /// The icon name.
    pub icon_name: Option<String>,
    /// The working directory, as the shell has told it.
    pub directory: Option<String>,
    /// Where a shell on another machine is that talks through this terminal.
    pub remote: Option<RemoteDirectory>,
    /// The command that runs.
    pub command: Option<Command>,
    /// The last one that has ended.
    pub last_command: Option<Command>,
    /// How far a program is.
    pub progress: Option<Progress>,
    /// Whether, and how, the shell is integrated.
    pub integration: Option<Integration>,
    /// The titles as the screen has them.
    pub(super) seen: (String, String),
}

/// Where a shell stands, beside what it has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// How much output there was.
    pub(super) at: u64,
    /// Its line editor has the terminal.
    pub(super) at_prompt: bool,
    /// Something was typed that is not a whole line yet.
    pub(super) typed: bool,
}

/// The longest line that is kept with a journal, in bytes.
const MAX_KEPT: usize = 1024;

impl Facts {
    /// What is to be kept, as lines of `name=value`; no value has a line feed in it.
    pub(super) fn encode(&self, Standing { at, at_prompt, typed }: Standing) -> String {
        let mut out = format!("at={at}\nready={at_prompt}\ntyped={typed}\n");
        let mut put = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let value = &value[..value.floor_char_boundary(MAX_KEPT)];
                let _ = writeln!(out, "{name}={value}");
            }
        };
        put("shell", self.integration.as_ref().map(|integration| &*integration.shell));
        put("nonce", self.integration.as_ref().map(|integration| &*integration.nonce));
        put("title", self.title.as_deref());
        put("icon", self.icon_name.as_deref());
        put("directory", self.directory.as_deref().filter(|path| path.len() <= MAX_KEPT));
        put("command", self.command.as_ref().map(encode).as_deref());
        put("last", self.last_command.as_ref().map(encode).as_deref());
        out
    }

    /// The inverse. What is not understood is left out.
    pub(super) fn decode(text: &str) -> (Self, Standing) {
        let value =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let owned = |name: &str| value(name).map(str::to_owned);
        let integration = value("shell").zip(value("nonce"));
        let integration = integration
            .map(|(shell, nonce)| Integration { shell: shell.into(), nonce: nonce.into() });
        let facts = Self {
            title: owned("title"),
            icon_name: owned("icon"),
            directory: owned("directory"),
            command: value("command").and_then(decode),
            last_command: value("last").and_then(decode),
            integration,
            ..Self::default()
        };
        let at = value("at").and_then(|at| at.parse().ok()).unwrap_or(0);
        let is_set = |name| value(name) == Some("true");
        (facts, Standing { at, at_prompt: is_set("ready"), typed: is_set("typed") })
    }
}

/// Numbers with `-` for those that are not known, and the line behind them.
fn encode(command: &Command) -> String {
    fn number<T: ToString>(number: Option<T>) -> String {
        number.map_or_else(|| "-".to_owned(), |number| number.to_string())
    }
    let Command { line, started_ms, ended_ms, duration, exit_code, .. } = command;
    let duration = number(duration.map(|duration| duration.as_micros()));
    let (ended, code) = (number(*ended_ms), number(*exit_code));
    let (start, end) = (command.output_start, number(command.output_end));
    let trusted = u8::from(command.trusted);
    let line = line.as_deref().map_or_else(String::new, |line| format!(" {line}"));
    format!("{started_ms} {ended} {duration} {code} {start} {end} {trusted}{line}")
}

fn decode(text: &str) -> Option<Command> {
    let mut parts = text.splitn(8, ' ');
    let mut next = || parts.next();
    let started_ms = next()?.parse().ok()?;
    let ended_ms = next()?.parse().ok();
    let duration = next()?.parse().ok().map(Duration::from_micros);
    let exit_code = next()?.parse().ok();
    let output_start = next()?.parse().ok()?;
    let output_end = next()?.parse().ok();
    let trusted = next()? == "1";
    let line = next().map(Arc::from);
    Some(Command {
        line,
        started_ms,
        ended_ms,
        duration,
        exit_code,
        output_start,
        output_end,
        trusted,
    })
}
