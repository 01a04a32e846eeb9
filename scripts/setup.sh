#!/usr/bin/env bash
# setup.sh demo|test|soak: install through apt what the target needs and this machine lacks; nothing else, and nothing twice.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

packages=()

# want PACKAGES… -- COMMAND…: remember the packages when the command fails.
want() {
  local names=()
  while [[ $1 != -- ]]; do names+=("$1"); shift; done
  shift
  "$@" >/dev/null 2>&1 || packages+=("${names[@]}")
}

compiles_c() { echo '#include <stdlib.h>' | gcc -E - ; }

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "these packages are missing and need root to install: ${packages[*]}" \
      "run as root: apt-get install -y --no-install-recommends ${packages[*]}"
  fi
}

# What Go fetches and compiles first comes meanwhile: apt mostly waits, for downloads and for disks. What goes wrong here is told by
# who builds in earnest.
ahead() {
  go build ./... >/dev/null 2>&1 || true
}

install_missing() {
  ((${#packages[@]})) || return 0
  command -v apt-get >/dev/null ||
    die "this machine has no apt; install the equivalents of: ${packages[*]}"
  say "installing: ${packages[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -q -y)
  as_root "${apt[@]}" update ||
    say "apt-get update failed; trying with the package lists at hand"
  as_root "${apt[@]}" install --no-install-recommends "${packages[@]}"
}

# headless_shell installs the lightest Chromium where apt can; another that is there does too, more slowly.
headless_shell() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -q -y)
  if [[ -n ${CHROMIUM:-} || -x $HEADLESS_SHELL ]] || ((EUID)) || ! command -v apt-get >/dev/null; then return 0; fi
  if ! apt-cache show chromium-headless-shell >/dev/null 2>&1; then "${apt[@]}" update || true; fi
  apt-cache show chromium-headless-shell >/dev/null 2>&1 || return 0
  say "installing: chromium-headless-shell"
  "${apt[@]}" install --no-install-recommends --no-remove chromium-headless-shell ||
    say "not installed; any other Chromium does, more slowly"
}

# cluster_tools installs Patroni, etcd and ClamAV's daemon for tests that start them by themselves: Debian would start its own at once, so it
# is told not to, where nothing tells it so already.
cluster_tools() {
  local policy=/usr/sbin/policy-rc.d ours=
  if command -v patroni >/dev/null && command -v etcd >/dev/null && [[ -x /usr/sbin/clamd ]]; then return 0; fi
  if ((EUID)); then
    die "the cluster's tests need Patroni and etcd, those of the scanner clamd, and root to install them: apt-get install -y --no-install-recommends patroni etcd-server etcd-client python3-etcd clamav-daemon"
  fi
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    ours=yes
  fi
  packages=(patroni etcd-server etcd-client python3-etcd clamav-daemon)
  local code=0
  (install_missing) || code=$?
  if [[ -n $ours ]]; then rm -f $policy; fi
  return $code
}

# other_witness builds a witness of another project, which a test has sign the log. The program that lists logs for it is not
# built: it wants a module that not every proxy gives, and the test writes the two rows itself.
other_witness() {
  say "building: litewitness"
  CGO_ENABLED=0 go build -modfile=tools/witness.mod -o tmp/witness/ filippo.io/torchwood/cmd/litewitness
}

need_by_hand() {
  command -v "$1" >/dev/null || die "$1 is missing: $2"
}

need_by_hand go "install Go 1.26 or newer from your distribution or the Go project"
need_by_hand node "install Node 20 or newer from your distribution or the Node project"
want npm -- command -v npm
want git -- command -v git

case ${1:-} in
demo) ;;
test | soak)
  ahead &
  want gcc libc6-dev -- compiles_c
  want postgresql -- pg_bin
  headless_shell
  want chromium -- chromium_path
  want poppler-utils -- command -v pdftotext
  want zbar-tools -- command -v zbarimg
  want qpdf -- command -v qpdf
  want xfsprogs -- command -v mkfs.xfs
  ;;
*) die "usage: scripts/setup.sh demo|test|soak" ;;
esac

install_missing
if [[ $1 == soak ]]; then
  cluster_tools
  other_witness
fi

wait # for what was compiled ahead
if [[ $1 != demo ]]; then
  pg_bin >/dev/null || die "PostgreSQL's server programs (initdb, postgres) were not found after installing"
  chromium_path >/dev/null || die "no Chromium was found after installing" \
    "on Ubuntu the apt package is a snap that does not run in containers: install any Chromium and set CHROMIUM=/path/to/it"
fi
