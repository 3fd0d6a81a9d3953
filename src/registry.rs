//! `SessionRegistry`: the one place where sessions are.

use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Object, Result, This, Unknown};
use napi_derive::napi;

use super::error::{self, closed, refusal, unfound};
use super::hub::Hub;
use super::registry_events::JsRegistry;
use super::registry_keeper::Kept;
use super::session::{self, Session};
use super::{args, pty_options, registry_journal, registry_types};
use offheap_session::meter::Meter;
use offheap_session::registry::{Clock, EventName, Handle, Info, Registry, Unfound};

/// Owns sessions, with their limits and clocks, outside the V8 heap.
///
/// Events: `sessionCreated`, `sessionUpdated`, `sessionClosed`, `sessionExited`,
/// `focusChanged`, `sessionSuspended`, `sessionResumed`, `sessionAttached`,
/// `sessionDetached`, `sessionRestored`, `limitReached`, `memoryPressure`,
/// `journalError`, `drain`, `recordingChanged`.
///
/// Events that a call causes have been emitted when the call returns, unless a
/// listener made the call: then they follow at the next turn of the event loop.
/// No other event is emitted inside a call, except what happened before to the
/// same sessions and had not been emitted yet. Events of one session come in
/// their order.
///
/// An id without a project means the session that has no project, or else the
/// only one of that id; where several projects have it, methods that take an id
/// throw `ERR_SESSION_AMBIGUOUS`.
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
    js: Rc<JsRegistry>,
    kept: Kept,
}

impl SessionRegistry {
    pub(super) fn js(&self) -> &JsRegistry {
        &self.js
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.js.registry
    }

    fn wrap(&self, (handle, info): (Handle, Info)) -> Session {
        session::make(&self.js, handle, info)
    }

    fn infos(&self, env: &Env, list: &[(Handle, Info)]) -> Result<Vec<Object<'static>>> {
        list.iter().map(|(handle, info)| registry_types::info(env, handle, info)).collect()
    }
}

#[napi]
impl SessionRegistry {
    /// Makes an empty registry.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`,
    /// `ERR_OUT_OF_RANGE`; `EMFILE` or `EAGAIN` where the process has no
    /// descriptor or no thread left for it; for the journal
    /// `ERR_JOURNAL_ACCESS`, `ERR_JOURNAL_BUSY`, `ERR_JOURNAL_SYSTEM`,
    /// `ERR_NOT_SUPPORTED`.
    #[napi(constructor, catch_unwind, ts_args_type = "options?: RegistryOptions | null")]
    pub fn new(env: Env, options: Option<Unknown<'_>>) -> Result<Self> {
        let object = args::options(&env, options)?;
        let journal = args::property(object.as_ref(), "journal")?;
        let options = registry_types::registry_options(&env, object.as_ref())?;
        offheap_pty::reactor::ready().map_err(|failure| error::spawn(&env, &failure))?;
        let (journals, terminals) = registry_journal::open(&env, journal)?;
        let hub = Hub::of(&env)?;
        let token = hub.token();
        let meter = Meter::new(Some(hub.meter()));
        let registry = Registry::with_journals(
            options,
            Clock::system(),
            Arc::new(hub.teller(token)),
            Arc::clone(&terminals.spawner),
            meter,
            journals,
        );
        let kept = terminals.belong_to(&registry);
        Ok(Self { js: JsRegistry::new(registry, hub, token), kept })
    }

    /// Creates a session; with `pty`, its shell is started on a terminal whose
    /// output goes straight into the session's history. When it fails, nothing
    /// has changed.
    ///
    /// @throws `ERR_SESSION_LIMIT`, `ERR_PROJECT_LIMIT`, `ERR_SPAWN_RATE`,
    /// `ERR_SESSION_EXISTS`, `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`,
    /// `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; for the journal
    /// `ERR_JOURNAL_FULL`, `ERR_JOURNAL_TOO_LARGE`, `ERR_JOURNAL_ACCESS`,
    /// `ERR_JOURNAL_SYSTEM`; for the shell the errno's name (`ENOENT`, `EACCES`, …) with `errno`, `syscall` and `path`.
    #[napi(catch_unwind, ts_args_type = "options?: CreateOptions | null")]
    pub fn create(&self, env: Env, options: Option<Unknown<'_>>) -> Result<Session> {
        let registry = self.registry();
        let object = args::options(&env, options)?;
        let mut new = registry_types::new_session(&env, object.as_ref(), registry.options())?;
        let spawn = match args::property(object.as_ref(), "pty")? {
            Some(pty) => {
                let max_input = registry.options().max_input;
                let cwd = new.details.cwd.clone();
                let (spawn, integration) =
                    pty_options::of_session(&env, pty, cwd.as_deref(), max_input)?;
                new.integration = integration;
                Some(spawn)
            }
            None => None,
        };
        let created = self.js.call(&env, |registry| registry.create(new, spawn.as_ref()));
        created.map(|made| self.wrap(made)).map_err(|error| refusal(&env, &error))
    }

