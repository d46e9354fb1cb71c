/*
 * berth-gate: Slurm for a container that has nothing of Slurm. Started by berth-place, outside of all namespaces, as the
 * same user, when the first call comes. Standard input is the order of the place (order.h), fd 3 the socket at which shims
 * (shim.c) come. This process only listens: it looks who comes, takes one request whole, and has a process of its own
 * perform it. So many at once that a step can bear; who is half told waits, or goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../allocation.h"
#include "../children.h"
#include "../clock.h"
#include "../frames.h"
#include "answers.h"
#include "call.h"
#include "request.h"
#include "running.h"
#include "shim_link.h"

#define LISTENING 3
/* who has not said all goes when another comes: the one who takes longest (T10) */
#define VISITORS_MOST 128
#define HONEST_MS 50
#define PARTIAL_MS 10000
/*
 * what all of them together have said may be so long, for it is the job's memory; beyond it who takes most goes likewise. So
 * much again may have those who wait for an answer; beyond it each gets a command of its own, that others are heard beside them
 */
#define TEXTS_MOST (32UL << 20)

struct visitor {
  int connection;
  struct request request;
  int64_t came;
  bool whole;
  /* what is asked for it, and for whoever else asks the same */
  struct answer *awaited;
  /* no such answer could be kept: it gets a command of its own */
  bool alone;
};

static struct visitor visitors[VISITORS_MOST];
static size_t visitor_count;
static struct gate gate;

static void dismiss(size_t at) {
  close(visitors[at].connection);
  request_end(&visitors[at].request);
  visitors[at] = visitors[--visitor_count];
}

/* Nobody of another name gets further, wherever the socket lies and whatever its mode has become (T6). */
static bool is_ours(int connection) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

/* Who has waited longest without having said all; -1 when all have. */
static int slowest(void) {
  int found = -1;
  for (size_t at = 0; at < visitor_count; at++)
    if (!visitors[at].whole && (found < 0 || visitors[at].came < visitors[found].came)) found = (int)at;
  return found;
}

/* Whoever has only just come gets the moment that an honest one needs; meanwhile others wait at the door. */
static bool has_room(void) {
  int at = visitor_count < VISITORS_MOST ? -1 : slowest();
  return visitor_count < VISITORS_MOST || (at >= 0 && now_ms() - visitors[at].came > HONEST_MS);
}

static void welcome(void) {
  /* since it was asked whether there is room, the last that was slow may have said all */
  int slow = visitor_count == VISITORS_MOST ? slowest() : -1;
  if (visitor_count == VISITORS_MOST && slow < 0) return;
  int connection = accept4(LISTENING, NULL, NULL, SOCK_CLOEXEC);
  if (connection < 0) return;
  if (!is_ours(connection)) {
    close(connection);
    return;
  }
  if (slow >= 0) dismiss((size_t)slow);
  struct visitor *visitor = &visitors[visitor_count++];
  *visitor = (struct visitor){.connection = connection, .came = now_ms()};
  request_begin(&visitor->request);
  /* from now on its signals are ours to hear */
  struct shim_link link = {.fd = connection};
  shim_tell(&link, CALL_TAKEN, 0);
}

enum service { PERFORM, ASK, REPEAT };

/* A process of its own; 0 when there can be none now. */
static pid_t serve(struct visitor *visitor, enum service service, const struct answer *answer) {
  pid_t parent = getpid(), pid = fork();
  if (pid > 0) running_began(pid, service == PERFORM ? &visitor->request : NULL);
  if (pid != 0) return pid < 0 ? 0 : pid;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(71);
  prctl(PR_SET_NAME, "berth-call");
  close(LISTENING);
  /* others' pipes would stay open as long as this call lasts, and whoever reads there would wait for their end */
  for (size_t at = 0; at < visitor_count; at++) {
    if (&visitors[at] != visitor || service == ASK) close(visitors[at].connection);
    if (&visitors[at] != visitor) request_end(&visitors[at].request);
  }
  answers_leave_but(answer);
  if (service == ASK) call_ask(&gate, &visitor->request, &answer->capture);
  if (service == REPEAT) call_repeat(&visitor->request, visitor->connection, &answer->capture);
  call_perform(&gate, &visitor->request, visitor->connection);
}

static void refuse(const struct visitor *visitor) {
  struct shim_link link = {.fd = visitor->connection};
  shim_refuse(&link, "more than a thousand of Slurm's commands run from this kernel already. (Berth)");
}

static size_t said_by(bool whole) {
  size_t said = 0;
  for (size_t at = 0; at < visitor_count; at++)
    if (visitors[at].whole == whole) said += visitors[at].request.text_used;
  return said;
}

/* False when it stays: for an answer, or because no process can be had. */
static bool attend(struct visitor *visitor) {
  if (!running_has_room(&visitor->request)) {
    refuse(visitor);
    return true;
  }
  bool kept = !running_changes() && !visitor->alone && said_by(true) < TEXTS_MOST && answer_can_be_kept(&visitor->request);
  struct answer *answer = kept ? answer_find(&visitor->request) : NULL;
  if (answer != NULL && answer->asking == 0) return serve(visitor, REPEAT, answer) != 0;
  if (kept && answer == NULL && (answer = answer_begin(&visitor->request)) != NULL &&
      (answer->asking = serve(visitor, ASK, answer)) == 0)
    answer_drop(answer);
  if (answer != NULL) {
    visitor->awaited = answer->asking == 0 ? NULL : answer;
    return false;
  }
  pid_t pid = serve(visitor, PERFORM, NULL);
  if (pid != 0 && changes_answers(&visitor->request)) answers_drop_all();
  return pid != 0;
}

