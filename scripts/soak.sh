#!/usr/bin/env bash
# soak.sh: the long tests, and what `make supply` asks. Each part runs to its end whatever became of the one before, and has its
# line at the end.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

lines=() failed=0

# part NAME COMMAND…
part() {
  local name=$1 began=$SECONDS end=ok
  shift
  say "soak: $name"
  "$@" || { end=FAILED failed=1; }
  lines+=("$(printf '%-16s %-6s %5d min' "$name" "$end" $(((SECONDS - began) / 60)))")
}

part tests env RAHGOSHA_SOAK=1 scripts/test.sh
while IFS=$'\t' read -r name _ bad pass fail skip; do
  lines+=("$(printf '  %-14s %d passed, %d failed, %d skipped, %d packages failed' "$name" "$pass" "$fail" "$skip" "$bad")")
done < <(cat tmp/test/totals.tsv 2>/dev/null)
for name in weaknesses reproducible sbom vulnerabilities; do
  part "$name" scripts/supply.sh "$name"
done
printf '%s\n' "${lines[@]}"
exit "$failed"
