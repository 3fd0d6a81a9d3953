//! What names a session, in events and in what is told of it.

use napi::bindgen_prelude::{Object, Result};

use offheap_session::registry::Subject;

/// The properties that name a session.
pub(super) fn set(object: &mut Object<'_>, subject: &Subject) -> Result<()> {
    object.set("id", &*subject.id)?;
    object.set("projectId", subject.project.as_deref())?;
    object.set("incarnation", subject.incarnation as f64)
}
