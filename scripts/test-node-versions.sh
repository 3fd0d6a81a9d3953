#!/bin/sh
# Runs the jest suite on other versions of Node, from npm's packages
# of its binaries (those that its `node` package installs by a script).
# Usage, with jest's arguments after --:
#
#   scripts/test-node-versions.sh [20 22 24 26] [-- arguments of jest]
#
# With --smoke instead of jest's arguments, only the smoke test runs.
set -eu
cd "$(dirname "$0")/.."

versions=
while [ $# -gt 0 ] && [ "$1" != -- ] && [ "$1" != --smoke ]; do
    versions="$versions $1" && shift
done
smoke=no
[ "${1:-}" != --smoke ] || smoke=yes
[ $# -eq 0 ] || shift

run() {
    if [ $smoke = yes ]; then "$1" scripts/smoke.js; else "$@"; fi
}

package=$(node -p '`node-${process.platform}-${process.arch}`')
failed=
for version in ${versions:-20 22 24 26}; do
    folder=$PWD/target/node/$version
    node=$folder/node_modules/$package/bin/node
    [ -x "$node" ] || npm install --silent --no-save --no-package-lock --prefix "$folder" "$package@$version"
    echo "Node $("$node" --version)"
    PATH=$(dirname "$node"):$PATH run "$node" node_modules/jest/bin/jest.js "$@" || failed="$failed $version"
done
[ -z "$failed" ] || { echo "Failed on Node$failed" >&2 && exit 1; }
