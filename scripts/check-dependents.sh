#!/usr/bin/env bash
# Compiles what depends on the crates and is no member of the workspace: the fuzz
# targets and the benchmarks in Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

# In one folder, since they depend on the same.
export CARGO_TARGET_DIR=target/dependents
# Nothing is linked here, so libFuzzer is not compiled.
export CUSTOM_LIBFUZZER_PATH="$PWD/target/libfuzzer-unused.a"

check() { cargo check --locked --quiet --manifest-path "$@"; }

check fuzz/Cargo.toml
check bench/core/Cargo.toml --benches --examples
check bench/engines/Cargo.toml
check bench/registry/Cargo.toml
check bench/server/floor/Cargo.toml
check bench/screen/harness/Cargo.toml
