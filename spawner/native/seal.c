#include "seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void keys_make(struct keys *keys) {
  randombytes_buf(keys->secret, sizeof keys->secret);
  crypto_scalarmult_base(keys->own, keys->secret);
}

void keys_public_text(const struct keys *keys, char text[PUBLIC_TEXT]) {
  sodium_bin2base64(text, PUBLIC_TEXT, keys->own, sizeof keys->own, sodium_base64_VARIANT_ORIGINAL);
}

static void hmac(uint8_t out[KEY_SIZE], const uint8_t *key, size_t key_size, const void *const parts[],
                 const size_t sizes[], size_t count) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, key_size);
  for (size_t at = 0; at < count; at++) crypto_auth_hmacsha256_update(&state, parts[at], sizes[at]);
  crypto_auth_hmacsha256_final(&state, out);
}

/* HKDF-SHA256 for one block of 32 bytes; `use` and the launch are its info */
static void derive(uint8_t out[KEY_SIZE], const uint8_t prk[KEY_SIZE], const char *use, const char *launch_id) {
  const uint8_t first = 1;
  const void *parts[] = {"berth ", use, " ", launch_id, &first};
  const size_t sizes[] = {6, strlen(use), 1, strlen(launch_id), 1};
  hmac(out, prk, KEY_SIZE, parts, sizes, 5);
}

uint8_t *keys_open(const struct keys *keys, const char *launch_id, const uint8_t *frame, size_t size,
                   uint8_t stream[KEY_SIZE], size_t *plain_size) {
  if (size < KEY_SIZE + crypto_aead_chacha20poly1305_ietf_ABYTES) return NULL;
  uint8_t shared[KEY_SIZE], prk[KEY_SIZE], seal[KEY_SIZE], salt[2 * KEY_SIZE];
  /* refuses the points that would make every secret zero */
  if (crypto_scalarmult(shared, keys->secret, frame) != 0) return NULL;
  memcpy(salt, frame, KEY_SIZE);
  memcpy(salt + KEY_SIZE, keys->own, KEY_SIZE);
  const void *parts[] = {shared};
  const size_t sizes[] = {sizeof shared};
  hmac(prk, salt, sizeof salt, parts, sizes, 1);
  derive(stream, prk, "stream", launch_id);
  derive(seal, prk, "seal", launch_id);
  /* a fixed nonce: the key is fresh for each launch and seals one message */
  const uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};
  uint8_t *plain = malloc(size);
  unsigned long long length = 0;
  int status = plain == NULL ? -1
                             : crypto_aead_chacha20poly1305_ietf_decrypt(plain, &length, NULL, frame + KEY_SIZE,
                                                                         size - KEY_SIZE, NULL, 0, nonce, seal);
  sodium_memzero(shared, sizeof shared);
  sodium_memzero(prk, sizeof prk);
  sodium_memzero(seal, sizeof seal);
  if (status != 0) {
    free(plain);
    return NULL;
  }
  plain[length] = '\0';
  *plain_size = (size_t)length;
  return plain;
}
