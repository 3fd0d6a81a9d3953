//! `SessionRegistry`: the one place where sessions are.

use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Object, Result, This, Unknown};
use napi_derive::napi;
use offheap_pty::Local;

use super::error::{closed, not_found, refusal};
use super::hub::Hub;
use super::registry_events::{Listeners, NAMES};
use super::session::{self, Session};
use super::{args, pty_options, registry_types};
use offheap_session::meter::Meter;
use offheap_session::registry::{Clock, Handle, Info, Registry};

/// Owns sessions, with their limits and clocks, outside the V8 heap.
///
/// Events: `sessionCreated`, `sessionClosed`, `sessionExited`, `focusChanged`,
/// `sessionSuspended`, `sessionResumed`, `sessionAttached`, `sessionDetached`,
/// `limitReached`, `memoryPressure`, `drain`. Events of a call have been emitted
/// when the call returns, unless a listener made the call: then they follow at
/// the next turn of the event loop.
///
/// @example
/// ```js
/// const registry = new SessionRegistry({ maxSessions: 20 })
/// registry.on('sessionExited', ({ id, code }) => console.log(id, code))
/// const session = registry.create({
///   projectId: 'demo',
///   pty: { file: 'bash', args: ['-l'], cols: 80, rows: 30, env: process.env },
/// })
/// session.write('ls\r')
/// registry.close(session.id)
/// ```
#[napi]
pub struct SessionRegistry {
    listeners: Rc<Listeners>,
    hub: Rc<Hub>,
}

impl SessionRegistry {
    pub(super) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.listeners.registry
    }

    fn wrap(&self, (handle, info): (Handle, Info)) -> Session {
        session::make(&self.listeners, handle, info)
    }

    fn infos(&self, env: &Env, list: &[(Handle, Info)]) -> Result<Vec<Object<'static>>> {
        list.iter().map(|(handle, info)| registry_types::info(env, handle, info)).collect()
    }

    fn known(&self, env: &Env, id: &str, known: bool) -> Result<()> {
        self.hub.deliver(env);
        if known { Ok(()) } else { Err(not_found(env, id)) }
    }
}

#[napi]
impl SessionRegistry {
    /// Makes an empty registry.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(constructor, catch_unwind, ts_args_type = "options?: RegistryOptions")]
    pub fn new(env: Env, options: Option<Unknown<'_>>) -> Result<Self> {
        let options = registry_types::registry_options(&env, options)?;
        let hub = Hub::of(&env)?;
        let token = hub.token();
        let meter = Meter::new(Some(hub.meter()));
        let registry = Registry::new(
            options,
            Clock::system(),
            Arc::new(hub.teller(token)),
            Arc::new(Local),
            meter,
        );
        let listeners = Listeners::new(registry, Rc::clone(&hub), token);
        Ok(Self { listeners, hub })
    }

    /// Creates a session; with `pty`, its shell is started on a terminal whose
    /// output goes straight into the session's history. When it fails, nothing
    /// has changed.
    ///
    /// @throws `ERR_SESSION_LIMIT`, `ERR_PROJECT_LIMIT`, `ERR_SPAWN_RATE`,
    /// `ERR_SESSION_EXISTS`, `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`,
    /// `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; for the shell the errno's
    /// name (`ENOENT`, `EACCES`, …) with `errno`, `syscall` and `path`.
    #[napi(catch_unwind, ts_args_type = "options?: CreateOptions")]
    pub fn create(&self, env: Env, options: Option<Unknown<'_>>) -> Result<Session> {
        let registry = self.registry();
        let object = args::options(&env, options)?;
        let new = registry_types::new_session(&env, object.as_ref(), registry.options())?;
        let spawn = match args::property(object.as_ref(), "pty")? {
            Some(pty) => {
                let max_input = registry.options().max_input;
                Some(pty_options::of_session(&env, pty, new.details.cwd.as_deref(), max_input)?)
            }
            None => None,
        };
        let created = registry.create(new, spawn.as_ref());
        let handle = created.map_err(|error| {
            self.hub.deliver(&env);
            refusal(&env, &error)
        })?;
        let info = registry.info(&handle).ok_or_else(|| closed(&env, "session"))?;
        self.listeners.update_hold();
        self.hub.deliver(&env);
        Ok(self.wrap((handle, info)))
    }

