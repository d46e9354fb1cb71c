#!/bin/sh
# scripts/hub-wheel.sh [DIRECTORY]: the Hub's spawner as one file for pip, dist/hub/jupyterhub_berth-*.whl. Prints its path.
set -eu
cd "$(dirname -- "$0")/.."
out=${1-$PWD/dist/hub}
python=$(sh scripts/venv-path.sh)/bin/python3
log=$(mktemp)
trap 'rm -f "$log"' EXIT
(cd spawner/hub && "$python" -B -m hatchling build -t wheel -d "$out") >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
ls -t -- "$out"/jupyterhub_berth-*.whl | head -n 1
