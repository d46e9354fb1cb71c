#include "door.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "allocation.h"
#include "children.h"
#include "clock.h"

/* whose turn has not come; the system's own limit is mostly higher */
#define WAITING_MOST 1024
#define AT_ONCE_MS 1000
/* twice as long each time */
#define SHUT_FIRST_MS 100
#define SHUT_MOST_MS 5000
#define FAILURES_BORNE 5

static const char *const names[] = {"sbatch", "srun", "salloc", "scancel", "squeue", "sinfo", "sacct", "scontrol"};

/* Ours are above those that a child gets. */
static int lifted(int fd) {
  int above = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
  if (fd >= 0) close(fd);
  return above;
}

/* A program beside this one. */
static bool beside(char path[PATH_MAX], const char *name) {
  ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - 64);
  if (size <= 0) return false;
  path[size] = '\0';
  strcpy(strrchr(path, '/') + 1, name);
  return true;
}

void door_make(struct door *door) {
  char path[PATH_MAX];
  *door = (struct door){.directory = -1};
  door->gate = beside(path, "berth-gate") ? lifted(open(path, O_PATH | O_CLOEXEC)) : -1;
  door->socket = lifted(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  door->order = lifted(memfd_create("order", MFD_CLOEXEC));
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) ends[0] = ends[1] = -1;
  door->tell = lifted(ends[0]);
  door->hear = lifted(ends[1]);
}

/* A copy, for an update of the installation may replace the original while the kernel runs. */
static bool copy_shim(void) {
  char path[PATH_MAX];
  struct stat found;
  int from = beside(path, "berth-shim") ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  int to = from < 0 ? -1 : open("run/bin/berth-shim", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  bool copied = to >= 0 && fstat(from, &found) == 0;
  for (ssize_t some; copied && found.st_size > 0; found.st_size -= some)
    if ((some = sendfile(to, from, NULL, (size_t)found.st_size)) <= 0) copied = false;
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  return copied;
}

static bool make_names(void) {
  char path[64];
  if (mkdir("run/bin", 0700) != 0 || !copy_shim()) return false;
  for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
    snprintf(path, sizeof path, "run/bin/%s", names[at]);
    if (symlink("berth-shim", path) != 0) return false;
  }
  return true;
}

/* The directory goes along: nobody outside could find it by a path. */
static void tell_open(const struct door *door, int directory) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control = {.bytes = {0}};
  struct iovec part = {.iov_base = (char[]){'O'}, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof directory);
  memcpy(CMSG_DATA(head), &directory, sizeof directory);
  sendmsg(door->tell, &message, MSG_NOSIGNAL);
}

void door_open(const struct door *door, const struct order *order, const uint8_t *data, size_t size) {
  const struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "run/gate"};
  if (door->socket < 0 || door->order < 0 || door->gate < 0 || door->tell < 0 || order->slurm[0] == '\0' || !make_names()) return;
  int directory = open("run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct allocation allocation;
  if (allocation_of_step(&allocation)) allocation_write(&allocation, directory);
  mode_t before = umask(0177);
  bool open = pwrite(door->order, data, size, 0) == (ssize_t)size &&
              bind(door->socket, (const struct sockaddr *)&name, sizeof name) == 0 &&
              listen(door->socket, WAITING_MOST) == 0;
  umask(before);
  /* the one outside listens now, and is the only one to have it */
  close(door->socket);
  if (open && directory >= 0) tell_open(door, directory);
  if (directory >= 0) close(directory);
}

/* A socket that is not listened to yet would be told to have hung up for ever. */
struct door_wait door_wait(const struct door *door, bool gate) {
  if (door->directory < 0) return (struct door_wait){.polled = door->hear, .patience = -1};
  int64_t left = gate || door->shut_until == 0 ? 0 : door->shut_until - now_ms();
  bool listens = !gate && left <= 0;
  return (struct door_wait){.polled = listens ? door->socket : -1, .patience = left <= 0 ? -1 : (int)left};
}

static void hear_open(struct door *door) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec part = {.iov_base = (char[1]){0}, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  if (recvmsg(door->hear, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) <= 0) return;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) return;
  memcpy(&door->directory, CMSG_DATA(head), sizeof door->directory);
  door->directory = lifted(door->directory);
}

/* A child that dies with us, with the order as its input and `fd` as its descriptor 3. */
static pid_t start(const struct door *door, int fd, char *const words[]) {
  pid_t parent = getpid(), pid = child_start(door->order, -1, 2);
  if (pid != 0) return pid < 0 ? 0 : pid;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);
  if (dup2(fd, 3) == 3) fexecve(door->gate, words, environ);
  dprintf(2, "berth-place: cannot run %s: %s\n", words[0], strerror(errno));
  _exit(127);
}

pid_t door_answer(struct door *door) {
  if (door->directory < 0) {
    hear_open(door);
    return 0;
  }
  door->started_at = now_ms();
  pid_t gate = start(door, door->socket, (char *[]){(char[]){"berth-gate"}, NULL});
  if (gate == 0) door_gate_ended(door);
  return gate;
}

void door_gate_ended(struct door *door) {
  int64_t now = now_ms(), pause = SHUT_FIRST_MS;
  if (now - door->started_at >= AT_ONCE_MS) {
    door->failures = 0;
    return;
  }
  for (int failure = 0; failure < door->failures && pause < SHUT_MOST_MS; failure++) pause *= 2;
  door->shut_until = now + (pause < SHUT_MOST_MS ? pause : SHUT_MOST_MS);
  if (++door->failures < FAILURES_BORNE) return;
  /* to them it is a gate that has ended */
  for (int waiting; (waiting = accept4(door->socket, NULL, NULL, SOCK_CLOEXEC)) >= 0;) close(waiting);
}

pid_t door_tell_allocation(const struct door *door) {
  if (door->directory < 0) return 0;
  return start(door, door->directory, (char *[]){(char[]){"berth-gate"}, (char[]){"allocation"}, NULL});
}
