//! Asciicast version 1: one document, read whole and turned into lines.

use std::io::Write;

use serde_json::Value;

use crate::blob::Blob;
use crate::error::Error;
use crate::event;
use crate::gathered::Gathered;

/// The largest document, in bytes: its values take many times as much while it is read.
const MAX_DOCUMENT: u64 = 4 << 20;

/// The document, if it may be one of version 1.
pub(crate) fn read(blob: &Blob) -> Result<Option<Vec<u8>>, Error> {
    let io = |source| Error::Io { path: "recording".into(), source };
    let length = blob.len().map_err(io)?;
    let mut start = [0; 1];
    let count = blob.read_at(&mut start, 0).map_err(io)?;
    if count == 0 || start[0] != b'{' {
        return Ok(None);
    }
    if length > MAX_DOCUMENT {
        return Err(Error::Limit("no header in its first line, and more than 4 MiB of version 1"));
    }
    let mut document = vec![0; usize::try_from(length).unwrap_or(0)];
    blob.read_exact_at(&mut document, 0).map_err(io)?;
    Ok(Some(document))
}

/// The events of a document as lines of version 3, behind its own header.
pub(crate) fn to_lines(document: &[u8]) -> Result<Vec<u8>, Error> {
    let invalid = |reason| Error::Invalid { position: 0, reason };
    let value: Value = serde_json::from_slice(document).map_err(|_| invalid("not JSON"))?;
    let frames = value.get("stdout").and_then(Value::as_array);
    let frames = frames.ok_or_else(|| invalid("the document has no output"))?;
    // The header is known already: its line only takes its place.
    let mut lines = Gathered::default();
    lines.put(b"#\n");
    for frame in frames {
        let interval = frame.get(0).and_then(Value::as_f64);
        let text = frame.get(1).and_then(Value::as_str);
        let (Some(interval), Some(text)) = (interval, text) else {
            return Err(invalid("a frame is not an interval and text"));
        };
        // Writing to memory cannot fail.
        let _ = write!(lines, "[{interval}, \"o\", \"");
        lines.put_text(text);
        event::end(&mut lines);
    }
    Ok(lines.into_bytes())
}
