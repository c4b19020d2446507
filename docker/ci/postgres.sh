#!/usr/bin/env bash
# Starts a throwaway PostgreSQL cluster for tests, in a folder of its own, on a
# unix socket only, never as root; without fsync and what else short tests do not need,
# unless PG_DURABLE is set (benchmarks).
#
#   . docker/ci/postgres.sh              start; exports ENTENTE_TEST_POSTGRES
#   docker/ci/postgres.sh start DIR      start in DIR; prints the DSN
#   docker/ci/postgres.sh stop DIR       stop it and remove DIR
#
# When sourced it is stopped when the calling shell ends. As root the server runs
# as the user postgres.

_pg_bin() {
  local d
  for d in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -V -r) "$(dirname "$(command -v initdb || echo /none/initdb)")"; do
    if [ -x "$d/initdb" ] && [ -x "$d/pg_ctl" ] && [ -x "$d/createdb" ]; then echo "$d"; return; fi
  done
  echo "PostgreSQL (initdb, pg_ctl, createdb) was not found" >&2
  return 1
}

_pg_as() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env -i PATH="$PATH" LC_ALL=C.UTF-8 "$@")
  else
    (cd / && env LC_ALL=C.UTF-8 "$@")
  fi
}

_pg_start() { # DIR; DIR must not hold a cluster yet
  local d=$1 bin _pg_sync="-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off -c jit=off"
  [ -z "${PG_DURABLE:-}" ] || _pg_sync=
  bin=$(_pg_bin) || return 1
  mkdir -p "$d" && chmod 755 "$d" || return 1
  if [ "$(id -u)" = 0 ]; then chown postgres "$d" || return 1; fi
  _pg_as "$bin/initdb" -D "$d/data" -U app -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions >/dev/null || return 1
  _pg_as "$bin/pg_ctl" -D "$d/data" -s -w -t 60 -l "$d/log" \
    -o "-k $d -c listen_addresses='' $_pg_sync -c max_connections=300 -c max_wal_size=4GB -c shared_buffers=128MB" start || { cat "$d/log" >&2; return 1; }
  _pg_as "$bin/createdb" -h "$d" -U app app || return 1
}

_pg_stop() { # DIR
  local d=$1 bin
  bin=$(_pg_bin) || return 1
  [ -f "$d/data/postmaster.pid" ] && _pg_as "$bin/pg_ctl" -D "$d/data" -s -m immediate stop
  rm -rf "$d"
}

_pg_dsn() { echo "host=$1 user=app dbname=app sslmode=disable"; }

if [ "${BASH_SOURCE[0]}" != "$0" ]; then
  _pg_dir=$(mktemp -d "${TMPDIR:-/tmp}/entente-pg-XXXXXX")
  if _pg_start "$_pg_dir"; then
    ENTENTE_TEST_POSTGRES=$(_pg_dsn "$_pg_dir")
    export ENTENTE_TEST_POSTGRES
    trap '_pg_stop "$_pg_dir"' EXIT
  else
    rm -rf "$_pg_dir"
    false
  fi
else
  case "${1:-}" in
    start) _pg_start "$2" && _pg_dsn "$2" ;;
    stop) _pg_stop "$2" ;;
    *) echo "usage: $0 start|stop DIR" >&2; exit 2 ;;
  esac
fi
