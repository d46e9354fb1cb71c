#!/bin/sh
# scripts/install.sh PREFIX: puts the built command and its Node where every user and every node can run it:
# PREFIX/bin/berth, PREFIX/lib/*.{mjs,cjs}, PREFIX/lib/berth-{place,gate,shim}, PREFIX/lib/node. Node is in lib, so that PREFIX/bin on PATH shadows nobody's node.
set -eu
[ $# = 1 ] && [ -n "$1" ] || { echo 'usage: scripts/install.sh PREFIX' >&2; exit 64; }
case $1 in /*) prefix=$1 ;; *) prefix=$PWD/$1 ;; esac
cd "$(dirname -- "$0")/.."
[ -x dist/bin/berth ] || { echo 'nothing built yet: run `npm run setup` first' >&2; exit 1; }

# Never half of it: each file gets its name when it is whole, and chunks are there before what names them. Chunks of an
# older build stay, because kernels that run now may still load one.
place() {
  mode=$1
  shift
  for file; do
    target=$prefix/${file#dist/}
    cp -f -- "$file" "$target.new"
    chmod "$mode" "$target.new"
    mv -f -- "$target.new" "$target"
  done
}
# What this run makes everybody may enter. What was there keeps its mode: to open somebody's directory is not ours to do.
umask 022
mkdir -p -- "$prefix/bin" "$prefix/lib"
for made in "$prefix" "$prefix/bin" "$prefix/lib"; do
  case $(stat -c %A -- "$made") in *[xt]) ;; *) echo "other users cannot enter $made: left as it is" >&2 ;; esac
done
# 120 MB: a second name of the same file where that is possible. Not of another's file (sudo, in a clone of one's own): its
# owner could write into what all users run.
node=node_modules/node/bin/node
# mv(1) does not replace a name by another of the same file
if [ ! -O "$node" ] || [ ! "$node" -ef "$prefix/lib/node" ]; then
  rm -f -- "$prefix/lib/node.new"
  { [ -O "$node" ] && ln -- "$node" "$prefix/lib/node.new" 2>/dev/null; } ||
    cp --reflink=auto -f -- "$node" "$prefix/lib/node.new"
  chmod 755 "$prefix/lib/node.new"
  mv -f -- "$prefix/lib/node.new" "$prefix/lib/node"
fi
for chunk in dist/lib/chunk-*.mjs; do [ ! -e "$chunk" ] || place 644 "$chunk"; done
for program in dist/lib/berth-gate dist/lib/berth-shim dist/lib/berth-place; do place 755 "$program"; done
for entry in dist/lib/*; do case $entry in */chunk-* | */berth-place | */berth-gate | */berth-shim) ;; *) place 644 "$entry" ;; esac; done
place 755 dist/bin/berth
echo "ready: $prefix/bin/berth"
