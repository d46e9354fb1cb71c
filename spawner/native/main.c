/*
 * berth-place: places one kernel on this node. In C because a person waits for it: Node takes 30 ms to begin.
 *   berth-place agent BERTH   started by srun. Told by the launcher on standard input; beside it runs `BERTH agent`, for
 *                             all that is slow or clever: it gets fd 3 (frames), 4 and 5 (what the kernel writes)
 *   berth-place here          started by the launcher on its own node, which has those three for itself
 *   berth-place run, job      started by Slurm for what a person starts from a kernel (run.h)
 *   berth-place outside WORD  becomes that program, with no signal held back or ignored
 * Two processes: this one watches, and the holder, its child, is in the kernel's namespaces and does the work. Whichever is
 * killed, the other is left to clean up and to say what happened. Slurm's signals to a step reach both: this one passes
 * them on, the holder takes no notice of its own, because mounts must outlive the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "clock.h"
#include "door.h"
#include "frames.h"
#include "holder.h"
#include "run.h"

/* time for what was told to end; longer than the holder's own grace */
#define END_MS 3000
/* when a start is long over, and from then on: a time limit may have been changed */
#define ALLOCATION_FIRST_MS 2000
#define ALLOCATION_NEXT_MS (15 * 60 * 1000)

enum end { HERE, THERE };

struct pair {
  int ends[2];
};

/* Descriptors of ours are above those that a child gets. */
static int lift(int fd) {
  int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 16);
  close(fd);
  return lifted;
}

static bool make_pair(struct pair *pair, bool both_ways) {
  int made = both_ways ? socketpair(AF_UNIX, SOCK_STREAM, 0, pair->ends) : pipe(pair->ends);
  for (int at = 0; at < 2 && made == 0; at++)
    if ((pair->ends[at] = lift(pair->ends[at])) < 0) made = -1;
  return made == 0;
}

struct watch {
  pid_t holder, agent;
  int holder_status, agent_status;
  int life, born, to_agent;
  struct door door;
  /* of the door; 0 for none */
  pid_t gate;
  /* when the allocation is asked for next, on the monotonic clock; 0: never */
  int64_t allocation_at;
};

static int status_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/* The holder was killed: what it can't say and end any more, we do. */
static void replace_holder(const struct watch *watch) {
  static const char lost[] = "container-lost\nthe process that held the mount of its image has ended";
  struct namespace namespace;
  frame_write(watch->to_agent, 'F', lost, sizeof lost - 1);
  if (read(watch->born, &namespace, sizeof namespace) == (ssize_t)sizeof namespace) members_end(&namespace, 0, false);
}

static void collect(struct watch *watch) {
  for (siginfo_t ended;;) {
    int status;
    ended.si_pid = 0;
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
    pid_t pid = ended.si_pid;
    /* before it is waited for: until then no other namespace gets the number of its own */
    if (pid == watch->holder && ended.si_code != CLD_EXITED) replace_holder(watch);
    if (waitpid(pid, &status, 0) != pid) continue;
    if (pid == watch->holder) {
      watch->holder = 0;
      watch->holder_status = status;
      shutdown(watch->to_agent, SHUT_RDWR);
    } else if (pid == watch->agent) {
      watch->agent = 0;
      watch->agent_status = status;
    } else if (pid == watch->gate) {
      watch->gate = 0;
      door_gate_ended(&watch->door);
    }
  }
}

/* A signal for us, or one for the kernel. */
static void hear_signal(struct watch *watch, int signals) {
  struct signalfd_siginfo heard;
  while (read(signals, &heard, sizeof heard) == (ssize_t)sizeof heard) {
    if (heard.ssi_signo == SIGCHLD)
      collect(watch);
    else
      bytes_write(watch->life, &(uint8_t){(uint8_t)heard.ssi_signo}, 1);
  }
}

static void answer_door(struct watch *watch) {
  watch->gate = door_answer(&watch->door);
  if (watch->gate == 0 && watch->allocation_at == 0) watch->allocation_at = now_ms() + ALLOCATION_FIRST_MS;
}

/* Milliseconds until the next thing that time alone brings. */
static int until_next(const struct watch *watch, int64_t part, int door) {
  int64_t next = watch->allocation_at;
  if (part != 0 && (next == 0 || part < next)) next = part;
  int64_t left = next == 0 ? 3600000 : next - now_ms();
  if (door >= 0 && door < left) left = door;
  return left < 0 ? 0 : (int)left;
}

