//! Drives the screen for the scripts of `bench/screen`.
//!
//! Commands come on standard input, one a line, some followed by bytes:
//! `new cols rows lines bytes unicode minor options tab`, `feed n`, `answer n`, `resize cols rows`,
//! `snapshot lines`, `text`, `held`, `pending`, `time-hostile n m`. Each command
//! that asks for something is answered on standard output with a length, a newline
//! and so many bytes.

use offheap_screen::{Client, ImageSupport, Screen, ScreenOptions, UnicodeVersion, XtermVersion};
use std::io::{self, BufRead, Write};
use std::time::Instant;

/// Bytes of a sequence that is to cost as much as it can.
const HOSTILE_BYTES: usize = 64 * 1024;

struct Harness<R, W> {
    input: R,
    output: W,
    options: ScreenOptions,
    screen: Screen,
}

fn main() -> io::Result<()> {
    let options = ScreenOptions::default();
    let mut harness = Harness {
        input: io::stdin().lock(),
        output: io::BufWriter::new(io::stdout().lock()),
        screen: Screen::new(&options),
        options,
    };
    let mut line = String::new();
    while harness.input.read_line(&mut line)? > 0 {
        harness.perform(line.trim_end())?;
        line.clear();
    }
    harness.output.flush()
}

impl<R: BufRead, W: Write> Harness<R, W> {
    fn perform(&mut self, line: &str) -> io::Result<()> {
        let mut words = line.split(' ');
        let command = words.next().unwrap_or_default();
        let numbers: Vec<usize> = words.map(|word| word.parse().unwrap_or(usize::MAX)).collect();
        let number = |index: usize| numbers.get(index).copied().unwrap_or(0);
        match command {
            "new" => self.restart(&numbers),
            "feed" => {
                let bytes = self.bytes(number(0))?;
                self.screen.feed(&bytes);
            }
            "answer" => {
                let bytes = self.bytes(number(0))?;
                let mut answers = Vec::new();
                self.screen.feed_answering(&bytes, &mut answers);
                self.reply(&answers)?;
            }
            "resize" => self.screen.resize(small(number(0)), small(number(1))),
            "snapshot" => {
                let mut out = Vec::new();
                self.screen.snapshot(Some(number(0)), &mut out);
                self.reply(&out)?;
            }
            "text" => self.reply(self.screen.text().as_bytes())?,
            "held" => self.reply(self.screen.bytes_held().to_string().as_bytes())?,
            "pending" => self.reply(self.screen.unfinished_character().to_string().as_bytes())?,
            "time-hostile" => self.time_hostile(number(0), number(1))?,
            _ => panic!("unknown command {line:?}"),
        }
        Ok(())
    }

    fn restart(&mut self, numbers: &[usize]) {
        self.options = ScreenOptions {
            cols: small(numbers[0]),
            rows: small(numbers[1]),
            scrollback_lines: numbers[2],
            scrollback_bytes: numbers[3],
            client: client(&numbers[4..]),
        };
        self.screen = Screen::new(&self.options);
    }

    /// Milliseconds that 64 KiB of a sequence take the screen, which is fed the
    /// first bytes before.
    fn time_hostile(&mut self, before: usize, len: usize) -> io::Result<()> {
        let before = self.bytes(before)?;
        let bytes = self.bytes(len)?.repeat(HOSTILE_BYTES / len);
        let mut best = f64::MAX;
        for _ in 0..3 {
            self.screen = Screen::new(&self.options);
            self.screen.feed(&before);
            let begin = Instant::now();
            self.screen.feed(&bytes);
            best = best.min(begin.elapsed().as_secs_f64());
        }
        self.reply((best * 1e3).to_string().as_bytes())
    }

    fn bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn reply(&mut self, bytes: &[u8]) -> io::Result<()> {
        writeln!(self.output, "{}", bytes.len())?;
        self.output.write_all(bytes)?;
        self.output.flush()
    }
}

/// A client's terminal: its width table, the minor version of its xterm.js 6, its
/// options as bits, and the width of its tab stops.
fn client(numbers: &[usize]) -> Client {
    let has = |bit: usize| numbers[2] >> bit & 1 != 0;
    Client {
        version: if numbers[1] == 0 { XtermVersion::V6_0 } else { XtermVersion::V6_1 },
        unicode: match numbers[0] {
            6 => UnicodeVersion::V6,
            11 => UnicodeVersion::V11,
            _ => UnicodeVersion::V15Graphemes,
        },
        push_title: has(0),
        pop_title: has(1),
        scroll_on_erase: has(2),
        reflow_cursor_line: has(3),
        convert_eol: has(4),
        images: if has(5) { ImageSupport::ALL } else { ImageSupport::NONE },
        tab_stop_width: small(numbers[3]),
    }
}

fn small(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
