//! What a client's terminal is, from JavaScript.

use napi::ValueType;
use napi::bindgen_prelude::{Env, Object, Result, Unknown};

use super::args;
use super::error::invalid_type;
use offheap_screen::{Client, ImageSupport, UnicodeVersion, XtermVersion};

/// The most columns from one tab stop to the next.
const MAX_TAB_STOP_WIDTH: usize = 65_535;

/// `ClientOptions`; what is absent is as in `default`. `label` is what errors call
/// the object.
pub(super) fn read(
    env: &Env,
    object: Option<&Object<'_>>,
    label: &str,
    default: Client,
) -> Result<Client> {
    let mut client = default;
    let property = |name: &str| args::property(object, name);
    let flag = |name: &str, default: bool| {
        let value = property(name)?;
        value.map_or(Ok(default), |value| args::boolean(env, value, &format!("{label}.{name}")))
    };
    if let Some(version) = property("xtermVersion")? {
        client.version = xterm(env, version, &format!("{label}.xtermVersion"))?;
    }
    if let Some(version) = property("unicodeVersion")? {
        client.unicode = unicode(env, version, &format!("{label}.unicodeVersion"))?;
    }
    if let Some(options) = property("windowOptions")? {
        window_options(env, options, label, &mut client)?;
    }
    client.scroll_on_erase = flag("scrollOnEraseInDisplay", client.scroll_on_erase)?;
    client.reflow_cursor_line = flag("reflowCursorLine", client.reflow_cursor_line)?;
    client.convert_eol = flag("convertEol", client.convert_eol)?;
    if let Some(parts) = property("images")? {
        client.images = images(env, parts, &format!("{label}.images"))?;
    }
    if let Some(width) = property("tabStopWidth")? {
        let name = format!("{label}.tabStopWidth");
        let width = args::size(env, width, &name, 1, MAX_TAB_STOP_WIDTH)?;
        client.tab_stop_width = u16::try_from(width).unwrap_or(u16::MAX);
    }
    Ok(client)
}

fn xterm(env: &Env, version: Unknown<'_>, name: &str) -> Result<XtermVersion> {
    match args::string(env, version, name)?.as_str() {
        "6.0" => Ok(XtermVersion::V6_0),
        "6.1" => Ok(XtermVersion::V6_1),
        _ => Err(invalid_type(env, name, "'6.0' or '6.1'")),
    }
}

fn unicode(env: &Env, version: Unknown<'_>, name: &str) -> Result<UnicodeVersion> {
    let known = UnicodeVersion::of_name(&args::string(env, version, name)?);
    known.ok_or_else(|| invalid_type(env, name, "'6', '11' or '15-graphemes'"))
}

/// Whether it has the image add-on, or the add-on's own options.
fn images(env: &Env, parts: Unknown<'_>, name: &str) -> Result<ImageSupport> {
    match parts.get_type()? {
        ValueType::Boolean if args::boolean(env, parts, name)? => Ok(ImageSupport::ALL),
        ValueType::Boolean => Ok(ImageSupport::NONE),
        ValueType::Object => {
            let parts = args::object(env, parts, name)?;
            let flag = |part: &str| {
                let value = args::property(Some(&parts), part)?;
                value.map_or(Ok(true), |value| args::boolean(env, value, &format!("{name}.{part}")))
            };
            Ok(ImageSupport {
                sixel: flag("sixelSupport")?,
                iip: flag("iipSupport")?,
                kitty: flag("kittySupport")?,
            })
        }
        _ => Err(invalid_type(env, name, "of type boolean or object")),
    }
}

fn window_options(env: &Env, options: Unknown<'_>, label: &str, client: &mut Client) -> Result<()> {
    let options = args::object(env, options, &format!("{label}.windowOptions"))?;
    let flag = |name: &str, default: bool| {
        let value = args::property(Some(&options), name)?;
        let name = format!("{label}.windowOptions.{name}");
        value.map_or(Ok(default), |value| args::boolean(env, value, &name))
    };
    client.push_title = flag("pushTitle", client.push_title)?;
    client.pop_title = flag("popTitle", client.pop_title)?;
    Ok(())
}
