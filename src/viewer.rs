//! `Viewer`: a cursor into a session, and the frames that it yields.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use napi::ValueType;
use napi::bindgen_prelude::{Env, Object, ObjectFinalize, Result, Unknown};
use napi_derive::napi;
use offheap_wake::Signal;

use super::args;
use super::buffer::Slab;
use super::callback::Callback;
use super::error::{closed, illegal_constructor, invalid_type};
use super::hub::{Hub, Target};
use super::news::{News, Token};
use offheap_session::session::{
    Format, Gap, Origin, Recovery, Replay, Session, SnapshotHead, ViewerKey, ViewerOptions,
    ViewerPosition,
};

/// The default size of a frame, and the largest: 64 KiB.
const MAX_FRAME: usize = 64 * 1024;
/// A JSON frame needs room for its own words and an escaped character.
const MIN_FRAME: usize = 1024;

/// A viewer that is this far behind gets a large frame.
const FAR: u64 = 8 * 1024;

thread_local! {
    /// Where small frames are made before they are copied into the memory that
    /// goes out: one for the whole thread, since a frame is made within one call.
    static FRAME: RefCell<Box<[u8]>> =
        RefCell::new(vec![0; MAX_FRAME].into_boxed_slice());
}

pub(super) struct State {
    session: Arc<Session>,
    key: ViewerKey,
    signal: Arc<Signal>,
    token: Token,
    hub: Rc<Hub>,
    listener: RefCell<Option<Rc<Callback>>>,
    /// Frames that were read and not released. While there are several, a release
    /// does not say which of them is out, so the memory of none is used again.
    unreleased: Cell<u32>,
    /// The memory of the one frame that was read and not released.
    lent: RefCell<Option<Slab>>,
    gap: Cell<Option<Gap>>,
    snapshot: Cell<Option<SnapshotHead>>,
    /// The cursor's last state, for after the close.
    last: Cell<ViewerPosition>,
    closed: Cell<bool>,
}

impl Target for State {
    fn tell(&self, _env: &Env, news: News) {
        if let News::Readable = news {
            self.signal.delivered();
            // Taken out of the cell: the listener may close the viewer, or set
            // another listener.
            let listener = self.listener.borrow().clone();
            if let Some(listener) = listener {
                listener.call(&[]);
            }
            // That was the last time: a listener that holds its viewer would
            // keep it for ever.
            if self.session.is_closed() {
                self.close();
            }
        }
    }

    fn shut(&self) {
        self.close();
    }
}

impl State {
    fn close(&self) {
        if self.closed.replace(true) {
            return;
        }
        if let Some(position) = self.session.position(self.key) {
            self.last.set(ViewerPosition { lag: 0, screen_due: false, ..position });
        }
        self.session.close_viewer(self.key);
        self.hub.unregister(self.token);
        self.listener.take();
        self.lent.take();
    }

    /// The next frame and its memory. Much is made right where it goes out from;
    /// little is copied there, so that an echo does not hold 64 KiB.
    fn read(&self, env: &Env) -> Result<Option<(Unknown<'static>, Slab)>> {
        let pool = &self.hub.pool;
        if self.position().lag >= FAR {
            return pool.lend_filled(env, MAX_FRAME, |memory| self.make(memory));
        }
        FRAME.with_borrow_mut(|frame| {
            let Some(length) = self.make(frame) else { return Ok(None) };
            pool.lend(env, &frame[..length]).map(Some)
        })
    }

    fn make(&self, out: &mut [u8]) -> Option<usize> {
        let frame = self.session.read_frame(self.key, out)?;
        self.gap.set(frame.gap);
        self.snapshot.set(frame.snapshot);
        Some(frame.length)
    }

    fn lend(&self, slab: Slab) {
        let others = self.unreleased.get();
        self.unreleased.set(others.saturating_add(1));
        *self.lent.borrow_mut() = (others == 0).then_some(slab);
    }

