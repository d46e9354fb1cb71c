/*
 * Where in the command line of srun, sbatch or salloc that begins which is to run in the image. Read as getopt_long(3)
 * reads it for them: abbreviations, letters in a row, arguments behind "=" or as the next word, "--", and ":" between the
 * groups of a heterogeneous job. An option that is not in the table is refused: it may take an argument, and what would
 * be believed to be the command then is not known.
 */
#ifndef BERTH_GATE_OPTIONS_H
#define BERTH_GATE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_GROUPS_MOST 128
#define OPTIONS_WHY_SIZE 1024
/* ours, taken out before Slurm sees it */
#define OPTION_IMAGE "berth-image"

enum argument { ARGUMENT_NONE, ARGUMENT_REQUIRED, ARGUMENT_OPTIONAL };
enum option_kind {
  OPTION_PLAIN,
  OPTION_SHOWS,
  OPTION_OUTSIDE_ONLY,
  OPTION_WRAP,
  OPTION_NO_COMMAND,
  OPTION_JOB_NAME
};

struct option {
  const char *name;
  char letter;
  unsigned char argument;
  unsigned char kind;
};

struct group {
  /* word at which the command begins, or NULL's where there is none */
  size_t command;
  /* the word before it is "--" */
  bool marked;
  bool named;
};

struct command_line {
  /* the words without ours; ended by NULL */
  char **words;
  size_t count;
  struct group groups[OPTIONS_GROUPS_MOST];
  size_t group_count;
  /* of --berth-image, or NULL */
  const char *image;
  /* of --wrap, and the words that hold it: first and how many */
  const char *wrap;
  size_t wrap_at, wrap_words;
  bool shows, no_command;
  const char *outside_only;
};

/* NULL for a verb that starts nothing. */
const struct option *options_of(const char *verb);

/* Takes --berth-image out of `words` (of which the first is the verb), in place. False with the reason. */
bool options_read(struct command_line *line, char **words, char why[OPTIONS_WHY_SIZE]);

#endif
