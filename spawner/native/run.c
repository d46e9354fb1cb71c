#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "children.h"
#include "door.h"
#include "frames.h"
#include "gate/batch.h"
#include "inner_environment.h"
#include "kernel.h"
#include "keeper.h"
#include "mounts.h"
#include "safe_parents.h"

/* EX_CONFIG and EX_OSERR of sysexits.h: what is wrong is not the command's own doing */
#define STATUS_ORDER 78
#define STATUS_NODE 71
#define INNER_SCRIPT "slurm_script"

struct running {
  struct order order;
  uint8_t *data;
  size_t size;
  struct mounts mounts;
  struct door door;
  struct keeper keeper;
  /* where the task was begun */
  char directory[PATH_MAX];
};

static int fail(int status, const char *what, const char *why) {
  dprintf(2, "berth: the image cannot be entered on this node: %s: %s\n", what, why);
  return status;
}

/* All of a file that nobody else can have written. */
static bool read_own(const char *path, int mode, uint8_t **data, size_t *size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat found;
  errno = EPERM;
  bool good = fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid() &&
              (found.st_mode & mode) == 0 && found.st_size > 0 && found.st_size <= 2 * (off_t)FRAME_MOST + (off_t)BATCH_MOST;
  *data = good ? malloc((size_t)found.st_size + 1) : NULL;
  *size = 0;
  for (ssize_t got; *data != NULL && *size < (size_t)found.st_size; *size += (size_t)got)
    if ((got = read(fd, *data + *size, (size_t)found.st_size - *size)) <= 0) break;
  good = *data != NULL && *size == (size_t)found.st_size;
  if (fd >= 0) close(fd);
  return good;
}

/* Until the mount stands, or who makes it has ended. */
static bool wait_for_image(struct running *running) {
  while (!mounts_image_stands(&running->mounts)) {
    struct pollfd polled[] = {{.fd = running->mounts.table, .events = POLLPRI},
                              {.fd = running->keeper.link, .events = POLLIN}};
    if (poll(polled, 2, -1) < 0) continue;
    if (polled[1].revents != 0) return mounts_image_stands(&running->mounts);
  }
  return true;
}

static int enter(struct running *running) {
  const struct order *order = &running->order;
  char why[WHY_SIZE];
  if (!store_is_safe(order->store, order->home, why) || !make_mount_point(order->mount_point, order->home, why))
    return fail(STATUS_NODE, "a directory is not safe", why);
  if (!rootfs_is_there(order))
    return fail(STATUS_ORDER, order->rootfs, "it is not in the store any more; start a kernel of it once more");
  door_make(&running->door);
  running->mounts.order = order;
  running->mounts.start_fuse = keeper_start_fuse;
  running->mounts.starter = &running->keeper;
  if (!keeper_start(&running->keeper, &running->door, &running->mounts))
    return fail(STATUS_NODE, "starting its keeper", strerror(errno));
  if (mounts_enter(why, sizeof why) != 0 || mounts_begin(&running->mounts, why, sizeof why) != 0)
    return fail(STATUS_NODE, "mounting", why);
  door_open(&running->door, order, running->data, running->size);
  if (!wait_for_image(running)) {
    mounts_complaint(why, sizeof why);
    return fail(STATUS_NODE, "FUSE", why);
  }
  return mounts_finish(&running->mounts, why, sizeof why) == 0 ? 0 : fail(STATUS_NODE, "mounting", why);
}

