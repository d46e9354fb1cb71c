#include "members.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* user namespaces nest no deeper. Source: user_namespaces(7) */
#define DEPTH_MOST 32
/* with a pause of 2 ms: longer than anything but a hung file system holds a process that was killed */
#define ROUNDS_MOST 500

static int open_namespace(pid_t pid) {
  char path[64];
  if (pid == 0)
    strcpy(path, "/proc/self/ns/user");
  else
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  return open(path, O_RDONLY | O_CLOEXEC);
}

static bool identify(int fd, struct namespace *namespace) {
  struct stat found;
  if (fstat(fd, &found) != 0) return false;
  *namespace = (struct namespace){.device = found.st_dev, .inode = found.st_ino};
  return true;
}

bool namespace_of(pid_t pid, struct namespace *namespace) {
  int fd = open_namespace(pid);
  if (fd < 0) return false;
  bool known = identify(fd, namespace);
  close(fd);
  return known;
}

static bool within(pid_t pid, const struct namespace *wanted) {
  int fd = open_namespace(pid);
  bool found = false;
  for (int depth = 0; fd >= 0 && depth < DEPTH_MOST; depth++) {
    struct namespace at;
    found = identify(fd, &at) && at.device == wanted->device && at.inode == wanted->inode;
    if (found) break;
    /* refused above our own namespace: what is there is not in ours */
    int parent = ioctl(fd, NS_GET_PARENT);
    close(fd);
    fd = parent;
  }
  if (fd >= 0) close(fd);
  return found;
}

/* A process that has ended keeps its namespace's name until its parent has asked for its status. */
static bool lives(const char *pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return false;
  text[size] = '\0';
  const char *state = strrchr(text, ')');
  return state != NULL && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

/*
 * The number of one that ends between our look and our signal may be another's by then, perhaps another kernel's of the
 * same person: what is held is the process. Where the kernel has no such thing (before 5.3), the number.
 */
static bool end_one(pid_t pid, const char *name, const struct namespace *namespace) {
  int held = (int)syscall(SYS_pidfd_open, pid, 0U);
  if (held < 0 && errno != ENOSYS && errno != EPERM) return false;
  bool ended = within(pid, namespace) && lives(name) &&
               (held < 0 ? kill(pid, SIGKILL) : syscall(SYS_pidfd_send_signal, held, SIGKILL, NULL, 0U)) == 0;
  if (held >= 0) close(held);
  return ended;
}

static bool end_all(const struct namespace *namespace, pid_t spared) {
  DIR *all = opendir("/proc");
  if (all == NULL) return false;
  bool any = false;
  for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 1 || pid == getpid() || pid == spared) continue;
    any = end_one(pid, entry->d_name, namespace) || any;
  }
  closedir(all);
  return any;
}

void members_end(const struct namespace *namespace, pid_t spared, bool reap) {
  for (int round = 0; round < ROUNDS_MOST && end_all(namespace, spared); round++) {
    const struct timespec pause = {.tv_nsec = 2000000};
    nanosleep(&pause, NULL);
    siginfo_t ended;
    /* orphans in there become our children */
    while (reap) {
      ended.si_pid = 0;
      if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) break;
      if (ended.si_pid == spared) break;
      waitpid(ended.si_pid, NULL, 0);
    }
  }
}
