/*
 * berth-shim: sbatch, srun, salloc, scancel, squeue, sinfo, sacct and scontrol inside of a container, by the name it is
 * called. It has nothing of Slurm and knows nothing of it: the gate outside runs the real command on our own descriptors.
 * What is left to do here is to be that command for whoever started it: to pass its signals on, to stop and go on with it,
 * and to end as it ends. Static, so that it runs in any image.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "../call_protocol.h"
#include "front.h"

extern char **environ;

/* EX_UNAVAILABLE of sysexits.h */
#define STATUS_NO_GATE 69

static const char *verb;
static int told[2];
static bool taken;

static void die(const char *why) {
  dprintf(2, "%s: %s (Berth)\n", verb, why);
  exit(STATUS_NO_GATE);
}

static void die_because(const char *what) {
  char why[600];
  snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
  die(why);
}

static int dial(void) {
  const struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = CALL_SOCKET};
  int gate = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (gate < 0 || connect(gate, (const struct sockaddr *)&name, sizeof name) != 0)
    die_because("Slurm cannot be reached from this container, nothing listens at " CALL_SOCKET);
  int lifted = fcntl(gate, F_DUPFD_CLOEXEC, 10);
  close(gate);
  return lifted;
}

/* all pieces of the text, one behind the other */
struct text {
  char *bytes;
  size_t used, room;
};

static void add(struct text *text, const char *piece) {
  size_t size = strlen(piece) + 1;
  if (text->used + size > CALL_TEXT_MOST) die("arguments and environment are too long");
  if (text->used + size > text->room) {
    text->room = (text->used + size) * 2;
    text->bytes = realloc(text->bytes, text->room);
    if (text->bytes == NULL) die("out of memory");
  }
  memcpy(text->bytes + text->used, piece, size);
  text->used += size;
}

static uint32_t add_all(struct text *text, char **pieces) {
  uint32_t count = 0;
  for (; *pieces != NULL; pieces++, count++) add(text, *pieces);
  return count;
}

static void send_all(int gate, const void *data, size_t size) {
  const char *from = data;
  while (size > 0) {
    ssize_t sent = send(gate, from, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return; /* what it said before it went is read next */
    from += sent;
    size -= (size_t)sent;
  }
}

/* Those of `fds` that are open, with the first bytes. */
static void send_with(int gate, const void *data, size_t size, const int *fds, size_t count) {
  union {
    char bytes[CMSG_SPACE(sizeof(int) * CALL_DESCRIPTORS)];
    struct cmsghdr align;
  } control = {.bytes = {0}};
  struct iovec part = {.iov_base = (void *)data, .iov_len = size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(head), fds, sizeof(int) * count);
  }
  ssize_t sent;
  do sent = sendmsg(gate, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0 && (size_t)sent < size) send_all(gate, (const char *)data + sent, size - (size_t)sent);
}

static void request(int gate, char **words) {
  struct text text = {0};
  char directory[CALL_PATH_MOST];
  /* removed, or not to be reached: the command runs at home then, and may say so */
  if (getcwd(directory, sizeof directory) == NULL) strcpy(directory, "/");
  mode_t mask = umask(0);
  struct call_head head = {.magic = CALL_MAGIC, .umask = mask};
  int fds[CALL_DESCRIPTORS];
  size_t count = 0;
  for (int fd = 0; fd < CALL_STANDARD; fd++)
    if (fcntl(fd, F_GETFD) >= 0) {
      head.given |= 1U << fd;
      fds[count++] = fd;
    }
  umask(mask);
  int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (here < 0) here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (here < 0) die_because("opening the current directory");
  fds[count++] = here;
  add(&text, verb);
  add(&text, directory);
  head.words = add_all(&text, words);
  head.variables = add_all(&text, environ);
  head.text = (uint32_t)text.used;
  send_with(gate, &head, sizeof head, fds, count);
  send_all(gate, text.bytes, text.used);
  close(here);
  free(text.bytes);
}

/* Only notes that a signal came; what it means is decided where waiting is done. */
static void note(int signal) {
  int before = errno;
  char byte = (char)signal;
  if (write(told[1], &byte, 1) < 0) errno = before; /* full: as many are on their way already */
  errno = before;
}

static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGCONT, SIGWINCH};

