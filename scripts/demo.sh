#!/bin/sh
# `npm run demo [-- --once]`: sets up whatever is missing, then shows all of Berth on a cluster of its own. As root with two
# users that it makes; as an ordinary user for that one alone.
set -eu
cd "$(dirname -- "$0")/.."
sh scripts/setup.sh
exec node_modules/.bin/node --conditions=berth-source test/demo/main.ts "$@"
