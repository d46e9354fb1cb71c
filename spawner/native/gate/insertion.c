#include "insertion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* job's name, "--", place, "run", order, "--" */
#define INSERTED_MOST 6

/* srun's own default, which would be ours now; salloc's jobs are "interactive" whatever they run. Source: srun(1), salloc(1) of
 * 22.05, --job-name, and the latter's own doing. */
static char *job_name(const char *command) {
  const char *slash = strrchr(command, '/');
  char *word = NULL;
  return asprintf(&word, "--job-name=%s", slash == NULL ? command : slash + 1) < 0 ? NULL : word;
}

/* In front of the "--" that is there already, or with one of its own behind it: either way the command follows a "--". */
static size_t insert(char **to, const struct group *group, const struct entrance *entrance, char *name) {
  size_t used = 0;
  if (name != NULL) to[used++] = name;
  to[used++] = strdup("--");
  to[used++] = (char *)entrance->place;
  to[used++] = strdup("run");
  to[used++] = (char *)entrance->order;
  if (!group->marked) to[used++] = strdup("--");
  return used;
}

char **words_into_image(const struct command_line *line, const struct entrance *entrance, bool names_jobs) {
  char **made = calloc(line->count + INSERTED_MOST * line->group_count + 1, sizeof *made);
  if (made == NULL) return NULL;
  bool salloc = strcmp(line->words[0], "salloc") == 0;
  size_t used = 0, group = 0;
  for (size_t at = 0; at <= line->count; at++) {
    for (; group < line->group_count; group++) {
      const struct group *here = &line->groups[group];
      size_t place = here->marked ? here->command - 1 : here->command;
      if (place != at) break;
      const char *command = line->words[here->command];
      if (command != NULL && strcmp(command, ":") == 0) command = NULL;
      /* only the last group of salloc has one; none is a shell there, and a mistake with srun, which it says itself */
      if (command == NULL && !(salloc && group + 1 == line->group_count)) continue;
      used += insert(made + used, here, entrance, names_jobs && !salloc && !here->named ? job_name(command) : NULL);
    }
    if (at < line->count) made[used++] = line->words[at];
  }
  return made;
}
