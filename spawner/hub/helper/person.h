#ifndef BERTH_PERSON_H
#define BERTH_PERSON_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/* Who we have become through sudo. */
struct person {
  char name[64];
  char home[PATH_MAX];
  /* ~/.local/state/berth/hub, theirs with mode 0700, open */
  int directory;
};

#define STATE_DIRECTORY ".local/state/berth/hub"

/* Refuses root, system accounts, nobody, and a person whose number, name and home do not belong together (T39). */
void become_nobody_else(struct person *person, uid_t least_uid);

/* The environment as a fresh login has it, and nothing of the caller's (T40). */
void clean_environment(const struct person *person, const char *slurm_conf);

/* Makes what is missing of it. */
void open_directory(struct person *person);

/* Removes what servers of long ago have left there. */
void forget_old(const struct person *person);

/* A new file of theirs, 0600; false when there is one of that name. */
_Bool write_new(const struct person *person, const char *name, const char *bytes, size_t size);

#endif
