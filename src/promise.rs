//! Promises that are settled by news, so that the JS thread waits for nothing.

use std::cell::Cell;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Result, Unknown};
use napi::sys;

use super::hub::{Hub, Target};
use super::news::{News, Token};

/// Resolves or rejects a promise, once, by the news of it.
type Settle = fn(&Env, sys::napi_deferred, News);

/// A promise that waits for its news.
struct Pending {
    deferred: Cell<sys::napi_deferred>,
    token: Token,
    hub: Rc<Hub>,
    settle: Settle,
}

/// A promise that the next news for a token settles. The process runs on until then.
pub(super) fn pending(
    env: &Env,
    hub: &Rc<Hub>,
    token: Token,
    settle: Settle,
) -> Result<Unknown<'static>> {
    let (mut deferred, mut promise) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the call fills both; the deferred is settled once, on this thread.
    let promise = unsafe {
        napi::check_status!(sys::napi_create_promise(
            env.raw(),
            &raw mut deferred,
            &raw mut promise
        ))?;
        Unknown::from_raw_unchecked(env.raw(), promise)
    };
    let deferred = Cell::new(deferred);
    hub.register_strong(token, Rc::new(Pending { deferred, token, hub: Rc::clone(hub), settle }));
    hub.hold();
    Ok(promise)
}

impl Target for Pending {
    fn tell(&self, env: &Env, news: News) {
        let deferred = self.deferred.replace(std::ptr::null_mut());
        if !deferred.is_null() {
            (self.settle)(env, deferred, news);
            self.hub.release();
        }
        self.hub.unregister(self.token);
    }

    fn shut(&self) {}
}