    /// Finds a session by its id; where several projects have that id and none
    /// is named, the oldest.
    ///
    /// @returns `null` when there is none.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string")]
    pub fn get(
        &self,
        env: Env,
        id: Unknown<'_>,
        project_id: Option<Unknown<'_>>,
    ) -> Result<Option<Session>> {
        let (id, project) = name(&env, id, project_id)?;
        let found = self.registry().get(&id, project.as_deref());
        Ok(found.map(|session| self.wrap(session)))
    }

    /// The sessions of a project, or all, oldest first.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId?: string", ts_return_type = "SessionInfo[]")]
    pub fn list(&self, env: Env, project_id: Option<Unknown<'_>>) -> Result<Vec<Object<'static>>> {
        let project = args::string_or_none(&env, project_id, "projectId")?;
        self.infos(&env, &self.registry().list(project.as_deref()))
    }

    /// Closes a session; see `Session.close()`.
    ///
    /// @returns `false` when there is none of that name.
    /// @throws `ERR_INVALID_ARG_TYPE` for an id that is no string, `undefined`
    /// included: only `close()` without any argument closes the registry.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string")]
    pub fn close(
        &self,
        env: Env,
        id: Unknown<'_>,
        project_id: Option<Unknown<'_>>,
    ) -> Result<bool> {
        // Without an argument it is the entry's: it alone can tell that from
        // an argument that is `undefined`.
        let (id, project) = name(&env, id, project_id)?;
        let closed = self.registry().close(&id, project.as_deref());
        self.listeners.update_hold();
        self.hub.deliver(&env);
        Ok(closed)
    }

    /// Closes all sessions of a project.
    ///
    /// @returns How many there were.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string")]
    pub fn close_project(&self, env: Env, project_id: Unknown<'_>) -> Result<f64> {
        let project = args::string(&env, project_id, "projectId")?;
        let count = self.registry().close_project(&project);
        self.hub.deliver(&env);
        Ok(count as f64)
    }

    /// Closes all sessions. The registry stays open.
    ///
    /// @returns How many there were.
    #[napi(catch_unwind)]
    pub fn close_all(&self, env: Env) -> f64 {
        let count = self.registry().close_all();
        self.hub.deliver(&env);
        count as f64
    }

    /// Gives a session its project's focus. Where more than
    /// `maxFocusedPerProject` have it, the least recently active one loses it.
    ///
    /// @throws `ERR_SESSION_NOT_FOUND`, `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string")]
    pub fn focus(&self, env: Env, id: Unknown<'_>, project_id: Option<Unknown<'_>>) -> Result<()> {
        let (id, project) = name(&env, id, project_id)?;
        let known = self.registry().focus(&id, project.as_deref());
        self.known(&env, &id, known)
    }

    /// Takes a session's focus away.
    ///
    /// @throws `ERR_SESSION_NOT_FOUND`, `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string")]
    pub fn blur(&self, env: Env, id: Unknown<'_>, project_id: Option<Unknown<'_>>) -> Result<()> {
        let (id, project) = name(&env, id, project_id)?;
        let known = self.registry().blur(&id, project.as_deref());
        self.known(&env, &id, known)
    }

    /// Ids of a project's focused sessions, least recently active first.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string")]
    pub fn focused(&self, env: Env, project_id: Unknown<'_>) -> Result<Vec<String>> {
        let project = args::string(&env, project_id, "projectId")?;
        Ok(self.registry().focused(&project))
    }

    /// Marks a project's sessions as suspended: their shells live on and their
    /// output is kept, to be sent on resume.
    ///
    /// @returns How many sessions changed.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string")]
    pub fn suspend(&self, env: Env, project_id: Unknown<'_>) -> Result<f64> {
        let project = args::string(&env, project_id, "projectId")?;
        let count = self.registry().suspend(&project);
        self.hub.deliver(&env);
        Ok(count as f64)
    }

    /// Ends the suspension of a project's sessions.
    ///
    /// @returns The sessions that were suspended.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string", ts_return_type = "SessionInfo[]")]
    pub fn resume(&self, env: Env, project_id: Unknown<'_>) -> Result<Vec<Object<'static>>> {
        let project = args::string(&env, project_id, "projectId")?;
        let resumed = self.registry().resume(&project);
        self.hub.deliver(&env);
        self.infos(&env, &resumed)
    }

    /// Notes that a connection uses a session: it is not inactive meanwhile.
    ///
    /// @throws `ERR_SESSION_NOT_FOUND`, `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_args_type = "sessionId: string, connectionId: string, projectId?: string"
    )]
    pub fn attach(
        &self,
        env: Env,
        session_id: Unknown<'_>,
        connection_id: Unknown<'_>,
        project_id: Option<Unknown<'_>>,
    ) -> Result<()> {
        let (id, project) = name(&env, session_id, project_id)?;
        let connection = args::string(&env, connection_id, "connectionId")?;
        let known = self.registry().attach(&id, project.as_deref(), &connection);
        self.known(&env, &id, known)
    }

