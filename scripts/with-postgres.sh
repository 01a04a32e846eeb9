#!/usr/bin/env bash
# with-postgres.sh COMMAND…: run COMMAND beside a private PostgreSQL server, and take the server away afterwards.
# The command finds a superuser's address in RAHGOSHA_TEST_POSTGRES. The server listens on a free loopback port with a
# random password, lives in a temporary folder, and runs as an unprivileged user, because PostgreSQL refuses root.
# When RAHGOSHA_TEST_POSTGRES is already set, that server is used as it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

if [[ -n ${RAHGOSHA_TEST_POSTGRES:-} ]]; then
  exec "$@"
fi

bin=$(pg_bin) || die "no PostgreSQL server of version 15 or later: run make setup-test"
dir=$(mktemp -d "${TMPDIR:-/tmp}/rahgosha-pg.XXXXXX")
pid=

# unprivileged COMMAND…: as the postgres user, or as nobody where that user is missing, when we are root.
unprivileged=()
if ((EUID == 0)); then
  user=postgres
  id "$user" >/dev/null 2>&1 || user=nobody
  unprivileged=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi

stop() {
  local code=$?
  trap - EXIT
  if [[ -n $pid ]]; then
    kill -INT "$pid" 2>/dev/null || true # fast shutdown: open sessions are ended
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$dir"
  exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
mkdir "$dir/socket"
echo "$password" >"$dir/password"
if ((EUID == 0)); then chown -R "$user" "$dir"; fi

"${unprivileged[@]}" "$bin/initdb" --pgdata="$dir/data" --username=rahgosha --pwfile="$dir/password" \
  --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 ||
  die "initdb failed:" "$(tail -n 20 "$dir/initdb.log")"

# start PORT: true when a server of ours answers there.
start() {
  (cd / && exec "${unprivileged[@]}" "$bin/postgres" -D "$dir/data" -p "$1" -h 127.0.0.1 -k "$dir/socket" \
    -c fsync=on -c max_connections=200 -c log_min_messages=warning) >>"$dir/server.log" 2>&1 &
  pid=$!
  local i
  for ((i = 0; i < 150; i++)); do
    if ! kill -0 "$pid" 2>/dev/null; then # the port was taken
      wait "$pid" || true
      pid=
      return 1
    fi
    if [[ -S $dir/socket/.s.PGSQL.$1 ]] && "$bin/pg_isready" -q -h 127.0.0.1 -p "$1"; then return 0; fi
    sleep 0.2
  done
  kill -INT "$pid" && wait "$pid" || true
  pid=
  return 1
}

for attempt in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  if start "$port"; then break; fi
  ((attempt < 5)) || die "PostgreSQL did not start:" "$(tail -n 20 "$dir/server.log")"
done

export RAHGOSHA_TEST_POSTGRES="postgres://rahgosha:$password@127.0.0.1:$port/postgres?sslmode=disable"
say "PostgreSQL $("$bin/postgres" --version | grep -oE '[0-9.]+' | head -n 1) on 127.0.0.1:$port"
"$@"
