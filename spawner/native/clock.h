#ifndef BERTH_CLOCK_H
#define BERTH_CLOCK_H

#include <stdbool.h>
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

/* Time for what was told to end. Counted in parts: on a machine that stood still, nobody had any of it. */
struct patience {
  /* when the part that runs is over, on the monotonic clock; 0: nothing is waited for */
  int64_t until;
  int64_t part_ms;
  int parts;
};
static inline void patience_begin(struct patience *patience, int64_t ms) {
  patience->parts = 4;
  patience->part_ms = (ms + 3) / 4;
  patience->until = now_ms() + patience->part_ms;
}
/* Milliseconds of the part that runs, for poll(2): -1 when nothing is waited for. */
static inline int patience_left(const struct patience *patience) {
  int64_t left = patience->until - now_ms();
  return patience->until == 0 ? -1 : left < 0 ? 0 : (int)left;
}
/* Once true, when the last part is over: then nothing is waited for any more. Where an earlier one is, the next begins. */
static inline bool patience_is_over(struct patience *patience) {
  if (patience_left(patience) != 0) return false;
  patience->until = --patience->parts > 0 ? now_ms() + patience->part_ms : 0;
  return patience->until == 0;
}

#endif
