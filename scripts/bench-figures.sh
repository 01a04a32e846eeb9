#!/usr/bin/env bash
# bench-figures.sh: the figures of docs/performance.md beyond the floor's, one after another, with how long each took. About twenty
# minutes on two idle cores. WORKLOAD is the folder of the workload, STEPS the sizes that a province grows to.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

workload=${WORKLOAD:-../shared/bench}
steps=${STEPS:-10000:10000,100000:50000,1000000:300000}
mkdir -p tmp/bench
go build -o tmp/bench/bench ./tools/bench

# part NAME COMMAND…: what it printed, and how long it took; one that fails does not keep the others from being told.
failed=0
part() {
  local name=$1 began=$SECONDS
  shift
  printf '\n## %s\n`%s`\n\n' "$name" "$*"
  "$@" 2>>tmp/bench/figures.log || {
    failed=1
    echo "FAILED: see tmp/bench/figures.log"
  }
  echo "($((SECONDS - began)) s)"
}

: >tmp/bench/figures.log
printf '%s, %s cores, load %s, %s\n' "$(date -u '+%F %H:%M UTC')" "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)" "$(go version)"
bench=tmp/bench/bench
part "Many clients, SQLite" $bench load -workload "$workload" -scale 0.1 -d 60s -stretches 4
part "On PostgreSQL" $bench postgres -workload "$workload" -scale 0.1 -cases 0.02 -rounds 3 -d 1500ms
part "Many clients, PostgreSQL" $bench load -workload "$workload" -scale 0.1 -cases 0.02 -on postgres -phases 500:0.9,100:0 -d 30s -stretches 3
part "A call's last minute: 300 a second for 30 s" env RAHGOSHA_SOAK=1 scripts/with-postgres.sh go test ./internal/faults -run CallCloses -count=1 -v
part "Against size" $bench size -workload "$workload" -steps "$steps" -ops list,search,case,dash,submit,move -rounds 3 -d 1s
exit $failed
