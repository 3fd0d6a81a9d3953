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

for target in "$@"; do
  echo "== $target"
  # Without this, a library for musl is none that Node could load, and is left out.
  case $target in
  *-musl) export RUSTFLAGS="-C target-feature=-crt-static" ;;
  *) unset RUSTFLAGS ;;
  esac
  cargo check --locked --quiet --workspace --tests -Zbuild-std=std,panic_unwind,test --target "$target" --target-dir target/check
done
echo "checked: $*"
