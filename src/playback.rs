//! `openRecording` and `RecordingReader`: recordings read back, on threads of
//! the pool, so that the JS thread waits for no disk.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use napi::Task;
use napi::bindgen_prelude::{AsyncTask, Env, Object, Result, ToNapiValue, Unknown};
use napi_derive::napi;

use super::{args, buffer, client_options, error};
use offheap_recording::{Error, Event, Moment, Playback, Status};
use offheap_screen::Client;

/// The most places that one search finds.
const MAX_HITS: usize = 100_000;
/// The most events that are read at once.
const MAX_EVENTS: usize = 10_000;
const MICROS: f64 = 1e6;

/// Times in microseconds, and texts.
type Places = Vec<(u64, String)>;
type Outcome<T> = std::result::Result<T, Error>;

/// Something that is done on a thread of the pool, and what becomes of it.
pub struct Job<T> {
    run: Option<Box<dyn FnOnce() -> Outcome<T> + Send>>,
    convert: fn(&Env, T) -> Result<Unknown<'static>>,
}

impl<T: Send + 'static> Task for Job<T> {
    type Output = Outcome<T>;
    type JsValue = Unknown<'static>;

    fn compute(&mut self) -> Result<Self::Output> {
        let run = self.run.take();
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.map(|run| run())));
        let failed = || Error::Invalid { position: 0, reason: "reading it failed" };
        Ok(result.ok().flatten().unwrap_or_else(|| Err(failed())))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> Result<Self::JsValue> {
        match output {
            Ok(value) => (self.convert)(&env, value),
            Err(error) => Err(error::rejection(&env, &error)),
        }
    }
}

fn job<T>(
    run: impl FnOnce() -> Outcome<T> + Send + 'static,
    convert: fn(&Env, T) -> Result<Unknown<'static>>,
) -> AsyncTask<Job<T>>
where
    T: Send + 'static,
{
    AsyncTask::new(Job { run: Some(Box::new(run)), convert })
}

/// Opens a recording of any origin: asciicast version 1, 2 or 3. One that is
/// still being written can be read, too, as far as it goes.
///
/// @param file - The path of the cast.
/// @param options - What the terminal that was recorded was like, for keyframes
/// that have to be made; of our own recordings the card beside the cast says it.
/// Default: an xterm.js 6.0 as it comes.
/// @throws Rejects with `ERR_RECORDING_INVALID`, `ERR_RECORDING_VERSION`,
/// `ERR_RECORDING_LIMIT` or the errno's name (`ENOENT`, …). Throws
/// `ERR_INVALID_ARG_TYPE`.
#[napi(
    catch_unwind,
    ts_args_type = "file: string, options?: ClientOptions | null",
    ts_return_type = "Promise<RecordingReader>"
)]
pub fn open_recording(
    env: Env,
    file: Unknown<'_>,
    options: Option<Unknown<'_>>,
) -> Result<AsyncTask<Job<Playback>>> {
    let path = PathBuf::from(args::string(&env, file, "file")?);
    let options = args::options(&env, options)?;
    let client = client_options::read(&env, options.as_ref(), "options", Client::default())?;
    Ok(job(
        move || Playback::open(&path, client),
        |env, playback| {
            let reader = RecordingReader { playback: RefCell::new(Some(Arc::new(playback))) };
            value(env, reader)
        },
    ))
}

/// Any value that napi makes.
fn value<T: ToNapiValue>(env: &Env, value: T) -> Result<Unknown<'static>> {
    // SAFETY: the value is made in this environment and call.
    unsafe {
        let raw = T::to_napi_value(env.raw(), value)?;
        Ok(Unknown::from_raw_unchecked(env.raw(), raw))
    }
}

/// A recording that is open for reading. Times are in seconds since its
/// beginning. The object is a handle: what it reads stays outside the V8 heap.
#[napi]
pub struct RecordingReader {
    /// `None` once it is closed.
    playback: RefCell<Option<Arc<Playback>>>,
}

impl RecordingReader {
    fn open(&self, env: &Env) -> Result<Arc<Playback>> {
        let playback = self.playback.borrow().clone();
        playback.ok_or_else(|| error::closed(env, "recording"))
    }
}

#[napi]
impl RecordingReader {
    /// For nobody: readers come from `openRecording()`.
    #[napi(constructor, catch_unwind, skip_typescript)]
    pub fn new(env: Env) -> Result<Self> {
        Err(error::illegal_constructor(&env, "RecordingReader", "openRecording()"))
    }