    /// Notes that a connection is gone. A session that it leaves without any
    /// is closed after `keepAlive` ms, or after the registry's `inactiveTimeout`.
    ///
    /// @returns How many sessions it was attached to.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(catch_unwind, ts_args_type = "connectionId: string, options?: { keepAlive?: number }")]
    pub fn detach(
        &self,
        env: Env,
        connection_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Result<f64> {
        let connection = args::string(&env, connection_id, "connectionId")?;
        let options = args::options(&env, options)?;
        let keep = args::property(options.as_ref(), "keepAlive")?;
        let keep = args::millis(&env, keep, "options.keepAlive")?;
        let count = self.registry().detach(&connection, keep);
        self.hub.deliver(&env);
        Ok(count as f64)
    }

    /// How long to wait before the next try to attach a connection to a session
    /// that is not ready for it: twice as long each time, by `retry` of the
    /// options. `attach` starts the count afresh; it ends with the session.
    ///
    /// @returns Milliseconds; `null` when the tries are used up, and for a
    /// session that there is not.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "sessionId: string, projectId?: string")]
    pub fn retry_delay(
        &self,
        env: Env,
        session_id: Unknown<'_>,
        project_id: Option<Unknown<'_>>,
    ) -> Result<Option<f64>> {
        let (id, project) = name(&env, session_id, project_id)?;
        let delay = self.registry().retry_delay(&id, project.as_deref());
        Ok(delay.map(|delay| delay.as_millis() as f64))
    }

    /// Adds a listener.
    ///
    /// @throws `ERR_INVALID_ARG_VALUE` for an event that there is not,
    /// `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_generic_types = "E extends keyof RegistryEvents",
        ts_args_type = "event: E, listener: (event: RegistryEvents[E]) => void",
        ts_return_type = "this"
    )]
    pub fn on<'a>(
        &self,
        env: Env,
        this: This<'a, Object<'a>>,
        event: Unknown<'_>,
        listener: Unknown<'_>,
    ) -> Result<Object<'a>> {
        let event = event_name(&env, event)?;
        let listener = args::function(&env, listener, "listener")?;
        self.listeners.add(&env, event, &listener)?;
        Ok(this.object)
    }

    /// Removes a listener.
    ///
    /// @throws `ERR_INVALID_ARG_VALUE`, `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_generic_types = "E extends keyof RegistryEvents",
        ts_args_type = "event: E, listener: (event: RegistryEvents[E]) => void",
        ts_return_type = "this"
    )]
    pub fn off<'a>(
        &self,
        env: Env,
        this: This<'a, Object<'a>>,
        event: Unknown<'_>,
        listener: Unknown<'_>,
    ) -> Result<Object<'a>> {
        let event = event_name(&env, event)?;
        let listener = args::function(&env, listener, "listener")?;
        self.listeners.remove(&event, &listener);
        Ok(this.object)
    }

    /// Whether the registry has been closed.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.registry().is_shut()
    }

    /// Closes the registry with all its sessions, for `using`. The same as
    /// `close()` without an id.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self, env: Env) {
        self.shut(&env);
    }

    fn shut(&self, env: &Env) {
        self.registry().shut();
        self.hub.deliver(env);
    }
}

fn name(
    env: &Env,
    id: Unknown<'_>,
    project: Option<Unknown<'_>>,
) -> Result<(String, Option<String>)> {
    Ok((args::string(env, id, "id")?, args::string_or_none(env, project, "projectId")?))
}

fn event_name(env: &Env, value: Unknown<'_>) -> Result<String> {
    let event = args::string(env, value, "event")?;
    if NAMES.contains(&event.as_str()) {
        return Ok(event);
    }
    let message = format!("There is no event \"{event}\"; there are {}", NAMES.join(", "));
    Err(super::error::throw(env, super::error::Class::Type, "ERR_INVALID_ARG_VALUE", &message))
}
