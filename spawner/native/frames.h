/*
 * Frames: how launcher, place and agent talk where bytes must stay bytes. One letter, four bytes of length (big endian),
 * so many bytes. Lengths are bounded before anything is kept.
 */
#ifndef BERTH_FRAMES_H
#define BERTH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* as in frames.ts; a launch's plan with an image of thousands of layers stays far below */
#define FRAME_MOST (8U * 1024 * 1024)

struct frame {
  char type;
  const uint8_t *data;
  size_t size;
};

struct channel {
  int fd;
  uint8_t *bytes;
  size_t used, room, taken;
};

enum received { RECEIVED_SOME, RECEIVED_END, RECEIVED_NONSENSE };

/* Reads what is there, at most once. RECEIVED_NONSENSE: a header that no honest peer sends. */
enum received channel_read(struct channel *channel);

/* The next whole frame; its data is good until the next channel_read(). */
bool channel_next(struct channel *channel, struct frame *frame);

/* True while what has come can be the beginning of a frame of a known type. */
bool channel_sane(const struct channel *channel);

/* Waits until all is written. False when nobody reads any more. */
bool frame_write(int fd, char type, const void *data, size_t size);
bool bytes_write(int fd, const void *data, size_t size);

#endif
