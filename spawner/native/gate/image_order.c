#include "image_order.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../frames.h"

/* each use makes it young again; no job waits longer without one */
#define KEEP_SECONDS (180LL * 24 * 3600)
/* one that is not whole, whose writer was ended */
#define KEEP_PART_SECONDS 3600LL

/* FNV-1a; who could make two that collide could as well change the file, which is theirs */
static uint64_t hash_of(const uint8_t *data, size_t size) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (size_t at = 0; at < size; at++) hash = (hash ^ data[at]) * 0x100000001b3ULL;
  return hash;
}

static bool holds(int directory, const char *name, const uint8_t *data, size_t size) {
  int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat found;
  uint8_t *all = fd < 0 ? NULL : malloc(size + 1);
  size_t used = 0;
  bool same = all != NULL && fstat(fd, &found) == 0 && found.st_uid == geteuid() && (found.st_mode & 077) == 0;
  for (ssize_t got; same && (got = read(fd, all + used, size + 1 - used)) > 0;) used += (size_t)got;
  same = same && used == size && memcmp(all, data, size) == 0;
  if (same) futimens(fd, NULL);
  free(all);
  if (fd >= 0) close(fd);
  return same;
}

static void remove_old(int directory) {
  DIR *all = fdopendir(fcntl(directory, F_DUPFD_CLOEXEC, 3));
  if (all == NULL) return;
  struct stat found;
  for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
    long long most = strchr(entry->d_name, '.') != NULL ? KEEP_PART_SECONDS : KEEP_SECONDS;
    if (fstatat(directory, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
        (long long)found.st_mtime < (long long)time(NULL) - most)
      unlinkat(directory, entry->d_name, 0);
  }
  closedir(all);
}

static bool write_whole(int directory, const char *name, const uint8_t *data, size_t size) {
  char aside[64];
  uint64_t chance;
  /* the store may be shared by nodes, where processes have the same numbers */
  if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance) return false;
  snprintf(aside, sizeof aside, "%s.%016llx", name, (unsigned long long)chance);
  int fd = openat(directory, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool written = bytes_write(fd, data, size) && fsync(fd) == 0;
  written = close(fd) == 0 && written && renameat(directory, aside, directory, name) == 0;
  if (!written) unlinkat(directory, aside, 0);
  return written;
}

struct written {
  uint8_t *bytes;
  size_t size;
  bool failed;
};

static void add(struct written *written, const char *word) {
  size_t size = strlen(word) + 1;
  uint8_t *larger = realloc(written->bytes, written->size + size);
  written->failed = written->failed || larger == NULL;
  if (larger == NULL) return;
  written->bytes = larger;
  memcpy(larger + written->size, word, size);
  written->size += size;
}

static void add_list(struct written *written, const struct list *list) {
  char count[32];
  snprintf(count, sizeof count, "%zu", list->size);
  add(written, count);
  for (size_t at = 0; at < list->size; at++) add(written, list->words[at]);
}

/* As order_read() reads it. */
static struct written write_order(const struct order *order) {
  const char *words[] = {ORDER_FORM,    "",          order->home,       order->mount_point, order->store,
                         order->format, order->rootfs, order->hot,      order->squashfuse,  order->directory,
                         order->elsewhere, order->environment, "", order->slurm,
                         order->berth,  order->config};
  const struct list none = {0};
  struct written written = {0};
  for (size_t at = 0; at < sizeof words / sizeof *words; at++) add(&written, words[at]);
  const struct list *lists[] = {&order->points, &none, &none, &order->enter, &order->enter_elsewhere};
  for (size_t at = 0; at < sizeof lists / sizeof *lists; at++) add_list(&written, lists[at]);
  return written;
}

static bool keep_in(int directory, const char *name, const struct written *written) {
  if (holds(directory, name, written->bytes, written->size)) return true;
  remove_old(directory);
  return write_whole(directory, name, written->bytes, written->size);
}

bool image_order_write(const struct order *order, char *path, size_t path_size) {
  char name[32];
  if (snprintf(path, path_size, "%s/orders", order->store) >= (int)path_size) return false;
  if (mkdir(path, 0700) != 0 && errno != EEXIST) return false;
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (directory < 0) return false;
  struct written written = write_order(order);
  snprintf(name, sizeof name, "%016llx", (unsigned long long)hash_of(written.bytes, written.size));
  bool there = !written.failed && keep_in(directory, name, &written);
  free(written.bytes);
  close(directory);
  return there && snprintf(path, path_size, "%s/orders/%s", order->store, name) < (int)path_size;
}
