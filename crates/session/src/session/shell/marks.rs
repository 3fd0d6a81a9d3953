//! What operating system commands say of a shell and of what it runs.
//!
//! Any program can print any of them, so nothing here is more than a claim. What
//! becomes of it is for [`Shell`](super::Shell) to say.

use super::text::{self, base64, clean, percent_decoded, unescaped};

/// The longest command line that is kept, in bytes.
pub(super) const MAX_LINE: usize = 4096;
/// The longest directory, in bytes: what systems take.
const MAX_DIRECTORY: usize = 4096;
/// The longest title and body of a notification, in bytes.
const MAX_NOTICE: usize = 1024;

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A prompt begins: the shell has nothing to do.
    Prompt,
    /// The prompt ends here, and input begins.
    Input,
    /// A command begins to run, with its line where that is said along with it.
    Running(Option<String>),
    /// It has ended, with this exit code where it is said.
    Finished(Option<i32>),
    /// The line of the command that is about to run.
    Line(String),
    /// The working directory.
    Directory(Place),
    /// How far a program is; `None`: it shows no progress any more.
    Progress(Option<Progress>),
    /// A notification.
    Notice(Notice),
    /// A part of a notification of kitty's protocol.
    Part(Part),
}

/// Where a shell says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A directory of this machine.
    Here(String),
    /// A directory of another one.
    There(RemoteDirectory),
    /// Something that is no directory that can be told.
    Unknown,
}

/// A directory of another machine, which a shell there has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteDirectory {
    /// The machine's name, as it calls itself.
    pub host: String,
    /// The directory.
    pub path: String,
}

/// How far a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Of what kind it is.
    pub state: ProgressState,
    /// Percent; `None` where there is no telling.
    pub value: Option<u8>,
}

/// The kinds of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressState {
    /// It goes on.
    Normal,
    /// It has failed.
    Error,
    /// It goes on, and nobody knows for how long.
    Indeterminate,
    /// It is paused, or something is odd.
    Warning,
}

impl ProgressState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Error => "error",
            Self::Indeterminate => "indeterminate",
            Self::Warning => "warning",
        }
    }
}

/// A notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// Its title; empty where there is none.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// A part of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Which one it belongs to.
    pub(super) id: String,
    /// For its title, or else for its body.
    pub(super) is_title: bool,
    pub(super) text: String,
    /// Nothing follows.
    pub(super) is_last: bool,
}

/// A mark, and the proof that the shell itself has made it, if one came along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) mark: Mark,
    pub(super) nonce: Option<String>,
}

/// What a command of this number says; `None` for what is not for us.
pub(super) fn read(number: u16, text: &str) -> Option<Claim> {
    let mark = match number {
        7 => Mark::Directory(of_url(text)?),
        9 => of_osc_9(text)?,
        99 => Mark::Part(of_kitty(text)?),
        133 => return of_osc_133(text),
        633 => return of_osc_633(text),
        777 => {
            let (title, body) = text.strip_prefix("notify;")?.split_once(';')?;
            Mark::Notice(notice(title, body)?)
        }
        1337 => Mark::Directory(here(text.strip_prefix("CurrentDir=")?)),
        _ => return None,
    };
    Some(Claim { mark, nonce: None })
}

/// The marks of `FinalTerm`, with the nonce as the id of the application (`aid`).
fn of_osc_133(text: &str) -> Option<Claim> {
    let mut parts = text.split(';');
    let kind = parts.next()?;
    let named = |name: &str| {
        let value = |part| str::strip_prefix(part, name)?.strip_prefix('=');
        text.split(';').skip(1).find_map(value)
    };
    let mark = match kind {
        "A" | "N" => Mark::Prompt,
        "B" => Mark::Input,
        "C" => Mark::Running(named("cmdline_url").and_then(|url| line(&percent_decoded(url)?))),
        "D" => Mark::Finished(parts.next().and_then(|code| code.parse().ok())),
        _ => return None,
    };
    Some(Claim { mark, nonce: named("aid").map(str::to_owned) })
}

