//! The screen under any bytes, in any pieces, at any size: it never panics, its
//! pieces do not matter, and its snapshot makes a screen with the same snapshot.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use offheap_terminal_core::screen::{Screen, ScreenOptions};

#[derive(Arbitrary, Debug)]
enum Step {
    Feed(Vec<u8>),
    Resize(u8, u8),
    DropScrollback,
}

fn snapshot(screen: &Screen) -> Vec<u8> {
    let mut bytes = Vec::new();
    screen.snapshot(None, &mut bytes);
    bytes
}

fuzz_target!(|input: (u8, u8, Vec<Step>)| {
    let (cols, rows, steps) = input;
    let options = ScreenOptions {
        cols: u16::from(cols),
        rows: u16::from(rows),
        scrollback_lines: 50,
        ..ScreenOptions::default()
    };
    let (mut whole, mut pieces) = (Screen::new(&options), Screen::new(&options));
    for step in steps {
        match step {
            Step::Feed(bytes) => {
                whole.feed(&bytes);
                for byte in bytes {
                    pieces.feed(&[byte]);
                }
            }
            Step::Resize(cols, rows) => {
                whole.resize(u16::from(cols), u16::from(rows));
                pieces.resize(u16::from(cols), u16::from(rows));
            }
            Step::DropScrollback => {
                whole.drop_scrollback();
                pieces.drop_scrollback();
            }
        }
    }
    assert_eq!(whole.text(), pieces.text());
    let bytes = snapshot(&whole);
    assert!(bytes.len() < 64 << 20);
    let (cols, rows) = whole.size();
    let mut restored = Screen::new(&ScreenOptions { cols, rows, ..options });
    restored.feed(&bytes);
});
