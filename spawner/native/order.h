/* What the launcher has worked out for this node: everything that can be known without looking at the node. */
#ifndef BERTH_ORDER_H
#define BERTH_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORDER_FORM "4"

struct list {
  /* ends with NULL, as execve(2) wants it */
  char **words;
  size_t size;
};

struct order {
  const char *launch_id;
  /* the person's, for who may write above what */
  const char *home;
  const char *mount_point;
  const char *store;
  /* "squashfs" or "directory" */
  const char *format;
  const char *rootfs;
  /* where the hot set is, or is wanted; "" where there is to be none */
  const char *hot;
  const char *squashfuse;
  /* the working directory that `command` needs outside; without it, `command_elsewhere` in `elsewhere` is run */
  const char *directory;
  const char *elsewhere;
  /* lines NAME='VALUE' for ch-run */
  const char *environment;
  /* names among these that are the client's and none of the image's, each ended by a newline */
  const char *passed;
  /* directory of Slurm's commands outside; "" where none are offered inside */
  const char *slurm;
  /* `berth`, which makes other images ready, and the configuration that it reads; "" for none */
  const char *berth;
  const char *config;
  /* paths that must exist inside, for bind mounts */
  struct list points;
  struct list command;
  struct list command_elsewhere;
  /* ch-run and its mounts, for any other command in this image: with `directory`, and without */
  struct list enter;
  struct list enter_elsewhere;
};

/* Reads a frame's words, each ended by a NUL, lists after their count. False unless all of it is right. The order is
 * kept until the process ends. */
bool order_read(struct order *order, const uint8_t *data, size_t size);

#endif
