#!/bin/sh
# scripts/wheel.sh: all of Berth as one file for pip, dist/wheel/jupyter_berth-*.whl. Run by `npm run wheel`, after a build.
set -eu
cd "$(dirname -- "$0")/.."
[ -x dist/bin/berth ] || { echo 'nothing built yet: run `npm run build` first' >&2; exit 1; }
python=$(sh scripts/venv-path.sh)/bin/python3
node=node_modules/node/bin/node
# two at once would pack each other's half
mkdir -p .berth dist/wheel
exec 8>.berth/pack.lock
flock 8
log=$(mktemp)
new=$(mktemp -d dist/wheel.XXXXXX)
trap 'rm -rf "$log" "$new"' EXIT

# what JupyterLab loads
"$node" node_modules/typescript/bin/tsc -b extension
# absolute: a relative path makes the builder stumble
(cd extension && "../$node" ../node_modules/@jupyter/builder/lib/build-labextension.js \
  --core-package-file "$PWD/../node_modules/@jupyterlab/core-meta/core.package.json" "$PWD") >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }
# made aside, so that nobody ever installs half of it
rm -rf extension/jupyter_berth/__pycache__
(cd extension && "$python" -B -m hatchling build -t wheel -d "../$new") >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
wheel=$(basename -- "$new"/*.whl)
mv -f -- "$new/$wheel" dist/wheel/
# one of an older version beside it would be taken for this one
for old in dist/wheel/*.whl; do [ "$old" = "dist/wheel/$wheel" ] || rm -f -- "$old"; done
echo "dist/wheel/$wheel"