static bool is_within(const char *path, const char *directory) {
  size_t size = strlen(directory);
  return strncmp(path, directory, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

/* Where the command begins: the task's own directory where the container has it, too. */
static const char *directory_inside(const struct running *running, const char *wanted) {
  const struct order *order = &running->order;
  char path[PATH_MAX];
  struct stat found;
  for (size_t at = 0; at < order->points.size; at++) {
    const char *point = order->points.words[at];
    /* what is ours there is new and empty */
    bool own = strcmp(point, "/tmp") == 0 || strcmp(point, "/run/berth") == 0;
    if (own ? strcmp(wanted, point) == 0 : is_within(wanted, point)) return wanted;
  }
  if (snprintf(path, sizeof path, "%s/root%s", order->mount_point, wanted) < (int)sizeof path &&
      stat(path, &found) == 0 && S_ISDIR(found.st_mode))
    return wanted;
  dprintf(2, "berth: there is no %s in the image; the command begins in %s\n", wanted, order->elsewhere);
  return order->elsewhere;
}

static bool write_file(const char *path, const void *data, size_t size, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  bool written = fd >= 0 && fchmod(fd, mode) == 0 && bytes_write(fd, data, size);
  if (fd >= 0) close(fd);
  return written;
}

/* ch-run and its words, then the command's. */
static char **words_of(const struct running *running, const char *directory, char **command, size_t count) {
  const struct order *order = &running->order;
  bool here = order->directory[0] == '\0' || access(order->directory, F_OK) == 0;
  const struct list *enter_words = here ? &order->enter : &order->enter_elsewhere;
  char **words = calloc(enter_words->size + count + 8, sizeof *words), *file = NULL, *root = NULL;
  if (words == NULL || asprintf(&file, "--set-env=%s/run/%s", order->mount_point, ENVIRONMENT_FILE) < 0 ||
      asprintf(&root, "%s/root", order->mount_point) < 0)
    return NULL;
  size_t used = 0;
  for (; used < enter_words->size; used++) words[used] = enter_words->words[used];
  char *own[] = {strdup("--cd"), strdup(directory), strdup("--env-no-expand"), file, root, strdup("--")};
  for (size_t at = 0; at < sizeof own / sizeof *own; at++) words[used++] = own[at];
  for (size_t at = 0; at < count; at++) words[used++] = command[at];
  return words;
}

/* Found as the task would find it; the PATH of the command is another. */
static int become(char **words, char **variables) {
  children_as_started();
  execvpe(words[0], words, variables);
  return fail(STATUS_NODE, words[0], strerror(errno));
}

static int start_command(struct running *running, char **command, size_t count) {
  struct inner_environment inner;
  if (!inner_environment_make(&inner, &running->order)) return fail(STATUS_NODE, "its environment", strerror(ENOMEM));
  /* home is where those begin whose directory is not to be found outside */
  bool lost = inner.directory != NULL && strcmp(running->directory, running->order.home) == 0;
  const char *directory = directory_inside(running, lost ? inner.directory : running->directory);
  if (!write_file(ENVIRONMENT_FILE, inner.lines, strlen(inner.lines), 0600))
    return fail(STATUS_NODE, "its environment", strerror(errno));
  char **words = words_of(running, directory, command, count);
  if (words == NULL || chdir("/") != 0) return fail(STATUS_NODE, "its command line", strerror(errno));
  return become(words, inner.variables);
}

/* What stands behind our mark, in a file that only the container has. */
static int start_script(struct running *running, const char *path, const uint8_t *text, size_t size, char **rest, size_t count) {
  const char *mark = memmem(text, size, BATCH_MARK, strlen(BATCH_MARK));
  if (mark == NULL) return fail(STATUS_ORDER, path, "this is no batch script of a container");
  const char *script = mark + strlen(BATCH_MARK);
  if (!write_file(INNER_SCRIPT, script, size - (size_t)(script - (const char *)text), 0700))
    return fail(STATUS_NODE, "its script", strerror(errno));
  char **command = calloc(count + 2, sizeof *command);
  if (command == NULL) return fail(STATUS_NODE, "its script", strerror(ENOMEM));
  command[0] = strdup("/run/berth/" INNER_SCRIPT);
  for (size_t at = 0; at < count; at++) command[at + 1] = rest[at];
  return start_command(running, command, count + 1);
}

int run_in_image(int count, char **words) {
  static struct running running;
  uint8_t *script = NULL;
  size_t script_size = 0;
  bool job = strcmp(words[1], "job") == 0;
  if (!read_own(words[2], 077, &running.data, &running.size) || !order_read(&running.order, running.data, running.size))
    return fail(STATUS_ORDER, words[2], "this is no order of this version of Berth's, and of this user's");
  if (job && !read_own(words[3], 022, &script, &script_size)) return fail(STATUS_ORDER, words[3], strerror(errno));
  if (getcwd(running.directory, sizeof running.directory) == NULL) strcpy(running.directory, "/");
  int status = enter(&running);
  if (status != 0) return status;
  if (job) return start_script(&running, words[3], script, script_size, words + 4, (size_t)count - 4);
  char **command = words + 3;
  size_t size = (size_t)count - 3;
  if (size > 0 && strcmp(command[0], "--") == 0) {
    command++;
    size--;
  }
  /* salloc without a command gives a shell, and so do we */
  const char *shell = getenv("SHELL");
  char *none[] = {strdup(shell != NULL && shell[0] == '/' ? shell : "/bin/sh")};
  if (size > 0) return start_command(&running, command, size);
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%.1000s/root%.1000s", running.order.mount_point, none[0]);
  if (access(path, X_OK) != 0) none[0] = strdup("/bin/sh");
  return start_command(&running, none, 1);
}
