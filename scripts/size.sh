#!/usr/bin/env bash
# size.sh FILE MB: fail when FILE is larger than MB mebibytes.
set -euo pipefail

bytes=$(wc -c <"$1")
limit=$(($2 * 1024 * 1024))
printf '%s: %d.%d MiB (limit %d)\n' "$1" $((bytes / 1048576)) $((bytes % 1048576 * 10 / 1048576)) "$2"
if ((bytes > limit)); then
  echo "$1 is over its limit of $2 MiB: look for a new large dependency or embedded file" >&2
  exit 1
fi