    /// What the recording says of itself; `null` where it does not.
    #[napi(getter, catch_unwind, ts_return_type = "RecordingHeader")]
    pub fn header(&self, env: Env) -> Result<Object<'static>> {
        let playback = self.open(&env)?;
        let header = playback.header();
        let mut object = Object::new(&env)?;
        object.set("version", u32::from(header.version))?;
        object.set("cols", u32::from(header.cols))?;
        object.set("rows", u32::from(header.rows))?;
        object.set("timestamp", nullable(&env, header.timestamp)?)?;
        object.set("term", nullable(&env, header.term.as_deref())?)?;
        object.set("command", nullable(&env, header.command.as_deref())?)?;
        object.set("title", nullable(&env, header.title.as_deref())?)?;
        let mut variables = Object::new(&env)?;
        for (name, value) in &header.env {
            variables.set(name, value.as_str())?;
        }
        object.set("env", variables)?;
        Ok(object)
    }

    /// How long it is, in seconds.
    #[napi(getter, catch_unwind)]
    pub fn duration(&self, env: Env) -> Result<f64> {
        Ok(seconds(self.open(&env)?.duration()))
    }

    /// `complete`, `recording` while it is being written, or `interrupted` when
    /// it was cut off by a crash or a disk that took no more.
    #[napi(getter, catch_unwind, ts_return_type = "'complete' | 'recording' | 'interrupted'")]
    pub fn status(&self, env: Env) -> Result<&'static str> {
        Ok(match self.open(&env)?.status() {
            Status::Complete => "complete",
            Status::Recording => "recording",
            Status::Interrupted => "interrupted",
        })
    }

    /// The terminal at a time, after everything that happened until then. Costs
    /// the same anywhere: it begins at the nearest keyframe.
    ///
    /// @param seconds - 0 or more; beyond the end it is the end.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. Rejects as
    /// `openRecording()`.
    #[napi(
        catch_unwind,
        ts_args_type = "seconds: number",
        ts_return_type = "Promise<RecordedMoment>"
    )]
    pub fn at(&self, env: Env, seconds: Unknown<'_>) -> Result<AsyncTask<Job<Moment>>> {
        let time = args::number(&env, seconds, "seconds")?;
        if time < 0.0 {
            return Err(error::out_of_range(&env, "seconds", ">= 0", time));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let time = (time * MICROS).round() as u64;
        let playback = self.open(&env)?;
        Ok(job(move || playback.at(time), moment))
    }

    /// The width table of the terminal that was recorded, as far as that is known: a
    /// player's `unicode.activeVersion` must be the same.
    #[napi(getter, catch_unwind, ts_return_type = "'6' | '11' | '15-graphemes'")]
    pub fn unicode_version(&self, env: Env) -> Result<&'static str> {
        Ok(self.open(&env)?.client().unicode.name())
    }

    /// Events in order: those from a place on, a page at a time.
    ///
    /// @param start - Where to begin in the cast, in bytes: the `end` of an event, the
    /// `position` of a moment, or the `start` of a segment. Default 0.
    /// @param options - `limit`: the most events, 1 to 10000. Default 1000.
    /// @returns As many events as there are, up to the limit, or fewer once their data
    /// comes to 1 MiB; none at the end. Events of kinds that asciicast does not know
    /// are left out.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. Rejects as
    /// `openRecording()`.
    /// @example
    /// ```js
    /// let page = await reader.events()
    /// while (page.length > 0) {
    ///   for (const { time, code, data } of page) console.log(time, code, data)
    ///   page = await reader.events(page.at(-1).end)
    /// }
    /// ```
    #[napi(
        catch_unwind,
        ts_args_type = "start?: number | null, options?: { limit?: number | null } | null",
        ts_return_type = "Promise<RecordedEvent[]>"
    )]
    pub fn events(
        &self,
        env: Env,
        start: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Result<AsyncTask<Job<Vec<Event>>>> {
        let start = args::given(start)
            .map(|start| args::integer(&env, start, "start", 0, args::MAX_SAFE))
            .transpose()?;
        let options = args::options(&env, options)?;
        let limit = args::property(options.as_ref(), "limit")?;
        let limit = args::size_or(&env, limit, "options.limit", (1, MAX_EVENTS), 1000)?;
        let playback = self.open(&env)?;
        Ok(job(move || playback.events_from(start.unwrap_or(0), limit), events))
    }

    /// The parts that can each be played without what comes before, in order.
    #[napi(catch_unwind, ts_return_type = "RecordingSegment[]")]
    pub fn segments(&self, env: Env) -> Result<Vec<Object<'static>>> {
        let segment = |segment: &offheap_recording::Segment| {
            let mut object = Object::new(&env)?;
            object.set("time", seconds(segment.time))?;
            object.set("start", segment.start as f64)?;
            object.set("end", segment.end as f64)?;
            object.set("cols", u32::from(segment.cols))?;
            object.set("rows", u32::from(segment.rows))?;
            match segment.keyframe {
                Some((start, length)) => {
                    let mut keyframe = Object::new(&env)?;
                    keyframe.set("start", start as f64)?;
                    keyframe.set("length", length as f64)?;
                    object.set("keyframe", keyframe)?;
                }
                None => object.set("keyframe", args::null(&env)?)?,
            }
            Ok(object)
        };
        self.open(&env)?.segments().iter().map(segment).collect()
    }

    /// The screen at the beginning of a segment.
    ///
    /// @param start - The `start` of a segment.
    /// @returns Bytes that turn a fresh xterm.js of the segment's size into that
    /// terminal; `null` for a segment without a keyframe, or where it is damaged.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(catch_unwind, ts_args_type = "start: number", ts_return_type = "Promise<Buffer | null>")]
    pub fn keyframe(
        &self,
        env: Env,
        start: Unknown<'_>,
    ) -> Result<AsyncTask<Job<Option<Vec<u8>>>>> {
        let start = args::integer(&env, start, "start", 0, args::MAX_SAFE)?;
        let playback = self.open(&env)?;
        Ok(job(
            move || Ok(playback.keyframe(start)),
            |env, screen| match screen {
                Some(screen) => buffer::copy(env, &screen),
                None => args::null(env),
            },
        ))
    }

    /// What was printed, as plain text: lines without escape sequences, and
    /// without what full-screen programs drew. At most 64 MiB.
    ///
    /// @throws Rejects as `openRecording()`.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn transcript(&self, env: Env) -> Result<AsyncTask<Job<String>>> {
        let playback = self.open(&env)?;
        Ok(job(move || playback.transcript(), value))
    }

    /// Where text was printed, regardless of case, in lines of plain text as
    /// they stood when they ended; in what full-screen programs drew, too. Of a line
    /// that is longer than 1024 bytes, that much about the first place is returned.
    ///
    /// @param options - `limit`: the most places, 1 to 100000. Default 1000.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. Rejects as
    /// `openRecording()`.
    #[napi(
        catch_unwind,
        ts_args_type = "text: string, options?: { limit?: number | null } | null",
        ts_return_type = "Promise<{ time: number, line: string }[]>"
    )]
    pub fn search(
        &self,
        env: Env,
        text: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Result<AsyncTask<Job<Places>>> {
        let text = args::string(&env, text, "text")?;
        let options = args::options(&env, options)?;
        let limit = args::property(options.as_ref(), "limit")?;
        let limit = args::size_or(&env, limit, "options.limit", (1, MAX_HITS), 1000)?;
        let playback = self.open(&env)?;
        let run = move || {
            let hits = playback.search(&text, limit)?;
            Ok(hits.into_iter().map(|hit| (hit.time, hit.line)).collect())
        };
        Ok(job(run, |env, hits| places(env, "line", hits)))
    }

    /// The markers, in order: at most 100000. A label is cut at 4096 bytes.
    ///
    /// @throws Rejects as `openRecording()`.
    #[napi(catch_unwind, ts_return_type = "Promise<{ time: number, label: string }[]>")]
    pub fn markers(&self, env: Env) -> Result<AsyncTask<Job<Places>>> {
        let playback = self.open(&env)?;
        Ok(job(move || playback.markers(MAX_HITS), |env, markers| places(env, "label", markers)))
    }

    /// Writes the recording as asciicast version 2 into a new file, for tools
    /// that read no other.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`. Rejects with `ERR_RECORDING_EXISTS`, and
    /// as `openRecording()`; then there is no such file.
    #[napi(catch_unwind, ts_args_type = "file: string", ts_return_type = "Promise<void>")]
    pub fn to_v2(&self, env: Env, file: Unknown<'_>) -> Result<AsyncTask<Job<()>>> {
        let path = PathBuf::from(args::string(&env, file, "file")?);
        let playback = self.open(&env)?;
        Ok(job(move || playback.to_v2(&path), |env, ()| args::undefined(env)))
    }

    /// Closes the files, when what is under way is done; everything else throws
    /// `ERR_CLOSED` from here on. Idempotent. A reader that is forgotten is closed
    /// with it.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.playback.borrow_mut().take();
    }

    /// The same as `close()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self) {
        self.close();
    }
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / MICROS
}

