//! The first line of an asciicast.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::event;

/// The longest first line of a cast, in bytes.
const MAX_LINE: usize = 256 * 1024;
const LONG_LINE: &str = "a first line longer than 256 KiB";
const NOT_JSON: &str = "the header is not JSON";
/// Environment variables that a header says, at most; others are left out.
const MAX_VARIABLES: usize = 1000;

/// What is known of a session when its recording begins.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// `TERM`.
    pub term: Option<String>,
    /// `SHELL`.
    pub shell: Option<String>,
    /// The command line.
    pub command: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// The session's id, its project and whose it is: for the card beside the
    /// cast, and not in it.
    pub session: String,
    /// See `session`.
    pub project: Option<String>,
    /// See `session`.
    pub user: Option<String>,
}

impl About {
    /// The same, with texts of a bounded length.
    pub(crate) fn bounded(mut self) -> Self {
        let words = [&mut self.term, &mut self.shell, &mut self.command, &mut self.title];
        for word in words.into_iter().flatten() {
            word.truncate(event::label(word).len());
        }
        self
    }

    /// All of it, for who goes on with the recording later.
    pub(crate) fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("cols".into(), self.cols.into());
        object.insert("rows".into(), self.rows.into());
        object.insert("session".into(), self.session.as_str().into());
        for (name, value) in self.words() {
            set(&mut object, name, value.as_deref());
        }
        Value::Object(object)
    }

    /// The opposite of [`About::to_json`]; `None` for what is none.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let (cols, rows) = pair(object, "cols", "rows")?;
        let word = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            cols,
            rows,
            term: word("term"),
            shell: word("shell"),
            command: word("command"),
            title: word("title"),
            session: word("session")?,
            project: word("project"),
            user: word("user"),
        })
    }

    fn words(&self) -> [(&'static str, &Option<String>); 6] {
        [
            ("term", &self.term),
            ("shell", &self.shell),
            ("command", &self.command),
            ("title", &self.title),
            ("project", &self.project),
            ("user", &self.user),
        ]
    }

    /// The header's line, of version 3. `timestamp` is in seconds since the epoch.
    pub(crate) fn line(&self, timestamp: u64) -> String {
        let mut term = Map::new();
        term.insert("cols".into(), self.cols.into());
        term.insert("rows".into(), self.rows.into());
        set(&mut term, "type", self.term.as_deref());
        let mut env = Map::new();
        set(&mut env, "SHELL", self.shell.as_deref());
        set(&mut env, "TERM", self.term.as_deref());
        let mut header = Map::new();
        header.insert("version".into(), 3.into());
        header.insert("term".into(), term.into());
        header.insert("timestamp".into(), timestamp.into());
        set(&mut header, "command", self.command.as_deref());
        set(&mut header, "title", self.title.as_deref());
        if !env.is_empty() {
            header.insert("env".into(), env.into());
        }
        let mut line = Value::Object(header).to_string();
        line.push('\n');
        line
    }
}

fn set(map: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        map.insert(name.into(), value.into());
    }
}

/// What an asciicast says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The version of the format, 1 to 3.
    pub version: u8,
    /// Columns at the beginning.
    pub cols: u16,
    /// Rows at the beginning.
    pub rows: u16,
    /// When the recording began, in seconds since the epoch.
    pub timestamp: Option<f64>,
    /// The terminal's type.
    pub term: Option<String>,
    /// The command line.
    pub command: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
}

impl Header {
    /// Reads the header out of the first line of a cast.
    pub(crate) fn of_line(line: &[u8]) -> Result<Self, Error> {
        if line.len() > MAX_LINE {
            return Err(Error::Limit(LONG_LINE));
        }
        Self::parse(line)
    }

    /// Reads the header out of a line, or, of version 1, a document.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Error> {
        let invalid = |reason| Error::Invalid { position: 0, reason };
        let value: Value = serde_json::from_slice(text).map_err(|_| invalid(NOT_JSON))?;
        let object = value.as_object().ok_or_else(|| invalid("the header is not an object"))?;
        let version = object.get("version").and_then(Value::as_u64);
        let version = version.ok_or_else(|| invalid("the header has no version"))?;
        let size = match version {
            3 => object.get("term").and_then(|term| pair(term.as_object()?, "cols", "rows")),
            1 | 2 => pair(object, "width", "height"),
            other => return Err(Error::Version(other)),
        };
        let (cols, rows) = size.ok_or_else(|| invalid("the header has no valid size"))?;
        event::check_size(cols, rows)?;
        let env = object.get("env").and_then(Value::as_object);
        let env = env
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let env: Vec<_> = env.take(MAX_VARIABLES).collect();
        let term = object.get("term").and_then(|term| term.get("type")).and_then(Value::as_str);
        let term = term.map(str::to_owned);
        let term =
            term.or_else(|| env.iter().find(|(name, _)| name == "TERM").map(|p| p.1.clone()));
        let word = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            version: u8::try_from(version).unwrap_or(3),
            cols,
            rows,
            timestamp: object.get("timestamp").and_then(Value::as_f64),
            term,
            command: word("command"),
            title: word("title"),
            env,
        })
    }

    /// The same as a line of version 2.
    pub(crate) fn to_v2(&self) -> String {
        let mut header = Map::new();
        header.insert("version".into(), 2.into());
        header.insert("width".into(), self.cols.into());
        header.insert("height".into(), self.rows.into());
        if let Some(timestamp) = self.timestamp {
            // Version 2 has whole seconds.
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            header.insert("timestamp".into(), (timestamp.trunc() as i64).into());
        }
        set(&mut header, "command", self.command.as_deref());
        set(&mut header, "title", self.title.as_deref());
        let env = self.env.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let env: Map<String, Value> = env.collect();
        if !env.is_empty() {
            header.insert("env".into(), env.into());
        }
        let mut line = Value::Object(header).to_string();
        line.push('\n');
        line
    }
}

/// Whether a first line that is refused for this may be the beginning of a document.
pub(crate) fn may_begin_document(error: &Error) -> bool {
    matches!(error, Error::Limit(LONG_LINE) | Error::Invalid { reason: NOT_JSON, .. })
}

fn pair(object: &Map<String, Value>, first: &str, second: &str) -> Option<(u16, u16)> {
    let side = |name| {
        let number = object.get(name).and_then(Value::as_u64)?;
        u16::try_from(number).ok().filter(|number| *number > 0)
    };
    Some((side(first)?, side(second)?))
}
