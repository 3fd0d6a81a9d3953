//! The state machine of the parser, as a table built at compile time.
//!
//! The states and transitions are those of a VT500 as xterm.js has them. They
//! work on code points, so that C1 controls are U+0080 to U+009F; every
//! character from U+00A0 on counts as [`NON_ASCII`].

/// States of the parser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    #[default]
    Ground,
    Escape,
    EscapeIntermediate,
    CsiEntry,
    CsiParam,
    CsiIntermediate,
    CsiIgnore,
    IgnoredString,
    Osc,
    DcsEntry,
    DcsParam,
    DcsIgnore,
    DcsIntermediate,
    DcsPassthrough,
    ApcHeader,
    Apc,
}

/// What the parser does on the way to the next state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Action {
    Ignore,
    Print,
    Execute,
    OscStart,
    OscPut,
    OscEnd,
    CsiDispatch,
    Param,
    Collect,
    EscDispatch,
    Clear,
    DcsHook,
    DcsPut,
    DcsUnhook,
    ApcStart,
    ApcPut,
    ApcEnd,
}

/// An action and the state after it.
pub(crate) type Transition = (Action, State);

const STATES: usize = 16;
const CLASSES: usize = 0xa1;
/// The class of all characters from U+00A0 on.
pub(crate) const NON_ASCII: usize = 0xa0;

static TABLE: [[Transition; CLASSES]; STATES] = build();

const ALL: [State; STATES] = [
    State::Ground,
    State::Escape,
    State::EscapeIntermediate,
    State::CsiEntry,
    State::CsiParam,
    State::CsiIntermediate,
    State::CsiIgnore,
    State::IgnoredString,
    State::Osc,
    State::DcsEntry,
    State::DcsParam,
    State::DcsIgnore,
    State::DcsIntermediate,
    State::DcsPassthrough,
    State::ApcHeader,
    State::Apc,
];

/// The transition of a state for a code point.
#[inline]
pub(crate) fn transition(state: State, code: u32) -> Transition {
    let class = if code < 0xa0 { code as usize } else { NON_ASCII };
    TABLE[state as usize][class]
}

type Table = [[Transition; CLASSES]; STATES];

const fn put(table: &mut Table, state: State, from: usize, to: usize, step: Transition) {
    let mut class = from;
    while class <= to {
        table[state as usize][class] = step;
        class += 1;
    }
}

/// Puts a step for the C0 controls that neither cancel nor introduce anything.
const fn controls(table: &mut Table, state: State, action: Action) {
    put(table, state, 0x00, 0x17, (action, state));
    put(table, state, 0x19, 0x19, (action, state));
    put(table, state, 0x1c, 0x1f, (action, state));
}

const fn anywhere(table: &mut Table) {
    let mut index = 0;
    while index < STATES {
        let state = ALL[index];
        put(table, state, 0x18, 0x18, (Action::Execute, State::Ground));
        put(table, state, 0x1a, 0x1a, (Action::Execute, State::Ground));
        put(table, state, 0x80, 0x9a, (Action::Execute, State::Ground));
        put(table, state, 0x90, 0x90, (Action::Clear, State::DcsEntry));
        put(table, state, 0x98, 0x98, (Action::Ignore, State::IgnoredString));
        put(table, state, 0x9b, 0x9b, (Action::Clear, State::CsiEntry));
        put(table, state, 0x9c, 0x9c, (Action::Ignore, State::Ground));
        put(table, state, 0x9d, 0x9d, (Action::OscStart, State::Osc));
        put(table, state, 0x9e, 0x9f, (Action::Ignore, State::IgnoredString));
        put(table, state, 0x1b, 0x1b, (Action::Clear, State::Escape));
        index += 1;
    }
}

const fn escapes(table: &mut Table) {
    controls(table, State::Escape, Action::Execute);
    put(table, State::Escape, 0x20, 0x2f, (Action::Collect, State::EscapeIntermediate));
    put(table, State::Escape, 0x30, 0x7e, (Action::EscDispatch, State::Ground));
    put(table, State::Escape, 0x50, 0x50, (Action::Clear, State::DcsEntry));
    put(table, State::Escape, 0x58, 0x58, (Action::Ignore, State::IgnoredString));
    put(table, State::Escape, 0x5b, 0x5b, (Action::Clear, State::CsiEntry));
    put(table, State::Escape, 0x5d, 0x5d, (Action::OscStart, State::Osc));
    put(table, State::Escape, 0x5e, 0x5f, (Action::Ignore, State::IgnoredString));
    put(table, State::Escape, 0x7f, 0x7f, (Action::Ignore, State::Escape));
    let state = State::EscapeIntermediate;
    controls(table, state, Action::Execute);
    put(table, state, 0x20, 0x2f, (Action::Collect, state));
    put(table, state, 0x30, 0x7e, (Action::EscDispatch, State::Ground));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
}

