//! Memory, between JavaScript and Rust: the options, the readings that only the
//! JS thread can make, and the events.

use std::time::Duration;

use napi::bindgen_prelude::{Env, FromNapiValue, JsValue, Object, Result, Unknown};
use napi::{ValueType, sys};

use super::args;
use super::callback::Reference;
use super::error::out_of_range;
use super::registry_events::JsRegistry;
use super::registry_types;
use offheap_session::pressure::{Actions, Bound, Options, Threshold, Usage};
use offheap_session::registry::{
    Action, Heaviest, MemoryReport, Pressure, Registry, Relief, Work, read_usage,
};

/// What an action is called in the options, and where it is kept.
type Switch = (&'static str, fn(&mut Actions) -> &mut bool);

const SWITCHES: [Switch; 7] = [
    ("shrinkHistories", |actions| &mut actions.shrink_histories),
    ("dropCaches", |actions| &mut actions.drop_caches),
    ("collectGarbage", |actions| &mut actions.collect_garbage),
    ("closeInactive", |actions| &mut actions.close_inactive),
    ("refuse", |actions| &mut actions.refuse),
    ("closeHeaviest", |actions| &mut actions.close_heaviest),
    ("closeOldest", |actions| &mut actions.close_oldest),
];

/// The `memory` option: an object, or `false` for no watch and no action.
pub(super) fn options(env: &Env, value: Option<Unknown<'_>>) -> Result<Options> {
    let mut options = Options::default();
    let Some(value) = value else { return Ok(options) };
    if value.get_type()? == ValueType::Boolean {
        if !args::boolean(env, value, "options.memory")? {
            (options.interval, options.actions) = (Duration::ZERO, Actions::NONE);
        }
        return Ok(options);
    }
    let object = args::object(env, value, "options.memory")?;
    let property = |name: &str| args::property(Some(&object), name);
    options.warning = threshold(env, property("warning")?, "warning", options.warning)?;
    options.critical = threshold(env, property("critical")?, "critical", options.critical)?;
    in_order(env, &options)?;
    let interval = args::millis(env, property("interval")?, "options.memory.interval")?;
    options.interval = interval.unwrap_or(options.interval);
    let idle = args::millis(env, property("idleAfter")?, "options.memory.idleAfter")?;
    options.idle_after = idle.unwrap_or(options.idle_after);
    let range = (0, offheap_ring::MAX_CAPACITY);
    let name = "options.memory.keepHistory";
    options.keep_history =
        args::size_or(env, property("keepHistory")?, name, range, options.keep_history)?;
    options.actions = actions(env, property("actions")?)?;
    Ok(options)
}

/// A share up to 1, or bytes from 2 on.
fn threshold(
    env: &Env,
    value: Option<Unknown<'_>>,
    name: &str,
    default: Threshold,
) -> Result<Threshold> {
    let Some(value) = value else { return Ok(default) };
    let name = format!("options.memory.{name}");
    let number = args::number(env, value, &name)?;
    if number > 0.0 && number <= 1.0 {
        return Ok(Threshold::Share(number));
    }
    args::integer(env, value, &name, 2, args::MAX_SAFE).map(Threshold::Bytes)
}

fn in_order(env: &Env, options: &Options) -> Result<()> {
    let (low, high) = match (options.warning, options.critical) {
        (Threshold::Share(low), Threshold::Share(high)) => (low, high),
        (Threshold::Bytes(low), Threshold::Bytes(high)) => (low as f64, high as f64),
        _ => return Ok(()),
    };
    if low <= high {
        return Ok(());
    }
    let range = format!(">= {low}, which is options.memory.warning");
    Err(out_of_range(env, "options.memory.critical", &range, high))
}

fn actions(env: &Env, value: Option<Unknown<'_>>) -> Result<Actions> {
    let mut actions = Actions::default();
    let Some(value) = value else { return Ok(actions) };
    let object = args::object(env, value, "options.memory.actions")?;
    for (name, place) in SWITCHES {
        if let Some(value) = args::property(Some(&object), name)? {
            let name = format!("options.memory.actions.{name}");
            *place(&mut actions) = args::boolean(env, value, &name)?;
        }
    }
    Ok(actions)
}

/// What a number of a `MemoryUsage` is called, and where it is kept.
type Reading = (&'static str, fn(&mut Usage) -> &mut Option<u64>);

const READINGS: [Reading; 8] = [
    ("rss", |usage| &mut usage.rss),
    ("heapUsed", |usage| &mut usage.heap_used),
    ("heapLimit", |usage| &mut usage.heap_limit),
    ("external", |usage| &mut usage.external),
    ("cgroupUsed", |usage| &mut usage.cgroup_used),
    ("cgroupLimit", |usage| &mut usage.cgroup_limit),
    ("machineTotal", |usage| &mut usage.machine_total),
    ("machineAvailable", |usage| &mut usage.machine_available),
];

/// Readings that the caller gives.
pub(super) fn usage(env: &Env, value: Option<Unknown<'_>>) -> Result<Usage> {
    let mut usage = Usage::default();
    let object = args::given(value).map(|value| args::object(env, value, "usage")).transpose()?;
    for (name, place) in READINGS {
        if let Some(value) = args::property(object.as_ref(), name)? {
            let bytes = args::integer(env, value, &format!("usage.{name}"), 0, args::MAX_SAFE)?;
            *place(&mut usage) = Some(bytes);
        }
    }
    if let Some(value) = args::property(object.as_ref(), "cgroupStall")? {
        let percent = args::number(env, value, "usage.cgroupStall")?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(out_of_range(env, "usage.cgroupStall", ">= 0 && <= 100", percent));
        }
        usage.cgroup_stall = Some(percent);
    }
    Ok(usage)
}

/// The JS thread, in a call that it makes itself.
struct Here<'a> {
    env: &'a Env,
    registry: &'a JsRegistry,
    known: Usage,
}

