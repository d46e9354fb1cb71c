#include "named_image.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../children.h"
#include "../frames.h"

/* of our own child; `berth` has no such status */
#define NOT_BEGUN 126

/* Its words are `store format rootfs environment`, each ended by a NUL. */
static pid_t start(const struct order *order, const char *name, int output, int errors) {
  pid_t parent = getpid(), pid = fork();
  if (pid != 0) return pid;
  int nothing = open("/dev/null", O_RDWR);
  if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent || nothing < 0)
    _exit(NOT_BEGUN);
  dup2(errors >= 0 ? errors : nothing, 2);
  dup2(nothing, 0);
  dup2(output, 1);
  children_as_started();
  /* its home and logins are those of who started the kernel: nothing of the caller's environment decides what is fetched */
  if (order->config[0] != '\0') setenv("BERTH_CONFIG", order->config, 1);
  execl(order->berth, order->berth, "images", "ready", "--words", "--", name, (char *)NULL);
  dprintf(2, "berth: %s cannot be run on this node: %s\n", order->berth, strerror(errno));
  _exit(127);
}

/* All that it says, up to FRAME_MOST. False when the caller ended first. */
static bool read_all(char *to, int from, struct shim_link *link, size_t *size) {
  *size = 0;
  for (ssize_t got = 1; got != 0 && *size < FRAME_MOST;) {
    if (!shim_wait_for(link, from, POLLIN)) return false;
    got = read(from, to + *size, FRAME_MOST - *size);
    if (got > 0) *size += (size_t)got;
    if (got < 0 && errno != EINTR) got = 0;
  }
  return true;
}

/* Kept until this process ends. */
static bool take(struct order *order, char *said, size_t size) {
  const char **fields[] = {&order->store, &order->format, &order->rootfs, &order->environment};
  char *at = said;
  for (size_t field = 0; field < sizeof fields / sizeof *fields; field++) {
    size_t left = size - (size_t)(at - said), used = strnlen(at, left);
    if (used == left) return false;
    *fields[field] = at;
    at += used + 1;
  }
  /* what was learned is the other image's */
  order->hot = "";
  bool known = strcmp(order->format, "squashfs") == 0 || strcmp(order->format, "directory") == 0;
  return known && at == said + size && order->store[0] == '/' && order->rootfs[0] == '/';
}

__attribute__((format(printf, 3, 4))) static void refuse(const struct order *order, char why[WHY_REFUSED],
                                                        const char *form, ...) {
  char what[200];
  va_list rest;
  va_start(rest, form);
  vsnprintf(what, sizeof what, form, rest);
  va_end(rest);
  snprintf(why, WHY_REFUSED, "--berth-image: %.1000s %s. (Berth)", order->berth, what);
}

bool named_image(struct order *order, const char *name, int errors, struct shim_link *link, char why[WHY_REFUSED]) {
  int ends[2], status = 0;
  size_t size = 0;
  why[0] = '\0';
  if (order->berth[0] == '\0') {
    snprintf(why, WHY_REFUSED, "--berth-image=%.300s: what started this kernel did not say how images are had. (Berth)", name);
    return false;
  }
  if (pipe2(ends, O_CLOEXEC) != 0) {
    refuse(order, why, "cannot be asked: %s", strerror(errno));
    return false;
  }
  char *said = malloc(FRAME_MOST);
  pid_t pid = said == NULL ? -1 : start(order, name, ends[1], errors);
  int trouble = errno;
  close(ends[1]);
  bool heard = pid > 0 && read_all(said, ends[0], link, &size), cut = heard && size == FRAME_MOST;
  close(ends[0]);
  if (pid > 0 && (!heard || cut)) kill(pid, SIGTERM);
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (pid < 0) {
    refuse(order, why, "cannot be asked: %s", strerror(trouble));
  } else if (heard && !cut && WIFSIGNALED(status)) {
    refuse(order, why, "was ended by signal %d", WTERMSIG(status));
  } else if (heard && !cut && WEXITSTATUS(status) == NOT_BEGUN) {
    refuse(order, why, "cannot be asked: no process for it could be prepared");
  } else if (heard && (cut || WEXITSTATUS(status) == 0)) {
    if (!cut && take(order, said, size)) return true;
    refuse(order, why, "said what makes no sense");
  }
  /* else it has told why, or there is nobody to tell */
  free(said);
  return false;
}
