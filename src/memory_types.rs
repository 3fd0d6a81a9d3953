//! Memory, between JavaScript and Rust: the options, readings that the caller
//! gives, and what is told.

use std::time::Duration;

use napi::ValueType;
use napi::bindgen_prelude::{Env, Object, Result, Unknown};

use super::error::out_of_range;
use super::{args, subject};
use offheap_session::pressure::{Actions, Bound, Options, Threshold, Usage};
use offheap_session::registry::{Action, Heaviest, MemoryReport, Pressure, Registry};

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
    subject::set(&mut session, &heaviest.subject)?;
    session.set("bytes", heaviest.bytes as f64)?;
    object.set("heaviest", session)
}