impl Relief for Here<'_> {
    fn drop_caches(&mut self) {
        drop_caches(self.registry);
    }

    fn collect_garbage(&mut self) -> Option<Usage> {
        Some(read_usage(self.known.or(collect_garbage(self.env)?)))
    }
}

fn drop_caches(registry: &JsRegistry) {
    registry.hub.pool.clear();
    *registry.hub.chunk.borrow_mut() = Vec::new();
}

/// The heap after a collection, where garbage can be collected on demand.
fn collect_garbage(env: &Env) -> Option<Usage> {
    call(env, &[c"gc"], None)?;
    Some(heap(env))
}

/// Does what the watch over memory has asked the JS thread for.
pub(super) fn work(env: &Env, registry: &JsRegistry, work: Work) {
    let heap = match work {
        Work::ReadHeap => Some(heap(env)),
        Work::CollectGarbage => collect_garbage(env),
        Work::DropCaches => return drop_caches(registry),
    };
    registry.registry.heap_read(work, heap);
}

pub(super) fn check(env: &Env, registry: &JsRegistry, known: Usage) -> MemoryReport {
    let mut here = Here { env, registry, known };
    registry.call(env, |core| core.check_memory(read_usage(known.or(heap(env))), &mut here))
}

/// The V8 heap, as `v8.getHeapStatistics()` knows it.
pub(super) fn heap(env: &Env) -> Usage {
    let read = || -> Option<Usage> {
        // SAFETY: the string is made in this environment.
        let name = unsafe { super::error::text(env.raw(), "v8") };
        let module = call(env, &[c"process", c"getBuiltinModule"], Some(name))?;
        // SAFETY: the value is this environment's; a wrong type is an error.
        let module = unsafe { Object::from_napi_value(env.raw(), module).ok()? };
        let function: Unknown<'_> = module.get("getHeapStatistics").ok()??;
        let statistics = invoke(env, module.raw(), function.raw(), None)?;
        // SAFETY: as above.
        let statistics = unsafe { Object::from_napi_value(env.raw(), statistics).ok()? };
        let number = |name: &str| statistics.get::<f64>(name).ok().flatten().map(to_bytes);
        Some(Usage {
            heap_used: number("used_heap_size"),
            heap_limit: number("heap_size_limit"),
            external: number("external_memory"),
            ..Usage::default()
        })
    };
    let usage = read();
    clear_exception(env);
    usage.unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes")]
fn to_bytes(number: f64) -> u64 {
    number as u64
}

/// Calls a function of the global object; `None` when there is none, or when it
/// throws.
fn call(
    env: &Env,
    path: &[&std::ffi::CStr],
    argument: Option<sys::napi_value>,
) -> Option<sys::napi_value> {
    let called = Reference::global(env, path).ok().and_then(|function| {
        let receiver = Reference::global(env, &path[..path.len() - 1]).ok()?;
        invoke(env, receiver.value(), function.value(), argument)
    });
    clear_exception(env);
    called
}

fn invoke(
    env: &Env,
    receiver: sys::napi_value,
    function: sys::napi_value,
    argument: Option<sys::napi_value>,
) -> Option<sys::napi_value> {
    let arguments = argument.as_slice();
    let mut result = std::ptr::null_mut();
    // SAFETY: all values are this environment's; what is no function is refused
    // with a status.
    let status = unsafe {
        sys::napi_call_function(
            env.raw(),
            receiver,
            function,
            arguments.len(),
            arguments.as_ptr(),
            &raw mut result,
        )
    };
    (status == sys::Status::napi_ok).then_some(result)
}

/// A reading that failed is left out and is nobody's exception.
fn clear_exception(env: &Env) {
    let mut pending = false;
    let mut error = std::ptr::null_mut();
    // SAFETY: the environment is alive on this thread.
    unsafe {
        sys::napi_is_exception_pending(env.raw(), &raw mut pending);
        if pending {
            sys::napi_get_and_clear_last_exception(env.raw(), &raw mut error);
        }
    }
}

/// A `memoryPressure` event.
pub(super) fn pressure<'a>(env: &Env, pressure: &Pressure) -> Result<Object<'a>> {
    let mut object = Object::new(env)?;
    object.set("level", pressure.level.name())?;
    object.set("previous", pressure.previous.name())?;
    object.set("action", pressure.action.map(Action::name))?;
    object.set("sessions", pressure.sessions as f64)?;
    object.set("bytes", pressure.bytes as f64)?;
    bound(&mut object, pressure.bound)?;
    heaviest(env, &mut object, pressure.heaviest.as_ref())?;
    Ok(object)
}

/// A `MemoryStatus`.
pub(super) fn report(
    env: &Env,
    registry: &Registry,
    report: &MemoryReport,
) -> Result<Object<'static>> {
    let mut object = Object::new(env)?;
    object.set("level", report.judgement.level.name())?;
    bound(&mut object, report.judgement.bound)?;
    heaviest(env, &mut object, report.heaviest.as_ref())?;
    object.set("refusing", report.refusing)?;
    object.set("nativeBytes", registry.meter().bytes_held() as f64)?;
    let mut usage = report.usage;
    object.set("cgroupStall", usage.cgroup_stall)?;
    for (name, place) in READINGS {
        object.set(name, place(&mut usage).map(|bytes| bytes as f64))?;
    }
    Ok(object)
}

fn bound(object: &mut Object<'_>, bound: Option<Bound>) -> Result<()> {
    object.set("cause", bound.map(|bound| bound.cause.name()))?;
    object.set("used", bound.map(|bound| bound.used as f64))?;
    object.set("threshold", bound.map(|bound| bound.limit as f64))
}

fn heaviest(env: &Env, object: &mut Object<'_>, heaviest: Option<&Heaviest>) -> Result<()> {
    let Some(heaviest) = heaviest else { return object.set("heaviest", args::null(env)?) };
    let mut session = Object::new(env)?;
    registry_types::set_subject(&mut session, &heaviest.subject)?;
    session.set("bytes", heaviest.bytes as f64)?;
    object.set("heaviest", session)
}