/* Until both have ended; the second gets a while after the first. */
static void wait_for_both(struct watch *watch, bool has_agent) {
  sigset_t set;
  sigemptyset(&set);
  static const int heard[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
  for (size_t at = 0; at < sizeof heard / sizeof *heard; at++) sigaddset(&set, heard[at]);
  int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  struct patience patience = {0};
  while (watch->holder != 0 || watch->agent != 0) {
    const struct door_wait door = door_wait(&watch->door, watch->gate != 0);
    struct pollfd polled[] = {{.fd = signals, .events = POLLIN}, {.fd = door.polled, .events = POLLIN}};
    if (poll(polled, 2, until_next(watch, patience.until, door.patience)) < 0) continue;
    if (polled[1].revents != 0) answer_door(watch);
    if (polled[0].revents != 0) hear_signal(watch, signals);
    if (patience.until == 0 && has_agent && (watch->holder == 0 || watch->agent == 0)) patience_begin(&patience, END_MS);
    if (watch->allocation_at != 0 && now_ms() >= watch->allocation_at) {
      door_tell_allocation(&watch->door);
      watch->allocation_at = now_ms() + ALLOCATION_NEXT_MS;
    }
    if (patience_is_over(&patience)) {
      if (watch->agent != 0) kill(watch->agent, SIGKILL);
      if (watch->holder != 0) kill(watch->holder, SIGKILL);
    }
  }
}

/*
 * Node takes most of a processor for its first 40 ms: until the holder has something for it that it could do meanwhile, a
 * kernel that runs or an image to be made, they would be taken from srun, which now carries the keys.
 */
static pid_t start_agent(char *berth, const struct pair *go, int frames, int output, int errors) {
  pid_t parent = getpid();
  pid_t pid = child_start(-1, 1, 2);
  if (pid != 0) return pid;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);
  close(go->ends[THERE]);
  while (read(go->ends[HERE], &(char){0}, 1) < 0 && errno == EINTR) continue;
  if (dup2(frames, 3) == 3 && dup2(output, 4) == 4 && dup2(errors, 5) == 5)
    execv(berth, (char *[]){berth, (char[]){"agent"}, NULL});
  dprintf(2, "berth-place: cannot run %s: %s\n", berth, strerror(errno));
  _exit(127);
}

static int run(char *berth, int64_t began) {
  struct pair life, born, go, frames = {{-1, 3}}, output = {{-1, 4}}, errors = {{-1, 5}};
  bool made = make_pair(&life, false) && make_pair(&born, false) && make_pair(&go, false);
  if (berth != NULL)
    made = made && make_pair(&frames, true) && make_pair(&output, false) && make_pair(&errors, false);
  else
    made = made && (frames.ends[THERE] = lift(3)) >= 0 && (output.ends[THERE] = lift(4)) >= 0 &&
           (errors.ends[THERE] = lift(5)) >= 0;
  if (!made) {
    dprintf(2, "berth-place: %s\n", strerror(errno));
    return 71;
  }
  struct watch watch = {.life = life.ends[THERE], .born = born.ends[HERE], .to_agent = frames.ends[THERE]};
  door_make(&watch.door);
  const struct holder_ends ends = {.launcher = berth == NULL ? -1 : 0,
                                   .greeting = 1,
                                   .agent = frames.ends[THERE],
                                   .life = life.ends[HERE],
                                   .born = born.ends[THERE],
                                   .go = go.ends[THERE],
                                   .output = output.ends[THERE],
                                   .errors = errors.ends[THERE],
                                   .door = &watch.door,
                                   .began = began};
  watch.holder = fork();
  if (watch.holder == 0) {
    close(life.ends[THERE]);
    close(born.ends[HERE]);
    close(go.ends[HERE]);
    if (berth != NULL) {
      close(frames.ends[HERE]);
      close(output.ends[HERE]);
      close(errors.ends[HERE]);
    }
    _exit(hold(&ends));
  }
  if (berth != NULL) watch.agent = start_agent(berth, &go, frames.ends[HERE], output.ends[HERE], errors.ends[HERE]);
  if (watch.holder < 0 || watch.agent < 0) {
    dprintf(2, "berth-place: %s\n", strerror(errno));
    return 71;
  }
  if (berth != NULL) {
    close(frames.ends[HERE]);
    close(output.ends[HERE]);
    close(errors.ends[HERE]);
  }
  close(go.ends[HERE]);
  close(go.ends[THERE]);
  close(life.ends[HERE]);
  close(born.ends[THERE]);
  close(output.ends[THERE]);
  close(errors.ends[THERE]);
  wait_for_both(&watch, berth != NULL);
  int holder = status_of(watch.holder_status);
  return holder == HOLDER_NOT_UNDERSTOOD ? holder : berth == NULL ? holder : status_of(watch.agent_status);
}

/* For who comes from Node, which ignores SIGPIPE and SIGXFSZ: a shell and all that it starts would, too. */
static int become(char **words) {
  children_as_started();
  execvp(words[0], words);
  dprintf(2, "berth-place: cannot run %s: %s\n", words[0], strerror(errno));
  return 127;
}

int main(int count, char **words) {
  int64_t began = epoch_ms();
  bool agent = count == 3 && strcmp(words[1], "agent") == 0;
  bool here = count == 2 && strcmp(words[1], "here") == 0 && fcntl(3, F_GETFD) >= 0;
  if (count == 2 && strcmp(words[1], "--version") == 0) return puts("berth-place runs here") < 0;
  children_prepare();
  if (count >= 3 && strcmp(words[1], "outside") == 0) _exit(become(words + 2));
  bool in_image = (count >= 3 && strcmp(words[1], "run") == 0) || (count >= 4 && strcmp(words[1], "job") == 0);
  if (in_image) _exit(run_in_image(count, words));
  int status = agent || here ? run(agent ? words[2] : NULL, began) : HOLDER_NOT_UNDERSTOOD;
  if (status == HOLDER_NOT_UNDERSTOOD)
    dprintf(2, "berth-place: this program is started by \"berth kernel\", and told by it what to do\n");
  return status;
}
