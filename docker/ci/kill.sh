#!/usr/bin/env bash
# Kills the program at every named step (db/fail) and settles accounts, on both
# databases.
#   kill.sh ROUNDS-PER-STEP [STEP,STEP…]
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -n "${ENTENTE_TEST_POSTGRES:-}" ] || . docker/ci/postgres.sh
export ENTENTE_KILL_ROUNDS=$1 ENTENTE_KILL_POINTS=${2:-}
go test ./portal/e2e -count=1 -timeout 12h -v -run '^TestKillAtEveryStep$'
