//! Kitty's graphics commands, `ESC _ G <control>;<base64> ESC \`, as xterm.js' image
//! add-on 0.10 performs them.

use super::base64::{Ending, encode};
use super::command::{Action, Command, Deleted};
use super::files::MAX_TEXT;
use super::header::{Kind, Metrics};
use super::payload::{Payload, empty_image};

/// Bytes of control data at most.
const MAX_CONTROL: usize = 512;
/// Images that are kept, as far as they are not shown.
const MAX_IMAGES: usize = 256;
/// Images whose data comes in pieces at a time. The add-on knows no bound.
const MAX_PENDING: usize = 64;
/// The format of files; others are pixels.
const FILE: f64 = 100.0;
const RGBA: f64 = 32.0;

/// An identifier: a number, of which one may be none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id(f64);

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// Where an image was last shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nowhere,
    Normal,
    Alternate,
}

/// An image that was transmitted.
#[derive(Clone, Debug)]
struct Image {
    id: Id,
    /// Whether the program gave it the identifier, and so can ask for it.
    is_named: bool,
    /// Its width and height in pixels, if it can be shown.
    size: Option<(u32, u32)>,
    shown: Shown,
}

/// An image whose data comes in pieces.
#[derive(Clone, Debug)]
struct Pending {
    id: Id,
    control: Vec<u8>,
    payload: Payload,
}

/// What has been read, transmitted and shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Kitty {
    control: Vec<u8>,
    /// The command, once its data begins.
    command: Option<Command>,
    /// The data of a command that continues none.
    payload: Payload,
    /// Whether there has been any data in this command.
    has_data: bool,
    is_refused: bool,
    pending: Vec<Pending>,
    last_pending: Option<Id>,
    images: Vec<Image>,
    /// Images that were given a number here.
    numbered: u32,
}

/// What is to be done when a command has ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// An image to show, and its width and height.
    pub(super) shown: Option<(Id, Option<(u32, u32)>)>,
    pub(super) command: Command,
    /// What is answered, whether or not an image is shown.
    pub(super) answer: Option<String>,
    /// Whether the program is told how the showing went.
    pub(super) is_told: bool,
}

impl Kitty {
    /// Begins a command.
    pub(super) fn begin(&mut self) {
        self.control.clear();
        self.command = None;
        self.payload = Payload::default();
        self.has_data = false;
        self.is_refused = false;
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Forgets the images that were shown in the alternate buffer, which has gone.
    pub(super) fn forget_alternate(&mut self) {
        self.images.retain(|image| image.shown != Shown::Alternate);
    }

    /// Takes more of a command; returns an answer to what is wrong with it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<String> {
        if self.is_refused {
            return None;
        }
        let Some(command) = self.command else { return self.take_control(bytes) };
        if command.action != Action::Delete {
            self.take_data(&command, bytes);
        }
        None
    }

    fn take_control(&mut self, bytes: &[u8]) -> Option<String> {
        let end = bytes.iter().position(|&byte| byte == b';');
        let control = &bytes[..end.unwrap_or(bytes.len())];
        if self.control.len() + control.len() > MAX_CONTROL {
            self.is_refused = true;
            return None;
        }
        self.control.extend_from_slice(control);
        let data = &bytes[end? + 1..];
        let command = Command::parse(&self.control);
        self.command = Some(command);
        if is_ambiguous(&command) {
            self.is_refused = true;
            return conflict(&command);
        }
        if data.is_empty() { None } else { self.take(data) }
    }

    fn take_data(&mut self, command: &Command, bytes: &[u8]) {
        let id = self.id_of(command);
        self.has_data = true;
        let pending = self.pending.iter_mut().find(|pending| pending.id == id);
        let is_continued = pending.is_some();
        let payload = pending.map_or(&mut self.payload, |pending| &mut pending.payload);
        payload.take(bytes);
        if payload.len() > MAX_TEXT {
            self.payload = Payload::default();
            if is_continued {
                self.remove_pending(id);
            }
            self.is_refused = true;
        }
    }

