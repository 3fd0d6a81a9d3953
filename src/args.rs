//! Values from JavaScript, checked: a wrong one is an error with a code and
//! never a number that wrapped around.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use napi::bindgen_prelude::{
    Array, Env, FromNapiValue, Function, JsValue, Object, Result, Unknown,
};
use napi::{ValueType, sys};

use super::error::{invalid_type, out_of_range};
use offheap_pty::PtySize;
use offheap_screen::MAX_CELLS;

/// The largest integer that a JavaScript number holds exactly.
pub(super) const MAX_SAFE: u64 = (1 << 53) - 1;

/// An argument that may be left out: `undefined` and `null` count as absent.
pub(super) fn given(value: Option<Unknown<'_>>) -> Option<Unknown<'_>> {
    value.filter(|value| !matches!(value.get_type(), Ok(ValueType::Undefined | ValueType::Null)))
}

/// A number that is one: not NaN.
pub(super) fn number(env: &Env, value: Unknown<'_>, name: &str) -> Result<f64> {
    let number = any_number(env, value, name)?;
    if number.is_nan() { Err(out_of_range(env, name, "a number", number)) } else { Ok(number) }
}

fn any_number(env: &Env, value: Unknown<'_>, name: &str) -> Result<f64> {
    if value.get_type()? != ValueType::Number {
        return Err(invalid_type(env, name, "of type number"));
    }
    // SAFETY: the value is a number of this environment, as was just checked.
    unsafe { f64::from_napi_value(env.raw(), value.raw()) }
}

/// A whole number within a range.
pub(super) fn integer(
    env: &Env,
    value: Unknown<'_>,
    name: &str,
    min: u64,
    max: u64,
) -> Result<u64> {
    let number = any_number(env, value, name)?;
    if number.fract() != 0.0 || !number.is_finite() {
        return Err(out_of_range(env, name, "an integer", number));
    }
    #[expect(clippy::cast_precision_loss, reason = "bounds are at most 2^53")]
    let fits = number >= min as f64 && number <= max as f64;
    if !fits {
        return Err(out_of_range(env, name, &format!(">= {min} && <= {max}"), number));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    Ok(number as u64)
}

/// A whole number within a range, as a size.
pub(super) fn size(
    env: &Env,
    value: Unknown<'_>,
    name: &str,
    min: usize,
    max: usize,
) -> Result<usize> {
    let value = integer(env, value, name, min as u64, max as u64)?;
    Ok(usize::try_from(value).unwrap_or(max))
}

/// An optional size with a default.
pub(super) fn size_or(
    env: &Env,
    value: Option<Unknown<'_>>,
    name: &str,
    range: (usize, usize),
    default: usize,
) -> Result<usize> {
    given(value).map_or(Ok(default), |value| size(env, value, name, range.0, range.1))
}

pub(super) fn string(env: &Env, value: Unknown<'_>, name: &str) -> Result<String> {
    if value.get_type()? != ValueType::String {
        return Err(invalid_type(env, name, "of type string"));
    }
    // SAFETY: the value is a string of this environment, as was just checked.
    unsafe { String::from_napi_value(env.raw(), value.raw()) }
}

pub(super) fn string_or_none(
    env: &Env,
    value: Option<Unknown<'_>>,
    name: &str,
) -> Result<Option<String>> {
    given(value).map(|value| string(env, value, name)).transpose()
}

pub(super) fn object<'a>(env: &Env, value: Unknown<'a>, name: &str) -> Result<Object<'a>> {
    if value.get_type()? != ValueType::Object {
        return Err(invalid_type(env, name, "of type object"));
    }
    // SAFETY: the value is an object of this environment, as was just checked.
    unsafe { Object::from_napi_value(env.raw(), value.raw()) }
}

/// An options argument: an object, or absent.
pub(super) fn options<'a>(env: &Env, value: Option<Unknown<'a>>) -> Result<Option<Object<'a>>> {
    given(value).map(|value| object(env, value, "options")).transpose()
}

