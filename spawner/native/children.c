#include "children.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* whatever Slurm, a site's limits or a person send to the step: none of it may end us before we have cleaned up */
static const int taken[] = {SIGCHLD, SIGTERM, SIGINT,  SIGHUP, SIGPIPE,
                            SIGUSR1, SIGUSR2, SIGQUIT, SIGALRM, SIGXCPU, SIGXFSZ};
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

/* Also what others left open for us. Before Linux 5.11 one by one. */
static void close_others_at_exec(void) {
  if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  DIR *all = opendir("/proc/self/fd");
  if (all == NULL) _exit(126);
  for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
    int fd = atoi(entry->d_name);
    if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  closedir(all);
}

void children_as_started(void) {
  close_others_at_exec();
  for (size_t at = 0; at < sizeof taken / sizeof *taken; at++) signal(taken[at], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(umask_before);
}

pid_t child_start(int input, int output, int errors) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  /* none of the three is below 3, or it is where it belongs */
  become(input, 0);
  become(output, 1);
  become(errors, 2);
  children_as_started();
  return 0;
}
