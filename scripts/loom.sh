#!/usr/bin/env bash
# Runs every interleaving of the wake-up protocols of crates/wake, with loom.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo test --locked --package offheap-wake --test loom --target-dir target/loom
