#ifndef BERTH_RUN_H
#define BERTH_RUN_H

/*
 *   berth-place run ORDER [-- COMMAND...]      a command in the image of that order: one task of srun, or of salloc
 *   berth-place job ORDER SCRIPT [WORD...]     the batch script that stands behind our mark in SCRIPT (gate/batch.h)
 * This process becomes the command: process id, signals, status and descriptors are its own, and it has no child that it
 * did not make. What must outlive it, the image's mount and the door to Slurm, belongs to a keeper beside it, which ends
 * when it does. Returns only when it could not.
 */
int run_in_image(int count, char **words);

#endif
