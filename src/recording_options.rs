//! Where and how to record, from JavaScript.

use std::path::{Path, PathBuf};
use std::time::Duration;

use napi::ValueType;
use napi::bindgen_prelude::{Env, Object, Result, Unknown};

use super::args;
use super::error::{Class, invalid_type, throw};
use offheap_recording::{Options, SlowDisk};

/// The `recording` of a registry: no file of its own, since there are many.
pub(super) fn of_registry(env: &Env, value: Option<Unknown<'_>>) -> Result<Option<Options>> {
    let Some(value) = value else { return Ok(None) };
    if is_false(env, value)? {
        return Ok(None);
    }
    let object = args::object(env, value, "options.recording")?;
    for name in ["file", "name"] {
        if args::property(Some(&object), name)?.is_some() {
            let message = format!(
                "The \"options.recording.{name}\" argument is for one session: a registry takes \"dir\""
            );
            return Err(throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message));
        }
    }
    parse(env, &object, None, "options.recording.").map(Some)
}

/// The `recording` of `create`: `false` for none, `true` or absent for the
/// registry's.
pub(super) fn of_session(
    env: &Env,
    value: Option<Unknown<'_>>,
    default: Option<&Options>,
) -> Result<Option<Options>> {
    let Some(value) = value else { return Ok(default.cloned()) };
    if is_false(env, value)? {
        return Ok(None);
    }
    if value.get_type()? == ValueType::Boolean {
        let known = default.cloned();
        return known.ok_or_else(|| no_folder(env, "options.recording.")).map(Some);
    }
    let object = args::object(env, value, "options.recording")?;
    parse(env, &object, default, "options.recording.").map(Some)
}

/// The options of `record`.
pub(super) fn of_call(
    env: &Env,
    value: Option<Unknown<'_>>,
    default: Option<&Options>,
) -> Result<Options> {
    match (args::options(env, value)?, default) {
        (Some(object), default) => parse(env, &object, default, "options."),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(no_folder(env, "options.")),
    }
}

pub(super) fn is_false(env: &Env, value: Unknown<'_>) -> Result<bool> {
    Ok(value.get_type()? == ValueType::Boolean && !args::boolean(env, value, "options.recording")?)
}

fn no_folder(env: &Env, prefix: &str) -> napi::Error {
    let message = format!("One of \"{prefix}dir\" and \"{prefix}file\" must say where to record");
    throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message)
}

fn parse(
    env: &Env,
    object: &Object<'_>,
    default: Option<&Options>,
    prefix: &str,
) -> Result<Options> {
    let get = |name: &str| args::property(Some(object), name);
    let label = |name: &str| format!("{prefix}{name}");
    let word = |name: &str| args::string_or_none(env, get(name)?, &label(name));
    let flag = |name: &str, default: bool| {
        get(name)?.map_or(Ok(default), |value| args::boolean(env, value, &label(name)))
    };
    let number = |name: &str, min: u64| {
        get(name)?
            .map(|value| args::integer(env, value, &label(name), min, args::MAX_SAFE))
            .transpose()
    };
    let mut options = default.cloned().unwrap_or_default();
    place(env, (word("dir")?, word("file")?, word("name")?), &mut options, prefix)?;
    options.title = word("title")?.or(options.title);
    options.input = flag("input", options.input)?;
    options.raw = flag("raw", options.raw)?;
    if let Some(policy) = word("onSlowDisk")? {
        options.slow_disk = match policy.as_str() {
            "gap" => SlowDisk::Gap,
            "pause" => SlowDisk::Pause,
            _ => return Err(invalid_type(env, &label("onSlowDisk"), "'gap' or 'pause'")),
        };
    }
    options.rotate_bytes = number("rotateBytes", 4096)?.or(options.rotate_bytes);
    options.max_bytes = number("maxBytes", 4096)?.or(options.max_bytes);
    let millis = |value: Option<u64>| value.map(Duration::from_millis);
    options.rotate_after = millis(number("rotateInterval", 1000)?).or(options.rotate_after);
    options.max_age = millis(number("maxAge", 1000)?).or(options.max_age);
    Ok(options)
}

type Words = (Option<String>, Option<String>, Option<String>);

/// The folder and the name: of `file`, or `dir` and `name`.
fn place(env: &Env, (dir, file, name): Words, options: &mut Options, prefix: &str) -> Result<()> {
    let refuse = |message: String| Err(throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message));
    if file.is_some() && (dir.is_some() || name.is_some()) {
        return refuse(format!("\"{prefix}file\" comes without \"dir\" and \"name\""));
    }
    if [&dir, &file].into_iter().flatten().any(|path| path.is_empty() || path.contains('\0')) {
        return refuse(format!("\"{prefix}dir\" and \"{prefix}file\" must be paths"));
    }
    if let Some(file) = file {
        let path = PathBuf::from(&file);
        let stem = file.strip_suffix(".cast").and(path.file_stem());
        let Some(stem) = stem.and_then(|stem| stem.to_str()) else {
            return refuse(format!("\"{prefix}file\" must end in .cast"));
        };
        options.name = Some(stem.to_owned());
        options.dir = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        if options.dir.as_os_str().is_empty() {
            options.dir = PathBuf::from(".");
        }
        return Ok(());
    }
    if let Some(dir) = dir {
        options.dir = PathBuf::from(dir);
    }
    if options.dir.as_os_str().is_empty() {
        return Err(no_folder(env, prefix));
    }
    options.name = name;
    Ok(())
}
