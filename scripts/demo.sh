#!/bin/sh
# `npm run demo [-- --once]`: sets up whatever is missing, then shows all of Berth on a cluster of its own.
set -eu
cd "$(dirname -- "$0")/.."
if [ "$(id -u)" != 0 ]; then
  echo 'demo: it starts a Slurm cluster and runs kernels as other users: run it as root (sudo npm run demo)' >&2
  exit 77
fi
sh scripts/setup.sh
exec node_modules/.bin/node --conditions=berth-source test/demo/main.ts "$@"
