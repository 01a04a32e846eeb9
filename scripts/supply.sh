#!/usr/bin/env bash
# supply.sh [weaknesses|reproducible|sbom|vulnerabilities]…: what somebody who did not build the program wants to know of it; without
# words all of it. docs/trust.md tells how to read the answers.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

out=$PWD/tmp/supply

# tool NAME ARGS…: a tool of tools/tools.mod, whose versions are pinned there; gosec has a file of its own, since the others do not
# build beside what it needs.
tool() { go tool -modfile=tools/tools.mod "$@"; }

# weaknesses has gosec read what the product is made of, unless it was content with the same text before. Programs for building
# and testing are left out: they read and write what they are told to. A planted weak line must be found first.
weaknesses() {
  local sum gosec how=(-quiet -color=false -nosec-require-rules -nosec-require-justification)
  sum=$(find cmd internal tools/gosec.sum go.sum scripts/supply.sh -name '*_test.go' -prune -o -type f \( -name '*.go' -o -name '*.sum' -o -name '*.sh' \) -print |
    sort | xargs sha256sum | sha256sum)
  if [[ -f $out/weaknesses.sum && $(<"$out/weaknesses.sum") == "$sum" ]]; then
    say "weaknesses: none, and nothing has changed since"
    return 0
  fi
  say "weaknesses (gosec)"
  gosec=$(go tool -modfile=tools/gosec.mod -n gosec)
  weak_lines "$gosec" "$out/weak"
  "$gosec" "${how[@]}" -exclude-dir=internal/store/pgtest -exclude-dir=internal/arch ./cmd/... ./internal/... ||
    die "gosec found weak lines: mend each, or say beside it why it is sound: // #nosec Gxxx -- why"
  echo "$sum" >"$out/weaknesses.sum"
}

# weak_lines GOSEC DIR: gosec reads a program there that is weak on purpose, each line by another rule.
weak_lines() {
  local word
  rm -rf "$2"
  mkdir -p "$2"
  printf 'module weak\n\ngo 1.26.0\n' >"$2/go.mod"
  cat >"$2/main.go" <<'GO'
package main

import (
	"crypto/tls"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
)

func main() {
	var db *sql.DB
	http.DefaultTransport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = db.ExecContext(r.Context(), "DELETE FROM t WHERE id = "+r.FormValue("id"))
		_ = exec.Command("sh", "-c", r.FormValue("do")).Run()
		name := r.FormValue("file")
		raw, _ := os.ReadFile(name)
		_, _ = w.Write(append(raw, byte(rand.IntN(256)))) // #nosec
	})
}
GO
  (cd "$2" && "$1" "${how[@]}" . >found.txt) &&
    die "gosec calls a weak program sound, so that its silence means nothing"
  for word in G202 G204 G304 G402 G404; do # G404 is quieted there without a reason
    grep -q "$word" "$2/found.txt" || die "$word is not found in a weak program, so that nothing found means nothing: $2/found.txt"
  done
}

# reproducible builds the checkout once more under another path, assets, every package and all, and compares bits.
reproducible() {
  local there=$out/another/path changed
  say "the same bits from another path"
  [[ -x bin/rahgosha && -d node_modules ]] || die "there is no bin/rahgosha to compare with: run make build"
  rm -rf "$there" "$out/cache"
  git clone -q . "$there"
  git diff --binary HEAD >"$out/changed.patch"
  if [[ -s $out/changed.patch ]]; then git -C "$there" apply "$out/changed.patch"; fi
  cp -a node_modules "$there/"
  GOCACHE=$out/cache make -s -C "$there" bin/rahgosha
  for changed in rahgosha rahgosha-verify; do
    cmp "bin/$changed" "$there/bin/$changed" || die "bin/$changed differs from the one built in $there:" \
      "look into both with go version -m, and for a path or a time in what is embedded"
    sha256sum "bin/$changed"
  done
  other_version "$there"
}

