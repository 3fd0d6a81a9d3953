#!/usr/bin/env bash
# Runs every interleaving of the wake-up protocols of crates/wake, with loom.
set -euo pipefail
cd "$(dirname "$0")/.."
# Unoptimised: loom takes longer to compile than to run.
export CARGO_PROFILE_DEV_OPT_LEVEL=0
RUSTFLAGS="--cfg loom" cargo test --locked --package offheap-wake --test loom --target-dir target/loom