    fn take_back(&self) {
        self.unreleased.set(self.unreleased.get().saturating_sub(1));
        if let Some(slab) = self.lent.take() {
            self.hub.pool.give_back(slab);
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.get() || self.session.is_closed()
    }

    fn position(&self) -> ViewerPosition {
        self.session.position(self.key).unwrap_or_else(|| self.last.get())
    }
}

/// A reader of a session: a cursor, not a queue. It costs the same whether it
/// is current or a gigabyte behind, and it never holds up others for longer
/// than a second.
///
/// Read one frame at a time, send it, and call `release()` when it is out. The
/// listener of `onReadable` is called again when there is more: at once for an
/// echo, a few milliseconds later, with more in it, for a flood.
///
/// A frame never ends inside a UTF-8 character or an escape sequence (unless a
/// sequence is longer than 4 KiB): what is unfinished waits, however long, for
/// its rest, for 4 KiB of it, or for the end of the session's output.
///
/// @example
/// ```js
/// const viewer = session.openViewer({ from: 'tail', format: 'json' })
/// viewer.onReadable(() => {
///   const frame = viewer.read()
///   if (frame) ws.send(frame, { binary: false }, () => viewer.release())
/// })
/// ```
#[napi(custom_finalize)]
pub struct Viewer {
    state: Rc<State>,
}

pub(super) fn open(
    env: &Env,
    session: &Arc<Session>,
    options: Option<Unknown<'_>>,
) -> Result<Viewer> {
    let options = args::options(env, options)?;
    let origin = origin(env, args::property(options.as_ref(), "from")?)?;
    let channel = args::property(options.as_ref(), "channel")?;
    let channel =
        channel.map(|value| args::integer(env, value, "options.channel", 0, u64::from(u32::MAX)));
    let channel = channel.transpose()?.and_then(|channel| u32::try_from(channel).ok());
    let format = format(env, args::property(options.as_ref(), "format")?, channel)?;
    let max = args::property(options.as_ref(), "maxFrameBytes")?;
    let max_frame =
        args::size_or(env, max, "options.maxFrameBytes", (MIN_FRAME, MAX_FRAME), MAX_FRAME)?;
    let recovery = recovery(env, options.as_ref(), origin)?;
    let options = ViewerOptions { origin, recovery, format, max_frame };
    let hub = Hub::of(env)?;
    let token = hub.token();
    let opened = session.open_viewer(&options, Box::new(hub.teller(token)));
    let (key, signal) = opened.map_err(|_| closed(env, "session"))?;
    let state = Rc::new(State {
        session: Arc::clone(session),
        key,
        signal,
        token,
        hub: Rc::clone(&hub),
        listener: RefCell::default(),
        unreleased: Cell::default(),
        lent: RefCell::default(),
        gap: Cell::default(),
        snapshot: Cell::default(),
        last: Cell::default(),
        closed: Cell::default(),
    });
    let target: Rc<dyn Target> = Rc::<State>::clone(&state);
    hub.register(token, &target);
    Ok(Viewer { state })
}

fn origin(env: &Env, value: Option<Unknown<'_>>) -> Result<Origin> {
    let Some(value) = value else { return Ok(Origin::Start) };
    if value.get_type()? == ValueType::Number {
        let offset = args::integer(env, value, "options.from", 0, args::MAX_SAFE)?;
        return Ok(Origin::Offset(offset));
    }
    match args::string(env, value, "options.from")?.as_str() {
        "tail" => Ok(Origin::Start),
        "now" => Ok(Origin::Now),
        "snapshot" => Ok(Origin::Screen),
        _ => Err(invalid_type(env, "options.from", "a number, 'tail', 'now' or 'snapshot'")),
    }
}

/// Whoever begins with the screen gets it after a gap, too, unless told
/// otherwise.
fn recovery(env: &Env, options: Option<&Object<'_>>, origin: Origin) -> Result<Recovery> {
    let lines = args::property(options, "scrollback")?;
    let lines = lines.map(|value| args::size(env, value, "options.scrollback", 0, 1 << 20));
    let screen = Recovery::Screen(lines.transpose()?);
    let Some(value) = args::property(options, "onGap")? else {
        return Ok(if origin == Origin::Screen { screen } else { Recovery::Boundary });
    };
    match args::string(env, value, "options.onGap")?.as_str() {
        "skip" => Ok(Recovery::Boundary),
        "snapshot" => Ok(screen),
        _ => Err(invalid_type(env, "options.onGap", "'skip' or 'snapshot'")),
    }
}

fn format(env: &Env, value: Option<Unknown<'_>>, channel: Option<u32>) -> Result<Format> {
    let Some(value) = value else { return Ok(Format::Bytes) };
    match args::string(env, value, "options.format")?.as_str() {
        "bytes" => Ok(Format::Bytes),
        "framed" => Ok(channel.map_or(Format::Framed, Format::Channel)),
        "json" => Ok(Format::Json),
        _ => Err(invalid_type(env, "options.format", "'bytes', 'framed' or 'json'")),
    }
}

#[napi]
impl Viewer {
    /// For nobody: viewers are opened on a session.
    #[napi(constructor, catch_unwind, skip_typescript)]
    pub fn new(env: Env) -> Result<Self> {
        Err(illegal_constructor(&env, "Viewer", "Session.openViewer()"))
    }

    /// The next frame, or `null` when everything has been read, or a snapshot is
    /// not made yet: see `screenDue`.
    ///
    /// The Buffer is the caller's for good, unless it calls `release()`: then
    /// its memory is used again for a later frame, of this or another viewer.
    #[napi(catch_unwind, ts_return_type = "Buffer | null")]
    pub fn read(&self, env: Env) -> Result<Unknown<'static>> {
        let Some((buffer, slab)) = self.state.read(&env)? else { return args::null(&env) };
        self.state.lend(slab);
        Ok(buffer)
    }

    /// Says that a frame is out: call it once for each, from the callback of
    /// `ws.send`. Its memory may be used again from here on, and the listener is
    /// called when there is more to read. Where several frames were read before
    /// the first was released, their memory is left to the garbage collector.
    #[napi(catch_unwind)]
    pub fn release(&self) {
        self.state.take_back();
        self.state.session.frame_done(self.state.key);
    }