    /// The image that a command is about.
    fn id_of(&self, command: &Command) -> Id {
        command.id.map(Id).or(self.last_pending).unwrap_or(Id(0.0))
    }

    fn remove_pending(&mut self, id: Id) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        if self.last_pending == Some(id) {
            self.last_pending = None;
        }
        Some(self.pending.remove(at))
    }

    /// Ends a command.
    pub(super) fn end(&mut self, is_whole: bool) -> Outcome {
        if self.is_refused {
            return Outcome::default();
        }
        let payload = std::mem::take(&mut self.payload);
        if !is_whole {
            self.lose_data();
            return Outcome::default();
        }
        let Some(command) = self.command else { return self.end_without_data() };
        if command.action == Action::Delete {
            return self.delete(&command);
        }
        let id = self.id_of(&command);
        if command.more == Some(1.0) {
            if self.has_data {
                self.wait(id, payload);
            }
            return Outcome::default();
        }
        let (command, payload) = match self.remove_pending(id) {
            Some(pending) => {
                self.last_pending = None;
                (Command::parse(&pending.control), Some(pending.payload))
            }
            None => (command, self.has_data.then_some(payload)),
        };
        self.perform(&command, payload.as_ref())
    }

    /// Of an image in pieces, what has come goes with the command that is cancelled.
    fn lose_data(&mut self) {
        let Some(command) = self.command.filter(|_| self.has_data) else { return };
        let id = self.id_of(&command);
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == id) {
            pending.payload = Payload::default();
        }
    }

    /// Keeps what has come until there is more.
    fn wait(&mut self, id: Id, payload: Payload) {
        self.last_pending = Some(id);
        if self.pending.iter().any(|pending| pending.id == id) {
            return;
        }
        if self.pending.len() == MAX_PENDING {
            self.pending.remove(0);
        }
        self.pending.push(Pending { id, control: self.control.clone(), payload });
    }

    fn end_without_data(&mut self) -> Outcome {
        let command = Command::parse(&self.control);
        if is_ambiguous(&command) {
            return said(conflict(&command));
        }
        match command.action {
            Action::Delete => self.delete(&command),
            Action::Query => said(answer(command.id.unwrap_or(0.0), "OK", &command)),
            Action::Show => self.show(&command),
            _ => said(unsupported(&command)),
        }
    }

    fn perform(&mut self, command: &Command, payload: Option<&Payload>) -> Outcome {
        let file = payload.map(|payload| payload.end(Ending::Strict));
        let is_broken = file == Some(None);
        let (len, metrics) = file.flatten().map_or((0, None), |file| (file.len, file.metrics));
        let id = command.id.unwrap_or(0.0);
        match command.action {
            Action::Query => said(query(command, id, len, is_broken)),
            Action::Show => self.show(command),
            Action::Delete | Action::Unknown => said(unsupported(command)),
            Action::Transmit | Action::TransmitAndShow => {
                let is_shown = command.action == Action::TransmitAndShow;
                let (has_id, is_stored) = (command.id.is_some(), len > 0 && !is_broken);
                let answer = match (command.is_elsewhere, is_broken) {
                    (_, true) if is_shown || !command.is_elsewhere => {
                        let answer = answer(id, "EINVAL:invalid base64 data", command);
                        return said(answer.filter(|_| has_id));
                    }
                    (true, _) => answer(id, "EINVAL:unsupported transmission medium", command),
                    (false, _) if is_stored && !is_shown => answer(id, "OK", command),
                    _ => None,
                };
                if is_stored && !command.is_elsewhere {
                    self.store(command.id, bitmap(command, len, metrics));
                }
                let mut outcome = said(answer.filter(|_| has_id));
                if is_shown {
                    let id = command.id.map_or(Id(f64::from(self.numbered)), Id);
                    outcome.shown = self.find(id).map(|image| (id, image.size));
                    outcome.command = *command;
                    outcome.is_told = has_id;
                }
                outcome
            }
        }
    }

    fn find(&self, id: Id) -> Option<&Image> {
        self.images.iter().find(|image| image.id == id)
    }

    fn show(&self, command: &Command) -> Outcome {
        let Some(id) = command.id else { return Outcome::default() };
        let Some(image) = self.find(Id(id)) else {
            return said(answer(id, "ENOENT:image not found", command));
        };
        Outcome {
            shown: Some((image.id, image.size)),
            command: *command,
            answer: None,
            is_told: true,
        }
    }

    fn store(&mut self, id: Option<f64>, size: Option<(u32, u32)>) {
        let is_named = id.is_some();
        let id = id.map_or_else(
            || {
                self.numbered += 1;
                Id(f64::from(self.numbered))
            },
            Id,
        );
        if let Some(image) = self.images.iter_mut().find(|image| image.id == id) {
            *image = Image { id, is_named, size, shown: Shown::Nowhere };
            return;
        }
        if self.images.len() >= MAX_IMAGES {
            self.forget_unseen();
        }
        self.images.push(Image { id, is_named, size, shown: Shown::Nowhere });
    }

    /// Makes room as the add-on does: the oldest go that are not shown. Those that
    /// are go when their lines do, which nobody follows here; so in the end they go
    /// as well.
    fn forget_unseen(&mut self) {
        let mut left = self.images.len().saturating_sub(MAX_IMAGES / 2);
        self.images.retain(|image| {
            let goes = left > 0 && image.shown == Shown::Nowhere;
            left -= usize::from(goes);
            !goes
        });
        let over = self.images.len().saturating_sub(2 * MAX_IMAGES);
        self.images.drain(..over);
    }

    /// Notes where an image is shown.
    pub(super) fn note_shown(&mut self, id: Id, is_alternate: bool) {
        if let Some(image) = self.images.iter_mut().find(|image| image.id == id) {
            image.shown = if is_alternate { Shown::Alternate } else { Shown::Normal };
        }
    }

    fn delete(&mut self, command: &Command) -> Outcome {
        match (command.deleted, command.id.map(Id)) {
            (Deleted::All, _) => {
                self.pending.clear();
                self.last_pending = None;
                self.images.clear();
            }
            (Deleted::One, Some(id)) => {
                self.remove_pending(id);
                self.images.retain(|image| image.id != id);
            }
            _ => {}
        }
        Outcome::default()
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        let of = |pending: &Pending| {
            size_of::<Pending>() + pending.control.capacity() + pending.payload.bytes_held()
        };
        self.control.capacity()
            + self.payload.bytes_held()
            + self.pending.iter().map(of).sum::<usize>()
            + self.images.capacity() * size_of::<Image>()
    }

    /// Writes what a client must know to go on: empty images of the same sizes in
    /// place of those that programs can ask for, and of those still to come.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for image in &self.images {
            let id = if image.is_named {
                format!(",i={}", image.id.0)
            } else if image.id == Id(f64::from(self.numbered)) {
                // That one is shown again by whoever sends no other.
                String::new()
            } else {
                continue;
            };
            let Some(file) = image.size.and_then(empty_image) else { continue };
            out.extend_from_slice(format!("\x1b_Ga=t,f=100,q=2{id};").as_bytes());
            encode(&file, out);
            out.extend_from_slice(b"\x1b\\");
        }
        for pending in &self.pending {
            if write_begun(&pending.control, &pending.payload, out) {
                out.extend_from_slice(b"\x1b\\");
            }
        }
    }

    /// Writes the beginning of the command that is being read in another form than it
    /// had, if its bytes are not kept or [`Kitty::write`] has written them already;
    /// whether it did.
    pub(super) fn write_begun(&self, is_kept: bool, out: &mut Vec<u8>) -> bool {
        let Some(command) = self.command.filter(|_| !self.is_refused) else { return false };
        let id = self.id_of(&command);
        if self.has_data && self.pending.iter().any(|pending| pending.id == id) {
            write_control(&self.control, b";", out);
            return true;
        }
        !is_kept && write_begun(&self.control, &self.payload, out)
    }
}

