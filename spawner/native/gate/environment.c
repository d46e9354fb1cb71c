#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../inner_names.h"

extern char **environ;

/* ours, whatever the caller has: where programs and Slurm are, and by what Slurm knows us */
static bool is_kept(const char *variable) {
  return is_named(variable, "PATH") || is_named(variable, "LD_LIBRARY_PATH") || belongs_to_slurm(variable);
}

/* ours only where the caller has none: Slurm and ch-run need them */
static const char *const filled[] = {"HOME", "USER", "LOGNAME", "SHELL"};

static const char *own(const char *name) {
  for (char **at = environ; *at != NULL; at++)
    if (is_named(*at, name)) return *at;
  return NULL;
}

static bool has(char *const *variables, const char *name) {
  for (; *variables != NULL; variables++)
    if (is_named(*variables, name)) return true;
  return false;
}

static char *renamed(const char *variable) {
  char *other = NULL;
  return asprintf(&other, "%s%s", INNER_PREFIX, variable) < 0 ? NULL : other;
}

/* Whether one of the lines NAME='VALUE' says just that. */
static bool is_said(const char *lines, const char *variable) {
  const char *equals = strchr(variable, '=');
  size_t name = equals == NULL ? 0 : (size_t)(equals - variable) + 1, value = equals == NULL ? 0 : strlen(equals + 1);
  for (const char *line = lines; equals != NULL && line != NULL && *line != '\0'; line = strchr(line, '\n')) {
    line += *line == '\n';
    size_t size = strcspn(line, "\n");
    if (size == name + value + 2 && strncmp(line, variable, name) == 0 && line[name] == '\'' &&
        strncmp(line + name + 1, equals + 1, value) == 0)
      return true;
  }
  return false;
}

/* The person's own whatever the image. */
static bool is_person(const char *variable) {
  static const char *const names[] = {"HOME", "USER", "LOGNAME"};
  for (size_t at = 0; at < sizeof names / sizeof *names; at++)
    if (is_named(variable, names[at])) return true;
  return false;
}

/* What the client passed stands among what the place says, but says nothing of the image. */
static bool is_passed(const char *names, const char *variable) {
  size_t size = strcspn(variable, "=");
  for (const char *name = names; *name != '\0'; name += strcspn(name, "\n"), name += *name == '\n')
    if (strcspn(name, "\n") == size && strncmp(name, variable, size) == 0) return true;
  return false;
}

char **outer_environment(const struct request *request, enum into into, const struct order *own_image,
                         const char *lost_directory) {
  size_t most = request->head.variables + sizeof filled / sizeof *filled + 2;
  for (char **at = environ; *at != NULL; at++) most += is_kept(*at);
  char **made = calloc(most, sizeof *made);
  size_t used = 0;
  if (made == NULL) return NULL;
  for (char **at = request->variables; *at != NULL; at++) {
    if (belongs_to_slurm(*at) || strncmp(*at, INNER_PREFIX, strlen(INNER_PREFIX)) == 0) continue;
    if (into == OTHER_IMAGE && is_said(own_image->environment, *at) && !is_person(*at) && !is_passed(own_image->passed, *at))
      continue;
    if (!means_another_inside(*at))
      made[used++] = *at;
    else if (into == OWN_IMAGE && (made[used] = renamed(*at)) != NULL)
      used++;
  }
  for (char **at = environ; *at != NULL; at++)
    if (is_kept(*at)) made[used++] = *at;
  for (size_t at = 0; at < sizeof filled / sizeof *filled; at++)
    if (!has(request->variables, filled[at]) && own(filled[at]) != NULL) made[used++] = (char *)own(filled[at]);
  char *directory = NULL;
  if (into != NO_IMAGE && lost_directory != NULL && asprintf(&directory, "%s=%s", INNER_DIRECTORY, lost_directory) >= 0)
    made[used++] = directory;
  return made;
}
