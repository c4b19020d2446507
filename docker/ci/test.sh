#!/usr/bin/env bash
# Everything a change must pass. As root on Debian it installs what is missing;
# elsewhere it says plainly what it left out, which with CI=true is a failure.
#   test.sh [PACKAGES]   default ./...
set -euo pipefail
cd "$(dirname "$0")/../.."
began=$SECONDS
left_out=()
updated=

install() { # PACKAGES...; fails when they cannot be installed
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  [ -n "$updated" ] || apt-get update -q || return 1
  updated=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

has_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { command -v initdb && command -v createdb; } >/dev/null; }

install_postgres() {
  install postgresql-common || return 1
  # no cluster of the machine's own: tests start a throwaway one
  sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  install postgresql
}

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# Which of the steps the program is killed at is a run's turn (portal/e2e/kill_test.go).
if [ -z "${ENTENTE_KILL_SEED:-}" ] && [ -n "${GITHUB_RUN_NUMBER:-}" ]; then export ENTENTE_KILL_SEED=$GITHUB_RUN_NUMBER; fi

# Tests start hundreds of small programs: less collecting halves their processor time, and
# a disk of memory spares the waiting for syncs that only a power cut would need.
export GOGC=${GOGC:-400}
in_memory() { # makes TMPDIR in memory, where there is plenty and programs may run from it
  [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] || return 1
  [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt $((6 << 20)) ] || return 1
  [ "$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)" -gt $((8 << 20)) ] || return 1
  scratch=$(mktemp -d /dev/shm/entente-test-XXXXXX) && chmod 755 "$scratch" || return 1
  trap 'rm -rf "$scratch"' EXIT
  cp "$(type -P true)" "$scratch/true" && "$scratch/true" 2>/dev/null || return 1
  export TMPDIR=$scratch
}
in_memory || true

if [ -z "${ENTENTE_TEST_POSTGRES:-}" ]; then
  if { has_postgres || install_postgres; } && . docker/ci/postgres.sh; then
    trap '_pg_stop "$_pg_dir"; rm -rf ${scratch:+"$scratch"}' EXIT
  else
    left_out+=("everything on PostgreSQL: install the Debian package postgresql")
  fi
fi

if ! { command -v sftp && command -v ssh-keygen; } >/dev/null && ! install openssh-client; then
  left_out+=("the SFTP door with OpenSSH's client: install the Debian package openssh-client")
fi

command -v curl >/dev/null || install curl || left_out+=("the API with curl: install the Debian package curl")

command -v pdftotext >/dev/null || install poppler-utils || left_out+=("the text of PDFs: install the Debian package poppler-utils")

run_browser=
if [ -f portal/e2e/browser/go.mod ]; then
  if { browser >/dev/null || install chromium; } && { ls /usr/share/fonts/opentype/noto/*CJK* >/dev/null 2>&1 || install fonts-noto-cjk; }; then
    run_browser=yes
  else
    left_out+=("the browser tests: install the Debian packages chromium and fonts-noto-cjk")
  fi
fi

# AS2 stacks that are not ours.
interop=edi/as2/testdata/interop
command -v openssl >/dev/null || install openssl || left_out+=("CMS against OpenSSL: install the Debian package openssl")
has_bouncycastle() { command -v javac >/dev/null && [ -e /usr/share/java/bcmail.jar ]; }
has_bouncycastle || install default-jdk-headless libbcmail-java ||
  left_out+=("AS2 against BouncyCastle: install the Debian packages default-jdk-headless and libbcmail-java")
install_libas2() {
  { command -v npm >/dev/null || install nodejs npm; } &&
    npm ci --prefix "$interop" --ignore-scripts --no-audit --no-fund --loglevel=error
}
[ -d "$interop/node_modules/libas2" ] || install_libas2 ||
  left_out+=("AS2 against libas2: install the Debian packages nodejs and npm, then npm ci --prefix $interop")

say_left_out() {
  local what
  for what in ${left_out[@]+"${left_out[@]}"}; do echo "LEFT OUT: $what" >&2; done
}

say_left_out
if [ ${#left_out[@]} -gt 0 ] && [ "${CI:-}" = true ]; then
  echo "With CI=true nothing may be left out." >&2
  exit 1
fi

count=()
if [ "${CI:-}" = true ]; then count=(-count=1); fi

# A test is not looked at by a debugger: a hundred programs link in two thirds of the time.
bare='-ldflags=-s -w'

pkgs=("$@")
[ $# -gt 0 ] || pkgs=(./...)

echo "== go vet and go test: SQLite$([ -n "${ENTENTE_TEST_POSTGRES:-}" ] && echo ", PostgreSQL")"
failed=
stories() { # wait more than they work
  local bad=
  go test -vet=all "$bare" -timeout 28m -parallel 3 ${count[@]+"${count[@]}"} ./portal/e2e || bad=yes
  # a module of its own
  (cd portal/e2e/cluster && go test -vet=all "$bare" -timeout 5m ${count[@]+"${count[@]}"} ./...) || bad=yes
  (cd portal/e2e/chatbench && go vet ./...) || bad=yes # a command: it has to build
  [ -z "$bad" ]
}
browsing() { # waits as much
  [ -n "$run_browser" ] || return 0
  (cd portal/e2e/browser && go test -vet=all "$bare" -p 1 -parallel 4 -timeout 28m ${count[@]+"${count[@]}"} ./...)
}
if [ $# -eq 0 ]; then # what waits runs beside everything else, from the beginning
  go build ./... || exit 1 # else all would compile the same
  beside=$(mktemp -d)
  stories >"$beside/stories" 2>&1 &
  stories_pid=$!
  browsing >"$beside/browser" 2>&1 &
  browser_pid=$!
  mapfile -t pkgs < <(go list ./... | grep -v '/portal/e2e$')
fi
go test -vet=all "$bare" -p 2 -timeout 28m ${count[@]+"${count[@]}"} "${pkgs[@]}" || failed=yes
if [ $# -eq 0 ]; then
  echo "== go test: all but stories and browser done ($((SECONDS - began)) s so far)"
  wait "$stories_pid" || failed=yes
  cat "$beside/stories"
  echo "== go test: stories done ($((SECONDS - began)) s so far)"
  wait "$browser_pid" || failed=yes
  cat "$beside/browser"
  rm -rf "$beside"
else
  browsing || failed=yes
fi
say_left_out
if [ -n "$failed" ]; then
  echo "FAILED after $((SECONDS - began)) s" >&2
  exit 1
fi
