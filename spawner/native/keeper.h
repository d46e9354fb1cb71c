/*
 * Beside a command that runs in an image, and outside of its namespaces: serves its door to Slurm, and is the parent of the FUSE
 * process. Not a child of the command, which may wait for all its children; ends when the command has ended, and FUSE
 * with it.
 */
#ifndef BERTH_KEEPER_H
#define BERTH_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "door.h"
#include "mounts.h"

struct keeper {
  /* of the command: asks for FUSE, and hears of its end */
  int link;
};

/* To be called outside, before the namespaces are entered. */
bool keeper_start(struct keeper *keeper, const struct door *door, const struct mounts *mounts);

/* As mounts.start_fuse wants it: FUSE's process id. It has begun, not mounted. */
pid_t keeper_start_fuse(void *keeper);

#endif
