/*
 * What squeue and sinfo said, for the others who ask the very same within a second (T10): a loop in a notebook, or many
 * threads, would ask the controller that all people share. An answer from before an own change is never given (T10b).
 */
#ifndef BERTH_GATE_ANSWERS_H
#define BERTH_GATE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "call.h"
#include "request.h"

struct answer {
  char *key;
  size_t key_size;
  struct capture capture;
  /* the status, once it has ended */
  int status;
  int64_t asked;
  /* the process that asks; 0 when it has ended */
  pid_t asking;
};

/* Before any process is started: what they tell us. */
void answers_prepare(void);
/* In such a process, before its caller is told of the end of a command that changes answers: that one may ask at once. */
void answers_have_changed(void);

/* Whether that request is a question whose answer can be kept. */
bool answer_can_be_kept(const struct request *request);
/* Whether what it runs changes what such a question is about. */
bool changes_answers(const struct request *request);

/* The answer to that request that is known, or is being asked for; NULL for none. */
struct answer *answer_find(const struct request *request);
/* A new one, in place of the oldest; NULL without memory. */
struct answer *answer_begin(const struct request *request);
/* The process has ended. The answer it got, which may be none (`capture.status` is below 0); or NULL. */
struct answer *answer_ended(pid_t pid);
void answer_drop(struct answer *answer);
void answers_drop_all(void);
/* In a process of its own, that has only that one to do with (NULL: none): a call may last for days, and memory with it. */
void answers_leave_but(const struct answer *one);
/* Drops those that are too old to be given; milliseconds until the next one is, -1 when there is none. */
int answers_patience(void);

#endif