/// A property of an options object, unless it is absent.
pub(super) fn property<'a>(object: Option<&Object<'a>>, name: &str) -> Result<Option<Unknown<'a>>> {
    match object {
        Some(object) => Ok(given(object.get::<Unknown<'a>>(name)?)),
        None => Ok(None),
    }
}

/// An optional number of milliseconds.
pub(super) fn millis(
    env: &Env,
    value: Option<Unknown<'_>>,
    name: &str,
) -> Result<Option<Duration>> {
    // Node's own timers end at 2^31 - 1 ms.
    let value =
        given(value).map(|value| integer(env, value, name, 0, (1 << 31) - 1)).transpose()?;
    Ok(value.map(Duration::from_millis))
}

pub(super) fn strings(env: &Env, value: Unknown<'_>, name: &str) -> Result<Vec<String>> {
    let object = object(env, value, name)?;
    if !object.is_array()? {
        return Err(invalid_type(env, name, "an array of strings"));
    }
    // SAFETY: the value is an array of this environment, as was just checked.
    let array = unsafe { Array::from_napi_value(env.raw(), object.raw())? };
    // Without a capacity: an array may say that it is long and hold nothing.
    let mut strings = Vec::new();
    for index in 0..array.len() {
        let item = array.get::<Unknown<'_>>(index)?;
        let item = item.ok_or_else(|| invalid_type(env, name, "an array of strings"))?;
        strings.push(string(env, item, &format!("{name}[{index}]"))?);
    }
    Ok(strings)
}

/// A string map such as an environment; `undefined` values are left out, as
/// `child_process` does.
pub(super) fn string_map(
    env: &Env,
    value: Unknown<'_>,
    name: &str,
) -> Result<Vec<(String, String)>> {
    let object = object(env, value, name)?;
    let mut pairs = Vec::new();
    for key in Object::keys(&object)? {
        if let Some(value) = property(Some(&object), &key)? {
            if !is_printed(value.get_type()?) {
                let name = format!("{name}.{key}");
                return Err(invalid_type(env, &name, "of type string, number or boolean"));
            }
            // Numbers and booleans are written as they print, as Node does.
            let value = value.coerce_to_string()?.into_utf8()?.into_owned()?;
            pairs.push((key, value));
        }
    }
    Ok(pairs)
}

/// Whether a value prints in one way that nobody can be surprised by.
fn is_printed(kind: ValueType) -> bool {
    use ValueType::{BigInt, Boolean, Number, String};
    matches!(kind, String | Number | Boolean | BigInt)
}

/// Runs `take` with the bytes of a string (as UTF-8, lone surrogates becoming
/// U+FFFD) or of a `Uint8Array`.
pub(super) fn with_bytes<T>(
    env: &Env,
    value: Unknown<'_>,
    name: &str,
    take: impl FnOnce(&[u8]) -> T,
) -> Result<T> {
    if value.get_type()? == ValueType::String {
        return Ok(take(string(env, value, name)?.as_bytes()));
    }
    // SAFETY: the environment and the value are those of this call.
    match unsafe { Bytes::of(env.raw(), value.raw()) } {
        // SAFETY: no JavaScript runs before `take` returns.
        Some(bytes) => Ok(unsafe { bytes.with(usize::MAX, take) }),
        None => {
            Err(invalid_type(env, name, "of type string or an instance of Buffer or Uint8Array"))
        }
    }
}

/// Where the bytes of a `Uint8Array` or `Buffer` are, while no JavaScript runs.
pub(super) struct Bytes {
    data: *mut u8,
    length: usize,
    /// Other threads may write there at any time.
    shared: bool,
}

impl Bytes {
    /// `None` for a value that is no array of bytes.
    ///
    /// # Safety
    /// The environment is the running one, and the value is of this call.
    pub(super) unsafe fn of(env: sys::napi_env, value: sys::napi_value) -> Option<Self> {
        let (mut kind, mut length, mut data) = (0, 0, std::ptr::null_mut());
        let mut memory = std::ptr::null_mut();
        let mut own = false;
        // SAFETY: the calls fill what they are given, or say that the value is
        // no typed array. A `SharedArrayBuffer` is no `ArrayBuffer` to them.
        let status = unsafe {
            let status = sys::napi_get_typedarray_info(
                env,
                value,
                &raw mut kind,
                &raw mut length,
                &raw mut data,
                &raw mut memory,
                std::ptr::null_mut(),
            );
            if status == sys::Status::napi_ok {
                sys::napi_is_arraybuffer(env, memory, &raw mut own);
            }
            status
        };
        let is_bytes = kind == sys::TypedarrayType::uint8_array
            || kind == sys::TypedarrayType::uint8_clamped_array;
        let found = Self { data: data.cast(), length, shared: !own };
        (status == sys::Status::napi_ok && is_bytes).then_some(found)
    }

    /// Runs `take` with at most `most` of the bytes. Of shared memory it gets a
    /// copy: what is looked at twice must be the same twice.
    ///
    /// # Safety
    /// No JavaScript has run since the bytes were found, and none runs before
    /// `take` returns.
    pub(super) unsafe fn with<T>(&self, most: usize, take: impl FnOnce(&[u8]) -> T) -> T {
        let length = self.length.min(most);
        if length == 0 {
            // An empty array may come with a null pointer, which no slice has.
            return take(&[]);
        }
        if self.shared {
            // SAFETY: shared memory neither moves nor shrinks while its array lives.
            let copy: Vec<u8> =
                (0..length).map(|at| unsafe { self.atom(at) }.load(Relaxed)).collect();
            return take(&copy);
        }
        // SAFETY: the memory belongs to a live array, and only this thread has
        // it, which does nothing else meanwhile.
        take(unsafe { std::slice::from_raw_parts(self.data, length) })
    }

    /// Runs `fill` with room as large as the array, and returns what it says:
    /// how many bytes it has put there.
    ///
    /// # Safety
    /// As for [`Self::with`].
    pub(super) unsafe fn fill(&self, fill: impl FnOnce(&mut [u8]) -> usize) -> usize {
        if self.length == 0 {
            return fill(&mut []);
        }
        if self.shared {
            let mut copy = vec![0; self.length];
            let count = fill(&mut copy);
            for (at, byte) in copy[..count].iter().enumerate() {
                // SAFETY: as in `with`.
                unsafe { self.atom(at) }.store(*byte, Relaxed);
            }
            return count;
        }
        // SAFETY: as in `with`.
        fill(unsafe { std::slice::from_raw_parts_mut(self.data, self.length) })
    }

    /// A byte that other threads may use at the same time.
    unsafe fn atom(&self, at: usize) -> &AtomicU8 {
        // SAFETY: the caller passes an index within the array.
        unsafe { AtomicU8::from_ptr(self.data.add(at)) }
    }
}

/// A terminal's size in characters, and in pixels where they are given.
pub(super) fn terminal_size(
    env: &Env,
    cols: Unknown<'_>,
    rows: Unknown<'_>,
    pixel_size: Option<Unknown<'_>>,
) -> Result<PtySize> {
    let mut size = PtySize::new(dimension(env, cols, "cols")?, dimension(env, rows, "rows")?);
    check_cells(env, size, "rows")?;
    if let Some(pixel_size) = given(pixel_size) {
        let pixel_size = object(env, pixel_size, "pixelSize")?;
        size.pixel_width = pixels(env, &pixel_size, "width")?;
        size.pixel_height = pixels(env, &pixel_size, "height")?;
    }
    Ok(size)
}

/// Refuses a size with more cells than a screen may have.
pub(super) fn check_cells(env: &Env, size: PtySize, name: &str) -> Result<()> {
    let most = MAX_CELLS / usize::from(size.cols);
    if usize::from(size.rows) <= most {
        return Ok(());
    }
    let range = format!("<= {most} for {} columns", size.cols);
    Err(out_of_range(env, name, &range, f64::from(size.rows)))
}

/// A number of columns or rows.
pub(super) fn dimension(env: &Env, value: Unknown<'_>, name: &str) -> Result<u16> {
    let value = integer(env, value, name, 1, u64::from(u16::MAX))?;
    Ok(u16::try_from(value).unwrap_or(u16::MAX))
}

pub(super) fn function<'a>(
    env: &Env,
    value: Unknown<'a>,
    name: &str,
) -> Result<Function<'a, (), ()>> {
    if value.get_type()? != ValueType::Function {
        return Err(invalid_type(env, name, "of type function"));
    }
    // SAFETY: the value is a function of this environment, as was just checked.
    unsafe { Function::from_napi_value(env.raw(), value.raw()) }
}

