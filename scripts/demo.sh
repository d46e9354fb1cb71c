#!/bin/sh
# `npm run demo [-- --once]`: sets up whatever is missing, then shows all of Berth on a cluster of its own. As root with two
# users that it makes; as an ordinary user for that one alone.
set -eu
cd "$(dirname -- "$0")/.."

# "parent group" of a process; its name before that may hold anything
family() { sed 's/.*) [^ ]* \([0-9]* [0-9]*\) .*/\1/' "/proc/$1/stat" 2>/dev/null; }
# The processes above us in our job. One that ends while we set up (Ctrl-C reaches su alone, which kills its shell) tells
# us nothing; test/demo/starter-watch.ts has the whole story, and looks while the demo runs.
above=
of_us=$(family $$)
next=${of_us% *}
while [ "$next" -gt 1 ] && it=$(family "$next") && [ "${it#* }" = "${of_us#* }" ]; do
  above="$above $next"
  next=${it% *}
done
[ -t 2 ] && terminal=yes || terminal=no
sh scripts/setup.sh
for process in $above; do
  [ -d "/proc/$process" ] || { echo 'demo: who started it is gone' >&2; exit 130; }
done
[ "$terminal" = no ] || [ -t 2 ] || exit 129
exec node_modules/.bin/node --conditions=berth-source test/demo/main.ts "$@"
