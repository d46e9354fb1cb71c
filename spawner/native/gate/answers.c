#include "answers.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clock.h"

/* with output and errors of 4 MiB each at most (call.c), 64 MiB of the job's memory, for a second */
#define KEPT_MOST 8
#define KEPT_MS 1000

static struct answer answers[KEPT_MOST];
/* where the processes that ask tell how it ended, and all others that something has; shared with them */
struct told {
  int statuses[KEPT_MOST];
  atomic_uint changes;
};
static struct told *told;
static unsigned changes_seen;

void answers_prepare(void) {
  told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (told == MAP_FAILED) told = NULL;
}

void answers_have_changed(void) {
  if (told != NULL) atomic_fetch_add(&told->changes, 1);
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* Never one that goes on asking (-i, --iterate, also among other letters), or that looks at its terminal. */
bool answer_can_be_kept(const struct request *request) {
  if (strcmp(request->verb, "squeue") != 0 && strcmp(request->verb, "sinfo") != 0) return false;
  for (char **word = request->words + 1; *word != NULL; word++)
    if ((*word)[0] == '-' && (begins(*word, "--i") || ((*word)[1] != '-' && strchr(*word, 'i') != NULL))) return false;
  return request->standard[1] >= 0 && request->standard[2] >= 0 && !isatty(request->standard[1]);
}

bool changes_answers(const struct request *request) {
  return strcmp(request->verb, "squeue") != 0 && strcmp(request->verb, "sinfo") != 0 &&
         strcmp(request->verb, "sacct") != 0;
}

/* All by which an answer can differ: the words, and what of the environment Slurm's commands look at. */
static bool counts(const char *variable) {
  static const char *const names[] = {"SLURM", "SQUEUE_", "SINFO_", "TZ=", "LC_", "LANG", "COLUMNS=", "USER=", "LOGNAME="};
  for (size_t at = 0; at < sizeof names / sizeof *names; at++)
    if (begins(variable, names[at])) return true;
  return false;
}

static size_t write_key(char *to, const struct request *request) {
  size_t used = 0;
  for (int list = 0; list < 2; list++)
    for (char **word = list == 0 ? request->words : request->variables; *word != NULL; word++) {
      if (list == 1 && !counts(*word)) continue;
      size_t size = strlen(*word) + 1;
      if (to != NULL) memcpy(to + used, *word, size);
      used += size;
    }
  return used;
}

void answer_drop(struct answer *answer) {
  if (answer->key == NULL) return;
  close(answer->capture.output);
  close(answer->capture.errors);
  free(answer->key);
  *answer = (struct answer){0};
}

void answers_drop_all(void) {
  /* what is being asked is still told to those who wait for it, and to nobody else */
  for (size_t at = 0; at < KEPT_MOST; at++)
    if (answers[at].asking == 0)
      answer_drop(&answers[at]);
    else
      answers[at].key_size = 0;
}

void answers_leave_but(const struct answer *one) {
  for (size_t at = 0; at < KEPT_MOST; at++) {
    if (answers[at].key == NULL || &answers[at] == one) continue;
    close(answers[at].capture.output);
    close(answers[at].capture.errors);
  }
}

int answers_patience(void) {
  int64_t next = -1;
  for (size_t at = 0; at < KEPT_MOST; at++) {
    struct answer *answer = &answers[at];
    if (answer->key == NULL || answer->asking != 0) continue;
    int64_t left = answer->asked + KEPT_MS - now_ms();
    if (left < 0)
      answer_drop(answer);
    else if (next < 0 || left < next)
      next = left;
  }
  return next < 0 ? -1 : (int)next + 1;
}

struct answer *answer_find(const struct request *request) {
  size_t size = write_key(NULL, request);
  char *key = malloc(size);
  if (key == NULL) return NULL;
  write_key(key, request);
  struct answer *found = NULL;
  unsigned changes = told == NULL ? 0 : atomic_load(&told->changes);
  if (changes != changes_seen) answers_drop_all();
  changes_seen = changes;
  for (size_t at = 0; at < KEPT_MOST; at++) {
    struct answer *answer = &answers[at];
    if (answer->asking == 0 && answer->key != NULL && now_ms() - answer->asked > KEPT_MS) answer_drop(answer);
    if (answer->key_size == size && memcmp(answer->key, key, size) == 0) found = answer;
  }
  free(key);
  return found;
}

static struct answer *room_for_one(void) {
  struct answer *oldest = NULL;
  for (size_t at = 0; at < KEPT_MOST; at++) {
    if (answers[at].key == NULL) return &answers[at];
    if (answers[at].asking == 0 && (oldest == NULL || answers[at].asked < oldest->asked)) oldest = &answers[at];
  }
  if (oldest != NULL) answer_drop(oldest);
  return oldest;
}

struct answer *answer_begin(const struct request *request) {
  struct answer *answer = told == NULL ? NULL : room_for_one();
  if (answer == NULL) return NULL;
  size_t size = write_key(NULL, request);
  char *key = malloc(size);
  int output = memfd_create("output", MFD_CLOEXEC), errors = memfd_create("errors", MFD_CLOEXEC);
  if (key == NULL || output < 0 || errors < 0) {
    free(key);
    if (output >= 0) close(output);
    if (errors >= 0) close(errors);
    return NULL;
  }
  write_key(key, request);
  int *status = told->statuses + (answer - answers);
  *status = -1;
  *answer = (struct answer){.key = key,
                            .key_size = size,
                            .capture = {.output = output, .errors = errors, .status = status},
                            .asked = now_ms()};
  return answer;
}

struct answer *answer_ended(pid_t pid) {
  for (size_t at = 0; at < KEPT_MOST; at++)
    if (answers[at].asking == pid) {
      answers[at].asking = 0;
      /* what is shared is the next one's as soon as this one is dropped, and somebody may still be about to repeat it */
      answers[at].status = *answers[at].capture.status;
      answers[at].capture.status = &answers[at].status;
      return &answers[at];
    }
  return NULL;
}
