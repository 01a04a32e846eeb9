#!/usr/bin/env bash
# check.sh: the quick checks, for the minute before a commit. `make test` runs all but staticcheck too, and everything else.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

scripts/check-format.sh
say "go vet"
go vet ./...
say "staticcheck"
go tool -modfile=tools/tools.mod staticcheck -checks inherit,-ST1018 ./... # Persian words carry the half-space
scripts/check-modules.sh
say "architecture and locales"
go test -count=1 ./internal/arch ./internal/base/locale
