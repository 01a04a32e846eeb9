#!/usr/bin/env bash
# test.sh: what `make test` runs once everything it needs is installed and built. The totals are left in
# tmp/test/totals.tsv, and the raw events beside them, for whoever looks into a failure.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

out=$PWD/tmp/test
rm -rf "$out"
mkdir -p "$out"

# A test that needs a tool must not skip here: everything was installed.
export RAHGOSHA_REQUIRE_TOOLS=1
export RAHGOSHA_BIN=$PWD/bin/rahgosha
CHROMIUM=$(chromium_path)
export CHROMIUM

report() { go run ./tools/testreport -name "$1" -totals "$out/totals.tsv" -notes "$out/notes.txt"; }

# go_test NAME CGO ARGS…: one run of go test over the main module, which was vetted as a whole before.
go_test() {
  local name=$1 cgo=$2
  shift 2
  say "go test $*"
  CGO_ENABLED=$cgo go test -json -vet=off -shuffle=on -count=1 -timeout="$limit" "$@" | tee "$out/$name.json" | report "$name"
}

# modules runs all it can, so that one failing package does not hide the others. The race detector looks at our own code and at
# SQLite's driver; what was translated from C shares nothing with it but calls, and under the detector was three fifths of the time.
# A planted race in what a command shares is found all the same (internal/store). The browser's tests wait for pages most of the
# time, and run beside what needs no race detector.
modules() {
  local failed=0 rest pages lib ours=()
  if [[ -z $soaking ]]; then
    for lib in sqlite/lib libc memory; do ours+=(-gcflags="modernc.org/$lib=-race=false -d=checkptr=0"); done
  fi
  # shellcheck disable=SC2086 # a list of packages
  RAHGOSHA_SOAK='' go_test race 1 -race "${ours[@]}" -skip "$ALONE" $RACE_PKGS || failed=1
  if [[ " $RACE_PKGS " != *" rahgosha/internal/app "* ]]; then
    go_test race-part 1 -race "${ours[@]}" -run "$RACE_PART" ./internal/app ./internal/insight/trade ./internal/kernel/journal || failed=1
  fi
  browser &
  pages=$!
  if [[ $ALONE != '^$' ]]; then
    # shellcheck disable=SC2086
    go_test alone 0 -run "$ALONE" $ALONE_PKGS || failed=1
  fi
  # shellcheck disable=SC2086
  mapfile -t rest < <(comm -23 <(go list ./... | sort) <([[ -n $soaking ]] || printf '%s\n' $RACE_PKGS | sort))
  if ((${#rest[@]})); then
    go_test plain 0 "${rest[@]}" || failed=1
  fi
  wait $pages || failed=1
  return $failed
}

# browser has a long limit: what hangs meets the limit of its single action, and a slow machine is no failure.
browser() {
  say "go test in e2e"
  (cd e2e && go test -json -vet=off -count=1 -timeout="$browsing" ./...) | tee "$out/e2e.json" | report e2e
}

scripts/check-format.sh
scripts/check-modules.sh & # waits for downloads
tidy=$!
say "go vet"
go vet ./...
(cd e2e && go vet ./...)
wait $tidy

export -f go_test modules browser report say
limit=20m browsing=30m soaking=${RAHGOSHA_SOAK:-}
[[ -z $soaking ]] || limit=8h browsing=4h
export out limit browsing soaking
# The race detector makes everything five to ten times as long, so it has what it can find something in: packages that share
# something between goroutines, by their own words. Of these, tests that count or draw one after another run without it (ALONE), and
# of the longest packages only those tests in which much happens at once: many who act, the worker, a landing sheet, a whole road;
# work that is shared out; keys that many ask for. `make soak` runs all of it under the detector but the sample province, the
# verifier, the reader of codes and the fault harnesses, which start servers by the hundred and want them as they are built; and
# then the long forms of everything without it: what they find is found by asking more, not by asking slower.
slow='internal/app/sample|cmd/rahgosha-verify|internal/surface/scan|internal/faults'
shared='\bgo func\(|\bgo [a-zA-Z]+[.(]|"sync"|"sync/atomic"|golang.org/x/sync'
ALONE='^(TestEveryDeskPageInBothLanguagesIsClean|TestEveryPageInBothLanguagesIsClean|TestQuick.*|TestAnySpellingFindsTheUnit|TestExportGivesEveryUnitWithoutPersonalValues|TestAUnitIsFoundByItsPresentIdentifiersOnly|TestLimitsHold|TestPasswordsThatOthersHadAreRefused)$'
ALONE_PKGS='./internal/surface/web ./internal/kernel/casework ./internal/kernel/registry ./internal/kernel/procedure/rule ./internal/kernel/party'
if [[ -n $soaking ]]; then
  shared=. ALONE='^$'
else
  slow+='|internal/app|internal/insight/trade|internal/kernel/journal|internal/kernel/document|cmd/rahgosha'
fi
# sharing gives the packages whose own code, tests too, says one of these words.
sharing() {
  local dir
  for dir in $(go list -f '{{.Dir}}' ./...); do
    if grep -qE "$shared" "$dir"/*.go; then echo "rahgosha${dir#"$PWD"}"; fi
  done
}
# The longest begin first, or the last of them runs alone.
RACE_PKGS=${RACE_PKGS:-rahgosha/internal/store rahgosha/internal/surface/web $(sharing | grep -vE "^rahgosha/($slow|internal/store|internal/surface/web)\$" | tr '\n' ' ')}
RACE_PART=${RACE_PART:-Race|OfMany|Story|Repeats|CarriedTo|ALandingStops|Inbox|Machine|RootFile}
export RACE_PKGS RACE_PART ALONE ALONE_PKGS
scripts/with-postgres.sh bash -uo pipefail -c modules
scripts/size.sh bin/rahgosha 60
cat "$out/notes.txt"
