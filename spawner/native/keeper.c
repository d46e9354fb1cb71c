#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "clock.h"

/* where a process cannot be held by a descriptor (before Linux 5.3) it is looked for so often */
#define LOOK_MS 500
#define ALLOCATION_MS 2000

struct keeping {
  pid_t command;
  int held, link, signals;
  struct door door;
  const struct mounts *mounts;
  pid_t gate, fuse;
  int64_t allocation_at;
};

static int open_namespace(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* In the command's namespaces, as whose owner we have all rights in there. Source: user_namespaces(7). */
static bool follow(const struct keeping *keeping) {
  int user = open_namespace(keeping->command, "user"), mounts = open_namespace(keeping->command, "mnt");
  return setns(user, CLONE_NEWUSER) == 0 && setns(mounts, CLONE_NEWNS) == 0 &&
         chdir(keeping->mounts->order->mount_point) == 0;
}

static pid_t start_fuse(struct keeping *keeping) {
  pid_t pid = child_start(-1, -1, -1);
  if (pid != 0) return pid;
  int said = follow(keeping) ? open(ASKED_FILE, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
  if (said < 0) _exit(126);
  dup2(said, 1);
  dup2(said, 2);
  mounts_become_fuse(keeping->mounts);
  _exit(127);
}

/* One byte asks for FUSE, its process id answers; our end of the link is closed when it has ended. */
static void hear_command(struct keeping *keeping) {
  char asked;
  ssize_t got = recv(keeping->link, &asked, 1, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got == 1) {
    keeping->fuse = start_fuse(keeping);
    if (send(keeping->link, &keeping->fuse, sizeof keeping->fuse, MSG_NOSIGNAL) > 0) return;
  }
  close(keeping->link);
  keeping->link = -1;
}

static void collect(struct keeping *keeping) {
  struct signalfd_siginfo heard;
  while (read(keeping->signals, &heard, sizeof heard) > 0) continue;
  for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) {
    if (pid == keeping->gate) {
      keeping->gate = 0;
      door_gate_ended(&keeping->door);
    }
    if (pid == keeping->fuse && keeping->link >= 0) {
      close(keeping->link);
      keeping->link = -1;
    }
  }
}

static void answer_door(struct keeping *keeping) {
  keeping->gate = door_answer(&keeping->door);
  if (keeping->gate == 0 && keeping->allocation_at == 0) keeping->allocation_at = now_ms() + ALLOCATION_MS;
}

static bool command_lives(const struct keeping *keeping) {
  if (keeping->held < 0) return kill(keeping->command, 0) == 0;
  struct pollfd ended = {.fd = keeping->held, .events = POLLIN};
  return poll(&ended, 1, 0) == 0;
}

static _Noreturn void keep(struct keeping *keeping) {
  /* a few: the command's time is not ours to take */
  while (command_lives(keeping)) {
    const struct door_wait door = door_wait(&keeping->door, keeping->gate != 0);
    struct pollfd polled[] = {{.fd = keeping->held, .events = POLLIN},
                              {.fd = keeping->signals, .events = POLLIN},
                              {.fd = keeping->link, .events = POLLIN},
                              {.fd = door.polled, .events = POLLIN}};
    int64_t left = keeping->allocation_at > 0 ? keeping->allocation_at - now_ms() : -1;
    if (keeping->allocation_at > 0 && left < 0) left = 0;
    if (door.patience >= 0 && (left < 0 || door.patience < left)) left = door.patience;
    if (keeping->held < 0 && (left < 0 || left > LOOK_MS)) left = LOOK_MS;
    if (poll(polled, 4, (int)left) < 0) continue;
    if (polled[1].revents != 0) collect(keeping);
    if (polled[2].revents != 0) hear_command(keeping);
    if (polled[3].revents != 0) answer_door(keeping);
    if (keeping->allocation_at > 0 && now_ms() >= keeping->allocation_at) {
      door_tell_allocation(&keeping->door);
      keeping->allocation_at = -1;
    }
  }
  /* FUSE and the gate die with us */
  _exit(0);
}

/* None of the command's descriptors: whoever reads its output waits for their end. */
static void let_go(void) {
  int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
  if (nothing > 2) close(nothing);
}

bool keeper_start(struct keeper *keeper, const struct door *door, const struct mounts *mounts) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  for (int at = 0; at < 2; at++) {
    int low = ends[at];
    ends[at] = fcntl(low, F_DUPFD_CLOEXEC, 16);
    close(low);
  }
  struct keeping keeping = {.command = getpid(), .link = ends[1], .door = *door, .mounts = mounts};
  keeping.held = (int)syscall(SYS_pidfd_open, keeping.command, 0U);
  pid_t between = fork();
  if (between == 0) {
    pid_t own = fork();
    if (own != 0) _exit(own < 0 ? 1 : 0);
    setsid();
    prctl(PR_SET_NAME, "berth-keeper");
    close(ends[0]);
    let_go();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    keeping.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    keep(&keeping);
  }
  int status = 1;
  while (between > 0 && waitpid(between, &status, 0) < 0 && errno == EINTR) continue;
  close(ends[1]);
  if (keeping.held >= 0) close(keeping.held);
  keeper->link = ends[0];
  return between > 0 && status == 0;
}

pid_t keeper_start_fuse(void *starter) {
  struct keeper *keeper = starter;
  pid_t pid = -1;
  if (send(keeper->link, "F", 1, MSG_NOSIGNAL) != 1 ||
      recv(keeper->link, &pid, sizeof pid, MSG_WAITALL) != (ssize_t)sizeof pid)
    return -1;
  return pid;
}
