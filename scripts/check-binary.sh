#!/bin/sh
# Fails when a Linux binary needs a glibc newer than 2.28 (musl ones: any
# glibc at all), is 3 MB or larger, or carries a symbol table. Usage:
#
#   scripts/check-binary.sh file.node ...
set -eu

floor=2.28
limit=3000000
status=0
fail() { echo "$1" >&2 && status=1; }

for file in "$@"; do
    newest=$(readelf --version-info --wide "$file" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -uV | tail -n 1)
    size=$(wc -c <"$file")
    case $file in
    *musl*) [ -z "$newest" ] || fail "$file is built for musl but needs glibc $newest" ;;
    *) [ "$(printf '%s\n' "$newest" $floor | sort -V | tail -n 1)" = $floor ] || fail "$file needs glibc $newest, newer than $floor" ;;
    esac
    [ "$size" -lt $limit ] || fail "$file has $size bytes, $limit are too many"
    ! readelf --sections --wide "$file" | grep -q ' \.symtab ' || fail "$file is not stripped"
    echo "$file: $size bytes, needs ${newest:+glibc }${newest:-musl}"
done
exit $status
