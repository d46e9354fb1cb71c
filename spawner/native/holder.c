#include "holder.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "frames.h"
#include "greeting.h"
#include "placing.h"
#include "seal.h"

/* a socket holds that much that nobody reads yet */
#define AT_ONCE_MOST 65536

struct holder {
  const struct holder_ends *ends;
  struct placing placing;
  struct keys keys;
  struct channel launcher, agent;
  bool understood, done;
};

/* The launcher's key, and the connection file that it sealed. */
static void take_start(struct holder *holder, const struct frame *frame) {
  struct placing *placing = &holder->placing;
  uint8_t stream[KEY_SIZE];
  size_t size = 0;
  uint8_t *connection =
      keys_open(&holder->keys, placing->order.launch_id, frame->data, frame->size, stream, &size);
  if (connection == NULL) {
    placing_fail(placing, "internal", "What the launcher has sealed was not sealed for this agent.");
    return;
  }
  /* the kernel first, then the way to it */
  placing_connection(placing, connection, size);
  frame_write(holder->ends->agent, 'K', stream, sizeof stream);
  explicit_bzero(stream, sizeof stream);
}

/* Unsealed, which only the launcher's own node does. */
static void take_connection(struct placing *placing, const struct frame *frame) {
  uint8_t *copy = malloc(frame->size + 1);
  if (copy == NULL) return;
  memcpy(copy, frame->data, frame->size);
  placing_connection(placing, copy, frame->size);
}

static void take_signal(struct placing *placing, const struct frame *frame) {
  static const int passed[] = {SIGINT, SIGTERM, SIGKILL, SIGUSR1, SIGUSR2, SIGHUP};
  for (size_t at = 0; at < sizeof passed / sizeof *passed && frame->size == 1; at++) {
    if (frame->data[0] != passed[at]) continue;
    placing_signal(placing, passed[at]);
    return;
  }
  placing_tell(placing, 'L', "a signal was not passed on");
}

/* False for a frame that nobody sends who knows us. */
static bool take(struct holder *holder, const struct channel *from, const struct frame *frame) {
  struct placing *placing = &holder->placing;
  bool of_launcher = from == &holder->launcher, remote = holder->ends->launcher >= 0;
  if (frame->type == 'P') {
    bool good = of_launcher == remote && placing_order(placing, frame->data, frame->size);
    holder->understood = holder->understood || good;
    return good;
  }
  if (!holder->understood) return false;
  switch (frame->type) {
    case 'N': /* for the agent: its plan, and where to dial */
    case 'D':
      if (frame->size > AT_ONCE_MOST) placing_begin_agent(placing);
      return of_launcher && frame_write(holder->ends->agent, frame->type, frame->data, frame->size);
    case 'S':
      if (of_launcher) take_start(holder, frame);
      return of_launcher;
    case 'C':
      if (!remote) take_connection(placing, frame);
      return !remote;
    case 'R':
      if (!of_launcher && placing->state == WANTING_ROOTFS) placing_rootfs(placing);
      return !of_launcher;
    case 'G':
      take_signal(placing, frame);
      return true;
    case 'X':
      placing_stop(placing);
      return true;
    default:
      return false;
  }
}

/* False when the other end is gone, or says what makes no sense. */
static bool receive(struct holder *holder, struct channel *channel) {
  enum received received = channel_read(channel);
  struct frame frame;
  while (received == RECEIVED_SOME && channel_next(channel, &frame))
    if (!take(holder, channel, &frame)) received = RECEIVED_NONSENSE;
  if (received == RECEIVED_NONSENSE && holder->understood)
    placing_tell(&holder->placing, 'L', "a message was not understood");
  return received == RECEIVED_SOME;
}

static void receive_life(struct holder *holder) {
  uint8_t signal;
  ssize_t got = read(holder->ends->life, &signal, 1);
  if (got == 0) {
    /* who could have told the agent is dead, and the step will be soon: nothing is waited for */
    holder->done = true;
  } else if (got == 1 && (signal == SIGINT || signal == SIGUSR1 || signal == SIGUSR2)) {
    placing_signal(&holder->placing, signal);
  } else if (got == 1) {
    holder->placing.terminated = true;
    placing_stop(&holder->placing);
  }
}

static void out_of_patience(struct holder *holder) {
  if (!patience_is_over(&holder->placing.patience)) return;
  if (holder->placing.kernel > 0)
    placing_signal(&holder->placing, SIGKILL);
  else
    holder->done = true;
}

static void wait_and_act(struct holder *holder, int children) {
  const struct placing *placing = &holder->placing;
  int table = placing->state == MOUNTING && placing->mounts.fuse > 0 ? placing->mounts.table : -1;
  struct pollfd polled[] = {{.fd = holder->launcher.fd, .events = POLLIN},
                            {.fd = holder->agent.fd, .events = POLLIN},
                            {.fd = holder->ends->life, .events = POLLIN},
                            {.fd = children, .events = POLLIN},
                            {.fd = table, .events = POLLPRI}};
  int left = patience_left(&placing->patience);
  int ready = left == 0 ? 0 : poll(polled, sizeof polled / sizeof *polled, left);
  struct signalfd_siginfo ignored;
  if (ready == 0) {
    out_of_patience(holder);
    return;
  }
  if (ready < 0) return;
  if (polled[3].revents != 0 && read(children, &ignored, sizeof ignored) > 0) placing_reap(&holder->placing);
  if (polled[4].revents != 0) placing_mounted(&holder->placing);
  if (polled[2].revents != 0) receive_life(holder);
  if (polled[1].revents != 0 && !receive(holder, &holder->agent)) holder->done = true;
  if (polled[0].revents != 0 && !receive(holder, &holder->launcher)) {
    holder->launcher.fd = -1;
    placing_stop(&holder->placing);
    /* nothing was made for it: there is nothing to end slowly */
    if (!holder->understood) holder->done = true;
  }
}

int hold(const struct holder_ends *ends) {
  struct holder holder = {.ends = ends,
                          .placing = {.kernel = -1,
                                      .agent = ends->agent,
                                      .born = ends->born,
                                      .go = ends->go,
                                      .door = ends->door,
                                      .output = ends->output,
                                      .errors = ends->errors},
                          .launcher = {.fd = ends->launcher},
                          .agent = {.fd = ends->agent}};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  int children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  prctl(PR_SET_NAME, "berth-holder");
  /* who loses its parent in there becomes our child: Slurm finds it, and so do we */
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (ends->launcher >= 0) {
    keys_make(&holder.keys);
    greet(ends->greeting, &holder.keys, ends->began);
  }
  while (!holder.done) wait_and_act(&holder, children);
  explicit_bzero(&holder.keys, sizeof holder.keys);
  placing_clean_up(&holder.placing);
  return holder.understood ? HOLDER_DONE : HOLDER_NOT_UNDERSTOOD;
}
