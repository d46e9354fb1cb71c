#ifndef BERTH_CHILDREN_H
#define BERTH_CHILDREN_H

#include <sys/types.h>

/* To be called once, before any other: signals that only the parent wants are held back from here on. */
void children_prepare(void);

/*
 * fork(2) whose child has no signal held back or ignored, the umask that this program was started with, and the given
 * descriptors as its standard ones (-1: /dev/null). All others are closed by exec. 0 in the child.
 */
pid_t child_start(int input, int output, int errors);

/* The last part of that alone: for a process that execs without having been started so. */
void children_as_started(void);

#endif
