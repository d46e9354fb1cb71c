#ifndef BERTH_GATE_ENVIRONMENT_H
#define BERTH_GATE_ENVIRONMENT_H

#include <stdbool.h>

#include "../order.h"
#include "request.h"

enum into { NO_IMAGE, OWN_IMAGE, OTHER_IMAGE };

/*
 * The environment of the real command, built anew: the caller's own variables byte for byte and in their order, but for
 * those that would mean something else out here or decide where Slurm is (inner_names.h); then ours for these.
 * @param into what the command's tasks will run in. OWN_IMAGE: what was left out travels along under another name. OTHER_IMAGE:
 * it does not, nor what the caller has only because its own image says so: the other says its own
 * @param own_image the caller's: what it says, and what of that is the client's
 * @param lost_directory the caller's current directory where there is none like it outside, or NULL
 * @returns ended by NULL, never to be freed: the caller execs; NULL without memory
 */
char **outer_environment(const struct request *request, enum into into, const struct order *own_image,
                         const char *lost_directory);

#endif
