#ifndef BERTH_HOLDER_H
#define BERTH_HOLDER_H

#include <stdint.h>

#include "door.h"
#include "members.h"

/* The descriptors of a holder; -1 for what there is none of. */
struct holder_ends {
  /* frames of the launcher, and where the greeting goes; absent on the launcher's own node */
  int launcher, greeting;
  /* frames to and from the agent (there the launcher itself) */
  int agent;
  /* bytes of the process that started us: signals of Slurm's; its end is our end */
  int life;
  /* a byte, or its end, lets the agent begin */
  int go;
  /* where the namespace is told, as soon as it is ours, for whoever must clean up after us */
  int born;
  /* what the kernel writes to */
  int output, errors;
  /* to Slurm, for what is in the container */
  const struct door *door;
  /* when the program began, milliseconds since the epoch */
  int64_t began;
};

#define HOLDER_DONE 0
#define HOLDER_NOT_UNDERSTOOD 64

/*
 * Keeps the namespaces and mounts of one kernel, starts it, tells what becomes of it, and ends what is left of it. Lives
 * as long as those who told it to.
 */
int hold(const struct holder_ends *ends);

#endif