fn nullable<T: ToNapiValue>(env: &Env, given: Option<T>) -> Result<Unknown<'static>> {
    given.map_or_else(|| args::null(env), |given| value(env, given))
}

fn moment(env: &Env, moment: Moment) -> Result<Unknown<'static>> {
    let mut object = Object::new(env)?;
    object.set("time", seconds(moment.time))?;
    object.set("position", moment.position as f64)?;
    object.set("cols", u32::from(moment.cols))?;
    object.set("rows", u32::from(moment.rows))?;
    object.set("data", buffer::copy(env, &moment.data)?)?;
    object.set("text", moment.text)?;
    Ok(args::unknown(env, &object))
}

fn events(env: &Env, list: Vec<Event>) -> Result<Unknown<'static>> {
    let convert = |event: Event| {
        let mut object = Object::new(env)?;
        object.set("time", seconds(event.time))?;
        object.set("code", event.kind.code().to_string())?;
        object.set("data", event.data)?;
        object.set("end", event.end as f64)?;
        Ok(object)
    };
    let events: Result<Vec<Object<'_>>> = list.into_iter().map(convert).collect();
    value(env, events?)
}

fn places(env: &Env, name: &str, list: Places) -> Result<Unknown<'static>> {
    let place = |(time, text): (u64, String)| {
        let mut object = Object::new(env)?;
        object.set("time", seconds(time))?;
        object.set(name, text)?;
        Ok(object)
    };
    let places: Result<Vec<Object<'_>>> = list.into_iter().map(place).collect();
    value(env, places?)
}
