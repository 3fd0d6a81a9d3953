#!/bin/sh
# Publishes the platform packages, then the main one, so that nobody gets a
# main package whose binaries are not there. A version that is published
# already is passed over: a release that broke off can be run again. The notices
# of what the binaries contain are gathered here: that takes cargo and rustc.
#
#   scripts/publish-all.sh [arguments of npm publish]
set -eu
cd "$(dirname "$0")/.."

node scripts/third-party.js
node scripts/check-binaries.js
version=$(node -p "require('./package.json').version")
case $version in
*-*) tag=next ;;
*) tag=latest ;;
esac

for folder in npm/* .; do
    name=$(node -p "require('./$folder/package.json').name")
    if [ "$(npm view "$name@$version" version 2>/dev/null)" = "$version" ]; then
        echo "$name@$version is published already"
        continue
    fi
    [ "$folder" = . ] || cp LICENSE "$folder/"
    npm publish "./$folder" --tag "$tag" "$@"
done
