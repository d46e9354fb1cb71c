#ifndef BERTH_GATE_CALL_H
#define BERTH_GATE_CALL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../order.h"
#include "request.h"

/* What all calls of one gate have in common. */
struct gate {
  struct order order;
  /* the berth-place of our installation */
  char place[PATH_MAX];
};

/* Where the output of a question goes that others may ask too; and how it ended, as wait(2) tells it. */
struct capture {
  int output, errors;
  int *status;
};

/* The verb's place in the list of those that are allowed; -1 for any other (T8). */
int verb_allowed(const char *verb);

/*
 * One call, in a process of its own, from its request to the end of the real command: what the shim says meanwhile is
 * passed on, and that the shim is gone ends the command.
 */
_Noreturn void call_perform(const struct gate *gate, struct request *request, int shim);

/* A question whose answer may be given to several: nobody's shim is listened to. In a process of its own. */
_Noreturn void call_ask(const struct gate *gate, struct request *request, const struct capture *capture);

/* Gives the caller what was answered to that. In a process of its own. */
_Noreturn void call_repeat(struct request *request, int shim, const struct capture *capture);

#endif
