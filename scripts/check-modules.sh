#!/usr/bin/env bash
# check-modules.sh: fail when go.mod or go.sum name more or less than the code imports.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

for dir in . e2e; do
  say "go mod tidy -diff in $dir"
  (cd "$dir" && go mod tidy -diff) || die "go.mod or go.sum in $dir differ from what the code imports: run go mod tidy there"
done
