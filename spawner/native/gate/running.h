/*
 * The processes that perform calls. So many at once that a kernel's own job can bear them; those that end by themselves soon
 * have places of their own: who has filled all others with srun can still say scancel.
 */
#ifndef BERTH_GATE_RUNNING_H
#define BERTH_GATE_RUNNING_H

#include <stdbool.h>
#include <sys/types.h>

#include "request.h"

bool running_has_room(const struct request *request);

/* `request`: NULL for one that only asks, or repeats an answer */
void running_began(pid_t pid, const struct request *request);

/* True when what squeue and sinfo tell may be another now. */
bool running_ended(pid_t pid);

/* Whether one may be changing that in this moment. */
bool running_changes(void);

#endif
