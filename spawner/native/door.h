/*
 * The door by which a container reaches Slurm: a socket that lies inside, in the runtime directory, and is listened to by a
 * process outside. Made before the namespaces are, so that both sides have it; opened when the runtime directory is
 * there, by the side that sees it. The gate behind it (gate/main.c) is started by the first who comes: a kernel that never
 * calls Slurm pays microseconds for it.
 */
#ifndef BERTH_DOOR_H
#define BERTH_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "order.h"

struct door {
  /* -1 each where there is none */
  int socket;
  /* a file in memory: the order, for the gate */
  int order;
  /* the gate itself: an update of the installation may replace it or take it away while the kernel runs */
  int gate;
  /* by which the one inside tells the one outside that the door is open, with the directory it is in */
  int tell, hear;
  /* that directory, of the one outside */
  int directory;
  /* on the monotonic clock */
  int64_t started_at;
  int failures;
  /* no gate is started before that, on the monotonic clock */
  int64_t shut_until;
};

/* Outside, before anybody is inside. Without descriptors there is no door, and all else goes on. */
void door_make(struct door *door);

/*
 * In the directory that holds "run": puts the commands' names, all of them the shim, into run/bin, tells the allocation in run, and
 * lets calls come. Nothing where the order names no Slurm, or the shim is not installed.
 */
void door_open(const struct door *door, const struct order *order, const uint8_t *data, size_t size);

struct door_wait {
  /* in poll(2); -1 while there is nothing to wait for */
  int polled;
  /* milliseconds until there is something else to be waited for; -1: time alone changes nothing */
  int patience;
};

/* What is to be waited for outside. Both by one look at the clock: between two the door could open unseen. `gate`: whether there is one. */
struct door_wait door_wait(const struct door *door, bool gate);

/* When that is ready. The gate, if it was started; it dies with us. 0: none. */
pid_t door_answer(struct door *door);

/*
 * It has ended. One that ends as soon as it was started, or for which there is no process, is started again after a while, which
 * becomes longer: a node without memory may have some in a moment. When that has lasted, who waits is told.
 */
void door_gate_ended(struct door *door);

/* A process that asks Slurm of the allocation and tells it inside; it dies with us. 0: none. */
pid_t door_tell_allocation(const struct door *door);

#endif
