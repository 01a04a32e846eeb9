#!/usr/bin/env bash
# archive-check.sh ARCHIVE BASE: say whether the archive of PostgreSQL's log has every file from a base backup on, in which
# BASE is the backup's folder. PostgreSQL itself stops at a missing file and calls the restore done.
set -euo pipefail
archive=$1 base=$2
next=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]\{24\}\))$/\1/p' "$base/backup_label")
[[ -n $next ]] || { echo "no base backup in $base: it has no backup_label" >&2; exit 1; }
first=$next last='' count=0
while [[ -e $archive/$next ]]; do
  last=$next count=$((count + 1))
  log=$((16#${next:8:8})) part=$((16#${next:16:8} + 1)) # files of 16 MB: 256 of them are one log
  if ((part > 255)); then log=$((log + 1)) part=0; fi
  printf -v next '%s%08X%08X' "${next:0:8}" "$log" "$part"
done
later=$(cd "$archive" && printf '%s\n' "${next:0:8}"* | LC_ALL=C awk -v n="$next" 'length($0) == 24 && $0 > n { print; exit }')
if ((count == 0)) || [[ -n $later ]]; then
  echo "$archive: $next is missing${later:+, and $later is there}: make a new base backup" >&2
  exit 1
fi
echo "$archive: $count files from $first to $last, none missing"
