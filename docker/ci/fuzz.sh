#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other.
#   fuzz.sh TIME-PER-TARGET
set -euo pipefail
cd "$(dirname "$0")/../.."
for pkg in $(go list ./...); do
  for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
    echo "== $pkg $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" "$pkg"
  done
done