    /// Finds a session by its id and project.
    ///
    /// @returns `null` when there is none.
    /// @throws `ERR_SESSION_AMBIGUOUS`, `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string | null")]
    pub fn get(
        &self,
        env: Env,
        id: Unknown<'_>,
        project_id: Option<Unknown<'_>>,
    ) -> Result<Option<Session>> {
        let (id, project) = name(&env, id, project_id)?;
        match self.registry().get(&id, project.as_deref()) {
            Ok(session) => Ok(Some(self.wrap(session))),
            Err(Unfound::Unknown) => Ok(None),
            Err(ambiguous) => Err(unfound(&env, &id, ambiguous)),
        }
    }

    /// The sessions of a project, or all, oldest first.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_args_type = "projectId?: string | null",
        ts_return_type = "SessionInfo[]"
    )]
    pub fn list(&self, env: Env, project_id: Option<Unknown<'_>>) -> Result<Vec<Object<'static>>> {
        let project = args::string_or_none(&env, project_id, "projectId")?;
        self.infos(&env, &self.registry().list(project.as_deref()))
    }

    /// Closes a session; see `Session.close()`. `shutdown()` closes the registry.
    ///
    /// @returns `false` when there is none of that name.
    /// @throws `ERR_INVALID_ARG_TYPE` for an id that is no string, or is missing;
    /// `ERR_SESSION_AMBIGUOUS`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string | null")]
    pub fn close(
        &self,
        env: Env,
        id: Unknown<'_>,
        project_id: Option<Unknown<'_>>,
    ) -> Result<bool> {
        let (id, project) = name(&env, id, project_id)?;
        match self.js.call(&env, |registry| registry.close(&id, project.as_deref())) {
            Ok(()) => Ok(true),
            Err(Unfound::Unknown) => Ok(false),
            Err(ambiguous) => Err(unfound(&env, &id, ambiguous)),
        }
    }

    /// Closes all sessions of a project.
    ///
    /// @returns How many there were.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string")]
    pub fn close_project(&self, env: Env, project_id: Unknown<'_>) -> Result<f64> {
        let project = args::string(&env, project_id, "projectId")?;
        let count = self.js.call(&env, |registry| registry.close_project(&project));
        Ok(count as f64)
    }

    /// Closes all sessions. The registry stays open.
    ///
    /// @returns How many there were.
    #[napi(catch_unwind)]
    pub fn close_all(&self, env: Env) -> f64 {
        let count = self.js.call(&env, |registry| registry.close_all());
        count as f64
    }

    /// Gives a session its project's focus: a mark for the server module and the
    /// app, without an effect on viewers. Where more than
    /// `maxFocusedPerProject` have it, the least recently active one loses it.
    ///
    /// @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_AMBIGUOUS`,
    /// `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string | null")]
    pub fn focus(&self, env: Env, id: Unknown<'_>, project_id: Option<Unknown<'_>>) -> Result<()> {
        let (id, project) = name(&env, id, project_id)?;
        let found = self.js.call(&env, |registry| registry.focus(&id, project.as_deref()));
        found.map_err(|error| unfound(&env, &id, error))
    }

    /// Takes a session's focus away.
    ///
    /// @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_AMBIGUOUS`,
    /// `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "id: string, projectId?: string | null")]
    pub fn blur(&self, env: Env, id: Unknown<'_>, project_id: Option<Unknown<'_>>) -> Result<()> {
        let (id, project) = name(&env, id, project_id)?;
        let found = self.js.call(&env, |registry| registry.blur(&id, project.as_deref()));
        found.map_err(|error| unfound(&env, &id, error))
    }

    /// Ids of a project's focused sessions, least recently active first.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string")]
    pub fn focused(&self, env: Env, project_id: Unknown<'_>) -> Result<Vec<String>> {
        let project = args::string(&env, project_id, "projectId")?;
        Ok(self.registry().focused(&project).iter().map(ToString::to_string).collect())
    }

    /// Marks a project's sessions as suspended: a mark that the server module
    /// obeys by not sending their output to clients until they are resumed. Shells
    /// and viewers go on.
    ///
    /// @returns How many sessions changed.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string")]
    pub fn suspend(&self, env: Env, project_id: Unknown<'_>) -> Result<f64> {
        let project = args::string(&env, project_id, "projectId")?;
        let count = self.js.call(&env, |registry| registry.suspend(&project));
        Ok(count as f64)
    }

    /// Takes that mark from a project's sessions.
    ///
    /// @returns The sessions that were suspended.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "projectId: string", ts_return_type = "SessionInfo[]")]
    pub fn resume(&self, env: Env, project_id: Unknown<'_>) -> Result<Vec<Object<'static>>> {
        let project = args::string(&env, project_id, "projectId")?;
        let resumed = self.js.call(&env, |registry| registry.resume(&project));
        self.infos(&env, &resumed)
    }

    /// Notes that a connection uses a session: it is not inactive meanwhile.
    ///
    /// @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_AMBIGUOUS`,
    /// `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_args_type = "sessionId: string, connectionId: string, projectId?: string | null"
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
        let attach =
            |registry: &Arc<Registry>| registry.attach(&id, project.as_deref(), &connection);
        self.js.call(&env, attach).map_err(|error| unfound(&env, &id, error))
    }

    /// Notes that a connection is gone. A session that it leaves without any is
    /// closed after `keepAlive` ms, or after the registry's `inactiveTimeout`. The
    /// time counts from here on, or from the end of the last viewer on.
    ///
    /// @returns How many sessions it was attached to.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(
        catch_unwind,
        ts_args_type = "connectionId: string, options?: { keepAlive?: number | null } | null"
    )]
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
        let count = self.js.call(&env, |registry| registry.detach(&connection, keep));
        Ok(count as f64)
    }

    /// Adds a listener.
    ///
    /// @throws `ERR_INVALID_ARG_VALUE` for an unknown event,
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
        self.js.add(&env, event, &listener)?;
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
        self.js.remove(event, &listener);
        Ok(this.object)
    }

    /// Restores the sessions that an earlier process has left in the directory of
    /// the option `journal`, oldest first: with their names, their histories at
    /// the same offsets and their screens. With a keeper their shells go on, at
    /// the next byte. Without one, or where a shell has ended meanwhile, they are
    /// `lost`, or `exited` where the exit is known, count for no limit, and stay
    /// until they are closed or `inactiveTimeout` has passed; it starts afresh.
    /// `Session.spawn()` starts a new shell in one of them.
    ///
    /// With `takeover`, another process that has the sessions is asked to leave
    /// them, and ended if it has not after a second. It is told by `sessionClosed`
    /// with the reason `left`. Waits for a keeper for 2 s at most.
    ///
    /// `sessionRestored` follows for each. A file that cannot be restored stays
    /// where it is, and `journalError` tells of it. Sessions that are here
    /// already are left alone, so it may be called again.
    ///
    /// @throws `ERR_JOURNAL_DISABLED` without the option, `ERR_JOURNAL_SYSTEM`,
    /// `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`; with a keeper `ERR_KEEPER_BUSY`,
    /// `ERR_KEEPER_TIMEOUT`, `ERR_KEEPER_START`, `ERR_KEEPER_VERSION`,
    /// `ERR_KEEPER_DIRECTORY`, `ERR_KEEPER_DESCRIPTORS`, `ERR_KEEPER_LOST`,
    /// `ERR_JOURNAL_BUSY`. Then nothing has changed, and what is kept stays so.
    #[napi(
        catch_unwind,
        ts_args_type = "options?: RestoreOptions | null",
        ts_return_type = "SessionInfo[]"
    )]
    pub fn restore(&self, env: Env, options: Option<Unknown<'_>>) -> Result<Vec<Object<'static>>> {
        let object = args::options(&env, options)?;
        let takeover = match args::property(object.as_ref(), "takeover")? {
            Some(takeover) => args::boolean(&env, takeover, "options.takeover")?,
            None => false,
        };
        if self.registry().is_shut() {
            return Err(closed(&env, "registry"));
        }
        let kept = self.kept.take(&env, takeover)?;
        let restored = self.js.call(&env, |registry| registry.restore_with(kept));
        let restored = restored.map_err(|error| {
            self.kept.give_up();
            refusal(&env, &error)
        })?;
        self.infos(&env, &restored)
    }

    /// Closes the registry, but leaves its sessions in their journals, for the
    /// next process to restore; without a journal it is `shutdown()`. With a keeper
    /// shells go on; without one they end, since their terminals are this
    /// process's. Input that a program has not read yet is dropped. `sessionClosed`
    /// follows for each with the reason `left`. A process that ends without a word
    /// leaves them, too.
    ///
    /// @returns How many sessions can be restored.
    #[napi(catch_unwind)]
    pub fn leave(&self, env: Env) -> f64 {
        self.js.call(&env, |registry| registry.leave()) as f64
    }

    /// Whether the registry has been closed.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.registry().is_shut()
    }

    /// Closes the registry with all its sessions; it takes no more. Idempotent.
    ///
    /// @returns `false` when it was closed already.
    #[napi(catch_unwind)]
    pub fn shutdown(&self, env: Env) -> bool {
        self.js.call(&env, |registry| registry.shut())
    }

    /// The same as `shutdown()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self, env: Env) {
        self.shutdown(env);
    }
}

fn name(
    env: &Env,
    id: Unknown<'_>,
    project: Option<Unknown<'_>>,
) -> Result<(String, Option<String>)> {
    Ok((args::string(env, id, "id")?, args::string_or_none(env, project, "projectId")?))
}

fn event_name(env: &Env, value: Unknown<'_>) -> Result<EventName> {
    let event = args::string(env, value, "event")?;
    EventName::parse(&event).ok_or_else(|| {
        // Not `join`: LLVM takes minutes for the sum of so many known lengths.
        let mut message = format!("There is no event \"{event}\"; the events are");
        for (index, known) in EventName::ALL.iter().enumerate() {
            message.push_str(if index == 0 { " " } else { ", " });
            message.push_str(known.as_str());
        }
        super::error::throw(env, super::error::Class::Type, "ERR_INVALID_ARG_VALUE", &message)
    })
}
