//! Output bytes as JavaScript values, in the encoding that was asked for,
//! without tearing characters between chunks.

use napi::bindgen_prelude::{Env, JsValue, Object, Result, Unknown};
use napi::sys;

use super::callback::Reference;
use super::error::{Class, throw};
use super::{args, buffer};
use offheap_ring::text::utf8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// Buffers.
    None,
    Utf8,
    /// One of Node's others, and how many bytes make a unit of it.
    Other(&'static str, usize),
}

/// Turns chunks of output into strings or Buffers.
pub(super) struct Decoder {
    encoding: Encoding,
    /// The bytes of an unfinished unit.
    carry: Vec<u8>,
    to_string: Option<Reference>,
}

impl Decoder {
    /// The `encoding` of spawn options: UTF-8 by default, Buffers for `null`.
    pub(super) fn of_options(env: &Env, object: Option<&Object<'_>>) -> Result<Self> {
        let encoding = match object {
            Some(object) => encoding(env, object)?,
            None => Encoding::Utf8,
        };
        Ok(Self { encoding, carry: Vec::new(), to_string: None })
    }

    /// The value for a chunk; `None` when all of it waits for its other part.
    pub(super) fn decode(&mut self, env: &Env, bytes: &[u8]) -> Result<Option<Unknown<'static>>> {
        if self.carry.is_empty() {
            if self.encoding == Encoding::None {
                return buffer::copy(env, bytes).map(Some);
            }
            let complete = self.complete(bytes);
            self.carry.extend_from_slice(&bytes[complete..]);
            return self.text(env, &bytes[..complete]);
        }
        let mut joined = std::mem::take(&mut self.carry);
        joined.extend_from_slice(bytes);
        let complete = self.complete(&joined);
        self.carry = joined.split_off(complete);
        self.text(env, &joined)
    }

    /// Changes the encoding; `undefined` and `null` are for Buffers. A unit that
    /// is unfinished goes with what follows it.
    pub(super) fn set_encoding(&mut self, env: &Env, value: Unknown<'_>) -> Result<()> {
        let name = args::string_or_none(env, Some(value), "encoding")?;
        self.encoding = name.map_or(Ok(Encoding::None), |name| by_name(env, &name))?;
        Ok(())
    }

    /// Forgets an unfinished unit: its other part was lost.
    pub(super) fn forget(&mut self) {
        self.carry.clear();
    }

    /// What is left at the end, as far as it can be told.
    pub(super) fn finish(&mut self, env: &Env) -> Result<Option<Unknown<'static>>> {
        let rest = std::mem::take(&mut self.carry);
        self.text(env, &rest)
    }

    fn complete(&self, bytes: &[u8]) -> usize {
        match self.encoding {
            Encoding::None => bytes.len(),
            Encoding::Utf8 => utf8::complete_prefix(bytes),
            Encoding::Other(_, unit) => bytes.len() - bytes.len() % unit,
        }
    }

    fn text(&mut self, env: &Env, bytes: &[u8]) -> Result<Option<Unknown<'static>>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        match self.encoding {
            Encoding::Other(name, _) => self.by_node(env, bytes, name).map(Some),
            Encoding::None => buffer::copy(env, bytes).map(Some),
            Encoding::Utf8 => buffer::text(env, bytes).map(Some),
        }
    }

    /// `Buffer.prototype.toString.call(buffer, encoding)`.
    fn by_node(&mut self, env: &Env, bytes: &[u8], name: &str) -> Result<Unknown<'static>> {
        if self.to_string.is_none() {
            let path = [c"Buffer", c"prototype", c"toString"];
            self.to_string = Some(Reference::global(env, &path)?);
        }
        let Some(function) = &self.to_string else { return args::undefined(env) };
        let buffer = buffer::copy(env, bytes)?;
        let mut value = std::ptr::null_mut();
        // SAFETY: all values are this environment's.
        unsafe {
            let name = super::error::text(env.raw(), name);
            napi::check_status!(sys::napi_call_function(
                env.raw(),
                buffer.raw(),
                function.value(),
                1,
                &raw const name,
                &raw mut value,
            ))?;
            Ok(Unknown::from_raw_unchecked(env.raw(), value))
        }
    }
}

fn encoding(env: &Env, object: &Object<'_>) -> Result<Encoding> {
    let value = object.get::<Unknown<'_>>("encoding")?;
    if value.is_some_and(|value| matches!(value.get_type(), Ok(napi::ValueType::Null))) {
        return Ok(Encoding::None);
    }
    let Some(name) = args::string_or_none(env, value, "options.encoding")? else {
        return Ok(Encoding::Utf8);
    };
    by_name(env, &name)
}

fn by_name(env: &Env, name: &str) -> Result<Encoding> {
    match name.to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" => Ok(Encoding::Utf8),
        "latin1" | "binary" => Ok(Encoding::Other("latin1", 1)),
        "ascii" => Ok(Encoding::Other("ascii", 1)),
        "hex" => Ok(Encoding::Other("hex", 1)),
        "base64" => Ok(Encoding::Other("base64", 3)),
        "base64url" => Ok(Encoding::Other("base64url", 3)),
        "utf16le" | "utf-16le" | "ucs2" | "ucs-2" => Ok(Encoding::Other("utf16le", 2)),
        _ => {
            let message = format!("Unknown encoding: {name}");
            Err(throw(env, Class::Type, "ERR_UNKNOWN_ENCODING", &message))
        }
    }
}
