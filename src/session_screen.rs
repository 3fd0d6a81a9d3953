//! A session's screen, as JavaScript sees it.

use napi::bindgen_prelude::{Env, Object, Result, Unknown};
use napi_derive::napi;

use super::error::{self, closed};
use super::session::Session;
use super::{args, buffer, client_options, theme};

#[napi]
impl Session {
    /// The screen now: bytes that turn a fresh xterm.js of the same size into
    /// what one shows that has read everything, and the offset from which the
    /// output goes on. It contains no query and has no side effect.
    ///
    /// It is made in this call, which takes some 4 ms for each megabyte. A viewer that
    /// begins with the screen gets it in pieces: `openViewer({ from: 'snapshot' })`.
    ///
    /// @returns With `format: 'json'`, `data` is
    /// `{"type":"history","data":"…","offset":N}`, ready to be sent as text. `cols` is at
    /// least 2, as in xterm.js.
    /// @throws `ERR_SCREEN_DISABLED` for a session with `screen: false`,
    /// `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(
        catch_unwind,
        ts_args_type = "options?: SnapshotOptions | null",
        ts_return_type = "{ data: Buffer, offset: number, cols: number, rows: number }"
    )]
    pub fn snapshot(&self, env: Env, options: Option<Unknown<'_>>) -> Result<Object<'static>> {
        let options = args::options(&env, options)?;
        let lines = args::property(options.as_ref(), "scrollback")?;
        let lines = lines.map(|value| args::size(&env, value, "options.scrollback", 0, 1 << 20));
        let lines = lines.transpose()?;
        let json = match args::property(options.as_ref(), "format")? {
            None => false,
            Some(value) => match args::string(&env, value, "options.format")?.as_str() {
                "bytes" => false,
                "json" => true,
                _ => return Err(error::invalid_type(&env, "options.format", "'bytes' or 'json'")),
            },
        };
        let snapshot =
            self.open_core(&env)?.snapshot(lines).map_err(|_| closed(&env, "session"))?;
        let snapshot = snapshot.ok_or_else(|| error::no_screen(&env))?;
        let data = if json { &snapshot.to_json() } else { &snapshot.data };
        let mut object = Object::new(&env)?;
        object.set("data", buffer::copy(&env, data)?)?;
        object.set("offset", snapshot.offset as f64)?;
        object.set("cols", u32::from(snapshot.cols))?;
        object.set("rows", u32::from(snapshot.rows))?;
        Ok(object)
    }

    /// The visible screen as text: lines without blanks at their end, joined by line
    /// feeds.
    ///
    /// @throws `ERR_SCREEN_DISABLED`, `ERR_CLOSED`.
    #[napi(catch_unwind)]
    pub fn screen_text(&self, env: Env) -> Result<String> {
        let text = self.open_core(&env)?.screen_text();
        text.ok_or_else(|| error::no_screen(&env))
    }

    /// Whether it keeps a screen.
    #[napi(getter, catch_unwind)]
    pub fn screen(&self) -> bool {
        self.core().has_screen()
    }

    /// Sets the clients' colours, so that a program that asks for them gets the
    /// right answer (OSC 10, 11 and 12). Without a call they are those of xterm.js'
    /// default theme, white on black; so are colours that are left out. A session
    /// without a screen answers nothing.
    ///
    /// @param theme - Colours as `#rgb` or `#rrggbb`.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for what is no such
    /// colour, `ERR_CLOSED`.
    #[napi(
        catch_unwind,
        ts_args_type = "theme: { foreground?: string | null, background?: string | null, cursor?: string | null }"
    )]
    pub fn set_theme(&self, env: Env, theme: Unknown<'_>) -> Result<()> {
        let theme = theme::read(&env, theme)?;
        self.open_core(&env)?.set_theme(theme);
        Ok(())
    }

    /// Says what the clients' terminal is, so that the screen is exact for it: which
    /// xterm.js, and how it is set up. What is left out is as in the session's
    /// `screen` options; `null` is all of that. It holds from here on: what is
    /// drawn already stays where it is, and a character that takes other columns in
    /// the new terminal keeps the place that it has. A session without a screen
    /// ignores it.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "client: ClientOptions | null")]
    pub fn set_client(&self, env: Env, client: Unknown<'_>) -> Result<()> {
        let core = self.open_core(&env)?;
        let client = args::given(Some(client));
        let object = client.map(|client| args::object(&env, client, "client")).transpose()?;
        let own = core.own_client();
        core.set_client(client_options::read(&env, object.as_ref(), "client", own)?);
        Ok(())
    }
}