fn write_control(control: &[u8], end: &[u8], out: &mut Vec<u8>) {
    for part in [b"\x1b_G", control, end] {
        out.extend_from_slice(part);
    }
}

/// Writes the beginning of a command with an empty image in place of what has come so
/// far, if there is a way.
fn write_begun(control: &[u8], payload: &Payload, out: &mut Vec<u8>) -> bool {
    let command = Command::parse(control);
    let is_file = command.format == Some(FILE);
    let size = bitmap(&Command { is_compressed: true, ..command }, 0, None);
    if command.is_compressed && is_file || size.is_none() && !is_file {
        return false;
    }
    let before = out.len();
    write_control(control, b",f=100,o=;", out);
    let is_written = payload.write(size, out).is_some();
    if !is_written {
        out.truncate(before);
    }
    is_written
}

/// The size of what is transmitted, if the client can show it.
fn bitmap(command: &Command, len: usize, metrics: Option<Metrics>) -> Option<(u32, u32)> {
    let format = command.format.unwrap_or(RGBA);
    if format == FILE {
        let metrics = metrics.filter(|metrics| metrics.kind != Kind::Qoi);
        let size = metrics.map(|metrics| (metrics.width, metrics.height));
        return size.filter(|&(width, height)| !command.is_compressed && width > 0 && height > 0);
    }
    let (width, height) = (command.width?, command.height?);
    let is_image = width >= 1.0 && height >= 1.0;
    (is_image && (command.is_compressed || has_pixels(format, width, height, len))).then_some(())?;
    let side = |side: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        (side <= f64::from(u32::MAX)).then_some(side as u32)
    };
    Some((side(width)?, side(height)?))
}

