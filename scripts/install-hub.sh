#!/bin/sh
# scripts/install-hub.sh PREFIX PYTHON [CONFIG]: what the Hub's site service needs beside scripts/install.sh PREFIX, as root:
# PREFIX/libexec/berth-as-user with its configuration, and the script that people's jobs run. PYTHON is that of the environment
# on the nodes that holds jupyter-berth and jupyterhub; CONFIG is Berth's configuration there. Add the sudoers rule yourself:
# spawner/hub/sudoers.example.
set -eu
[ $# -ge 2 ] || { echo 'usage: scripts/install-hub.sh PREFIX PYTHON [CONFIG]' >&2; exit 64; }
prefix=$1 python=$2 config=${3-}
for path in "$prefix" "$python" ${config:+"$config"}; do
  # they become lines of a script that everybody's jobs run
  case $path in
    /*) ;;
    *) echo "not an absolute path: $path" >&2; exit 64 ;;
  esac
  case $path in *[!A-Za-z0-9/._+-]*) echo "letters, digits and /._+- only: $path" >&2; exit 64 ;; esac
done
[ "$(id -u)" = 0 ] || { echo 'this is for root: whoever can change these files acts as everybody' >&2; exit 77; }
cd "$(dirname -- "$0")/.."
umask 022
mkdir -p -- "$prefix/libexec"
make --silent -C spawner/hub/helper OUT="$prefix/libexec"
{
  echo '#!/bin/sh'
  echo '# run by Slurm as a person, with the id of their server; written by scripts/install-hub.sh'
  [ -z "$config" ] || echo "export BERTH_CONFIG=$config"
  echo "exec $python -I -m jupyter_berth.hub_job \"\$1\""
} >"$prefix/libexec/berth-hub-job.new"
chmod 755 "$prefix/libexec/berth-hub-job.new"
mv -f -- "$prefix/libexec/berth-hub-job.new" "$prefix/libexec/berth-hub-job"
[ -e "$prefix/libexec/berth-as-user.conf" ] || cat >"$prefix/libexec/berth-as-user.conf" <<CONF
# Root's own: what the helper takes from nobody else. NAME=VALUE; also slurm=/usr/bin, slurm_conf=FILE, least_uid=1000.
script=$prefix/libexec/berth-hub-job
CONF
chown root:root "$prefix/libexec"/berth-*
