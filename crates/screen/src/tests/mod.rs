//! Tests of the screen, by feature.

mod answering;
mod bounding;
mod clients;
mod editing;
mod images;
mod leaping;
mod parsing;
mod piecing;
mod printing;
mod properties;
mod resizing;
mod restoring;
mod scrolling;

use super::{Client, ImageSupport, Screen, ScreenOptions, UnicodeVersion, XtermVersion};
use proptest::prelude::*;

/// A screen of this size that was fed `bytes`.
fn screen(cols: u16, rows: u16, bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(&ScreenOptions { cols, rows, ..ScreenOptions::default() });
    screen.feed(bytes);
    screen
}

/// Any terminal that a client may have.
fn client() -> impl Strategy<Value = Client> {
    let versions = vec![XtermVersion::V6_0, XtermVersion::V6_1];
    let tables = vec![UnicodeVersion::V6, UnicodeVersion::V11, UnicodeVersion::V15Graphemes];
    let (version, table) = (prop::sample::select(versions), prop::sample::select(tables));
    (version, table, any::<[bool; 6]>(), prop::sample::select(vec![8, 8, 1, 3])).prop_map(
        |(version, unicode, flags, tab_stop_width)| {
            let [push_title, pop_title, scroll_on_erase, reflow_cursor_line, convert_eol, images] =
                flags;
            Client {
                version,
                unicode,
                push_title,
                pop_title,
                scroll_on_erase,
                reflow_cursor_line,
                convert_eol,
                images: if images { ImageSupport::ALL } else { ImageSupport::NONE },
                tab_stop_width,
            }
        },
    )
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
