//! The numbers of a `SessionRegistry`: statistics, metrics and memory.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Object, Result, Unknown};
use napi_derive::napi;

use super::registry::SessionRegistry;
use super::{args, heap, memory_types, registry_memory};
use offheap_session::meter::{Counter, Gauge, Meter};
use offheap_session::registry::{Registry, Stats};

#[napi]
impl SessionRegistry {
    /// The registry's numbers. They are counted as they change, so that asking
    /// costs the same however many sessions there are.
    #[napi(catch_unwind, ts_return_type = "RegistryStats")]
    pub fn stats(&self, env: Env) -> Result<Object<'static>> {
        let registry = self.registry();
        let stats = registry.stats();
        let mut object = Object::new(&env)?;
        sessions(&mut object, &stats)?;
        traffic(&mut object, registry.meter(), stats.input_queued as u64)?;
        object.set("memoryLevel", stats.memory.name())?;
        let closed = stats.closed.iter().map(|(reason, count)| (reason.name(), *count));
        object.set("closed", counts(&env, closed)?)?;
        let limits = stats.limits.iter().map(|(limit, count)| (limit.name(), *count));
        object.set("limits", counts(&env, limits)?)?;
        Ok(object)
    }

    /// The registry's numbers for a Prometheus server, in its text format
    /// 0.0.4; to be served as `text/plain; version=0.0.4; charset=utf-8`.
    #[napi(catch_unwind)]
    pub fn metrics(&self) -> String {
        self.registry().metrics()
    }

    /// Checks memory now, does what the `memory` options say, and has emitted
    /// the `memoryPressure` events of it when it returns.
    ///
    /// @param usage - Readings that replace those of the system, for tests and
    /// for limits that only the app knows of.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(
        catch_unwind,
        ts_args_type = "usage?: MemoryUsage | null",
        ts_return_type = "MemoryStatus"
    )]
    pub fn check_memory(&self, env: Env, usage: Option<Unknown<'_>>) -> Result<Object<'static>> {
        let known = memory_types::usage(&env, usage)?;
        if self.registry().is_shut() {
            return Err(super::error::closed(&env, "registry"));
        }
        let hub = &self.js().hub;
        let check = |core: &Arc<Registry>| registry_memory::check(&env, core, hub, known);
        let report = self.js().call(&env, check);
        memory_types::report(&env, self.registry(), &report)
    }

    /// How many sessions fit into an amount of memory: `memory / (F + M)`,
    /// rounded down and at least 1. F is what any session needs (about 2 KiB); M
    /// is the mean of what this registry's sessions hold now, or held when they
    /// were closed, in histories, screens and waiting input, and is at most a
    /// full history and scrollback; before there was any session, it is that.
    ///
    /// @param memory - Bytes. Default: what the sessions hold now, and what is
    /// left before memory is critical.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(catch_unwind, ts_args_type = "memory?: number | null")]
    pub fn max_sessions_for(&self, env: Env, memory: Option<Unknown<'_>>) -> Result<f64> {
        let memory = args::given(memory)
            .map(|memory| args::integer(&env, memory, "memory", 0, args::MAX_SAFE))
            .transpose()?;
        let usage = match memory {
            Some(_) => offheap_session::pressure::Usage::default(),
            None => offheap_session::registry::read_usage(heap::read(&env)),
        };
        Ok(self.registry().max_sessions_for(memory, &usage) as f64)
    }
}

fn sessions(object: &mut Object<'_>, stats: &Stats) -> Result<()> {
    object.set("sessions", stats.sessions as f64)?;
    object.set("exited", stats.exited as f64)?;
    object.set("suspended", stats.suspended as f64)?;
    object.set("detached", stats.detached as f64)?;
    object.set("projects", stats.projects as f64)?;
    object.set("connections", stats.connections as f64)?;
    object.set("created", stats.created as f64)
}

fn traffic(object: &mut Object<'_>, meter: &Meter, input: u64) -> Result<()> {
    let mut set = |name: &str, value: u64| object.set(name, value as f64);
    set("viewers", meter.level(Gauge::Viewers))?;
    set("historyBytes", meter.level(Gauge::History))?;
    set("screenBytes", meter.level(Gauge::Screen))?;
    set("inputBytes", input)?;
    set("nativeBytes", meter.bytes_held() + input)?;
    set("bytesOut", meter.total(Counter::BytesOut))?;
    set("bytesIn", meter.total(Counter::BytesIn))?;
    set("bytesSent", meter.total(Counter::BytesSent))?;
    set("gaps", meter.total(Counter::Gaps))?;
    set("bytesMissed", meter.total(Counter::BytesMissed))?;
    set("stalls", meter.total(Counter::Stalls))
}

fn counts(env: &Env, pairs: impl Iterator<Item = (&'static str, u64)>) -> Result<Object<'static>> {
    let mut object = Object::new(env)?;
    for (name, count) in pairs {
        object.set(name, count as f64)?;
    }
    Ok(object)
}
