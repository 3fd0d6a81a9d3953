//! The registry's journal: its option, its errors, and what comes back of it.

use std::path::PathBuf;

use napi::ValueType;
use napi::bindgen_prelude::{Env, Object, Result, Unknown};

use super::args;
use super::error::{self, Class, invalid_type, throw};
use super::registry_keeper::{self, Terminals};
use offheap_session::registry::{JournalFault, JournalOptions, Journals};

/// A directory, or an object with limits of its own; and what makes terminals.
pub(super) fn open(env: &Env, value: Option<Unknown<'_>>) -> Result<(Option<Journals>, Terminals)> {
    let Some(value) = args::given(value) else { return Ok((None, Terminals::own())) };
    if value.get_type()? == ValueType::String {
        let dir = directory(env, args::string(env, value, "options.journal")?, "options.journal")?;
        let journals = Journals::open(&JournalOptions { dir, max_bytes: None });
        let journals = journals.map_err(|error| error::journal(env, &error))?;
        return Ok((Some(journals), Terminals::own()));
    }
    if value.get_type()? != ValueType::Object {
        return Err(invalid_type(env, "options.journal", "of type string or object"));
    }
    let object = args::object(env, value, "options.journal")?;
    let options = options(env, &object)?;
    // With a keeper another process may have the directory, which is taken over
    // only when it is used.
    let (journals, terminals) = if registry_keeper::is_wanted(env, &object)? {
        let terminals = registry_keeper::open(env, &object, options.dir.clone())?;
        (Journals::open_later(&options), terminals)
    } else {
        (Journals::open(&options), Terminals::own())
    };
    Ok((Some(journals.map_err(|error| error::journal(env, &error))?), terminals))
}

fn options(env: &Env, object: &Object<'_>) -> Result<JournalOptions> {
    let dir = args::property(Some(object), "dir")?
        .ok_or_else(|| invalid_type(env, "options.journal.dir", "of type string"))?;
    let dir = args::string(env, dir, "options.journal.dir")?;
    let most = args::property(Some(object), "maxBytes")?;
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

/// The payload of `journalError`.
pub(super) fn fault<'a>(env: &Env, fault: &JournalFault) -> Result<Object<'a>> {
    let mut object = Object::new(env)?;
    object.set("code", fault.code)?;
    object.set("message", fault.message.as_str())?;
    object.set("path", fault.path.to_string_lossy().as_ref())?;
    Ok(object)
}
