#include "order.h"

#include <stdlib.h>
#include <string.h>

struct words {
  char *at;
  size_t left;
};

static const char *next_word(struct words *words) {
  size_t size = strnlen(words->at, words->left);
  if (size == words->left) return NULL;
  const char *word = words->at;
  words->at += size + 1;
  words->left -= size + 1;
  return word;
}

static bool next_list(struct words *words, struct list *list) {
  const char *text = next_word(words);
  if (text == NULL || *text < '0' || *text > '9') return false;
  char *end;
  unsigned long size = strtoul(text, &end, 10);
  /* each word takes a byte at least: no more is believed than can be there */
  if (*end != '\0' || size > words->left) return false;
  list->words = calloc(size + 1, sizeof *list->words);
  if (list->words == NULL) return false;
  list->size = size;
  for (size_t at = 0; at < size; at++) {
    /* execve(2) takes them without const and leaves them alone */
    list->words[at] = (char *)next_word(words);
    if (list->words[at] == NULL) return false;
  }
  return true;
}

static bool absolute(const char *path) { return path[0] == '/'; }

bool order_read(struct order *order, const uint8_t *data, size_t size) {
  char *copy = malloc(size + 1);
  if (copy == NULL) return false;
  memcpy(copy, data, size);
  copy[size] = '\0';
  struct words words = {.at = copy, .left = size};
  const char *form = next_word(&words);
  if (form == NULL || strcmp(form, ORDER_FORM) != 0) return false;
  const char **fields[] = {&order->launch_id, &order->home,       &order->mount_point, &order->store,
                           &order->format,    &order->rootfs,     &order->hot,         &order->squashfuse,
                           &order->directory, &order->elsewhere,  &order->environment, &order->passed,
                           &order->slurm,     &order->berth,      &order->config};
  for (size_t at = 0; at < sizeof fields / sizeof *fields; at++)
    if ((*fields[at] = next_word(&words)) == NULL) return false;
  if (!next_list(&words, &order->points) || !next_list(&words, &order->command) ||
      !next_list(&words, &order->command_elsewhere) || !next_list(&words, &order->enter) ||
      !next_list(&words, &order->enter_elsewhere) || words.left != 0)
    return false;
  for (size_t at = 0; at < order->points.size; at++)
    if (!absolute(order->points.words[at]) || strstr(order->points.words[at], "/../") != NULL) return false;
  if (strcmp(order->format, "squashfs") != 0 && strcmp(order->format, "directory") != 0) return false;
  const char *optional[] = {order->slurm, order->berth, order->config};
  for (size_t at = 0; at < sizeof optional / sizeof *optional; at++)
    if (optional[at][0] != '\0' && !absolute(optional[at])) return false;
  return absolute(order->home) && absolute(order->mount_point) && absolute(order->store) && absolute(order->rootfs) &&
         absolute(order->elsewhere);
}
