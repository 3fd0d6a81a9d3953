#!/bin/sh
# Builds the binaries of Linux platforms into their folders under npm/, with
# zig as the linker, so that they run on glibc 2.28 or musl 1.2 and newer
# whatever this machine has. Usage:
#
#   scripts/build-linux.sh linux-x64-gnu linux-arm64-musl ...
#
# A target whose standard library is not installed is built with it from
# source, by Debian's rustc-web, cargo-web and rust-web-src.
set -eu
cd "$(dirname "$0")/.."

glibc=2.28
tools=$PWD/target/tools
[ -x "$tools/bin/cargo-zigbuild" ] || {
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet ziglang==0.15.2 cargo-zigbuild==0.24.0
}
PATH=$tools/bin:$PATH
CARGO_ZIGBUILD_ZIG_PATH=$tools/bin/python-zig
export PATH CARGO_ZIGBUILD_ZIG_PATH

build() {
    case $1 in
    linux-x64-gnu) target=x86_64-unknown-linux-gnu ;;
    linux-arm64-gnu) target=aarch64-unknown-linux-gnu ;;
    linux-x64-musl) target=x86_64-unknown-linux-musl ;;
    linux-arm64-musl) target=aarch64-unknown-linux-musl ;;
    *) echo "$1 is no Linux platform of this package" >&2 && exit 2 ;;
    esac
    set -- "$1" --release --locked
    case $target in
    *-gnu) set -- "$@" --target "$target.$glibc" ;;
    # An addon has to link the libc of the Node that loads it.
    *-musl) set -- "$@" --target "$target" && RUSTFLAGS="-C target-feature=-crt-static" ;;
    esac
    export RUSTFLAGS="${RUSTFLAGS:-}"
    platform=$1 && shift
    if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
        cargo-zigbuild zigbuild --lib "$@"
        cargo-zigbuild zigbuild -p offheap-keeper --bin offheap-keeper "$@"
    else
        export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=target/build-std
        cargo-zigbuild zigbuild -Zbuild-std=std,panic_unwind --lib "$@"
        cargo-zigbuild zigbuild -Zbuild-std=std,panic_unwind -p offheap-keeper --bin offheap-keeper "$@"
    fi
    out=target
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] || out=target/build-std
    cp "$out/$target/release/liboffheap_terminal.so" "npm/$platform/offheap-terminal.$platform.node"
    cp "$out/$target/release/offheap-keeper" "npm/$platform/offheap-keeper"
    scripts/check-binary.sh "npm/$platform/offheap-terminal.$platform.node" "npm/$platform/offheap-keeper"
}

for platform in "$@"; do
    (build "$platform")
done
