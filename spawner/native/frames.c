#include "frames.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER 5

static size_t size_at(const uint8_t *header) {
  return (size_t)header[1] << 24 | (size_t)header[2] << 16 | (size_t)header[3] << 8 | header[4];
}

bool channel_sane(const struct channel *channel) {
  size_t left = channel->used - channel->taken;
  const uint8_t *header = channel->bytes + channel->taken;
  if (left > 0 && (header[0] < 'A' || header[0] > 'Z')) return false;
  return left < HEADER || size_at(header) <= FRAME_MOST;
}

enum received channel_read(struct channel *channel) {
  if (channel->taken > 0) {
    memmove(channel->bytes, channel->bytes + channel->taken, channel->used - channel->taken);
    channel->used -= channel->taken;
    channel->taken = 0;
  }
  if (channel->room - channel->used < 65536) {
    /* a frame is at most FRAME_MOST long, and whole ones are taken out before more is read */
    uint8_t *larger = realloc(channel->bytes, channel->room * 2 + 65536);
    if (larger == NULL) return RECEIVED_END;
    channel->bytes = larger;
    channel->room = channel->room * 2 + 65536;
  }
  ssize_t got = read(channel->fd, channel->bytes + channel->used, channel->room - channel->used);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return RECEIVED_SOME;
  if (got <= 0) return RECEIVED_END;
  channel->used += (size_t)got;
  return channel_sane(channel) ? RECEIVED_SOME : RECEIVED_NONSENSE;
}

bool channel_next(struct channel *channel, struct frame *frame) {
  size_t left = channel->used - channel->taken;
  const uint8_t *header = channel->bytes + channel->taken;
  if (left < HEADER || !channel_sane(channel) || left - HEADER < size_at(header)) return false;
  *frame = (struct frame){.type = (char)header[0], .data = header + HEADER, .size = size_at(header)};
  channel->taken += HEADER + frame->size;
  return true;
}

bool bytes_write(int fd, const void *data, size_t size) {
  const uint8_t *from = data;
  while (size > 0) {
    ssize_t done = write(fd, from, size);
    if (done >= 0) {
      from += done;
      size -= (size_t)done;
    } else if (errno == EAGAIN) {
      /* Node makes its end of a socket pair non-blocking, and with some kinds ours as well */
      struct pollfd writable = {.fd = fd, .events = POLLOUT};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool frame_write(int fd, char type, const void *data, size_t size) {
  uint8_t header[HEADER] = {(uint8_t)type, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                            (uint8_t)size};
  return bytes_write(fd, header, sizeof header) && bytes_write(fd, data, size);
}
