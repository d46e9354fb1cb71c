#!/bin/sh
# scripts/install.sh PREFIX: puts the built command and its Node where every user and every node can run it:
# PREFIX/bin/berth, PREFIX/lib/*.mjs, PREFIX/lib/node. Node is in lib, so that PREFIX/bin on PATH shadows nobody's node.
set -eu
[ $# = 1 ] && [ -n "$1" ] || { echo 'usage: scripts/install.sh PREFIX' >&2; exit 64; }
case $1 in /*) prefix=$1 ;; *) prefix=$PWD/$1 ;; esac
cd "$(dirname -- "$0")/.."
[ -x dist/bin/berth ] || { echo 'nothing built yet: run `npm run setup` first' >&2; exit 1; }

umask 022
mkdir -p -- "$prefix/bin" "$prefix/lib"
# old bundles may have other chunks: kernels that run now have loaded theirs
rm -f -- "$prefix"/lib/*.mjs "$prefix"/lib/*.txt
cp -f -- dist/lib/* "$prefix/lib/"
cp -f -- dist/bin/berth "$prefix/bin/berth.new"
# 120 MB: a second name of the same file where that is possible
node=node_modules/node/bin/node
ln -f -- "$node" "$prefix/lib/node.new" 2>/dev/null || cp --reflink=auto -f -- "$node" "$prefix/lib/node.new"
mv -f -- "$prefix/lib/node.new" "$prefix/lib/node"
chmod 755 "$prefix" "$prefix/bin" "$prefix/lib" "$prefix/bin/berth.new" "$prefix/lib/node"
chmod 644 "$prefix"/lib/*.mjs
mv -f -- "$prefix/bin/berth.new" "$prefix/bin/berth"
