#!/bin/sh
# Fuzzes one target for so many seconds, with the address sanitizer:
#
#     scripts/fuzz.sh screen 900
#
# Builds with the stable compiler what cargo-fuzz would build with a nightly one.
# Inputs worth keeping stay in fuzz/corpus, inputs that fail in fuzz/artifacts.
set -eu

target=${1:?which target: ring, text or screen}
seconds=${2:-60}
cd "$(dirname "$0")/../fuzz"

host=$(rustc -vV | sed -n 's/^host: //p')
coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares'
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="$(echo $coverage) --cfg fuzzing -Clink-dead-code -Zsanitizer=address -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks"
cargo build --release --locked --bin "$target" --target "$host"

corpus=corpus/$target
mkdir -p "$corpus" "artifacts/$target"
if [ "$target" = screen ]; then
    # Four bytes for the size and the scrollback, then the recording.
    for file in ../bench/screen/recordings/*.bin; do
        { printf '\005\144\036\310'; head -c 1000 "$file"; } >"$corpus/$(basename "$file")"
    done
fi
set -- "$corpus" -max_len=1500 -timeout=60 -rss_limit_mb=3000 -artifact_prefix="artifacts/$target/" \
    -max_total_time="$seconds"
[ ! -f "$target.dict" ] || set -- "$@" -dict="$target.dict"
exec "${CARGO_TARGET_DIR:-target}/$host/release/$target" "$@"
