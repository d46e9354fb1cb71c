/** Beside the runtime directory. */
export const ASKED_FILE = 'asked';

/**
 * What the holder of a kernel's namespaces runs, a constant: values come only as its arguments.
 *   $1 mount point  $2 rootfs  $3 squashfuse_ll, or "" when the rootfs is a directory
 *   $4 hot set, or ""  $5 "-d" when squashfuse_ll is to write down what it is asked, or ""
 *   $6... paths wanted inside
 * All is made on one tmpfs over the user's empty mount point, in a mount namespace of its own: sockets, private /tmp, the
 * image's mount and a skeleton of mount points laid over it (the image itself is read-only and does not know where
 * homes are here). Nobody else can reach it by any path (T3, T5), and nothing of it is left when the last process in
 * it ends, however that happens. "ready" tells that all stands; then the holder waits for the end of its input, or of FUSE:
 * without it the kernel could not go on.
 * What is asked of the mount is written to a file, not a pipe: nobody then need read it while the kernel starts. It can't
 * grow for ever: past 16 MiB writing fails, which squashfuse_ll does not mind.
 * setpriv keeps FUSE from outliving the holder. A daemonising squashfuse would outlive it, hence the wait by looking.
 * Slurm signals every process of a step that ends: the holder stays until the agent lets it go, and waits for FUSE, because
 * an orphan that nobody has waited for keeps the step's cgroup, and so the job, alive.
 */
export const HOLDER_SCRIPT = `set -eu
trap '' TERM INT HUP
point=$1 rootfs=$2 fuse=$3 hot=$4 debug=$5
shift 5
mount -t tmpfs -o mode=0700 berth "$point"
cd "$point"
umask 077
mkdir run tmp points image root
umask 022
for path in "$@"; do
  case $path in
    /tmp/*) mkdir -p "$point$path" ;;
    *) mkdir -p "points$path" ;;
  esac
done
if [ -n "$fuse" ]; then
  if [ -n "$debug" ]; then
    : >${ASKED_FILE}
    (
      trap '' XFSZ
      ulimit -f 32768
      exec setpriv --pdeathsig KILL "$fuse" -f -d "$rootfs" "$point/image" 2>${ASKED_FILE}
    ) &
  else
    setpriv --pdeathsig KILL "$fuse" -f "$rootfs" "$point/image" &
  fi
  child=$!
  until [ -n "\${mounted:-}" ]; do
    kill -0 $child 2>/dev/null || { [ -z "$debug" ] || cat ${ASKED_FILE} >&2; wait $child; exit 1; }
    while read -r _ _ _ _ at _; do
      if [ "$at" = "$point/image" ]; then mounted=1; break; fi
    done </proc/self/mountinfo
  done
else
  mount --rbind "$rootfs" image
fi
layers=$point/points
if [ -n "$hot" ]; then
  # a link: the name of a store may hold a colon
  ln -s "$hot" hot
  layers=$layers:$point/hot
fi
mount -t overlay -o "ro,userxattr,lowerdir=$layers:$point/image" berth root
cd run
echo ready
if [ -n "$fuse" ]; then
  exec 3<&0
  (while read -r _; do :; done; kill -KILL $child || :) <&3 &
  wait $child || :
  kill -KILL $! 2>/dev/null || :
  wait
else
  cat || :
fi
`;
