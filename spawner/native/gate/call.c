#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../children.h"
#include "../clock.h"
#include "answers.h"
#include "command.h"
#include "environment.h"
#include "shim_link.h"
#include "terminal.h"

/* time that a command has which nobody waits for any more: srun needs a moment to end its step */
#define ABANDONED_MS 4000
/* an answer beyond that is not kept: so many lines have fifty thousand jobs */
#define CAPTURED_MOST (4UL << 20)
#define AT_ONCE 4096

static const char *const verbs[] = {"squeue", "sinfo", "sacct", "scontrol", "scancel", "sbatch", "srun", "salloc"};

int verb_allowed(const char *verb) {
  for (size_t at = 0; at < sizeof verbs / sizeof *verbs; at++)
    if (strcmp(verb, verbs[at]) == 0) return (int)at;
  return -1;
}

/* Into the caller's own current directory, where it is the same one out here; else home. What was not found, or NULL. */
static const char *enter_directory(const struct gate *gate, const struct request *request) {
  struct stat inside, outside;
  if (fstat(request->directory_fd, &inside) == 0 && chdir(request->directory) == 0 && stat(".", &outside) == 0 &&
      inside.st_dev == outside.st_dev && inside.st_ino == outside.st_ino)
    return NULL;
  if (chdir(gate->order.home) != 0 && chdir("/") != 0) _exit(71);
  return request->directory;
}

/* The caller's descriptors, closed ones included, or where its answer is kept. */
static void take_descriptors(const struct request *request, const struct command *command, const struct capture *capture) {
  int from[CALL_STANDARD];
  for (int fd = 0; fd < CALL_STANDARD; fd++) from[fd] = request->standard[fd];
  if (command->input >= 0) from[0] = command->input;
  if (capture != NULL) {
    if (from[1] >= 0) from[1] = capture->output;
    if (from[2] >= 0) from[2] = capture->errors;
  }
  /* all of them are above the standard ones: the gate itself has these */
  for (int fd = 0; fd < CALL_STANDARD; fd++) {
    if (from[fd] < 0)
      close(fd);
    else
      dup2(from[fd], fd);
  }
}

static enum into into_of(const struct command *command) {
  return !command->into_image ? NO_IMAGE : command->other_image ? OTHER_IMAGE : OWN_IMAGE;
}

static pid_t start(const struct gate *gate, const struct request *request, const struct command *command,
                   const struct capture *capture, const struct terminal *terminal, int failure) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid;
  /* a session of its own: signals come from the shim alone, each once */
  if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) _exit(71);
  const char *lost = enter_directory(gate, request);
  char **variables = outer_environment(request, into_of(command), &gate->order, lost);
  take_descriptors(request, command, capture);
  if (!terminal_take(terminal)) _exit(71);
  children_as_started();
  umask(request->head.umask);
  if (capture != NULL) {
    const struct rlimit most = {CAPTURED_MOST, CAPTURED_MOST};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &most);
  }
  if (variables != NULL) execve(command->path, command->words, variables);
  int why = errno;
  if (write(failure, &why, sizeof why) < 0) _exit(126);
  _exit(127);
}

struct call {
  struct shim_link link;
  pid_t pid;
  int status;
  bool ended;
  /* with a command that nobody waits for */
  struct patience patience;
  struct terminal terminal;
};

static void send_signal(const struct call *call, int signal) {
  if (kill(-call->pid, signal) != 0) kill(call->pid, signal);
}

static void pass_on(const struct call *call, uint32_t number) {
  if (number == SIGWINCH) terminal_resize(&call->terminal);
  static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH};
  /* a session without a terminal cannot be stopped by SIGTSTP. Source: credentials(7), orphaned process groups */
  if (number == SIGTSTP) send_signal(call, SIGSTOP);
  for (size_t at = 0; at < sizeof passed / sizeof *passed; at++)
    if (number == (uint32_t)passed[at]) send_signal(call, passed[at]);
}

static void hear_shim(struct call *call) {
  struct call_note said;
  if (shim_hear(&call->link, &said)) {
    if (said.kind == CALL_SIGNAL) pass_on(call, said.value);
    return;
  }
  /* killed, or with the container's end */
  call->link.fd = -1;
  patience_begin(&call->patience, ABANDONED_MS);
  send_signal(call, SIGTERM);
  send_signal(call, SIGCONT);
}

