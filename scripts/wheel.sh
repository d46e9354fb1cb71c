#!/bin/sh
# scripts/wheel.sh: all of Berth as one file for pip, dist/wheel/jupyter_berth-*.whl. Run by `npm run wheel`, after a build.
set -eu
cd "$(dirname -- "$0")/.."
[ -x dist/bin/berth ] || { echo 'nothing built yet: run `npm run build` first' >&2; exit 1; }
python=$(sh scripts/venv-path.sh)/bin/python3
node=node_modules/node/bin/node
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# what JupyterLab loads
"$node" node_modules/typescript/bin/tsc -b extension
# absolute: a relative path makes the builder stumble
(cd extension && "../$node" ../node_modules/@jupyter/builder/lib/build-labextension.js \
  --core-package-file "$PWD/../node_modules/@jupyterlab/core-meta/core.package.json" "$PWD") >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }
# made aside, so that nobody ever installs half of it
rm -rf dist/wheel.new extension/jupyter_berth/__pycache__
(cd extension && "$python" -B -m hatchling build -t wheel -d ../dist/wheel.new) >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
mkdir -p dist/wheel
for wheel in dist/wheel.new/*.whl; do mv -f -- "$wheel" dist/wheel/; done
rmdir dist/wheel.new
echo dist/wheel/*.whl
