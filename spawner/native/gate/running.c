#include "running.h"

#include <stdint.h>
#include <string.h>

#include "../clock.h"
#include "answers.h"

#define LASTING_MOST 1024
#define RUNNING_MOST (LASTING_MOST + 64)
/* a command that lives longer has done by then what it was asked (sbatch --wait), or tells its end */
#define CHANGING_MS 5000

struct running {
  pid_t pid;
  bool lasting, changes;
  /* on the monotonic clock; 0: never */
  int64_t changes_until;
};

static struct running all[RUNNING_MOST];
static size_t count, lasting_count;

static bool is_step_or_allocation(const struct request *request) {
  return strcmp(request->verb, "srun") == 0 || strcmp(request->verb, "salloc") == 0;
}

static bool lasts(const struct request *request) {
  return is_step_or_allocation(request) || strcmp(request->verb, "sbatch") == 0;
}

bool running_has_room(const struct request *request) {
  return count < RUNNING_MOST && (!lasts(request) || lasting_count < LASTING_MOST);
}

void running_began(pid_t pid, const struct request *request) {
  /* beyond it come only answers that are repeated, which change nothing */
  if (count == RUNNING_MOST) return;
  struct running *one = &all[count++];
  *one = (struct running){.pid = pid};
  if (request == NULL) return;
  one->lasting = lasts(request);
  one->changes = changes_answers(request);
  lasting_count += one->lasting;
  /* a step may run for days: its begin and its end count, and between them others are told what was known a second ago */
  if (one->changes && !is_step_or_allocation(request)) one->changes_until = now_ms() + CHANGING_MS;
}

bool running_ended(pid_t pid) {
  for (size_t at = 0; at < count; at++) {
    if (all[at].pid != pid) continue;
    bool changes = all[at].changes;
    lasting_count -= all[at].lasting;
    all[at] = all[--count];
    return changes;
  }
  return false;
}

bool running_changes(void) {
  for (size_t at = 0; at < count; at++)
    if (all[at].changes_until > now_ms()) return true;
  return false;
}
