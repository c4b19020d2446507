#!/usr/bin/env bash
# Format, vet, staticcheck, then all tests with the race detector, shuffled.
#   check.sh STATICCHECK-MODULE@VERSION
set -euo pipefail
cd "$(dirname "$0")/../.."
unformatted=$(find . -name '*.go' -not -path '*/testdata/*' -print0 | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
  echo "gofmt would change:" $unformatted >&2
  exit 1
fi
echo "== go vet"
go vet ./...
echo "== staticcheck"
go run "$1" ./...
echo "== go test -race -shuffle"
if ! command -v "${CC:-cc}" >/dev/null; then
  echo "the race detector needs a C compiler (Debian: gcc libc6-dev)" >&2
  exit 1
fi
[ -n "${ENTENTE_TEST_POSTGRES:-}" ] || . docker/ci/postgres.sh
CGO_ENABLED=1 go test -race -shuffle=on -p 2 -timeout 40m ./...
