//! The keeper of a registry's shells: its options, and its wish that this
//! process leaves.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Env, Object, Result};
use offheap_pty::{Local, Spawner};
use offheap_session::registry::Registry;

use super::args;
#[cfg(unix)]
use super::error::keeper;
#[cfg(not(unix))]
use super::error::{Class, throw};

/// Makes the terminals of a registry.
pub(super) struct Terminals {
    pub(super) spawner: Arc<dyn Spawner>,
    #[cfg(unix)]
    custody: Option<(offheap_keeper::Custody, Arc<Leaver>)>,
}

impl Terminals {
    /// Terminals that end with this process.
    pub(super) fn own() -> Self {
        Self {
            spawner: Arc::new(Local),
            #[cfg(unix)]
            custody: None,
        }
    }
}

/// Whether the option `journal` asks for a keeper.
pub(super) fn is_wanted(env: &Env, object: &Object<'_>) -> Result<bool> {
    match args::property(Some(object), "keeper")? {
        Some(keeper) => args::boolean(env, keeper, "options.journal.keeper"),
        None => Ok(false),
    }
}

fn duration(env: &Env, object: &Object<'_>, name: &str, default: Duration) -> Result<Duration> {
    let Some(value) = args::property(Some(object), name)? else { return Ok(default) };
    let name = format!("options.journal.{name}");
    Ok(Duration::from_millis(args::integer(env, value, &name, 0, args::MAX_SAFE)?))
}

fn path(env: &Env, object: &Object<'_>) -> Result<Option<PathBuf>> {
    let given = args::property(Some(object), "keeperPath")?;
    let given = given.map(|given| args::string(env, given, "options.journal.keeperPath"));
    let given = given.transpose()?.map(PathBuf::from);
    Ok(given.map(|path| std::path::absolute(&path).unwrap_or(path)))
}

#[cfg(not(unix))]
pub(super) fn open(env: &Env, object: &Object<'_>, _directory: PathBuf) -> Result<Terminals> {
    let _ = (path(env, object)?, duration(env, object, "drainAfter", Duration::ZERO)?);
    let message = "Shells cannot outlive their process on this system";
    Err(throw(env, Class::Error, "ERR_NOT_SUPPORTED", message))
}

/// Terminals that a keeper holds. It is looked for when it is first needed.
#[cfg(unix)]
pub(super) fn open(env: &Env, object: &Object<'_>, directory: PathBuf) -> Result<Terminals> {
    let binary = path(env, object)?.unwrap_or_else(binary);
    let mut settings = offheap_keeper::Settings::new(directory, binary);
    settings.drain_after = duration(env, object, "drainAfter", settings.drain_after)?;
    settings.orphan_timeout = duration(env, object, "orphanTimeout", settings.orphan_timeout)?;
    let leaver = Arc::new(Leaver::default());
    let events: Arc<dyn offheap_keeper::Events> = Arc::<Leaver>::clone(&leaver);
    let custody = offheap_keeper::Custody::new(settings, events);
    Ok(Terminals { spawner: Arc::new(custody.clone()), custody: Some((custody, leaver)) })
}

/// Leaves when another process takes over.
#[cfg(unix)]
#[derive(Default)]
struct Leaver(std::sync::OnceLock<std::sync::Weak<Registry>>);

#[cfg(unix)]
impl offheap_keeper::Events for Leaver {
    fn leave(&self) {
        if let Some(registry) = self.0.get().and_then(std::sync::Weak::upgrade) {
            registry.leave();
        }
    }
}

/// Where a registry's live shells come from.
pub(super) struct Kept {
    #[cfg(unix)]
    custody: Option<offheap_keeper::Custody>,
}

impl Terminals {
    /// The registry that they are for.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "there is nothing to keep"))]
    pub(super) fn belong_to(self, registry: &Arc<Registry>) -> Kept {
        #[cfg(not(unix))]
        let _ = registry;
        Kept {
            #[cfg(unix)]
            custody: self.custody.map(|(custody, leaver)| {
                let _ = leaver.0.set(Arc::downgrade(registry));
                custody
            }),
        }
    }
}

impl Kept {
    /// Everything that is kept. With `takeover`, another process is asked to
    /// leave.
    #[cfg(unix)]
    pub(super) fn take(
        &self,
        env: &Env,
        takeover: bool,
    ) -> Result<Vec<Box<dyn offheap_pty::KeptTerminal>>> {
        let Some(custody) = &self.custody else { return Ok(Vec::new()) };
        custody.take(takeover).map_err(|error| keeper(env, &error))
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "there is nothing to keep")]
    pub(super) fn take(
        &self,
        _env: &Env,
        _takeover: bool,
    ) -> Result<Vec<Box<dyn offheap_pty::KeptTerminal>>> {
        Ok(Vec::new())
    }

    /// Lets another process have what is kept.
    pub(super) fn give_up(&self) {
        #[cfg(unix)]
        if let Some(custody) = &self.custody {
            custody.leave();
        }
    }
}

/// The binary that lies beside the addon.
#[cfg(unix)]
fn binary() -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let address = binary as fn() -> PathBuf as *const libc::c_void;
    // SAFETY: the call reads the address of a function of this library and fills
    // `info`, which zeros are a value of.
    let info = unsafe {
        libc::dladdr(address, info.as_mut_ptr());
        info.assume_init()
    };
    let name = PathBuf::from("offheap-keeper");
    if info.dli_fname.is_null() {
        return name;
    }
    // SAFETY: the loader's own text, which lives as long as the library.
    let addon = unsafe { std::ffi::CStr::from_ptr(info.dli_fname) };
    let addon = PathBuf::from(std::ffi::OsStr::from_bytes(addon.to_bytes()));
    let addon = addon.canonicalize().unwrap_or(addon);
    addon.parent().map_or(name.clone(), |directory| directory.join(name))
}
