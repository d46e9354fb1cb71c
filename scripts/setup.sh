#!/bin/sh
# From a fresh clone to everything ready: Debian packages, node_modules, a Python environment, the built command.
# Plain sh, because it runs before node_modules exists. Each part leaves a stamp, so that a second run does nothing
# and needs no network. `--no-build` is for the tests: they build in a step of their own, and want some packages more.
set -eu
cd "$(dirname -- "$0")/.."
root=$(pwd)
stamps=.berth/stamps

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
hash_of() { cat -- "$@" | sha256sum | cut -c1-16; }
done_before() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }
stamp() { printf '%s\n' "$2" >"$stamps/$1"; }

# Two at once (a test run beside a demo) would tear node_modules from under each other.
(mkdir -p "$stamps" && : >>"$stamps/lock") 2>/dev/null || die "nothing can be written in $root/.berth: is this clone yours?"
exec 9>"$stamps/lock"
flock -n 9 || { say 'another setup is running, waiting for it'; flock 9; }

# policy-rc.d (101): the packages' own daemons (slurmctld, munge, docker-registry) must not start; ours do, privately.
# It would keep every later daemon of this machine from starting: it goes with us, also on a signal, and says whose it is,
# so that the next run can take away what a killed one left.
guard=/usr/sbin/policy-rc.d
mark='# for the time of a setup of Berth, process'
guarded=no
unguard() {
  [ "$guarded" = no ] || $as_root rm -f "$guard"
  guarded=no
}
left_behind() {
  owner=$(sed -n "s|^$mark ||p" "$guard" 2>/dev/null) && [ -n "$owner" ] && [ ! -d "/proc/$owner" ]
}

# --- Debian packages: binder/apt.txt is the one list, test/apt.txt what only tests need ----------------------------------
lists=binder/apt.txt
[ "${1-}" != --no-build ] || lists="$lists test/apt.txt"
missing=
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null | sed -n 's/ installed$//p') || installed=
for package in $(sed 's/#.*//' $lists); do
  case "
$installed
" in *"
$package
"*) ;; *) missing="$missing $package" ;; esac
done
as_root=
[ "$(id -u)" = 0 ] || as_root='sudo -n'
if left_behind; then
  $as_root rm -f "$guard" 2>/dev/null || say "remove $guard: a setup that was killed left it, and it keeps daemons from starting"
fi
if [ -n "$missing" ]; then
  if [ -n "$as_root" ]; then
    sudo -n true 2>/dev/null || die "these Debian packages are missing, and you are not root:$missing
       ask for: apt-get install --no-install-recommends$missing"
  fi
  say "installing Debian packages:$missing"
  log=.berth/apt.log
  # dash runs the trap of EXIT only if a signal's own trap exits; a shell waits for apt-get first, as it should
  trap unguard EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ ! -e "$guard" ]; then
    guarded=yes
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark $$" | $as_root tee "$guard" >/dev/null
    $as_root chmod 755 "$guard"
  fi
  status=0
  { $as_root apt-get -q update && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --no-install-recommends install $missing; } >"$log" 2>&1 </dev/null || status=$?
  unguard
  trap - EXIT HUP INT TERM
  [ "$status" = 0 ] || { tail -n 20 "$log" >&2; die "apt-get failed; all of its words are in $log"; }
fi

# --- node_modules ------------------------------------------------------------------------------------------------------
command -v npm >/dev/null || die 'npm is missing: install Node.js 20.19 or newer'
# npm's own record of what is there against the lock file: also right after an `npm install` by hand
installed='const fs = require("fs");
  const read = (file) => JSON.parse(fs.readFileSync(file, "utf8")).packages;
  const have = read("node_modules/.package-lock.json");
  process.exitCode = Object.entries(read("package-lock.json")).some(([path, { optional, link, integrity }]) =>
    path.includes("node_modules/") && !optional && !link && have[path]?.integrity !== integrity) ? 1 : 0;'
if [ ! -x node_modules/.bin/node ] || ! node_modules/.bin/node -e "$installed" 2>/dev/null; then
  say 'npm ci'
  npm ci --loglevel=error --no-progress </dev/null >&2
  node_modules/.bin/node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 24 ? 1 : 0)' ||
    die 'node_modules/.bin/node is not Node 24: did npm skip the install scripts (ignore-scripts)?'
fi

# --- Python environment --------------------------------------------------------------------------------------------------
# Debian's own python3, never one of pyenv or conda in somebody's home: the other users of a cluster must be able to run it.
# BERTH_PYTHON names another where there are no other users and the system's is too old (Binder).
base=${BERTH_PYTHON:-/usr/bin/python3}
wanted=$(hash_of binder/requirements.txt)
venv=$(sh scripts/venv-path.sh)
if ! done_before venv "$wanted $venv" || [ ! -x "$venv/bin/python3" ]; then
  [ -x "$base" ] || die "$base is missing: apt-get install python3-venv"
  say "Python environment in $venv"
  umask 022
  rm -rf -- "$venv"
  # without -p: below /var/tmp somebody else may have made it meanwhile, and what is in it would be run
  mkdir -m 755 -- "$venv" || die "$venv was made by somebody else: remove it"
  "$base" -m venv "$venv"
  "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check -r binder/requirements.txt </dev/null >&2
  "$venv/bin/python3" -m compileall -q "$venv/lib" >/dev/null 2>&1 || true
  stamp venv "$wanted $venv"
fi

# --- packages that only tests need: kept as files, installed by each test where it wants them --------------------------------
if [ "${1-}" = --no-build ]; then
  wanted=$(hash_of test/requirements.txt)
  if ! done_before wheels "$wanted"; then
    say 'Python packages of the tests'
    rm -rf .berth/wheels
    "$venv/bin/python3" -m pip download --quiet --disable-pip-version-check --no-deps --dest .berth/wheels \
      -r test/requirements.txt </dev/null >&2
    stamp wheels "$wanted"
  fi
fi

# --- the command -----------------------------------------------------------------------------------------------------------
[ "${1-}" = --no-build ] && exit 0
if [ ! -f dist/.stamp ] || [ -n "$(find schema/src spawner/src spawner/native server/src scripts/bundle.ts scripts/berth.sh \
  package-lock.json -newer dist/.stamp -print -quit)" ]; then
  say 'building the berth command'
  PATH=$root/node_modules/.bin:$PATH npm run --silent build </dev/null >&2
fi
# all of it as one file for pip; a build has removed the old one
wheel=$(ls -t dist/wheel/*.whl 2>/dev/null | head -n 1)
if [ -z "$wheel" ] || [ -n "$(find extension -path extension/lib -prune -o -path extension/jupyter_berth/labextension -prune -o \
  -name __pycache__ -prune -o -type f -newer "$wheel" -print -quit)" ]; then
  say 'packing the wheel'
  sh scripts/wheel.sh </dev/null >&2
fi
# `npm run setup` by hand; the demo and the tests go on by themselves
if [ "${npm_lifecycle_event-}" = setup ]; then say "ready: $root/$(ls -t dist/wheel/*.whl | head -n 1)"; fi
