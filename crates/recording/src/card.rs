//! The card beside a cast: what a list of recordings shows, whose the recording is,
//! and what its terminal was, in one short file.

use std::io::Read;
use std::path::Path;

use offheap_screen::Client;
use serde_json::{Map, Value};

use crate::client;
use crate::folder;
use crate::header::About;

/// The longest card that is read, in bytes.
const MAX_CARD: u64 = 256 * 1024;

/// The text of a card. `started` is in milliseconds since the epoch.
pub(crate) fn text(about: &About, client: &Client, started: u64) -> String {
    let mut card = Map::new();
    card.insert("version".into(), 1.into());
    card.insert("session".into(), about.session.as_str().into());
    for (name, value) in [
        ("project", &about.project),
        ("user", &about.user),
        ("command", &about.command),
        ("title", &about.title),
    ] {
        card.insert(name.into(), value.as_deref().into());
    }
    card.insert("started".into(), started.into());
    card.insert("cols".into(), about.cols.into());
    card.insert("rows".into(), about.rows.into());
    card.insert("terminal".into(), client::to_json(client));
    let mut text = Value::Object(card).to_string();
    text.push('\n');
    text
}

/// Whether a cast has a card: a recorder of this package has written it.
pub(crate) fn is_there(cast: &Path) -> bool {
    read(cast).is_some()
}

/// What the terminal of a recording was, where its card says so.
pub(crate) fn client_of(cast: &Path) -> Option<Client> {
    client::from_json(read(cast)?.get("terminal")?)
}

fn read(cast: &Path) -> Option<Map<String, Value>> {
    let file = folder::open_regular(&folder::card_of(cast)).ok()?;
    let mut text = Vec::new();
    file.take(MAX_CARD).read_to_end(&mut text).ok()?;
    let Value::Object(card) = serde_json::from_slice(&text).ok()? else { return None };
    let is_card = card.get("version") == Some(&1.into()) && card.get("session")?.is_string();
    is_card.then_some(card)
}