static void wait_for_end(struct call *call, int children) {
  while (!call->ended) {
    struct pollfd polled[4] = {{.fd = children, .events = POLLIN}, {.fd = call->link.fd, .events = POLLIN}};
    terminal_wishes(&call->terminal, &polled[2], &polled[3]);
    if (patience_is_over(&call->patience)) send_signal(call, SIGKILL);
    if (poll(polled, 4, patience_left(&call->patience)) < 0) continue;
    struct signalfd_siginfo ignored;
    if (polled[0].revents != 0 && read(children, &ignored, sizeof ignored) > 0)
      call->ended = waitpid(call->pid, &call->status, WNOHANG) == call->pid;
    if (polled[1].revents != 0) hear_shim(call);
    /* nobody has it open, or the caller's is gone: the command's own end is waited for */
    if (!terminal_pass(&call->terminal, &polled[2], &polled[3])) terminal_end(&call->terminal);
  }
  terminal_end(&call->terminal);
}

/* To whoever reads, at that one's pace; a reader that is gone, as SIGPIPE would have told the command. */
static bool copy_out(struct shim_link *link, int from, int to) {
  char bytes[AT_ONCE];
  off_t at = 0;
  for (ssize_t got; to >= 0 && (got = pread(from, bytes, sizeof bytes, at)) > 0; at += got)
    for (ssize_t done = 0; done < got;) {
      /* a pipe that can be written takes AT_ONCE without blocking */
      if (!shim_wait_for(link, to, POLLOUT)) _exit(0);
      ssize_t some = write(to, bytes + done, (size_t)(got - done));
      if (some < 0 && errno == EINTR) continue;
      if (some < 0 && errno == EAGAIN) continue;
      if (some < 0) return errno != EPIPE;
      done += some;
    }
  return true;
}

static void tell_end(const struct request *request, struct shim_link *link, const struct capture *capture, int status) {
  bool heard = capture == NULL || (copy_out(link, capture->output, request->standard[1]) &&
                                   copy_out(link, capture->errors, request->standard[2]));
  if (!heard)
    shim_tell(link, CALL_KILLED, SIGPIPE);
  else if (WIFSIGNALED(status))
    shim_tell(link, CALL_KILLED, (uint32_t)WTERMSIG(status));
  else
    shim_tell(link, CALL_EXITED, (uint32_t)WEXITSTATUS(status));
}

static int signals_of_children(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Its end, or in `why` what prevented it. */
static bool run(struct call *call, const struct gate *gate, struct request *request, const struct capture *capture,
                char why[WHY_REFUSED]) {
  struct command command;
  int failure[2] = {-1, -1}, children = signals_of_children(), reason = 0;
  bool good = command_make(&command, gate, request, &call->link, why);
  bool wants_terminal = strcmp(request->verb, "salloc") == 0;
  terminal_make(&call->terminal, wants_terminal ? request->standard[0] : -1, request->standard[1]);
  if (good && pipe2(failure, O_CLOEXEC) == 0 &&
      (call->pid = start(gate, request, &command, capture, &call->terminal, failure[1])) > 0) {
    close(failure[1]);
    terminal_begin(&call->terminal);
    wait_for_end(call, children);
    if (read(failure[0], &reason, sizeof reason) != (ssize_t)sizeof reason) reason = 0;
  } else if (good) {
    reason = errno;
  }
  if (reason != 0) {
    snprintf(why, WHY_REFUSED, "%.1000s cannot be run on this node: %s (Berth)", command.path, strerror(reason));
    good = false;
  }
  command_forget(&command);
  return good;
}

_Noreturn void call_perform(const struct gate *gate, struct request *request, int shim) {
  struct call call = {.link = {.fd = shim}};
  char why[WHY_REFUSED];
  signal(SIGPIPE, SIG_IGN);
  bool ended = run(&call, gate, request, NULL, why);
  if (changes_answers(request)) answers_have_changed();
  if (ended)
    tell_end(request, &call.link, NULL, call.status);
  else if (why[0] != '\0')
    shim_refuse(&call.link, why);
  else
    shim_tell(&call.link, CALL_EXITED, 1);
  _exit(0);
}

static bool fits(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 && found.st_size < (off_t)CAPTURED_MOST;
}

_Noreturn void call_ask(const struct gate *gate, struct request *request, const struct capture *capture) {
  struct call call = {.link = {.fd = -1}};
  /* who asked first may go before we do, and whoever reads there waits for no answer of ours */
  int kept[] = {open("/dev/null", O_RDONLY | O_CLOEXEC), capture->output, capture->errors};
  for (int fd = 0; fd < CALL_STANDARD; fd++)
    if (request->standard[fd] >= 0) dup3(kept[fd], request->standard[fd], O_CLOEXEC);
  char why[WHY_REFUSED];
  if (run(&call, gate, request, capture, why) && fits(capture->output) && fits(capture->errors))
    *capture->status = call.status;
  _exit(0);
}

_Noreturn void call_repeat(struct request *request, int shim, const struct capture *capture) {
  struct shim_link link = {.fd = shim};
  signal(SIGPIPE, SIG_IGN);
  tell_end(request, &link, capture, *capture->status);
  _exit(0);
}
