/* The node's half of the key exchange; the launcher's is key-exchange.ts. Source: RFC 7748, RFC 5869, RFC 8439. */
#ifndef BERTH_SEAL_H
#define BERTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 32
#define PUBLIC_TEXT 45

struct keys {
  uint8_t secret[KEY_SIZE];
  uint8_t own[KEY_SIZE];
};

void keys_make(struct keys *keys);
/* base64 with padding, as JSON carries it */
void keys_public_text(const struct keys *keys, char text[PUBLIC_TEXT]);

/*
 * Opens a `start` frame: the launcher's public key, then what it sealed. The text is as long as the frame says, and has a
 * NUL behind it; it is the caller's to wipe and free. `stream` becomes the key of the streams. NULL when it was not sealed
 * with our key for this launch.
 */
uint8_t *keys_open(const struct keys *keys, const char *launch_id, const uint8_t *frame, size_t size,
                   uint8_t stream[KEY_SIZE], size_t *plain_size);

#endif