const fn csi(table: &mut Table) {
    let state = State::CsiEntry;
    controls(table, state, Action::Execute);
    put(table, state, 0x20, 0x2f, (Action::Collect, State::CsiIntermediate));
    put(table, state, 0x30, 0x3b, (Action::Param, State::CsiParam));
    put(table, state, 0x3c, 0x3f, (Action::Collect, State::CsiParam));
    put(table, state, 0x40, 0x7e, (Action::CsiDispatch, State::Ground));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    let state = State::CsiParam;
    controls(table, state, Action::Execute);
    put(table, state, 0x20, 0x2f, (Action::Collect, State::CsiIntermediate));
    put(table, state, 0x30, 0x3b, (Action::Param, state));
    put(table, state, 0x3c, 0x3f, (Action::Ignore, State::CsiIgnore));
    put(table, state, 0x40, 0x7e, (Action::CsiDispatch, State::Ground));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    let state = State::CsiIntermediate;
    controls(table, state, Action::Execute);
    put(table, state, 0x20, 0x2f, (Action::Collect, state));
    put(table, state, 0x30, 0x3f, (Action::Ignore, State::CsiIgnore));
    put(table, state, 0x40, 0x7e, (Action::CsiDispatch, State::Ground));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    let state = State::CsiIgnore;
    controls(table, state, Action::Execute);
    put(table, state, 0x20, 0x3f, (Action::Ignore, state));
    put(table, state, 0x40, 0x7e, (Action::Ignore, State::Ground));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    put(table, state, NON_ASCII, NON_ASCII, (Action::Ignore, state));
}

const fn strings(table: &mut Table) {
    let state = State::Osc;
    controls(table, state, Action::Ignore);
    put(table, state, 0x20, 0x7f, (Action::OscPut, state));
    put(table, state, NON_ASCII, NON_ASCII, (Action::OscPut, state));
    put(table, state, 0x07, 0x07, (Action::OscEnd, State::Ground));
    put(table, state, 0x18, 0x18, (Action::OscEnd, State::Ground));
    put(table, state, 0x1a, 0x1a, (Action::OscEnd, State::Ground));
    put(table, state, 0x1b, 0x1b, (Action::OscEnd, State::Escape));
    put(table, state, 0x9c, 0x9c, (Action::OscEnd, State::Ground));
    let state = State::IgnoredString;
    controls(table, state, Action::Ignore);
    put(table, state, 0x20, 0x7f, (Action::Ignore, state));
}

/// Application program commands as xterm.js reads them from 6.1 on.
const fn apc(table: &mut Table) {
    let state = State::ApcHeader;
    controls(table, state, Action::Ignore);
    put(table, state, 0x20, 0x2f, (Action::Collect, state));
    put(table, state, 0x30, 0x7e, (Action::ApcStart, State::Apc));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    let state = State::Apc;
    controls(table, state, Action::Ignore);
    put(table, state, 0x08, 0x0d, (Action::ApcPut, state));
    put(table, state, 0x20, 0x7e, (Action::ApcPut, state));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    put(table, state, NON_ASCII, NON_ASCII, (Action::ApcPut, state));
    put(table, state, 0x18, 0x18, (Action::ApcEnd, State::Ground));
    put(table, state, 0x1a, 0x1a, (Action::ApcEnd, State::Ground));
    put(table, state, 0x1b, 0x1b, (Action::ApcEnd, State::Escape));
    put(table, state, 0x9c, 0x9c, (Action::ApcEnd, State::Ground));
}

const fn dcs_header(table: &mut Table, state: State) {
    controls(table, state, Action::Ignore);
    put(table, state, 0x20, 0x2f, (Action::Collect, State::DcsIntermediate));
    put(table, state, 0x40, 0x7e, (Action::DcsHook, State::DcsPassthrough));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
}

const fn dcs(table: &mut Table) {
    dcs_header(table, State::DcsEntry);
    put(table, State::DcsEntry, 0x30, 0x3b, (Action::Param, State::DcsParam));
    put(table, State::DcsEntry, 0x3c, 0x3f, (Action::Collect, State::DcsParam));
    dcs_header(table, State::DcsParam);
    put(table, State::DcsParam, 0x30, 0x3b, (Action::Param, State::DcsParam));
    put(table, State::DcsParam, 0x3c, 0x3f, (Action::Ignore, State::DcsIgnore));
    dcs_header(table, State::DcsIntermediate);
    put(table, State::DcsIntermediate, 0x30, 0x3f, (Action::Ignore, State::DcsIgnore));
    let state = State::DcsIgnore;
    controls(table, state, Action::Ignore);
    put(table, state, 0x20, 0x7f, (Action::Ignore, state));
    put(table, state, NON_ASCII, NON_ASCII, (Action::Ignore, state));
    let state = State::DcsPassthrough;
    controls(table, state, Action::DcsPut);
    put(table, state, 0x20, 0x7e, (Action::DcsPut, state));
    put(table, state, 0x7f, 0x7f, (Action::Ignore, state));
    put(table, state, NON_ASCII, NON_ASCII, (Action::DcsPut, state));
    put(table, state, 0x18, 0x18, (Action::DcsUnhook, State::Ground));
    put(table, state, 0x1a, 0x1a, (Action::DcsUnhook, State::Ground));
    put(table, state, 0x1b, 0x1b, (Action::DcsUnhook, State::Escape));
    put(table, state, 0x9c, 0x9c, (Action::DcsUnhook, State::Ground));
}

const fn build() -> Table {
    let mut table = [[(Action::Ignore, State::Ground); CLASSES]; STATES];
    anywhere(&mut table);
    controls(&mut table, State::Ground, Action::Execute);
    put(&mut table, State::Ground, 0x20, 0x7e, (Action::Print, State::Ground));
    put(&mut table, State::Ground, NON_ASCII, NON_ASCII, (Action::Print, State::Ground));
    escapes(&mut table);
    csi(&mut table);
    strings(&mut table);
    dcs(&mut table);
    apc(&mut table);
    table
}
