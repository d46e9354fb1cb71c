/*
 * The place of one kernel: a user and mount namespace of its own, in which all is made on one tmpfs over the user's empty
 * mount point: sockets, private /tmp, the image's mount, and a skeleton of mount points laid over it (the image itself is
 * read-only and does not know where homes are here). Nobody else can reach it by any path (T3, T5), and nothing of it is
 * left when the last process in it ends, however that happens. No privilege, no setuid helper.
 * Source: user_namespaces(7), mount_namespaces(7).
 */
#ifndef BERTH_MOUNTS_H
#define BERTH_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "order.h"

/* in the tmpfs beside the runtime directory: what squashfuse_ll says, and when learning what it is asked */
#define ASKED_FILE "asked"

struct mounts {
  const struct order *order;
  /* whether this start is one to learn the hot set from */
  bool learn;
  bool hot;
  /* of squashfuse_ll; 0 for a directory */
  pid_t fuse;
  /* /proc/self/mountinfo, whose changes tell that it has mounted */
  int table;
  /* who starts FUSE, where it must not be a child of ours; NULL: we do. -1, with errno, when it cannot be started */
  pid_t (*start_fuse)(void *starter);
  void *starter;
};

/* One lstat(2), no lock: only finished ones ever get that name. One of somebody else, or a link, is not ours. */
bool rootfs_is_there(const struct order *order);

/* Enters the namespaces. -1, with the reason in `why`, or 0; then too perhaps half of it is done. */
int mounts_enter(char *why, size_t why_size);

/* Makes all that needs no image; then the image's own mount is begun. As above. */
int mounts_begin(struct mounts *mounts, char *why, size_t why_size);

/* Becomes FUSE: in a child, in the namespaces, in the directory of all the mounts. Returns only when that fails. */
void mounts_become_fuse(const struct mounts *mounts);

/* Whether the image's mount stands. */
bool mounts_image_stands(const struct mounts *mounts);

/* Lays all over one another; the working directory becomes the runtime directory. */
int mounts_finish(const struct mounts *mounts, char *why, size_t why_size);

/* The last line of what squashfuse_ll said. */
void mounts_complaint(char *why, size_t why_size);

#endif
