#include "options.h"

#include <stdio.h>
#include <string.h>

#include "options_table.h"

static const char *const way_around =
    "With --berth-image=none in front it goes to Slurm as it is, and what it starts runs outside of the image.";

const struct option *options_of(const char *verb) {
  if (strcmp(verb, "srun") == 0) return srun_options;
  if (strcmp(verb, "sbatch") == 0) return sbatch_options;
  return strcmp(verb, "salloc") == 0 ? salloc_options : NULL;
}

/* The one of that name, or the only one whose name begins so. As getopt_long(3) chooses. */
static const struct option *by_name(const struct option *all, const char *name, size_t size, bool *ambiguous) {
  const struct option *found = NULL;
  *ambiguous = false;
  for (const struct option *at = all; at->name != NULL; at++) {
    if (strncmp(at->name, name, size) != 0) continue;
    if (at->name[size] == '\0') {
      *ambiguous = false;
      return at;
    }
    *ambiguous = *ambiguous || found != NULL;
    found = at;
  }
  return found;
}

static const struct option *by_letter(const struct option *all, char letter) {
  for (const struct option *at = all; at->name != NULL; at++)
    if (at->letter == letter) return at;
  return NULL;
}

/* `words` as they are read: `at` goes on, what is ours is left out of `line`. */
struct reading {
  const struct option *all;
  char **words;
  size_t at;
  struct command_line *line;
  char *why;
};

static void keep(struct reading *reading, size_t count) {
  for (size_t word = 0; word < count && reading->words[reading->at] != NULL; word++)
    reading->line->words[reading->line->count++] = reading->words[reading->at++];
}

static void note(struct reading *reading, const struct option *option, const char *value, size_t words) {
  struct command_line *line = reading->line;
  switch (option->kind) {
    case OPTION_SHOWS:
      line->shows = true;
      break;
    case OPTION_OUTSIDE_ONLY:
      line->outside_only = option->name;
      break;
    case OPTION_WRAP:
      line->wrap = value;
      line->wrap_at = line->count;
      line->wrap_words = words;
      break;
    case OPTION_NO_COMMAND:
      line->no_command = true;
      break;
    case OPTION_JOB_NAME:
      line->groups[line->group_count].named = true;
      break;
    default:
      break;
  }
}

static bool refuse(struct reading *reading, const char *what, const char *word) {
  snprintf(reading->why, OPTIONS_WHY_SIZE, "%s \"%.200s\". %s", what, word, way_around);
  return false;
}

/* --berth-image=VALUE, or --berth-image VALUE; never abbreviated: Slurm may get options of any name. */
static bool take_image(struct reading *reading, const char *equals) {
  reading->at++;
  const char *value = equals != NULL ? equals + 1 : reading->words[reading->at];
  if (equals == NULL && value != NULL) reading->at++;
  if (value == NULL || *value == '\0') {
    snprintf(reading->why, OPTIONS_WHY_SIZE, "--%s needs the name of an image, or \"none\".", OPTION_IMAGE);
    return false;
  }
  reading->line->image = value;
  return true;
}

static bool read_long(struct reading *reading) {
  const char *word = reading->words[reading->at], *name = word + 2, *equals = strchr(name, '=');
  size_t size = equals == NULL ? strlen(name) : (size_t)(equals - name);
  if (size == strlen(OPTION_IMAGE) && strncmp(name, OPTION_IMAGE, size) == 0) return take_image(reading, equals);
  bool ambiguous;
  const struct option *option = by_name(reading->all, name, size, &ambiguous);
  if (option == NULL) return refuse(reading, "Berth does not know the option", word);
  if (ambiguous) return refuse(reading, "More than one option begins with", word);
  if (option->kind == OPTION_WRAP && reading->line->wrap != NULL)
    return refuse(reading, "Only one --wrap is understood, and there is another", word);
  bool next = option->argument == ARGUMENT_REQUIRED && equals == NULL;
  note(reading, option, equals != NULL ? equals + 1 : next ? reading->words[reading->at + 1] : NULL, next ? 2 : 1);
  keep(reading, next ? 2 : 1);
  return true;
}

static bool read_letters(struct reading *reading) {
  const char *word = reading->words[reading->at];
  for (const char *letter = word + 1; *letter != '\0'; letter++) {
    const struct option *option = by_letter(reading->all, *letter);
    if (option == NULL) return refuse(reading, "Berth does not know an option in", word);
    bool next = option->argument == ARGUMENT_REQUIRED && letter[1] == '\0';
    note(reading, option, next ? reading->words[reading->at + 1] : letter + 1, next ? 2 : 1);
    if (next) {
      keep(reading, 2);
      return true;
    }
    if (option->argument != ARGUMENT_NONE) break;
  }
  keep(reading, 1);
  return true;
}

/* Where getopt_long(3) would stop: all in front of it are options and their arguments. */
static bool read_options(struct reading *reading, bool *marked) {
  *marked = false;
  for (const char *word; (word = reading->words[reading->at]) != NULL;) {
    if (word[0] != '-' || word[1] == '\0') return true;
    if (strcmp(word, "--") == 0) {
      keep(reading, 1);
      *marked = true;
      return true;
    }
    if (!(word[1] == '-' ? read_long(reading) : read_letters(reading))) return false;
  }
  return true;
}

/* Not understood, but then it needs not be: all goes to Slurm but this word, where it came first. Behind what is not understood
 * nobody knows what is an option and what the command's own. */
static bool goes_outside(struct reading *reading) {
  if (reading->line->image == NULL || strcmp(reading->line->image, "none") != 0) return false;
  while (reading->words[reading->at] != NULL) keep(reading, 1);
  reading->words[reading->line->count] = NULL;
  return true;
}

bool options_read(struct command_line *line, char **words, char why[OPTIONS_WHY_SIZE]) {
  struct reading reading = {.all = options_of(words[0]), .words = words, .line = line, .why = why};
  *line = (struct command_line){.words = words};
  bool split_all = strcmp(words[0], "srun") == 0;
  keep(&reading, 1);
  for (;;) {
    if (line->group_count == OPTIONS_GROUPS_MOST) return refuse(&reading, "Too many groups before", words[reading.at]);
    struct group *group = &line->groups[line->group_count];
    *group = (struct group){0};
    if (!read_options(&reading, &group->marked)) return goes_outside(&reading);
    group->command = line->count;
    line->group_count++;
    /* srun's groups have commands of their own, the others' only the last */
    while (split_all && reading.words[reading.at] != NULL && strcmp(reading.words[reading.at], ":") != 0)
      keep(&reading, 1);
    if (reading.words[reading.at] == NULL || strcmp(reading.words[reading.at], ":") != 0) break;
    keep(&reading, 1);
  }
  while (reading.words[reading.at] != NULL) keep(&reading, 1);
  words[line->count] = NULL;
  return true;
}
