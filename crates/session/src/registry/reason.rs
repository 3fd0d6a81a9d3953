//! Why sessions close, which limits there are, and what is done about memory:
//! the words for it.

/// Why a session was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Somebody asked for it.
    Closed,
    /// Its whole project was closed.
    Project,
    /// Its program ended.
    Exit,
    /// Nobody was connected, and nothing was typed, for too long.
    Inactive,
    /// It was its project's oldest, and another was created.
    Limit,
    /// Memory was short.
    Memory,
    /// The registry was closed.
    Registry,
    /// It was left for the next process.
    Left,
    /// A fault of this package that had to do with this session alone.
    Fault,
}

impl Reason {
    /// Every reason, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Closed,
        Self::Project,
        Self::Exit,
        Self::Inactive,
        Self::Limit,
        Self::Memory,
        Self::Registry,
        Self::Left,
        Self::Fault,
    ];

    /// The name that listeners and metrics see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Project => "project",
            Self::Exit => "exit",
            Self::Inactive => "inactive",
            Self::Limit => "limit",
            Self::Memory => "memory",
            Self::Registry => "registry",
            Self::Left => "left",
            Self::Fault => "fault",
        }
    }
}

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Sessions in all.
    Sessions,
    /// Sessions in a project.
    Project,
    /// New shells in a minute.
    SpawnRate,
    /// Focused sessions in a project.
    Focus,
    /// Memory.
    Memory,
}

impl Limit {
    /// Every limit, in the order of their declaration.
    pub const ALL: [Self; 5] =
        [Self::Sessions, Self::Project, Self::SpawnRate, Self::Focus, Self::Memory];

    /// The name that listeners and metrics see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Project => "project",
            Self::SpawnRate => "spawnRate",
            Self::Focus => "focus",
            Self::Memory => "memory",
        }
    }
}

/// What was done because memory is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Histories of idle sessions were shrunk.
    ShrinkHistories,
    /// What is only kept for speed was dropped.
    DropCaches,
    /// The V8 heap's garbage was collected.
    CollectGarbage,
    /// Idle sessions were closed.
    CloseInactive,
    /// New sessions are refused from here on.
    Refuse,
    /// The session with the most memory was closed.
    CloseHeaviest,
    /// The oldest session was closed.
    CloseOldest,
}

impl Action {
    /// The name that listeners see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShrinkHistories => "shrinkHistories",
            Self::DropCaches => "dropCaches",
            Self::CollectGarbage => "collectGarbage",
            Self::CloseInactive => "closeInactive",
            Self::Refuse => "refuse",
            Self::CloseHeaviest => "closeHeaviest",
            Self::CloseOldest => "closeOldest",
        }
    }
}
