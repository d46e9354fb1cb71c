#ifndef BERTH_GREETING_H
#define BERTH_GREETING_H

#include <stdint.h>

#include "seal.h"

/* Writes the `hello` of messages.ts: a line of JSON, because a prolog may have written lines of text there before us. */
void greet(int fd, const struct keys *keys, int64_t began);

#endif
