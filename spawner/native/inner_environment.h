#ifndef BERTH_INNER_ENVIRONMENT_H
#define BERTH_INNER_ENVIRONMENT_H

#include <stdbool.h>

#include "order.h"

struct inner_environment {
  /* for ch-run, which hands it on byte for byte; ended by NULL */
  char **variables;
  /* lines for ch-run's file: what would mean something else to ch-run itself */
  char *lines;
  /* the current directory inside that there is none like outside, or NULL */
  const char *directory;
};

/*
 * The environment of a command in the image: the image's and the site's from the order; above it the task's own, but for what is
 * of the node alone (its PATH, its loader); above that what the caller in the container had for these (inner_names.h).
 */
bool inner_environment_make(struct inner_environment *made, const struct order *order);

#endif
