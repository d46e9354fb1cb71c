#ifndef BERTH_SAFE_PARENTS_H
#define BERTH_SAFE_PARENTS_H

#include <stdbool.h>
#include <stddef.h>

#define WHY_SIZE 4400

/*
 * Makes the missing directories above `path`, 0700, and says in one sentence in `why` who else could put something of
 * theirs in its place; true when nobody could (T5). Looking only at `path` itself is not enough: whoever may rename a
 * directory above it exchanges it between our look and our use. Followed as the kernel follows it, each link on the way
 * included. Above the person's home anything goes: who can replace that has everything already.
 * Source: path_resolution(7), and sshd's StrictModes for the idea.
 */
bool make_safe_parents(const char *path, const char *home, char why[WHY_SIZE]);

/* As above, and the directory itself, where there is one, is ours: who can replace a store decides what the kernel runs. */
bool store_is_safe(const char *path, const char *home, char why[WHY_SIZE]);

/* As above, and then the directory itself: made if missing, ours, 0700. */
bool make_mount_point(const char *path, const char *home, char why[WHY_SIZE]);

#endif
