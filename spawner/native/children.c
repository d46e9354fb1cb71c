#include "children.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE};
static mode_t umask_before;

void children_prepare(void) {
  umask_before = umask(022);
  sigset_t set;
  sigemptyset(&set);
  for (size_t at = 0; at < sizeof taken / sizeof *taken; at++) sigaddset(&set, taken[at]);
  sigprocmask(SIG_BLOCK, &set, NULL);
}

static void become(int from, int to) {
  if (from < 0) from = open("/dev/null", O_RDWR);
  if (from == to)
    fcntl(to, F_SETFD, 0);
  else
    dup2(from, to);
}

pid_t child_start(int input, int output, int errors) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  /* none of the three is below 3, or it is where it belongs */
  become(input, 0);
  become(output, 1);
  become(errors, 2);
  /* also what others left open for us */
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  for (size_t at = 0; at < sizeof taken / sizeof *taken; at++) signal(taken[at], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(umask_before);
  return 0;
}
