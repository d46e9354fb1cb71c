/* The gate's end of one call's connection, once its request is whole. */
#ifndef BERTH_GATE_SHIM_LINK_H
#define BERTH_GATE_SHIM_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "../call_protocol.h"

struct shim_link {
  /* -1 when the shim is gone */
  int fd;
};

/* Waits for the next note. False when the shim is gone, or says what makes no sense. */
bool shim_hear(struct shim_link *link, struct call_note *note);
void shim_tell(struct shim_link *link, uint32_t kind, uint32_t value);
/* `sentence`: what the shim says on its standard error, behind its name, before it ends with 126 */
void shim_refuse(struct shim_link *link, const char *sentence);
/*
 * Waits until there are `events` of poll(2) at `fd`, or its end. False when the caller is gone, or has been sent a signal that
 * ends it, which it was told then.
 */
bool shim_wait_for(struct shim_link *link, int fd, short events);
/* A descriptor of the file that the shim finds by that name; -1 with the shim's errno. */
int shim_open(struct shim_link *link, const char *path);

#endif
