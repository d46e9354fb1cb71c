#!/bin/sh
# ordinary-clone.sh fuse|no-fuse online|offline PLACE ROOT COMMAND...: in a mount namespace of its own (as root): PLACE/clone
# gets the node_modules of ROOT; no /dev/fuse, and no network but loopback, if so told. Becomes the command.
set -eu
fuse=$1 network=$2 place=$3 root=$4
shift 4
if [ "$network" = offline ] && [ -z "${BERTH_OFFLINE-}" ]; then
  BERTH_OFFLINE=1 exec unshare --net -- /bin/sh "$0" "$fuse" "$network" "$place" "$root" "$@"
fi
if [ "$network" = offline ]; then
  ip link set lo up
  # with no address but 127.0.0.1, getaddrinfo(3) with AI_ADDRCONFIG, as Slurm calls it, does not know even that one
  ip address add 192.0.2.1/32 dev lo
fi
mount --bind "$root/node_modules" "$place/clone/node_modules"
if [ "$fuse" = no-fuse ]; then
  # a /dev of its own: over the device itself one could only lay another file, which would be there
  mount -t tmpfs -o mode=755 none "$place/dev"
  cd /dev
  cp -a null zero full random urandom tty ptmx fd stdin stdout stderr "$place/dev"
  for name in shm pts; do
    mkdir "$place/dev/$name"
    mount --bind "/dev/$name" "$place/dev/$name"
  done
  mount --rbind "$place/dev" /dev
fi
cd "$place/clone"
exec "$@"
