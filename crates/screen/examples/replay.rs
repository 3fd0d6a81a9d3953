//! Prints the screen that terminal output leaves behind, and how long a snapshot
//! of it is:
//!
//! ```text
//! cargo run --example replay -- recording.bin 80 24
//! ls --color=always | cargo run --example replay
//! ```

use std::fs::File;
use std::io::{self, Read, Write};

use offheap_screen::{Screen, ScreenOptions};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next();
    let mut size = || arguments.next().and_then(|number| number.parse().ok());
    let options = ScreenOptions {
        cols: size().unwrap_or(80),
        rows: size().unwrap_or(24),
        ..ScreenOptions::default()
    };
    let mut input: Box<dyn Read> = match file {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin().lock()),
    };

    let mut screen = Screen::new(&options);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        screen.feed(&buffer[..count]);
    }

    let mut snapshot = Vec::new();
    screen.snapshot(None, &mut snapshot);
    let mut output = io::stdout().lock();
    writeln!(output, "{}", screen.text())?;
    writeln!(output, "-- {} bytes restore it with its scrollback", snapshot.len())?;
    if !screen.title().is_empty() {
        writeln!(output, "-- its title is {:?}", screen.title())?;
    }
    Ok(())
}
