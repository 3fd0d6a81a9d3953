//! The control data of kitty's graphics commands, as xterm.js' image add-on reads
//! them: keys and values, of which it knows some.

/// What a command asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Action {
    #[default]
    Transmit,
    TransmitAndShow,
    Query,
    Show,
    Delete,
    Unknown,
}

/// What is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Deleted {
    #[default]
    All,
    One,
    Nothing,
}

/// A command. Numbers are those of JavaScript, which knows some that are none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Command {
    pub(super) action: Action,
    pub(super) deleted: Deleted,
    /// Whether the data is not in the sequence but somewhere else.
    pub(super) is_elsewhere: bool,
    pub(super) is_compressed: bool,
    pub(super) id: Option<f64>,
    pub(super) number: Option<f64>,
    pub(super) placement: Option<f64>,
    pub(super) format: Option<f64>,
    pub(super) width: Option<f64>,
    pub(super) height: Option<f64>,
    /// The part of the image that is shown: where it begins, and its size.
    pub(super) from: (Option<f64>, Option<f64>),
    pub(super) part: (Option<f64>, Option<f64>),
    /// Pixels between the edges of the first cell and the image.
    pub(super) offset: (Option<f64>, Option<f64>),
    pub(super) columns: Option<f64>,
    pub(super) rows: Option<f64>,
    pub(super) more: Option<f64>,
    pub(super) quiet: Option<f64>,
    pub(super) movement: Option<f64>,
}

impl Command {
    pub(super) fn parse(control: &[u8]) -> Self {
        let mut command = Self::default();
        for part in control.split(|&byte| byte == b',') {
            if let [key, b'=', value @ ..] = part {
                command.set(*key, value);
            }
        }
        command
    }

    fn set(&mut self, key: u8, value: &[u8]) {
        let number = match key {
            b'a' => return self.action = action(value),
            b'o' => return self.is_compressed = value == b"z",
            b't' => return self.is_elsewhere = value != b"d",
            b'd' => return self.deleted = deleted(value),
            b'f' => &mut self.format,
            b'i' => &mut self.id,
            b'I' => &mut self.number,
            b's' => &mut self.width,
            b'v' => &mut self.height,
            b'x' => &mut self.from.0,
            b'y' => &mut self.from.1,
            b'w' => &mut self.part.0,
            b'h' => &mut self.part.1,
            b'X' => &mut self.offset.0,
            b'Y' => &mut self.offset.1,
            b'c' => &mut self.columns,
            b'r' => &mut self.rows,
            b'm' => &mut self.more,
            b'q' => &mut self.quiet,
            b'C' => &mut self.movement,
            b'p' => &mut self.placement,
            _ => return,
        };
        *number = Some(parse_int(value));
    }
}

fn action(value: &[u8]) -> Action {
    match value {
        b"t" => Action::Transmit,
        b"T" => Action::TransmitAndShow,
        b"q" => Action::Query,
        b"p" => Action::Show,
        b"d" => Action::Delete,
        _ => Action::Unknown,
    }
}

fn deleted(value: &[u8]) -> Deleted {
    match value {
        b"a" | b"A" => Deleted::All,
        b"i" | b"I" => Deleted::One,
        _ => Deleted::Nothing,
    }
}

/// JavaScript's `parseInt(value, 10)`.
fn parse_int(value: &[u8]) -> f64 {
    let text = value.trim_ascii_start();
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1.0, digits),
        [b'+', digits @ ..] | digits => (1.0, digits),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let add = |number: Option<f64>, digit: &u8| {
        Some(number.unwrap_or(0.0) * 10.0 + f64::from(digit - b'0'))
    };
    // Adding 0 makes -0 a 0 like any other.
    digits.fold(None, add).map_or(f64::NAN, |number| sign * number + 0.0)
}
