//! The registry's journal: its option, its errors, and what comes back of it.

use std::path::PathBuf;

use napi::ValueType;
use napi::bindgen_prelude::{Env, Object, Result, Unknown};

use super::args;
use super::error::{self, Class, invalid_type, throw};
use offheap_session::registry::{JournalFault, JournalOptions, Journals};

/// A directory, or an object with limits of its own.
pub(super) fn open(env: &Env, value: Option<Unknown<'_>>) -> Result<Option<Journals>> {
    let Some(value) = args::given(value) else { return Ok(None) };
    let options = options(env, value)?;
    Journals::open(&options).map(Some).map_err(|error| error::journal(env, &error))
}

fn options(env: &Env, value: Unknown<'_>) -> Result<JournalOptions> {
    if value.get_type()? == ValueType::String {
        let dir = directory(env, args::string(env, value, "options.journal")?, "options.journal")?;
        return Ok(JournalOptions { dir, max_bytes: None });
    }
    if value.get_type()? != ValueType::Object {
        return Err(invalid_type(env, "options.journal", "of type string or object"));
    }
    let object = args::object(env, value, "options.journal")?;
    refuse_keeper(env, &object)?;
    let dir = args::property(Some(&object), "dir")?
        .ok_or_else(|| invalid_type(env, "options.journal.dir", "of type string"))?;
    let dir = args::string(env, dir, "options.journal.dir")?;
    let most = args::property(Some(&object), "maxBytes")?;
    let max_bytes = most
        .map(|most| args::integer(env, most, "options.journal.maxBytes", 1, args::MAX_SAFE))
        .transpose()?;
    Ok(JournalOptions { dir: directory(env, dir, "options.journal.dir")?, max_bytes })
}

/// The process may change its working directory later.
fn directory(env: &Env, dir: String, name: &str) -> Result<PathBuf> {
    if dir.is_empty() || dir.contains('\0') {
        let message = format!("The \"{name}\" argument must be the path of a directory");
        return Err(throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message));
    }
    let path = PathBuf::from(dir);
    Ok(std::path::absolute(&path).unwrap_or(path))
}

/// Shells that outlive the process need a keeper, which does not exist yet.
fn refuse_keeper(env: &Env, object: &Object<'_>) -> Result<()> {
    let Some(keeper) = args::property(Some(object), "keeper")? else { return Ok(()) };
    if !args::boolean(env, keeper, "options.journal.keeper")? {
        return Ok(());
    }
    let message = "This version has no keeper: shells end with the process";
    Err(throw(env, Class::Error, "ERR_NOT_SUPPORTED", message))
}

/// The payload of `journalError`.
pub(super) fn fault<'a>(env: &Env, fault: &JournalFault) -> Result<Object<'a>> {
    let mut object = Object::new(env)?;
    object.set("code", fault.code)?;
    object.set("message", fault.message.as_str())?;
    object.set("path", fault.path.to_string_lossy().as_ref())?;
    Ok(object)
}
