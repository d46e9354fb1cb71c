#include "slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "refuse.h"

/* By which our jobs are told from the person's others; the id is in the comment. */
#define JOB_NAME "berth-hub"
#define MOST_WORDS 40
#define TAIL 8192

struct words {
  char *word[MOST_WORDS + 1];
  int count;
};

static void add(struct words *words, const char *option, const char *value) {
  char *word;
  if (value == NULL) return;
  if (words->count == MOST_WORDS || asprintf(&word, "%s%s", option, value) < 0) refuse(FAILED, "no memory");
  words->word[words->count++] = word;
}

/* With `answer` the command's output goes into it, ended by a NUL and cut off at `size`, and its complaints nowhere. */
static int run_to(const struct site *site, const char *command, struct words *words, char *answer, size_t size) {
  char path[PATH_MAX + 16];
  int ends[2] = {-1, -1};
  snprintf(path, sizeof path, "%s/%s", site->slurm, command);
  if (answer != NULL && pipe2(ends, O_CLOEXEC) != 0) refuse(FAILED, "there is no pipe (%s)", strerror(errno));
  pid_t parent = getpid(), child = fork();
  if (child < 0) refuse(FAILED, "no process can be started (%s)", strerror(errno));
  if (child == 0) {
    /* a submission must not outlive us: nobody would know of its job (F11) */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(FAILED);
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) _exit(FAILED);
    if (answer != NULL && (dup2(ends[1], STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)) _exit(FAILED);
    execv(path, words->word);
    _exit(127);
  }
  if (answer != NULL) {
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; length < size - 1 && (got = read(ends[0], answer + length, size - 1 - length)) > 0;)
      length += (size_t)got;
    answer[length] = '\0';
    close(ends[0]);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) refuse(FAILED, "%s cannot be waited for", command);
  while (words->count > 0) free(words->word[--words->count]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const struct site *site, const char *command, struct words *words) {
  return run_to(site, command, words, NULL, 0);
}

int submit(const struct order *order, const struct site *site, const struct person *person) {
  char data[32], log[sizeof STATE_DIRECTORY + 32];
  /* sudo took its time, and whoever asked has given up since: nobody would know of the job (F11). No clock that is set (F14). */
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) refuse(FAILED, "there is no clock");
  if (order->text[UNTIL] != NULL && now.tv_sec > strtoll(order->text[UNTIL], NULL, 10))
    refuse(FAILED, "this order comes too late");
  snprintf(data, sizeof data, "%s.json", order->text[ID]);
  snprintf(log, sizeof log, STATE_DIRECTORY "/%s.log", order->text[ID]);
  forget_old(person);
  /* once for each id: whoever asks again, because the answer was lost, makes no second job */
  if (!write_new(person, data, order->text[DATA], order->data_size))
    refuse(NOT_IN_ORDER, "this order was given before");
  struct words words = {.count = 0};
  add(&words, "sbatch", "");
  add(&words, "--parsable", "");
  add(&words, "--no-requeue", "");
  add(&words, "--job-name=", JOB_NAME);
  add(&words, "--comment=" JOB_NAME ":", order->text[ID]);
  add(&words, "--nodes=", "1");
  add(&words, "--ntasks=", "1");
  add(&words, "--cpus-per-task=", order->text[CPUS]);
  add(&words, "--mem=", order->text[MEMORY]);
  add(&words, "--time=", order->text[TIME]);
  add(&words, "--partition=", order->text[PARTITION]);
  add(&words, "--account=", order->text[ACCOUNT]);
  add(&words, "--qos=", order->text[QOS]);
  add(&words, "--reservation=", order->text[RESERVATION]);
  add(&words, "--constraint=", order->text[CONSTRAINT]);
  add(&words, "--gres=", order->text[GRES]);
  add(&words, "--chdir=", person->home);
  /* relative to --chdir: in a home with "%" in its name Slurm would see its own signs */
  add(&words, "--output=", log);
  add(&words, "--open-mode=", "truncate");
  add(&words, "--input=", "/dev/null");
  /* all of our own: what clean_environment made, and nothing else; a list of names would make Slurm run their login scripts */
  add(&words, "--export=", "ALL");
  add(&words, "", site->script);
  add(&words, "", order->text[ID]);
  /* the data stay also when it fails: the controller may have taken the job all the same. cancel removes them. */
  return run(site, "sbatch", &words);
}

/*
 * Whether Slurm's record of their job shows it as ours, whatever its name is by now: by what it runs, which nobody can change, or
 * by our tag.
 */
static bool is_ours(const struct order *order, const struct site *site) {
  char said[PATH_MAX + 512], command[PATH_MAX + 32], tag[64];
  struct words words = {.count = 0};
  add(&words, "squeue", "");
  add(&words, "--me", "");
  add(&words, "--noheader", "");
  add(&words, "--jobs=", order->text[JOB]);
  add(&words, "--format=", "%o|%k|");
  if (run_to(site, "squeue", &words, said, sizeof said) != 0) return false;
  snprintf(command, sizeof command, "%s %s|", site->script, order->text[ID]);
  snprintf(tag, sizeof tag, "|" JOB_NAME ":%s|", order->text[ID]);
  return strncmp(said, command, strlen(command)) == 0 || strstr(said, tag) != NULL;
}

int cancel(const struct order *order, const struct site *site, const struct person *person) {
  char data[32];
  snprintf(data, sizeof data, "%s.json", order->text[ID]);
  unlinkat(person->directory, data, 0);
  if (order->text[JOB] == NULL) return 0;
  struct words words = {.count = 0};
  add(&words, "scancel", "");
  /* never one of their other jobs; a name may be changed by its owner or by the site, and the job is ours still */
  if (!is_ours(order, site)) add(&words, "--name=", JOB_NAME);
  add(&words, "--user=", person->name);
  add(&words, "", order->text[JOB]);
  return run(site, "scancel", &words);
}

int list(const struct order *order, const struct site *site) {
  struct words words = {.count = 0};
  add(&words, "squeue", "");
  add(&words, "--me", "");
  add(&words, "--noheader", "");
  /* also in a partition that is hidden, or that is theirs no more */
  add(&words, "--all", "");
  add(&words, "--states=", "all");
  /* by number whatever its name is by now; all of theirs may be ten thousand */
  if (order->text[JOB] != NULL) add(&words, "--jobs=", order->text[JOB]);
  else add(&words, "--name=", JOB_NAME);
  add(&words, "--format=", "%u|%A|%T|%S|%N|%r|%k");
  return run(site, "squeue", &words);
}

int show_log(const struct order *order, const struct person *person) {
  char name[32], bytes[TAIL];
  struct stat found;
  snprintf(name, sizeof name, "%s.log", order->text[ID]);
  int file = openat(person->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return 0;
  if (fstat(file, &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != getuid())
    refuse(MUST_NOT, "the log is not a file of this account");
  off_t from = found.st_size > TAIL ? found.st_size - TAIL : 0;
  ssize_t size = pread(file, bytes, sizeof bytes, from);
  if (size < 0) refuse(FAILED, "the log cannot be read (%s)", strerror(errno));
  for (ssize_t done = 0; done < size;) {
    ssize_t put = write(STDOUT_FILENO, bytes + done, (size_t)(size - done));
    if (put <= 0) return FAILED;
    done += put;
  }
  return 0;
}