pub(super) fn null(env: &Env) -> Result<Unknown<'static>> {
    let mut value = std::ptr::null_mut();
    // SAFETY: the call only fills the value.
    unsafe {
        napi::check_status!(sys::napi_get_null(env.raw(), &raw mut value))?;
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}

pub(super) fn undefined(env: &Env) -> Result<Unknown<'static>> {
    let mut value = std::ptr::null_mut();
    // SAFETY: the call only fills the value.
    unsafe {
        napi::check_status!(sys::napi_get_undefined(env.raw(), &raw mut value))?;
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}

/// An object as a value of any kind, to be returned where others may be.
pub(super) fn unknown(env: &Env, object: &Object<'_>) -> Unknown<'static> {
    // SAFETY: the object is a value of this environment and this call.
    unsafe { Unknown::from_raw_unchecked(env.raw(), object.raw()) }
}

pub(super) fn boolean(env: &Env, value: Unknown<'_>, name: &str) -> Result<bool> {
    if value.get_type()? != ValueType::Boolean {
        return Err(invalid_type(env, name, "of type boolean"));
    }
    // SAFETY: the value is a boolean of this environment, as was just checked.
    unsafe { bool::from_napi_value(env.raw(), value.raw()) }
}

/// One side of a size in pixels.
fn pixels(env: &Env, size: &Object<'_>, name: &str) -> Result<u16> {
    let label = format!("pixelSize.{name}");
    let value = property(Some(size), name)?;
    let value =
        value.map(|value| integer(env, value, &label, 0, u64::from(u16::MAX))).transpose()?;
    Ok(value.and_then(|value| u16::try_from(value).ok()).unwrap_or(0))
}
