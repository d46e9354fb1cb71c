/*
 * allocation.json in the runtime directory: what programs in the container may want to know of their job. Its schema is
 * `JobAllocation`. Written at once from what Slurm told this step, and again, with the end, when it was asked: a start does
 * not wait for that.
 */
#ifndef BERTH_ALLOCATION_H
#define BERTH_ALLOCATION_H

#include <stdbool.h>
#include <time.h>

struct allocation {
  const char *job, *nodes, *partition, *memory, *gres;
  long cpus;
  /* 0: not known, or never */
  time_t end;
};

/* From the variables of this step. False where there is no job. */
bool allocation_of_step(struct allocation *allocation);

/* Puts the file into the directory, whole or not at all. */
bool allocation_write(const struct allocation *allocation, int directory);

/*
 * Asks `squeue`, a path, of the job of this step; only then the end is known. `line` holds what the words of `allocation`
 * point to.
 */
bool allocation_ask(struct allocation *allocation, const char *squeue, char *line, size_t size);

#endif
