#!/bin/sh
# Prints the path of our wheel, and packs it first if there is none or a source is newer: quick and quiet the second time.
set -eu
cd "$(dirname -- "$0")/.."
root=$(pwd)
newest() { ls -t -- "$root"/dist/wheel/jupyter_berth-*.whl 2>/dev/null | head -n 1; }
stale() {
  [ -z "$1" ] || [ -n "$(find schema/src spawner/src server/src extension/src extension/style extension/schema \
    extension/jupyter_berth extension/jupyter_server_config.d extension/package.json extension/pyproject.toml \
    extension/hatch_build.py scripts/bundle.ts scripts/berth.sh scripts/wheel.sh package-lock.json \
    \( -name __pycache__ -o -name labextension \) -prune -o -type f -newer "$1" -print -quit)" ]
}
wheel=$(newest)
if stale "$wheel"; then
  # two at once would pack each other's half
  mkdir -p .berth
  exec 9>.berth/wheel.lock
  flock 9
  wheel=$(newest)
  if stale "$wheel"; then
    echo 'packing the wheel' >&2
    node_modules/.bin/node --conditions=berth-source scripts/bundle.ts >&2
    sh scripts/wheel.sh >&2
    wheel=$(newest)
  fi
fi
printf '%s\n' "$wheel"
