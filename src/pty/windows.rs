//! Terminals on Windows, through `ConPTY`.
