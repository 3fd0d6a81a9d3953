//! A client's colours, from JavaScript.

use napi::bindgen_prelude::{Env, Result, Unknown};

use super::args;
use super::error::{Class, throw};
use offheap_session::session::Theme;

/// The `theme` of `Session.setTheme`.
pub(super) fn read(env: &Env, theme: Unknown<'_>) -> Result<Theme> {
    let object = args::object(env, theme, "theme")?;
    let color = |name: &str, default: [u8; 3]| -> Result<[u8; 3]> {
        let Some(value) = args::property(Some(&object), name)? else { return Ok(default) };
        let label = format!("theme.{name}");
        let text = args::string(env, value, &label)?;
        parse(&text).ok_or_else(|| {
            let message = format!("The \"{label}\" argument must be a colour, #rgb or #rrggbb");
            throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message)
        })
    };
    let default = Theme::default();
    Ok(Theme {
        foreground: color("foreground", default.foreground)?,
        background: color("background", default.background)?,
        cursor: color("cursor", default.cursor)?,
    })
}

/// A colour as CSS writes it, where one digit stands for two.
fn parse(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?.as_bytes();
    let digit = |at: usize| {
        let digit = char::from(*digits.get(at)?).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let part = |index: usize| match digits.len() {
        3 => Some(digit(index)? * 0x11),
        6 => Some(digit(index * 2)? << 4 | digit(index * 2 + 1)?),
        _ => None,
    };
    Some([part(0)?, part(1)?, part(2)?])
}