# other_version builds the program of the checkout in DIR under another version: a comparison that does not tell the two apart
# says nothing.
other_version() {
  (cd "$1" && GOCACHE=$out/cache CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X rahgosha/internal/app.Version=another" -o "$out/other" ./cmd/rahgosha)
  if cmp -s bin/rahgosha "$out/other"; then die "a program of another version compares as the same, so that the same bits mean nothing"; fi
  say "a program of another version differs, as it must"
}

# sbom lists what is in the program and in what it sends to browsers, as CycloneDX.
sbom() {
  say "bills of materials: bin/rahgosha.cdx.json, bin/assets.cdx.json"
  tool cyclonedx-gomod bin -json -noserial -output bin/rahgosha.cdx.json bin/rahgosha
  [[ -z $(unlisted bin/rahgosha.cdx.json) ]] || die "bin/rahgosha.cdx.json leaves out what is linked in:" "$(unlisted bin/rahgosha.cdx.json)"
  tool cyclonedx-gomod bin -json -noserial -output "$out/verify.cdx.json" bin/rahgosha-verify
  [[ -n $(unlisted "$out/verify.cdx.json") ]] || die "the bill of another program is called whole, so that a whole one means nothing"
  npm sbom --sbom-format cyclonedx --omit dev >bin/assets.cdx.json
}

# unlisted BILL: the modules that bin/rahgosha says it is made of and the bill does not name.
unlisted() {
  comm -23 <(go version -m bin/rahgosha | awk '$1 == "dep" {print $2 "@" $3}' | sort) \
    <(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).components.map(c => c.name + "@" + c.version).join("\n")' "$1" | sort)
}

# vulnerabilities asks a database of known ones, and first whether the asking works: an old module must be found.
vulnerabilities() {
  local db=$out/db archive word
  archive=${VULNDB:-$(compgen -G '../shared/data/govulndb-*.tgz' | sort | tail -n 1 || true)}
  if [[ -z $archive ]]; then
    say "known vulnerabilities: NOT RUN, there is no database here: give an archive of golang/vulndb's files as VULNDB"
    return 0
  fi
  say "known vulnerabilities, by $(basename "$archive")"
  rm -rf "$db" "$out/old"
  mkdir -p "$db" "$out/old"
  tar -xzf "$archive" -C "$db"
  old_module "$out/old"
  for word in GO-2022-1059 GO-2021-0113; do
    grep -q "$word" "$out/old/found.txt" || die "$word of an old module is not found, so that nothing found means nothing"
  done
  # The names of functions are needed, which bin/rahgosha is stripped of.
  CGO_ENABLED=0 go build -trimpath -o "$out/named/" ./cmd/...
  for word in rahgosha rahgosha-verify; do
    tool govulncheck -db "file://$db" -mode=binary "$out/named/$word"
  done
}

# old_module builds a program of a module with known faults in DIR, and leaves in found.txt what is known of it.
old_module() {
  cat >"$1/go.mod" <<'GO'
module old

go 1.20

require golang.org/x/text v0.3.5
GO
  cat >"$1/main.go" <<'GO'
package main

import "golang.org/x/text/language"

func main() {
	tag, err := language.Parse("fa")
	tags, _, err2 := language.ParseAcceptLanguage("fa")
	println(tag.String(), len(tags), err, err2)
}
GO
  (cd "$1" && GOFLAGS=-mod=mod go build -o old .)
  tool govulncheck -db "file://$db" -mode=binary "$1/old" >"$1/found.txt" && die "an old module is found to be without fault"
  return 0
}

mkdir -p "$out"
if (($# == 0)); then set -- weaknesses reproducible sbom vulnerabilities; fi
for part; do
  case $part in
    weaknesses | reproducible | sbom | vulnerabilities) "$part" ;;
    *) die "unknown part $part: weaknesses, reproducible, sbom and vulnerabilities are known" ;;
  esac
done
