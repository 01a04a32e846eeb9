#!/usr/bin/env bash
# fuzz.sh TIME: run every fuzz target of the main module for TIME each (10s, 5m). A finding is left by go test in the
# package's testdata/fuzz: commit it with the mend.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

time=${1:-10s}
count=0
while IFS=: read -r file name; do
  say "$name in $(dirname "$file") for $time"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./$(dirname "$file")"
  count=$((count + 1))
done < <(grep -rhoE --include='*_test.go' --with-filename '^func Fuzz[A-Za-z0-9_]*' cmd internal tools | sed 's/func //' | sort)
say "$count fuzz targets found nothing"
