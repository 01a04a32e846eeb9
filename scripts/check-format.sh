#!/usr/bin/env bash
# check-format.sh: fail when gofmt would change a file.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

say "gofmt"
unformatted=$(find . -name '*.go' -not -path './node_modules/*' -not -path './tmp/*' -print0 | xargs -0 gofmt -l)
[[ -z $unformatted ]] || die "gofmt would change these files; run gofmt -w on them:" "$unformatted"
