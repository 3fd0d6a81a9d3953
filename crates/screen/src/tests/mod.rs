//! Tests of the screen, by feature.

mod answering;
mod bounding;
mod editing;
mod leaping;
mod parsing;
mod printing;
mod properties;
mod resizing;
mod restoring;
mod scrolling;

use super::{Screen, ScreenOptions};

/// A screen of this size that was fed `bytes`.
fn screen(cols: u16, rows: u16, bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(&ScreenOptions { cols, rows, ..ScreenOptions::default() });
    screen.feed(bytes);
    screen
}

/// The text of such a screen.
fn text(cols: u16, rows: u16, bytes: &str) -> String {
    screen(cols, rows, bytes.as_bytes()).text()
}

/// The snapshot of a screen, scrollback included.
fn snapshot(screen: &Screen) -> Vec<u8> {
    let mut bytes = Vec::new();
    screen.snapshot(None, &mut bytes);
    bytes
}

/// The snapshot as text, without what every snapshot begins with.
fn shown(screen: &Screen) -> String {
    let bytes = snapshot(screen);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.strip_prefix("\x18\x1bc").unwrap_or(&text).to_owned()
}

/// Another screen of the same size, made from the snapshot.
fn restored(screen: &Screen) -> Screen {
    let (cols, rows) = screen.size();
    self::screen(cols, rows, &snapshot(screen))
}
