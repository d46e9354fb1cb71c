/* What a shim asks: received piece by piece, bounded in bytes and descriptors, believed only when it is whole. */
#ifndef BERTH_GATE_REQUEST_H
#define BERTH_GATE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../call_protocol.h"

struct request {
  struct call_head head;
  size_t head_used;
  /* of the shim: standard ones, -1 for one that it has not open, and its current directory */
  int standard[CALL_STANDARD];
  int directory_fd;
  int fds[CALL_DESCRIPTORS];
  size_t fd_count;
  char *text;
  size_t text_used;
  /* into `text`, once it is whole; the lists end with NULL, the first of `words` is the verb */
  const char *verb;
  const char *directory;
  char **words;
  char **variables;
};

enum request_state { REQUEST_PARTIAL, REQUEST_WHOLE, REQUEST_BAD };

void request_begin(struct request *request);
/* Takes what has come on a connection that does not block. */
enum request_state request_receive(struct request *request, int connection);
void request_end(struct request *request);

#endif
