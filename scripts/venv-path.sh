#!/bin/sh
# Prints where this checkout's Python environment is, or belongs. Ordinary users of the test cluster run it too, and a
# virtual environment cannot be moved; so it is `.venv` here if others may search every directory above, and else a
# directory of ours under /var/tmp. Refused: loosening the mode of somebody's home or checkout.
set -eu
cd "$(dirname -- "$0")/.."
root=$(pwd -P)
place=$root/.venv
above=$root
while [ "$above" != / ]; do
  mode=$(stat -c %A -- "$above")
  case $mode in
    *[xt]) ;;
    *)
      place=/var/tmp/berth-venv-$(id -u)-$(printf '%s' "$root" | cat - binder/requirements.txt | sha256sum | cut -c1-16)
      break
      ;;
  esac
  above=$(dirname -- "$above")
done
# a predictable name in a shared place: only if it is ours or root's, a real directory, and no one else can write there
if [ -e "$place" ] || [ -L "$place" ]; then
  [ ! -L "$place" ] && [ -d "$place" ] && { [ -O "$place" ] || [ "$(stat -c %u -- "$place")" = 0 ]; } &&
    case $(stat -c %A -- "$place") in ?????w???? | ????????w?) false ;; *) true ;; esac ||
    { printf 'berth: %s is not a directory that only you can write: remove it\n' "$place" >&2; exit 1; }
fi
printf '%s\n' "$place"
