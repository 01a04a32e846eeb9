#!/usr/bin/env bash
# golden.sh: rewrite the golden files of every package whose tests define an -update flag.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

mapfile -t packages < <(grep -rlE --include='*_test.go' 'flag\.Bool\("update"' cmd internal tools 2>/dev/null | xargs -r -n 1 dirname | sort -u)
((${#packages[@]})) || die "no package has golden files"
go test -count=1 "${packages[@]/#/./}" -update
git status --short -- "${packages[@]}"