/* What our parent had us ignore (nohup) stays ignored, as it would in the real command. */
static void listen_to_signals(void) {
  struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART}, before;
  for (size_t at = 0; at < sizeof passed / sizeof *passed; at++)
    if (sigaction(passed[at], NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(passed[at], &action, NULL);
}

/* gates that were there and are not any more, one after the other */
#define MOST_LOST 5

/* The only one that reads its terminal from the first moment on. */
static bool takes_keys(void) { return strcmp(verb, "srun") == 0; }

static void tell(int gate, uint32_t kind, uint32_t value) {
  const struct call_note said = {.kind = kind, .value = value};
  send_all(gate, &said, sizeof said);
}

static void pass_on(int gate) {
  char signals[64];
  ssize_t got = read(told[0], signals, sizeof signals);
  for (ssize_t at = 0; at < got; at++) {
    if (signals[at] == SIGCONT && takes_keys()) wait_for_the_front();
    tell(gate, CALL_SIGNAL, (uint32_t)signals[at]);
    /* our shell sees us stopped; the real command is by then, or in this moment */
    if (signals[at] == SIGTSTP) raise(SIGSTOP);
  }
}

static bool receive_all(int gate, void *data, size_t size) {
  char *to = data;
  while (size > 0) {
    ssize_t got = recv(gate, to, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= (size_t)got;
  }
  return true;
}

/* of a terminal that the gate made raw, for salloc */
static struct termios terminal;
static bool has_terminal;

static void lost(void) {
  if (has_terminal) tcsetattr(0, TCSADRAIN, &terminal);
  die("the gate to Slurm has ended, and this command with it");
}

/* A script that only we can see: the gate reads it where we open it. */
static void open_for(int gate, uint32_t size) {
  char path[CALL_PATH_MOST];
  if (size >= sizeof path || !receive_all(gate, path, size)) lost();
  path[size] = '\0';
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  const struct call_note answer = {.kind = CALL_FILE, .value = fd < 0 ? (uint32_t)errno : 0};
  send_with(gate, &answer, sizeof answer, &fd, fd < 0 ? 0 : 1);
  if (fd >= 0) close(fd);
}

static _Noreturn void refused(int gate, uint32_t size) {
  char sentence[4096];
  if (size >= sizeof sentence) size = sizeof sentence - 1;
  if (!receive_all(gate, sentence, size)) lost();
  sentence[size] = '\0';
  dprintf(2, "%s: %s\n", verb, sentence);
  exit(CALL_STATUS_REFUSED);
}

/* As the command was ended, so that our parent sees the same; without a second core file of it. */
static _Noreturn void die_by(int signal_number) {
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(signal_number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal_number);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  raise(signal_number);
  exit(128 + signal_number);
}

static void hear(int gate) {
  struct call_note said;
  if (!receive_all(gate, &said, sizeof said)) lost();
  switch (said.kind) {
    case CALL_TAKEN:
      taken = true;
      return;
    case CALL_OPEN:
      open_for(gate, said.value);
      return;
    case CALL_EXITED:
      exit((int)said.value);
    case CALL_KILLED:
      die_by((int)said.value);
    case CALL_REFUSED:
      refused(gate, said.value);
    default:
      die("the gate is of another version of Berth: start the kernel again");
  }
}

/*
 * One that listens to us, who are in front: before anybody waits for what we say, we wait there as long as it takes. Whoever was
 * stopped until then begins anew: the keys may be somebody else's by now, and a gate does not wait so long.
 */
static int reach_gate(void) {
  for (int lost = 0;;) {
    if (takes_keys()) wait_for_the_front();
    int gate = dial();
    /* until somebody listens, signals do here what they do to any program: nobody would pass them on */
    for (taken = false; !taken;) hear(gate);
    struct pollfd gone = {.fd = gate};
    /* of one that goes away each time the request tells */
    bool listens = poll(&gone, 1, 0) == 0 || ++lost >= MOST_LOST;
    if (listens && !(takes_keys() && in_background())) return gate;
    close(gate);
  }
}

int main(int count, char **words) {
  verb = count > 0 ? words[0] : "";
  const char *slash = strrchr(verb, '/');
  if (slash != NULL) verb = slash + 1;
  if (pipe(told) != 0) die_because("making a pipe");
  for (int end = 0; end < 2; end++) {
    /* above the standard ones, which may be closed and must be seen so */
    int lifted = fcntl(told[end], F_DUPFD_CLOEXEC, 10);
    close(told[end]);
    told[end] = lifted;
    fcntl(lifted, F_SETFL, O_NONBLOCK);
  }
  int gate = reach_gate();
  listen_to_signals();
  has_terminal = strcmp(verb, "salloc") == 0 && tcgetattr(0, &terminal) == 0;
  request(gate, count > 0 ? words + 1 : words);
  for (;;) {
    struct pollfd polled[] = {{.fd = gate, .events = POLLIN}, {.fd = told[0], .events = POLLIN}};
    if (poll(polled, 2, -1) < 0) continue;
    if (polled[1].revents != 0) pass_on(gate);
    if (polled[0].revents != 0) hear(gate);
  }
}
