# Shared by the other scripts: sourced, not run. It leaves the shell in the root of the repository.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*" >&2; }

# die LINE…: print the lines to standard error and stop.
die() {
  printf 'rahgosha: %s\n' "$@" >&2
  exit 1
}

# pg_bin prints the folder of the newest installed PostgreSQL server, 15 or later.
pg_bin() {
  local dir major
  while read -r dir; do
    major=$("$dir/postgres" --version | grep -oE '[0-9]+' | head -n 1)
    if ((major >= 15)); then
      echo "$dir"
      return 0
    fi
  done < <(pg_candidates)
  return 1
}

pg_candidates() {
  local p
  for p in $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV) "$(dirname "$(command -v initdb || echo /nowhere/x)")"; do
    if [[ -x $p/initdb && -x $p/postgres ]]; then echo "$p"; fi
  done
}

HEADLESS_SHELL=/usr/lib/chromium/chromium-headless-shell

# chromium_path prints the browser's own program, not the distribution's wrapper around it where both exist. The headless
# shell comes first: the same engine without windows takes a fifth of the processor's time.
chromium_path() {
  local c
  for c in "${CHROMIUM:-}" "$HEADLESS_SHELL" /usr/lib/chromium/chromium /usr/bin/chromium /usr/bin/google-chrome; do
    if [[ -n $c && -x $c ]]; then
      echo "$c"
      return 0
    fi
  done
  return 1
}