#[expect(clippy::cast_precision_loss, reason = "data is shorter than that")]
fn has_pixels(format: f64, width: f64, height: f64, len: usize) -> bool {
    let bytes = if format == RGBA { 4.0 } else { 3.0 };
    len as f64 >= width * height * bytes
}

fn query(command: &Command, id: f64, len: usize, is_broken: bool) -> Option<String> {
    let format = command.format.unwrap_or(RGBA);
    let (width, height) = (command.width.unwrap_or(0.0), command.height.unwrap_or(0.0));
    let message = if command.is_elsewhere {
        "EINVAL:unsupported transmission medium"
    } else if is_broken {
        "EINVAL:invalid base64 data"
    } else if len == 0 || format == FILE {
        "OK"
    } else if width == 0.0 || height == 0.0 || width.is_nan() || height.is_nan() {
        "EINVAL:width and height required for raw pixel data"
    } else if !has_pixels(format, width, height, len) {
        "EINVAL:insufficient pixel data"
    } else {
        "OK"
    };
    answer(id, message, command)
}

/// Whether it has both keys for an image, of which there may be one.
const fn is_ambiguous(command: &Command) -> bool {
    command.id.is_some() && command.number.is_some()
}

fn conflict(command: &Command) -> Option<String> {
    let command = Command { placement: None, ..*command };
    answer(command.id.unwrap_or(0.0), "EINVAL:cannot specify both i and I keys", &command)
}

fn unsupported(command: &Command) -> Option<String> {
    command.id.and_then(|id| answer(id, "EINVAL:unsupported action", command))
}

fn said(answer: Option<String>) -> Outcome {
    Outcome { answer, ..Outcome::default() }
}

/// An answer, unless the program does not want it. Only one about a placement names
/// that.
fn answer(id: f64, message: &str, command: &Command) -> Option<String> {
    let quiet = command.quiet.unwrap_or(0.0);
    let is_unwanted = quiet >= if message == "OK" { 1.0 } else { 2.0 };
    let is_placed = command.action == Action::Show;
    let placement = command.placement.filter(|&placement| is_placed && placement.abs() > 0.0);
    let placement = placement.map(|placement| format!(",p={placement}")).unwrap_or_default();
    (!is_unwanted).then(|| format!("\x1b_Gi={id}{placement};{message}\x1b\\"))
}

impl Outcome {
    /// What the program is told of the showing.
    pub(super) fn told(&self, id: Id, is_shown: bool) -> Option<String> {
        let message = if is_shown { "OK" } else { "EINVAL:image rendering failed" };
        answer(id.0, message, &self.command).filter(|_| self.is_told)
    }
}
