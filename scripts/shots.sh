#!/usr/bin/env bash
# shots.sh: take the pictures of the guides from a running demo, in Persian and English.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

CHROMIUM=$(chromium_path) || die "no Chromium: run make setup-test"
export CHROMIUM RAHGOSHA_BIN=$PWD/bin/rahgosha RAHGOSHA_SHOTS=$PWD/guides/pictures RAHGOSHA_REQUIRE_TOOLS=1
mkdir -p "$RAHGOSHA_SHOTS"
cd e2e
go test -count=1 -timeout=15m -run '^TestShots$' ./...
