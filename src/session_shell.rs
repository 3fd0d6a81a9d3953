//! What a session knows of its shell, as JavaScript sees it.

use napi::bindgen_prelude::{Env, Result, Unknown};
use napi_derive::napi;

use super::session::Session;
use super::shell_types::{command, progress, remote};

#[napi]
impl Session {
    /// The window title that a program has set last, without control characters, of
    /// 1024 bytes at most; `null` without one, and without a screen.
    #[napi(getter, catch_unwind)]
    pub fn title(&self) -> Option<String> {
        self.core().facts().title
    }

    /// The icon name, as `title`.
    #[napi(getter, catch_unwind)]
    pub fn icon_name(&self) -> Option<String> {
        self.core().facts().icon_name
    }

    /// Where the shell is: as it has told last (OSC 7, OSC 633, OSC 1337), or else,
    /// on Linux and macOS, the directory of the process in the foreground; `null`
    /// where that is not to be known. What a shell tells is not checked: the
    /// directory may be gone.
    #[napi(getter, catch_unwind)]
    pub fn working_directory(&self) -> Option<String> {
        self.core().working_directory()
    }

    /// Where a shell on another machine is that talks through this terminal, as over
    /// ssh; `null` once a shell of this machine has told where it is.
    #[napi(getter, catch_unwind, ts_return_type = "RemoteDirectory | null")]
    pub fn remote_directory(&self, env: Env) -> Result<Unknown<'static>> {
        remote(&env, self.core().facts().remote.as_ref())
    }

    /// The command that runs, as the shell tells it; `null` while none does.
    #[napi(getter, catch_unwind, ts_return_type = "ShellCommand | null")]
    pub fn command(&self, env: Env) -> Result<Unknown<'static>> {
        command(&env, self.core().facts().command.as_ref())
    }

    /// The last command that has ended; `null` before.
    #[napi(getter, catch_unwind, ts_return_type = "ShellCommand | null")]
    pub fn last_command(&self, env: Env) -> Result<Unknown<'static>> {
        command(&env, self.core().facts().last_command.as_ref())
    }

    /// How far a program says it is (OSC 9;4); `null` where it does not. The next
    /// prompt takes it away.
    #[napi(getter, catch_unwind, ts_return_type = "ShellProgress | null")]
    pub fn progress(&self, env: Env) -> Result<Unknown<'static>> {
        progress(&env, self.core().facts().progress)
    }

    /// The shell that was started with `pty: { integration: true }`; `null` for one
    /// without, and for a shell that there are no scripts for.
    #[napi(getter, catch_unwind, ts_return_type = "'bash' | 'zsh' | 'fish' | null")]
    pub fn integration(&self) -> Option<String> {
        self.core().facts().integration.map(|integration| integration.shell.to_string())
    }
}