    /// Sets the one listener that is called when there is something to read: at
    /// the next turn of the event loop if there is now, and after that once
    /// each time that `read()` has returned `null`, or `release()` was called,
    /// and more has come. It is called a last time when the session closes.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "listener: () => void")]
    pub fn on_readable(&self, env: Env, listener: Unknown<'_>) -> Result<()> {
        let listener = args::function(&env, listener, "listener")?;
        if self.state.is_closed() {
            return Ok(());
        }
        let callback = Callback::new(&env, &listener)?;
        self.state.listener.replace(Some(Rc::new(callback)));
        self.state.session.frame_done(self.state.key);
        Ok(())
    }

    /// The lost bytes that the last frame follows, once; `null` when it follows
    /// the frame before. Frames of the `json` format say it themselves.
    #[napi(catch_unwind, ts_return_type = "{ from: number, to: number } | null")]
    pub fn take_gap(&self, env: Env) -> Result<Unknown<'static>> {
        let Some(gap) = self.state.gap.take() else { return args::null(&env) };
        let mut object = Object::new(&env)?;
        object.set("from", gap.from as f64)?;
        object.set("to", gap.to as f64)?;
        Ok(args::unknown(&env, &object))
    }

    /// The snapshot of which the last frame is the first piece, once; `null`
    /// when it is none. `length` is that of all its pieces together, in bytes,
    /// without what the format puts before them; the output goes on at
    /// `offset`. Frames of the `json` format need no such word: a snapshot comes
    /// as `history` frames, the last of which has the offset.
    #[napi(
        catch_unwind,
        ts_return_type = "{ offset: number, cols: number, rows: number, length: number } | null"
    )]
    pub fn take_snapshot(&self, env: Env) -> Result<Unknown<'static>> {
        let Some(head) = self.state.snapshot.take() else { return args::null(&env) };
        let mut object = Object::new(&env)?;
        object.set("offset", head.offset as f64)?;
        object.set("cols", u32::from(head.cols))?;
        object.set("rows", u32::from(head.rows))?;
        object.set("length", head.length as f64)?;
        Ok(args::unknown(&env, &object))
    }

    /// Marks what lies between the cursor and the present end as sent again:
    /// JSON frames of it are of the given type. Terminal queries are taken out of
    /// `history` and `resumed` ones, since nobody waits for an answer, and so are
    /// BEL, notifications and the clipboard (OSC 52). With a screen, `buffered` ones
    /// hold none of these either.
    ///
    /// @param type - `history` and `buffered` name the frames; `resumed`
    /// frames are `stream` frames.
    /// @returns The offset up to which it holds.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "type: 'history' | 'buffered' | 'resumed'")]
    pub fn replay_as(&self, env: Env, kind: Unknown<'_>) -> Result<f64> {
        let replay = match args::string(&env, kind, "type")?.as_str() {
            "history" => Replay::History,
            "buffered" => Replay::Buffered,
            "resumed" => Replay::Resumed,
            _ => return Err(invalid_type(&env, "type", "'history', 'buffered' or 'resumed'")),
        };
        Ok(self.state.session.replay(self.state.key, replay) as f64)
    }

    /// Moves the cursor ahead to an offset, where what lies between comes by
    /// other means, such as a snapshot. It never moves back, and not past the
    /// end.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(catch_unwind, ts_args_type = "offset: number")]
    pub fn seek(&self, env: Env, offset: Unknown<'_>) -> Result<()> {
        let offset = args::integer(&env, offset, "offset", 0, args::MAX_SAFE)?;
        self.state.session.seek(self.state.key, offset);
        Ok(())
    }

    /// Offset of the next byte of output to be read. While a snapshot is being made
    /// or read, that is the one behind it.
    #[napi(getter, catch_unwind)]
    pub fn offset(&self) -> f64 {
        self.state.position().offset as f64
    }

    /// Bytes between the cursor and the session's end.
    #[napi(getter, catch_unwind)]
    pub fn lag(&self) -> f64 {
        self.state.position().lag as f64
    }

    /// Bytes that were lost to this viewer, because the history moved on
    /// before it read them.
    #[napi(getter, catch_unwind)]
    pub fn missed(&self) -> f64 {
        self.state.position().missed as f64
    }

    /// Whether a snapshot is to come next, or not all of its frames have been read.
    /// `read()` may return `null` meanwhile; the listener is called when it goes on.
    #[napi(getter, catch_unwind)]
    pub fn screen_due(&self) -> bool {
        self.state.position().screen_due
    }

    /// Whether the viewer or its session has been closed.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Closes the viewer: `read()` returns `null` from here on, the listener is
    /// not called again, and a terminal that waited for it reads on.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.state.close();
    }

    /// The same as `close()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self) {
        self.state.close();
    }
}

impl ObjectFinalize for Viewer {
    fn finalize(self, _env: Env) -> Result<()> {
        self.state.close();
        Ok(())
    }
}
