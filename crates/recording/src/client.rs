//! What the terminal of a recording's viewers is, as JSON: named as in the options
//! of the package.

use offheap_screen::{Client, ImageSupport, UnicodeVersion, XtermVersion};
use serde_json::{Map, Value};

pub(crate) fn to_json(client: &Client) -> Value {
    let version = match client.version {
        XtermVersion::V6_0 => "6.0",
        XtermVersion::V6_1 => "6.1",
    };
    let mut object = Map::new();
    object.insert("xtermVersion".into(), version.into());
    object.insert("unicodeVersion".into(), client.unicode.name().into());
    object.insert("tabStopWidth".into(), client.tab_stop_width.into());
    for (name, on) in [
        ("pushTitle", client.push_title),
        ("popTitle", client.pop_title),
        ("scrollOnEraseInDisplay", client.scroll_on_erase),
        ("reflowCursorLine", client.reflow_cursor_line),
        ("convertEol", client.convert_eol),
        ("sixelSupport", client.images.sixel),
        ("iipSupport", client.images.iip),
        ("kittySupport", client.images.kitty),
    ] {
        object.insert(name.into(), on.into());
    }
    Value::Object(object)
}

/// The opposite of [`to_json`]; `None` for what is none.
pub(crate) fn from_json(value: &Value) -> Option<Client> {
    let object = value.as_object()?;
    let word = |name: &str| object.get(name)?.as_str();
    let flag = |name: &str| object.get(name)?.as_bool();
    Some(Client {
        version: match word("xtermVersion")? {
            "6.0" => XtermVersion::V6_0,
            "6.1" => XtermVersion::V6_1,
            _ => return None,
        },
        unicode: UnicodeVersion::of_name(word("unicodeVersion")?)?,
        push_title: flag("pushTitle")?,
        pop_title: flag("popTitle")?,
        scroll_on_erase: flag("scrollOnEraseInDisplay")?,
        reflow_cursor_line: flag("reflowCursorLine")?,
        convert_eol: flag("convertEol")?,
        images: ImageSupport {
            sixel: flag("sixelSupport")?,
            iip: flag("iipSupport")?,
            kitty: flag("kittySupport")?,
        },
        tab_stop_width: u16::try_from(object.get("tabStopWidth")?.as_u64()?).ok()?,
    })
}