/// VS Code's marks.
fn of_osc_633(text: &str) -> Option<Claim> {
    let mut parts = text.split(';');
    let mut nonce = None;
    let mark = match parts.next()? {
        "A" => Mark::Prompt,
        "B" => Mark::Input,
        "C" => Mark::Running(None),
        "D" => Mark::Finished(parts.next().and_then(|code| code.parse().ok())),
        "E" => {
            let said = line(&unescaped(parts.next()?)?)?;
            nonce = parts.next().map(str::to_owned);
            Mark::Line(said)
        }
        "P" => Mark::Directory(here(&unescaped(parts.next()?.strip_prefix("Cwd=")?)?)),
        _ => return None,
    };
    Some(Claim { mark, nonce })
}

fn line(text: &str) -> Option<String> {
    Some(clean(text.trim(), MAX_LINE)).filter(|line| !line.is_empty())
}

/// Progress (4), a directory (9), or the text of a notification.
fn of_osc_9(text: &str) -> Option<Mark> {
    let (first, rest) = text.split_once(';').unwrap_or((text, ""));
    match first {
        "4" => of_progress(rest),
        "9" => Some(Mark::Directory(here(rest.trim_matches('"')))),
        // The other commands of ConEmu.
        "1" | "2" | "3" | "5" | "6" | "7" | "8" | "10" | "11" | "12" => None,
        _ => Some(Mark::Notice(notice("", text)?)),
    }
}

fn of_progress(text: &str) -> Option<Mark> {
    let (state, value) = text.split_once(';').unwrap_or((text, ""));
    let value = value.parse::<u32>().ok().map(|value| value.min(100) as u8);
    let state = match state {
        "0" | "" => return Some(Mark::Progress(None)),
        "1" => ProgressState::Normal,
        "2" => ProgressState::Error,
        "3" => ProgressState::Indeterminate,
        "4" => ProgressState::Warning,
        _ => return None,
    };
    let value = value.filter(|_| state != ProgressState::Indeterminate);
    Some(Mark::Progress(Some(Progress { state, value })))
}

fn notice(title: &str, body: &str) -> Option<Notice> {
    let notice = Notice { title: clean(title, MAX_NOTICE), body: clean(body, MAX_NOTICE) };
    (notice != Notice::default()).then_some(notice)
}

/// `metadata;payload`, the metadata being `key=value` with `:` between them.
fn of_kitty(text: &str) -> Option<Part> {
    let (metadata, payload) = text.split_once(';')?;
    let value = |name: &str| {
        metadata.split(':').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
    };
    let value = |name: &str| value(name).map_or("", |(_, value)| value);
    let is_title = match value("p") {
        "" | "title" => true,
        "body" => false,
        _ => return None,
    };
    let text = if value("e") == "1" { base64(payload)? } else { payload.to_owned() };
    let id = clean(value("i"), 64);
    Some(Part { id, is_title, text: clean(&text, MAX_NOTICE), is_last: value("d") != "0" })
}

/// A path of this machine, if it is one.
fn here(path: &str) -> Place {
    directory(path).map_or(Place::Unknown, Place::Here)
}

/// A `file:` URL with the name of the machine that it is about. `None` for what is
/// no such URL.
fn of_url(url: &str) -> Option<Place> {
    let (raw, rest) = match (url.strip_prefix("file://"), url.strip_prefix("kitty-shell-cwd://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return None,
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if raw { Some(path.to_owned()) } else { percent_decoded(path) };
    let Some(path) = path.and_then(|path| directory(&path)) else { return Some(Place::Unknown) };
    if text::is_this_machine(host) {
        return Some(Place::Here(path));
    }
    Some(Place::There(RemoteDirectory { host: clean(host, 255), path }))
}

/// A path that names a directory wherever one is, or `None`.
fn directory(path: &str) -> Option<String> {
    // `/C:/Users` is how a URL writes it.
    let path = path.strip_prefix('/').filter(|path| has_drive(path)).unwrap_or(path);
    let is_absolute = path.starts_with('/') || path.starts_with("\\\\") || has_drive(path);
    let is_sound = path.len() <= MAX_DIRECTORY && !path.contains(char::is_control);
    (is_absolute && is_sound).then(|| path.to_owned())
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}
