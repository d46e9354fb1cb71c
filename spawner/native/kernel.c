#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "children.h"
#include "frames.h"

extern char **environ;

static FILE *open_private(const char *name) {
  int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  if (fd >= 0 && file == NULL) close(fd);
  return file;
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/*
 * Never those by which Slurm's own tools would be led astray, or that prove who somebody is; nor what we have asked of our
 * own step alone (--cpu-bind=none), which an srun from the kernel would take for its own wish.
 */
static bool of_the_step(const char *variable) {
  if (begins(variable, "SLURM_JWT=") || begins(variable, "SLURM_CONF=")) return false;
  if (begins(variable, "SLURM_CPU_BIND")) return false;
  return begins(variable, "SLURM_") || begins(variable, "SLURMD_");
}

/* ch-run takes one pair of single quotes around a value off, and nothing else */
static bool write_environment(const struct order *order, char *left, size_t left_size) {
  FILE *file = open_private(ENVIRONMENT_FILE);
  if (file == NULL) return false;
  fputs(order->environment, file);
  size_t used = 0;
  left[0] = '\0';
  for (char **at = environ; *at != NULL; at++) {
    if (!of_the_step(*at)) continue;
    int name = (int)strcspn(*at, "=");
    const char *value = *at + name + 1;
    if (strchr(value, '\n') == NULL) {
      fprintf(file, "%.*s='%s'\n", name, *at, value);
    } else if (used < left_size) {
      int size = snprintf(left + used, left_size - used, "%s%.*s", used > 0 ? ", " : "", name, *at);
      used += size > 0 ? (size_t)size : 0;
    }
  }
  fprintf(file, "JPY_PARENT_PID='%d'\n", getpid());
  bool written = ferror(file) == 0;
  return fclose(file) == 0 && written;
}

bool kernel_write_files(const struct order *order, const void *connection, size_t size, char *left,
                        size_t left_size) {
  if (!write_environment(order, left, left_size)) return false;
  int fd = open(CONNECTION_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool written = bytes_write(fd, connection, size);
  return close(fd) == 0 && written;
}

pid_t kernel_start(const struct list *command, int output, int errors) {
  pid_t parent = getpid();
  pid_t pid = child_start(-1, output, errors);
  if (pid != 0) return pid;
  const char *user = getenv("USER");
  char *name = NULL;
  if (setsid() < 0 || chdir("/") != 0 || asprintf(&name, "%s", user == NULL ? "user" : user) < 0) _exit(126);
  /* all that ch-run itself is to know of our environment */
  const char *path = getenv("PATH");
  char *where = NULL;
  if (asprintf(&where, "%s", path == NULL ? "/usr/bin:/bin" : path) < 0) _exit(126);
  clearenv();
  setenv("PATH", where, 1);
  setenv("USER", name, 1);
  /* survives exec and the namespaces that ch-run makes */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);
  execvp(command->words[0], command->words);
  dprintf(2, "berth-place: cannot run %s: %s\n", command->words[0], strerror(errno));
  _exit(127);
}
