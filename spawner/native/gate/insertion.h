#ifndef BERTH_GATE_INSERTION_H
#define BERTH_GATE_INSERTION_H

#include "options.h"

/* How a command is run in the image: PLACE run ORDER -- COMMAND */
struct entrance {
  const char *place;
  const char *order;
};

/*
 * The words of srun or salloc with one insertion in front of each group's command, and nothing else changed: what the job is called
 * where Slurm would call it after the command (and `names_jobs`), then the entrance. Ended by NULL; NULL without memory.
 */
char **words_into_image(const struct command_line *line, const struct entrance *entrance, bool names_jobs);

#endif
