#!/bin/sh
# Compiles the crates and their tests for targets that this machine cannot build for: no linker
# and no SDK are needed to check types and cfgs. The standard library is checked
# from source, so nothing is downloaded for it.
#
# Needs Debian's rustc-web, cargo-web and rust-web-src:
#   apt-get install rustc-web cargo-web rust-web-src
#
# Usage: scripts/check-targets.sh [TARGET…]      (default: every target we ship)
set -eu

cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- \
  x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu \
  x86_64-unknown-linux-musl aarch64-unknown-linux-musl \
  x86_64-apple-darwin aarch64-apple-darwin \
  x86_64-pc-windows-msvc aarch64-pc-windows-msvc

# The distribution's compiler and cargo together: rustup's would not find the
# source of the standard library, nor accept the unstable flag.
PATH=/usr/bin:/bin
export PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
unset RUSTC_WRAPPER RUSTUP_TOOLCHAIN CARGO_BUILD_TARGET 2>/dev/null || true

# Without this, a library for musl is none that Node could load, and is left out.
musl='-C target-feature=-crt-static'
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="$musl"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="$musl"
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS 2>/dev/null || true

# All in one run: while everything of one target waits for its `core` or `std`,
# another's are checked.
targets=$*
for target in "$@"; do
  shift
  set -- "$@" --target "$target"
done
cargo check --locked --quiet --workspace --all-targets "$@" \
  -Zbuild-std=std,panic_unwind,test --target-dir target/check
echo "checked: $targets"
