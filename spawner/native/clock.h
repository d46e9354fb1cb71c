#ifndef BERTH_CLOCK_H
#define BERTH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ms(clockid_t which) {
  struct timespec at;
  clock_gettime(which, &at);
  return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}
/* for spans of time */
static inline int64_t now_ms(void) { return clock_ms(CLOCK_MONOTONIC); }
/* for the table of stages */
static inline int64_t epoch_ms(void) { return clock_ms(CLOCK_REALTIME); }

#endif
