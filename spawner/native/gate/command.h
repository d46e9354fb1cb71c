/* From what a shim asks to the real command: its program, its words, its input. */
#ifndef BERTH_GATE_COMMAND_H
#define BERTH_GATE_COMMAND_H

#include <limits.h>
#include <stdbool.h>

#include "call.h"
#include "shim_link.h"

#define WHY_REFUSED 2048

struct command {
  char path[PATH_MAX];
  char **words;
  /* in place of the caller's standard input, or -1 */
  int input;
  /* what it starts runs in the image */
  bool into_image;
  /* and that is not the caller's own */
  bool other_image;
  /* by which nodes enter the image; among the words */
  char order[PATH_MAX];
  /* made for it, to be removed when it has ended; "" for none */
  char file[PATH_MAX], directory[PATH_MAX];
};

/*
 * False when it is not to be run: `why` says so in one sentence, or is empty where the caller was told already, in the
 * words of Slurm.
 */
bool command_make(struct command *command, const struct gate *gate, struct request *request, struct shim_link *link,
                  char why[WHY_REFUSED]);

/* Removes what was made. */
void command_forget(struct command *command);

#endif
