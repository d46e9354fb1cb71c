#include "inner_environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inner_names.h"

extern char **environ;

struct variables {
  char **all;
  size_t count, room;
  bool failed;
};

static size_t name_size(const char *variable) { return strcspn(variable, "="); }

/* Later ones win. */
static void put(struct variables *to, char *variable) {
  size_t size = name_size(variable);
  for (size_t at = 0; at < to->count; at++)
    if (name_size(to->all[at]) == size && strncmp(to->all[at], variable, size) == 0) {
      to->all[at] = variable;
      return;
    }
  if (to->count + 1 >= to->room) {
    char **larger = realloc(to->all, (to->room * 2 + 64) * sizeof *larger);
    to->failed = to->failed || larger == NULL;
    if (larger == NULL) return;
    to->all = larger;
    to->room = to->room * 2 + 64;
  }
  to->all[to->count++] = variable;
  to->all[to->count] = NULL;
}

/* NAME='VALUE' of the order's lines, where no value has a line break */
static void put_lines(struct variables *to, const char *lines) {
  char *copy = strdup(lines), *rest = copy;
  to->failed = to->failed || copy == NULL;
  for (char *line; copy != NULL && (line = strsep(&rest, "\n")) != NULL;) {
    char *equals = strchr(line, '=');
    if (equals == NULL) continue;
    size_t size = strlen(equals);
    if (size >= 3 && equals[1] == '\'' && equals[size - 1] == '\'') {
      memmove(equals + 1, equals + 2, size - 3);
      equals[size - 2] = '\0';
    }
    put(to, line);
  }
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

bool inner_environment_make(struct inner_environment *made, const struct order *order) {
  struct variables all = {0}, kept = {0};
  size_t lines_size;
  *made = (struct inner_environment){0};
  put_lines(&all, order->environment);
  for (char **at = environ; *at != NULL; at++)
    if (!means_another_inside(*at) && !belongs_to_slurm(*at) && !begins(*at, INNER_PREFIX)) put(&all, *at);
  for (char **at = environ; *at != NULL; at++) {
    if (!begins(*at, INNER_PREFIX)) continue;
    if (is_named(*at, INNER_DIRECTORY))
      made->directory = *at + strlen(INNER_DIRECTORY) + 1;
    else if (means_another_inside(*at + strlen(INNER_PREFIX)))
      put(&all, *at + strlen(INNER_PREFIX));
  }
  FILE *lines = open_memstream(&made->lines, &lines_size);
  if (lines == NULL) return false;
  for (size_t at = 0; at < all.count; at++) {
    /* bash alone reads them, and no line of a file can hold one */
    if (!means_another_inside(all.all[at]) || is_function(all.all[at]))
      put(&kept, all.all[at]);
    else if (strchr(all.all[at], '\n') == NULL && strchr(all.all[at], '=') != NULL)
      fprintf(lines, "%.*s='%s'\n", (int)name_size(all.all[at]), all.all[at], strchr(all.all[at], '=') + 1);
  }
  /* ch-run warns where it has none; the file's is what counts */
  put(&kept, strdup("PATH=/usr/bin:/bin"));
  if (fclose(lines) != 0 || all.failed || kept.failed) return false;
  made->variables = kept.all;
  return kept.all != NULL;
}
