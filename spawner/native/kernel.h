#ifndef BERTH_KERNEL_H
#define BERTH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "order.h"

/* names of the files in the runtime directory, which is the current one */
#define ENVIRONMENT_FILE "environment"
#define CONNECTION_FILE "connection.json"

/*
 * Writes the environment file, planned variables first (later ones win), and the connection file, both 0600.
 * What the node adds: the step's own SLURM_*, and by which process a kernel notices that it was left alone.
 * `left` names variables that cannot be written there because their values have line breaks.
 */
bool kernel_write_files(const struct order *order, const void *connection, size_t size, char *left, size_t left_size);

/*
 * Starts the kernel's command in a session and process group of its own, so that an interrupt reaches it and its children
 * and nothing of ours. It dies with us. Nothing to read on its standard input.
 */
pid_t kernel_start(const struct list *command, int output, int errors);

#endif
