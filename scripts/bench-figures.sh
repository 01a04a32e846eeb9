#!/usr/bin/env bash
# bench-figures.sh: the figures of docs/performance.md beyond the floor's, one after another, with how long each took. Some 25
# minutes on two idle cores. WORKLOAD is the folder of the workload, STEPS the sizes that a province grows to; TRY=1 makes every
# step a short one, to see that it works.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

workload=${WORKLOAD:-../shared/bench}
steps=${STEPS:-10000:10000,100000:30000,1000000:60000}
scale=0.1 cases=0.02 load=60s turn=1500ms busy=500:0.9,100:0 pgload=30s pgsteps=10000:2000,100000:10000 entries=10000,100000,1000000 rounds=3 long=1
if [[ -n ${TRY:-} ]]; then
  scale=0.02 cases=0.01 load=3s turn=200ms busy=50:0.9,20:0 pgload=3s pgsteps=1000:100,2000:200 entries=20000,40000 rounds=1 long=
  steps=1000:100,2000:200
fi
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
ops=list,search,case,dash,submit,move
part "Many clients, SQLite" $bench load -workload "$workload" -scale $scale -d $load -stretches 4
part "On PostgreSQL" $bench postgres -workload "$workload" -scale $scale -cases $cases -rounds $rounds -d $turn
part "Many clients, PostgreSQL" $bench load -workload "$workload" -scale $scale -cases $cases -on postgres -phases $busy -d $pgload -stretches 3
part "A call's last minute: 300 a second for 30 s" env RAHGOSHA_SOAK=$long scripts/with-postgres.sh go test ./internal/faults -run CallCloses -count=1 -v
part "Against size" $bench size -workload "$workload" -steps "$steps" -ops $ops -rounds $rounds -d 1s
part "Against size, PostgreSQL" $bench size -workload "$workload" -on postgres -steps $pgsteps -ops $ops -rounds $rounds -d 1s
part "Against the journal's length" $bench size -workload "$workload" -steps 10000:1000 -entries $entries -ops $ops,number,nothing,proof,tile -rounds $rounds -d 1s
exit $failed