/* Those whose turn may have come. */
static void attend_to_all(void) {
  for (size_t at = visitor_count; at-- > 0;)
    if (visitors[at].whole && visitors[at].awaited == NULL && attend(&visitors[at])) dismiss(at);
}

static void collect(void) {
  for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) {
    if (running_ended(pid)) answers_drop_all();
    struct answer *answer = answer_ended(pid);
    if (answer == NULL) continue;
    bool none = *answer->capture.status < 0;
    for (size_t at = visitor_count; at-- > 0;) {
      if (visitors[at].awaited != answer) continue;
      visitors[at].awaited = NULL;
      visitors[at].alone = none;
      /* however old it is by now, or from before a change: right for those who asked before it was there, and told to them here */
      if (!none && serve(&visitors[at], REPEAT, answer) != 0) dismiss(at);
    }
    if (none || answer->key_size == 0) answer_drop(answer);
  }
}

/* One that waits for an answer can be interrupted as the command itself could. */
static void receive_waiting(size_t at) {
  struct call_note said;
  ssize_t got = recv(visitors[at].connection, &said, sizeof said, MSG_DONTWAIT);
  if (got == (ssize_t)sizeof said && said.kind == CALL_SIGNAL) {
    if (said.value != SIGINT && said.value != SIGTERM && said.value != SIGHUP && said.value != SIGQUIT) return;
    struct shim_link link = {.fd = visitors[at].connection};
    shim_tell(&link, CALL_KILLED, said.value);
  }
  dismiss(at);
}

static void receive(size_t at) {
  if (visitors[at].whole) {
    receive_waiting(at);
    return;
  }
  enum request_state state = request_receive(&visitors[at].request, visitors[at].connection);
  visitors[at].whole = state == REQUEST_WHOLE;
  /* its place is another's from then on */
  if (state == REQUEST_BAD) dismiss(at);
}

/* the second: where no process can be had */
static bool is_full(void) { return said_by(false) >= TEXTS_MOST || said_by(true) >= 2 * TEXTS_MOST; }

static bool is_too_slow(const struct visitor *visitor) {
  int64_t age = now_ms() - visitor->came;
  bool takes_much = visitor->request.text_used >= TEXTS_MOST / VISITORS_MOST;
  return !visitor->whole && (age > PARTIAL_MS || (takes_much && age > HONEST_MS && is_full()));
}

static void dismiss_slow(void) {
  for (size_t at = visitor_count; at-- > 0;)
    if (is_too_slow(&visitors[at])) dismiss(at);
}

static void wait_and_act(int children) {
  struct pollfd polled[VISITORS_MOST + 2] = {{.fd = children, .events = POLLIN},
                                             {.fd = has_room() ? LISTENING : -1, .events = POLLIN}};
  size_t count = visitor_count;
  bool full = is_full();
  for (size_t at = 0; at < count; at++)
    polled[at + 2] = (struct pollfd){.fd = full && !visitors[at].whole ? -1 : visitors[at].connection, .events = POLLIN};
  int patience = answers_patience();
  if (count > 0) patience = full || count == VISITORS_MOST ? HONEST_MS : 1000;
  if (poll(polled, count + 2, patience) < 0) return;
  struct signalfd_siginfo ignored;
  /* first, for it is by their places that they were asked */
  for (size_t at = count; at-- > 0;)
    if (polled[at + 2].revents != 0 && (visitors[at].whole || !is_full())) receive(at);
  if (polled[0].revents != 0 && read(children, &ignored, sizeof ignored) > 0) collect();
  if (polled[1].revents != 0) welcome();
  dismiss_slow();
  attend_to_all();
}

static bool read_order(void) {
  struct stat found;
  if (fstat(0, &found) != 0 || found.st_size <= 0 || found.st_size > (off_t)FRAME_MOST) return false;
  uint8_t *data = malloc((size_t)found.st_size);
  /* whoever wrote it shares its place in the file with us */
  bool good = data != NULL && pread(0, data, (size_t)found.st_size, 0) == found.st_size &&
              order_read(&gate.order, data, (size_t)found.st_size);
  free(data);
  return good && gate.order.slurm[0] != '\0';
}

/* Our own programs are beside this one. */
static bool find_place(void) {
  ssize_t size = readlink("/proc/self/exe", gate.place, sizeof gate.place - sizeof "/berth-place");
  if (size <= 0) return false;
  gate.place[size] = '\0';
  strcpy(strrchr(gate.place, '/'), "/berth-place");
  return true;
}

/* `berth-gate allocation`: fd 3 is the runtime directory. What could not be asked stays as it was told. */
static int tell_allocation(void) {
  struct allocation allocation;
  char squeue[PATH_MAX], line[65536];
  if (!read_order() || !allocation_of_step(&allocation)) return 64;
  snprintf(squeue, sizeof squeue, "%.4000s/squeue", gate.order.slurm);
  return allocation_ask(&allocation, squeue, line, sizeof line) && allocation_write(&allocation, LISTENING) ? 0 : 1;
}

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "allocation") == 0) return tell_allocation();
  children_prepare();
  answers_prepare();
  /* a long text that is freed is the job's again at once: by itself malloc(3) would keep it after the first */
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  prctl(PR_SET_NAME, "berth-gate");
  if (fcntl(LISTENING, F_SETFD, FD_CLOEXEC) != 0 || fcntl(LISTENING, F_SETFL, O_NONBLOCK) != 0 || !find_place() ||
      !read_order()) {
    dprintf(2, "berth-gate: this program is started by berth-place, and told by it what to do\n");
    return 64;
  }
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 1024) {
    files.rlim_cur = files.rlim_max < 1024 ? files.rlim_max : 1024;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  int children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  for (;;) wait_and_act(children);
}
