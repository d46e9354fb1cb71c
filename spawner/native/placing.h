/* One kernel on its way: from the order through mounts and kernel to the end, and what is told of it. */
#ifndef BERTH_PLACING_H
#define BERTH_PLACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "door.h"
#include "members.h"
#include "mounts.h"
#include "order.h"

enum state { WAITING, WANTING_ROOTFS, MOUNTING, MOUNTED, RUNNING, OVER };

struct placing {
  enum state state;
  struct order order;
  /* as it came, for the gate */
  uint8_t *order_data;
  size_t order_size;
  const struct door *door;
  struct mounts mounts;
  struct namespace namespace;
  /* the kernel's connection file, until it is written */
  uint8_t *connection;
  size_t connection_size;
  /* -1 while there is none, and when it is over */
  pid_t kernel;
  /* told to end; and that by Slurm */
  bool stopping, terminated;
  /* with what was told to end */
  struct patience patience;
  int64_t rootfs_at, mounted_at;
  /* frames to the agent, and what lets it begin; where the namespace is told; what the kernel writes to */
  int agent, go, born, output, errors;
};

/* False for one that makes no sense, or a second one. */
bool placing_order(struct placing *placing, const uint8_t *data, size_t size);
/* The image was made ready by somebody who vouches for it. */
void placing_rootfs(struct placing *placing);
/* Takes the connection file, which must come from malloc(3). */
void placing_connection(struct placing *placing, uint8_t *connection, size_t size);
/* Something has been mounted somewhere: perhaps the image. */
void placing_mounted(struct placing *placing);
/* SIGTERM, and SIGKILL after the grace. Twice is fine. */
void placing_stop(struct placing *placing);
/* To the kernel's process group, and only to that. */
void placing_signal(const struct placing *placing, int signal);
/* Children have ended. */
void placing_reap(struct placing *placing);
/* Nothing more can come of it; `code` is one of failure-sheets.ts. */
void placing_fail(struct placing *placing, const char *code, const char *why);
/* There is something for it to do. */
void placing_begin_agent(struct placing *placing);
/* Ends all that is left, and waits for it. */
void placing_clean_up(struct placing *placing);

/* A line for the agent's log. */
__attribute__((format(printf, 3, 4))) void placing_tell(struct placing *placing, char type, const char *form, ...);

#endif
